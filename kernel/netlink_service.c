// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink commands about services. Rules are in service_check.c.
 */
#include "netlink.h"
#include "service.h"

static int tlsvip_nl_service_put_cfg(struct sk_buff *skb,
				     const struct tlsvip_service_cfg *cfg)
{
	if (tlsvip_nl_put_addr(skb, &cfg->server, TLSVIP_A_SERVICE_SERVER4,
			       TLSVIP_A_SERVICE_SERVER6,
			       TLSVIP_A_SERVICE_SERVER_PORT) ||
	    (*cfg->trustpoint &&
	     nla_put_string(skb, TLSVIP_A_SERVICE_TRUSTPOINT,
			    cfg->trustpoint)) ||
	    (cfg->policy &&
	     nla_put_string(skb, TLSVIP_A_SERVICE_HTTP_HEADER,
			    cfg->policy->name)) ||
	    (cfg->rewrite &&
	     nla_put_string(skb, TLSVIP_A_SERVICE_URL_REWRITE,
			    cfg->rewrite->name)) ||
	    nla_put_u32(skb, TLSVIP_A_SERVICE_PROXY_PROTOCOL, cfg->proxy) ||
	    nla_put_u32(skb, TLSVIP_A_SERVICE_HANDSHAKE_TIMEOUT,
			cfg->handshake_ms) ||
	    nla_put_u32(skb, TLSVIP_A_SERVICE_CONNECT_TIMEOUT,
			cfg->connect_ms) ||
	    nla_put_u32(skb, TLSVIP_A_SERVICE_IDLE_TIMEOUT, cfg->idle_ms) ||
	    nla_put_u32(skb, TLSVIP_A_SERVICE_LINGER_TIMEOUT, cfg->linger_ms))
		return -EMSGSIZE;
	return 0;
}

/* In an RCU read-side section or with tn->lock. */
static int tlsvip_nl_service_fill(struct sk_buff *skb,
				  const struct genl_info *info, int flags,
				  struct netlink_callback *cb,
				  struct tlsvip_service *svc,
				  enum tlsvip_event *event)
{
	struct tlsvip_service_cfg *cfg;
	void *hdr;

