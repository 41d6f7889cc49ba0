// SPDX-License-Identifier: GPL-2.0-only
/*
 * The proxy sockets of a context: one IPv4 and one IPv6 listener, bound to its
 * VRF, whose accepted sockets go to conn.c.
 *
 * Which packets reach them is not decided here: they are bound to addresses
 * that are never a destination, and steer.c hands them their SYNs.
 */
#include <linux/in.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "tlsvip.h"

#define TLSVIP_LISTENER_BACKLOG		4096
#define TLSVIP_LISTENER_BUDGET		64	/* accepts in one run */
#define TLSVIP_LISTENER_RETRY		(HZ / 10)
#define TLSVIP_LISTENER_KEEPIDLE	120	/* seconds */
#define TLSVIP_LISTENER_KEEPINTVL	30	/* seconds */
#define TLSVIP_LISTENER_KEEPCNT		4

enum tlsvip_listener_family {
	TLSVIP_LISTENER_V4,
	TLSVIP_LISTENER_V6,
	TLSVIP_LISTENER_NUM,
};

/**
 * struct tlsvip_listener - the proxy sockets of a context
 * @tn: namespace; outlives the listener
 * @ifindex: VRF device the sockets are bound to, 0 for the main table
 * @sock: the sockets, owned; no IPv6 socket where the kernel has no IPv6
 * @sk: the same, for steering, which must not follow @sock: a socket's memory
 *	is freed by RCU, the struct socket forgets it at once
 * @data_ready: what &sock.sk_data_ready was before ours
 * @wait: in the wait queues of the sockets: tells when one was destroyed
 * @work: accepts; queued by our sk_data_ready and by itself
 * @rcu: frees it
 */
struct tlsvip_listener {
	struct tlsvip_net *tn;
	int ifindex;
	struct socket *sock[TLSVIP_LISTENER_NUM];
	struct sock *sk[TLSVIP_LISTENER_NUM];
	void (*data_ready)(struct sock *sk);
	struct wait_queue_entry wait[TLSVIP_LISTENER_NUM];
	struct delayed_work work;
	struct rcu_head rcu;
};

/*
 * Runs for the proxy socket when a handshake has ended, and for its children
 * until they are accepted, because these inherit the pointer. The latter have
 * no user data and nobody waits for them: whoever accepts them looks at what
 * has arrived.
 */
static void tlsvip_listener_data_ready(struct sock *sk)
{
	struct tlsvip_listener *l;

	read_lock_bh(&sk->sk_callback_lock);
	l = __locked_read_sk_user_data_with_flags(sk, SK_USER_DATA_NOCOPY);
	if (l)
		mod_delayed_work(tlsvip_wq, &l->work, 0);
	read_unlock_bh(&sk->sk_callback_lock);
}

/*
 * Connections do not come this way, sk_data_ready is ours: the state of the
 * socket has changed, by "ss -K" or the like. Unlike callbacks, a wait queue
 * is not inherited by children.
 */
static int tlsvip_listener_woken(struct wait_queue_entry *wait,
				 unsigned int mode, int sync, void *key)
{
	struct tlsvip_listener *l = wait->private;

	tlsvip_retry_now(l->tn);
	return 0;
}

static void tlsvip_listener_hook(struct tlsvip_listener *l, int i,
				 struct sock *sk)
{
	init_waitqueue_func_entry(&l->wait[i], tlsvip_listener_woken);
	l->wait[i].private = l;
	add_wait_queue(sk_sleep(sk), &l->wait[i]);
	write_lock_bh(&sk->sk_callback_lock);
	l->data_ready = sk->sk_data_ready;
	sk->sk_data_ready = tlsvip_listener_data_ready;
	__rcu_assign_sk_user_data_with_flags(sk, l, SK_USER_DATA_NOCOPY);
	write_unlock_bh(&sk->sk_callback_lock);
}

/* Afterwards nothing queues a work for @sk any more. */
static void tlsvip_listener_unhook(struct tlsvip_listener *l, int i,
				   struct sock *sk)
{
	remove_wait_queue(sk_sleep(sk), &l->wait[i]);
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = l->data_ready;
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
}

/* Takes up to a budget of connections; 0: there may be more. */
static int tlsvip_listener_accept(struct tlsvip_listener *l,
				  struct socket *sock)
{
	struct socket *child;
	struct sock *sk;
	int err;
	int n;

	for (n = 0; n < TLSVIP_LISTENER_BUDGET; n++) {
		err = kernel_accept(sock, &child, O_NONBLOCK);
		if (err)
			return err;

		sk = child->sk;
		write_lock_bh(&sk->sk_callback_lock);
		sk->sk_data_ready = l->data_ready;
		write_unlock_bh(&sk->sk_callback_lock);

		/* consumes the reference */
		tlsvip_conn_accept(l->tn, l->ifindex, child);
	}
	return 0;
}

