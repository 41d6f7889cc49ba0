// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP engine's calls about requests beside the parser: names and prefixes,
 * reasons, accessors, and misuse.
 *
 * SOURCES: kernel/http*.c kernel/rewrite.c
 */
#include <stdio.h>
#include "http.h"
#include "http/check.h"
#include "http/state.h"

static int add(struct tlsvip_http_cfg *cfg, const char *name)
{
	return tlsvip_http_cfg_add_name(cfg, name, strlen(name));
}

static int add_prefix(struct tlsvip_http_cfg *cfg, const char *prefix)
{
	return tlsvip_http_cfg_add_prefix(cfg, prefix, strlen(prefix));
}

static void test_names(void)
{
	struct tlsvip_http_cfg cfg;

	tlsvip_http_cfg_init(&cfg);
	CHECK(add(&cfg, "Client-IP") == 0);
	CHECK(add(&cfg, "Client-IP") == -EEXIST);
	CHECK(add(&cfg, "CLIENT_ip") == -EEXIST);
	CHECK(add(&cfg, "client.ip") == -EEXIST);
	CHECK(add(&cfg, "Client-IPs") == 0);
	CHECK(add(&cfg, "") == -EINVAL);
	CHECK(add(&cfg, "a b") == -EINVAL);
	CHECK(add(&cfg, "a:") == -EINVAL);
	CHECK(add(&cfg, "a\r\n") == -EINVAL);
	CHECK(add(&cfg, "\xfc") == -EINVAL);
	CHECK(tlsvip_http_cfg_add_name(&cfg, "a\0b", 3) == -EINVAL);
}

static void test_framing_names(void)
{
	static const char *const names[] = {
		"Host", "content-length", "Transfer_Encoding", "Connection",
		"UPGRADE", "expect", "HTTP2-Settings",
	};
	struct tlsvip_http_cfg cfg;
	size_t i;

	tlsvip_http_cfg_init(&cfg);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(add(&cfg, names[i]) == -EINVAL);
		CHECK(add_prefix(&cfg, names[i]) == -EINVAL);
		CHECK(tlsvip_http_cfg_add_prefix(&cfg, names[i], 1) ==
		      -EINVAL);
	}
	CHECK(add_prefix(&cfg, "Content-") == -EINVAL);
	CHECK(add_prefix(&cfg, "content_l") == -EINVAL);
	CHECK(add_prefix(&cfg, "Content-Lengths") == 0);
}

static void test_prefixes(void)
{
	struct tlsvip_http_cfg cfg;
	char prefix[] = "SSL0-";
	int i;

	tlsvip_http_cfg_init(&cfg);
	CHECK(add_prefix(&cfg, "") == -EINVAL);
	CHECK(add_prefix(&cfg, "a b") == -EINVAL);
	CHECK(add_prefix(&cfg, "Content-") == -EINVAL);
	CHECK(add_prefix(&cfg, "Sec-WebSocket-") == 0);
	tlsvip_http_cfg_init(&cfg);
	for (i = 0; i < TLSVIP_HTTP_PREFIXES_MAX; i++) {
		prefix[3] = 'A' + i;
		CHECK(add_prefix(&cfg, prefix) == 0);
		CHECK(add_prefix(&cfg, prefix) == -EEXIST);
	}
	CHECK(add_prefix(&cfg, "one-more") == -ENOSPC);
}

static bool protects(const struct tlsvip_http_cfg *cfg, const char *name)
{
	return tlsvip_http_cfg_protects(cfg, (const u8 *)name, strlen(name));
}

static void test_protects(void)
{
	struct tlsvip_http_cfg cfg;
	char name[TLSVIP_HTTP_NAME_SIZE + 2] = "SSL-";

	tlsvip_http_cfg_init(&cfg);
	CHECK(!add(&cfg, "Client-IP") && !add_prefix(&cfg, "SSL-"));
	CHECK(protects(&cfg, "client_ip") && protects(&cfg, "SSL-"));
	CHECK(protects(&cfg, "ssl.x"));
	CHECK(!protects(&cfg, "Client-I") && !protects(&cfg, "Client-IPs"));
	CHECK(!protects(&cfg, "SSL") && !protects(&cfg, "Host"));
	CHECK(!protects(&cfg, "") && !protects(&cfg, "Content_Length"));
	memset(name + 4, 'x', sizeof(name) - 6);
	CHECK(protects(&cfg, name));
	name[TLSVIP_HTTP_NAME_SIZE] = 'x';
	CHECK(!protects(&cfg, name));	/* too long for a line to insert */
}

