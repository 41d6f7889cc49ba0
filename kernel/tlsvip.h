/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The map of the module: its objects, and what each file offers the others.
 * It is not the interface to userspace; that is uapi/linux/tlsvip.h.
 */
#ifndef _TLSVIP_H
#define _TLSVIP_H

#include <linux/in6.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include <linux/tlsvip.h>

#include "compat.h"
#include "counters.h"
#include "headers.h"
#include "http.h"
#include "urls.h"

#define TLSVIP_MAXCONNS_DEFAULT		65536
#define TLSVIP_HANDSHAKE_TIMEOUT_MS	10000
#define TLSVIP_CONNECT_TIMEOUT_MS	10000
#define TLSVIP_IDLE_TIMEOUT_MS		600000
#define TLSVIP_LINGER_TIMEOUT_MS	60000
/* Bounds of the configuration: nothing an operator types is unbounded. */
#define TLSVIP_CONTEXTS_MAX		4096
#define TLSVIP_SERVICES_MAX		65536	/* in a network namespace */
#define TLSVIP_POLICIES_MAX		4096	/* in a context */

struct tlsvip_net;
struct tlsvip_context;
struct tlsvip_listener;
struct tlsvip_service;
struct tlsvip_policy;
struct tlsvip_conn;
struct tlsvip_upcall;

/**
 * struct tlsvip_addr - an address and port of either family
 * @family: AF_INET or AF_INET6
 * @port: network byte order
 * @ip4: IPv4 address
 * @ip6: IPv6 address
 */
struct tlsvip_addr {
	u16 family;
	__be16 port;
	union {
		__be32 ip4;
		struct in6_addr ip6;
	};
};

#ifndef CONFIG_64BIT
#error "tlsvip counts in 64 bits at a time and looks at unmapped pages"
#endif

/**
 * struct tlsvip_stats - one set of counters, one copy a CPU
 * @v: the values, index enum tlsvip_counter below TLSVIP_C_SHARED
 */
struct tlsvip_stats {
	u64 v[TLSVIP_C_SHARED];
};

/**
 * struct tlsvip_counters - the counters of a scope
 * @pcpu: what was counted since creation
 * @shared: the same of counters from TLSVIP_C_SHARED on
 * @base: what to subtract for counters that are not running
 * @retired: counts of children that are gone (services in their context,
 *	     contexts in the namespace); both under &tlsvip_net.stats_lock
 */
struct tlsvip_counters {
	struct tlsvip_stats __percpu *pcpu;
	atomic64_t shared[TLSVIP_C_NUM - TLSVIP_C_SHARED];
	u64 base[TLSVIP_C_NUM];
	u64 retired[TLSVIP_C_NUM];
};

/**
 * struct tlsvip_context - one tenant: a VRF with its services
 * @name: unique in the network namespace
 * @vrf: name of the VRF device, empty for the main table
 * @ifindex: index of the VRF device, 0 for the main table, -1 while the
 *	     device is missing; written under &tlsvip_net.lock
 * @maxconns: most connections at a time
 * @live: connections now
 * @handshakes: connections whose handshake is not completed
 * @upcalls: those of them that wait for a worker; this and the next two are
 *	     upcall.c's, under its lock
 * @upcall_node: in &tlsvip_upcalls.contexts while there are any in @upcalls
 * @upcalls_held: how many workers have
 * @reason: why it cannot serve, enum tlsvip_oper_reason
 * @tn: namespace it lives in; outlives the context
 * @node: in &tlsvip_net.contexts, RCU
 * @services: its services, RCU list, changed under &tlsvip_net.lock
 * @policies: its policies, RCU list, changed under &tlsvip_net.lock
 * @n_services: services that are not removed; @services is longer while
 *		connections of removed ones end
 * @n_policies: length of @policies
 * @dead: removed; still listed, and counted, until its last reference is gone
 * @counters: counts that belong to no service, and those of removed ones
 * @listener: the proxy sockets, owned by listener.c; RCU, replaced under
 *	      &tlsvip_net.lock
 * @dev: sysfs device, owned by sysfs.c
 * @ref: table 1, each service 1, each policy 1
 * @reap: in &tlsvip_net.reap_contexts after the last reference was dropped
 * @rcu: frees it
 */
