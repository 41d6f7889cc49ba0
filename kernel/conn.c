// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connection: its creation, look-up, states and timer. This is not where
 * bytes move; that is relay.c, the handshake is in upcall.c, and what becomes
 * of an ended one in conn_release.c.
 *
 * Everything that happens to a connection happens in its work item, so its
 * state needs no lock. Others may only decide its end (tlsvip_conn_close())
 * and wake the work (tlsvip_conn_wake()). See Documentation/lifecycle.rst.
 */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "conn.h"

static unsigned int handshake_max __read_mostly = 4096;
module_param(handshake_max, uint, 0644);
MODULE_PARM_DESC(handshake_max,
		 "most connections in handshake in a context");

/* How many are ended before others may have the lock and the CPU. */
#define TLSVIP_CONN_BATCH	64

static struct kmem_cache *tlsvip_conn_cache;

/**
 * tlsvip_conn_wake - have the work look at the connection
 * @conn: connection the caller holds a reference to
 *
 * Context: any.
 */
void tlsvip_conn_wake(struct tlsvip_conn *conn)
{
	spin_lock_bh(&conn->wake_lock);
	if (!conn->released)
		queue_work(tlsvip_wq, &conn->work);
	spin_unlock_bh(&conn->wake_lock);
}

/**
 * tlsvip_conn_close - decide the end of a connection
 * @conn: connection the caller holds a reference to
 * @reason: why
 *
 * The first to call this has decided; the work tears down.
 *
 * Context: any.
 * Return: whether this call decided.
 */
bool tlsvip_conn_close(struct tlsvip_conn *conn,
		       enum tlsvip_close_reason reason)
{
	if (atomic_cmpxchg(&conn->reason, TLSVIP_CLOSE_REASON_NONE,
			   reason) != TLSVIP_CLOSE_REASON_NONE)
		return false;
	tlsvip_conn_wake(conn);
	return true;
}

/**
 * tlsvip_conn_hold - take a reference if the connection still has one
 * @conn: connection found under RCU
 *
 * Context: any. The caller drops it with tlsvip_conn_put().
 * Return: whether a reference was taken.
 */
bool tlsvip_conn_hold(struct tlsvip_conn *conn)
{
	return kref_get_unless_zero(&conn->ref);
}

static void tlsvip_conn_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(tlsvip_conn_cache,
			container_of(rcu, struct tlsvip_conn, rcu));
}

static void tlsvip_conn_release_kref(struct kref *ref)
{
	struct tlsvip_conn *conn = container_of(ref, struct tlsvip_conn, ref);
	struct tlsvip_net *tn = conn->tn;

	if (conn->headers)
		tlsvip_headers_put(conn->headers);
	if (conn->rewriting)
		tlsvip_edit_s2c_free(conn->rewriting);
	tlsvip_count(&conn->svc->counters, TLSVIP_C_conn_free);
	tlsvip_service_put(conn->svc);
	call_rcu(&conn->rcu, tlsvip_conn_free_rcu);
	/* The namespace may be gone from here on. */
	if (atomic_dec_and_test(&tn->n_conns))
		wake_up_var(&tn->n_conns);
}

/**
 * tlsvip_conn_put - drop a reference
 * @conn: connection
 *
 * Context: any but hard interrupt.
 */
void tlsvip_conn_put(struct tlsvip_conn *conn)
{
	kref_put(&conn->ref, tlsvip_conn_release_kref);
}

/**
 * tlsvip_conn_get_by_id - look a connection up
 * @tn: namespace
 * @id: number
 *
 * Context: any.
 * Return: the connection with a reference that the caller drops, or NULL.
 */
struct tlsvip_conn *tlsvip_conn_get_by_id(struct tlsvip_net *tn, u64 id)
{
	struct tlsvip_conn *conn;

	if (id > ULONG_MAX)
		return NULL;
	rcu_read_lock();
	conn = xa_load(&tn->conns, id);
	if (conn && !tlsvip_conn_hold(conn))
		conn = NULL;
	rcu_read_unlock();
	return conn;
}

