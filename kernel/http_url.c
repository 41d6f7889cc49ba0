// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: the URL of a Location or Content-Location.
 *
 * From the scheme to the end of host and port a URL is held, then changed or
 * passed. Path and query pass as they come; nothing in them is looked at. The
 * rules are in rewrite.c.
 *
 * Only what every client reads as host[:port] is changed. User information,
 * escapes, backslashes and the like are left alone, and counted.
 */
#include "http_priv.h"
#include "rewrite.h"

/* The rest of the value passes, whatever it is. */
static void tlsvip_http_url_pass(struct tlsvip_http_run *run, bool missed)
{
	run->rsp->missed += missed;
	tlsvip_http_pass(run);
	run->r->state = TLSVIP_HTTP_S_VALUE;
}

static void tlsvip_http_url_space_step(struct tlsvip_http_run *run)
{
	run->pos = tlsvip_http_scan_space(run->p, run->pos, run->end);
	if (run->pos == run->end)
		return;
	tlsvip_http_hold(run);
	run->r->index = 0;
	run->r->state = TLSVIP_HTTP_S_URL_SCHEME;
}

static void tlsvip_http_url_scheme_step(struct tlsvip_http_run *run)
{
	static const char scheme[] = "http://";
	struct tlsvip_http_req *r = run->r;

	for (; run->pos < run->end && scheme[r->index];
	     run->pos++, r->index++) {
		u8 c = tlsvip_http_lower(run->p[run->pos]);

		if (c != (u8)scheme[r->index]) {
			/* "http:" without "//" goes to a host as well */
			tlsvip_http_url_pass(run, r->index >= 5);
			return;
		}
	}
	if (scheme[r->index])
		return;
	r->host = 0;
	r->authority_len = 0;
	r->state = TLSVIP_HTTP_S_URL_AUTHORITY;
}

/* What may stand behind an authority; a space may, in front of the end. */
static bool tlsvip_http_url_ends(u8 c)
{
	return c == '/' || c == '?' || c == '#' || c == '\r' || c == ' ' ||
	       c == '\t';
}

/* run->pos is behind the authority, run->mark at the scheme. */
static void tlsvip_http_url_rewrite(struct tlsvip_http_run *run)
{
	const struct tlsvip_rewrite_rule *rule;
	struct tlsvip_http_req *r = run->r;
	u32 host_len;

	rule = tlsvip_rewrite_find(run->rewrite, r->authority,
				   r->authority_len, &host_len);
	if (!rule) {
		tlsvip_http_url_pass(run, true);
		return;
	}
	tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->mark);
	tlsvip_http_emit(run, TLSVIP_HTTP_DROP, run->mark + 4);
	tlsvip_http_issue(run, TLSVIP_HTTP_INSERT, 0);
	tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->mark + 7 + host_len);
	tlsvip_http_emit(run, TLSVIP_HTTP_DROP, run->pos);
	if (rule->sslport != TLSVIP_REWRITE_SSLPORT)
		tlsvip_http_issue(run, TLSVIP_HTTP_INSERT, rule->sslport);
	run->rsp->rewritten++;
	tlsvip_http_url_pass(run, false);
}

static void tlsvip_http_url_authority_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u32 n;

	n = tlsvip_http_host_scan(&r->host, run->p + run->pos,
				  run->end - run->pos);
	if (n > sizeof(r->authority) - r->authority_len) {
		tlsvip_http_url_pass(run, true);
		return;
	}
	for (; n; n--)
		r->authority[r->authority_len++] =
			tlsvip_http_lower(run->p[run->pos++]);
	if (run->pos == run->end)
		return;
	if (tlsvip_http_url_ends(run->p[run->pos]) &&
	    (tlsvip_http_host_complete(r->host) ||
	     tlsvip_http_host_no_port(r->host)))
		tlsvip_http_url_rewrite(run);
	else
		tlsvip_http_url_pass(run, true);
}

/**
 * tlsvip_http_url_step() - eat some bytes of a URL
 * @run: current run, with at least one byte and with rules
 *
 * Context: Any.
 */
void tlsvip_http_url_step(struct tlsvip_http_run *run)
{
	switch (run->r->state) {
	case TLSVIP_HTTP_S_URL_SPACE:
		tlsvip_http_url_space_step(run);
		break;
	case TLSVIP_HTTP_S_URL_SCHEME:
		tlsvip_http_url_scheme_step(run);
		break;
	default:
		tlsvip_http_url_authority_step(run);
		break;
	}
}
