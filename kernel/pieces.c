// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounded queues of page pieces: what the relay holds between two sockets.
 * They know neither sockets nor what the bytes mean.
 *
 * A queue owns one page reference a piece.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <net/sock.h>

#include "conn.h"

/* Most bytes that are gathered. */
#define TLSVIP_PIECES_GATHER	8192

/**
 * tlsvip_pieces_init - prepare an empty queue
 * @q: queue
 * @bv: its places
 * @max: how many
 *
 * Context: any.
 */
void tlsvip_pieces_init(struct tlsvip_pieces *q, struct bio_vec *bv, u16 max)
{
	q->bv = bv;
	q->max = max;
	q->head = 0;
	q->tail = 0;
	q->bytes = 0;
}

/* Moves the pieces to the start when there is no place behind them. */
static void tlsvip_pieces_settle(struct tlsvip_pieces *q)
{
	u16 n = q->tail - q->head;

	if (q->tail < q->max || !q->head)
		return;
	memmove(q->bv, q->bv + q->head, n * sizeof(*q->bv));
	q->head = 0;
	q->tail = n;
}

/**
 * tlsvip_pieces_add - append a piece
 * @q: queue with room
 * @page: page; its reference passes to the queue
 * @off: where the piece begins, may lie behind the first page of a compound
 * @len: bytes
 *
 * Context: the work of the connection.
 */
void tlsvip_pieces_add(struct tlsvip_pieces *q, struct page *page, u32 off,
		       u32 len)
{
	struct bio_vec *last;

	q->bytes += len;
	if (q->tail > q->head) {
		last = &q->bv[q->tail - 1];
		if (last->bv_page == page &&
		    last->bv_offset + last->bv_len == off) {
			last->bv_len += len;
			put_page(page);
			return;
		}
	}
	tlsvip_pieces_settle(q);
	bvec_set_page(&q->bv[q->tail++], page, len, off);
}

/**
 * tlsvip_pieces_copy - append a copy of some bytes
 * @q: queue with room
 * @data: the bytes
 * @len: how many, less than a page
 *
 * The copy lies in the worker's own page fragment. Nothing below may use it
 * meanwhile: the allocation must not reclaim.
 *
 * Context: the work of the connection.
 * Return: whether there was memory.
 */
bool tlsvip_pieces_copy(struct tlsvip_pieces *q, const void *data, u32 len)
{
	struct page_frag *frag = &current->task_frag;

	if (!skb_page_frag_refill(len, frag, GFP_NOWAIT | __GFP_NOWARN))
		return false;
	memcpy(page_address(frag->page) + frag->offset, data, len);
	get_page(frag->page);
	tlsvip_pieces_add(q, frag->page, frag->offset, len);
	frag->offset += len;
	return true;
}

/**
 * tlsvip_pieces_drop - remove bytes from the front
 * @q: queue
 * @len: how many, no more than are there
 *
 * Context: the work of the connection.
 */
void tlsvip_pieces_drop(struct tlsvip_pieces *q, u32 len)
{
	struct bio_vec *bv;

	q->bytes -= len;
	while (len) {
		bv = &q->bv[q->head];
		if (len < bv->bv_len) {
			bv->bv_offset += len;
			bv->bv_len -= len;
			return;
		}
		len -= bv->bv_len;
		put_page(bv->bv_page);
		q->head++;
	}
	if (q->head == q->tail) {
		q->head = 0;
		q->tail = 0;
	}
}

/**
 * tlsvip_pieces_move - move bytes from the front of a queue to another's end
 * @to: queue with room for one piece more than the bytes lie in
 * @from: queue
 * @len: how many, no more than are there
 *
 * Context: the work of the connection.
 */
void tlsvip_pieces_move(struct tlsvip_pieces *to, struct tlsvip_pieces *from,
			u32 len)
{
	struct bio_vec *bv;
	u32 n;

	while (len) {
		bv = &from->bv[from->head];
		n = min(len, bv->bv_len);
		get_page(bv->bv_page);
		tlsvip_pieces_add(to, bv->bv_page, bv->bv_offset, n);
		tlsvip_pieces_drop(from, n);
		len -= n;
	}
}

/**
 * tlsvip_pieces_at - the bytes at an offset
 * @q: queue
 * @off: bytes from the front, less than are there
 * @len: set to how many lie together from there on
 *
 * Context: the work of the connection.
 * Return: where they are.
 */
u8 *tlsvip_pieces_at(const struct tlsvip_pieces *q, u32 off, u32 *len)
{
	const struct bio_vec *bv = &q->bv[q->head];

	while (off >= bv->bv_len) {
		off -= bv->bv_len;
		bv++;
	}
	*len = bv->bv_len - off;
	return (u8 *)page_address(bv->bv_page) + bv->bv_offset + off;
}

/* In how many pieces the first bytes lie. */
static u32 tlsvip_pieces_span(const struct tlsvip_pieces *q, u32 len)
{
	const struct bio_vec *bv = &q->bv[q->head];
	u32 n = 0;

	for (; len; bv++, n++)
		len -= min(len, bv->bv_len);
	return n;
}

/**
 * tlsvip_pieces_gather - have the first bytes in few pieces
 * @q: queue
 * @len: how many of its bytes
 * @most: in how many pieces they may lie, at least 1
 *
 * For bytes that have to be kept: if they lie in more, they are copied into
 * one.
 *
 * Context: the work of the connection.
 * Return: false if there was no memory, or there are too many of them.
 */
bool tlsvip_pieces_gather(struct tlsvip_pieces *q, u32 len, u32 most)
{
	struct page_frag *frag = &current->task_frag;
	u32 done, off, n;
	u8 *to;

	if (tlsvip_pieces_span(q, len) <= most)
		return true;
	if (len > TLSVIP_PIECES_GATHER ||
	    !skb_page_frag_refill(len, frag, GFP_NOWAIT | __GFP_NOWARN))
		return false;
	if (frag->size - frag->offset < len)
		return false;
	off = frag->offset;
	to = (u8 *)page_address(frag->page) + off;
	for (done = 0; done < len; done += n) {
		const u8 *from = tlsvip_pieces_at(q, 0, &n);

		n = min(n, len - done);
		memcpy(to + done, from, n);
		tlsvip_pieces_drop(q, n);
	}
	/* At least one piece was dropped whole, so there is a place. */
	if (q->tail)
		q->head--;
	else
		q->tail = 1;
	get_page(frag->page);
	bvec_set_page(&q->bv[q->head], frag->page, len, off);
	frag->offset += len;
	q->bytes += len;
	return true;
}
