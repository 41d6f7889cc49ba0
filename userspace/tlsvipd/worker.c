// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A worker thread: takes upcalls as long as it has room, and gives their
 * verdicts. Workers share nothing but the trustpoints and the means of
 * resumption. How a handshake runs is handshake.c's.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "log.h"
#include "netlink.h"
#include "worker.h"

#define WORKER_LIVE_MAX		512	/* handshakes at a time */
#define WORKER_PAUSE		0.1	/* seconds, when descriptors run out */
#define WORKER_DRAIN		3.0	/* seconds for the last handshakes */
#define WORKER_READS		64	/* datagrams in a round */

static void worker_set_state(struct worker *w, enum worker_state state)
{
	atomic_store(&w->state, state);
	w->report(w);
}

/* Asks for upcalls if some wait and there is room for them. */
static void worker_take(struct worker *w)
{
	uint32_t room = 0;
	int err;

	/* A batch that was given up for lost may have come after all. */
	if (w->handshakes.n < WORKER_LIVE_MAX)
		room = WORKER_LIVE_MAX - w->handshakes.n;
	if (atomic_load(&w->state) != WORKER_BOUND || w->stopping ||
	    w->accepting || !w->pending || !room ||
	    ev_is_active(&w->pause))
		return;
	err = netlink_accept(w->nl, room < TLSVIP_BATCH_MAX ?
				    room : TLSVIP_BATCH_MAX);
	if (err) {
		log_peer(LOG_WARNING, "cannot ask for upcalls: %s",
			 strerror(-err));
		ev_timer_set(&w->pause, WORKER_PAUSE, 0);
		ev_timer_start(w->loop, &w->pause);
		return;
	}
	w->accepting = true;
}

/* The answer says whether the module is there, and makes all else follow. */
static void worker_find(struct worker *w)
{
	int err = netlink_find_family(w->nl);

	if (err) {
		log_err("cannot ask the kernel: %s", strerror(-err));
		worker_set_state(w, WORKER_FAILED);
	}
}

static void worker_on_family(void *data)
{
	struct worker *w = data;
	int err;

	err = netlink_bind(w->nl, w->cpu, WORKER_LIVE_MAX);
	if (err) {
		log_err("cannot become a worker: %s", strerror(-err));
		worker_set_state(w, WORKER_FAILED);
	}
}

static void worker_on_gone(void *data)
{
	struct worker *w = data;

	/* Numbers of connections mean nothing to the next module. */
	handshake_abort_all(&w->handshakes);
	w->pending = 0;
	w->accepting = false;
	if (atomic_load(&w->state) != WORKER_WAITING)
		worker_set_state(w, WORKER_WAITING);
}

static void worker_on_bound(void *data, uint32_t pending)
{
	struct worker *w = data;

	w->pending = pending;
	worker_set_state(w, WORKER_BOUND);
	worker_take(w);
}

static void worker_on_ready(void *data, uint32_t pending)
{
	struct worker *w = data;

	w->pending = pending;
	w->announced = w->accepting;
	worker_take(w);
}

static void worker_on_upcall(void *data, struct upcall *up, int err)
{
	struct worker *w = data;
	struct verdict denied = {
		.conn = up->conn,
		.leg = up->leg,
		.verdict = TLSVIP_VERDICT_INTERNAL,
	};

	w->taken++;
	if (!err) {
		handshake_start(&w->handshakes, up);
		return;
	}
	log_peer(LOG_ERR, "context %s service %s: cannot take an upcall: %s",
		 up->context, up->service, strerror(-err));
	netlink_done(w->nl, &denied);
	upcall_clear(up);
}

static void worker_on_accepted(void *data, uint32_t pending)
{
	struct worker *w = data;

	w->accepting = false;
	w->batch = true;
	/*
	 * An announcement that was read between request and answer may be the
	 * younger of the two.
	 */
	w->pending = w->announced ? pending + 1 : pending;
	w->announced = false;
	worker_take(w);
}

static void worker_on_failed(void *data, uint8_t cmd, int err,
			     const char *text)
{
	struct worker *w = data;

	/* The module has left, and we are about to hear of it. */
	if (err == -ENOENT) {
		worker_find(w);
		return;
	}
	if (cmd == TLSVIP_CMD_WORKER_BIND && err == -EALREADY) {
		worker_on_bound(w, 1);
		return;
	}
	if (cmd == TLSVIP_CMD_WORKER_BIND) {
		log_err("the kernel refused a worker: %s", text);
		worker_set_state(w, WORKER_FAILED);
		return;
	}
	w->accepting = false;
	log_peer(LOG_WARNING, "the kernel handed out no upcalls: %s", text);
	ev_timer_set(&w->pause, WORKER_PAUSE, 0);
	ev_timer_start(w->loop, &w->pause);
}

static void worker_on_late(void *data)
{
	struct worker *w = data;

	w->late++;
}

static const struct netlink_ops worker_netlink_ops = {
	.family = worker_on_family,
	.gone = worker_on_gone,
	.bound = worker_on_bound,
	.ready = worker_on_ready,
	.upcall = worker_on_upcall,
	.accepted = worker_on_accepted,
	.failed = worker_on_failed,
	.late = worker_on_late,
};

static void worker_on_verdict(void *data, const struct upcall *up,
			      const struct verdict *v)
{
	struct worker *w = data;
	int err;

	err = netlink_done(w->nl, v);
	if (err)
		log_peer(LOG_WARNING,
			 "context %s service %s: cannot give a verdict: %s",
			 up->context, up->service, strerror(-err));
}

