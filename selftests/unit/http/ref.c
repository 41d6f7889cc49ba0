// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference parser: obvious before fast. See ref.h and ref_priv.h.
 */
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
#include "ref_priv.h"

bool ref_is_token(int c)
{
	return c > 0 && c < 0x80 &&
	       (isalnum(c) || strchr("!#$%&'*+-.^_`|~", c));
}

static int fold(int c)
{
	return isalnum(c) ? toupper(c) : '_';
}

bool ref_same_folded(const u8 *a, size_t len, const char *b)
{
	size_t i;

	if (strlen(b) != len)
		return false;
	for (i = 0; i < len; i++)
		if (fold(a[i]) != fold((u8)b[i]))
			return false;
	return true;
}

bool ref_same_nocase(const u8 *a, size_t len, const char *b)
{
	return strlen(b) == len && !strncasecmp((const char *)a, b, len);
}

bool ref_protected(const struct ref_cfg *cfg, const u8 *name, size_t len)
{
	u32 i;

	for (i = 0; i < cfg->n_names; i++)
		if (ref_same_folded(name, len, cfg->names[i]))
			return true;
	for (i = 0; i < cfg->n_prefixes; i++) {
		size_t n = strlen(cfg->prefixes[i]);

		if (n <= len && ref_same_folded(name, n, cfg->prefixes[i]))
			return true;
	}
	return false;
}

void ref_cfg_init(struct ref_cfg *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->head_max = 65536;
	cfg->line_max = 16384;
	cfg->fields_max = 128;
	cfg->name_max = 256;
	cfg->hold_max = 512;
	cfg->ext_max = 256;
	cfg->trailer_max = 8192;
	cfg->crlf_max = 2;
}

/* The next byte, not taken; the section's limit counts as a reason. */
int ref_peek(struct ref *r, int *c)
{
	if (r->pos == r->len)
		return MORE;
	if (r->limited && r->used == r->limit)
		return r->limit_reason;
	*c = r->in[r->pos];
	return OK;
}

void ref_take(struct ref *r)
{
	r->pos++;
	r->used++;
}

int ref_expect_byte(struct ref *r, int want, int reason)
{
	int c, err = ref_peek(r, &c);

	if (err)
		return err;
	if (c != want)
		return reason;
	ref_take(r);
	return OK;
}

static void put(struct ref *r, const void *p, size_t len)
{
	memcpy(r->res->out + r->res->out_len, p, len);
	r->res->out_len += len;
}

/* Put out what stays of a part of the input. */
static void put_edited(struct ref *r, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++)
		if (!r->edit[i])
			put(r, r->in + i, 1);
}

/* host[:port]; stops at the first byte that cannot belong to it. */
int ref_read_host(struct ref *r, struct span *s, size_t max, int reason)
{
	size_t start = r->pos;
	bool port = false, ip6 = false, closed = false;
	int c, err, digits = 0;

	s->start = start;
	for (;;) {
		s->end = r->pos;
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (port) {
			if (!isdigit(c) || digits == 5)
				break;
			digits++;
		} else if (c == ':' && (closed || (!ip6 && r->pos > start))) {
			port = true;
		} else if (closed) {
			break;
		} else if (c == '[' && r->pos == start) {
			ip6 = true;
		} else if (ip6 && c == ']' && r->pos > start + 1) {
			closed = true;
		} else if (ip6 && !isxdigit(c) && c != ':' && c != '.') {
			break;
		} else if (!ip6 &&
			   (c >= 0x80 || (!isalnum(c) && !strchr("-._~", c)) ||
			    !c)) {
			break;
		}
		if (r->pos - start == max)
			return reason;
		ref_take(r);
	}
	if (s->end == start || (ip6 && !closed) || (port && !digits))
		s->end = start;		/* not a whole one */
	return OK;
}

static int read_method(struct ref *r)
{
	static const char *const known[] = {
		"PRI", "GET", "HEAD", "TRACE", "DELETE", "OPTIONS",
	};
	const u8 *m = r->in + r->pos;
	size_t n, i;
	int c, err;

	r->method.start = r->pos;
	for (;;) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (!ref_is_token(c))
			break;
		if (r->pos - r->method.start == 32)
			return TLSVIP_HTTP_R_METHOD_TOO_LONG;
		ref_take(r);
	}
	n = r->pos - r->method.start;
	r->method.end = r->pos;
	if (c == '\n')
		return TLSVIP_HTTP_R_BARE_LF;
	if (c != ' ' || !n)
		return TLSVIP_HTTP_R_METHOD_SYNTAX;
	if (ref_same_nocase(m, n, "CONNECT"))
		return TLSVIP_HTTP_R_METHOD_CONNECT;
	if (n == 3 && !memcmp(m, "PRI", 3))
		return TLSVIP_HTTP_R_H2_PREFACE;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (ref_same_nocase(m, n, known[i]) && memcmp(m, known[i], n))
			return TLSVIP_HTTP_R_METHOD_CASE;
	ref_take(r);
	return OK;
}

