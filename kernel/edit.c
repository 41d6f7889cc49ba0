// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries out what the HTTP engine says on the requests of a connection,
 * follows the answers, and words the refusals. The engine itself is http.c;
 * answers that are edited, too, are edit_s2c.c.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/timer.h>

#include "conn.h"

#define TLSVIP_EDIT_BATCH	TLSVIP_HTTP_EDITS_MIN
/*
 * Places in the out queue that one feed may need: every piece held back, each
 * edit may split one more, and may insert one.
 */
#define TLSVIP_EDIT_ROOM	(TLSVIP_PUMP_IN + 2 * TLSVIP_EDIT_BATCH)

static_assert(TLSVIP_EDIT_ROOM <= TLSVIP_PUMP_OUT);

static void tlsvip_edit_reject(struct tlsvip_conn *conn, u8 reason)
{
	struct tlsvip_pump *c2s = &conn->c2s;

	conn->rejected = reason;
	c2s->discard = true;
	tlsvip_pieces_drop(&c2s->in, c2s->in.bytes);
	c2s->fed = 0;
	/* The start of a request that will not be completed. */
	if (!tlsvip_http_req_completed(&conn->http))
		tlsvip_pieces_drop(&c2s->out, c2s->out.bytes);
	tlsvip_reject_count(&conn->svc->counters, reason);
}

static void tlsvip_edit_insert(struct tlsvip_conn *conn)
{
	tlsvip_http_rsp_expect(&conn->rsp, tlsvip_http_req_is_head(&conn->http));
	if (!conn->block.bv_page)
		return;
	get_page(conn->block.bv_page);
	tlsvip_pieces_add(&conn->c2s.out, conn->block.bv_page,
			  conn->block.bv_offset, conn->block.bv_len);
	conn->inserted++;
}

/* Behind the block of every request; its reference goes with it. */
static void tlsvip_edit_insert_first(struct tlsvip_conn *conn)
{
	if (!conn->first.bv_page)
		return;
	tlsvip_pieces_add(&conn->c2s.out, conn->first.bv_page,
			  conn->first.bv_offset, conn->first.bv_len);
	conn->first.bv_page = NULL;
	tlsvip_count(&conn->svc->counters, TLSVIP_C_hdr_inserted_first);
}

/* An upgrade is asked for: goes on as soon as the answer is known. */
static void tlsvip_edit_upgraded(struct tlsvip_conn *conn)
{
	enum tlsvip_http_verdict verdict;

	if (!conn->upgrading)
		return;
	verdict = tlsvip_http_rsp_verdict(&conn->rsp);
	if (verdict == TLSVIP_HTTP_PENDING)
		return;
	conn->upgrading = false;
	tlsvip_http_req_upgrade(&conn->http, verdict == TLSVIP_HTTP_SWITCHED);
	if (verdict == TLSVIP_HTTP_SWITCHED)
		tlsvip_count(&conn->svc->counters, TLSVIP_C_hdr_upgrades);
}

static void tlsvip_edit_apply(struct tlsvip_conn *conn,
			      const struct tlsvip_http_edit *edit)
{
	struct tlsvip_pump *c2s = &conn->c2s;

	switch (edit->op) {
	case TLSVIP_HTTP_PASS:
		tlsvip_pieces_move(&c2s->out, &c2s->in, edit->len);
		c2s->fed -= edit->len;
		break;
	case TLSVIP_HTTP_DROP:
		tlsvip_pieces_drop(&c2s->in, edit->len);
		c2s->fed -= edit->len;
		break;
	case TLSVIP_HTTP_INSERT:
		if (edit->len)
			tlsvip_edit_insert_first(conn);
		else
			tlsvip_edit_insert(conn);
		break;
	case TLSVIP_HTTP_UPGRADE:
		conn->upgrading = true;
		tlsvip_http_rsp_expect_upgrade(&conn->rsp);
		tlsvip_edit_upgraded(conn);
		break;
	case TLSVIP_HTTP_REJECT:
		tlsvip_edit_reject(conn, edit->len);
		break;
	}
}

