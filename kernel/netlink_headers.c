// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an http-header policy says, from and to netlink attributes. Whether it
 * may say so is headers.c; the commands are netlink_policy.c.
 */
#include "netlink.h"

/* Text of an attribute that may or may not end in a NUL, but has no other. */
static int tlsvip_nl_headers_text(const struct nlattr *a, char *buf, u32 size,
				  const char *what, u32 at,
				  struct netlink_ext_ack *extack)
{
	u32 len = strnlen(nla_data(a), nla_len(a));

	if (len + 1 >= nla_len(a) && len < size) {
		memcpy(buf, nla_data(a), len);
		buf[len] = '\0';
		return 0;
	}
	NL_SET_BAD_ATTR(extack, a);
	NL_SET_ERR_MSG_FMT_MOD(extack, "%s %u: %s", what, at,
			       len < size ? "byte 0x00 in it" : "too long");
	return -EINVAL;
}

static int tlsvip_nl_headers_full(const struct nlattr *a, const char *what,
				  u32 max, struct netlink_ext_ack *extack)
{
	NL_SET_BAD_ATTR(extack, a);
	NL_SET_ERR_MSG_FMT_MOD(extack, "more than %u %s", max, what);
	return -E2BIG;
}

static int tlsvip_nl_headers_custom(struct genl_info *info,
				    struct tlsvip_headers *hdrs)
{
	struct nlattr *a;
	int rem, err;

	nlmsg_for_each_attr_type(a, TLSVIP_A_POLICY_CUSTOM, info->nlhdr,
				 GENL_HDRLEN, rem) {
		if (hdrs->n_custom == TLSVIP_CUSTOM_MAX)
			return tlsvip_nl_headers_full(a, "custom lines",
						      TLSVIP_CUSTOM_MAX,
						      info->extack);
		err = tlsvip_nl_headers_text(a, hdrs->custom[hdrs->n_custom],
					     sizeof(hdrs->custom[0]),
					     "custom line", hdrs->n_custom + 1,
					     info->extack);
		if (err)
			return err;
		hdrs->n_custom++;
	}
	return 0;
}

static int tlsvip_nl_headers_protect(struct genl_info *info,
				     struct tlsvip_headers *hdrs)
{
	struct nlattr *a;
	int rem, err;

	nlmsg_for_each_attr_type(a, TLSVIP_A_POLICY_PROTECT, info->nlhdr,
				 GENL_HDRLEN, rem) {
		if (hdrs->n_protect == TLSVIP_PROTECT_MAX)
			return tlsvip_nl_headers_full(a, "protected names",
						      TLSVIP_PROTECT_MAX,
						      info->extack);
		err = tlsvip_nl_headers_text(a, hdrs->protect[hdrs->n_protect],
					     sizeof(hdrs->protect[0]),
					     "protect", hdrs->n_protect + 1,
					     info->extack);
		if (err)
			return err;
		hdrs->n_protect++;
	}
	return 0;
}

static int tlsvip_nl_headers_alias(struct genl_info *info,
				   struct tlsvip_headers *hdrs)
{
	struct nlattr *a, *tb[TLSVIP_A_ALIAS_MAX + 1];
	struct tlsvip_headers_alias *alias;
	int rem, err;

	nlmsg_for_each_attr_type(a, TLSVIP_A_POLICY_ALIAS, info->nlhdr,
				 GENL_HDRLEN, rem) {
		if (hdrs->n_aliases == TLSVIP_ALIAS_MAX)
			return tlsvip_nl_headers_full(a, "aliases",
						      TLSVIP_ALIAS_MAX,
						      info->extack);
		err = nla_parse_nested(tb, TLSVIP_A_ALIAS_MAX, a,
				       tlsvip_alias_nl_policy, info->extack);
		if (err)
			return err;
		if (!tb[TLSVIP_A_ALIAS_NAME] || !tb[TLSVIP_A_ALIAS_ALIAS]) {
			NL_SET_BAD_ATTR(info->extack, a);
			NL_SET_ERR_MSG_MOD(info->extack,
					   "an alias has two names");
			return -EINVAL;
		}
		alias = &hdrs->alias[hdrs->n_aliases++];
		nla_strscpy(alias->name, tb[TLSVIP_A_ALIAS_NAME],
			    sizeof(alias->name));
		nla_strscpy(alias->alias, tb[TLSVIP_A_ALIAS_ALIAS],
			    sizeof(alias->alias));
	}
	return 0;
}

