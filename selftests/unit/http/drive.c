// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds an input in pieces, each flush against a page that faults, and applies
 * the edits to a copy of what the caller would hold. See drive.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "drive.h"
#include "state.h"

/* Room in front of the page that faults. */
#define GUARD_SIZE	(1 << 20)
#define EDITS_MAX	64

static u8 *guard_end;

static void guard_make(void)
{
	long page = sysconf(_SC_PAGESIZE);
	u8 *p;

	if (guard_end)
		return;
	p = mmap(NULL, GUARD_SIZE + page, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p + GUARD_SIZE, page, PROT_NONE)) {
		perror("guard page");
		exit(1);
	}
	guard_end = p + GUARD_SIZE;
}

/* A copy of up to *len bytes, flush against the page that faults. */
const u8 *drive_guarded(const u8 *p, size_t *len)
{
	guard_make();
	if (*len > GUARD_SIZE)
		*len = GUARD_SIZE;
	return memcpy(guard_end - *len, p, *len);
}

int drive_cfg(struct tlsvip_http_cfg *to, const struct ref_cfg *from)
{
	u32 i;
	int err = 0;

	tlsvip_http_cfg_init(to);
	to->limits.head_max = from->head_max;
	to->limits.line_max = from->line_max;
	to->limits.fields_max = from->fields_max;
	to->limits.name_max = from->name_max;
	to->limits.hold_max = from->hold_max;
	to->limits.ext_max = from->ext_max;
	to->limits.trailer_max = from->trailer_max;
	to->limits.crlf_max = from->crlf_max;
	to->spoof_reject = from->spoof_reject;
	for (i = 0; i < from->n_names && !err; i++)
		err = tlsvip_http_cfg_add_name(to, from->names[i],
					       strlen(from->names[i]));
	for (i = 0; i < from->n_prefixes && !err; i++)
		err = tlsvip_http_cfg_add_prefix(to, from->prefixes[i],
						 strlen(from->prefixes[i]));
	return err;
}

/* One run over an input. */
struct drive {
	const struct tlsvip_http_cfg *cfg;
	struct tlsvip_http_req req;
	struct drive_result *res;
	const char *block;
	const u8 *in;
	size_t decided;		/* bytes of the input that edits spoke of */
	bool switched, stopped, pieces;
};

static void put(struct drive_result *res, const void *p, size_t len)
{
	if (res->out_len + len > res->out_size) {
		res->out_size = (res->out_len + len) * 2;
		res->out = realloc(res->out, res->out_size);
	}
	memcpy(res->out + res->out_len, p, len);
	res->out_len += len;
}

