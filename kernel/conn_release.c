// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a connection: what each reason means for both peers and for the
 * counters, and the order in which everything is given back. This is not where
 * an end is decided; that is tlsvip_conn_close(), in conn.c.
 */
#include <linux/mm.h>
#include <linux/timer.h>

#include "conn.h"

/* What each end means for the counters; -1: nothing beyond the event. */
static const s16 tlsvip_conn_release_counters[] = {
	[TLSVIP_CLOSE_REASON_NONE] = -1,
	[TLSVIP_CLOSE_REASON_DONE] = -1,
	[TLSVIP_CLOSE_REASON_CLIENT_RESET] = TLSVIP_C_relay_client_resets,
	[TLSVIP_CLOSE_REASON_SERVER_RESET] = TLSVIP_C_relay_server_resets,
	[TLSVIP_CLOSE_REASON_CLIENT_TRUNCATED] = -1,
	[TLSVIP_CLOSE_REASON_CLIENT_ALERT] = TLSVIP_C_ssl_alerts_received,
	[TLSVIP_CLOSE_REASON_BAD_RECORD] = TLSVIP_C_ssl_bad_records,
	[TLSVIP_CLOSE_REASON_KEYUPDATE] = TLSVIP_C_ssl_keyupdates,
	[TLSVIP_CLOSE_REASON_HANDSHAKE_FAILED] =
		TLSVIP_C_ssl_handshake_failures,
	[TLSVIP_CLOSE_REASON_HANDSHAKE_TIMEOUT] =
		TLSVIP_C_ssl_handshake_timeouts,
	[TLSVIP_CLOSE_REASON_HANDSHAKE_REFUSED] =
		TLSVIP_C_ssl_handshake_refused,
	[TLSVIP_CLOSE_REASON_DAEMON_EXIT] = TLSVIP_C_ssl_daemon_exit,
	[TLSVIP_CLOSE_REASON_NO_TRUSTPOINT] = TLSVIP_C_ssl_no_trustpoint,
	[TLSVIP_CLOSE_REASON_BAD_VERDICT] = TLSVIP_C_ssl_bad_verdict,
	[TLSVIP_CLOSE_REASON_CONNECT_REFUSED] = TLSVIP_C_server_refused,
	[TLSVIP_CLOSE_REASON_CONNECT_UNREACHABLE] =
		TLSVIP_C_server_unreachable,
	[TLSVIP_CLOSE_REASON_CONNECT_TIMEOUT] = TLSVIP_C_server_timeouts,
	[TLSVIP_CLOSE_REASON_CONNECT_PORTS] = TLSVIP_C_server_no_port,
	[TLSVIP_CLOSE_REASON_IDLE_TIMEOUT] = TLSVIP_C_relay_idle_timeouts,
	[TLSVIP_CLOSE_REASON_LINGER_TIMEOUT] = TLSVIP_C_relay_linger_timeouts,
	[TLSVIP_CLOSE_REASON_HTTP_REJECT] = -1,
	[TLSVIP_CLOSE_REASON_HTTP_RESPONSE] = -1,
	[TLSVIP_CLOSE_REASON_LIMIT] = -1,
	[TLSVIP_CLOSE_REASON_MEMORY] = TLSVIP_C_conn_nomem,
	[TLSVIP_CLOSE_REASON_REMOVED] = -1,
	[TLSVIP_CLOSE_REASON_UNLOAD] = -1,
	[TLSVIP_CLOSE_REASON_ERROR] = -1,
	[TLSVIP_CLOSE_REASON_HEADER_BLOCK] = TLSVIP_C_hdr_no_block,
};

/* Whether the end of @reason may still deliver what is on its way. */
static bool tlsvip_conn_release_in_order(enum tlsvip_close_reason reason)
{
	switch (reason) {
	case TLSVIP_CLOSE_REASON_DONE:
	case TLSVIP_CLOSE_REASON_SERVER_RESET:
	case TLSVIP_CLOSE_REASON_HANDSHAKE_FAILED:
	case TLSVIP_CLOSE_REASON_HANDSHAKE_REFUSED:
	case TLSVIP_CLOSE_REASON_NO_TRUSTPOINT:
	case TLSVIP_CLOSE_REASON_HEADER_BLOCK:
	case TLSVIP_CLOSE_REASON_HTTP_REJECT:
		return true;
	case TLSVIP_CLOSE_REASON_HANDSHAKE_TIMEOUT:
	case TLSVIP_CLOSE_REASON_CONNECT_REFUSED:
	case TLSVIP_CLOSE_REASON_CONNECT_UNREACHABLE:
	case TLSVIP_CLOSE_REASON_CONNECT_TIMEOUT:
	case TLSVIP_CLOSE_REASON_CONNECT_PORTS:
	case TLSVIP_CLOSE_REASON_IDLE_TIMEOUT:
	case TLSVIP_CLOSE_REASON_KEYUPDATE:
	case TLSVIP_CLOSE_REASON_BAD_RECORD:
	case TLSVIP_CLOSE_REASON_BAD_VERDICT:
	case TLSVIP_CLOSE_REASON_HTTP_RESPONSE:
		/* An alert was sent or the peer has nothing to lose. */
		return true;
	default:
		return false;
	}
}

