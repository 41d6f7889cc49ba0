// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of handshakes and the workers of the daemon that take them. What
 * a worker says on netlink is in netlink_handshake.c, what becomes of its
 * answer in handover.c.
 *
 * Every upcall that was submitted is completed exactly once: by its answer, by
 * the exit of its worker, or by the end of the connection. Whoever clears
 * tlsvip_upcall.pending under the lock has won and drops the upcall's
 * reference to the connection.
 *
 * Contexts take turns, and a client that says nothing holds its place in a
 * worker for as long as the handshake may last. So that the clients of one
 * context cannot hold them all, none may have more than a share of what is
 * free: see tlsvip_upcall_may().
 */
#include <linux/file.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "upcall.h"

static struct tlsvip_worker *tlsvip_upcall_worker(struct tlsvip_upcalls *up,
						  u32 portid)
{
	struct tlsvip_worker *worker;

	lockdep_assert_held(&up->lock);
	list_for_each_entry(worker, &up->workers, node)
		if (worker->portid == portid)
			return worker;
	return NULL;
}

/*
 * May a worker take one more of this context? A dynamic threshold: as long as
 * it holds less than twice the free places. One context gets two thirds of them
 * at most, two get two fifths each, and there is always some room for one that
 * has none. Nobody is in the way of the only context.
 */
static bool tlsvip_upcall_may(const struct tlsvip_net *tn,
			      const struct tlsvip_context *ctx)
{
	const struct tlsvip_upcalls *up = tn->upcalls;

	lockdep_assert_held(&up->lock);
	if (READ_ONCE(tn->n_contexts) < 2)
		return true;
	return up->held < up->capacity &&
	       ctx->upcalls_held < 2 * (up->capacity - up->held);
}

/* Whose turn is it? NULL: nobody waits who may be taken. */
static struct tlsvip_context *tlsvip_upcall_turn(const struct tlsvip_net *tn)
{
	struct tlsvip_upcalls *up = tn->upcalls;
	struct tlsvip_context *ctx;

	lockdep_assert_held(&up->lock);
	list_for_each_entry(ctx, &up->contexts, upcall_node)
		if (tlsvip_upcall_may(tn, ctx))
			return ctx;
	return NULL;
}

/* Queues an upcall that no worker has, at the end or as the first again. */
static void tlsvip_upcall_enqueue(struct tlsvip_conn *conn, bool first)
{
	struct tlsvip_upcalls *up = conn->tn->upcalls;
	struct tlsvip_context *ctx = conn->svc->ctx;

	lockdep_assert_held(&up->lock);
	/* The connection's reference to its service keeps the context. */
	if (list_empty(&ctx->upcalls))
		list_add_tail(&ctx->upcall_node, &up->contexts);
	if (first)
		list_add(&conn->upcall.node, &ctx->upcalls);
	else
		list_add_tail(&conn->upcall.node, &ctx->upcalls);
	up->queued++;
}

static void tlsvip_upcall_dequeue(struct tlsvip_conn *conn)
{
	struct tlsvip_context *ctx = conn->svc->ctx;

	list_del_init(&conn->upcall.node);
	if (list_empty(&ctx->upcalls))
		list_del_init(&ctx->upcall_node);
	conn->tn->upcalls->queued--;
}

/* A worker has it from here on, or has it no more. */
static void tlsvip_upcall_hold(struct tlsvip_conn *conn,
			       struct tlsvip_worker *worker)
{
	conn->upcall.worker = worker;
	list_add_tail(&conn->upcall.node, &worker->taken);
	worker->held++;
	conn->svc->ctx->upcalls_held++;
	conn->tn->upcalls->held++;
}

static void tlsvip_upcall_unhold(struct tlsvip_conn *conn)
{
	conn->upcall.worker->held--;
	conn->upcall.worker = NULL;
	list_del_init(&conn->upcall.node);
	conn->svc->ctx->upcalls_held--;
	conn->tn->upcalls->held--;
}

/*
 * Picks whom to tell of the queue, nearest first; 0: all know already, or have
 * no place. One that is full asks by itself when it has been told.
 */
static u32 tlsvip_upcall_pick(struct tlsvip_upcalls *up)
{
	struct tlsvip_worker *worker, *best = NULL;
	u32 cpu = raw_smp_processor_id();

	lockdep_assert_held(&up->lock);
	list_for_each_entry(worker, &up->workers, node) {
		if (worker->told || worker->held >= worker->capacity)
			continue;
		if (!best || worker->cpu == cpu)
			best = worker;
	}
	if (!best)
		return 0;
	best->told = true;
	/* The others come first next time. */
	list_move_tail(&best->node, &up->workers);
	return best->portid;
}

