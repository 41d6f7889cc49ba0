// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: values of single-valued fields that decide something.
 *
 * Content-Length, Transfer-Encoding, Expect and Host are read more strictly
 * than the RFC asks: spaces may stand in front of the value, nothing behind
 * it, and words are lower case. Whatever else is legal but rare is how
 * parsers are made to disagree. Of a server of one's own that is not to be
 * feared: its words may be in any case, and spaces may follow.
 */
#include "http_priv.h"

/* Most digits of a Content-Length, and most bytes of a Host. */
#define TLSVIP_HTTP_LENGTH_DIGITS	18

/* States of the host[:port] scanner. */
enum {
	TLSVIP_HTTP_H_FIRST,
	TLSVIP_HTTP_H_NAME,
	TLSVIP_HTTP_H_IP6_FIRST,
	TLSVIP_HTTP_H_IP6,
	TLSVIP_HTTP_H_IP6_END,
	TLSVIP_HTTP_H_COLON,
	TLSVIP_HTTP_H_PORT,		/* one digit */
	TLSVIP_HTTP_H_PORT_FULL = TLSVIP_HTTP_H_PORT + 4,
};

/* The state behind one more byte, or -1 if it cannot follow. */
static int tlsvip_http_host_next(u8 state, u8 c)
{
	u8 class = tlsvip_http_class[c];

	switch (state) {
	case TLSVIP_HTTP_H_FIRST:
		if (c == '[')
			return TLSVIP_HTTP_H_IP6_FIRST;
		return class & TLSVIP_HTTP_C_HOST ? TLSVIP_HTTP_H_NAME : -1;
	case TLSVIP_HTTP_H_NAME:
		if (c == ':')
			return TLSVIP_HTTP_H_COLON;
		return class & TLSVIP_HTTP_C_HOST ? TLSVIP_HTTP_H_NAME : -1;
	case TLSVIP_HTTP_H_IP6:
		if (c == ']')
			return TLSVIP_HTTP_H_IP6_END;
		fallthrough;
	case TLSVIP_HTTP_H_IP6_FIRST:
		return class & TLSVIP_HTTP_C_HEX || c == ':' || c == '.' ?
			TLSVIP_HTTP_H_IP6 : -1;
	case TLSVIP_HTTP_H_IP6_END:
		return c == ':' ? TLSVIP_HTTP_H_COLON : -1;
	case TLSVIP_HTTP_H_PORT_FULL:
		return -1;
	default:
		return class & TLSVIP_HTTP_C_DIGIT ? state + 1 : -1;
	}
}

/**
 * tlsvip_http_host_scan() - eat bytes of host[:port]
 * @state: state of the scanner, 0 at the start
 * @p: bytes
 * @len: how many
 *
 * Context: Any.
 * Return: number of bytes that belong to it.
 */
u32 tlsvip_http_host_scan(u8 *state, const u8 *p, u32 len)
{
	u32 n = 0;

	while (n < len) {
		int next = tlsvip_http_host_next(*state, p[n]);

		if (next < 0)
			break;
		*state = next;
		n++;
		if (next != TLSVIP_HTTP_H_NAME)
			continue;
		while (n < len && tlsvip_http_class[p[n]] & TLSVIP_HTTP_C_HOST)
			n++;
	}
	return n;
}

/**
 * tlsvip_http_host_complete() - may host[:port] end here?
 * @state: state of the scanner
 *
 * Context: Any.
 * Return: true if what was scanned is a whole one.
 */
bool tlsvip_http_host_complete(u8 state)
{
	return state == TLSVIP_HTTP_H_NAME || state == TLSVIP_HTTP_H_IP6_END ||
	       state >= TLSVIP_HTTP_H_PORT;
}

/**
 * tlsvip_http_host_no_port() - does an empty port follow the host?
 * @state: state of the scanner
 *
 * Context: Any.
 * Return: true if what was scanned ends in its colon.
 */
bool tlsvip_http_host_no_port(u8 state)
{
	return state == TLSVIP_HTTP_H_COLON;
}

/* The byte that ends a value: CR, or one that breaks @reason's rule. */
static void tlsvip_http_value_end(struct tlsvip_http_run *run, bool complete,
				  enum tlsvip_http_reason reason)
{
	u8 c = run->p[run->pos];

	if (c == '\n')
		tlsvip_http_reject(run, TLSVIP_HTTP_R_BARE_LF);
	else if (c == ' ' && complete && run->rsp)
		run->r->state = TLSVIP_HTTP_S_SPACE;
	else if (c != '\r' || !complete)
		tlsvip_http_reject(run, reason);
	else
		tlsvip_http_line_end(run);
}

/* Spaces in front of a value; true if one of its bytes follows. */
static bool tlsvip_http_value_skip(struct tlsvip_http_run *run)
{
	if (!run->r->index)
		while (run->pos < run->end && run->p[run->pos] == ' ')
			run->pos++;
	return run->pos < run->end;
}

