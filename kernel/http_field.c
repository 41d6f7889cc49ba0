// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: field lines of heads and trailers, and the end of a head.
 *
 * A line is held up to its colon; then it passes, is dropped, or is one of
 * the few whose value is looked at (http_value.c, http_list.c).
 */
#include "http_priv.h"

static bool tlsvip_http_is_control(u8 c)
{
	return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* End of a run of bytes that may stand in a value. */
static u32 tlsvip_http_scan_value(const u8 *p, u32 pos, u32 end)
{
	while (end - pos >= 8) {
		u64 odd = tlsvip_http_controls(tlsvip_http_load(p + pos));

		if (!odd) {
			pos += 8;
			continue;
		}
		pos += tlsvip_http_first(odd);
		if (p[pos] != '\t')
			return pos;
		pos++;
	}
	while (pos < end && !tlsvip_http_is_control(p[pos]))
		pos++;
	return pos;
}

/**
 * tlsvip_http_line_end() - the CR of a field line that passes
 * @run: current run; run->pos is the CR, or another byte where it should be
 *
 * The CR is held until its LF is seen, or until the section's end.
 *
 * Context: Any.
 */
void tlsvip_http_line_end(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	const u8 *p = run->p + run->pos;

	if (*p != '\r') {
		tlsvip_http_reject(run, *p == '\n' ? TLSVIP_HTTP_R_BARE_LF :
				   TLSVIP_HTTP_R_VALUE_CHAR);
		return;
	}
	if (run->end - run->pos > 1 && p[1] == '\n') {
		run->pos += 2;
		tlsvip_http_pass(run);
		r->state = TLSVIP_HTTP_S_FIELD;
		return;
	}
	tlsvip_http_hold(run);
	run->pos++;
	r->state = TLSVIP_HTTP_S_LINE_LF;
}

/**
 * tlsvip_http_drop_line() - the line that starts at run->mark is dropped
 * @run: current run; run->pos is anywhere in the value or at its CR
 *
 * Context: Any.
 */
void tlsvip_http_drop_line(struct tlsvip_http_run *run)
{
	run->r->flow = TLSVIP_HTTP_FLOW_DROP;
	run->r->state = TLSVIP_HTTP_S_DROP;
}

static void tlsvip_http_value_plain_step(struct tlsvip_http_run *run)
{
	run->pos = tlsvip_http_scan_value(run->p, run->pos, run->end);
	if (run->pos != run->end)
		tlsvip_http_line_end(run);
}

static void tlsvip_http_drop_step(struct tlsvip_http_run *run)
{
	u8 c;

	run->pos = tlsvip_http_scan_value(run->p, run->pos, run->end);
	if (run->pos == run->end)
		return;
	c = run->p[run->pos];
	if (c == '\r') {
		run->pos++;
		run->r->state = TLSVIP_HTTP_S_LINE_LF;
		return;
	}
	tlsvip_http_reject(run, c == '\n' ? TLSVIP_HTTP_R_BARE_LF :
			   TLSVIP_HTTP_R_VALUE_CHAR);
}

static void tlsvip_http_line_lf_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;

	if (run->p[run->pos] != '\n') {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_BARE_CR);
		return;
	}
	run->pos++;
	if (r->flow == TLSVIP_HTTP_FLOW_DROP) {
		tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->mark);
		tlsvip_http_emit(run, TLSVIP_HTTP_DROP, run->pos);
	}
	tlsvip_http_pass(run);
	r->state = TLSVIP_HTTP_S_FIELD;
}

/* A repeated or contradictory field, or one that may not stand here. */
static enum tlsvip_http_reason
tlsvip_http_field_conflict(const struct tlsvip_http_req *r,
			   enum tlsvip_http_field field)
{
	enum tlsvip_http_reason reason = TLSVIP_HTTP_R_NONE;
	u16 flags = r->flags;

	if (field == TLSVIP_HTTP_N_LOOKALIKE)
		return TLSVIP_HTTP_R_NAME_LOOKALIKE;
	if (flags & TLSVIP_HTTP_F_TRAILER)
		return TLSVIP_HTTP_R_TRAILER_FIELD;
	switch (field) {
	case TLSVIP_HTTP_N_WEBSOCKET:
		reason = TLSVIP_HTTP_R_WEBSOCKET_KEY;
		break;
	case TLSVIP_HTTP_N_HOST:
		if (flags & TLSVIP_HTTP_F_HOST)
			reason = TLSVIP_HTTP_R_HOST_DUPLICATE;
		break;
	case TLSVIP_HTTP_N_LENGTH:
		if (flags & TLSVIP_HTTP_F_CODING)
			reason = TLSVIP_HTTP_R_LENGTH_AND_CODING;
		else if (flags & TLSVIP_HTTP_F_LENGTH)
			reason = TLSVIP_HTTP_R_LENGTH_DUPLICATE;
		break;
	case TLSVIP_HTTP_N_CODING:
		if (flags & TLSVIP_HTTP_F_LENGTH)
			reason = TLSVIP_HTTP_R_LENGTH_AND_CODING;
		else if (flags & TLSVIP_HTTP_F_HTTP10)
			reason = TLSVIP_HTTP_R_CODING_HTTP10;
		else if (flags & TLSVIP_HTTP_F_CODING)
			reason = TLSVIP_HTTP_R_CODING_DUPLICATE;
		break;
	case TLSVIP_HTTP_N_EXPECT:
		if (flags & (TLSVIP_HTTP_F_EXPECT | TLSVIP_HTTP_F_HTTP10))
			reason = TLSVIP_HTTP_R_EXPECT;
		break;
	case TLSVIP_HTTP_N_LOCATION:
		if (flags & TLSVIP_HTTP_F_LOCATION)
			reason = TLSVIP_HTTP_R_RSP_LOCATION;
		break;
	case TLSVIP_HTTP_N_CONTENT:
		if (flags & TLSVIP_HTTP_F_CONTENT)
			reason = TLSVIP_HTTP_R_RSP_LOCATION;
		break;
	default:
		break;
	}
	return reason;
}

