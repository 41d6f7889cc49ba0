// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts: a tenant is a VRF with its services, policies and limits. Also the
 * end of life of contexts and services, which needs the configuration's lock.
 *
 * Devices that come and go are followed in context_notifier.c.
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <net/l3mdev.h>

#include "tlsvip.h"

/**
 * tlsvip_name_check - may something be called that?
 * @name: the name
 * @what: what it would name, for the message
 * @extack: says why not; may be NULL
 *
 * The rule keeps names usable as file names, as words of the CLI and in
 * "context:service".
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int tlsvip_name_check(const char *name, const char *what,
		      struct netlink_ext_ack *extack)
{
	const char *p;

	if (!*name) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "the name of the %s is empty",
				       what);
		return -EINVAL;
	}
	if (strlen(name) > TLSVIP_NAME_LEN) {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "the name of the %s is longer than %d",
				       what, TLSVIP_NAME_LEN);
		return -EINVAL;
	}
	if (*name == '-' || *name == '.') {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "the name of the %s begins with '%c'",
				       what, *name);
		return -EINVAL;
	}
	for (p = name; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || strchr("_.-", *p))
			continue;
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "the name of the %s: use A-Za-z0-9_.-",
				       what);
		return -EINVAL;
	}
	return 0;
}

/**
 * tlsvip_context_lookup - find a context by name
 * @tn: namespace
 * @name: name
 *
 * Context: in an RCU read-side section or with &tlsvip_net.lock.
 * Return: the context without a reference, or NULL.
 */
struct tlsvip_context *tlsvip_context_lookup(struct tlsvip_net *tn,
					     const char *name)
{
	struct tlsvip_context *ctx;

	list_for_each_entry_rcu(ctx, &tn->contexts, node,
				lockdep_is_held(&tn->lock))
		if (!READ_ONCE(ctx->dead) && !strcmp(ctx->name, name))
			return ctx;
	return NULL;
}

/**
 * tlsvip_context_next - walk the contexts
 * @tn: namespace
 * @ctx: the last one, NULL to begin
 *
 * Context: in one RCU read-side section or with &tlsvip_net.lock.
 * Return: the next context that is not removed, without a reference, or NULL.
 */
struct tlsvip_context *tlsvip_context_next(struct tlsvip_net *tn,
					   struct tlsvip_context *ctx)
{
	struct list_head *at = ctx ? &ctx->node : &tn->contexts;

	do {
		ctx = list_next_or_null_rcu(&tn->contexts, at,
					    struct tlsvip_context, node);
		if (ctx)
			at = &ctx->node;
	} while (ctx && READ_ONCE(ctx->dead));
	return ctx;
}

/* Return: the index of the VRF device, or an error in words. */
static int tlsvip_context_find_vrf(struct tlsvip_net *tn, const char *vrf,
				   struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	int ret;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(tn->net, vrf);
	if (!dev) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "there is no device %.15s",
				       vrf);
		ret = -ENODEV;
	} else if (strcmp(dev->name, vrf)) {
		/* only the name proper is followed when devices change */
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "%.15s is another name of %.15s, use that",
				       vrf, dev->name);
		ret = -EINVAL;
	} else if (!netif_is_l3_master(dev)) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "%.15s is not a VRF device",
				       vrf);
		ret = -EINVAL;
	} else {
		ret = dev->ifindex;
	}
	rcu_read_unlock();
	return ret;
}

static int tlsvip_context_check(struct tlsvip_net *tn, const char *name,
				const char *vrf,
				struct netlink_ext_ack *extack)
{
	struct tlsvip_context *ctx;
	int err;

	err = tlsvip_name_check(name, "context", extack);
	if (err)
		return err;
	if (strlen(vrf) >= IFNAMSIZ) {
		NL_SET_ERR_MSG_MOD(extack, "the name of the VRF is too long");
		return -EINVAL;
	}
	if (tlsvip_context_lookup(tn, name)) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "context %.40s exists", name);
		return -EEXIST;
	}
	if (tn->n_contexts >= TLSVIP_CONTEXTS_MAX) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "there are %u contexts already",
				       tn->n_contexts);
		return -ENOSPC;
	}
	for (ctx = tlsvip_context_next(tn, NULL); ctx;
	     ctx = tlsvip_context_next(tn, ctx)) {
		if (strcmp(ctx->vrf, vrf))
			continue;
		if (*vrf)
			NL_SET_ERR_MSG_FMT_MOD(extack,
					       "VRF %.15s belongs to context %.30s",
					       vrf, ctx->name);
		else
			NL_SET_ERR_MSG_FMT_MOD(extack,
					       "context %.30s has no VRF either",
					       ctx->name);
		return -EEXIST;
	}
	return 0;
}

/**
 * tlsvip_context_add - create a context
 * @tn: namespace
 * @name: its name
 * @vrf: name of its VRF device, empty for the main table
 * @maxconns: most connections at a time
 * @extack: says why not
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0, -EINVAL, -EEXIST: the name or the VRF has a context, -ENODEV: no
 * such device, -ENOSPC, -ENOMEM.
 */
