// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds a PROXY protocol version 2 header, and checks the part of it that the
 * daemon made.
 */
#include "proxy_v2.h"

/* Flags, and the result of the verification (section 2.2.6). */
#define TLSVIP_PROXY_V2_SSL_HEAD	5
/* Version 2, command PROXY; TCP over IPv4 and IPv6 (section 2.2). */
#define TLSVIP_PROXY_V2_COMMAND		0x21
#define TLSVIP_PROXY_V2_TCP4		0x11
#define TLSVIP_PROXY_V2_TCP6		0x21

static const u8 tlsvip_proxy_v2_signature[12] = {
	0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
};

static u32 tlsvip_proxy_v2_get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static void tlsvip_proxy_v2_put16(u8 *p, u32 v)
{
	p[0] = v >> 8;
	p[1] = v;
}

/* Do TLVs fill the bytes to the last one? */
static bool tlsvip_proxy_v2_chain(const u8 *p, u32 len)
{
	u32 n;

	while (len) {
		if (len < TLSVIP_PROXY_V2_TLV)
			return false;
		n = TLSVIP_PROXY_V2_TLV + tlsvip_proxy_v2_get16(p + 1);
		if (n > len)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static bool tlsvip_proxy_v2_tlv_ok(u8 type, const u8 *value, u32 len)
{
	switch (type) {
	case TLSVIP_PROXY_V2_ALPN:
	case TLSVIP_PROXY_V2_AUTHORITY:
		return len;
	case TLSVIP_PROXY_V2_SSL:
		return len >= TLSVIP_PROXY_V2_SSL_HEAD &&
		       tlsvip_proxy_v2_chain(value + TLSVIP_PROXY_V2_SSL_HEAD,
					     len - TLSVIP_PROXY_V2_SSL_HEAD);
	default:
		return false;
	}
}

/**
 * tlsvip_proxy_v2_tlvs_ok() - may these TLVs be sent on the daemon's word?
 * @tlvs: bytes
 * @len: how many
 *
 * Context: Any.
 * Return: true if they are whole and each says what only the daemon knows:
 * protocol, server name and session, each once at most.
 */
bool tlsvip_proxy_v2_tlvs_ok(const u8 *tlvs, u32 len)
{
	bool seen[256] = { false };
	u32 n;

	if (!tlsvip_proxy_v2_chain(tlvs, len))
		return false;
	while (len) {
		n = tlsvip_proxy_v2_get16(tlvs + 1);
		if (seen[tlvs[0]] ||
		    !tlsvip_proxy_v2_tlv_ok(tlvs[0],
					    tlvs + TLSVIP_PROXY_V2_TLV, n))
			return false;
		seen[tlvs[0]] = true;
		tlvs += TLSVIP_PROXY_V2_TLV + n;
		len -= TLSVIP_PROXY_V2_TLV + n;
	}
	return true;
}

/**
 * tlsvip_proxy_v2_build() - write a header
 * @p: what it says
 * @buf: where to
 * @size: bytes there
 *
 * Context: Any.
 * Return: bytes written, or -EMSGSIZE if it does not fit there or in the
 * protocol's 16 bits of length.
 */
int tlsvip_proxy_v2_build(const struct tlsvip_proxy_v2 *p, u8 *buf, u32 size)
{
	u32 alen = p->ipv6 ? 16 : 4;
	u32 len = 2 * alen + 4 + p->tlvs_len;
	u8 *at = buf;

	if (p->netns_len)
		len += TLSVIP_PROXY_V2_TLV + p->netns_len;
	if (len > 65535 || TLSVIP_PROXY_V2_HEAD + len > size)
		return -EMSGSIZE;
	memcpy(at, tlsvip_proxy_v2_signature,
	       sizeof(tlsvip_proxy_v2_signature));
	at += sizeof(tlsvip_proxy_v2_signature);
	*at++ = TLSVIP_PROXY_V2_COMMAND;
	*at++ = p->ipv6 ? TLSVIP_PROXY_V2_TCP6 : TLSVIP_PROXY_V2_TCP4;
	tlsvip_proxy_v2_put16(at, len);
	at += 2;
	memcpy(at, p->src, alen);
	memcpy(at + alen, p->dst, alen);
	at += 2 * alen;
	tlsvip_proxy_v2_put16(at, p->src_port);
	tlsvip_proxy_v2_put16(at + 2, p->dst_port);
	at += 4;
	if (p->netns_len) {
		*at++ = TLSVIP_PROXY_V2_NETNS;
		tlsvip_proxy_v2_put16(at, p->netns_len);
		memcpy(at + 2, p->netns, p->netns_len);
		at += 2 + p->netns_len;
	}
	if (p->tlvs_len)
		memcpy(at, p->tlvs, p->tlvs_len);
	return TLSVIP_PROXY_V2_HEAD + len;
}
