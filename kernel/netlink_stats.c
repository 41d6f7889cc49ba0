// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink commands about counters. Sums are made in stats.c.
 */
#include <linux/slab.h>

#include "netlink.h"

/**
 * struct tlsvip_nl_stats - a dump of counters, as far as one message goes
 * @skb: to be filled
 * @cb: the dump; args[0] is how many scopes were sent
 * @info: the request
 * @tn: namespace
 * @scopes: scopes that are wanted, a bit each
 * @n: scopes seen
 * @full: @skb has no room for the next one
 * @v: values of one scope, TLSVIP_C_NUM
 */
struct tlsvip_nl_stats {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	const struct genl_info *info;
	struct tlsvip_net *tn;
	u32 scopes;
	long n;
	bool full;
	u64 *v;
};

static int tlsvip_nl_stats_put_counter(struct sk_buff *skb, int i, u64 value)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, TLSVIP_A_STATS_COUNTER);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, TLSVIP_A_COUNTER_NAME,
			   tlsvip_counter_name(i)) ||
	    nla_put_uint(skb, TLSVIP_A_COUNTER_VALUE, value) ||
	    (tlsvip_counter_running(i) &&
	     nla_put_flag(skb, TLSVIP_A_COUNTER_RUNNING)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int tlsvip_nl_stats_put(struct sk_buff *skb, struct tlsvip_net *tn,
			       enum tlsvip_scope scope,
			       struct tlsvip_context *ctx,
			       struct tlsvip_service *svc, const u64 *v)
{
	int i;

	if (nla_put_u32(skb, TLSVIP_A_STATS_SCOPE, scope) ||
	    (ctx && nla_put_string(skb, TLSVIP_A_STATS_CONTEXT, ctx->name)) ||
	    (svc && nla_put_string(skb, TLSVIP_A_STATS_SERVICE, svc->name)) ||
	    nla_put_uint(skb, TLSVIP_A_STATS_CLEARED, tn->cleared))
		return -EMSGSIZE;
	for (i = 0; i < TLSVIP_C_NUM; i++)
		if (tlsvip_nl_stats_put_counter(skb, i, v[i]))
			return -EMSGSIZE;
	return 0;
}

/* One scope of the dump, if it is wanted and was not sent yet. */
static void tlsvip_nl_stats_fill(struct tlsvip_nl_stats *s,
				 enum tlsvip_scope scope,
				 struct tlsvip_context *ctx,
				 struct tlsvip_service *svc)
{
	void *hdr;

	if (s->full || !(s->scopes & BIT(scope)) ||
	    s->n++ < s->cb->args[0])
		return;
	hdr = __genlmsg_iput(s->skb, s->info, NLM_F_MULTI);
	if (!hdr) {
		s->full = true;
		return;
	}
	genl_dump_check_consistent(s->cb, hdr);
	tlsvip_stats_sum(s->tn, ctx, svc, 0, TLSVIP_C_NUM, s->v);
	if (tlsvip_nl_stats_put(s->skb, s->tn, scope, ctx, svc, s->v)) {
		genlmsg_cancel(s->skb, hdr);
		s->full = true;
		return;
	}
	genlmsg_end(s->skb, hdr);
	s->cb->args[0] = s->n;
}

static void tlsvip_nl_stats_context(struct tlsvip_nl_stats *s,
				    struct tlsvip_context *ctx)
{
	struct tlsvip_service *svc = NULL;

	tlsvip_nl_stats_fill(s, TLSVIP_SCOPE_CONTEXT, ctx, NULL);
	if (!(s->scopes & BIT(TLSVIP_SCOPE_SERVICE)))
		return;
	while (!s->full && (svc = tlsvip_service_next(s->tn, ctx, svc)))
		tlsvip_nl_stats_fill(s, TLSVIP_SCOPE_SERVICE, ctx, svc);
}

static int tlsvip_nl_stats_service(struct tlsvip_nl_stats *s,
				   struct tlsvip_context *ctx,
				   const struct nlattr *name)
{
	struct tlsvip_service *svc;

	svc = tlsvip_service_lookup(ctx, nla_data(name));
	if (!svc) {
		NL_SET_BAD_ATTR(s->info->extack, name);
		NL_SET_ERR_MSG_FMT_MOD(s->info->extack,
				       "there is no service %.40s",
				       (char *)nla_data(name));
		return -ENOENT;
	}
	tlsvip_nl_stats_fill(s, TLSVIP_SCOPE_SERVICE, ctx, svc);
	return 0;
}

/* Which scopes does the request want? */
static int tlsvip_nl_stats_scopes(struct tlsvip_nl_stats *s)
{
	struct nlattr **a = s->info->attrs;

	s->scopes = BIT(TLSVIP_SCOPE_TOTAL) | BIT(TLSVIP_SCOPE_CONTEXT) |
		    BIT(TLSVIP_SCOPE_SERVICE);
	if (a[TLSVIP_A_STATS_SERVICE])
		s->scopes = BIT(TLSVIP_SCOPE_SERVICE);
	else if (a[TLSVIP_A_STATS_CONTEXT])
		s->scopes &= ~BIT(TLSVIP_SCOPE_TOTAL);
	if (a[TLSVIP_A_STATS_SCOPE])
		s->scopes &= BIT(nla_get_u32(a[TLSVIP_A_STATS_SCOPE]));
	if (!s->scopes) {
		NL_SET_BAD_ATTR(s->info->extack, a[TLSVIP_A_STATS_SCOPE]);
		NL_SET_ERR_MSG_MOD(s->info->extack,
				   "the scope is wider than what is named");
		return -EINVAL;
	}
	return 0;
}

/* With tn->lock. */
static int tlsvip_nl_stats_walk(struct tlsvip_nl_stats *s)
{
	struct nlattr **a = s->info->attrs;
	struct tlsvip_context *ctx = NULL;
	int err;

	err = tlsvip_nl_stats_scopes(s);
	if (err)
		return err;
	if (a[TLSVIP_A_STATS_CONTEXT] || a[TLSVIP_A_STATS_SERVICE]) {
		ctx = tlsvip_nl_find_context(s->info, TLSVIP_A_STATS_CONTEXT);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
		if (a[TLSVIP_A_STATS_SERVICE])
			return tlsvip_nl_stats_service(s, ctx,
						       a[TLSVIP_A_STATS_SERVICE]);
		tlsvip_nl_stats_context(s, ctx);
		return 0;
	}
	tlsvip_nl_stats_fill(s, TLSVIP_SCOPE_TOTAL, NULL, NULL);
	if (s->scopes == BIT(TLSVIP_SCOPE_TOTAL))
		return 0;
	while (!s->full && (ctx = tlsvip_context_next(s->tn, ctx)))
		tlsvip_nl_stats_context(s, ctx);
	return 0;
}

/**
 * tlsvip_nl_stats_get_start - before a dump of counters
 * @cb: the dump
 *
 * The counters of a scope are longer than the skb that a reader with a small
 * buffer would get.
 *
 * Context: may sleep.
 * Return: 0.
 */
int tlsvip_nl_stats_get_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = TLSVIP_NL_DUMP_SIZE;
	return 0;
}

