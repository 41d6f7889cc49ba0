/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One version of a url-rewrite policy as connections hold it. The rules and
 * how a URL is compared with them are in rewrite.h, the policy with its name
 * and users in tlsvip.h.
 */
#ifndef _TLSVIP_URLS_H
#define _TLSVIP_URLS_H

#include <linux/kref.h>
#include <linux/netlink.h>
#include <linux/tlsvip.h>

#include "http.h"
#include "rewrite.h"

struct tlsvip_policy;

/**
 * struct tlsvip_urls - one version of a url-rewrite policy, immutable
 * @ref: policy 1, each connection 1
 * @rcu: frees it; must be within the first page of the structure
 * @rules: which URLs become what
 * @requests: limits of requests where no http-header policy says them; it
 *	      protects no name
 */
struct tlsvip_urls {
	struct kref ref;
	struct rcu_head rcu;
	struct tlsvip_rewrite_cfg rules;
	struct tlsvip_http_cfg requests;
};

/* urls.c */
struct tlsvip_urls *tlsvip_urls_alloc(void);
int tlsvip_urls_add(struct tlsvip_urls *urls, const char *host, u32 clearport,
		    u32 sslport, struct netlink_ext_ack *extack);
void tlsvip_urls_host(const struct tlsvip_rewrite_rule *rule, char *buf);
struct tlsvip_urls *tlsvip_urls_get(struct tlsvip_policy *pol);
void tlsvip_urls_put(struct tlsvip_urls *urls);

#endif /* _TLSVIP_URLS_H */
