// SPDX-License-Identifier: GPL-2.0-only
/*
 * The relay: which direction moves when, how an end on one side becomes one on
 * the other, and what an error means. The sockets are handled by pump.c.
 */
#include <linux/net.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "conn.h"

/* Rounds of a run before others on this CPU get their turn. */
#define TLSVIP_RELAY_BUDGET	4
/* How long to wait for what no wake-up tells of. */
#define TLSVIP_RELAY_RETRY	msecs_to_jiffies(10)

/**
 * tlsvip_relay_start - both legs are there
 * @conn: connection whose server leg has connected
 *
 * Context: the work of the connection.
 * Return: 0.
 */
int tlsvip_relay_start(struct tlsvip_conn *conn)
{
	if (conn->http_cfg) {
		tlsvip_http_req_init(&conn->http);
		tlsvip_http_rsp_init(&conn->rsp, NULL);
	}
	tlsvip_count(&conn->svc->counters, TLSVIP_C_conn_established);
	tlsvip_conn_set_state(conn, TLSVIP_CONN_STATE_RELAY);
	tlsvip_nl_conn_notify(conn, TLSVIP_EVENT_CHANGED);
	return 0;
}

/* Not mod_timer(): each wake-up would put off the limit of the state as well. */
static void tlsvip_relay_retry(struct tlsvip_conn *conn)
{
	timer_reduce(&conn->timer, jiffies + TLSVIP_RELAY_RETRY);
}

static void tlsvip_relay_client_error(struct tlsvip_conn *conn, int err)
{
	switch (err) {
	case -EBADMSG:
	case -EMSGSIZE:
	case -EINVAL:
	case -EPROTO:
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_BAD_RECORD);
		break;
	case -EKEYEXPIRED:
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_KEYUPDATE);
		break;
	case -ECONNRESET:
	case -EPIPE:
	case -ETIMEDOUT:
	case -ECONNABORTED:
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_CLIENT_RESET);
		break;
	default:
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_ERROR);
	}
}

/* What the client sends goes nowhere from here on. */
static void tlsvip_relay_discard(struct tlsvip_conn *conn)
{
	struct tlsvip_pump *c2s = &conn->c2s;

	c2s->discard = true;
	tlsvip_pieces_drop(&c2s->out, c2s->out.bytes);
	tlsvip_pieces_drop(&c2s->in, c2s->in.bytes);
	c2s->fed = 0;
}

/* What the server sent before still goes to the client, without an end. */
static void tlsvip_relay_server_gone(struct tlsvip_conn *conn)
{
	struct tlsvip_leg *server = tlsvip_server(conn);

	server->broken = true;
	server->rx_eof = true;
	server->tx_shut = true;
	tlsvip_relay_discard(conn);
}

static void tlsvip_relay_error(struct tlsvip_conn *conn,
			       struct tlsvip_leg *leg, int err)
{
	if (leg == tlsvip_client(conn))
		tlsvip_relay_client_error(conn, err);
	else
		tlsvip_relay_server_gone(conn);
}

/*
 * The client's stream has ended. Inside a request, announced or not, and at a
 * FIN without close_notify in a protocol that we do not know, the server must
 * not take what it has for the whole. Between two requests a bare FIN is how
 * many clients hang up.
 */
static void tlsvip_relay_client_eof(struct tlsvip_conn *conn, bool notified)
{
	bool whole = notified;

	/* The answer to our own end; nothing is owed any more. */
	if (tlsvip_client(conn)->tx_shut) {
		tlsvip_client(conn)->rx_eof = true;
		return;
	}
	if (!notified)
		tlsvip_count(&conn->svc->counters, TLSVIP_C_ssl_truncated);
	/* Behind a 101 it is a protocol that we do not know. */
	if (conn->http_cfg && !tlsvip_http_req_opaque(&conn->http))
		whole = tlsvip_http_req_idle(&conn->http);
	if (whole || conn->c2s.discard)
		tlsvip_client(conn)->rx_eof = true;
	else
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_CLIENT_TRUNCATED);
}

static void tlsvip_relay_server_eof(struct tlsvip_conn *conn,
				    struct tlsvip_leg *leg)
{
	if (leg->broken)
		tlsvip_relay_server_gone(conn);
	else
		leg->rx_eof = true;
}

