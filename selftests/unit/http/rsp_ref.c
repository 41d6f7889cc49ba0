// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference parser for responses: obvious before fast. See rsp_ref.h.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "rsp_ref.h"
#include "rsp_url.h"

#define MORE (-1)

struct rr {
	const struct rsp_ref_cfg *cfg;
	struct rsp_ref_result *res;
	jmp_buf stop;			/* with MORE or a reason */
	const u8 *in;
	size_t len, pos;
	size_t left;			/* bytes the section may still have */
	int left_reason;		/* 0: no limit */

	/* the current response */
	bool v10, chunked, has_length, in_trailer, location, content;
	unsigned int status, interim;
	u64 length;
	u32 fields, ext;
};

static void quit(struct rr *r, int reason) __attribute__((noreturn));

static void quit(struct rr *r, int reason)
{
	longjmp(r->stop, reason);
}

static int peek(struct rr *r)
{
	if (r->pos == r->len)
		quit(r, MORE);
	if (r->left_reason && !r->left)
		quit(r, r->left_reason);
	return r->in[r->pos];
}

static void put(struct rr *r, const void *p, size_t n)
{
	memcpy(r->res->out + r->res->out_len, p, n);
	r->res->out_len += n;
}

/* The byte that was peeked at. */
static void skip(struct rr *r)
{
	r->pos++;
	r->left--;
}

static void take(struct rr *r)
{
	put(r, r->in + r->pos, 1);
	skip(r);
}

static void want(struct rr *r, int byte, int reason)
{
	if (peek(r) != byte)
		quit(r, reason);
	take(r);
}

/* What a byte that cannot stand here is. */
static int odd(int c, int reason)
{
	return c == '\n' ? TLSVIP_HTTP_R_BARE_LF : reason;
}

static bool is_token(int c)
{
	return c > 0 && c < 0x80 &&
	       (isalnum(c) || strchr("!#$%&'*+-.^_`|~", c));
}

static void read_crlf(struct rr *r, int reason)
{
	if (peek(r) != '\r')
		quit(r, odd(peek(r), reason));
	take(r);
	want(r, '\n', TLSVIP_HTTP_R_BARE_CR);
}

