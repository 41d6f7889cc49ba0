// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/tlsvip: stats, contexts, services and conns as text, one object a
 * line under a header line.
 *
 * For people and for scripts without netlink; it shows no more than netlink
 * does and changes nothing.
 */
#include <linux/proc_fs.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "conn.h"

static struct tlsvip_net *tlsvip_proc_net(struct seq_file *seq)
{
	return tlsvip_net(seq_file_net(seq));
}

/* "-" where there is no address. */
static void tlsvip_proc_addr(struct seq_file *seq,
			     const struct tlsvip_addr *addr)
{
	if (addr->family == AF_INET)
		seq_printf(seq, " %pI4:%u", &addr->ip4, ntohs(addr->port));
	else if (addr->family == AF_INET6)
		seq_printf(seq, " [%pI6c]:%u", &addr->ip6, ntohs(addr->port));
	else
		seq_puts(seq, " -");
}

static void tlsvip_proc_word(struct seq_file *seq, const char *word)
{
	seq_printf(seq, " %s", *word ? word : "-");
}

static void tlsvip_proc_reason(struct seq_file *seq,
			       enum tlsvip_oper_reason reason)
{
	seq_printf(seq, " %s %s",
		   reason == TLSVIP_OPER_REASON_NONE ? "up" : "down",
		   tlsvip_oper_reason_name(reason));
}

/* stats: "group.name value" */

static int tlsvip_proc_stats_show(struct seq_file *seq, void *unused)
{
	u64 *v;
	int i;

	v = kmalloc_array(TLSVIP_C_NUM, sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	tlsvip_stats_sum(tlsvip_net(seq_file_single_net(seq)), NULL, NULL, 0,
			 TLSVIP_C_NUM, v);
	for (i = 0; i < TLSVIP_C_NUM; i++)
		seq_printf(seq, "%s %llu\n", tlsvip_counter_name(i), v[i]);
	kfree(v);
	return 0;
}

/* contexts */

static void *tlsvip_proc_contexts_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	struct tlsvip_net *tn = tlsvip_proc_net(seq);
	struct tlsvip_context *ctx = NULL;
	loff_t n = *pos;

	rcu_read_lock();
	if (!n)
		return SEQ_START_TOKEN;
	do {
		ctx = tlsvip_context_next(tn, ctx);
	} while (ctx && --n);
	return ctx;
}

static void *tlsvip_proc_contexts_next(struct seq_file *seq, void *v,
				       loff_t *pos)
{
	++*pos;
	return tlsvip_context_next(tlsvip_proc_net(seq),
				   v == SEQ_START_TOKEN ? NULL : v);
}

static void tlsvip_proc_rcu_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	rcu_read_unlock();
}

static int tlsvip_proc_contexts_show(struct seq_file *seq, void *v)
{
	struct tlsvip_context *ctx = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "name vrf ifindex maxconns conns services policies state reason\n");
		return 0;
	}
	seq_puts(seq, ctx->name);
	tlsvip_proc_word(seq, ctx->vrf);
	seq_printf(seq, " %d %u %d %u %u", READ_ONCE(ctx->ifindex),
		   READ_ONCE(ctx->maxconns), atomic_read(&ctx->live),
		   READ_ONCE(ctx->n_services), READ_ONCE(ctx->n_policies));
	tlsvip_proc_reason(seq, READ_ONCE(ctx->reason));
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations tlsvip_proc_contexts_ops = {
	.start	= tlsvip_proc_contexts_start,
	.next	= tlsvip_proc_contexts_next,
	.stop	= tlsvip_proc_rcu_stop,
	.show	= tlsvip_proc_contexts_show,
};

/* services */

static void *tlsvip_proc_services_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	struct tlsvip_net *tn = tlsvip_proc_net(seq);
	struct tlsvip_service *svc = NULL;
	loff_t n = *pos;

	rcu_read_lock();
	if (!n)
		return SEQ_START_TOKEN;
	do {
		svc = tlsvip_service_next(tn, NULL, svc);
	} while (svc && --n);
	return svc;
}

static void *tlsvip_proc_services_next(struct seq_file *seq, void *v,
				       loff_t *pos)
{
	++*pos;
	return tlsvip_service_next(tlsvip_proc_net(seq), NULL,
				   v == SEQ_START_TOKEN ? NULL : v);
}