/* A read that brought no bytes. Returns whether reading may go on at once. */
static bool tlsvip_relay_no_data(struct tlsvip_conn *conn,
				 struct tlsvip_leg *leg, int err)
{
	if (err == -EAGAIN)
		return false;
	if (err == -ENOMEM) {
		tlsvip_relay_retry(conn);
		return false;
	}
	if (!err) {
		if (leg->tls)
			tlsvip_relay_client_eof(conn, false);
		else
			tlsvip_relay_server_eof(conn, leg);
		return false;
	}
	if (err == -EINVAL && leg->tls) {
		err = tlsvip_record_control(conn, leg);
		if (err == 1)
			tlsvip_relay_client_eof(conn, true);
		if (err >= 0)
			return !err;
		if (tlsvip_conn_dead(conn))
			return false;
		/* Not a record at all: the parser has stopped for good. */
		if (err == -EAGAIN)
			err = -EBADMSG;
	}
	tlsvip_relay_error(conn, leg, err);
	return false;
}

/* Bytes of the server were looked at: has it answered ahead of a request? */
static void tlsvip_relay_answer(struct tlsvip_conn *conn)
{
	if (conn->early == TLSVIP_EARLY_NO)
		return;
	tlsvip_relay_discard(conn);
	if (conn->early == TLSVIP_EARLY_ANSWERED)
		tlsvip_server(conn)->rx_eof = true;
}

static bool tlsvip_relay_read(struct tlsvip_conn *conn,
			      struct tlsvip_pump *pump,
			      struct tlsvip_pieces *q, bool *more)
{
	u32 had = q->bytes;
	int n;

	n = tlsvip_pump_read(conn, pump, q, more);
	if (n <= 0)
		return tlsvip_relay_no_data(conn, pump->from, n);
	if (pump->discard) {
		tlsvip_pieces_drop(q, q->bytes);
		return true;
	}
	WRITE_ONCE(conn->active, jiffies);
	if (!conn->http_cfg)
		return true;
	if (pump == &conn->c2s) {
		tlsvip_http_req_pieces(&conn->http, pump->records);
	} else if (!pump->edited) {
		tlsvip_edit_response(conn, had);
		tlsvip_relay_answer(conn);
	}
	return true;
}

/* Has the engine decide. Returns whether what it leaves can go on at once. */
static bool tlsvip_relay_edit(struct tlsvip_conn *conn,
			      struct tlsvip_pump *pump, bool *moved)
{
	bool waited = tlsvip_edit_waits(conn);

	if (pump == &conn->c2s) {
		tlsvip_edit_run(conn);
		return pump->fed < pump->in.bytes && !tlsvip_edit_waits(conn);
	}
	if (tlsvip_edit_s2c_run(conn))
		tlsvip_relay_answer(conn);
	else
		tlsvip_relay_server_gone(conn);
	/* Requests that waited for an answer go on, whether it is read or not. */
	*moved |= waited && !tlsvip_edit_waits(conn);
	return pump->fed < pump->in.bytes;
}

/* Returns whether anything was accepted. */
static bool tlsvip_relay_send(struct tlsvip_conn *conn,
			      struct tlsvip_pump *pump, bool more)
{
	int n;

	/*
	 * TCP wakes us itself when it finds no memory, within the send: only
	 * the timer says when to try again.
	 */
	if (pump->to->starved && !conn->retried)
		return false;
	/* Before the send: if it finds the socket full, room must wake us. */
	if (pump->to->starved)
		WRITE_ONCE(pump->to->starved, false);
	n = tlsvip_pump_send(conn, pump, more);
	if (n > 0) {
		WRITE_ONCE(conn->active, jiffies);
		return true;
	}
	/*
	 * A socket with nothing on its way is not full, it found no memory,
	 * and no acknowledgment will wake us.
	 */
	if (n == -EAGAIN && !tcp_rtx_and_write_queues_empty(pump->to->sock->sk))
		return false;
	if (n == -EAGAIN || n == -ENOMEM || n == -ENOBUFS) {
		WRITE_ONCE(pump->to->starved, true);
		tlsvip_count(&conn->svc->counters, TLSVIP_C_relay_nomem);
		tlsvip_relay_retry(conn);
		return false;
	}
	if (pump == &conn->s2c) {
		tlsvip_relay_error(conn, pump->to, n);
		return false;
	}
	/*
	 * The server may have answered before it closed: read that first. If
	 * its FIN was there before its reset, that is its whole answer.
	 */
	if (!sock_flag(pump->to->sock->sk, SOCK_DONE))
		pump->to->broken = true;
	pump->to->tx_shut = true;
	tlsvip_relay_discard(conn);
	return true;
}

