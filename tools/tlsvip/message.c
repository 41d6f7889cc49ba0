// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the CLI says when something is wrong, always on standard error. Answers
 * are printed by print.c.
 */
#include <stdarg.h>
#include <stdio.h>

#include "tlsvip.h"

/* "tlsvip: FILE:LINE: service add: " as far as it is known */
__attribute__((format(printf, 3, 0)))
static void cli_say(const struct cli *cli, const char *kind, const char *fmt,
		    va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "tlsvip: ");
	if (cli->line)
		fprintf(stderr, "%s:%u: ", cli->batch, cli->line);
	fprintf(stderr, "%s", kind);
	if (cli->doing[0])
		fprintf(stderr, "%s: ", cli->doing);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

/**
 * cli_refuse - say why something that was asked correctly was not done
 * @cli: the run
 * @fmt: the words
 *
 * Return: CLI_REFUSED.
 */
enum cli_status cli_refuse(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cli_say(cli, "", fmt, ap);
	va_end(ap);
	return CLI_REFUSED;
}

/**
 * cli_misuse - say what is wrong with the words that were typed
 * @cli: the run
 * @fmt: the words
 *
 * Return: CLI_USAGE.
 */
enum cli_status cli_misuse(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cli_say(cli, "", fmt, ap);
	va_end(ap);
	return CLI_USAGE;
}

/**
 * cli_warn - say what is odd about something that was done
 * @cli: the run
 * @fmt: the words
 */
void cli_warn(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cli_say(cli, "warning: ", fmt, ap);
	va_end(ap);
}

/**
 * cli_nomem - say that there is no memory
 * @cli: the run
 *
 * Return: CLI_REFUSED.
 */
enum cli_status cli_nomem(const struct cli *cli)
{
	return cli_refuse(cli, "out of memory");
}
