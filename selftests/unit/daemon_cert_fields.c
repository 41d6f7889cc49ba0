// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The header lines about a client's certificate, from certificates of many
 * kinds made on the spot, by others cut or spoilt at random; not how a
 * connection comes by one.
 *
 * SOURCES: userspace/tlsvipd/headers.c userspace/tlsvipd/cert_fields.c userspace/tlsvipd/cert_text.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "daemon/ktap.h"
#include "tlsvipd/cert_fields.h"
#include "tlsvipd/headers.h"

#define F(name)		TLSVIP_HEADER_FIELD_CLIENTCERT_##name
#define CLIENT_CERT	TLSVIP_HEADER_FIELD_CLIENT_CERT
#define FIRST		F(VALID)
#define LAST		TLSVIP_HEADER_FIELD_CLIENT_CERT_CHAIN

static EVP_PKEY *rsa, *ec;

/* A buffer of @size bytes that ends where reading and writing faults. */
static char *guarded(size_t size)
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
static void add(X509_NAME *name, int nid, int type, const char *p, int len,
		int set)
{
	X509_NAME_add_entry_by_NID(name, nid, type, (const unsigned char *)p,
				   len, -1, set);
}

static void add_text(X509_NAME *name, int nid, const char *text)
{
	add(name, nid, V_ASN1_UTF8STRING, text, strlen(text), 0);
}

/* A certificate without extensions, to be signed again after a change. */
static X509 *make(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x0fe5);
	ASN1_TIME_set_string(X509_getm_notBefore(cert), "030730222926Z");
	ASN1_TIME_set_string(X509_getm_notAfter(cert), "20600427070000Z");
	X509_set_pubkey(cert, key);
	add_text(name, NID_organizationName, "Cisco");
	add_text(name, NID_commonName, "a");
	X509_set_subject_name(cert, name);
	X509_NAME_free(name);
	name = X509_NAME_new();
	add_text(name, NID_countryName, "US");
	add_text(name, NID_stateOrProvinceName, "California");
	add_text(name, NID_commonName, "Certificate Manager");
	X509_set_issuer_name(cert, name);
	X509_NAME_free(name);
	return cert;
}

static X509 *sign(X509 *cert, EVP_PKEY *key, const EVP_MD *md)
{
	if (!X509_sign(cert, key, md))
		abort();
	return cert;
}

/* With an extension as OpenSSL's configuration words it. */
static void extend(X509 *cert, int nid, const char *value)
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
static void extend_raw(X509 *cert, int nid, const char *p, int len)
{
	ASN1_OCTET_STRING *os = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(os, (const unsigned char *)p, len);
	ext = X509_EXTENSION_create_by_NID(NULL, nid, 0, os);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(os);
}

static bool printable(const char *p, int len)
{
	while (len-- > 0)
		if (p[len] < 0x20 || p[len] > 0x7e)
			return false;
	return true;
}

static int value_of(const struct cert_facts *f, uint32_t field, char *buf)
{
	return cert_fields_value(f, field, buf, 65536);
}

/* The value of a field; no byte of it is written where it does not fit. */
static void want(X509 *cert, uint32_t field, const char *text,
		 const char *what)
{
	const struct cert_facts f = { .cert = cert };
	size_t len = strlen(text), n;
	char *buf = guarded(len);
	bool refused = true;
	int got;

	got = cert_fields_value(&f, field, buf, len);
	if (!ktap_ok(got == (int)len && !memcmp(buf, text, len), "%s", what)) {
		got = value_of(&f, field, guarded(65536));
		printf("# %d: %.*s\n# for %s\n", got, got > 0 ? got : 0,
		       guarded(65536), text);
	}
	for (n = len > 60 ? len - 60 : 0; n < len; n++)
		refused &= cert_fields_value(&f, field, guarded(n), n) ==
			   -EMSGSIZE;
	ktap_ok(refused, "%s: fits nowhere shorter", what);
}

static void want_err(X509 *cert, uint32_t field, int err, const char *what)
{
	const struct cert_facts f = { .cert = cert };
	int got = value_of(&f, field, guarded(65536));

	ktap_ok(got == err, "%s: %d", what, got);
}

static void hex(char *text, const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		sprintf(text + 3 * i, i + 1 < len ? "%02X:" : "%02X", p[i]);
}

