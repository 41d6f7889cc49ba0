// SPDX-License-Identifier: GPL-2.0-only
/*
 * One socket of a connection: its wake-ups, its connect and its end. What is
 * read from and written to it is the business of pump.c and record.c.
 */
#include <linux/file.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "conn.h"

/**
 * tlsvip_leg_init - prepare a leg without a socket
 * @conn: connection it belongs to
 * @leg: the leg, zeroed
 *
 * Context: any.
 */
void tlsvip_leg_init(struct tlsvip_conn *conn, struct tlsvip_leg *leg)
{
	leg->conn = conn;
}

/* Runs in the socket's wake-up, in any context, under its queue's lock. */
static int tlsvip_leg_woken(struct wait_queue_entry *wait, unsigned int mode,
			    int sync, void *key)
{
	struct tlsvip_leg *leg = container_of(wait, struct tlsvip_leg, wait);
	__poll_t events = key_to_poll(key);

	/* Room that is no use for want of memory: the timer wakes. */
	if (READ_ONCE(leg->starved) && events &&
	    !(events & (EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP)))
		return 0;
	/* Detaching waits for us, so the connection is there. */
	queue_work(tlsvip_wq, &leg->conn->work);
	return 0;
}

/**
 * tlsvip_leg_attach - have the connection's work run when the socket changes
 * @leg: leg with a socket
 *
 * Context: process.
 */
void tlsvip_leg_attach(struct tlsvip_leg *leg)
{
	init_waitqueue_func_entry(&leg->wait, tlsvip_leg_woken);
	add_wait_queue(sk_sleep(leg->sock->sk), &leg->wait);
	leg->attached = true;
}

/**
 * tlsvip_leg_detach - end what tlsvip_leg_attach() began
 * @leg: leg, attached or not
 *
 * Context: process. On return no wake-up runs or will run.
 */
void tlsvip_leg_detach(struct tlsvip_leg *leg)
{
	if (!leg->attached)
		return;
	remove_wait_queue(sk_sleep(leg->sock->sk), &leg->wait);
	leg->attached = false;
}

static int tlsvip_leg_open(struct tlsvip_leg *leg)
{
	struct tlsvip_conn *conn = leg->conn;
	int ifindex = READ_ONCE(conn->svc->ctx->ifindex);
	struct socket *sock;
	int err;

	if (ifindex < 0)
		return -ENODEV;
	err = sock_create_kern(conn->tn->net, conn->cfg.server.family,
			       SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return err;
	if (ifindex > 0) {
		err = sock_bindtoindex(sock->sk, ifindex, true);
		if (err) {
			sock_release(sock);
			return err;
		}
	}
	tcp_sock_set_nodelay(sock->sk);
	/* See tlsvip_pump_read_urgent(). */
	sock_set_flag(sock->sk, SOCK_URGINLINE);
	leg->sock = sock;
	tlsvip_count(&conn->svc->counters, TLSVIP_C_leg_alloc);
	return 0;
}

/**
 * tlsvip_leg_connect - begin to connect to the server
 * @leg: server leg without a socket
 *
 * The source is the box's own address in the VRF.
 *
 * Context: the work of the connection.
 * Return: 0 when connected, -EINPROGRESS when a wake-up will tell, or an
 *	   error of the socket.
 */
int tlsvip_leg_connect(struct tlsvip_leg *leg)
{
	const struct tlsvip_addr *to = &leg->conn->cfg.server;
	struct sockaddr_storage addr = {};
	int err;

	tlsvip_count(&leg->conn->svc->counters, TLSVIP_C_server_connects);
	err = tlsvip_leg_open(leg);
	if (err)
		return err;
	tlsvip_leg_attach(leg);
	if (to->family == AF_INET6) {
		struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&addr;

		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = to->port;
		sin6->sin6_addr = to->ip6;
		return tlsvip_compat_connect(leg->sock, sin6, sizeof(*sin6),
					     O_NONBLOCK);
	} else {
		struct sockaddr_in *sin = (struct sockaddr_in *)&addr;

		sin->sin_family = AF_INET;
		sin->sin_port = to->port;
		sin->sin_addr.s_addr = to->ip4;
		return tlsvip_compat_connect(leg->sock, sin, sizeof(*sin),
					     O_NONBLOCK);
	}
}

/**
 * tlsvip_leg_connected - how a connect that was begun stands
 * @leg: server leg
 *
 * Context: the work of the connection.
 * Return: 0 when connected, -EINPROGRESS, or why it failed.
 */
int tlsvip_leg_connected(struct tlsvip_leg *leg)
{
	struct sock *sk = leg->sock->sk;
	int err;

	switch (inet_sk_state_load(sk)) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		return -EINPROGRESS;
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
		leg->sock->state = SS_CONNECTED;
		return 0;
	default:
		err = sock_error(sk);
		return err ? err : -ECONNRESET;
	}
}

