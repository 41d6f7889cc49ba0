// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PEM files of the PKI store, to and from OpenSSL's objects. It does not judge
 * whether what they hold belongs together.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "pki/pki_priv.h"

#define PKI_FILE_MAX	(1024 * 1024)
#define PKI_CERTS_MAX	32
#define PKI_KEY_MARK	"PRIVATE KEY-----"

/**
 * pki_fail - say why something failed
 * @e: where the words go
 * @ret: what to return
 * @fmt: the words
 *
 * Return: @ret.
 */
int pki_fail(const struct pki_err *e, int ret, const char *fmt, ...)
{
	va_list ap;

	if (e->text && e->len) {
		va_start(ap, fmt);
		vsnprintf(e->text, e->len, fmt, ap);
		va_end(ap);
	}
	ERR_clear_error();
	return ret;
}

/**
 * struct pki_file - a file in memory
 * @data: its bytes, wiped when freed
 * @len: how many
 */
struct pki_file {
	char *data;
	size_t len;
};

static void pki_file_free(struct pki_file *f)
{
	if (f->data)
		OPENSSL_cleanse(f->data, f->len);
	free(f->data);
	f->data = NULL;
}

static int pki_file_fill(int fd, struct pki_file *f)
{
	ssize_t n;

	f->data = malloc(PKI_FILE_MAX + 1);
	if (!f->data)
		return -ENOMEM;
	do {
		n = read(fd, f->data + f->len, PKI_FILE_MAX + 1 - f->len);
		if (n > 0)
			f->len += n;
	} while ((n > 0 && f->len <= PKI_FILE_MAX) ||
		 (n < 0 && errno == EINTR));
	if (n < 0)
		return -errno;
	return f->len > PKI_FILE_MAX ? -EFBIG : 0;
}

static bool pki_file_has(const struct pki_file *f, const char *text)
{
	return f->data && memmem(f->data, f->len, text, strlen(text));
}

/* a whole file; the caller must pki_file_free() it, also after a failure */
static int pki_file_read(int dirfd, const char *file, struct pki_file *f,
			 const struct pki_err *e)
{
	int fd, ret;

	f->data = NULL;
	f->len = 0;
	fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		return pki_fail(e, ret, "%s: %s", file, strerror(-ret));
	}
	ret = pki_file_fill(fd, f);
	close(fd);
	if (ret == -EFBIG)
		return pki_fail(e, ret, "%s: longer than %d bytes", file,
				PKI_FILE_MAX);
	if (ret)
		return pki_fail(e, ret, "%s: %s", file, strerror(-ret));
	return 0;
}

/* PEM's answer to "is there another one?": no more, or what is there is bad */
static bool pki_pem_end(void)
{
	unsigned long err = ERR_peek_last_error();

	return ERR_GET_LIB(err) == ERR_LIB_PEM &&
	       ERR_GET_REASON(err) == PEM_R_NO_START_LINE;
}

static int pki_bio_certs(BIO *bio, const char *file,
			 struct stack_st_X509 *certs, const struct pki_err *e)
{
	X509 *cert;
	int n;

	for (n = 0; n <= PKI_CERTS_MAX; n++) {
		ERR_clear_error();
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!cert)
			break;
		if (!sk_X509_push(certs, cert)) {
			X509_free(cert);
			return pki_fail(e, -ENOMEM, "out of memory");
		}
	}
	if (n > PKI_CERTS_MAX)
		return pki_fail(e, -E2BIG, "%s: more than %d certificates",
				file, PKI_CERTS_MAX);
	if (!pki_pem_end())
		return pki_fail(e, -EINVAL,
				"%s: certificate %d cannot be parsed", file,
				n + 1);
	if (!n)
		return pki_fail(e, -EINVAL,
				"%s: no certificate in it, expected PEM (-----BEGIN CERTIFICATE-----)",
				file);
	ERR_clear_error();
	return 0;
}

/**
 * pki_pem_certs - read all certificates of a file
 * @dirfd: folder of the file, or AT_FDCWD
 * @file: its name
 * @certs: where they are added, in their order
 * @e: words about a failure
 *
 * Return: 0, -ENOENT without such a file, or another negative errno.
 */
