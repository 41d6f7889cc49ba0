// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: Connection and Upgrade, the two lists that are looked into.
 *
 * Of a Connection line the options that must not reach the server are cut
 * out, each with one comma, so that what passes is a plain list again; a line
 * that keeps no option is dropped. An Upgrade line is held as a whole and
 * passes or is dropped as a whole.
 */
#include "http_priv.h"

/* Eat a run of bytes of a Connection line, unless too many would be held. */
static bool tlsvip_http_option_eat(struct tlsvip_http_run *run, u32 stop)
{
	if (stop - run->mark > run->limits->hold_max) {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_CONNECTION_TOO_LONG);
		return false;
	}
	run->pos = stop;
	return true;
}

/* A byte that cannot stand where a list is read. */
static void tlsvip_http_list_reject(struct tlsvip_http_run *run,
				    enum tlsvip_http_reason reason)
{
	if (run->p[run->pos] == '\n')
		reason = TLSVIP_HTTP_R_BARE_LF;
	tlsvip_http_reject(run, reason);
}

/* Does an option stay? Remembers what it asks for. */
static bool tlsvip_http_option_keep(struct tlsvip_http_run *run,
				    const u8 *option, u32 len)
{
	struct tlsvip_http_req *r = run->r;

	/* No server folds these: "keep_alive" is another option. */
	if (len == 5 && tlsvip_http_named(option, "close", 5))
		r->flags |= TLSVIP_HTTP_F_CLOSE;
	else if (len == 10 && tlsvip_http_named(option, "keep-alive", 10))
		r->flags |= TLSVIP_HTTP_F_KEEP;
	if (!tlsvip_http_maybe(run->filter, option[0], len))
		return true;
	switch (tlsvip_http_lookup(run->cfg, option, len)) {
	case TLSVIP_HTTP_N_PLAIN:
		return true;
	case TLSVIP_HTTP_N_PROTECTED:
		if (run->cfg->spoof_reject)
			tlsvip_http_reject(run, TLSVIP_HTTP_R_SPOOFED);
		else
			r->spoofed++;
		return false;
	case TLSVIP_HTTP_N_SETTINGS:
		return false;
	case TLSVIP_HTTP_N_UPGRADE:
		return tlsvip_http_may_upgrade(r);
	default:
		tlsvip_http_reject(run, TLSVIP_HTTP_R_CONNECTION_OPTION);
		return false;
	}
}

/*
 * An element ends at run->pos, at a comma or the line's end. Before the first
 * one that stays, the name and what is dropped are held together, since only
 * then is it known whether the line stays; behind it, the comma is held until
 * the next element decides.
 */
static void tlsvip_http_option_decide(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	bool keep = r->flags & TLSVIP_HTTP_F_STAYS;
	bool kept = r->flags & TLSVIP_HTTP_F_KEPT;

	if (keep && !kept && r->element != r->keep) {
		tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->mark + r->keep);
		tlsvip_http_emit(run, TLSVIP_HTTP_DROP,
				 run->mark + r->element);
	} else if (!keep && kept) {
		tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->mark);
		tlsvip_http_emit(run, TLSVIP_HTTP_DROP, run->pos);
	}
	if (keep)
		r->flags |= TLSVIP_HTTP_F_KEPT;
	if (keep || kept)
		run->mark = run->pos;
	else
		r->element = run->pos + 1 - run->mark;	/* and the comma */
}

/* Behind an element stands a comma or the line's end. */
static void tlsvip_http_option_delimiter(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u8 c = run->p[run->pos];

	if (c != ',' && c != '\r') {
		tlsvip_http_list_reject(run,
					TLSVIP_HTTP_R_CONNECTION_SYNTAX);
		return;
	}
	tlsvip_http_option_decide(run);
	if (c == ',') {
		run->pos++;
		r->state = TLSVIP_HTTP_S_OPTION_SPACE;
	} else if (r->flags & TLSVIP_HTTP_F_KEPT) {
		tlsvip_http_line_end(run);
	} else {
		tlsvip_http_drop_line(run);
	}
}

static void tlsvip_http_option_space_step(struct tlsvip_http_run *run)
{
	u32 stop = tlsvip_http_scan_space(run->p, run->pos, run->end);
	u8 c;

	if (!tlsvip_http_option_eat(run, stop) || stop == run->end)
		return;
	c = run->p[run->pos];
	run->r->flags &= ~TLSVIP_HTTP_F_STAYS;
	if (c == ',' || c == '\r')	/* an empty element goes */
		tlsvip_http_option_delimiter(run);
	else
		run->r->state = TLSVIP_HTTP_S_OPTION;
}

static void tlsvip_http_option_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	const u8 *option = run->p + run->pos;
	u32 stop, len;

	stop = tlsvip_http_scan_token(run->p, run->pos, run->end);
	len = stop - run->pos;
	if (!tlsvip_http_option_eat(run, stop))
		return;
	if (stop == run->end) {
		tlsvip_http_span_save(r, option, len);
		return;
	}
	option = tlsvip_http_span_take(r, option, &len);
	if (!len) {
		tlsvip_http_list_reject(run,
					TLSVIP_HTTP_R_CONNECTION_SYNTAX);
		return;
	}
	r->state = TLSVIP_HTTP_S_OPTION_END;
	if (tlsvip_http_option_keep(run, option, len))
		r->flags |= TLSVIP_HTTP_F_STAYS;
}