struct tlsvip_context {
	char name[TLSVIP_NAME_LEN + 1];
	char vrf[IFNAMSIZ];
	int ifindex;
	u32 maxconns;
	atomic_t live;
	atomic_t handshakes;
	struct list_head upcalls;
	struct list_head upcall_node;
	u32 upcalls_held;
	enum tlsvip_oper_reason reason;
	struct tlsvip_net *tn;
	struct list_head node;
	struct list_head services;
	struct list_head policies;
	u32 n_services;
	u32 n_policies;
	bool dead;
	struct tlsvip_counters counters;
	struct tlsvip_listener __rcu *listener;
	struct device *dev;
	struct kref ref;
	struct list_head reap;
	struct rcu_head rcu;
};

/**
 * struct tlsvip_policy - a named policy of a context
 * @name: unique for its kind in the context
 * @kind: what it is about
 * @ctx: its context, a reference
 * @node: in &tlsvip_context.policies
 * @users: services that use it; under &tlsvip_net.lock
 * @headers: current version of an http-header policy, else NULL; replaced
 *	     under &tlsvip_net.lock
 * @urls: current version of a url-rewrite policy, else NULL; replaced under
 *	  &tlsvip_net.lock
 * @ref: list 1, each service 1
 * @rcu: frees it
 */
struct tlsvip_policy {
	char name[TLSVIP_NAME_LEN + 1];
	enum tlsvip_policy_kind kind;
	struct tlsvip_context *ctx;
	struct list_head node;
	u32 users;
	struct tlsvip_headers __rcu *headers;
	struct tlsvip_urls __rcu *urls;
	struct kref ref;
	struct rcu_head rcu;
};

/**
 * struct tlsvip_policy_version - what a policy is to say, of either kind
 * @kind: of which kind
 * @headers: a reference to it if of kind http-header, else NULL
 * @urls: a reference to it if of kind url-rewrite, else NULL
 */
struct tlsvip_policy_version {
	enum tlsvip_policy_kind kind;
	struct tlsvip_headers *headers;
	struct tlsvip_urls *urls;
};

/**
 * struct tlsvip_service_cfg - what service-set may change as one, immutable
 * @vip: virtual address; steering has its own copy in &tlsvip_service.key
 * @server: real server
 * @trustpoint: key and certificate in the PKI store
 * @policy: http-header policy or NULL, a reference
 * @rewrite: url-rewrite policy or NULL, a reference
 * @proxy: what the server is told before all else
 * @handshake_ms: from accept to verdict
 * @connect_ms: to connect to the server
 * @idle_ms: without a byte
 * @linger_ms: for the second direction to end
 * @rcu: frees it
 */
struct tlsvip_service_cfg {
	struct tlsvip_addr vip;
	struct tlsvip_addr server;
	char trustpoint[TLSVIP_NAME_LEN + 1];
	struct tlsvip_policy *policy;
	struct tlsvip_policy *rewrite;
	enum tlsvip_proxy_protocol proxy;
	u32 handshake_ms;
	u32 connect_ms;
	u32 idle_ms;
	u32 linger_ms;
	struct rcu_head rcu;
};

/**
 * struct tlsvip_vip_key - how steering finds a service
 * @addr: VIP; unused bytes are zero
 * @ifindex: VRF device, 0 for the main table
 * @port: network byte order
 * @family: AF_INET or AF_INET6
 */
struct tlsvip_vip_key {
	struct in6_addr addr;
	int ifindex;
	__be16 port;
	u16 family;
};

/**
 * tlsvip_vip_key_set - make a key
 * @key: where to; every byte is written
 * @ifindex: VRF device, 0 for the main table
 * @addr: VIP and port
 */
static inline void tlsvip_vip_key_set(struct tlsvip_vip_key *key, int ifindex,
				      const struct tlsvip_addr *addr)
{
	memset(key, 0, sizeof(*key));
	if (addr->family == AF_INET)
		key->addr.s6_addr32[0] = addr->ip4;
	else
		key->addr = addr->ip6;
	key->ifindex = ifindex;
	key->port = addr->port;
	key->family = addr->family;
}

/**
 * struct tlsvip_service - one VIP and port and where it leads
 * @name: unique in its context
 * @ctx: its context, a reference
 * @node: in &tlsvip_context.services
 * @vip_node: in &tlsvip_net.vips while operationally up
 * @key: key of @vip_node; changed only while not hashed, and only when no
 *	 packet that is being judged can still compare it
 * @unhashed: the grace period after which that is so
 * @cfg: current configuration; replaced under &tlsvip_net.lock
 * @inservice: configured to serve; under &tlsvip_net.lock
 * @hashed: @vip_node is in the table; under &tlsvip_net.lock
 * @reason: why it does not serve, enum tlsvip_oper_reason
 * @dead: removed; a connection made after this sees it and ends. The service
 *	  stays listed, and counted, until its last reference is gone
 * @live: connections now
 * @conns_lock: protects @conns
 * @conns: its connections
 * @counters: counts of this service
 * @dev: sysfs device, owned by sysfs.c
 * @ref: list 1, each connection 1
 * @reap: in &tlsvip_net.reap_services after the last reference was dropped
 * @rcu: frees it
 */
