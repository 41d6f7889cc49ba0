// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The values of the header lines about a client's certificate, from the
 * certificate and what came of its verification. One table says which line has
 * which. It verifies nothing, and knows neither connections nor netlink; how a
 * name or a number looks is cert_text.c.
 */
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <linux/tlsvip.h>

#include "cert_fields.h"
#include "cert_text.h"

/* A value; nothing is added where the certificate does not have it. */
typedef void cert_value_fn(struct cert_text *t, const struct cert_facts *f);

/*
 * What failed, in the words of the SSL Services Module; those that only
 * revocation by OCSP and enrolment can give stand at their place.
 */
static const char *cert_fields_error(const struct cert_facts *f)
{
	if (!f->cert)
		return "No Cert Data";
	switch (f->result) {
	case X509_V_OK:
		return "none";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return "Cert Not In CA Pool";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
		return "CA Not Self-Signed Root";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "Cert Date Not Valid Yet";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "Cert Date Expired";
	case X509_V_ERR_CERT_REVOKED:
		return "Cert Revoked";
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
		return "CRL Get Failure";
	case X509_V_ERR_OCSP_VERIFY_NEEDED:
	case X509_V_ERR_OCSP_VERIFY_FAILED:
		return "CA Request Failure";
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
		return "No Cert Public Key";
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
	case X509_V_ERR_APPLICATION_VERIFICATION:
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_NO_EXPLICIT_POLICY:
		return "Cert Not Authorized";
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
	case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_INVALID_PURPOSE:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_INVALID_EXTENSION:
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return "Invalid Cert";
	case X509_V_ERR_OUT_OF_MEM:
		return "Internal Error: No Memory";
	case X509_V_ERR_UNSPECIFIED:
	case X509_V_ERR_INVALID_CALL:
	case X509_V_ERR_STORE_LOOKUP:
		return "Internal Error";
	default:
		return "Unknown";
	}
}

static bool cert_fields_verified(const struct cert_facts *f)
{
	return f->cert && f->result == X509_V_OK;
}

static void cert_valid(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_str(t, cert_fields_verified(f) ? "1" : "0");
}

static void cert_error(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_str(t, cert_fields_error(f));
}

/*
 * The module's was MD5, which two certificates can be made to share: a server
 * that knows clients by it would take one for the other.
 */
static void cert_fingerprint(struct cert_text *t, const struct cert_facts *f)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (X509_digest(f->cert, EVP_sha256(), md, &len))
		cert_text_hex(t, md, len);
	else
		t->err = -ENOMEM;
}

static void cert_subject_cn(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_cn(t, X509_get_subject_name(f->cert));
}

static void cert_issuer_cn(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_cn(t, X509_get_issuer_name(f->cert));
}

static void cert_version(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_number(t, X509_get_version(f->cert) + 1);
}

static void cert_serial(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_integer(t, X509_get0_serialNumber(f->cert));
}

static void cert_algorithm(struct cert_text *t, const X509_ALGOR *alg)
{
	const ASN1_OBJECT *obj;

	X509_ALGOR_get0(&obj, NULL, NULL, alg);
	cert_text_object(t, obj);
}

static void cert_data_algorithm(struct cert_text *t,
				const struct cert_facts *f)
{
	cert_algorithm(t, X509_get0_tbs_sigalg(f->cert));
}

static void cert_subject(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_dn(t, X509_get_subject_name(f->cert));
}

static void cert_issuer(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_dn(t, X509_get_issuer_name(f->cert));
}

static void cert_not_before(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_time(t, X509_get0_notBefore(f->cert));
}

static void cert_not_after(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_time(t, X509_get0_notAfter(f->cert));
}

static const ASN1_OBJECT *cert_key_object(const struct cert_facts *f)
{
	ASN1_OBJECT *obj = NULL;

	X509_PUBKEY_get0_param(&obj, NULL, NULL, NULL,
			       X509_get_X509_PUBKEY(f->cert));
	return obj;
}

static void cert_key_algorithm(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_object(t, cert_key_object(f));
}

