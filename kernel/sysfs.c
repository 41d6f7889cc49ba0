// SPDX-License-Identifier: GPL-2.0-only
/*
 * Class tlsvip in sysfs: a device "total", one per context and one per service,
 * one value a file, every network namespace its own.
 *
 * Read-only: the configuration is netlink's. A device is a view; objects do not
 * depend on it and it holds none: deleting it waits for its readers. It is
 * deleted under tn->lock, so no reader may take that.
 */
#include <linux/device.h>
#include <linux/slab.h>

#include "service.h"

/**
 * struct tlsvip_sysfs_dev - a device and what it shows
 * @dev: the device; its last reference frees this
 * @tn: namespace
 * @ctx: context, NULL for the totals
 * @svc: service, NULL for the totals and contexts
 */
struct tlsvip_sysfs_dev {
	struct device dev;
	struct tlsvip_net *tn;
	struct tlsvip_context *ctx;
	struct tlsvip_service *svc;
};

/**
 * struct tlsvip_sysfs_counter - the file of a counter
 * @attr: the file
 * @c: the counter
 */
struct tlsvip_sysfs_counter {
	struct device_attribute attr;
	enum tlsvip_counter c;
};

static struct tlsvip_sysfs_dev *tlsvip_sysfs_dev(struct device *dev)
{
	return container_of(dev, struct tlsvip_sysfs_dev, dev);
}

static ssize_t tlsvip_sysfs_counter_show(struct device *dev,
					 struct device_attribute *attr,
					 char *buf)
{
	struct tlsvip_sysfs_dev *sd = tlsvip_sysfs_dev(dev);
	struct tlsvip_sysfs_counter *counter;
	u64 v;

	counter = container_of(attr, struct tlsvip_sysfs_counter, attr);
	tlsvip_stats_sum(sd->tn, sd->ctx, sd->svc, counter->c, 1, &v);
	return sysfs_emit(buf, "%llu\n", v);
}

#define TLSVIP_SYSFS_COUNTER(group, name_, running, doc) \
	[TLSVIP_C_##group##_##name_] = { \
		.attr = { \
			.attr = { \
				.name = #group "_" #name_, \
				.mode = 0444, \
			}, \
			.show = tlsvip_sysfs_counter_show, \
		}, \
		.c = TLSVIP_C_##group##_##name_, \
	},
#define TLSVIP_SYSFS_COUNTER_ATTR(group, name, running, doc) \
	[TLSVIP_C_##group##_##name] = \
		&tlsvip_sysfs_counters[TLSVIP_C_##group##_##name].attr.attr,

static struct tlsvip_sysfs_counter tlsvip_sysfs_counters[TLSVIP_C_NUM] = {
	TLSVIP_COUNTERS(TLSVIP_SYSFS_COUNTER)
};

static struct attribute *tlsvip_sysfs_counter_attrs[TLSVIP_C_NUM + 1] = {
	TLSVIP_COUNTERS(TLSVIP_SYSFS_COUNTER_ATTR)
};

static const struct attribute_group tlsvip_sysfs_statistics = {
	.name = "statistics",
	.attrs = tlsvip_sysfs_counter_attrs,
};

static ssize_t vrf_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%s\n", tlsvip_sysfs_dev(dev)->ctx->vrf);
}
static DEVICE_ATTR_RO(vrf);

static ssize_t maxconns_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(tlsvip_sysfs_dev(dev)->ctx->maxconns));
}
static DEVICE_ATTR_RO(maxconns);

static ssize_t conns_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct tlsvip_sysfs_dev *sd = tlsvip_sysfs_dev(dev);

	return sysfs_emit(buf, "%d\n", atomic_read(sd->svc ? &sd->svc->live :
						   &sd->ctx->live));
}
static DEVICE_ATTR_RO(conns);

static enum tlsvip_oper_reason
tlsvip_sysfs_reason(const struct tlsvip_sysfs_dev *sd)
{
	return sd->svc ? READ_ONCE(sd->svc->reason) :
			 READ_ONCE(sd->ctx->reason);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	enum tlsvip_oper_reason r = tlsvip_sysfs_reason(tlsvip_sysfs_dev(dev));

	return sysfs_emit(buf, "%s\n",
			  r == TLSVIP_OPER_REASON_NONE ? "up" : "down");
}
static DEVICE_ATTR_RO(state);

