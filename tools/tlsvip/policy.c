// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "tlsvip policy": named sets of rules that services refer to. Which service
 * uses which is in service.c, the rules for URLs are in policy_url.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tlsvip.h"

static const char policy_usage[] =
"Usage: tlsvip policy http-header { add | set } NAME context CONTEXT\n"
"              [ client-ip-port ] [ session [ always | once ] ]\n"
"              [ forwarded ] [ x-forwarded ]\n"
"              [ client-cert [ basic | all | pem ] [ always | first ] ]\n"
"              [ subject-name ] [ rfc9440 [ chain ] ] [ custom LINE ]...\n"
"              [ prefix PREFIX ] [ alias STANDARD NEW ]...\n"
"              [ protect HEADER ]... [ spoof { strip | reject } ]\n"
"              [ head-max N ] [ line-max N ] [ fields-max N ]\n"
"              [ name-max N ] [ ext-max N ] [ trailer-max N ]\n"
"              [ records-max N ] [ crlf-max N ] [ head-timeout TIME ]\n"
"       tlsvip policy url-rewrite { add | set } NAME context CONTEXT\n"
"              { url HOST [ clearport PORT ] [ sslport PORT ] }...\n"
"       tlsvip policy KIND delete NAME context CONTEXT\n"
"       tlsvip policy KIND show [ NAME ] [ context CONTEXT ]\n"
"       tlsvip policy show [ context CONTEXT ]\n"
"\n"
"KIND := { http-header | url-rewrite }\n"
"LINE := \"HEADER: VALUE\", at most 16 of them\n"
"STANDARD := a header that is inserted otherwise, at most 48 of them\n"
"HOST := { NAME | [ADDRESS] | *.SUFFIX | PREFIX.* | * }, at most 32 rules\n"
"TIME := NUMBER{ ms | s | m | h }\n"
"set replaces all that the policy says.\n";

/**
 * struct limit - a limit of requests
 * @name: its name, as in the specification
 * @attr: TLSVIP_A_POLICY_x
 * @offset: of its member in struct tv_policy
 * @preset: what holds without it
 * @time: it is a time, not a number
 */
static const struct limit {
	const char *name;
	uint16_t attr;
	size_t offset;
	uint32_t preset;
	bool time;
} limits[] = {
	{ "head-max", TLSVIP_A_POLICY_HEAD_MAX,
	  offsetof(struct tv_policy, head_max), TV_HEAD_MAX },
	{ "line-max", TLSVIP_A_POLICY_LINE_MAX,
	  offsetof(struct tv_policy, line_max), TV_LINE_MAX },
	{ "fields-max", TLSVIP_A_POLICY_FIELDS_MAX,
	  offsetof(struct tv_policy, fields_max), TV_FIELDS_MAX },
	{ "name-max", TLSVIP_A_POLICY_NAME_MAX,
	  offsetof(struct tv_policy, name_max), TV_NAME_MAX },
	{ "ext-max", TLSVIP_A_POLICY_EXT_MAX,
	  offsetof(struct tv_policy, ext_max), TV_EXT_MAX },
	{ "trailer-max", TLSVIP_A_POLICY_TRAILER_MAX,
	  offsetof(struct tv_policy, trailer_max), TV_TRAILER_MAX },
	{ "records-max", TLSVIP_A_POLICY_RECORDS_MAX,
	  offsetof(struct tv_policy, records_max), TV_RECORDS_MAX },
	{ "crlf-max", TLSVIP_A_POLICY_CRLF_MAX,
	  offsetof(struct tv_policy, crlf_max), TV_CRLF_MAX },
	{ "head-timeout", TLSVIP_A_POLICY_HEAD_TIMEOUT,
	  offsetof(struct tv_policy, head_timeout), TV_HEAD_TIMEOUT,
	  .time = true },
};

#define N_LIMITS (sizeof(limits) / sizeof(limits[0]))

