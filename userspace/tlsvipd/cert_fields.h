/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a client's certificate, and its fields as the values of
 * header lines.
 */
#ifndef TLSVIPD_CERT_FIELDS_H
#define TLSVIPD_CERT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

/**
 * struct cert_facts - what is known of a client's certificate
 * @chain: the chain that was found to verify it, itself first; NULL if it is
 *	   not known any more
 * @cert: the certificate; NULL: the client has shown none
 * @result: what came of that, X509_V_OK or X509_V_ERR_...
 */
struct cert_facts {
	const STACK_OF(X509) *chain;
	X509 *cert;
	long result;
};

bool cert_fields_known(uint32_t field);
int cert_fields_value(const struct cert_facts *facts, uint32_t field,
		      char *buf, size_t size);

#endif /* TLSVIPD_CERT_FIELDS_H */
