/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker's netlink socket: requests without waiting, answers as callbacks.
 * Configuration goes through libtlsvip, not through this.
 */
#ifndef TLSVIPD_NETLINK_H
#define TLSVIPD_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include <linux/genetlink.h>

#include "upcall.h"

struct mnl_socket;

/* What module and daemon must agree on; the kernel refuses any other. */
#define NETLINK_HANDOVER_VERSION	2

/* A batch of upcalls at its longest, behind how many still wait. */
#define NETLINK_RX_SIZE	(NLMSG_HDRLEN + GENL_HDRLEN +			\
			 UPCALL_ATTR_SIZE(sizeof(uint32_t)) +		\
			 TLSVIP_BATCH_MAX * UPCALL_SIZE)
/* A verdict at its longest. */
#define NETLINK_TX_SIZE	(2 * TLSVIP_BLOCK_MAX + TLSVIP_PROXY_TLVS_MAX + \
				 TLSVIP_LEFTOVER_MAX + 1024)

/**
 * struct netlink_ops - what a worker is told
 * @family: the family is there; bind now
 * @gone: the family is not there, or no longer
 * @bound: upcalls will be announced, so many wait already
 * @ready: so many upcalls wait
 * @upcall: one upcall; it and what it holds are the callee's, @err is not 0
 *	    if it could not be read as a whole
 * @accepted: a batch is through, so many upcalls still wait
 * @failed: worker-bind or upcall-accept was refused, with the kernel's words
 * @late: a verdict came after the end of its handshake
 *
 * Any of them may send, none may close the socket.
 */
struct netlink_ops {
	void (*family)(void *data);
	void (*gone)(void *data);
	void (*bound)(void *data, uint32_t pending);
	void (*ready)(void *data, uint32_t pending);
	void (*upcall)(void *data, struct upcall *up, int err);
	void (*accepted)(void *data, uint32_t pending);
	void (*failed)(void *data, uint8_t cmd, int err, const char *text);
	void (*late)(void *data);
};

/**
 * struct netlink - the socket of one worker
 * @nl: the socket
 * @fd: its descriptor
 * @port: its address
 * @seq: of the last request
 * @family: number of the family, 0 while it is not there
 * @ops: what to call
 * @data: with which argument
 * @rx: what is being read
 * @tx: what is being sent
 */
struct netlink {
	struct mnl_socket *nl;
	int fd;
	uint32_t port;
	uint32_t seq;
	uint16_t family;
	const struct netlink_ops *ops;
	void *data;
	char rx[NETLINK_RX_SIZE] __attribute__((aligned(8)));
	char tx[NETLINK_TX_SIZE] __attribute__((aligned(8)));
};

struct netlink *netlink_open(const struct netlink_ops *ops, void *data);
void netlink_close(struct netlink *nl);
int netlink_find_family(struct netlink *nl);
int netlink_bind(struct netlink *nl, uint32_t cpu, uint32_t capacity);
int netlink_accept(struct netlink *nl, uint32_t max);
int netlink_done(struct netlink *nl, const struct verdict *v);
int netlink_read(struct netlink *nl);

#endif /* TLSVIPD_NETLINK_H */