/* Behind the colon of a field that is not a plain one. */
static void tlsvip_http_field_special(struct tlsvip_http_run *run,
				      enum tlsvip_http_field field)
{
	struct tlsvip_http_req *r = run->r;
	enum tlsvip_http_reason reason;

	if (field == TLSVIP_HTTP_N_PROTECTED) {
		if (run->cfg->spoof_reject) {
			tlsvip_http_reject(run, TLSVIP_HTTP_R_SPOOFED);
			return;
		}
		r->spoofed++;
		tlsvip_http_drop_line(run);
		return;
	}
	reason = tlsvip_http_field_conflict(r, field);
	if (reason) {
		tlsvip_http_reject(run, reason);
		return;
	}
	if (field == TLSVIP_HTTP_N_SETTINGS ||
	    (field == TLSVIP_HTTP_N_UPGRADE && !tlsvip_http_may_upgrade(r))) {
		tlsvip_http_drop_line(run);
		return;
	}
	r->index = 0;
	switch (field) {
	case TLSVIP_HTTP_N_HOST:
		r->flags |= TLSVIP_HTTP_F_HOST;
		r->state = TLSVIP_HTTP_S_HOST;
		r->host = 0;
		break;
	case TLSVIP_HTTP_N_LENGTH:
		r->flags |= TLSVIP_HTTP_F_LENGTH;
		r->state = TLSVIP_HTTP_S_LENGTH;
		break;
	case TLSVIP_HTTP_N_CODING:
		r->flags |= TLSVIP_HTTP_F_CODING;
		r->state = TLSVIP_HTTP_S_CODING;
		break;
	case TLSVIP_HTTP_N_EXPECT:
		r->flags |= TLSVIP_HTTP_F_EXPECT;
		r->state = TLSVIP_HTTP_S_EXPECT;
		break;
	case TLSVIP_HTTP_N_LOCATION:
		r->flags |= TLSVIP_HTTP_F_LOCATION;
		r->state = TLSVIP_HTTP_S_URL_SPACE;
		break;
	case TLSVIP_HTTP_N_CONTENT:
		r->flags |= TLSVIP_HTTP_F_CONTENT;
		r->state = TLSVIP_HTTP_S_URL_SPACE;
		break;
	case TLSVIP_HTTP_N_CONNECTION:
		r->flags &= ~TLSVIP_HTTP_F_KEPT;
		r->keep = run->pos - run->mark;
		r->element = r->keep;
		r->state = TLSVIP_HTTP_S_OPTION_SPACE;
		return;	/* held on */
	default:
		r->flags &= ~(TLSVIP_HTTP_F_KEPT | TLSVIP_HTTP_F_BLOCKED);
		r->state = TLSVIP_HTTP_S_UPGRADE_SPACE;
		return;	/* held on */
	}
	tlsvip_http_pass(run);
}

/* A byte that is neither of a name nor the colon behind it. */
static void tlsvip_http_name_reject(struct tlsvip_http_run *run, bool empty)
{
	u8 c = run->p[run->pos];
	bool space = c == ' ' || c == '\t';
	enum tlsvip_http_reason reason;

	if (c == '\n')
		reason = TLSVIP_HTTP_R_BARE_LF;
	else if (space)
		reason = empty ? TLSVIP_HTTP_R_OBS_FOLD :
				 TLSVIP_HTTP_R_NAME_SPACE;
	else if (c == ':')
		reason = TLSVIP_HTTP_R_NAME_EMPTY;
	else
		reason = TLSVIP_HTTP_R_NAME_CHAR;
	tlsvip_http_reject(run, reason);
}

/*
 * A name, or the rest of one, and its colon. True if the field is a plain
 * one whose value follows.
 */