static void test_fields(void)
{
	X509 *cert = sign(make(rsa), rsa, EVP_sha256());
	static char text[4096];
	const ASN1_BIT_STRING *sig;
	unsigned char md[32], n[256];
	unsigned int len;
	BIGNUM *bn = NULL;

	want(cert, F(VALID), "1", "valid");
	want(cert, F(ERROR), "none", "no error");
	X509_digest(cert, EVP_sha256(), md, &len);
	hex(text, md, len);
	want(cert, F(FINGERPRINT), text, "fingerprint");
	want(cert, F(SUBJECT_CN), "a", "subject's CN");
	want(cert, F(ISSUER_CN), "Certificate Manager", "issuer's CN");
	want(cert, F(CERTIFICATE_VERSION), "3", "version");
	want(cert, F(SERIAL_NUMBER), "0F:E5", "serial number");
	want(cert, F(DATA_SIGNATURE_ALGORITHM), "sha256WithRSAEncryption",
	     "algorithm of the data");
	want(cert, F(SUBJECT), "CN = a, O = Cisco", "subject");
	want(cert, F(ISSUER),
	     "CN = Certificate Manager, ST = California, C = US", "issuer");
	want(cert, F(NOT_BEFORE), "22:29:26 UTC Jul 30 2003", "not before");
	want(cert, F(NOT_AFTER), "07:00:00 UTC Apr 27 2060", "not after");
	want(cert, F(PUBLIC_KEY_ALGORITHM), "rsaEncryption", "key's algorithm");
	want(cert, F(RSA_PUBLIC_KEY_SIZE), "2048 bit", "key size");
	want(cert, F(RSA_MODULUS_SIZE), "2048 bit", "modulus size");
	EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &bn);
	BN_bn2bin(bn, n);
	BN_free(bn);
	hex(text, n, sizeof(n));
	want(cert, F(RSA_MODULUS), text, "modulus");
	want(cert, F(RSA_EXPONENT), "00:01:00:01", "exponent");
	want(cert, F(SIGNATURE_ALGORITHM), "sha256WithRSAEncryption",
	     "algorithm of the signature");
	X509_get0_signature(&sig, NULL, cert);
	hex(text, sig->data, sig->length);
	want(cert, F(SIGNATURE), text, "signature");
	want_err(cert, F(X509V3_AUTHORITY_KEY_IDENTIFIER), -ENOENT,
		 "no authority key");
	want_err(cert, F(X509V3_BASIC_CONSTRAINTS), -ENOENT,
		 "no constraints");
	want_err(cert, F(X509V3_KEY_USAGE), -ENOENT, "no key usage");
	want_err(cert, F(X509V3_SUBJECT_ALTERNATIVE_NAME), -ENOENT,
		 "no alternative name");
	want_err(cert, F(X509V3_CRL_DISTRIBUTION_POINTS), -ENOENT, "no CRL");
	want_err(cert, F(X509V3_AUTHORITY_INFORMATION_ACCESS), -ENOENT,
		 "no access to the authority");
	want_err(cert, LAST, -ENOENT, "no chain");
	X509_free(cert);
}

static void with_key(EVP_PKEY *key, const EVP_MD *md, const char *alg,
		     const char *sig_alg)
{
	X509 *cert = sign(make(key), key, md);

	want(cert, F(PUBLIC_KEY_ALGORITHM), alg, alg);
	want(cert, F(SIGNATURE_ALGORITHM), sig_alg, sig_alg);
	want(cert, F(DATA_SIGNATURE_ALGORITHM), sig_alg, sig_alg);
	if (!EVP_PKEY_is_a(key, "RSA-PSS")) {
		want_err(cert, F(RSA_PUBLIC_KEY_SIZE), -ENOENT, "no RSA size");
		want_err(cert, F(RSA_MODULUS_SIZE), -ENOENT, "no modulus size");
		want_err(cert, F(RSA_MODULUS), -ENOENT, "no modulus");
		want_err(cert, F(RSA_EXPONENT), -ENOENT, "no exponent");
	} else {
		want(cert, F(RSA_PUBLIC_KEY_SIZE), "1024 bit", "PSS size");
		want(cert, F(RSA_EXPONENT), "00:01:00:01", "PSS exponent");
	}
	X509_free(cert);
	EVP_PKEY_free(key);
}