/**
 * tlsvip_upcall_tell - tell a worker of the queue, if somebody there may be taken
 * @tn: namespace
 *
 * The next worker if the socket of the first is full.
 *
 * Context: process.
 */
void tlsvip_upcall_tell(struct tlsvip_net *tn)
{
	struct tlsvip_upcalls *up = tn->upcalls;
	struct tlsvip_worker *worker;
	u32 portid, queued, tries;

	if (READ_ONCE(tn->exiting))
		return;
	spin_lock_bh(&up->lock);
	for (tries = up->n_workers; tries && tlsvip_upcall_turn(tn); tries--) {
		portid = tlsvip_upcall_pick(up);
		if (!portid)
			break;
		queued = up->queued;
		spin_unlock_bh(&up->lock);
		if (!tlsvip_nl_upcall_ready(tn, portid, queued))
			return;
		spin_lock_bh(&up->lock);
		worker = tlsvip_upcall_worker(up, portid);
		if (worker)
			worker->told = false;
	}
	spin_unlock_bh(&up->lock);
}

/* Clears pending. The caller has won and owns the upcall's reference. */
static bool tlsvip_upcall_win(struct tlsvip_conn *conn)
{
	struct tlsvip_upcalls *up = conn->tn->upcalls;

	lockdep_assert_held(&up->lock);
	if (!conn->upcall.pending)
		return false;
	conn->upcall.pending = false;
	if (conn->upcall.worker)
		tlsvip_upcall_unhold(conn);
	else
		tlsvip_upcall_dequeue(conn);
	atomic_dec(&conn->svc->ctx->handshakes);
	tlsvip_count(&conn->svc->counters, TLSVIP_C_upcall_free);
	return true;
}

/**
 * tlsvip_upcall_submit - queue the handshake of a connection
 * @conn: connection
 *
 * Takes a reference to @conn that is dropped at completion.
 *
 * Context: process.
 */
void tlsvip_upcall_submit(struct tlsvip_conn *conn)
{
	struct tlsvip_upcalls *up = conn->tn->upcalls;

	kref_get(&conn->ref);
	tlsvip_count(&conn->svc->counters, TLSVIP_C_upcall_alloc);
	tlsvip_count(&conn->svc->counters, TLSVIP_C_ssl_conns_attempted);
	spin_lock_bh(&up->lock);
	conn->upcall.pending = true;
	tlsvip_upcall_enqueue(conn, false);
	atomic_inc(&conn->svc->ctx->handshakes);
	spin_unlock_bh(&up->lock);
	tlsvip_upcall_tell(conn->tn);
}

/**
 * tlsvip_upcall_cancel - complete an upcall whose connection ends
 * @conn: connection, with or without a pending upcall
 *
 * Context: process.
 */
void tlsvip_upcall_cancel(struct tlsvip_conn *conn)
{
	struct tlsvip_upcalls *up = conn->tn->upcalls;
	bool won;

	spin_lock_bh(&up->lock);
	won = tlsvip_upcall_win(conn);
	spin_unlock_bh(&up->lock);
	if (!won)
		return;
	/* There is room for one that had to wait. */
	tlsvip_upcall_tell(conn->tn);
	tlsvip_conn_put(conn);
}

/*
 * A descriptor that outlives the connection is an ordinary socket of whoever
 * has it, and must hold the namespace as such. See tlsvip_leg_release(); until
 * there, or until the descriptor is seen to be closed, the connection does.
 */
static void tlsvip_upcall_lend(struct tlsvip_conn *conn)
{
	if (conn->upcall.lent)
		return;
	/* The socket of the worker that asks holds one, a plain get will do. */
	get_net(conn->tn->net);
	conn->upcall.lent = true;
}

/**
 * tlsvip_upcall_returned - no descriptor of the daemon needs the namespace
 * @conn: connection
 *
 * Context: the work of the connection, its upcall completed; or with the lock
 * of the queue.
 */
void tlsvip_upcall_returned(struct tlsvip_conn *conn)
{
	if (!conn->upcall.lent)
		return;
	conn->upcall.lent = false;
	/* Its memory stays: the exit waits for @conn. */
	put_net(conn->tn->net);
}

/**
 * tlsvip_upcall_take - give queued upcalls to a worker
 * @tn: namespace
 * @portid: of the worker's socket
 * @conns: filled with connections, each with a reference for the caller
 * @files: filled with the files of their client legs, the same
 * @max: size of @conns and @files
 * @queued: set to how many still wait; 0 also if of those none may be taken
 *
 * Context: process.
 * Return: number of connections, or -EPERM if the socket is no worker.
 */
