// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a worker's socket keeps of a client's bytes, which is nothing; over a
 * socket pair, so that it needs no module. Upcalls and verdicts as such are
 * daemon_upcall.c's.
 *
 * SOURCES: userspace/tlsvipd/netlink.c userspace/tlsvipd/upcall.c userspace/tlsvipd/log.c userspace/lib/attr.c
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <openssl/crypto.h>

#include "daemon/ktap.h"
#include "tlsvipd/log.h"
#include "tlsvipd/netlink.h"

#define FAMILY	0x42
#define SECRET	"Cookie: secret"

static unsigned int late;
static const void *wiped[2];
static size_t wiped_len[2];

/* In place of libmnl's, which wants a socket of the kernel's. */
ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
			  size_t size)
{
	return write(mnl_socket_get_fd(nl), req, size);
}

/* In place of OpenSSL's: what is freed cannot be looked at, so it takes notes. */
void OPENSSL_cleanse(void *ptr, size_t len)
{
	wiped[1] = wiped[0];
	wiped_len[1] = wiped_len[0];
	wiped[0] = ptr;
	wiped_len[0] = len;
	explicit_bzero(ptr, len);
}

static void on_late(void *data)
{
	late++;
}

static const struct netlink_ops ops = { .late = on_late };

/* Returns the kernel's end. */
static int pair(struct netlink *nl)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fd))
		abort();
	nl->ops = &ops;
	nl->family = FAMILY;
	nl->fd = fd[0];
	nl->nl = mnl_socket_fdopen(fd[0]);
	return fd[1];
}

static bool has(const void *buf, size_t len)
{
	return memmem(buf, len, SECRET, strlen(SECRET));
}

static void test_verdict(struct netlink *nl, int kernel)
{
	static _Alignas(8) char buf[4096], sent[1024];
	struct verdict v = {
		.verdict = TLSVIP_VERDICT_OK, .cipher = "X",
		.leftover = (const unsigned char *)SECRET,
		.leftover_len = strlen(SECRET),
	};
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	ssize_t len;

	ktap_ok(!netlink_done(nl, &v), "a verdict with a leftover");
	len = read(kernel, sent, sizeof(sent));
	if (!ktap_ok(len > 0 && has(sent, len), "reaches the kernel"))
		return;
	ktap_ok(!has(nl->tx, sizeof(nl->tx)), "and is not kept");
	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_len = sizeof(*nlh) + sizeof(e->error) + len;
	e->error = -ENOENT;
	memcpy(buf + sizeof(*nlh) + sizeof(e->error), sent, len);
	if (write(kernel, buf, nlh->nlmsg_len) < 0)
		abort();
	ktap_ok(!netlink_read(nl) && late == 1,
		"it comes back, being too late");
	ktap_ok(!has(nl->rx, sizeof(nl->rx)), "and is not kept");
}

static void test_close(struct netlink *nl)
{
	const char *tx = nl->tx, *rx = nl->rx;

	netlink_close(nl);
	ktap_ok(wiped[1] == tx && wiped_len[1] == sizeof(nl->tx) &&
		wiped[0] == rx && wiped_len[0] == sizeof(nl->rx),
		"both buffers are wiped at the end");
}

int main(void)
{
	struct netlink *nl = calloc(1, sizeof(*nl));
	int kernel = pair(nl);

	test_verdict(nl, kernel);
	test_close(nl);
	close(kernel);
	return ktap_end();
}
