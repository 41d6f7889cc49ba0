// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The socket of libtlsvip: requests, dumps and events. It does not know what the
 * messages mean; the kernel's reasons for a refusal are read in extack.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "lib/extack.h"
#include "lib/tv.h"

#define TV_GROUPS	4
#define TV_TX_LEN	(TLSVIP_BLOCK_MAX + TLSVIP_LEFTOVER_MAX + 4096)
#define TV_RX_LEN	(128 * 1024)
#define TV_RCVBUF	(4 * 1024 * 1024)
#define TV_GROUP_CTRL	GENL_ID_CTRL /* nlctrl's "notify": it has a fixed number */

/**
 * struct tv_group - a multicast group of the family
 * @id: its number
 * @name: its name
 */
struct tv_group {
	uint32_t id;
	char name[GENL_NAMSIZ];
};

struct tv {
	struct mnl_socket *nl;
	uint32_t portid;
	uint32_t seq;
	uint16_t family;
	size_t n_groups;
	struct tv_group groups[TV_GROUPS];
	bool gone;	/* the module was removed */
	bool doubt;	/* it may be, and we were not told */
	tv_fn event;
	void *event_arg;
	char err[TV_ERR_LEN];
	char tx[TV_TX_LEN] __attribute__((aligned(8)));
	char rx[TV_RX_LEN] __attribute__((aligned(8)));
};

/**
 * struct tv_wait - an answer that is awaited
 * @reply: takes its messages, or NULL
 * @arg: handed to @reply
 * @ret: first error of @reply or of the kernel
 * @done: the answer has ended
 * @intr: a dump's table changed while it was read
 */
struct tv_wait {
	tv_fn reply;
	void *arg;
	int ret;
	bool done;
	bool intr;
};

static void tv_errno_words(struct tv *tv, int err)
{
	const char *words;

	switch (-err) {
	case EPERM:
		words = "not permitted, CAP_NET_ADMIN is needed";
		break;
	case ENOENT:
		words = "there is no such object";
		break;
	case EEXIST:
		words = "it exists already";
		break;
	case EOPNOTSUPP:
		words = "the loaded tlsvip module does not know this request";
		break;
	case ENOBUFS:
		words = "messages of the kernel were lost";
		break;
	default:
		words = strerror(-err);
		break;
	}
	snprintf(tv->err, sizeof(tv->err), "%s", words);
}

/* What the kernel said of the request, if it did. */
static bool tv_got_words(struct tv *tv, const struct nlmsghdr *nlh, size_t skip)
{
	const struct nlmsghdr *req = (const struct nlmsghdr *)tv->tx;

	return tv_extack(req->nlmsg_type == tv->family ? req : NULL, nlh, skip,
			 tv->err, sizeof(tv->err));
}

/* NLMSG_ERROR: the end of a request, or the refusal of a dump */
static int tv_got_error(struct tv *tv, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*e);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e))
		return -EBADMSG;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) &&
	    e->msg.nlmsg_len > sizeof(e->msg))
		skip += e->msg.nlmsg_len - sizeof(e->msg);
	if (!tv_got_words(tv, nlh, MNL_ALIGN(skip)) && e->error)
		tv_errno_words(tv, e->error);
	return e->error;
}

/* NLMSG_DONE: the end of a dump */
static int tv_got_done(struct tv *tv, const struct nlmsghdr *nlh)
{
	int err = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
	if (!tv_got_words(tv, nlh, MNL_ALIGN(sizeof(err))) && err)
		tv_errno_words(tv, err);
	return err;
}

/*
 * A message that answers no request. When the module is removed its groups are,
 * too; one that is loaded again has others.
 */
static int tv_unasked(struct tv *tv, const struct nlmsghdr *nlh)
{
	const struct nlattr *a;
	uint64_t id;

	if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
		return 0;
	if (nlh->nlmsg_type == tv->family)
		return tv->event ? tv->event(nlh, tv->event_arg) : 0;
	if (nlh->nlmsg_type != GENL_ID_CTRL ||
	    tv_cmd(nlh) != CTRL_CMD_DELFAMILY)
		return 0;
	mnl_attr_for_each(a, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID &&
		    tv_attr_uint(a, &id) && id == tv->family)
			tv->gone = true;
	return 0;
}

