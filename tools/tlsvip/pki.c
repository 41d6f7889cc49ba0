// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "tlsvip pki": the trustpoints that services name. It works on files; neither
 * the kernel nor the daemon is asked.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "pki/pki.h"
#include "tlsvip.h"

static const char pki_usage[] =
"Usage: tlsvip [ --pki DIR ] pki import NAME pem CERT KEY [ CHAIN ]\n"
"       tlsvip [ --pki DIR ] pki delete NAME\n"
"       tlsvip [ --pki DIR ] pki show [ NAME ]\n"
"\n"
"CERT, KEY, CHAIN := PATH of a PEM file\n";

static enum cli_status pki_name(struct cli *cli, struct args *args,
				const char **name)
{
	*name = args_word(cli, args, "trustpoint", "a NAME");
	if (!*name)
		return CLI_USAGE;
	if (**name == '-' || **name == '.')
		return cli_misuse(cli,
				  "'%s': the name of the trustpoint begins with '%c'",
				  *name, **name);
	if (!pki_name_ok(*name))
		return cli_misuse(cli,
				  "trustpoint: '%s' is not a name, expected 1 to %d of A-Z a-z 0-9 _ . -",
				  *name, PKI_NAME_LEN);
	return CLI_OK;
}

static void pki_warned(void *arg, const char *text)
{
	cli_warn(arg, "%s", text);
}

static enum cli_status cmd_pki_import(struct cli *cli, struct args *args)
{
	struct pki_source src = { .warn = { pki_warned, cli } };
	const char *name, *format;
	enum cli_status status;
	char err[PKI_ERR_LEN];

	status = pki_name(cli, args, &name);
	if (status)
		return status;
	format = args_word(cli, args, name, "pem");
	if (!format)
		return CLI_USAGE;
	if (strcmp(format, "pem"))
		return cli_misuse(cli, "'%s' is not a format, expected pem",
				  format);
	src.cert = args_word(cli, args, "pem", "CERT, the path of a file");
	if (!src.cert)
		return CLI_USAGE;
	src.key = args_word(cli, args, src.cert, "KEY, the path of a file");
	if (!src.key)
		return CLI_USAGE;
	src.chain = args_next(args);
	status = args_nothing(cli, args);
	if (status)
		return status;
	if (pki_import(cli->store, name, &src, err, sizeof(err)))
		return cli_refuse(cli, "%s", err);
	return CLI_OK;
}

static enum cli_status cmd_pki_delete(struct cli *cli, struct args *args)
{
	const struct pki_warn warn = { pki_warned, cli };
	enum cli_status status;
	char err[PKI_ERR_LEN];
	const char *name;

	status = pki_name(cli, args, &name);
	if (!status)
		status = args_nothing(cli, args);
	if (status)
		return status;
	if (pki_delete(cli->store, name, &warn, err, sizeof(err)))
		return cli_refuse(cli, "%s", err);
	return CLI_OK;
}

/* what was written into a memory BIO, as a text; frees @bio */
static void print_bio(struct out *o, const char *key, const char *label,
		      BIO *bio)
{
	char *data;
	long len;

	if (!bio || BIO_write(bio, "", 1) != 1) {
		o->failed = true;
		BIO_free(bio);
		return;
	}
	len = BIO_get_mem_data(bio, &data);
	if (len > 0)
		out_foreign(o, key, label, data);
	BIO_free(bio);
}

static void print_dn(struct out *o, const char *key, const char *label,
		     const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio)
		X509_NAME_print_ex(bio, name, 0,
				   XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	print_bio(o, key, label, bio);
}

/* bytes from a certificate may be anything: only graphic ASCII is printed */
static void bio_escaped(BIO *bio, const ASN1_STRING *text)
{
	const unsigned char *p = ASN1_STRING_get0_data(text);
	int i, len = ASN1_STRING_length(text);

	for (i = 0; i < len; i++)
		BIO_printf(bio, p[i] > ' ' && p[i] < 0x7f && p[i] != '\\' ?
			   "%c" : "\\x%02x", p[i]);
}

