// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering: which TCP packets of a network namespace reach a proxy socket.
 *
 * It gives a verdict and nothing else: no packet is changed, and a connection
 * that exists is found by the stack itself.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/inet_hashtables.h>
#include <net/inet_timewait_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_tproxy.h>
#include <net/tcp.h>

#include "tlsvip.h"

/**
 * struct tlsvip_steer_pkt - a TCP packet to be judged
 * @tn: namespace
 * @skb: the packet; skb->data is its network header
 * @th: copy of the fixed part of the TCP header
 * @thoff: where the TCP header begins
 * @ifindex: VRF device it came in by, 0 for the main table
 * @dif: device that TCP will look its socket up with
 * @sdif: VRF member it came in by, or 0
 * @src: source
 * @dst: destination
 */
struct tlsvip_steer_pkt {
	struct tlsvip_net *tn;
	struct sk_buff *skb;
	struct tcphdr th;
	int thoff;
	int ifindex;
	int dif;
	int sdif;
	struct tlsvip_addr src;
	struct tlsvip_addr dst;
};

/*
 * Only these two can need a proxy socket. An ACK does if it answers a SYN
 * cookie; none can while no SYN met a crowded proxy socket for as long as
 * cookies are valid.
 */
static bool tlsvip_steer_is_syn(const struct tcphdr *th)
{
	return th->syn && !th->ack && !th->rst && !th->fin;
}

static bool tlsvip_steer_may_be_cookie(const struct tlsvip_net *tn,
				       const struct tcphdr *th)
{
	if (!th->ack || th->syn || th->rst)
		return false;
	if (!READ_ONCE(tn->net->ipv4.sysctl_tcp_syncookies))
		return false;
	return time_before(jiffies, READ_ONCE(tn->crowded) +
				    TCP_SYNCOOKIE_VALID + HZ);
}

/*
 * @sk gets a SYN. If its queue is so full that the stack might answer with a
 * cookie (it does when full; packets on other CPUs are why half is taken),
 * remember when, for the answers.
 */
static void tlsvip_steer_note_crowd(struct tlsvip_net *tn,
				    const struct sock *sk)
{
	unsigned long now = jiffies;

	if (READ_ONCE(tn->net->ipv4.sysctl_tcp_syncookies) != 2 &&
	    inet_csk_reqsk_queue_len(sk) <
	    READ_ONCE(sk->sk_max_ack_backlog) / 2)
		return;
	if (!time_in_range(now, READ_ONCE(tn->crowded),
			   READ_ONCE(tn->crowded) + HZ))
		WRITE_ONCE(tn->crowded, now);
}

/* With a reference; TIME_WAIT and request sockets are found as well. */
static struct sock *tlsvip_steer_established(const struct tlsvip_steer_pkt *p)
{
	u16 dport = ntohs(p->dst.port);

	if (p->dst.family == AF_INET)
		return tlsvip_compat_established4(p->tn->net, p->src.ip4,
						  p->src.port, p->dst.ip4,
						  dport, p->dif, p->sdif);
	return tlsvip_compat_established6(p->tn->net, &p->src.ip6, p->src.port,
					  &p->dst.ip6, dport, p->dif, p->sdif);
}

/* Finds the timestamp option. The stack's parser wants linear headers. */
static bool tlsvip_steer_timestamp(const struct tlsvip_steer_pkt *p, u32 *val)
{
	u8 buf[MAX_TCP_OPTION_SPACE];
	const u8 *opt;
	int left;

	left = p->th.doff * 4 - (int)sizeof(p->th);
	if (left < TCPOLEN_TIMESTAMP)
		return false;
	opt = skb_header_pointer(p->skb, p->thoff + sizeof(p->th), left, buf);
	if (!opt)
		return false;

	while (left > 0 && *opt != TCPOPT_EOL) {
		if (*opt == TCPOPT_NOP) {
			opt++;
			left--;
			continue;
		}
		if (left < 2 || opt[1] < 2 || opt[1] > left)
			return false;
		if (opt[0] == TCPOPT_TIMESTAMP &&
		    opt[1] == TCPOLEN_TIMESTAMP) {
			*val = get_unaligned_be32(opt + 2);
			return true;
		}
		left -= opt[1];
		opt += opt[1];
	}
	return false;
}

