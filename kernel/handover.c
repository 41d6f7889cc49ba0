// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of the daemon's answer: it is checked, never believed, and the
 * connection goes on to its server or ends. How the answer got here is in
 * upcall.c.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tls.h>

#include "conn.h"
#include "proxy_v2.h"

/**
 * tlsvip_answer_free - wipe and free an answer
 * @answer: answer or NULL
 *
 * Context: process.
 */
void tlsvip_answer_free(struct tlsvip_answer *answer)
{
	if (answer)
		kvfree_sensitive(answer,
				 struct_size(answer, data, answer->block_len +
					     answer->first_len +
					     answer->tlvs_len +
					     answer->leftover_len));
}

/* Kernel TLS in software in both directions, and nothing stacked on it. */
static bool tlsvip_handover_offloaded(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct tls_context *ctx;
	bool ok;

	lock_sock(sk);
	ctx = tls_get_ctx(sk);
	ok = inet_csk(sk)->icsk_ulp_ops && ctx &&
	     !strcmp(inet_csk(sk)->icsk_ulp_ops->name, "tls") &&
	     ctx->tx_conf == TLS_SW && ctx->rx_conf == TLS_SW &&
	     sock->ops->read_sock;
	release_sock(sk);
	return ok;
}

/* One header line: a protected name, ":", and no control but HTAB. */
static bool tlsvip_handover_line_ok(const struct tlsvip_http_cfg *cfg,
				    const u8 *line, u32 len)
{
	const u8 *colon = memchr(line, ':', len);
	u32 i;

	if (!colon || colon == line ||
	    !tlsvip_http_cfg_protects(cfg, line, colon - line))
		return false;
	for (i = 0; i < len; i++)
		if ((line[i] < 0x20 && line[i] != '\t') || line[i] >= 0x7f)
			return false;
	return true;
}

/*
 * Every line has a name that the policy protects: of any other the client
 * could send its own copy.
 */
static bool tlsvip_handover_block_ok(const struct tlsvip_http_cfg *cfg,
				     const u8 *data, u32 len)
{
	const u8 *cr;

	if (!len || len > TLSVIP_BLOCK_MAX)
		return false;
	while (len) {
		cr = memchr(data, '\r', len);
		if (!cr || cr + 1 == data + len || cr[1] != '\n' ||
		    !tlsvip_handover_line_ok(cfg, data, cr - data))
			return false;
		len -= cr + 2 - data;
		data = cr + 2;
	}
	return true;
}

/* The page's reference is @block's; each insertion has one of its own. */
static int tlsvip_handover_keep(struct tlsvip_conn *conn,
				struct bio_vec *block, const u8 *data, u32 len)
{
	struct page *page;

	if (!tlsvip_handover_block_ok(&conn->headers->cfg, data, len))
		return -EINVAL;
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(len));
	if (!page)
		return -ENOMEM;
	memcpy(page_address(page), data, len);
	bvec_set_page(block, page, len, 0);
	return 0;
}

/*
 * Without a certificate nothing is left for the first request; its names are
 * protected all the same.
 */
static int tlsvip_handover_blocks(struct tlsvip_conn *conn)
{
	const struct tlsvip_answer *answer = conn->answer;
	int err;

	if (!conn->headers || !tlsvip_headers_n_lines(conn->headers))
		return answer->block_len || answer->first_len ? -EINVAL : 0;
	if (answer->first_len && !conn->headers->cfg.first_block)
		return -EINVAL;
	err = tlsvip_handover_keep(conn, &conn->block, answer->data,
				   answer->block_len);
	if (err)
		return err;
	conn->kinds = tlsvip_header_kinds(conn->headers, answer->data,
					  answer->block_len);
	if (!answer->first_len)
		return 0;
	return tlsvip_handover_keep(conn, &conn->first,
				    answer->data + answer->block_len,
				    answer->first_len);
}

static int tlsvip_handover_queue(struct tlsvip_pieces *q, const u8 *data,
				 u32 left)
{
	u32 n;

	while (left) {
		n = min_t(u32, left, PAGE_SIZE / 2);
		if (!tlsvip_pieces_room(q) || !tlsvip_pieces_copy(q, data, n))
			return -ENOMEM;
		data += n;
		left -= n;
	}
	return 0;
}

/* What the server is told of its client, ahead of the client's first byte. */
static int tlsvip_handover_proxy(struct tlsvip_conn *conn)
{
	const struct tlsvip_answer *answer = conn->answer;
	const u8 *tlvs = answer->data + answer->block_len + answer->first_len;
	struct tlsvip_proxy_v2 p = {
		.ipv6 = conn->client.family == AF_INET6,
		.src = (const u8 *)&conn->client.ip6,
		.dst = (const u8 *)&conn->vip.ip6,
		.src_port = ntohs(conn->client.port),
		.dst_port = ntohs(conn->vip.port),
		.netns = conn->svc->ctx->vrf,
		.netns_len = strlen(conn->svc->ctx->vrf),
		.tlvs = tlvs,
		.tlvs_len = answer->tlvs_len,
	};
	u32 size = TLSVIP_PROXY_V2_HEAD + TLSVIP_PROXY_V2_ADDRS +
		   TLSVIP_PROXY_V2_TLV + p.netns_len + p.tlvs_len;
	int err;
	u8 *buf;

	if (conn->cfg.proxy != TLSVIP_PROXY_PROTOCOL_V2)
		return answer->tlvs_len ? -EINVAL : 0;
	if (!tlsvip_proxy_v2_tlvs_ok(tlvs, answer->tlvs_len))
		return -EINVAL;
	buf = kmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	err = tlsvip_proxy_v2_build(&p, buf, size);
	if (err > 0)
		err = tlsvip_handover_queue(&conn->c2s.out, buf, err);
	kfree(buf);
	if (!err)
		tlsvip_count(&conn->svc->counters,
			     TLSVIP_C_server_proxy_headers);
	return err;
}

