// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of a url-rewrite policy: their form, and which one a URL falls under.
 *
 * Hosts are compared as text, in any case of letters. A final dot makes
 * another name; an address in brackets is the one that is written the same
 * way.
 */
#include "rewrite.h"

static u8 tlsvip_rewrite_lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool tlsvip_rewrite_host_byte(u8 c)
{
	c = tlsvip_rewrite_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

static bool tlsvip_rewrite_address_byte(u8 c)
{
	c = tlsvip_rewrite_lower(c);
	return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' ||
	       c == '.';
}

/* "[" address "]", as far as a URL's scanner would take it. */
static bool tlsvip_rewrite_is_address(const char *host, u32 len)
{
	u32 i;

	if (len < 3 || host[0] != '[' || host[len - 1] != ']')
		return false;
	for (i = 1; i < len - 1; i++)
		if (!tlsvip_rewrite_address_byte(host[i]))
			return false;
	return true;
}

/* Labels with one dot between them; at the ends there may be dots. */
static bool tlsvip_rewrite_is_name(const char *host, u32 len)
{
	bool any = false;
	u32 i;

	for (i = 0; i < len; i++) {
		if (!tlsvip_rewrite_host_byte(host[i]))
			return false;
		if (host[i] != '.')
			any = true;
		else if (i && host[i - 1] == '.')
			return false;
	}
	return any;
}

/* The form of a rule's host; what is compared begins at *@host. */
static int tlsvip_rewrite_kind(const char **host, u32 *len)
{
	const char *p = *host;
	u32 n = *len;

	if (!n || n > TLSVIP_REWRITE_HOST_SIZE)
		return -EINVAL;
	if (p[0] == '*') {
		*host = p + 1;
		*len = n - 1;
		if (n == 1)
			return TLSVIP_REWRITE_ANY;
		return p[1] == '.' && tlsvip_rewrite_is_name(p + 1, n - 1) ?
			TLSVIP_REWRITE_SUFFIX : -EINVAL;
	}
	if (p[0] == '.')
		return -EINVAL;
	if (p[n - 1] == '*') {
		*len = n - 1;
		return n > 1 && p[n - 2] == '.' &&
		       tlsvip_rewrite_is_name(p, n - 1) ?
			TLSVIP_REWRITE_PREFIX : -EINVAL;
	}
	return tlsvip_rewrite_is_name(p, n) ||
	       tlsvip_rewrite_is_address(p, n) ?
		TLSVIP_REWRITE_EXACT : -EINVAL;
}

static bool tlsvip_rewrite_same(const struct tlsvip_rewrite_rule *a,
				const struct tlsvip_rewrite_rule *b)
{
	return a->kind == b->kind && a->clearport == b->clearport &&
	       a->len == b->len && !memcmp(a->host, b->host, a->len);
}

/**
 * tlsvip_rewrite_cfg_init() - no rules
 * @cfg: what to initialise
 *
 * Context: Any.
 */
void tlsvip_rewrite_cfg_init(struct tlsvip_rewrite_cfg *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
}

/**
 * tlsvip_rewrite_cfg_add_rule() - add a rule behind the others
 * @cfg: rules of a policy nobody uses yet
 * @host: a host, an address in brackets, "*.suffix", "prefix.*" or "*", without
 *	a final zero
 * @len: its length
 * @clearport: port of the URLs it is for; 0: 80
 * @sslport: port they get; 0: 443
 *
 * Context: Any.
 * Return: 0; -EINVAL if @host has none of these forms or is longer than
 * TLSVIP_REWRITE_HOST_SIZE; -ERANGE if a port is above 65535; -EEXIST if there
 * is a rule for that host and @clearport; -ENOSPC if there is no room.
 */
int tlsvip_rewrite_cfg_add_rule(struct tlsvip_rewrite_cfg *cfg,
				const char *host, u32 len, u32 clearport,
				u32 sslport)
{
	int kind = tlsvip_rewrite_kind(&host, &len);
	struct tlsvip_rewrite_rule rule;
	u32 i;

	if (kind < 0)
		return kind;
	if (clearport > 65535 || sslport > 65535)
		return -ERANGE;
	memset(&rule, 0, sizeof(rule));
	rule.kind = kind;
	rule.len = len;
	rule.clearport = clearport ? clearport : TLSVIP_REWRITE_CLEARPORT;
	rule.sslport = sslport ? sslport : TLSVIP_REWRITE_SSLPORT;
	for (i = 0; i < len; i++)
		rule.host[i] = tlsvip_rewrite_lower(host[i]);
	for (i = 0; i < cfg->n; i++)
		if (tlsvip_rewrite_same(&cfg->rule[i], &rule))
			return -EEXIST;
	if (cfg->n == TLSVIP_REWRITE_RULES_MAX)
		return -ENOSPC;
	cfg->rule[cfg->n++] = rule;
	return 0;
}

/* Does a host fall under a rule? The "*" stands for at least one byte. */
static bool tlsvip_rewrite_match(const struct tlsvip_rewrite_rule *rule,
				 const u8 *host, u32 len)
{
	switch (rule->kind) {
	case TLSVIP_REWRITE_ANY:
		return true;
	case TLSVIP_REWRITE_SUFFIX:
		return len > rule->len &&
		       !memcmp(host + len - rule->len, rule->host, rule->len);
	case TLSVIP_REWRITE_PREFIX:
		return len > rule->len &&
		       !memcmp(host, rule->host, rule->len);
	default:
		return len == rule->len && !memcmp(host, rule->host, len);
	}
}

/* Is @a to be preferred to @b, which was added before? */
static bool tlsvip_rewrite_better(const struct tlsvip_rewrite_rule *a,
				  const struct tlsvip_rewrite_rule *b)
{
	bool a_exact = a->kind == TLSVIP_REWRITE_EXACT;
	bool b_exact = b->kind == TLSVIP_REWRITE_EXACT;

	if (a_exact != b_exact)
		return a_exact;
	return a->len > b->len;
}

/* Where the host ends in host[:port], and which port that is. */
static u32 tlsvip_rewrite_split(const u8 *authority, u32 len, u32 *port)
{
	u32 i, host_len = len;

	*port = TLSVIP_REWRITE_CLEARPORT;
	for (i = len; i && authority[i - 1] != ']'; i--)
		if (authority[i - 1] == ':') {
			host_len = i - 1;
			break;
		}
	if (host_len + 1 >= len)
		return host_len;
	*port = 0;
	for (i = host_len + 1; i < len; i++)
		*port = *port * 10 + (authority[i] - '0');
	return host_len;
}

/**
 * tlsvip_rewrite_find() - the rule that a URL falls under
 * @cfg: rules
 * @authority: host[:port] of the URL, well formed and in lower case, of no
 *	more than five digits of port
 * @len: its length
 * @host_len: set to how much of it is the host
 *
 * A rule with the URL's host and port. The exact one before any pattern, the
 * longer pattern before the shorter one, "*" last; of equals the first.
 *
 * Context: Any.
 * Return: the rule, or NULL if the URL stays as it is.
 */
const struct tlsvip_rewrite_rule *
tlsvip_rewrite_find(const struct tlsvip_rewrite_cfg *cfg, const u8 *authority,
		    u32 len, u32 *host_len)
{
	const struct tlsvip_rewrite_rule *best = NULL;
	u32 i, port;

	*host_len = tlsvip_rewrite_split(authority, len, &port);
	for (i = 0; i < cfg->n; i++) {
		const struct tlsvip_rewrite_rule *rule = &cfg->rule[i];

		if (rule->clearport == port &&
		    (!best || tlsvip_rewrite_better(rule, best)) &&
		    tlsvip_rewrite_match(rule, authority, *host_len))
			best = rule;
	}
	return best;
}