/* Was there an answer that could not be read? */
static bool tlsvip_relay_unread(const struct tlsvip_conn *conn)
{
	return conn->rewriting && conn->rewriting->rejected;
}

/* One round of one direction. Returns whether anything moved. */
static bool tlsvip_relay_step(struct tlsvip_conn *conn,
			      struct tlsvip_pump *pump)
{
	bool more = false, moved = false;
	struct tlsvip_pieces *q;

	if (pump->out.bytes) {
		moved = tlsvip_relay_send(conn, pump, false);
		if (pump->out.bytes || tlsvip_conn_dead(conn))
			return moved;
	}
	q = pump->edited ? &pump->in : &pump->out;
	/* What was read and not fed yet comes before an end of the stream. */
	if (!pump->from->rx_eof && pump->fed == pump->in.bytes &&
	    tlsvip_pieces_room(q) && q->bytes < TLSVIP_PUMP_BYTES &&
	    !tlsvip_pump_idle(pump))
		moved |= tlsvip_relay_read(conn, pump, q, &more);
	if (pump->edited && !pump->discard && !tlsvip_conn_dead(conn))
		more |= tlsvip_relay_edit(conn, pump, &moved);
	if (pump->out.bytes && !tlsvip_conn_dead(conn))
		moved |= tlsvip_relay_send(conn, pump, more);
	return moved;
}

static void tlsvip_relay_uncork(struct tlsvip_pump *pump)
{
	struct socket *sock = pump->to->sock;

	if (!pump->corked || pump->out.bytes)
		return;
	pump->corked = false;
	pump->open = 0;
	if (sock->ops->splice_eof)
		sock->ops->splice_eof(sock);
}

/*
 * Requests that were whole and have no whole answer; below 0 if the server has
 * answered the refused one, faster than we do.
 */
static int tlsvip_relay_owed(const struct tlsvip_conn *conn)
{
	return tlsvip_http_req_completed(&conn->http) -
	       tlsvip_http_rsp_completed(&conn->rsp);
}

/*
 * A request was refused of which the server may have a part: it must not take an
 * end for that of the body, or of the head, which some carry out or answer when
 * nothing else comes. So its connection is reset. Requests before it were whole,
 * and are answered first.
 */
static void tlsvip_relay_tear(struct tlsvip_conn *conn)
{
	struct tlsvip_leg *server = tlsvip_server(conn);

	if (!server->rx_eof && !tlsvip_http_rsp_lost(&conn->rsp) &&
	    tlsvip_relay_owed(conn) > 0)
		return;
	/* An answer to it that has begun stays without its end. */
	if (!server->rx_eof)
		server->broken = true;
	tlsvip_leg_abort(server);
	server->rx_eof = true;
	server->tx_shut = true;
}

/* Would an end that the server is told of pass for that of a request? */
static bool tlsvip_relay_torn(const struct tlsvip_conn *conn)
{
	return conn->http_cfg && !tlsvip_http_req_idle(&conn->http) &&
	       !tlsvip_http_req_opaque(&conn->http);
}

/* The client's end, or that of a refused request, goes to the server. */
static void tlsvip_relay_end_c2s(struct tlsvip_conn *conn)
{
	struct tlsvip_leg *server = tlsvip_server(conn);
	struct tlsvip_pump *c2s = &conn->c2s;

	if (server->tx_shut || c2s->out.bytes ||
	    !(c2s->from->rx_eof || c2s->discard))
		return;
	/* Bytes wait for the answer to an upgrade, or for room. */
	if (c2s->fed < c2s->in.bytes)
		return;
	/* A server that reads an end might leave its answer unfinished. */
	if (conn->early == TLSVIP_EARLY_ANSWERING && !server->rx_eof)
		return;
	if (conn->rejected) {
		tlsvip_relay_tear(conn);
		return;
	}
	/* Answered, or not any more, ahead of what does not come. */
	if (tlsvip_relay_torn(conn))
		tlsvip_leg_abort(server);
	else
		kernel_sock_shutdown(server->sock, SHUT_WR);
	server->tx_shut = true;
}

