// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink commands about policies. What a policy says is netlink_headers.c and
 * netlink_rewrite.c; rules are in policy.c, headers.c and urls.c.
 */
#include "netlink.h"

/*
 * Names, flags, limits, and every line and name at its longest. All rules of a
 * url-rewrite policy take less.
 */
#define TLSVIP_NL_POLICY_SIZE						\
	(1024 + TLSVIP_CUSTOM_MAX * nla_total_size(TLSVIP_CUSTOM_LEN + 1) + \
	 (2 * TLSVIP_ALIAS_MAX + TLSVIP_PROTECT_MAX) *			\
	 nla_total_size(TLSVIP_HEADER_NAME_LEN + 5))

static int tlsvip_nl_policy_put(struct sk_buff *skb,
				const struct tlsvip_policy *pol)
{
	struct tlsvip_headers *hdrs;
	struct tlsvip_urls *urls;

	hdrs = rcu_dereference_check(pol->headers,
				     lockdep_is_held(&pol->ctx->tn->lock));
	if (hdrs)
		return tlsvip_nl_headers_put(skb, hdrs);
	urls = rcu_dereference_check(pol->urls,
				     lockdep_is_held(&pol->ctx->tn->lock));
	return tlsvip_nl_rewrite_put(skb, urls);
}

/* In an RCU read-side section or with tn->lock. */
static int tlsvip_nl_policy_fill(struct sk_buff *skb,
				 const struct genl_info *info, int flags,
				 struct netlink_callback *cb,
				 struct tlsvip_policy *pol,
				 enum tlsvip_event *event)
{
	void *hdr;

	hdr = __genlmsg_iput(skb, info, flags);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (nla_put_string(skb, TLSVIP_A_POLICY_CONTEXT, pol->ctx->name) ||
	    nla_put_string(skb, TLSVIP_A_POLICY_NAME, pol->name) ||
	    nla_put_u32(skb, TLSVIP_A_POLICY_KIND, pol->kind) ||
	    tlsvip_nl_policy_put(skb, pol) ||
	    nla_put_u32(skb, TLSVIP_A_POLICY_USERS, READ_ONCE(pol->users)) ||
	    (event && nla_put_u32(skb, TLSVIP_A_POLICY_EVENT, *event))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * tlsvip_nl_policy_notify - tell listeners about a policy
 * @pol: policy
 * @event: what happened
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 */
void tlsvip_nl_policy_notify(struct tlsvip_policy *pol,
			     enum tlsvip_event event)
{
	struct tlsvip_net *tn = pol->ctx->tn;
	struct genl_info info;
	struct sk_buff *skb;

	skb = tlsvip_nl_event_new(tn, &info, TLSVIP_CMD_POLICY_NTF,
				  TLSVIP_NL_POLICY_SIZE);
	if (!skb)
		return;
	if (tlsvip_nl_policy_fill(skb, &info, 0, NULL, pol, &event))
		nlmsg_free(skb);
	else
		tlsvip_nl_event_send(tn, skb);
}

/* Return: the policy a request names, or an error in words. */
static struct tlsvip_policy *tlsvip_nl_policy_find(struct genl_info *info)
{
	struct tlsvip_context *ctx;
	enum tlsvip_policy_kind kind;
	struct tlsvip_policy *pol;
	struct nlattr *name;
	int err;

	ctx = tlsvip_nl_find_context(info, TLSVIP_A_POLICY_CONTEXT);
	if (IS_ERR(ctx))
		return ERR_CAST(ctx);
	err = tlsvip_nl_need(info, TLSVIP_A_POLICY_NAME,
			     "the name of the policy");
	if (!err)
		err = tlsvip_nl_need(info, TLSVIP_A_POLICY_KIND,
				     "the kind of the policy");
	if (err)
		return ERR_PTR(err);
	name = info->attrs[TLSVIP_A_POLICY_NAME];
	kind = nla_get_u32(info->attrs[TLSVIP_A_POLICY_KIND]);
	pol = tlsvip_policy_lookup(ctx, kind, nla_data(name));
	if (pol)
		return pol;
	NL_SET_BAD_ATTR(info->extack, name);
	NL_SET_ERR_MSG_FMT_MOD(info->extack, "there is no %s policy %.32s",
			       tlsvip_policy_kind_name(kind),
			       (char *)nla_data(name));
	return ERR_PTR(-ENOENT);
}

/**
 * tlsvip_nl_policy_get_doit - policy-get of one
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_policy *pol;
	struct sk_buff *msg;
	int err;

	msg = genlmsg_new(TLSVIP_NL_POLICY_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	rcu_read_lock();
	pol = tlsvip_nl_policy_find(info);
	if (IS_ERR(pol))
		err = PTR_ERR(pol);
	else
		err = tlsvip_nl_policy_fill(msg, info, 0, NULL, pol, NULL);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

/**
 * tlsvip_nl_policy_get_start - before a dump of policies
 * @cb: the dump
 *
 * A policy with all its lines is longer than the skb that a reader with a small
 * buffer would get.
 *
 * Context: may sleep.
 * Return: 0.
 */
int tlsvip_nl_policy_get_start(struct netlink_callback *cb)
{
	BUILD_BUG_ON(TLSVIP_NL_POLICY_SIZE > TLSVIP_NL_DUMP_SIZE);
	BUILD_BUG_ON(1024 + TLSVIP_URL_MAX *
		     (nla_total_size(TLSVIP_URL_HOST_LEN + 1) +
		      3 * nla_total_size(sizeof(u32))) >
		     TLSVIP_NL_POLICY_SIZE);
	cb->min_dump_alloc = TLSVIP_NL_DUMP_SIZE;
	return 0;
}

/**
 * tlsvip_nl_policy_get_dumpit - policy-get of all
 * @skb: to be filled
 * @cb: the dump; args[0] is how many were sent
 *
 * Context: may sleep.
 * Return: length of @skb; 0 at the end.
 */
int tlsvip_nl_policy_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct tlsvip_net *tn = tlsvip_net(sock_net(skb->sk));
	const struct genl_info *info = genl_info_dump(cb);
	struct tlsvip_context *ctx = NULL;
	struct tlsvip_policy *pol;
	bool full = false;
	long n = 0;

	tlsvip_nl_dump_begin(cb);
	rcu_read_lock();
	while (!full && (ctx = tlsvip_context_next(tn, ctx))) {
		pol = NULL;
		while ((pol = tlsvip_policy_next(ctx, pol))) {
			if (n++ < cb->args[0])
				continue;
			full = tlsvip_nl_policy_fill(skb, info, NLM_F_MULTI,
						     cb, pol, NULL);
			if (full)
				break;
			cb->args[0] = n;
		}
	}
	rcu_read_unlock();
	return skb->len ?: full ? -EMSGSIZE : 0;
}

/* Options of another kind of policy are refused. */
static int tlsvip_nl_policy_options(const struct genl_info *info,
				    enum tlsvip_policy_kind kind)
{
	bool urls = kind == TLSVIP_POLICY_KIND_URL_REWRITE;
	struct nlattr *a;
	int rem;

	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(a) == TLSVIP_A_POLICY_CONTEXT ||
		    nla_type(a) == TLSVIP_A_POLICY_NAME ||
		    nla_type(a) == TLSVIP_A_POLICY_KIND ||
		    (nla_type(a) == TLSVIP_A_POLICY_URL) == urls)
			continue;
		NL_SET_BAD_ATTR(info->extack, a);
		NL_SET_ERR_MSG_FMT_MOD(info->extack,
				       "not an option of a policy %s",
				       tlsvip_policy_kind_name(kind));
		return -EINVAL;
	}
	return 0;
}