/**
 * tlsvip_nl_stats_get_dumpit - stats-get
 * @skb: to be filled
 * @cb: the dump; args[0] is how many scopes were sent
 *
 * Without a scope: everything, or with a context it and its services, or with
 * a service that.
 *
 * Context: may sleep.
 * Return: length of @skb; 0 at the end; a negative error, with a message but for
 * -ENOMEM.
 */
int tlsvip_nl_stats_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb)
{
	struct tlsvip_nl_stats s = {
		.skb = skb,
		.cb = cb,
		.info = genl_info_dump(cb),
		.tn = tlsvip_net(sock_net(skb->sk)),
	};
	int err;

	s.v = kmalloc_array(TLSVIP_C_NUM, sizeof(*s.v), GFP_KERNEL);
	if (!s.v)
		return -ENOMEM;
	tlsvip_nl_dump_begin(cb);
	mutex_lock(&s.tn->lock);
	err = tlsvip_nl_stats_walk(&s);
	mutex_unlock(&s.tn->lock);
	kfree(s.v);
	if (err)
		/* if an object vanished meanwhile that is the end */
		return cb->args[0] ? 0 : err;
	return skb->len ?: s.full ? -EMSGSIZE : 0;
}

/**
 * tlsvip_nl_stats_clear_doit - stats-clear
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0.
 */
int tlsvip_nl_stats_clear_doit(struct sk_buff *skb, struct genl_info *info)
{
	tlsvip_stats_clear(tlsvip_net(genl_info_net(info)));
	return 0;
}
