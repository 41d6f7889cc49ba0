/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's words about a request: between socket.c and extack.c. */
#ifndef _TV_EXTACK_H
#define _TV_EXTACK_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/netlink.h>

bool tv_extack(const struct nlmsghdr *req, const struct nlmsghdr *nlh,
	       size_t skip, char *err, size_t size);

#endif /* _TV_EXTACK_H */