int tlsvip_upcall_take(struct tlsvip_net *tn, u32 portid,
		       struct tlsvip_conn **conns, struct file **files,
		       u32 max, u32 *queued)
{
	struct tlsvip_upcalls *up = tn->upcalls;
	struct tlsvip_context *ctx;
	struct tlsvip_worker *worker;
	struct tlsvip_conn *conn;
	int n = 0;

	spin_lock_bh(&up->lock);
	worker = tlsvip_upcall_worker(up, portid);
	if (!worker) {
		spin_unlock_bh(&up->lock);
		return -EPERM;
	}
	while (n < max && (ctx = tlsvip_upcall_turn(tn))) {
		conn = list_first_entry(&ctx->upcalls, struct tlsvip_conn,
					upcall.node);
		list_move_tail(&ctx->upcall_node, &up->contexts);
		tlsvip_upcall_dequeue(conn);
		tlsvip_upcall_hold(conn, worker);
		/* The upcall holds one, so this is a plain get. */
		kref_get(&conn->ref);
		/* The end of @conn waits for our lock before it drops its own. */
		files[n] = get_file(tlsvip_client(conn)->file);
		tlsvip_upcall_lend(conn);
		conns[n++] = conn;
	}
	*queued = tlsvip_upcall_turn(tn) ? up->queued : 0;
	if (!*queued)
		worker->told = false;
	spin_unlock_bh(&up->lock);
	return n;
}

/**
 * tlsvip_upcall_untake - put upcalls back that could not be handed out
 * @tn: namespace
 * @portid: of the worker that took them
 * @conns: what tlsvip_upcall_take() filled; the references are dropped
 * @files: the same
 * @n: how many
 *
 * Context: process.
 */
void tlsvip_upcall_untake(struct tlsvip_net *tn, u32 portid,
			  struct tlsvip_conn **conns, struct file **files,
			  u32 n)
{
	struct tlsvip_upcalls *up = tn->upcalls;
	struct tlsvip_upcall *upcall;
	struct tlsvip_worker *worker;
	u32 i;

	spin_lock_bh(&up->lock);
	/* It tries again by itself, but another may be faster. */
	worker = tlsvip_upcall_worker(up, portid);
	if (worker)
		worker->told = true;
	/* Last first, so that they keep their order. */
	for (i = n; i-- > 0;) {
		upcall = &conns[i]->upcall;
		if (upcall->pending && upcall->worker &&
		    upcall->worker->portid == portid) {
			/* No descriptor was installed. */
			tlsvip_upcall_returned(conns[i]);
			tlsvip_upcall_unhold(conns[i]);
			tlsvip_upcall_enqueue(conns[i], true);
		}
	}
	spin_unlock_bh(&up->lock);
	for (i = 0; i < n; i++) {
		fput(files[i]);
		tlsvip_conn_put(conns[i]);
	}
	tlsvip_upcall_tell(tn);
}

/**
 * tlsvip_upcall_complete - take a worker's answer
 * @tn: namespace
 * @portid: of the worker's socket
 * @conn: connection, of which the caller has a reference
 * @answer: the answer; consumed on success
 *
 * Context: process.
 * Return: 0, or -ENOENT if this worker does not hold the upcall any more.
 */
int tlsvip_upcall_complete(struct tlsvip_net *tn, u32 portid,
			   struct tlsvip_conn *conn,
			   struct tlsvip_answer *answer)
{
	struct tlsvip_upcalls *up = tn->upcalls;
	struct tlsvip_upcall *upcall = &conn->upcall;

	spin_lock_bh(&up->lock);
	if (!upcall->pending || !upcall->worker ||
	    upcall->worker->portid != portid) {
		spin_unlock_bh(&up->lock);
		return -ENOENT;
	}
	tlsvip_upcall_win(conn);
	conn->answer = answer;
	spin_unlock_bh(&up->lock);

	/* Pairs with the test of the work, which then reads the answer. */
	smp_mb__before_atomic();
	set_bit(TLSVIP_CONN_VERDICT, &conn->flags);
	tlsvip_conn_wake(conn);
	tlsvip_conn_put(conn);
	/* There is room for one that had to wait. */
	tlsvip_upcall_tell(tn);
	return 0;
}

