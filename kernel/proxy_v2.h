/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PROXY protocol version 2: the bytes that tell a server who its client is.
 *
 * It is NOT a parser of what clients send: a PROXY header from a client is
 * data like any other. Pure, so that the module and userspace tests share it.
 */
#ifndef TLSVIP_PROXY_V2_H
#define TLSVIP_PROXY_V2_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
#endif

/* Signature, version and command, family, length; then IPv6 addresses. */
#define TLSVIP_PROXY_V2_HEAD	16
#define TLSVIP_PROXY_V2_ADDRS	36
/* Type and length of a TLV. */
#define TLSVIP_PROXY_V2_TLV	3

/* Types of TLVs, as the protocol numbers them (section 2.2). */
enum tlsvip_proxy_v2_type {
	TLSVIP_PROXY_V2_ALPN = 0x01,
	TLSVIP_PROXY_V2_AUTHORITY = 0x02,
	TLSVIP_PROXY_V2_SSL = 0x20,
	TLSVIP_PROXY_V2_NETNS = 0x30,
};

/**
 * struct tlsvip_proxy_v2 - what a header says
 * @ipv6: the addresses have 16 bytes, not 4
 * @src: address of the client, network byte order
 * @dst: address the client connected to
 * @src_port: port of the client, host byte order
 * @dst_port: port the client connected to
 * @netns: name of the VRF, need not end in NUL
 * @netns_len: bytes of it, 0 for none
 * @tlvs: further TLVs, as they are to be sent
 * @tlvs_len: bytes of them
 */
struct tlsvip_proxy_v2 {
	bool ipv6;
	const u8 *src;
	const u8 *dst;
	u16 src_port;
	u16 dst_port;
	const char *netns;
	u32 netns_len;
	const u8 *tlvs;
	u32 tlvs_len;
};

bool tlsvip_proxy_v2_tlvs_ok(const u8 *tlvs, u32 len);
int tlsvip_proxy_v2_build(const struct tlsvip_proxy_v2 *p, u8 *buf, u32 size);

#endif /* TLSVIP_PROXY_V2_H */
