// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP engine's calls about responses beside the parser: the server's
 * answer to an Upgrade, requests that wait, the end of a stream, and bytes that
 * are skipped.
 *
 * SOURCES: kernel/http*.c kernel/rewrite.c
 */
#include "http.h"
#include "http/check.h"
#include "http/state.h"

/* What an Upgrade has come to behind these answers. */
static const struct {
	const char *in;
	enum tlsvip_http_verdict verdict;
} answers[] = {
	{ "", TLSVIP_HTTP_PENDING },
	{ "HTTP/1.1 10", TLSVIP_HTTP_PENDING },
	{ "HTTP/1.1 101", TLSVIP_HTTP_PENDING },
	{ "HTTP/1.1 101 Switching Protocols\r\n", TLSVIP_HTTP_PENDING },
	{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r",
	  TLSVIP_HTTP_PENDING },
	{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n",
	  TLSVIP_HTTP_SWITCHED },
	{ "HTTP/1.1 101\r\n\r\n", TLSVIP_HTTP_SWITCHED },
	{ "HTTP/1.1 101 x\r\n\r\n\x01 HTTP/1.1 200 OK\r\n",
	  TLSVIP_HTTP_SWITCHED },
	{ "HTTP/1.1 101 x\r\nContent-Length: 0\r\n\r\n",
	  TLSVIP_HTTP_SWITCHED },
	{ "HTTP/1.1 101 x\r\nContent-Length: 1\r\n\r\n",
	  TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 101 x\r\nA\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 101\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 200 OK\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 426 Upgrade Required\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 099 x\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 1010 x\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 10x\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1  101\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1\t101\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.0 101 x\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/2.0 101 x\r\n", TLSVIP_HTTP_REFUSED },
	{ "http/1.1 101 x\r\n", TLSVIP_HTTP_REFUSED },
	{ " HTTP/1.1 101 x\r\n", TLSVIP_HTTP_REFUSED },
	{ "SSH-2.0-x\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 100 Continue\r\n", TLSVIP_HTTP_PENDING },
	{ "HTTP/1.1 100 Continue\r\n\r\n", TLSVIP_HTTP_PENDING },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 x\r\n\r\n",
	  TLSVIP_HTTP_SWITCHED },
	{ "HTTP/1.1 103 x\r\nLink: HTTP/1.1 101 x\r\n", TLSVIP_HTTP_PENDING },
	{ "HTTP/1.1 103 x\r\nLink: y\r\n\r\nHTTP/1.1 200 OK\r\n",
	  TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 100\n\nHTTP/1.1 101 x\r\n\r\n", TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 100 x\r\nA: b\rc\r\n\r\nHTTP/1.1 101 x\r\n\r\n",
	  TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 100 x\r\n\r\n\r\nHTTP/1.1 101 x\r\n\r\n",
	  TLSVIP_HTTP_REFUSED },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 101 x\r\n\r\n",
	  TLSVIP_HTTP_REFUSED },
};

static void answer(struct tlsvip_http_rsp *rsp, const char *s, size_t len)
{
	CHECK(tlsvip_http_rsp_feed(rsp, NULL, (const u8 *)s, len, NULL, 0,
				   NULL) == len);
	CHECK(!tlsvip_http_rsp_held(rsp));
}

static void answer_all(struct tlsvip_http_rsp *rsp, const char *s)
{
	answer(rsp, s, strlen(s));
}

static void test_answers(void)
{
	struct tlsvip_http_rsp rsp;
	size_t i, cut, len;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		len = strlen(answers[i].in);
		for (cut = 0; cut <= len; cut++) {
			tlsvip_http_rsp_init(&rsp, NULL);
			CHECK(tlsvip_http_rsp_expect(&rsp, false));
			tlsvip_http_rsp_expect_upgrade(&rsp);
			answer(&rsp, answers[i].in, cut);
			answer(&rsp, answers[i].in + cut, len - cut);
			if (tlsvip_http_rsp_verdict(&rsp) !=
			    answers[i].verdict)
				check_broken = answers[i].in;
		}
	}
	/* an answer that was there before the Upgrade */
	tlsvip_http_rsp_init(&rsp, NULL);
	CHECK(tlsvip_http_rsp_expect(&rsp, false));
	CHECK(tlsvip_http_rsp_verdict(&rsp) == TLSVIP_HTTP_REFUSED);
	answer_all(&rsp, "HTTP/1.1 431 x\r\n");
	tlsvip_http_rsp_expect_upgrade(&rsp);
	CHECK(tlsvip_http_rsp_verdict(&rsp) == TLSVIP_HTTP_REFUSED);
}

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

