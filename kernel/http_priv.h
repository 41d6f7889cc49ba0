/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Insides of the HTTP engine, shared by http*.c and by nothing else.
 *
 * One step function per group of states eats a run of bytes from a struct
 * tlsvip_http_run and leaves the engine in the next state. What is eaten
 * passes unless a step says otherwise; "flow" tells what becomes of the bytes
 * from run->mark on, at a line's end as well as where a piece ends.
 */
#ifndef TLSVIP_HTTP_PRIV_H
#define TLSVIP_HTTP_PRIV_H

#include "http.h"

#ifdef __KERNEL__
#include <linux/array_size.h>
#include <linux/build_bug.h>
#else
#include <assert.h>
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define fallthrough	__attribute__((__fallthrough__))
#endif

/*
 * The order counts: states before TLSVIP_HTTP_S_SIZE eat from a limited
 * section (request line, head, trailers: req.left), those from
 * TLSVIP_HTTP_S_CLOSED on see no HTTP any more, those from TLSVIP_HTTP_S_WAIT
 * on eat nothing.
 */
enum tlsvip_http_state {
	TLSVIP_HTTP_S_NONE,
	TLSVIP_HTTP_S_METHOD,
	TLSVIP_HTTP_S_TARGET_FORM,	/* first byte of the target */
	TLSVIP_HTTP_S_TARGET_SCHEME,
	TLSVIP_HTTP_S_TARGET_AUTHORITY,
	TLSVIP_HTTP_S_TARGET_STAR,
	TLSVIP_HTTP_S_TARGET,
	TLSVIP_HTTP_S_VERSION,		/* and CRLF */
	TLSVIP_HTTP_S_STATUS,		/* of a response, up to the digits */
	TLSVIP_HTTP_S_FIELD,		/* at the start of a line */
	TLSVIP_HTTP_S_NAME,
	TLSVIP_HTTP_S_VALUE,
	TLSVIP_HTTP_S_DROP,		/* value of a dropped field */
	TLSVIP_HTTP_S_LENGTH,
	TLSVIP_HTTP_S_CODING,
	TLSVIP_HTTP_S_EXPECT,
	TLSVIP_HTTP_S_SPACE,		/* behind such a value, in a response */
	TLSVIP_HTTP_S_HOST,
	TLSVIP_HTTP_S_OPTION_SPACE,	/* Connection: before a token */
	TLSVIP_HTTP_S_OPTION,
	TLSVIP_HTTP_S_OPTION_END,	/* behind a token */
	TLSVIP_HTTP_S_UPGRADE_SPACE,	/* Upgrade: before a protocol */
	TLSVIP_HTTP_S_UPGRADE_NAME,
	TLSVIP_HTTP_S_UPGRADE_VERSION,
	TLSVIP_HTTP_S_UPGRADE_END,
	TLSVIP_HTTP_S_URL_SPACE,	/* Location: before the URL */
	TLSVIP_HTTP_S_URL_SCHEME,
	TLSVIP_HTTP_S_URL_AUTHORITY,
	TLSVIP_HTTP_S_LINE_LF,		/* LF of a field line */
	TLSVIP_HTTP_S_HEAD_LF,		/* LF of the blank line */
	TLSVIP_HTTP_S_SIZE,		/* chunk size */
	TLSVIP_HTTP_S_EXT_NAME,
	TLSVIP_HTTP_S_EXT_VALUE,
	TLSVIP_HTTP_S_SIZE_LF,
	TLSVIP_HTTP_S_DATA,
	TLSVIP_HTTP_S_DATA_CR,
	TLSVIP_HTTP_S_DATA_LF,
	TLSVIP_HTTP_S_BODY,		/* counted by Content-Length */
	TLSVIP_HTTP_S_START,		/* between messages */
	TLSVIP_HTTP_S_START_LF,
	TLSVIP_HTTP_S_RESPONSE,		/* between responses */
	TLSVIP_HTTP_S_UNTIL_CLOSE,	/* a body without a length */
	TLSVIP_HTTP_S_LOST,		/* nothing is known of the rest */
	TLSVIP_HTTP_S_CLOSED,		/* behind the last request */
	TLSVIP_HTTP_S_OPAQUE,		/* switched to another protocol */
	TLSVIP_HTTP_S_WAIT,		/* for tlsvip_http_req_upgrade() */
	TLSVIP_HTTP_S_DEAD,		/* rejected */
};

