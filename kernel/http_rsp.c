// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: responses. Where each begins and ends, and to which request.
 *
 * It is NOT a cache's or a client's parser: of fields it knows those that
 * decide framing, and those with a URL to rewrite (http_url.c). What a client
 * could read differently than we do is refused where responses are edited;
 * where they are not, it passes, and nothing is known of the rest.
 *
 * Field lines, values and chunks are those of requests (http_field.c,
 * http_value.c, http_chunk.c).
 */
#include "http_priv.h"

/* Most interim responses to a request. */
#define TLSVIP_HTTP_INTERIM_MAX		64

static const struct tlsvip_http_limits tlsvip_http_rsp_limits = {
	.head_max = 65536,
	.fields_max = 256,
	.name_max = 256,
	.ext_max = 8192,
	.trailer_max = 8192,
};

/* Lengths of the names below, by first byte. */
static const u64 tlsvip_http_rsp_filter[64] = {
	['C' & 63] = 1ULL << 14 | 1ULL << 16,
	['L' & 63] = 1ULL << 8,
	['T' & 63] = 1ULL << 17,
};

static const struct {
	const char *name;
	u8 len;
	u8 field;
} tlsvip_http_rsp_names[] = {
	{ "content-length", 14, TLSVIP_HTTP_N_LENGTH },
	{ "transfer-encoding", 17, TLSVIP_HTTP_N_CODING },
	{ "location", 8, TLSVIP_HTTP_N_LOCATION },
	{ "content-location", 16, TLSVIP_HTTP_N_CONTENT },
};

/**
 * tlsvip_http_rsp_lookup() - what a name means in a response
 * @run: current run
 * @name: its bytes
 * @len: its length
 *
 * Clients do not fold names as CGI does.
 *
 * Context: Any.
 * Return: the field it names, or TLSVIP_HTTP_N_PLAIN.
 */
enum tlsvip_http_field tlsvip_http_rsp_lookup(const struct tlsvip_http_run *run,
					      const u8 *name, u32 len)
{
	u32 i, n = run->rewrite ? ARRAY_SIZE(tlsvip_http_rsp_names) : 2;

	for (i = 0; i < n; i++)
		if (tlsvip_http_rsp_names[i].len == len &&
		    tlsvip_http_named(name, tlsvip_http_rsp_names[i].name, len))
			return tlsvip_http_rsp_names[i].field;
	return TLSVIP_HTTP_N_PLAIN;
}

static bool tlsvip_http_rsp_is_interim(const struct tlsvip_http_rsp *rsp)
{
	return rsp->status < 200 && rsp->status != 101;
}

/* May a response with this status stand here? */
static enum tlsvip_http_reason
tlsvip_http_rsp_judge(struct tlsvip_http_rsp *rsp)
{
	if (rsp->status < 100)
		return TLSVIP_HTTP_R_RSP_STATUS;
	if (rsp->status > 199)
		return TLSVIP_HTTP_R_NONE;
	if (rsp->msg.flags & TLSVIP_HTTP_F_HTTP10)
		return TLSVIP_HTTP_R_RSP_INTERIM;
	if (rsp->status == 101)
		return rsp->asked && rsp->ended + 1 == rsp->expected ?
			TLSVIP_HTTP_R_NONE : TLSVIP_HTTP_R_RSP_SWITCH;
	return rsp->interim++ < TLSVIP_HTTP_INTERIM_MAX ?
		TLSVIP_HTTP_R_NONE : TLSVIP_HTTP_R_RSP_INTERIM_COUNT;
}

