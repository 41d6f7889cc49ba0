/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection, its two legs and its two pumps, as the files that carry it
 * through its life share them. Configuration objects are in tlsvip.h.
 */
#ifndef _TLSVIP_CONN_H
#define _TLSVIP_CONN_H

#include <linux/bvec.h>

#include "tlsvip.h"

/* Versions as on the wire, RFC 5246 A.1, RFC 8446 4.2.1 */
#define TLSVIP_TLS_1_2		0x0303
#define TLSVIP_TLS_1_3		0x0304

/* Pieces of a direction that are ready to be sent, and bytes in them. */
#define TLSVIP_PUMP_OUT		48
/*
 * Towards the client, where bodies are: 64 pages of a server's sendfile and
 * their cut ends make up TLSVIP_PUMP_BYTES. With fewer places, sends stop in
 * the middle of a window and TCP makes small segments of it.
 */
#define TLSVIP_PUMP_S2C		160
#define TLSVIP_PUMP_BYTES	(256 * 1024)
/* A record, RFC 8446 5.1: read even when the other side is full. */
#define TLSVIP_PUMP_LEAST	(16 * 1024)
/* Pieces that the HTTP engine holds back; see tlsvip_relay_edit(). */
#define TLSVIP_PUMP_IN		16

/**
 * enum tlsvip_conn_flag - bits of &tlsvip_conn.flags
 * @TLSVIP_CONN_TIMER: the timer fired, the work looks at the deadlines
 * @TLSVIP_CONN_VERDICT: @answer is there to be read; set once
 */
enum tlsvip_conn_flag {
	TLSVIP_CONN_TIMER,
	TLSVIP_CONN_VERDICT,
};

/**
 * enum tlsvip_early - has the server answered a request that is not complete?
 * @TLSVIP_EARLY_NO: no
 * @TLSVIP_EARLY_ANSWERING: its answer is on its way; requests are not read on
 * @TLSVIP_EARLY_ANSWERED: the answer has ended, and so does the connection
 */
enum tlsvip_early {
	TLSVIP_EARLY_NO,
	TLSVIP_EARLY_ANSWERING,
	TLSVIP_EARLY_ANSWERED,
};

/**
 * struct tlsvip_upcall - the handshake of a connection, for the daemon
 * @node: in the queue, or in the list of the worker that took it
 * @worker: worker that took it, NULL while queued
 * @pending: not completed yet; whoever clears it has won
 * @lent: a worker has had a descriptor, so the connection holds its namespace
 *	  until it is known that nobody has it any more, or the socket is given
 *	  back and holds the namespace by itself
 *
 * All members are under the lock of &tlsvip_net.upcalls; @lent is the work's
 * once the upcall is completed.
 */
struct tlsvip_upcall {
	struct list_head node;
	struct tlsvip_worker *worker;
	bool pending;
	bool lent;
};

/**
 * struct tlsvip_answer - the daemon's answer to an upcall
 * @verdict: what it decided
 * @alert: alert sent or received with a failure, 0 if none
 * @tls_version: as on the wire
 * @cipher: name of the suite
 * @resumed: the session was resumed
 * @lost: the worker went away, the rest says nothing
 * @block_len: bytes of header block at the start of @data
 * @first_len: bytes behind it, header block of the first request
 * @tlvs_len: bytes behind the blocks, TLVs of a PROXY protocol header
 * @leftover_len: bytes behind the TLVs, decrypted by the daemon
 * @data: blocks, TLVs and leftover
 */
struct tlsvip_answer {
	enum tlsvip_verdict_code verdict;
	u8 alert;
	u16 tls_version;
	char cipher[TLSVIP_NAME_LEN + 1];
	bool resumed;
	bool lost;
	u32 block_len;
	u32 first_len;
	u32 tlvs_len;
	u32 leftover_len;
	u8 data[];
};

/**
 * struct tlsvip_leg - one socket of a connection
 * @conn: connection it belongs to
 * @sock: the socket, owned by the leg; NULL before connect and after release
 * @file: file of @sock where the daemon needs a descriptor, else NULL; owns
 *	  @sock then
 * @wait: in the socket's wait queue while attached
 * @attached: @wait is queued
 * @tls: kTLS in both directions
 * @rx_eof: everything the peer will ever send was read
 * @tx_shut: nothing more is sent: close_notify and FIN are on their way
 * @broken: sending failed, or it was reset: an end of its stream is no clean
 *	    one
 * @starved: sending found no memory; room alone is no reason to wake
 * @alert_sent: a fatal alert or close_notify left on this leg
 */
