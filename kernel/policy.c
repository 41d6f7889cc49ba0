// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of a context: names, users, and which version is current. What a
 * version says is headers.c and urls.c.
 */
#include <linux/rculist.h>
#include <linux/slab.h>

#include "tlsvip.h"

/**
 * tlsvip_policy_lookup - find a policy by kind and name
 * @ctx: context
 * @kind: kind
 * @name: name
 *
 * Context: in an RCU read-side section or with &tlsvip_net.lock.
 * Return: the policy without a reference, or NULL.
 */
struct tlsvip_policy *tlsvip_policy_lookup(struct tlsvip_context *ctx,
					   enum tlsvip_policy_kind kind,
					   const char *name)
{
	struct tlsvip_policy *pol;

	list_for_each_entry_rcu(pol, &ctx->policies, node,
				lockdep_is_held(&ctx->tn->lock))
		if (pol->kind == kind && !strcmp(pol->name, name))
			return pol;
	return NULL;
}

/**
 * tlsvip_policy_next - walk the policies of a context
 * @ctx: context
 * @pol: the last one, NULL to begin
 *
 * Context: in one RCU read-side section or with &tlsvip_net.lock.
 * Return: the next policy, without a reference, or NULL.
 */
struct tlsvip_policy *tlsvip_policy_next(struct tlsvip_context *ctx,
					 struct tlsvip_policy *pol)
{
	return list_next_or_null_rcu(&ctx->policies,
				     pol ? &pol->node : &ctx->policies,
				     struct tlsvip_policy, node);
}

/**
 * tlsvip_policy_kind_name - the name of a kind
 * @kind: kind
 *
 * Context: any.
 * Return: as the user writes it.
 */
const char *tlsvip_policy_kind_name(enum tlsvip_policy_kind kind)
{
	return kind == TLSVIP_POLICY_KIND_URL_REWRITE ? "url-rewrite" :
							"http-header";
}

/**
 * tlsvip_policy_version_put - drop a version that no policy has taken
 * @version: version, with its reference
 *
 * Context: any but hard interrupts.
 */
void tlsvip_policy_version_put(const struct tlsvip_policy_version *version)
{
	if (version->headers)
		tlsvip_headers_put(version->headers);
	if (version->urls)
		tlsvip_urls_put(version->urls);
}

/**
 * tlsvip_policy_add - create a policy
 * @ctx: its context
 * @name: its name
 * @version: its first version; the reference is consumed on success
 * @extack: says why not
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0, -EINVAL, -EEXIST, -ENOSPC or -ENOMEM.
 */
int tlsvip_policy_add(struct tlsvip_context *ctx, const char *name,
		      const struct tlsvip_policy_version *version,
		      struct netlink_ext_ack *extack)
{
	struct tlsvip_policy *pol;
	int err;

	lockdep_assert_held(&ctx->tn->lock);
	err = tlsvip_name_check(name, "policy", extack);
	if (err)
		return err;
	if (tlsvip_policy_lookup(ctx, version->kind, name)) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s policy %.40s exists",
				       tlsvip_policy_kind_name(version->kind),
				       name);
		return -EEXIST;
	}
	if (ctx->n_policies >= TLSVIP_POLICIES_MAX) {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "the context has %u policies already",
				       ctx->n_policies);
		return -ENOSPC;
	}

	pol = kzalloc(sizeof(*pol), GFP_KERNEL_ACCOUNT);
	if (!pol)
		return -ENOMEM;
	strscpy(pol->name, name);
	pol->kind = version->kind;
	pol->ctx = ctx;
	kref_get(&ctx->ref); /* dropped in tlsvip_policy_release() */
	rcu_assign_pointer(pol->headers, version->headers);
	rcu_assign_pointer(pol->urls, version->urls);
	kref_init(&pol->ref);

	list_add_tail_rcu(&pol->node, &ctx->policies);
	ctx->n_policies++;
	tlsvip_nl_policy_notify(pol, TLSVIP_EVENT_CREATED);
	return 0;
}

/**
 * tlsvip_policy_set - replace what a policy says
 * @pol: policy
 * @version: new version, of its kind; the reference is consumed
 *
 * Connections keep the version they were accepted with.
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 */
void tlsvip_policy_set(struct tlsvip_policy *pol,
		       const struct tlsvip_policy_version *version)
{
	struct tlsvip_policy_version old = { .kind = pol->kind };

	old.headers = rcu_replace_pointer(pol->headers, version->headers,
					  lockdep_is_held(&pol->ctx->tn->lock));
	old.urls = rcu_replace_pointer(pol->urls, version->urls,
				       lockdep_is_held(&pol->ctx->tn->lock));
	tlsvip_policy_version_put(&old);
	tlsvip_nl_policy_notify(pol, TLSVIP_EVENT_CHANGED);
}

/**
 * tlsvip_policy_del - remove a policy
 * @pol: policy; may be gone on return
 * @extack: says why not
 *
 * Context: may sleep; holds &tlsvip_net.lock.
 * Return: 0 or -EBUSY: a service uses it.
 */
int tlsvip_policy_del(struct tlsvip_policy *pol,
		      struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&pol->ctx->tn->lock);
	if (pol->users) {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "the policy is in use by %u service%s",
				       pol->users, pol->users == 1 ? "" : "s");
		return -EBUSY;
	}
	list_del_rcu(&pol->node);
	pol->ctx->n_policies--;
	tlsvip_nl_policy_notify(pol, TLSVIP_EVENT_DELETED);
	tlsvip_policy_put(pol);
	return 0;
}

/**
 * tlsvip_policy_hold - take a reference to a policy
 * @pol: policy the caller found with &tlsvip_net.lock held
 *
 * Context: any.
 */
void tlsvip_policy_hold(struct tlsvip_policy *pol)
{
	kref_get(&pol->ref);
}

static void tlsvip_policy_release(struct kref *ref)
{
	struct tlsvip_policy_version version;
	struct tlsvip_policy *pol;

	pol = container_of(ref, struct tlsvip_policy, ref);
	/*
	 * Readers of a service's configuration do not come here: it keeps its
	 * reference for a grace period. Readers of the list only look.
	 */
	version.headers = rcu_dereference_protected(pol->headers, true);
	version.urls = rcu_dereference_protected(pol->urls, true);
	tlsvip_policy_version_put(&version);
	tlsvip_context_put(pol->ctx);
	kfree_rcu(pol, rcu);
}

/**
 * tlsvip_policy_put - drop a reference to a policy
 * @pol: policy
 *
 * Context: any but hard interrupts.
 */
void tlsvip_policy_put(struct tlsvip_policy *pol)
{
	kref_put(&pol->ref, tlsvip_policy_release);
}