/*
 * Have the end of the stream to the client wait for room, of which a wake-up
 * tells, or for memory or kernel TLS's own work, of which none does.
 */
static void tlsvip_relay_end_waits(struct tlsvip_conn *conn)
{
	const struct sock *sk = tlsvip_client(conn)->sock->sk;

	if (sk_stream_is_writeable(sk) || tcp_rtx_and_write_queues_empty(sk))
		tlsvip_relay_retry(conn);
}

/*
 * The last word to the client. Returns -EAGAIN if it has to be said later, when
 * we are woken for it.
 */
static int tlsvip_relay_alert(struct tlsvip_conn *conn, u8 level, u8 desc)
{
	int err = tlsvip_record_alert(tlsvip_client(conn), level, desc);

	if (err == -ENOMEM) {
		tlsvip_relay_retry(conn);
		return -EAGAIN;
	}
	if (err == -EAGAIN)
		tlsvip_relay_end_waits(conn);
	return err;
}

/*
 * The server was cut off, and so is the client: a FIN without close_notify, or
 * an alert if it was because of what the server said, behind what a slow client
 * has not taken yet.
 */
static bool tlsvip_relay_cut(struct tlsvip_conn *conn)
{
	struct tlsvip_leg *client = tlsvip_client(conn);
	int err;

	/* What is in an open record is nowhere to be seen. */
	tlsvip_relay_uncork(&conn->s2c);
	if (tlsvip_relay_unread(conn) && !client->alert_sent) {
		err = tlsvip_relay_alert(conn, TLSVIP_ALERT_FATAL,
					 TLSVIP_ALERT_INTERNAL_ERROR);
		if (err == -EAGAIN)
			return false;
		if (!err)
			tlsvip_count(&conn->svc->counters,
				     TLSVIP_C_ssl_alerts_sent);
	}
	if (tlsvip_record_tx_pending(client))
		tlsvip_relay_end_waits(conn);
	else
		tlsvip_conn_close(conn, tlsvip_relay_unread(conn) ?
				  TLSVIP_CLOSE_REASON_HTTP_RESPONSE :
				  conn->rejected ?
				  TLSVIP_CLOSE_REASON_HTTP_REJECT :
				  TLSVIP_CLOSE_REASON_SERVER_RESET);
	return false;
}

/*
 * Is an answer missing, or its end, behind which no other can stand? That to a
 * refused request would be taken for its body, or for the answer to a request
 * that was whole and may have been carried out.
 */
static bool tlsvip_relay_half_answered(const struct tlsvip_conn *conn)
{
	return !conn->answered &&
	       (tlsvip_http_rsp_lost(&conn->rsp) ||
		!tlsvip_http_rsp_idle(&conn->rsp) || tlsvip_relay_owed(conn));
}

/* The server's end goes to the client, behind the answer to a bad request. */
static bool tlsvip_relay_end_s2c(struct tlsvip_conn *conn)
{
	struct tlsvip_leg *client = tlsvip_client(conn);
	int err;

	if (client->tx_shut || !tlsvip_server(conn)->rx_eof ||
	    conn->s2c.out.bytes || conn->s2c.fed < conn->s2c.in.bytes)
		return false;
	/* One that ends with its connection, or the server's own: none follows. */
	if (conn->rejected && ((!tlsvip_server(conn)->broken &&
				tlsvip_http_rsp_until_close(&conn->rsp)) ||
			       tlsvip_relay_owed(conn) < 0))
		conn->answered = true;
	if (conn->s2c.edited)
		tlsvip_edit_s2c_end(conn);
	if (tlsvip_relay_unread(conn))
		return tlsvip_relay_cut(conn);
	if (conn->rejected && tlsvip_relay_half_answered(conn))
		return tlsvip_relay_cut(conn);
	if (conn->rejected && !conn->answered && tlsvip_edit_refuse(conn))
		return true;
	if (tlsvip_server(conn)->broken && !conn->rejected &&
	    conn->early != TLSVIP_EARLY_ANSWERED)
		return tlsvip_relay_cut(conn);
	if (!client->alert_sent) {
		err = tlsvip_relay_alert(conn, TLSVIP_ALERT_WARNING, 0);
		if (err == -EAGAIN)
			return false;
		if (err) {
			tlsvip_relay_error(conn, client, err);
			return false;
		}
		tlsvip_count(&conn->svc->counters,
			     TLSVIP_C_ssl_close_notify_sent);
	}
	if (tlsvip_record_tx_pending(client)) {
		tlsvip_relay_end_waits(conn);
		return false;
	}
	kernel_sock_shutdown(client->sock, SHUT_WR);
	client->tx_shut = true;
	return false;
}