bool ref_method_is(struct ref *r, const char *m)
{
	size_t n = r->method.end - r->method.start;

	return strlen(m) == n && !memcmp(r->in + r->method.start, m, n);
}

static bool target_byte(int c)
{
	return c > 0x20 && c < 0x7f && c != '#';
}

static int bad_target(int c, int reason)
{
	if (c == '\n')
		return TLSVIP_HTTP_R_BARE_LF;
	if (c == '\r')
		return TLSVIP_HTTP_R_VERSION_SYNTAX;
	if (c != ' ' && !target_byte(c))
		return TLSVIP_HTTP_R_TARGET_CHAR;
	return reason;
}

static int read_scheme(struct ref *r)
{
	bool s = false;
	int i, c, err;

	for (i = 0; i < 7; i++) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (i == 4 && !s && tolower(c) == 's') {
			s = true;
			i--;
		} else if (tolower(c) != "http://"[i]) {
			return bad_target(c, TLSVIP_HTTP_R_TARGET_FORM);
		}
		ref_take(r);
	}
	return OK;
}

static int read_absolute(struct ref *r)
{
	int reason = TLSVIP_HTTP_R_TARGET_AUTHORITY;
	int c, err = read_scheme(r);

	if (err)
		return err;
	err = ref_read_host(r, &r->authority, TLSVIP_HTTP_AUTHORITY_SIZE, reason);
	if (err)
		return err;
	err = ref_peek(r, &c);
	if (err)
		return err;
	if (r->authority.start == r->authority.end ||
	    (c != ' ' && c != '/' && c != '?'))
		return bad_target(c, reason);
	r->has_authority = true;
	return OK;
}

static int read_target(struct ref *r)
{
	int c, err = ref_peek(r, &c);

	if (err)
		return err;
	if (c == '*' && ref_method_is(r, "OPTIONS")) {
		ref_take(r);
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (c != ' ')
			return bad_target(c, TLSVIP_HTTP_R_TARGET_FORM);
	} else if (tolower(c) == 'h') {
		err = read_absolute(r);
		if (err)
			return err;
	} else if (c != '/') {
		return bad_target(c, TLSVIP_HTTP_R_TARGET_FORM);
	}
	for (;;) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (!target_byte(c))
			break;
		ref_take(r);
	}
	if (c != ' ')
		return bad_target(c, TLSVIP_HTTP_R_TARGET_CHAR);
	ref_take(r);
	return OK;
}

static int read_version(struct ref *r)
{
	const char *pattern = "HTTP/9.9\r\n";
	const u8 *v = r->in + r->pos;
	int i, c, err;

	for (i = 0; i < 10; i++) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (pattern[i] == '9' ? !isdigit(c) : c != pattern[i])
			return c == '\n' ? TLSVIP_HTTP_R_BARE_LF :
					   TLSVIP_HTTP_R_VERSION_SYNTAX;
		if (i == 9 && memcmp(v + 5, "1.0", 3) &&
		    memcmp(v + 5, "1.1", 3))
			return TLSVIP_HTTP_R_VERSION_UNSUPPORTED;
		ref_take(r);
	}
	r->v10 = v[7] == '0';
	return OK;
}

static int read_request_line(struct ref *r)
{
	int err = read_method(r);

	if (!err)
		err = read_target(r);
	if (!err)
		err = read_version(r);
	return err;
}

static int read_extension_byte(struct ref *r)
{
	if (r->ext == r->cfg->ext_max)
		return TLSVIP_HTTP_R_CHUNK_EXT_TOO_LONG;
	r->ext++;
	ref_take(r);
	return OK;
}

static int read_extension_token(struct ref *r, int *c)
{
	size_t start = r->pos;
	int err;

	for (;;) {
		err = ref_peek(r, c);
		if (err)
			return err;
		if (!ref_is_token(*c))
			break;
		err = read_extension_byte(r);
		if (err)
			return err;
	}
	if (r->pos == start)
		return *c == '\n' ? TLSVIP_HTTP_R_BARE_LF :
				    TLSVIP_HTTP_R_CHUNK_EXT;
	return OK;
}

