// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A worker's netlink socket. The kernel runs a request inside sendto(), so an
 * answer is there at once and is still read by the loop, in turn with the
 * handshakes. It knows no policy: when to take upcalls is worker.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <openssl/crypto.h>

#include "log.h"
#include "netlink.h"

/* The controller's only multicast group has the controller's own number. */
#define NETLINK_CTRL_GROUP	GENL_ID_CTRL

/**
 * netlink_open - open the socket of a worker
 * @ops: what to call from netlink_read()
 * @data: with which argument
 *
 * Return: the socket, for netlink_close(), or NULL with errno set.
 */
struct netlink *netlink_open(const struct netlink_ops *ops, void *data)
{
	int one = 1, group = NETLINK_CTRL_GROUP;
	struct netlink *nl;

	nl = calloc(1, sizeof(*nl));
	if (!nl)
		return NULL;
	nl->ops = ops;
	nl->data = data;
	nl->nl = mnl_socket_open2(NETLINK_GENERIC,
				  SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!nl->nl)
		goto err_free;
	if (mnl_socket_bind(nl->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(nl->nl, NETLINK_EXT_ACK, &one,
				  sizeof(one)) < 0 ||
	    mnl_socket_setsockopt(nl->nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		goto err_close;
	nl->fd = mnl_socket_get_fd(nl->nl);
	nl->port = mnl_socket_get_portid(nl->nl);
	return nl;

err_close:
	mnl_socket_close(nl->nl);
err_free:
	free(nl);
	return NULL;
}

/**
 * netlink_close - close the socket; handshakes in flight end in the kernel
 * @nl: socket
 */
void netlink_close(struct netlink *nl)
{
	mnl_socket_close(nl->nl);
	/* Leftovers of sessions have passed through both. */
	OPENSSL_cleanse(nl->tx, sizeof(nl->tx));
	OPENSSL_cleanse(nl->rx, sizeof(nl->rx));
	free(nl);
}

static struct nlmsghdr *netlink_prepare(struct netlink *nl, uint16_t type,
					uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->tx);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	/* 0 is what the kernel's own messages have. */
	if (!++nl->seq)
		nl->seq++;
	nlh->nlmsg_seq = nl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

static int netlink_send(struct netlink *nl, const struct nlmsghdr *nlh)
{
	if (mnl_socket_sendto(nl->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return 0;
}

/**
 * netlink_find_family - ask for the family's number
 * @nl: socket
 *
 * Return: 0, and netlink_ops.family or .gone follows; else a negative errno.
 */
int netlink_find_family(struct netlink *nl)
{
	struct nlmsghdr *nlh;

	nlh = netlink_prepare(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, TLSVIP_FAMILY_NAME);
	return netlink_send(nl, nlh);
}

/**
 * netlink_bind - become a worker
 * @nl: socket; the family was found
 * @cpu: where the worker runs
 * @capacity: how many upcalls it has at most
 *
 * Return: 0, and netlink_ops.bound or .failed follows; else a negative errno.
 */
int netlink_bind(struct netlink *nl, uint32_t cpu, uint32_t capacity)
{
	struct nlmsghdr *nlh;

	nlh = netlink_prepare(nl, nl->family, TLSVIP_CMD_WORKER_BIND,
			      TLSVIP_FAMILY_VERSION);
	mnl_attr_put_u32(nlh, TLSVIP_A_HANDSHAKE_VERSION,
			 NETLINK_HANDOVER_VERSION);
	mnl_attr_put_u32(nlh, TLSVIP_A_HANDSHAKE_CPU, cpu);
	mnl_attr_put_u32(nlh, TLSVIP_A_HANDSHAKE_CAPACITY, capacity);
	return netlink_send(nl, nlh);
}

/**
 * netlink_accept - take upcalls
 * @nl: socket of a bound worker
 * @max: at most so many, 1 to TLSVIP_BATCH_MAX
 *
 * Return: 0, and netlink_ops.upcall for each and then .accepted, or .failed,
 * follow; else a negative errno.
 */
int netlink_accept(struct netlink *nl, uint32_t max)
{
	struct nlmsghdr *nlh;

	nlh = netlink_prepare(nl, nl->family, TLSVIP_CMD_UPCALL_ACCEPT,
			      TLSVIP_FAMILY_VERSION);
	mnl_attr_put_u32(nlh, TLSVIP_A_HANDSHAKE_BATCH, max);
	return netlink_send(nl, nlh);
}

/**
 * netlink_done - answer an upcall
 * @nl: socket of the worker that took it
 * @v: the answer
 *
 * The kernel is silent about a verdict it took; netlink_ops.late follows for
 * one that came too late.
 *
 * Return: 0, or a negative errno.
 */
int netlink_done(struct netlink *nl, const struct verdict *v)
{
	struct nlmsghdr *nlh;
	int err;

	nlh = netlink_prepare(nl, nl->family, TLSVIP_CMD_UPCALL_DONE,
			      TLSVIP_FAMILY_VERSION);
	err = upcall_put_verdict(nlh, sizeof(nl->tx), v);
	if (!err)
		err = netlink_send(nl, nlh);
	/* What a client has said already must not wait here for the next. */
	OPENSSL_cleanse(nl->tx, nlh->nlmsg_len);
	return err;
}

static const struct nlattr *netlink_attr(const struct nlmsghdr *nlh,
					 uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static uint32_t netlink_pending(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	attr = netlink_attr(nlh, TLSVIP_A_HANDSHAKE_PENDING);
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return 0;
	return mnl_attr_get_u32(attr);
}

/* The controller's answer, and its news about any family that comes or goes. */
static void netlink_on_ctrl(struct netlink *nl, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *name, *id;

	name = netlink_attr(nlh, CTRL_ATTR_FAMILY_NAME);
	id = netlink_attr(nlh, CTRL_ATTR_FAMILY_ID);
	if (!name || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0 ||
	    strcmp(mnl_attr_get_str(name), TLSVIP_FAMILY_NAME))
		return;
	if (genl->cmd == CTRL_CMD_NEWFAMILY && id &&
	    mnl_attr_validate(id, MNL_TYPE_U16) >= 0) {
		/* The answer and the news may both come. */
		if (nl->family == mnl_attr_get_u16(id))
			return;
		/* News of its end were lost: the module is another one. */
		if (nl->family)
			nl->ops->gone(nl->data);
		nl->family = mnl_attr_get_u16(id);
		nl->ops->family(nl->data);
	} else if (genl->cmd == CTRL_CMD_DELFAMILY) {
		nl->family = 0;
		nl->ops->gone(nl->data);
	}
}

static void netlink_on_accept(struct netlink *nl, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	struct upcall up;
	int err;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != TLSVIP_A_HANDSHAKE_UPCALL)
			continue;
		err = upcall_parse(attr, &up);
		nl->ops->upcall(nl->data, &up, err);
	}
	nl->ops->accepted(nl->data, netlink_pending(nlh));
}

static void netlink_on_family(struct netlink *nl, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	switch (genl->cmd) {
	case TLSVIP_CMD_WORKER_BIND:
		nl->ops->bound(nl->data, netlink_pending(nlh));
		break;
	case TLSVIP_CMD_UPCALL_READY:
		nl->ops->ready(nl->data, netlink_pending(nlh));
		break;
	case TLSVIP_CMD_UPCALL_ACCEPT:
		netlink_on_accept(nl, nlh);
		break;
	}
}

/* The kernel's words, behind the request that it sends back, or the error's. */
static const char *netlink_error_text(const struct nlmsghdr *nlh, int error,
				      size_t off)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    mnl_nlmsg_get_payload_len(nlh) < off)
		return strerror(-error);
	mnl_attr_for_each(attr, nlh, off) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return mnl_attr_get_str(attr);
	}
	return strerror(-error);
}

/* An error carries the whole request, so nothing need be remembered of it. */
static void netlink_on_error(struct netlink *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	const struct genlmsghdr *genl;
	const char *text;

	if (len < sizeof(*e) + sizeof(*genl) || !e->error)
		return;
	genl = (const struct genlmsghdr *)(e + 1);
	if (e->msg.nlmsg_type == GENL_ID_CTRL) {
		nl->family = 0;
		nl->ops->gone(nl->data);
		return;
	}
	/* Of a module that is no longer there. */
	if (e->msg.nlmsg_type != nl->family)
		return;
	text = netlink_error_text(nlh, e->error, sizeof(e->error) +
				  MNL_ALIGN(e->msg.nlmsg_len));
	if (genl->cmd != TLSVIP_CMD_UPCALL_DONE)
		nl->ops->failed(nl->data, genl->cmd, e->error, text);
	else if (e->error == -ENOENT)
		nl->ops->late(nl->data);
	else
		log_peer(LOG_WARNING, "the kernel refused a verdict: %s",
			 text);
}

static void netlink_on_message(struct netlink *nl, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		netlink_on_error(nl, nlh);
		return;
	}
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return;
	if (nlh->nlmsg_type == GENL_ID_CTRL)
		netlink_on_ctrl(nl, nlh);
	else if (nl->family && nlh->nlmsg_type == nl->family)
		netlink_on_family(nl, nlh);
}

/**
 * netlink_read - read one datagram and tell the worker what it says
 * @nl: socket
 *
 * Only the kernel is believed: anyone may send to a netlink socket who has the
 * capability, and an upcall makes us use a descriptor number.
 *
 * Return: 0, -EAGAIN if there is nothing to read, -ENOBUFS if messages were
 * lost, or another negative errno.
 */
int netlink_read(struct netlink *nl)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = nl->rx, .iov_len = sizeof(nl->rx) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)nl->rx;
	ssize_t n;
	int len;

	n = recvmsg(nl->fd, &msg, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (from.nl_pid)
		return 0;
	if (msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	for (len = n; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		netlink_on_message(nl, nlh);
	/* An error sends the request back, leftover and all. */
	if (((const struct nlmsghdr *)nl->rx)->nlmsg_type == NLMSG_ERROR)
		OPENSSL_cleanse(nl->rx, n);
	return 0;
}