struct tlsvip_leg {
	struct tlsvip_conn *conn;
	struct socket *sock;
	struct file *file;
	struct wait_queue_entry wait;
	bool attached;
	bool tls;
	bool rx_eof;
	bool tx_shut;
	bool broken;
	bool starved;
	bool alert_sent;
};

/**
 * struct tlsvip_pieces - a bounded queue of page pieces, each with a reference
 * @bv: the pieces; @head to @tail are in use
 * @head: first piece
 * @tail: behind the last piece
 * @max: size of @bv
 * @bytes: sum of the pieces
 */
struct tlsvip_pieces {
	struct bio_vec *bv;
	u16 head;
	u16 tail;
	u16 max;
	u32 bytes;
};

/**
 * struct tlsvip_pump - one direction of a connection
 * @from: leg it reads
 * @to: leg it writes
 * @out: decided pieces, to be sent
 * @in: pieces the HTTP engine has not decided yet; while @edited only
 * @fed: bytes of @in the engine has eaten
 * @bytes: application bytes sent
 * @edited: bytes are read into @in, and the engine says what becomes of them
 * @discard: what is read goes nowhere
 * @open: bytes in the record that the last send left open, as far as we know
 * @corked: the last send said MSG_MORE
 * @records: pieces in which the bytes of the last read had arrived
 * @counter: counter of @bytes
 */
struct tlsvip_pump {
	struct tlsvip_leg *from;
	struct tlsvip_leg *to;
	struct tlsvip_pieces out;
	struct tlsvip_pieces in;
	u32 fed;
	u32 open;
	u64 bytes;
	bool edited;
	bool discard;
	bool corked;
	u32 records;
	enum tlsvip_counter counter;
};

/**
 * struct tlsvip_rewriting - what only a connection that rewrites URLs needs
 * @urls: policy at accept, a reference dropped when this is freed
 * @rewritten: URLs changed and counted so far
 * @missed: URLs not changed and counted so far
 * @rejected: why an answer could not be read, enum tlsvip_http_reason
 * @pieces: pieces of &tlsvip_conn.s2c.in, or of .out: the two are exchanged
 */
struct tlsvip_rewriting {
	struct tlsvip_urls *urls;
	u32 rewritten;
	u32 missed;
	u8 rejected;
	struct bio_vec pieces[TLSVIP_PUMP_S2C];
};

/**
 * struct tlsvip_conn - a connection
 * @id: number, index in &tlsvip_net.conns
 * @svc_node: in &tlsvip_service.conns
 * @tn: namespace; outlives the connection
 * @svc: service, a reference dropped when the connection is freed
 * @cfg: copy of the service's configuration at accept; its policy pointers
 *	 carry no reference and are NULL
 * @headers: header policy at accept, a reference dropped when the connection
 *	     is freed, or NULL
 * @rewriting: what goes with a url-rewrite policy, freed with the connection,
 *	       or NULL
 * @http_cfg: of either policy, limits and protected names of requests; NULL if
 *	      there is none, and nobody looks at the bytes
 * @state: where in its life; written by the work only
 * @flags: enum tlsvip_conn_flag
 * @reason: enum tlsvip_close_reason; the first to set it has decided the end
 * @client: address of the client
 * @vip: address it connected to
 * @legs: the sockets, index enum tlsvip_leg_id
 * @c2s: direction client to server
 * @s2c: direction server to client
 * @http: request engine, used with @http_cfg
 * @rsp: response engine, used with @http_cfg
 * @early: what has become of an answer ahead of its request
 * @lost: answers could not be followed, which was counted
 * @upgrading: the engine waits for the server's answer to an upgrade
 * @rejected: reason of a refused request, enum tlsvip_http_reason
 * @answered: the refusal is queued towards the client
 * @requests: requests counted so far
 * @spoofed: spoofed fields counted so far
 * @inserted: insertions of @block not counted yet
 * @kinds: kinds of lines in @block, from tlsvip_header_kinds()
 * @head: head or trailers that the client is bringing, as
 *	  tlsvip_http_req_section() numbers them; 0 while it owes none
 * @head_since: since when, jiffies
 * @block: header block of the session; no page without a policy
 * @first: header block of the first request; no page without one, or when it
 *	   was inserted
 * @upcall: its handshake, see upcall.c
 * @answer: the daemon's, valid once TLSVIP_CONN_VERDICT is set
 * @work: everything that happens to a connection happens here
 * @timer: wakes @work at the deadline of the state
 * @wake_lock: protects @released; nobody but a leg or the work itself queues
 *	       @work without it
 * @released: nothing may be queued, not yet or not any more
 * @retried: this run of @work is one of @timer's
 * @since: when the current state began, jiffies
 * @accepted: when, jiffies
 * @active: when the last byte moved, jiffies
 * @tls_version: on the client leg, as on the wire
 * @cipher: on the client leg
 * @resumed: the session was resumed
 * @ref: work 1 until release, upcall 1 while it is pending, look-ups for as
 *	 long as they take
 * @rcu: frees it
 * @c2s_out: pieces of @c2s.out
 * @c2s_in: pieces of @c2s.in
 * @s2c_out: pieces of @s2c.out, or of .in
 */