static bool is_text(int c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

static void read_plain(struct rr *r)
{
	while (is_text(peek(r)))
		take(r);
	read_crlf(r, TLSVIP_HTTP_R_VALUE_CHAR);
}

/* The value of a field with a URL, all of it that is there. */
static void read_url(struct rr *r)
{
	size_t end = r->pos, left = r->left, odd_byte;
	struct rsp_url url = { .rules = r->cfg->rules,
			       .n_rules = r->cfg->n_rules };

	while (end < r->len && left && is_text(r->in[end])) {
		end++;
		left--;
	}
	url.whole = end < r->len && left;
	/* a control ends a host as little as any other odd byte */
	odd_byte = url.whole && r->in[end] != '\r';
	rsp_url_edit(&url, (const char *)r->in + r->pos,
		     end + odd_byte - r->pos);
	put(r, url.out, url.out_len - odd_byte);
	r->res->rewritten += url.rewritten;
	r->res->missed += url.missed;
	r->res->in_value = !url.decided;
	free(url.out);
	while (r->pos < end)
		skip(r);
	read_crlf(r, TLSVIP_HTTP_R_VALUE_CHAR);
}

static void read_spaces(struct rr *r)
{
	while (peek(r) == ' ')
		take(r);
}

static void read_length(struct rr *r)
{
	int digits = 0, reason = TLSVIP_HTTP_R_LENGTH_SYNTAX;

	read_spaces(r);
	r->length = 0;
	for (; isdigit(peek(r)); digits++) {
		if (digits && !r->length)
			quit(r, reason);
		if (digits == 18)
			quit(r, TLSVIP_HTTP_R_LENGTH_TOO_LARGE);
		r->length = r->length * 10 + (peek(r) - '0');
		take(r);
	}
	if (!digits)
		quit(r, odd(peek(r), reason));
	read_spaces(r);
	read_crlf(r, reason);
}

static void read_coding(struct rr *r)
{
	const char *s;

	read_spaces(r);
	for (s = "chunked"; *s; s++) {
		if (tolower(peek(r)) != *s)
			quit(r, odd(peek(r), TLSVIP_HTTP_R_CODING));
		take(r);
	}
	read_spaces(r);
	read_crlf(r, TLSVIP_HTTP_R_CODING);
}

static size_t read_name(struct rr *r)
{
	size_t n = 0;
	int c;

	for (; is_token(c = peek(r)); n++) {
		if (n == r->cfg->name_max)
			quit(r, TLSVIP_HTTP_R_NAME_TOO_LONG);
		take(r);
	}
	if (c == ' ' || c == '\t')
		quit(r, n ? TLSVIP_HTTP_R_NAME_SPACE : TLSVIP_HTTP_R_OBS_FOLD);
	if (c != ':')
		quit(r, odd(c, TLSVIP_HTTP_R_NAME_CHAR));
	if (!n)
		quit(r, TLSVIP_HTTP_R_NAME_EMPTY);
	take(r);
	return n;
}

static void read_location(struct rr *r, bool *seen)
{
	if (r->in_trailer)
		quit(r, TLSVIP_HTTP_R_TRAILER_FIELD);
	if (*seen)
		quit(r, TLSVIP_HTTP_R_RSP_LOCATION);
	*seen = true;
	read_url(r);
}

static void read_field(struct rr *r)
{
	const char *name = (const char *)r->in + r->pos;
	size_t n = read_name(r);

#define IS(s) (n == strlen(s) && !strncasecmp(name, s, n))
	if (IS("Content-Length")) {
		if (r->in_trailer)
			quit(r, TLSVIP_HTTP_R_TRAILER_FIELD);
		if (r->chunked)
			quit(r, TLSVIP_HTTP_R_LENGTH_AND_CODING);
		if (r->has_length)
			quit(r, TLSVIP_HTTP_R_LENGTH_DUPLICATE);
		r->has_length = true;
		read_length(r);
	} else if (IS("Transfer-Encoding")) {
		if (r->in_trailer)
			quit(r, TLSVIP_HTTP_R_TRAILER_FIELD);
		if (r->has_length)
			quit(r, TLSVIP_HTTP_R_LENGTH_AND_CODING);
		if (r->v10)
			quit(r, TLSVIP_HTTP_R_CODING_HTTP10);
		if (r->chunked)
			quit(r, TLSVIP_HTTP_R_CODING_DUPLICATE);
		r->chunked = true;
		read_coding(r);
	} else if (r->cfg->n_rules && IS("Location")) {
		read_location(r, &r->location);
	} else if (r->cfg->n_rules && IS("Content-Location")) {
		read_location(r, &r->content);
	} else {
		read_plain(r);
	}
#undef IS
}

/* Up to the LF of the blank line. */
static void read_fields(struct rr *r)
{
	while (peek(r) != '\r') {
		if (r->fields++ == r->cfg->fields_max)
			quit(r, TLSVIP_HTTP_R_FIELD_COUNT);
		read_field(r);
	}
	take(r);
	if (peek(r) != '\n')
		quit(r, TLSVIP_HTTP_R_BARE_CR);
}

static void limit(struct rr *r, u32 left, int reason)
{
	r->left = left;
	r->left_reason = reason;
}

static int request(struct rr *r)
{
	if (r->res->completed >= r->cfg->n_requests)
		return -1;
	return r->cfg->requests[r->res->completed];
}

static void read_status(struct rr *r)
{
	const char *pattern = "HTTP/9.9 999", *p;
	const u8 *line = r->in + r->pos;
	int c;

	for (p = pattern; *p; p++) {
		c = peek(r);
		if (*p == '9' ? !isdigit(c) : c != *p)
			quit(r, odd(c, TLSVIP_HTTP_R_RSP_STATUS));
		take(r);
	}
	c = peek(r);
	if (c != ' ' && c != '\r')
		quit(r, odd(c, TLSVIP_HTTP_R_RSP_STATUS));
	r->v10 = !memcmp(line + 5, "1.0", 3);
	if (!r->v10 && memcmp(line + 5, "1.1", 3))
		quit(r, TLSVIP_HTTP_R_VERSION_UNSUPPORTED);
	r->status = atoi((const char *)line + 9);
	if (r->status < 100)
		quit(r, TLSVIP_HTTP_R_RSP_STATUS);
	if (r->status < 200) {
		if (r->v10)
			quit(r, TLSVIP_HTTP_R_RSP_INTERIM);
		if (r->status == 101 && request(r) != RSP_UPGRADE)
			quit(r, TLSVIP_HTTP_R_RSP_SWITCH);
		if (r->status != 101 && r->interim++ == 64)
			quit(r, TLSVIP_HTTP_R_RSP_INTERIM_COUNT);
	}
	if (r->status == 101 || r->status >= 200)
		r->res->begun++;
	read_plain(r);
}

static void read_extension(struct rr *r)
{
	if (r->ext++ == r->cfg->ext_max)
		quit(r, TLSVIP_HTTP_R_CHUNK_EXT_TOO_LONG);
	take(r);
}

static void read_extension_token(struct rr *r)
{
	int n;

	for (n = 0; is_token(peek(r)); n++)
		read_extension(r);
	if (!n)
		quit(r, odd(peek(r), TLSVIP_HTTP_R_CHUNK_EXT));
}

static u64 read_chunk_line(struct rr *r)
{
	int digits, reason = TLSVIP_HTTP_R_CHUNK_SIZE;
	char text[16] = "";

	for (digits = 0; isxdigit(peek(r)); digits++) {
		if (digits == 15)
			quit(r, TLSVIP_HTTP_R_CHUNK_TOO_LARGE);
		text[digits] = peek(r);
		take(r);
	}
	while (digits && peek(r) == ';') {
		reason = TLSVIP_HTTP_R_CHUNK_EXT;
		read_extension(r);
		read_extension_token(r);
		if (peek(r) == '=') {
			read_extension(r);
			read_extension_token(r);
		}
	}
	if (!digits || peek(r) != '\r')
		quit(r, odd(peek(r), reason));
	take(r);
	want(r, '\n', TLSVIP_HTTP_R_CHUNK_CRLF);
	return strtoull(text, NULL, 16);
}

static void read_bytes(struct rr *r, u64 n)
{
	for (; n; n--) {
		peek(r);
		take(r);
		r->res->must_len = r->res->out_len;
	}
}

static void read_chunks(struct rr *r)
{
	u64 size;

	while ((size = read_chunk_line(r))) {
		read_bytes(r, size);
		want(r, '\r', TLSVIP_HTTP_R_CHUNK_CRLF);
		want(r, '\n', TLSVIP_HTTP_R_CHUNK_CRLF);
	}
	limit(r, r->cfg->trailer_max, TLSVIP_HTTP_R_TRAILER_TOO_LARGE);
	r->in_trailer = true;
	read_fields(r);
	take(r);
}

static void read_rest(struct rr *r)
{
	put(r, r->in + r->pos, r->len - r->pos);
	r->pos = r->len;
	r->res->must_len = r->res->out_len;
	quit(r, MORE);
}

static void read_body(struct rr *r, bool head)
{
	bool none = r->status < 200 || r->status == 204;

	if (none && (r->chunked || r->length))
		quit(r, TLSVIP_HTTP_R_RSP_BODY);
	take(r);
	r->res->must_len = r->res->out_len;
	limit(r, 0, 0);
	if (none || head || r->status == 304)
		return;
	if (r->chunked) {
		read_chunks(r);
	} else if (r->has_length) {
		read_bytes(r, r->length);
	} else {
		r->res->until_close = true;
		read_rest(r);
	}
}

static void read_response(struct rr *r)
{
	bool head = request(r) == RSP_HEAD;
	u32 interim = r->interim;

	if (r->res->completed > r->cfg->n_requests)
		quit(r, TLSVIP_HTTP_R_RSP_UNASKED);
	if (request(r) < 0)
		r->res->unasked = true;
	memset(&r->v10, 0, sizeof(*r) - offsetof(struct rr, v10));
	r->interim = interim;
	limit(r, r->cfg->head_max, TLSVIP_HTTP_R_HEAD_TOO_LARGE);
	read_status(r);
	read_fields(r);
	read_body(r, head);
	r->res->must_len = r->res->out_len;
	limit(r, 0, 0);
	if (r->status < 200 && r->status != 101)
		return;
	r->res->completed++;
	r->interim = 0;
	if (r->status == 101) {
		r->res->switched = true;
		read_rest(r);
	}
}

void rsp_ref_cfg_init(struct rsp_ref_cfg *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->head_max = 65536;
	cfg->fields_max = 256;
	cfg->name_max = 256;
	cfg->ext_max = 8192;
	cfg->trailer_max = 8192;
}

/* @res->out is the caller's to free. */
void rsp_ref_run(const struct rsp_ref_cfg *cfg, const u8 *in, size_t len,
		 struct rsp_ref_result *res)
{
	struct rr *r = calloc(1, sizeof(*r));
	int why;

	r->cfg = cfg;
	r->in = in;
	r->len = len;
	r->res = res;
	memset(res, 0, sizeof(*res));
	/* a URL grows by "s" and a port */
	res->out = malloc(len * 2 + 1);
	why = setjmp(r->stop);
	if (!why) {
		while (r->pos < len)
			read_response(r);
		res->idle = true;
	}
	res->reason = why > 0 ? why : 0;
	free(r);
}