static int tlsvip_proc_services_show(struct seq_file *seq, void *v)
{
	struct tlsvip_service_cfg *cfg;
	struct tlsvip_service *svc = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "context name vip server trustpoint http-header inservice conns state reason\n");
		return 0;
	}
	cfg = rcu_dereference(svc->cfg);
	seq_printf(seq, "%s %s", svc->ctx->name, svc->name);
	tlsvip_proc_addr(seq, &cfg->vip);
	tlsvip_proc_addr(seq, &cfg->server);
	tlsvip_proc_word(seq, cfg->trustpoint);
	tlsvip_proc_word(seq, cfg->policy ? cfg->policy->name : "");
	seq_printf(seq, " %d %d", READ_ONCE(svc->inservice),
		   atomic_read(&svc->live));
	tlsvip_proc_reason(seq, READ_ONCE(svc->reason));
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations tlsvip_proc_services_ops = {
	.start	= tlsvip_proc_services_start,
	.next	= tlsvip_proc_services_next,
	.stop	= tlsvip_proc_rcu_stop,
	.show	= tlsvip_proc_services_show,
};

/* conns; the position in the file is the number of the connection */

static void *tlsvip_proc_conns_find(struct seq_file *seq, loff_t *pos)
{
	struct tlsvip_net *tn = tlsvip_proc_net(seq);
	unsigned long id = *pos;
	void *conn;

	conn = xa_find(&tn->conns, &id, ULONG_MAX, XA_PRESENT);
	if (conn)
		*pos = id;
	return conn;
}

static void *tlsvip_proc_conns_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	if (!*pos)
		return SEQ_START_TOKEN;
	return tlsvip_proc_conns_find(seq, pos);
}

static void *tlsvip_proc_conns_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return tlsvip_proc_conns_find(seq, pos);
}

static int tlsvip_proc_conns_show(struct seq_file *seq, void *v)
{
	struct tlsvip_conn *conn = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "id context service state reason client vip server c2s-bytes s2c-bytes age idle\n");
		return 0;
	}
	seq_printf(seq, "%llu %s %s %s %s", conn->id, conn->svc->ctx->name,
		   conn->svc->name,
		   tlsvip_conn_state_name(READ_ONCE(conn->state)),
		   tlsvip_close_reason_name(atomic_read(&conn->reason)));
	tlsvip_proc_addr(seq, &conn->client);
	tlsvip_proc_addr(seq, &conn->vip);
	tlsvip_proc_addr(seq, &conn->cfg.server);
	seq_printf(seq, " %llu %llu %u %u\n", READ_ONCE(conn->c2s.bytes),
		   READ_ONCE(conn->s2c.bytes),
		   jiffies_to_msecs(jiffies - conn->accepted),
		   jiffies_to_msecs(jiffies - READ_ONCE(conn->active)));
	return 0;
}

static const struct seq_operations tlsvip_proc_conns_ops = {
	.start	= tlsvip_proc_conns_start,
	.next	= tlsvip_proc_conns_next,
	.stop	= tlsvip_proc_rcu_stop,
	.show	= tlsvip_proc_conns_show,
};

/**
 * tlsvip_proc_net_init - make /proc/net/tlsvip of a namespace
 * @tn: namespace, otherwise ready
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tlsvip_proc_net_init(struct tlsvip_net *tn)
{
	struct proc_dir_entry *dir;

	dir = proc_net_mkdir(tn->net, "tlsvip", tn->net->proc_net);
	if (!dir)
		return -ENOMEM;
	if (!proc_create_net_single("stats", 0444, dir, tlsvip_proc_stats_show,
				    NULL) ||
	    !proc_create_net("contexts", 0444, dir, &tlsvip_proc_contexts_ops,
			     sizeof(struct seq_net_private)) ||
	    !proc_create_net("services", 0444, dir, &tlsvip_proc_services_ops,
			     sizeof(struct seq_net_private)) ||
	    !proc_create_net("conns", 0444, dir, &tlsvip_proc_conns_ops,
			     sizeof(struct seq_net_private))) {
		proc_remove(dir);
		return -ENOMEM;
	}
	tn->proc = dir;
	return 0;
}

/**
 * tlsvip_proc_net_exit - remove /proc/net/tlsvip of a namespace
 * @tn: namespace
 *
 * Context: may sleep. Waits for readers.
 */
void tlsvip_proc_net_exit(struct tlsvip_net *tn)
{
	proc_remove(tn->proc);
	tn->proc = NULL;
}
