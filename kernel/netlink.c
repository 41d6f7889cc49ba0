// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family and what its commands share.
 *
 * The commands are in netlink_<object>.c, their policies in netlink-gen.c.
 */
#include "netlink.h"

/*
 * By hand because ynl-gen makes the family for its "genetlink" schema only,
 * which has no GENL_UNS_ADMIN_PERM; tlsvip_nl_mcgrps of netlink-gen.c is out
 * of reach from here.
 */
static const struct genl_multicast_group tlsvip_nl_groups[] = {
	[TLSVIP_NLGRP_CONFIG] = { .name = TLSVIP_MCGRP_CONFIG },
	[TLSVIP_NLGRP_EVENTS] = { .name = TLSVIP_MCGRP_EVENTS },
};

struct genl_family tlsvip_nl_family __ro_after_init = {
	.name		= TLSVIP_FAMILY_NAME,
	.version	= TLSVIP_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= tlsvip_nl_ops,
	.n_split_ops	= ARRAY_SIZE(tlsvip_nl_ops),
	.mcgrps		= tlsvip_nl_groups,
	.n_mcgrps	= ARRAY_SIZE(tlsvip_nl_groups),
};

/* The family is registered; its groups are others' when it is not. */
static bool tlsvip_nl_on;

/**
 * tlsvip_nl_need - is a mandatory attribute there?
 * @info: request
 * @attr: attribute
 * @what: what it is, for the message
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int tlsvip_nl_need(const struct genl_info *info, int attr,
		   const char *what)
{
	if (info->attrs[attr])
		return 0;
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, attr);
	NL_SET_ERR_MSG_FMT_MOD(info->extack, "%s is missing", what);
	return -EINVAL;
}

/**
 * tlsvip_nl_find_context - the context a request names
 * @info: request
 * @attr: attribute with the name
 *
 * Context: in an RCU read-side section or with &tlsvip_net.lock.
 * Return: the context without a reference, or ERR_PTR of -EINVAL or -ENOENT.
 */
struct tlsvip_context *tlsvip_nl_find_context(const struct genl_info *info,
					      int attr)
{
	struct tlsvip_context *ctx;
	int err;

	err = tlsvip_nl_need(info, attr, "the name of the context");
	if (err)
		return ERR_PTR(err);
	ctx = tlsvip_context_lookup(tlsvip_net(genl_info_net(info)),
				    nla_data(info->attrs[attr]));
	if (ctx)
		return ctx;
	NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	NL_SET_ERR_MSG_FMT_MOD(info->extack, "there is no context %.40s",
			       (char *)nla_data(info->attrs[attr]));
	return ERR_PTR(-ENOENT);
}

/**
 * tlsvip_nl_put_addr - add an address and port to a message
 * @skb: message
 * @addr: address; nothing is added if it has none
 * @attr4: attribute of an IPv4 address
 * @attr6: attribute of an IPv6 address
 * @attr_port: attribute of the port
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int tlsvip_nl_put_addr(struct sk_buff *skb, const struct tlsvip_addr *addr,
		       int attr4, int attr6, int attr_port)
{
	if (!addr->family)
		return 0;
	if (addr->family == AF_INET &&
	    nla_put_in_addr(skb, attr4, addr->ip4))
		return -EMSGSIZE;
	if (addr->family == AF_INET6 &&
	    nla_put_in6_addr(skb, attr6, &addr->ip6))
		return -EMSGSIZE;
	return nla_put_u16(skb, attr_port, ntohs(addr->port));
}

/**
 * tlsvip_nl_put_state - add the operational state to a message
 * @skb: message
 * @attr_state: attribute of the state
 * @attr_reason: attribute of the reason
 * @reason: the reason
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int tlsvip_nl_put_state(struct sk_buff *skb, int attr_state, int attr_reason,
			enum tlsvip_oper_reason reason)
{
	u32 state = reason == TLSVIP_OPER_REASON_NONE ?
		    TLSVIP_OPER_STATE_UP : TLSVIP_OPER_STATE_DOWN;

	if (nla_put_u32(skb, attr_state, state) ||
	    nla_put_u32(skb, attr_reason, reason))
		return -EMSGSIZE;
	return 0;
}

/**
 * tlsvip_nl_changed - dumps under way are not of one state
 * @tn: namespace whose configuration has changed
 *
 * Context: holds &tlsvip_net.lock.
 */
void tlsvip_nl_changed(struct tlsvip_net *tn)
{
	lockdep_assert_held(&tn->lock);
	/* 0 would mean to the dump that there is nothing to compare */
	WRITE_ONCE(tn->seq, tn->seq + 1 ?: 1);
}

/**
 * tlsvip_nl_dump_begin - before the first object of a message of a dump
 * @cb: the dump; its messages are marked by genl_dump_check_consistent()
 *
 * Context: any.
 */
void tlsvip_nl_dump_begin(struct netlink_callback *cb)
{
	cb->seq = READ_ONCE(tlsvip_net(sock_net(cb->skb->sk))->seq) ?: 1;
}

/**
 * tlsvip_nl_listening - would somebody get an event?
 * @tn: namespace
 * @group: TLSVIP_NLGRP_CONFIG or TLSVIP_NLGRP_EVENTS
 *
 * Context: any.
 * Return: false if it need not be made.
 */
bool tlsvip_nl_listening(struct tlsvip_net *tn, unsigned int group)
{
	return READ_ONCE(tlsvip_nl_on) && !READ_ONCE(tn->exiting) &&
	       genl_has_listeners(&tlsvip_nl_family, tn->net, group);
}

/**
 * tlsvip_nl_event_new - begin an event of the configuration
 * @tn: namespace
 * @info: filled in, for the message
 * @cmd: command of the event
 * @size: payload to make room for
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: the message, or NULL if nobody listens or memory is short.
 */
struct sk_buff *tlsvip_nl_event_new(struct tlsvip_net *tn,
				    struct genl_info *info, u8 cmd,
				    size_t size)
{
	struct sk_buff *skb;

	tlsvip_nl_changed(tn);
	if (!tlsvip_nl_listening(tn, TLSVIP_NLGRP_CONFIG))
		return NULL;
	skb = genlmsg_new(size, GFP_KERNEL);
	if (!skb) {
		/* they may have missed something: they shall ask */
		genl_set_err(&tlsvip_nl_family, tn->net, 0,
			     TLSVIP_NLGRP_CONFIG, -ENOBUFS);
		return NULL;
	}
	genl_info_init_ntf(info, &tlsvip_nl_family, cmd);
	return skb;
}

/**
 * tlsvip_nl_event_send - send an event of the configuration
 * @tn: namespace
 * @skb: message; consumed
 *
 * Context: may sleep.
 */
void tlsvip_nl_event_send(struct tlsvip_net *tn, struct sk_buff *skb)
{
	genlmsg_multicast_netns(&tlsvip_nl_family, tn->net, skb, 0,
				TLSVIP_NLGRP_CONFIG, GFP_KERNEL);
}

/**
 * tlsvip_nl_init - open the family
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tlsvip_nl_init(void)
{
	int err;

	err = genl_register_family(&tlsvip_nl_family);
	if (!err)
		WRITE_ONCE(tlsvip_nl_on, true);
	return err;
}

/**
 * tlsvip_nl_exit - close the family
 *
 * Context: may sleep. Waits for commands and dumps under way.
 */
void tlsvip_nl_exit(void)
{
	WRITE_ONCE(tlsvip_nl_on, false);
	genl_unregister_family(&tlsvip_nl_family);
}