/* The key if it is an RSA key; one that cannot be read puts @t in error. */
static EVP_PKEY *cert_rsa(struct cert_text *t, const struct cert_facts *f)
{
	int nid = OBJ_obj2nid(cert_key_object(f));
	EVP_PKEY *key;

	if (nid != NID_rsaEncryption && nid != NID_rsassaPss)
		return NULL;
	key = X509_get0_pubkey(f->cert);
	if (!key)
		t->err = -EINVAL;
	return key;
}

static void cert_rsa_size(struct cert_text *t, const struct cert_facts *f)
{
	EVP_PKEY *key = cert_rsa(t, f);

	if (!key)
		return;
	cert_text_number(t, EVP_PKEY_get_bits(key));
	cert_text_str(t, " bit");
}

/* A number of an RSA key, with zeros in front if it has fewer bytes. */
static void cert_rsa_number(struct cert_text *t, const struct cert_facts *f,
			    const char *param, int least)
{
	EVP_PKEY *key = cert_rsa(t, f);
	unsigned char *p = NULL;
	BIGNUM *bn = NULL;
	int len;

	if (!key)
		return;
	if (!EVP_PKEY_get_bn_param(key, param, &bn)) {
		t->err = -EINVAL;
		return;
	}
	len = BN_num_bytes(bn);
	if (len < least)
		len = least;
	p = OPENSSL_malloc(len);
	if (p && BN_bn2binpad(bn, p, len) == len)
		cert_text_hex(t, p, len);
	else
		t->err = -ENOMEM;
	OPENSSL_free(p);
	BN_free(bn);
}

static void cert_rsa_modulus(struct cert_text *t, const struct cert_facts *f)
{
	cert_rsa_number(t, f, OSSL_PKEY_PARAM_RSA_N, 1);
}

static void cert_rsa_exponent(struct cert_text *t, const struct cert_facts *f)
{
	cert_rsa_number(t, f, OSSL_PKEY_PARAM_RSA_E, 4);
}

static void cert_signature_algorithm(struct cert_text *t,
				     const struct cert_facts *f)
{
	const X509_ALGOR *alg;

	X509_get0_signature(NULL, &alg, f->cert);
	cert_algorithm(t, alg);
}

static void cert_signature(struct cert_text *t, const struct cert_facts *f)
{
	const ASN1_BIT_STRING *sig;

	X509_get0_signature(&sig, NULL, f->cert);
	cert_text_hex(t, ASN1_STRING_get0_data(sig), ASN1_STRING_length(sig));
}

/*
 * An extension, for the caller to free; NULL if there is none. One that cannot
 * be read, or two of them, puts @t in error.
 */
static void *cert_extension(struct cert_text *t, const struct cert_facts *f,
			    int nid)
{
	int critical;
	void *ext;

	ext = X509_get_ext_d2i(f->cert, nid, &critical, NULL);
	if (!ext && critical != -1)
		t->err = -EINVAL;
	return ext;
}

static void cert_authority_key(struct cert_text *t, const struct cert_facts *f)
{
	AUTHORITY_KEYID *id;

	id = cert_extension(t, f, NID_authority_key_identifier);
	if (!id)
		return;
	if (id->keyid) {
		cert_text_str(t, "keyid=");
		cert_text_hex(t, ASN1_STRING_get0_data(id->keyid),
			      ASN1_STRING_length(id->keyid));
	}
	cert_text_general_names(t, id->issuer, "issuer=");
	if (id->serial) {
		cert_text_str(t, t->len ? ", serial=" : "serial=");
		cert_text_integer(t, id->serial);
	}
	AUTHORITY_KEYID_free(id);
}

static void cert_constraints(struct cert_text *t, const struct cert_facts *f)
{
	BASIC_CONSTRAINTS *bc = cert_extension(t, f, NID_basic_constraints);
	int64_t len;

	if (!bc)
		return;
	cert_text_str(t, bc->ca ? "CA:TRUE" : "CA:FALSE");
	if (bc->pathlen) {
		cert_text_str(t, ", pathlen:");
		if (ASN1_INTEGER_get_int64(&len, bc->pathlen))
			cert_text_number(t, len);
		else
			t->err = -EINVAL;
	}
	BASIC_CONSTRAINTS_free(bc);
}