static enum cli_status key_context(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_policy *pol = object;

	pol->has |= TV_HAS(TLSVIP_A_POLICY_CONTEXT);
	return args_name(cli, args, name, pol->context);
}

static enum cli_status key_client_ip_port(struct cli *cli, struct args *args,
					  const char *name, void *object)
{
	struct tv_policy *pol = object;

	pol->has |= TV_HAS(TLSVIP_A_POLICY_CLIENT_IP_PORT);
	return CLI_OK;
}

static enum cli_status key_session(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_policy *pol = object;

	pol->has |= TV_HAS(TLSVIP_A_POLICY_SESSION);
	if (args_take(args, "once"))
		pol->has |= TV_HAS(TLSVIP_A_POLICY_SESSION_ONCE);
	else
		args_take(args, "always");
	return CLI_OK;
}

static enum cli_status key_forwarded(struct cli *cli, struct args *args,
				     const char *name, void *object)
{
	struct tv_policy *pol = object;

	pol->has |= TV_HAS(TLSVIP_A_POLICY_FORWARDED);
	return CLI_OK;
}

static enum cli_status key_x_forwarded(struct cli *cli, struct args *args,
				       const char *name, void *object)
{
	struct tv_policy *pol = object;

	pol->has |= TV_HAS(TLSVIP_A_POLICY_X_FORWARDED);
	return CLI_OK;
}

static enum cli_status key_client_cert(struct cli *cli, struct args *args,
				       const char *name, void *object)
{
	struct tv_policy *pol = object;
	uint32_t v;

	pol->has |= TV_HAS(TLSVIP_A_POLICY_CLIENT_CERT);
	pol->client_cert = TLSVIP_CLIENT_CERT_ALL;
	for (v = TLSVIP_CLIENT_CERT_BASIC; v <= TLSVIP_CLIENT_CERT_PEM; v++) {
		if (!args_take(args, tv_client_cert_name(v)))
			continue;
		pol->client_cert = v;
		break;
	}
	if (args_take(args, "first"))
		pol->has |= TV_HAS(TLSVIP_A_POLICY_CLIENT_CERT_FIRST);
	else
		args_take(args, "always");
	return CLI_OK;
}

static enum cli_status key_subject_name(struct cli *cli, struct args *args,
					const char *name, void *object)
{
	struct tv_policy *pol = object;

	pol->has |= TV_HAS(TLSVIP_A_POLICY_SUBJECT_NAME);
	return CLI_OK;
}

static enum cli_status key_rfc9440(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_policy *pol = object;

	pol->has |= TV_HAS(TLSVIP_A_POLICY_RFC9440);
	if (args_take(args, "chain"))
		pol->has |= TV_HAS(TLSVIP_A_POLICY_RFC9440_CHAIN);
	return CLI_OK;
}

static enum cli_status key_custom(struct cli *cli, struct args *args,
				  const char *name, void *object)
{
	const char *line = args_word(cli, args, name, "a LINE \"HEADER: VALUE\"");
	struct tv_policy *pol = object;

	if (!line)
		return CLI_USAGE;
	if (!strchr(line, ':') || line[0] == ':')
		return cli_misuse(cli,
				  "custom: '%s' is not a header line, expected \"HEADER: VALUE\"",
				  line);
	if (strlen(line) > TLSVIP_CUSTOM_LEN)
		return cli_misuse(cli,
				  "custom: a line of %zu bytes, expected at most %d",
				  strlen(line), TLSVIP_CUSTOM_LEN);
	if (pol->n_custom == TLSVIP_CUSTOM_MAX)
		return cli_misuse(cli, "custom: expected at most %d lines",
				  TLSVIP_CUSTOM_MAX);
	pol->custom[pol->n_custom++] = line;
	return CLI_OK;
}

