// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates of any content for unit programs, and a buffer for what is said
 * of them. It checks nothing by itself.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/x509v3.h>

#include "cert.h"

/* A buffer of @size bytes that ends where reading and writing faults. */
char *cert_buffer(size_t size)
{
	static char *map;
	const size_t most = 1 << 17;

	if (!map) {
		map = mmap(NULL, most + 65536, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(map + most, 65536, PROT_NONE);
	}
	return map + most - size;
}

/* Adds @len bytes as they are, of an ASN.1 type, whatever they say. */
void cert_add(X509_NAME *name, int nid, int type, const char *p, int len,
	      int set)
{
	X509_NAME_add_entry_by_NID(name, nid, type, (const unsigned char *)p,
				   len, -1, set);
}

void cert_add_text(X509_NAME *name, int nid, const char *text)
{
	cert_add(name, nid, V_ASN1_UTF8STRING, text, strlen(text), 0);
}

/* A certificate without extensions, to be signed again after a change. */
X509 *cert_make(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x0fe5);
	ASN1_TIME_set_string(X509_getm_notBefore(cert), "030730222926Z");
	ASN1_TIME_set_string(X509_getm_notAfter(cert), "20600427070000Z");
	X509_set_pubkey(cert, key);
	cert_add_text(name, NID_organizationName, "Cisco");
	cert_add_text(name, NID_commonName, "a");
	X509_set_subject_name(cert, name);
	X509_NAME_free(name);
	name = X509_NAME_new();
	cert_add_text(name, NID_countryName, "US");
	cert_add_text(name, NID_stateOrProvinceName, "California");
	cert_add_text(name, NID_commonName, "Certificate Manager");
	X509_set_issuer_name(cert, name);
	X509_NAME_free(name);
	return cert;
}

X509 *cert_sign(X509 *cert, EVP_PKEY *key, const EVP_MD *md)
{
	if (!X509_sign(cert, key, md))
		abort();
	return cert;
}

/* With an extension as OpenSSL's configuration words it. */
void cert_extend(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	if (!ext || !X509_add_ext(cert, ext, -1))
		abort();
	X509_EXTENSION_free(ext);
}

/* With an extension of any bytes. */
void cert_extend_raw(X509 *cert, int nid, const char *p, int len)
{
	ASN1_OCTET_STRING *os = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(os, (const unsigned char *)p, len);
	ext = X509_EXTENSION_create_by_NID(NULL, nid, 0, os);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(os);
}

/* The value of a field, into @buf of 65536 bytes. */
int cert_value(const struct cert_facts *f, uint32_t field, char *buf)
{
	return cert_fields_value(f, field, buf, 65536);
}
