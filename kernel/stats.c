// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters: their memory, their sums over scopes, and the names of what the
 * module reports.
 *
 * It does not count; whoever sees an event does, with tlsvip_count(). Nor does
 * it present anything: proc.c, sysfs.c and netlink_stats.c do.
 */
#include <linux/ctype.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/timekeeping.h>

#include "tlsvip.h"

#define TLSVIP_COUNTER_NAME_MAX		40

#define TLSVIP_COUNTER_PUBLIC(group, name, running, doc) \
	[TLSVIP_C_##group##_##name] = #group "." #name,
#define TLSVIP_COUNTER_FILE(group, name, running, doc) \
	[TLSVIP_C_##group##_##name] = #group "_" #name,
#define TLSVIP_COUNTER_DOC(group, name, running, doc) \
	[TLSVIP_C_##group##_##name] = doc,
#define TLSVIP_COUNTER_RUNNING(group, name, running, doc) \
	[TLSVIP_C_##group##_##name] = running,

/* tlsvip_stats_init() makes the underscores dashes */
static char tlsvip_stats_names[TLSVIP_C_NUM][TLSVIP_COUNTER_NAME_MAX] = {
	TLSVIP_COUNTERS(TLSVIP_COUNTER_PUBLIC)
};

static const char * const tlsvip_stats_files[TLSVIP_C_NUM] = {
	TLSVIP_COUNTERS(TLSVIP_COUNTER_FILE)
};

static const char * const tlsvip_stats_docs[TLSVIP_C_NUM] = {
	TLSVIP_COUNTERS(TLSVIP_COUNTER_DOC)
};

static const bool tlsvip_stats_running[TLSVIP_C_NUM] = {
	TLSVIP_COUNTERS(TLSVIP_COUNTER_RUNNING)
};

/* The names of the enumerations, as in the netlink specification. */
static const char * const tlsvip_stats_oper_reasons[] = {
	[TLSVIP_OPER_REASON_NONE]	 = "none",
	[TLSVIP_OPER_REASON_ADMIN]	 = "admin",
	[TLSVIP_OPER_REASON_VRF_MISSING] = "vrf-missing",
	[TLSVIP_OPER_REASON_LISTENER]	 = "listener",
	[TLSVIP_OPER_REASON_REMOVED]	 = "removed",
};

static const char * const tlsvip_stats_conn_states[] = {
	[TLSVIP_CONN_STATE_HANDSHAKE]	= "handshake",
	[TLSVIP_CONN_STATE_CONNECT]	= "connect",
	[TLSVIP_CONN_STATE_RELAY]	= "relay",
	[TLSVIP_CONN_STATE_DRAIN]	= "drain",
	[TLSVIP_CONN_STATE_CLOSED]	= "closed",
};

static const char * const tlsvip_stats_close_reasons[] = {
	[TLSVIP_CLOSE_REASON_NONE]		  = "none",
	[TLSVIP_CLOSE_REASON_DONE]		  = "done",
	[TLSVIP_CLOSE_REASON_CLIENT_RESET]	  = "client-reset",
	[TLSVIP_CLOSE_REASON_SERVER_RESET]	  = "server-reset",
	[TLSVIP_CLOSE_REASON_CLIENT_TRUNCATED]	  = "client-truncated",
	[TLSVIP_CLOSE_REASON_CLIENT_ALERT]	  = "client-alert",
	[TLSVIP_CLOSE_REASON_BAD_RECORD]	  = "bad-record",
	[TLSVIP_CLOSE_REASON_KEYUPDATE]		  = "keyupdate",
	[TLSVIP_CLOSE_REASON_HANDSHAKE_FAILED]	  = "handshake-failed",
	[TLSVIP_CLOSE_REASON_HANDSHAKE_TIMEOUT]	  = "handshake-timeout",
	[TLSVIP_CLOSE_REASON_HANDSHAKE_REFUSED]	  = "handshake-refused",
	[TLSVIP_CLOSE_REASON_DAEMON_EXIT]	  = "daemon-exit",
	[TLSVIP_CLOSE_REASON_NO_TRUSTPOINT]	  = "no-trustpoint",
	[TLSVIP_CLOSE_REASON_BAD_VERDICT]	  = "bad-verdict",
	[TLSVIP_CLOSE_REASON_CONNECT_REFUSED]	  = "connect-refused",
	[TLSVIP_CLOSE_REASON_CONNECT_UNREACHABLE] = "connect-unreachable",
	[TLSVIP_CLOSE_REASON_CONNECT_TIMEOUT]	  = "connect-timeout",
	[TLSVIP_CLOSE_REASON_CONNECT_PORTS]	  = "connect-ports",
	[TLSVIP_CLOSE_REASON_IDLE_TIMEOUT]	  = "idle-timeout",
	[TLSVIP_CLOSE_REASON_LINGER_TIMEOUT]	  = "linger-timeout",
	[TLSVIP_CLOSE_REASON_HTTP_REJECT]	  = "http-reject",
	[TLSVIP_CLOSE_REASON_HTTP_RESPONSE]	  = "http-response",
	[TLSVIP_CLOSE_REASON_LIMIT]		  = "limit",
	[TLSVIP_CLOSE_REASON_MEMORY]		  = "memory",
	[TLSVIP_CLOSE_REASON_REMOVED]		  = "removed",
	[TLSVIP_CLOSE_REASON_UNLOAD]		  = "unload",
	[TLSVIP_CLOSE_REASON_ERROR]		  = "error",
	[TLSVIP_CLOSE_REASON_HEADER_BLOCK]	  = "header-block",
};

/**
 * tlsvip_stats_init - prepare the names of the counters
 *
 * Context: module load, before anything reads a name.
 */
void tlsvip_stats_init(void)
{
	int i;

	for (i = 0; i < TLSVIP_C_NUM; i++)
		strreplace(tlsvip_stats_names[i], '_', '-');
}

/**
 * tlsvip_counter_name - public name of a counter
 * @c: which
 *
 * Context: any.
 * Return: "group.name" with dashes.
 */
const char *tlsvip_counter_name(enum tlsvip_counter c)
{
	return tlsvip_stats_names[c];
}

/**
 * tlsvip_counter_file - name of a counter as a file
 * @c: which
 *
 * Context: any.
 * Return: "group_name" with underscores.
 */
const char *tlsvip_counter_file(enum tlsvip_counter c)
{
	return tlsvip_stats_files[c];
}

/**
 * tlsvip_counter_doc - what a counter counts
 * @c: which
 *
 * Context: any.
 * Return: a phrase.
 */
const char *tlsvip_counter_doc(enum tlsvip_counter c)
{
	return tlsvip_stats_docs[c];
}

/**
 * tlsvip_counter_running - does stats-clear spare a counter?
 * @c: which
 *
 * Context: any.
 * Return: true for those whose differences are gauges.
 */
bool tlsvip_counter_running(enum tlsvip_counter c)
{
	return tlsvip_stats_running[c];
}

/**
 * tlsvip_oper_reason_name - name of an operational reason
 * @r: which
 *
 * Context: any.
 * Return: the name in the netlink specification.
 */
const char *tlsvip_oper_reason_name(enum tlsvip_oper_reason r)
{
	if (r >= ARRAY_SIZE(tlsvip_stats_oper_reasons))
		return "unknown";
	return tlsvip_stats_oper_reasons[r];
}

/**
 * tlsvip_conn_state_name - name of a state of connections
 * @s: which
 *
 * Context: any.
 * Return: the name in the netlink specification.
 */
const char *tlsvip_conn_state_name(enum tlsvip_conn_state s)
{
	if (s >= ARRAY_SIZE(tlsvip_stats_conn_states))
		return "unknown";
	return tlsvip_stats_conn_states[s];
}

/**
 * tlsvip_close_reason_name - name of a reason that ended a connection
 * @r: which
 *
 * Context: any.
 * Return: the name in the netlink specification.
 */
const char *tlsvip_close_reason_name(enum tlsvip_close_reason r)
{
	if (r >= ARRAY_SIZE(tlsvip_stats_close_reasons))
		return "unknown";
	return tlsvip_stats_close_reasons[r];
}

/**
 * tlsvip_counters_init - make the counters of a scope
 * @c: counters, zeroed
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsvip_counters_init(struct tlsvip_counters *c)
{
	c->pcpu = alloc_percpu_gfp(struct tlsvip_stats, GFP_KERNEL_ACCOUNT);
	return c->pcpu ? 0 : -ENOMEM;
}

/**
 * tlsvip_counters_free - free the counters of a scope
 * @c: counters; nobody counts or reads any more
 *
 * Context: any.
 */
void tlsvip_counters_free(struct tlsvip_counters *c)
{
	free_percpu(c->pcpu);
	c->pcpu = NULL;
}

/*
 * Adds @n counters from @first on, as counted in the scope itself, never
 * cleared.
 */
static void tlsvip_stats_raw(const struct tlsvip_counters *c, int first, int n,
			     u64 *v)
{
	int shared = max(first, TLSVIP_C_SHARED);
	const struct tlsvip_stats *s;
	int end = first + n;
	int cpu;
	int i;

	for_each_possible_cpu(cpu) {
		s = per_cpu_ptr(c->pcpu, cpu);
		for (i = first; i < min(end, TLSVIP_C_SHARED); i++)
			v[i - first] += READ_ONCE(s->v[i]);
	}
	for (i = shared; i < end; i++)
		v[i - first] += atomic64_read(&c->shared[i - TLSVIP_C_SHARED]);
	for (i = first; i < end; i++)
		v[i - first] += c->retired[i];
}

/* Adds what the scope itself shows, without its children. */
static void tlsvip_stats_own(const struct tlsvip_counters *c, int first, int n,
			     u64 *v)
{
	int i;

	tlsvip_stats_raw(c, first, n, v);
	for (i = 0; i < n; i++)
		v[i] -= c->base[first + i];
}

/* @base stays 0 for running counters */
static void tlsvip_stats_rebase(struct tlsvip_counters *c)
{
	int i;

	memset(c->base, 0, sizeof(c->base));
	tlsvip_stats_raw(c, 0, TLSVIP_C_NUM, c->base);
	for (i = 0; i < TLSVIP_C_NUM; i++)
		if (tlsvip_stats_running[i])
			c->base[i] = 0;
}

/**
 * tlsvip_counters_retire - move the counts of a child to its parent
 * @parent: counters of the scope that goes on
 * @child: counters of the scope that ends; nobody counts in it any more
 *
 * Context: may be atomic; holds &tlsvip_net.stats_lock and has taken the child
 * out of the parent's list under the same hold.
 */
void tlsvip_counters_retire(struct tlsvip_counters *parent,
			    struct tlsvip_counters *child)
{
	tlsvip_stats_own(child, 0, TLSVIP_C_NUM, parent->retired);
}

static void tlsvip_stats_add_context(struct tlsvip_context *ctx, int first,
				     int n, u64 *v)
{
	struct tlsvip_service *svc;

	tlsvip_stats_own(&ctx->counters, first, n, v);
	list_for_each_entry_rcu(svc, &ctx->services, node,
				lockdep_is_held(&ctx->tn->stats_lock)) {
		tlsvip_stats_own(&svc->counters, first, n, v);
		cond_resched();
	}
}

/**
 * tlsvip_stats_sum - counters of a scope
 * @tn: namespace
 * @ctx: a context with its services, which the caller keeps alive; NULL for
 *	 all of the namespace
 * @svc: a service of @ctx, which the caller keeps alive; NULL for all of them
 * @first: first counter
 * @n: how many
 * @v: where to, @n values
 *
 * Removed objects are in the sums, those that have not ended yet as well.
 *
 * Context: may sleep, takes &tlsvip_net.stats_lock.
 */
void tlsvip_stats_sum(struct tlsvip_net *tn, struct tlsvip_context *ctx,
		      struct tlsvip_service *svc, int first, int n, u64 *v)
{
	memset(v, 0, n * sizeof(*v));
	mutex_lock(&tn->stats_lock);
	if (svc) {
		tlsvip_stats_own(&svc->counters, first, n, v);
	} else if (ctx) {
		tlsvip_stats_add_context(ctx, first, n, v);
	} else {
		tlsvip_stats_own(&tn->counters, first, n, v);
		list_for_each_entry_rcu(ctx, &tn->contexts, node,
					lockdep_is_held(&tn->stats_lock))
			tlsvip_stats_add_context(ctx, first, n, v);
	}
	mutex_unlock(&tn->stats_lock);
}

/**
 * tlsvip_stats_clear - start all counters again that are not running ones
 * @tn: namespace
 *
 * Context: may sleep, takes &tlsvip_net.stats_lock.
 */
void tlsvip_stats_clear(struct tlsvip_net *tn)
{
	struct tlsvip_context *ctx;
	struct tlsvip_service *svc;

	mutex_lock(&tn->stats_lock);
	tlsvip_stats_rebase(&tn->counters);
	list_for_each_entry_rcu(ctx, &tn->contexts, node,
				lockdep_is_held(&tn->stats_lock)) {
		tlsvip_stats_rebase(&ctx->counters);
		list_for_each_entry_rcu(svc, &ctx->services, node,
					lockdep_is_held(&tn->stats_lock)) {
			tlsvip_stats_rebase(&svc->counters);
			cond_resched();
		}
	}
	WRITE_ONCE(tn->cleared, ktime_get_real_seconds());
	mutex_unlock(&tn->stats_lock);
}
