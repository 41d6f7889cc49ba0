// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: the loop over a piece, edits, and where messages end.
 *
 * The grammar is in http_line.c (request line), http_field.c (field lines),
 * http_value.c and http_list.c (fields that decide something) and
 * http_chunk.c (chunked bodies).
 */
#include "http_priv.h"

/* Most edits that one step and the end of the piece add, a URL's. */
#define TLSVIP_HTTP_STEP_EDITS 7

/**
 * tlsvip_http_emit() - decide the bytes up to a position
 * @run: current run
 * @op: TLSVIP_HTTP_PASS or TLSVIP_HTTP_DROP
 * @until: position behind the last byte decided
 *
 * Context: Any.
 */
void tlsvip_http_emit(struct tlsvip_http_run *run, enum tlsvip_http_op op,
		      u32 until)
{
	u32 len = until - run->done;

	if (!len)
		return;
	run->done = until;
	if (run->n && run->e[run->n - 1].op == op) {
		run->e[run->n - 1].len += len;
		return;
	}
	run->e[run->n].op = op;
	run->e[run->n++].len = len;
}

/**
 * tlsvip_http_issue() - add an edit that decides no bytes
 * @run: current run
 * @op: any but TLSVIP_HTTP_PASS and TLSVIP_HTTP_DROP
 * @arg: its len
 *
 * Context: Any.
 */
void tlsvip_http_issue(struct tlsvip_http_run *run, enum tlsvip_http_op op,
		       u32 arg)
{
	run->e[run->n].op = op;
	run->e[run->n++].len = arg;
}

/* Turn what has been eaten into edits, as far as it is decided. */
static void tlsvip_http_flush(struct tlsvip_http_run *run)
{
	switch (run->lenient ? TLSVIP_HTTP_FLOW_PASS : run->r->flow) {
	case TLSVIP_HTTP_FLOW_PASS:
		tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->pos);
		break;
	case TLSVIP_HTTP_FLOW_DROP:
		tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->mark);
		tlsvip_http_emit(run, TLSVIP_HTTP_DROP, run->pos);
		break;
	default:
		tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->mark);
		break;
	}
	run->r->held = run->pos - run->done;
}

/**
 * tlsvip_http_reject() - refuse the connection from the next byte on
 * @run: current run; run->pos is the byte that broke the rule
 * @reason: the rule
 *
 * Bytes held stay undecided for ever: a blank line that is being judged does
 * not reach the other side. A response that nobody edits is not refused; no
 * more is looked at.
 *
 * Context: Any.
 */
void tlsvip_http_reject(struct tlsvip_http_run *run,
			enum tlsvip_http_reason reason)
{
	run->r->reason = reason;
	if (run->lenient) {
		run->r->state = TLSVIP_HTTP_S_LOST;
		return;
	}
	tlsvip_http_flush(run);
	run->r->state = TLSVIP_HTTP_S_DEAD;
	tlsvip_http_issue(run, TLSVIP_HTTP_REJECT, reason);
}

/* The state behind a message: is another request awaited? */
static enum tlsvip_http_state
tlsvip_http_next(const struct tlsvip_http_req *r)
{
	u16 close = r->flags & TLSVIP_HTTP_F_CLOSE;

	if (r->flags & TLSVIP_HTTP_F_HTTP10 &&
	    !(r->flags & TLSVIP_HTTP_F_KEEP))
		close = 1;
	return close ? TLSVIP_HTTP_S_CLOSED : TLSVIP_HTTP_S_START;
}

/**
 * tlsvip_http_message_end() - the last byte of a message has been eaten
 * @run: current run; run->pos is behind that byte, which passes
 *
 * A request with an Upgrade has no body, so this is the end of its head.
 *
 * Context: Any.
 */
void tlsvip_http_message_end(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;

	if (run->rsp) {
		tlsvip_http_rsp_message_end(run);
		return;
	}
	r->completed++;
	r->pieces = 0;
	tlsvip_http_pass(run);
	if (r->flags & TLSVIP_HTTP_F_UPGRADE) {
		tlsvip_http_flush(run);
		tlsvip_http_issue(run, TLSVIP_HTTP_UPGRADE, 0);
		r->state = TLSVIP_HTTP_S_WAIT;
		return;
	}
	r->state = tlsvip_http_next(r);
}