/**
 * tv_dispatch - give one message to who waits for it
 * @tv: the connection
 * @nlh: the message
 * @wait: the answer that is awaited, or NULL
 *
 * Return: what the event function returned, 0 for all other messages.
 */
static int tv_dispatch(struct tv *tv, const struct nlmsghdr *nlh,
		       struct tv_wait *wait)
{
	int ret;

	if (!wait || nlh->nlmsg_seq != tv->seq || nlh->nlmsg_pid != tv->portid)
		return tv_unasked(tv, nlh);
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		wait->intr = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		ret = tv_got_error(tv, nlh);
		wait->done = true;
		break;
	case NLMSG_DONE:
		ret = tv_got_done(tv, nlh);
		wait->done = true;
		break;
	case NLMSG_NOOP:
		return 0;
	default:
		if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
			ret = -EBADMSG;
		else
			ret = wait->ret || !wait->reply ? 0 :
			      wait->reply(nlh, wait->arg);
		break;
	}
	if (!wait->ret)
		wait->ret = ret;
	return 0;
}

/* one datagram of the kernel; -EAGAIN when there is none and @flags say so */
static ssize_t tv_recv(struct tv *tv, int flags)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { tv->rx, sizeof(tv->rx) };
	struct msghdr m = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t n;

	do {
		n = recvmsg(tv_fd(tv), &m, flags);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid));
	if (n < 0)
		return -errno;
	if (m.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return n;
}

/* all messages of one datagram; the first error of the event function */
static int tv_datagram(struct tv *tv, ssize_t len, struct tv_wait *wait)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)tv->rx;
	int n = len, ret = 0, err;

	while (mnl_nlmsg_ok(nlh, n)) {
		err = tv_dispatch(tv, nlh, wait);
		if (!ret)
			ret = err;
		nlh = mnl_nlmsg_next(nlh, &n);
	}
	return ret;
}

/*
 * Send a request and wait for the end of its answer. After lost messages the
 * answer may be among them, so from then on only what is there is read.
 */
static int tv_exchange(struct tv *tv, struct nlmsghdr *nlh,
		       struct tv_wait *wait)
{
	bool lost = false;
	ssize_t n;

