/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the PKI store share among themselves. Users of the store
 * include pki.h instead.
 */
#ifndef _TLSVIP_PKI_PRIV_H
#define _TLSVIP_PKI_PRIV_H

#include <sys/types.h>

#include "pki/pki.h"

#define PKI_CERT	"cert.pem"
#define PKI_CHAIN	"chain.pem"
#define PKI_KEY		"key.pem"
#define PKI_TMP		".tmp-"
#define PKI_TMP_LEN	(sizeof(PKI_TMP) + PKI_NAME_LEN + sizeof(".999"))

/**
 * struct pki_err - where words about a failure go
 * @text: buffer of the caller
 * @len: its size
 */
struct pki_err {
	char *text;
	size_t len;
};

int pki_fail(const struct pki_err *e, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* folder.c */
void pki_say(const struct pki_warn *warn, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int pki_folder_open(int dirfd, const char *name);
int pki_remove(int storefd, const char *name);
int pki_tmp_name(int storefd, const char *name, char *tmp,
		 const struct pki_err *e);
int pki_store_make(const char *store, const struct pki_err *e);
int pki_store_open(const char *store, const struct pki_warn *warn,
		   const struct pki_err *e);

/* share.c */
void pki_share(const char *store, int storefd, const struct pki_warn *warn);

/* pem.c */
int pki_pem_certs(int dirfd, const char *file, struct stack_st_X509 *certs,
		  const struct pki_err *e);
int pki_pem_key(int dirfd, const char *file, EVP_PKEY **key,
		const struct pki_err *e);
int pki_pem_write_certs(int dirfd, const char *file,
			const struct stack_st_X509 *certs,
			const struct pki_err *e);
int pki_pem_write_key(int dirfd, const char *file, mode_t mode, EVP_PKEY *key,
		      const struct pki_err *e);

/* pki.c */
int pki_trustpoint_check(const struct pki_trustpoint *tp,
			 const struct pki_err *e);

#endif /* _TLSVIP_PKI_PRIV_H */
