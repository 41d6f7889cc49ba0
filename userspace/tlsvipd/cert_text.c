// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parts of a certificate as text: printable ASCII, whatever the
 * certificate says. What is anything else stands as "\" and two hexadecimal
 * digits for each byte in UTF-8 (RFC 4514 2.4), and what separates parts of a
 * list has a "\" in front where it does not. Pure: no state.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "cert_text.h"

#define CERT_TEXT_HEX		"0123456789ABCDEF"
/* Characters in a line of PEM (RFC 7468). */
#define CERT_TEXT_PEM_LINE	64

/* Most specific part first, as in RFC 4514, but with spaces. */
#define CERT_TEXT_DN_FLAGS	(ASN1_STRFLGS_RFC2253 |			\
				 XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_SPC_EQ | \
				 XN_FLAG_FN_SN | XN_FLAG_DN_REV |	\
				 XN_FLAG_DUMP_UNKNOWN_FIELDS)

static void cert_text_fail(struct cert_text *t, int err)
{
	if (!t->err)
		t->err = err;
}

/**
 * cert_text_add - add bytes
 * @t: text
 * @p: the bytes
 * @len: how many
 *
 * If they do not fit, the text is in error with -EMSGSIZE.
 */
void cert_text_add(struct cert_text *t, const char *p, size_t len)
{
	if (t->err)
		return;
	if (len > t->size - t->len) {
		t->err = -EMSGSIZE;
		return;
	}
	memcpy(t->buf + t->len, p, len);
	t->len += len;
}

/**
 * cert_text_str - add a string
 * @t: text
 * @text: the string
 */
void cert_text_str(struct cert_text *t, const char *text)
{
	cert_text_add(t, text, strlen(text));
}

/**
 * cert_text_number - add a number
 * @t: text
 * @value: the number
 */
void cert_text_number(struct cert_text *t, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	cert_text_str(t, text);
}

static void cert_text_byte(struct cert_text *t, unsigned char c)
{
	char text[2] = { CERT_TEXT_HEX[c >> 4], CERT_TEXT_HEX[c & 15] };

	cert_text_add(t, text, sizeof(text));
}

/**
 * cert_text_hex - add bytes in hexadecimal, with ":" between them
 * @t: text
 * @p: the bytes
 * @len: how many
 */
void cert_text_hex(struct cert_text *t, const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && !t->err; i++) {
		if (i)
			cert_text_add(t, ":", 1);
		cert_text_byte(t, p[i]);
	}
}

/* "#" and hexadecimal digits: what RFC 4514 has for values without a text. */
static void cert_text_dump(struct cert_text *t, const unsigned char *p,
			   size_t len)
{
	size_t i;

	cert_text_add(t, "#", 1);
	for (i = 0; i < len && !t->err; i++)
		cert_text_byte(t, p[i]);
}

/**
 * cert_text_integer - add a number of any size, in hexadecimal
 * @t: text
 * @value: the number
 */
void cert_text_integer(struct cert_text *t, const ASN1_INTEGER *value)
{
	if (ASN1_STRING_type(value) & V_ASN1_NEG)
		cert_text_add(t, "-", 1);
	if (!ASN1_STRING_length(value))
		cert_text_str(t, "00");
	cert_text_hex(t, ASN1_STRING_get0_data(value),
		      ASN1_STRING_length(value));
}

/**
 * cert_text_base64 - add bytes in base64
 * @t: text
 * @p: the bytes
 * @len: how many
 * @spaced: a space where PEM has a line end, after each 64 characters
 */
void cert_text_base64(struct cert_text *t, const unsigned char *p, size_t len,
		      bool spaced)
{
	unsigned char text[CERT_TEXT_PEM_LINE + 1];
	size_t n;

	while (len && !t->err) {
		n = CERT_TEXT_PEM_LINE / 4 * 3;
		if (n > len)
			n = len;
		cert_text_add(t, (char *)text, EVP_EncodeBlock(text, p, n));
		p += n;
		len -= n;
		if (spaced && len)
			cert_text_add(t, " ", 1);
	}
}

/* Its name, or with @number always its number. */
static void cert_text_oid(struct cert_text *t, const ASN1_OBJECT *obj,
			  bool number)
{
	/* OpenSSL writes no number that is longer than about 600 bytes. */
	char text[1024];
	int len = OBJ_obj2txt(text, sizeof(text), obj, number);

	if (len <= 0 || (size_t)len >= sizeof(text))
		cert_text_fail(t, -EINVAL);
	else
		cert_text_add(t, text, len);
}