/* What becomes of the bytes between run->mark and run->pos. */
enum tlsvip_http_flow {
	TLSVIP_HTTP_FLOW_PASS,	/* pass; mark has no meaning */
	TLSVIP_HTTP_FLOW_HOLD,	/* not decided: held when the piece ends */
	TLSVIP_HTTP_FLOW_DROP,	/* drop */
};

enum tlsvip_http_method {
	TLSVIP_HTTP_M_OTHER,
	TLSVIP_HTTP_M_GET,
	TLSVIP_HTTP_M_HEAD,
	TLSVIP_HTTP_M_DELETE,
	TLSVIP_HTTP_M_OPTIONS,
	TLSVIP_HTTP_M_TRACE,
	TLSVIP_HTTP_M_CONNECT,
	TLSVIP_HTTP_M_PRI,
	TLSVIP_HTTP_M_CASE,		/* one of these, spelt otherwise */
};

/* Facts about the current message, in req.flags. */
enum {
	TLSVIP_HTTP_F_HTTP10	= 1 << 0,
	TLSVIP_HTTP_F_HOST	= 1 << 1,	/* Host seen */
	TLSVIP_HTTP_F_LENGTH	= 1 << 2,	/* Content-Length seen */
	TLSVIP_HTTP_F_CODING	= 1 << 3,	/* Transfer-Encoding seen */
	TLSVIP_HTTP_F_EXPECT	= 1 << 4,
	TLSVIP_HTTP_F_CLOSE	= 1 << 5,	/* Connection: close */
	TLSVIP_HTTP_F_KEEP	= 1 << 6,	/* Connection: keep-alive */
	TLSVIP_HTTP_F_UPGRADE	= 1 << 7,	/* an Upgrade was passed */
	TLSVIP_HTTP_F_TRAILER	= 1 << 8,	/* in the trailer section */
	TLSVIP_HTTP_F_KEPT	= 1 << 9,	/* this line keeps an element */
	TLSVIP_HTTP_F_STAYS	= 1 << 10,	/* this element is kept */
	TLSVIP_HTTP_F_BLOCKED	= 1 << 11,	/* this Upgrade has h2c */
	TLSVIP_HTTP_F_LOCATION	= 1 << 12,	/* Location seen */
	TLSVIP_HTTP_F_CONTENT	= 1 << 13,	/* Content-Location seen */
};

/* What a field name, or an option of Connection, means to the engine. */
enum tlsvip_http_field {
	TLSVIP_HTTP_N_PLAIN,
	TLSVIP_HTTP_N_PROTECTED,
	TLSVIP_HTTP_N_HOST,
	TLSVIP_HTTP_N_LENGTH,
	TLSVIP_HTTP_N_CODING,
	TLSVIP_HTTP_N_EXPECT,
	TLSVIP_HTTP_N_CONNECTION,
	TLSVIP_HTTP_N_UPGRADE,
	TLSVIP_HTTP_N_SETTINGS,		/* HTTP2-Settings */
	TLSVIP_HTTP_N_WEBSOCKET,	/* Sec-WebSocket-Key1 */
	TLSVIP_HTTP_N_LOOKALIKE,
	TLSVIP_HTTP_N_LOCATION,
	TLSVIP_HTTP_N_CONTENT,		/* Content-Location */
};

/**
 * struct tlsvip_http_run - one call of tlsvip_http_req_feed() or its like
 * @r: the engine, or the state of a response
 * @limits: limits
 * @filter: which names to look up, as &tlsvip_http_cfg.filter
 * @cfg: names of requests
 * @rsp: the response engine; NULL for requests
 * @rewrite: rules for URLs in responses, or NULL
 * @lenient: a response is not edited: all passes, whatever is found
 * @inserted: a request has begun in this call
 * @p: the piece
 * @pos: next byte to eat
 * @end: end of the piece, or of what the section's limit allows
 * @from: where req.left was last brought up to date
 * @done: end of what edits have decided; before 0 while bytes are held
 * @mark: start of the bytes that flow speaks of; before 0 as well
 * @e: edits
 * @n: number of edits
 *
 * Positions count from the piece's first byte modulo 2^32, so that bytes held
 * from earlier pieces have positions below zero.
 */