/* The version that a request describes; the caller gets the reference. */
static int tlsvip_nl_policy_parse(struct genl_info *info,
				  struct tlsvip_policy_version *v)
{
	int err;

	err = tlsvip_nl_need(info, TLSVIP_A_POLICY_KIND,
			     "the kind of the policy");
	if (err)
		return err;
	memset(v, 0, sizeof(*v));
	v->kind = nla_get_u32(info->attrs[TLSVIP_A_POLICY_KIND]);
	err = tlsvip_nl_policy_options(info, v->kind);
	if (err)
		return err;
	if (v->kind == TLSVIP_POLICY_KIND_URL_REWRITE) {
		v->urls = tlsvip_nl_rewrite_parse(info);
		return PTR_ERR_OR_ZERO(v->urls);
	}
	v->headers = tlsvip_nl_headers_parse(info);
	return PTR_ERR_OR_ZERO(v->headers);
}

/**
 * tlsvip_nl_policy_new_doit - policy-new
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_policy_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct tlsvip_policy_version version;
	struct tlsvip_context *ctx;
	int err;

	err = tlsvip_nl_need(info, TLSVIP_A_POLICY_NAME,
			     "the name of the policy");
	if (!err)
		err = tlsvip_nl_policy_parse(info, &version);
	if (err)
		return err;

	mutex_lock(&tn->lock);
	ctx = tlsvip_nl_find_context(info, TLSVIP_A_POLICY_CONTEXT);
	if (IS_ERR(ctx))
		err = PTR_ERR(ctx);
	else
		err = tlsvip_policy_add(ctx,
					nla_data(info->attrs[TLSVIP_A_POLICY_NAME]),
					&version, info->extack);
	mutex_unlock(&tn->lock);
	if (err)
		tlsvip_policy_version_put(&version);
	return err;
}

/**
 * tlsvip_nl_policy_set_doit - policy-set
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct tlsvip_policy_version version;
	struct tlsvip_policy *pol;
	int err;

	err = tlsvip_nl_policy_parse(info, &version);
	if (err)
		return err;
	mutex_lock(&tn->lock);
	pol = tlsvip_nl_policy_find(info);
	if (IS_ERR(pol))
		err = PTR_ERR(pol);
	else
		tlsvip_policy_set(pol, &version); /* consumes the reference */
	mutex_unlock(&tn->lock);
	if (err)
		tlsvip_policy_version_put(&version);
	return err;
}

/**
 * tlsvip_nl_policy_del_doit - policy-del
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_policy_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct tlsvip_policy *pol;
	int err;

	mutex_lock(&tn->lock);
	pol = tlsvip_nl_policy_find(info);
	if (IS_ERR(pol))
		err = PTR_ERR(pol);
	else
		err = tlsvip_policy_del(pol, info->extack);
	mutex_unlock(&tn->lock);
	return err;
}
