/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resumption: ticket keys, what a session is bound to, and its identity. The
 * sessions of clients without tickets are kept by sesscache.c.
 */
#ifndef TLSVIPD_SESSION_H
#define TLSVIPD_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#define SESSION_LIFETIME	7200	/* seconds a session can be resumed */
#define SESSION_ID_LEN		32

int session_init(void);
void session_exit(void);
int session_setup(SSL_CTX *ctx);
int session_bind(SSL *ssl, const char *context, const char *service,
		 const char *trustpoint);
int session_identity(SSL *ssl, uint8_t id[SESSION_ID_LEN], size_t *len);

#endif /* TLSVIPD_SESSION_H */
