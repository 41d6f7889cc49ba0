/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/1 engine: incremental head and framing parser that answers with edits.
 *
 * It is NOT a proxy: it sees bytes and says what to do with them (pass, drop,
 * insert the header block, refuse). It holds no data, allocates nothing and
 * knows no socket; the same sources build into the module and into the
 * userspace tests and fuzzers.
 *
 * The rule behind every choice: the bytes are forwarded as they came, so a
 * request that a second parser could read differently is refused. Nothing is
 * "fixed and forwarded"; a refused head is never completed towards the server,
 * whose connection is reset.
 */
#ifndef TLSVIP_HTTP_H
#define TLSVIP_HTTP_H

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

/* Most protected names, prefixes, and their folded bytes, of one cfg. */
#define TLSVIP_HTTP_NAMES_MAX		128
#define TLSVIP_HTTP_PREFIXES_MAX	11
#define TLSVIP_HTTP_POOL_SIZE		8192
/* Longest protected name or prefix. */
#define TLSVIP_HTTP_NAME_SIZE		128
/* Longest host[:port]: 255 bytes of name, ":" and five digits, rounded up. */
#define TLSVIP_HTTP_AUTHORITY_SIZE	264
/* Longest method; longer ones are answered with 501. */
#define TLSVIP_HTTP_METHOD_MAX		32
/* Smallest edit array the engines take. */
#define TLSVIP_HTTP_EDITS_MIN		10

/* Requests that may wait for their answers. */
#define TLSVIP_HTTP_REQUESTS_MAX	64
/* Room for any text of tlsvip_http_rsp_text(). */
#define TLSVIP_HTTP_RSP_TEXT		8

struct tlsvip_rewrite_cfg;

/**
 * enum tlsvip_http_op - what to do with the next bytes of the stream
 * @TLSVIP_HTTP_PASS: forward the next len bytes
 * @TLSVIP_HTTP_DROP: skip the next len bytes
 * @TLSVIP_HTTP_INSERT: send something here. To the server, block len: 0 for
 *	every request, 1 for the first one only. To the client, the text that
 *	tlsvip_http_rsp_text() makes of len
 * @TLSVIP_HTTP_UPGRADE: stop feeding until tlsvip_http_req_upgrade()
 * @TLSVIP_HTTP_REJECT: refuse; len is an enum tlsvip_http_reason
 */
enum tlsvip_http_op {
	TLSVIP_HTTP_PASS,
	TLSVIP_HTTP_DROP,
	TLSVIP_HTTP_INSERT,
	TLSVIP_HTTP_UPGRADE,
	TLSVIP_HTTP_REJECT,
};

/**
 * struct tlsvip_http_edit - one instruction to the caller
 * @op: what to do
 * @len: bytes, block number or reason, by @op
 */
struct tlsvip_http_edit {
	enum tlsvip_http_op op;
	u32 len;
};

