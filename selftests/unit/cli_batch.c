// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of a batch into words: quotes, comments, limits, and any bytes at all.
 *
 * SOURCES: tools/tlsvip/batch.c
 */
#include <stdlib.h>
#include <string.h>

#include "../../tools/tlsvip/tlsvip.h"
#include "daemon/ktap.h"

#define ROUNDS	200000

/* what the rest of the CLI would do with a line; not reached from here */
enum cli_status cli_line(struct cli *cli, struct args *args)
{
	return CLI_OK;
}

enum cli_status cli_misuse(const struct cli *cli, const char *fmt, ...)
{
	return CLI_USAGE;
}

enum cli_status cli_refuse(const struct cli *cli, const char *fmt, ...)
{
	return CLI_REFUSED;
}

/* @want: the words joined with |, or NULL when the line is wrong */
static void split(const char *line, const char *want)
{
	char buf[256], got[256] = "", *words[8];
	const char *why = "";
	int i, n;

	snprintf(buf, sizeof(buf), "%s", line);
	n = batch_split(buf, words, 8, &why);
	for (i = 0; i < n; i++) {
		if (i)
			strcat(got, "|");
		strcat(got, words[i]);
	}
	if (!want)
		ktap_ok(n < 0 && *why, "wrong: %s", line);
	else
		ktap_ok(n >= 0 && !strcmp(got, want), "[%s] is [%s]", line,
			got);
}

static void test_words(void)
{
	split("", "");
	split(" \t \r", "");
	split("# all of it", "");
	split("a", "a");
	split("  a\tb  c\r", "a|b|c");
	split("a #b c", "a");
	split("a#b c", "a#b|c");
	split("'#' \"#\" \\#", "#|#|#");
	split("\"a b\" c", "a b|c");
	split("'a b' c", "a b|c");
	split("\"\" ''", "|");
	split("a\"b\"'c'd", "abcd");
	split("\"a\\\"b\"", "a\"b");
	split("\"a\\\\b\"", "a\\b");
	split("\"a\\nb\"", "a\\nb");
	split("'a\\b'", "a\\b");
	split("a\\ b", "a b");
	split("\\'a\\'", "'a'");
	split("\"it's\" 'a \"b\"'", "it's|a \"b\"");
	split("1 2 3 4 5 6 7 8", "1|2|3|4|5|6|7|8");
	split("1 2 3 4 5 6 7 8 # 9", "1|2|3|4|5|6|7|8");
	split("1 2 3 4 5 6 7 8 9", NULL);
	split("\"a", NULL);
	split("'a", NULL);
	split("\"a\\\"", NULL);
	split("a \"", NULL);
	split("a\\", NULL);
}

/* lines of few characters, so that quotes meet; memory ends with the line */
static void test_noise(void)
{
	static const char some[] = "ab \"'\\#\t\r";
	char *words[4], *line;
	const char *why;
	size_t i, len;
	int round, n, w;
	bool ok = true;

	srand(1);
	for (round = 0; round < ROUNDS; round++) {
		len = rand() % 16;
		line = malloc(len + 1);
		for (i = 0; i < len; i++)
			line[i] = some[rand() % (sizeof(some) - 1)];
		line[len] = '\0';
		n = batch_split(line, words, 4, &why);
		for (w = 0; w < n; w++)
			ok &= words[w] >= line &&
			      words[w] + strlen(words[w]) <= line + len;
		free(line);
	}
	ktap_ok(ok, "%d lines of noise, words stay inside", ROUNDS);
}

int main(void)
{
	test_words();
	test_noise();
	return ktap_end();
}
