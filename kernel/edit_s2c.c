// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries out what the HTTP engine says on the answers of a connection with a
 * url-rewrite policy. Which URLs it changes is http_url.c and rewrite.c; where
 * answers are only followed, edit.c does that.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "conn.h"

#define TLSVIP_EDIT_BATCH	TLSVIP_HTTP_EDITS_MIN
/* Pieces in which held bytes may lie; they are a name or a host at most. */
#define TLSVIP_EDIT_HELD	TLSVIP_PUMP_IN
/*
 * Places in the out queue that one feed may need: every piece held back and
 * the one that is fed, each edit may split one more, and may insert one.
 */
#define TLSVIP_EDIT_ROOM	(TLSVIP_EDIT_HELD + 1 + 2 * TLSVIP_EDIT_BATCH)

static_assert(TLSVIP_EDIT_ROOM <= TLSVIP_PUMP_S2C);

static struct kmem_cache *tlsvip_edit_s2c_cache;

/**
 * tlsvip_edit_s2c_new - what a connection needs for a url-rewrite policy
 * @urls: version of the policy; the reference is consumed on success
 *
 * Context: may sleep.
 * Return: it, or NULL.
 */
struct tlsvip_rewriting *tlsvip_edit_s2c_new(struct tlsvip_urls *urls)
{
	struct tlsvip_rewriting *rw;

	rw = kmem_cache_zalloc(tlsvip_edit_s2c_cache, GFP_KERNEL);
	if (rw)
		rw->urls = urls;
	return rw;
}

/**
 * tlsvip_edit_s2c_free - free it, and drop its policy's version
 * @rw: what tlsvip_edit_s2c_new() made; its connection's queues are empty
 *
 * Context: any but hard interrupts.
 */
void tlsvip_edit_s2c_free(struct tlsvip_rewriting *rw)
{
	tlsvip_urls_put(rw->urls);
	kmem_cache_free(tlsvip_edit_s2c_cache, rw);
}

static void tlsvip_edit_s2c_count(struct tlsvip_conn *conn)
{
	struct tlsvip_rewriting *rw = conn->rewriting;
	u32 n;

	n = tlsvip_http_rsp_rewritten(&conn->rsp) - rw->rewritten;
	if (n) {
		tlsvip_count_add(&conn->svc->counters, TLSVIP_C_url_rewritten,
				 n);
		rw->rewritten += n;
	}
	n = tlsvip_http_rsp_missed(&conn->rsp) - rw->missed;
	if (n) {
		tlsvip_count_add(&conn->svc->counters, TLSVIP_C_url_missed, n);
		rw->missed += n;
	}
}

static void tlsvip_edit_s2c_insert(struct tlsvip_conn *conn, u32 arg)
{
	char text[TLSVIP_HTTP_RSP_TEXT];
	u32 len = tlsvip_http_rsp_text(arg, text);

	if (!tlsvip_pieces_copy(&conn->s2c.out, text, len))
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_MEMORY);
}

static void tlsvip_edit_s2c_drop_all(struct tlsvip_pump *s2c)
{
	tlsvip_pieces_drop(&s2c->in, s2c->in.bytes);
	s2c->fed = 0;
}

static void tlsvip_edit_s2c_apply(struct tlsvip_conn *conn,
				  const struct tlsvip_http_edit *edit)
{
	struct tlsvip_pump *s2c = &conn->s2c;

	switch (edit->op) {
	case TLSVIP_HTTP_PASS:
		tlsvip_pieces_move(&s2c->out, &s2c->in, edit->len);
		s2c->fed -= edit->len;
		break;
	case TLSVIP_HTTP_DROP:
		tlsvip_pieces_drop(&s2c->in, edit->len);
		s2c->fed -= edit->len;
		break;
	case TLSVIP_HTTP_INSERT:
		tlsvip_edit_s2c_insert(conn, edit->len);
		break;
	case TLSVIP_HTTP_REJECT:
		conn->rewriting->rejected = edit->len;
		tlsvip_edit_s2c_drop_all(s2c);
		tlsvip_count(&conn->svc->counters, TLSVIP_C_url_rejected);
		break;
	case TLSVIP_HTTP_UPGRADE:	/* of requests only */
		break;
	}
}