/**
 * cert_text_object - add the name of an object, or its number
 * @t: text
 * @obj: the object
 */
void cert_text_object(struct cert_text *t, const ASN1_OBJECT *obj)
{
	cert_text_oid(t, obj, false);
}

/**
 * cert_text_time - add a time, as "22:29:26 UTC Jul 30 2003"
 * @t: text
 * @time: the time
 */
void cert_text_time(struct cert_text *t, const ASN1_TIME *time)
{
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	};
	char text[64];
	struct tm tm;

	if (!time || !ASN1_TIME_to_tm(time, &tm) || tm.tm_mon < 0 ||
	    tm.tm_mon > 11) {
		cert_text_fail(t, -EINVAL);
		return;
	}
	snprintf(text, sizeof(text), "%02d:%02d:%02d UTC %s %d %d",
		 tm.tm_hour, tm.tm_min, tm.tm_sec, months[tm.tm_mon],
		 tm.tm_mday, tm.tm_year + 1900);
	cert_text_str(t, text);
}

/*
 * What OpenSSL has escaped, but for a space at the end of a value: a parser of
 * header lines would take off one at the end of the line.
 */
static void cert_text_pairs(struct cert_text *t, const char *p, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = p[i] == '\\' && i + 1 < len ? 2 : 1;
		if (n == 2 && p[i + 1] == ' ')
			cert_text_str(t, "\\20");
		else
			cert_text_add(t, p + i, n);
	}
}

/* What one of OpenSSL's writers has left in memory; consumes @bio. */
static void cert_text_bio(struct cert_text *t, BIO *bio, bool ok,
			  void (*add)(struct cert_text *t, const char *p,
				      size_t len))
{
	char *p;
	long len = bio ? BIO_get_mem_data(bio, &p) : 0;

	if (!bio)
		cert_text_fail(t, -ENOMEM);
	else if (!ok)
		cert_text_fail(t, -EINVAL);
	else if (len > 0)
		add(t, p, len);
	BIO_free(bio);
}

static void cert_text_name(struct cert_text *t, const X509_NAME *name,
			   void (*add)(struct cert_text *t, const char *p,
				       size_t len))
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok = bio && X509_NAME_print_ex(bio, name, 0,
					    CERT_TEXT_DN_FLAGS) >= 0;

	cert_text_bio(t, bio, ok, add);
}

/**
 * cert_text_dn - add a distinguished name, as "CN = a, O = b"
 * @t: text
 * @name: the name; nothing is added for one without a part
 */
void cert_text_dn(struct cert_text *t, const X509_NAME *name)
{
	cert_text_name(t, name, cert_text_pairs);
}

/**
 * cert_text_cn - add all common names of a distinguished name
 * @t: text
 * @name: the name; nothing is added for one without any
 *
 * In the order of cert_text_dn(), with ", " between them.
 */
void cert_text_cn(struct cert_text *t, const X509_NAME *name)
{
	int i, n = X509_NAME_entry_count(name);
	const X509_NAME_ENTRY *entry;
	bool first = true;
	BIO *bio;
	bool ok;

	for (i = n - 1; i >= 0; i--) {
		entry = X509_NAME_get_entry(name, i);
		if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) !=
		    NID_commonName)
			continue;
		if (!first)
			cert_text_str(t, ", ");
		first = false;
		bio = BIO_new(BIO_s_mem());
		ok = bio && ASN1_STRING_print_ex(bio,
					X509_NAME_ENTRY_get_data(entry),
					ASN1_STRFLGS_RFC2253) >= 0;
		cert_text_bio(t, bio, ok, cert_text_pairs);
	}
}

/*
 * A text from the certificate as an element of a list: what could be taken for
 * the end of it or for a dump is escaped, and spaces that a parser of header
 * lines would take off.
 */
static void cert_text_escaped(struct cert_text *t, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && !t->err; i++) {
		unsigned char c = p[i];

		if (c < 0x20 || c >= 0x7f || (c == '#' && !i) ||
		    (c == ' ' && (!i || i + 1 == len))) {
			cert_text_add(t, "\\", 1);
			cert_text_byte(t, c);
			continue;
		}
		if (c == ',' || c == '"' || c == '\\')
			cert_text_add(t, "\\", 1);
		cert_text_add(t, p + i, 1);
	}
}

/**
 * cert_text_relative - add a relative name, as an element of a list
 * @t: text
 * @point: a place of CRLs that has one
 */