static EVP_PKEY *pss_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	EVP_PKEY_keygen_init(ctx);
	EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024);
	EVP_PKEY_keygen(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void test_keys(void)
{
	with_key(EVP_EC_gen("P-384"), EVP_sha384(), "id-ecPublicKey",
		 "ecdsa-with-SHA384");
	with_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, "ED25519",
		 "ED25519");
	with_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), NULL, "ED448",
		 "ED448");
	with_key(pss_key(), EVP_sha256(), "rsassaPss", "rsassaPss");
}

static void with_serial(const char *number, const char *text)
{
	X509 *cert = make(ec);
	BIGNUM *bn = NULL;

	BN_hex2bn(&bn, number);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	want(sign(cert, ec, EVP_sha256()), F(SERIAL_NUMBER), text, text);
	BN_free(bn);
	X509_free(cert);
}

static void test_numbers(void)
{
	static char digits[801], text[1201];
	X509 *cert;
	int i;

	with_serial("0", "00");
	with_serial("7F", "7F");
	with_serial("80", "80");
	with_serial("FF00", "FF:00");
	with_serial("-1", "-01");
	with_serial("-80FF", "-80:FF");
	with_serial("0102030405060708090A0B0C0D0E0F1011121314",
		    "01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:"
		    "13:14");
	for (i = 0; i < 400; i++) {
		strcpy(digits + 2 * i, "A5");
		strcpy(text + 3 * i, i < 399 ? "A5:" : "A5");
	}
	with_serial(digits, text);
	cert = make(ec);
	X509_set_version(cert, X509_VERSION_1);
	want(sign(cert, ec, EVP_sha256()), F(CERTIFICATE_VERSION), "1", "v1");
	ASN1_TIME_set_string(X509_getm_notBefore(cert), "99991231235959Z");
	ASN1_TIME_set_string(X509_getm_notAfter(cert), "491231235960Z");
	want(cert, F(NOT_BEFORE), "23:59:59 UTC Dec 31 9999", "the last day");
	ASN1_STRING_set(X509_getm_notAfter(cert), "20421301", 8);
	want_err(cert, F(NOT_AFTER), -EINVAL, "a time that is none");
	X509_free(cert);
}

/* One entry of a name: as subject, and as CN if it is one. */
static void with_name(int nid, int type, const char *p, int len,
		      const char *text)
{
	X509 *cert = make(ec);
	X509_NAME *name = X509_NAME_new();

	add(name, nid, type, p, len, 0);
	X509_set_subject_name(cert, name);
	sign(cert, ec, EVP_sha256());
	want(cert, F(SUBJECT), text, text);
	if (nid == NID_commonName)
		want(cert, F(SUBJECT_CN), text + strlen("CN = "), text);
	else
		want_err(cert, F(SUBJECT_CN), -ENOENT, "no CN");
	X509_NAME_free(name);
	X509_free(cert);
}

#define CN(type, bytes, text) \
	with_name(NID_commonName, type, bytes, sizeof(bytes) - 1, "CN = " text)

static void test_name_bytes(void)
{
	const int utf8 = V_ASN1_UTF8STRING;
	static char cn[201], text[210];
	char one[2] = "x", what[16];
	int c;

	CN(utf8, "J\xc3\xbcrgen", "J\\C3\\BCrgen");
	CN(utf8, "\xe2\x82\xac \xf0\x9f\x98\x80",
	   "\\E2\\82\\AC \\F0\\9F\\98\\80");
	CN(utf8, "a\r\nX-Admin: 1", "a\\0D\\0AX-Admin: 1");
	CN(utf8, "a\0b", "a\\00b");
	CN(utf8, "a,b+c\"d\\e<f>g;h", "a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h");
	CN(utf8, "#a", "\\#a");
	CN(utf8, " a b ", "\\20a b\\20");
	CN(utf8, "a \\ ", "a \\\\\\20");
	CN(utf8, " ", "\\20");
	CN(utf8, "a, O = Cisco", "a\\, O = Cisco");
	CN(V_ASN1_BMPSTRING, "\0J\0\xfc\x20\xac", "J\\C3\\BC\\E2\\82\\AC");
	CN(V_ASN1_UNIVERSALSTRING, "\0\0\0\xfc\0\1\xf6\0",
	   "\\C3\\BC\\F0\\9F\\98\\80");
	CN(V_ASN1_T61STRING, "\xfc\n", "\\C3\\BC\\0A");
	CN(V_ASN1_PRINTABLESTRING, "a\x1bz", "a\\1Bz");
	CN(V_ASN1_IA5STRING, "a@b\t", "a@b\\09");
	CN(V_ASN1_BIT_STRING, "ab", "#0303016162");
	for (c = 1; c < 0x20; c++) {
		one[0] = c;
		snprintf(what, sizeof(what), "CN = \\%02X", c);
		with_name(NID_commonName, utf8, one, 1, what);
	}
	CN(utf8, "\x7f", "\\7F");
	/* CSCef34358 */
	memset(cn, 'x', 200);
	snprintf(text, sizeof(text), "CN = %s", cn);
	with_name(NID_commonName, utf8, cn, 200, text);
	with_name(NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "a@b", 3,
		  "emailAddress = a@b");
}