static void tlsvip_http_option_end_step(struct tlsvip_http_run *run)
{
	u32 stop = tlsvip_http_scan_space(run->p, run->pos, run->end);

	if (tlsvip_http_option_eat(run, stop) && stop != run->end)
		tlsvip_http_option_delimiter(run);
}

/* Protocols that carry requests nobody would look at. */
static bool tlsvip_http_protocol_blocked(const u8 *name, u32 len)
{
	return (len >= 2 && tlsvip_http_equal_fold(name, "H2", 2)) ||
	       (len >= 4 && tlsvip_http_equal_fold(name, "HTTP", 4)) ||
	       (len >= 3 && tlsvip_http_equal_fold(name, "TLS", 3));
}

/* Behind a protocol stands a comma or the line's end. */
static void tlsvip_http_protocol_delimiter(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u8 c = run->p[run->pos];

	if (c == ',') {
		run->pos++;
		r->state = TLSVIP_HTTP_S_UPGRADE_SPACE;
	} else if (c != '\r') {
		tlsvip_http_list_reject(run, TLSVIP_HTTP_R_UPGRADE_SYNTAX);
	} else if (!(r->flags & TLSVIP_HTTP_F_KEPT) ||
		   r->flags & TLSVIP_HTTP_F_BLOCKED) {
		tlsvip_http_drop_line(run);
	} else {
		r->flags |= TLSVIP_HTTP_F_UPGRADE;
		tlsvip_http_line_end(run);
	}
}

/* The name of a protocol: between commas, before "/" and its version. */
static void tlsvip_http_protocol_name_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	const u8 *name = run->p + run->pos;
	u32 stop, len;

	stop = tlsvip_http_scan_token(run->p, run->pos, run->end);
	len = stop - run->pos;
	run->pos = stop;
	if (stop == run->end) {
		tlsvip_http_span_save(r, name, len);
		return;
	}
	name = tlsvip_http_span_take(r, name, &len);
	if (!len) {
		tlsvip_http_list_reject(run, TLSVIP_HTTP_R_UPGRADE_SYNTAX);
		return;
	}
	if (tlsvip_http_protocol_blocked(name, len))
		r->flags |= TLSVIP_HTTP_F_BLOCKED;
	r->flags |= TLSVIP_HTTP_F_KEPT;
	r->state = TLSVIP_HTTP_S_UPGRADE_END;
	if (run->p[stop] == '/') {
		run->pos++;
		r->index = 0;
		r->state = TLSVIP_HTTP_S_UPGRADE_VERSION;
	}
}

static void tlsvip_http_protocol_version_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u32 stop;

	stop = tlsvip_http_scan_token(run->p, run->pos, run->end);
	r->index += stop - run->pos;
	run->pos = stop;
	if (stop == run->end)
		return;
	if (r->index)
		r->state = TLSVIP_HTTP_S_UPGRADE_END;
	else
		tlsvip_http_list_reject(run, TLSVIP_HTTP_R_UPGRADE_SYNTAX);
}

static void tlsvip_http_protocol_space_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u8 c;

	run->pos = tlsvip_http_scan_space(run->p, run->pos, run->end);
	if (run->pos == run->end)
		return;
	c = run->p[run->pos];
	if (r->state == TLSVIP_HTTP_S_UPGRADE_END || c == ',' || c == '\r')
		tlsvip_http_protocol_delimiter(run);
	else
		r->state = TLSVIP_HTTP_S_UPGRADE_NAME;
}

static void tlsvip_http_protocol_step(struct tlsvip_http_run *run)
{
	u32 held = run->pos - run->mark, max = run->limits->hold_max;

	if (held >= max) {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_UPGRADE_TOO_LONG);
		return;
	}
	if (run->end - run->pos > max - held)
		run->end = run->pos + max - held;
	switch (run->r->state) {
	case TLSVIP_HTTP_S_UPGRADE_NAME:
		tlsvip_http_protocol_name_step(run);
		break;
	case TLSVIP_HTTP_S_UPGRADE_VERSION:
		tlsvip_http_protocol_version_step(run);
		break;
	default:
		tlsvip_http_protocol_space_step(run);
		break;
	}
}

/**
 * tlsvip_http_list_step() - eat some bytes of Connection or Upgrade
 * @run: current run, with at least one byte
 *
 * Context: Any.
 */
void tlsvip_http_list_step(struct tlsvip_http_run *run)
{
	switch (run->r->state) {
	case TLSVIP_HTTP_S_OPTION_SPACE:
		tlsvip_http_option_space_step(run);
		break;
	case TLSVIP_HTTP_S_OPTION:
		tlsvip_http_option_step(run);
		break;
	case TLSVIP_HTTP_S_OPTION_END:
		tlsvip_http_option_end_step(run);
		break;
	default:
		tlsvip_http_protocol_step(run);
		break;
	}
}
