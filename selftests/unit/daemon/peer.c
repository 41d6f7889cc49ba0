// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates made on the spot and TLS clients for unit programs. It checks
 * nothing by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "peer.h"

/* A self-signed certificate with its key. */
struct pki_trustpoint *peer_trustpoint(bool rsa)
{
	struct pki_trustpoint *tp = calloc(1, sizeof(*tp));
	X509_NAME *name;

	tp->key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	tp->chain = sk_X509_new_null();
	tp->cert = X509_new();
	X509_set_version(tp->cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(tp->cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(tp->cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(tp->cert), 86400);
	X509_set_pubkey(tp->cert, tp->key);
	name = X509_get_subject_name(tp->cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"unit", -1, -1, 0);
	X509_set_issuer_name(tp->cert, name);
	X509_sign(tp->cert, tp->key, EVP_sha256());
	return tp;
}

/* cert.pem and key.pem in @dir, which is made if need be. */
bool peer_write(const struct pki_trustpoint *tp, const char *dir)
{
	char path[512];
	bool ok;
	FILE *f;

	mkdir(dir, 0755);
	snprintf(path, sizeof(path), "%s/cert.pem", dir);
	f = fopen(path, "w");
	ok = f && PEM_write_X509(f, tp->cert) && !fclose(f);
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	f = fopen(path, "w");
	return ok && f && !chmod(path, 0600) &&
	       PEM_write_PrivateKey(f, tp->key, NULL, NULL, 0, NULL, NULL) &&
	       !fclose(f);
}

/* A client that speaks one version, or any with 0. */
SSL_CTX *peer_ctx(int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	return ctx;
}

/* Ties a client and a server together in memory. */
void peer_join(SSL *client, SSL *server)
{
	BIO *a, *b;

	BIO_new_bio_pair(&a, 0, &b, 0);
	SSL_set_bio(client, a, a);
	SSL_set_bio(server, b, b);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
}

/* Both sides of a handshake, and the tickets behind it. */
bool peer_shake(SSL *client, SSL *server)
{
	int c = 0, s = 0, i;
	char byte;

	for (i = 0; i < 20; i++) {
		c = SSL_do_handshake(client);
		s = SSL_do_handshake(server);
	}
	ERR_clear_error();
	if (c != 1 || s != 1)
		return false;
	SSL_read(client, &byte, 1);
	ERR_clear_error();
	return true;
}