static void test_names(void)
{
	X509 *cert = make(ec);
	X509_NAME *name = X509_NAME_new();
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4.5", 1);

	X509_set_subject_name(cert, name);
	want_err(cert, F(SUBJECT), -ENOENT, "a subject without a part");
	want_err(cert, F(SUBJECT_CN), -ENOENT, "and without a CN");
	/* CSCsb79501: all of them, and several in one part. */
	add_text(name, NID_organizationName, "o");
	add_text(name, NID_organizationalUnitName, "u1");
	add_text(name, NID_organizationalUnitName, "u2");
	add_text(name, NID_commonName, "c1");
	add_text(name, NID_commonName, "c,2");
	add(name, NID_userId, V_ASN1_UTF8STRING, "me", 2, -1);
	X509_set_subject_name(cert, name);
	want(cert, F(SUBJECT),
	     "UID = me + CN = c\\,2, CN = c1, OU = u2, OU = u1, O = o",
	     "parts of many kinds");
	want(cert, F(SUBJECT_CN), "c\\,2, c1", "both CNs");
	X509_NAME_add_entry_by_OBJ(name, oid, V_ASN1_UTF8STRING,
				   (unsigned char *)"x", 1, -1, 0);
	X509_set_issuer_name(cert, name);
	want(cert, F(ISSUER),
	     "1.2.3.4.5 = #0C0178, UID = me + CN = c\\,2, CN = c1, OU = u2, "
	     "OU = u1, O = o", "a part of an unknown kind");
	ASN1_OBJECT_free(oid);
	X509_NAME_free(name);
	X509_free(cert);
}

static void with_ext(int nid, uint32_t field, const char *value,
		     const char *text)
{
	X509 *cert = make(ec);

	extend(cert, nid, value);
	want(sign(cert, ec, EVP_sha256()), field, text, text);
	X509_free(cert);
}

static void test_extensions(void)
{
	with_ext(NID_basic_constraints, F(X509V3_BASIC_CONSTRAINTS),
		 "CA:FALSE", "CA:FALSE");
	with_ext(NID_basic_constraints, F(X509V3_BASIC_CONSTRAINTS),
		 "critical,CA:TRUE,pathlen:3", "CA:TRUE, pathlen:3");
	with_ext(NID_key_usage, F(X509V3_KEY_USAGE),
		 "digitalSignature,decipherOnly,keyCertSign",
		 "Digital Signature, Certificate Sign, Decipher Only");
	with_ext(NID_subject_alt_name, F(X509V3_SUBJECT_ALTERNATIVE_NAME),
		 "DNS:a.example,DNS:*.b.example,email:me@a.example,"
		 "URI:https://a.example/?x=1;y,IP:10.0.0.1,IP:2001:db8::1,"
		 "RID:1.2.3.4,otherName:msUPN;UTF8:me@a",
		 "DNS:a.example, DNS:*.b.example, email:me@a.example, "
		 "URI:https://a.example/?x=1;y, IP Address:10.0.0.1, "
		 "IP Address:2001:db8::1, Registered ID:1.2.3.4, "
		 "othername:1.3.6.1.4.1.311.20.2.3;me@a");
	with_ext(NID_subject_alt_name, F(X509V3_SUBJECT_ALTERNATIVE_NAME),
		 "otherName:1.2.3;INT:258", "othername:1.2.3;#02020102");
	with_ext(NID_crl_distribution_points,
		 F(X509V3_CRL_DISTRIBUTION_POINTS),
		 "URI:http://a/1.crl,URI:ldap://b/CN=x,URI:http://c",
		 "URI:http://a/1.crl, URI:ldap://b/CN=x, URI:http://c");
	with_ext(NID_info_access, F(X509V3_AUTHORITY_INFORMATION_ACCESS),
		 "OCSP;URI:http://o.example/,caIssuers;URI:http://i.example,"
		 "1.2.3.4;DNS:d.example",
		 "OCSP - URI:http://o.example/, "
		 "CA Issuers - URI:http://i.example, 1.2.3.4 - DNS:d.example");
}

