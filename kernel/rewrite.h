/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of a url-rewrite policy: which http URLs of a server become https.
 *
 * It is NOT a URL parser; http_url.c finds host and port in a response.
 */
#ifndef TLSVIP_REWRITE_H
#define TLSVIP_REWRITE_H

#include "http.h"

#define TLSVIP_REWRITE_RULES_MAX	32
/* Longest host of a rule. */
#define TLSVIP_REWRITE_HOST_SIZE	255
/* What a rule has where it says nothing, and a URL without a port means. */
#define TLSVIP_REWRITE_CLEARPORT	80
#define TLSVIP_REWRITE_SSLPORT		443

/**
 * enum tlsvip_rewrite_kind - how a rule's host is compared, least exact first
 * @TLSVIP_REWRITE_ANY: "*", every host, addresses in brackets too
 * @TLSVIP_REWRITE_SUFFIX: "*.suffix", what ends in .suffix
 * @TLSVIP_REWRITE_PREFIX: "prefix.*", what begins with prefix.
 * @TLSVIP_REWRITE_EXACT: this one
 */
enum tlsvip_rewrite_kind {
	TLSVIP_REWRITE_ANY,
	TLSVIP_REWRITE_SUFFIX,
	TLSVIP_REWRITE_PREFIX,
	TLSVIP_REWRITE_EXACT,
};

/**
 * struct tlsvip_rewrite_rule - one url line of the policy
 * @kind: enum tlsvip_rewrite_kind
 * @len: bytes of @host
 * @clearport: port that a URL must have
 * @sslport: port that it gets
 * @host: what is compared, in lower case: without the "*" of a pattern
 */
struct tlsvip_rewrite_rule {
	u8 kind;
	u8 len;
	u16 clearport;
	u16 sslport;
	u8 host[TLSVIP_REWRITE_HOST_SIZE];
};

/**
 * struct tlsvip_rewrite_cfg - rules of a policy
 * @n: used entries of @rule
 * @rule: rules in the order in which they were added
 *
 * Immutable once the first connection uses it.
 */
struct tlsvip_rewrite_cfg {
	u32 n;
	struct tlsvip_rewrite_rule rule[TLSVIP_REWRITE_RULES_MAX];
};

void tlsvip_rewrite_cfg_init(struct tlsvip_rewrite_cfg *cfg);
int tlsvip_rewrite_cfg_add_rule(struct tlsvip_rewrite_cfg *cfg,
				const char *host, u32 len, u32 clearport,
				u32 sslport);
const struct tlsvip_rewrite_rule *
tlsvip_rewrite_find(const struct tlsvip_rewrite_cfg *cfg, const u8 *authority,
		    u32 len, u32 *host_len);

#endif /* TLSVIP_REWRITE_H */
