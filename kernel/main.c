// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading, and the life of a network namespace's state: the
 * order in which everything else begins and ends, and nothing else.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "tlsvip.h"

unsigned int tlsvip_net_id;
struct workqueue_struct *tlsvip_wq;

/* Whatever shows objects comes last: it needs everything it shows. */
static int __net_init tlsvip_main_net_init(struct net *net)
{
	struct tlsvip_net *tn = tlsvip_net(net);
	int err;

	tn->net = net;
	tn->trusted = net->user_ns == &init_user_ns;
	tlsvip_context_net_init(tn);
	tlsvip_retry_net_init(tn);
	err = tlsvip_counters_init(&tn->counters);
	if (err)
		return err;
	err = tlsvip_service_net_init(tn);
	if (err)
		goto err_counters;
	err = tlsvip_upcall_net_init(tn);
	if (err)
		goto err_service;
	err = tlsvip_conn_net_init(tn);
	if (err)
		goto err_upcall;
	err = tlsvip_sysfs_net_init(tn);
	if (err)
		goto err_conn;
	err = tlsvip_proc_net_init(tn);
	if (err)
		goto err_sysfs;
	return 0;

err_sysfs:
	tlsvip_sysfs_net_exit(tn);
err_conn:
	tlsvip_conn_net_exit(tn);
err_upcall:
	tlsvip_upcall_net_exit(tn);
err_service:
	tlsvip_service_net_exit(tn);
err_counters:
	tlsvip_counters_free(&tn->counters);
	return err;
}

/*
 * No new connections: hooks and listeners go. The grace period between this
 * and tlsvip_main_net_exit() ends the packets that are still in a hook.
 */
static void __net_exit tlsvip_main_net_pre_exit(struct net *net)
{
	tlsvip_context_flush(tlsvip_net(net));
	tlsvip_retry_net_exit(tlsvip_net(net));
}

static void __net_exit tlsvip_main_net_exit(struct net *net)
{
	struct tlsvip_net *tn = tlsvip_net(net);

	/* readers first, they walk what ends below */
	tlsvip_proc_net_exit(tn);
	tlsvip_sysfs_net_exit(tn);
	/* waits for every connection; each holds its service */
	tlsvip_conn_net_exit(tn);
	/* waits for every service and context */
	tlsvip_context_net_exit(tn);
	tlsvip_upcall_net_exit(tn);
	tlsvip_service_net_exit(tn);
	tlsvip_counters_free(&tn->counters);
}

static struct pernet_operations tlsvip_main_net_ops = {
	.init = tlsvip_main_net_init,
	.pre_exit = tlsvip_main_net_pre_exit,
	.exit = tlsvip_main_net_exit,
	.id = &tlsvip_net_id,
	.size = sizeof(struct tlsvip_net),
};

static int __init tlsvip_main_init(void)
{
	int err;

	if (tlsvip_compat_kernel_is_old())
		pr_notice("this kernel has known faults in kTLS, 6.12.114 or newer is recommended\n");
	tlsvip_stats_init();
	/*
	 * Per CPU: a connection stays where its packets arrive. Not for memory
	 * reclaim: no page is written out through a connection, and the works
	 * wait for net/tls, whose own work is on a system workqueue.
	 */
	tlsvip_wq = alloc_workqueue("tlsvip", TLSVIP_COMPAT_WQ_PERCPU, 0);
	if (!tlsvip_wq)
		return -ENOMEM;
	err = tlsvip_conn_init();
	if (err)
		goto err_wq;
	err = tlsvip_sysfs_init();
	if (err)
		goto err_conn;
	/*
	 * As devices, which end before subsystems: connections can still send
	 * their last words when a namespace goes, its routes and devices are
	 * there.
	 */
	err = register_pernet_device(&tlsvip_main_net_ops);
	if (err)
		goto err_sysfs;
	/* the notifiers need the namespaces' state */
	err = tlsvip_upcall_init();
	if (err)
		goto err_pernet;
	err = tlsvip_context_notifier_init();
	if (err)
		goto err_upcall;
	/* last: nothing can be asked for before all is there */
	err = tlsvip_nl_init();
	if (err)
		goto err_notifier;
	return 0;

err_notifier:
	tlsvip_context_notifier_exit();
err_upcall:
	tlsvip_upcall_exit();
err_pernet:
	unregister_pernet_device(&tlsvip_main_net_ops);
err_sysfs:
	tlsvip_sysfs_exit();
err_conn:
	destroy_workqueue(tlsvip_wq);
	rcu_barrier();
	tlsvip_conn_exit();
	return err;

err_wq:
	destroy_workqueue(tlsvip_wq);
	return err;
}

static void __exit tlsvip_main_exit(void)
{
	tlsvip_nl_exit();
	tlsvip_context_notifier_exit();
	tlsvip_upcall_exit();
	/* ends every connection of every namespace and waits for them */
	unregister_pernet_device(&tlsvip_main_net_ops);
	tlsvip_sysfs_exit();
	destroy_workqueue(tlsvip_wq);
	/* call_rcu() callbacks are code of this module, and use its cache */
	rcu_barrier();
	tlsvip_conn_exit();
}

module_init(tlsvip_main_init);
module_exit(tlsvip_main_exit);

MODULE_DESCRIPTION("TLS services appliance: VIPs terminated with kernel TLS");
MODULE_AUTHOR("The tlsvip authors");
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY(TLSVIP_FAMILY_NAME);
/* Optional for modprobe: without aesni_intel kTLS works, slowly. */
MODULE_SOFTDEP("pre: tls aesni_intel");
