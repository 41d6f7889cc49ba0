/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One handshake from upcall to verdict. Which upcalls are taken, and when, is
 * worker.c's.
 */
#ifndef TLSVIPD_HANDSHAKE_H
#define TLSVIPD_HANDSHAKE_H

#include <ev.h>
#include <openssl/ssl.h>

#include "upcall.h"

struct handshake;
struct trust;

/**
 * struct handshake_ops - how a handshake speaks to its worker
 * @verdict: answer the upcall; called exactly once unless handshake_abort() is
 * @ended: the handshake was freed
 */
struct handshake_ops {
	void (*verdict)(void *data, const struct upcall *up,
			const struct verdict *v);
	void (*ended)(void *data);
};

/**
 * struct handshake_list - the handshakes of a worker, used by its thread only
 * @first: the latest, or NULL
 * @n: how many there are
 * @loop: their event loop
 * @ops: what to call
 * @data: with which argument
 */
struct handshake_list {
	struct handshake *first;
	unsigned int n;
	struct ev_loop *loop;
	const struct handshake_ops *ops;
	void *data;
};

void handshake_start(struct handshake_list *list, struct upcall *up);
void handshake_abort_all(struct handshake_list *list);

#endif /* TLSVIPD_HANDSHAKE_H */
