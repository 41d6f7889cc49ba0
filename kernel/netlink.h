/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the netlink_<object>.c files of the configuration share. The family and
 * the notifications are in tlsvip.h, the prototypes of the commands in
 * netlink-gen.h.
 */
#ifndef _TLSVIP_NETLINK_H
#define _TLSVIP_NETLINK_H

#include "netlink-gen.h"
#include "tlsvip.h"

/* A policy or the counters of a scope in one message of a dump. */
#define TLSVIP_NL_DUMP_SIZE	16384

int tlsvip_nl_need(const struct genl_info *info, int attr,
		   const char *what);
struct tlsvip_context *tlsvip_nl_find_context(const struct genl_info *info,
					      int attr);
int tlsvip_nl_put_state(struct sk_buff *skb, int attr_state, int attr_reason,
			enum tlsvip_oper_reason reason);
void tlsvip_nl_changed(struct tlsvip_net *tn);
void tlsvip_nl_dump_begin(struct netlink_callback *cb);
struct sk_buff *tlsvip_nl_event_new(struct tlsvip_net *tn,
				    struct genl_info *info, u8 cmd,
				    size_t size);
struct tlsvip_headers *tlsvip_nl_headers_parse(struct genl_info *info);
int tlsvip_nl_headers_put(struct sk_buff *skb,
			  const struct tlsvip_headers *hdrs);
struct tlsvip_urls *tlsvip_nl_rewrite_parse(struct genl_info *info);
int tlsvip_nl_rewrite_put(struct sk_buff *skb, const struct tlsvip_urls *urls);
void tlsvip_nl_event_send(struct tlsvip_net *tn, struct sk_buff *skb);

#endif /* _TLSVIP_NETLINK_H */