/**
 * enum tlsvip_http_reason - the rule that a refused request broke
 * @TLSVIP_HTTP_R_NONE: not refused
 * @TLSVIP_HTTP_R_LEADING_CRLF: too many empty lines before a request line
 *	(RFC 9112 2.2; peers (e) 30)
 * @TLSVIP_HTTP_R_BARE_LF: a line ended by LF alone (RFC 9112 2.2; (e) 9, 13)
 * @TLSVIP_HTTP_R_BARE_CR: CR not followed by LF (RFC 9112 2.2; (e) 10)
 * @TLSVIP_HTTP_R_METHOD_SYNTAX: method not a token and one space
 *	(RFC 9112 3.1)
 * @TLSVIP_HTTP_R_METHOD_TOO_LONG: method longer than any known one
 *	(RFC 9112 3)
 * @TLSVIP_HTTP_R_METHOD_CONNECT: CONNECT, in any case of letters ((e) 27)
 * @TLSVIP_HTTP_R_H2_PREFACE: method PRI, reserved by HTTP/2
 *	(RFC 9113 3.4; (e) 28)
 * @TLSVIP_HTTP_R_TARGET_CHAR: byte outside 0x21-0x7e or "#" in the target
 *	(RFC 9112 3.2; (e) 31)
 * @TLSVIP_HTTP_R_TARGET_FORM: target neither "/...", nor "*" of OPTIONS, nor
 *	an absolute http or https URI (RFC 9112 3.2)
 * @TLSVIP_HTTP_R_TARGET_AUTHORITY: absolute URI without a plain host[:port]
 *	(RFC 9110 4.2; (e) 18)
 * @TLSVIP_HTTP_R_LINE_TOO_LONG: request line above the limit (RFC 9112 3)
 * @TLSVIP_HTTP_R_VERSION_SYNTAX: request line does not end in HTTP/x.y; an
 *	HTTP/0.9 request is one of these (RFC 9112 2.3; (e) 29)
 * @TLSVIP_HTTP_R_VERSION_UNSUPPORTED: a version other than 1.0 and 1.1
 *	(RFC 9110 15.6.6; (e) 29)
 * @TLSVIP_HTTP_R_HEAD_TOO_LARGE: head above the limit (RFC 6585 5)
 * @TLSVIP_HTTP_R_FIELD_COUNT: more fields than the limit (RFC 6585 5)
 * @TLSVIP_HTTP_R_NAME_EMPTY: a line that starts with ":" ((e) 11)
 * @TLSVIP_HTTP_R_NAME_CHAR: field name not a token, or a line without ":"
 *	(RFC 9112 5.1; (e) 11)
 * @TLSVIP_HTTP_R_NAME_SPACE: white space before ":" (RFC 9112 5.1; (e) 11)
 * @TLSVIP_HTTP_R_NAME_TOO_LONG: field name above the limit ((e) 12)
 * @TLSVIP_HTTP_R_OBS_FOLD: a line that starts with white space
 *	(RFC 9112 5.2; (e) 8)
 * @TLSVIP_HTTP_R_VALUE_CHAR: NUL or another control in a value
 *	(RFC 9110 5.5; (e) 10)
 * @TLSVIP_HTTP_R_NAME_LOOKALIKE: a name that only a CGI-like server reads as
 *	one that decides framing or routing, like Content_Length ((e) 20)
 * @TLSVIP_HTTP_R_HOST_MISSING: HTTP/1.1 without Host (RFC 9112 3.2; (e) 18)
 * @TLSVIP_HTTP_R_HOST_DUPLICATE: more than one Host (RFC 9112 3.2; (e) 18)
 * @TLSVIP_HTTP_R_HOST_SYNTAX: Host is not host[:port] (RFC 9112 3.2; (e) 18)
 * @TLSVIP_HTTP_R_HOST_MISMATCH: Host differs from the absolute target
 *	(RFC 9112 3.2.2; (e) 18)
 * @TLSVIP_HTTP_R_LENGTH_SYNTAX: Content-Length not plain digits without a
 *	leading zero (RFC 9110 8.6; (e) 2, 3)
 * @TLSVIP_HTTP_R_LENGTH_TOO_LARGE: Content-Length of more than 18 digits
 *	((e) 3)
 * @TLSVIP_HTTP_R_LENGTH_DUPLICATE: two Content-Length, equal ones too ((e) 2)
 * @TLSVIP_HTTP_R_LENGTH_AND_CODING: Content-Length and Transfer-Encoding
 *	(RFC 9112 6.1; (e) 1)
 * @TLSVIP_HTTP_R_CODING: Transfer-Encoding is not exactly "chunked"
 *	(RFC 9112 6.1; (e) 4)
 * @TLSVIP_HTTP_R_CODING_DUPLICATE: two Transfer-Encoding ((e) 4)
 * @TLSVIP_HTTP_R_CODING_HTTP10: Transfer-Encoding in HTTP/1.0
 *	(RFC 9112 6.1; (e) 5)
 * @TLSVIP_HTTP_R_BODY_HTTP10: GET, HEAD or DELETE with a body in HTTP/1.0
 *	((e) 6)
 * @TLSVIP_HTTP_R_BODY_TRACE: TRACE with a body (RFC 9110 9.3.8)
 * @TLSVIP_HTTP_R_EXPECT: Expect is not one exact "100-continue" of HTTP/1.1
 *	(RFC 9110 10.1.1; (e) 24)
 * @TLSVIP_HTTP_R_EXPECT_NO_BODY: Expect without a body to wait for ((e) 24)
 * @TLSVIP_HTTP_R_CONNECTION_SYNTAX: Connection is not a list of tokens
 *	(RFC 9110 7.6.1)
 * @TLSVIP_HTTP_R_CONNECTION_OPTION: Connection names a field that decides
 *	framing or routing (RFC 9110 7.6.1; (e) 21)
 * @TLSVIP_HTTP_R_CONNECTION_TOO_LONG: too many bytes before a decision
 * @TLSVIP_HTTP_R_UPGRADE_SYNTAX: Upgrade is not a list of protocols
 *	(RFC 9110 7.8)
 * @TLSVIP_HTTP_R_UPGRADE_TOO_LONG: Upgrade line too long to decide on
 * @TLSVIP_HTTP_R_CHUNK_SIZE: chunk size not hexadecimal digits and CRLF or
 *	";" (RFC 9112 7.1; (e) 15)
 * @TLSVIP_HTTP_R_CHUNK_TOO_LARGE: chunk size of more than 15 digits ((e) 15)
 * @TLSVIP_HTTP_R_CHUNK_EXT: chunk extension not ;token[=token]
 *	(RFC 9112 7.1.1; (e) 14)
 * @TLSVIP_HTTP_R_CHUNK_EXT_TOO_LONG: extensions of a body above the limit
 *	((e) 14)
 * @TLSVIP_HTTP_R_CHUNK_CRLF: no CRLF where a chunk line or its data must end
 *	(RFC 9112 7.1; (e) 13, 16)
 * @TLSVIP_HTTP_R_TRAILER_TOO_LARGE: trailer section above the limit
 * @TLSVIP_HTTP_R_TRAILER_FIELD: a trailer that would decide framing, routing
 *	or the connection (RFC 9110 6.5.1; (e) 17)
 * @TLSVIP_HTTP_R_SPOOFED: a protected name, where the policy says refuse
 *	instead of strip ((e) 19)
 * @TLSVIP_HTTP_R_NOT_READY: the engine was fed before it was initialised
 * @TLSVIP_HTTP_R_UPGRADE_BODY: Upgrade in a request with a body, to which the
 *	server may answer before all of it is there ((e) 26)
 * @TLSVIP_HTTP_R_HEAD_PIECES: a head in more records than the limit ((e) 40)
 * @TLSVIP_HTTP_R_RSP_STATUS: a response does not begin with HTTP/x.y, a space
 *	and three digits (RFC 9112 4)
 * @TLSVIP_HTTP_R_RSP_UNASKED: a second response that no request asked for
 *	(RFC 9112 9.2; (e) 25)
 * @TLSVIP_HTTP_R_RSP_INTERIM: an interim response of HTTP/1.0
 *	(RFC 9110 15.2; (e) 25)
 * @TLSVIP_HTTP_R_RSP_INTERIM_COUNT: too many interim responses to a request
 * @TLSVIP_HTTP_R_RSP_SWITCH: 101, to a request without Upgrade ((e) 26)
 * @TLSVIP_HTTP_R_RSP_BODY: an interim response or a 204 that announces a body
 *	(RFC 9112 6.1, 6.2; (e) 25)
 * @TLSVIP_HTTP_R_RSP_LOCATION: two Location, or two Content-Location, of which
 *	nobody knows which one the client follows
 * @TLSVIP_HTTP_R_HEAD_TIMEOUT: a head or trailers took too long; said by who
 *	feeds the engine, which knows no time (RFC 9110 15.5.9; (e) 40)
 * @TLSVIP_HTTP_R_METHOD_CASE: a method that is a known one but for the case of
 *	its letters, which servers that do not mind take for that one: what its
 *	answer is, and whether it may have a body, would be read differently
 *	(RFC 9110 9.1; (e) 6, 25)
 * @TLSVIP_HTTP_R_WEBSOCKET_KEY: Sec-WebSocket-Key1, of a WebSocket before
 *	RFC 6455, with which eight bytes of body come that no length announces
 * @TLSVIP_HTTP_R_COUNT: number of reasons, not one
 *
 * Responses are refused for the reasons with RSP in their names, and for
 * those of fields, lengths, codings and chunks that they share with requests.
 *
 * Append only: the values are those of the netlink interface. Each has its row
 * in http_reasons.h, with its name. "(e) n" is row n of the list of pitfalls of
 * header insertion the project works from.
 */
