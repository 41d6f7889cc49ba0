// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "tlsvip monitor": notifications of the kernel as they arrive. What was there
 * before is shown by the other objects' show.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "tlsvip.h"

static const char monitor_usage[] =
"Usage: tlsvip monitor [ config | events ]\n"
"\n"
"config: contexts, policies and services; events: connections\n";

/* one notification of any kind; only the member that @cmd says is valid */
union notice {
	struct tv_context context;
	struct tv_policy policy;
	struct tv_service service;
	struct tv_conn conn;
};

static void monitor_head(struct out *o, uint32_t event, const char *object)
{
	out_object(o, NULL);
	out_line(o, 0);
	out_str(o, "event", "", tv_event_name(event));
	out_str(o, "object", "", object);
}

/* print one notification; what is not known is of a newer kernel */
static int monitor_print(struct out *o, const struct nlmsghdr *nlh,
			 bool stats, bool *known)
{
	union notice u;
	int ret;

	*known = true;
	switch (tv_cmd(nlh)) {
	case TLSVIP_CMD_CONTEXT_NTF:
		ret = tv_context_parse(nlh, &u.context);
		if (ret)
			return ret;
		monitor_head(o, u.context.event, "context");
		print_context(o, &u.context, stats);
		break;
	case TLSVIP_CMD_POLICY_NTF:
		ret = tv_policy_parse(nlh, &u.policy);
		if (ret)
			return ret;
		monitor_head(o, u.policy.event, "policy");
		print_policy(o, &u.policy, stats);
		tv_policy_free(&u.policy);
		break;
	case TLSVIP_CMD_SERVICE_NTF:
		ret = tv_service_parse(nlh, &u.service);
		if (ret)
			return ret;
		monitor_head(o, u.service.event, "service");
		print_service(o, &u.service, stats);
		break;
	case TLSVIP_CMD_CONN_NTF:
		ret = tv_conn_parse(nlh, &u.conn);
		if (ret)
			return ret;
		monitor_head(o, u.conn.event, "conn");
		print_conn(o, &u.conn, stats);
		break;
	default:
		*known = false;
		break;
	}
	return 0;
}

static int monitor_event(const struct nlmsghdr *nlh, void *arg)
{
	struct cli *cli = arg;
	bool known;
	int ret;

	ret = monitor_print(&cli->out, nlh, cli->stats, &known);
	if (ret || !known)
		return ret;
	return out_close(cli) || out_flush(cli) ? -ECANCELED : 0;
}

/* all that has arrived; what was lost is no end */
static int monitor_receive(struct cli *cli)
{
	int ret;

	for (;;) {
		ret = tv_receive(cli->tv);
		if (ret != -ENOBUFS)
			return ret;
		cli_warn(cli, "notifications were lost, they came too fast");
	}
}

/* until the reader of standard output is gone, or the module */
static enum cli_status monitor_loop(struct cli *cli)
{
	struct pollfd fds[] = {
		{ .fd = tv_fd(cli->tv), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	int ret;

	for (;;) {
		ret = monitor_receive(cli);
		if (ret == -ECANCELED)
			return CLI_REFUSED;
		if (ret)
			return cli_refuse(cli, "%s", ret == -ENODEV ?
					  tv_error(cli->tv) : strerror(-ret));
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return cli_refuse(cli, "poll: %s", strerror(errno));
		if (fds[1].revents & (POLLERR | POLLHUP))
			return cli_refuse(cli, "standard output: %s",
					  strerror(EPIPE));
	}
}

static enum cli_status monitor_groups(struct cli *cli, struct args *args,
				      bool config, bool events)
{
	enum cli_status status = args_nothing(cli, args);

	if (status)
		return status;
	if (cli->line)
		return cli_misuse(cli, "it never ends, so it cannot be in a batch");
	if (!cli_tv(cli))
		return CLI_REFUSED;
	tv_on_event(cli->tv, monitor_event, cli);
	if ((config && tv_subscribe(cli->tv, TLSVIP_MCGRP_CONFIG)) ||
	    (events && tv_subscribe(cli->tv, TLSVIP_MCGRP_EVENTS)))
		return cli_refuse(cli, "%s", tv_error(cli->tv));
	return monitor_loop(cli);
}

static enum cli_status cmd_monitor(struct cli *cli, struct args *args)
{
	return monitor_groups(cli, args, true, true);
}

static enum cli_status cmd_monitor_config(struct cli *cli, struct args *args)
{
	return monitor_groups(cli, args, true, false);
}

static enum cli_status cmd_monitor_events(struct cli *cli, struct args *args)
{
	return monitor_groups(cli, args, false, true);
}

static const struct command monitor_commands[] = {
	{ "config", cmd_monitor_config },
	{ "events", cmd_monitor_events },
	{ "", cmd_monitor },
	{ 0 },
};

const struct object monitor_object = {
	"monitor", monitor_usage, monitor_commands,
};
