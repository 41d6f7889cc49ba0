/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels we build on, and the only place that looks
 * at kernel versions. It is not a place for helpers of our own.
 */
#ifndef _TLSVIP_COMPAT_H
#define _TLSVIP_COMPAT_H

#include <linux/device/class.h>
#include <linux/net.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/net_namespace.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#error "tlsvip needs Linux 6.12 or newer"
#endif

/*
 * Below 6.12.114 the stock kernel has faults in kTLS that a peer can trigger
 * (silent loss under back-pressure, a desynchronised receiver).
 */
static inline bool tlsvip_compat_kernel_is_old(void)
{
	return LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) &&
	       LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 114);
}

/* 6.16: timer_container_of() for from_timer() */
#ifndef timer_container_of
#define timer_container_of(var, callback_timer, timer_fieldname) \
	from_timer(var, callback_timer, timer_fieldname)
#endif

/* 6.18: a per-CPU workqueue says so */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define TLSVIP_COMPAT_WQ_PERCPU	WQ_PERCPU
#else
#define TLSVIP_COMPAT_WQ_PERCPU	0
#endif

/* 6.17: another name for system_unbound_wq, whose use 7.2 warns of */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define tlsvip_compat_unbound_wq	system_dfl_wq
#else
#define tlsvip_compat_unbound_wq	system_unbound_wq
#endif

/* 7.x: sysfs knows a namespace by its ns_common, before by its address */
#define tlsvip_compat_ns \
	typeof(((struct class *)NULL)->namespace(NULL))

static inline tlsvip_compat_ns tlsvip_compat_net_ns(const struct net *net)
{
	return __builtin_choose_expr(__same_type(tlsvip_compat_ns,
						 const void *),
				     net, &net->ns);
}

/* 6.19: struct sockaddr_unsized */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define tlsvip_compat_sockaddr	sockaddr_unsized
#else
#define tlsvip_compat_sockaddr	sockaddr
#endif

static inline int tlsvip_compat_bind(struct socket *sock, void *addr, int len)
{
	return kernel_bind(sock, (struct tlsvip_compat_sockaddr *)addr, len);
}

static inline int tlsvip_compat_connect(struct socket *sock, void *addr,
					int len, int flags)
{
	return kernel_connect(sock, (struct tlsvip_compat_sockaddr *)addr, len,
			      flags);
}

/* 6.18: the look-ups find the hash table themselves */
static inline struct sock *
tlsvip_compat_established4(struct net *net, __be32 saddr, __be16 sport,
			   __be32 daddr, u16 hnum, int dif, int sdif)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return __inet_lookup_established(net, saddr, sport, daddr, hnum, dif,
					 sdif);
#else
	return __inet_lookup_established(net,
					 net->ipv4.tcp_death_row.hashinfo,
					 saddr, sport, daddr, hnum, dif, sdif);
#endif
}

static inline struct sock *
tlsvip_compat_established6(struct net *net, const struct in6_addr *saddr,
			   __be16 sport, const struct in6_addr *daddr,
			   u16 hnum, int dif, int sdif)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return __inet6_lookup_established(net, saddr, sport, daddr, hnum, dif,
					  sdif);
#else
	return __inet6_lookup_established(net,
					  net->ipv4.tcp_death_row.hashinfo,
					  saddr, sport, daddr, hnum, dif,
					  sdif);
#endif
}

#endif /* _TLSVIP_COMPAT_H */
