// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "tlsvip service": virtual addresses and where they lead. Their connections
 * are in conn.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pki/pki.h"
#include "tlsvip.h"

static const char service_usage[] =
"Usage: tlsvip service add NAME context CONTEXT vip ADDR server ADDR\n"
"              trustpoint TRUSTPOINT [ OPTION ]...\n"
"       tlsvip service set NAME context CONTEXT\n"
"              [ vip ADDR ] [ server ADDR ] [ trustpoint TRUSTPOINT ]\n"
"              [ OPTION ]... [ no inservice ] [ no policy KIND ]...\n"
"       tlsvip service delete NAME context CONTEXT\n"
"       tlsvip service show [ NAME ] [ context CONTEXT ]\n"
"\n"
"OPTION := { inservice | policy KIND POLICY |\n"
"            proxy-protocol { none | v2 } |\n"
"            handshake-timeout TIME | connect-timeout TIME |\n"
"            idle-timeout TIME | linger-timeout TIME }\n"
"KIND := { http-header | url-rewrite }\n"
"ADDR := { ADDRESS:PORT | [ADDRESS]:PORT }, the second for IPv6\n"
"TIME := NUMBER{ ms | s | m | h }\n";

static enum cli_status key_context(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_service *svc = object;

	svc->has |= TV_HAS(TLSVIP_A_SERVICE_CONTEXT);
	return args_name(cli, args, name, svc->context);
}

static enum cli_status key_vip(struct cli *cli, struct args *args,
			       const char *name, void *object)
{
	struct tv_service *svc = object;
	enum cli_status status;

	status = args_addr(cli, args, name, &svc->vip);
	svc->has |= TV_HAS(TLSVIP_A_SERVICE_VIP_PORT) |
		    (svc->vip.family == AF_INET6 ?
		     TV_HAS(TLSVIP_A_SERVICE_VIP6) :
		     TV_HAS(TLSVIP_A_SERVICE_VIP4));
	return status;
}

static enum cli_status key_server(struct cli *cli, struct args *args,
				  const char *name, void *object)
{
	struct tv_service *svc = object;
	enum cli_status status;

	status = args_addr(cli, args, name, &svc->server);
	svc->has |= TV_HAS(TLSVIP_A_SERVICE_SERVER_PORT) |
		    (svc->server.family == AF_INET6 ?
		     TV_HAS(TLSVIP_A_SERVICE_SERVER6) :
		     TV_HAS(TLSVIP_A_SERVICE_SERVER4));
	return status;
}

static enum cli_status key_trustpoint(struct cli *cli, struct args *args,
				      const char *name, void *object)
{
	struct tv_service *svc = object;

	svc->has |= TV_HAS(TLSVIP_A_SERVICE_TRUSTPOINT);
	return args_name(cli, args, name, svc->trustpoint);
}

/* the kind of policy is a word of its own; @name: where its name goes */
static enum cli_status policy_kind(struct cli *cli, struct args *args,
				   struct tv_service *svc, const char **kind,
				   char **name)
{
	uint16_t attr;

	*kind = args_word(cli, args, "policy", "http-header or url-rewrite");
	if (!*kind)
		return CLI_USAGE;
	if (!strcmp(*kind, "http-header")) {
		attr = TLSVIP_A_SERVICE_HTTP_HEADER;
		*name = svc->http_header;
	} else if (!strcmp(*kind, "url-rewrite")) {
		attr = TLSVIP_A_SERVICE_URL_REWRITE;
		*name = svc->url_rewrite;
	} else {
		return cli_misuse(cli,
				  "policy: '%s' is not a kind of policy, expected http-header or url-rewrite",
				  *kind);
	}
	if (svc->has & TV_HAS(attr))
		return cli_misuse(cli, "policy %s: given twice", *kind);
	svc->has |= TV_HAS(attr);
	return CLI_OK;
}

static enum cli_status key_policy(struct cli *cli, struct args *args,
				  const char *name, void *object)
{
	enum cli_status status;
	const char *kind;
	char *policy, of[32];

	status = policy_kind(cli, args, object, &kind, &policy);
	if (status)
		return status;
	snprintf(of, sizeof(of), "policy %s", kind);
	return args_name(cli, args, of, policy);
}