void cert_text_relative(struct cert_text *t, const DIST_POINT_NAME *point)
{
	X509_NAME *name = X509_NAME_new();
	const X509_NAME_ENTRY *entry;
	bool ok = name;
	int i, n;

	n = sk_X509_NAME_ENTRY_num(point->name.relativename);
	for (i = 0; ok && i < n; i++) {
		entry = sk_X509_NAME_ENTRY_value(point->name.relativename, i);
		ok = X509_NAME_add_entry(name, entry, -1, i ? -1 : 0);
	}
	if (ok)
		cert_text_name(t, name, cert_text_escaped);
	else
		cert_text_fail(t, -ENOMEM);
	X509_NAME_free(name);
}

static void cert_text_string(struct cert_text *t, const ASN1_STRING *s)
{
	cert_text_escaped(t, (const char *)ASN1_STRING_get0_data(s),
			  ASN1_STRING_length(s));
}

static void cert_text_ip(struct cert_text *t, const ASN1_OCTET_STRING *ip)
{
	const unsigned char *p = ASN1_STRING_get0_data(ip);
	int len = ASN1_STRING_length(ip);
	char text[INET6_ADDRSTRLEN];

	if (len != 4 && len != 16)
		cert_text_dump(t, p, len);
	else if (inet_ntop(len == 4 ? AF_INET : AF_INET6, p, text,
			   sizeof(text)))
		cert_text_str(t, text);
	else
		cert_text_fail(t, -EINVAL);
}

/* Consumes @der, which has @len bytes, or is NULL. */
static void cert_text_der(struct cert_text *t, unsigned char *der, int len)
{
	if (der && len > 0)
		cert_text_dump(t, der, len);
	else
		cert_text_fail(t, -EINVAL);
	OPENSSL_free(der);
}

/* "OID;text" of those kinds of text that are or contain ASCII, else a dump. */
static void cert_text_other_name(struct cert_text *t, const OTHERNAME *other)
{
	unsigned char *der = NULL;
	int len;

	cert_text_oid(t, other->type_id, true);
	cert_text_add(t, ";", 1);
	switch (ASN1_TYPE_get(other->value)) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_PRINTABLESTRING:
		cert_text_string(t, other->value->value.asn1_string);
		return;
	}
	len = i2d_ASN1_TYPE(other->value, &der);
	cert_text_der(t, der, len);
}

/**
 * cert_text_general_name - add a name of any kind, as "DNS:a.example"
 * @t: text
 * @gen: the name
 */
void cert_text_general_name(struct cert_text *t, const GENERAL_NAME *gen)
{
	unsigned char *der = NULL;
	int len;

	switch (gen->type) {
	case GEN_OTHERNAME:
		cert_text_str(t, "othername:");
		cert_text_other_name(t, gen->d.otherName);
		break;
	case GEN_EMAIL:
		cert_text_str(t, "email:");
		cert_text_string(t, gen->d.rfc822Name);
		break;
	case GEN_DNS:
		cert_text_str(t, "DNS:");
		cert_text_string(t, gen->d.dNSName);
		break;
	case GEN_DIRNAME:
		cert_text_str(t, "DirName:");
		cert_text_name(t, gen->d.directoryName, cert_text_escaped);
		break;
	case GEN_URI:
		cert_text_str(t, "URI:");
		cert_text_string(t, gen->d.uniformResourceIdentifier);
		break;
	case GEN_IPADD:
		cert_text_str(t, "IP Address:");
		cert_text_ip(t, gen->d.iPAddress);
		break;
	case GEN_RID:
		cert_text_str(t, "Registered ID:");
		cert_text_oid(t, gen->d.registeredID, true);
		break;
	default:
		cert_text_str(t, gen->type == GEN_X400 ? "X400Name:" :
							 "EdiPartyName:");
		len = i2d_GENERAL_NAME((GENERAL_NAME *)gen, &der);
		cert_text_der(t, der, len);
		break;
	}
}

/**
 * cert_text_general_names - add names to a list
 * @t: text; what was there before is followed by ", "
 * @gens: the names, or NULL
 * @label: put in front of each
 */
void cert_text_general_names(struct cert_text *t, const GENERAL_NAMES *gens,
			     const char *label)
{
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(gens) && !t->err; i++) {
		if (t->len)
			cert_text_str(t, ", ");
		cert_text_str(t, label);
		cert_text_general_name(t, sk_GENERAL_NAME_value(gens, i));
	}
}
