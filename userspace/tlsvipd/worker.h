/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker thread: one CPU, one event loop, one netlink socket, its handshakes.
 */
#ifndef TLSVIPD_WORKER_H
#define TLSVIPD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <ev.h>

#include "handshake.h"
#include "netlink.h"

struct worker;

/**
 * enum worker_state - where a worker is
 * @WORKER_STARTING: not yet known
 * @WORKER_WAITING: the kernel module is not there
 * @WORKER_BOUND: takes upcalls
 * @WORKER_FAILED: cannot work, and said why
 */
enum worker_state {
	WORKER_STARTING,
	WORKER_WAITING,
	WORKER_BOUND,
	WORKER_FAILED,
};

/**
 * struct worker - a worker; but for @state used by its own thread only
 * @thread: its thread
 * @cpu: where it runs
 * @state: enum worker_state
 * @report: called in the worker's thread when @state has changed
 * @data: for @report
 * @loop: its event loop
 * @nl: its socket
 * @nl_io: waits for @nl
 * @stop: wakes it to end
 * @pause: lets it take upcalls again, after the kernel could not hand out any
 * @drain: ends the wait for the last handshakes
 * @handshakes: in flight
 * @pending: upcalls that wait in the kernel, as far as is known
 * @accepting: an upcall-accept is not yet answered
 * @announced: upcalls were announced since that upcall-accept
 * @batch: a batch of upcalls was read in this round
 * @stopping: no more upcalls are taken
 * @taken: upcalls taken
 * @late: verdicts that came too late
 */
struct worker {
	pthread_t thread;
	int cpu;
	atomic_int state;
	void (*report)(struct worker *w);
	void *data;
	struct ev_loop *loop;
	struct netlink *nl;
	ev_io nl_io;
	ev_async stop;
	ev_timer pause;
	ev_timer drain;
	struct handshake_list handshakes;
	uint32_t pending;
	bool accepting;
	bool announced;
	bool batch;
	bool stopping;
	uint64_t taken;
	uint64_t late;
};

int worker_start(struct worker *w);
void worker_stop(struct worker *w);
void worker_join(struct worker *w);

#endif /* TLSVIPD_WORKER_H */