static void cert_key_usage(struct cert_text *t, const struct cert_facts *f)
{
	static const char *const names[] = {
		"Digital Signature", "Non Repudiation", "Key Encipherment",
		"Data Encipherment", "Key Agreement", "Certificate Sign",
		"CRL Sign", "Encipher Only", "Decipher Only",
	};
	ASN1_BIT_STRING *bits = cert_extension(t, f, NID_key_usage);
	size_t i;

	if (!bits)
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!ASN1_BIT_STRING_get_bit(bits, i))
			continue;
		if (t->len)
			cert_text_str(t, ", ");
		cert_text_str(t, names[i]);
	}
	ASN1_BIT_STRING_free(bits);
}

static void cert_alternative_names(struct cert_text *t,
				   const struct cert_facts *f)
{
	GENERAL_NAMES *names = cert_extension(t, f, NID_subject_alt_name);

	cert_text_general_names(t, names, "");
	GENERAL_NAMES_free(names);
}

static void cert_crl_points(struct cert_text *t, const struct cert_facts *f)
{
	CRL_DIST_POINTS *points;
	const DIST_POINT *point;
	int i;

	points = cert_extension(t, f, NID_crl_distribution_points);
	for (i = 0; i < sk_DIST_POINT_num(points); i++) {
		point = sk_DIST_POINT_value(points, i);
		if (point->distpoint && !point->distpoint->type) {
			cert_text_general_names(t,
						point->distpoint->name.fullname,
						"");
		} else if (point->distpoint) {
			cert_text_str(t, t->len ? ", RelativeName:" :
						  "RelativeName:");
			cert_text_relative(t, point->distpoint);
		}
		cert_text_general_names(t, point->CRLissuer, "CRLissuer:");
	}
	CRL_DIST_POINTS_free(points);
}

static void cert_authority_access(struct cert_text *t,
				  const struct cert_facts *f)
{
	const ACCESS_DESCRIPTION *access;
	AUTHORITY_INFO_ACCESS *list;
	int i;

	list = cert_extension(t, f, NID_info_access);
	for (i = 0; i < sk_ACCESS_DESCRIPTION_num(list); i++) {
		access = sk_ACCESS_DESCRIPTION_value(list, i);
		if (t->len)
			cert_text_str(t, ", ");
		cert_text_object(t, access->method);
		cert_text_str(t, " - ");
		cert_text_general_name(t, access->location);
	}
	AUTHORITY_INFO_ACCESS_free(list);
}

static void cert_base64(struct cert_text *t, X509 *cert, bool spaced)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len > 0)
		cert_text_base64(t, der, len, spaced);
	else
		t->err = -ENOMEM;
	OPENSSL_free(der);
}

/* With a space for each line end, which a header line cannot have. */
static void cert_pem(struct cert_text *t, const struct cert_facts *f)
{
	cert_text_str(t, "-----BEGIN CERTIFICATE----- ");
	cert_base64(t, f->cert, true);
	cert_text_str(t, " -----END CERTIFICATE-----");
}

/* A byte sequence of RFC 8941 3.3.5. */
static void cert_bytes(struct cert_text *t, X509 *cert)
{
	cert_text_str(t, ":");
	cert_base64(t, cert, false);
	cert_text_str(t, ":");
}

/* Who reads it takes the client for authenticated (RFC 9440 2.4). */
static void cert_rfc9440(struct cert_text *t, const struct cert_facts *f)
{
	if (cert_fields_verified(f))
		cert_bytes(t, f->cert);
}

static void cert_rfc9440_chain(struct cert_text *t, const struct cert_facts *f)
{
	int i, n = f->chain ? sk_X509_num(f->chain) : 0;

	for (i = 1; i < n && cert_fields_verified(f); i++) {
		if (t->len)
			cert_text_str(t, ", ");
		cert_bytes(t, sk_X509_value(f->chain, i));
	}
}