/* The limit of the state in jiffies, counted from when; 0: no limit. */
static unsigned long tlsvip_conn_limit(const struct tlsvip_conn *conn,
				       unsigned long *when)
{
	*when = conn->since;
	switch (conn->state) {
	case TLSVIP_CONN_STATE_HANDSHAKE:
		return msecs_to_jiffies(conn->cfg.handshake_ms);
	case TLSVIP_CONN_STATE_CONNECT:
		return msecs_to_jiffies(conn->cfg.connect_ms);
	case TLSVIP_CONN_STATE_RELAY:
		*when = conn->active;
		return msecs_to_jiffies(conn->cfg.idle_ms);
	case TLSVIP_CONN_STATE_DRAIN:
		if (time_after(conn->active, conn->since))
			*when = conn->active;
		return msecs_to_jiffies(conn->cfg.linger_ms);
	case TLSVIP_CONN_STATE_CLOSED:
		break;
	}
	return 0;
}

/**
 * tlsvip_conn_set_state - enter a state and start its clock
 * @conn: connection
 * @state: the state
 *
 * Context: the work of the connection.
 */
void tlsvip_conn_set_state(struct tlsvip_conn *conn,
			   enum tlsvip_conn_state state)
{
	unsigned long when, limit;

	WRITE_ONCE(conn->state, state);
	conn->since = jiffies;
	if (state == TLSVIP_CONN_STATE_RELAY)
		WRITE_ONCE(conn->active, jiffies);
	limit = tlsvip_conn_limit(conn, &when);
	/* An earlier look that somebody asked for is not put off. */
	if (limit)
		timer_reduce(&conn->timer, when + limit);
}

static void tlsvip_conn_timer(struct timer_list *timer)
{
	struct tlsvip_conn *conn = timer_container_of(conn, timer, timer);

	/* The work shuts the timer down and waits before it drops its ref. */
	set_bit(TLSVIP_CONN_TIMER, &conn->flags);
	tlsvip_conn_wake(conn);
}

/* Ends the connection if the time of its state is over. */
static void tlsvip_conn_timeout(struct tlsvip_conn *conn)
{
	static const enum tlsvip_close_reason reason[] = {
		[TLSVIP_CONN_STATE_HANDSHAKE] =
			TLSVIP_CLOSE_REASON_HANDSHAKE_TIMEOUT,
		[TLSVIP_CONN_STATE_CONNECT] =
			TLSVIP_CLOSE_REASON_CONNECT_TIMEOUT,
		[TLSVIP_CONN_STATE_RELAY] = TLSVIP_CLOSE_REASON_IDLE_TIMEOUT,
		[TLSVIP_CONN_STATE_DRAIN] =
			TLSVIP_CLOSE_REASON_LINGER_TIMEOUT,
	};
	unsigned long when, limit;

	limit = tlsvip_conn_limit(conn, &when);
	if (!limit)
		return;
	if (time_before(jiffies, when + limit)) {
		mod_timer(&conn->timer, when + limit);
		return;
	}
	tlsvip_conn_close(conn, reason[conn->state]);
}

static void tlsvip_conn_connected(struct tlsvip_conn *conn)
{
	int err = tlsvip_leg_connected(tlsvip_server(conn));

	if (err == -EINPROGRESS) {
		if (tlsvip_leg_is_closed(tlsvip_client(conn)))
			tlsvip_conn_close(conn,
					  TLSVIP_CLOSE_REASON_CLIENT_RESET);
		return;
	}
	if (!err)
		err = tlsvip_relay_start(conn);
	if (err)
		tlsvip_conn_close(conn, tlsvip_leg_connect_reason(err));
}

static void tlsvip_conn_work(struct work_struct *work)
{
	struct tlsvip_conn *conn = container_of(work, struct tlsvip_conn, work);

	conn->retried = test_and_clear_bit(TLSVIP_CONN_TIMER, &conn->flags);
	if (conn->retried)
		tlsvip_conn_timeout(conn);

	if (!tlsvip_conn_dead(conn) &&
	    conn->state == TLSVIP_CONN_STATE_HANDSHAKE &&
	    test_bit_acquire(TLSVIP_CONN_VERDICT, &conn->flags))
		tlsvip_handover(conn);
	if (!tlsvip_conn_dead(conn) && conn->state == TLSVIP_CONN_STATE_CONNECT)
		tlsvip_conn_connected(conn);
	if (!tlsvip_conn_dead(conn) &&
	    (conn->state == TLSVIP_CONN_STATE_RELAY ||
	     conn->state == TLSVIP_CONN_STATE_DRAIN))
		tlsvip_relay_run(conn);

	if (tlsvip_conn_dead(conn))
		tlsvip_conn_release(conn);
}

