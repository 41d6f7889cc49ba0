// SPDX-License-Identifier: GPL-2.0-only
/*
 * One direction of a connection at the level of sockets: page pieces are taken
 * from one and spliced into the other. What is done with the bytes in between,
 * and when, is decided in relay.c.
 *
 * The lock of one socket is never taken under that of the other: a read only
 * collects pieces, they are sent after the lock was dropped.
 */
#include <linux/bvec.h>
#include <linux/error-injection.h>
#include <linux/skbuff.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "conn.h"

/*
 * Smaller pieces are copied: a request of some bytes must not pin a page
 * fragment of 32 KiB that the socket is no longer charged for.
 */
#define TLSVIP_PUMP_COPYBREAK	256

/**
 * struct tlsvip_pump_read - what a read collects into
 * @q: queue the pieces go to
 * @left: bytes it may still take
 * @copied: bytes that had to be copied
 * @records: records of kernel TLS, or segments
 * @nomem: a copy found no memory
 * @full: it stopped before the source was empty
 */
struct tlsvip_pump_read {
	struct tlsvip_pieces *q;
	u32 left;
	u32 copied;
	u32 records;
	bool nomem;
	bool full;
};

/* Takes up to @len bytes that lie in one page or compound page. */
static u32 tlsvip_pump_take_page(struct tlsvip_pump_read *rd,
				 struct page *page, u32 off, u32 len,
				 bool shareable)
{
	if (!tlsvip_pieces_room(rd->q))
		return 0;
	if (shareable && len > TLSVIP_PUMP_COPYBREAK) {
		get_page(page);
		tlsvip_pieces_add(rd->q, page, off, len);
		return len;
	}
	/* Less than a page, so that a fragment of any size does. */
	len = min_t(u32, len, PAGE_SIZE / 2);
	if (!tlsvip_pieces_copy(rd->q, (u8 *)page_address(page) + off, len)) {
		rd->nomem = true;
		return 0;
	}
	rd->copied += len;
	return len;
}

static u32 tlsvip_pump_take(struct tlsvip_pump_read *rd, struct page *page,
			    u32 off, u32 len, bool shareable)
{
	u32 done = 0, n;

	len = min(len, rd->left);
	while (done < len) {
		n = tlsvip_pump_take_page(rd, page, off + done, len - done,
					  shareable);
		if (!n)
			break;
		done += n;
	}
	rd->left -= done;
	return done;
}

/* Linear part and fragments of one skb; @len must not reach its frag_list. */
static u32 tlsvip_pump_take_skb(struct tlsvip_pump_read *rd,
				struct sk_buff *skb, u32 off, u32 len)
{
	u32 done = 0, want, got, size;
	const skb_frag_t *frag;
	struct page *page;
	int i;

	size = skb_headlen(skb);
	if (off < size) {
		u8 *data = skb->data + off;

		want = min(len, size - off);
		page = virt_to_head_page(data);
		/* A head from the slab has no references of its own. */
		got = tlsvip_pump_take(rd, page,
				       data - (u8 *)page_address(page), want,
				       !skb_head_is_locked(skb));
		done += got;
		if (got < want)
			return done;
		off = size;
	}
	off -= size;
	for (i = 0; i < skb_shinfo(skb)->nr_frags && done < len; i++) {
		frag = &skb_shinfo(skb)->frags[i];
		size = skb_frag_size(frag);
		if (off >= size) {
			off -= size;
			continue;
		}
		page = skb_frag_page(frag);
		if (!page)
			break;
		want = min(len - done, size - off);
		got = tlsvip_pump_take(rd, page, skb_frag_off(frag) + off,
				       want, sendpage_ok(page));
		done += got;
		if (got < want)
			break;
		off = 0;
	}
	return done;
}

/* Own bytes of an skb, without those of its frag_list. */
static u32 tlsvip_pump_own_len(struct sk_buff *skb)
{
	struct sk_buff *child;
	u32 len = skb->len;

	skb_walk_frags(skb, child)
		len -= child->len;
	return len;
}

/* An skb with one level of frag_list, as GRO and the TLS parser build it. */
static u32 tlsvip_pump_take_list(struct tlsvip_pump_read *rd,
				 struct sk_buff *skb, u32 off, u32 len)
{
	struct sk_buff *child;
	u32 done = 0, own, want, got;

