// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "tlsvip context": the tenants. Their services and policies are in files of
 * their own.
 */
#include <errno.h>
#include <string.h>

#include "tlsvip.h"

static const char context_usage[] =
"Usage: tlsvip context add NAME [ vrf DEVICE ] [ maxconns NUMBER ]\n"
"       tlsvip context set NAME maxconns NUMBER\n"
"       tlsvip context delete NAME\n"
"       tlsvip context show [ NAME ]\n"
"\n"
"NUMBER := 1..4294967295\n";

static enum cli_status key_vrf(struct cli *cli, struct args *args,
			       const char *name, void *object)
{
	struct tv_context *ctx = object;

	ctx->has |= TV_HAS(TLSVIP_A_CONTEXT_VRF);
	return args_ifname(cli, args, name, ctx->vrf);
}

static enum cli_status key_maxconns(struct cli *cli, struct args *args,
				    const char *name, void *object)
{
	struct tv_context *ctx = object;

	ctx->has |= TV_HAS(TLSVIP_A_CONTEXT_MAXCONNS);
	return args_u32(cli, args, name, 1, &ctx->maxconns);
}

static const struct key context_add_keys[] = {
	{ "vrf", key_vrf },
	{ "maxconns", key_maxconns },
	{ 0 },
};

static const struct key context_set_keys[] = {
	{ "maxconns", key_maxconns },
	{ 0 },
};

static const struct key context_no_keys[] = {
	{ 0 },
};

static enum cli_status context_change(struct cli *cli, struct args *args,
				      uint8_t cmd, const struct key *keys)
{
	struct tv_context ctx = { .has = TV_HAS(TLSVIP_A_CONTEXT_NAME) };
	enum cli_status status;
	struct nlmsghdr *nlh;

	status = args_name(cli, args, "context", ctx.name);
	if (!status && keys[0].name)
		status = args_keys(cli, args, keys, &ctx);
	if (!status)
		status = args_nothing(cli, args);
	if (status)
		return status;
	if (cmd == TLSVIP_CMD_CONTEXT_SET &&
	    ctx.has == TV_HAS(TLSVIP_A_CONTEXT_NAME))
		return cli_misuse(cli, "nothing to change, expected maxconns");
	if (!cli_tv(cli))
		return CLI_REFUSED;
	nlh = tv_msg(cli->tv, cmd);
	tv_context_put(nlh, &ctx);
	return cli_request(cli, nlh, NULL, NULL);
}

static enum cli_status cmd_context_add(struct cli *cli, struct args *args)
{
	return context_change(cli, args, TLSVIP_CMD_CONTEXT_NEW,
			      context_add_keys);
}

static enum cli_status cmd_context_set(struct cli *cli, struct args *args)
{
	return context_change(cli, args, TLSVIP_CMD_CONTEXT_SET,
			      context_set_keys);
}

static enum cli_status cmd_context_delete(struct cli *cli, struct args *args)
{
	return context_change(cli, args, TLSVIP_CMD_CONTEXT_DEL,
			      context_no_keys);
}

/**
 * print_context - print a context
 * @o: the output; an object is open
 * @ctx: the context
 * @stats: print what changes by itself, too
 */
void print_context(struct out *o, const struct tv_context *ctx, bool stats)
{
	out_str(o, "name", "", ctx->name);
	out_str(o, "vrf", ctx->vrf[0] ? "vrf" : NULL, ctx->vrf);
	out_uint(o, "maxconns", "maxconns", ctx->maxconns);
	out_str(o, "oper-state", "", tv_oper_state_name(ctx->oper_state));
	out_str(o, "oper-reason",
		ctx->oper_reason == TLSVIP_OPER_REASON_NONE ? NULL : "reason",
		tv_oper_reason_name(ctx->oper_reason));
	if (stats)
		out_line(o, 4);
	out_uint(o, "ifindex", stats ? "ifindex" : NULL, ctx->ifindex);
	out_uint(o, "services", stats ? "services" : NULL, ctx->services);
	out_uint(o, "conns", stats ? "conns" : NULL, ctx->conns);
}

static int context_each(const struct nlmsghdr *nlh, void *arg)
{
	struct tv_context *ctx = list_add(arg);

	return ctx ? tv_context_parse(nlh, ctx) : -ENOMEM;
}

static enum cli_status context_read(struct cli *cli, const char *name,
				    struct list *list)
{
	struct nlmsghdr *nlh;

	if (!cli_tv(cli))
		return CLI_REFUSED;
	nlh = tv_msg(cli->tv, TLSVIP_CMD_CONTEXT_GET);
	if (!name)
		return cli_dump(cli, nlh, context_each, list);
	mnl_attr_put_strz(nlh, TLSVIP_A_CONTEXT_NAME, name);
	return cli_request(cli, nlh, context_each, list);
}

/**
 * context_exists - ask the kernel whether there is a context
 * @cli: the run
 * @name: its name
 *
 * Return: CLI_OK, or CLI_REFUSED with the kernel's words printed.
 */
enum cli_status context_exists(struct cli *cli, const char *name)
{
	struct list list = { .size = sizeof(struct tv_context) };
	enum cli_status status;

	status = context_read(cli, name, &list);
	list_free(&list);
	return status;
}

static enum cli_status context_print_all(struct cli *cli,
					 const struct list *list,
					 const struct list *counters)
{
	const struct tv_context *ctx = (const struct tv_context *)list->v;
	struct out *o = &cli->out;
	size_t i;

	out_array(o, NULL);
	for (i = 0; i < list->n; i++) {
		out_object(o, NULL);
		out_line(o, 0);
		print_context(o, &ctx[i], cli->stats);
		if (cli->stats)
			print_counters(o, counters, ctx[i].name, "");
		out_end(o);
	}
	return out_close(cli);
}

static enum cli_status cmd_context_show(struct cli *cli, struct args *args)
{
	struct list list = { .size = sizeof(struct tv_context) };
	struct list counters = {
		.size = sizeof(struct tv_stats),
		.drop = stats_drop,
	};
	enum cli_status status = CLI_OK;
	char name[TV_NAME_LEN] = "";

	if (!args_end(args))
		status = args_name(cli, args, "context", name);
	if (!status)
		status = args_nothing(cli, args);
	if (!status)
		status = context_read(cli, name[0] ? name : NULL, &list);
	if (!status && cli->stats)
		status = stats_read(cli, &counters, !name[0], name, "");
	if (!status)
		status = context_print_all(cli, &list, &counters);
	list_free(&counters);
	list_free(&list);
	return status;
}

static const struct command context_commands[] = {
	{ "add", cmd_context_add },
	{ "set", cmd_context_set },
	{ "delete", cmd_context_delete },
	{ "show", cmd_context_show },
	{ 0 },
};

const struct object context_object = {
	"context", context_usage, context_commands,
};
