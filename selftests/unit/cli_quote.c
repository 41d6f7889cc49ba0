// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words as the CLI prints them are the same words when a batch or a shell reads
 * them, whatever bytes they have.
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

/* what is printed for a word; the caller frees it */
static char *printed(const char *word, bool bare)
{
	struct out o = { 0 };
	FILE *terminal = stdout;
	char *text = NULL;
	size_t len;

	stdout = open_memstream(&text, &len);
	if (bare)
		out_bare(&o, "word", "", word);
	else
		out_quoted(&o, "word", "", word);
	fclose(stdout);
	stdout = terminal;
	return text;
}

static void looks(const char *word, bool bare, const char *want)
{
	char *text = printed(word, bare);

	ktap_ok(!strcmp(text, want), "[%s] is printed as %s", word, want);
	free(text);
}

static void test_looks(void)
{
	looks("X-Via: tlsvip", false, "\"X-Via: tlsvip\"");
	looks("a \"b\" \\c", false, "\"a \\\"b\\\" \\\\c\"");
	looks("it's", false, "\"it's\"");
	looks("$HOME `id` !1", false, "'$HOME `id` !1'");
	looks("a $b 'c' $d", false, "\"a \"'$b '\"'c' \"'$d'");
	looks("", false, "\"\"");
	looks("X-Real.IP_4", true, "X-Real.IP_4");
	looks("", true, "\"\"");
	looks("#1", true, "\"#1\"");
	looks("~x", true, "\"~x\"");
	looks("a'b", true, "\"a'b\"");
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
		text = printed(word, i & 1);
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
		text = printed(words[i], i & 1);
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
	test_batch();
	test_shell();
	return ktap_end();
}