	own = tlsvip_pump_own_len(skb);
	if (off < own) {
		want = min(len, own - off);
		done = tlsvip_pump_take_skb(rd, skb, off, want);
		if (done < want)
			return done;
		off = 0;
	} else {
		off -= own;
	}
	skb_walk_frags(skb, child) {
		if (done == len)
			break;
		if (off >= child->len) {
			off -= child->len;
			continue;
		}
		want = min(len - done, child->len - off);
		got = tlsvip_pump_take_skb(rd, child, off, want);
		done += got;
		if (got < want)
			break;
		off = 0;
	}
	return done;
}

/*
 * Called by read_sock() with the socket locked. Stops the read when not all
 * is taken: kernel TLS would lose the rest of the record otherwise.
 */
static int tlsvip_pump_actor(read_descriptor_t *desc, struct sk_buff *skb,
			     unsigned int offset, size_t len)
{
	struct tlsvip_pump_read *rd = desc->arg.data;
	u32 done;

	rd->records++;
	if (likely(!skb_has_frag_list(skb)))
		done = tlsvip_pump_take_skb(rd, skb, offset, len);
	else
		done = tlsvip_pump_take_list(rd, skb, offset, len);
	if (done < len || !rd->left || !tlsvip_pieces_room(rd->q)) {
		rd->full = true;
		desc->count = 0;
	}
	return done;
}

/*
 * What a read may bring: as much as the other socket takes, so that little is
 * held that no socket is charged for.
 */
static u32 tlsvip_pump_share(const struct tlsvip_pump *pump,
			     const struct tlsvip_pieces *q)
{
	int room = sk_stream_wspace(pump->to->sock->sk);
	u32 most = clamp(room, TLSVIP_PUMP_LEAST, TLSVIP_PUMP_BYTES);

	return most > q->bytes ? most - q->bytes : 1;
}

/* The end of a clear leg, with its lock held. */
static int tlsvip_pump_clear_end(struct sock *sk)
{
	bool unread = !skb_queue_empty(&sk->sk_receive_queue);
	int err;

	/* A read stops in front of urgent data; an error stays for later. */
	if (unread && tcp_sk(sk)->urg_data)
		return -EPROTO;
	/* A FIN came behind all else, whatever the peer said afterwards. */
	if (!unread && sock_flag(sk, SOCK_DONE))
		return 0;
	err = sock_error(sk);
	if (err)
		return err;
	if (unread)
		return -EAGAIN;
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	return sk->sk_state == TCP_CLOSE ? -ECONNRESET : -EAGAIN;
}

/*
 * Some bytes up to and behind the urgent one, which read_sock() does not pass.
 * TLS has no such thing: it goes in line, as RFC 6093 4 asks for.
 */
static int tlsvip_pump_read_urgent(struct socket *sock,
				   struct tlsvip_pieces *q)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
	struct page_frag *frag = &current->task_frag;
	struct kvec iov = { .iov_len = TLSVIP_PUMP_COPYBREAK };
	int n;

	/* First the memory: what is read cannot be put back. */
	if (!skb_page_frag_refill(iov.iov_len, frag,
				  GFP_NOWAIT | __GFP_NOWARN))
		return -ENOMEM;
	iov.iov_base = (u8 *)page_address(frag->page) + frag->offset;
	n = kernel_recvmsg(sock, &msg, &iov, 1, iov.iov_len, MSG_DONTWAIT);
	if (n > 0) {
		get_page(frag->page);
		tlsvip_pieces_add(q, frag->page, frag->offset, n);
		frag->offset += n;
	}
	return n;
}

/**
 * tlsvip_pump_idle - whether a read would find nothing, not even an end
 * @pump: direction
 *
 * Looks without the lock. What comes after the look wakes the work.
 *
 * Context: the work of the connection.
 * Return: true if a read can be spared.
 */
bool tlsvip_pump_idle(const struct tlsvip_pump *pump)
{
	const struct sock *sk = pump->from->sock->sk;

	return !tlsvip_record_ready(sk) && !READ_ONCE(sk->sk_err) &&
	       !(READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) &&
	       inet_sk_state_load(sk) != TCP_CLOSE;
}

/**
 * tlsvip_pump_read - collect what has arrived
 * @conn: connection
 * @pump: direction
 * @q: queue to append to, with at least one place
 * @more: set to whether more waits that did not find a place
 *
 * Context: the work of the connection, no socket locked.
 * Return: number of bytes, 0 at the end of the stream, -EAGAIN when nothing
 *	   has arrived, -EINVAL when a control record is at the head of a TLS
 *	   leg, -ENOMEM when a copy found no memory, or an error of the socket.
 */