/*
 * Requests that wait for an answer, to an upgrade or to one of too many, wait
 * for nothing once the server has ended and all it said was looked at.
 */
static void tlsvip_relay_unanswered(struct tlsvip_conn *conn)
{
	if (conn->http_cfg && !conn->c2s.discard &&
	    tlsvip_server(conn)->rx_eof &&
	    conn->s2c.fed == conn->s2c.in.bytes && tlsvip_edit_waits(conn))
		tlsvip_relay_discard(conn);
}

/*
 * What has ended? One direction may, however busy the other one is. Returns
 * whether there is more to do.
 */
static bool tlsvip_relay_settle(struct tlsvip_conn *conn)
{
	struct tlsvip_leg *client = tlsvip_client(conn);
	struct tlsvip_leg *server = tlsvip_server(conn);

	tlsvip_relay_unanswered(conn);
	tlsvip_relay_end_c2s(conn);
	if (tlsvip_relay_end_s2c(conn))
		return true;
	if (tlsvip_conn_dead(conn))
		return false;
	if (client->rx_eof && server->rx_eof && client->tx_shut &&
	    server->tx_shut) {
		tlsvip_conn_close(conn, conn->rejected ?
				  TLSVIP_CLOSE_REASON_HTTP_REJECT :
				  TLSVIP_CLOSE_REASON_DONE);
		return false;
	}
	if (conn->state == TLSVIP_CONN_STATE_RELAY &&
	    (client->tx_shut || server->tx_shut))
		tlsvip_conn_set_state(conn, TLSVIP_CONN_STATE_DRAIN);
	return false;
}

/* One round of both directions. Returns whether another one is worth while. */
static bool tlsvip_relay_round(struct tlsvip_conn *conn)
{
	bool c2s, s2c = false, moved;

	c2s = tlsvip_relay_step(conn, &conn->c2s);
	if (!tlsvip_conn_dead(conn))
		s2c = tlsvip_relay_step(conn, &conn->s2c);
	if (tlsvip_conn_dead(conn))
		return false;
	moved = c2s || s2c;
	if (conn->http_cfg)
		moved |= tlsvip_edit_late(conn);
	/* More was to follow, and has not. */
	if (!c2s)
		tlsvip_relay_uncork(&conn->c2s);
	if (!s2c)
		tlsvip_relay_uncork(&conn->s2c);
	return tlsvip_relay_settle(conn) || moved;
}

/*
 * A client that is gone is seen by a read, but there is none as long as the
 * server takes nothing, or has to answer first.
 */
static bool tlsvip_relay_client_gone(const struct tlsvip_conn *conn)
{
	const struct tlsvip_pump *c2s = &conn->c2s;

	return !c2s->from->tx_shut &&
	       (c2s->out.bytes || c2s->fed < c2s->in.bytes) &&
	       tlsvip_leg_is_closed(c2s->from);
}

/**
 * tlsvip_relay_run - move what can be moved
 * @conn: connection in relay or drain
 *
 * Context: the work of the connection.
 */
void tlsvip_relay_run(struct tlsvip_conn *conn)
{
	int budget = TLSVIP_RELAY_BUDGET;
	bool moved;

	do {
		moved = tlsvip_relay_round(conn);
	} while (moved && --budget && !tlsvip_conn_dead(conn));

	if (tlsvip_conn_dead(conn))
		return;
	if (moved) {
		tlsvip_count(&conn->svc->counters, TLSVIP_C_relay_requeues);
		queue_work(tlsvip_wq, &conn->work);
	} else if (tlsvip_relay_client_gone(conn)) {
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_CLIENT_RESET);
	}
}
