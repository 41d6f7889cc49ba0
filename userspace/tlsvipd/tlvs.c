// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds the TLVs of a PROXY protocol v2 header that tell of the session. Pure:
 * no state, no allocation, nothing of OpenSSL or netlink.
 */
#include <errno.h>
#include <string.h>

#include "tlvs.h"

/* Types as the PROXY protocol numbers them, sections 2.2.1 to 2.2.6. */
enum {
	TLVS_ALPN = 0x01,
	TLVS_AUTHORITY = 0x02,
	TLVS_SSL = 0x20,
	TLVS_SSL_VERSION = 0x21,
	TLVS_SSL_CIPHER = 0x23,
};

/* Bits of the first byte of TLVS_SSL. */
#define TLVS_CLIENT_SSL		0x01
/* Anything but 0: no certificate of the client was verified. */
#define TLVS_VERIFY_NONE	1

/**
 * struct tlvs_out - TLVs being written
 * @buf: where to
 * @size: bytes there
 * @len: bytes written
 */
struct tlvs_out {
	uint8_t *buf;
	size_t size;
	size_t len;
};

static int tlvs_add(struct tlvs_out *out, uint8_t type, const void *value,
		    size_t len)
{
	if (len > UINT16_MAX || 3 + len > out->size - out->len)
		return -EMSGSIZE;
	out->buf[out->len++] = type;
	out->buf[out->len++] = len >> 8;
	out->buf[out->len++] = len;
	memcpy(out->buf + out->len, value, len);
	out->len += len;
	return 0;
}

static int tlvs_add_ssl(struct tlvs_out *out, const struct tlvs_facts *facts)
{
	static const uint8_t head[] = {
		TLVS_CLIENT_SSL, 0, 0, 0, TLVS_VERIFY_NONE,
	};
	size_t start = out->len, len;
	int err;

	err = tlvs_add(out, TLVS_SSL, head, sizeof(head));
	if (!err)
		err = tlvs_add(out, TLVS_SSL_VERSION, facts->version,
			       strlen(facts->version));
	if (!err)
		err = tlvs_add(out, TLVS_SSL_CIPHER, facts->cipher,
			       strlen(facts->cipher));
	if (err)
		return err;
	len = out->len - start - 3;
	if (len > UINT16_MAX)
		return -EMSGSIZE;
	out->buf[start + 1] = len >> 8;
	out->buf[start + 2] = len;
	return 0;
}

/**
 * tlvs_build - write the TLVs of a session
 * @facts: what they are made of
 * @buf: where to
 * @size: bytes at @buf
 *
 * Return: bytes written, or -EMSGSIZE if they do not fit.
 */
int tlvs_build(const struct tlvs_facts *facts, uint8_t *buf, size_t size)
{
	struct tlvs_out out = { .buf = buf, .size = size };
	int err = 0;

	if (facts->alpn_len)
		err = tlvs_add(&out, TLVS_ALPN, facts->alpn, facts->alpn_len);
	if (!err && facts->server_name && *facts->server_name)
		err = tlvs_add(&out, TLVS_AUTHORITY, facts->server_name,
			       strlen(facts->server_name));
	if (!err)
		err = tlvs_add_ssl(&out, facts);
	return err ? err : (int)out.len;
}
