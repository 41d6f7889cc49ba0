// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Resumption by ticket and by session id, between contexts as between workers,
 * its bounds, its end, and what a session is called; handshakes in memory.
 *
 * SOURCES: userspace/tlsvipd/tls.c userspace/tlsvipd/session.c userspace/tlsvipd/sesscache.c userspace/tlsvipd/log.c userspace/pki/pki.c userspace/pki/pem.c selftests/unit/daemon/peer.c
 */
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "daemon/ktap.h"
#include "daemon/peer.h"
#include "tlsvipd/sesscache.h"
#include "tlsvipd/session.h"
#include "tlsvipd/tls.h"

/* What a handshake is like. */
struct shake {
	SSL_CTX *client;
	SSL_CTX *server;
	const char *service;
	SSL_SESSION *resume;
};

/* What came of it. */
struct shaken {
	bool ok;
	bool resumed;
	SSL_SESSION *session;
	uint8_t id[SESSION_ID_LEN];
	size_t id_len;
	unsigned char wire_id[32];
	unsigned int wire_len;
};

static time_t ahead;	/* seconds by which the monotonic clock is wrong */

/* In place of the C library's: hours pass when the test says so. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int ret = syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_MONOTONIC)
		ts->tv_sec += ahead;
	return ret;
}

static struct shaken shake(const struct shake *how)
{
	SSL *client = SSL_new(how->client), *server = SSL_new(how->server);
	struct shaken r = { 0 };
	const unsigned char *id;

	if (how->resume)
		SSL_set_session(client, how->resume);
	session_bind(server, "red", how->service, "tp");
	peer_join(client, server);
	r.ok = peer_shake(client, server);
	if (r.ok) {
		r.resumed = SSL_session_reused(server);
		r.session = SSL_get1_session(client);
		r.ok = !session_identity(server, r.id, &r.id_len);
		id = SSL_SESSION_get_id(SSL_get_session(server), &r.wire_len);
		memcpy(r.wire_id, id, r.wire_len);
	}
	SSL_set_quiet_shutdown(client, 1);
	SSL_set_quiet_shutdown(server, 1);
	SSL_shutdown(client);
	SSL_shutdown(server);
	SSL_free(client);
	SSL_free(server);
	return r;
}

static bool same_id(const struct shaken *a, const struct shaken *b)
{
	return a->id_len && a->id_len == b->id_len &&
	       !memcmp(a->id, b->id, a->id_len);
}

static void test_resumption(SSL_CTX *one, SSL_CTX *two, int version,
			    bool ticket, const char *what)
{
	struct shake how = { .server = one, .service = "web" };
	struct shaken first, again, third, other;
	bool by_id = version == TLS1_2_VERSION && !ticket;

	how.client = peer_ctx(version);
	if (!ticket)
		SSL_CTX_set_options(how.client, SSL_OP_NO_TICKET);
	first = shake(&how);
	ktap_ok(first.ok && !first.resumed, "%s: a full handshake", what);
	how.resume = first.session;
	how.server = two;
	again = shake(&how);
	ktap_ok(again.ok && again.resumed, "%s: resumed in another context",
		what);
	ktap_ok(same_id(&first, &again), "%s: under the same identity", what);
	ktap_ok(!by_id || (first.id_len == first.wire_len &&
			   !memcmp(first.id, first.wire_id, first.id_len)),
		"%s: which is the session id where there is one", what);
	how.resume = again.session;
	third = shake(&how);
	ktap_ok(third.ok && third.resumed && same_id(&first, &third),
		"%s: and once more", what);
	how.service = "other";
	how.resume = first.session;
	other = shake(&how);
	ktap_ok(other.ok && !other.resumed && !same_id(&first, &other),
		"%s: not on another service", what);
	SSL_SESSION_free(first.session);
	SSL_SESSION_free(again.session);
	SSL_SESSION_free(third.session);
	SSL_SESSION_free(other.session);
	SSL_CTX_free(how.client);
}

/*
 * A client that comes back again and again, with what it was given last. The
 * wall clock, which OpenSSL goes by, stands still.
 */
