/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How netlink_service.c asks for a service. Not for anybody who only uses
 * services; that is in tlsvip.h.
 */
#ifndef _TLSVIP_SERVICE_H
#define _TLSVIP_SERVICE_H

#include "tlsvip.h"

/**
 * struct tlsvip_service_spec - all that can be configured of a service
 * @cfg: the policy pointers carry no reference, the families of VIP and
 *	 server are 0 while there is none, the trustpoint empty while none
 * @inservice: it is to serve
 */
struct tlsvip_service_spec {
	struct tlsvip_service_cfg cfg;
	bool inservice;
};

/**
 * tlsvip_service_cfg - the configuration, for those who may change it
 * @svc: service
 *
 * Context: holds &tlsvip_net.lock.
 * Return: the current configuration.
 */
static inline struct tlsvip_service_cfg *
tlsvip_service_cfg(struct tlsvip_service *svc)
{
	return rcu_dereference_protected(svc->cfg,
					 lockdep_is_held(&svc->ctx->tn->lock));
}

/* service.c */
void tlsvip_service_spec_init(struct tlsvip_service_spec *spec,
			      struct tlsvip_service *svc);
int tlsvip_service_add(struct tlsvip_context *ctx, const char *name,
		       const struct tlsvip_service_spec *spec,
		       struct netlink_ext_ack *extack);
int tlsvip_service_set(struct tlsvip_service *svc,
		       const struct tlsvip_service_spec *spec,
		       struct netlink_ext_ack *extack);

/* service_check.c */
bool tlsvip_addr_equal(const struct tlsvip_addr *a,
		       const struct tlsvip_addr *b);
int tlsvip_service_check(struct tlsvip_context *ctx,
			 struct tlsvip_service *self,
			 const struct tlsvip_service_spec *spec,
			 struct netlink_ext_ack *extack);

#endif /* _TLSVIP_SERVICE_H */
