// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon's workers say and hear on netlink: they bind, are told of
 * upcalls, accept them with a descriptor each, and answer them. The queue
 * itself is upcall.c.
 */
#include <linux/file.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "netlink-gen.h"
#include "upcall.h"

#define TLSVIP_HANDOVER_VERSION	2

/**
 * tlsvip_nl_upcall_ready - tell a worker that upcalls wait
 * @tn: namespace
 * @portid: of the worker's socket
 * @queued: how many
 *
 * Context: process.
 * Return: 0, or an error when its socket is full or gone.
 */
int tlsvip_nl_upcall_ready(struct tlsvip_net *tn, u32 portid, u32 queued)
{
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(nla_total_size(sizeof(u32)), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put(skb, 0, 0, &tlsvip_nl_family, 0,
			  TLSVIP_CMD_UPCALL_READY);
	if (!hdr || nla_put_u32(skb, TLSVIP_A_HANDSHAKE_PENDING, queued)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_unicast(tn->net, skb, portid);
}

/**
 * tlsvip_nl_worker_bind_doit - make the sender a worker
 * @skb: request
 * @info: its attributes
 *
 * Context: process.
 * Return: 0 or an error with its reason in words.
 */
int tlsvip_nl_worker_bind_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	u32 capacity = TLSVIP_CAPACITY_DEFAULT;
	struct sk_buff *reply;
	u32 cpu = 0, queued;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TLSVIP_A_HANDSHAKE_VERSION))
		return -EINVAL;
	if (nla_get_u32(info->attrs[TLSVIP_A_HANDSHAKE_VERSION]) !=
	    TLSVIP_HANDOVER_VERSION) {
		GENL_SET_ERR_MSG_FMT(info,
				     "daemon and module do not fit: the module speaks hand-over version %u",
				     TLSVIP_HANDOVER_VERSION);
		return -EPROTONOSUPPORT;
	}
	if (info->attrs[TLSVIP_A_HANDSHAKE_CPU])
		cpu = nla_get_u32(info->attrs[TLSVIP_A_HANDSHAKE_CPU]);
	if (info->attrs[TLSVIP_A_HANDSHAKE_CAPACITY])
		capacity = nla_get_u32(info->attrs[TLSVIP_A_HANDSHAKE_CAPACITY]);

	reply = genlmsg_new(2 * nla_total_size(sizeof(u32)), GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	hdr = genlmsg_put_reply(reply, info, &tlsvip_nl_family, 0,
				TLSVIP_CMD_WORKER_BIND);
	err = -EMSGSIZE;
	if (!hdr)
		goto err_reply;
	err = tlsvip_upcall_bind(tn, info->snd_portid, cpu, capacity, &queued);
	if (err == -EALREADY)
		GENL_SET_ERR_MSG(info, "this socket is a worker already");
	else if (err == -ENOSPC)
		GENL_SET_ERR_MSG(info, "too many workers");
	if (err)
		goto err_reply;
	err = -EMSGSIZE;
	if (nla_put_u32(reply, TLSVIP_A_HANDSHAKE_VERSION,
			TLSVIP_HANDOVER_VERSION) ||
	    nla_put_u32(reply, TLSVIP_A_HANDSHAKE_PENDING, queued))
		goto err_bound;
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);

err_bound:
	tlsvip_upcall_unbind(tn, info->snd_portid);
err_reply:
	nlmsg_free(reply);
	return err;
}

