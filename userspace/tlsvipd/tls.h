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

#define TLS_REASON_LEN		160
#define TLS_SERVER_NAME_LEN	255	/* as in DNS, and as OpenSSL has it */

/**
 * struct tls_watch - what is seen of a handshake as it goes on
 * @alert: first fatal alert sent or received, 0 if none
 * @server_name: name that the ClientHello asks for, empty if none
 */
struct tls_watch {
	uint8_t alert;
	char server_name[TLS_SERVER_NAME_LEN + 1];
};

SSL_CTX *tls_ctx_new(const struct pki_trustpoint *tp, char *err,
		     size_t errlen);
void tls_watch(SSL *ssl, struct tls_watch *watch);
uint8_t tls_server_name(const unsigned char *ext, size_t len, char *name);
uint32_t tls_failure(int ssl_error, int sys_error, char *reason,
		     size_t size);
void tls_error_text(char *text, size_t size);

#endif /* TLSVIPD_TLS_H */