/* The alert that tells the client of an end before its time; 0: none. */
static u8 tlsvip_conn_release_alert(enum tlsvip_close_reason reason)
{
	switch (reason) {
	case TLSVIP_CLOSE_REASON_KEYUPDATE:
		return 10;	/* unexpected_message, RFC 8446 6.2 */
	case TLSVIP_CLOSE_REASON_BAD_RECORD:
		return 20;	/* bad_record_mac */
	case TLSVIP_CLOSE_REASON_CONNECT_REFUSED:
	case TLSVIP_CLOSE_REASON_CONNECT_UNREACHABLE:
	case TLSVIP_CLOSE_REASON_CONNECT_TIMEOUT:
	case TLSVIP_CLOSE_REASON_CONNECT_PORTS:
	case TLSVIP_CLOSE_REASON_BAD_VERDICT:
	case TLSVIP_CLOSE_REASON_HTTP_RESPONSE:
		return TLSVIP_ALERT_INTERNAL_ERROR;
	default:
		return 0;
	}
}

static void tlsvip_conn_release_legs(struct tlsvip_conn *conn,
				     enum tlsvip_close_reason reason)
{
	struct tlsvip_leg *client = tlsvip_client(conn);
	struct tlsvip_leg *server = tlsvip_server(conn);
	u8 alert = tlsvip_conn_release_alert(reason);

	if (alert && client->tls && !client->alert_sent &&
	    !tlsvip_record_alert(client, TLSVIP_ALERT_FATAL, alert))
		tlsvip_count(&conn->svc->counters, TLSVIP_C_ssl_alerts_sent);
	if (!tlsvip_conn_release_in_order(reason))
		tlsvip_leg_abort(client);
	/* The server must not take a connection cut short for a whole one. */
	if (reason != TLSVIP_CLOSE_REASON_DONE)
		tlsvip_leg_abort(server);
	tlsvip_leg_release(client);
	tlsvip_leg_release(server);
}

/**
 * tlsvip_conn_release - the end of a connection whose reason is decided
 * @conn: connection; the caller's reference, that of the work, is dropped
 *
 * Called once. Nothing queues the work any more, and both sockets are given
 * back.
 *
 * Context: the work of the connection, sleeps.
 */
void tlsvip_conn_release(struct tlsvip_conn *conn)
{
	enum tlsvip_close_reason reason = atomic_read(&conn->reason);
	struct tlsvip_service *svc = conn->svc;

	spin_lock_bh(&conn->wake_lock);
	conn->released = true;
	spin_unlock_bh(&conn->wake_lock);
	tlsvip_leg_detach(tlsvip_client(conn));
	tlsvip_leg_detach(tlsvip_server(conn));
	timer_shutdown_sync(&conn->timer);
	cancel_work(&conn->work);
	/* No answer comes after this; one may have come unread. */
	tlsvip_upcall_cancel(conn);
	tlsvip_answer_free(conn->answer);

	if (tlsvip_conn_release_counters[reason] >= 0)
		tlsvip_count(&svc->counters,
			     tlsvip_conn_release_counters[reason]);
	WRITE_ONCE(conn->state, TLSVIP_CONN_STATE_CLOSED);
	tlsvip_conn_release_legs(conn, reason);
	tlsvip_upcall_returned(conn);
	tlsvip_pieces_drop(&conn->c2s.in, conn->c2s.in.bytes);
	tlsvip_pieces_drop(&conn->c2s.out, conn->c2s.out.bytes);
	tlsvip_pieces_drop(&conn->s2c.in, conn->s2c.in.bytes);
	tlsvip_pieces_drop(&conn->s2c.out, conn->s2c.out.bytes);
	if (conn->block.bv_page)
		put_page(conn->block.bv_page);
	if (conn->first.bv_page)
		put_page(conn->first.bv_page);
	tlsvip_nl_conn_notify(conn, TLSVIP_EVENT_DELETED);

	xa_erase(&conn->tn->conns, conn->id);
	spin_lock(&svc->conns_lock);
	list_del(&conn->svc_node);
	spin_unlock(&svc->conns_lock);
	atomic_dec(&svc->live);
	atomic_dec(&svc->ctx->live);
	tlsvip_conn_put(conn);
}