static void bio_ip(BIO *bio, const ASN1_OCTET_STRING *ip)
{
	char text[INET6_ADDRSTRLEN];

	if ((ip->length == 4 || ip->length == 16) &&
	    inet_ntop(ip->length == 4 ? AF_INET : AF_INET6, ip->data, text,
		      sizeof(text)))
		BIO_puts(bio, text);
	else
		bio_escaped(bio, ip);
}

static void print_san(struct out *o, const GENERAL_NAME *san)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (!bio) {
		o->failed = true;
		return;
	}
	switch (san->type) {
	case GEN_DNS:
		BIO_puts(bio, "DNS:");
		bio_escaped(bio, san->d.dNSName);
		break;
	case GEN_EMAIL:
		BIO_puts(bio, "email:");
		bio_escaped(bio, san->d.rfc822Name);
		break;
	case GEN_URI:
		BIO_puts(bio, "URI:");
		bio_escaped(bio, san->d.uniformResourceIdentifier);
		break;
	case GEN_IPADD:
		BIO_puts(bio, "IP:");
		bio_ip(bio, san->d.iPAddress);
		break;
	case GEN_DIRNAME:
		BIO_puts(bio, "dirName:");
		X509_NAME_print_ex(bio, san->d.directoryName, 0,
				   XN_FLAG_RFC2253);
		break;
	default:
		BIO_puts(bio, "other");
		break;
	}
	print_bio(o, NULL, "", bio);
}

static void print_sans(struct out *o, X509 *cert)
{
	GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name,
					       NULL, NULL);
	int i;

	if (sk_GENERAL_NAME_num(sans) > 0) {
		out_line(o, 4);
		out_text(o, "san");
	}
	out_array(o, "san");
	for (i = 0; i < sk_GENERAL_NAME_num(sans); i++)
		print_san(o, sk_GENERAL_NAME_value(sans, i));
	out_end(o);
	GENERAL_NAMES_free(sans);
}

static void print_serial(struct out *o, X509 *cert)
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *hex = bn ? BN_bn2hex(bn) : NULL;

	if (hex)
		out_str(o, "serial", "serial", hex);
	else
		o->failed = true;
	OPENSSL_free(hex);
	BN_free(bn);
}

static time_t print_time(struct out *o, const char *key, const ASN1_TIME *t)
{
	char text[40];
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm)) {
		out_str(o, key, key, "unknown");
		return 0;
	}
	out_str(o, key, key, text);
	return timegm(&tm);
}

static void print_expiry(struct out *o, int64_t left)
{
	int64_t v = left < 0 ? -left : left;
	char text[64];

	out_bool(o, "expired", left < 0, NULL, NULL);
	if (o->json) {
		out_int(o, "expires-in", NULL, left);
		return;
	}
	if (v >= 2 * 86400)
		snprintf(text, sizeof(text), "%" PRId64 " days", v / 86400);
	else if (v >= 2 * 3600)
		snprintf(text, sizeof(text), "%" PRId64 " hours", v / 3600);
	else
		snprintf(text, sizeof(text), "%" PRId64 " minutes", v / 60);
	out_text(o, left < 0 ? "expired" : "expires in");
	out_text(o, text);
	if (left < 0)
		out_text(o, "ago");
}

static void print_dates(struct out *o, const X509 *cert)
{
	time_t end;

	print_time(o, "not-before", X509_get0_notBefore(cert));
	end = print_time(o, "not-after", X509_get0_notAfter(cert));
	print_expiry(o, end - time(NULL));
}

static const char *group_name(EVP_PKEY *key)
{
	static const char *const names[][2] = {
		{ "prime256v1", "P-256" },
		{ "secp384r1", "P-384" },
		{ "secp521r1", "P-521" },
	};
	char group[64];
	size_t i;

	if (!EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		return NULL;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i][0], group))
			return names[i][1];
	return NULL;
}

static void print_key(struct out *o, EVP_PKEY *key)
{
	const char *type = EVP_PKEY_get0_type_name(key);
	const char *group = group_name(key);

	out_object(o, "key");
	out_str(o, "type", "key", !type ? "unknown" :
		!strcmp(type, "ED25519") ? "Ed25519" : type);
	if (group)
		out_str(o, "group", "", group);
	out_uint(o, "bits", group ? NULL : "", EVP_PKEY_get_bits(key));
	out_end(o);
}