enum tlsvip_http_reason {
	TLSVIP_HTTP_R_NONE,
	TLSVIP_HTTP_R_LEADING_CRLF,
	TLSVIP_HTTP_R_BARE_LF,
	TLSVIP_HTTP_R_BARE_CR,
	TLSVIP_HTTP_R_METHOD_SYNTAX,
	TLSVIP_HTTP_R_METHOD_TOO_LONG,
	TLSVIP_HTTP_R_METHOD_CONNECT,
	TLSVIP_HTTP_R_H2_PREFACE,
	TLSVIP_HTTP_R_TARGET_CHAR,
	TLSVIP_HTTP_R_TARGET_FORM,
	TLSVIP_HTTP_R_TARGET_AUTHORITY,
	TLSVIP_HTTP_R_LINE_TOO_LONG,
	TLSVIP_HTTP_R_VERSION_SYNTAX,
	TLSVIP_HTTP_R_VERSION_UNSUPPORTED,
	TLSVIP_HTTP_R_HEAD_TOO_LARGE,
	TLSVIP_HTTP_R_FIELD_COUNT,
	TLSVIP_HTTP_R_NAME_EMPTY,
	TLSVIP_HTTP_R_NAME_CHAR,
	TLSVIP_HTTP_R_NAME_SPACE,
	TLSVIP_HTTP_R_NAME_TOO_LONG,
	TLSVIP_HTTP_R_OBS_FOLD,
	TLSVIP_HTTP_R_VALUE_CHAR,
	TLSVIP_HTTP_R_NAME_LOOKALIKE,
	TLSVIP_HTTP_R_HOST_MISSING,
	TLSVIP_HTTP_R_HOST_DUPLICATE,
	TLSVIP_HTTP_R_HOST_SYNTAX,
	TLSVIP_HTTP_R_HOST_MISMATCH,
	TLSVIP_HTTP_R_LENGTH_SYNTAX,
	TLSVIP_HTTP_R_LENGTH_TOO_LARGE,
	TLSVIP_HTTP_R_LENGTH_DUPLICATE,
	TLSVIP_HTTP_R_LENGTH_AND_CODING,
	TLSVIP_HTTP_R_CODING,
	TLSVIP_HTTP_R_CODING_DUPLICATE,
	TLSVIP_HTTP_R_CODING_HTTP10,
	TLSVIP_HTTP_R_BODY_HTTP10,
	TLSVIP_HTTP_R_BODY_TRACE,
	TLSVIP_HTTP_R_EXPECT,
	TLSVIP_HTTP_R_EXPECT_NO_BODY,
	TLSVIP_HTTP_R_CONNECTION_SYNTAX,
	TLSVIP_HTTP_R_CONNECTION_OPTION,
	TLSVIP_HTTP_R_CONNECTION_TOO_LONG,
	TLSVIP_HTTP_R_UPGRADE_SYNTAX,
	TLSVIP_HTTP_R_UPGRADE_TOO_LONG,
	TLSVIP_HTTP_R_CHUNK_SIZE,
	TLSVIP_HTTP_R_CHUNK_TOO_LARGE,
	TLSVIP_HTTP_R_CHUNK_EXT,
	TLSVIP_HTTP_R_CHUNK_EXT_TOO_LONG,
	TLSVIP_HTTP_R_CHUNK_CRLF,
	TLSVIP_HTTP_R_TRAILER_TOO_LARGE,
	TLSVIP_HTTP_R_TRAILER_FIELD,
	TLSVIP_HTTP_R_SPOOFED,
	TLSVIP_HTTP_R_NOT_READY,
	TLSVIP_HTTP_R_UPGRADE_BODY,
	TLSVIP_HTTP_R_HEAD_PIECES,
	TLSVIP_HTTP_R_RSP_STATUS,
	TLSVIP_HTTP_R_RSP_UNASKED,
	TLSVIP_HTTP_R_RSP_INTERIM,
	TLSVIP_HTTP_R_RSP_INTERIM_COUNT,
	TLSVIP_HTTP_R_RSP_SWITCH,
	TLSVIP_HTTP_R_RSP_BODY,
	TLSVIP_HTTP_R_RSP_LOCATION,
	TLSVIP_HTTP_R_HEAD_TIMEOUT,
	TLSVIP_HTTP_R_METHOD_CASE,
	TLSVIP_HTTP_R_WEBSOCKET_KEY,
	TLSVIP_HTTP_R_COUNT,
};