	tv->err[0] = '\0';
	tv->seq = tv->seq == UINT32_MAX ? 1 : tv->seq + 1; /* 0: an event */
	nlh->nlmsg_seq = tv->seq;
	nlh->nlmsg_pid = tv->portid;
	if (mnl_socket_sendto(tv->nl, nlh, nlh->nlmsg_len) < 0) {
		wait->ret = -errno;
		tv_errno_words(tv, wait->ret);
		return wait->ret;
	}
	while (!wait->done) {
		n = tv_recv(tv, lost ? MSG_DONTWAIT : 0);
		if (n == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (n < 0) {
			wait->ret = n == -EAGAIN ? -ENOBUFS : n;
			tv_errno_words(tv, wait->ret);
			break;
		}
		tv_datagram(tv, n, wait);
	}
	return wait->ret;
}

/**
 * tv_msg - begin a request in the connection's own buffer
 * @tv: the connection
 * @cmd: command of the family
 *
 * Attributes are added with mnl_attr_put_*() and tv_put_*(); the buffer has
 * room for the longest request of the family.
 *
 * Return: the message, valid until the next tv_msg().
 */
struct nlmsghdr *tv_msg(struct tv *tv, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(tv->tx);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = tv->family;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = TLSVIP_FAMILY_VERSION;
	return nlh;
}

/**
 * tv_request - send a request, wait for its end
 * @tv: the connection
 * @nlh: from tv_msg()
 * @reply: takes the reply, or NULL
 * @arg: handed to @reply
 *
 * Return: 0; the kernel's refusal or the error of @reply, words in tv_error().
 * After a success tv_error() may hold a warning of the kernel.
 */
int tv_request(struct tv *tv, struct nlmsghdr *nlh, tv_fn reply, void *arg)
{
	struct tv_wait wait = { .reply = reply, .arg = arg };

	nlh->nlmsg_flags |= NLM_F_ACK;
	return tv_exchange(tv, nlh, &wait);
}

/**
 * tv_dump - read all objects that a request asks for
 * @tv: the connection
 * @nlh: from tv_msg()
 * @each: takes one object
 * @arg: handed to @each
 *
 * Return: 0; -EINTR when the table changed meanwhile and the dump may lack or
 * repeat objects; the kernel's refusal or the error of @each.
 */
int tv_dump(struct tv *tv, struct nlmsghdr *nlh, tv_fn each, void *arg)
{
	struct tv_wait wait = { .reply = each, .arg = arg };
	int ret;

	nlh->nlmsg_flags |= NLM_F_DUMP;
	ret = tv_exchange(tv, nlh, &wait);
	if (!ret && wait.intr) {
		snprintf(tv->err, sizeof(tv->err),
			 "the table changed while it was read");
		ret = -EINTR;
	}
	return ret;
}

/**
 * tv_on_event - say who takes messages that answer no request
 * @tv: the connection
 * @event: takes them; may not call tv_request(), tv_dump() or tv_receive()
 * @arg: handed to @event
 */
void tv_on_event(struct tv *tv, tv_fn event, void *arg)
{
	tv->event = event;
	tv->event_arg = arg;
}

static int tv_join(struct tv *tv, uint32_t id)
{
	if (mnl_socket_setsockopt(tv->nl, NETLINK_ADD_MEMBERSHIP, &id,
				  sizeof(id)) < 0) {
		tv_errno_words(tv, -errno);
		return -errno;
	}
	return 0;
}

/* takes the family's number; @arg: where it goes */
static int tv_number_reply(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;
	uint64_t *id = arg;

	mnl_attr_for_each(a, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID &&
		    !tv_attr_uint(a, id))
			return -EBADMSG;
	return 0;
}

/*
 * Is it still the module that tv_open() found? To be asked where the word of its
 * end may have been missed, and when all that has arrived is read: after lost
 * messages the kernel delivers nothing before.
 */
static int tv_check(struct tv *tv)
{
	struct nlmsghdr *nlh = tv_msg(tv, CTRL_CMD_GETFAMILY);
	uint64_t id = 0;
	int ret;

	nlh->nlmsg_type = GENL_ID_CTRL;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, TLSVIP_FAMILY_NAME);
	ret = tv_request(tv, nlh, tv_number_reply, &id);
	tv->doubt = ret == -ENOBUFS;
	if (ret == -ENOENT || (!ret && id != tv->family))
		tv->gone = true;
	return tv->gone ? 0 : ret;
}

/**
 * tv_subscribe - receive the notifications of a group
 * @tv: the connection
 * @group: TLSVIP_MCGRP_x
 *
 * From then on tv_receive() tells when the module is removed, too; call it once
 * before waiting for tv_fd().
 *
 * Return: 0 or a negative errno, words in tv_error().
 */
int tv_subscribe(struct tv *tv, const char *group)
{
	int ret, size = TV_RCVBUF;
	size_t i;

	for (i = 0; i < tv->n_groups; i++)
		if (!strcmp(tv->groups[i].name, group))
			break;
	if (i == tv->n_groups) {
		snprintf(tv->err, sizeof(tv->err),
			 "the loaded tlsvip module has no group '%s'", group);
		return -ENOENT;
	}
	if (setsockopt(tv_fd(tv), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) < 0)
		setsockopt(tv_fd(tv), SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
	ret = tv_join(tv, TV_GROUP_CTRL);
	if (!ret)
		ret = tv_join(tv, tv->groups[i].id);
	tv->doubt = true; /* it may have been removed before */
	return ret;
}

/* no more to read for now; -EAGAIN: there may be */
static int tv_drained(struct tv *tv)
{
	int ret;

	if (tv->gone) {
		snprintf(tv->err, sizeof(tv->err),
			 "the tlsvip module was removed");
		return -ENODEV;
	}
	if (!tv->doubt)
		return 0;
	ret = tv_check(tv);
	return ret ? ret : -EAGAIN;
}

/**
 * tv_receive - hand over all events that have arrived
 * @tv: the connection
 *
 * Does not block: for an event loop, when tv_fd() is readable.
 *
 * Return: 0; -ENOBUFS when events were lost (the rest is still there, call
 * again); -ENODEV when the module was removed, there will be no more; the error
 * of the event function; or another negative errno.
 */
int tv_receive(struct tv *tv)
{
	ssize_t n;
	int ret;

	for (;;) {
		n = tv_recv(tv, MSG_DONTWAIT);
		if (n == -EAGAIN) {
			ret = tv_drained(tv);
			if (ret == -EAGAIN)
				continue;
			return ret;
		}
		if (n < 0) {
			tv->doubt |= n == -ENOBUFS;
			tv_errno_words(tv, n);
			return n;
		}
		ret = tv_datagram(tv, n, NULL);
		if (ret < 0)
			return ret;
	}
}

static int tv_family_groups(struct tv *tv, const struct nlattr *groups)
{
	const struct nlattr *group, *a;
	struct tv_group *g;
	uint64_t v;

	mnl_attr_for_each_nested(group, groups) {
		if (tv->n_groups == TV_GROUPS)
			return 0;
		g = &tv->groups[tv->n_groups];
		memset(g, 0, sizeof(*g));
		mnl_attr_for_each_nested(a, group) {
			if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_ID &&
			    tv_attr_uint(a, &v))
				g->id = v;
			else if (mnl_attr_get_type(a) ==
				 CTRL_ATTR_MCAST_GRP_NAME &&
				 !tv_attr_str(a, g->name, sizeof(g->name)))
				return -EBADMSG;
		}
		if (g->id)
			tv->n_groups++;
	}
	return 0;
}