int tlsvip_context_add(struct tlsvip_net *tn, const char *name,
		       const char *vrf, u32 maxconns,
		       struct netlink_ext_ack *extack)
{
	struct tlsvip_context *ctx;
	int ifindex = 0;
	int err;

	lockdep_assert_held(&tn->lock);
	if (tn->exiting)
		return -ENETDOWN;
	err = tlsvip_context_check(tn, name, vrf, extack);
	if (err)
		return err;
	if (*vrf) {
		ifindex = tlsvip_context_find_vrf(tn, vrf, extack);
		if (ifindex < 0)
			return ifindex;
	}

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return -ENOMEM;
	strscpy(ctx->name, name);
	strscpy(ctx->vrf, vrf);
	ctx->ifindex = ifindex;
	ctx->maxconns = maxconns;
	ctx->tn = tn;
	INIT_LIST_HEAD(&ctx->services);
	INIT_LIST_HEAD(&ctx->policies);
	INIT_LIST_HEAD(&ctx->upcalls);
	INIT_LIST_HEAD(&ctx->upcall_node);
	kref_init(&ctx->ref);
	err = tlsvip_counters_init(&ctx->counters);
	if (err)
		goto err_free;
	err = tlsvip_sysfs_context_add(ctx);
	if (err) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "cannot add it to sysfs: %pe",
				       ERR_PTR(err));
		goto err_counters;
	}

	mutex_lock(&tn->stats_lock);
	list_add_tail_rcu(&ctx->node, &tn->contexts);
	mutex_unlock(&tn->stats_lock);
	WRITE_ONCE(tn->n_contexts, tn->n_contexts + 1);
	tlsvip_nl_context_notify(ctx, TLSVIP_EVENT_CREATED);
	return 0;

err_counters:
	tlsvip_counters_free(&ctx->counters);
err_free:
	kfree(ctx);
	return err;
}

/* The table's reference goes; what is left ends when the services have. */
static void tlsvip_context_remove(struct tlsvip_context *ctx)
{
	WRITE_ONCE(ctx->dead, true);
	WRITE_ONCE(ctx->reason, TLSVIP_OPER_REASON_REMOVED);
	WRITE_ONCE(ctx->tn->n_contexts, ctx->tn->n_contexts - 1);
	tlsvip_listener_stop(ctx);
	/* The last one left may have all places of the workers. */
	tlsvip_upcall_tell(ctx->tn);
	tlsvip_sysfs_context_del(ctx);
	tlsvip_nl_context_notify(ctx, TLSVIP_EVENT_DELETED);
	tlsvip_context_put(ctx);
}

/**
 * tlsvip_context_del - remove a context
 * @tn: namespace
 * @ctx: context
 * @extack: says why not
 *
 * Connections of services that were removed may still be ending.
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0 or -EBUSY: it has services or policies.
 */
int tlsvip_context_del(struct tlsvip_net *tn, struct tlsvip_context *ctx,
		       struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&tn->lock);
	if (ctx->n_services || ctx->n_policies) {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "the context has %u services and %u policies",
				       ctx->n_services, ctx->n_policies);
		return -EBUSY;
	}
	tlsvip_context_remove(ctx);
	return 0;
}

/**
 * tlsvip_context_set_vrf - the VRF of a context appeared or vanished
 * @ctx: context
 * @ifindex: index of the device, -1 when it is missing
 *
 * Without the device the services are down and their connections closed.
 *
 * Context: may sleep; holds &tlsvip_net.lock; RTNL is held by the caller or
 * not.
 */
void tlsvip_context_set_vrf(struct tlsvip_context *ctx, int ifindex)
{
	struct tlsvip_service *svc;

	lockdep_assert_held(&ctx->tn->lock);
	WRITE_ONCE(ctx->ifindex, ifindex);
	WRITE_ONCE(ctx->reason, ifindex < 0 ? TLSVIP_OPER_REASON_VRF_MISSING :
					      TLSVIP_OPER_REASON_NONE);
	list_for_each_entry(svc, &ctx->services, node)
		if (!svc->dead)
			tlsvip_service_update(svc);
	if (ifindex < 0) {
		/* first no more accepts, then what was accepted */
		tlsvip_listener_stop(ctx);
		list_for_each_entry(svc, &ctx->services, node)
			tlsvip_conn_close_service(svc,
						  TLSVIP_CLOSE_REASON_REMOVED);
	}
	tlsvip_nl_context_notify(ctx, TLSVIP_EVENT_CHANGED);
}

static void tlsvip_context_free_rcu(struct rcu_head *rcu)
{
	struct tlsvip_context *ctx;

	ctx = container_of(rcu, struct tlsvip_context, rcu);
	tlsvip_counters_free(&ctx->counters);
	kfree(ctx);
}

static void tlsvip_context_reap(struct tlsvip_context *ctx)
{
	struct tlsvip_net *tn = ctx->tn;

	mutex_lock(&tn->stats_lock);
	list_del_rcu(&ctx->node);
	tlsvip_counters_retire(&tn->counters, &ctx->counters);
	mutex_unlock(&tn->stats_lock);
	call_rcu(&ctx->rcu, tlsvip_context_free_rcu);
}