/* Extensions that OpenSSL's configuration has no words for. */
static void test_raw_extensions(void)
{
	static const char keyid[] =
		"\x30\x2c\x80\x02\xee\xef\xa1\x22\xa4\x20\x30\x1e\x31\x0a\x30"
		"\x08\x06\x03\x55\x04\x0a\x0c\x01\x6f\x31\x10\x30\x0e\x06\x03"
		"\x55\x04\x03\x0c\x07" "a,b\0\r\nc" "\x82\x02\x0f\xe5";
	/* reasons (CSCef45734), a relative name, an issuer of CRLs */
	static const char crl[] =
		"\x30\x39\x30\x13\xa0\x0d\xa0\x0b\x86\x09" "http://a/"
		"\x81\x02\x01\x60"
		"\x30\x22\xa0\x0d\xa1\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
		"x " "\xa2\x11\xa4\x0f\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04"
		"\x03\x0c\x02" "ca";
	static const char names[] =
		"\x30\x36\x82\x08" "a, DNS:b" "\x82\x04" "c\r\n " "\x82\x01#"
		"\x86\x03 \"\\" "\x87\x03" "abc" "\xa5\x06\xa1\x04\x0c\x02" "ed"
		"\xa4\x0f\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
		"a,";
	X509 *cert = make(ec);

	extend_raw(cert, NID_authority_key_identifier, keyid,
		   sizeof(keyid) - 1);
	extend_raw(cert, NID_crl_distribution_points, crl, sizeof(crl) - 1);
	extend_raw(cert, NID_subject_alt_name, names, sizeof(names) - 1);
	want(cert, F(X509V3_AUTHORITY_KEY_IDENTIFIER),
	     "keyid=EE:EF, issuer=DirName:CN = a\\\\\\,b\\\\00\\\\0D\\\\0Ac\\, "
	     "O = o, serial=0F:E5", "all of an authority's key");
	want(cert, F(X509V3_CRL_DISTRIBUTION_POINTS),
	     "URI:http://a/, RelativeName:CN = x\\\\\\20, "
	     "CRLissuer:DirName:CN = ca", "all of a place of CRLs");
	want(cert, F(X509V3_SUBJECT_ALTERNATIVE_NAME),
	     "DNS:a\\, DNS:b, DNS:c\\0D\\0A\\20, DNS:\\23, URI:\\20\\\"\\\\, "
	     "IP Address:#616263, EdiPartyName:#A506A1040C026564, "
	     "DirName:CN = a\\\\\\,", "odd bytes in names");
	X509_free(cert);
}

static const struct {
	int nid;
	uint32_t field;
} extensions[] = {
	{ NID_authority_key_identifier, F(X509V3_AUTHORITY_KEY_IDENTIFIER) },
	{ NID_basic_constraints, F(X509V3_BASIC_CONSTRAINTS) },
	{ NID_key_usage, F(X509V3_KEY_USAGE) },
	{ NID_subject_alt_name, F(X509V3_SUBJECT_ALTERNATIVE_NAME) },
	{ NID_crl_distribution_points, F(X509V3_CRL_DISTRIBUTION_POINTS) },
	{ NID_info_access, F(X509V3_AUTHORITY_INFORMATION_ACCESS) },
};

