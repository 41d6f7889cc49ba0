// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections on netlink: one, all, and what happens to them. They cannot be
 * changed here.
 */
#include <net/genetlink.h>

#include "conn.h"
#include "netlink-gen.h"

static int tlsvip_nl_conn_put_session(struct sk_buff *skb,
				      const struct tlsvip_conn *conn)
{
	if (!READ_ONCE(conn->tls_version))
		return 0;
	if (nla_put_u16(skb, TLSVIP_A_CONN_TLS_VERSION, conn->tls_version) ||
	    nla_put_string(skb, TLSVIP_A_CONN_CIPHER, conn->cipher))
		return -EMSGSIZE;
	if (conn->resumed && nla_put_flag(skb, TLSVIP_A_CONN_RESUMED))
		return -EMSGSIZE;
	return 0;
}

static int tlsvip_nl_conn_put_use(struct sk_buff *skb,
				  const struct tlsvip_conn *conn)
{
	unsigned long now = jiffies;

	if (nla_put_uint(skb, TLSVIP_A_CONN_C2S_BYTES,
			 READ_ONCE(conn->c2s.bytes)) ||
	    nla_put_uint(skb, TLSVIP_A_CONN_S2C_BYTES,
			 READ_ONCE(conn->s2c.bytes)) ||
	    nla_put_uint(skb, TLSVIP_A_CONN_REQUESTS,
			 READ_ONCE(conn->requests)) ||
	    nla_put_uint(skb, TLSVIP_A_CONN_AGE,
			 jiffies_to_msecs(now - conn->accepted)) ||
	    nla_put_uint(skb, TLSVIP_A_CONN_IDLE,
			 jiffies_to_msecs(now - READ_ONCE(conn->active))))
		return -EMSGSIZE;
	return 0;
}

/* What the HTTP engine did not take, of the client or else of the server. */
static int tlsvip_nl_conn_put_http(struct sk_buff *skb,
				   const struct tlsvip_conn *conn)
{
	u32 reason = READ_ONCE(conn->rejected) ?:
		     tlsvip_http_rsp_lost(&conn->rsp);

	return reason ? nla_put_u32(skb, TLSVIP_A_CONN_HTTP_REASON, reason) :
			0;
}

static int tlsvip_nl_conn_put(struct sk_buff *skb,
			      const struct tlsvip_conn *conn)
{
	if (nla_put_uint(skb, TLSVIP_A_CONN_ID, conn->id) ||
	    nla_put_string(skb, TLSVIP_A_CONN_CONTEXT, conn->svc->ctx->name) ||
	    nla_put_string(skb, TLSVIP_A_CONN_SERVICE, conn->svc->name) ||
	    nla_put_u32(skb, TLSVIP_A_CONN_STATE, READ_ONCE(conn->state)) ||
	    nla_put_u32(skb, TLSVIP_A_CONN_CLOSE_REASON,
			atomic_read(&conn->reason)) ||
	    tlsvip_nl_put_addr(skb, &conn->client, TLSVIP_A_CONN_CLIENT4,
			       TLSVIP_A_CONN_CLIENT6,
			       TLSVIP_A_CONN_CLIENT_PORT) ||
	    tlsvip_nl_put_addr(skb, &conn->vip, TLSVIP_A_CONN_VIP4,
			       TLSVIP_A_CONN_VIP6, TLSVIP_A_CONN_VIP_PORT) ||
	    tlsvip_nl_put_addr(skb, &conn->cfg.server, TLSVIP_A_CONN_SERVER4,
			       TLSVIP_A_CONN_SERVER6,
			       TLSVIP_A_CONN_SERVER_PORT) ||
	    tlsvip_nl_conn_put_http(skb, conn) ||
	    tlsvip_nl_conn_put_session(skb, conn) ||
	    tlsvip_nl_conn_put_use(skb, conn))
		return -EMSGSIZE;
	return 0;
}

/**
 * tlsvip_nl_conn_get_doit - read one connection
 * @skb: request
 * @info: its attributes
 *
 * Context: process.
 * Return: 0 or an error with its reason in words.
 */
