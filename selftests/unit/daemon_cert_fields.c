// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fields of a client's certificate, from certificates of many kinds made
 * on the spot; what becomes of them in a block: daemon_cert_lines.c.
 *
 * SOURCES: userspace/tlsvipd/cert_fields.c userspace/tlsvipd/cert_text.c selftests/unit/daemon/cert.c
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/x509v3.h>

#include "daemon/cert.h"
#include "daemon/ktap.h"

static EVP_PKEY *rsa, *ec;

/* The value of a field; no byte of it is written where it does not fit. */
static void want(X509 *cert, uint32_t field, const char *text,
		 const char *what)
{
	const struct cert_facts f = { .cert = cert };
	size_t len = strlen(text), n;
	char *buf = cert_buffer(len);
	bool refused = true;
	int got;

	got = cert_fields_value(&f, field, buf, len);
	if (!ktap_ok(got == (int)len && !memcmp(buf, text, len), "%s", what)) {
		got = cert_value(&f, field, cert_buffer(65536));
		printf("# %d: %.*s\n# for %s\n", got, got > 0 ? got : 0,
		       cert_buffer(65536), text);
	}
	for (n = len > 60 ? len - 60 : 0; n < len; n++)
		refused &= cert_fields_value(&f, field, cert_buffer(n), n) ==
			   -EMSGSIZE;
	ktap_ok(refused, "%s: fits nowhere shorter", what);
}

static void want_err(X509 *cert, uint32_t field, int err, const char *what)
{
	const struct cert_facts f = { .cert = cert };
	int got = cert_value(&f, field, cert_buffer(65536));

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
	X509 *cert = cert_sign(cert_make(rsa), rsa, EVP_sha256());
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
	X509 *cert = cert_sign(cert_make(key), key, md);

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
	X509 *cert = cert_make(ec);
	BIGNUM *bn = NULL;

	BN_hex2bn(&bn, number);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	want(cert_sign(cert, ec, EVP_sha256()), F(SERIAL_NUMBER), text, text);
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
	cert = cert_make(ec);
	X509_set_version(cert, X509_VERSION_1);
	cert_sign(cert, ec, EVP_sha256());
	want(cert, F(CERTIFICATE_VERSION), "1", "v1");
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
	X509 *cert = cert_make(ec);
	X509_NAME *name = X509_NAME_new();

	cert_add(name, nid, type, p, len, 0);
	X509_set_subject_name(cert, name);
	cert_sign(cert, ec, EVP_sha256());
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
	X509 *cert = cert_make(ec);
	X509_NAME *name = X509_NAME_new();
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4.5", 1);

	X509_set_subject_name(cert, name);
	want_err(cert, F(SUBJECT), -ENOENT, "a subject without a part");
	want_err(cert, F(SUBJECT_CN), -ENOENT, "and without a CN");
	/* CSCsb79501: all of them, and several in one part. */
	cert_add_text(name, NID_organizationName, "o");
	cert_add_text(name, NID_organizationalUnitName, "u1");
	cert_add_text(name, NID_organizationalUnitName, "u2");
	cert_add_text(name, NID_commonName, "c1");
	cert_add_text(name, NID_commonName, "c,2");
	cert_add(name, NID_userId, V_ASN1_UTF8STRING, "me", 2, -1);
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
	X509 *cert = cert_make(ec);

	cert_extend(cert, nid, value);
	want(cert_sign(cert, ec, EVP_sha256()), field, text, text);
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
	X509 *cert = cert_make(ec);

	cert_extend_raw(cert, NID_authority_key_identifier, keyid,
			sizeof(keyid) - 1);
	cert_extend_raw(cert, NID_crl_distribution_points, crl,
			sizeof(crl) - 1);
	cert_extend_raw(cert, NID_subject_alt_name, names, sizeof(names) - 1);
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
		cert = cert_make(ec);
		cert_extend_raw(cert, extensions[i].nid, "\x30\x05\1", 3);
		want_err(cert, extensions[i].field, -EINVAL,
			 OBJ_nid2sn(extensions[i].nid));
		X509_free(cert);
		cert = cert_make(ec);
		cert_extend_raw(cert, extensions[i].nid, "\x30\0", 2);
		cert_extend_raw(cert, extensions[i].nid, "\x30\0", 2);
		want_err(cert, extensions[i].field, -EINVAL, "two of them");
		X509_free(cert);
	}
	cert = cert_make(ec);
	cert_extend_raw(cert, NID_authority_key_identifier, "\x30\0", 2);
	cert_extend_raw(cert, NID_key_usage, "\x03\x01\0", 3);
	want_err(cert, F(X509V3_AUTHORITY_KEY_IDENTIFIER), -ENOENT,
		 "an authority's key without a word");
	want_err(cert, F(X509V3_KEY_USAGE), -ENOENT, "a key for nothing");
	X509_free(cert);
}

static void test_many_names(void)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	static char text[65536], dns[32];
	const struct cert_facts f = { .cert = cert_make(ec) };
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
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	return ktap_end();
}