/* What cannot be read is refused, never passed over. */
static void test_bad_extensions(void)
{
	X509 *cert;
	size_t i;

	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		cert = make(ec);
		extend_raw(cert, extensions[i].nid, "\x30\x05\1", 3);
		want_err(cert, extensions[i].field, -EINVAL,
			 OBJ_nid2sn(extensions[i].nid));
		X509_free(cert);
		cert = make(ec);
		extend_raw(cert, extensions[i].nid, "\x30\0", 2);
		extend_raw(cert, extensions[i].nid, "\x30\0", 2);
		want_err(cert, extensions[i].field, -EINVAL, "two of them");
		X509_free(cert);
	}
	cert = make(ec);
	extend_raw(cert, NID_authority_key_identifier, "\x30\0", 2);
	extend_raw(cert, NID_key_usage, "\x03\x01\0", 3);
	want_err(cert, F(X509V3_AUTHORITY_KEY_IDENTIFIER), -ENOENT,
		 "an authority's key without a word");
	want_err(cert, F(X509V3_KEY_USAGE), -ENOENT, "a key for nothing");
	X509_free(cert);
}

static void test_many_names(void)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	static char text[65536], dns[32];
	const struct cert_facts f = { .cert = make(ec) };
	size_t len = 0;
	int i, got;

	for (i = 0; i < 1200; i++) {
		GENERAL_NAME *gen = GENERAL_NAME_new();
		ASN1_IA5STRING *s = ASN1_IA5STRING_new();

		snprintf(dns, sizeof(dns), "host%d.a.example", i);
		ASN1_STRING_set(s, dns, -1);
		GENERAL_NAME_set0_value(gen, GEN_DNS, s);
		sk_GENERAL_NAME_push(names, gen);
		len += sprintf(text + len, "%sDNS:%s", i ? ", " : "", dns);
	}
	X509_add1_ext_i2d(f.cert, NID_subject_alt_name, names, 0, 0);
	want(f.cert, F(X509V3_SUBJECT_ALTERNATIVE_NAME), text, "1200 names");
	got = cert_fields_value(&f, F(X509V3_SUBJECT_ALTERNATIVE_NAME), text,
				TLSVIP_BLOCK_MAX > len ? len - 1 :
							 TLSVIP_BLOCK_MAX);
	ktap_ok(got == -EMSGSIZE, "are refused where they do not fit");
	GENERAL_NAMES_free(names);
	X509_free(f.cert);
}

/* Back from the PEM with spaces, as a server would read it. */
static void test_pem(void)
{
	X509 *cert = sign(make(rsa), rsa, EVP_sha256()), *back;
	const struct cert_facts f = { .cert = cert };
	int len = value_of(&f, F(PEM), guarded(65536)), i;
	char *p = guarded(65536);
	BIO *bio;

	ktap_ok(len > 0 && printable(p, len) &&
		!memcmp(p, "-----BEGIN CERTIFICATE----- MII", 31) &&
		!memcmp(p + len - 26, " -----END CERTIFICATE-----", 26),
		"PEM in one line of %d", len);
	for (i = 28; i < len - 26; i++)
		if (p[i - 1] == ' ' || p[i] == ' ')
			p[i] = p[i] == ' ' ? '\n' : p[i];
	p[27] = p[len - 26] = '\n';
	bio = BIO_new_mem_buf(p, len);
	back = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	ktap_ok(back && !X509_cmp(cert, back), "is the certificate");
	BIO_free(bio);
	X509_free(back);
	X509_free(cert);
}

/* ":base64:" at @p; returns what is behind it. */
static const char *decode(const char *p, X509 **cert)
{
	static unsigned char der[65536];
	const unsigned char *q = der;
	const char *end = strchr(p + 1, ':');
	int len = EVP_DecodeBlock(der, (unsigned char *)p + 1, end - p - 1);

	/* EVP_DecodeBlock() counts the padding, d2i_X509() does not mind */
	*cert = *p == ':' && len > 0 ? d2i_X509(NULL, &q, len) : NULL;
	return end + 1;
}