static void tlsvip_listener_work(struct work_struct *work)
{
	struct tlsvip_listener *l;
	bool failed = false;
	bool more = false;
	int err;
	int i;

	l = container_of(to_delayed_work(work), struct tlsvip_listener, work);
	for (i = 0; i < TLSVIP_LISTENER_NUM; i++) {
		if (!l->sock[i])
			continue;
		err = tlsvip_listener_accept(l, l->sock[i]);
		if (!err)
			more = true;
		else if (err != -EAGAIN && err != -EINVAL)
			failed = true;
	}
	/*
	 * After a failed allocation the connection is still in the accept
	 * queue, and nothing would wake us for it. EINVAL: somebody aborted
	 * the socket; tlsvip_listener_woken() sees to another one.
	 */
	if (more)
		mod_delayed_work(tlsvip_wq, &l->work, 0);
	else if (failed)
		queue_delayed_work(tlsvip_wq, &l->work, TLSVIP_LISTENER_RETRY);
}

/*
 * Children inherit all of this. The socket is transparent because a VIP need
 * not be an address of a device, only a local route of the VRF's table.
 */
static void tlsvip_listener_options(struct sock *sk)
{
	inet_set_bit(TRANSPARENT, sk);
	ip_sock_set_freebind(sk);
	tcp_sock_set_nodelay(sk);
	tcp_sock_set_keepidle(sk, TLSVIP_LISTENER_KEEPIDLE);
	tcp_sock_set_keepintvl(sk, TLSVIP_LISTENER_KEEPINTVL);
	tcp_sock_set_keepcnt(sk, TLSVIP_LISTENER_KEEPCNT);
	sock_set_keepalive(sk);
}

/*
 * IPv4: the dummy address (RFC 7600), IPv6: from the discard-only prefix
 * (RFC 6666). Neither is ever the destination of a packet, so that a scan of
 * the box does not find the port; a child has the addresses of its SYN.
 */
static int tlsvip_listener_bind(struct socket *sock, u16 family)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_DUMMY),
	};
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_addr.s6_addr = { 0x01, [15] = 0x01 },
	};

	if (family == AF_INET)
		return tlsvip_compat_bind(sock, &sin, sizeof(sin));
	sock->sk->sk_ipv6only = 1;
	return tlsvip_compat_bind(sock, &sin6, sizeof(sin6));
}

static int tlsvip_listener_open(struct tlsvip_listener *l, int i, u16 family)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(l->tn->net, family, SOCK_STREAM, IPPROTO_TCP,
			       &sock);
	if (err)
		return err;
	if (l->ifindex > 0) {
		err = sock_bindtoindex(sock->sk, l->ifindex, true);
		if (err)
			goto err_release;
	}
	tlsvip_listener_options(sock->sk);
	err = tlsvip_listener_bind(sock, family);
	if (err)
		goto err_release;
	tlsvip_listener_hook(l, i, sock->sk);
	err = kernel_listen(sock, TLSVIP_LISTENER_BACKLOG);
	if (err)
		goto err_unhook;
	/*
	 * For the children: or no other program could listen at the port of a
	 * VIP while there are any, or their TIME_WAITs, not even at an address
	 * that is no VIP. Not before, so that the port is nobody else's.
	 */
	sock->sk->sk_reuse = SK_CAN_REUSE;
	l->sock[i] = sock;
	l->sk[i] = sock->sk;
	return 0;

err_unhook:
	tlsvip_listener_unhook(l, i, sock->sk);
err_release:
	sock_release(sock);
	return err;
}

static int tlsvip_listener_open_all(struct tlsvip_listener *l)
{
	int err = tlsvip_listener_open(l, TLSVIP_LISTENER_V4, AF_INET);

	if (!err && ipv6_mod_enabled())
		err = tlsvip_listener_open(l, TLSVIP_LISTENER_V6, AF_INET6);
	return err;
}

/**
 * struct tlsvip_listener_making - proxy sockets being made by a kernel thread
 * @work: does it
 * @l: for whom
 * @err: how it went
 */
struct tlsvip_listener_making {
	struct work_struct work;
	struct tlsvip_listener *l;
	int err;
};

static void tlsvip_listener_make_work(struct work_struct *work)
{
	struct tlsvip_listener_making *making;

	making = container_of(work, struct tlsvip_listener_making, work);
	making->err = tlsvip_listener_open_all(making->l);
}

/*
 * A socket, and every child of it, belongs to the control group of the task
 * that made it: that must not be the one who happens to type a command, or to
 * add a VRF device, with its filters and limits.
 */
static int tlsvip_listener_make(struct tlsvip_listener *l)
{
	struct tlsvip_listener_making making = { .l = l };

	INIT_WORK_ONSTACK(&making.work, tlsvip_listener_make_work);
	/* It takes no lock of ours. */
	queue_work(tlsvip_compat_unbound_wq, &making.work);
	flush_work(&making.work);
	destroy_work_on_stack(&making.work);
	return making.err;
}