/* The first byte of a response: whose is it? */
static void tlsvip_http_rsp_start(struct tlsvip_http_run *run)
{
	struct tlsvip_http_rsp *rsp = run->rsp;
	u32 outstanding = rsp->expected - rsp->ended;

	if ((int)outstanding < 0) {
		tlsvip_http_reject(run, TLSVIP_HTTP_R_RSP_UNASKED);
		return;
	}
	tlsvip_http_message_start(run, run->limits->head_max);
	rsp->msg.method = TLSVIP_HTTP_M_OTHER;
	rsp->msg.state = TLSVIP_HTTP_S_STATUS;
	rsp->status = 0;
	if (!outstanding)
		rsp->unasked = true;
	else if (rsp->heads >> (rsp->ended % TLSVIP_HTTP_REQUESTS_MAX) & 1)
		rsp->msg.method = TLSVIP_HTTP_M_HEAD;
}

/* One byte of "HTTP/1.x DDD"; the digits of the version are kept in body. */
static bool tlsvip_http_status_byte(struct tlsvip_http_rsp *rsp, u8 c)
{
	static const char version[] = "HTTP/1.1 ";
	struct tlsvip_http_req *r = &rsp->msg;
	u32 i = r->index;

	if (i < sizeof(version) - 1 && i != 5 && i != 7)
		return c == (u8)version[i];
	if (!(tlsvip_http_class[c] & TLSVIP_HTTP_C_DIGIT))
		return false;
	if (i < sizeof(version) - 1)
		r->body = r->body << 8 | c;
	else
		rsp->status = rsp->status * 10 + (c - '0');
	return true;
}

/* The status line up to the byte behind the digits is good: go on? */
static enum tlsvip_http_reason
tlsvip_http_status_check(struct tlsvip_http_rsp *rsp, u8 c)
{
	u64 version = rsp->msg.body;

	rsp->msg.body = 0;
	if (c == '\n')
		return TLSVIP_HTTP_R_BARE_LF;
	if (c != ' ' && c != '\r')
		return TLSVIP_HTTP_R_RSP_STATUS;
	if (version == ('1' << 8 | '0'))
		rsp->msg.flags |= TLSVIP_HTTP_F_HTTP10;
	else if (version != ('1' << 8 | '1'))
		return TLSVIP_HTTP_R_VERSION_UNSUPPORTED;
	return tlsvip_http_rsp_judge(rsp);
}

/* The usual case: HTTP/1.1, and all of it is there. */
static void tlsvip_http_status_fast(struct tlsvip_http_run *run)
{
	static const char version[] = "HTTP/1.1 ";
	const u8 *p = run->p + run->pos;

	if (run->end - run->pos < 12 ||
	    memcmp(p, version, sizeof(version) - 1) ||
	    !(tlsvip_http_class[p[9]] & tlsvip_http_class[p[10]] &
	      tlsvip_http_class[p[11]] & TLSVIP_HTTP_C_DIGIT))
		return;
	run->rsp->status = (p[9] - '0') * 100 + (p[10] - '0') * 10 +
			   (p[11] - '0');
	run->r->body = '1' << 8 | '1';
	run->r->index = 12;
	run->pos += 12;
}

static void tlsvip_http_status_step(struct tlsvip_http_run *run)
{
	struct tlsvip_http_rsp *rsp = run->rsp;
	struct tlsvip_http_req *r = &rsp->msg;
	enum tlsvip_http_reason reason;

	if (!r->index)
		tlsvip_http_status_fast(run);
	for (; run->pos < run->end && r->index < 12; run->pos++, r->index++) {
		u8 c = run->p[run->pos];

		if (!tlsvip_http_status_byte(rsp, c)) {
			tlsvip_http_reject(run, c == '\n' ?
					   TLSVIP_HTTP_R_BARE_LF :
					   TLSVIP_HTTP_R_RSP_STATUS);
			return;
		}
	}
	if (run->pos == run->end)
		return;
	reason = tlsvip_http_status_check(rsp, run->p[run->pos]);
	if (reason) {
		tlsvip_http_reject(run, reason);
		return;
	}
	if (!tlsvip_http_rsp_is_interim(rsp))
		rsp->begun++;
	if (rsp->status > 199 && rsp->begun == rsp->expected)
		rsp->asked = false;
	tlsvip_http_pass(run);
	r->state = TLSVIP_HTTP_S_VALUE;		/* the reason phrase */
}