/* Bytes that came behind the Finished and were decrypted by the daemon. */
static int tlsvip_handover_leftover(struct tlsvip_conn *conn)
{
	struct tlsvip_pieces *q = conn->c2s.edited ? &conn->c2s.in :
						     &conn->c2s.out;
	const struct tlsvip_answer *answer = conn->answer;

	if (!answer->leftover_len)
		return 0;
	tlsvip_count(&conn->svc->counters, TLSVIP_C_upcall_leftover);
	return tlsvip_handover_queue(q, answer->data + answer->block_len +
				     answer->first_len + answer->tlvs_len,
				     answer->leftover_len);
}

static void tlsvip_handover_count(struct tlsvip_conn *conn)
{
	struct tlsvip_counters *c = &conn->svc->counters;

	tlsvip_count(c, TLSVIP_C_ssl_conns_completed);
	tlsvip_count(c, conn->resumed ? TLSVIP_C_ssl_resumed_handshakes :
					TLSVIP_C_ssl_full_handshakes);
	tlsvip_count(c, conn->tls_version == TLSVIP_TLS_1_3 ?
		     TLSVIP_C_ssl_tls13 : TLSVIP_C_ssl_tls12);
}

static enum tlsvip_close_reason
tlsvip_handover_accept(struct tlsvip_conn *conn)
{
	const struct tlsvip_answer *answer = conn->answer;
	struct tlsvip_leg *client = tlsvip_client(conn);
	int err;

	if (answer->tls_version != TLSVIP_TLS_1_2 &&
	    answer->tls_version != TLSVIP_TLS_1_3)
		return TLSVIP_CLOSE_REASON_BAD_VERDICT;
	/*
	 * Whoever had the descriptor still could write to the client, and
	 * block us at it.
	 */
	if (file_count(client->file) != 1 ||
	    !tlsvip_handover_offloaded(client->sock))
		return TLSVIP_CLOSE_REASON_BAD_VERDICT;
	tlsvip_upcall_returned(conn);
	client->tls = true;
	/*
	 * Where kernel TLS pushes a record of its own accord, as splice_eof()
	 * and its own work do, it waits for room as long as the socket allows.
	 */
	WRITE_ONCE(client->sock->sk->sk_sndtimeo, 0);
	err = tlsvip_handover_blocks(conn);
	if (!err)
		err = tlsvip_handover_proxy(conn);
	if (!err)
		err = tlsvip_handover_leftover(conn);
	if (err)
		return err == -ENOMEM ? TLSVIP_CLOSE_REASON_MEMORY :
					TLSVIP_CLOSE_REASON_BAD_VERDICT;
	conn->tls_version = answer->tls_version;
	strscpy(conn->cipher, answer->cipher, sizeof(conn->cipher));
	conn->resumed = answer->resumed;
	tlsvip_handover_count(conn);
	return TLSVIP_CLOSE_REASON_NONE;
}

static enum tlsvip_close_reason
tlsvip_handover_reason(enum tlsvip_verdict_code verdict)
{
	switch (verdict) {
	case TLSVIP_VERDICT_TIMEOUT:
		return TLSVIP_CLOSE_REASON_HANDSHAKE_TIMEOUT;
	case TLSVIP_VERDICT_REFUSED:
		return TLSVIP_CLOSE_REASON_HANDSHAKE_REFUSED;
	case TLSVIP_VERDICT_NO_TRUSTPOINT:
		return TLSVIP_CLOSE_REASON_NO_TRUSTPOINT;
	case TLSVIP_VERDICT_NO_BLOCK:
		return TLSVIP_CLOSE_REASON_HEADER_BLOCK;
	default:
		return TLSVIP_CLOSE_REASON_HANDSHAKE_FAILED;
	}
}

/**
 * tlsvip_handover - act on the daemon's answer
 * @conn: connection in handshake whose answer is there
 *
 * Context: the work of the connection.
 */
void tlsvip_handover(struct tlsvip_conn *conn)
{
	struct tlsvip_leg *client = tlsvip_client(conn);
	enum tlsvip_close_reason reason;
	int err;

	if (conn->answer->verdict == TLSVIP_VERDICT_OK)
		reason = tlsvip_handover_accept(conn);
	else
		reason = tlsvip_handover_reason(conn->answer->verdict);
	tlsvip_answer_free(conn->answer);
	conn->answer = NULL;
	if (reason != TLSVIP_CLOSE_REASON_NONE) {
		tlsvip_conn_close(conn, reason);
		return;
	}

	tlsvip_leg_attach(client);
	tlsvip_conn_set_state(conn, TLSVIP_CONN_STATE_CONNECT);
	err = tlsvip_leg_connect(tlsvip_server(conn));
	/* The work looks at the state of the socket next. */
	if (err && err != -EINPROGRESS)
		tlsvip_conn_close(conn, tlsvip_leg_connect_reason(err));
}
