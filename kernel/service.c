// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services: their life, their operational state and the table by which
 * steering and accept find them.
 *
 * What a service may look like is decided in service_check.c, what becomes of
 * its connections in conn.c.
 */
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "service.h"

static const struct rhashtable_params tlsvip_service_vips = {
	.key_len = sizeof(struct tlsvip_vip_key),
	.key_offset = offsetof(struct tlsvip_service, key),
	.head_offset = offsetof(struct tlsvip_service, vip_node),
	.automatic_shrinking = true,
};

/**
 * tlsvip_service_lookup - find a service by name
 * @ctx: context
 * @name: name
 *
 * Context: in an RCU read-side section or with &tlsvip_net.lock.
 * Return: the service without a reference, or NULL.
 */
struct tlsvip_service *tlsvip_service_lookup(struct tlsvip_context *ctx,
					     const char *name)
{
	struct tlsvip_service *svc;

	list_for_each_entry_rcu(svc, &ctx->services, node,
				lockdep_is_held(&ctx->tn->lock))
		if (!READ_ONCE(svc->dead) && !strcmp(svc->name, name))
			return svc;
	return NULL;
}

static struct tlsvip_service *
tlsvip_service_next_in(struct tlsvip_context *ctx, struct tlsvip_service *svc)
{
	struct list_head *at = svc ? &svc->node : &ctx->services;

	do {
		svc = list_next_or_null_rcu(&ctx->services, at,
					    struct tlsvip_service, node);
		if (svc)
			at = &svc->node;
	} while (svc && READ_ONCE(svc->dead));
	return svc;
}

/**
 * tlsvip_service_next - walk services
 * @tn: namespace
 * @ctx: walk the services of this context, NULL for those of all
 * @svc: the last one, NULL to begin
 *
 * Context: in one RCU read-side section or with &tlsvip_net.lock.
 * Return: the next service that is not removed, without a reference, or NULL.
 */
struct tlsvip_service *tlsvip_service_next(struct tlsvip_net *tn,
					   struct tlsvip_context *ctx,
					   struct tlsvip_service *svc)
{
	struct tlsvip_context *in;

	if (ctx)
		return tlsvip_service_next_in(ctx, svc);
	in = svc ? svc->ctx : tlsvip_context_next(tn, NULL);
	while (in) {
		svc = tlsvip_service_next_in(in, svc);
		if (svc)
			return svc;
		in = tlsvip_context_next(tn, in);
	}
	return NULL;
}

/**
 * tlsvip_service_lookup_rcu - find the service that is up at a VIP
 * @tn: namespace
 * @k: key; unused bytes are zero
 *
 * Context: any, in an RCU read-side section.
 * Return: the service without a reference, or NULL.
 */
struct tlsvip_service *tlsvip_service_lookup_rcu(struct tlsvip_net *tn,
						 const struct tlsvip_vip_key *k)
{
	return rhashtable_lookup(&tn->vips, k, tlsvip_service_vips);
}

/**
 * tlsvip_service_get_by_vip - find and hold the service that is up at a VIP
 * @tn: namespace
 * @k: key; unused bytes are zero
 *
 * Context: any.
 * Return: the service with a reference, or NULL.
 */
struct tlsvip_service *tlsvip_service_get_by_vip(struct tlsvip_net *tn,
						 const struct tlsvip_vip_key *k)
{
	struct tlsvip_service *svc;

	rcu_read_lock();
	svc = tlsvip_service_lookup_rcu(tn, k);
	if (svc && !tlsvip_service_hold(svc))
		svc = NULL;
	rcu_read_unlock();
	return svc;
}

/**
 * tlsvip_service_hold - take a reference to a service
 * @svc: service that was found under RCU
 *
 * Context: any, in the same RCU read-side section.
 * Return: false if it is being freed.
 */
bool tlsvip_service_hold(struct tlsvip_service *svc)
{
	return kref_get_unless_zero(&svc->ref);
}

