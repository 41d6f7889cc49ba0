/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tlsvip.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_TLSVIP_GEN_H
#define _LINUX_TLSVIP_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/tlsvip.h>

/* Common nested types */
extern const struct nla_policy tlsvip_alias_nl_policy[TLSVIP_A_ALIAS_ALIAS + 1];
extern const struct nla_policy tlsvip_url_nl_policy[TLSVIP_A_URL_SSLPORT + 1];

/* Ops table for tlsvip */
extern const struct genl_split_ops tlsvip_nl_ops[22];

int tlsvip_nl_policy_get_start(struct netlink_callback *cb);
int tlsvip_nl_stats_get_start(struct netlink_callback *cb);

int tlsvip_nl_context_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_context_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int tlsvip_nl_context_new_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_context_set_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_context_del_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_policy_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int tlsvip_nl_policy_new_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_policy_del_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_service_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_service_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int tlsvip_nl_service_new_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_service_set_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_service_del_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_conn_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_conn_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int tlsvip_nl_stats_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int tlsvip_nl_stats_clear_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_worker_bind_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_upcall_accept_doit(struct sk_buff *skb, struct genl_info *info);
int tlsvip_nl_upcall_done_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	TLSVIP_NLGRP_CONFIG,
	TLSVIP_NLGRP_EVENTS,
};

#endif /* _LINUX_TLSVIP_GEN_H */