/**
 * enum tlsvip_http_verdict - what the server made of an Upgrade
 * @TLSVIP_HTTP_PENDING: no final answer yet
 * @TLSVIP_HTTP_SWITCHED: it answered 101
 * @TLSVIP_HTTP_REFUSED: it answered anything else, or was never asked
 */
enum tlsvip_http_verdict {
	TLSVIP_HTTP_PENDING,
	TLSVIP_HTTP_SWITCHED,
	TLSVIP_HTTP_REFUSED,
};

/**
 * struct tlsvip_http_name - a protected name or prefix in the pool
 * @off: its first byte in the pool
 * @len: its length
 */
struct tlsvip_http_name {
	u16 off;
	u16 len;
};

/**
 * struct tlsvip_http_limits - how much of what a message may have
 * @head_max: bytes of a head, first line and blank line included
 * @line_max: bytes of a request line, CRLF included
 * @fields_max: fields of a message, trailers included
 * @name_max: bytes of a field name
 * @hold_max: bytes of a Connection or Upgrade line held back undecided
 * @ext_max: bytes of all chunk extensions of a body
 * @trailer_max: bytes of a trailer section, blank line included
 * @crlf_max: empty lines before a request line
 * @pieces_max: records that a head may be spread over before it is complete
 *
 * Of responses, @line_max, @hold_max, @crlf_max and @pieces_max say nothing.
 */