/*
 * The body of an answer, without a look at it: all that is there, if there is
 * room for it in any case, or a piece. Returns whether there was any.
 */
static bool tlsvip_edit_s2c_body(struct tlsvip_conn *conn)
{
	struct tlsvip_pump *s2c = &conn->s2c;
	u32 len = s2c->in.bytes, n;

	if (s2c->out.bytes)
		tlsvip_pieces_at(&s2c->in, 0, &len);
	n = tlsvip_http_rsp_skip(&conn->rsp, len);
	if (!n)
		return false;
	if (n == s2c->in.bytes && !s2c->out.bytes)
		swap(s2c->in, s2c->out);
	else
		tlsvip_pieces_move(&s2c->out, &s2c->in, n);
	return true;
}

static void tlsvip_edit_s2c_feed(struct tlsvip_conn *conn)
{
	struct tlsvip_http_edit edits[TLSVIP_EDIT_BATCH];
	struct tlsvip_pump *s2c = &conn->s2c;
	u32 len, eaten, n, i;
	u8 *data;

	data = tlsvip_pieces_at(&s2c->in, s2c->fed, &len);
	eaten = tlsvip_http_rsp_feed(&conn->rsp, &conn->rewriting->urls->rules,
				     data, len, edits, TLSVIP_EDIT_BATCH, &n);
	s2c->fed += eaten;
	for (i = 0; i < n; i++)
		tlsvip_edit_s2c_apply(conn, &edits[i]);
	if (!eaten && !n)
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_LIMIT);
	/* Many small pieces of a host: neither queue may fill up with them. */
	else if (!tlsvip_pieces_gather(&s2c->in, s2c->fed, TLSVIP_EDIT_HELD))
		tlsvip_conn_close(conn, TLSVIP_CLOSE_REASON_MEMORY);
}

/**
 * tlsvip_edit_s2c_run - let the engine decide on what the server said
 * @conn: connection with a url-rewrite policy
 *
 * Moves bytes from &tlsvip_pump.in to &tlsvip_pump.out of the direction to
 * the client for as long as there are both bytes and room.
 *
 * Context: the work of the connection.
 * Return: false if there is an answer that cannot be read: what is behind the
 *	   bytes that were decided must not reach the client.
 */
bool tlsvip_edit_s2c_run(struct tlsvip_conn *conn)
{
	struct tlsvip_pump *s2c = &conn->s2c;

	if (s2c->fed == s2c->in.bytes)
		return true;
	while (s2c->fed < s2c->in.bytes && !tlsvip_conn_dead(conn) &&
	       tlsvip_pieces_room(&s2c->out) >= TLSVIP_EDIT_ROOM)
		if (s2c->fed || !tlsvip_edit_s2c_body(conn))
			tlsvip_edit_s2c_feed(conn);
	tlsvip_edit_s2c_count(conn);
	if (conn->rewriting->rejected)
		return false;
	tlsvip_edit_followed(conn);
	return true;
}

/**
 * tlsvip_edit_s2c_end - the server says no more
 * @conn: connection with a url-rewrite policy
 *
 * Held bytes belong to no answer that was brought to an end.
 *
 * Context: the work of the connection. To be called once, when all but held
 * bytes were decided.
 */
void tlsvip_edit_s2c_end(struct tlsvip_conn *conn)
{
	if (!tlsvip_http_rsp_end(&conn->rsp))
		tlsvip_count(&conn->svc->counters, TLSVIP_C_url_incomplete);
	tlsvip_edit_s2c_drop_all(&conn->s2c);
	conn->s2c.edited = false;
}

/**
 * tlsvip_edit_s2c_init - make the cache
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int tlsvip_edit_s2c_init(void)
{
	tlsvip_edit_s2c_cache = KMEM_CACHE(tlsvip_rewriting, 0);
	return tlsvip_edit_s2c_cache ? 0 : -ENOMEM;
}

/**
 * tlsvip_edit_s2c_exit - give the cache back
 *
 * Context: process, when all connections are gone.
 */
void tlsvip_edit_s2c_exit(void)
{
	kmem_cache_destroy(tlsvip_edit_s2c_cache);
}
