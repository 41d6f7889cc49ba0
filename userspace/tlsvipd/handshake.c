// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One handshake: its socket, its timer, its verdict. Everything belongs to one
 * struct and one thread. Whatever goes wrong on the way ends in a verdict that
 * denies. It does not choose certificates or suites (store.c, tls.c).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "cert_fields.h"
#include "handshake.h"
#include "headers.h"
#include "log.h"
#include "offload.h"
#include "session.h"
#include "store.h"
#include "tls.h"
#include "tlvs.h"

/**
 * struct handshake - a handshake in flight
 * @list: handshakes of the worker
 * @next: in @list
 * @prev: in @list
 * @up: the upcall, with the socket
 * @trust: state of the trustpoint it began with, a reference
 * @ssl: the connection; does not close the socket
 * @io: waits for the socket
 * @timer: ends it
 * @watch: what was seen of it, also by OpenSSL's callbacks
 * @verdict: what it is answered with unless it succeeds
 */
struct handshake {
	struct handshake_list *list;
	struct handshake *next;
	struct handshake *prev;
	struct upcall up;
	struct trust *trust;
	SSL *ssl;
	ev_io io;
	ev_timer timer;
	struct tls_watch watch;
	uint32_t verdict;
};

static void handshake_io_cb(struct ev_loop *loop, ev_io *io, int events);
static void handshake_timer_cb(struct ev_loop *loop, ev_timer *timer,
			       int events);

/* Takes over what @up holds, also where it returns NULL. */
static struct handshake *handshake_get(struct handshake_list *list,
				       struct upcall *up)
{
	struct handshake *hs = calloc(1, sizeof(*hs));

	if (!hs) {
		upcall_clear(up);
		return NULL;
	}
	hs->list = list;
	hs->up = *up;
	hs->verdict = TLSVIP_VERDICT_INTERNAL;
	ev_io_init(&hs->io, handshake_io_cb, hs->up.fd, EV_READ);
	ev_timer_init(&hs->timer, handshake_timer_cb,
		      hs->up.timeout_ms / 1000.0, 0);
	hs->io.data = hs;
	hs->timer.data = hs;
	hs->next = list->first;
	if (hs->next)
		hs->next->prev = hs;
	list->first = hs;
	list->n++;
	return hs;
}

/*
 * Frees the handshake and closes its socket, without a byte to the peer: the
 * kernel has the connection, and goes on with it or ends it.
 */
static void handshake_put(struct handshake *hs)
{
	struct handshake_list *list = hs->list;

	ev_io_stop(list->loop, &hs->io);
	ev_timer_stop(list->loop, &hs->timer);
	if (hs->ssl) {
		SSL_set_quiet_shutdown(hs->ssl, 1);
		SSL_free(hs->ssl);
	}
	store_put(hs->trust);
	upcall_clear(&hs->up);
	*(hs->prev ? &hs->prev->next : &list->first) = hs->next;
	if (hs->next)
		hs->next->prev = hs->prev;
	list->n--;
	free(hs);
	list->ops->ended(list->data);
}

/* The peer for a message: escaped by the log, and bounded. */
static const char *handshake_peer(const struct handshake *hs, char *text,
				  size_t size)
{
	char addr[INET6_ADDRSTRLEN];

	if (!inet_ntop(hs->up.client.family, hs->up.client.ip, addr,
		       sizeof(addr)))
		strcpy(addr, "?");
	snprintf(text, size, "context %s service %s client %s port %u",
		 hs->up.context, hs->up.service, addr, hs->up.client.port);
	return text;
}

#define HANDSHAKE_PEER_LEN	256

static void handshake_answer(struct handshake *hs, struct verdict *v)
{
	v->conn = hs->up.conn;
	v->leg = hs->up.leg;
	hs->list->ops->verdict(hs->list->data, &hs->up, v);
}

/* Answers with hs->verdict and ends the handshake. */
static void handshake_deny(struct handshake *hs, const char *reason)
{
	struct verdict v = { .verdict = hs->verdict, .alert = hs->watch.alert };
	char peer[HANDSHAKE_PEER_LEN];

	if (hs->verdict == TLSVIP_VERDICT_INTERNAL ||
	    hs->verdict == TLSVIP_VERDICT_NO_BLOCK)
		log_peer(LOG_ERR, "%s: handshake given up: %s",
			 handshake_peer(hs, peer, sizeof(peer)), reason);
	else if (hs->verdict == TLSVIP_VERDICT_NO_TRUSTPOINT)
		log_limited(&hs->trust->limit, LOG_ERR,
			    "%s: refused: %s",
			    handshake_peer(hs, peer, sizeof(peer)),
			    hs->trust->why);
	else
		log_peer(LOG_INFO, "%s: handshake %s: %s (alert %u)",
			 handshake_peer(hs, peer, sizeof(peer)),
			 hs->verdict == TLSVIP_VERDICT_REFUSED ? "refused" :
								 "failed",
			 reason, hs->watch.alert);
	handshake_answer(hs, &v);
	handshake_put(hs);
}