/* A body, or the rest of one: one counter for any number of bytes. */
static void tlsvip_http_body_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u32 n = run->end - run->pos;

	if (n > r->body)
		n = r->body;
	run->pos += n;
	r->body -= n;
	if (r->body)
		return;
	if (r->state == TLSVIP_HTTP_S_BODY)
		tlsvip_http_message_end(run);
	else
		r->state = TLSVIP_HTTP_S_DATA_CR;
}

/**
 * tlsvip_http_message_start() - the first byte of a message is the next one
 * @run: current run
 * @left: bytes that its first section may have
 *
 * Forgets the last message.
 *
 * Context: Any.
 */
void tlsvip_http_message_start(struct tlsvip_http_run *run, u32 left)
{
	struct tlsvip_http_req *r = run->r;

	tlsvip_http_section(run, left);
	r->flags = 0;
	r->body = 0;
	r->fields = 0;
	r->extension = 0;
	r->authority_len = 0;
	r->crlfs = 0;
	r->index = 0;
	r->span = 0;
	tlsvip_http_hold(run);
}

/* Between messages: empty lines are dropped, a few of them. */
static void tlsvip_http_start_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u8 c = run->p[run->pos];

	if (r->state == TLSVIP_HTTP_S_START && r->last) {
		r->state = TLSVIP_HTTP_S_CLOSED;
	} else if (r->state == TLSVIP_HTTP_S_START_LF) {
		if (c != '\n') {
			tlsvip_http_reject(run, TLSVIP_HTTP_R_BARE_CR);
			return;
		}
		run->pos++;
		tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->mark);
		tlsvip_http_emit(run, TLSVIP_HTTP_DROP, run->pos);
		tlsvip_http_pass(run);
		r->state = TLSVIP_HTTP_S_START;
	} else if (c == '\r') {
		if (r->crlfs++ >= run->limits->crlf_max) {
			tlsvip_http_reject(run, TLSVIP_HTTP_R_LEADING_CRLF);
			return;
		}
		tlsvip_http_hold(run);
		run->pos++;
		r->state = TLSVIP_HTTP_S_START_LF;
	} else {
		tlsvip_http_message_start(run, run->limits->line_max);
		r->state = TLSVIP_HTTP_S_METHOD;
	}
}

/* Behind the last byte that is looked at: all goes, one way or the other. */
static void tlsvip_http_rest_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;

	if (r->state == TLSVIP_HTTP_S_CLOSED) {
		run->mark = run->pos;
		r->flow = TLSVIP_HTTP_FLOW_DROP;
		r->stray += run->end - run->pos;
	}
	run->pos = run->end;
}

static void tlsvip_http_step(struct tlsvip_http_run *run)
{
	switch (run->r->state) {
	case TLSVIP_HTTP_S_METHOD ... TLSVIP_HTTP_S_VERSION:
		tlsvip_http_line_step(run);
		break;
	case TLSVIP_HTTP_S_FIELD ... TLSVIP_HTTP_S_DROP:
	case TLSVIP_HTTP_S_LINE_LF:
	case TLSVIP_HTTP_S_HEAD_LF:
		tlsvip_http_field_step(run);
		break;
	case TLSVIP_HTTP_S_LENGTH ... TLSVIP_HTTP_S_HOST:
		tlsvip_http_value_step(run);
		break;
	case TLSVIP_HTTP_S_OPTION_SPACE ... TLSVIP_HTTP_S_UPGRADE_END:
		tlsvip_http_list_step(run);
		break;
	case TLSVIP_HTTP_S_URL_SPACE ... TLSVIP_HTTP_S_URL_AUTHORITY:
		tlsvip_http_url_step(run);
		break;
	case TLSVIP_HTTP_S_DATA:
	case TLSVIP_HTTP_S_BODY:
		tlsvip_http_body_step(run);
		break;
	case TLSVIP_HTTP_S_SIZE ... TLSVIP_HTTP_S_SIZE_LF:
	case TLSVIP_HTTP_S_DATA_CR:
	case TLSVIP_HTTP_S_DATA_LF:
		tlsvip_http_chunk_step(run);
		break;
	case TLSVIP_HTTP_S_START:
	case TLSVIP_HTTP_S_START_LF:
		tlsvip_http_start_step(run);
		break;
	case TLSVIP_HTTP_S_STATUS:
	case TLSVIP_HTTP_S_RESPONSE:
		tlsvip_http_rsp_step(run);
		break;
	case TLSVIP_HTTP_S_UNTIL_CLOSE:
	case TLSVIP_HTTP_S_LOST:
	case TLSVIP_HTTP_S_CLOSED:
	case TLSVIP_HTTP_S_OPAQUE:
		tlsvip_http_rest_step(run);
		break;
	default:
		tlsvip_http_reject(run, TLSVIP_HTTP_R_NOT_READY);
		break;
	}
}

