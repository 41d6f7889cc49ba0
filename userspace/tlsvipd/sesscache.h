/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions of TLS 1.2 clients that resume by session id. Tickets need none of
 * this, see session.c.
 */
#ifndef TLSVIPD_SESSCACHE_H
#define TLSVIPD_SESSCACHE_H

#include <stdint.h>

#include <openssl/ssl.h>

#define SESSCACHE_MAX	65536	/* sessions in the process */

int sesscache_init(void);
void sesscache_exit(void);
void sesscache_setup(SSL_CTX *ctx);
int sesscache_add(SSL_SESSION *sess, uint64_t now_ms);
SSL_SESSION *sesscache_get(const unsigned char *id, unsigned int len,
			   uint64_t now_ms);
void sesscache_remove(const unsigned char *id, unsigned int len);
unsigned int sesscache_count(void);

#endif /* TLSVIPD_SESSCACHE_H */
