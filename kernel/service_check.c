// SPDX-License-Identifier: GPL-2.0-only
/*
 * May a service be configured like that? Every refusal in words.
 *
 * It changes nothing; service.c applies what passed.
 */
#include <linux/in.h>
#include <net/addrconf.h>
#include <net/ipv6.h>

#include "service.h"

/**
 * tlsvip_addr_equal - are two addresses and ports the same?
 * @a: one
 * @b: the other
 *
 * Context: any.
 * Return: true if they are; false if both have none.
 */
bool tlsvip_addr_equal(const struct tlsvip_addr *a,
		       const struct tlsvip_addr *b)
{
	if (!a->family || a->family != b->family || a->port != b->port)
		return false;
	if (a->family == AF_INET)
		return a->ip4 == b->ip4;
	return ipv6_addr_equal(&a->ip6, &b->ip6);
}

static const char *tlsvip_service_bad_ip4(__be32 ip)
{
	if (ipv4_is_multicast(ip))
		return "a multicast address";
	if (ipv4_is_zeronet(ip))
		return "not an address of a host";
	if (ipv4_is_lbcast(ip))
		return "the broadcast address";
	return NULL;
}

static const char *tlsvip_service_bad_ip6(const struct in6_addr *ip)
{
	if (ipv6_addr_is_multicast(ip))
		return "a multicast address";
	if (ipv6_addr_any(ip))
		return "the unspecified address";
	if (ipv6_addr_v4mapped(ip))
		return "an IPv4 address in disguise, write it as one";
	if (ipv6_addr_type(ip) & IPV6_ADDR_LINKLOCAL)
		return "a link-local address";
	return NULL;
}

/* @addr may be absent; with an address there must be a port. */
static int tlsvip_service_check_addr(const struct tlsvip_addr *addr,
				     const char *what,
				     struct netlink_ext_ack *extack)
{
	const char *bad = NULL;

	if (!addr->family && addr->port) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "the %s has a port but no address",
				       what);
		return -EINVAL;
	}
	if (!addr->family)
		return 0;
	if (addr->family == AF_INET)
		bad = tlsvip_service_bad_ip4(addr->ip4);
	else
		bad = tlsvip_service_bad_ip6(&addr->ip6);
	if (bad) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "the %s is %s", what, bad);
		return -EINVAL;
	}
	if (!addr->port) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "the %s has no port", what);
		return -EINVAL;
	}
	return 0;
}

static int tlsvip_service_check_unique(struct tlsvip_context *ctx,
				       const struct tlsvip_service *self,
				       const struct tlsvip_addr *vip,
				       struct netlink_ext_ack *extack)
{
	struct tlsvip_service *svc;

	list_for_each_entry(svc, &ctx->services, node) {
		if (svc->dead || svc == self ||
		    !tlsvip_addr_equal(&tlsvip_service_cfg(svc)->vip, vip))
			continue;
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "the VIP and port belong to service %.32s",
				       svc->name);
		return -EADDRINUSE;
	}
	return 0;
}

static int tlsvip_service_check_complete(const struct tlsvip_service_spec *spec,
					 struct netlink_ext_ack *extack)
{
	const char *missing = NULL;

	if (!spec->cfg.vip.family)
		missing = "VIP";
	else if (!spec->cfg.server.family)
		missing = "server";
	else if (!*spec->cfg.trustpoint)
		missing = "trustpoint";
	if (!missing)
		return 0;
	NL_SET_ERR_MSG_FMT_MOD(extack, "inservice needs a %s", missing);
	return -EINVAL;
}

/**
 * tlsvip_service_check - may a service be configured like that?
 * @ctx: its context
 * @self: the service as it is, NULL for a new one
 * @spec: as it is to be
 * @extack: says why not
 *
 * Context: holds &tlsvip_net.lock.
 * Return: 0, -EINVAL, -EADDRINUSE: another service has the VIP and port, or
 * -EBUSY: the VIP cannot change in service.
 */
int tlsvip_service_check(struct tlsvip_context *ctx,
			 struct tlsvip_service *self,
			 const struct tlsvip_service_spec *spec,
			 struct netlink_ext_ack *extack)
{
	bool moved;
	int err;

	lockdep_assert_held(&ctx->tn->lock);
	err = tlsvip_service_check_addr(&spec->cfg.vip, "VIP", extack);
	if (err)
		return err;
	err = tlsvip_service_check_addr(&spec->cfg.server, "server", extack);
	if (err)
		return err;
	if (*spec->cfg.trustpoint) {
		err = tlsvip_name_check(spec->cfg.trustpoint, "trustpoint",
					extack);
		if (err)
			return err;
	}
	if (tlsvip_addr_equal(&spec->cfg.vip, &spec->cfg.server)) {
		NL_SET_ERR_MSG_MOD(extack, "the server is the VIP itself");
		return -EINVAL;
	}
	moved = !self || !tlsvip_addr_equal(&spec->cfg.vip,
					    &tlsvip_service_cfg(self)->vip);
	if (self && self->inservice && spec->inservice && moved) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the VIP cannot change while in service");
		return -EBUSY;
	}
	if (moved && spec->cfg.vip.family) {
		err = tlsvip_service_check_unique(ctx, self, &spec->cfg.vip,
						  extack);
		if (err)
			return err;
	}
	if (spec->inservice)
		return tlsvip_service_check_complete(spec, extack);
	return 0;
}