static void tlsvip_service_release(struct kref *ref)
{
	tlsvip_context_reap_service(container_of(ref, struct tlsvip_service,
						 ref));
}

/**
 * tlsvip_service_put - drop a reference to a service
 * @svc: service
 *
 * Context: any but hard interrupts.
 */
void tlsvip_service_put(struct tlsvip_service *svc)
{
	kref_put(&svc->ref, tlsvip_service_release);
}

/* The policies' references last as long as somebody may read the pointers. */
static void tlsvip_service_cfg_free_rcu(struct rcu_head *rcu)
{
	struct tlsvip_service_cfg *cfg;

	cfg = container_of(rcu, struct tlsvip_service_cfg, rcu);
	if (cfg->policy)
		tlsvip_policy_put(cfg->policy);
	if (cfg->rewrite)
		tlsvip_policy_put(cfg->rewrite);
	kfree(cfg);
}

/* @cfg is no service's configuration any more; policies may be removed */
static void tlsvip_service_cfg_unuse(struct tlsvip_service_cfg *cfg)
{
	if (cfg->policy)
		cfg->policy->users--;
	if (cfg->rewrite)
		cfg->rewrite->users--;
}

/* @cfg is not reachable any more, or never was */
static void tlsvip_service_cfg_drop(struct tlsvip_service_cfg *cfg)
{
	call_rcu(&cfg->rcu, tlsvip_service_cfg_free_rcu);
}

/* the reference is dropped in tlsvip_service_cfg_free_rcu() */
static void tlsvip_service_use(struct tlsvip_policy *pol)
{
	if (!pol)
		return;
	tlsvip_policy_hold(pol);
	pol->users++;
}

static struct tlsvip_service_cfg *
tlsvip_service_cfg_new(const struct tlsvip_service_spec *spec)
{
	struct tlsvip_service_cfg *cfg;

	cfg = kmemdup(&spec->cfg, sizeof(*cfg), GFP_KERNEL_ACCOUNT);
	if (!cfg)
		return NULL;
	tlsvip_service_use(cfg->policy);
	tlsvip_service_use(cfg->rewrite);
	return cfg;
}

/*
 * A packet that found the service before it was taken out of the table may
 * still compare the key: half of the old and half of the new one could be the
 * address of somebody else. Most often nobody has to wait.
 */
static void tlsvip_service_set_key(struct tlsvip_service *svc,
				   const struct tlsvip_addr *vip)
{
	struct tlsvip_vip_key key;

	tlsvip_vip_key_set(&key, svc->ctx->ifindex, vip);
	if (!memcmp(&key, &svc->key, sizeof(key)))
		return;
	cond_synchronize_rcu(svc->unhashed);
	svc->key = key;
}

/* Into the table, with everything that the packets then need. */
static int tlsvip_service_up(struct tlsvip_service *svc)
{
	const struct tlsvip_addr *vip = &tlsvip_service_cfg(svc)->vip;
	struct tlsvip_context *ctx = svc->ctx;
	struct tlsvip_net *tn = ctx->tn;
	int err;

	if (!tlsvip_listener_serves(ctx, vip->family))
		return -EAFNOSUPPORT;
	if (!tn->n_up) {
		err = tlsvip_steer_on(tn);
		if (err)
			return err;
	}
	tlsvip_service_set_key(svc, vip);
	err = rhashtable_lookup_insert_fast(&tn->vips, &svc->vip_node,
					    tlsvip_service_vips);
	if (err) {
		if (!tn->n_up)
			tlsvip_steer_off(tn);
		return err;
	}
	svc->hashed = true;
	tn->n_up++;
	return 0;
}

static void tlsvip_service_down(struct tlsvip_service *svc)
{
	struct tlsvip_net *tn = svc->ctx->tn;

	rhashtable_remove_fast(&tn->vips, &svc->vip_node, tlsvip_service_vips);
	svc->hashed = false;
	svc->unhashed = get_state_synchronize_rcu();
	if (!--tn->n_up)
		tlsvip_steer_off(tn);
}