struct tlsvip_service {
	char name[TLSVIP_NAME_LEN + 1];
	struct tlsvip_context *ctx;
	struct list_head node;
	struct rhash_head vip_node;
	struct tlsvip_vip_key key;
	unsigned long unhashed;
	struct tlsvip_service_cfg __rcu *cfg;
	bool inservice;
	bool hashed;
	enum tlsvip_oper_reason reason;
	bool dead;
	atomic_t live;
	spinlock_t conns_lock; /* protects conns */
	struct list_head conns;
	struct tlsvip_counters counters;
	struct device *dev;
	struct kref ref;
	struct list_head reap;
	struct rcu_head rcu;
};

/**
 * struct tlsvip_net - everything of one network namespace
 * @net: the namespace
 * @lock: the one writer lock: all configuration changes. Taken under RTNL by
 *	  the netdevice notifier, so nothing under it may take RTNL
 * @stats_lock: nests in @lock; with it protects every change of the lists of
 *		contexts and services, and &tlsvip_counters.base and .retired, so
 *		that a sum never misses or doubles an object
 * @contexts: RCU list
 * @n_contexts: contexts that are not removed
 * @n_services: services in all contexts
 * @vips: services that are up, by struct tlsvip_vip_key, RCU
 * @n_up: services in @vips; the steering hooks are registered while > 0
 * @crowded: when a SYN last met a crowded proxy socket, jiffies; owned by
 *	     steer.c
 * @conns: connections by id; read under RCU, see conn.h
 * @next_id: number of the last connection
 * @n_conns: connections whose memory is not yet given back; the namespace
 *	     exit waits for zero
 * @upcalls: handshake queue and workers, owned by upcall.c
 * @counters: counts that belong to no context, and those of removed ones
 * @seq: changes of the configuration, for dumps
 * @reap_lock: protects @reap_services and @reap_contexts
 * @reap_services: without references, to be unlisted and freed
 * @reap_contexts: without references, to be unlisted and freed
 * @reap_work: does it, because it needs @lock
 * @retry: second attempts at proxy sockets, owned by retry.c
 * @retry_delay: before the next of these, jiffies; under @lock
 * @cleared: time of the last stats-clear, seconds since the epoch
 * @proc: directory /proc/net/tlsvip
 * @dev: sysfs device of the totals
 * @exiting: the namespace or the module goes away: nothing new starts
 * @trusted: connections are taken; not in a namespace of another user namespace
 *	     as long as no worker has been there, which needs a capability that
 *	     its root lacks
 */
struct tlsvip_net {
	struct net *net;
	struct mutex lock; /* protects the configuration */
	struct mutex stats_lock; /* protects sums and what is summed */
	struct list_head contexts;
	u32 n_contexts;
	u32 n_services;
	struct rhashtable vips;
	u32 n_up;
	unsigned long crowded;
	struct xarray conns;
	atomic64_t next_id;
	atomic_t n_conns;
	struct tlsvip_upcalls *upcalls;
	struct tlsvip_counters counters;
	u32 seq;
	spinlock_t reap_lock; /* protects the next two */
	struct list_head reap_services;
	struct list_head reap_contexts;
	struct work_struct reap_work;
	struct delayed_work retry;
	unsigned long retry_delay;
	time64_t cleared;
	struct proc_dir_entry *proc;
	struct device *dev;
	bool exiting;
	bool trusted;
};

/* main.c */
extern unsigned int tlsvip_net_id;
extern struct workqueue_struct *tlsvip_wq;	/* accept and connections */

static inline struct tlsvip_net *tlsvip_net(const struct net *net)
{
	return net_generic(net, tlsvip_net_id);
}

/* context.c: @extack may be NULL; doits hold tn->lock */
int tlsvip_name_check(const char *name, const char *what,
		      struct netlink_ext_ack *extack);
struct tlsvip_context *tlsvip_context_lookup(struct tlsvip_net *tn,
					     const char *name);
struct tlsvip_context *tlsvip_context_next(struct tlsvip_net *tn,
					   struct tlsvip_context *ctx);
int tlsvip_context_add(struct tlsvip_net *tn, const char *name,
		       const char *vrf, u32 maxconns,
		       struct netlink_ext_ack *extack);
