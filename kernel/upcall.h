/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handshake queue as upcall.c keeps it and netlink_handshake.c serves it.
 */
#ifndef _TLSVIP_UPCALL_H
#define _TLSVIP_UPCALL_H

#include "conn.h"

/* Workers a namespace may have; a daemon has one a CPU. */
#define TLSVIP_WORKERS_MAX	1024
/* Handshakes of a worker that does not say how many it can do. */
#define TLSVIP_CAPACITY_DEFAULT	65536

/**
 * struct tlsvip_upcalls - handshakes of a namespace and who does them
 * @lock: protects all members, and struct tlsvip_upcall and tlsvip_worker
 * @contexts: those with upcalls that wait for a worker, in turn, by
 *	      &tlsvip_context.upcall_node
 * @queued: how many wait in all
 * @held: how many workers have
 * @workers: bound workers
 * @n_workers: length of @workers
 * @capacity: how many all workers can have
 */
struct tlsvip_upcalls {
	spinlock_t lock; /* protects everything here */
	struct list_head contexts;
	u32 queued;
	u32 held;
	struct list_head workers;
	u32 n_workers;
	u32 capacity;
};

/**
 * struct tlsvip_worker - a netlink socket that takes upcalls
 * @node: in &tlsvip_upcalls.workers
 * @portid: of the socket
 * @cpu: where the worker says it runs
 * @capacity: how many upcalls it says it holds at most
 * @told: it was told of the queue and has not yet seen it empty
 * @taken: upcalls it holds
 * @held: length of @taken
 */
struct tlsvip_worker {
	struct list_head node;
	u32 portid;
	u32 cpu;
	u32 capacity;
	bool told;
	struct list_head taken;
	u32 held;
};

int tlsvip_upcall_bind(struct tlsvip_net *tn, u32 portid, u32 cpu,
		       u32 capacity, u32 *queued);
void tlsvip_upcall_unbind(struct tlsvip_net *tn, u32 portid);
int tlsvip_upcall_take(struct tlsvip_net *tn, u32 portid,
		       struct tlsvip_conn **conns, struct file **files,
		       u32 max, u32 *queued);
void tlsvip_upcall_untake(struct tlsvip_net *tn, u32 portid,
			  struct tlsvip_conn **conns, struct file **files,
			  u32 n);
int tlsvip_upcall_complete(struct tlsvip_net *tn, u32 portid,
			   struct tlsvip_conn *conn,
			   struct tlsvip_answer *answer);

/* netlink_handshake.c */
int tlsvip_nl_upcall_ready(struct tlsvip_net *tn, u32 portid, u32 queued);

#endif /* _TLSVIP_UPCALL_H */