static void tlsvip_service_context_reason(struct tlsvip_context *ctx,
					  enum tlsvip_oper_reason reason)
{
	if (ctx->reason == reason)
		return;
	WRITE_ONCE(ctx->reason, reason);
	tlsvip_nl_context_notify(ctx, TLSVIP_EVENT_CHANGED);
}

static enum tlsvip_oper_reason tlsvip_service_judge(struct tlsvip_service *svc)
{
	struct tlsvip_context *ctx = svc->ctx;
	int err;

	if (svc->dead || ctx->dead)
		return TLSVIP_OPER_REASON_REMOVED;
	if (!svc->inservice)
		return TLSVIP_OPER_REASON_ADMIN;
	if (ctx->ifindex < 0)
		return TLSVIP_OPER_REASON_VRF_MISSING;

	/* also when it is up: somebody may have destroyed them */
	err = tlsvip_listener_start(ctx);
	if (!err && !svc->hashed)
		err = tlsvip_service_up(svc);
	if (!err) {
		tlsvip_service_context_reason(ctx, TLSVIP_OPER_REASON_NONE);
		return TLSVIP_OPER_REASON_NONE;
	}
	if (svc->reason != TLSVIP_OPER_REASON_LISTENER)
		pr_warn_ratelimited("context %s service %s: cannot serve: %pe\n",
				    ctx->name, svc->name, ERR_PTR(err));
	tlsvip_retry_later(ctx->tn);
	if (!rcu_access_pointer(ctx->listener))
		tlsvip_service_context_reason(ctx,
					      TLSVIP_OPER_REASON_LISTENER);
	return TLSVIP_OPER_REASON_LISTENER;
}

/* Nothing is wrong with a context whose proxy sockets nobody waits for. */
static void tlsvip_service_context_calm(struct tlsvip_context *ctx)
{
	struct tlsvip_service *svc;

	if (ctx->reason != TLSVIP_OPER_REASON_LISTENER)
		return;
	list_for_each_entry(svc, &ctx->services, node)
		if (svc->reason == TLSVIP_OPER_REASON_LISTENER)
			return;
	tlsvip_service_context_reason(ctx, TLSVIP_OPER_REASON_NONE);
}

/* Return: the operational state has changed. */
static bool tlsvip_service_judge_again(struct tlsvip_service *svc)
{
	enum tlsvip_oper_reason old = svc->reason;
	enum tlsvip_oper_reason new = tlsvip_service_judge(svc);

	if (svc->hashed && new != TLSVIP_OPER_REASON_NONE)
		tlsvip_service_down(svc);
	WRITE_ONCE(svc->reason, new);
	if (new != old)
		tlsvip_service_context_calm(svc->ctx);
	return new != old;
}

/**
 * tlsvip_service_update - bring the operational state up to date
 * @svc: service
 *
 * What decides it: inservice, the context's VRF and proxy sockets, removal.
 * Down means no new connections; what was accepted goes on.
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 */
void tlsvip_service_update(struct tlsvip_service *svc)
{
	lockdep_assert_held(&svc->ctx->tn->lock);
	if (tlsvip_service_judge_again(svc))
		tlsvip_nl_service_notify(svc, TLSVIP_EVENT_CHANGED);
}

/**
 * tlsvip_service_spec_init - begin a request
 * @spec: filled with what @svc is, or with the defaults
 * @svc: service to change, NULL for a new one
 *
 * Context: holds &tlsvip_net.lock with @svc.
 */