static void tlsvip_edit_count(struct tlsvip_conn *conn)
{
	u32 n;

	n = tlsvip_http_req_started(&conn->http) - conn->requests;
	if (n) {
		tlsvip_count_add(&conn->svc->counters, TLSVIP_C_hdr_requests,
				 n);
		WRITE_ONCE(conn->requests, conn->requests + n);
	}
	n = tlsvip_http_req_spoofed(&conn->http) - conn->spoofed;
	if (n) {
		tlsvip_count_add(&conn->svc->counters, TLSVIP_C_hdr_spoofed,
				 n);
		conn->spoofed += n;
	}
	if (conn->inserted) {
		tlsvip_header_kinds_count(&conn->svc->counters, conn->kinds,
					  conn->inserted);
		conn->inserted = 0;
	}
}

/**
 * tlsvip_edit_waits - must requests wait for the server?
 * @conn: connection with a policy
 *
 * Context: the work of the connection.
 * Return: true until an answer has come: to an upgrade, or to one of too many
 *	   requests.
 */
bool tlsvip_edit_waits(const struct tlsvip_conn *conn)
{
	return conn->upgrading || tlsvip_http_rsp_full(&conn->rsp);
}

/**
 * tlsvip_edit_run - let the engine decide on what was read
 * @conn: connection with a policy
 *
 * Moves bytes from &tlsvip_pump.in to &tlsvip_pump.out of the direction to
 * the server for as long as there are both bytes and room.
 *
 * Context: the work of the connection.
 */
void tlsvip_edit_run(struct tlsvip_conn *conn)
{
	struct tlsvip_http_edit edits[TLSVIP_EDIT_BATCH];
	struct tlsvip_pump *c2s = &conn->c2s;
	u32 len, eaten, n, i;
	u8 *data;

	while (c2s->fed < c2s->in.bytes && !tlsvip_edit_waits(conn) &&
	       !conn->rejected &&
	       tlsvip_pieces_room(&c2s->out) >= TLSVIP_EDIT_ROOM) {
		data = tlsvip_pieces_at(&c2s->in, c2s->fed, &len);
		eaten = tlsvip_http_req_feed(&conn->http, conn->http_cfg, data,
					     len, edits, TLSVIP_EDIT_BATCH,
					     &n);
		c2s->fed += eaten;
		for (i = 0; i < n; i++)
			tlsvip_edit_apply(conn, &edits[i]);
		if (!eaten && !n) {
			tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_LIMIT);
			break;
		}
	}
	tlsvip_edit_count(conn);

	/*
	 * A further request where nobody could tell what is its answer: the
	 * server is told that none will come, the client that it was in vain.
	 */
	if (tlsvip_http_rsp_lost(&conn->rsp) &&
	    tlsvip_http_req_stray(&conn->http)) {
		c2s->discard = true;
		tlsvip_pieces_drop(&c2s->in, c2s->in.bytes);
		c2s->fed = 0;
	}

	/* Held bytes in many pieces: make room for those that decide. */
	if (!tlsvip_pieces_room(&c2s->in) && !tlsvip_edit_waits(conn) &&
	    c2s->fed == c2s->in.bytes &&
	    !tlsvip_pieces_gather(&c2s->in, c2s->fed, 1))
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_MEMORY);
}

/* Requests end here: nobody can tell their answers any more. */
static void tlsvip_edit_lost(struct tlsvip_conn *conn)
{
	tlsvip_http_req_last(&conn->http);
	if (conn->lost)
		return;
	conn->lost = true;
	tlsvip_count_shared(&conn->svc->counters, TLSVIP_C_hdr_lost);
}

/**
 * tlsvip_edit_response - follow the answers of the server
 * @conn: connection with a header policy only
 * @from: first byte of the out queue to the client not yet looked at
 *
 * From the first byte on, so that nothing that a later request makes the
 * server say can pass for the answer to an upgrade.
 *
 * Context: the work of the connection.
 */
void tlsvip_edit_response(struct tlsvip_conn *conn, u32 from)
{
	const struct tlsvip_pieces *q = &conn->s2c.out;
	u8 *data;
	u32 len;

	for (;;) {
		from += tlsvip_http_rsp_skip(&conn->rsp, q->bytes - from);
		if (from == q->bytes)
			break;
		data = tlsvip_pieces_at(q, from, &len);
		from += tlsvip_http_rsp_feed(&conn->rsp, NULL, data, len, NULL,
					     0, NULL);
	}
	tlsvip_edit_followed(conn);
}