static void test_end_of_session(SSL_CTX *server, int version, bool ticket,
				const char *what)
{
	static const time_t after[] = { 3000, 3000, 1000, 300, 3000 };
	struct shake how = { .server = server, .service = "web" };
	unsigned int i, resumed = 0, same = 0;
	struct shaken first, r;

	how.client = peer_ctx(version);
	if (!ticket)
		SSL_CTX_set_options(how.client, SSL_OP_NO_TICKET);
	first = shake(&how);
	how.resume = first.session;
	for (i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
		ahead += after[i];
		r = shake(&how);
		resumed |= (r.ok && r.resumed) << i;
		same |= same_id(&first, &r) << i;
		/* The same object or another, a reference in any case. */
		if (i)
			SSL_SESSION_free(how.resume);
		how.resume = r.session;
	}
	ktap_ok((resumed & 7) == 7 && (same & 7) == 7,
		"%s: resumed for two hours", what);
	ktap_ok(!(resumed & 8) && !(same & 8),
		"%s: then a full handshake, another identity", what);
	ktap_ok((resumed & 16) && !(same & 16),
		"%s: which begins another session", what);
	SSL_SESSION_free(how.resume);
	SSL_SESSION_free(first.session);
	SSL_CTX_free(how.client);
}

/* Made with a session id, resumed with it, and by ticket from then on. */
static void test_ticket_for_id(SSL_CTX *server)
{
	struct shake how = { .server = server, .service = "web" };
	struct shaken first, again, third;

	how.client = peer_ctx(TLS1_2_VERSION);
	SSL_CTX_set_options(how.client, SSL_OP_NO_TICKET);
	first = shake(&how);
	SSL_CTX_clear_options(how.client, SSL_OP_NO_TICKET);
	how.resume = first.session;
	again = shake(&how);
	ktap_ok(again.resumed && SSL_SESSION_has_ticket(again.session) &&
		same_id(&first, &again),
		"a ticket for a session with an id: the same identity");
	how.resume = again.session;
	third = shake(&how);
	ktap_ok(third.resumed && same_id(&first, &third),
		"and with the ticket, too");
	SSL_SESSION_free(first.session);
	SSL_SESSION_free(again.session);
	SSL_SESSION_free(third.session);
	SSL_CTX_free(how.client);
}

/* A client of TLS 1.3 that wants no tickets still has an identity. */
static void test_no_resumption(SSL_CTX *server)
{
	struct shake how = { .server = server, .service = "web" };
	struct shaken a, b;

	SSL_CTX_set_num_tickets(server, 0);
	how.client = peer_ctx(TLS1_3_VERSION);
	a = shake(&how);
	b = shake(&how);
	ktap_ok(a.ok && b.ok && a.id_len == SESSION_ID_LEN &&
		b.id_len == SESSION_ID_LEN && !same_id(&a, &b),
		"without tickets: an identity for each connection");
	SSL_SESSION_free(a.session);
	SSL_SESSION_free(b.session);
	SSL_CTX_free(how.client);
	SSL_CTX_set_num_tickets(server, 2);
}

/* Whether a ticket that was tampered with, byte by byte, is ever taken. */
static void test_forged(SSL_CTX *server)
{
	struct shake how = { .server = server, .service = "web" };
	unsigned int taken = 0, failed = 0, tried = 0;
	struct shaken first, r;
	unsigned char der[4096];
	const unsigned char *ticket, *p;
	unsigned char *q = der, *at;
	size_t len, i;
	int der_len;

	how.client = peer_ctx(TLS1_2_VERSION);
	first = shake(&how);
	SSL_SESSION_get0_ticket(first.session, &ticket, &len);
	der_len = i2d_SSL_SESSION(first.session, &q);
	at = memmem(der, der_len, ticket, len);
	for (i = 0; at && i < len; i += 7) {
		at[i] ^= 1;
		p = der;
		how.resume = d2i_SSL_SESSION(NULL, &p, der_len);
		at[i] ^= 1;
		r = shake(&how);
		tried++;
		failed += !r.ok;
		taken += r.resumed;
		SSL_SESSION_free(r.session);
		SSL_SESSION_free(how.resume);
	}
	ktap_ok(tried > 10 && !taken && !failed,
		"%u forged tickets: full handshakes", tried);
	SSL_SESSION_free(first.session);
	SSL_CTX_free(how.client);
}