/* A second Upgrade is no answer to the first one's request. */
static void test_attribution(void)
{
	struct tlsvip_http_rsp rsp;

	tlsvip_http_rsp_init(&rsp, NULL);
	CHECK(tlsvip_http_rsp_expect(&rsp, false));
	CHECK(tlsvip_http_rsp_expect(&rsp, false));
	tlsvip_http_rsp_expect_upgrade(&rsp);
	answer_all(&rsp, ok);
	CHECK(tlsvip_http_rsp_verdict(&rsp) == TLSVIP_HTTP_PENDING);
	answer_all(&rsp, "HTTP/1.1 101 x\r\n\r\n");
	CHECK(tlsvip_http_rsp_verdict(&rsp) == TLSVIP_HTTP_SWITCHED);
	CHECK(tlsvip_http_rsp_end(&rsp));

	tlsvip_http_rsp_init(&rsp, NULL);
	CHECK(tlsvip_http_rsp_expect(&rsp, false));
	CHECK(tlsvip_http_rsp_expect(&rsp, false));
	tlsvip_http_rsp_expect_upgrade(&rsp);
	answer_all(&rsp, "HTTP/1.1 101 x\r\n\r\n");
	CHECK(tlsvip_http_rsp_lost(&rsp) == TLSVIP_HTTP_R_RSP_SWITCH);
	CHECK(tlsvip_http_rsp_verdict(&rsp) == TLSVIP_HTTP_REFUSED);
	CHECK(tlsvip_http_rsp_end(&rsp));
}

/* 64 wait, the 65th must; each is known by its own method. */
static void test_queue(void)
{
	struct tlsvip_http_rsp rsp;
	u32 i, next = 0;

	tlsvip_http_rsp_init(&rsp, NULL);
	for (i = 0; i < 1000; i++) {
		while (!tlsvip_http_rsp_full(&rsp)) {
			CHECK(tlsvip_http_rsp_expect(&rsp, next % 3 == 0));
			next++;
		}
		CHECK(next - i == TLSVIP_HTTP_REQUESTS_MAX);
		CHECK(!tlsvip_http_rsp_expect(&rsp, false));
		answer(&rsp, ok, sizeof(ok) - 1 - (i % 3 ? 0 : 3));
		CHECK(tlsvip_http_rsp_idle(&rsp));
		CHECK(!state_in_final(&rsp));
		CHECK(tlsvip_http_rsp_completed(&rsp) == i + 1);
		CHECK(!tlsvip_http_rsp_lost(&rsp));
	}
}

/* Answers that come before the request is there. */
static void test_early(void)
{
	struct tlsvip_http_req r;
	struct tlsvip_http_rsp rsp;

	tlsvip_http_req_init(&r);
	tlsvip_http_rsp_init(&rsp, NULL);
	tlsvip_http_rsp_expect(&rsp, false);
	CHECK(!tlsvip_http_rsp_early(&rsp, &r));
	answer_all(&rsp, "HTTP/1.1 100 x\r\n\r\n");
	CHECK(!tlsvip_http_rsp_early(&rsp, &r));
	CHECK(!state_in_final(&rsp));
	answer_all(&rsp, "HTTP/1.1 200");
	CHECK(!tlsvip_http_rsp_early(&rsp, &r));
	answer_all(&rsp, " OK\r\nContent-Length: 3\r\n\r\na");
	CHECK(tlsvip_http_rsp_early(&rsp, &r) && !tlsvip_http_rsp_idle(&rsp));
	CHECK(state_in_final(&rsp));
	answer_all(&rsp, "bc");
	CHECK(tlsvip_http_rsp_early(&rsp, &r) && tlsvip_http_rsp_idle(&rsp));
	r.completed = 1;
	CHECK(!tlsvip_http_rsp_early(&rsp, &r));
	CHECK(!tlsvip_http_rsp_unasked(&rsp));

	/* 408 on a connection that waits for a request */
	answer_all(&rsp, "HTTP/1.1 408 x\r\nContent-Length: 0\r\n\r");
	CHECK(tlsvip_http_rsp_early(&rsp, &r) && !tlsvip_http_rsp_idle(&rsp));
	CHECK(tlsvip_http_rsp_unasked(&rsp));
	answer_all(&rsp, "\n");
	CHECK(tlsvip_http_rsp_early(&rsp, &r) && tlsvip_http_rsp_idle(&rsp));
	CHECK(tlsvip_http_rsp_full(&rsp));	/* no request may follow */
	CHECK(!tlsvip_http_rsp_lost(&rsp) && tlsvip_http_rsp_end(&rsp));
	answer_all(&rsp, "H");
	CHECK(tlsvip_http_rsp_lost(&rsp) == TLSVIP_HTTP_R_RSP_UNASKED);
}