/*
 * May the SYN end the TIME_WAIT of its predecessor? The rule is that of
 * tcp_timewait_state_process(), which would look for a listener by address,
 * find none and answer with an ACK: only for SYNs it would let pass do we end
 * the TIME_WAIT in its place, all others are left to it. That the new
 * connection's sequence numbers are beyond the old ones is up to their clock
 * (RFC 6528 3) and, behind a faster connection, to the timestamps.
 */
static bool tlsvip_steer_may_reuse(const struct tlsvip_steer_pkt *p,
				   const struct sock *sk)
{
	const struct tcp_timewait_sock *tw = tcp_twsk(sk);
	struct tcp_options_received opt = {};
	bool stamped = false;

	if (READ_ONCE(inet_twsk(sk)->tw_substate) != TCP_TIME_WAIT)
		return false;

	opt.ts_recent_stamp = READ_ONCE(tw->tw_ts_recent_stamp);
	opt.ts_recent = READ_ONCE(tw->tw_ts_recent);
	if (opt.ts_recent_stamp)
		stamped = tlsvip_steer_timestamp(p, &opt.rcv_tsval);
	if (stamped && tcp_paws_reject(&opt, 0))
		return false;
	if (after(ntohl(p->th.seq), READ_ONCE(tw->tw_rcv_nxt)))
		return true;
	return stamped && (s32)(opt.ts_recent - opt.rcv_tsval) < 0;
}

/* NULL and a counted reason, or a proxy socket with a reference. */
static struct sock *tlsvip_steer_admit(const struct tlsvip_steer_pkt *p,
				       struct tlsvip_service *svc)
{
	struct tlsvip_context *ctx = svc->ctx;
	enum tlsvip_counter why;
	struct sock *sk;

	if (atomic_read(&ctx->live) >= READ_ONCE(ctx->maxconns)) {
		why = TLSVIP_C_steer_maxconns_drop;
	} else if (tlsvip_conn_queue_full(ctx)) {
		why = TLSVIP_C_steer_queue_drop;
	} else {
		sk = tlsvip_listener_get_rcu(ctx, p->dst.family);
		if (sk)
			return sk;
		why = TLSVIP_C_steer_listener_miss;
	}
	tlsvip_count(&svc->counters, why);
	return NULL;
}

static unsigned int tlsvip_steer_syn(const struct tlsvip_steer_pkt *p,
				     struct tlsvip_service *svc)
{
	struct sock *old;
	struct sock *sk;

	/* Nobody there may serve it, and its memory would be nobody's. */
	if (!READ_ONCE(p->tn->trusted))
		return NF_ACCEPT;
	old = tlsvip_steer_established(p);
	if (old && (old->sk_state != TCP_TIME_WAIT ||
		    !tlsvip_steer_may_reuse(p, old))) {
		sock_gen_put(old);
		return NF_ACCEPT;
	}
	sk = tlsvip_steer_admit(p, svc);
	if (!sk) {
		if (old)
			sock_gen_put(old);
		return NF_DROP;
	}
	if (old) {
		nf_tproxy_twsk_deschedule_put(inet_twsk(old));
		tlsvip_count(&svc->counters, TLSVIP_C_steer_timewait_reuse);
	}
	tlsvip_steer_note_crowd(p->tn, sk);
	nf_tproxy_assign_sock(p->skb, sk);
	tlsvip_count(&svc->counters, TLSVIP_C_steer_syn_hit);
	return NF_ACCEPT;
}

/* Whoever answers a cookie was admitted with his SYN. */
static unsigned int tlsvip_steer_ack(const struct tlsvip_steer_pkt *p,
				     struct tlsvip_service *svc)
{
	struct sock *sk;

	sk = tlsvip_steer_established(p);
	if (sk) {
		sock_gen_put(sk);
		return NF_ACCEPT;
	}
	sk = tlsvip_listener_get_rcu(svc->ctx, p->dst.family);
	if (!sk)
		return NF_ACCEPT;
	if (tcp_synq_no_recent_overflow(sk)) {
		sock_put(sk);
		return NF_ACCEPT;
	}
	nf_tproxy_assign_sock(p->skb, sk);
	tlsvip_count(&svc->counters, TLSVIP_C_steer_cookie_hit);
	return NF_ACCEPT;
}