struct tlsvip_http_run {
	struct tlsvip_http_req *r;
	const struct tlsvip_http_limits *limits;
	const u64 *filter;
	const struct tlsvip_http_cfg *cfg;
	struct tlsvip_http_rsp *rsp;
	const struct tlsvip_rewrite_cfg *rewrite;
	bool lenient;
	bool inserted;
	const u8 *p;
	u32 pos;
	u32 end;
	u32 from;
	u32 done;
	u32 mark;
	struct tlsvip_http_edit *e;
	u32 n;
};

/* Byte classes. */
#define TLSVIP_HTTP_C_HOST	0x01	/* of a host name */
#define TLSVIP_HTTP_C_DIGIT	0x02
#define TLSVIP_HTTP_C_HEX	0x04
#define TLSVIP_HTTP_C_TARGET	0x08

extern const u8 tlsvip_http_class[256];
extern const u8 tlsvip_http_fold[256];

/* http.c */
void tlsvip_http_emit(struct tlsvip_http_run *run, enum tlsvip_http_op op,
		      u32 until);
void tlsvip_http_issue(struct tlsvip_http_run *run, enum tlsvip_http_op op,
		       u32 arg);
void tlsvip_http_reject(struct tlsvip_http_run *run,
			enum tlsvip_http_reason reason);
void tlsvip_http_message_start(struct tlsvip_http_run *run, u32 left);
void tlsvip_http_message_end(struct tlsvip_http_run *run);
void tlsvip_http_eat(struct tlsvip_http_run *run, u32 len, u32 max);

/* http_line.c */
void tlsvip_http_line_step(struct tlsvip_http_run *run);

/* http_field.c */
void tlsvip_http_field_step(struct tlsvip_http_run *run);
void tlsvip_http_line_end(struct tlsvip_http_run *run);
void tlsvip_http_drop_line(struct tlsvip_http_run *run);

/* http_value.c */
void tlsvip_http_value_step(struct tlsvip_http_run *run);
u32 tlsvip_http_host_scan(u8 *state, const u8 *p, u32 len);
bool tlsvip_http_host_complete(u8 state);
bool tlsvip_http_host_no_port(u8 state);

/* http_list.c */
void tlsvip_http_list_step(struct tlsvip_http_run *run);

/* http_chunk.c */
void tlsvip_http_chunk_step(struct tlsvip_http_run *run);

/* http_names.c */
enum tlsvip_http_field tlsvip_http_lookup(const struct tlsvip_http_cfg *cfg,
					  const u8 *name, u32 len);
bool tlsvip_http_equal_fold(const u8 *name, const char *folded, u32 len);

/* http_rsp.c */
void tlsvip_http_rsp_step(struct tlsvip_http_run *run);
void tlsvip_http_rsp_message_end(struct tlsvip_http_run *run);
void tlsvip_http_rsp_head_end(struct tlsvip_http_run *run);
enum tlsvip_http_field tlsvip_http_rsp_lookup(const struct tlsvip_http_run *run,
					      const u8 *name, u32 len);

/* http_url.c */
void tlsvip_http_url_step(struct tlsvip_http_run *run);

/* Can a name of this length and first byte mean anything to the engine? */
static inline bool tlsvip_http_maybe(const u64 *filter, u8 first, u32 len)
{
	u32 bit = len < 63 ? len : 63;

	return filter[tlsvip_http_fold[first] & 63] >> bit & 1;
}

/* May this request ask for another protocol? RFC 9110 7.8: not of HTTP/1.0. */
static inline bool tlsvip_http_may_upgrade(const struct tlsvip_http_req *r)
{
	return !(r->flags & TLSVIP_HTTP_F_HTTP10);
}

/*
 * From here on req.left counts the bytes of a section that may have @left.
 * The step is over: how far the next one may go has to be found out.
 */
static inline void tlsvip_http_section(struct tlsvip_http_run *run, u32 left)
{
	run->r->left = left;
	run->from = run->pos;
	run->end = run->pos;
}

/* Start of bytes that nothing is known about yet. */
static inline void tlsvip_http_hold(struct tlsvip_http_run *run)
{
	run->mark = run->pos;
	run->r->flow = TLSVIP_HTTP_FLOW_HOLD;
}

