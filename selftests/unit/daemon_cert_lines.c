// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client's certificate in header lines: whole, with its chain and with what
 * came of its verification, all lines in one block, and certificates that are
 * spoilt at random; not how a connection comes by one.
 *
 * SOURCES: userspace/tlsvipd/headers.c userspace/tlsvipd/cert_fields.c userspace/tlsvipd/cert_text.c selftests/unit/daemon/cert.c
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "daemon/cert.h"
#include "daemon/ktap.h"
#include "tlsvipd/headers.h"

static EVP_PKEY *rsa, *ec;

static bool printable(const char *p, int len)
{
	while (len-- > 0)
		if (p[len] < 0x20 || p[len] > 0x7e)
			return false;
	return true;
}

/* Back from the PEM with spaces, as a server would read it. */
static void test_pem(void)
{
	X509 *cert = cert_sign(cert_make(rsa), rsa, EVP_sha256()), *back;
	const struct cert_facts f = { .cert = cert };
	int len = cert_value(&f, F(PEM), cert_buffer(65536)), i;
	char *p = cert_buffer(65536);
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
	X509 *cert = cert_sign(cert_make(ec), ec, EVP_sha256());
	X509 *ca = cert_sign(cert_make(rsa), rsa, EVP_sha256()), *back;
	struct cert_facts f = { .cert = cert };
	char *p = cert_buffer(65536);
	const char *end;
	int len;

	len = cert_value(&f, CLIENT_CERT, p);
	p[len > 0 ? len : 0] = '\0';
	end = decode(p, &back);
	ktap_ok(len > 0 && printable(p, len) && !*end && back &&
		!X509_cmp(back, f.cert), "Client-Cert is a byte sequence");
	X509_free(back);
	ktap_ok(cert_value(&f, LAST, p) == -ENOENT,
		"a chain that is not known");
	f.chain = chain;
	ktap_ok(cert_value(&f, LAST, p) == -ENOENT, "an empty chain");
	sk_X509_push(chain, f.cert);
	ktap_ok(cert_value(&f, LAST, p) == -ENOENT, "a chain of one");
	sk_X509_push(chain, ca);
	sk_X509_push(chain, f.cert);
	len = cert_value(&f, LAST, p);
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
	ktap_ok(cert_value(&f, CLIENT_CERT, p) == -ENOENT &&
		cert_value(&f, LAST, p) == -ENOENT,
		"neither for a certificate that was not verified");
	ktap_ok(cert_value(&f, F(SUBJECT), p) == 17 &&
		cert_value(&f, F(PEM), p) > 0, "but the fields");
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
	struct cert_facts f = { .cert = cert_make(ec) };
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
	X509 *cert = cert_make(key);
	const struct cert_facts cf = { .cert = cert, .chain = chain };
	const struct headers_facts f = { .cert = &cf };
	const ASN1_BIT_STRING *sig;
	unsigned char zero[512] = { 1 };
	static char block[65536];
	unsigned int n;
	int i, len, pem, rest;

	cert_extend(cert, NID_subject_alt_name,
		    "DNS:a.example,email:me@a.example");
	cert_sign(cert, rsa, EVP_sha256());
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
		rest += headers_build(&f, lines, n, false, cert_buffer(i), i) !=
			-EMSGSIZE;
	ktap_ok(!rest, "and nowhere shorter");
	sk_X509_free(chain);
	EVP_PKEY_free(key);
	X509_free(cert);
}

/* Bytes of a good certificate changed: any answer, but a printable one. */
static void test_spoilt(void)
{
	X509 *cert = cert_make(rsa), *bad;
	struct cert_facts f = { 0 };
	unsigned int parsed = 0, wrong = 0, round;
	unsigned char *der = NULL, *copy;
	const unsigned char *p;
	uint32_t field;
	int len, got, i;

	cert_extend(cert, NID_subject_alt_name,
		    "DNS:a.example,otherName:1.2.3;UTF8:x,IP:10.0.0.1");
	cert_extend(cert, NID_crl_distribution_points, "URI:http://a/1.crl");
	cert_extend(cert, NID_info_access, "OCSP;URI:http://o.example/");
	cert_extend(cert, NID_key_usage, "digitalSignature");
	cert_extend(cert, NID_basic_constraints, "CA:TRUE,pathlen:3");
	cert_sign(cert, rsa, EVP_sha256());
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
			got = cert_value(&f, field, cert_buffer(65536));
			wrong += got > 0 ? !printable(cert_buffer(65536), got) :
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
	test_pem();
	test_rfc9440();
	test_status();
	test_block();
	test_spoilt();
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	return ktap_end();
}