static void test_ends(void)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	struct tlsvip_http_rsp rsp;

	tlsvip_http_rsp_init(&rsp, NULL);
	tlsvip_http_rsp_expect(&rsp, false);
	/* no answer is no part of one */
	CHECK(tlsvip_http_rsp_end(&rsp));
	answer(&rsp, head, sizeof(head) - 2);
	CHECK(!tlsvip_http_rsp_end(&rsp));
	CHECK(tlsvip_http_rsp_incomplete(&rsp) == 1);
	answer_all(&rsp, "\n");
	CHECK(tlsvip_http_rsp_until_close(&rsp));
	CHECK(!tlsvip_http_rsp_idle(&rsp) && state_in_final(&rsp));
	answer_all(&rsp, head);
	CHECK(tlsvip_http_rsp_completed(&rsp) == 0);
	CHECK(tlsvip_http_rsp_end(&rsp) && tlsvip_http_rsp_idle(&rsp));
	CHECK(tlsvip_http_rsp_completed(&rsp) == 1);
	CHECK(tlsvip_http_rsp_incomplete(&rsp) == 1);
}

/* Bytes of bodies that lie in pieces nobody wants to look at. */
static void test_skip(void)
{
	struct tlsvip_http_rsp rsp;

	tlsvip_http_rsp_init(&rsp, NULL);
	tlsvip_http_rsp_expect(&rsp, false);
	tlsvip_http_rsp_expect(&rsp, false);
	tlsvip_http_rsp_expect(&rsp, false);
	CHECK(tlsvip_http_rsp_skip(&rsp, 5) == 0);
	answer_all(&rsp, "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n");
	CHECK(tlsvip_http_rsp_skip(&rsp, 4000000000U) == 4000000000U);
	CHECK(tlsvip_http_rsp_skip(&rsp, 4000000000U) == 999999999U);
	CHECK(tlsvip_http_rsp_skip(&rsp, 1) == 0);
	answer_all(&rsp, "xHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	CHECK(tlsvip_http_rsp_completed(&rsp) == 1);
	CHECK(tlsvip_http_rsp_skip(&rsp, 5) == 0);
	answer_all(&rsp, "3\r\n");
	CHECK(tlsvip_http_rsp_skip(&rsp, 1) == 1);
	CHECK(tlsvip_http_rsp_skip(&rsp, 1) == 1);
	CHECK(tlsvip_http_rsp_skip(&rsp, 1) == 0);
	answer_all(&rsp, "c\r\n0\r\n\r\nHTTP/1.0 200 OK\r\n\r\n");
	CHECK(tlsvip_http_rsp_completed(&rsp) == 2);
	CHECK(tlsvip_http_rsp_skip(&rsp, 77) == 77);
	CHECK(tlsvip_http_rsp_until_close(&rsp));
}

static const struct check_case cases[] = {
	{ "answers to an Upgrade, cut anywhere", test_answers },
	{ "an Upgrade behind another request", test_attribution },
	{ "requests that wait for answers", test_queue },
	{ "answers before the request is there", test_early },
	{ "the end of the server's stream", test_ends },
	{ "bodies that are skipped", test_skip },
};

int main(void)
{
	return check_all(cases, sizeof(cases) / sizeof(cases[0]));
}
