// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds responses in pieces, each flush against a page that faults, and
 * applies the edits to a copy of what the caller would hold. See rsp_drive.h.
 */
#include <stdlib.h>
#include "rsp_drive.h"
#include "state.h"

#define EDITS_MAX	64
/* Most bytes that may be held: scheme and authority, CR and blank line. */
#define HELD_MAX	(7 + TLSVIP_HTTP_AUTHORITY_SIZE + 2)

int rsp_drive_cfg(struct rsp_drive_cfg *to, const struct rsp_ref_cfg *from)
{
	u32 i;
	int err = 0;

	to->from = from;
	to->limits = (struct tlsvip_http_limits) {
		.head_max = from->head_max,
		.fields_max = from->fields_max,
		.name_max = from->name_max,
		.ext_max = from->ext_max,
		.trailer_max = from->trailer_max,
	};
	tlsvip_rewrite_cfg_init(&to->rewrite);
	for (i = 0; i < from->n_rules && !err; i++) {
		const struct rsp_ref_rule *rule = &from->rules[i];

		err = tlsvip_rewrite_cfg_add_rule(&to->rewrite, rule->host,
						  strlen(rule->host),
						  rule->clearport,
						  rule->sslport);
	}
	return err;
}

/* One run over an input. */
struct drive {
	const struct rsp_drive_cfg *cfg;
	struct tlsvip_http_rsp rsp;
	struct rsp_drive_result *res;
	const u8 *in;
	size_t decided;		/* bytes of the input that edits spoke of */
	u32 max;
	bool skip, stopped;
};

static void put(struct rsp_drive_result *res, const void *p, size_t len)
{
	if (!len)
		return;
	if (res->out_len + len > res->out_size) {
		res->out_size = (res->out_len + len) * 2;
		res->out = realloc(res->out, res->out_size);
	}
	memcpy(res->out + res->out_len, p, len);
	res->out_len += len;
}

static void insert(struct drive *d, u32 arg)
{
	char buf[TLSVIP_HTTP_RSP_TEXT];
	u32 n = tlsvip_http_rsp_text(arg, buf);

	if (n > sizeof(buf))
		d->res->broken = "a text longer than it may be";
	else
		put(d->res, buf, n);
}

static void apply(struct drive *d, const struct tlsvip_http_edit *e)
{
	struct rsp_drive_result *res = d->res;

	switch (e->op) {
	case TLSVIP_HTTP_PASS:
		put(res, d->in + d->decided, e->len);
		d->decided += e->len;
		break;
	case TLSVIP_HTTP_DROP:
		d->decided += e->len;
		break;
	case TLSVIP_HTTP_INSERT:
		insert(d, e->len);
		break;
	case TLSVIP_HTTP_UPGRADE:
		res->broken = "an upgrade from the server";
		break;
	case TLSVIP_HTTP_REJECT:
		res->reason = e->len;
		d->stopped = true;
		break;
	}
	if (d->decided > res->consumed)
		res->broken = "edits speak of bytes that were not eaten";
}

static void check_edits(struct drive *d, const struct tlsvip_http_edit *e,
			u32 n, bool all)
{
	struct rsp_drive_result *res = d->res;
	bool stop;
	u32 i;

	for (i = 1; i < n; i++)
		if (e[i].op == e[i - 1].op && e[i].op <= TLSVIP_HTTP_DROP)
			res->broken = "adjacent edits not merged";
	for (i = 0; i < n; i++)
		if (e[i].op <= TLSVIP_HTTP_DROP && !e[i].len)
			res->broken = "an empty edit";
	stop = n && e[n - 1].op == TLSVIP_HTTP_REJECT;
	if (!all && !stop && n + 7 <= d->max)
		res->broken = "bytes left though there is room";
}

/* One piece of a connection with rules; returns bytes eaten. */
static size_t feed_edited(struct drive *d, const u8 *p, u32 len)
{
	u32 held_max = d->cfg->limits.name_max + 1, n = ~0U, i, eaten;
	struct tlsvip_http_edit *e;

	e = malloc(d->max * sizeof(*e));	/* the sanitizer guards its end */
	eaten = tlsvip_http_rsp_feed(&d->rsp, &d->cfg->rewrite, p, len, e,
				     d->max, &n);
	d->res->consumed += eaten;
	if (n > d->max)
		d->res->broken = "more edits than there is room for";
	else
		check_edits(d, e, n, eaten == len);
	for (i = 0; i < n && !d->res->broken; i++)
		apply(d, &e[i]);
	free(e);
	if (held_max < HELD_MAX)
		held_max = HELD_MAX;
	if (eaten > len)
		d->res->broken = "more eaten than there was";
	else if (d->res->consumed - d->decided != tlsvip_http_rsp_held(&d->rsp))
		d->res->broken = "held bytes miscounted";
	else if (tlsvip_http_rsp_held(&d->rsp) > held_max)
		d->res->broken = "too many bytes held";
	else if (!eaten && !n && len)
		d->res->broken = "no progress";
	return eaten;
}

/* One piece of a connection without; it passes as it is. */
static size_t feed_plain(struct drive *d, const u8 *p, u32 len)
{
	u32 eaten = tlsvip_http_rsp_feed(&d->rsp, NULL, p, len, NULL, 0, NULL);

	if (eaten != len || tlsvip_http_rsp_held(&d->rsp))
		d->res->broken = "bytes kept back though nothing is edited";
	put(d->res, p, len);
	d->res->consumed += len;
	d->decided += len;
	return len;
}