struct tlsvip_conn {
	u64 id;
	struct list_head svc_node;
	struct tlsvip_net *tn;
	struct tlsvip_service *svc;
	struct tlsvip_service_cfg cfg;
	struct tlsvip_headers *headers;
	struct tlsvip_rewriting *rewriting;
	const struct tlsvip_http_cfg *http_cfg;
	enum tlsvip_conn_state state;
	unsigned long flags;
	atomic_t reason;
	struct tlsvip_addr client;
	struct tlsvip_addr vip;
	struct tlsvip_leg legs[2];
	struct tlsvip_pump c2s;
	struct tlsvip_pump s2c;
	struct tlsvip_http_req http;
	struct tlsvip_http_rsp rsp;
	enum tlsvip_early early;
	bool lost;
	bool upgrading;
	u8 rejected;
	bool answered;
	u32 requests;
	u32 spoofed;
	u32 inserted;
	u32 kinds;
	u32 head;
	unsigned long head_since;
	struct bio_vec block;
	struct bio_vec first;
	struct tlsvip_upcall upcall;
	struct tlsvip_answer *answer;
	struct work_struct work;
	struct timer_list timer;
	spinlock_t wake_lock; /* protects released */
	bool released;
	bool retried;
	unsigned long since;
	unsigned long accepted;
	unsigned long active;
	u16 tls_version;
	char cipher[TLSVIP_NAME_LEN + 1];
	bool resumed;
	struct kref ref;
	struct rcu_head rcu;
	struct bio_vec c2s_out[TLSVIP_PUMP_OUT];
	struct bio_vec c2s_in[TLSVIP_PUMP_IN];
	struct bio_vec s2c_out[TLSVIP_PUMP_S2C];
};

static inline struct tlsvip_leg *tlsvip_client(struct tlsvip_conn *conn)
{
	return &conn->legs[TLSVIP_LEG_CLIENT];
}

static inline struct tlsvip_leg *tlsvip_server(struct tlsvip_conn *conn)
{
	return &conn->legs[TLSVIP_LEG_SERVER];
}

static inline bool tlsvip_conn_dead(const struct tlsvip_conn *conn)
{
	return atomic_read(&conn->reason) != TLSVIP_CLOSE_REASON_NONE;
}

/* conn.c */
bool tlsvip_conn_close(struct tlsvip_conn *conn,
		       enum tlsvip_close_reason reason);
void tlsvip_conn_wake(struct tlsvip_conn *conn);
bool tlsvip_conn_hold(struct tlsvip_conn *conn);
void tlsvip_conn_put(struct tlsvip_conn *conn);
struct tlsvip_conn *tlsvip_conn_get_by_id(struct tlsvip_net *tn, u64 id);
void tlsvip_conn_set_state(struct tlsvip_conn *conn,
			   enum tlsvip_conn_state state);

/* conn_release.c */
void tlsvip_conn_release(struct tlsvip_conn *conn);

