/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PKI store: trustpoints (key, certificate, chain) as folders of PEM files.
 * It verifies that they belong together; it does not verify peers.
 *
 * STORE/NAME/cert.pem   the certificate
 * STORE/NAME/chain.pem  certificates of its issuers, nearest first, may be absent
 * STORE/NAME/key.pem    the private key, not encrypted
 *
 * A folder is replaced as a whole: a reader sees the old one or the new one.
 * Root's store belongs to the daemon's group, if the machine has it.
 */
#ifndef _TLSVIP_PKI_H
#define _TLSVIP_PKI_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/x509.h>

/* daemon and CLI both include this */
#if OPENSSL_VERSION_NUMBER < 0x30500000L
#error "tlsvip needs OpenSSL 3.5 or newer, with its headers (libssl-dev)"
#endif

#define PKI_STORE	"/etc/tlsvip/pki"
#define PKI_GROUP	"tlsvipd"	/* may read the store */
#define PKI_NAME_LEN	63	/* as TLSVIP_NAME_LEN */
#define PKI_ERR_LEN	512	/* room for the longest @err text */

/**
 * struct pki_trustpoint - one key with its certificate
 * @name: its name
 * @cert: the certificate
 * @chain: issuers of @cert, nearest first; never NULL, may be empty
 * @key: the private key of @cert
 */
struct pki_trustpoint {
	char name[PKI_NAME_LEN + 1];
	X509 *cert;
	struct stack_st_X509 *chain;	/* STACK_OF(X509) */
	EVP_PKEY *key;
};

/* pki.c: reading. Every function: 0, or a negative errno with words in @err */
bool pki_name_ok(const char *name);
bool pki_trustpoint_exists(const char *store, const char *name);
int pki_trustpoint_load(const char *store, const char *name,
			struct pki_trustpoint **tpp, char *err, size_t errlen);
void pki_trustpoint_free(struct pki_trustpoint *tp);
int pki_list(const char *store, char ***names, size_t *n,
	     char *err, size_t errlen);
void pki_list_free(char **names, size_t n);

/* import.c: writing */

/**
 * struct pki_warn - who is told what is odd but allowed
 * @fn: takes one text
 * @arg: handed to @fn
 */
struct pki_warn {
	void (*fn)(void *arg, const char *text);
	void *arg;
};

/**
 * struct pki_source - files to import
 * @cert: certificate; more certificates behind it count as chain
 * @key: private key
 * @chain: issuers, or NULL
 * @warn: who is told what is odd
 */
struct pki_source {
	const char *cert;
	const char *key;
	const char *chain;
	struct pki_warn warn;
};

int pki_import(const char *store, const char *name,
	       const struct pki_source *src, char *err, size_t errlen);
int pki_delete(const char *store, const char *name,
	       const struct pki_warn *warn, char *err, size_t errlen);

#endif /* _TLSVIP_PKI_H */
