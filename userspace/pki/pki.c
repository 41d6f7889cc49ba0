// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the PKI store: one trustpoint, or the names of all. Nothing in here
 * writes, that is import.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "pki/pki_priv.h"

#define PKI_RSA_BITS_MIN	2048
#define PKI_LOAD_TRIES		8

/**
 * pki_name_ok - whether a name can be that of a trustpoint
 * @name: the name
 *
 * The kernel's rule for what a service names, see tlsvip_name_check().
 *
 * Return: true for 1 to 63 of A-Z a-z 0-9 _ . - that do not begin with - or .
 */
bool pki_name_ok(const char *name)
{
	const char *p = name;

	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
	       (*p >= '0' && *p <= '9') ||
	       (*p && strchr("_.-", *p)))
		p++;
	return !*p && p > name && name[0] != '-' && name[0] != '.' &&
	       p - name <= PKI_NAME_LEN;
}

/**
 * pki_trustpoint_exists - whether there is a trustpoint of a name
 * @store: folder of the store
 * @name: its name
 *
 * Return: true if there is one, whether it can be used or not; true as well if
 * the caller may not look.
 */
bool pki_trustpoint_exists(const char *store, const char *name)
{
	char path[PATH_MAX];
	int len;

	len = snprintf(path, sizeof(path), "%s/%s", store, name);
	return len < sizeof(path) && pki_name_ok(name) &&
	       (!access(path, F_OK) || errno == EACCES);
}

static bool pki_group_ok(EVP_PKEY *key)
{
	static const char *const groups[] = {
		"prime256v1", "secp384r1", "secp521r1",
	};
	char name[64];
	size_t i;

	if (!EVP_PKEY_get_group_name(key, name, sizeof(name), NULL))
		return false;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (!strcmp(name, groups[i]))
			return true;
	return false;
}

static int pki_key_check(EVP_PKEY *key, const struct pki_err *e)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		if (EVP_PKEY_get_bits(key) < PKI_RSA_BITS_MIN)
			return pki_fail(e, -EKEYREJECTED,
					"the RSA key has %d bits, expected at least %d",
					EVP_PKEY_get_bits(key),
					PKI_RSA_BITS_MIN);
		return 0;
	case EVP_PKEY_EC:
		if (!pki_group_ok(key))
			return pki_fail(e, -EKEYREJECTED,
					"the EC key is on an unknown curve, expected P-256, P-384 or P-521");
		return 0;
	case EVP_PKEY_ED25519:
		return 0;
	default:
		return pki_fail(e, -EKEYREJECTED,
				"the key is of type %s, expected RSA, EC or Ed25519",
				EVP_PKEY_get0_type_name(key) ?: "unknown");
	}
}

/* each certificate of the chain has issued the one before it */
static int pki_chain_check(const struct pki_trustpoint *tp,
			   const struct pki_err *e)
{
	X509 *issuer, *cert = tp->cert;
	char name[128];
	int i;

	for (i = 0; i < sk_X509_num(tp->chain); i++) {
		issuer = sk_X509_value(tp->chain, i);
		if (X509_check_issued(issuer, cert) == X509_V_OK &&
		    X509_verify(cert, X509_get0_pubkey(issuer)) == 1) {
			cert = issuer;
			continue;
		}
		X509_NAME_oneline(X509_get_subject_name(issuer), name,
				  sizeof(name));
		return pki_fail(e, -EINVAL,
				"chain certificate %d (%s) did not issue %s, expected the issuers in order, nearest first",
				i + 1, name, i ? "the one before it" :
				"the certificate");
	}
	return 0;
}

/*
 * The TLS library refuses more than the above, by its security level: digests
 * of signatures, keys of issuers. It is asked in the way in which tlsvipd will.
 */
static int pki_tls_check(const struct pki_trustpoint *tp,
			 const struct pki_err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	const char *reason, *what = NULL;
	int ret = 0;

	if (!ctx)
		return pki_fail(e, -ENOMEM, "cannot set up TLS");
	ERR_clear_error();
	if (!SSL_CTX_use_cert_and_key(ctx, tp->cert, tp->key, NULL, 1))
		what = "the certificate";
	else if (!SSL_CTX_use_cert_and_key(ctx, tp->cert, tp->key, tp->chain,
					   1))
		what = "a certificate of the chain";
	if (what) {
		reason = ERR_reason_error_string(ERR_peek_error());
		ret = pki_fail(e, -EKEYREJECTED,
			       "OpenSSL does not serve TLS with %s: %s", what,
			       reason ?: "unknown error");
	}
	SSL_CTX_free(ctx);
	return ret;
}

/**
 * pki_trustpoint_check - whether a trustpoint can be used
 * @tp: the trustpoint
 * @e: words about a failure
 *
 * Return: 0 or a negative errno.
 */
int pki_trustpoint_check(const struct pki_trustpoint *tp,
			 const struct pki_err *e)
{
	int ret;

	ret = pki_key_check(tp->key, e);
	if (ret)
		return ret;
	if (X509_check_private_key(tp->cert, tp->key) != 1)
		return pki_fail(e, -EKEYREJECTED,
				"the private key is not that of the certificate");
	ret = pki_chain_check(tp, e);
	return ret ? ret : pki_tls_check(tp, e);
}

