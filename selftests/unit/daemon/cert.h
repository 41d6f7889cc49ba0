/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates of any content for unit programs, and a buffer for what is said
 * of them.
 */
#ifndef UNIT_CERT_H
#define UNIT_CERT_H

#include <stddef.h>
#include <stdint.h>

#include <linux/tlsvip.h>

#include "tlsvipd/cert_fields.h"

#define F(name)		TLSVIP_HEADER_FIELD_CLIENTCERT_##name
#define CLIENT_CERT	TLSVIP_HEADER_FIELD_CLIENT_CERT
#define FIRST		F(VALID)
#define LAST		TLSVIP_HEADER_FIELD_CLIENT_CERT_CHAIN

char *cert_buffer(size_t size);
void cert_add(X509_NAME *name, int nid, int type, const char *p, int len,
	      int set);
void cert_add_text(X509_NAME *name, int nid, const char *text);
X509 *cert_make(EVP_PKEY *key);
X509 *cert_sign(X509 *cert, EVP_PKEY *key, const EVP_MD *md);
void cert_extend(X509 *cert, int nid, const char *value);
void cert_extend_raw(X509 *cert, int nid, const char *p, int len);
int cert_value(const struct cert_facts *f, uint32_t field, char *buf);

#endif /* UNIT_CERT_H */
