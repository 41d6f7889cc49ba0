// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows the VRF devices of contexts: one that is removed or renamed takes
 * its context's services down, one that appears brings them back.
 *
 * It knows nothing of what "down" means; tlsvip_context_set_vrf() does.
 */
#include <linux/notifier.h>
#include <net/l3mdev.h>

#include "tlsvip.h"

/* Unregistering plays the removal of every device; no context shall see it. */
static bool tlsvip_context_notifier_off;

static void tlsvip_context_notifier_gone(struct tlsvip_net *tn,
					 const struct net_device *dev,
					 bool removed)
{
	struct tlsvip_context *ctx;

	for (ctx = tlsvip_context_next(tn, NULL); ctx;
	     ctx = tlsvip_context_next(tn, ctx))
		if (*ctx->vrf && ctx->ifindex == dev->ifindex &&
		    (removed || strcmp(ctx->vrf, dev->name)))
			tlsvip_context_set_vrf(ctx, -1);
}

static void tlsvip_context_notifier_there(struct tlsvip_net *tn,
					  const struct net_device *dev)
{
	struct tlsvip_context *ctx;

	for (ctx = tlsvip_context_next(tn, NULL); ctx;
	     ctx = tlsvip_context_next(tn, ctx))
		if (*ctx->vrf && ctx->ifindex < 0 &&
		    !strcmp(ctx->vrf, dev->name))
			tlsvip_context_set_vrf(ctx, dev->ifindex);
}

/*
 * Runs under RTNL and takes tn->lock inside: nothing under tn->lock takes RTNL.
 * Doing it here and not in a work makes the unregistering of a device end its
 * use by name and index before either can be given to another one. Connections
 * are only told to end; unregister_netdevice() waits for their routes.
 */
static int tlsvip_context_notifier_call(struct notifier_block *nb,
					unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct tlsvip_net *tn = tlsvip_net(dev_net(dev));

	if (event != NETDEV_REGISTER && event != NETDEV_UNREGISTER &&
	    event != NETDEV_CHANGENAME)
		return NOTIFY_DONE;
	/* Of no other device does a context know; RTNL is not to wait then. */
	if (!netif_is_l3_master(dev))
		return NOTIFY_DONE;
	/* no state yet: loopback comes before us in a new namespace */
	if (!tn || READ_ONCE(tlsvip_context_notifier_off))
		return NOTIFY_DONE;

	mutex_lock(&tn->lock);
	if (!tn->exiting) {
		tlsvip_context_notifier_gone(tn, dev,
					     event == NETDEV_UNREGISTER);
		if (event != NETDEV_UNREGISTER)
			tlsvip_context_notifier_there(tn, dev);
	}
	mutex_unlock(&tn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block tlsvip_context_notifier = {
	.notifier_call = tlsvip_context_notifier_call,
};

/**
 * tlsvip_context_notifier_init - begin to follow devices
 *
 * Context: may sleep, takes RTNL.
 * Return: 0 or a negative error.
 */
int tlsvip_context_notifier_init(void)
{
	return register_netdevice_notifier(&tlsvip_context_notifier);
}

/**
 * tlsvip_context_notifier_exit - follow devices no more
 *
 * Context: may sleep, takes RTNL.
 */
void tlsvip_context_notifier_exit(void)
{
	WRITE_ONCE(tlsvip_context_notifier_off, true);
	unregister_netdevice_notifier(&tlsvip_context_notifier);
}