void tlsvip_service_spec_init(struct tlsvip_service_spec *spec,
			      struct tlsvip_service *svc)
{
	memset(spec, 0, sizeof(*spec));
	if (svc) {
		spec->cfg = *tlsvip_service_cfg(svc);
		spec->inservice = svc->inservice;
		return;
	}
	spec->cfg.handshake_ms = TLSVIP_HANDSHAKE_TIMEOUT_MS;
	spec->cfg.connect_ms = TLSVIP_CONNECT_TIMEOUT_MS;
	spec->cfg.idle_ms = TLSVIP_IDLE_TIMEOUT_MS;
	spec->cfg.linger_ms = TLSVIP_LINGER_TIMEOUT_MS;
}

static int tlsvip_service_check_new(struct tlsvip_context *ctx,
				    const char *name,
				    struct netlink_ext_ack *extack)
{
	int err;

	err = tlsvip_name_check(name, "service", extack);
	if (err)
		return err;
	if (tlsvip_service_lookup(ctx, name)) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "service %.40s exists", name);
		return -EEXIST;
	}
	if (ctx->tn->n_services >= TLSVIP_SERVICES_MAX) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "there are %u services already",
				       ctx->tn->n_services);
		return -ENOSPC;
	}
	return 0;
}

static struct tlsvip_service *
tlsvip_service_new(struct tlsvip_context *ctx, const char *name,
		   const struct tlsvip_service_spec *spec)
{
	struct tlsvip_service *svc;

	svc = kzalloc(sizeof(*svc), GFP_KERNEL_ACCOUNT);
	if (!svc)
		return NULL;
	strscpy(svc->name, name);
	svc->ctx = ctx;
	svc->inservice = spec->inservice;
	svc->reason = TLSVIP_OPER_REASON_ADMIN;
	svc->unhashed = get_completed_synchronize_rcu();
	spin_lock_init(&svc->conns_lock);
	INIT_LIST_HEAD(&svc->conns);
	kref_init(&svc->ref);
	if (tlsvip_counters_init(&svc->counters)) {
		kfree(svc);
		return NULL;
	}
	return svc;
}

/**
 * tlsvip_service_add - create a service
 * @ctx: its context
 * @name: its name
 * @spec: its configuration
 * @extack: says why not
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0, -EEXIST, -ENOSPC, -ENOMEM, or as tlsvip_service_check().
 */
int tlsvip_service_add(struct tlsvip_context *ctx, const char *name,
		       const struct tlsvip_service_spec *spec,
		       struct netlink_ext_ack *extack)
{
	struct tlsvip_net *tn = ctx->tn;
	struct tlsvip_service_cfg *cfg;
	struct tlsvip_service *svc;
	int err;

	err = tlsvip_service_check_new(ctx, name, extack);
	if (err)
		return err;
	err = tlsvip_service_check(ctx, NULL, spec, extack);
	if (err)
		return err;
	svc = tlsvip_service_new(ctx, name, spec);
	if (!svc)
		return -ENOMEM;
	cfg = tlsvip_service_cfg_new(spec);
	if (!cfg) {
		err = -ENOMEM;
		goto err_service;
	}
	RCU_INIT_POINTER(svc->cfg, cfg);
	err = tlsvip_sysfs_service_add(svc);
	if (err) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "cannot add it to sysfs: %pe",
				       ERR_PTR(err));
		goto err_cfg;
	}

	kref_get(&ctx->ref); /* dropped in tlsvip_service_reap() */
	mutex_lock(&tn->stats_lock);
	list_add_tail_rcu(&svc->node, &ctx->services);
	mutex_unlock(&tn->stats_lock);
	ctx->n_services++;
	tn->n_services++;
	tlsvip_service_judge_again(svc);
	tlsvip_nl_service_notify(svc, TLSVIP_EVENT_CREATED);
	return 0;

err_cfg:
	tlsvip_service_cfg_unuse(cfg);
	tlsvip_service_cfg_drop(cfg);
err_service:
	tlsvip_counters_free(&svc->counters);
	kfree(svc);
	return err;
}