struct tlsvip_http_limits {
	u32 head_max;
	u32 line_max;
	u32 fields_max;
	u32 name_max;
	u32 hold_max;
	u32 ext_max;
	u32 trailer_max;
	u32 crlf_max;
	u32 pieces_max;
};

/**
 * struct tlsvip_http_cfg - limits and protected names of a policy
 * @limits: limits of requests
 * @spoof_reject: refuse a request with a protected name, do not strip it
 * @first_block: the first request of a connection gets block 1 as well
 * @filter: by first folded byte, a bit for each length worth comparing
 * @name: protected names
 * @prefix: protected prefixes
 * @n_names: used entries of @name
 * @n_prefixes: used entries of @prefix
 * @pool_len: used bytes of @pool
 * @pool: the folded bytes of names and prefixes
 *
 * Immutable once the first connection uses it. The first three members may be
 * set freely between tlsvip_http_cfg_init() and then; the rest belongs to
 * http_names.c.
 */
struct tlsvip_http_cfg {
	struct tlsvip_http_limits limits;
	bool spoof_reject;
	bool first_block;
	u64 filter[64];
	struct tlsvip_http_name name[TLSVIP_HTTP_NAMES_MAX];
	struct tlsvip_http_name prefix[TLSVIP_HTTP_PREFIXES_MAX];
	u16 n_names;
	u16 n_prefixes;
	u16 pool_len;
	u8 pool[TLSVIP_HTTP_POOL_SIZE];
};

/**
 * struct tlsvip_http_req - request direction of one connection
 * @state: where in the grammar the next byte stands; 0: not initialised
 * @flow: what becomes of the bytes that are being looked at
 * @reason: why the engine has stopped, an enum tlsvip_http_reason
 * @method: the methods that framing rules know
 * @host: state of the host[:port] scanner
 * @last: no request may begin any more
 * @flags: facts about the current message
 * @held: bytes eaten that no edit has decided yet
 * @left: bytes the current section may still have
 * @keep: first bytes of a held Connection line that pass if an option does
 * @element: where its current element starts, from the line's start
 * @span: bytes of the current name, token or method seen in earlier pieces
 * @index: position in a value that is compared or counted byte by byte
 * @fields: fields of the current message
 * @extension: bytes of chunk extensions of the current message
 * @authority_len: bytes in @authority; 0: the target is not absolute
 * @crlfs: empty lines since the last message
 * @pieces: records of the current head; between requests, those that wait
 * @started: requests whose request line was accepted
 * @completed: requests that have ended
 * @spoofed: fields, trailers and options dropped for a protected name
 * @stray: bytes dropped behind a request that closes the connection
 * @body: bytes of body or chunk still to come, or the number being read
 * @buf: first bytes of a name that a piece's end has cut
 * @authority: host[:port] of an absolute URI, in lower case
 *
 * Owned by whoever feeds it; no locking inside. The other direction keeps the
 * state of its messages in one as well, see &tlsvip_http_rsp.msg.
 */