static enum cli_status key_prefix(struct cli *cli, struct args *args,
				  const char *name, void *object)
{
	struct tv_policy *pol = object;
	enum cli_status status;
	const char *prefix;

	status = args_header(cli, args, name, "a PREFIX", TLSVIP_PREFIX_LEN,
			     &prefix);
	if (status)
		return status;
	if (prefix[strlen(prefix) - 1] == '-')
		return cli_misuse(cli,
				  "%s: '%s' ends in '-', expected without, since one is put behind it",
				  name, prefix);
	pol->has |= TV_HAS(TLSVIP_A_POLICY_PREFIX);
	snprintf(pol->prefix, sizeof(pol->prefix), "%s", prefix);
	return CLI_OK;
}

static enum cli_status key_alias(struct cli *cli, struct args *args,
				 const char *name, void *object)
{
	char of[16 + TLSVIP_HEADER_NAME_LEN];
	struct tv_policy *pol = object;
	struct tv_alias alias = { 0 };
	enum cli_status status;

	status = args_header(cli, args, name,
			     "a STANDARD name, as Client-IP",
			     TLSVIP_HEADER_NAME_LEN, &alias.name);
	if (status)
		return status;
	snprintf(of, sizeof(of), "%s %s", name, alias.name);
	status = args_header(cli, args, of, "a NEW name",
			     TLSVIP_HEADER_NAME_LEN, &alias.alias);
	if (status)
		return status;
	if (pol->n_alias == TLSVIP_ALIAS_MAX)
		return cli_misuse(cli, "%s: one too many, expected at most %d",
				  of, TLSVIP_ALIAS_MAX);
	pol->alias[pol->n_alias++] = alias;
	return CLI_OK;
}

static enum cli_status key_protect(struct cli *cli, struct args *args,
				   const char *name, void *object)
{
	struct tv_policy *pol = object;
	enum cli_status status;
	const char *header;

	status = args_header(cli, args, name, "a HEADER",
			     TLSVIP_HEADER_NAME_LEN, &header);
	if (status)
		return status;
	if (pol->n_protect == TLSVIP_PROTECT_MAX)
		return cli_misuse(cli,
				  "%s %s: one too many, expected at most %d",
				  name, header, TLSVIP_PROTECT_MAX);
	pol->protect[pol->n_protect++] = header;
	return CLI_OK;
}

static enum cli_status key_spoof(struct cli *cli, struct args *args,
				 const char *name, void *object)
{
	const char *word = args_word(cli, args, name, "strip or reject");
	struct tv_policy *pol = object;

	if (!word)
		return CLI_USAGE;
	pol->has |= TV_HAS(TLSVIP_A_POLICY_SPOOF);
	for (pol->spoof = 0; pol->spoof <= TLSVIP_SPOOF_REJECT; pol->spoof++)
		if (!strcmp(tv_spoof_name(pol->spoof), word))
			return CLI_OK;
	return cli_misuse(cli, "%s: '%s' is not known, expected strip or reject",
			  name, word);
}

static enum cli_status key_limit(struct cli *cli, struct args *args,
				 const char *name, void *object)
{
	const struct limit *limit = limits;
	struct tv_policy *pol = object;
	uint32_t *v;

	while (strcmp(limit->name, name))
		limit++;
	pol->has |= TV_HAS(limit->attr);
	v = (uint32_t *)((char *)pol + limit->offset);
	return limit->time ? args_ms(cli, args, name, v) :
			     args_u32(cli, args, name, 0, v);
}

static const struct key policy_keys[] = {
	{ "context", key_context },
	{ "client-ip-port", key_client_ip_port },
	{ "session", key_session, .optional = "always, once" },
	{ "forwarded", key_forwarded },
	{ "x-forwarded", key_x_forwarded },
	{ "client-cert", key_client_cert,
	  .optional = "basic, all, pem, always, first" },
	{ "subject-name", key_subject_name },
	{ "rfc9440", key_rfc9440, .optional = "chain" },
	{ "custom", key_custom, .repeat = true },
	{ "prefix", key_prefix },
	{ "alias", key_alias, .repeat = true },
	{ "protect", key_protect, .repeat = true },
	{ "spoof", key_spoof },
	{ "head-max", key_limit },
	{ "line-max", key_limit },
	{ "fields-max", key_limit },
	{ "name-max", key_limit },
	{ "ext-max", key_limit },
	{ "trailer-max", key_limit },
	{ "records-max", key_limit },
	{ "crlf-max", key_limit },
	{ "head-timeout", key_limit },
	{ 0 },
};