/**
 * tlsvip_http_rsp_step() - eat some bytes between responses or of a status
 * @run: current run, with at least one byte
 *
 * Context: Any.
 */
void tlsvip_http_rsp_step(struct tlsvip_http_run *run)
{
	if (run->r->state == TLSVIP_HTTP_S_RESPONSE)
		tlsvip_http_rsp_start(run);
	else
		tlsvip_http_status_step(run);
}

/**
 * tlsvip_http_rsp_message_end() - the last byte of a response has been eaten
 * @run: current run; run->pos is behind that byte, which passes
 *
 * Context: Any.
 */
void tlsvip_http_rsp_message_end(struct tlsvip_http_run *run)
{
	struct tlsvip_http_rsp *rsp = run->rsp;

	tlsvip_http_pass(run);
	rsp->msg.state = TLSVIP_HTTP_S_RESPONSE;
	if (tlsvip_http_rsp_is_interim(rsp))
		return;
	if (rsp->status == 101) {
		rsp->asked = false;
		rsp->msg.state = TLSVIP_HTTP_S_OPAQUE;
	}
	rsp->interim = 0;
	rsp->ended++;
}

/**
 * tlsvip_http_rsp_head_end() - the LF of a head's blank line is the next byte
 * @run: current run
 *
 * What follows is decided as in RFC 9112 6.3.
 *
 * Context: Any.
 */
void tlsvip_http_rsp_head_end(struct tlsvip_http_run *run)
{
	struct tlsvip_http_rsp *rsp = run->rsp;
	struct tlsvip_http_req *r = &rsp->msg;
	bool chunked = r->flags & TLSVIP_HTTP_F_CODING;

	if (rsp->status < 200 || rsp->status == 204) {
		if (chunked || r->body) {
			tlsvip_http_reject(run, TLSVIP_HTTP_R_RSP_BODY);
			return;
		}
		r->method = TLSVIP_HTTP_M_HEAD;
	}
	run->pos++;
	tlsvip_http_pass(run);
	if (r->method == TLSVIP_HTTP_M_HEAD || rsp->status == 304) {
		tlsvip_http_message_end(run);
	} else if (chunked) {
		r->index = 0;
		r->state = TLSVIP_HTTP_S_SIZE;
	} else if (!(r->flags & TLSVIP_HTTP_F_LENGTH)) {
		r->state = TLSVIP_HTTP_S_UNTIL_CLOSE;
	} else if (r->body) {
		r->state = TLSVIP_HTTP_S_BODY;
	} else {
		tlsvip_http_message_end(run);
	}
}

/**
 * tlsvip_http_rsp_init() - start of a connection
 * @rsp: response engine
 * @limits: limits of responses, which must outlive it; NULL for the usual ones
 *
 * Context: Any.
 */
void tlsvip_http_rsp_init(struct tlsvip_http_rsp *rsp,
			  const struct tlsvip_http_limits *limits)
{
	memset(rsp, 0, sizeof(*rsp));
	rsp->msg.state = TLSVIP_HTTP_S_RESPONSE;
	rsp->limits = limits ? limits : &tlsvip_http_rsp_limits;
}

/**
 * tlsvip_http_rsp_expect() - a request is on its way to the server
 * @rsp: response engine
 * @is_head: its method is HEAD
 *
 * To be called before the request's first line is sent.
 *
 * Context: Any; the caller serialises calls for @rsp.
 * Return: false if there was no room, see tlsvip_http_rsp_full(); then nothing
 * was noted, and the request must not be sent.
 */
bool tlsvip_http_rsp_expect(struct tlsvip_http_rsp *rsp, bool is_head)
{
	u64 bit = 1ULL << (rsp->expected % TLSVIP_HTTP_REQUESTS_MAX);

	if (tlsvip_http_rsp_full(rsp))
		return false;
	rsp->heads = is_head ? rsp->heads | bit : rsp->heads & ~bit;
	rsp->expected++;
	return true;
}