static int tv_family_reply(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;
	struct tv *tv = arg;
	uint64_t v;
	int ret;

	mnl_attr_for_each(a, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(a)) {
		case CTRL_ATTR_FAMILY_ID:
			if (!tv_attr_uint(a, &v))
				return -EBADMSG;
			tv->family = v;
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			ret = tv_family_groups(tv, a);
			if (ret)
				return ret;
			break;
		}
	}
	return tv->family ? 0 : -EBADMSG;
}

static int tv_resolve(struct tv *tv)
{
	struct nlmsghdr *nlh = tv_msg(tv, CTRL_CMD_GETFAMILY);
	int ret;

	nlh->nlmsg_type = GENL_ID_CTRL;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, TLSVIP_FAMILY_NAME);
	ret = tv_request(tv, nlh, tv_family_reply, tv);
	if (ret == -ENOENT)
		snprintf(tv->err, sizeof(tv->err),
			 "the tlsvip module is not loaded (modprobe tlsvip)");
	return ret;
}

static int tv_socket(struct tv *tv)
{
	static const int options[] = {
		NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK,
	};
	int on = 1;
	size_t i;

	tv->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!tv->nl)
		return -errno;
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (mnl_socket_setsockopt(tv->nl, options[i], &on,
					  sizeof(on)) < 0)
			return -errno;
	if (mnl_socket_bind(tv->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	tv->portid = mnl_socket_get_portid(tv->nl);
	return 0;
}

/**
 * tv_open - connect to the module in the caller's network namespace
 * @tvp: where the connection is stored; the caller must tv_close() it
 * @err: where words about a failure are stored
 * @errlen: size of @err, TV_ERR_LEN is enough
 *
 * Return: 0, -ENOENT when the module is not loaded, or another negative errno.
 */
int tv_open(struct tv **tvp, char *err, size_t errlen)
{
	struct tv *tv;
	int ret;

	*tvp = NULL;
	tv = calloc(1, sizeof(*tv));
	if (!tv) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	ret = tv_socket(tv);
	if (ret) {
		snprintf(err, errlen, "netlink socket: %s", strerror(-ret));
		goto err_close;
	}
	ret = tv_resolve(tv);
	if (ret) {
		snprintf(err, errlen, "%s", tv->err);
		goto err_close;
	}
	*tvp = tv;
	return 0;

err_close:
	tv_close(tv);
	return ret;
}

/**
 * tv_close - end a connection
 * @tv: the connection, or NULL
 */
void tv_close(struct tv *tv)
{
	if (!tv)
		return;
	if (tv->nl)
		mnl_socket_close(tv->nl);
	free(tv);
}

/**
 * tv_fd - the descriptor to watch for events
 * @tv: the connection
 *
 * Return: the descriptor, owned by @tv.
 */
int tv_fd(const struct tv *tv)
{
	return mnl_socket_get_fd(tv->nl);
}

/**
 * tv_error - words about the last request
 * @tv: the connection
 *
 * Return: why it failed; after a success a warning of the kernel, or "".
 */
const char *tv_error(const struct tv *tv)
{
	return tv->err;
}