static enum cli_status set_inservice(struct cli *cli, struct tv_service *svc,
				     bool on)
{
	if (svc->has & TV_HAS(TLSVIP_A_SERVICE_INSERVICE))
		return cli_misuse(cli, "inservice: given twice");
	svc->has |= TV_HAS(TLSVIP_A_SERVICE_INSERVICE);
	svc->inservice = on;
	return CLI_OK;
}

static enum cli_status key_inservice(struct cli *cli, struct args *args,
				     const char *name, void *object)
{
	return set_inservice(cli, object, true);
}

static enum cli_status key_no(struct cli *cli, struct args *args,
			      const char *name, void *object)
{
	const char *word = args_word(cli, args, name, "inservice or policy KIND");
	const char *kind;
	char *policy;

	if (!word)
		return CLI_USAGE;
	if (!strcmp(word, "inservice"))
		return set_inservice(cli, object, false);
	if (!strcmp(word, "policy"))
		return policy_kind(cli, args, object, &kind, &policy);
	return cli_misuse(cli,
			  "no: '%s' cannot be taken away, expected inservice or policy KIND",
			  word);
}

static enum cli_status key_proxy_protocol(struct cli *cli, struct args *args,
					  const char *name, void *object)
{
	const char *word = args_word(cli, args, name, "none or v2");
	struct tv_service *svc = object;
	uint32_t v;

	if (!word)
		return CLI_USAGE;
	svc->has |= TV_HAS(TLSVIP_A_SERVICE_PROXY_PROTOCOL);
	for (v = 0; v <= TLSVIP_PROXY_PROTOCOL_V2; v++) {
		svc->proxy_protocol = v;
		if (!strcmp(tv_proxy_protocol_name(v), word))
			return CLI_OK;
	}
	return cli_misuse(cli, "proxy-protocol: '%s', expected none or v2",
			  word);
}

static enum cli_status key_handshake_timeout(struct cli *cli,
					     struct args *args,
					     const char *name, void *object)
{
	struct tv_service *svc = object;

	svc->has |= TV_HAS(TLSVIP_A_SERVICE_HANDSHAKE_TIMEOUT);
	return args_ms(cli, args, name, &svc->handshake_timeout);
}

static enum cli_status key_connect_timeout(struct cli *cli, struct args *args,
					   const char *name, void *object)
{
	struct tv_service *svc = object;

	svc->has |= TV_HAS(TLSVIP_A_SERVICE_CONNECT_TIMEOUT);
	return args_ms(cli, args, name, &svc->connect_timeout);
}

static enum cli_status key_idle_timeout(struct cli *cli, struct args *args,
					const char *name, void *object)
{
	struct tv_service *svc = object;

	svc->has |= TV_HAS(TLSVIP_A_SERVICE_IDLE_TIMEOUT);
	return args_ms(cli, args, name, &svc->idle_timeout);
}

static enum cli_status key_linger_timeout(struct cli *cli, struct args *args,
					  const char *name, void *object)
{
	struct tv_service *svc = object;

	svc->has |= TV_HAS(TLSVIP_A_SERVICE_LINGER_TIMEOUT);
	return args_ms(cli, args, name, &svc->linger_timeout);
}

static const struct key service_keys[] = {
	{ "context", key_context },
	{ "vip", key_vip },
	{ "server", key_server },
	{ "trustpoint", key_trustpoint },
	{ "policy", key_policy, .repeat = true },
	{ "proxy-protocol", key_proxy_protocol },
	{ "inservice", key_inservice, .repeat = true },
	{ "handshake-timeout", key_handshake_timeout },
	{ "connect-timeout", key_connect_timeout },
	{ "idle-timeout", key_idle_timeout },
	{ "linger-timeout", key_linger_timeout },
	{ "no", key_no, .repeat = true },
	{ 0 },
};

static const struct key service_context_keys[] = {
	{ "context", key_context },
	{ 0 },
};