/**
 * tlsvip_http_rsp_expect_upgrade() - the last request asks for an Upgrade
 * @rsp: response engine
 *
 * To be called when the request engine issues TLSVIP_HTTP_UPGRADE, before the
 * end of that request's head is sent.
 *
 * Context: Any; the caller serialises calls for @rsp.
 */
void tlsvip_http_rsp_expect_upgrade(struct tlsvip_http_rsp *rsp)
{
	rsp->asked = rsp->begun != rsp->expected;
}

/**
 * tlsvip_http_rsp_verdict() - what became of the Upgrade?
 * @rsp: response engine
 *
 * Context: Any.
 * Return: whether the server has switched, once the head of its answer has
 * ended, or has not, as soon as that is clear.
 */
enum tlsvip_http_verdict
tlsvip_http_rsp_verdict(const struct tlsvip_http_rsp *rsp)
{
	if (rsp->msg.state == TLSVIP_HTTP_S_OPAQUE)
		return TLSVIP_HTTP_SWITCHED;
	return rsp->asked && !rsp->msg.reason ? TLSVIP_HTTP_PENDING :
						TLSVIP_HTTP_REFUSED;
}

/**
 * tlsvip_http_rsp_feed() - look at the next bytes from the server
 * @rsp: response engine of the connection
 * @cfg: its policy's rules for URLs, or NULL: nothing is edited
 * @p: the bytes that follow those eaten so far
 * @len: how many; below 2^31
 * @e: where the edits go
 * @max: room in @e, at least TLSVIP_HTTP_EDITS_MIN
 * @n_edits: number of edits written
 *
 * With @cfg the edits are to be understood as those of tlsvip_http_req_feed(),
 * and the text of an INSERT is given by tlsvip_http_rsp_text(). A response
 * that cannot be read, or could be read in two ways, is refused: the
 * connection ends, and what is held does not reach the client.
 *
 * Without @cfg all bytes pass and no edit is written; @e and @n_edits may be
 * NULL then. Whether the end of a response can still be told is told by
 * tlsvip_http_rsp_lost(). It is either always NULL for a connection, or never.
 *
 * Context: Any; the caller serialises calls for @rsp.
 * Return: bytes eaten: @len, unless @e filled up or REJECT was issued.
 */
u32 tlsvip_http_rsp_feed(struct tlsvip_http_rsp *rsp,
			 const struct tlsvip_rewrite_cfg *cfg,
			 const u8 *p, u32 len, struct tlsvip_http_edit *e,
			 u32 max, u32 *n_edits)
{
	struct tlsvip_http_edit passed[TLSVIP_HTTP_EDITS_MIN];
	struct tlsvip_http_run run = {
		.r = &rsp->msg, .rsp = rsp, .limits = rsp->limits,
		.filter = tlsvip_http_rsp_filter, .rewrite = cfg,
		.lenient = !cfg, .p = p, .e = cfg ? e : passed,
	};

	tlsvip_http_eat(&run, len, cfg ? max : ARRAY_SIZE(passed));
	if (cfg)
		*n_edits = run.n;
	return run.pos;
}

/**
 * tlsvip_http_rsp_skip() - count bytes of a body without a look at them
 * @rsp: response engine that holds nothing
 * @len: bytes that follow those eaten so far
 *
 * A short way past long bodies, for bytes that lie in many pieces.
 *
 * Context: Any; the caller serialises calls for @rsp.
 * Return: how many of them were eaten: they pass, and need not be fed.
 */
u32 tlsvip_http_rsp_skip(struct tlsvip_http_rsp *rsp, u32 len)
{
	struct tlsvip_http_req *r = &rsp->msg;

	switch (r->state) {
	case TLSVIP_HTTP_S_UNTIL_CLOSE:
	case TLSVIP_HTTP_S_OPAQUE:
	case TLSVIP_HTTP_S_LOST:
		return len;
	case TLSVIP_HTTP_S_DATA:
	case TLSVIP_HTTP_S_BODY:
		break;
	default:
		return 0;
	}
	/* the last byte leads to another state: that one is fed */
	if (len >= r->body)
		len = r->body - 1;
	r->body -= len;
	return len;
}