static ssize_t reason_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	enum tlsvip_oper_reason r = tlsvip_sysfs_reason(tlsvip_sysfs_dev(dev));

	return sysfs_emit(buf, "%s\n", tlsvip_oper_reason_name(r));
}
static DEVICE_ATTR_RO(reason);

/* An empty line where there is no address. */
static ssize_t tlsvip_sysfs_addr(char *buf, const struct tlsvip_addr *addr)
{
	if (addr->family == AF_INET)
		return sysfs_emit(buf, "%pI4:%u\n", &addr->ip4,
				  ntohs(addr->port));
	if (addr->family == AF_INET6)
		return sysfs_emit(buf, "[%pI6c]:%u\n", &addr->ip6,
				  ntohs(addr->port));
	return sysfs_emit(buf, "\n");
}

static ssize_t vip_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	struct tlsvip_service *svc = tlsvip_sysfs_dev(dev)->svc;
	ssize_t len;

	rcu_read_lock();
	len = tlsvip_sysfs_addr(buf, &rcu_dereference(svc->cfg)->vip);
	rcu_read_unlock();
	return len;
}
static DEVICE_ATTR_RO(vip);

static ssize_t server_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct tlsvip_service *svc = tlsvip_sysfs_dev(dev)->svc;
	ssize_t len;

	rcu_read_lock();
	len = tlsvip_sysfs_addr(buf, &rcu_dereference(svc->cfg)->server);
	rcu_read_unlock();
	return len;
}
static DEVICE_ATTR_RO(server);

static ssize_t trustpoint_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct tlsvip_service *svc = tlsvip_sysfs_dev(dev)->svc;
	ssize_t len;

	rcu_read_lock();
	len = sysfs_emit(buf, "%s\n", rcu_dereference(svc->cfg)->trustpoint);
	rcu_read_unlock();
	return len;
}
static DEVICE_ATTR_RO(trustpoint);

static ssize_t inservice_show(struct device *dev,
			      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  READ_ONCE(tlsvip_sysfs_dev(dev)->svc->inservice));
}
static DEVICE_ATTR_RO(inservice);

static ssize_t cleared_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%lld\n",
			  (long long)READ_ONCE(tlsvip_sysfs_dev(dev)->tn->cleared));
}
static DEVICE_ATTR_RO(cleared);

static struct attribute *tlsvip_sysfs_total_attrs[] = {
	&dev_attr_cleared.attr,
	NULL,
};

static struct attribute *tlsvip_sysfs_context_attrs[] = {
	&dev_attr_conns.attr,
	&dev_attr_maxconns.attr,
	&dev_attr_reason.attr,
	&dev_attr_state.attr,
	&dev_attr_vrf.attr,
	NULL,
};

static struct attribute *tlsvip_sysfs_service_attrs[] = {
	&dev_attr_conns.attr,
	&dev_attr_inservice.attr,
	&dev_attr_reason.attr,
	&dev_attr_server.attr,
	&dev_attr_state.attr,
	&dev_attr_trustpoint.attr,
	&dev_attr_vip.attr,
	NULL,
};

#define TLSVIP_SYSFS_GROUPS(scope) \
	static const struct attribute_group tlsvip_sysfs_##scope##_group = { \
		.attrs = tlsvip_sysfs_##scope##_attrs, \
	}; \
	static const struct attribute_group *tlsvip_sysfs_##scope##_groups[] = { \
		&tlsvip_sysfs_##scope##_group, \
		&tlsvip_sysfs_statistics, \
		NULL, \
	}

TLSVIP_SYSFS_GROUPS(total);
TLSVIP_SYSFS_GROUPS(context);
TLSVIP_SYSFS_GROUPS(service);

static tlsvip_compat_ns tlsvip_sysfs_namespace(const struct device *dev)
{
	const struct tlsvip_sysfs_dev *sd;

	sd = container_of_const(dev, struct tlsvip_sysfs_dev, dev);
	return tlsvip_compat_net_ns(sd->tn->net);
}

static const struct class tlsvip_sysfs_class = {
	.name = "tlsvip",
	.ns_type = &net_ns_type_operations,
	.namespace = tlsvip_sysfs_namespace,
};