/* The section's limit is reached and there are more bytes. */
static void tlsvip_http_section_full(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;

	if (r->state <= TLSVIP_HTTP_S_VERSION)
		tlsvip_http_reject(run, TLSVIP_HTTP_R_LINE_TOO_LONG);
	else if (r->flags & TLSVIP_HTTP_F_TRAILER)
		tlsvip_http_reject(run, TLSVIP_HTTP_R_TRAILER_TOO_LARGE);
	else
		tlsvip_http_reject(run, TLSVIP_HTTP_R_HEAD_TOO_LARGE);
}

static bool tlsvip_http_is_limited(u8 state)
{
	return state < TLSVIP_HTTP_S_SIZE && state != TLSVIP_HTTP_S_NONE;
}

/* Steps in a section whose size is limited, up to its end or an edit. */
static void tlsvip_http_limited_steps(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u32 n = run->n;

	if (run->end - run->pos > r->left) {
		run->end = run->pos + r->left;
		if (run->end == run->pos) {
			tlsvip_http_section_full(run);
			return;
		}
	}
	run->from = run->pos;
	do
		tlsvip_http_step(run);
	while (run->pos < run->end && run->n == n &&
	       tlsvip_http_is_limited(r->state));
	r->left -= run->pos - run->from;
}

/* Is it the head of a request that the next byte belongs to? */
static bool tlsvip_http_in_head(const struct tlsvip_http_req *r)
{
	return tlsvip_http_is_limited(r->state) &&
	       !(r->flags & TLSVIP_HTTP_F_TRAILER);
}

/**
 * tlsvip_http_eat() - look at a piece
 * @run: current run, at its start
 * @len: bytes in the piece
 * @max: room for edits
 *
 * Stops where a second request would begin: at most one begins in a run.
 *
 * Context: Any.
 */
void tlsvip_http_eat(struct tlsvip_http_run *run, u32 len, u32 max)
{
	struct tlsvip_http_req *r = run->r;

	run->done = 0 - r->held;
	run->mark = 0 - r->held;
	while (run->pos < len && r->state < TLSVIP_HTTP_S_WAIT &&
	       run->n + TLSVIP_HTTP_STEP_EDITS <= max) {
		if (run->inserted && r->state == TLSVIP_HTTP_S_START)
			break;
		run->end = len;
		if (tlsvip_http_is_limited(r->state))
			tlsvip_http_limited_steps(run);
		else
			tlsvip_http_step(run);
	}
	if (r->state != TLSVIP_HTTP_S_DEAD)
		tlsvip_http_flush(run);
	else if (!run->n && max)
		tlsvip_http_issue(run, TLSVIP_HTTP_REJECT, r->reason);
}

/**
 * tlsvip_http_req_feed() - look at the next bytes from the client
 * @r: request engine of the connection
 * @cfg: its policy's limits and names
 * @p: the bytes that follow those eaten so far
 * @len: how many; below 2^31
 * @e: where the edits go
 * @max: room in @e, at least TLSVIP_HTTP_EDITS_MIN
 * @n_edits: number of edits written
 *
 * The edits speak of the stream in order, from the first byte that no earlier
 * edit has decided. Bytes eaten and not decided (tlsvip_http_req_held()) must
 * be kept until a later call decides them. Behind REJECT the connection is to
 * be ended; what is held then, and all that follows, must not be sent. REJECT
 * is repeated if the engine is fed again.
 *
 * Context: Any; the caller serialises calls for @r.
 * Return: bytes eaten: @len, unless @e filled up, a second request began, or
 * REJECT or UPGRADE was issued, behind which nothing is eaten.
 */