/* the three files of an open folder */
static int pki_load_files(int dirfd, struct pki_trustpoint *tp,
			  const struct pki_err *e)
{
	STACK_OF(X509) *certs;
	int ret;

	certs = sk_X509_new_null();
	tp->chain = sk_X509_new_null();
	if (!certs || !tp->chain) {
		ret = pki_fail(e, -ENOMEM, "out of memory");
		goto out;
	}
	ret = pki_pem_certs(dirfd, PKI_CERT, certs, e);
	if (ret)
		goto out;
	tp->cert = sk_X509_shift(certs);
	ret = pki_pem_key(dirfd, PKI_KEY, &tp->key, e);
	if (ret)
		goto out;
	ret = pki_pem_certs(dirfd, PKI_CHAIN, tp->chain, e);
	if (ret == -ENOENT)
		ret = 0;
out:
	sk_X509_pop_free(certs, X509_free);
	return ret;
}

/* the folder at @path is still the one behind @dirfd */
static bool pki_same_dir(const char *path, int dirfd)
{
	struct stat a, b;

	return !stat(path, &a) && !fstat(dirfd, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/*
 * Load from the folder at @path. An import may exchange it meanwhile and empty
 * the old one: what was read is whole when the folder is in place afterwards.
 */
static int pki_load_path(const char *path, struct pki_trustpoint *tp,
			 bool *whole, const struct pki_err *e)
{
	int dirfd, ret;

	*whole = true;
	dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return pki_fail(e, -errno, "%s", errno == ENOENT ?
				"there is no such trustpoint" :
				strerror(errno));
	ret = pki_load_files(dirfd, tp, e);
	*whole = pki_same_dir(path, dirfd);
	close(dirfd);
	return ret ? ret : pki_trustpoint_check(tp, e);
}

/**
 * pki_trustpoint_load - read a trustpoint and check that its parts fit
 * @store: path of the store
 * @name: name of the trustpoint
 * @tpp: where it is stored; the caller must pki_trustpoint_free() it
 * @err: where words about a failure are stored
 * @errlen: size of @err
 *
 * Return: 0; -ENOENT without such a trustpoint or file; -EINVAL for what cannot
 * be parsed or does not fit; -EKEYREJECTED for a key or certificate that is too
 * weak, of an unknown type or not that of the other; or another negative errno.
 */
int pki_trustpoint_load(const char *store, const char *name,
			struct pki_trustpoint **tpp, char *err, size_t errlen)
{
	char words[PKI_ERR_LEN - 192];
	const struct pki_err outer = { err, errlen };
	const struct pki_err inner = { words, sizeof(words) };
	struct pki_trustpoint *tp;
	char path[PATH_MAX];
	int ret, tries = 0;
	bool whole;

	*tpp = NULL;
	if (!pki_name_ok(name))
		return pki_fail(&outer, -EINVAL,
				"'%s' cannot be the name of a trustpoint",
				name);
	if (snprintf(path, sizeof(path), "%s/%s", store, name) >=
	    (int)sizeof(path))
		return pki_fail(&outer, -ENAMETOOLONG,
				"the path of the store is too long");
	do {
		tp = calloc(1, sizeof(*tp));
		if (!tp)
			return pki_fail(&outer, -ENOMEM, "out of memory");
		snprintf(tp->name, sizeof(tp->name), "%s", name);
		ret = pki_load_path(path, tp, &whole, &inner);
		if (!ret && whole) {
			*tpp = tp;
			return 0;
		}
		pki_trustpoint_free(tp);
	} while (!whole && ++tries < PKI_LOAD_TRIES);
	if (!ret)
		return pki_fail(&outer, -EAGAIN,
				"trustpoint '%s': it changes all the time",
				name);
	if (ret == -EACCES)
		return pki_fail(&outer, ret,
				"trustpoint '%s': %s for user %u, see PERMISSIONS in tlsvip-pki(8)",
				name, words, (unsigned int)geteuid());
	return pki_fail(&outer, ret, "trustpoint '%s': %s", name, words);
}

/**
 * pki_trustpoint_free - free a trustpoint, wiping the key
 * @tp: the trustpoint, or NULL
 */
void pki_trustpoint_free(struct pki_trustpoint *tp)
{
	if (!tp)
		return;
	X509_free(tp->cert);
	sk_X509_pop_free(tp->chain, X509_free);
	EVP_PKEY_free(tp->key);
	free(tp);
}

static int pki_list_filter(const struct dirent *d)
{
	return pki_name_ok(d->d_name) &&
	       (d->d_type == DT_DIR || d->d_type == DT_LNK ||
		d->d_type == DT_UNKNOWN);
}

/**
 * pki_list - names of all trustpoints of a store, in order
 * @store: path of the store
 * @names: where the names are stored; the caller must pki_list_free() them
 * @n: where their number is stored
 * @err: where words about a failure are stored
 * @errlen: size of @err
 *
 * Return: 0, -ENOENT without such a store, or another negative errno.
 */
int pki_list(const char *store, char ***names, size_t *n,
	     char *err, size_t errlen)
{
	const struct pki_err e = { err, errlen };
	struct dirent **list;
	bool whole = true;
	int i, found;
	char **all;

	*names = NULL;
	*n = 0;
	found = scandir(store, &list, pki_list_filter, alphasort);
	if (found < 0)
		return pki_fail(&e, -errno, "%s: %s", store, strerror(errno));
	all = calloc(found + 1, sizeof(*all));
	for (i = 0; i < found; i++) {
		if (all)
			all[i] = strdup(list[i]->d_name);
		whole = whole && all && all[i];
		free(list[i]);
	}
	free(list);
	if (!all || !whole) {
		pki_list_free(all, found);
		return pki_fail(&e, -ENOMEM, "out of memory");
	}
	*names = all;
	*n = found;
	return 0;
}

/**
 * pki_list_free - free what pki_list() stored
 * @names: the names, or NULL
 * @n: their number
 */
void pki_list_free(char **names, size_t n)
{
	size_t i;

	for (i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
}