/**
 * tlsvip_upcall_bind - make a netlink socket a worker
 * @tn: namespace
 * @portid: of the socket
 * @cpu: where it runs
 * @capacity: how many it holds at most
 * @queued: set to how many upcalls wait
 *
 * Context: process.
 * Return: 0, -EALREADY if it is one, -ENOSPC if there are too many, -ENOMEM.
 */
int tlsvip_upcall_bind(struct tlsvip_net *tn, u32 portid, u32 cpu,
		       u32 capacity, u32 *queued)
{
	struct tlsvip_upcalls *up = tn->upcalls;
	struct tlsvip_worker *worker;
	int err = 0;

	worker = kzalloc(sizeof(*worker), GFP_KERNEL);
	if (!worker)
		return -ENOMEM;
	worker->portid = portid;
	worker->cpu = cpu;
	worker->capacity = capacity;
	INIT_LIST_HEAD(&worker->taken);
	spin_lock_bh(&up->lock);
	if (tlsvip_upcall_worker(up, portid)) {
		err = -EALREADY;
	} else if (up->n_workers >= TLSVIP_WORKERS_MAX) {
		err = -ENOSPC;
	} else {
		list_add(&worker->node, &up->workers);
		up->n_workers++;
		up->capacity += capacity;
		WRITE_ONCE(tn->trusted, true);
		/* It is told by the answer. */
		worker->told = up->queued > 0;
		worker = NULL;
	}
	*queued = up->queued;
	spin_unlock_bh(&up->lock);
	kfree(worker);
	return err;
}

/**
 * tlsvip_upcall_unbind - a worker went away
 * @tn: namespace
 * @portid: of its socket
 *
 * The handshakes it held are lost with the state it had of them. What is
 * queued waits for another worker.
 *
 * Context: process.
 */
void tlsvip_upcall_unbind(struct tlsvip_net *tn, u32 portid)
{
	struct tlsvip_upcalls *up = tn->upcalls;
	struct tlsvip_worker *worker;
	struct tlsvip_conn *conn;

	spin_lock_bh(&up->lock);
	worker = tlsvip_upcall_worker(up, portid);
	if (!worker) {
		spin_unlock_bh(&up->lock);
		return;
	}
	list_del(&worker->node);
	up->n_workers--;
	up->capacity -= worker->capacity;
	while (!list_empty(&worker->taken)) {
		conn = list_first_entry(&worker->taken, struct tlsvip_conn,
					upcall.node);
		tlsvip_upcall_win(conn);
		spin_unlock_bh(&up->lock);
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_DAEMON_EXIT);
		tlsvip_conn_put(conn);
		spin_lock_bh(&up->lock);
	}
	spin_unlock_bh(&up->lock);
	kfree(worker);
	/* Perhaps it was the one that had been told. */
	tlsvip_upcall_tell(tn);
}

static int tlsvip_upcall_netlink_event(struct notifier_block *nb,
				       unsigned long event, void *ptr)
{
	const struct netlink_notify *notify = ptr;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC)
		tlsvip_upcall_unbind(tlsvip_net(notify->net), notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block tlsvip_upcall_notifier = {
	.notifier_call = tlsvip_upcall_netlink_event,
};

/**
 * tlsvip_upcall_init - begin to notice workers that go away
 *
 * Context: process, after the namespaces are prepared.
 * Return: 0 or an error.
 */
int tlsvip_upcall_init(void)
{
	return netlink_register_notifier(&tlsvip_upcall_notifier);
}

/**
 * tlsvip_upcall_exit - end what tlsvip_upcall_init() began
 *
 * Context: process.
 */
void tlsvip_upcall_exit(void)
{
	netlink_unregister_notifier(&tlsvip_upcall_notifier);
}

/**
 * tlsvip_upcall_net_init - prepare the queue of a namespace
 * @tn: namespace
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int tlsvip_upcall_net_init(struct tlsvip_net *tn)
{
	struct tlsvip_upcalls *up;

	up = kzalloc(sizeof(*up), GFP_KERNEL);
	if (!up)
		return -ENOMEM;
	spin_lock_init(&up->lock);
	INIT_LIST_HEAD(&up->contexts);
	INIT_LIST_HEAD(&up->workers);
	tn->upcalls = up;
	return 0;
}

/**
 * tlsvip_upcall_net_exit - give the queue back
 * @tn: namespace, whose connections are gone
 *
 * Context: process.
 */
void tlsvip_upcall_net_exit(struct tlsvip_net *tn)
{
	struct tlsvip_worker *worker, *next;

	list_for_each_entry_safe(worker, next, &tn->upcalls->workers, node)
		kfree(worker);
	kfree(tn->upcalls);
	tn->upcalls = NULL;
}