static void test_rfc9440(void)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct cert_facts f = { .cert = sign(make(ec), ec, EVP_sha256()) };
	X509 *ca = sign(make(rsa), rsa, EVP_sha256()), *back;
	char *p = guarded(65536);
	const char *end;
	int len;

	len = value_of(&f, CLIENT_CERT, p);
	p[len > 0 ? len : 0] = '\0';
	end = decode(p, &back);
	ktap_ok(len > 0 && printable(p, len) && !*end && back &&
		!X509_cmp(back, f.cert), "Client-Cert is a byte sequence");
	X509_free(back);
	ktap_ok(value_of(&f, LAST, p) == -ENOENT, "a chain that is not known");
	f.chain = chain;
	ktap_ok(value_of(&f, LAST, p) == -ENOENT, "an empty chain");
	sk_X509_push(chain, f.cert);
	ktap_ok(value_of(&f, LAST, p) == -ENOENT, "a chain of one");
	sk_X509_push(chain, ca);
	sk_X509_push(chain, f.cert);
	len = value_of(&f, LAST, p);
	p[len > 0 ? len : 0] = '\0';
	end = decode(p, &back);
	ktap_ok(len > 0 && back && !X509_cmp(back, ca) &&
		!strncmp(end, ", :", 3), "Client-Cert-Chain without itself");
	X509_free(back);
	end = decode(end + 2, &back);
	ktap_ok(back && !X509_cmp(back, f.cert) && !*end,
		"and with all the others");
	X509_free(back);
	f.result = X509_V_ERR_CERT_HAS_EXPIRED;
	ktap_ok(value_of(&f, CLIENT_CERT, p) == -ENOENT &&
		value_of(&f, LAST, p) == -ENOENT,
		"neither for a certificate that was not verified");
	ktap_ok(value_of(&f, F(SUBJECT), p) == 17 &&
		value_of(&f, F(PEM), p) > 0, "but the fields");
	sk_X509_free(chain);
	X509_free(f.cert);
	X509_free(ca);
}

static void test_status(void)
{
	static const struct {
		long result;
		const char *error;
	} cases[] = {
		{ X509_V_OK, "none" },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
		  "Cert Not In CA Pool" },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
		  "Cert Not In CA Pool" },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
		  "CA Not Self-Signed Root" },
		{ X509_V_ERR_CERT_NOT_YET_VALID, "Cert Date Not Valid Yet" },
		{ X509_V_ERR_CERT_HAS_EXPIRED, "Cert Date Expired" },
		{ X509_V_ERR_CERT_REVOKED, "Cert Revoked" },
		{ X509_V_ERR_UNABLE_TO_GET_CRL, "CRL Get Failure" },
		{ X509_V_ERR_OCSP_VERIFY_FAILED, "CA Request Failure" },
		{ X509_V_ERR_CERT_REJECTED, "Cert Not Authorized" },
		{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "Invalid Cert" },
		{ X509_V_ERR_OUT_OF_MEM, "Internal Error: No Memory" },
		{ X509_V_ERR_UNSPECIFIED, "Internal Error" },
		{ X509_V_ERR_SUBJECT_ISSUER_MISMATCH, "Unknown" },
		{ 4711, "Unknown" }, { -1, "Unknown" },
	};
	struct cert_facts f = { .cert = make(ec) };
	char buf[64];
	uint32_t field;
	size_t i;
	int len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f.result = cases[i].result;
		len = cert_fields_value(&f, F(ERROR), buf, sizeof(buf));
		ktap_ok(len == (int)strlen(cases[i].error) &&
			!memcmp(buf, cases[i].error, len) &&
			cert_fields_value(&f, F(VALID), buf, 1) == 1 &&
			*buf == (f.result ? '0' : '1'), "%ld: %s", f.result,
			cases[i].error);
	}
	X509_free(f.cert);
	f.cert = NULL;
	/* X509_V_OK is also what OpenSSL says where it verified nothing. */
	f.result = X509_V_OK;
	for (field = F(ERROR) + 1; field <= LAST; field++)
		if (cert_fields_value(&f, field, buf, sizeof(buf)) != -ENOENT)
			break;
	ktap_ok(field > LAST, "no field without a certificate");
	ktap_ok(cert_fields_value(&f, F(VALID), buf, 64) == 1 && *buf == '0' &&
		cert_fields_value(&f, F(ERROR), buf, 64) == 12 &&
		!memcmp(buf, "No Cert Data", 12), "but the status");
	for (field = 0; field <= LAST + 2; field++)
		if (cert_fields_known(field) !=
		    (field >= FIRST && field <= LAST))
			break;
	ktap_ok(field > LAST + 2 && !cert_fields_known(UINT32_MAX),
		"which fields are known");
}

