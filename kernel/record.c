// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one place that knows TLS records: their types, alerts and what kernel
 * TLS still has to send. Application data passes by in pump.c.
 */
#include <linux/error-injection.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tls.h>
#include <net/tls_prot.h>

#include "conn.h"

/* RFC 8446 6 */
#define TLSVIP_ALERT_CLOSE_NOTIFY	0
#define TLSVIP_ALERT_USER_CANCELED	90

/**
 * tlsvip_record_ready - whether a read would find something
 * @sk: socket; without its lock the answer may be old
 *
 * Context: process.
 * Return: true if data or a control record waits.
 */
bool tlsvip_record_ready(const struct sock *sk)
{
	if (sk->sk_prot->sock_is_readable)
		return sk->sk_prot->sock_is_readable((struct sock *)sk);
	return !skb_queue_empty_lockless(&sk->sk_receive_queue);
}

static int tlsvip_record_alert_received(struct tlsvip_conn *conn, u8 level,
					u8 desc)
{
	if (desc == TLSVIP_ALERT_CLOSE_NOTIFY) {
		tlsvip_count(&conn->svc->counters,
			     TLSVIP_C_ssl_close_notify_received);
		return 1;
	}
	/* Says that a close_notify follows, RFC 8446 6.1. */
	if (level == TLSVIP_ALERT_WARNING &&
	    desc == TLSVIP_ALERT_USER_CANCELED)
		return 0;
	tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_CLIENT_ALERT);
	return -ECONNABORTED;
}

/**
 * tlsvip_record_control - read the control record at the head
 * @conn: connection
 * @leg: TLS leg whose read_sock() has refused the record
 *
 * Context: the work of the connection, socket not locked.
 * Return: 1 for a close_notify, 0 when reading may go on, negative when the
 *	   end of the connection was decided or nothing could be read.
 */
int tlsvip_record_control(struct tlsvip_conn *conn, struct tlsvip_leg *leg)
{
	u8 control[CMSG_SPACE(sizeof(u8))];
	struct msghdr msg = {
		.msg_control = control,
		.msg_controllen = sizeof(control),
		.msg_flags = MSG_DONTWAIT,
	};
	const struct cmsghdr *cmsg = (const struct cmsghdr *)control;
	struct kvec iov;
	u8 data[2];
	int n;

	iov.iov_base = data;
	iov.iov_len = sizeof(data);
	n = kernel_recvmsg(leg->sock, &msg, &iov, 1, sizeof(data),
			   MSG_DONTWAIT);
	if (n < 0)
		return n;
	/* No record: the parser has stopped for good, then the stream ended. */
	if (!n && msg.msg_controllen == sizeof(control))
		return -EBADMSG;
	if (msg.msg_controllen == sizeof(control) ||
	    cmsg->cmsg_level != SOL_TLS ||
	    cmsg->cmsg_type != TLS_GET_RECORD_TYPE) {
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_ERROR);
		return -EIO;
	}
	switch (*(const u8 *)CMSG_DATA(cmsg)) {
	case TLS_RECORD_TYPE_ALERT:
		if (n == sizeof(data))
			return tlsvip_record_alert_received(conn, data[0],
							    data[1]);
		break;
	case TLS_RECORD_TYPE_HANDSHAKE:
		/* In TLS 1.2 it is a renegotiation that nobody offered. */
		if (conn->tls_version != TLSVIP_TLS_1_3)
			break;
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_KEYUPDATE);
		return -ECONNABORTED;
	default:
		break;
	}
	tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_BAD_RECORD);
	return -EPROTO;
}

/**
 * tlsvip_record_alert - send an alert
 * @leg: TLS leg
 * @level: 1 warning, 2 fatal
 * @desc: what it says, RFC 8446 6
 *
 * Flushes an open record before it.
 *
 * Context: process, socket not locked.
 * Return: 0 or an error of the socket, -EAGAIN when it is full.
 */
int tlsvip_record_alert(struct tlsvip_leg *leg, u8 level, u8 desc)
{
	u8 control[CMSG_SPACE(sizeof(u8))] = {};
	struct msghdr msg = {
		.msg_control = control,
		.msg_controllen = sizeof(control),
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	struct cmsghdr *cmsg = (struct cmsghdr *)control;
	u8 data[2] = { level, desc };
	struct kvec iov = { .iov_base = data, .iov_len = sizeof(data) };
	int n;

	/* The error that the alert is about would keep it from being sent. */
	if (level != TLSVIP_ALERT_WARNING) {
		lock_sock(leg->sock->sk);
		sock_error(leg->sock->sk);
		release_sock(leg->sock->sk);
	}
	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(sizeof(u8));
	*(u8 *)CMSG_DATA(cmsg) = TLS_RECORD_TYPE_ALERT;
	n = kernel_sendmsg(leg->sock, &msg, &iov, 1, sizeof(data));
	if (n < 0)
		return n;
	leg->alert_sent = true;
	return 0;
}
ALLOW_ERROR_INJECTION(tlsvip_record_alert, ERRNO);

/**
 * tlsvip_record_tx_pending - whether accepted records are outside TCP still
 * @leg: TLS leg
 *
 * A FIN or close at such a time would cut them off. When there is room, kernel
 * TLS has a work of its own send them, and we are woken, perhaps before that.
 *
 * Context: process, takes the socket lock.
 * Return: true if the caller has to look again later.
 */
bool tlsvip_record_tx_pending(struct tlsvip_leg *leg)
{
	struct sock *sk = leg->sock->sk;
	struct tls_context *ctx;
	bool pending;

	lock_sock(sk);
	ctx = tls_get_ctx(sk);
	pending = ctx->partially_sent_record ||
		  !list_empty(&tls_sw_ctx_tx(ctx)->tx_list);
	release_sock(sk);
	return pending && inet_sk_state_load(sk) != TCP_CLOSE;
}