static const struct key policy_url_keys[] = {
	{ "context", key_context },
	{ "url", policy_key_url, .repeat = true,
	  .optional = "clearport, sslport" },
	{ 0 },
};

static const struct key policy_context_keys[] = {
	{ "context", key_context },
	{ 0 },
};

static enum cli_status policy_change(struct cli *cli, struct args *args,
				     uint8_t cmd, uint32_t kind,
				     const struct key *keys)
{
	struct tv_policy pol = {
		.has = TV_HAS(TLSVIP_A_POLICY_NAME) |
		       TV_HAS(TLSVIP_A_POLICY_KIND),
		.kind = kind,
	};
	enum cli_status status;
	struct nlmsghdr *nlh;

	status = args_name(cli, args, tv_policy_kind_name(kind), pol.name);
	if (!status)
		status = args_keys(cli, args, keys, &pol);
	if (status)
		return status;
	if (!(pol.has & TV_HAS(TLSVIP_A_POLICY_CONTEXT)))
		return cli_misuse(cli,
				  "context is missing, expected context CONTEXT");
	if (!cli_tv(cli))
		return CLI_REFUSED;
	nlh = tv_msg(cli->tv, cmd);
	tv_policy_put(nlh, &pol);
	return cli_request(cli, nlh, NULL, NULL);
}

static enum cli_status cmd_policy_header_add(struct cli *cli,
					     struct args *args)
{
	return policy_change(cli, args, TLSVIP_CMD_POLICY_NEW,
			     TLSVIP_POLICY_KIND_HTTP_HEADER, policy_keys);
}

static enum cli_status cmd_policy_header_set(struct cli *cli,
					     struct args *args)
{
	return policy_change(cli, args, TLSVIP_CMD_POLICY_SET,
			     TLSVIP_POLICY_KIND_HTTP_HEADER, policy_keys);
}

static enum cli_status cmd_policy_header_delete(struct cli *cli,
						struct args *args)
{
	return policy_change(cli, args, TLSVIP_CMD_POLICY_DEL,
			     TLSVIP_POLICY_KIND_HTTP_HEADER,
			     policy_context_keys);
}

static enum cli_status cmd_policy_url_add(struct cli *cli, struct args *args)
{
	return policy_change(cli, args, TLSVIP_CMD_POLICY_NEW,
			     TLSVIP_POLICY_KIND_URL_REWRITE, policy_url_keys);
}

static enum cli_status cmd_policy_url_set(struct cli *cli, struct args *args)
{
	return policy_change(cli, args, TLSVIP_CMD_POLICY_SET,
			     TLSVIP_POLICY_KIND_URL_REWRITE, policy_url_keys);
}

static enum cli_status cmd_policy_url_delete(struct cli *cli,
					     struct args *args)
{
	return policy_change(cli, args, TLSVIP_CMD_POLICY_DEL,
			     TLSVIP_POLICY_KIND_URL_REWRITE,
			     policy_context_keys);
}

/* lines of what may be there more than once, each with the word that sets it */
static void print_policy_lists(struct out *o, const struct tv_policy *pol)
{
	uint32_t i;

	out_array(o, "custom");
	for (i = 0; i < pol->n_custom; i++) {
		out_line(o, 4);
		out_quoted(o, NULL, "custom", pol->custom[i]);
	}
	out_end(o);
	out_array(o, "alias");
	for (i = 0; i < pol->n_alias; i++) {
		out_object(o, NULL);
		out_line(o, 4);
		out_bare(o, "name", "alias", pol->alias[i].name);
		out_bare(o, "alias", "", pol->alias[i].alias);
		out_end(o);
	}
	out_end(o);
	out_array(o, "protect");
	for (i = 0; i < pol->n_protect; i++) {
		out_line(o, 4);
		out_bare(o, NULL, "protect", pol->protect[i]);
	}
	out_end(o);
}