int tlsvip_nl_conn_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_conn *conn;
	struct sk_buff *reply;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TLSVIP_A_CONN_ID))
		return -EINVAL;
	conn = tlsvip_conn_get_by_id(tlsvip_net(genl_info_net(info)),
				     nla_get_uint(info->attrs[TLSVIP_A_CONN_ID]));
	if (!conn) {
		GENL_SET_ERR_MSG(info, "no such connection");
		return -ENOENT;
	}
	err = -ENOMEM;
	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		goto out_put;
	err = -EMSGSIZE;
	hdr = genlmsg_put_reply(reply, info, &tlsvip_nl_family, 0,
				TLSVIP_CMD_CONN_GET);
	if (!hdr || tlsvip_nl_conn_put(reply, conn)) {
		nlmsg_free(reply);
		goto out_put;
	}
	genlmsg_end(reply, hdr);
	err = genlmsg_reply(reply, info);
out_put:
	tlsvip_conn_put(conn);
	return err;
}

static bool tlsvip_nl_conn_wanted(const struct tlsvip_conn *conn,
				  struct nlattr **attrs)
{
	const struct nlattr *context = attrs[TLSVIP_A_CONN_CONTEXT];
	const struct nlattr *service = attrs[TLSVIP_A_CONN_SERVICE];

	if (context && nla_strcmp(context, conn->svc->ctx->name))
		return false;
	return !service || !nla_strcmp(service, conn->svc->name);
}

static int tlsvip_nl_conn_dump_one(struct sk_buff *skb,
				   struct netlink_callback *cb,
				   const struct tlsvip_conn *conn)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &tlsvip_nl_family, NLM_F_MULTI,
			  TLSVIP_CMD_CONN_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (tlsvip_nl_conn_put(skb, conn)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * tlsvip_nl_conn_get_dumpit - read all connections, or those of an object
 * @skb: to be filled
 * @cb: state of the dump; args[0] is the next number
 *
 * Context: process.
 * Return: bytes in @skb, or an error.
 */
int tlsvip_nl_conn_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct tlsvip_net *tn = tlsvip_net(sock_net(skb->sk));
	const struct genl_info *info = genl_info_dump(cb);
	struct tlsvip_conn *conn;
	unsigned long id;

	/*
	 * An entry in the table has its work's reference until it is taken
	 * out, and that of its service with it; RCU covers the rest.
	 */
	rcu_read_lock();
	xa_for_each_start(&tn->conns, id, conn, cb->args[0]) {
		if (!tlsvip_conn_hold(conn))
			continue;
		if (tlsvip_nl_conn_wanted(conn, info->attrs) &&
		    tlsvip_nl_conn_dump_one(skb, cb, conn)) {
			tlsvip_conn_put(conn);
			break;
		}
		tlsvip_conn_put(conn);
		cb->args[0] = id + 1;
	}
	rcu_read_unlock();
	return skb->len;
}

/**
 * tlsvip_nl_conn_notify - say what happened to a connection
 * @conn: connection
 * @event: what
 *
 * Context: process.
 */
void tlsvip_nl_conn_notify(struct tlsvip_conn *conn, enum tlsvip_event event)
{
	struct net *net = conn->tn->net;
	struct sk_buff *skb;
	void *hdr;

	if (!tlsvip_nl_listening(conn->tn, TLSVIP_NLGRP_EVENTS))
		return;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb) {
		/* they have missed something: they shall ask */
		genl_set_err(&tlsvip_nl_family, net, 0, TLSVIP_NLGRP_EVENTS,
			     -ENOBUFS);
		return;
	}
	hdr = genlmsg_put(skb, 0, 0, &tlsvip_nl_family, 0,
			  TLSVIP_CMD_CONN_NTF);
	if (!hdr || nla_put_u32(skb, TLSVIP_A_CONN_EVENT, event) ||
	    tlsvip_nl_conn_put(skb, conn)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&tlsvip_nl_family, net, skb, 0,
				TLSVIP_NLGRP_EVENTS, GFP_KERNEL);
}
