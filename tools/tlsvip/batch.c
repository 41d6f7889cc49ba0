// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches: lines of a file as commands. The grammar of a line is not here, it is
 * that of the command line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tlsvip.h"

#define BATCH_WORDS	256

static bool batch_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/*
 * One word: plain parts, '...' as it is, "..." with \ before " and \; a \
 * outside of quotes takes the next byte as it is. The word is unquoted in place;
 * @next is behind it. NULL when it does not end well, with @why.
 */
static char *batch_word(char *p, char **next, const char **why)
{
	char *word = p, *to = p, quote = '\0';

	for (; *p && (quote || !batch_space(*p)); p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'') {
			quote = quote ? '\0' : *p;
			continue;
		}
		if (*p == '\\' && !quote && !p[1]) {
			*why = "nothing follows the backslash";
			return NULL;
		}
		if (*p == '\\' && quote != '\'' &&
		    (!quote || p[1] == '"' || p[1] == '\\'))
			p++;
		*to++ = *p;
	}
	*next = *p ? p + 1 : p;
	*to = '\0';
	*why = "a quote is not closed";
	return quote ? NULL : word;
}

/**
 * batch_split - cut a line into words
 * @line: the line, changed: the words are in it
 * @words: where the words are stored
 * @max: room in @words
 * @why: what is wrong with the line
 *
 * Return: number of words, 0 for an empty line or a comment; -1 with @why.
 */
int batch_split(char *line, char **words, size_t max, const char **why)
{
	size_t n = 0;
	char *p = line;

	for (;;) {
		while (batch_space(*p))
			p++;
		if (!*p || *p == '#')
			return n;
		if (n == max) {
			*why = "too many words";
			return -1;
		}
		words[n] = batch_word(p, &p, why);
		if (!words[n])
			return -1;
		n++;
	}
}

static enum cli_status batch_line(struct cli *cli, char *line, size_t len)
{
	char *words[BATCH_WORDS];
	struct args args = { .v = words };
	const char *why;
	int n;

	cli->doing[0] = '\0';
	if (strlen(line) != len)
		return cli_misuse(cli, "a NUL byte in the line");
	line[strcspn(line, "\n")] = '\0';
	n = batch_split(line, words, BATCH_WORDS, &why);
	if (n < 0)
		return cli_misuse(cli, "%s", why);
	if (!n)
		return CLI_OK;
	args.n = n;
	return cli_line(cli, &args);
}

static enum cli_status batch_lines(struct cli *cli, FILE *f)
{
	enum cli_status status = CLI_OK;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while (!status && (len = getline(&line, &room, f)) >= 0) {
		cli->line++;
		status = batch_line(cli, line, len);
	}
	free(line);
	if (!status && ferror(f)) {
		cli->doing[0] = '\0';
		status = cli_refuse(cli, "cannot read on: %s",
				    strerror(errno));
	}
	return status;
}

/**
 * cli_batch - run the commands of a file up to the first that fails
 * @cli: the run; @cli->batch names the file, "-" is standard input
 *
 * Return: status of the last command.
 */
enum cli_status cli_batch(struct cli *cli)
{
	enum cli_status status;
	FILE *f = stdin;

	if (strcmp(cli->batch, "-")) {
		f = fopen(cli->batch, "re");
		if (!f)
			return cli_refuse(cli, "%s: %s", cli->batch,
					  strerror(errno));
	}
	status = batch_lines(cli, f);
	if (f != stdin)
		fclose(f);
	return status;
}