	cfg = rcu_dereference_check(svc->cfg,
				    lockdep_is_held(&svc->ctx->tn->lock));
	hdr = __genlmsg_iput(skb, info, flags);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (nla_put_string(skb, TLSVIP_A_SERVICE_CONTEXT, svc->ctx->name) ||
	    nla_put_string(skb, TLSVIP_A_SERVICE_NAME, svc->name) ||
	    tlsvip_nl_put_addr(skb, &cfg->vip, TLSVIP_A_SERVICE_VIP4,
			       TLSVIP_A_SERVICE_VIP6,
			       TLSVIP_A_SERVICE_VIP_PORT) ||
	    tlsvip_nl_service_put_cfg(skb, cfg) ||
	    nla_put_u8(skb, TLSVIP_A_SERVICE_INSERVICE,
		       READ_ONCE(svc->inservice)) ||
	    tlsvip_nl_put_state(skb, TLSVIP_A_SERVICE_OPER_STATE,
				TLSVIP_A_SERVICE_OPER_REASON,
				READ_ONCE(svc->reason)) ||
	    nla_put_u32(skb, TLSVIP_A_SERVICE_CONNS,
			atomic_read(&svc->live)) ||
	    (event && nla_put_u32(skb, TLSVIP_A_SERVICE_EVENT, *event))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * tlsvip_nl_service_notify - tell listeners about a service
 * @svc: service
 * @event: what happened
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 */
void tlsvip_nl_service_notify(struct tlsvip_service *svc,
			      enum tlsvip_event event)
{
	struct tlsvip_net *tn = svc->ctx->tn;
	struct genl_info info;
	struct sk_buff *skb;

	skb = tlsvip_nl_event_new(tn, &info, TLSVIP_CMD_SERVICE_NTF,
				  NLMSG_DEFAULT_SIZE);
	if (!skb)
		return;
	if (tlsvip_nl_service_fill(skb, &info, 0, NULL, svc, &event))
		nlmsg_free(skb);
	else
		tlsvip_nl_event_send(tn, skb);
}

/* Return: the service a request names, or an error in words. */
static struct tlsvip_service *tlsvip_nl_service_find(struct genl_info *info)
{
	struct tlsvip_context *ctx;
	struct tlsvip_service *svc;
	struct nlattr *name;
	int err;

	ctx = tlsvip_nl_find_context(info, TLSVIP_A_SERVICE_CONTEXT);
	if (IS_ERR(ctx))
		return ERR_CAST(ctx);
	err = tlsvip_nl_need(info, TLSVIP_A_SERVICE_NAME,
			     "the name of the service");
	if (err)
		return ERR_PTR(err);
	name = info->attrs[TLSVIP_A_SERVICE_NAME];
	svc = tlsvip_service_lookup(ctx, nla_data(name));
	if (svc)
		return svc;
	NL_SET_BAD_ATTR(info->extack, name);
	NL_SET_ERR_MSG_FMT_MOD(info->extack, "there is no service %.40s",
			       (char *)nla_data(name));
	return ERR_PTR(-ENOENT);
}

/**
 * tlsvip_nl_service_get_doit - service-get of one
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_service_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_service *svc;
	struct sk_buff *msg;
	int err;

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	rcu_read_lock();
	svc = tlsvip_nl_service_find(info);
	if (IS_ERR(svc))
		err = PTR_ERR(svc);
	else
		err = tlsvip_nl_service_fill(msg, info, 0, NULL, svc, NULL);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

/**
 * tlsvip_nl_service_get_dumpit - service-get of all, or all of a context
 * @skb: to be filled
 * @cb: the dump; args[0] is how many were sent
 *
 * Context: may sleep.
 * Return: length of @skb; 0 at the end; -ENOENT: no such context.
 */
int tlsvip_nl_service_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct tlsvip_net *tn = tlsvip_net(sock_net(skb->sk));
	const struct genl_info *info = genl_info_dump(cb);
	struct tlsvip_service *svc = NULL;
	struct tlsvip_context *ctx = NULL;
	long n = 0;

	tlsvip_nl_dump_begin(cb);
	rcu_read_lock();
	if (info->attrs[TLSVIP_A_SERVICE_CONTEXT]) {
		ctx = tlsvip_nl_find_context(info, TLSVIP_A_SERVICE_CONTEXT);
		if (IS_ERR(ctx)) {
			rcu_read_unlock();
			/* if it vanished meanwhile that is the end */
			return cb->args[0] ? 0 : PTR_ERR(ctx);
		}
	}
	while ((svc = tlsvip_service_next(tn, ctx, svc))) {
		if (n++ < cb->args[0])
			continue;
		if (tlsvip_nl_service_fill(skb, info, NLM_F_MULTI, cb, svc,
					   NULL))
			break;
		cb->args[0] = n;
	}
	rcu_read_unlock();
	return skb->len ?: svc ? -EMSGSIZE : 0;
}

/* @addr: what the service has; keeps what the request does not name. */
static int tlsvip_nl_service_addr(struct genl_info *info,
				  struct tlsvip_addr *addr, int attr4,
				  int attr6, int attr_port, const char *what)
{
	struct nlattr **a = info->attrs;
	__be16 port = addr->port;

	if (a[attr4] && a[attr6]) {
		NL_SET_BAD_ATTR(info->extack, a[attr6]);
		NL_SET_ERR_MSG_FMT_MOD(info->extack,
				       "the %s is either IPv4 or IPv6", what);
		return -EINVAL;
	}
	if (a[attr_port])
		port = htons(nla_get_u16(a[attr_port]));
	if (a[attr4] || a[attr6])
		memset(addr, 0, sizeof(*addr));
	if (a[attr4]) {
		addr->family = AF_INET;
		addr->ip4 = nla_get_in_addr(a[attr4]);
	} else if (a[attr6]) {
		addr->family = AF_INET6;
		addr->ip6 = nla_get_in6_addr(a[attr6]);
	}
	addr->port = port;
	return 0;
}

static int tlsvip_nl_service_policy(struct genl_info *info,
				    struct tlsvip_context *ctx, int attr,
				    enum tlsvip_policy_kind kind,
				    struct tlsvip_policy **pol)
{
	struct nlattr *a = info->attrs[attr];
	const char *name;

	if (!a)
		return 0;
	name = nla_data(a);
	*pol = NULL;
	if (!*name)
		return 0;
	*pol = tlsvip_policy_lookup(ctx, kind, name);
	if (*pol)
		return 0;
	NL_SET_BAD_ATTR(info->extack, a);
	NL_SET_ERR_MSG_FMT_MOD(info->extack, "there is no %s policy %.32s",
			       tlsvip_policy_kind_name(kind), name);
	return -ENOENT;
}

static void tlsvip_nl_service_u32(struct genl_info *info, int attr, u32 *v)
{
	if (info->attrs[attr])
		*v = nla_get_u32(info->attrs[attr]);
}

/* Lays a request over @spec. With tn->lock. */
static int tlsvip_nl_service_parse(struct genl_info *info,
				   struct tlsvip_context *ctx,
				   struct tlsvip_service_spec *spec)
{
	struct tlsvip_service_cfg *cfg = &spec->cfg;
	struct nlattr **a = info->attrs;
	int err;

