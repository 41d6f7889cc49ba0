// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words as the CLI prints them are the same words when a batch or a shell reads
 * them, whatever bytes they have. What others have made does not reach a terminal
 * as anything but text.
 *
 * SOURCES: tools/tlsvip/batch.c tools/tlsvip/print.c userspace/lib/attr.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../../tools/tlsvip/tlsvip.h"
#include "daemon/ktap.h"

#define ROUNDS		100000
#define SHELL_ROUNDS	4000

/* what the rest of the CLI would do; not reached from here */
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

enum cli_status cli_nomem(const struct cli *cli)
{
	return CLI_REFUSED;
}

typedef void (*out_fn)(struct out *o, const char *key, const char *label,
		       const char *v);

/* what is printed for a word; the caller frees it */
static char *printed(const char *word, out_fn out)
{
	struct out o = { 0 };
	FILE *terminal = stdout;
	char *text = NULL;
	size_t len;

	stdout = open_memstream(&text, &len);
	out(&o, "word", "", word);
	fclose(stdout);
	stdout = terminal;
	return text;
}

static void looks(const char *word, out_fn out, const char *want)
{
	char *text = printed(word, out);

	ktap_ok(!strcmp(text, want), "[%s] is printed as %s", word, want);
	free(text);
}

static void test_looks(void)
{
	looks("X-Via: tlsvip", out_quoted, "\"X-Via: tlsvip\"");
	looks("a \"b\" \\c", out_quoted, "\"a \\\"b\\\" \\\\c\"");
	looks("it's", out_quoted, "\"it's\"");
	looks("$HOME `id` !1", out_quoted, "'$HOME `id` !1'");
	looks("a $b 'c' $d", out_quoted, "\"a \"'$b '\"'c' \"'$d'");
	looks("", out_quoted, "\"\"");
	looks("X-Real.IP_4", out_bare, "X-Real.IP_4");
	looks("", out_bare, "\"\"");
	looks("#1", out_bare, "\"#1\"");
	looks("~x", out_bare, "\"~x\"");
	looks("a'b", out_bare, "\"a'b\"");
}

static void foreign(const char *word, const char *want)
{
	char *text = printed(word, out_foreign);

	ktap_ok(!strcmp(text, want), "somebody's text is printed as %s", want);
	free(text);
}

static void test_foreign(void)
{
	static const char * const same[] = {
		"", "CN=a b\\,c", "\xc2\xa0", "\xc3\xa9", "\xdf\xbf",
		"\xe0\xa0\x80", "\xe2\x80\x8d", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
	};
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		foreign(same[i], same[i]);
	foreign("a\x1b\n\x7f", "a\\1B\\0A\\7F");
	foreign("\xc2\x9b" "2J", "\\C2\\9B2J");
	foreign("\xe2\x80\xae" "b", "\\E2\\80\\AEb");
	/* no UTF-8: alone, cut, too long, a surrogate, beyond Unicode */
	foreign("\x9b" "2J", "\\9B2J");
	foreign("\xc3", "\\C3");
	foreign("\xe2\x80", "\\E2\\80");
	foreign("\xc3\xc3\xa9", "\\C3\xc3\xa9");
	foreign("\xc1\x9b", "\\C1\\9B");
	foreign("\xe0\x82\x9b", "\\E0\\82\\9B");
	foreign("\xf0\x80\x82\x9b", "\\F0\\80\\82\\9B");
	foreign("\xed\xa0\x80", "\\ED\\A0\\80");
	foreign("\xf4\x90\x80\x80", "\\F4\\90\\80\\80");
	foreign("\xff", "\\FF");
}

/* a word of few characters, so that those that mean something meet */
static void some_word(char *word, size_t size)
{
	static const char some[] = "ab- #\"'\\$`!~*&|;\t=()<>{}[]?^%+.,\xe4";
	size_t i, len = rand() % size;

	for (i = 0; i < len; i++)
		word[i] = some[rand() % (sizeof(some) - 1)];
	word[len] = '\0';
}

static void test_batch(void)
{
	char word[24], *words[4], *text;
	const char *why = "";
	bool ok = true;
	int i;

	for (i = 0; ok && i < ROUNDS; i++) {
		some_word(word, sizeof(word));
		text = printed(word, i & 1 ? out_bare : out_quoted);
		ok = batch_split(text, words, 4, &why) == 1 &&
		     !strcmp(words[0], word);
		free(text);
		if (!ok)
			ktap_ok(false, "[%s] in a batch: %s", word, why);
	}
	ktap_ok(ok, "%d words read by a batch", ROUNDS);
}

static bool shell_prints(FILE *shell, const char *want)
{
	for (; fgetc(shell) == (unsigned char)*want; want++)
		if (!*want)
			return true;
	return false;
}

static void test_shell(void)
{
	static char words[SHELL_ROUNDS][24];
	char name[] = "/tmp/cli-quote-XXXXXX";
	char command[64], *text;
	FILE *script = fdopen(mkstemp(name), "w");
	FILE *shell;
	int i;

	for (i = 0; i < SHELL_ROUNDS; i++) {
		some_word(words[i], sizeof(words[i]));
		text = printed(words[i], i & 1 ? out_bare : out_quoted);
		fprintf(script, "printf '%%s\\0' %s\n", text);
		free(text);
	}
	fclose(script);
	snprintf(command, sizeof(command), "bash %s", name);
	shell = popen(command, "r");
	for (i = 0; i < SHELL_ROUNDS; i++)
		if (!shell_prints(shell, words[i]))
			break;
	ktap_ok(i == SHELL_ROUNDS && !pclose(shell), "%d words read by a shell%s%s",
		SHELL_ROUNDS, i < SHELL_ROUNDS ? ", not " : "",
		i < SHELL_ROUNDS ? words[i] : "");
	remove(name);
}

int main(void)
{
	srand(1);
	test_looks();
	test_foreign();
	test_batch();
	test_shell();
	return ktap_end();
}