static void feed_piece(struct drive *d, size_t from, size_t to)
{
	size_t n;
	const u8 *p;

	while (from < to && !d->stopped && !d->res->broken) {
		if (d->skip && !tlsvip_http_rsp_held(&d->rsp)) {
			n = tlsvip_http_rsp_skip(&d->rsp, to - from);
			put(d->res, d->in + from, n);
			d->res->consumed += n;
			d->decided += n;
			from += n;
			if (from == to)
				break;
		}
		n = to - from;
		p = drive_guarded(d->in + from, &n);
		from += d->cfg->from->n_rules ? feed_edited(d, p, n) :
						feed_plain(d, p, n);
	}
}

static void check_end(struct drive *d)
{
	struct rsp_drive_result *res = d->res;
	enum tlsvip_http_reason reason = res->reason;
	struct tlsvip_http_rsp *rsp = &d->rsp;
	struct tlsvip_http_req req;
	size_t out_len = res->out_len;

	tlsvip_http_req_init(&req);
	res->idle = tlsvip_http_rsp_idle(rsp);
	res->until_close = tlsvip_http_rsp_until_close(rsp);
	res->switched = tlsvip_http_rsp_verdict(rsp) == TLSVIP_HTTP_SWITCHED;
	res->completed = tlsvip_http_rsp_completed(rsp);
	res->begun = res->completed + state_in_final(rsp);
	res->rewritten = tlsvip_http_rsp_rewritten(rsp);
	res->missed = tlsvip_http_rsp_missed(rsp);
	req.completed = ~0U / 2;	/* so many that no answer is early */
	res->unasked = tlsvip_http_rsp_early(rsp, &req);
	if (!d->stopped)
		res->reason = tlsvip_http_rsp_lost(rsp);
	else if (tlsvip_http_rsp_lost(rsp) != reason)
		res->broken = "another reason than was given";
	if (d->stopped && !res->broken &&
	    (feed_edited(d, (const u8 *)"\r\n\r\n", 4) ||
	     res->reason != reason || res->out_len != out_len))
		res->broken = "a refusal does not last";
	res->clean = tlsvip_http_rsp_end(rsp);
	if (res->clean != !tlsvip_http_rsp_incomplete(rsp))
		res->broken = "an end miscounted";
}

static void announce(struct drive *d)
{
	const struct rsp_ref_cfg *cfg = d->cfg->from;
	u32 i;

	for (i = 0; i < cfg->n_requests; i++) {
		if (tlsvip_http_rsp_full(&d->rsp) ||
		    !tlsvip_http_rsp_expect(&d->rsp,
					    cfg->requests[i] == RSP_HEAD))
			d->res->broken = "no room for a request";
		if (cfg->requests[i] == RSP_UPGRADE)
			tlsvip_http_rsp_expect_upgrade(&d->rsp);
	}
}

/* @res->out is the caller's to free. */
void rsp_drive_run(const struct rsp_drive_cfg *cfg,
		   const struct drive_plan *plan, bool skip, const u8 *in,
		   size_t len, struct rsp_drive_result *res)
{
	struct drive d = {
		.cfg = cfg, .res = res, .in = in, .skip = skip,
		.max = plan->max ? plan->max : EDITS_MAX,
	};
	size_t i = 0, from = 0, to;

	memset(res, 0, sizeof(*res));
	memset(&d.rsp, 0xa5, sizeof(d.rsp));
	tlsvip_http_rsp_init(&d.rsp, &cfg->limits);
	announce(&d);
	while (from < len && !d.stopped && !res->broken) {
		to = i < plan->n_cuts ? plan->cuts[i++] : len;
		if (plan->step && to - from > plan->step)
			to = from + plan->step;
		feed_piece(&d, from, to);
		from = to;
	}
	check_end(&d);
}

bool rsp_drive_same(const struct rsp_drive_result *a,
		    const struct rsp_drive_result *b)
{
	return a->reason == b->reason && a->idle == b->idle &&
	       a->until_close == b->until_close &&
	       a->switched == b->switched && a->unasked == b->unasked &&
	       a->clean == b->clean && a->begun == b->begun &&
	       a->completed == b->completed &&
	       a->rewritten == b->rewritten && a->missed == b->missed &&
	       (a->reason || a->consumed == b->consumed) &&
	       a->out_len == b->out_len &&
	       (!a->out_len || !memcmp(a->out, b->out, a->out_len));
}

/* What is wrong with a run, or NULL. */
const char *rsp_drive_against_ref(const struct rsp_ref_cfg *cfg,
				  const struct rsp_drive_result *d,
				  const struct rsp_ref_result *r,
				  const u8 *in, size_t len)
{
	if (d->broken)
		return d->broken;
	if (d->reason != r->reason)
		return "another reason than the reference's";
	if (d->begun != r->begun || d->completed != r->completed)
		return "another number of responses";
	if (d->unasked != r->unasked || d->switched != r->switched)
		return "another answer to a request";
	if (!d->reason && (d->idle != r->idle ||
			   d->until_close != r->until_close))
		return "another state at the end";
	if (d->clean != (r->reason || r->idle || r->until_close || r->switched))
		return "another opinion on whether all was there";
	if (d->rewritten != r->rewritten || d->missed != r->missed)
		return "another number of URLs";
	if (!cfg->n_rules)
		return d->out_len == len && (!len || !memcmp(d->out, in, len)) ?
			NULL : "other output though nothing is edited";
	if (d->out_len < r->must_len || d->out_len > r->out_len ||
	    (d->out_len && memcmp(d->out, r->out, d->out_len)))
		return "other output";
	if (r->idle && d->out_len != r->out_len)
		return "output missing at the end of a response";
	return NULL;
}