/* what must be given, for a message in the words of the grammar */
static enum cli_status service_needs(struct cli *cli,
				     const struct tv_service *svc,
				     uint8_t cmd)
{
	static const struct {
		uint16_t attr;
		const char *words;
	} needs[] = {
		{ TLSVIP_A_SERVICE_CONTEXT, "context CONTEXT" },
		{ TLSVIP_A_SERVICE_VIP_PORT, "vip ADDRESS:PORT" },
		{ TLSVIP_A_SERVICE_SERVER_PORT, "server ADDRESS:PORT" },
		{ TLSVIP_A_SERVICE_TRUSTPOINT, "trustpoint TRUSTPOINT" },
	};
	size_t n = cmd == TLSVIP_CMD_SERVICE_NEW ?
		   sizeof(needs) / sizeof(needs[0]) : 1;
	size_t i;

	for (i = 0; i < n; i++)
		if (!(svc->has & TV_HAS(needs[i].attr)))
			return cli_misuse(cli, "%.*s is missing, expected %s",
					  (int)strcspn(needs[i].words, " "),
					  needs[i].words, needs[i].words);
	if (cmd == TLSVIP_CMD_SERVICE_SET &&
	    svc->has == (TV_HAS(TLSVIP_A_SERVICE_CONTEXT) |
			 TV_HAS(TLSVIP_A_SERVICE_NAME)))
		return cli_misuse(cli,
				  "nothing to change, expected vip, server, trustpoint, an OPTION or no");
	return CLI_OK;
}

/* not refused: it may be imported at any time; said once, not of each service */
static void service_trustpoint(struct cli *cli, const struct tv_service *svc)
{
	if (!strcmp(cli->missing, svc->trustpoint) ||
	    pki_trustpoint_exists(cli->store, svc->trustpoint))
		return;
	cli_warn(cli,
		 "there is no trustpoint %s in %s, handshakes are refused until it is imported",
		 svc->trustpoint, cli->store);
	memcpy(cli->missing, svc->trustpoint, sizeof(cli->missing));
}

static enum cli_status service_change(struct cli *cli, struct args *args,
				      uint8_t cmd, const struct key *keys)
{
	struct tv_service svc = { .has = TV_HAS(TLSVIP_A_SERVICE_NAME) };
	enum cli_status status;
	struct nlmsghdr *nlh;

	status = args_name(cli, args, "service", svc.name);
	if (!status)
		status = args_keys(cli, args, keys, &svc);
	if (!status)
		status = service_needs(cli, &svc, cmd);
	if (status)
		return status;
	if (!cli_tv(cli))
		return CLI_REFUSED;
	nlh = tv_msg(cli->tv, cmd);
	tv_service_put(nlh, &svc);
	status = cli_request(cli, nlh, NULL, NULL);
	if (!status && svc.trustpoint[0])
		service_trustpoint(cli, &svc);
	return status;
}

static enum cli_status cmd_service_add(struct cli *cli, struct args *args)
{
	return service_change(cli, args, TLSVIP_CMD_SERVICE_NEW,
			      service_keys);
}

static enum cli_status cmd_service_set(struct cli *cli, struct args *args)
{
	return service_change(cli, args, TLSVIP_CMD_SERVICE_SET,
			      service_keys);
}

static enum cli_status cmd_service_delete(struct cli *cli, struct args *args)
{
	return service_change(cli, args, TLSVIP_CMD_SERVICE_DEL,
			      service_context_keys);
}

/**
 * print_service - print a service
 * @o: the output; an object is open
 * @svc: the service
 * @stats: print what changes by itself, too
 */
void print_service(struct out *o, const struct tv_service *svc, bool stats)
{
	out_str(o, "name", "", svc->name);
	out_str(o, "context", "context", svc->context);
	out_bool(o, "inservice", svc->inservice, "inservice", "no inservice");
	out_str(o, "oper-state", "", tv_oper_state_name(svc->oper_state));
	out_str(o, "oper-reason",
		svc->oper_reason == TLSVIP_OPER_REASON_NONE ? NULL : "reason",
		tv_oper_reason_name(svc->oper_reason));
	out_line(o, 4);
	out_addr(o, "vip", "vip", &svc->vip);
	out_addr(o, "server", "server", &svc->server);
	out_str(o, "trustpoint", "trustpoint", svc->trustpoint);
	out_object(o, "policy");
	if (svc->http_header[0])
		out_str(o, "http-header", "policy http-header",
			svc->http_header);
	if (svc->url_rewrite[0])
		out_str(o, "url-rewrite", "policy url-rewrite",
			svc->url_rewrite);
	out_end(o);
	out_str(o, "proxy-protocol",
		svc->proxy_protocol == TLSVIP_PROXY_PROTOCOL_NONE ? NULL :
		"proxy-protocol", tv_proxy_protocol_name(svc->proxy_protocol));
	out_line(o, 4);
	out_ms(o, "handshake-timeout", "handshake-timeout",
	       svc->handshake_timeout);
	out_ms(o, "connect-timeout", "connect-timeout",
	       svc->connect_timeout);
	out_ms(o, "idle-timeout", "idle-timeout", svc->idle_timeout);
	out_ms(o, "linger-timeout", "linger-timeout", svc->linger_timeout);
	if (stats)
		out_line(o, 4);
	out_uint(o, "conns", stats ? "conns" : NULL, svc->conns);
}