int pki_pem_certs(int dirfd, const char *file, struct stack_st_X509 *certs,
		  const struct pki_err *e)
{
	struct pki_file f;
	BIO *bio;
	int ret;

	ret = pki_file_read(dirfd, file, &f, e);
	if (ret)
		goto out;
	bio = BIO_new_mem_buf(f.data, f.len);
	ret = bio ? pki_bio_certs(bio, file, certs, e) :
	      pki_fail(e, -ENOMEM, "out of memory");
	BIO_free(bio);
out:
	pki_file_free(&f);
	return ret;
}

/* asked for a passphrase: there is none, but it is worth knowing */
static int pki_no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	bool *asked = arg;

	*asked = true;
	return -1;
}

/**
 * pki_pem_key - read the private key of a file
 * @dirfd: folder of the file, or AT_FDCWD
 * @file: its name
 * @key: where the key is stored, to be freed by the caller
 * @e: words about a failure
 *
 * Never asks for a passphrase.
 *
 * Return: 0, -ENOENT without such a file, or another negative errno.
 */
int pki_pem_key(int dirfd, const char *file, EVP_PKEY **key,
		const struct pki_err *e)
{
	bool asked = false;
	struct pki_file f;
	BIO *bio;
	int ret;

	ret = pki_file_read(dirfd, file, &f, e);
	if (ret)
		goto out;
	bio = BIO_new_mem_buf(f.data, f.len);
	if (!bio) {
		ret = pki_fail(e, -ENOMEM, "out of memory");
		goto out;
	}
	ERR_clear_error();
	*key = PEM_read_bio_PrivateKey(bio, NULL, pki_no_passphrase, &asked);
	BIO_free(bio);
	if (asked) {
		EVP_PKEY_free(*key);
		*key = NULL;
		ret = pki_fail(e, -EINVAL,
			       "%s: the private key is encrypted; decrypt it first (openssl pkey -in %s -out NEW)",
			       file, file);
	} else if (!*key) {
		ret = pki_fail(e, -EINVAL,
			       !pki_file_has(&f, PKI_KEY_MARK) ?
			       "%s: no private key in it, expected PEM (BEGIN PRIVATE KEY)" :
			       "%s: the private key cannot be parsed", file);
	}
out:
	pki_file_free(&f);
	return ret;
}

static int pki_write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= n;
	}
	return 0;
}

/* a new file with what @bio holds, on the disk when this returns 0 */
static int pki_bio_save(int dirfd, const char *file, mode_t mode, BIO *bio,
			const struct pki_err *e)
{
	char *data;
	long len;
	int fd, ret = 0;

	len = BIO_get_mem_data(bio, &data);
	fd = openat(dirfd, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return pki_fail(e, -errno, "%s: %s", file, strerror(errno));
	if (fchmod(fd, mode) < 0)
		ret = -errno;
	if (!ret)
		ret = pki_write_all(fd, data, len);
	if (!ret && fsync(fd) < 0)
		ret = -errno;
	if (close(fd) < 0 && !ret)
		ret = -errno;
	if (ret)
		return pki_fail(e, ret, "%s: %s", file, strerror(-ret));
	return 0;
}

/**
 * pki_pem_write_certs - write certificates to a new file
 * @dirfd: folder of the file
 * @file: its name
 * @certs: the certificates
 * @e: words about a failure
 *
 * Return: 0 or a negative errno.
 */
int pki_pem_write_certs(int dirfd, const char *file,
			const struct stack_st_X509 *certs,
			const struct pki_err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int i, ret = 0;

	if (!bio)
		return pki_fail(e, -ENOMEM, "out of memory");
	for (i = 0; i < sk_X509_num(certs); i++)
		if (!PEM_write_bio_X509(bio, sk_X509_value(certs, i)))
			ret = pki_fail(e, -ENOMEM, "%s: cannot encode it",
				       file);
	if (!ret)
		ret = pki_bio_save(dirfd, file, 0644, bio, e);
	BIO_free(bio);
	return ret;
}

/**
 * pki_pem_write_key - write a private key to a new file
 * @dirfd: folder of the file
 * @file: its name
 * @mode: its mode
 * @key: the key
 * @e: words about a failure
 *
 * Return: 0 or a negative errno.
 */
int pki_pem_write_key(int dirfd, const char *file, mode_t mode, EVP_PKEY *key,
		      const struct pki_err *e)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	int ret;

	if (!bio)
		return pki_fail(e, -ENOMEM, "out of memory");
	if (PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
		ret = pki_bio_save(dirfd, file, mode, bio, e);
	else
		ret = pki_fail(e, -EINVAL, "%s: cannot encode it", file);
	BIO_free(bio);
	return ret;
}
