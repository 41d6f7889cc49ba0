// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing the PKI store: a trustpoint is prepared in a folder of its own and
 * then put in place in one step. Nothing in here is used to serve connections.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "pki/pki_priv.h"

/* what is odd, but may be what the operator wants */
static void pki_import_warnings(const struct pki_warn *warn, X509 *cert)
{
	uint32_t xku = X509_get_extended_key_usage(cert);

	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		pki_say(warn, "the certificate has expired");
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		pki_say(warn, "the certificate is not valid yet");
	if (xku != UINT32_MAX && !(xku & (XKU_SSL_SERVER | XKU_ANYEKU)))
		pki_say(warn,
			"the certificate's extended key usage does not allow TLS servers");
}

static int pki_import_read(const struct pki_source *src,
			   struct pki_trustpoint *tp, const struct pki_err *e)
{
	int ret;

	tp->chain = sk_X509_new_null();
	if (!tp->chain)
		return pki_fail(e, -ENOMEM, "out of memory");
	ret = pki_pem_certs(AT_FDCWD, src->cert, tp->chain, e);
	if (ret)
		return ret;
	tp->cert = sk_X509_shift(tp->chain);
	ret = pki_pem_key(AT_FDCWD, src->key, &tp->key, e);
	if (ret)
		return ret;
	if (src->chain)
		ret = pki_pem_certs(AT_FDCWD, src->chain, tp->chain, e);
	return ret ? ret : pki_trustpoint_check(tp, e);
}

/*
 * The files of a trustpoint in a new folder @tmp, on the disk. The store's setgid
 * bit says that its group may read keys; it is inherited.
 */