/* Writes one block of header lines: that of every request, or of the first. */
static int handshake_block(struct handshake *hs, bool first, char *buf,
			   size_t size)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(hs->ssl);
	const struct cert_facts cert = {
		.cert = SSL_get0_peer_certificate(hs->ssl),
		.chain = SSL_get0_verified_chain(hs->ssl),
		.result = SSL_get_verify_result(hs->ssl),
	};
	uint8_t id[SESSION_ID_LEN];
	struct headers_facts facts = {
		.cert = &cert,
		.client = &hs->up.client,
		.vip = &hs->up.vip,
		.session_id = id,
		.cipher = SSL_CIPHER_get_name(cipher),
		.resumed = SSL_session_reused(hs->ssl),
	};

	facts.use_size = SSL_CIPHER_get_bits(cipher, &facts.key_size);
	/* Only the line that has the identifier cannot be without it. */
	if (session_identity(hs->ssl, id, &facts.session_id_len)) {
		ERR_clear_error();
		facts.session_id_len = 0;
	}
	return headers_build(&facts, hs->up.lines, hs->up.n_lines, first, buf,
			     size);
}

/*
 * Both blocks into @buf of twice TLSVIP_BLOCK_MAX bytes; a verdict that denies
 * is set where that cannot be.
 */
static int handshake_blocks(struct handshake *hs, char *buf, struct verdict *v)
{
	int len, first;

	len = handshake_block(hs, false, buf, TLSVIP_BLOCK_MAX);
	first = len < 0 ? len : handshake_block(hs, true, buf + len,
						TLSVIP_BLOCK_MAX);
	if (first < 0) {
		if (first != -ENOMEM)
			hs->verdict = TLSVIP_VERDICT_NO_BLOCK;
		return first;
	}
	v->block = buf;
	v->block_len = len;
	v->block_first = buf + len;
	v->first_len = first;
	return 0;
}

static int handshake_tlvs(struct handshake *hs, unsigned char *buf,
			  size_t size)
{
	struct tlvs_facts facts = {
		.version = SSL_get_version(hs->ssl),
		.cipher = SSL_get_cipher_name(hs->ssl),
		.server_name = hs->watch.server_name,
	};
	unsigned int len;

	SSL_get0_alpn_selected(hs->ssl, &facts.alpn, &len);
	facts.alpn_len = len;
	return tlvs_build(&facts, buf, size);
}

/*
 * Closes the socket before the kernel is told to go on: it refuses one that
 * somebody else could still use.
 */
