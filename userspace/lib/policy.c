// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policies as structs: beside single attributes they have lists, whose texts
 * lie in memory of their own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "lib/model.h"

#define F(member, text, how) FIELD(struct tv_policy, member, text, how)
#define U(member, text, unit) COUNTED(struct tv_policy, member, text, unit)

static const struct tv_field tv_policy_fields[] = {
	[TLSVIP_A_POLICY_CONTEXT] = F(context, "context", TV_STR),
	[TLSVIP_A_POLICY_NAME] = F(name, "name", TV_STR),
	[TLSVIP_A_POLICY_KIND] = F(kind, "kind", TV_UINT),
	[TLSVIP_A_POLICY_CLIENT_IP_PORT] = F(client_ip_port, "client-ip-port",
					     TV_FLAG),
	[TLSVIP_A_POLICY_SESSION] = F(session, "session", TV_FLAG),
	[TLSVIP_A_POLICY_SESSION_ONCE] = F(session_once, "session-once",
					   TV_FLAG),
	[TLSVIP_A_POLICY_FORWARDED] = F(forwarded, "forwarded", TV_FLAG),
	[TLSVIP_A_POLICY_X_FORWARDED] = F(x_forwarded, "x-forwarded",
					  TV_FLAG),
	[TLSVIP_A_POLICY_CLIENT_CERT] = F(client_cert, "client-cert", TV_UINT),
	[TLSVIP_A_POLICY_CLIENT_CERT_FIRST] =
		F(client_cert_first, "client-cert-first", TV_FLAG),
	[TLSVIP_A_POLICY_SUBJECT_NAME] = F(subject_name, "subject-name",
					   TV_FLAG),
	[TLSVIP_A_POLICY_RFC9440] = F(rfc9440, "rfc9440", TV_FLAG),
	[TLSVIP_A_POLICY_RFC9440_CHAIN] = F(rfc9440_chain, "rfc9440-chain",
					    TV_FLAG),
	[TLSVIP_A_POLICY_CUSTOM] = F(custom, "custom", TV_OTHER),
	[TLSVIP_A_POLICY_PREFIX] = F(prefix, "prefix", TV_STR),
	[TLSVIP_A_POLICY_ALIAS] = F(alias, "alias", TV_OTHER),
	[TLSVIP_A_POLICY_PROTECT] = F(protect, "protect", TV_OTHER),
	[TLSVIP_A_POLICY_SPOOF] = F(spoof, "spoof", TV_UINT),
	[TLSVIP_A_POLICY_HEAD_MAX] = U(head_max, "head-max", "bytes"),
	[TLSVIP_A_POLICY_LINE_MAX] = U(line_max, "line-max", "bytes"),
	[TLSVIP_A_POLICY_FIELDS_MAX] = U(fields_max, "fields-max", "fields"),
	[TLSVIP_A_POLICY_NAME_MAX] = U(name_max, "name-max", "bytes"),
	[TLSVIP_A_POLICY_EXT_MAX] = U(ext_max, "ext-max", "bytes"),
	[TLSVIP_A_POLICY_TRAILER_MAX] = U(trailer_max, "trailer-max",
					  "bytes"),
	[TLSVIP_A_POLICY_URL] = F(url, "url", TV_OTHER),
	[TLSVIP_A_POLICY_USERS] = F(users, "users", TV_UINT),
	[TLSVIP_A_POLICY_EVENT] = F(event, "event", TV_UINT),
	[TLSVIP_A_POLICY_RECORDS_MAX] = U(records_max, "records-max",
					  "records"),
	[TLSVIP_A_POLICY_CRLF_MAX] = U(crlf_max, "crlf-max", "empty lines"),
	[TLSVIP_A_POLICY_HEAD_TIMEOUT] = U(head_timeout, "head-timeout",
					   "milliseconds"),
};

#undef F
#undef U

/**
 * tv_policy_field - an attribute of the messages of policies
 * @type: its number
 *
 * Return: what the table says of it, or NULL.
 */
const struct tv_field *tv_policy_field(uint16_t type)
{
	return type < N_OF(tv_policy_fields) ? &tv_policy_fields[type] : NULL;
}

/* a text of at most @max bytes copied to @at, which moves behind it, or NULL */
static const char *tv_policy_text(const struct nlattr *a, size_t max,
				  char **at)
{
	const char *text = *at;

	if (!tv_attr_str(a, *at, max + 1))
		return NULL;
	*at += strlen(text) + 1;
	return text;
}

static int tv_policy_alias(const struct nlattr *nest, struct tv_policy *pol,
			   char **at)
{
	const struct nlattr *a;
	struct tv_alias *alias;
	const char **text;

	if (pol->n_alias == TLSVIP_ALIAS_MAX)
		return -EBADMSG;
	alias = &pol->alias[pol->n_alias++];
	mnl_attr_for_each_nested(a, nest) {
		switch (mnl_attr_get_type(a)) {
		case TLSVIP_A_ALIAS_NAME:
			text = &alias->name;
			break;
		case TLSVIP_A_ALIAS_ALIAS:
			text = &alias->alias;
			break;
		default:
			continue;
		}
		*text = tv_policy_text(a, TLSVIP_HEADER_NAME_LEN, at);
		if (!*text)
			return -EBADMSG;
	}
	return alias->name && alias->alias ? 0 : -EBADMSG;
}