static void tlsvip_conn_addr(struct tlsvip_addr *addr, const struct sock *sk,
			     bool local)
{
	const struct inet_sock *inet = inet_sk(sk);

	memset(addr, 0, sizeof(*addr));
	addr->family = sk->sk_family;
	/* not inet_num: a socket that was reset already has none any more */
	addr->port = local ? inet->inet_sport : inet->inet_dport;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		addr->ip6 = local ? sk->sk_v6_rcv_saddr : sk->sk_v6_daddr;
		return;
	}
#endif
	addr->ip4 = local ? inet->inet_rcv_saddr : inet->inet_daddr;
}

/* The configuration as it is now, and what its policies say now. */
static int tlsvip_conn_configure(struct tlsvip_conn *conn)
{
	struct tlsvip_urls *urls = NULL;
	struct tlsvip_service_cfg *cfg;

	rcu_read_lock();
	cfg = rcu_dereference(conn->svc->cfg);
	conn->cfg = *cfg;
	if (cfg->policy)
		conn->headers = tlsvip_headers_get(cfg->policy);
	if (cfg->rewrite)
		urls = tlsvip_urls_get(cfg->rewrite);
	rcu_read_unlock();
	conn->cfg.policy = NULL;
	conn->cfg.rewrite = NULL;
	if (urls) {
		conn->rewriting = tlsvip_edit_s2c_new(urls);
		if (!conn->rewriting)
			goto err_urls;
		conn->http_cfg = &urls->requests;
	}
	if (conn->headers)
		conn->http_cfg = &conn->headers->cfg;
	return 0;

err_urls:
	tlsvip_urls_put(urls);
	if (conn->headers)
		tlsvip_headers_put(conn->headers);
	return -ENOMEM;
}

static void tlsvip_conn_init_pumps(struct tlsvip_conn *conn)
{
	struct tlsvip_pump *c2s = &conn->c2s, *s2c = &conn->s2c;

	tlsvip_pieces_init(&c2s->out, conn->c2s_out, TLSVIP_PUMP_OUT);
	tlsvip_pieces_init(&c2s->in, conn->c2s_in, TLSVIP_PUMP_IN);
	tlsvip_pieces_init(&s2c->out, conn->s2c_out, TLSVIP_PUMP_S2C);
	if (conn->rewriting)
		tlsvip_pieces_init(&s2c->in, conn->rewriting->pieces,
				   TLSVIP_PUMP_S2C);
	c2s->edited = conn->http_cfg;
	s2c->edited = conn->rewriting;
	c2s->from = tlsvip_client(conn);
	c2s->to = tlsvip_server(conn);
	c2s->counter = TLSVIP_C_relay_c2s_bytes;
	s2c->from = tlsvip_server(conn);
	s2c->to = tlsvip_client(conn);
	s2c->counter = TLSVIP_C_relay_s2c_bytes;
}

static struct tlsvip_conn *tlsvip_conn_new(struct tlsvip_net *tn,
					   struct tlsvip_service *svc)
{
	struct tlsvip_conn *conn;

	conn = kmem_cache_zalloc(tlsvip_conn_cache, GFP_KERNEL);
	if (!conn)
		return NULL;
	conn->tn = tn;
	conn->svc = svc;
	if (tlsvip_conn_configure(conn)) {
		kmem_cache_free(tlsvip_conn_cache, conn);
		return NULL;
	}
	conn->id = atomic64_inc_return(&tn->next_id);
	conn->accepted = jiffies;
	conn->active = jiffies;
	kref_init(&conn->ref);
	spin_lock_init(&conn->wake_lock);
	conn->released = true;
	INIT_LIST_HEAD(&conn->svc_node);
	INIT_LIST_HEAD(&conn->upcall.node);
	INIT_WORK(&conn->work, tlsvip_conn_work);
	timer_setup(&conn->timer, tlsvip_conn_timer, 0);
	tlsvip_leg_init(conn, tlsvip_client(conn));
	tlsvip_leg_init(conn, tlsvip_server(conn));
	tlsvip_conn_init_pumps(conn);
	atomic_inc(&tn->n_conns);
	tlsvip_count(&svc->counters, TLSVIP_C_conn_alloc);
	return conn;
}

