// SPDX-License-Identifier: GPL-2.0-only
/*
 * Second attempts: for services that are in service but got no proxy socket,
 * and for contexts whose proxy socket somebody has destroyed.
 *
 * It only decides when to look again; what a service needs to be up is in
 * service.c.
 */
#include <linux/minmax.h>
#include <linux/rculist.h>

#include "tlsvip.h"

#define TLSVIP_RETRY_LEAST	HZ
#define TLSVIP_RETRY_MOST	(30 * HZ)

static u32 tlsvip_retry_down(const struct tlsvip_context *ctx)
{
	const struct tlsvip_service *svc;
	u32 n = 0;

	list_for_each_entry(svc, &ctx->services, node)
		n += !svc->dead && svc->reason == TLSVIP_OPER_REASON_LISTENER;
	return n;
}

static u32 tlsvip_retry_up(const struct tlsvip_context *ctx)
{
	const struct tlsvip_service *svc;
	u32 n = 0;

	list_for_each_entry(svc, &ctx->services, node)
		n += svc->hashed;
	return n;
}

/* Return: services of the context are still without a proxy socket. */
static bool tlsvip_retry_context(struct tlsvip_context *ctx)
{
	u32 down = tlsvip_retry_down(ctx), up = tlsvip_retry_up(ctx);
	struct tlsvip_service *svc;

	if (!down && (!up || tlsvip_listener_alive(ctx)))
		return false;
	tlsvip_count(&ctx->counters, TLSVIP_C_steer_listener_retry);
	/* One attempt for all; those that are up must be told of a failure. */
	if (tlsvip_listener_start(ctx) && !up)
		return true;
	list_for_each_entry(svc, &ctx->services, node)
		if (!svc->dead)
			tlsvip_service_update(svc);
	return tlsvip_retry_down(ctx);
}

static void tlsvip_retry_work(struct work_struct *work)
{
	struct tlsvip_context *ctx = NULL;
	struct tlsvip_net *tn;
	bool again = false;

	tn = container_of(to_delayed_work(work), struct tlsvip_net, retry);
	mutex_lock(&tn->lock);
	if (!tn->exiting)
		while ((ctx = tlsvip_context_next(tn, ctx)))
			again |= tlsvip_retry_context(ctx);
	if (again) {
		tn->retry_delay = min(2 * tn->retry_delay, TLSVIP_RETRY_MOST);
		tlsvip_retry_later(tn);
	} else {
		tn->retry_delay = TLSVIP_RETRY_LEAST;
	}
	mutex_unlock(&tn->lock);
}

/**
 * tlsvip_retry_later - a service could not get what it needs
 * @tn: namespace
 *
 * Tries after a second, and after twice as long each time up to 30 seconds.
 *
 * Context: any; holds &tlsvip_net.lock.
 */
void tlsvip_retry_later(struct tlsvip_net *tn)
{
	lockdep_assert_held(&tn->lock);
	if (!tn->exiting)
		queue_delayed_work(tlsvip_wq, &tn->retry, tn->retry_delay);
}

/**
 * tlsvip_retry_now - a proxy socket may have died
 * @tn: namespace
 *
 * Context: any; the caller is excluded before tlsvip_retry_net_exit().
 */
void tlsvip_retry_now(struct tlsvip_net *tn)
{
	mod_delayed_work(tlsvip_wq, &tn->retry, 0);
}

/**
 * tlsvip_retry_net_init - prepare a namespace for second attempts
 * @tn: namespace
 *
 * Context: may sleep.
 */
void tlsvip_retry_net_init(struct tlsvip_net *tn)
{
	tn->retry_delay = TLSVIP_RETRY_LEAST;
	INIT_DELAYED_WORK(&tn->retry, tlsvip_retry_work);
}

/**
 * tlsvip_retry_net_exit - no more attempts
 * @tn: namespace, exiting and without listeners
 *
 * Context: may sleep; without &tlsvip_net.lock, which the work takes.
 */
void tlsvip_retry_net_exit(struct tlsvip_net *tn)
{
	cancel_delayed_work_sync(&tn->retry);
}