/**
 * tlsvip_service_set - change a service
 * @svc: service
 * @spec: its whole new configuration
 * @extack: says why not
 *
 * Connections keep the configuration they were accepted with.
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0, -ENOMEM, or as tlsvip_service_check().
 */
int tlsvip_service_set(struct tlsvip_service *svc,
		       const struct tlsvip_service_spec *spec,
		       struct netlink_ext_ack *extack)
{
	struct tlsvip_service_cfg *old = tlsvip_service_cfg(svc);
	struct tlsvip_service_cfg *cfg;
	int err;

	err = tlsvip_service_check(svc->ctx, svc, spec, extack);
	if (err)
		return err;
	cfg = tlsvip_service_cfg_new(spec);
	if (!cfg)
		return -ENOMEM;

	/* the check made sure that a new VIP comes while not in service */
	WRITE_ONCE(svc->inservice, spec->inservice);
	if (!svc->inservice)
		tlsvip_service_judge_again(svc);
	rcu_assign_pointer(svc->cfg, cfg);
	tlsvip_service_cfg_unuse(old);
	tlsvip_service_cfg_drop(old);
	tlsvip_service_judge_again(svc);
	tlsvip_nl_service_notify(svc, TLSVIP_EVENT_CHANGED);
	return 0;
}

/**
 * tlsvip_service_remove - remove a service
 * @svc: service; may be gone once the caller drops the lock
 *
 * Its connections are told to end and hold it until they have. A namespace
 * that exits closes them all by itself, and knows the better reason.
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 */
void tlsvip_service_remove(struct tlsvip_service *svc)
{
	struct tlsvip_context *ctx = svc->ctx;

	lockdep_assert_held(&ctx->tn->lock);
	WRITE_ONCE(svc->dead, true);
	WRITE_ONCE(svc->inservice, false);
	tlsvip_service_judge_again(svc);
	ctx->n_services--;
	ctx->tn->n_services--;
	tlsvip_sysfs_service_del(svc);
	if (!ctx->tn->exiting)
		tlsvip_conn_close_service(svc, TLSVIP_CLOSE_REASON_REMOVED);
	tlsvip_nl_service_notify(svc, TLSVIP_EVENT_DELETED);
	/* freed with the service: an accept under way may read it */
	tlsvip_service_cfg_unuse(tlsvip_service_cfg(svc));
	tlsvip_service_put(svc);
}

static void tlsvip_service_free_rcu(struct rcu_head *rcu)
{
	struct tlsvip_service *svc;

	svc = container_of(rcu, struct tlsvip_service, rcu);
	tlsvip_counters_free(&svc->counters);
	kfree(svc);
}

/**
 * tlsvip_service_reap - unlist and free a service without references
 * @svc: service
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 */
void tlsvip_service_reap(struct tlsvip_service *svc)
{
	struct tlsvip_context *ctx = svc->ctx;
	struct tlsvip_net *tn = ctx->tn;

	lockdep_assert_held(&tn->lock);
	mutex_lock(&tn->stats_lock);
	list_del_rcu(&svc->node);
	tlsvip_counters_retire(&ctx->counters, &svc->counters);
	mutex_unlock(&tn->stats_lock);
	tlsvip_service_cfg_drop(tlsvip_service_cfg(svc));
	call_rcu(&svc->rcu, tlsvip_service_free_rcu);
	tlsvip_context_put(ctx);
}

/**
 * tlsvip_service_net_init - prepare a namespace for services
 * @tn: namespace
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tlsvip_service_net_init(struct tlsvip_net *tn)
{
	return rhashtable_init(&tn->vips, &tlsvip_service_vips);
}

/**
 * tlsvip_service_net_exit - undo tlsvip_service_net_init()
 * @tn: namespace without services; a grace period has passed since the hooks
 *	were taken off
 *
 * Context: may sleep.
 */
void tlsvip_service_net_exit(struct tlsvip_net *tn)
{
	rhashtable_destroy(&tn->vips);
}