/* text: a line with those that are not the preset, or with @all */
static void print_policy_limits(struct out *o, const struct tv_policy *pol,
				bool all)
{
	const struct limit *l = limits;
	bool line = false;
	uint32_t i, v;

	for (i = 0; i < N_LIMITS; i++, l++) {
		v = *(const uint32_t *)((const char *)pol + l->offset);
		if (!all && v == l->preset) {
			out_uint(o, l->name, NULL, v);
			continue;
		}
		if (!line)
			out_line(o, 4);
		line = true;
		if (l->time)
			out_ms(o, l->name, l->name, v);
		else
			out_uint(o, l->name, l->name, v);
	}
}

static void print_policy_header(struct out *o, const struct tv_policy *pol,
				bool stats)
{
	out_bool(o, "client-ip-port", pol->client_ip_port, "client-ip-port",
		 NULL);
	out_bool(o, "session", pol->session, "session", NULL);
	out_bool(o, "session-once", pol->session_once, "once", NULL);
	out_bool(o, "forwarded", pol->forwarded, "forwarded", NULL);
	out_bool(o, "x-forwarded", pol->x_forwarded, "x-forwarded", NULL);
	out_str(o, "client-cert", pol->client_cert ? "client-cert" : NULL,
		tv_client_cert_name(pol->client_cert));
	out_bool(o, "client-cert-first", pol->client_cert_first, "first",
		 NULL);
	out_bool(o, "subject-name", pol->subject_name, "subject-name", NULL);
	out_bool(o, "rfc9440", pol->rfc9440, "rfc9440", NULL);
	out_bool(o, "rfc9440-chain", pol->rfc9440_chain, "chain", NULL);
	out_bare(o, "prefix", pol->prefix[0] ? "prefix" : NULL, pol->prefix);
	out_str(o, "spoof", pol->spoof != TLSVIP_SPOOF_STRIP ? "spoof" : NULL,
		tv_spoof_name(pol->spoof));
	print_policy_lists(o, pol);
	print_policy_limits(o, pol, stats);
}

/**
 * print_policy - print a policy
 * @o: the output; an object is open
 * @pol: the policy
 * @stats: print what changes by itself, too, and limits that are the presets
 */
void print_policy(struct out *o, const struct tv_policy *pol, bool stats)
{
	out_str(o, "kind", "", tv_policy_kind_name(pol->kind));
	out_str(o, "name", "", pol->name);
	out_str(o, "context", "context", pol->context);
	if (pol->kind == TLSVIP_POLICY_KIND_URL_REWRITE)
		print_policy_urls(o, pol);
	else
		print_policy_header(o, pol, stats);
	if (stats)
		out_line(o, 4);
	out_uint(o, "users", stats ? "users" : NULL, pol->users);
}

static void policy_drop(void *object)
{
	tv_policy_free(object);
}

static int policy_each(const struct nlmsghdr *nlh, void *arg)
{
	struct tv_policy *pol = list_add(arg);

	return pol ? tv_policy_parse(nlh, pol) : -ENOMEM;
}

/* what @want names: one policy, those of a context or kind, or all */
static enum cli_status policy_read(struct cli *cli,
				   const struct tv_policy *want,
				   struct list *list)
{
	struct nlmsghdr *nlh;

	if (!cli_tv(cli))
		return CLI_REFUSED;
	if (want->context[0] && !want->name[0] &&
	    context_exists(cli, want->context))
		return CLI_REFUSED;
	nlh = tv_msg(cli->tv, TLSVIP_CMD_POLICY_GET);
	if (!want->context[0] || !want->name[0])
		return cli_dump(cli, nlh, policy_each, list);
	tv_policy_put(nlh, want);
	return cli_request(cli, nlh, policy_each, list);
}