static int pki_prepare(int storefd, const char *tmp,
		       const struct pki_trustpoint *tp,
		       STACK_OF(X509) *leaf, const struct pki_err *e)
{
	struct stat st = { 0 };
	mode_t mode = 0600;
	int fd, ret;

	if (mkdirat(storefd, tmp, 0700) < 0)
		return pki_fail(e, -errno, "%s: %s", tmp, strerror(errno));
	fd = openat(storefd, tmp,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return pki_fail(e, -errno, "%s: %s", tmp, strerror(errno));
	if (!fstat(fd, &st) && (st.st_mode & S_ISGID))
		mode = 0640;
	ret = pki_pem_write_certs(fd, PKI_CERT, leaf, e);
	if (!ret && sk_X509_num(tp->chain))
		ret = pki_pem_write_certs(fd, PKI_CHAIN, tp->chain, e);
	if (!ret)
		ret = pki_pem_write_key(fd, PKI_KEY, mode, tp->key, e);
	if (!ret && (fchmod(fd, (st.st_mode & S_ISGID) | 0750) < 0 ||
		     fsync(fd) < 0))
		ret = pki_fail(e, -errno, "%s: %s", tmp, strerror(errno));
	close(fd);
	return ret;
}

/* put @tmp in the place of @name: it is the old or the new one at any moment */
static int pki_exchange(int storefd, const char *tmp, const char *name,
			const struct pki_err *e)
{
	if (!renameat2(storefd, tmp, storefd, name, RENAME_NOREPLACE))
		return 0;
	if (errno == EEXIST &&
	    !renameat2(storefd, tmp, storefd, name, RENAME_EXCHANGE))
		return 0;
	if (errno == EINVAL || errno == ENOSYS)
		return pki_fail(e, -EOPNOTSUPP,
				"the file system of the store cannot exchange folders (renameat2)");
	return pki_fail(e, -errno, "%s: %s", name, strerror(errno));
}

/* the new trustpoint into the locked store; the old one goes */
static int pki_replace(const char *store, int storefd,
		       const struct pki_trustpoint *tp, STACK_OF(X509) *leaf,
		       const struct pki_warn *warn, const struct pki_err *e)
{
	char tmp[PKI_TMP_LEN];
	int ret, err;

	ret = pki_tmp_name(storefd, tp->name, tmp, e);
	if (ret)
		return ret;
	ret = pki_prepare(storefd, tmp, tp, leaf, e);
	if (!ret)
		ret = pki_exchange(storefd, tmp, tp->name, e);
	if (!ret && fsync(storefd) < 0)
		ret = pki_fail(e, -errno, "%s: %s", store, strerror(errno));
	err = pki_remove(storefd, tmp);
	if (err)
		pki_say(warn, "%s/%s: cannot be removed: %s", store, tmp,
			strerror(-err));
	return ret;
}

static int pki_install(const char *store, const struct pki_trustpoint *tp,
		       const struct pki_warn *warn, const struct pki_err *e)
{
	STACK_OF(X509) *leaf = sk_X509_new_null();
	int storefd, ret;

	if (!leaf || !sk_X509_push(leaf, tp->cert)) {
		ret = pki_fail(e, -ENOMEM, "out of memory");
		goto out_free;
	}
	ret = pki_store_make(store, e);
	if (ret)
		goto out_free;
	storefd = pki_store_open(store, warn, e);
	if (storefd < 0) {
		ret = storefd;
		goto out_free;
	}
	ret = pki_replace(store, storefd, tp, leaf, warn, e);
	close(storefd);

out_free:
	sk_X509_free(leaf);
	return ret;
}

/**
 * pki_import - put a key and its certificate into the store
 * @store: path of the store, made when it is missing
 * @name: name of the trustpoint; an existing one is replaced as a whole
 * @src: files to import
 * @err: where words about a failure are stored
 * @errlen: size of @err
 *
 * Return: 0; or a negative errno, and the store is as it was.
 */
int pki_import(const char *store, const char *name,
	       const struct pki_source *src, char *err, size_t errlen)
{
	const struct pki_err e = { err, errlen };
	struct pki_trustpoint *tp;
	int ret;

	if (!pki_name_ok(name))
		return pki_fail(&e, -EINVAL,
				"'%s' cannot be the name of a trustpoint",
				name);
	tp = calloc(1, sizeof(*tp));
	if (!tp)
		return pki_fail(&e, -ENOMEM, "out of memory");
	snprintf(tp->name, sizeof(tp->name), "%s", name);
	ret = pki_import_read(src, tp, &e);
	if (!ret) {
		pki_import_warnings(&src->warn, tp->cert);
		ret = pki_install(store, tp, &src->warn, &e);
	}
	pki_trustpoint_free(tp);
	return ret;
}

/**
 * pki_delete - remove a trustpoint from the store
 * @store: path of the store
 * @name: name of the trustpoint
 * @warn: told what is odd but allowed
 * @err: where words about a failure are stored
 * @errlen: size of @err
 *
 * Return: 0, -ENOENT without such a trustpoint, or another negative errno.
 */
int pki_delete(const char *store, const char *name,
	       const struct pki_warn *warn, char *err, size_t errlen)
{
	const struct pki_err e = { err, errlen };
	char tmp[PKI_TMP_LEN];
	int storefd, ret;

	if (!pki_name_ok(name))
		return pki_fail(&e, -EINVAL,
				"'%s' cannot be the name of a trustpoint",
				name);
	storefd = pki_store_open(store, warn, &e);
	if (storefd < 0)
		return storefd;
	ret = pki_tmp_name(storefd, name, tmp, &e);
	if (ret)
		goto out_close;
	if (renameat(storefd, name, storefd, tmp) < 0) {
		ret = -errno;
		pki_fail(&e, ret, "trustpoint '%s': %s", name,
			 ret == -ENOENT ? "there is no such trustpoint" :
			 strerror(-ret));
		goto out_close;
	}
	ret = pki_remove(storefd, tmp);
	if (ret)
		pki_fail(&e, ret,
			 "trustpoint '%s' is out of use, but %s/%s cannot be removed: %s",
			 name, store, tmp, strerror(-ret));
	if (fsync(storefd) < 0 && !ret)
		ret = pki_fail(&e, -errno, "%s: %s", store, strerror(errno));

out_close:
	close(storefd);
	return ret;
}