/**
 * tlsvip_http_rsp_text() - what to send for an INSERT to the client
 * @arg: len of the edit: 0 for the scheme, or a port
 * @buf: room for TLSVIP_HTTP_RSP_TEXT bytes
 *
 * Context: Any.
 * Return: bytes written to @buf, without a final zero.
 */
u32 tlsvip_http_rsp_text(u32 arg, char *buf)
{
	u32 i, n = 1, rest;

	if (!arg) {
		memcpy(buf, "https", 5);
		return 5;
	}
	for (rest = arg; rest; rest /= 10)
		n++;
	for (i = n - 1; i; i--, arg /= 10)
		buf[i] = '0' + arg % 10;
	buf[0] = ':';
	return n;
}

/**
 * tlsvip_http_rsp_end() - the server's stream has ended
 * @rsp: response engine
 *
 * Ends a response that goes on until the stream does. Bytes still held are
 * part of no response that was brought to an end, and are to be dropped.
 *
 * Context: Any; the caller serialises calls for @rsp. To be called once.
 * Return: false if it has ended within a response.
 */
bool tlsvip_http_rsp_end(struct tlsvip_http_rsp *rsp)
{
	switch (rsp->msg.state) {
	case TLSVIP_HTTP_S_UNTIL_CLOSE:
		rsp->msg.state = TLSVIP_HTTP_S_RESPONSE;
		rsp->ended++;
		return true;
	case TLSVIP_HTTP_S_RESPONSE:
	case TLSVIP_HTTP_S_OPAQUE:
	case TLSVIP_HTTP_S_LOST:
	case TLSVIP_HTTP_S_DEAD:
		return true;
	default:
		rsp->incomplete++;
		return false;
	}
}

/**
 * tlsvip_http_rsp_lost() - can the ends of responses no longer be told?
 * @rsp: response engine
 *
 * Without rules to rewrite by, the rest passes as it comes, and the client
 * must get no further request through: its answer could not be told from the
 * rest of an earlier one.
 *
 * Context: Any.
 * Return: what was wrong, or TLSVIP_HTTP_R_NONE.
 */
enum tlsvip_http_reason
tlsvip_http_rsp_lost(const struct tlsvip_http_rsp *rsp)
{
	return rsp->msg.reason;
}

/**
 * tlsvip_http_rsp_early() - has the server answered before it was asked?
 * @rsp: response engine
 * @r: request engine of the same connection
 *
 * With a final response to a request whose last byte the request engine has
 * not seen, or to none. What the client sends from here on must not reach the
 * server; when tlsvip_http_rsp_idle(), the connection is to be ended. Stays so
 * for as long as the request engine is not fed.
 *
 * Context: Any.
 * Return: true if it has.
 */
bool tlsvip_http_rsp_early(const struct tlsvip_http_rsp *rsp,
			   const struct tlsvip_http_req *r)
{
	return rsp->unasked || (int)(rsp->begun - r->completed) > 0;
}

/**
 * tlsvip_http_rsp_idle() - is nothing of a response under way?
 * @rsp: response engine
 *
 * Context: Any.
 * Return: true between two responses and before the first one.
 */
bool tlsvip_http_rsp_idle(const struct tlsvip_http_rsp *rsp)
{
	return rsp->msg.state == TLSVIP_HTTP_S_RESPONSE;
}

/**
 * tlsvip_http_rsp_until_close() - does the body go on until the stream ends?
 * @rsp: response engine
 *
 * Context: Any.
 * Return: true within a response that has neither a length nor chunks.
 */
bool tlsvip_http_rsp_until_close(const struct tlsvip_http_rsp *rsp)
{
	return rsp->msg.state == TLSVIP_HTTP_S_UNTIL_CLOSE;
}