/* @p has its addresses; the VRF is looked up here, it costs the most. */
static unsigned int tlsvip_steer_judge(struct tlsvip_steer_pkt *p,
				       const struct net_device *in)
{
	struct tlsvip_vip_key key;
	struct tlsvip_service *svc;

	p->ifindex = l3mdev_master_ifindex_rcu(in);
	p->dif = p->ifindex ?: in->ifindex;
	p->sdif = p->ifindex ? in->ifindex : 0;

	tlsvip_vip_key_set(&key, p->ifindex, &p->dst);
	svc = tlsvip_service_lookup_rcu(p->tn, &key);
	if (!svc)
		return NF_ACCEPT;
	return p->th.syn ? tlsvip_steer_syn(p, svc) : tlsvip_steer_ack(p, svc);
}

/* Copies the header if the packet can need a proxy socket. */
static bool tlsvip_steer_wants(struct tlsvip_steer_pkt *p)
{
	const struct tcphdr *th;

	th = skb_header_pointer(p->skb, p->thoff, sizeof(p->th), &p->th);
	if (!th) {
		tlsvip_count(&p->tn->counters, TLSVIP_C_steer_too_short);
		return false;
	}
	if (!tlsvip_steer_is_syn(th) && !tlsvip_steer_may_be_cookie(p->tn, th))
		return false;
	if (th != &p->th)
		p->th = *th;
	p->src.port = th->source;
	p->dst.port = th->dest;
	return true;
}

/*
 * A packet for a VRF passes the hook twice: with the member as its device and
 * then, marked in its control block, with the VRF. It is judged once, before.
 * A socket that the packet already has is somebody's earlier decision.
 */
static unsigned int tlsvip_steer_v4(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct tlsvip_steer_pkt p;

	if (iph->protocol != IPPROTO_TCP || skb->sk || inet_sdif(skb) ||
	    ip_is_fragment(iph))
		return NF_ACCEPT;

	p.tn = tlsvip_net(state->net);
	p.skb = skb;
	p.thoff = ip_hdrlen(skb);
	if (!tlsvip_steer_wants(&p))
		return NF_ACCEPT;

	p.src.family = AF_INET;
	p.src.ip4 = iph->saddr;
	p.dst.family = AF_INET;
	p.dst.ip4 = iph->daddr;
	return tlsvip_steer_judge(&p, state->in);
}

static unsigned int tlsvip_steer_v6(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	u8 nexthdr = ip6h->nexthdr;
	struct tlsvip_steer_pkt p;
	__be16 frag = 0;

	if (skb->sk || inet6_sdif(skb))
		return NF_ACCEPT;
	p.thoff = sizeof(*ip6h);
	if (nexthdr != NEXTHDR_TCP) {
		p.thoff = ipv6_skip_exthdr(skb, p.thoff, &nexthdr, &frag);
		if (p.thoff < 0 || nexthdr != NEXTHDR_TCP || frag)
			return NF_ACCEPT;
	}

	p.tn = tlsvip_net(state->net);
	p.skb = skb;
	if (!tlsvip_steer_wants(&p))
		return NF_ACCEPT;

	p.src.family = AF_INET6;
	p.src.ip6 = ip6h->saddr;
	p.dst.family = AF_INET6;
	p.dst.ip6 = ip6h->daddr;
	return tlsvip_steer_judge(&p, state->in);
}

static const struct nf_hook_ops tlsvip_steer_ops[] = {
	{
		.hook = tlsvip_steer_v4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_MANGLE,
	},
	{
		.hook = tlsvip_steer_v6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_MANGLE,
	},
};

/**
 * tlsvip_steer_on - start to look at the packets of a namespace
 * @tn: namespace
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0 or -ENOMEM.
 */
int tlsvip_steer_on(struct tlsvip_net *tn)
{
	lockdep_assert_held(&tn->lock);
	return nf_register_net_hooks(tn->net, tlsvip_steer_ops,
				     ARRAY_SIZE(tlsvip_steer_ops));
}

/**
 * tlsvip_steer_off - do not look at the packets of a namespace any more
 * @tn: namespace
 *
 * Context: may sleep; holds &tlsvip_net.lock. When it returns, no packet is
 * being judged, so that the VIP table may be destroyed.
 */
void tlsvip_steer_off(struct tlsvip_net *tn)
{
	lockdep_assert_held(&tn->lock);
	nf_unregister_net_hooks(tn->net, tlsvip_steer_ops,
				ARRAY_SIZE(tlsvip_steer_ops));
	synchronize_net();
}
