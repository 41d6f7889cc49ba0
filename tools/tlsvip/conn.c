// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "tlsvip conn": live connections. Those that come and go are shown by
 * monitor.c.
 */
#include <errno.h>
#include <string.h>

#include "tlsvip.h"

static const char conn_usage[] =
"Usage: tlsvip conn show [ context CONTEXT ] [ service SERVICE ]\n";

static enum cli_status key_context(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_conn *conn = object;

	conn->has |= TV_HAS(TLSVIP_A_CONN_CONTEXT);
	return args_name(cli, args, name, conn->context);
}

static enum cli_status key_service(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_conn *conn = object;

	conn->has |= TV_HAS(TLSVIP_A_CONN_SERVICE);
	return args_name(cli, args, name, conn->service);
}

static const struct key conn_keys[] = {
	{ "context", key_context },
	{ "service", key_service },
	{ 0 },
};

/* what the handshake has decided, absent before its end */
static void print_conn_tls(struct out *o, const struct tv_conn *conn)
{
	if (!(conn->has & TV_HAS(TLSVIP_A_CONN_TLS_VERSION)) ||
	    !conn->tls_version)
		return;
	out_str(o, "tls-version", "", tv_tls_version_name(conn->tls_version));
	out_str(o, "cipher", "", conn->cipher);
	out_bool(o, "resumed", conn->resumed, "resumed", NULL);
}

/**
 * print_conn - print a connection
 * @o: the output; an object is open
 * @conn: the connection
 * @stats: print what was counted, too
 */
void print_conn(struct out *o, const struct tv_conn *conn, bool stats)
{
	out_uint(o, "id", "", conn->id);
	out_str(o, "context", "context", conn->context);
	out_str(o, "service", "service", conn->service);
	out_str(o, "state", "", tv_conn_state_name(conn->state));
	out_str(o, "close-reason",
		conn->close_reason == TLSVIP_CLOSE_REASON_NONE ? NULL :
		"reason", tv_close_reason_name(conn->close_reason));
	if (conn->http_reason != TLSVIP_HTTP_REASON_NONE)
		out_str(o, "http-reason", "http-reason",
			tv_http_reason_name(conn->http_reason));
	out_line(o, 4);
	out_addr(o, "client", "client", &conn->client);
	out_addr(o, "vip", "vip", &conn->vip);
	out_addr(o, "server", "server", &conn->server);
	out_line(o, 4);
	print_conn_tls(o, conn);
	out_age(o, "age", "age", conn->age);
	out_age(o, "idle", "idle", conn->idle);
	if (stats)
		out_line(o, 4);
	out_uint(o, "c2s-bytes", stats ? "c2s-bytes" : NULL,
		 conn->c2s_bytes);
	out_uint(o, "s2c-bytes", stats ? "s2c-bytes" : NULL,
		 conn->s2c_bytes);
	out_uint(o, "requests", stats ? "requests" : NULL, conn->requests);
}

static int conn_each(const struct nlmsghdr *nlh, void *arg)
{
	struct tv_conn *conn = list_add(arg);

	return conn ? tv_conn_parse(nlh, conn) : -ENOMEM;
}

static enum cli_status conn_print_all(struct cli *cli, const char *service,
				      const struct list *list)
{
	const struct tv_conn *conn = (const struct tv_conn *)list->v;
	struct out *o = &cli->out;
	size_t i;

	out_array(o, NULL);
	for (i = 0; i < list->n; i++) {
		if (service[0] && strcmp(service, conn[i].service))
			continue;
		out_object(o, NULL);
		out_line(o, 0);
		print_conn(o, &conn[i], cli->stats);
		out_end(o);
	}
	return out_close(cli);
}

/* without a context the kernel sends those of all services */
static bool conn_any(const char *service, const struct list *list)
{
	const struct tv_conn *conn = (const struct tv_conn *)list->v;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!service[0] || !strcmp(service, conn[i].service))
			return true;
	return false;
}

/* no connections: because there are none, or because of a wrong name? */
static enum cli_status conn_nothing(struct cli *cli,
				    const struct tv_conn *want)
{
	if (want->service[0])
		return service_exists(cli, want->context, want->service);
	if (want->context[0])
		return context_exists(cli, want->context);
	return CLI_OK;
}

static enum cli_status cmd_conn_show(struct cli *cli, struct args *args)
{
	struct list list = { .size = sizeof(struct tv_conn) };
	struct tv_conn want = { 0 };
	enum cli_status status;
	struct nlmsghdr *nlh;

	status = args_keys(cli, args, conn_keys, &want);
	if (status)
		return status;
	if (!cli_tv(cli))
		return CLI_REFUSED;
	nlh = tv_msg(cli->tv, TLSVIP_CMD_CONN_GET);
	if (want.context[0])
		mnl_attr_put_strz(nlh, TLSVIP_A_CONN_CONTEXT, want.context);
	if (want.context[0] && want.service[0])
		mnl_attr_put_strz(nlh, TLSVIP_A_CONN_SERVICE, want.service);
	status = cli_dump(cli, nlh, conn_each, &list);
	if (!status && !conn_any(want.service, &list))
		status = conn_nothing(cli, &want);
	if (!status)
		status = conn_print_all(cli, want.service, &list);
	list_free(&list);
	return status;
}

static const struct command conn_commands[] = {
	{ "show", cmd_conn_show },
	{ 0 },
};

const struct object conn_object = {
	"conn", conn_usage, conn_commands,
};