static void worker_on_ended(void *data)
{
	struct worker *w = data;

	if (w->stopping && !w->handshakes.n)
		ev_break(w->loop, EVBREAK_ALL);
	else
		worker_take(w);
}

static const struct handshake_ops worker_handshake_ops = {
	.verdict = worker_on_verdict,
	.ended = worker_on_ended,
};

/* Messages were lost: nothing that was waited for may be waited for longer. */
static void worker_resync(struct worker *w)
{
	w->accepting = false;
	w->pending = 1;
	worker_take(w);
	/* Not bound: the answer that would have led there may be lost. */
	if (atomic_load(&w->state) != WORKER_BOUND)
		w->nl->family = 0;
	worker_find(w);
}

static void worker_nl_cb(struct ev_loop *loop, ev_io *io, int events)
{
	struct worker *w = io->data;
	int budget = WORKER_READS;
	int err = 0;

	/* After a batch the handshakes in flight have their turn. */
	w->batch = false;
	while (!err && !w->batch && budget--)
		err = netlink_read(w->nl);
	if (err == -ENOBUFS) {
		log_peer(LOG_WARNING, "messages of the kernel were lost");
		worker_resync(w);
	} else if (err && err != -EAGAIN) {
		log_err("cannot read from the kernel: %s", strerror(-err));
		worker_set_state(w, WORKER_FAILED);
		ev_io_stop(loop, io);
	}
}

static void worker_pause_cb(struct ev_loop *loop, ev_timer *timer, int events)
{
	worker_take(timer->data);
}

static void worker_drain_cb(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct worker *w = timer->data;

	log_notice("%u handshakes did not end in time", w->handshakes.n);
	ev_break(loop, EVBREAK_ALL);
}

static void worker_stop_cb(struct ev_loop *loop, ev_async *async, int events)
{
	struct worker *w = async->data;

	if (w->stopping)
		return;
	w->stopping = true;
	if (!w->handshakes.n)
		ev_break(loop, EVBREAK_ALL);
	else
		ev_timer_start(loop, &w->drain);
}

static void worker_pin(const struct worker *w)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		log_warn("cannot stay on CPU %d", w->cpu);
}

static void *worker_main(void *data)
{
	struct worker *w = data;

	worker_pin(w);
	ev_io_start(w->loop, &w->nl_io);
	worker_find(w);
	ev_run(w->loop, 0);
	/* The kernel ends what is still in flight when the socket closes. */
	w->stopping = true;
	handshake_abort_all(&w->handshakes);
	log_debug("CPU %d: %llu upcalls taken, %llu verdicts too late",
		  w->cpu, (unsigned long long)w->taken,
		  (unsigned long long)w->late);
	netlink_close(w->nl);
	w->nl = NULL;
	OPENSSL_thread_stop();
	return NULL;
}

/*
 * Poll, not epoll: the kernel module keeps the sockets that we close, and an
 * epoll set, which libev never asks to forget a closed descriptor, would go on
 * waking us for every byte of the connection. There are few handshakes at a
 * time.
 */
static struct ev_loop *worker_loop(struct worker *w)
{
	struct ev_loop *loop = ev_loop_new(EVBACKEND_POLL | EVFLAG_NOENV);

	if (!loop)
		return NULL;
	ev_io_init(&w->nl_io, worker_nl_cb, w->nl->fd, EV_READ);
	ev_async_init(&w->stop, worker_stop_cb);
	ev_timer_init(&w->pause, worker_pause_cb, WORKER_PAUSE, 0);
	ev_timer_init(&w->drain, worker_drain_cb, WORKER_DRAIN, 0);
	w->nl_io.data = w;
	w->stop.data = w;
	w->pause.data = w;
	w->drain.data = w;
	ev_async_start(loop, &w->stop);
	return loop;
}

/**
 * worker_start - start a worker
 * @w: worker; @cpu, @report and @data are set, the rest is zero
 *
 * Context: signals must be blocked, so that none goes to the worker.
 * Return: 0, or a negative errno. After 0 worker_join() is due.
 */
int worker_start(struct worker *w)
{
	int err;

	w->nl = netlink_open(&worker_netlink_ops, w);
	if (!w->nl)
		return -errno;
	w->loop = worker_loop(w);
	if (!w->loop) {
		err = -ENOMEM;
		goto err_close;
	}
	w->handshakes.loop = w->loop;
	w->handshakes.ops = &worker_handshake_ops;
	w->handshakes.data = w;
	err = -pthread_create(&w->thread, NULL, worker_main, w);
	if (err)
		goto err_loop;
	return 0;

err_loop:
	ev_loop_destroy(w->loop);
	w->loop = NULL;
err_close:
	netlink_close(w->nl);
	w->nl = NULL;
	return err;
}

/**
 * worker_stop - ask a worker to end when its handshakes have
 * @w: worker
 *
 * Context: any thread; does not wait.
 */
void worker_stop(struct worker *w)
{
	ev_async_send(w->loop, &w->stop);
}

/**
 * worker_join - wait for the end of a worker and free what it has
 * @w: worker that was asked to stop
 */
void worker_join(struct worker *w)
{
	pthread_join(w->thread, NULL);
	ev_loop_destroy(w->loop);
	w->loop = NULL;
}