/**
 * struct tlsvip_nl_headers_limit - a limit of requests
 * @attr: its attribute
 * @offset: of the u32 in struct tlsvip_headers
 */
struct tlsvip_nl_headers_limit {
	int attr;
	size_t offset;
};

#define TLSVIP_NL_LIMIT(id, member) \
	{ TLSVIP_A_POLICY_##id, offsetof(struct tlsvip_headers, member) }

static const struct tlsvip_nl_headers_limit tlsvip_nl_headers_limits[] = {
	TLSVIP_NL_LIMIT(HEAD_MAX, cfg.limits.head_max),
	TLSVIP_NL_LIMIT(LINE_MAX, cfg.limits.line_max),
	TLSVIP_NL_LIMIT(FIELDS_MAX, cfg.limits.fields_max),
	TLSVIP_NL_LIMIT(NAME_MAX, cfg.limits.name_max),
	TLSVIP_NL_LIMIT(EXT_MAX, cfg.limits.ext_max),
	TLSVIP_NL_LIMIT(TRAILER_MAX, cfg.limits.trailer_max),
	TLSVIP_NL_LIMIT(RECORDS_MAX, cfg.limits.pieces_max),
	TLSVIP_NL_LIMIT(CRLF_MAX, cfg.limits.crlf_max),
	TLSVIP_NL_LIMIT(HEAD_TIMEOUT, head_ms),
};

static int tlsvip_nl_headers_get_limits(struct genl_info *info,
					struct tlsvip_headers *hdrs)
{
	const struct tlsvip_nl_headers_limit *l = tlsvip_nl_headers_limits;
	const struct tlsvip_http_limits *limits = &hdrs->cfg.limits;
	struct nlattr **attrs = info->attrs;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tlsvip_nl_headers_limits); i++, l++)
		if (attrs[l->attr])
			*(u32 *)((u8 *)hdrs + l->offset) =
				nla_get_u32(attrs[l->attr]);
	if (limits->line_max <= limits->head_max)
		return 0;
	/* Which of them was not typed is what its reader wonders about. */
	NL_SET_ERR_MSG_FMT_MOD(info->extack,
			       "line-max (%u%s) is above head-max (%u%s)",
			       limits->line_max,
			       attrs[TLSVIP_A_POLICY_LINE_MAX] ? "" :
			       ", the default",
			       limits->head_max,
			       attrs[TLSVIP_A_POLICY_HEAD_MAX] ? "" :
			       ", the default");
	return -EINVAL;
}

/**
 * tlsvip_nl_headers_parse - the version that a request describes
 * @info: request of policy-new or policy-set
 *
 * Context: may sleep.
 * Return: the version with a reference, or an error in words.
 */
struct tlsvip_headers *tlsvip_nl_headers_parse(struct genl_info *info)
{
	struct tlsvip_headers *hdrs = tlsvip_headers_alloc();
	struct nlattr **attrs = info->attrs;
	int err;

	if (!hdrs)
		return ERR_PTR(-ENOMEM);
	hdrs->client_ip_port = attrs[TLSVIP_A_POLICY_CLIENT_IP_PORT];
	hdrs->session = attrs[TLSVIP_A_POLICY_SESSION];
	hdrs->session_once = attrs[TLSVIP_A_POLICY_SESSION_ONCE];
	hdrs->forwarded = attrs[TLSVIP_A_POLICY_FORWARDED];
	hdrs->x_forwarded = attrs[TLSVIP_A_POLICY_X_FORWARDED];
	if (attrs[TLSVIP_A_POLICY_CLIENT_CERT])
		hdrs->client_cert =
			nla_get_u32(attrs[TLSVIP_A_POLICY_CLIENT_CERT]);
	hdrs->client_cert_first = attrs[TLSVIP_A_POLICY_CLIENT_CERT_FIRST];
	hdrs->subject_name = attrs[TLSVIP_A_POLICY_SUBJECT_NAME];
	hdrs->rfc9440 = attrs[TLSVIP_A_POLICY_RFC9440];
	hdrs->rfc9440_chain = attrs[TLSVIP_A_POLICY_RFC9440_CHAIN];
	if (attrs[TLSVIP_A_POLICY_PREFIX])
		nla_strscpy(hdrs->prefix, attrs[TLSVIP_A_POLICY_PREFIX],
			    sizeof(hdrs->prefix));
	if (attrs[TLSVIP_A_POLICY_SPOOF])
		hdrs->cfg.spoof_reject =
			nla_get_u32(attrs[TLSVIP_A_POLICY_SPOOF]) ==
			TLSVIP_SPOOF_REJECT;
	err = tlsvip_nl_headers_get_limits(info, hdrs);
	if (!err)
		err = tlsvip_nl_headers_custom(info, hdrs);
	if (!err)
		err = tlsvip_nl_headers_alias(info, hdrs);
	if (!err)
		err = tlsvip_nl_headers_protect(info, hdrs);
	if (!err)
		err = tlsvip_headers_build(hdrs, info->extack);
	if (!err)
		return hdrs;
	tlsvip_headers_put(hdrs);
	return ERR_PTR(err);
}