struct tlsvip_http_req {
	u8 state;
	u8 flow;
	u8 reason;
	u8 method;
	u8 host;
	bool last;
	u16 flags;
	u32 held;
	u32 left;
	u32 keep;
	u32 element;
	u32 span;
	u32 index;
	u32 fields;
	u32 extension;
	u32 authority_len;
	u32 crlfs;
	u32 pieces;
	u32 started;
	u32 completed;
	u32 spoofed;
	u64 stray;
	u64 body;
	u8 buf[TLSVIP_HTTP_NAME_SIZE];
	u8 authority[TLSVIP_HTTP_AUTHORITY_SIZE];
};

/**
 * struct tlsvip_http_rsp - response direction of one connection
 * @msg: state of the current response; its counters of requests say nothing
 * @limits: limits of responses
 * @heads: which of the outstanding requests are HEAD, by number modulo 64
 * @expected: requests that were announced
 * @begun: final responses whose status line was seen
 * @ended: final responses that were seen to their end
 * @interim: interim responses to the current request
 * @status: status of the current or last response
 * @asked: the last request asked for another protocol and has no answer yet
 * @unasked: a response began when nothing was asked for
 * @rewritten: URLs changed
 * @missed: URLs of http that no rule changed
 * @incomplete: responses that the server did not bring to an end
 *
 * Owned by whoever feeds it; no locking inside.
 */
struct tlsvip_http_rsp {
	struct tlsvip_http_req msg;
	const struct tlsvip_http_limits *limits;
	u64 heads;
	u32 expected;
	u32 begun;
	u32 ended;
	u32 interim;
	u16 status;
	bool asked;
	bool unasked;
	u32 rewritten;
	u32 missed;
	u32 incomplete;
};

void tlsvip_http_cfg_init(struct tlsvip_http_cfg *cfg);
int tlsvip_http_cfg_add_name(struct tlsvip_http_cfg *cfg, const char *name,
			     u32 len);
int tlsvip_http_cfg_add_prefix(struct tlsvip_http_cfg *cfg,
			       const char *prefix, u32 len);
bool tlsvip_http_cfg_protects(const struct tlsvip_http_cfg *cfg,
			      const u8 *name, u32 len);

void tlsvip_http_req_init(struct tlsvip_http_req *r);
u32 tlsvip_http_req_feed(struct tlsvip_http_req *r,
			 const struct tlsvip_http_cfg *cfg,
			 const u8 *p, u32 len, struct tlsvip_http_edit *e,
			 u32 max, u32 *n_edits);
void tlsvip_http_req_upgrade(struct tlsvip_http_req *r, bool switched);
void tlsvip_http_req_pieces(struct tlsvip_http_req *r, u32 n);
void tlsvip_http_req_last(struct tlsvip_http_req *r);
bool tlsvip_http_req_idle(const struct tlsvip_http_req *r);
bool tlsvip_http_req_opaque(const struct tlsvip_http_req *r);
bool tlsvip_http_req_is_head(const struct tlsvip_http_req *r);
u32 tlsvip_http_req_section(const struct tlsvip_http_req *r);

u32 tlsvip_http_reason_status(enum tlsvip_http_reason reason);
const char *tlsvip_http_reason_name(enum tlsvip_http_reason reason);

void tlsvip_http_rsp_init(struct tlsvip_http_rsp *rsp,
			  const struct tlsvip_http_limits *limits);
bool tlsvip_http_rsp_expect(struct tlsvip_http_rsp *rsp, bool is_head);
void tlsvip_http_rsp_expect_upgrade(struct tlsvip_http_rsp *rsp);
u32 tlsvip_http_rsp_feed(struct tlsvip_http_rsp *rsp,
			 const struct tlsvip_rewrite_cfg *cfg,
			 const u8 *p, u32 len, struct tlsvip_http_edit *e,
			 u32 max, u32 *n_edits);
u32 tlsvip_http_rsp_skip(struct tlsvip_http_rsp *rsp, u32 len);
u32 tlsvip_http_rsp_text(u32 arg, char *buf);
bool tlsvip_http_rsp_end(struct tlsvip_http_rsp *rsp);
enum tlsvip_http_verdict
tlsvip_http_rsp_verdict(const struct tlsvip_http_rsp *rsp);
enum tlsvip_http_reason
tlsvip_http_rsp_lost(const struct tlsvip_http_rsp *rsp);
bool tlsvip_http_rsp_early(const struct tlsvip_http_rsp *rsp,
			   const struct tlsvip_http_req *r);