/* All up to here passes, and what follows. */
static inline void tlsvip_http_pass(struct tlsvip_http_run *run)
{
	run->r->flow = TLSVIP_HTTP_FLOW_PASS;
}

static inline u8 tlsvip_http_lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Is it this name, given in lower case, whatever the case of its letters? */
static inline bool tlsvip_http_named(const u8 *name, const char *known, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (tlsvip_http_lower(name[i]) != (u8)known[i])
			return false;
	return true;
}

/*
 * Eight bytes at a time. A test gives a word whose high bits mark the bytes
 * it finds, exactly: it adds to the low seven bits, and nothing is carried.
 */
#define TLSVIP_HTTP_BYTES(c)	(0x0101010101010101ULL * (c))
#define TLSVIP_HTTP_HIGH	TLSVIP_HTTP_BYTES(0x80)

static inline u64 tlsvip_http_load(const u8 *p)
{
	u64 x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/* Position of the first byte marked, in the order of memory. */
static inline u32 tlsvip_http_first(u64 marks)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_ctzll(marks) >> 3;
#else
	return __builtin_clzll(marks) >> 3;
#endif
}

/* Bytes other than letters and "-", which most names are made of. */
static inline u64 tlsvip_http_odd_in_name(u64 x)
{
	u64 low = x & ~TLSVIP_HTTP_HIGH;
	u64 lower = low | TLSVIP_HTTP_BYTES(0x20);
	u64 letter, other;

	letter = (lower + TLSVIP_HTTP_BYTES(0x80 - 'a')) &
		 ~(lower + TLSVIP_HTTP_BYTES(0x7f - 'z'));
	other = (low ^ TLSVIP_HTTP_BYTES('-')) + TLSVIP_HTTP_BYTES(0x7f);
	return ((other & ~letter) | x) & TLSVIP_HTTP_HIGH;
}

/* Bytes that may not stand in a value, and tabs. */
static inline u64 tlsvip_http_controls(u64 x)
{
	u64 low = x & ~TLSVIP_HTTP_HIGH;
	u64 text = low + TLSVIP_HTTP_BYTES(0x60);	/* 0x20 and above */
	u64 other = (low ^ TLSVIP_HTTP_BYTES(0x7f)) + TLSVIP_HTTP_BYTES(0x7f);

	return ~((text & other) | x) & TLSVIP_HTTP_HIGH;
}

/* End of a run of token bytes. */
static inline u32 tlsvip_http_scan_token(const u8 *p, u32 pos, u32 end)
{
	while (end - pos >= 8) {
		u64 odd = tlsvip_http_odd_in_name(tlsvip_http_load(p + pos));

		if (!odd) {
			pos += 8;
			continue;
		}
		pos += tlsvip_http_first(odd);
		if (!tlsvip_http_fold[p[pos]])
			return pos;
		pos++;
	}
	while (pos < end && tlsvip_http_fold[p[pos]])
		pos++;
	return pos;
}

/* End of a run of spaces and tabs. */
static inline u32 tlsvip_http_scan_space(const u8 *p, u32 pos, u32 end)
{
	while (pos < end && (p[pos] == ' ' || p[pos] == '\t'))
		pos++;
	return pos;
}

/* Remember the first bytes of a token that the piece's end cuts. */
static inline void tlsvip_http_span_save(struct tlsvip_http_req *r,
					 const u8 *p, u32 len)
{
	u32 n = len;

	if (r->span < sizeof(r->buf)) {
		if (n > sizeof(r->buf) - r->span)
			n = sizeof(r->buf) - r->span;
		memcpy(r->buf + r->span, p, n);
	}
	r->span += len;
}

/*
 * The whole token that ends with the @len bytes at @p. Only its first
 * TLSVIP_HTTP_NAME_SIZE bytes may be looked at when it is longer.
 */
static inline const u8 *tlsvip_http_span_take(struct tlsvip_http_req *r,
					      const u8 *p, u32 *len)
{
	if (!r->span)
		return p;
	tlsvip_http_span_save(r, p, *len);
	*len = r->span;
	r->span = 0;
	return r->buf;
}

#endif /* TLSVIP_HTTP_PRIV_H */