static bool tlsvip_http_name_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	const u8 *name = run->p + run->pos;
	u32 stop, len;

	stop = tlsvip_http_scan_token(run->p, run->pos, run->end);
	len = stop - run->pos;
	if (len > run->limits->name_max - r->span) {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_NAME_TOO_LONG);
		return false;
	}
	run->pos = stop;
	if (stop == run->end) {
		tlsvip_http_span_save(r, name, len);
		return false;
	}
	name = tlsvip_http_span_take(r, name, &len);
	if (!len || run->p[stop] != ':') {
		tlsvip_http_name_reject(run, !len);
		return false;
	}
	run->pos++;
	if (tlsvip_http_maybe(run->filter, name[0], len)) {
		enum tlsvip_http_field field;

		field = run->rsp ? tlsvip_http_rsp_lookup(run, name, len) :
				   tlsvip_http_lookup(run->cfg, name, len);
		if (field != TLSVIP_HTTP_N_PLAIN) {
			tlsvip_http_field_special(run, field);
			return false;
		}
	}
	tlsvip_http_pass(run);
	r->state = TLSVIP_HTTP_S_VALUE;
	return true;
}

/* What the whole head must fulfil. */
static enum tlsvip_http_reason
tlsvip_http_head_check(const struct tlsvip_http_req *r)
{
	bool body = r->body || r->flags & TLSVIP_HTTP_F_CODING;
	u16 flags = r->flags;

	if (!(flags & (TLSVIP_HTTP_F_HOST | TLSVIP_HTTP_F_HTTP10)))
		return TLSVIP_HTTP_R_HOST_MISSING;
	if (flags & TLSVIP_HTTP_F_EXPECT && !body)
		return TLSVIP_HTTP_R_EXPECT_NO_BODY;
	if (flags & TLSVIP_HTTP_F_UPGRADE && body)
		return TLSVIP_HTTP_R_UPGRADE_BODY;
	if (body && r->method == TLSVIP_HTTP_M_TRACE)
		return TLSVIP_HTTP_R_BODY_TRACE;
	if (body && flags & TLSVIP_HTTP_F_HTTP10 &&
	    (r->method == TLSVIP_HTTP_M_GET ||
	     r->method == TLSVIP_HTTP_M_HEAD ||
	     r->method == TLSVIP_HTTP_M_DELETE))
		return TLSVIP_HTTP_R_BODY_HTTP10;
	return TLSVIP_HTTP_R_NONE;
}

/* The LF of the blank line: the head is judged before that line passes. */
static void tlsvip_http_head_lf_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	enum tlsvip_http_reason reason;

	if (run->p[run->pos] != '\n') {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_BARE_CR);
		return;
	}
	if (r->flags & TLSVIP_HTTP_F_TRAILER) {
		run->pos++;
		tlsvip_http_message_end(run);
		return;
	}
	if (run->rsp) {
		tlsvip_http_rsp_head_end(run);
		return;
	}
	reason = tlsvip_http_head_check(r);
	if (reason) {
		tlsvip_http_reject(run, reason);
		return;
	}
	run->pos++;
	tlsvip_http_pass(run);
	if (r->flags & TLSVIP_HTTP_F_CODING) {
		r->index = 0;
		r->state = TLSVIP_HTTP_S_SIZE;
	} else if (r->body) {
		r->state = TLSVIP_HTTP_S_BODY;
	} else {
		tlsvip_http_message_end(run);
	}
}

/*
 * Lines from the start of one. Plain fields that lie in the piece as a whole
 * are done without going back to the main loop.
 */
static void tlsvip_http_lines_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;

	do {
		tlsvip_http_hold(run);
		if (run->p[run->pos] == '\r') {
			run->pos++;
			r->state = TLSVIP_HTTP_S_HEAD_LF;
			return;
		}
		if (r->fields >= run->limits->fields_max) {
			tlsvip_http_reject(run, TLSVIP_HTTP_R_FIELD_COUNT);
			return;
		}
		r->fields++;
		r->state = TLSVIP_HTTP_S_NAME;
		if (!tlsvip_http_name_step(run))
			return;
		tlsvip_http_value_plain_step(run);
	} while (r->state == TLSVIP_HTTP_S_FIELD && run->pos < run->end);
}

/**
 * tlsvip_http_field_step() - eat some bytes of field lines
 * @run: current run, with at least one byte
 *
 * Context: Any.
 */
void tlsvip_http_field_step(struct tlsvip_http_run *run)
{
	switch (run->r->state) {
	case TLSVIP_HTTP_S_FIELD:
		tlsvip_http_lines_step(run);
		break;
	case TLSVIP_HTTP_S_NAME:
		tlsvip_http_name_step(run);
		break;
	case TLSVIP_HTTP_S_VALUE:
		tlsvip_http_value_plain_step(run);
		break;
	case TLSVIP_HTTP_S_DROP:
		tlsvip_http_drop_step(run);
		break;
	case TLSVIP_HTTP_S_LINE_LF:
		tlsvip_http_line_lf_step(run);
		break;
	default:
		tlsvip_http_head_lf_step(run);
		break;
	}
}
