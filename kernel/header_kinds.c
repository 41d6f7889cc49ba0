// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which kinds of lines a header block has, and requests counted by kind. What
 * the lines are is headers.c.
 *
 * The kinds of a connection's block are found once, in the block itself: a
 * session that was resumed, or has no client certificate, has fewer lines than
 * the policy names. A block for its first request alone has one kind.
 */
#include <linux/bitops.h>
#include <linux/string.h>

#include "tlsvip.h"

/**
 * enum tlsvip_header_kind - what is counted of inserted lines
 * @TLSVIP_HEADER_KIND_CLIENT_IP_PORT: address of the client
 * @TLSVIP_HEADER_KIND_SESSION: what the session is, beside its identifier
 * @TLSVIP_HEADER_KIND_SESSION_ID: that
 * @TLSVIP_HEADER_KIND_FORWARDED: Forwarded
 * @TLSVIP_HEADER_KIND_X_FORWARDED: what proxies send that do not know that
 * @TLSVIP_HEADER_KIND_CERT_STATUS: whether the client's certificate is good
 * @TLSVIP_HEADER_KIND_CLIENT_CERT: what else is said of it
 * @TLSVIP_HEADER_KIND_RFC9440: Client-Cert and Client-Cert-Chain
 * @TLSVIP_HEADER_KIND_CUSTOM: lines that the policy gives whole
 * @TLSVIP_HEADER_KINDS: number of kinds, not one
 */
enum tlsvip_header_kind {
	TLSVIP_HEADER_KIND_CLIENT_IP_PORT,
	TLSVIP_HEADER_KIND_SESSION,
	TLSVIP_HEADER_KIND_SESSION_ID,
	TLSVIP_HEADER_KIND_FORWARDED,
	TLSVIP_HEADER_KIND_X_FORWARDED,
	TLSVIP_HEADER_KIND_CERT_STATUS,
	TLSVIP_HEADER_KIND_CLIENT_CERT,
	TLSVIP_HEADER_KIND_RFC9440,
	TLSVIP_HEADER_KIND_CUSTOM,
	TLSVIP_HEADER_KINDS,
};

static const u16 tlsvip_header_kind_counters[TLSVIP_HEADER_KINDS] = {
	[TLSVIP_HEADER_KIND_CLIENT_IP_PORT] =
		TLSVIP_C_hdr_inserted_client_ip_port,
	[TLSVIP_HEADER_KIND_SESSION] = TLSVIP_C_hdr_inserted_session,
	[TLSVIP_HEADER_KIND_SESSION_ID] = TLSVIP_C_hdr_inserted_session_id,
	[TLSVIP_HEADER_KIND_FORWARDED] = TLSVIP_C_hdr_inserted_forwarded,
	[TLSVIP_HEADER_KIND_X_FORWARDED] = TLSVIP_C_hdr_inserted_x_forwarded,
	[TLSVIP_HEADER_KIND_CERT_STATUS] = TLSVIP_C_hdr_inserted_cert_status,
	[TLSVIP_HEADER_KIND_CLIENT_CERT] = TLSVIP_C_hdr_inserted_client_cert,
	[TLSVIP_HEADER_KIND_RFC9440] = TLSVIP_C_hdr_inserted_rfc9440,
	[TLSVIP_HEADER_KIND_CUSTOM] = TLSVIP_C_hdr_inserted_custom,
};