static void test_full(void)
{
	struct tlsvip_http_cfg cfg;
	char name[TLSVIP_HTTP_NAME_SIZE + 1];
	int i, n;

	tlsvip_http_cfg_init(&cfg);
	for (i = 0; i < TLSVIP_HTTP_NAMES_MAX; i++) {
		n = sprintf(name, "X-Name-%d", i);
		CHECK(tlsvip_http_cfg_add_name(&cfg, name, n) == 0);
	}
	CHECK(add(&cfg, "X-Name-0") == -EEXIST);
	CHECK(add(&cfg, "One-More") == -ENOSPC);

	tlsvip_http_cfg_init(&cfg);
	memset(name, 'x', sizeof(name));
	CHECK(tlsvip_http_cfg_add_name(&cfg, name, sizeof(name)) == -EINVAL);
	n = TLSVIP_HTTP_POOL_SIZE / TLSVIP_HTTP_NAME_SIZE;
	for (i = 0; i < n; i++) {
		name[0] = 'A' + i % 16;
		name[1] = 'A' + i / 16;
		CHECK(tlsvip_http_cfg_add_name(&cfg, name,
					       TLSVIP_HTTP_NAME_SIZE) == 0);
	}
	CHECK(add(&cfg, "y") == -ENOSPC);
	CHECK(add_prefix(&cfg, "y") == -ENOSPC);
}

static void test_reasons(void)
{
	static const u32 statuses[] = {
		400, 405, 408, 413, 414, 417, 431, 501, 502, 505,
	};
	int i, k;
	size_t s;

	for (i = 1; i < TLSVIP_HTTP_R_COUNT; i++) {
		const char *name = tlsvip_http_reason_name(i);
		bool known = false;

		CHECK(name && *name && strspn(name,
			"abcdefghijklmnopqrstuvwxyz0123456789-") ==
			strlen(name));
		for (k = 0; k < i; k++)
			CHECK(strcmp(name, tlsvip_http_reason_name(k)));
		for (s = 0; s < sizeof(statuses) / sizeof(statuses[0]); s++)
			if (tlsvip_http_reason_status(i) == statuses[s])
				known = true;
		CHECK(known);
	}
	CHECK(!strcmp(tlsvip_http_reason_name(TLSVIP_HTTP_R_COUNT),
		      "unknown"));
	CHECK(tlsvip_http_reason_status(TLSVIP_HTTP_R_COUNT) == 400);
	CHECK(tlsvip_http_reason_status(TLSVIP_HTTP_R_LINE_TOO_LONG) == 414);
	CHECK(tlsvip_http_reason_status(TLSVIP_HTTP_R_HEAD_TOO_LARGE) == 431);
	CHECK(tlsvip_http_reason_status(TLSVIP_HTTP_R_EXPECT) == 417);
	CHECK(tlsvip_http_reason_status(TLSVIP_HTTP_R_HEAD_TIMEOUT) == 408);
	CHECK(tlsvip_http_reason_status(TLSVIP_HTTP_R_METHOD_CONNECT) == 405);
}

/* One engine and the last edits it gave. */
struct engine {
	struct tlsvip_http_cfg cfg;
	struct tlsvip_http_req r;
	struct tlsvip_http_edit e[TLSVIP_HTTP_EDITS_MIN];
	u32 n;
};

static void start(struct engine *g)
{
	tlsvip_http_cfg_init(&g->cfg);
	tlsvip_http_req_init(&g->r);
}

static u32 feed(struct engine *g, const char *s)
{
	return tlsvip_http_req_feed(&g->r, &g->cfg, (const u8 *)s, strlen(s),
				    g->e, TLSVIP_HTTP_EDITS_MIN, &g->n);
}