static void tlsvip_sysfs_release(struct device *dev)
{
	kfree(tlsvip_sysfs_dev(dev));
}

/* Return: the device, deleted by tlsvip_sysfs_del(), or an ERR_PTR. */
static struct device *
tlsvip_sysfs_add(struct tlsvip_net *tn, struct tlsvip_context *ctx,
		 struct tlsvip_service *svc)
{
	struct tlsvip_sysfs_dev *sd;
	int err;

	sd = kzalloc(sizeof(*sd), GFP_KERNEL_ACCOUNT);
	if (!sd)
		return ERR_PTR(-ENOMEM);
	sd->tn = tn;
	sd->ctx = ctx;
	sd->svc = svc;
	device_initialize(&sd->dev);
	sd->dev.class = &tlsvip_sysfs_class;
	sd->dev.release = tlsvip_sysfs_release;
	/* names of objects have no colon, so that no two devices collide */
	if (svc) {
		sd->dev.groups = tlsvip_sysfs_service_groups;
		err = dev_set_name(&sd->dev, "service:%s:%s", ctx->name,
				   svc->name);
	} else if (ctx) {
		sd->dev.groups = tlsvip_sysfs_context_groups;
		err = dev_set_name(&sd->dev, "context:%s", ctx->name);
	} else {
		sd->dev.groups = tlsvip_sysfs_total_groups;
		err = dev_set_name(&sd->dev, "total");
	}
	if (!err)
		err = device_add(&sd->dev);
	if (err) {
		put_device(&sd->dev);
		return ERR_PTR(err);
	}
	return &sd->dev;
}

/* Waits for readers. Whoever still has the directory open keeps the memory. */
static void tlsvip_sysfs_del(struct device *dev)
{
	if (dev)
		device_unregister(dev);
}

/**
 * tlsvip_sysfs_context_add - show a context
 * @ctx: context, not yet listed
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0 or a negative error.
 */
int tlsvip_sysfs_context_add(struct tlsvip_context *ctx)
{
	struct device *dev = tlsvip_sysfs_add(ctx->tn, ctx, NULL);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	ctx->dev = dev;
	return 0;
}

/**
 * tlsvip_sysfs_context_del - show a context no more
 * @ctx: context
 *
 * Context: may sleep; holds &tlsvip_net.lock. Waits for readers.
 */
void tlsvip_sysfs_context_del(struct tlsvip_context *ctx)
{
	tlsvip_sysfs_del(ctx->dev);
	ctx->dev = NULL;
}

/**
 * tlsvip_sysfs_service_add - show a service
 * @svc: service, not yet listed
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0 or a negative error.
 */
int tlsvip_sysfs_service_add(struct tlsvip_service *svc)
{
	struct device *dev = tlsvip_sysfs_add(svc->ctx->tn, svc->ctx, svc);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	svc->dev = dev;
	return 0;
}

/**
 * tlsvip_sysfs_service_del - show a service no more
 * @svc: service
 *
 * Context: may sleep; holds &tlsvip_net.lock. Waits for readers.
 */
void tlsvip_sysfs_service_del(struct tlsvip_service *svc)
{
	tlsvip_sysfs_del(svc->dev);
	svc->dev = NULL;
}

/**
 * tlsvip_sysfs_net_init - show the totals of a namespace
 * @tn: namespace
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tlsvip_sysfs_net_init(struct tlsvip_net *tn)
{
	struct device *dev = tlsvip_sysfs_add(tn, NULL, NULL);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	tn->dev = dev;
	return 0;
}

/**
 * tlsvip_sysfs_net_exit - show the totals of a namespace no more
 * @tn: namespace
 *
 * Context: may sleep. Waits for readers.
 */
void tlsvip_sysfs_net_exit(struct tlsvip_net *tn)
{
	tlsvip_sysfs_del(tn->dev);
	tn->dev = NULL;
}

/**
 * tlsvip_sysfs_init - register the class
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tlsvip_sysfs_init(void)
{
	return class_register(&tlsvip_sysfs_class);
}

/**
 * tlsvip_sysfs_exit - unregister the class
 *
 * Context: may sleep. All devices are gone.
 */
void tlsvip_sysfs_exit(void)
{
	class_unregister(&tlsvip_sysfs_class);
}