int tlsvip_pump_read(struct tlsvip_conn *conn, struct tlsvip_pump *pump,
		     struct tlsvip_pieces *q, bool *more)
{
	struct socket *sock = pump->from->sock;
	struct tlsvip_pump_read rd = {
		.q = q,
		.left = tlsvip_pump_share(pump, q),
	};
	read_descriptor_t desc = { .arg.data = &rd, .count = 1 };
	struct sock *sk = sock->sk;
	int n;

	lock_sock(sk);
	n = sock->ops->read_sock(sk, &desc, tlsvip_pump_actor);
	if (n == 0 && !rd.nomem && !pump->from->tls)
		n = tlsvip_pump_clear_end(sk);
	*more = rd.full && tlsvip_record_ready(sk);
	release_sock(sk);
	if (n == -EPROTO && !pump->from->tls)
		n = tlsvip_pump_read_urgent(sock, q);
	pump->records = rd.records;

	if (rd.copied)
		tlsvip_count_add(&conn->svc->counters, TLSVIP_C_relay_copied,
				 rd.copied);
	if (n == 0 && rd.nomem) {
		tlsvip_count(&conn->svc->counters, TLSVIP_C_relay_nomem);
		return -ENOMEM;
	}
	return n;
}
ALLOW_ERROR_INJECTION(tlsvip_pump_read, ERRNO);

/*
 * Where to end the record that comes next, so that those behind it consist of
 * whole pages; 0 when they do anyway, or never would. A cipher takes its input
 * page by page, and its block that lies across two pages costs a copy: with an
 * answer's head in front of the pages of a server's sendfile(), four of them in
 * each record.
 */
static u32 tlsvip_pump_cut(const struct tlsvip_pump *pump)
{
	const struct tlsvip_pieces *q = &pump->out;
	u32 room = TLS_MAX_PAYLOAD_SIZE - pump->open;
	u32 done = 0, cut = 0, off, left, n;
	u16 i;

	if (!pump->to->tls || q->bytes < room + PAGE_SIZE)
		return 0;
	for (i = q->head; done <= room; i++) {
		off = q->bv[i].bv_offset;
		left = q->bv[i].bv_len;
		while (left && done <= room) {
			if (!offset_in_page(off) && left >= PAGE_SIZE)
				cut = done;
			n = min_t(u32, left, PAGE_SIZE - offset_in_page(off));
			off += n;
			left -= n;
			done += n;
		}
	}
	return cut < room ? cut : 0;
}

static int tlsvip_pump_splice(struct tlsvip_pump *pump, u32 len, bool more)
{
	struct tlsvip_pieces *q = &pump->out;
	struct msghdr msg = {
		.msg_flags = MSG_SPLICE_PAGES | MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	int n;

	if (more)
		msg.msg_flags |= MSG_MORE;
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, q->bv + q->head,
		      q->tail - q->head, len);
	n = sock_sendmsg(pump->to->sock, &msg);
	if (n <= 0)
		return n ? n : -EAGAIN;
	tlsvip_pieces_drop(q, n);
	pump->open = (pump->open + n) % TLS_MAX_PAYLOAD_SIZE;
	if (n == len && !more)
		pump->open = 0;
	pump->corked = more;
	pump->bytes += n;
	return n;
}

/**
 * tlsvip_pump_send - send what is decided
 * @conn: connection
 * @pump: direction with something in its queue
 * @more: more will follow at once
 *
 * Context: the work of the connection, no socket locked.
 * Return: number of bytes accepted, -EAGAIN when the socket is full and a
 *	   wake-up will tell of room, or an error of the socket.
 */
int tlsvip_pump_send(struct tlsvip_conn *conn, struct tlsvip_pump *pump,
		     bool more)
{
	u32 cut = tlsvip_pump_cut(pump);
	int n, sent = 0;

	if (cut) {
		sent = tlsvip_pump_splice(pump, cut, false);
		if (sent < 0)
			return sent;
	}
	if (sent == cut) {
		n = tlsvip_pump_splice(pump, pump->out.bytes, more);
		if (n < 0 && !sent)
			return n;
		if (n > 0)
			sent += n;
	}
	tlsvip_count_add(&conn->svc->counters, pump->counter, sent);
	return sent;
}
ALLOW_ERROR_INJECTION(tlsvip_pump_send, ERRNO);