static void test_accessors(void)
{
	struct engine g;

	start(&g);
	CHECK(tlsvip_http_req_idle(&g.r));
	CHECK(feed(&g, "HEAD") == 4 && g.n == 0);
	CHECK(tlsvip_http_req_held(&g.r) == 4);
	CHECK(!tlsvip_http_req_idle(&g.r));
	feed(&g, " / HTTP/1.1\r\nHost: a\r\n");
	CHECK(g.n == 3 && g.e[0].op == TLSVIP_HTTP_PASS && g.e[0].len == 17);
	CHECK(g.e[1].op == TLSVIP_HTTP_INSERT && g.e[1].len == 0);
	CHECK(g.e[2].op == TLSVIP_HTTP_PASS && g.e[2].len == 9);
	CHECK(tlsvip_http_req_is_head(&g.r));
	CHECK(tlsvip_http_req_started(&g.r) == 1);
	CHECK(tlsvip_http_req_completed(&g.r) == 0);
	CHECK(!state_in_body(&g.r));
	feed(&g, "\r\n");
	CHECK(tlsvip_http_req_completed(&g.r) == 1);
	CHECK(tlsvip_http_req_idle(&g.r));
	CHECK(!state_in_body(&g.r));

	feed(&g, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
	CHECK(!tlsvip_http_req_is_head(&g.r));
	CHECK(state_in_body(&g.r) && !tlsvip_http_req_idle(&g.r));
	feed(&g, "ab");
	CHECK(!state_in_body(&g.r) && tlsvip_http_req_idle(&g.r));

	feed(&g, "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	CHECK(state_in_body(&g.r));
	feed(&g, "0\r\nX: y\r\nZ");
	CHECK(state_in_body(&g.r));
	feed(&g, ": 1\r\n\r\n");
	CHECK(!state_in_body(&g.r) && tlsvip_http_req_idle(&g.r));
}

static const char upgrade[] =
	"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
	"Connection: Upgrade\r\n\r\n";

static void test_upgrade(void)
{
	struct engine g;

	start(&g);
	CHECK(feed(&g, upgrade) == sizeof(upgrade) - 1);
	CHECK(g.n && g.e[g.n - 1].op == TLSVIP_HTTP_UPGRADE);
	CHECK(tlsvip_http_req_idle(&g.r) && !tlsvip_http_req_held(&g.r));
	CHECK(!tlsvip_http_req_opaque(&g.r));
	CHECK(feed(&g, "xyz") == 0 && g.n == 0);
	tlsvip_http_req_upgrade(&g.r, true);
	CHECK(feed(&g, "\r\n\n\x01GET") == 7 && g.n == 1);
	CHECK(g.e[0].op == TLSVIP_HTTP_PASS && g.e[0].len == 7);
	CHECK(!tlsvip_http_req_idle(&g.r) && tlsvip_http_req_opaque(&g.r));
	tlsvip_http_req_upgrade(&g.r, false);	/* too late: does nothing */
	CHECK(feed(&g, "x") == 1 && g.n == 1);

	start(&g);
	tlsvip_http_req_upgrade(&g.r, true);	/* too early: does nothing */
	CHECK(feed(&g, "\x01") == 0 && g.n == 1);
	CHECK(g.e[0].op == TLSVIP_HTTP_REJECT);

	/* what is behind it in the same piece is not eaten */
	start(&g);
	CHECK(tlsvip_http_req_feed(&g.r, &g.cfg, (const u8 *)upgrade,
				   sizeof(upgrade), g.e,
				   TLSVIP_HTTP_EDITS_MIN, &g.n) ==
	      sizeof(upgrade) - 1);
}

/* One request begins in a call, so that its method is known. */
static void test_pipeline(void)
{
	static const char two[] = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
				  "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	struct engine g;

	start(&g);
	CHECK(feed(&g, two) == 28 && g.n == 3);
	CHECK(g.e[1].op == TLSVIP_HTTP_INSERT && g.e[1].len == 0);
	CHECK(tlsvip_http_req_is_head(&g.r));
	CHECK(feed(&g, two + 28) == 27 && g.n == 3);
	CHECK(g.e[1].op == TLSVIP_HTTP_INSERT && g.e[1].len == 0);
	CHECK(!tlsvip_http_req_is_head(&g.r));
	CHECK(tlsvip_http_req_completed(&g.r) == 2);
}

static void test_first_block(void)
{
	struct engine g;
	int i;

	start(&g);
	g.cfg.first_block = true;
	for (i = 0; i < 2; i++) {
		feed(&g, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
		CHECK(g.n == 4 - i);
		CHECK(g.e[1].op == TLSVIP_HTTP_INSERT && g.e[1].len == 0);
	}
	start(&g);
	g.cfg.first_block = true;
	feed(&g, "GET / HTTP/1.1\r\n");
	CHECK(g.n == 3 && g.e[2].op == TLSVIP_HTTP_INSERT && g.e[2].len == 1);
}

/* A head of n records with room for limit. */
static bool pieces_pass(u32 n, u32 limit)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 4\r\n\r\nabcd";
	struct engine g;
	u32 i, done = 0;

	start(&g);
	g.cfg.limits.pieces_max = limit;
	for (i = 0; i < n; i++) {
		u32 len = i < n - 1 ? 1 : sizeof(head) - 5 - done;

		tlsvip_http_req_pieces(&g.r, 1);
		if (tlsvip_http_req_feed(&g.r, &g.cfg, (u8 *)head + done, len,
					 g.e, TLSVIP_HTTP_EDITS_MIN, &g.n) !=
		    len)
			CHECK(!"all eaten");
		done += len;
		if (g.n && g.e[g.n - 1].op == TLSVIP_HTTP_REJECT) {
			CHECK(g.e[g.n - 1].len == TLSVIP_HTTP_R_HEAD_PIECES);
			return false;
		}
	}
	/* a body may come in any number */
	for (i = 0; i < 4; i++) {
		tlsvip_http_req_pieces(&g.r, 100);
		feed(&g, "x");
		CHECK(g.n == 1 && g.e[0].op == TLSVIP_HTTP_PASS);
	}
	CHECK(tlsvip_http_req_completed(&g.r) == 1);
	return true;
}

static void test_pieces(void)
{
	struct engine g;

	CHECK(pieces_pass(1, 1) && pieces_pass(19, 20));
	CHECK(pieces_pass(20, 20) && pieces_pass(21, 20));
	CHECK(!pieces_pass(22, 20));
	/* many records that come before a byte of them is looked at */
	start(&g);
	g.cfg.limits.pieces_max = 20;
	tlsvip_http_req_pieces(&g.r, 21);
	feed(&g, "GET / HTTP/1.1\r\nHost: a\r\n");
	CHECK(g.n && g.e[g.n - 1].op == TLSVIP_HTTP_REJECT);
	start(&g);
	g.cfg.limits.pieces_max = 20;
	tlsvip_http_req_pieces(&g.r, 21);
	feed(&g, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	feed(&g, "GET / HTTP/1.1\r\nHost: a\r\n");
	CHECK(g.n && g.e[g.n - 1].op == TLSVIP_HTTP_PASS);
	/* many records, but of many heads */
	start(&g);
	g.cfg.limits.pieces_max = 2;
	feed(&g, "GET / HTTP/1.1\r\n");
	tlsvip_http_req_pieces(&g.r, 10);
	feed(&g, "Host: a\r\n\r\nGET / HTTP/1.1\r\n");
	CHECK(g.n == 2 && g.e[1].op == TLSVIP_HTTP_INSERT);
	CHECK(!tlsvip_http_req_idle(&g.r));
	tlsvip_http_req_pieces(&g.r, 10);
	feed(&g, "Host: a\r\n\r\n");
	CHECK(g.n == 1 && tlsvip_http_req_completed(&g.r) == 2);
	/* a trailer section is no head */
	feed(&g, "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA:");
	tlsvip_http_req_pieces(&g.r, 10);
	feed(&g, "b");
	CHECK(g.n == 1 && g.e[0].op == TLSVIP_HTTP_PASS);
}

/* No request begins behind the last one, whatever there is of it already. */
static void test_last(void)
{
	static const char post[] = "POST / HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 2\r\n\r\nab";
	struct engine g;
	u32 cut;

	for (cut = 1; cut < sizeof(post) - 1; cut++) {
		start(&g);
		tlsvip_http_req_feed(&g.r, &g.cfg, (const u8 *)post, cut, g.e,
				     TLSVIP_HTTP_EDITS_MIN, &g.n);
		tlsvip_http_req_last(&g.r);
		feed(&g, post + cut);
		CHECK(tlsvip_http_req_completed(&g.r) == 1);
		CHECK(tlsvip_http_req_idle(&g.r));
		CHECK(feed(&g, post) == sizeof(post) - 1 && g.n == 1);
		CHECK(g.e[0].op == TLSVIP_HTTP_DROP);
		CHECK(tlsvip_http_req_completed(&g.r) == 1);
		CHECK(tlsvip_http_req_stray(&g.r) == sizeof(post) - 1);
	}
	start(&g);
	feed(&g, "\r");
	tlsvip_http_req_last(&g.r);
	CHECK(feed(&g, "\nGET") == 4 && g.n == 1);
	CHECK(g.e[0].op == TLSVIP_HTTP_DROP && g.e[0].len == 5);
	CHECK(tlsvip_http_req_stray(&g.r) == 3);
}

static void test_misuse(void)
{
	struct engine g;

	start(&g);
	memset(&g.r, 0, sizeof(g.r));
	CHECK(feed(&g, "GET") == 0 && g.n == 1);
	CHECK(g.e[0].op == TLSVIP_HTTP_REJECT);
	CHECK(g.e[0].len == TLSVIP_HTTP_R_NOT_READY);
	CHECK(!tlsvip_http_req_idle(&g.r));

	start(&g);
	CHECK(feed(&g, "") == 0 && g.n == 0);
	CHECK(feed(&g, "GET  /") == 4);
	CHECK(g.n == 2 && g.e[1].op == TLSVIP_HTTP_REJECT);
	CHECK(feed(&g, "GET / HTTP/1.1\r\n") == 0);
	CHECK(g.n == 1 && g.e[0].op == TLSVIP_HTTP_REJECT);
	CHECK(g.e[0].len == TLSVIP_HTTP_R_TARGET_FORM);
	tlsvip_http_req_upgrade(&g.r, true);
	CHECK(feed(&g, "x") == 0 && g.n == 1);
}

/* A body of 8 GiB and a byte; the engine does not look at it. */
static void test_large(void)
{
	struct engine g;
	u32 len = 1U << 30;
	int i;

	start(&g);
	feed(&g, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8589934593\r\n\r\n");
	for (i = 0; i < 8; i++) {
		CHECK(tlsvip_http_req_feed(&g.r, &g.cfg, NULL, len, g.e,
					   TLSVIP_HTTP_EDITS_MIN, &g.n) == len);
		CHECK(g.n == 1 && g.e[0].len == len);
		CHECK(state_in_body(&g.r));
	}
	CHECK(feed(&g, "xGET / HTTP/1.1\r\n") == 17);
	CHECK(tlsvip_http_req_completed(&g.r) == 1);
	CHECK(tlsvip_http_req_started(&g.r) == 2);
}

/* Heads and trailers, each with a number of its own while it lasts. */
static void test_sections(void)
{
	struct engine g;
	u32 seen[4], i, k;

	start(&g);
	CHECK(!tlsvip_http_req_section(&g.r));
	feed(&g, "\r\n");
	CHECK(!tlsvip_http_req_section(&g.r));
	feed(&g, "P");
	seen[0] = tlsvip_http_req_section(&g.r);
	feed(&g, "UT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r");
	CHECK(tlsvip_http_req_section(&g.r) == seen[0]);
	feed(&g, "\n");
	CHECK(!tlsvip_http_req_section(&g.r));
	feed(&g, "1\r\na\r\n0");
	CHECK(!tlsvip_http_req_section(&g.r));
	feed(&g, "\r\n");
	seen[1] = tlsvip_http_req_section(&g.r);
	feed(&g, "X: y\r\n\r");
	CHECK(tlsvip_http_req_section(&g.r) == seen[1]);
	feed(&g, "\nG");
	seen[2] = tlsvip_http_req_section(&g.r);
	feed(&g, "ET / HTTP/1.1\r\nHost: a\r\n\r\n");
	CHECK(!tlsvip_http_req_section(&g.r));
	feed(&g, "GET / HTTP/1.1\r\nUpgrade");
	seen[3] = tlsvip_http_req_section(&g.r);
	for (i = 0; i < 4; i++) {
		CHECK(seen[i]);
		for (k = 0; k < i; k++)
			CHECK(seen[i] != seen[k]);
	}
	feed(&g, " :");
	CHECK(!tlsvip_http_req_section(&g.r));
}

static const struct check_case cases[] = {
	{ "names", test_names },
	{ "names that framing rests on are refused", test_framing_names },
	{ "prefixes", test_prefixes },
	{ "which names are protected", test_protects },
	{ "tables that are full", test_full },
	{ "reasons", test_reasons },
	{ "accessors", test_accessors },
	{ "upgrade", test_upgrade },
	{ "one request a call", test_pipeline },
	{ "a block for the first request", test_first_block },
	{ "heads in many records", test_pieces },
	{ "heads and trailers that have begun", test_sections },
	{ "the last request", test_last },
	{ "misuse", test_misuse },
	{ "a body above 4 GiB", test_large },
};

int main(void)
{
	return check_all(cases, sizeof(cases) / sizeof(cases[0]));
}
