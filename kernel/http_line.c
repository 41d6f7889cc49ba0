// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: the request line.
 *
 * METHOD SP TARGET SP HTTP/1.x CRLF and nothing else. The method and the
 * version with its CRLF are held until they are known to be good; the target
 * passes as it comes.
 */
#include "http_priv.h"

static const struct {
	const char *name;
	u8 len;
	u8 method;
} tlsvip_http_methods[] = {
	{ "GET", 3, TLSVIP_HTTP_M_GET },
	{ "HEAD", 4, TLSVIP_HTTP_M_HEAD },
	{ "DELETE", 6, TLSVIP_HTTP_M_DELETE },
	{ "OPTIONS", 7, TLSVIP_HTTP_M_OPTIONS },
	{ "TRACE", 5, TLSVIP_HTTP_M_TRACE },
	{ "PRI", 3, TLSVIP_HTTP_M_PRI },
};

/*
 * Some servers take "head" for HEAD: they must not get it, nor "connect". It is
 * a matter of the methods whose messages are different, of no others.
 */
static enum tlsvip_http_method tlsvip_http_method_find(const u8 *p, u32 len)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tlsvip_http_methods); i++) {
		if (tlsvip_http_methods[i].len != len)
			continue;
		if (!memcmp(p, tlsvip_http_methods[i].name, len))
			return tlsvip_http_methods[i].method;
		if (tlsvip_http_equal_fold(p, tlsvip_http_methods[i].name, len))
			return TLSVIP_HTTP_M_CASE;
	}
	if (len == 7 && tlsvip_http_equal_fold(p, "CONNECT", 7))
		return TLSVIP_HTTP_M_CONNECT;
	return TLSVIP_HTTP_M_OTHER;
}

/* Why a method is refused, if it is. */
static enum tlsvip_http_reason tlsvip_http_method_check(u8 method)
{
	switch (method) {
	case TLSVIP_HTTP_M_CONNECT:
		return TLSVIP_HTTP_R_METHOD_CONNECT;
	case TLSVIP_HTTP_M_PRI:
		return TLSVIP_HTTP_R_H2_PREFACE;
	case TLSVIP_HTTP_M_CASE:
		return TLSVIP_HTTP_R_METHOD_CASE;
	default:
		return TLSVIP_HTTP_R_NONE;
	}
}

static void tlsvip_http_method_step(struct tlsvip_http_run *run)
{
	u32 stop = tlsvip_http_scan_token(run->p, run->pos, run->end);
	struct tlsvip_http_req *r = run->r;
	u32 len = stop - run->pos;
	enum tlsvip_http_reason reason;
	const u8 *method;

	if (len > TLSVIP_HTTP_METHOD_MAX - r->span) {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_METHOD_TOO_LONG);
		return;
	}
	if (stop == run->end) {
		tlsvip_http_span_save(r, run->p + run->pos, len);
		run->pos = stop;
		return;
	}
	method = tlsvip_http_span_take(r, run->p + run->pos, &len);
	run->pos = stop;
	if (!len || run->p[stop] != ' ') {
		tlsvip_http_reject(run, run->p[stop] == '\n' ?
				   TLSVIP_HTTP_R_BARE_LF :
				   TLSVIP_HTTP_R_METHOD_SYNTAX);
		return;
	}
	r->method = tlsvip_http_method_find(method, len);
	reason = tlsvip_http_method_check(r->method);
	if (reason) {
		tlsvip_http_reject(run, reason);
		return;
	}
	run->pos++;
	tlsvip_http_pass(run);
	r->state = TLSVIP_HTTP_S_TARGET_FORM;
}

/* A byte that may not stand in the target at all, or not here. */
static void tlsvip_http_target_reject(struct tlsvip_http_run *run,
				      enum tlsvip_http_reason reason)
{
	u8 c = run->p[run->pos];