/*
 * Makes the connection visible. A service that was removed in the meantime is
 * seen under the lock that its removal takes to close its connections.
 */
static int tlsvip_conn_publish(struct tlsvip_conn *conn)
{
	struct tlsvip_service *svc = conn->svc;
	int err;

	err = xa_err(xa_store(&conn->tn->conns, conn->id, conn, GFP_KERNEL));
	if (err)
		return err;
	spin_lock(&svc->conns_lock);
	list_add_tail(&conn->svc_node, &svc->conns);
	if (svc->dead || READ_ONCE(conn->tn->exiting))
		atomic_set(&conn->reason, TLSVIP_CLOSE_REASON_REMOVED);
	spin_unlock(&svc->conns_lock);
	return 0;
}

/* Takes over @sock, with a reference to @svc, in all cases. */
static int tlsvip_conn_begin(struct tlsvip_net *tn, struct tlsvip_service *svc,
			     struct socket *sock)
{
	struct tlsvip_conn *conn;
	struct tlsvip_leg *leg;
	int err = -ENOMEM;

	conn = tlsvip_conn_new(tn, svc);
	if (!conn) {
		sock_no_linger(sock->sk);
		sock_release(sock);
		atomic_dec(&svc->live);
		atomic_dec(&svc->ctx->live);
		tlsvip_count(&svc->counters, TLSVIP_C_conn_nomem);
		tlsvip_service_put(svc);
		return err;
	}
	tlsvip_conn_addr(&conn->client, sock->sk, false);
	tlsvip_conn_addr(&conn->vip, sock->sk, true);
	leg = tlsvip_client(conn);
	/* The daemon needs a descriptor; releases the socket on failure. */
	leg->file = sock_alloc_file(sock, O_NONBLOCK | O_CLOEXEC, NULL);
	if (IS_ERR(leg->file)) {
		leg->file = NULL;
		goto err_live;
	}
	leg->sock = sock;
	tlsvip_count(&svc->counters, TLSVIP_C_leg_alloc);
	err = tlsvip_conn_publish(conn);
	if (err)
		goto err_leg;
	tlsvip_count(&svc->counters, TLSVIP_C_conn_accepted);
	tlsvip_conn_set_state(conn, TLSVIP_CONN_STATE_HANDSHAKE);
	tlsvip_upcall_submit(conn);
	tlsvip_nl_conn_notify(conn, TLSVIP_EVENT_CREATED);
	/* From here on the work may run, and end it; it has a first look. */
	spin_lock_bh(&conn->wake_lock);
	conn->released = false;
	queue_work(tlsvip_wq, &conn->work);
	spin_unlock_bh(&conn->wake_lock);
	return 0;

err_leg:
	tlsvip_leg_abort(leg);
	tlsvip_leg_release(leg);
err_live:
	tlsvip_count(&svc->counters, TLSVIP_C_conn_nomem);
	timer_shutdown_sync(&conn->timer);
	atomic_dec(&svc->live);
	atomic_dec(&svc->ctx->live);
	tlsvip_conn_put(conn);
	return err;
}

/**
 * tlsvip_conn_accept - make a connection of an accepted socket
 * @tn: namespace
 * @ifindex: VRF device of the proxy socket, 0 for the main table
 * @sock: the socket; consumed
 *
 * Context: process, may sleep.
 */
void tlsvip_conn_accept(struct tlsvip_net *tn, int ifindex,
			struct socket *sock)
{
	struct tlsvip_service *svc;
	struct tlsvip_vip_key key;
	struct tlsvip_addr vip;