static void tlsvip_http_length_step(struct tlsvip_http_run *run)
{
	enum tlsvip_http_reason reason = TLSVIP_HTTP_R_LENGTH_SYNTAX;
	struct tlsvip_http_req *r = run->r;

	if (!tlsvip_http_value_skip(run))
		return;
	for (; run->pos < run->end; run->pos++, r->index++) {
		u8 c = run->p[run->pos];

		if (!(tlsvip_http_class[c] & TLSVIP_HTTP_C_DIGIT)) {
			tlsvip_http_value_end(run, r->index, reason);
			return;
		}
		if (r->index && !r->body) {	/* a leading zero */
			tlsvip_http_reject(run, reason);
			return;
		}
		if (r->index == TLSVIP_HTTP_LENGTH_DIGITS) {
			tlsvip_http_reject(run,
					   TLSVIP_HTTP_R_LENGTH_TOO_LARGE);
			return;
		}
		r->body = r->body * 10 + (c - '0');
	}
}

/* A value that must be exactly @word. */
static void tlsvip_http_word_step(struct tlsvip_http_run *run,
				  const char *word,
				  enum tlsvip_http_reason reason)
{
	struct tlsvip_http_req *r = run->r;

	if (!tlsvip_http_value_skip(run))
		return;
	for (; run->pos < run->end && word[r->index]; run->pos++, r->index++) {
		u8 c = run->p[run->pos];

		if ((run->rsp ? tlsvip_http_lower(c) : c) != (u8)word[r->index])
			break;
	}
	if (run->pos < run->end)
		tlsvip_http_value_end(run, !word[r->index], reason);
}

/* Spaces behind the value of a response's field. */
static void tlsvip_http_space_step(struct tlsvip_http_run *run)
{
	enum tlsvip_http_reason reason = TLSVIP_HTTP_R_LENGTH_SYNTAX;

	if (run->r->flags & TLSVIP_HTTP_F_CODING)
		reason = TLSVIP_HTTP_R_CODING;
	while (run->pos < run->end && run->p[run->pos] == ' ')
		run->pos++;
	if (run->pos < run->end)
		tlsvip_http_value_end(run, true, reason);
}

/* How much of the next part of a Host is as the absolute target has it? */
static u32 tlsvip_http_host_same(const struct tlsvip_http_req *r,
				 const u8 *p, u32 n)
{
	u32 i, left = r->authority_len - r->index;

	if (!r->authority_len)
		return n;
	for (i = 0; i < n && i < left; i++)
		if (tlsvip_http_lower(p[i]) != r->authority[r->index + i])
			break;
	return i;
}

/*
 * Host: one host[:port], the same as in an absolute target. With such a
 * target the proxies on the way disagree on which of the two counts.
 */
static void tlsvip_http_host_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u32 n, same;
	bool complete;

	if (!tlsvip_http_value_skip(run))
		return;
	n = tlsvip_http_host_scan(&r->host, run->p + run->pos,
				  run->end - run->pos);
	if (r->index + n > TLSVIP_HTTP_AUTHORITY_SIZE && !r->authority_len) {
		run->pos += TLSVIP_HTTP_AUTHORITY_SIZE - r->index;
		tlsvip_http_reject(run, TLSVIP_HTTP_R_HOST_SYNTAX);
		return;
	}
	same = tlsvip_http_host_same(r, run->p + run->pos, n);
	run->pos += same;
	r->index += same;
	if (same < n) {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_HOST_MISMATCH);
		return;
	}
	if (run->pos == run->end)
		return;
	complete = tlsvip_http_host_complete(r->host);
	if (complete && run->p[run->pos] == '\r' && r->authority_len &&
	    r->index != r->authority_len)
		tlsvip_http_reject(run, TLSVIP_HTTP_R_HOST_MISMATCH);
	else
		tlsvip_http_value_end(run, complete,
				      TLSVIP_HTTP_R_HOST_SYNTAX);
}

/**
 * tlsvip_http_value_step() - eat some bytes of a value that counts
 * @run: current run, with at least one byte
 *
 * Context: Any.
 */
void tlsvip_http_value_step(struct tlsvip_http_run *run)
{
	switch (run->r->state) {
	case TLSVIP_HTTP_S_LENGTH:
		tlsvip_http_length_step(run);
		break;
	case TLSVIP_HTTP_S_CODING:
		tlsvip_http_word_step(run, "chunked", TLSVIP_HTTP_R_CODING);
		break;
	case TLSVIP_HTTP_S_EXPECT:
		tlsvip_http_word_step(run, "100-continue",
				      TLSVIP_HTTP_R_EXPECT);
		break;
	case TLSVIP_HTTP_S_SPACE:
		tlsvip_http_space_step(run);
		break;
	default:
		tlsvip_http_host_step(run);
		break;
	}
}
