// SPDX-License-Identifier: GPL-2.0-only
/*
 * One version of a url-rewrite policy: its life, and its rules in words.
 *
 * It rewrites nothing; edit_s2c.c does, as http_url.c says.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "tlsvip.h"
#include "urls.h"

static_assert(TLSVIP_URL_MAX == TLSVIP_REWRITE_RULES_MAX);
static_assert(TLSVIP_URL_HOST_LEN == TLSVIP_REWRITE_HOST_SIZE);

/**
 * tlsvip_urls_alloc - make a version of a url-rewrite policy without rules
 *
 * Context: may sleep.
 * Return: the version with a reference, or NULL.
 */
struct tlsvip_urls *tlsvip_urls_alloc(void)
{
	struct tlsvip_urls *urls;

	urls = kvzalloc(sizeof(*urls), GFP_KERNEL_ACCOUNT);
	if (!urls)
		return NULL;
	kref_init(&urls->ref);
	tlsvip_rewrite_cfg_init(&urls->rules);
	tlsvip_http_cfg_init(&urls->requests);
	return urls;
}

/**
 * tlsvip_urls_add - add a rule behind the others
 * @urls: version from tlsvip_urls_alloc() that nobody uses yet
 * @host: host or pattern
 * @clearport: port of the URLs it is for; 0 for the default
 * @sslport: port that they get; 0 for the default
 * @extack: says why not
 *
 * Context: any.
 * Return: 0, -EINVAL, -ERANGE, -EEXIST or -ENOSPC.
 */
int tlsvip_urls_add(struct tlsvip_urls *urls, const char *host, u32 clearport,
		    u32 sslport, struct netlink_ext_ack *extack)
{
	u32 at = urls->rules.n + 1;
	int err;

	err = tlsvip_rewrite_cfg_add_rule(&urls->rules, host, strlen(host),
					  clearport, sslport);
	switch (err) {
	case -EINVAL:
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "url %u: not a host, *.suffix, prefix.* or *: %.20s",
				       at, host);
		break;
	case -ERANGE:
		NL_SET_ERR_MSG_FMT_MOD(extack, "url %u: port above 65535", at);
		break;
	case -EEXIST:
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "url %u: a second rule for port %u of %.24s",
				       at, clearport ?: TLSVIP_REWRITE_CLEARPORT,
				       host);
		break;
	case -ENOSPC:
		NL_SET_ERR_MSG_FMT_MOD(extack, "more than %u url rules",
				       TLSVIP_URL_MAX);
		break;
	}
	return err;
}

/**
 * tlsvip_urls_host - the host or pattern of a rule as it is written
 * @rule: rule
 * @buf: room for TLSVIP_URL_HOST_LEN + 1 bytes
 *
 * Context: any.
 */
void tlsvip_urls_host(const struct tlsvip_rewrite_rule *rule, char *buf)
{
	bool before = rule->kind == TLSVIP_REWRITE_ANY ||
		      rule->kind == TLSVIP_REWRITE_SUFFIX;
	bool behind = rule->kind == TLSVIP_REWRITE_PREFIX;

	scnprintf(buf, TLSVIP_URL_HOST_LEN + 1, "%s%.*s%s", before ? "*" : "",
		  rule->len, (const char *)rule->host, behind ? "*" : "");
}

/**
 * tlsvip_urls_get - the version of a policy for a new connection
 * @pol: policy of a service's configuration
 *
 * Context: in the RCU read-side section in which the configuration was read.
 * Return: the version with a reference.
 */
struct tlsvip_urls *tlsvip_urls_get(struct tlsvip_policy *pol)
{
	struct tlsvip_urls *urls;

	/* a version without references was replaced before it lost the last */
	do {
		urls = rcu_dereference(pol->urls);
	} while (!kref_get_unless_zero(&urls->ref));
	return urls;
}

static void tlsvip_urls_release(struct kref *ref)
{
	struct tlsvip_urls *urls = container_of(ref, struct tlsvip_urls, ref);

	kvfree_rcu(urls, rcu);
}

/**
 * tlsvip_urls_put - drop a reference to a version
 * @urls: version
 *
 * Context: any but hard interrupts.
 */
void tlsvip_urls_put(struct tlsvip_urls *urls)
{
	kref_put(&urls->ref, tlsvip_urls_release);
}