static void print_fingerprint(struct out *o, X509 *cert)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[2 * EVP_MAX_MD_SIZE + 1];
	unsigned int i, len;

	if (!X509_digest(cert, EVP_sha256(), md, &len)) {
		o->failed = true;
		return;
	}
	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", md[i]);
	out_str(o, "sha256", "sha256", text);
}

/* one certificate: of a service, or @brief of its chain */
static void print_cert(struct out *o, X509 *cert, bool brief)
{
	unsigned int indent = brief ? 8 : 4;

	out_line(o, indent);
	print_dn(o, "subject", "subject", X509_get_subject_name(cert));
	if (!brief) {
		out_line(o, indent);
		print_dn(o, "issuer", "issuer", X509_get_issuer_name(cert));
		print_sans(o, cert);
		out_line(o, indent);
		print_serial(o, cert);
	}
	out_line(o, indent);
	print_dates(o, cert);
	if (!brief) {
		out_line(o, indent);
		print_fingerprint(o, cert);
	}
}

static void print_trustpoint(struct out *o, const struct pki_trustpoint *tp)
{
	int i, n = sk_X509_num(tp->chain);

	print_cert(o, tp->cert, false);
	out_line(o, 4);
	print_key(o, tp->key);
	out_line(o, 4);
	out_uint(o, "chain-length", "chain", n);
	out_array(o, "chain");
	for (i = 0; i < n; i++) {
		out_object(o, NULL);
		print_cert(o, sk_X509_value(tp->chain, i), true);
		out_end(o);
	}
	out_end(o);
}

/* a trustpoint that cannot be used is an entry, too; that it cannot, a failure */
static enum cli_status pki_show_one(struct cli *cli, const char *name)
{
	struct pki_trustpoint *tp;
	struct out *o = &cli->out;
	char err[PKI_ERR_LEN];
	int ret;

	ret = pki_trustpoint_load(cli->store, name, &tp, err, sizeof(err));
	out_object(o, NULL);
	out_line(o, 0);
	out_str(o, "name", "", name);
	if (ret) {
		out_str(o, "error", NULL, err);
		out_text(o, "cannot be used");
	} else {
		print_trustpoint(o, tp);
	}
	out_end(o);
	pki_trustpoint_free(tp);
	return ret ? cli_refuse(cli, "%s", err) : CLI_OK;
}

static enum cli_status pki_show_all(struct cli *cli)
{
	enum cli_status status = CLI_OK, closed;
	char err[PKI_ERR_LEN];
	char **names;
	size_t i, n;
	int ret;

	ret = pki_list(cli->store, &names, &n, err, sizeof(err));
	if (ret == -ENOENT && !strcmp(cli->store, PKI_STORE))
		n = 0; /* made by the first import */
	else if (ret)
		return cli_refuse(cli, "%s", err);
	out_array(&cli->out, NULL);
	for (i = 0; i < n; i++)
		if (pki_show_one(cli, names[i]))
			status = CLI_REFUSED;
	closed = out_close(cli);
	pki_list_free(names, n);
	return status ? status : closed;
}

static enum cli_status cmd_pki_show(struct cli *cli, struct args *args)
{
	enum cli_status status, closed;
	const char *name;

	if (args_end(args))
		return pki_show_all(cli);
	status = pki_name(cli, args, &name);
	if (!status)
		status = args_nothing(cli, args);
	if (status)
		return status;
	if (!pki_trustpoint_exists(cli->store, name))
		return cli_refuse(cli,
				  "trustpoint '%s': there is no such trustpoint",
				  name);
	out_array(&cli->out, NULL);
	status = pki_show_one(cli, name);
	closed = out_close(cli);
	return status ? status : closed;
}

static const struct command pki_commands[] = {
	{ "import", cmd_pki_import },
	{ "delete", cmd_pki_delete },
	{ "show", cmd_pki_show },
	{ 0 },
};

const struct object pki_object = {
	"pki", pki_usage, pki_commands,
};