static void handshake_let_go(struct handshake *hs)
{
	ev_io_stop(hs->list->loop, &hs->io);
	/* Or SSL_free() takes the session for a broken one. */
	SSL_set_shutdown(hs->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_set_quiet_shutdown(hs->ssl, 1);
	SSL_free(hs->ssl);
	hs->ssl = NULL;
	close(hs->up.fd);
	hs->up.fd = -1;
}

/* The kernel took the keys: hands over what it needs beside them. */
static void handshake_hand_over(struct handshake *hs)
{
	unsigned char leftover[TLSVIP_LEFTOVER_MAX];
	unsigned char tlvs[TLSVIP_PROXY_TLVS_MAX];
	char blocks[2 * TLSVIP_BLOCK_MAX];
	struct verdict v = {
		.verdict = TLSVIP_VERDICT_OK,
		.tls_version = SSL_version(hs->ssl),
		.cipher = SSL_get_cipher_name(hs->ssl),
		.resumed = SSL_session_reused(hs->ssl),
		.tlvs = tlvs,
		.leftover = leftover,
	};
	int err = 0, tlvs_len = 0;

	hs->verdict = TLSVIP_VERDICT_INTERNAL;
	if (hs->up.want_block)
		err = handshake_blocks(hs, blocks, &v);
	if (err) {
		hs->watch.alert = offload_abort(hs->ssl, hs->up.fd);
		handshake_deny(hs, err == -EMSGSIZE ?
			       "the header block is too long" :
			       "the header block cannot be built");
		return;
	}
	if (hs->up.want_tlvs)
		tlvs_len = handshake_tlvs(hs, tlvs, sizeof(tlvs));
	if (tlvs_len < 0) {
		hs->watch.alert = offload_abort(hs->ssl, hs->up.fd);
		handshake_deny(hs, "the PROXY header would be too long");
		return;
	}
	v.tlvs_len = tlvs_len;
	if (offload_leftover(hs->ssl, leftover, sizeof(leftover),
			     &v.leftover_len)) {
		hs->watch.alert = offload_abort(hs->ssl, hs->up.fd);
		handshake_deny(hs, "bytes behind the handshake were lost");
	} else {
		handshake_let_go(hs);
		handshake_answer(hs, &v);
		handshake_put(hs);
	}
	OPENSSL_cleanse(leftover, v.leftover_len);
}

static void handshake_complete(struct handshake *hs)
{
	char peer[HANDSHAKE_PEER_LEN];

	/* Its context refuses all; whatever gets past that ends here. */
	if (!hs->trust->usable) {
		hs->verdict = TLSVIP_VERDICT_NO_TRUSTPOINT;
		hs->watch.alert = offload_abort(hs->ssl, hs->up.fd);
		handshake_deny(hs, "no trustpoint");
		return;
	}
	if (offload_taken(hs->ssl)) {
		handshake_hand_over(hs);
		return;
	}
	log_peer(LOG_ERR,
		 "%s: kernel TLS refused the keys of %s %s: is the module \"tls\" there?",
		 handshake_peer(hs, peer, sizeof(peer)),
		 SSL_get_version(hs->ssl), SSL_get_cipher_name(hs->ssl));
	hs->verdict = TLSVIP_VERDICT_REFUSED;
	hs->watch.alert = offload_abort(hs->ssl, hs->up.fd);
	handshake_deny(hs, "kernel TLS refused the keys");
}

static void handshake_wait(struct handshake *hs, int events)
{
	if (ev_is_active(&hs->io) && hs->io.events == events)
		return;
	ev_io_stop(hs->list->loop, &hs->io);
	ev_io_set(&hs->io, hs->up.fd, events);
	ev_io_start(hs->list->loop, &hs->io);
}

/* Goes on as far as the socket allows; may free the handshake. */
static void handshake_run(struct handshake *hs)
{
	char reason[TLS_REASON_LEN];
	int ret, error, sys_error;
	uint32_t verdict;

	ERR_clear_error();
	errno = 0;
	ret = SSL_do_handshake(hs->ssl);
	sys_error = errno;
	if (ret == 1) {
		handshake_complete(hs);
		return;
	}
	error = SSL_get_error(hs->ssl, ret);
	switch (error) {
	case SSL_ERROR_WANT_READ:
		handshake_wait(hs, EV_READ);
		return;
	case SSL_ERROR_WANT_WRITE:
		handshake_wait(hs, EV_WRITE);
		return;
	}
	verdict = tls_failure(error, sys_error, reason, sizeof(reason));
	/* Without a certificate it is not the peer's fault. */
	hs->verdict = hs->trust->usable ? verdict :
					  TLSVIP_VERDICT_NO_TRUSTPOINT;
	handshake_deny(hs, reason);
}

static void handshake_io_cb(struct ev_loop *loop, ev_io *io, int events)
{
	handshake_run(io->data);
}

static void handshake_timer_cb(struct ev_loop *loop, ev_timer *timer,
			       int events)
{
	struct handshake *hs = timer->data;

	hs->verdict = hs->trust->usable ? TLSVIP_VERDICT_TIMEOUT :
					  TLSVIP_VERDICT_NO_TRUSTPOINT;
	handshake_deny(hs, "not finished in time");
}

static int handshake_prepare(struct handshake *hs)
{
	hs->trust = store_get(hs->up.trustpoint);
	if (!hs->trust)
		return -ENOMEM;
	hs->ssl = SSL_new(hs->trust->ctx);
	/* SSL_set_fd() makes a BIO that leaves the socket open. */
	if (!hs->ssl || !SSL_set_fd(hs->ssl, hs->up.fd))
		return -ENOMEM;
	offload_prepare(hs->up.fd);
	SSL_set_accept_state(hs->ssl);
	tls_watch(hs->ssl, &hs->watch);
	return session_bind(hs->ssl, hs->up.context, hs->up.service,
			    hs->up.trustpoint);
}

/**
 * handshake_start - run the handshake of an upcall
 * @list: handshakes of the worker
 * @up: the upcall; what it holds is taken over
 *
 * The verdict may be given before this returns.
 *
 * Context: the worker's thread.
 */
void handshake_start(struct handshake_list *list, struct upcall *up)
{
	struct verdict denied = {
		.conn = up->conn,
		.leg = up->leg,
		.verdict = TLSVIP_VERDICT_INTERNAL,
	};
	struct handshake *hs;
	int err;

	hs = handshake_get(list, up);
	if (!hs) {
		list->ops->verdict(list->data, up, &denied);
		return;
	}
	if (hs->up.role != TLSVIP_ROLE_SERVER ||
	    hs->up.leg != TLSVIP_LEG_CLIENT) {
		handshake_deny(hs, "a role that this daemon does not play");
		return;
	}
	err = headers_check(hs->up.lines, hs->up.n_lines);
	if (err) {
		handshake_deny(hs, err == -EPROTONOSUPPORT ?
			       "module and daemon do not fit: unknown kind of header line" :
			       "the module asks for a malformed header line");
		return;
	}
	err = handshake_prepare(hs);
	if (err) {
		ERR_clear_error();
		handshake_deny(hs, strerror(-err));
		return;
	}
	/* A batch takes a while: the timer must not count from its start. */
	ev_now_update(list->loop);
	ev_timer_start(list->loop, &hs->timer);
	handshake_run(hs);
}

/**
 * handshake_abort_all - end all handshakes without a verdict
 * @list: handshakes of the worker
 *
 * For when nobody is there to be told: the module is gone, or the daemon ends.
 *
 * Context: the worker's thread.
 */
void handshake_abort_all(struct handshake_list *list)
{
	while (list->first)
		handshake_put(list->first);
}
