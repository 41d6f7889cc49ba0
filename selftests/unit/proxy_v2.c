// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PROXY protocol version 2: bytes as the protocol's text has them, and what
 * the daemon may not add.
 *
 * SOURCES: kernel/proxy_v2.c
 */
#include <stdlib.h>
#include <string.h>

#include "../../kernel/proxy_v2.h"
#include "daemon/ktap.h"

static const uint8_t src4[4] = { 10, 1, 2, 3 };
static const uint8_t dst4[4] = { 10, 10, 0, 15 };
static const uint8_t src6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
static const uint8_t dst6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x15 };
/* SSL: client leg, not verified, version "TLSv1.3". */
static const uint8_t ssl[] = {
	0x20, 0x00, 0x0f, 0x01, 0x00, 0x00, 0x00, 0x01,
	0x21, 0x00, 0x07, 'T', 'L', 'S', 'v', '1', '.', '3',
};

static void test_ipv4(void)
{
	static const uint8_t want[] = {
		0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49,
		0x54, 0x0a, 0x21, 0x11, 0x00, 0x0c,
		10, 1, 2, 3, 10, 10, 0, 15, 0x9c, 0x40, 0x01, 0xbb,
	};
	struct tlsvip_proxy_v2 p = {
		.src = src4, .dst = dst4, .src_port = 40000, .dst_port = 443,
	};
	uint8_t buf[64];

	ktap_ok(tlsvip_proxy_v2_build(&p, buf, sizeof(buf)) == sizeof(want) &&
		!memcmp(buf, want, sizeof(want)), "IPv4 without TLVs");
	ktap_ok(tlsvip_proxy_v2_build(&p, buf, sizeof(want)) == sizeof(want),
		"it fits exactly");
	ktap_ok(tlsvip_proxy_v2_build(&p, buf, sizeof(want) - 1) == -EMSGSIZE,
		"one byte short");
}

static void test_ipv6(void)
{
	struct tlsvip_proxy_v2 p = {
		.ipv6 = true, .src = src6, .dst = dst6, .src_port = 1,
		.dst_port = 65535, .netns = "vrf-red", .netns_len = 7,
		.tlvs = ssl, .tlvs_len = sizeof(ssl),
	};
	uint8_t buf[128];
	int len = tlsvip_proxy_v2_build(&p, buf, sizeof(buf));

	ktap_ok(len == 16 + 36 + 10 + (int)sizeof(ssl), "length with TLVs");
	ktap_ok(buf[13] == 0x21 && buf[14] == 0 && buf[15] == len - 16,
		"family and length field");
	ktap_ok(!memcmp(buf + 16, src6, 16) && !memcmp(buf + 32, dst6, 16) &&
		!memcmp(buf + 48, "\0\1\xff\xff", 4), "addresses and ports");
	ktap_ok(!memcmp(buf + 52, "\x30\0\7vrf-red", 10),
		"the name of the VRF");
	ktap_ok(!memcmp(buf + 62, ssl, sizeof(ssl)), "the daemon's TLVs");
}

static void test_length(void)
{
	static uint8_t big[65536], buf[70000];
	struct tlsvip_proxy_v2 p = {
		.src = src4, .dst = dst4, .tlvs = big, .tlvs_len = 65535 - 12,
	};

	ktap_ok(tlsvip_proxy_v2_build(&p, buf, sizeof(buf)) == 16 + 65535,
		"the longest header");
	p.tlvs_len++;
	ktap_ok(tlsvip_proxy_v2_build(&p, buf, sizeof(buf)) == -EMSGSIZE,
		"one byte more");
}

/* From memory that ends with the bytes, so that a sanitizer sees more. */
static bool tlvs_ok(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool ok;

	memcpy(copy, data, len);
	ok = tlsvip_proxy_v2_tlvs_ok(copy, len);
	free(copy);
	return ok;
}

static void test_tlvs(void)
{
	uint8_t two[2 * sizeof(ssl)];
	size_t i, good = 0;

	ktap_ok(tlvs_ok("", 0), "none at all");
	ktap_ok(tlvs_ok(ssl, sizeof(ssl)), "SSL");
	for (i = 1; i < sizeof(ssl); i++)
		good += tlvs_ok(ssl, i);
	ktap_ok(!good, "SSL cut anywhere");
	ktap_ok(tlvs_ok("\1\0\10http/1.1\2\0\1a", 15), "ALPN and a name");
	ktap_ok(!tlvs_ok("\2\0\0", 3), "an empty name");
	ktap_ok(!tlvs_ok("\x30\0\3red", 6),
		"a namespace is not the daemon's to say");
	ktap_ok(!tlvs_ok("\xe0\0\1a", 4), "nor is anything unknown");
	memcpy(two, ssl, sizeof(ssl));
	memcpy(two + sizeof(ssl), ssl, sizeof(ssl));
	ktap_ok(!tlvs_ok(two, sizeof(two)), "the same twice");
	ktap_ok(!tlvs_ok("\x20\0\4\1\0\0\0", 7), "SSL without its result");
	ktap_ok(!tlvs_ok("\x20\0\6\1\0\0\0\0\x21", 9), "SSL with half a TLV");
}

int main(void)
{
	test_ipv4();
	test_ipv6();
	test_length();
	test_tlvs();
	return ktap_end();
}
