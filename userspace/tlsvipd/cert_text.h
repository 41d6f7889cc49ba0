/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a certificate as text for header lines. Which line has which
 * part is cert_fields.c.
 */
#ifndef TLSVIPD_CERT_TEXT_H
#define TLSVIPD_CERT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509v3.h>

/**
 * struct cert_text - a text being written
 * @buf: where to; not terminated
 * @size: bytes there
 * @len: bytes written
 * @err: 0, or why it cannot be written; nothing more is added then
 */
struct cert_text {
	char *buf;
	size_t size;
	size_t len;
	int err;
};

void cert_text_add(struct cert_text *t, const char *p, size_t len);
void cert_text_str(struct cert_text *t, const char *text);
void cert_text_number(struct cert_text *t, long value);
void cert_text_hex(struct cert_text *t, const unsigned char *p, size_t len);
void cert_text_integer(struct cert_text *t, const ASN1_INTEGER *value);
void cert_text_base64(struct cert_text *t, const unsigned char *p, size_t len,
		      bool spaced);
void cert_text_object(struct cert_text *t, const ASN1_OBJECT *obj);
void cert_text_time(struct cert_text *t, const ASN1_TIME *time);
void cert_text_dn(struct cert_text *t, const X509_NAME *name);
void cert_text_cn(struct cert_text *t, const X509_NAME *name);
void cert_text_relative(struct cert_text *t, const DIST_POINT_NAME *point);
void cert_text_general_name(struct cert_text *t, const GENERAL_NAME *gen);
void cert_text_general_names(struct cert_text *t, const GENERAL_NAMES *gens,
			     const char *label);

#endif /* TLSVIPD_CERT_TEXT_H */