	tlsvip_conn_addr(&vip, sock->sk, true);
	tlsvip_vip_key_set(&key, ifindex, &vip);
	/* Dropped when the connection is freed. */
	svc = tlsvip_service_get_by_vip(tn, &key);
	if (!svc) {
		tlsvip_count(&tn->counters, TLSVIP_C_conn_stray);
		goto refuse;
	}
	if (atomic_inc_return(&svc->ctx->live) > READ_ONCE(svc->ctx->maxconns) ||
	    tlsvip_conn_queue_full(svc->ctx)) {
		atomic_dec(&svc->ctx->live);
		tlsvip_count(&svc->counters, TLSVIP_C_conn_limit_drop);
		tlsvip_service_put(svc);
		goto refuse;
	}
	atomic_inc(&svc->live);
	tlsvip_conn_begin(tn, svc, sock);
	return;

refuse:
	sock_no_linger(sock->sk);
	sock_release(sock);
}

/**
 * tlsvip_conn_close_service - end all connections of a service
 * @svc: service
 * @reason: why
 *
 * Ends those that are listed when it begins; does not wait for them.
 *
 * Context: process, may sleep; holds &tlsvip_net.lock, so that there is one
 * at a time.
 */
void tlsvip_conn_close_service(struct tlsvip_service *svc,
			       enum tlsvip_close_reason reason)
{
	struct tlsvip_conn *conn;
	LIST_HEAD(todo);
	int n = 0;

	lockdep_assert_held(&svc->ctx->tn->lock);
	spin_lock(&svc->conns_lock);
	list_splice_init(&svc->conns, &todo);
	/* The works take what has ended off either list, under the lock. */
	while (!list_empty(&todo)) {
		conn = list_first_entry(&todo, struct tlsvip_conn, svc_node);
		list_move_tail(&conn->svc_node, &svc->conns);
		/* A listed connection has its work's reference. */
		tlsvip_conn_close(conn, reason);
		if (++n % TLSVIP_CONN_BATCH)
			continue;
		spin_unlock(&svc->conns_lock);
		cond_resched();
		spin_lock(&svc->conns_lock);
	}
	spin_unlock(&svc->conns_lock);
}

/**
 * tlsvip_conn_queue_full - whether too many handshakes are under way
 * @ctx: context; each has its own share, so that none can starve another
 *
 * Context: any.
 * Return: true when no connection should be added.
 */
bool tlsvip_conn_queue_full(const struct tlsvip_context *ctx)
{
	return atomic_read(&ctx->handshakes) >= READ_ONCE(handshake_max);
}

/**
 * tlsvip_conn_net_init - prepare a namespace for connections
 * @tn: namespace
 *
 * Context: process.
 * Return: 0.
 */
int tlsvip_conn_net_init(struct tlsvip_net *tn)
{
	xa_init(&tn->conns);
	atomic64_set(&tn->next_id, 0);
	atomic_set(&tn->n_conns, 0);
	return 0;
}

/**
 * tlsvip_conn_net_exit - end all connections and wait until they are gone
 * @tn: namespace, whose listeners are stopped already
 *
 * Context: process, sleeps.
 */
void tlsvip_conn_net_exit(struct tlsvip_net *tn)
{
	struct tlsvip_conn *conn;
	unsigned long id;
	int n = 0;

	rcu_read_lock();
	xa_for_each(&tn->conns, id, conn) {
		if (!tlsvip_conn_hold(conn))
			continue;
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_UNLOAD);
		tlsvip_conn_put(conn);
		if (++n % TLSVIP_CONN_BATCH)
			continue;
		/* The walk goes on by number. */
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
	wait_var_event(&tn->n_conns, !atomic_read(&tn->n_conns));
	xa_destroy(&tn->conns);
}

/**
 * tlsvip_conn_init - make the caches of connections
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int tlsvip_conn_init(void)
{
	int err = tlsvip_edit_s2c_init();

	if (err)
		return err;
	tlsvip_conn_cache = KMEM_CACHE(tlsvip_conn, SLAB_HWCACHE_ALIGN);
	if (tlsvip_conn_cache)
		return 0;
	tlsvip_edit_s2c_exit();
	return -ENOMEM;
}

/**
 * tlsvip_conn_exit - give the caches back
 *
 * Context: process, after rcu_barrier().
 */
void tlsvip_conn_exit(void)
{
	kmem_cache_destroy(tlsvip_conn_cache);
	tlsvip_edit_s2c_exit();
}