/* leg.c */
void tlsvip_leg_init(struct tlsvip_conn *conn, struct tlsvip_leg *leg);
void tlsvip_leg_attach(struct tlsvip_leg *leg);
void tlsvip_leg_detach(struct tlsvip_leg *leg);
int tlsvip_leg_connect(struct tlsvip_leg *leg);
int tlsvip_leg_connected(struct tlsvip_leg *leg);
bool tlsvip_leg_is_closed(const struct tlsvip_leg *leg);
enum tlsvip_close_reason tlsvip_leg_connect_reason(int err);
void tlsvip_leg_abort(struct tlsvip_leg *leg);
void tlsvip_leg_release(struct tlsvip_leg *leg);

/* upcall.c */
void tlsvip_upcall_submit(struct tlsvip_conn *conn);
void tlsvip_upcall_cancel(struct tlsvip_conn *conn);
void tlsvip_upcall_returned(struct tlsvip_conn *conn);

/* handover.c */
void tlsvip_answer_free(struct tlsvip_answer *answer);
void tlsvip_handover(struct tlsvip_conn *conn);

/* pieces.c */
void tlsvip_pieces_init(struct tlsvip_pieces *q, struct bio_vec *bv, u16 max);
void tlsvip_pieces_add(struct tlsvip_pieces *q, struct page *page, u32 off,
		       u32 len);
bool tlsvip_pieces_copy(struct tlsvip_pieces *q, const void *data, u32 len);
void tlsvip_pieces_move(struct tlsvip_pieces *to, struct tlsvip_pieces *from,
			u32 len);
void tlsvip_pieces_drop(struct tlsvip_pieces *q, u32 len);
bool tlsvip_pieces_gather(struct tlsvip_pieces *q, u32 len, u32 most);
u8 *tlsvip_pieces_at(const struct tlsvip_pieces *q, u32 off, u32 *len);

/**
 * tlsvip_pieces_room - free places
 * @q: queue
 *
 * Context: the work of the connection.
 * Return: how many pieces can be added.
 */
static inline u32 tlsvip_pieces_room(const struct tlsvip_pieces *q)
{
	return q->max - (q->tail - q->head);
}

/* pump.c */
bool tlsvip_pump_idle(const struct tlsvip_pump *pump);
int tlsvip_pump_read(struct tlsvip_conn *conn, struct tlsvip_pump *pump,
		     struct tlsvip_pieces *q, bool *more);
int tlsvip_pump_send(struct tlsvip_conn *conn, struct tlsvip_pump *pump,
		     bool more);

/* record.c */
bool tlsvip_record_ready(const struct sock *sk);
int tlsvip_record_control(struct tlsvip_conn *conn, struct tlsvip_leg *leg);
/* Alert levels and one description, RFC 8446 6. */
#define TLSVIP_ALERT_WARNING		1
#define TLSVIP_ALERT_FATAL		2
#define TLSVIP_ALERT_INTERNAL_ERROR	80

int tlsvip_record_alert(struct tlsvip_leg *leg, u8 level, u8 desc);
bool tlsvip_record_tx_pending(struct tlsvip_leg *leg);

/* relay.c */
int tlsvip_relay_start(struct tlsvip_conn *conn);
void tlsvip_relay_run(struct tlsvip_conn *conn);

/* edit.c */
bool tlsvip_edit_waits(const struct tlsvip_conn *conn);
void tlsvip_edit_run(struct tlsvip_conn *conn);
void tlsvip_edit_response(struct tlsvip_conn *conn, u32 from);
void tlsvip_edit_followed(struct tlsvip_conn *conn);
bool tlsvip_edit_late(struct tlsvip_conn *conn);
bool tlsvip_edit_refuse(struct tlsvip_conn *conn);

/* edit_s2c.c */
int tlsvip_edit_s2c_init(void);
void tlsvip_edit_s2c_exit(void);
struct tlsvip_rewriting *tlsvip_edit_s2c_new(struct tlsvip_urls *urls);
void tlsvip_edit_s2c_free(struct tlsvip_rewriting *rw);
bool tlsvip_edit_s2c_run(struct tlsvip_conn *conn);
void tlsvip_edit_s2c_end(struct tlsvip_conn *conn);

#endif /* _TLSVIP_CONN_H */