#define CERT(name)	TLSVIP_HEADER_FIELD_CLIENTCERT_##name

static cert_value_fn *const cert_values[TLSVIP_HEADER_FIELD_MAX + 1] = {
	[CERT(VALID)] = cert_valid,
	[CERT(ERROR)] = cert_error,
	[CERT(FINGERPRINT)] = cert_fingerprint,
	[CERT(SUBJECT_CN)] = cert_subject_cn,
	[CERT(ISSUER_CN)] = cert_issuer_cn,
	[CERT(CERTIFICATE_VERSION)] = cert_version,
	[CERT(SERIAL_NUMBER)] = cert_serial,
	[CERT(DATA_SIGNATURE_ALGORITHM)] = cert_data_algorithm,
	[CERT(SUBJECT)] = cert_subject,
	[CERT(ISSUER)] = cert_issuer,
	[CERT(NOT_BEFORE)] = cert_not_before,
	[CERT(NOT_AFTER)] = cert_not_after,
	[CERT(PUBLIC_KEY_ALGORITHM)] = cert_key_algorithm,
	[CERT(RSA_PUBLIC_KEY_SIZE)] = cert_rsa_size,
	[CERT(RSA_MODULUS_SIZE)] = cert_rsa_size,
	[CERT(RSA_MODULUS)] = cert_rsa_modulus,
	[CERT(RSA_EXPONENT)] = cert_rsa_exponent,
	[CERT(X509V3_AUTHORITY_KEY_IDENTIFIER)] = cert_authority_key,
	[CERT(X509V3_BASIC_CONSTRAINTS)] = cert_constraints,
	[CERT(SIGNATURE_ALGORITHM)] = cert_signature_algorithm,
	[CERT(SIGNATURE)] = cert_signature,
	[CERT(X509V3_KEY_USAGE)] = cert_key_usage,
	[CERT(X509V3_SUBJECT_ALTERNATIVE_NAME)] = cert_alternative_names,
	[CERT(X509V3_CRL_DISTRIBUTION_POINTS)] = cert_crl_points,
	[CERT(X509V3_AUTHORITY_INFORMATION_ACCESS)] = cert_authority_access,
	[CERT(PEM)] = cert_pem,
	[TLSVIP_HEADER_FIELD_CLIENT_CERT] = cert_rfc9440,
	[TLSVIP_HEADER_FIELD_CLIENT_CERT_CHAIN] = cert_rfc9440_chain,
};

/**
 * cert_fields_known - whether a field is about the client's certificate
 * @field: enum tlsvip_header_field, or any number
 *
 * Return: true if cert_fields_value() has a value for it.
 */
bool cert_fields_known(uint32_t field)
{
	return field <= TLSVIP_HEADER_FIELD_MAX && cert_values[field];
}

/**
 * cert_fields_value - the value of a field
 * @facts: certificate, and what came of its verification
 * @field: one that cert_fields_known()
 * @buf: where to; not terminated
 * @size: bytes at @buf
 *
 * The status has a value always, any other one only with a certificate.
 *
 * Return: length of the value, at least 1; -ENOENT if there is none, -EMSGSIZE
 * if it does not fit, -EINVAL if the certificate cannot be read here, -ENOMEM.
 */
int cert_fields_value(const struct cert_facts *facts, uint32_t field,
		      char *buf, size_t size)
{
	struct cert_text t = { .buf = buf, .size = size };
	size_t i;

	if (!facts->cert && field != CERT(VALID) && field != CERT(ERROR))
		return -ENOENT;
	cert_values[field](&t, facts);
	ERR_clear_error();
	if (t.err)
		return t.err;
	/* Whoever wrote it: a line end or the like must never pass. */
	for (i = 0; i < t.len; i++)
		if (buf[i] < 0x20 || buf[i] >= 0x7f)
			return -EINVAL;
	return t.len ? (int)t.len : -ENOENT;
}