static int read_chunk_line(struct ref *r, u64 *size)
{
	int c, err, digits = 0, reason = TLSVIP_HTTP_R_CHUNK_SIZE;

	for (*size = 0;; digits++) {
		err = ref_peek(r, &c);
		if (err)
			return err;
		if (!isxdigit(c))
			break;
		if (digits == 15)
			return TLSVIP_HTTP_R_CHUNK_TOO_LARGE;
		*size = *size * 16 + (isdigit(c) ? c - '0' :
				      tolower(c) - 'a' + 10);
		ref_take(r);
	}
	if (!digits)
		return c == '\n' ? TLSVIP_HTTP_R_BARE_LF : reason;
	while (c == ';') {
		reason = TLSVIP_HTTP_R_CHUNK_EXT;
		err = read_extension_byte(r) ?: read_extension_token(r, &c);
		if (!err && c == '=')
			err = read_extension_byte(r) ?:
			      read_extension_token(r, &c);
		if (err)
			return err;
	}
	if (c != '\r')
		return c == '\n' ? TLSVIP_HTTP_R_BARE_LF : reason;
	ref_take(r);
	return ref_expect_byte(r, '\n', TLSVIP_HTTP_R_CHUNK_CRLF);
}

/* Counted bytes; what is there of them passes. */
static int read_bytes(struct ref *r, u64 n)
{
	size_t have = r->len - r->pos;

	if (n <= have) {
		r->pos += n;
		return OK;
	}
	r->pos = r->len;
	return MORE;
}

static int read_chunked(struct ref *r)
{
	int err;
	u64 size;

	r->limited = false;
	do {
		err = read_chunk_line(r, &size);
		if (err)
			return err;
		if (!size)
			break;
		err = read_bytes(r, size) ?:
		      ref_expect_byte(r, '\r', TLSVIP_HTTP_R_CHUNK_CRLF) ?:
		      ref_expect_byte(r, '\n', TLSVIP_HTTP_R_CHUNK_CRLF);
	} while (!err);
	if (err)
		return err;
	r->limited = true;
	r->used = 0;
	r->limit = r->cfg->trailer_max;
	r->limit_reason = TLSVIP_HTTP_R_TRAILER_TOO_LARGE;
	r->in_trailer = true;
	r->line_end = r->pos;
	return ref_read_fields(r);
}

static int read_body(struct ref *r)
{
	if (r->chunked)
		return read_chunked(r);
	return read_bytes(r, r->length);
}

static void new_message(struct ref *r)
{
	memset(&r->method, 0, sizeof(*r) - offsetof(struct ref, method));
	r->limited = true;
	r->used = 0;
	r->limit = r->cfg->line_max;
	r->limit_reason = TLSVIP_HTTP_R_LINE_TOO_LONG;
}

/* One request; puts out what has been decided of it. */
static int read_message(struct ref *r)
{
	size_t start = r->pos, head;
	int err;

	new_message(r);
	err = read_request_line(r);
	if (err)
		return err;
	r->res->started++;
	r->limit = r->cfg->head_max;
	if (r->limit < r->used)
		r->limit = r->used;
	r->limit_reason = TLSVIP_HTTP_R_HEAD_TOO_LARGE;
	put_edited(r, start, r->pos);
	put(r, r->block, strlen(r->block));
	r->line_end = r->pos;
	err = ref_read_fields(r);
	if (err)
		return err;
	put_edited(r, r->line_end, r->pos);
	r->res->head_len = r->res->out_len;
	head = r->pos;
	err = read_body(r);
	put_edited(r, head, r->in_trailer && err ? r->line_end : r->pos);
	if (!err)
		r->res->head_len = r->res->out_len;
	return err;
}

static int skip_empty_lines(struct ref *r)
{
	u32 n = 0;
	int err;

	r->limited = false;
	while (r->pos < r->len && r->in[r->pos] == '\r') {
		if (n++ == r->cfg->crlf_max)
			return TLSVIP_HTTP_R_LEADING_CRLF;
		ref_take(r);
		err = ref_expect_byte(r, '\n', TLSVIP_HTTP_R_BARE_CR);
		if (err)
			return err;
	}
	return OK;
}

static int read_connection_life(struct ref *r)
{
	int err;

	for (;;) {
		err = skip_empty_lines(r);
		if (err)
			return err;
		if (r->pos == r->len)
			return OK;
		err = read_message(r);
		if (err)
			return err;
		r->res->completed++;
		if (r->upgrade) {
			r->res->upgrades++;
			if (r->cfg->switched) {
				put(r, r->in + r->pos, r->len - r->pos);
				return OK;
			}
		}
		if (r->close || (r->v10 && !r->keep)) {
			r->res->stray = r->len - r->pos;
			return OK;
		}
	}
}

/* @res->out is the caller's to free. */
void ref_run(const struct ref_cfg *cfg, const u8 *in, size_t len,
	     const char *block, struct ref_result *res)
{
	struct ref r = {
		.cfg = cfg, .in = in, .len = len, .block = block, .res = res,
	};
	int err;

	memset(res, 0, sizeof(*res));
	res->out = malloc(len + (len / 14 + 1) * strlen(block) + 1);
	r.edit = calloc(1, len + 1);
	err = read_connection_life(&r);
	res->reason = err > 0 ? err : 0;
	res->idle = !err;
	free(r.edit);
}