int tlsvip_context_del(struct tlsvip_net *tn, struct tlsvip_context *ctx,
		       struct netlink_ext_ack *extack);
void tlsvip_context_put(struct tlsvip_context *ctx);
void tlsvip_context_flush(struct tlsvip_net *tn);
void tlsvip_context_net_init(struct tlsvip_net *tn);
void tlsvip_context_net_exit(struct tlsvip_net *tn);
void tlsvip_context_set_vrf(struct tlsvip_context *ctx, int ifindex);
void tlsvip_context_reap_service(struct tlsvip_service *svc);

/* context_notifier.c */
int tlsvip_context_notifier_init(void);
void tlsvip_context_notifier_exit(void);

/* reject.c */
void tlsvip_reject_count(struct tlsvip_counters *c,
			 enum tlsvip_http_reason reason);

/* header_kinds.c */
u32 tlsvip_header_kinds(const struct tlsvip_headers *hdrs, const u8 *block,
			u32 len);
void tlsvip_header_kinds_count(struct tlsvip_counters *c, u32 kinds, u32 n);

/* policy.c */
struct tlsvip_policy *tlsvip_policy_lookup(struct tlsvip_context *ctx,
					   enum tlsvip_policy_kind kind,
					   const char *name);
struct tlsvip_policy *tlsvip_policy_next(struct tlsvip_context *ctx,
					 struct tlsvip_policy *pol);
int tlsvip_policy_add(struct tlsvip_context *ctx, const char *name,
		      const struct tlsvip_policy_version *version,
		      struct netlink_ext_ack *extack);
void tlsvip_policy_set(struct tlsvip_policy *pol,
		       const struct tlsvip_policy_version *version);
void tlsvip_policy_version_put(const struct tlsvip_policy_version *version);
const char *tlsvip_policy_kind_name(enum tlsvip_policy_kind kind);
int tlsvip_policy_del(struct tlsvip_policy *pol,
		      struct netlink_ext_ack *extack);
void tlsvip_policy_hold(struct tlsvip_policy *pol);
void tlsvip_policy_put(struct tlsvip_policy *pol);

/* service.c */
struct tlsvip_service *tlsvip_service_lookup(struct tlsvip_context *ctx,
					     const char *name);
struct tlsvip_service *tlsvip_service_next(struct tlsvip_net *tn,
					   struct tlsvip_context *ctx,
					   struct tlsvip_service *svc);
struct tlsvip_service *tlsvip_service_lookup_rcu(struct tlsvip_net *tn,
						 const struct tlsvip_vip_key *k);
struct tlsvip_service *tlsvip_service_get_by_vip(struct tlsvip_net *tn,
						 const struct tlsvip_vip_key *k);
bool tlsvip_service_hold(struct tlsvip_service *svc);
void tlsvip_service_put(struct tlsvip_service *svc);
void tlsvip_service_update(struct tlsvip_service *svc);
void tlsvip_service_remove(struct tlsvip_service *svc);
void tlsvip_service_reap(struct tlsvip_service *svc);
int tlsvip_service_net_init(struct tlsvip_net *tn);
void tlsvip_service_net_exit(struct tlsvip_net *tn);

/* listener.c */
int tlsvip_listener_start(struct tlsvip_context *ctx);
void tlsvip_listener_stop(struct tlsvip_context *ctx);
struct sock *tlsvip_listener_get_rcu(struct tlsvip_context *ctx, u16 family);
bool tlsvip_listener_serves(struct tlsvip_context *ctx, u16 family);
bool tlsvip_listener_alive(struct tlsvip_context *ctx);

/* retry.c */
void tlsvip_retry_later(struct tlsvip_net *tn);
void tlsvip_retry_now(struct tlsvip_net *tn);
void tlsvip_retry_net_init(struct tlsvip_net *tn);
void tlsvip_retry_net_exit(struct tlsvip_net *tn);

/* steer.c */
int tlsvip_steer_on(struct tlsvip_net *tn);
void tlsvip_steer_off(struct tlsvip_net *tn);

/* conn.c */
int tlsvip_conn_init(void);
void tlsvip_conn_exit(void);
int tlsvip_conn_net_init(struct tlsvip_net *tn);
void tlsvip_conn_net_exit(struct tlsvip_net *tn);
void tlsvip_conn_accept(struct tlsvip_net *tn, int ifindex,
			struct socket *sock);
void tlsvip_conn_close_service(struct tlsvip_service *svc,
			       enum tlsvip_close_reason reason);
