// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: the lines between chunks of a chunked body.
 *
 * 1*15HEXDIG *( ";" token [ "=" token ] ) CRLF, data, CRLF. Quoted extension
 * values and white space are refused: they are where parsers were made to
 * disagree. Trailers are field lines (http_field.c).
 */
#include "http_priv.h"

/* Most digits of a chunk size: 2^60 - 1 bytes. */
#define TLSVIP_HTTP_SIZE_DIGITS	15

static void tlsvip_http_chunk_reject(struct tlsvip_http_run *run,
				     enum tlsvip_http_reason reason)
{
	if (run->p[run->pos] == '\n')
		reason = TLSVIP_HTTP_R_BARE_LF;
	tlsvip_http_reject(run, reason);
}

/* What may follow a size or an extension: another one, or the line's end. */
static void tlsvip_http_chunk_delimiter(struct tlsvip_http_run *run,
					enum tlsvip_http_reason reason)
{
	struct tlsvip_http_req *r = run->r;

	switch (run->p[run->pos]) {
	case '\r':
		r->state = TLSVIP_HTTP_S_SIZE_LF;
		break;
	case ';':
		if (r->extension++ == run->limits->ext_max) {
			tlsvip_http_reject(run,
					   TLSVIP_HTTP_R_CHUNK_EXT_TOO_LONG);
			return;
		}
		r->index = 0;
		r->state = TLSVIP_HTTP_S_EXT_NAME;
		break;
	default:
		tlsvip_http_chunk_reject(run, reason);
		return;
	}
	run->pos++;
}

static u32 tlsvip_http_hex(u8 c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void tlsvip_http_size_step(struct tlsvip_http_run *run)
{
	enum tlsvip_http_reason reason = TLSVIP_HTTP_R_CHUNK_SIZE;
	struct tlsvip_http_req *r = run->r;

	for (; run->pos < run->end; run->pos++, r->index++) {
		u8 c = run->p[run->pos];

		if (!(tlsvip_http_class[c] & TLSVIP_HTTP_C_HEX)) {
			if (r->index)
				tlsvip_http_chunk_delimiter(run, reason);
			else
				tlsvip_http_chunk_reject(run, reason);
			return;
		}
		if (r->index == TLSVIP_HTTP_SIZE_DIGITS) {
			tlsvip_http_reject(run,
					   TLSVIP_HTTP_R_CHUNK_TOO_LARGE);
			return;
		}
		r->body = r->body << 4 | tlsvip_http_hex(c);
	}
}

/* A token of an extension; index counts its bytes. */
static void tlsvip_http_extension_step(struct tlsvip_http_run *run)
{
	u32 room = run->limits->ext_max - run->r->extension;
	struct tlsvip_http_req *r = run->r;
	u32 stop, len;

	stop = tlsvip_http_scan_token(run->p, run->pos, run->end);
	len = stop - run->pos;
	if (len > room) {
		run->pos += room;
		tlsvip_http_reject(run, TLSVIP_HTTP_R_CHUNK_EXT_TOO_LONG);
		return;
	}
	r->extension += len;
	r->index += len;
	run->pos = stop;
	if (stop == run->end)
		return;
	if (!r->index) {
		tlsvip_http_chunk_reject(run, TLSVIP_HTTP_R_CHUNK_EXT);
	} else if (r->state == TLSVIP_HTTP_S_EXT_NAME && run->p[stop] == '=') {
		if (r->extension++ == run->limits->ext_max) {
			tlsvip_http_reject(run,
					   TLSVIP_HTTP_R_CHUNK_EXT_TOO_LONG);
			return;
		}
		run->pos++;
		r->index = 0;
		r->state = TLSVIP_HTTP_S_EXT_VALUE;
	} else {
		tlsvip_http_chunk_delimiter(run, TLSVIP_HTTP_R_CHUNK_EXT);
	}
}

/* The LF of a size line. */
static void tlsvip_http_size_done(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;

	if (r->body) {
		r->state = TLSVIP_HTTP_S_DATA;
		return;
	}
	tlsvip_http_section(run, run->limits->trailer_max);
	r->flags |= TLSVIP_HTTP_F_TRAILER;
	r->state = TLSVIP_HTTP_S_FIELD;
}

/* A byte that cannot be another one. */
static void tlsvip_http_chunk_byte(struct tlsvip_http_run *run, u8 c)
{
	struct tlsvip_http_req *r = run->r;

	if (run->p[run->pos] != c) {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_CHUNK_CRLF);
		return;
	}
	run->pos++;
	switch (r->state) {
	case TLSVIP_HTTP_S_SIZE_LF:
		tlsvip_http_size_done(run);
		break;
	case TLSVIP_HTTP_S_DATA_CR:
		r->state = TLSVIP_HTTP_S_DATA_LF;
		break;
	default:
		r->index = 0;
		r->state = TLSVIP_HTTP_S_SIZE;
		break;
	}
}

/**
 * tlsvip_http_chunk_step() - eat some bytes between chunks
 * @run: current run, with at least one byte
 *
 * Context: Any.
 */
void tlsvip_http_chunk_step(struct tlsvip_http_run *run)
{
	switch (run->r->state) {
	case TLSVIP_HTTP_S_SIZE:
		tlsvip_http_size_step(run);
		break;
	case TLSVIP_HTTP_S_EXT_NAME:
	case TLSVIP_HTTP_S_EXT_VALUE:
		tlsvip_http_extension_step(run);
		break;
	case TLSVIP_HTTP_S_DATA_CR:
		tlsvip_http_chunk_byte(run, '\r');
		break;
	default:
		tlsvip_http_chunk_byte(run, '\n');
		break;
	}
}
