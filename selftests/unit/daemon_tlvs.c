// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLVs of a session: the bytes, and that the kernel takes them.
 *
 * SOURCES: userspace/tlsvipd/tlvs.c kernel/proxy_v2.c
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/proxy_v2.h"
#include "daemon/ktap.h"
#include "tlsvipd/tlvs.h"

static const struct tlvs_facts full = {
	.version = "TLSv1.3", .cipher = "TLS_AES_256_GCM_SHA384",
	.server_name = "a.example", .alpn = (const unsigned char *)"http/1.1",
	.alpn_len = 8,
};

static void test_bytes(void)
{
	static const char want[] =
		"\x01\0\x08" "http/1.1"
		"\x02\0\x09" "a.example"
		"\x20\0\x28" "\x01\0\0\0\x01"
		"\x21\0\x07" "TLSv1.3"
		"\x23\0\x16" "TLS_AES_256_GCM_SHA384";
	struct tlvs_facts bare = {
		.version = "TLSv1.2", .cipher = "X", .server_name = "",
	};
	uint8_t buf[256];
	int len;

	len = tlvs_build(&full, buf, sizeof(buf));
	ktap_ok(len == sizeof(want) - 1 && !memcmp(buf, want, len),
		"protocol, name, version and suite");
	ktap_ok(tlsvip_proxy_v2_tlvs_ok(buf, len), "the kernel takes them");
	len = tlvs_build(&bare, buf, sizeof(buf));
	ktap_ok(len == 3 + 5 + 10 + 4 && buf[0] == 0x20 &&
		tlsvip_proxy_v2_tlvs_ok(buf, len),
		"without protocol and name");
}

static void test_room(void)
{
	int need, fit = 0, i;
	uint8_t all[256];

	need = tlvs_build(&full, all, sizeof(all));
	for (i = 0; i < need; i++) {
		uint8_t *buf = malloc(i ? i : 1);

		fit += tlvs_build(&full, buf, i) != -EMSGSIZE;
		free(buf);
	}
	ktap_ok(!fit, "no byte too many is written");
	ktap_ok(tlvs_build(&full, all, need) == need, "they fit exactly");
}

int main(void)
{
	test_bytes();
	test_room();
	return ktap_end();
}
