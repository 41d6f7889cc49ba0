// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference parser: fields, of heads and of trailers. See ref_priv.h.
 */
#include <ctype.h>
#include <strings.h>
#include "ref_priv.h"

static void mark_dropped(struct ref *r, size_t from, size_t to)
{
	memset(r->edit + from, 1, to - from);
}

static bool same_host(struct ref *r, struct span *a, size_t from, size_t to)
{
	size_t n = to - from;

	return n <= a->end - a->start &&
	       !strncasecmp((const char *)r->in + a->start,
			    (const char *)r->in + from, n);
}

/* The CRLF of a line, whose other bytes have been read. */
static int read_crlf(struct ref *r, int reason)
{
	int c, err = ref_peek(r, &c);

	if (err)
		return err;
	if (c == '\n')
		return TLSVIP_HTTP_R_BARE_LF;
	if (c != '\r')
		return reason;
	ref_take(r);
	return ref_expect_byte(r, '\n', TLSVIP_HTTP_R_BARE_CR);
}

static int read_plain_value(struct ref *r)
{
	int c, err;

	for (;;) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (c != '\t' && (c < ' ' || c == 0x7f))
			return read_crlf(r, TLSVIP_HTTP_R_VALUE_CHAR);
		ref_take(r);
	}
}

static int skip_spaces(struct ref *r)
{
	int c, err;

	for (;;) {
		err = ref_peek(r, &c);
		if (err || c != ' ')
			return err;
		ref_take(r);
	}
}

static int read_length(struct ref *r)
{
	u32 digits = 0;
	int c, err = skip_spaces(r);

	for (; !err; err = ref_peek(r, &c)) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (c == '\r' && !digits)
			return TLSVIP_HTTP_R_LENGTH_SYNTAX;
		if (!isdigit(c))
			return read_crlf(r, TLSVIP_HTTP_R_LENGTH_SYNTAX);
		if (digits && !r->length)
			return TLSVIP_HTTP_R_LENGTH_SYNTAX;
		if (digits == 18)
			return TLSVIP_HTTP_R_LENGTH_TOO_LARGE;
		r->length = r->length * 10 + (c - '0');
		digits++;
		ref_take(r);
	}
	return err;
}

static int read_word(struct ref *r, const char *word, int reason)
{
	int c, err = skip_spaces(r);

	for (; !err && *word; word++) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (c != *word)
			return c == '\n' ? TLSVIP_HTTP_R_BARE_LF : reason;
		ref_take(r);
	}
	return err ?: read_crlf(r, reason);
}

/* Host, of which an absolute target leaves no choice. */
static int read_host_field(struct ref *r)
{
	int reason = TLSVIP_HTTP_R_HOST_SYNTAX;
	struct span *a = &r->authority;
	size_t start, end, max = TLSVIP_HTTP_AUTHORITY_SIZE;
	int c, err = skip_spaces(r);

	if (err)
		return err;
	start = r->pos;
	err = ref_read_host(r, &r->host, r->has_authority ? ~0UL : max, reason);
	for (end = start; r->has_authority && end < r->pos; end++)
		if (!same_host(r, a, start, end + 1))
			return TLSVIP_HTTP_R_HOST_MISMATCH;
	err = err ?: ref_peek(r, &c);
	if (err)
		return err;
	if (c == '\n')
		return TLSVIP_HTTP_R_BARE_LF;
	if (c != '\r' || r->host.start == r->host.end)
		return reason;
	if (r->has_authority && r->pos - start != a->end - a->start)
		return TLSVIP_HTTP_R_HOST_MISMATCH;
	return read_crlf(r, reason);
}

static const char *const framing[] = {
	"Host", "Content-Length", "Transfer-Encoding", "Expect", "Connection",
	"Upgrade", "HTTP2-Settings", "Sec-WebSocket-Key1",
};

static const char *framing_name(const u8 *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(framing) / sizeof(framing[0]); i++)
		if (ref_same_folded(name, len, framing[i]))
			return framing[i];
	return NULL;
}

static bool may_upgrade(struct ref *r)
{
	return !r->v10;
}

/* Does an option stay? 1, 0, or a reason above 1. */
static int judge_option(struct ref *r, const u8 *o, size_t n)
{
	if (ref_same_nocase(o, n, "close"))
		r->close = true;
	if (ref_same_nocase(o, n, "keep-alive"))
		r->keep = true;
	if (ref_same_nocase(o, n, "HTTP2-Settings"))
		return 0;
	if (ref_same_nocase(o, n, "Upgrade"))
		return may_upgrade(r);
	if (framing_name(o, n))
		return TLSVIP_HTTP_R_CONNECTION_OPTION;
	if (!ref_protected(r->cfg, o, n))
		return 1;
	if (r->cfg->spoof_reject)
		return TLSVIP_HTTP_R_SPOOFED;
	r->res->spoofed++;
	return 0;
}