static enum cli_status policy_print_all(struct cli *cli,
					const struct tv_policy *want,
					const struct list *list)
{
	const struct tv_policy *pol = (const struct tv_policy *)list->v;
	struct out *o = &cli->out;
	size_t i, n = 0;

	out_array(o, NULL);
	for (i = 0; i < list->n; i++) {
		if ((want->has & TV_HAS(TLSVIP_A_POLICY_KIND) &&
		     want->kind != pol[i].kind) ||
		    (want->name[0] && strcmp(want->name, pol[i].name)) ||
		    (want->context[0] &&
		     strcmp(want->context, pol[i].context)))
			continue;
		out_object(o, NULL);
		out_line(o, 0);
		print_policy(o, &pol[i], cli->stats);
		out_end(o);
		n++;
	}
	if (!n && want->name[0]) {
		out_drop(o);
		return cli_refuse(cli, "there is no %s policy %s",
				  tv_policy_kind_name(want->kind), want->name);
	}
	return out_close(cli);
}

/* @kind: policies of this kind, maybe one by its name; NULL: of all kinds */
static enum cli_status policy_show(struct cli *cli, struct args *args,
				   const uint32_t *kind)
{
	struct list list = {
		.size = sizeof(struct tv_policy),
		.drop = policy_drop,
	};
	enum cli_status status = CLI_OK;
	struct tv_policy want = { 0 };

	if (kind) {
		want.kind = *kind;
		want.has = TV_HAS(TLSVIP_A_POLICY_KIND);
	}
	if (kind && !args_end(args) && strcmp(args->v[args->i], "context"))
		status = args_name(cli, args, tv_policy_kind_name(*kind),
				   want.name);
	if (!status)
		status = args_keys(cli, args, policy_context_keys, &want);
	if (status)
		return status;
	want.has |= TV_HAS(TLSVIP_A_POLICY_NAME);
	status = policy_read(cli, &want, &list);
	if (!status)
		status = policy_print_all(cli, &want, &list);
	list_free(&list);
	return status;
}

static enum cli_status cmd_policy_header_show(struct cli *cli,
					      struct args *args)
{
	uint32_t kind = TLSVIP_POLICY_KIND_HTTP_HEADER;

	return policy_show(cli, args, &kind);
}

static enum cli_status cmd_policy_url_show(struct cli *cli, struct args *args)
{
	uint32_t kind = TLSVIP_POLICY_KIND_URL_REWRITE;

	return policy_show(cli, args, &kind);
}

static enum cli_status cmd_policy_show(struct cli *cli, struct args *args)
{
	return policy_show(cli, args, NULL);
}

static const struct command policy_header_commands[] = {
	{ "add", cmd_policy_header_add },
	{ "set", cmd_policy_header_set },
	{ "delete", cmd_policy_header_delete },
	{ "show", cmd_policy_header_show },
	{ 0 },
};

static const struct command policy_url_commands[] = {
	{ "add", cmd_policy_url_add },
	{ "set", cmd_policy_url_set },
	{ "delete", cmd_policy_url_delete },
	{ "show", cmd_policy_url_show },
	{ 0 },
};

static enum cli_status cmd_policy_header(struct cli *cli, struct args *args)
{
	return cli_dispatch(cli, args, policy_usage, policy_header_commands);
}

static enum cli_status cmd_policy_url(struct cli *cli, struct args *args)
{
	return cli_dispatch(cli, args, policy_usage, policy_url_commands);
}

static const struct command policy_commands[] = {
	{ "http-header", cmd_policy_header },
	{ "url-rewrite", cmd_policy_url },
	{ "show", cmd_policy_show },
	{ 0 },
};

const struct object policy_object = {
	"policy", policy_usage, policy_commands,
};