static int service_each(const struct nlmsghdr *nlh, void *arg)
{
	struct tv_service *svc = list_add(arg);

	return svc ? tv_service_parse(nlh, svc) : -ENOMEM;
}

/* what @want names: one service, those of a context, or all */
static enum cli_status service_read(struct cli *cli,
				    const struct tv_service *want,
				    struct list *list)
{
	struct nlmsghdr *nlh;

	if (!cli_tv(cli))
		return CLI_REFUSED;
	nlh = tv_msg(cli->tv, TLSVIP_CMD_SERVICE_GET);
	if (want->context[0])
		mnl_attr_put_strz(nlh, TLSVIP_A_SERVICE_CONTEXT,
				  want->context);
	if (!want->context[0] || !want->name[0])
		return cli_dump(cli, nlh, service_each, list);
	mnl_attr_put_strz(nlh, TLSVIP_A_SERVICE_NAME, want->name);
	return cli_request(cli, nlh, service_each, list);
}

/**
 * service_exists - find out whether there is a service
 * @cli: the run
 * @context: its context, or "" for any
 * @name: its name
 *
 * Return: CLI_OK, or CLI_REFUSED when there is none and that was said.
 */
enum cli_status service_exists(struct cli *cli, const char *context,
			       const char *name)
{
	struct list list = { .size = sizeof(struct tv_service) };
	struct tv_service want = { 0 };
	enum cli_status status;
	size_t i;

	snprintf(want.context, sizeof(want.context), "%s", context);
	snprintf(want.name, sizeof(want.name), "%s", name);
	status = service_read(cli, &want, &list);
	for (i = 0; !status && i < list.n; i++)
		if (!strcmp(((struct tv_service *)list.v)[i].name, name))
			break;
	if (!status && i == list.n)
		status = cli_refuse(cli, "there is no service %s", name);
	list_free(&list);
	return status;
}

static enum cli_status service_print_all(struct cli *cli, const char *name,
					 const struct list *list,
					 const struct list *counters)
{
	const struct tv_service *svc = (const struct tv_service *)list->v;
	struct out *o = &cli->out;
	size_t i, n = 0;

	out_array(o, NULL);
	for (i = 0; i < list->n; i++) {
		if (name[0] && strcmp(name, svc[i].name))
			continue;
		out_object(o, NULL);
		out_line(o, 0);
		print_service(o, &svc[i], cli->stats);
		if (cli->stats)
			print_counters(o, counters, svc[i].context,
				       svc[i].name);
		out_end(o);
		n++;
	}
	if (!n && name[0]) {
		out_drop(o);
		return cli_refuse(cli, "there is no service %s", name);
	}
	return out_close(cli);
}

static enum cli_status cmd_service_show(struct cli *cli, struct args *args)
{
	struct list list = { .size = sizeof(struct tv_service) };
	struct list counters = {
		.size = sizeof(struct tv_stats),
		.drop = stats_drop,
	};
	enum cli_status status = CLI_OK;
	struct tv_service want = { 0 };

	if (!args_end(args) && strcmp(args->v[args->i], "context"))
		status = args_name(cli, args, "service", want.name);
	if (!status)
		status = args_keys(cli, args, service_context_keys, &want);
	if (!status)
		status = service_read(cli, &want, &list);
	if (!status && cli->stats)
		status = stats_read(cli, &counters,
				    !want.context[0] || !want.name[0],
				    want.context, want.name);
	if (!status)
		status = service_print_all(cli, want.name, &list, &counters);
	list_free(&counters);
	list_free(&list);
	return status;
}

static const struct command service_commands[] = {
	{ "add", cmd_service_add },
	{ "set", cmd_service_set },
	{ "delete", cmd_service_delete },
	{ "show", cmd_service_show },
	{ 0 },
};

const struct object service_object = {
	"service", service_usage, service_commands,
};
