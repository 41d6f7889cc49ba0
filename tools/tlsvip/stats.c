// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "tlsvip stats": counters of the namespace, of contexts and of services. What a
 * counter means is said by the kernel module, which also names them.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "tlsvip.h"

#define STATS_NAME_WIDTH	28

static const char stats_usage[] =
"Usage: tlsvip stats show [ all | context CONTEXT [ service SERVICE ] ]\n"
"       tlsvip stats clear\n";

static enum cli_status key_context(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_stats *want = object;

	want->scope = want->scope < TLSVIP_SCOPE_CONTEXT ?
		      TLSVIP_SCOPE_CONTEXT : want->scope;
	return args_name(cli, args, name, want->context);
}

static enum cli_status key_service(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_stats *want = object;

	want->scope = TLSVIP_SCOPE_SERVICE;
	return args_name(cli, args, name, want->service);
}

static const struct key stats_keys[] = {
	{ "context", key_context },
	{ "service", key_service },
	{ 0 },
};

static int stats_each(const struct nlmsghdr *nlh, void *arg)
{
	struct tv_stats *stats = list_add(arg);

	return stats ? tv_stats_parse(nlh, stats) : -ENOMEM;
}

/**
 * stats_read - read the counters of one scope, or all
 * @cli: the run, connected
 * @list: where they are stored; the caller must list_free() it;
 *	  its @drop is stats_drop()
 * @all: everything
 * @context: if not @all: "" for the namespace, or a context
 * @service: if not @all: "", or a service of @context
 *
 * Return: CLI_OK or CLI_REFUSED.
 */
enum cli_status stats_read(struct cli *cli, struct list *list, bool all,
			   const char *context, const char *service)
{
	struct nlmsghdr *nlh = tv_msg(cli->tv, TLSVIP_CMD_STATS_GET);

	if (!all)
		mnl_attr_put_u32(nlh, TLSVIP_A_STATS_SCOPE,
				 service[0] ? TLSVIP_SCOPE_SERVICE :
				 context[0] ? TLSVIP_SCOPE_CONTEXT :
				 TLSVIP_SCOPE_TOTAL);
	if (!all && context[0])
		mnl_attr_put_strz(nlh, TLSVIP_A_STATS_CONTEXT, context);
	if (!all && service[0])
		mnl_attr_put_strz(nlh, TLSVIP_A_STATS_SERVICE, service);
	return cli_dump(cli, nlh, stats_each, list);
}

/**
 * stats_drop - free what a struct tv_stats in a list owns
 * @object: the struct
 */
void stats_drop(void *object)
{
	tv_stats_free(object);
}

/* there are many reasons to reject a request: those that never did are left out */
static void print_values(struct out *o, const struct tv_stats *stats,
			 bool zeros)
{
	const struct tv_counter *c = stats->counters;
	size_t i;

	out_object(o, "counters");
	for (i = 0; i < stats->n; i++)
		if (o->json || c[i].value ||
		    (zeros && strncmp(c[i].name, "reject.", 7)))
			out_counter(o, c[i].name, STATS_NAME_WIDTH,
				    c[i].value);
	out_end(o);
}

/**
 * print_counters - print the counters of one scope inside of its object
 * @o: the output; an object is open
 * @list: from stats_read()
 * @context: the context
 * @service: the service, "" for the context itself
 *
 * Text has those that are not zero.
 */
void print_counters(struct out *o, const struct list *list,
		    const char *context, const char *service)
{
	const struct tv_stats *stats = (const struct tv_stats *)list->v;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (strcmp(stats[i].context, context) ||
		    strcmp(stats[i].service, service))
			continue;
		print_values(o, &stats[i], false);
		return;
	}
}

static void print_cleared(struct out *o, uint64_t cleared)
{
	time_t t = cleared;
	char text[40];
	struct tm tm;

	if (o->json) {
		out_uint(o, "cleared", NULL, cleared);
		return;
	}
	if (!cleared || !localtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &tm))
		return;
	out_text(o, "cleared");
	out_text(o, text);
}

static void print_stats(struct out *o, const struct tv_stats *stats)
{
	size_t i;

	out_line(o, 0);
	if (stats->scope == TLSVIP_SCOPE_TOTAL || o->json)
		out_str(o, "scope", "", tv_scope_name(stats->scope));
	if (stats->context[0])
		out_str(o, "context", "context", stats->context);
	if (stats->service[0])
		out_str(o, "service", "service", stats->service);
	print_cleared(o, stats->cleared);
	print_values(o, stats, true);
	out_array(o, "running");
	for (i = 0; i < stats->n; i++)
		if (stats->counters[i].running)
			out_str(o, NULL, NULL, stats->counters[i].name);
	out_end(o);
}

static enum cli_status stats_print_all(struct cli *cli,
				       const struct list *list)
{
	const struct tv_stats *stats = (const struct tv_stats *)list->v;
	struct out *o = &cli->out;
	size_t i;

	out_array(o, NULL);
	for (i = 0; i < list->n; i++) {
		out_object(o, NULL);
		print_stats(o, &stats[i]);
		out_end(o);
	}
	return out_close(cli);
}

static enum cli_status cmd_stats_show(struct cli *cli, struct args *args)
{
	struct list list = {
		.size = sizeof(struct tv_stats),
		.drop = stats_drop,
	};
	struct tv_stats want = { .scope = TLSVIP_SCOPE_TOTAL };
	enum cli_status status;
	bool all = false;

	if (!args_end(args) && !strcmp(args->v[args->i], "all")) {
		args_next(args);
		all = true;
		status = args_nothing(cli, args);
	} else {
		status = args_keys(cli, args, stats_keys, &want);
	}
	if (status)
		return status;
	if (want.service[0] && !want.context[0])
		return cli_misuse(cli,
				  "service needs its context, expected context CONTEXT");
	if (!cli_tv(cli))
		return CLI_REFUSED;
	status = stats_read(cli, &list, all, want.context, want.service);
	if (!status)
		status = stats_print_all(cli, &list);
	list_free(&list);
	return status;
}

static enum cli_status cmd_stats_clear(struct cli *cli, struct args *args)
{
	enum cli_status status = args_nothing(cli, args);

	if (status)
		return status;
	if (!cli_tv(cli))
		return CLI_REFUSED;
	return cli_request(cli, tv_msg(cli->tv, TLSVIP_CMD_STATS_CLEAR), NULL,
			   NULL);
}

static const struct command stats_commands[] = {
	{ "show", cmd_stats_show },
	{ "clear", cmd_stats_clear },
	{ 0 },
};

const struct object stats_object = {
	"stats", stats_usage, stats_commands,
};