/*
 * Connection. Kept elements keep their bytes; the comma in front of the first
 * kept one goes, as does the one in front of each dropped one behind it.
 */
static int read_connection(struct ref *r, size_t line)
{
	size_t start, held = line, first = r->pos;
	bool kept = false;
	int c, err, keep;

	for (;;) {
		for (;;) {	/* white space in front of an element */
			err = ref_peek(r, &c);
			if (err)
				return err;
			if (r->pos - held > r->cfg->hold_max)
				return TLSVIP_HTTP_R_CONNECTION_TOO_LONG;
			if (c != ' ' && c != '\t')
				break;
			ref_take(r);
			if (r->pos - held > r->cfg->hold_max)
				return TLSVIP_HTTP_R_CONNECTION_TOO_LONG;
		}
		start = r->pos;
		while (ref_is_token(c)) {
			ref_take(r);
			if (r->pos - held > r->cfg->hold_max)
				return TLSVIP_HTTP_R_CONNECTION_TOO_LONG;
			err = ref_peek(r, &c);
			if (err)
				return err;
		}
		keep = 0;
		if (r->pos > start) {
			keep = judge_option(r, r->in + start, r->pos - start);
			if (keep > 1)
				return keep;
		} else if (c != ',' && c != '\r') {
			return c == '\n' ? TLSVIP_HTTP_R_BARE_LF :
				TLSVIP_HTTP_R_CONNECTION_SYNTAX;
		}
		while (c == ' ' || c == '\t') {
			ref_take(r);
			if (r->pos - held > r->cfg->hold_max)
				return TLSVIP_HTTP_R_CONNECTION_TOO_LONG;
			err = ref_peek(r, &c);
			if (err)
				return err;
		}
		if (!keep)
			mark_dropped(r, first, r->pos);
		kept = kept || keep;
		if (kept)
			held = r->pos;
		first = r->pos;
		if (c != ',')
			break;
		ref_take(r);
		if (!kept)
			r->edit[first++] = 1;
	}
	err = read_crlf(r, TLSVIP_HTTP_R_CONNECTION_SYNTAX);
	if (!err && !kept)
		mark_dropped(r, line, r->pos);
	return err;
}

/* A list of protocols, passed or dropped as a whole. */
static int read_upgrade(struct ref *r, size_t line)
{
	bool any = false, blocked = false;
	int c = 0, err;
	size_t end, i;
	const u8 *p;
	/* where in an element the next byte stands */
	enum { BEFORE, NAME, SLASH, VERSION, BEHIND } part = BEFORE;

	for (;;) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (r->pos - line >= r->cfg->hold_max)
			return TLSVIP_HTTP_R_UPGRADE_TOO_LONG;
		if (c == '\r' && part != SLASH)
			break;
		if (ref_is_token(c) && part != BEHIND) {
			any = true;
			if (part == BEFORE)
				part = NAME;
			if (part == SLASH)
				part = VERSION;
		} else if (c == '/' && part == NAME) {
			part = SLASH;
		} else if ((c == ' ' || c == '\t') && part != SLASH) {
			if (part != BEFORE)
				part = BEHIND;
		} else if (c == ',' && part != SLASH) {
			part = BEFORE;
		} else {
			return c == '\n' ? TLSVIP_HTTP_R_BARE_LF :
					   TLSVIP_HTTP_R_UPGRADE_SYNTAX;
		}
		ref_take(r);
	}
	/* now that the line is whole, look at its protocols */
	p = r->in + line + strlen("upgrade:");
	end = r->pos - line - strlen("upgrade:");
	for (i = 0; i < end; i++) {
		if (!ref_is_token(p[i]) || (i && (ref_is_token(p[i - 1]) ||
						  p[i - 1] == '/')))
			continue;
		if ((end - i >= 2 && !strncasecmp((char *)p + i, "h2", 2)) ||
		    (end - i >= 3 && !strncasecmp((char *)p + i, "tls", 3)) ||
		    (end - i >= 4 && !strncasecmp((char *)p + i, "http", 4)))
			blocked = true;
	}
	err = read_crlf(r, TLSVIP_HTTP_R_UPGRADE_SYNTAX);
	if (!any || blocked) {
		if (!err)
			mark_dropped(r, line, r->pos);
	} else {
		r->upgrade = true;
	}
	return err;
}

static int read_dropped(struct ref *r, size_t line)
{
	int err = read_plain_value(r);

	if (!err)
		mark_dropped(r, line, r->pos);
	return err;
}