	if (c == '\n')
		reason = TLSVIP_HTTP_R_BARE_LF;
	else if (c == '\r')	/* a line without version: HTTP/0.9 */
		reason = TLSVIP_HTTP_R_VERSION_SYNTAX;
	else if (c != ' ' && !(tlsvip_http_class[c] & TLSVIP_HTTP_C_TARGET))
		reason = TLSVIP_HTTP_R_TARGET_CHAR;
	tlsvip_http_reject(run, reason);
}

/* The first byte tells the form; the next state eats it. */
static void tlsvip_http_target_form_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u8 c = run->p[run->pos];

	r->index = 0;
	if (c == '/')
		r->state = TLSVIP_HTTP_S_TARGET;
	else if (c == '*' && r->method == TLSVIP_HTTP_M_OPTIONS)
		r->state = TLSVIP_HTTP_S_TARGET_STAR;
	else if (tlsvip_http_lower(c) == 'h')
		r->state = TLSVIP_HTTP_S_TARGET_SCHEME;
	else
		tlsvip_http_target_reject(run, TLSVIP_HTTP_R_TARGET_FORM);
}

/* The " " behind a target. */
static void tlsvip_http_target_end(struct tlsvip_http_run *run)
{
	tlsvip_http_hold(run);
	run->pos++;
	run->r->index = 0;
	run->r->state = TLSVIP_HTTP_S_VERSION;
}

/* "http://" or "https://", one byte: index counts as if the s were there. */
static void tlsvip_http_target_scheme_step(struct tlsvip_http_run *run)
{
	static const char scheme[] = "https://";
	struct tlsvip_http_req *r = run->r;
	u8 c = tlsvip_http_lower(run->p[run->pos]);

	if (r->index == 4 && c == ':')
		r->index++;
	if (c != (u8)scheme[r->index]) {
		tlsvip_http_target_reject(run, TLSVIP_HTTP_R_TARGET_FORM);
		return;
	}
	run->pos++;
	if (++r->index < sizeof(scheme) - 1)
		return;
	r->host = 0;
	r->state = TLSVIP_HTTP_S_TARGET_AUTHORITY;
}

static void tlsvip_http_target_authority_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;
	u32 n;
	u8 c;

	n = tlsvip_http_host_scan(&r->host, run->p + run->pos,
				  run->end - run->pos);
	for (; n; n--) {
		if (r->authority_len == sizeof(r->authority)) {
			tlsvip_http_reject(run,
					   TLSVIP_HTTP_R_TARGET_AUTHORITY);
			return;
		}
		r->authority[r->authority_len++] =
			tlsvip_http_lower(run->p[run->pos++]);
	}
	if (run->pos == run->end)
		return;
	c = run->p[run->pos];
	if ((c != '/' && c != '?' && c != ' ') ||
	    !tlsvip_http_host_complete(r->host)) {
		tlsvip_http_target_reject(run,
					  TLSVIP_HTTP_R_TARGET_AUTHORITY);
		return;
	}
	r->state = TLSVIP_HTTP_S_TARGET;	/* which eats that byte */
}

/* "*" alone. */
static void tlsvip_http_target_star_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;

	if (!r->index) {
		r->index++;
		run->pos++;
	} else if (run->p[run->pos] == ' ') {
		tlsvip_http_target_end(run);
	} else {
		tlsvip_http_target_reject(run, TLSVIP_HTTP_R_TARGET_FORM);
	}
}

/* Has a word a byte outside 0x21-0x7e, or "#"? Never misses one. */
static bool tlsvip_http_target_odd(u64 x)
{
	u64 hash = x ^ TLSVIP_HTTP_BYTES('#');

	return ((x - TLSVIP_HTTP_BYTES(0x21)) |
		(hash - TLSVIP_HTTP_BYTES(1)) |
		(x + TLSVIP_HTTP_BYTES(1)) | x) & TLSVIP_HTTP_HIGH;
}

