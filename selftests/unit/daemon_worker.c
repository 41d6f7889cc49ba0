// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many upcalls a worker asks for. Its netlink socket and its handshakes are
 * made up here.
 *
 * SOURCES: userspace/tlsvipd/worker.c userspace/tlsvipd/log.c
 */
#include <stdlib.h>
#include <unistd.h>

#include "daemon/ktap.h"
#include "tlsvipd/worker.h"

#define NOT_ASKED	(-1)

static struct netlink socket_here;
static struct worker worker;
static int asked;

struct netlink *netlink_open(const struct netlink_ops *ops, void *data)
{
	int fd[2];

	if (pipe(fd))
		abort();
	socket_here.ops = ops;
	socket_here.data = data;
	socket_here.fd = fd[0];
	return &socket_here;
}

void netlink_close(struct netlink *nl)
{
	close(nl->fd);
}

int netlink_bind(struct netlink *nl, uint32_t cpu, uint32_t capacity)
{
	nl->ops->bound(nl->data, 0);
	return 0;
}

int netlink_accept(struct netlink *nl, uint32_t max)
{
	asked = max;
	return 0;
}

int netlink_done(struct netlink *nl, const struct verdict *v)
{
	return 0;
}

int netlink_read(struct netlink *nl)
{
	return 0;
}

void handshake_start(struct handshake_list *list, struct upcall *up)
{
}

void handshake_abort_all(struct handshake_list *list)
{
}

void upcall_clear(struct upcall *up)
{
}

/* Five upcalls wait while @live handshakes are in flight. */
static void with_live(unsigned int live, int want)
{
	asked = NOT_ASKED;
	worker.handshakes.n = live;
	socket_here.ops->accepted(&worker, 5);
	ktap_ok(asked == want, "%u handshakes: asks for %d (%d)", live, asked,
		want);
}

/* The first thing that a worker does, in its own thread. */
int netlink_find_family(struct netlink *nl)
{
	nl->ops->family(nl->data);
	with_live(0, TLSVIP_BATCH_MAX);
	with_live(511, 1);
	with_live(512, NOT_ASKED);
	with_live(513, NOT_ASKED);
	with_live(4096, NOT_ASKED);
	worker.handshakes.n = 0;
	worker_stop(&worker);
	return 0;
}

static void on_report(struct worker *w)
{
}

int main(void)
{
	worker.report = on_report;
	if (!ktap_ok(!worker_start(&worker), "a worker"))
		return ktap_end();
	worker_join(&worker);
	return ktap_end();
}
