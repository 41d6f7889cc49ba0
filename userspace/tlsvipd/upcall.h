/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An upcall as the kernel hands it out, and the verdict that answers it, and
 * their netlink form. No sockets here: reading and sending is netlink.c.
 */
#ifndef TLSVIPD_UPCALL_H
#define TLSVIPD_UPCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>
#include <linux/tlsvip.h>

#include "headers.h"

/* An attribute with its padding; @len bytes of value. */
#define UPCALL_ATTR_SIZE(len)	(NLA_HDRLEN + NLA_ALIGN(len))
/* A line at its longest: field, text, once, first. */
#define UPCALL_LINE_SIZE						\
	UPCALL_ATTR_SIZE(UPCALL_ATTR_SIZE(sizeof(uint32_t)) +		\
			 UPCALL_ATTR_SIZE(TLSVIP_LINE_LEN + 1) +	\
			 2 * UPCALL_ATTR_SIZE(0))
/* What a newer kernel may say besides, without a newer hand-over. */
#define UPCALL_SPARE		256
/*
 * An upcall at its longest: the connection; leg, role, socket and time; three
 * names; two addresses and their ports; the wishes for a block and for TLVs,
 * and the lines of the block.
 */
#define UPCALL_SIZE							\
	UPCALL_ATTR_SIZE(UPCALL_ATTR_SIZE(sizeof(uint64_t)) +		\
			 4 * UPCALL_ATTR_SIZE(sizeof(uint32_t)) +	\
			 3 * UPCALL_ATTR_SIZE(TLSVIP_NAME_LEN + 1) +	\
			 2 * (UPCALL_ATTR_SIZE(16) +			\
			      UPCALL_ATTR_SIZE(sizeof(uint16_t))) +	\
			 2 * UPCALL_ATTR_SIZE(0) +			\
			 HEADERS_LINES * UPCALL_LINE_SIZE + UPCALL_SPARE)

/**
 * struct upcall - one handshake that is wanted
 * @conn: number of the connection
 * @leg: leg to negotiate on
 * @role: role to play
 * @fd: the socket; owned by whoever owns the upcall
 * @context: name of the context
 * @service: name of the service
 * @trustpoint: name of the key and certificate
 * @timeout_ms: left for the handshake
 * @client: address of the client
 * @vip: address that the client connected to
 * @want_block: a header block is wanted
 * @want_tlvs: TLVs of a PROXY protocol header are wanted
 * @lines: its lines and behind them their texts, or NULL; owned
 * @n_lines: how many
 */
struct upcall {
	uint64_t conn;
	uint32_t leg;
	uint32_t role;
	int fd;
	char context[TLSVIP_NAME_LEN + 1];
	char service[TLSVIP_NAME_LEN + 1];
	char trustpoint[TLSVIP_NAME_LEN + 1];
	uint32_t timeout_ms;
	struct headers_addr client;
	struct headers_addr vip;
	bool want_block;
	bool want_tlvs;
	struct headers_line *lines;
	unsigned int n_lines;
};

/**
 * struct verdict - the answer to an upcall
 * @conn: number of the connection
 * @leg: leg answered
 * @verdict: enum tlsvip_verdict
 * @alert: alert sent or received with a failure, or 0
 * @tls_version: as on the wire; from here on only with TLSVIP_VERDICT_OK
 * @cipher: name of the suite
 * @resumed: the session was resumed
 * @block: header lines, or NULL
 * @block_len: bytes of them
 * @block_first: header lines for the first request besides, or NULL
 * @first_len: bytes of them
 * @tlvs: TLVs of a PROXY protocol header, or NULL
 * @tlvs_len: bytes of them
 * @leftover: application bytes that were decrypted already, or NULL
 * @leftover_len: bytes of them
 */
struct verdict {
	uint64_t conn;
	uint32_t leg;
	uint32_t verdict;
	uint8_t alert;
	uint16_t tls_version;
	const char *cipher;
	bool resumed;
	const char *block;
	size_t block_len;
	const char *block_first;
	size_t first_len;
	const unsigned char *tlvs;
	size_t tlvs_len;
	const unsigned char *leftover;
	size_t leftover_len;
};

int upcall_parse(const struct nlattr *nest, struct upcall *up);
void upcall_clear(struct upcall *up);
int upcall_put_verdict(struct nlmsghdr *nlh, size_t size,
		       const struct verdict *v);

#endif /* TLSVIPD_UPCALL_H */