/* A key of 4096 bits, for its size alone. */
static EVP_PKEY *long_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_new(), *e = BN_new();
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	BN_rand(n, 4096, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	BN_set_word(e, 65537);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Every line there is, of keys and signatures of 4096 bits, and a chain. */
static void test_block(void)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct headers_line lines[HEADERS_LINES] = { 0 };
	EVP_PKEY *key = long_key();
	X509 *cert = make(key);
	const struct cert_facts cf = { .cert = cert, .chain = chain };
	const struct headers_facts f = { .cert = &cf };
	const ASN1_BIT_STRING *sig;
	unsigned char zero[512] = { 1 };
	static char block[65536];
	unsigned int n;
	int i, len, pem, rest;

	extend(cert, NID_subject_alt_name, "DNS:a.example,email:me@a.example");
	sign(cert, rsa, EVP_sha256());
	X509_get0_signature(&sig, NULL, cert);
	ASN1_BIT_STRING_set((ASN1_BIT_STRING *)sig, zero, sizeof(zero));
	for (i = 0; i < 5; i++)
		sk_X509_push(chain, cert);
	for (n = 0; n <= LAST - FIRST; n++) {
		lines[n].field = FIRST + n;
		lines[n].text = "SSL-ClientCert-Any";
	}
	pem = headers_build(&f, &lines[F(PEM) - FIRST], 1, false, block,
			    sizeof(block));
	len = headers_build(&f, lines, n, false, block, sizeof(block));
	ktap_ok(pem > 1000 && pem < 3000, "PEM of 4096 bits: %d", pem);
	ktap_ok(len > 0 && len < TLSVIP_BLOCK_MAX,
		"all fields and a chain of four: %d", len);
	ktap_ok(headers_build(&f, lines, n, false, block, len) == len,
		"they fit exactly");
	ktap_ok(headers_build(&f, lines, n, true, block, 0) == 0,
		"none is for the first request");
	rest = 0;
	for (i = 0; i < len; i += len - i > 100 ? 53 : 1)
		rest += headers_build(&f, lines, n, false, guarded(i), i) !=
			-EMSGSIZE;
	ktap_ok(!rest, "and nowhere shorter");
	sk_X509_free(chain);
	EVP_PKEY_free(key);
	X509_free(cert);
}

/* Bytes of a good certificate changed: any answer, but a printable one. */
static void test_spoilt(void)
{
	X509 *cert = make(rsa), *bad;
	struct cert_facts f = { 0 };
	unsigned int parsed = 0, wrong = 0, round;
	unsigned char *der = NULL, *copy;
	const unsigned char *p;
	uint32_t field;
	int len, got, i;

	extend(cert, NID_subject_alt_name,
	       "DNS:a.example,otherName:1.2.3;UTF8:x,IP:10.0.0.1");
	extend(cert, NID_crl_distribution_points, "URI:http://a/1.crl");
	extend(cert, NID_info_access, "OCSP;URI:http://o.example/");
	extend(cert, NID_key_usage, "digitalSignature");
	extend(cert, NID_basic_constraints, "CA:TRUE,pathlen:3");
	sign(cert, rsa, EVP_sha256());
	len = i2d_X509(cert, &der);
	copy = malloc(len);
	srandom(1);
	for (round = 0; round < 1500; round++) {
		memcpy(copy, der, len);
		for (i = random() % 4; i >= 0; i--)
			copy[random() % len] = random() % 3 ? random() :
					       random() % 0x20;
		p = copy;
		bad = d2i_X509(NULL, &p, len);
		if (!bad)
			continue;
		parsed++;
		f.cert = bad;
		for (field = FIRST; field <= LAST; field++) {
			got = value_of(&f, field, guarded(65536));
			wrong += got > 0 ? !printable(guarded(65536), got) :
				 got != -ENOENT && got != -EINVAL;
		}
		X509_free(bad);
	}
	ktap_ok(!wrong && parsed > 100, "%u spoilt certificates, %u wrong",
		parsed, wrong);
	free(copy);
	OPENSSL_free(der);
	X509_free(cert);
}

int main(void)
{
	rsa = EVP_RSA_gen(2048);
	ec = EVP_EC_gen("P-256");
	test_fields();
	test_keys();
	test_numbers();
	test_name_bytes();
	test_names();
	test_extensions();
	test_raw_extensions();
	test_bad_extensions();
	test_many_names();
	test_pem();
	test_rfc9440();
	test_status();
	test_block();
	test_spoilt();
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	return ktap_end();
}
