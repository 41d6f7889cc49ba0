// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of url-rewrite policies: forms that are taken and refused, duplicates,
 * tables that are full, and the texts that are put into responses.
 *
 * SOURCES: kernel/http*.c kernel/rewrite.c
 */
#include <stdio.h>
#include "http/check.h"
#include "rewrite.h"

static int add(struct tlsvip_rewrite_cfg *cfg, const char *host, u32 clearport,
	       u32 sslport)
{
	return tlsvip_rewrite_cfg_add_rule(cfg, host, strlen(host), clearport,
					   sslport);
}

static const struct tlsvip_rewrite_rule *
find(const struct tlsvip_rewrite_cfg *cfg, const char *authority)
{
	u32 host_len;

	return tlsvip_rewrite_find(cfg, (const u8 *)authority,
				   strlen(authority), &host_len);
}

static void test_forms(void)
{
	static const char *const good[] = {
		"www.example.com", "WWW.example.com.", "a", "a-b_c~d.e", "*",
		"*.com", "*.example.com.", "www.*", "www.example.*", "192.0.2.1",
		"[::1]", "[2001:DB8::ffff:1.2.3.4]", "-",
	};
	static const char *const bad[] = {
		"", ".", "..", ".example.com", "a..b", "a..", "a b", "a:80",
		"a/", "http://a", "a@b", "a%b", "a,b", "*a", "*a.b", "a*",
		"a.b*", "*.", "*..a", "a..*", ".*", "**", "*.*", "*.a.*",
		"a.*.b", "www.*.com", "*.*.com", "[]", "[::1", "::1]", "::1",
		"[::1]:80", "[::1%1]", "[g]", "[*]", "*.[::1]", "[::1].*",
		"\xc3\xa4.example", "a\r\n", "a\t", "[", "]", ".[::1]",
	};
	struct tlsvip_rewrite_cfg cfg;
	size_t i;

	tlsvip_rewrite_cfg_init(&cfg);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (add(&cfg, good[i], 0, 0))
			check_broken = good[i];
		if (add(&cfg, good[i], 0, 0) != -EEXIST)
			check_broken = good[i];
	}
	CHECK(cfg.n == sizeof(good) / sizeof(good[0]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (add(&cfg, bad[i], 0, 0) != -EINVAL)
			check_broken = *bad[i] ? bad[i] : "the empty host";
	CHECK(tlsvip_rewrite_cfg_add_rule(&cfg, "a\0b", 3, 0, 0) == -EINVAL);
	CHECK(cfg.n == sizeof(good) / sizeof(good[0]));
}

static void test_lengths(void)
{
	char host[TLSVIP_REWRITE_HOST_SIZE + 2];
	struct tlsvip_rewrite_cfg cfg;

	tlsvip_rewrite_cfg_init(&cfg);
	memset(host, 'a', sizeof(host));
	host[TLSVIP_REWRITE_HOST_SIZE] = '\0';
	CHECK(!add(&cfg, host, 0, 0) && find(&cfg, host) == cfg.rule);
	host[TLSVIP_REWRITE_HOST_SIZE] = 'a';
	host[TLSVIP_REWRITE_HOST_SIZE + 1] = '\0';
	CHECK(add(&cfg, host, 0, 0) == -EINVAL && !find(&cfg, host));
}

static void test_ports(void)
{
	struct tlsvip_rewrite_cfg cfg;

	tlsvip_rewrite_cfg_init(&cfg);
	CHECK(!add(&cfg, "a", 0, 0));
	CHECK(cfg.rule[0].clearport == 80 && cfg.rule[0].sslport == 443);
	CHECK(!add(&cfg, "a", 65535, 65535));
	CHECK(cfg.rule[1].clearport == 65535 && cfg.rule[1].sslport == 65535);
	CHECK(add(&cfg, "a", 65536, 1) == -ERANGE);
	CHECK(add(&cfg, "a", 1, 65536) == -ERANGE);
	CHECK(add(&cfg, "A", 80, 1) == -EEXIST);
	CHECK(!add(&cfg, "a.*", 0, 0) && add(&cfg, "A.*", 80, 5) == -EEXIST);
	CHECK(!add(&cfg, "*.a", 0, 0) && add(&cfg, "*.A", 80, 5) == -EEXIST);
	CHECK(!add(&cfg, "*", 0, 0) && add(&cfg, "*", 0, 5) == -EEXIST);
	CHECK(!add(&cfg, "*", 81, 0));
	CHECK(find(&cfg, "a") == &cfg.rule[0] && !find(&cfg, "a:82"));
	CHECK(find(&cfg, "a:65535") == &cfg.rule[1]);
	CHECK(find(&cfg, "a:81") == &cfg.rule[5]);
}

static void test_full(void)
{
	struct tlsvip_rewrite_cfg cfg;
	char host[16];
	int i;

	tlsvip_rewrite_cfg_init(&cfg);
	CHECK(!find(&cfg, "a"));
	for (i = 0; i < TLSVIP_REWRITE_RULES_MAX; i++) {
		snprintf(host, sizeof(host), "host%d", i);
		CHECK(!add(&cfg, host, 0, 0));
	}
	CHECK(add(&cfg, "one-more", 0, 0) == -ENOSPC);
	CHECK(add(&cfg, "host0", 0, 0) == -EEXIST);
	CHECK(add(&cfg, "", 0, 0) == -EINVAL);
	CHECK(find(&cfg, "host31") == &cfg.rule[31]);
}

static bool text_is(u32 arg, const char *text)
{
	char buf[TLSVIP_HTTP_RSP_TEXT + 1];
	u32 n;

	memset(buf, 'x', sizeof(buf));
	n = tlsvip_http_rsp_text(arg, buf);
	return n == strlen(text) && n <= TLSVIP_HTTP_RSP_TEXT &&
	       !memcmp(buf, text, n) && buf[n] == 'x';
}

static void test_texts(void)
{
	CHECK(text_is(0, "https"));
	CHECK(text_is(1, ":1") && text_is(9, ":9") && text_is(10, ":10"));
	CHECK(text_is(443, ":443") && text_is(8443, ":8443"));
	CHECK(text_is(10000, ":10000") && text_is(65535, ":65535"));
}

static const struct check_case cases[] = {
	{ "forms of a host", test_forms },
	{ "lengths of a host", test_lengths },
	{ "ports", test_ports },
	{ "a table that is full", test_full },
	{ "texts to insert", test_texts },
};

int main(void)
{
	return check_all(cases, sizeof(cases) / sizeof(cases[0]));
}