/**
 * tlsvip_edit_followed - what the answers so far mean for requests
 * @conn: connection whose response engine was fed
 *
 * An answer to a request that is not complete is the last one: the rest of
 * that request would be taken for another one by a server that does not wait
 * for it.
 *
 * Context: the work of the connection.
 */
void tlsvip_edit_followed(struct tlsvip_conn *conn)
{
	tlsvip_edit_upgraded(conn);
	if (tlsvip_http_rsp_lost(&conn->rsp))
		tlsvip_edit_lost(conn);
	if (conn->rejected || !tlsvip_http_rsp_early(&conn->rsp, &conn->http))
		return;
	if (conn->early == TLSVIP_EARLY_NO)
		tlsvip_count_shared(&conn->svc->counters,
				    tlsvip_http_rsp_unasked(&conn->rsp) ?
				    TLSVIP_C_hdr_unasked : TLSVIP_C_hdr_early);
	conn->early = tlsvip_http_rsp_idle(&conn->rsp) ?
		      TLSVIP_EARLY_ANSWERED : TLSVIP_EARLY_ANSWERING;
}

/*
 * Is it the client that a head or trailers wait for? Not while the server does
 * not take what is there already, or has to answer first, and not at the end.
 */
static bool tlsvip_edit_owed(struct tlsvip_conn *conn)
{
	const struct tlsvip_pump *c2s = &conn->c2s;

	return !c2s->out.bytes && c2s->fed == c2s->in.bytes &&
	       !tlsvip_edit_waits(conn) && !c2s->discard && !conn->rejected &&
	       !c2s->from->rx_eof && !c2s->from->tx_shut;
}

/**
 * tlsvip_edit_late - refuse a request whose head takes too long
 * @conn: connection with a policy, all of whose bytes were looked at
 *
 * A head that is complete when the work has run once costs nothing here. For
 * another one the connection's timer is made to fire in time; when it does, a
 * head that was completed meanwhile is found to be so first. Whenever the
 * server is what it waits for, its time begins anew.
 *
 * Context: the work of the connection.
 * Return: whether one was refused.
 */
bool tlsvip_edit_late(struct tlsvip_conn *conn)
{
	u32 head = tlsvip_http_req_section(&conn->http);
	unsigned long until;
	u32 limit;

	if (head && !tlsvip_edit_owed(conn))
		head = 0;
	if (head != conn->head) {
		conn->head = head;
		conn->head_since = jiffies;
	}
	if (!head)
		return false;
	limit = conn->headers ? conn->headers->head_ms : TLSVIP_HEAD_TIMEOUT_MS;
	until = conn->head_since + msecs_to_jiffies(limit);
	if (time_before(jiffies, until)) {
		timer_reduce(&conn->timer, until);
		return false;
	}
	tlsvip_edit_reject(conn, TLSVIP_HTTP_R_HEAD_TIMEOUT);
	return true;
}

static const char *tlsvip_edit_phrase(u32 status)
{
	switch (status) {
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 413:
		return "Content Too Large";
	case 414:
		return "URI Too Long";
	case 417:
		return "Expectation Failed";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}

/**
 * tlsvip_edit_refuse - queue the answer to a refused request
 * @conn: connection with a refused request
 *
 * Context: the work of the connection.
 * Return: whether it was queued; without memory the client gets none.
 */
bool tlsvip_edit_refuse(struct tlsvip_conn *conn)
{
	u32 status = tlsvip_http_reason_status(conn->rejected);
	char text[160];
	int len;

	conn->answered = true;
	len = scnprintf(text, sizeof(text),
			"HTTP/1.1 %u %s\r\nContent-Length: 0\r\n"
			"Connection: close\r\n%s\r\n",
			status, tlsvip_edit_phrase(status),
			status == 405 ? "Allow: GET, HEAD, POST\r\n" : "");
	return tlsvip_pieces_room(&conn->s2c.out) &&
	       tlsvip_pieces_copy(&conn->s2c.out, text, len);
}