u32 tlsvip_http_req_feed(struct tlsvip_http_req *r,
			 const struct tlsvip_http_cfg *cfg,
			 const u8 *p, u32 len, struct tlsvip_http_edit *e,
			 u32 max, u32 *n_edits)
{
	struct tlsvip_http_run run = {
		.r = r, .limits = &cfg->limits, .filter = cfg->filter,
		.cfg = cfg, .p = p, .e = e,
	};

	tlsvip_http_eat(&run, len, max);
	if (r->pieces > cfg->limits.pieces_max && run.pos == len &&
	    tlsvip_http_in_head(r))
		tlsvip_http_reject(&run, TLSVIP_HTTP_R_HEAD_PIECES);
	*n_edits = run.n;
	return run.pos;
}

/**
 * tlsvip_http_req_pieces() - more records have come from the client
 * @r: request engine
 * @n: how many
 *
 * To be called before their bytes are fed. A head that is not complete when
 * they are is refused if it is in too many of them by then. They are taken to
 * be of the head that is under way, or of the first one that begins in them.
 *
 * Context: Any; the caller serialises calls for @r.
 */
void tlsvip_http_req_pieces(struct tlsvip_http_req *r, u32 n)
{
	if (tlsvip_http_in_head(r))
		r->pieces += n;
	else if (tlsvip_http_req_idle(r))
		r->pieces = n;
}

/**
 * tlsvip_http_req_last() - let no further request begin
 * @r: request engine
 *
 * The one that has begun goes on to its end; what is behind it is dropped.
 *
 * Context: Any; the caller serialises calls for @r.
 */
void tlsvip_http_req_last(struct tlsvip_http_req *r)
{
	r->last = true;
}

/**
 * tlsvip_http_req_init() - start of a connection
 * @r: request engine
 *
 * Context: Any.
 */
void tlsvip_http_req_init(struct tlsvip_http_req *r)
{
	memset(r, 0, offsetof(struct tlsvip_http_req, buf));
	r->state = TLSVIP_HTTP_S_START;
}

/**
 * tlsvip_http_req_upgrade() - the server has answered an Upgrade
 * @r: request engine that has issued TLSVIP_HTTP_UPGRADE
 * @switched: the answer was 101
 *
 * Does nothing when no answer is awaited.
 *
 * Context: Any; the caller serialises calls for @r.
 */
void tlsvip_http_req_upgrade(struct tlsvip_http_req *r, bool switched)
{
	if (r->state != TLSVIP_HTTP_S_WAIT)
		return;
	r->state = switched ? TLSVIP_HTTP_S_OPAQUE : tlsvip_http_next(r);
}

/**
 * tlsvip_http_req_idle() - would an end of the stream be clean here?
 * @r: request engine
 *
 * Context: Any.
 * Return: true between messages and behind the last one; not once switched,
 * where nobody here can tell.
 */
bool tlsvip_http_req_idle(const struct tlsvip_http_req *r)
{
	return r->state == TLSVIP_HTTP_S_START ||
	       r->state == TLSVIP_HTTP_S_CLOSED ||
	       r->state == TLSVIP_HTTP_S_WAIT;
}

/**
 * tlsvip_http_req_opaque() - is it another protocol by now?
 * @r: request engine
 *
 * Context: Any.
 * Return: true behind a 101.
 */
bool tlsvip_http_req_opaque(const struct tlsvip_http_req *r)
{
	return r->state == TLSVIP_HTTP_S_OPAQUE;
}

/**
 * tlsvip_http_req_is_head() - is the answer to the last request bodyless?
 * @r: request engine
 *
 * Context: Any.
 * Return: true if the method of the current or last request is HEAD.
 */
bool tlsvip_http_req_is_head(const struct tlsvip_http_req *r)
{
	return r->method == TLSVIP_HTTP_M_HEAD;
}

/**
 * tlsvip_http_req_section() - which head or trailers wait for their next byte?
 * @r: request engine
 *
 * Context: Any.
 * Return: 0 if none has begun that has not ended; else a number that is
 * another one for each section of a connection.
 */
u32 tlsvip_http_req_section(const struct tlsvip_http_req *r)
{
	if (!tlsvip_http_is_limited(r->state))
		return 0;
	return r->completed << 2 | (r->flags & TLSVIP_HTTP_F_TRAILER ? 2 : 0) |
	       1;
}