/* Steering does not know @l any more. Sleeps until its work has ended. */
static void tlsvip_listener_close(struct tlsvip_listener *l)
{
	int i;

	for (i = 0; i < TLSVIP_LISTENER_NUM; i++)
		if (l->sock[i])
			tlsvip_listener_unhook(l, i, l->sock[i]->sk);
	cancel_delayed_work_sync(&l->work);
	for (i = 0; i < TLSVIP_LISTENER_NUM; i++)
		if (l->sock[i])
			sock_release(l->sock[i]);
	kfree_rcu(l, rcu);
}

/**
 * tlsvip_listener_alive - do the proxy sockets of a context still listen?
 * @ctx: context
 *
 * Context: holds &tlsvip_net.lock.
 * Return: false before start, after stop, and when one was destroyed.
 */
bool tlsvip_listener_alive(struct tlsvip_context *ctx)
{
	struct tlsvip_listener *l;
	int i;

	l = rcu_dereference_protected(ctx->listener,
				      lockdep_is_held(&ctx->tn->lock));
	if (!l)
		return false;
	for (i = 0; i < TLSVIP_LISTENER_NUM; i++)
		if (l->sk[i] && inet_sk_state_load(l->sk[i]) != TCP_LISTEN)
			return false;
	return true;
}

/**
 * tlsvip_listener_start - make the proxy sockets of a context
 * @ctx: context whose VRF device exists
 *
 * Starting twice is harmless, and replaces what was destroyed. There is no IPv6
 * socket where the kernel has no IPv6 (see tlsvip_listener_serves()).
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0, -ENODEV while the VRF device is missing, or why a socket could
 * not be made.
 */
int tlsvip_listener_start(struct tlsvip_context *ctx)
{
	struct tlsvip_listener *l;
	int err;

	lockdep_assert_held(&ctx->tn->lock);
	if (ctx->ifindex < 0)
		return -ENODEV;
	if (tlsvip_listener_alive(ctx))
		return 0;
	tlsvip_listener_stop(ctx);

	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	l->tn = ctx->tn;
	l->ifindex = ctx->ifindex;
	INIT_DELAYED_WORK(&l->work, tlsvip_listener_work);

	err = tlsvip_listener_make(l);
	if (err) {
		tlsvip_listener_close(l);
		return err;
	}
	rcu_assign_pointer(ctx->listener, l);
	return 0;
}

/**
 * tlsvip_listener_stop - close the proxy sockets of a context
 * @ctx: context
 *
 * Connections that were not accepted yet are reset, accepted ones go on.
 * Stopping twice is harmless.
 *
 * Context: may sleep; holds &tlsvip_net.lock. Waits for the accept work, which
 * therefore never takes that lock.
 */
void tlsvip_listener_stop(struct tlsvip_context *ctx)
{
	struct tlsvip_listener *l;

	l = rcu_replace_pointer(ctx->listener, NULL,
				lockdep_is_held(&ctx->tn->lock));
	if (l)
		tlsvip_listener_close(l);
}

/**
 * tlsvip_listener_serves - is there a proxy socket of a family?
 * @ctx: context
 * @family: AF_INET or AF_INET6
 *
 * Context: any.
 * Return: false before start, after stop, and for AF_INET6 where the kernel
 * has no IPv6.
 */
bool tlsvip_listener_serves(struct tlsvip_context *ctx, u16 family)
{
	struct tlsvip_listener *l;
	bool serves;
	int i;

	i = family == AF_INET ? TLSVIP_LISTENER_V4 : TLSVIP_LISTENER_V6;
	rcu_read_lock();
	l = rcu_dereference(ctx->listener);
	serves = l && l->sk[i];
	rcu_read_unlock();
	return serves;
}

/**
 * tlsvip_listener_get_rcu - the proxy socket for a packet
 * @ctx: context
 * @family: AF_INET or AF_INET6
 *
 * Context: any, in an RCU read-side section.
 * Return: a listening socket with a reference that the caller drops (or gives
 * to an skb), or NULL.
 */
struct sock *tlsvip_listener_get_rcu(struct tlsvip_context *ctx, u16 family)
{
	struct tlsvip_listener *l;
	struct sock *sk;
	int i;

	i = family == AF_INET ? TLSVIP_LISTENER_V4 : TLSVIP_LISTENER_V6;
	l = rcu_dereference(ctx->listener);
	if (!l)
		return NULL;
	sk = l->sk[i];
	if (!sk || READ_ONCE(sk->sk_state) != TCP_LISTEN)
		return NULL;
	return refcount_inc_not_zero(&sk->sk_refcnt) ? sk : NULL;
}