	err = tlsvip_nl_service_addr(info, &cfg->vip, TLSVIP_A_SERVICE_VIP4,
				     TLSVIP_A_SERVICE_VIP6,
				     TLSVIP_A_SERVICE_VIP_PORT, "VIP");
	if (err)
		return err;
	err = tlsvip_nl_service_addr(info, &cfg->server,
				     TLSVIP_A_SERVICE_SERVER4,
				     TLSVIP_A_SERVICE_SERVER6,
				     TLSVIP_A_SERVICE_SERVER_PORT, "server");
	if (err)
		return err;
	if (a[TLSVIP_A_SERVICE_TRUSTPOINT])
		nla_strscpy(cfg->trustpoint, a[TLSVIP_A_SERVICE_TRUSTPOINT],
			    sizeof(cfg->trustpoint));
	if (a[TLSVIP_A_SERVICE_PROXY_PROTOCOL])
		cfg->proxy = nla_get_u32(a[TLSVIP_A_SERVICE_PROXY_PROTOCOL]);
	if (a[TLSVIP_A_SERVICE_INSERVICE])
		spec->inservice = nla_get_u8(a[TLSVIP_A_SERVICE_INSERVICE]);
	tlsvip_nl_service_u32(info, TLSVIP_A_SERVICE_HANDSHAKE_TIMEOUT,
			      &cfg->handshake_ms);
	tlsvip_nl_service_u32(info, TLSVIP_A_SERVICE_CONNECT_TIMEOUT,
			      &cfg->connect_ms);
	tlsvip_nl_service_u32(info, TLSVIP_A_SERVICE_IDLE_TIMEOUT,
			      &cfg->idle_ms);
	tlsvip_nl_service_u32(info, TLSVIP_A_SERVICE_LINGER_TIMEOUT,
			      &cfg->linger_ms);
	err = tlsvip_nl_service_policy(info, ctx, TLSVIP_A_SERVICE_HTTP_HEADER,
				       TLSVIP_POLICY_KIND_HTTP_HEADER,
				       &cfg->policy);
	if (err)
		return err;
	return tlsvip_nl_service_policy(info, ctx, TLSVIP_A_SERVICE_URL_REWRITE,
					TLSVIP_POLICY_KIND_URL_REWRITE,
					&cfg->rewrite);
}

/* With tn->lock. */
static int tlsvip_nl_service_new(struct genl_info *info)
{
	struct tlsvip_service_spec spec;
	struct tlsvip_context *ctx;
	int err;

	ctx = tlsvip_nl_find_context(info, TLSVIP_A_SERVICE_CONTEXT);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	tlsvip_service_spec_init(&spec, NULL);
	err = tlsvip_nl_service_parse(info, ctx, &spec);
	if (err)
		return err;
	return tlsvip_service_add(ctx,
				  nla_data(info->attrs[TLSVIP_A_SERVICE_NAME]),
				  &spec, info->extack);
}

/**
 * tlsvip_nl_service_new_doit - service-new
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_service_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	int err;

	err = tlsvip_nl_need(info, TLSVIP_A_SERVICE_NAME,
			     "the name of the service");
	if (err)
		return err;
	mutex_lock(&tn->lock);
	err = tlsvip_nl_service_new(info);
	mutex_unlock(&tn->lock);
	return err;
}

/* With tn->lock. */
static int tlsvip_nl_service_set(struct genl_info *info)
{
	struct tlsvip_service_spec spec;
	struct tlsvip_service *svc;
	int err;

	svc = tlsvip_nl_service_find(info);
	if (IS_ERR(svc))
		return PTR_ERR(svc);
	tlsvip_service_spec_init(&spec, svc);
	err = tlsvip_nl_service_parse(info, svc->ctx, &spec);
	if (err)
		return err;
	return tlsvip_service_set(svc, &spec, info->extack);
}

/**
 * tlsvip_nl_service_set_doit - service-set
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_service_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	int err;

	mutex_lock(&tn->lock);
	err = tlsvip_nl_service_set(info);
	mutex_unlock(&tn->lock);
	return err;
}

/**
 * tlsvip_nl_service_del_doit - service-del
 * @skb: request
 * @info: its parts
 *
 * Context: may sleep.
 * Return: 0 or a negative error with a message.
 */
int tlsvip_nl_service_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct tlsvip_service *svc;
	int err = 0;

	mutex_lock(&tn->lock);
	svc = tlsvip_nl_service_find(info);
	if (IS_ERR(svc))
		err = PTR_ERR(svc);
	else
		tlsvip_service_remove(svc);
	mutex_unlock(&tn->lock);
	return err;
}