static void tlsvip_http_target_step(struct tlsvip_http_run *run)
{
	const u8 *p = run->p;
	u32 pos = run->pos;

	while (run->end - pos >= 8 &&
	       !tlsvip_http_target_odd(tlsvip_http_load(p + pos)))
		pos += 8;
	while (pos < run->end &&
	       tlsvip_http_class[p[pos]] & TLSVIP_HTTP_C_TARGET)
		pos++;
	run->pos = pos;
	if (pos == run->end)
		return;
	if (p[pos] == ' ')
		tlsvip_http_target_end(run);
	else
		tlsvip_http_target_reject(run, TLSVIP_HTTP_R_TARGET_CHAR);
}

/* The request line is good: it passes, and the block is put behind it. */
static void tlsvip_http_line_done(struct tlsvip_http_run *run)
{
	const struct tlsvip_http_limits *limits = run->limits;
	struct tlsvip_http_req *r = run->r;
	u32 used, max = limits->head_max;

	used = limits->line_max - r->left + (run->pos - run->from);
	tlsvip_http_section(run, max > used ? max - used : 0);
	tlsvip_http_pass(run);
	tlsvip_http_emit(run, TLSVIP_HTTP_PASS, run->pos);
	tlsvip_http_issue(run, TLSVIP_HTTP_INSERT, 0);
	if (!r->started && run->cfg->first_block)
		tlsvip_http_issue(run, TLSVIP_HTTP_INSERT, 1);
	run->inserted = true;
	r->started++;
	r->state = TLSVIP_HTTP_S_FIELD;
}

/*
 * One byte of "HTTP/1.x" CRLF. The digits are remembered in req.body, which
 * has no other use before the fields.
 */
static bool tlsvip_http_version_byte(struct tlsvip_http_req *r, u8 c)
{
	static const char version[] = "HTTP/1.1\r\n";
	u32 i = r->index;

	if (i != 5 && i != 7)
		return c == (u8)version[i];
	r->body = r->body << 8 | c;
	return tlsvip_http_class[c] & TLSVIP_HTTP_C_DIGIT;
}

static void tlsvip_http_version_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_req *r = run->r;

	if (!r->index && run->end - run->pos >= 10 &&
	    !memcmp(run->p + run->pos, "HTTP/1.1\r\n", 10)) {
		run->pos += 10;
		tlsvip_http_line_done(run);
		return;
	}
	for (; run->pos < run->end; run->pos++, r->index++) {
		u8 c = run->p[run->pos];

		if (!tlsvip_http_version_byte(r, c)) {
			tlsvip_http_reject(run, c == '\n' ?
					   TLSVIP_HTTP_R_BARE_LF :
					   TLSVIP_HTTP_R_VERSION_SYNTAX);
			return;
		}
		if (r->index == 9)
			break;
	}
	if (run->pos == run->end)
		return;
	if (r->body == ('1' << 8 | '0')) {
		r->flags |= TLSVIP_HTTP_F_HTTP10;
	} else if (r->body != ('1' << 8 | '1')) {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_VERSION_UNSUPPORTED);
		return;
	}
	run->pos++;
	r->body = 0;
	tlsvip_http_line_done(run);
}

/**
 * tlsvip_http_line_step() - eat some bytes of a request line
 * @run: current run, with at least one byte
 *
 * Context: Any.
 */
void tlsvip_http_line_step(struct tlsvip_http_run *run)
{
	switch (run->r->state) {
	case TLSVIP_HTTP_S_METHOD:
		tlsvip_http_method_step(run);
		break;
	case TLSVIP_HTTP_S_TARGET_FORM:
		tlsvip_http_target_form_step(run);
		break;
	case TLSVIP_HTTP_S_TARGET_SCHEME:
		tlsvip_http_target_scheme_step(run);
		break;
	case TLSVIP_HTTP_S_TARGET_AUTHORITY:
		tlsvip_http_target_authority_step(run);
		break;
	case TLSVIP_HTTP_S_TARGET_STAR:
		tlsvip_http_target_star_step(run);
		break;
	case TLSVIP_HTTP_S_TARGET:
		tlsvip_http_target_step(run);
		break;
	default:
		tlsvip_http_version_step(run);
		break;
	}
}