static int read_framing_field(struct ref *r, const char *name, size_t line)
{
	if (!strcmp(name, "Host")) {
		if (r->has_host)
			return TLSVIP_HTTP_R_HOST_DUPLICATE;
		r->has_host = true;
		return read_host_field(r);
	}
	if (!strcmp(name, "Content-Length")) {
		if (r->chunked)
			return TLSVIP_HTTP_R_LENGTH_AND_CODING;
		if (r->has_length)
			return TLSVIP_HTTP_R_LENGTH_DUPLICATE;
		r->has_length = true;
		return read_length(r);
	}
	if (!strcmp(name, "Transfer-Encoding")) {
		if (r->has_length)
			return TLSVIP_HTTP_R_LENGTH_AND_CODING;
		if (r->v10)
			return TLSVIP_HTTP_R_CODING_HTTP10;
		if (r->chunked)
			return TLSVIP_HTTP_R_CODING_DUPLICATE;
		r->chunked = true;
		return read_word(r, "chunked", TLSVIP_HTTP_R_CODING);
	}
	if (!strcmp(name, "Expect")) {
		if (r->expect || r->v10)
			return TLSVIP_HTTP_R_EXPECT;
		r->expect = true;
		return read_word(r, "100-continue", TLSVIP_HTTP_R_EXPECT);
	}
	if (!strcmp(name, "Sec-WebSocket-Key1"))
		return TLSVIP_HTTP_R_WEBSOCKET_KEY;
	if (!strcmp(name, "Connection"))
		return read_connection(r, line);
	if (!strcmp(name, "Upgrade") && may_upgrade(r))
		return read_upgrade(r, line);
	return read_dropped(r, line);
}

static int read_name(struct ref *r, size_t *len)
{
	size_t line = r->pos;
	int c, err;

	for (;;) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (!ref_is_token(c))
			break;
		if (r->pos - line == r->cfg->name_max)
			return TLSVIP_HTTP_R_NAME_TOO_LONG;
		ref_take(r);
	}
	*len = r->pos - line;
	if (c == '\n')
		return TLSVIP_HTTP_R_BARE_LF;
	if (c == ' ' || c == '\t')
		return *len ? TLSVIP_HTTP_R_NAME_SPACE :
			      TLSVIP_HTTP_R_OBS_FOLD;
	if (c != ':')
		return TLSVIP_HTTP_R_NAME_CHAR;
	if (!*len)
		return TLSVIP_HTTP_R_NAME_EMPTY;
	ref_take(r);
	return OK;
}

static int read_field(struct ref *r)
{
	size_t len, line = r->pos;
	const u8 *name = r->in + line;
	const char *known;
	int err = read_name(r, &len);

	if (err)
		return err;
	known = framing_name(name, len);
	if (known) {
		if (!ref_same_nocase(name, len, known))
			return TLSVIP_HTTP_R_NAME_LOOKALIKE;
		if (r->in_trailer)
			return TLSVIP_HTTP_R_TRAILER_FIELD;
		return read_framing_field(r, known, line);
	}
	if (!ref_protected(r->cfg, name, len))
		return read_plain_value(r);
	if (r->cfg->spoof_reject)
		return TLSVIP_HTTP_R_SPOOFED;
	r->res->spoofed++;
	return read_dropped(r, line);
}

static int check_head(struct ref *r)
{
	bool body = r->chunked || r->length;

	if (!r->has_host && !r->v10)
		return TLSVIP_HTTP_R_HOST_MISSING;
	if (r->expect && !body)
		return TLSVIP_HTTP_R_EXPECT_NO_BODY;
	if (r->upgrade && body)
		return TLSVIP_HTTP_R_UPGRADE_BODY;
	if (body && ref_method_is(r, "TRACE"))
		return TLSVIP_HTTP_R_BODY_TRACE;
	if (body && r->v10 && (ref_method_is(r, "GET") || ref_method_is(r, "HEAD") ||
			       ref_method_is(r, "DELETE")))
		return TLSVIP_HTTP_R_BODY_HTTP10;
	return OK;
}

/* Fields and the blank line behind them. */
int ref_read_fields(struct ref *r)
{
	int c, err;

	for (;;) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (c == '\r')
			break;
		if (r->fields++ == r->cfg->fields_max)
			return TLSVIP_HTTP_R_FIELD_COUNT;
		err = read_field(r);
		if (err)
			return err;
	}
	ref_take(r);
	err = ref_peek(r, &c);
	if (err)
		return err;
	if (c != '\n')
		return TLSVIP_HTTP_R_BARE_CR;
	if (!r->in_trailer) {
		err = check_head(r);
		if (err)
			return err;
	}
	ref_take(r);
	return OK;
}