static int tlsvip_nl_upcall_policy(struct sk_buff *skb,
				   const struct tlsvip_headers *headers)
{
	struct tlsvip_headers_line line;
	struct nlattr *nest;
	u32 i;

	if (!headers || !tlsvip_headers_n_lines(headers))
		return 0;
	if (nla_put_flag(skb, TLSVIP_A_UPCALL_HTTP_HEADER))
		return -EMSGSIZE;
	for (i = 0; i < tlsvip_headers_n_lines(headers); i++) {
		tlsvip_headers_line(headers, i, &line);
		nest = nla_nest_start(skb, TLSVIP_A_UPCALL_LINE);
		if (!nest ||
		    nla_put_u32(skb, TLSVIP_A_LINE_FIELD, line.field) ||
		    nla_put_string(skb, TLSVIP_A_LINE_TEXT, line.text) ||
		    (line.once && nla_put_flag(skb, TLSVIP_A_LINE_ONCE)) ||
		    (line.first && nla_put_flag(skb, TLSVIP_A_LINE_FIRST)))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int tlsvip_nl_upcall_put(struct sk_buff *skb,
				const struct tlsvip_conn *conn, int fd)
{
	unsigned long end = conn->accepted +
			    msecs_to_jiffies(conn->cfg.handshake_ms);
	struct nlattr *nest;
	u32 left = 1;

	if (time_before(jiffies, end))
		left = max(1U, jiffies_to_msecs(end - jiffies));
	nest = nla_nest_start(skb, TLSVIP_A_HANDSHAKE_UPCALL);
	if (!nest ||
	    nla_put_uint(skb, TLSVIP_A_UPCALL_CONN, conn->id) ||
	    nla_put_u32(skb, TLSVIP_A_UPCALL_LEG, TLSVIP_LEG_CLIENT) ||
	    nla_put_u32(skb, TLSVIP_A_UPCALL_ROLE, TLSVIP_ROLE_SERVER) ||
	    nla_put_s32(skb, TLSVIP_A_UPCALL_SOCKFD, fd) ||
	    nla_put_string(skb, TLSVIP_A_UPCALL_CONTEXT,
			   conn->svc->ctx->name) ||
	    nla_put_string(skb, TLSVIP_A_UPCALL_SERVICE, conn->svc->name) ||
	    nla_put_string(skb, TLSVIP_A_UPCALL_TRUSTPOINT,
			   conn->cfg.trustpoint) ||
	    nla_put_u32(skb, TLSVIP_A_UPCALL_TIMEOUT, left) ||
	    tlsvip_nl_put_addr(skb, &conn->client, TLSVIP_A_UPCALL_CLIENT4,
			       TLSVIP_A_UPCALL_CLIENT6,
			       TLSVIP_A_UPCALL_CLIENT_PORT) ||
	    tlsvip_nl_put_addr(skb, &conn->vip, TLSVIP_A_UPCALL_VIP4,
			       TLSVIP_A_UPCALL_VIP6,
			       TLSVIP_A_UPCALL_VIP_PORT) ||
	    tlsvip_nl_upcall_policy(skb, conn->headers) ||
	    (conn->cfg.proxy == TLSVIP_PROXY_PROTOCOL_V2 &&
	     nla_put_flag(skb, TLSVIP_A_UPCALL_PROXY_TLVS)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* At least what an upcall needs; most lines are far from their longest. */
static size_t tlsvip_nl_upcall_size(const struct tlsvip_conn *conn)
{
	size_t size = 512 + 3 * nla_total_size(TLSVIP_NAME_LEN + 1);
	struct tlsvip_headers_line line;
	u32 i;

	if (!conn->headers)
		return size;
	for (i = 0; i < tlsvip_headers_n_lines(conn->headers); i++) {
		tlsvip_headers_line(conn->headers, i, &line);
		size += nla_total_size(nla_total_size(sizeof(u32)) +
				       nla_total_size(strlen(line.text) + 1) +
				       2 * nla_total_size(0));
	}
	return size;
}

static void tlsvip_nl_put_fds(const int *fds, u32 n)
{
	while (n--)
		put_unused_fd(fds[n]);
}

/* Reserves a descriptor for each connection and says so in a message. */
static struct sk_buff *tlsvip_nl_upcall_message(struct genl_info *info,
						struct tlsvip_conn **conns,
						int *fds, u32 n, u32 queued)
{
	size_t size = nla_total_size(sizeof(u32));
	struct sk_buff *skb;
	u32 got = 0, i;
	void *hdr;
	int err;

	for (i = 0; i < n; i++)
		size += tlsvip_nl_upcall_size(conns[i]);
	skb = genlmsg_new(size, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	err = -EMSGSIZE;
	hdr = genlmsg_put_reply(skb, info, &tlsvip_nl_family, 0,
				TLSVIP_CMD_UPCALL_ACCEPT);
	if (!hdr || nla_put_u32(skb, TLSVIP_A_HANDSHAKE_PENDING, queued))
		goto err_skb;
	for (i = 0; i < n; i++) {
		err = get_unused_fd_flags(O_CLOEXEC);
		if (err < 0)
			goto err_skb;
		fds[got++] = err;
		err = tlsvip_nl_upcall_put(skb, conns[i], fds[i]);
		if (err)
			goto err_skb;
	}
	genlmsg_end(skb, hdr);
	return skb;

err_skb:
	tlsvip_nl_put_fds(fds, got);
	nlmsg_free(skb);
	return ERR_PTR(err);
}

/**
 * tlsvip_nl_upcall_accept_doit - hand upcalls to the worker that asks
 * @skb: request
 * @info: its attributes
 *
 * Context: process, the daemon's: the descriptors are installed in it. Each
 *	    has a reference to the file of its own, dropped by its close().
 * Return: 0 or an error with its reason in words.
 */
int tlsvip_nl_upcall_accept_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct tlsvip_conn *conns[TLSVIP_BATCH_MAX];
	struct file *files[TLSVIP_BATCH_MAX];
	u32 max = 1, queued, i, n;
	int fds[TLSVIP_BATCH_MAX];
	struct sk_buff *reply;
	int err;

	if (info->attrs[TLSVIP_A_HANDSHAKE_BATCH])
		max = nla_get_u32(info->attrs[TLSVIP_A_HANDSHAKE_BATCH]);
	err = tlsvip_upcall_take(tn, info->snd_portid, conns, files, max,
				 &queued);
	if (err < 0) {
		GENL_SET_ERR_MSG(info, "this socket is not a bound worker");
		return err;
	}
	n = err;
	reply = tlsvip_nl_upcall_message(info, conns, fds, n, queued);
	while (IS_ERR(reply) && n > 1) {
		u32 rest = n / 2;

		/* There may be memory or descriptors for some of them. */
		n -= rest;
		queued += rest;
		tlsvip_upcall_untake(tn, info->snd_portid, conns + n,
				     files + n, rest);
		reply = tlsvip_nl_upcall_message(info, conns, fds, n, queued);
	}
	if (IS_ERR(reply)) {
		GENL_SET_ERR_MSG(info,
				 "no memory or file descriptors for the upcalls");
		err = PTR_ERR(reply);
		goto err_untake;
	}
	/*
	 * The worker that will read the reply is the task that runs this, so
	 * the descriptors may follow it.
	 */
	err = genlmsg_reply(reply, info);
	if (err) {
		tlsvip_nl_put_fds(fds, n);
		goto err_untake;
	}
	for (i = 0; i < n; i++) {
		tlsvip_count(&conns[i]->svc->counters,
			     TLSVIP_C_upcall_handed_out);
		fd_install(fds[i], files[i]);
		tlsvip_conn_put(conns[i]);
	}
	return 0;

err_untake:
	tlsvip_upcall_untake(tn, info->snd_portid, conns, files, n);
	return err;
}

static u32 tlsvip_nl_len(const struct nlattr *attr)
{
	return attr ? nla_len(attr) : 0;
}

/* Where the bytes of an answer come from, in their order. */
static const int tlsvip_nl_answer_parts[] = {
	TLSVIP_A_HANDSHAKE_BLOCK,
	TLSVIP_A_HANDSHAKE_BLOCK_FIRST,
	TLSVIP_A_HANDSHAKE_PROXY_TLVS,
	TLSVIP_A_HANDSHAKE_LEFTOVER,
};

static struct tlsvip_answer *tlsvip_nl_answer_alloc(struct genl_info *info)
{
	struct tlsvip_answer *answer;
	size_t len = 0;
	u8 *data;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tlsvip_nl_answer_parts); i++)
		len += tlsvip_nl_len(info->attrs[tlsvip_nl_answer_parts[i]]);
	answer = kvzalloc(struct_size(answer, data, len), GFP_KERNEL);
	if (!answer)
		return NULL;
	data = answer->data;
	for (i = 0; i < ARRAY_SIZE(tlsvip_nl_answer_parts); i++) {
		const struct nlattr *a = info->attrs[tlsvip_nl_answer_parts[i]];

		if (a)
			memcpy(data, nla_data(a), nla_len(a));
		data += tlsvip_nl_len(a);
	}
	return answer;
}

static struct tlsvip_answer *tlsvip_nl_answer(struct genl_info *info)
{
	struct nlattr **a = info->attrs;
	struct tlsvip_answer *answer;

	answer = tlsvip_nl_answer_alloc(info);
	if (!answer)
		return NULL;
	answer->verdict = nla_get_u32(a[TLSVIP_A_HANDSHAKE_VERDICT]);
	if (a[TLSVIP_A_HANDSHAKE_ALERT])
		answer->alert = nla_get_u8(a[TLSVIP_A_HANDSHAKE_ALERT]);
	if (a[TLSVIP_A_HANDSHAKE_TLS_VERSION])
		answer->tls_version =
			nla_get_u16(a[TLSVIP_A_HANDSHAKE_TLS_VERSION]);
	if (a[TLSVIP_A_HANDSHAKE_CIPHER])
		nla_strscpy(answer->cipher, a[TLSVIP_A_HANDSHAKE_CIPHER],
			    sizeof(answer->cipher));
	answer->resumed = nla_get_flag(a[TLSVIP_A_HANDSHAKE_RESUMED]);
	answer->block_len = tlsvip_nl_len(a[TLSVIP_A_HANDSHAKE_BLOCK]);
	answer->first_len = tlsvip_nl_len(a[TLSVIP_A_HANDSHAKE_BLOCK_FIRST]);
	answer->tlvs_len = tlsvip_nl_len(a[TLSVIP_A_HANDSHAKE_PROXY_TLVS]);
	answer->leftover_len = tlsvip_nl_len(a[TLSVIP_A_HANDSHAKE_LEFTOVER]);
	return answer;
}

/**
 * tlsvip_nl_upcall_done_doit - take a worker's answer
 * @skb: request
 * @info: its attributes
 *
 * Context: process.
 * Return: 0, -ENOENT if the connection has ended meanwhile, or an error with
 *	   its reason in words.
 */
int tlsvip_nl_upcall_done_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlsvip_net *tn = tlsvip_net(genl_info_net(info));
	struct tlsvip_answer *answer;
	struct tlsvip_conn *conn;
	int err;
	u64 id;

	if (GENL_REQ_ATTR_CHECK(info, TLSVIP_A_HANDSHAKE_CONN) ||
	    GENL_REQ_ATTR_CHECK(info, TLSVIP_A_HANDSHAKE_LEG) ||
	    GENL_REQ_ATTR_CHECK(info, TLSVIP_A_HANDSHAKE_VERDICT))
		return -EINVAL;
	if (nla_get_u32(info->attrs[TLSVIP_A_HANDSHAKE_LEG]) !=
	    TLSVIP_LEG_CLIENT) {
		GENL_SET_ERR_MSG(info, "no upcall is out for this leg");
		return -EINVAL;
	}
	if (tlsvip_nl_len(info->attrs[TLSVIP_A_HANDSHAKE_BLOCK]) >
	    TLSVIP_BLOCK_MAX ||
	    tlsvip_nl_len(info->attrs[TLSVIP_A_HANDSHAKE_BLOCK_FIRST]) >
	    TLSVIP_BLOCK_MAX ||
	    tlsvip_nl_len(info->attrs[TLSVIP_A_HANDSHAKE_PROXY_TLVS]) >
	    TLSVIP_PROXY_TLVS_MAX ||
	    tlsvip_nl_len(info->attrs[TLSVIP_A_HANDSHAKE_LEFTOVER]) >
	    TLSVIP_LEFTOVER_MAX) {
		GENL_SET_ERR_MSG(info, "block, TLVs or leftover too long");
		return -EMSGSIZE;
	}
	answer = tlsvip_nl_answer(info);
	if (!answer)
		return -ENOMEM;
	id = nla_get_uint(info->attrs[TLSVIP_A_HANDSHAKE_CONN]);
	conn = tlsvip_conn_get_by_id(tn, id);
	err = conn ? tlsvip_upcall_complete(tn, info->snd_portid, conn,
					    answer) : -ENOENT;
	if (conn)
		tlsvip_conn_put(conn);
	if (err) {
		tlsvip_answer_free(answer);
		tlsvip_count(&tn->counters, TLSVIP_C_upcall_late);
		GENL_SET_ERR_MSG(info, "no such upcall is with this worker");
	}
	return err;
}