/* No default: of a new field, the compiler asks for the kind. */
static enum tlsvip_header_kind
tlsvip_header_kind_of(enum tlsvip_header_field field)
{
	switch (field) {
	case TLSVIP_HEADER_FIELD_CLIENT_IP:
	case TLSVIP_HEADER_FIELD_CLIENT_PORT:
		return TLSVIP_HEADER_KIND_CLIENT_IP_PORT;
	case TLSVIP_HEADER_FIELD_SESSION_ID:
		return TLSVIP_HEADER_KIND_SESSION_ID;
	case TLSVIP_HEADER_FIELD_SESSION_CIPHER_NAME:
	case TLSVIP_HEADER_FIELD_SESSION_CIPHER_KEY_SIZE:
	case TLSVIP_HEADER_FIELD_SESSION_CIPHER_USE_SIZE:
	case TLSVIP_HEADER_FIELD_SESSION_STEP_UP:
	case TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_NAME:
	case TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_KEY_SIZE:
	case TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_USE_SIZE:
		return TLSVIP_HEADER_KIND_SESSION;
	case TLSVIP_HEADER_FIELD_FORWARDED:
		return TLSVIP_HEADER_KIND_FORWARDED;
	case TLSVIP_HEADER_FIELD_X_FORWARDED_FOR:
	case TLSVIP_HEADER_FIELD_X_FORWARDED_PROTO:
	case TLSVIP_HEADER_FIELD_X_FORWARDED_PORT:
		return TLSVIP_HEADER_KIND_X_FORWARDED;
	case TLSVIP_HEADER_FIELD_CLIENTCERT_VALID:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_ERROR:
		return TLSVIP_HEADER_KIND_CERT_STATUS;
	case TLSVIP_HEADER_FIELD_CLIENTCERT_FINGERPRINT:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_SUBJECT_CN:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_ISSUER_CN:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_CERTIFICATE_VERSION:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_SERIAL_NUMBER:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_DATA_SIGNATURE_ALGORITHM:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_SUBJECT:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_ISSUER:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_NOT_BEFORE:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_NOT_AFTER:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_PUBLIC_KEY_ALGORITHM:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_RSA_PUBLIC_KEY_SIZE:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_RSA_MODULUS_SIZE:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_RSA_MODULUS:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_RSA_EXPONENT:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_X509V3_AUTHORITY_KEY_IDENTIFIER:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_X509V3_BASIC_CONSTRAINTS:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_SIGNATURE_ALGORITHM:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_SIGNATURE:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_X509V3_KEY_USAGE:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_X509V3_SUBJECT_ALTERNATIVE_NAME:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_X509V3_CRL_DISTRIBUTION_POINTS:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_X509V3_AUTHORITY_INFORMATION_ACCESS:
	case TLSVIP_HEADER_FIELD_CLIENTCERT_PEM:
		return TLSVIP_HEADER_KIND_CLIENT_CERT;
	case TLSVIP_HEADER_FIELD_CLIENT_CERT:
	case TLSVIP_HEADER_FIELD_CLIENT_CERT_CHAIN:
		return TLSVIP_HEADER_KIND_RFC9440;
	case TLSVIP_HEADER_FIELD_CUSTOM:
	case __TLSVIP_HEADER_FIELD_MAX:
		break;
	}
	return TLSVIP_HEADER_KIND_CUSTOM;
}

/**
 * tlsvip_header_kinds - which kinds of lines are in a block
 * @hdrs: version of the policy that the block was made by
 * @block: lines that were checked, each with a colon and CRLF
 * @len: bytes of @block
 *
 * The lines are as a rule in the order of the policy, so each is looked for
 * from the one before it on.
 *
 * Context: any.
 * Return: a bit for each enum tlsvip_header_kind.
 */
u32 tlsvip_header_kinds(const struct tlsvip_headers *hdrs, const u8 *block,
			u32 len)
{
	u32 n = tlsvip_headers_n_lines(hdrs);
	struct tlsvip_headers_line line;
	u32 kinds = 0, at = 0, i, size;

	while (len) {
		size = (const u8 *)memchr(block, ':', len) - block;
		for (i = 0; i < n; i++, at++) {
			if (at == n)
				at = 0;
			tlsvip_headers_line(hdrs, at, &line);
			if (tlsvip_header_name_len(line.text) == size &&
			    !memcmp(line.text, block, size))
				break;
		}
		if (i < n)
			kinds |= BIT(tlsvip_header_kind_of(line.field));
		size = (const u8 *)memchr(block, '\n', len) + 1 - block;
		block += size;
		len -= size;
	}
	return kinds;
}

/**
 * tlsvip_header_kinds_count - count requests that got a block
 * @c: counters of their service
 * @kinds: from tlsvip_header_kinds()
 * @n: how many requests
 *
 * Context: any.
 */
void tlsvip_header_kinds_count(struct tlsvip_counters *c, u32 kinds, u32 n)
{
	tlsvip_count_add(c, TLSVIP_C_hdr_inserted, n);
	for (; kinds; kinds &= kinds - 1)
		tlsvip_count_add(c, tlsvip_header_kind_counters[__ffs(kinds)],
				 n);
}