static void apply(struct drive *d, const struct tlsvip_http_edit *e)
{
	struct drive_result *res = d->res;

	switch (e->op) {
	case TLSVIP_HTTP_PASS:
		put(res, d->in + d->decided, e->len);
		d->decided += e->len;
		break;
	case TLSVIP_HTTP_DROP:
		d->decided += e->len;
		break;
	case TLSVIP_HTTP_INSERT:
		if (e->len)
			res->broken = "an unknown block";
		put(res, d->block, strlen(d->block));
		break;
	case TLSVIP_HTTP_UPGRADE:
		res->upgrades++;
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
			u32 n, u32 max, bool all)
{
	struct drive_result *res = d->res;
	u32 inserts = 0;
	bool stop;
	u32 i;

	if (n > max) {
		res->broken = "more edits than there is room for";
		return;
	}
	for (i = 1; i < n; i++)
		if (e[i].op == e[i - 1].op && e[i].op <= TLSVIP_HTTP_DROP)
			res->broken = "adjacent edits not merged";
	for (i = 0; i < n; i++) {
		if (e[i].op <= TLSVIP_HTTP_DROP && !e[i].len)
			res->broken = "an empty edit";
		inserts += e[i].op == TLSVIP_HTTP_INSERT;
	}
	stop = n && e[n - 1].op >= TLSVIP_HTTP_UPGRADE;
	if (inserts > 1)
		res->broken = "two requests begun at once";
	if (!all && !stop && !inserts && n + 7 <= max)
		res->broken = "bytes left though there is room";
	if (stop && e[n - 1].op == TLSVIP_HTTP_UPGRADE &&
	    tlsvip_http_req_held(&d->req))
		res->broken = "bytes held at an upgrade";
}

/* One piece; returns bytes eaten. */
static u32 feed(struct drive *d, const u8 *p, u32 len, u32 max)
{
	const struct tlsvip_http_limits *limits = &d->cfg->limits;
	struct tlsvip_http_edit *e;
	u32 n = ~0U, i, eaten, old;

	e = malloc(max * sizeof(*e));	/* the sanitizer guards its end */
	old = d->res->upgrades;
	if (d->pieces)
		tlsvip_http_req_pieces(&d->req, 1);
	eaten = tlsvip_http_req_feed(&d->req, d->cfg, p, len, e, max, &n);
	d->res->consumed += eaten;
	check_edits(d, e, n, max, eaten == len);
	for (i = 0; i < n && n <= max && !d->res->broken; i++)
		apply(d, &e[i]);
	free(e);
	if (eaten > len)
		d->res->broken = "more eaten than there was";
	if (d->res->consumed - d->decided != tlsvip_http_req_held(&d->req))
		d->res->broken = "held bytes miscounted";
	if (tlsvip_http_req_held(&d->req) >
	    (limits->hold_max > limits->name_max ? limits->hold_max :
	     limits->name_max) + 20)
		d->res->broken = "too many bytes held";
	if (state_in_body(&d->req) &&
	    (tlsvip_http_req_idle(&d->req) ||
	     tlsvip_http_req_started(&d->req) ==
	     tlsvip_http_req_completed(&d->req)))
		d->res->broken = "a body of no request";
	if (d->res->upgrades != old)
		tlsvip_http_req_upgrade(&d->req, d->switched);
	else if (!eaten && !d->stopped && len)
		d->res->broken = "no progress";
	return eaten;
}

/* A piece of the input, moved to the end of the guarded page. */
static void feed_piece(struct drive *d, size_t from, size_t to, u32 max)
{
	while (from < to && !d->stopped && !d->res->broken) {
		size_t n = to - from;
		const u8 *p = drive_guarded(d->in + from, &n);

		from += feed(d, p, n, max);
	}
}

static void check_end(struct drive *d, u32 max)
{
	struct drive_result *res = d->res;
	enum tlsvip_http_reason reason = res->reason;
	size_t out_len = res->out_len;

	res->idle = tlsvip_http_req_idle(&d->req) ||
		    tlsvip_http_req_opaque(&d->req);
	res->started = tlsvip_http_req_started(&d->req);
	res->completed = tlsvip_http_req_completed(&d->req);
	res->spoofed = tlsvip_http_req_spoofed(&d->req);
	res->stray = tlsvip_http_req_stray(&d->req);
	if (!d->stopped || res->broken)
		return;
	if (feed(d, (const u8 *)"\r\n\r\n", 4, max) || res->reason != reason ||
	    res->out_len != out_len)
		res->broken = "a refusal does not last";
}

/* An engine that was not initialised refuses. */
static void check_unready(struct drive *d)
{
	struct tlsvip_http_edit e[TLSVIP_HTTP_EDITS_MIN];
	u32 n;

	memset(&d->req, 0, sizeof(d->req));
	if (tlsvip_http_req_feed(&d->req, d->cfg, (const u8 *)"G", 1, e,
				 TLSVIP_HTTP_EDITS_MIN, &n) || n != 1 ||
	    e[0].op != TLSVIP_HTTP_REJECT ||
	    e[0].len != TLSVIP_HTTP_R_NOT_READY)
		d->res->broken = "an engine works that was not initialised";
}

void drive_run(const struct tlsvip_http_cfg *cfg, bool switched,
	       const struct drive_plan *plan, const u8 *in, size_t len,
	       const char *block, struct drive_result *res)
{
	struct drive d = {
		.cfg = cfg, .res = res, .block = block, .in = in,
		.switched = switched, .pieces = plan->pieces,
	};
	u32 max = plan->max ? plan->max : EDITS_MAX;
	size_t i = 0, from = 0, to;

	memset(res, 0, sizeof(*res));
	check_unready(&d);
	memset(&d.req, 0xa5, sizeof(d.req));
	tlsvip_http_req_init(&d.req);
	while (from < len && !d.stopped && !res->broken) {
		to = i < plan->n_cuts ? plan->cuts[i++] : len;
		if (plan->step && to - from > plan->step)
			to = from + plan->step;
		feed_piece(&d, from, to, max);
		from = to;
	}
	check_end(&d, max);
}

void drive_free(struct drive_result *res)
{
	free(res->out);
	res->out = NULL;
}

bool drive_same(const struct drive_result *a, const struct drive_result *b)
{
	return a->reason == b->reason && a->idle == b->idle &&
	       a->started == b->started && a->completed == b->completed &&
	       a->spoofed == b->spoofed && a->upgrades == b->upgrades &&
	       a->stray == b->stray &&
	       (a->reason || a->consumed == b->consumed) &&
	       a->out_len == b->out_len &&
	       (!a->out_len || !memcmp(a->out, b->out, a->out_len));
}

/* Does a line of @p, a field, start with a protected name and a colon? */
static bool has_protected(const struct ref_cfg *cfg, const u8 *p, size_t len)
{
	const u8 *end = p + len, *colon, *lf;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', end - p) ?: end;
		colon = memchr(p, ':', lf - p);
		if (colon && !memchr(p, ' ', colon - p) &&
		    ref_protected(cfg, p, colon - p))
			return true;
	}
	return false;
}

/* What is wrong with a run, or NULL. */
const char *drive_against_ref(const struct ref_cfg *cfg,
			      const struct drive_result *d,
			      const struct ref_result *r)
{
	size_t len = d->out_len - r->out_len;
	const u8 *tail;

	if (d->broken)
		return d->broken;
	if (d->reason != r->reason)
		return "another reason than the reference's";
	if (d->started != r->started || d->completed != r->completed)
		return "another number of requests";
	if (d->spoofed != r->spoofed)
		return "another number of forged names";
	if (d->upgrades != r->upgrades || d->stray != r->stray ||
	    (!d->reason && d->idle != r->idle))
		return "another state at the end";
	if (d->out_len < r->out_len ||
	    (r->out_len && memcmp(d->out, r->out, r->out_len)))
		return "other output";
	if (!len)
		return NULL;
	tail = d->out + r->out_len;
	if (r->idle)
		return "output behind the last message";
	/* the rest belongs to a head or trailer section that has no end */
	if (memmem(tail, len, "\r\n\r\n", 4) || memmem(tail, len, "\n\n", 2) ||
	    memmem(tail, len, "\r\r", 2) || tail[0] == '\r' || tail[0] == '\n')
		return "an unfinished head was completed";
	if (has_protected(cfg, tail, len))
		return "a forged name in an unfinished head";
	return NULL;
}
