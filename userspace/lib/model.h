/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects as tables of their attributes: between model.c and policy.c. */
#ifndef _TV_MODEL_H
#define _TV_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/tv.h"

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

/**
 * enum tv_kind - how an attribute is stored in its member
 * @TV_STR: text in a char array
 * @TV_UINT: unsigned number of the member's size
 * @TV_FLAG: present or not, a bool
 * @TV_ADDR4: IPv4 address of a struct tv_addr
 * @TV_ADDR6: IPv6 address of a struct tv_addr
 * @TV_OTHER: the object's own code takes it
 */
enum tv_kind {
	TV_STR,
	TV_UINT,
	TV_FLAG,
	TV_ADDR4,
	TV_ADDR6,
	TV_OTHER,
};

/**
 * struct tv_field - one attribute of an object
 * @name: as in the specification
 * @kind: how it is stored
 * @offset: of its member
 * @size: of its member
 * @unit: what a number counts, for messages, or NULL
 *
 * The index in a table is the number of the attribute.
 */
struct tv_field {
	const char *name;
	enum tv_kind kind;
	size_t offset;
	size_t size;
	const char *unit;
};

#define FIELD(type, member, text, how) \
	{ text, how, offsetof(type, member), sizeof(((type *)0)->member), NULL }
#define COUNTED(type, member, text, of) \
	{ text, TV_UINT, offsetof(type, member), sizeof(((type *)0)->member), of }

int tv_parse(const struct nlmsghdr *nlh, const struct tv_field *fields,
	     size_t n, void *object, uint64_t *has);
void tv_put(struct nlmsghdr *nlh, const struct tv_field *fields, size_t n,
	    const void *object, uint64_t has);

const struct tv_field *tv_policy_field(uint16_t type);

#endif /* _TV_MODEL_H */