static int tv_policy_url(const struct nlattr *nest, struct tv_policy *pol,
			 char **at)
{
	const struct nlattr *a;
	struct tv_url *url;
	uint64_t v;

	if (pol->n_url == TLSVIP_URL_MAX)
		return -EBADMSG;
	url = &pol->url[pol->n_url++];
	mnl_attr_for_each_nested(a, nest) {
		switch (mnl_attr_get_type(a)) {
		case TLSVIP_A_URL_HOST:
			url->host = tv_policy_text(a, TLSVIP_URL_HOST_LEN, at);
			break;
		case TLSVIP_A_URL_CLEARPORT:
			if (!tv_attr_uint(a, &v))
				return -EBADMSG;
			url->clearport = v;
			break;
		case TLSVIP_A_URL_SSLPORT:
			if (!tv_attr_uint(a, &v))
				return -EBADMSG;
			url->sslport = v;
			break;
		}
	}
	return url->host ? 0 : -EBADMSG;
}

/* attributes that a policy may have more than one of */
static int tv_policy_multi(const struct nlattr *a, struct tv_policy *pol,
			   char **at)
{
	const char **text;
	size_t max;

	switch (mnl_attr_get_type(a)) {
	case TLSVIP_A_POLICY_CUSTOM:
		if (pol->n_custom == TLSVIP_CUSTOM_MAX)
			return -EBADMSG;
		text = &pol->custom[pol->n_custom++];
		max = TLSVIP_CUSTOM_LEN;
		break;
	case TLSVIP_A_POLICY_PROTECT:
		if (pol->n_protect == TLSVIP_PROTECT_MAX)
			return -EBADMSG;
		text = &pol->protect[pol->n_protect++];
		max = TLSVIP_HEADER_NAME_LEN;
		break;
	case TLSVIP_A_POLICY_ALIAS:
		return tv_policy_alias(a, pol, at);
	case TLSVIP_A_POLICY_URL:
		return tv_policy_url(a, pol, at);
	default:
		return 0;
	}
	*text = tv_policy_text(a, max, at);
	return *text ? 0 : -EBADMSG;
}

/**
 * tv_policy_parse - read a policy
 * @nlh: reply or notification
 * @pol: where it is stored; the caller must tv_policy_free() it
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int tv_policy_parse(const struct nlmsghdr *nlh, struct tv_policy *pol)
{
	const struct nlattr *a;
	char *at;
	int ret;

	*pol = (struct tv_policy){
		.head_max = TV_HEAD_MAX,
		.line_max = TV_LINE_MAX,
		.fields_max = TV_FIELDS_MAX,
		.name_max = TV_NAME_MAX,
		.ext_max = TV_EXT_MAX,
		.trailer_max = TV_TRAILER_MAX,
		.records_max = TV_RECORDS_MAX,
		.crlf_max = TV_CRLF_MAX,
		.head_timeout = TV_HEAD_TIMEOUT,
	};
	/* each text has room with its NUL, since its attribute has a header */
	at = malloc(nlh->nlmsg_len);
	if (!at)
		return -ENOMEM;
	pol->text = at;
	mnl_attr_for_each(a, nlh, GENL_HDRLEN) {
		ret = tv_policy_multi(a, pol, &at);
		if (ret)
			goto err_free;
	}
	ret = tv_parse(nlh, tv_policy_fields, N_OF(tv_policy_fields), pol,
		       &pol->has);
	if (!ret)
		return 0;

err_free:
	tv_policy_free(pol);
	return ret;
}

/**
 * tv_policy_free - free what tv_policy_parse() stored
 * @pol: the policy
 */
void tv_policy_free(struct tv_policy *pol)
{
	free(pol->text);
	pol->text = NULL;
	pol->n_custom = 0;
	pol->n_alias = 0;
	pol->n_protect = 0;
	pol->n_url = 0;
}

static void tv_policy_put_url(struct nlmsghdr *nlh, const struct tv_url *url)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, TLSVIP_A_POLICY_URL);

	mnl_attr_put_strz(nlh, TLSVIP_A_URL_HOST, url->host);
	if (url->has & TV_HAS(TLSVIP_A_URL_CLEARPORT))
		mnl_attr_put_u32(nlh, TLSVIP_A_URL_CLEARPORT, url->clearport);
	if (url->has & TV_HAS(TLSVIP_A_URL_SSLPORT))
		mnl_attr_put_u32(nlh, TLSVIP_A_URL_SSLPORT, url->sslport);
	mnl_attr_nest_end(nlh, nest);
}

/**
 * tv_policy_put - add a policy to a request
 * @nlh: the request
 * @pol: the policy; what @pol->has says is sent, and all custom lines, aliases,
 *	protected names and rules
 */
void tv_policy_put(struct nlmsghdr *nlh, const struct tv_policy *pol)
{
	struct nlattr *nest;
	uint32_t i;

	tv_put(nlh, tv_policy_fields, N_OF(tv_policy_fields), pol, pol->has);
	for (i = 0; i < pol->n_custom; i++)
		mnl_attr_put_strz(nlh, TLSVIP_A_POLICY_CUSTOM,
				  pol->custom[i]);
	for (i = 0; i < pol->n_alias; i++) {
		nest = mnl_attr_nest_start(nlh, TLSVIP_A_POLICY_ALIAS);
		mnl_attr_put_strz(nlh, TLSVIP_A_ALIAS_NAME,
				  pol->alias[i].name);
		mnl_attr_put_strz(nlh, TLSVIP_A_ALIAS_ALIAS,
				  pol->alias[i].alias);
		mnl_attr_nest_end(nlh, nest);
	}
	for (i = 0; i < pol->n_protect; i++)
		mnl_attr_put_strz(nlh, TLSVIP_A_POLICY_PROTECT,
				  pol->protect[i]);
	for (i = 0; i < pol->n_url; i++)
		tv_policy_put_url(nlh, &pol->url[i]);
}
