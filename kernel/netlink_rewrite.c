// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a url-rewrite policy says, from and to netlink attributes. What a rule
 * may be is rewrite.c; the commands are netlink_policy.c.
 */
#include "netlink.h"

static int tlsvip_nl_rewrite_port(const struct nlattr *a, u32 at,
				  const char *what, u32 *port,
				  struct netlink_ext_ack *extack)
{
	*port = 0;
	if (!a)
		return 0;
	*port = nla_get_u32(a);
	if (*port && *port <= 65535)
		return 0;
	NL_SET_BAD_ATTR(extack, a);
	NL_SET_ERR_MSG_FMT_MOD(extack, "url %u: %s %u is not a port", at, what,
			       *port);
	return -ERANGE;
}

static int tlsvip_nl_rewrite_url(const struct nlattr *nest,
				 struct tlsvip_urls *urls,
				 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TLSVIP_A_URL_MAX + 1];
	u32 at = urls->rules.n + 1;
	u32 clearport, sslport;
	int err;

	err = nla_parse_nested(tb, TLSVIP_A_URL_MAX, nest,
			       tlsvip_url_nl_policy, extack);
	if (err)
		return err;
	if (!tb[TLSVIP_A_URL_HOST]) {
		NL_SET_BAD_ATTR(extack, nest);
		NL_SET_ERR_MSG_FMT_MOD(extack, "url %u: no host", at);
		return -EINVAL;
	}
	err = tlsvip_nl_rewrite_port(tb[TLSVIP_A_URL_CLEARPORT], at,
				     "clearport", &clearport, extack);
	if (!err)
		err = tlsvip_nl_rewrite_port(tb[TLSVIP_A_URL_SSLPORT], at,
					     "sslport", &sslport, extack);
	if (err)
		return err;
	err = tlsvip_urls_add(urls, nla_data(tb[TLSVIP_A_URL_HOST]), clearport,
			      sslport, extack);
	if (err)
		NL_SET_BAD_ATTR(extack, nest);
	return err;
}

/**
 * tlsvip_nl_rewrite_parse - the version that a request describes
 * @info: request of policy-new or policy-set
 *
 * Context: may sleep.
 * Return: the version with a reference, or an error in words.
 */
struct tlsvip_urls *tlsvip_nl_rewrite_parse(struct genl_info *info)
{
	struct tlsvip_urls *urls = tlsvip_urls_alloc();
	struct nlattr *a;
	int rem, err = 0;

	if (!urls)
		return ERR_PTR(-ENOMEM);
	nlmsg_for_each_attr_type(a, TLSVIP_A_POLICY_URL, info->nlhdr,
				 GENL_HDRLEN, rem) {
		err = tlsvip_nl_rewrite_url(a, urls, info->extack);
		if (err)
			break;
	}
	if (!err && !urls->rules.n) {
		NL_SET_ERR_MSG_MOD(info->extack, "the policy has no url");
		err = -EINVAL;
	}
	if (!err)
		return urls;
	tlsvip_urls_put(urls);
	return ERR_PTR(err);
}

/**
 * tlsvip_nl_rewrite_put - say what a version says
 * @skb: message of a policy
 * @urls: version
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int tlsvip_nl_rewrite_put(struct sk_buff *skb, const struct tlsvip_urls *urls)
{
	const struct tlsvip_rewrite_rule *rule;
	char host[TLSVIP_URL_HOST_LEN + 1];
	struct nlattr *nest;
	u32 i;

	for (i = 0; i < urls->rules.n; i++) {
		rule = &urls->rules.rule[i];
		tlsvip_urls_host(rule, host);
		nest = nla_nest_start(skb, TLSVIP_A_POLICY_URL);
		if (!nest || nla_put_string(skb, TLSVIP_A_URL_HOST, host) ||
		    nla_put_u32(skb, TLSVIP_A_URL_CLEARPORT,
				rule->clearport) ||
		    nla_put_u32(skb, TLSVIP_A_URL_SSLPORT, rule->sslport))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}
