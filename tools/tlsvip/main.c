// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlsvip, the command line of the appliance: options, and the way to the file of
 * each object. What a command does is in that file.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/pki.h"
#include "tlsvip.h"

static const char main_usage[] =
"Usage: tlsvip [ OPTIONS ] OBJECT { COMMAND | help }\n"
"       tlsvip [ OPTIONS ] -b FILE\n"
"\n"
"OBJECT := { context | policy | service | conn | stats | monitor | pki }\n"
"OPTIONS := { -j | --json        answers as JSON\n"
"             -p | --pretty      JSON with line breaks\n"
"             -s | --statistics  more that is counted, in show\n"
"             -n | --netns NETNS in the network namespace /run/netns/NETNS\n"
"             -b | --batch FILE  commands from FILE, - is standard input\n"
"             --pki DIR          PKI store, default $TLSVIP_PKI or\n"
"                                /etc/tlsvip/pki\n"
"             -V | --version     print the version\n"
"             -h | --help }      print this\n";

static const struct object *const objects[] = {
	&context_object,
	&policy_object,
	&service_object,
	&conn_object,
	&stats_object,
	&monitor_object,
	&pki_object,
};

#define N_OBJECTS (sizeof(objects) / sizeof(objects[0]))

static void cli_doing(struct cli *cli, const char *word)
{
	size_t len = strlen(cli->doing);

	snprintf(cli->doing + len, sizeof(cli->doing) - len, "%s%s",
		 len ? " " : "", word);
}

/* nothing was asked for: the grammar, and the status of a misuse */
static enum cli_status cli_incomplete(const char *usage)
{
	fputs(usage, stderr);
	return CLI_USAGE;
}

static enum cli_status cli_help(const char *usage)
{
	fputs(usage, stdout);
	return CLI_OK;
}

static enum cli_status cli_not_a_command(struct cli *cli, const char *word,
					 const struct command *commands)
{
	char list[160] = "";
	size_t len = 0, i;

	for (i = 0; commands[i].name; i++)
		if (commands[i].name[0] && len < sizeof(list))
			len += snprintf(list + len, sizeof(list) - len,
					"%s, ", commands[i].name);
	return cli_misuse(cli, "'%s' is not a command, expected %sor help",
			  word, list);
}

/**
 * cli_dispatch - go where the next word leads
 * @cli: the run
 * @args: the words
 * @usage: its grammar
 * @commands: the commands; one named "" runs without a word
 *
 * Return: status of the command.
 */
enum cli_status cli_dispatch(struct cli *cli, struct args *args,
			     const char *usage,
			     const struct command *commands)
{
	const char *word = args_next(args);
	size_t i;

	if (word && !strcmp(word, "help"))
		return cli_help(usage);
	for (i = 0; commands[i].name; i++)
		if (!strcmp(commands[i].name, word ? word : ""))
			break;
	if (!word && !commands[i].name)
		return cli_incomplete(usage);
	if (!commands[i].name || (word && !word[0]))
		return cli_not_a_command(cli, word, commands);
	if (word)
		cli_doing(cli, word);
	return commands[i].run(cli, args);
}

/**
 * cli_line - run one command
 * @cli: the run
 * @args: its words, the first is the object
 *
 * Return: status of the command.
 */
enum cli_status cli_line(struct cli *cli, struct args *args)
{
	const char *word = args_next(args);
	enum cli_status status;
	size_t i;

	if (!word)
		return cli_incomplete(main_usage);
	if (!strcmp(word, "help"))
		return cli_help(main_usage);
	for (i = 0; i < N_OBJECTS; i++)
		if (!strcmp(objects[i]->name, word))
			break;
	if (i == N_OBJECTS)
		return cli_misuse(cli,
				  "'%s' is not an object, expected context, policy, service, conn, stats, monitor, pki or help",
				  word);
	cli_doing(cli, word);
	status = cli_dispatch(cli, args, objects[i]->usage,
			      objects[i]->commands);
	cli->doing[0] = '\0';
	return status;
}

static enum cli_status option_value(struct cli *cli, struct args *args,
				    const char *name, const char *expected,
				    const char **value)
{
	*value = args_word(cli, args, name, expected);
	return *value ? CLI_OK : CLI_USAGE;
}

/* "-jps": letters that have no value, in one word */
static bool option_letters(struct cli *cli, const char *word)
{
	size_t i;

	if (word[0] != '-' || !word[1] || word[1 + strspn(word + 1, "jps")])
		return false;
	for (i = 1; word[i]; i++) {
		cli->out.json |= word[i] == 'j';
		cli->out.pretty |= word[i] == 'p';
		cli->stats |= word[i] == 's';
	}
	return true;
}

static bool option_is(const char *word, const char *brief, const char *full)
{
	return !strcmp(word, brief) || !strcmp(word, full);
}

static enum cli_status cli_option(struct cli *cli, struct args *args,
				  const char *word, bool *done)
{
	if (option_letters(cli, word))
		return CLI_OK;
	if (!strcmp(word, "--json"))
		cli->out.json = true;
	else if (!strcmp(word, "--pretty"))
		cli->out.pretty = true;
	else if (!strcmp(word, "--statistics"))
		cli->stats = true;
	else if (option_is(word, "-n", "--netns"))
		return option_value(cli, args, word, "NETNS", &cli->netns);
	else if (option_is(word, "-b", "--batch"))
		return option_value(cli, args, word, "FILE", &cli->batch);
	else if (!strcmp(word, "--pki"))
		return option_value(cli, args, word, "DIR", &cli->store);
	else if (option_is(word, "-V", "--version"))
		*done = printf("tlsvip %s\n", CLI_VERSION);
	else if (option_is(word, "-h", "--help"))
		*done = !cli_help(main_usage);
	else
		return cli_misuse(cli,
				  "'%s' is not an option, expected -j, -p, -s, -n, -b, --pki, -V or -h",
				  word);
	return CLI_OK;
}

static enum cli_status cli_options(struct cli *cli, struct args *args,
				   bool *done)
{
	enum cli_status status = CLI_OK;

	while (!status && !*done && !args_end(args) &&
	       args->v[args->i][0] == '-')
		status = cli_option(cli, args, args_next(args), done);
	return status;
}

static enum cli_status cli_run(struct cli *cli, struct args *args)
{
	enum cli_status status;
	bool done = false;

	status = cli_options(cli, args, &done);
	if (status || done)
		return status;
	if (cli->batch && !args_end(args))
		return cli_misuse(cli,
				  "'%s' is too much, expected nothing more with -b",
				  args->v[args->i]);
	status = cli_netns(cli);
	if (status)
		return status;
	return cli->batch ? cli_batch(cli) : cli_line(cli, args);
}

int main(int argc, char **argv)
{
	struct args args = { .v = argv, .n = argc, .i = 1 };
	struct cli cli = { .store = secure_getenv("TLSVIP_PKI") };
	enum cli_status status, flushed;

	if (!cli.store || !cli.store[0])
		cli.store = PKI_STORE;
	setlocale(LC_TIME, "");
	signal(SIGPIPE, SIG_IGN);
	status = cli_run(&cli, &args);
	cli.line = 0;
	flushed = out_flush(&cli);
	out_drop(&cli.out);
	tv_close(cli.tv);
	return status ? status : flushed;
}