bool tlsvip_http_rsp_idle(const struct tlsvip_http_rsp *rsp);
bool tlsvip_http_rsp_until_close(const struct tlsvip_http_rsp *rsp);

/**
 * tlsvip_http_req_held() - bytes eaten that wait for an edit
 * @r: request engine
 *
 * Context: Any.
 * Return: how many of the last eaten bytes the caller must keep.
 */
static inline u32 tlsvip_http_req_held(const struct tlsvip_http_req *r)
{
	return r->held;
}

/**
 * tlsvip_http_req_started() - requests that have begun
 * @r: request engine
 *
 * Context: Any.
 * Return: number of request lines accepted, each with one INSERT.
 */
static inline u32 tlsvip_http_req_started(const struct tlsvip_http_req *r)
{
	return r->started;
}

/**
 * tlsvip_http_req_completed() - requests that have ended
 * @r: request engine
 *
 * Context: Any.
 * Return: number of requests whose last byte was seen.
 */
static inline u32 tlsvip_http_req_completed(const struct tlsvip_http_req *r)
{
	return r->completed;
}

/**
 * tlsvip_http_req_spoofed() - forged names removed
 * @r: request engine
 *
 * Context: Any.
 * Return: fields, trailers and Connection options dropped so far.
 */
static inline u32 tlsvip_http_req_spoofed(const struct tlsvip_http_req *r)
{
	return r->spoofed;
}

/**
 * tlsvip_http_req_stray() - bytes behind the last request
 * @r: request engine
 *
 * Context: Any.
 * Return: bytes dropped since a request closed the connection, or since the
 * last one that tlsvip_http_req_last() let through.
 */
static inline u64 tlsvip_http_req_stray(const struct tlsvip_http_req *r)
{
	return r->stray;
}

/**
 * tlsvip_http_rsp_full() - must further requests wait?
 * @rsp: response engine
 *
 * To be asked before each tlsvip_http_req_feed(). An answer makes room.
 *
 * Context: Any.
 * Return: true if no request more can be expected.
 */
static inline bool tlsvip_http_rsp_full(const struct tlsvip_http_rsp *rsp)
{
	return rsp->expected - rsp->ended >= TLSVIP_HTTP_REQUESTS_MAX;
}

/**
 * tlsvip_http_rsp_held() - bytes eaten that wait for an edit
 * @rsp: response engine
 *
 * Context: Any.
 * Return: how many of the last eaten bytes the caller must keep; always 0
 * without rules to rewrite by.
 */
static inline u32 tlsvip_http_rsp_held(const struct tlsvip_http_rsp *rsp)
{
	return rsp->msg.held;
}

/**
 * tlsvip_http_rsp_unasked() - has a response come that nobody asked for?
 * @rsp: response engine
 *
 * Context: Any.
 * Return: true from its first byte on.
 */
static inline bool tlsvip_http_rsp_unasked(const struct tlsvip_http_rsp *rsp)
{
	return rsp->unasked;
}

/**
 * tlsvip_http_rsp_completed() - answers that have ended
 * @rsp: response engine
 *
 * Context: Any.
 * Return: number of final responses whose last byte was seen.
 */
static inline u32 tlsvip_http_rsp_completed(const struct tlsvip_http_rsp *rsp)
{
	return rsp->ended;
}

/**
 * tlsvip_http_rsp_rewritten() - URLs changed
 * @rsp: response engine
 *
 * Context: Any.
 * Return: number of Location and Content-Location fields changed so far.
 */
static inline u32 tlsvip_http_rsp_rewritten(const struct tlsvip_http_rsp *rsp)
{
	return rsp->rewritten;
}

/**
 * tlsvip_http_rsp_missed() - URLs left as they are
 * @rsp: response engine
 *
 * Context: Any.
 * Return: number of such fields with an http URL that no rule changed.
 */
static inline u32 tlsvip_http_rsp_missed(const struct tlsvip_http_rsp *rsp)
{
	return rsp->missed;
}

/**
 * tlsvip_http_rsp_incomplete() - responses cut short
 * @rsp: response engine
 *
 * Context: Any.
 * Return: number of responses within which the server's stream has ended.
 */
static inline u32 tlsvip_http_rsp_incomplete(const struct tlsvip_http_rsp *rsp)
{
	return rsp->incomplete;
}

#endif /* TLSVIP_HTTP_H */