bool tlsvip_conn_queue_full(const struct tlsvip_context *ctx);

/* upcall.c */
void tlsvip_upcall_tell(struct tlsvip_net *tn);
int tlsvip_upcall_init(void);
void tlsvip_upcall_exit(void);
int tlsvip_upcall_net_init(struct tlsvip_net *tn);
void tlsvip_upcall_net_exit(struct tlsvip_net *tn);

/* netlink_context.c, netlink_policy.c, netlink_service.c: notifications */
void tlsvip_nl_context_notify(struct tlsvip_context *ctx,
			      enum tlsvip_event event);
void tlsvip_nl_policy_notify(struct tlsvip_policy *pol,
			     enum tlsvip_event event);
void tlsvip_nl_service_notify(struct tlsvip_service *svc,
			      enum tlsvip_event event);

/* netlink_conn.c */
void tlsvip_nl_conn_notify(struct tlsvip_conn *conn, enum tlsvip_event event);

/* netlink.c */
extern struct genl_family tlsvip_nl_family;

int tlsvip_nl_init(void);
void tlsvip_nl_exit(void);
bool tlsvip_nl_listening(struct tlsvip_net *tn, unsigned int group);

/* netlink.c: helpers that several netlink_<object>.c share */
int tlsvip_nl_put_addr(struct sk_buff *skb, const struct tlsvip_addr *addr,
		       int attr4, int attr6, int attr_port);

/* stats.c */
void tlsvip_stats_init(void);
int tlsvip_counters_init(struct tlsvip_counters *c);
void tlsvip_counters_free(struct tlsvip_counters *c);
void tlsvip_counters_retire(struct tlsvip_counters *parent,
			    struct tlsvip_counters *child);
void tlsvip_stats_sum(struct tlsvip_net *tn, struct tlsvip_context *ctx,
		      struct tlsvip_service *svc, int first, int n, u64 *v);
void tlsvip_stats_clear(struct tlsvip_net *tn);
const char *tlsvip_counter_name(enum tlsvip_counter c);
const char *tlsvip_counter_file(enum tlsvip_counter c);
const char *tlsvip_counter_doc(enum tlsvip_counter c);
bool tlsvip_counter_running(enum tlsvip_counter c);
const char *tlsvip_oper_reason_name(enum tlsvip_oper_reason r);
const char *tlsvip_conn_state_name(enum tlsvip_conn_state s);
const char *tlsvip_close_reason_name(enum tlsvip_close_reason r);

/**
 * tlsvip_count_add - add to a counter
 * @c: counters of the innermost scope the event belongs to
 * @i: which, below TLSVIP_C_SHARED
 * @n: how many
 *
 * An event is counted once, in its innermost scope; readers add up.
 * Context: any.
 */
static inline void tlsvip_count_add(struct tlsvip_counters *c,
				    enum tlsvip_counter i, u64 n)
{
	BUILD_BUG_ON(__builtin_constant_p(i) && i >= TLSVIP_C_SHARED);
	this_cpu_add(c->pcpu->v[i], n);
}

/**
 * tlsvip_count - add one to a counter
 * @c: counters of the innermost scope the event belongs to
 * @i: which
 *
 * Context: as tlsvip_count_add().
 */
static inline void tlsvip_count(struct tlsvip_counters *c,
				enum tlsvip_counter i)
{
	tlsvip_count_add(c, i, 1);
}

/**
 * tlsvip_count_shared - add one to a counter that hardly ever counts
 * @c: counters of the innermost scope the event belongs to
 * @i: which, from TLSVIP_C_SHARED on
 *
 * Context: as tlsvip_count_add().
 */
static inline void tlsvip_count_shared(struct tlsvip_counters *c,
				       enum tlsvip_counter i)
{
	atomic64_inc(&c->shared[i - TLSVIP_C_SHARED]);
}

/* proc.c, sysfs.c */
int tlsvip_proc_net_init(struct tlsvip_net *tn);
void tlsvip_proc_net_exit(struct tlsvip_net *tn);
int tlsvip_sysfs_init(void);
void tlsvip_sysfs_exit(void);
int tlsvip_sysfs_net_init(struct tlsvip_net *tn);
void tlsvip_sysfs_net_exit(struct tlsvip_net *tn);
int tlsvip_sysfs_context_add(struct tlsvip_context *ctx);
void tlsvip_sysfs_context_del(struct tlsvip_context *ctx);
int tlsvip_sysfs_service_add(struct tlsvip_service *svc);
void tlsvip_sysfs_service_del(struct tlsvip_service *svc);

#endif /* _TLSVIP_H */