static int tlsvip_nl_headers_put_aliases(struct sk_buff *skb,
					 const struct tlsvip_headers *hdrs)
{
	struct nlattr *nest;
	u32 i;

	for (i = 0; i < hdrs->n_aliases; i++) {
		nest = nla_nest_start(skb, TLSVIP_A_POLICY_ALIAS);
		if (!nest ||
		    nla_put_string(skb, TLSVIP_A_ALIAS_NAME,
				   hdrs->alias[i].name) ||
		    nla_put_string(skb, TLSVIP_A_ALIAS_ALIAS,
				   hdrs->alias[i].alias))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int tlsvip_nl_headers_put_limits(struct sk_buff *skb,
					const struct tlsvip_headers *hdrs)
{
	const struct tlsvip_nl_headers_limit *l = tlsvip_nl_headers_limits;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tlsvip_nl_headers_limits); i++, l++)
		if (nla_put_u32(skb, l->attr,
				*(const u32 *)((const u8 *)hdrs + l->offset)))
			return -EMSGSIZE;
	return 0;
}

static int tlsvip_nl_headers_put_flag(struct sk_buff *skb, int attr, bool on)
{
	return on ? nla_put_flag(skb, attr) : 0;
}

static int tlsvip_nl_headers_put_cert(struct sk_buff *skb,
				      const struct tlsvip_headers *hdrs)
{
	if (nla_put_u32(skb, TLSVIP_A_POLICY_CLIENT_CERT, hdrs->client_cert) ||
	    tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_CLIENT_CERT_FIRST,
				       hdrs->client_cert_first) ||
	    tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_SUBJECT_NAME,
				       hdrs->subject_name) ||
	    tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_RFC9440,
				       hdrs->rfc9440) ||
	    tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_RFC9440_CHAIN,
				       hdrs->rfc9440_chain))
		return -EMSGSIZE;
	return 0;
}

/**
 * tlsvip_nl_headers_put - say what a version says
 * @skb: message of a policy
 * @hdrs: version
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int tlsvip_nl_headers_put(struct sk_buff *skb,
			  const struct tlsvip_headers *hdrs)
{
	u32 i;

	if (tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_CLIENT_IP_PORT,
				       hdrs->client_ip_port) ||
	    tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_SESSION,
				       hdrs->session) ||
	    tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_SESSION_ONCE,
				       hdrs->session_once) ||
	    tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_FORWARDED,
				       hdrs->forwarded) ||
	    tlsvip_nl_headers_put_flag(skb, TLSVIP_A_POLICY_X_FORWARDED,
				       hdrs->x_forwarded) ||
	    tlsvip_nl_headers_put_cert(skb, hdrs))
		return -EMSGSIZE;
	for (i = 0; i < hdrs->n_custom; i++)
		if (nla_put_string(skb, TLSVIP_A_POLICY_CUSTOM,
				   hdrs->custom[i]))
			return -EMSGSIZE;
	if (*hdrs->prefix &&
	    nla_put_string(skb, TLSVIP_A_POLICY_PREFIX, hdrs->prefix))
		return -EMSGSIZE;
	if (tlsvip_nl_headers_put_aliases(skb, hdrs))
		return -EMSGSIZE;
	for (i = 0; i < hdrs->n_protect; i++)
		if (nla_put_string(skb, TLSVIP_A_POLICY_PROTECT,
				   hdrs->protect[i]))
			return -EMSGSIZE;
	if (nla_put_u32(skb, TLSVIP_A_POLICY_SPOOF,
			hdrs->cfg.spoof_reject ? TLSVIP_SPOOF_REJECT :
						 TLSVIP_SPOOF_STRIP))
		return -EMSGSIZE;
	return tlsvip_nl_headers_put_limits(skb, hdrs);
}
