// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink commands about contexts. Rules are in context.c.
 */
#include "netlink.h"

static int tlsvip_nl_context_fill(struct sk_buff *skb,
				  const struct genl_info *info, int flags,
				  struct netlink_callback *cb,
				  struct tlsvip_context *ctx,
				  enum tlsvip_event *event)
{
	int ifindex = READ_ONCE(ctx->ifindex);
	void *hdr;

	hdr = __genlmsg_iput(skb, info, flags);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (nla_put_string(skb, TLSVIP_A_CONTEXT_NAME, ctx->name) ||
	    nla_put_string(skb, TLSVIP_A_CONTEXT_VRF, ctx->vrf) ||
	    nla_put_u32(skb, TLSVIP_A_CONTEXT_MAXCONNS,
			READ_ONCE(ctx->maxconns)) ||
	    tlsvip_nl_put_state(skb, TLSVIP_A_CONTEXT_OPER_STATE,
				TLSVIP_A_CONTEXT_OPER_REASON,
				READ_ONCE(ctx->reason)) ||
	    (ifindex >= 0 &&
	     nla_put_u32(skb, TLSVIP_A_CONTEXT_IFINDEX, ifindex)) ||
	    nla_put_u32(skb, TLSVIP_A_CONTEXT_SERVICES,
			READ_ONCE(ctx->n_services)) ||
	    nla_put_u32(skb, TLSVIP_A_CONTEXT_CONNS,
			atomic_read(&ctx->live)) ||
	    (event && nla_put_u32(skb, TLSVIP_A_CONTEXT_EVENT, *event))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * tlsvip_nl_context_notify - tell listeners about a context
 * @ctx: context
 * @event: what happened
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 */
void tlsvip_nl_context_notify(struct tlsvip_context *ctx,
			      enum tlsvip_event event)
{
	struct genl_info info;
	struct sk_buff *skb;

	skb = tlsvip_nl_event_new(ctx->tn, &info, TLSVIP_CMD_CONTEXT_NTF,
				  NLMSG_DEFAULT_SIZE);
	if (!skb)
		return;
	if (tlsvip_nl_context_fill(skb, &info, 0, NULL, ctx, &event))
		nlmsg_free(skb);
	else
		tlsvip_nl_event_send(ctx->tn, skb);
}

/**
 * tlsvip_nl_context_get_doit - context-get of one
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_context_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_context *ctx;
	struct sk_buff *msg;
	int err;

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	rcu_read_lock();
	ctx = tlsvip_nl_find_context(info, TLSVIP_A_CONTEXT_NAME);
	if (IS_ERR(ctx))
		err = PTR_ERR(ctx);
	else
		err = tlsvip_nl_context_fill(msg, info, 0, NULL, ctx, NULL);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

/**
 * tlsvip_nl_context_get_dumpit - context-get of all
 * @skb: to be filled
 * @cb: the dump; args[0] is how many were sent
 *
 * Context: may sleep.
 * Return: length of @skb; 0 at the end.
 */
int tlsvip_nl_context_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct tlsvip_net *tn = tlsvip_net(sock_net(skb->sk));
	const struct genl_info *info = genl_info_dump(cb);
	struct tlsvip_context *ctx = NULL;
	long n = 0;

	tlsvip_nl_dump_begin(cb);
	rcu_read_lock();
	while ((ctx = tlsvip_context_next(tn, ctx))) {
		if (n++ < cb->args[0])
			continue;
		if (tlsvip_nl_context_fill(skb, info, NLM_F_MULTI, cb, ctx,
					   NULL))
			break;
		cb->args[0] = n;
	}
	rcu_read_unlock();
	return skb->len ?: ctx ? -EMSGSIZE : 0;
}

static u32 tlsvip_nl_context_maxconns(struct genl_info *info, u32 otherwise)
{
	const struct nlattr *a = info->attrs[TLSVIP_A_CONTEXT_MAXCONNS];

	return a ? nla_get_u32(a) : otherwise;
}

/**
 * tlsvip_nl_context_new_doit - context-new
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_context_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct nlattr **a = info->attrs;
	const char *vrf = "";
	u32 maxconns;
	int err;

	err = tlsvip_nl_need(info, TLSVIP_A_CONTEXT_NAME,
			     "the name of the context");
	if (err)
		return err;
	if (a[TLSVIP_A_CONTEXT_VRF])
		vrf = nla_data(a[TLSVIP_A_CONTEXT_VRF]);
	maxconns = tlsvip_nl_context_maxconns(info, TLSVIP_MAXCONNS_DEFAULT);
	mutex_lock(&tn->lock);
	err = tlsvip_context_add(tn, nla_data(a[TLSVIP_A_CONTEXT_NAME]), vrf,
				 maxconns, info->extack);
	mutex_unlock(&tn->lock);
	return err;
}

/**
 * tlsvip_nl_context_set_doit - context-set
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_context_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct tlsvip_context *ctx;
	u32 maxconns;
	int err = 0;

	mutex_lock(&tn->lock);
	ctx = tlsvip_nl_find_context(info, TLSVIP_A_CONTEXT_NAME);
	if (IS_ERR(ctx)) {
		err = PTR_ERR(ctx);
		goto unlock;
	}
	maxconns = tlsvip_nl_context_maxconns(info, ctx->maxconns);
	if (maxconns != ctx->maxconns) {
		WRITE_ONCE(ctx->maxconns, maxconns);
		tlsvip_nl_context_notify(ctx, TLSVIP_EVENT_CHANGED);
	}
unlock:
	mutex_unlock(&tn->lock);
	return err;
}

/**
 * tlsvip_nl_context_del_doit - context-del
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_context_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct tlsvip_context *ctx;
	int err;

	mutex_lock(&tn->lock);
	ctx = tlsvip_nl_find_context(info, TLSVIP_A_CONTEXT_NAME);
	if (IS_ERR(ctx))
		err = PTR_ERR(ctx);
	else
		err = tlsvip_context_del(tn, ctx, info->extack);
	mutex_unlock(&tn->lock);
	return err;
}