/* Takes a session that a real handshake made, under made-up names. */
static void test_cache(SSL_CTX *server)
{
	struct shake how = { .server = server, .service = "web" };
	unsigned int before = sesscache_count(), n, len;
	SSL_SESSION *sess, *found;
	unsigned char id[32] = { 0 };
	struct shaken first;

	how.client = peer_ctx(TLS1_2_VERSION);
	SSL_CTX_set_options(how.client, SSL_OP_NO_TICKET);
	first = shake(&how);
	ktap_ok(sesscache_count() == before + 1, "a session is kept");
	SSL_CTX_free(how.client);
	sess = SSL_SESSION_dup(first.session);
	SSL_SESSION_free(first.session);
	for (n = 0; n < SESSCACHE_MAX + 5000; n++) {
		id[0] = n;
		id[1] = n >> 8;
		id[2] = n >> 16;
		SSL_SESSION_set1_id(sess, id, sizeof(id));
		if (sesscache_add(sess, 1000))
			break;
	}
	ktap_ok(n == SESSCACHE_MAX + 5000 &&
		sesscache_count() <= SESSCACHE_MAX, "and no more than so many");
	found = sesscache_get(id, sizeof(id), 1000);
	ktap_ok(found && !memcmp(SSL_SESSION_get_id(found, &len), id, 32),
		"the latest is there");
	SSL_SESSION_free(found);
	ktap_ok(!sesscache_get(id, sizeof(id),
			       1000 + SESSION_LIFETIME * 1000ULL),
		"but not for ever");
	ktap_ok(!sesscache_get(id, 31, 1000) && !sesscache_get(id, 0, 1000) &&
		!sesscache_get(id, 33, 1000), "nor under part of its id");
	sesscache_remove(id, sizeof(id));
	ktap_ok(!sesscache_get(id, sizeof(id), 1000), "nor when removed");
	memset(id, 0, sizeof(id));
	ktap_ok(!sesscache_get(id, sizeof(id), 1000), "the oldest is gone");
	SSL_SESSION_free(sess);
}

int main(void)
{
	struct pki_trustpoint *tp = peer_trustpoint(false);
	char err[TLS_REASON_LEN];
	SSL_CTX *one, *two;

	if (session_init())
		return 1;
	one = tls_ctx_new(tp, err, sizeof(err));
	two = tls_ctx_new(tp, err, sizeof(err));
	if (!ktap_ok(one && two, "contexts"))
		return ktap_end();
	test_resumption(one, two, TLS1_3_VERSION, true, "TLS 1.3");
	test_resumption(one, two, TLS1_2_VERSION, true, "TLS 1.2 by ticket");
	test_resumption(one, two, TLS1_2_VERSION, false, "TLS 1.2 by id");
	test_ticket_for_id(one);
	test_no_resumption(one);
	test_forged(one);
	test_cache(one);
	/* Hours pass: what was kept before may go at any time. */
	test_end_of_session(one, TLS1_3_VERSION, true, "TLS 1.3");
	test_end_of_session(one, TLS1_2_VERSION, true, "TLS 1.2 by ticket");
	test_end_of_session(one, TLS1_2_VERSION, false, "TLS 1.2 by id");
	SSL_CTX_free(one);
	SSL_CTX_free(two);
	pki_trustpoint_free(tp);
	session_exit();
	return ktap_end();
}