/**
 * tlsvip_leg_is_closed - whether TCP has given up the connection
 * @leg: leg with a socket, of which neither side was ended in order
 *
 * Context: any.
 * Return: true after a reset or TCP's own time limits.
 */
bool tlsvip_leg_is_closed(const struct tlsvip_leg *leg)
{
	return inet_sk_state_load(leg->sock->sk) == TCP_CLOSE;
}

/**
 * tlsvip_leg_connect_reason - what a failed connect means
 * @err: the error
 *
 * Context: any.
 * Return: why the connection ends.
 */
enum tlsvip_close_reason tlsvip_leg_connect_reason(int err)
{
	switch (err) {
	case -ECONNREFUSED:
	case -ECONNRESET:
		return TLSVIP_CLOSE_REASON_CONNECT_REFUSED;
	case -ETIMEDOUT:
		return TLSVIP_CLOSE_REASON_CONNECT_TIMEOUT;
	case -EADDRNOTAVAIL:
		return TLSVIP_CLOSE_REASON_CONNECT_PORTS;
	case -ENOMEM:
		return TLSVIP_CLOSE_REASON_MEMORY;
	default:
		return TLSVIP_CLOSE_REASON_CONNECT_UNREACHABLE;
	}
}

/**
 * tlsvip_leg_abort - reset the peer
 * @leg: leg, with or without a socket
 *
 * Works whoever else holds a descriptor: the handshake of a daemon that still
 * has one fails at once.
 *
 * Context: process, takes the socket lock.
 */
void tlsvip_leg_abort(struct tlsvip_leg *leg)
{
	if (leg->sock)
		tcp_abort(leg->sock->sk, ECONNABORTED);
}

/* Bytes that the smallest record counts for: each costs a decryption. */
#define TLSVIP_LEG_DROP_LEAST	512

/* @desc->arg.data: how many bytes it may still be. */
static int tlsvip_leg_drop(read_descriptor_t *desc, struct sk_buff *skb,
			   unsigned int offset, size_t len)
{
	size_t cost = max_t(size_t, len, TLSVIP_LEG_DROP_LEAST);
	u32 *left = desc->arg.data;

	if (*left > cost)
		*left -= cost;
	else
		desc->count = 0;
	return len;
}

/*
 * TCP answers a close with unread data by a reset, which takes along all that
 * was sent and not acknowledged, an alert among it. Where kernel TLS looks after
 * the queue, it alone may take from it, whole records; the daemon may be at the
 * socket as long as the leg was not handed over. Kernel TLS takes what comes
 * meanwhile, too: one who sends without end is reset.
 */
static void tlsvip_leg_drop_unread(struct tlsvip_leg *leg)
{
	struct sock *sk = leg->sock->sk;
	u32 left = READ_ONCE(sk->sk_rcvbuf);
	read_descriptor_t desc = { .arg.data = &left, .count = 1 };

	lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE &&
	    (leg->tls || !inet_csk(sk)->icsk_ulp_ops))
		leg->sock->ops->read_sock(sk, &desc, tlsvip_leg_drop);
	release_sock(sk);
}

/*
 * A kernel socket does not hold its namespace, and TCP therefore forgets it
 * at close: no FIN or data would be sent again. A socket that has something
 * to deliver becomes an ordinary one; that of a namespace that is going away
 * is reset. One of which the daemon still has a descriptor, in whatever state,
 * must become one: connect() would bring it to life in a namespace that is
 * gone.
 */
static void tlsvip_leg_outlive(struct tlsvip_leg *leg)
{
	struct sock *sk = leg->sock->sk;
	struct net *net;

	if (inet_sk_state_load(sk) == TCP_CLOSE &&
	    (!leg->file || file_count(leg->file) == 1))
		return;
	net = maybe_get_net(sock_net(sk));
	if (!net) {
		tlsvip_leg_abort(leg);
		return;
	}
	lock_sock(sk);
	if (!sk->sk_net_refcnt)
		sk_net_refcnt_upgrade(sk);
	/* Nothing that the daemon may have set makes us wait. */
	sock_reset_flag(sk, SOCK_LINGER);
	release_sock(sk);
	put_net(net);
}

/**
 * tlsvip_leg_release - give the socket back
 * @leg: detached leg, with or without a socket
 *
 * What the socket accepted is still delivered unless the leg was aborted.
 *
 * Context: process, sleeps.
 */
void tlsvip_leg_release(struct tlsvip_leg *leg)
{
	if (!leg->sock)
		return;
	tlsvip_leg_drop_unread(leg);
	tlsvip_leg_outlive(leg);
	/*
	 * The daemon may still have a descriptor of the file; the end must
	 * not wait for it.
	 */
	if (leg->file) {
		kernel_sock_shutdown(leg->sock, SHUT_RDWR);
		__fput_sync(leg->file);
	} else {
		sock_release(leg->sock);
	}
	leg->sock = NULL;
	leg->file = NULL;
	tlsvip_count(&leg->conn->svc->counters, TLSVIP_C_leg_free);
}
