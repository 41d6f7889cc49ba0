/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this appliance wants of OpenSSL: contexts that only negotiate what
 * kernel TLS carries, and why a handshake failed. No sockets, no netlink.
 */
#ifndef TLSVIPD_TLS_H
#define TLSVIPD_TLS_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

struct pki_trustpoint;

#define TLS_REASON_LEN	160

SSL_CTX *tls_ctx_new(const struct pki_trustpoint *tp, char *err,
		     size_t errlen);
void tls_watch_alerts(SSL *ssl, uint8_t *alert);
uint32_t tls_failure(int ssl_error, int sys_error, char *reason,
		     size_t size);
void tls_error_text(char *text, size_t size);

#endif /* TLSVIPD_TLS_H */
