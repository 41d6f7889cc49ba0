// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Escaping and rate limits of the daemon's messages.
 *
 * SOURCES: userspace/tlsvipd/log.c
 */
#include <string.h>

#include "daemon/ktap.h"
#include "tlsvipd/log.h"

static void test_escape(void)
{
	char all[257], out[1100], tight[6];
	size_t i, n;

	log_escape(out, sizeof(out), "plain text, 100 %");
	ktap_ok(!strcmp(out, "plain text, 100 %"), "plain text stays");
	log_escape(out, sizeof(out), "a\r\n\x1b[31m\x7f\xff\\");
	ktap_ok(!strcmp(out, "a\\x0d\\x0a\\x1b[31m\\x7f\\xff\\x5c"),
		"controls, high bytes and the backslash are escaped");
	for (i = 1; i < 256; i++)
		all[i - 1] = i;
	all[255] = '\0';
	n = log_escape(out, sizeof(out), all);
	for (i = 0; i < n; i++) {
		if (out[i] < 0x20 || out[i] > 0x7e)
			break;
	}
	ktap_ok(n == strlen(out) && i == n, "every byte comes out printable");
	n = log_escape(tight, sizeof(tight), "ab\ncd");
	ktap_ok(n == 2 && !strcmp(tight, "ab"), "an escape is never cut");
	ktap_ok(log_escape(tight, 0, "x") == 0, "no room at all");
	n = log_escape(tight, 1, "x");
	ktap_ok(!n && !*tight, "room for the end only");
}

static unsigned int let_through(struct log_limit *limit, uint64_t now,
				unsigned int tries, unsigned int *suppressed)
{
	unsigned int n = 0;

	while (tries--)
		n += log_limit_take(limit, now, suppressed);
	return n;
}

static void test_limit(void)
{
	struct log_limit limit = LOG_LIMIT_INIT;
	unsigned int suppressed = 99;

	ktap_ok(let_through(&limit, 5000000, LOG_BURST, &suppressed) ==
		LOG_BURST && !suppressed, "a burst is let through");
	ktap_ok(!let_through(&limit, 5000000, 100, &suppressed),
		"and nothing behind it");
	ktap_ok(!let_through(&limit, 5000000 + LOG_REFILL_MS - 1, 1,
			     &suppressed), "until a token is back");
	ktap_ok(let_through(&limit, 5000000 + LOG_REFILL_MS, 5,
			    &suppressed) == 1 && suppressed == 101,
		"one token, one message, with the number of swallowed ones");
	ktap_ok(let_through(&limit, 5000000 + 3 * LOG_REFILL_MS, 5,
			    &suppressed) == 2, "two tokens, two messages");
	ktap_ok(let_through(&limit, 90000000, 50, &suppressed) == LOG_BURST,
		"a long silence gives a burst, not more");
	ktap_ok(!let_through(&limit, 90000000 - 3, 50, &suppressed),
		"a thread that looked at the clock earlier gets none");
	ktap_ok(let_through(&limit, 90000000 + LOG_REFILL_MS, 5,
			    &suppressed) == 1,
		"and the next token comes when it would have come");
}

int main(void)
{
	ktap_ok(log_level_parse("debug") == LOG_DEBUG &&
		log_level_parse("error") == LOG_ERR &&
		log_level_parse("loud") == -1 && log_level_parse("") == -1,
		"names of levels");
	test_escape();
	test_limit();
	return ktap_end();
}