/*
 * Unlists and frees services and contexts without references. The last
 * reference may be dropped where nobody can sleep, but the lists are changed
 * under tn->lock only. Contexts come behind their services, which hold them.
 */
static void tlsvip_context_reap_work(struct work_struct *work)
{
	struct tlsvip_context *ctx, *next_ctx;
	struct tlsvip_service *svc, *next_svc;
	LIST_HEAD(services);
	LIST_HEAD(contexts);
	struct tlsvip_net *tn;

	tn = container_of(work, struct tlsvip_net, reap_work);
	for (;;) {
		spin_lock_bh(&tn->reap_lock);
		list_splice_init(&tn->reap_services, &services);
		list_splice_init(&tn->reap_contexts, &contexts);
		spin_unlock_bh(&tn->reap_lock);
		if (list_empty(&services) && list_empty(&contexts))
			break;

		mutex_lock(&tn->lock);
		list_for_each_entry_safe(svc, next_svc, &services, reap)
			tlsvip_service_reap(svc);
		list_for_each_entry_safe(ctx, next_ctx, &contexts, reap)
			tlsvip_context_reap(ctx);
		mutex_unlock(&tn->lock);
		INIT_LIST_HEAD(&services);
		INIT_LIST_HEAD(&contexts);
	}
	/* paired with tlsvip_context_net_exit() */
	wake_up_var(&tn->contexts);
}

static void tlsvip_context_release(struct kref *ref)
{
	struct tlsvip_context *ctx;
	struct tlsvip_net *tn;

	ctx = container_of(ref, struct tlsvip_context, ref);
	tn = ctx->tn;
	/* queued under the lock: the work cannot end, nor tn, before that */
	spin_lock_bh(&tn->reap_lock);
	list_add_tail(&ctx->reap, &tn->reap_contexts);
	queue_work(tlsvip_wq, &tn->reap_work);
	spin_unlock_bh(&tn->reap_lock);
}

/**
 * tlsvip_context_put - drop a reference to a context
 * @ctx: context
 *
 * Context: any but hard interrupts.
 */
void tlsvip_context_put(struct tlsvip_context *ctx)
{
	kref_put(&ctx->ref, tlsvip_context_release);
}

/**
 * tlsvip_context_reap_service - a service has lost its last reference
 * @svc: service; is unlisted and freed later
 *
 * Context: any but hard interrupts.
 */
void tlsvip_context_reap_service(struct tlsvip_service *svc)
{
	struct tlsvip_net *tn = svc->ctx->tn;

	spin_lock_bh(&tn->reap_lock);
	list_add_tail(&svc->reap, &tn->reap_services);
	queue_work(tlsvip_wq, &tn->reap_work);
	spin_unlock_bh(&tn->reap_lock);
}

/**
 * tlsvip_context_flush - remove all contexts with what is in them
 * @tn: namespace that goes away
 *
 * Nothing starts afterwards: listeners and hooks are gone.
 *
 * Context: may sleep, takes &tlsvip_net.lock.
 */
void tlsvip_context_flush(struct tlsvip_net *tn)
{
	struct tlsvip_context *ctx, *next_ctx;
	struct tlsvip_service *svc, *next_svc;
	struct tlsvip_policy *pol, *next_pol;

	mutex_lock(&tn->lock);
	tn->exiting = true;
	list_for_each_entry_safe(ctx, next_ctx, &tn->contexts, node) {
		list_for_each_entry_safe(svc, next_svc, &ctx->services, node)
			if (!svc->dead)
				tlsvip_service_remove(svc);
		list_for_each_entry_safe(pol, next_pol, &ctx->policies, node)
			tlsvip_policy_del(pol, NULL);
		if (!ctx->dead)
			tlsvip_context_remove(ctx);
	}
	mutex_unlock(&tn->lock);
}

/**
 * tlsvip_context_net_init - prepare a namespace for contexts
 * @tn: namespace, zeroed
 *
 * Context: may sleep.
 */
void tlsvip_context_net_init(struct tlsvip_net *tn)
{
	mutex_init(&tn->lock);
	mutex_init(&tn->stats_lock);
	INIT_LIST_HEAD(&tn->contexts);
	spin_lock_init(&tn->reap_lock);
	INIT_LIST_HEAD(&tn->reap_services);
	INIT_LIST_HEAD(&tn->reap_contexts);
	INIT_WORK(&tn->reap_work, tlsvip_context_reap_work);
}

/**
 * tlsvip_context_net_exit - wait until all contexts are gone
 * @tn: namespace, flushed; all connections are gone
 *
 * Contexts are held by RCU callbacks for a while (a service's configuration
 * keeps its policy, which keeps its context).
 *
 * Context: may sleep.
 */
void tlsvip_context_net_exit(struct tlsvip_net *tn)
{
	/* paired with tlsvip_context_reap_work() */
	wait_var_event(&tn->contexts, list_empty_careful(&tn->contexts));
	/* it may be past the wake-up but not at its end */
	flush_work(&tn->reap_work);
}
