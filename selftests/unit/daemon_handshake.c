// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handshakes over a socket pair with a verdict that goes nowhere: which client
 * gets which verdict and which alert, what it can resume when its trustpoint is
 * another one or none, and that everything is given back. A
 * socket pair has no kernel TLS, so the best verdict here is "refused by kernel
 * TLS"; the rest is tested with the module.
 *
 * SOURCES: userspace/tlsvipd/handshake.c userspace/tlsvipd/offload.c userspace/tlsvipd/headers.c userspace/tlsvipd/cert_fields.c userspace/tlsvipd/cert_text.c userspace/tlsvipd/tlvs.c userspace/tlsvipd/upcall.c userspace/lib/attr.c userspace/tlsvipd/store.c userspace/tlsvipd/tls.c userspace/tlsvipd/session.c userspace/tlsvipd/sesscache.c userspace/tlsvipd/log.c userspace/pki/pki.c userspace/pki/pem.c selftests/unit/daemon/peer.c
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "daemon/ktap.h"
#include "daemon/peer.h"
#include "tlsvipd/handshake.h"
#include "tlsvipd/log.h"
#include "tlsvipd/session.h"
#include "tlsvipd/store.h"

/* What the worker would see. */
struct seen {
	unsigned int verdicts;
	unsigned int ended;
	uint32_t verdict;
	uint8_t alert;
	uint64_t conn;
};

static char dir[] = "/tmp/tlsvip-handshake-XXXXXX";
static struct seen seen;
static struct handshake_list list;

static void on_verdict(void *data, const struct upcall *up,
		       const struct verdict *v)
{
	seen.verdicts++;
	seen.verdict = v->verdict;
	seen.alert = v->alert;
	seen.conn = v->conn;
}

static void on_ended(void *data)
{
	seen.ended++;
}

static const struct handshake_ops ops = { on_verdict, on_ended };

/* Long enough for a sanitized handshake on a busy machine. */
static unsigned int timeout_ms = 30000;

static void upcall_for(struct upcall *up, int fd, const char *trustpoint)
{
	memset(up, 0, sizeof(*up));
	up->conn = 42;
	up->leg = TLSVIP_LEG_CLIENT;
	up->role = TLSVIP_ROLE_SERVER;
	up->fd = fd;
	up->timeout_ms = timeout_ms;
	up->client.family = AF_INET;
	up->vip.family = AF_INET;
	strcpy(up->context, "red");
	strcpy(up->service, "web");
	strcpy(up->trustpoint, trustpoint);
}

/* Starts a handshake; returns the client's end. */
static int start(const char *trustpoint)
{
	struct upcall up;
	int fd[2];

	memset(&seen, 0, sizeof(seen));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd))
		abort();
	upcall_for(&up, fd[0], trustpoint);
	handshake_start(&list, &up);
	return fd[1];
}

/* Both sides, until the verdict; the client's last error is left behind. */
static void drive(SSL *client)
{
	int ret, i;

	for (i = 0; i < 400 && !seen.verdicts; i++) {
		ret = client ? SSL_do_handshake(client) : 1;
		if (ret == 1 || SSL_get_error(client, ret) ==
				SSL_ERROR_WANT_READ)
			ERR_clear_error();
		ev_run(list.loop, EVRUN_NOWAIT);
		usleep(1000);
	}
	if (client)
		SSL_do_handshake(client);
}

static void check(const char *what, uint32_t verdict, int alert)
{
	ktap_ok(seen.verdicts == 1 && seen.conn == 42 &&
		seen.verdict == verdict && (alert < 0 || seen.alert == alert),
		"%s: verdict %u (%u), alert %u (%d)", what, seen.verdict,
		verdict, seen.alert, alert);
	ktap_ok(seen.ended == 1 && !list.n && !list.first,
		"%s: nothing is left", what);
}

/* One handshake of @ctx; returns the client's side, with what it resumed. */
static SSL *once(SSL_CTX *ctx, SSL_SESSION *resume, const char *what,
		 const char *trustpoint, uint32_t verdict, int alert)
{
	int fd = start(trustpoint);
	SSL *client = SSL_new(ctx);
	unsigned long e;
	char byte;

	/* OpenSSL spoils the one that a client uses or fails with. */
	resume = resume ? SSL_SESSION_dup(resume) : NULL;
	SSL_set_session(client, resume);
	SSL_SESSION_free(resume);
	SSL_set_fd(client, fd);
	SSL_set_connect_state(client);
	drive(client);
	check(what, verdict, alert);
	e = ERR_peek_last_error();
	if (alert > 0)
		ktap_ok(ERR_GET_REASON(e) == SSL_AD_REASON_OFFSET + alert,
			"%s: the client has the alert (%s)", what,
			ERR_reason_error_string(e) ?: "none");
	/* The tickets of TLS 1.3 are behind the handshake. */
	SSL_read(client, &byte, 1);
	/* Or SSL_free() takes the session for a broken one. */
	SSL_set_quiet_shutdown(client, 1);
	SSL_shutdown(client);
	ERR_clear_error();
	close(fd);
	return client;
}

static void with_client(SSL_CTX *ctx, const char *what, const char *trustpoint,
			uint32_t verdict, int alert)
{
	SSL_free(once(ctx, NULL, what, trustpoint, verdict, alert));
	SSL_CTX_free(ctx);
}

static SSL_CTX *with_alpn(SSL_CTX *ctx, const char *protos)
{
	SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)protos,
				strlen(protos));
	return ctx;
}

static SSL_CTX *with_ciphers(const char *suites12, const char *suites13)
{
	SSL_CTX *ctx = peer_ctx(suites13 ? TLS1_3_VERSION : TLS1_2_VERSION);

	if (suites13)
		SSL_CTX_set_ciphersuites(ctx, suites13);
	else
		SSL_CTX_set_cipher_list(ctx, suites12);
	return ctx;
}

static void test_clients(void)
{
	uint32_t refused = TLSVIP_VERDICT_REFUSED;

	/* Through to the end, where the socket has no kernel TLS. */
	with_client(peer_ctx(TLS1_3_VERSION), "TLS 1.3", "ec", refused, 0);
	with_client(peer_ctx(TLS1_2_VERSION), "TLS 1.2", "rsa", refused, 0);
	with_client(with_alpn(peer_ctx(0), "\x02h2\x08http/1.1"),
		    "h2 and http/1.1", "ec", refused, 0);
	with_client(with_alpn(peer_ctx(0), "\x02h2"), "h2 only", "ec",
		    TLSVIP_VERDICT_FAILED, SSL_AD_NO_APPLICATION_PROTOCOL);
	with_client(peer_ctx(TLS1_1_VERSION), "TLS 1.1", "ec", refused,
		    SSL_AD_PROTOCOL_VERSION);
	with_client(with_ciphers("AES128-GCM-SHA256", NULL),
		    "RSA key exchange", "rsa", refused,
		    SSL_AD_HANDSHAKE_FAILURE);
	with_client(with_ciphers("ECDHE-ECDSA-AES128-SHA256", NULL), "CBC",
		    "ec", refused, SSL_AD_HANDSHAKE_FAILURE);
	with_client(with_ciphers(NULL, "TLS_AES_128_CCM_SHA256"), "CCM", "ec",
		    refused, SSL_AD_HANDSHAKE_FAILURE);
	with_client(peer_ctx(TLS1_3_VERSION), "no trustpoint, TLS 1.3",
		    "none", TLSVIP_VERDICT_NO_TRUSTPOINT,
		    SSL_AD_INTERNAL_ERROR);
	with_client(peer_ctx(TLS1_2_VERSION), "no trustpoint, TLS 1.2",
		    "none", TLSVIP_VERDICT_NO_TRUSTPOINT,
		    SSL_AD_INTERNAL_ERROR);
}

static void put_trustpoint(const char *name, const struct pki_trustpoint *tp)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!peer_write(tp, path))
		abort();
	store_reload();
}

static void drop_trustpoint(const char *name)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s/%s", dir, name);
	if (system(command))
		abort();
	store_reload();
}

/* A session whose trustpoint was read again, has left, is another one. */
static void test_resumption(int version, bool ticket, const char *what,
			    const struct pki_trustpoint *ec,
			    const struct pki_trustpoint *other)
{
	SSL_CTX *ctx = peer_ctx(version);
	SSL_SESSION *session;
	SSL *client;

	if (!ticket)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	put_trustpoint("gone", ec);
	client = once(ctx, NULL, what, "gone", TLSVIP_VERDICT_REFUSED, 0);
	session = SSL_get1_session(client);
	SSL_free(client);
	store_reload();
	client = once(ctx, session, what, "gone", TLSVIP_VERDICT_REFUSED, 0);
	ktap_ok(SSL_session_reused(client),
		"%s: resumed after the trustpoint was read again", what);
	SSL_SESSION_free(session);
	session = SSL_get1_session(client);
	SSL_free(client);
	drop_trustpoint("gone");
	client = once(ctx, session, what, "gone",
		      TLSVIP_VERDICT_NO_TRUSTPOINT, SSL_AD_INTERNAL_ERROR);
	ktap_ok(!SSL_session_reused(client),
		"%s: refused when the trustpoint is gone", what);
	SSL_free(client);
	put_trustpoint("gone", other);
	client = once(ctx, session, what, "gone", TLSVIP_VERDICT_REFUSED, 0);
	ktap_ok(!SSL_session_reused(client),
		"%s: not resumed with another certificate", what);
	drop_trustpoint("gone");
	SSL_free(client);
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
}

static void test_strangers(void)
{
	static const char junk[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	int fd;

	timeout_ms = 300;
	fd = start("ec");
	timeout_ms = 30000;
	drive(NULL);
	check("silence", TLSVIP_VERDICT_TIMEOUT, 0);
	close(fd);
	fd = start("ec");
	if (write(fd, junk, sizeof(junk) - 1) < 0)
		abort();
	drive(NULL);
	check("plain HTTP", TLSVIP_VERDICT_FAILED, -1);
	close(fd);
	fd = start("ec");
	close(fd);
	drive(NULL);
	check("a client that leaves", TLSVIP_VERDICT_FAILED, -1);
}

/* Every prefix of a ClientHello, and then the end. */
static void test_cut(void)
{
	SSL_CTX *ctx = peer_ctx(0);
	SSL *client = SSL_new(ctx);
	BIO *out = BIO_new(BIO_s_mem());
	unsigned int wrong = 0, tried = 0;
	char *hello;
	long len, n;
	int fd;

	SSL_set_bio(client, BIO_new(BIO_s_mem()), out);
	SSL_set_connect_state(client);
	SSL_do_handshake(client);
	ERR_clear_error();
	len = BIO_get_mem_data(out, &hello);
	for (n = 1; n < len; n += 1 + n / 8) {
		fd = start("ec");
		if (write(fd, hello, n) != n)
			abort();
		ev_run(list.loop, EVRUN_NOWAIT);
		close(fd);
		drive(NULL);
		tried++;
		wrong += seen.verdicts != 1 || seen.ended != 1 ||
			 seen.verdict != TLSVIP_VERDICT_FAILED;
	}
	ktap_ok(!wrong, "%u cut ClientHellos fail", tried);
	SSL_free(client);
	SSL_CTX_free(ctx);
}

/* A ClientHello that asks for "w\0b.test". */
static void test_bad_name(void)
{
	SSL_CTX *ctx = peer_ctx(0);
	SSL *client = SSL_new(ctx);
	BIO *out = BIO_new(BIO_s_mem());
	char *hello, *name;
	long len;
	int fd;

	SSL_set_bio(client, BIO_new(BIO_s_mem()), out);
	SSL_set_tlsext_host_name(client, "web.test");
	SSL_set_connect_state(client);
	SSL_do_handshake(client);
	ERR_clear_error();
	len = BIO_get_mem_data(out, &hello);
	name = memmem(hello, len, "web.test", 8);
	if (!name)
		abort();
	name[1] = '\0';
	fd = start("ec");
	if (write(fd, hello, len) != len)
		abort();
	drive(NULL);
	check("a server name with a NUL", TLSVIP_VERDICT_FAILED,
	      SSL_AD_UNRECOGNIZED_NAME);
	close(fd);
	SSL_free(client);
	SSL_CTX_free(ctx);
}

/* A client that is gone, so that the line alone makes the difference. */
static void with_line(const char *what, uint32_t field, const char *text,
		      uint32_t verdict)
{
	struct upcall up;
	int fd[2];

	memset(&seen, 0, sizeof(seen));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd))
		abort();
	close(fd[1]);
	upcall_for(&up, fd[0], "ec");
	up.want_block = true;
	up.lines = calloc(1, sizeof(*up.lines));
	up.n_lines = 1;
	*up.lines = (struct headers_line){ field, false, text };
	handshake_start(&list, &up);
	drive(NULL);
	check(what, verdict, -1);
}

static void test_denied(void)
{
	struct upcall up;
	int fd;

	memset(&seen, 0, sizeof(seen));
	upcall_for(&up, dup(0), "ec");
	up.role = TLSVIP_ROLE_CLIENT;
	handshake_start(&list, &up);
	check("a role that we do not play", TLSVIP_VERDICT_INTERNAL, 0);
	with_line("a line of an unknown field", TLSVIP_HEADER_FIELD_MAX + 1,
		  "X", TLSVIP_VERDICT_INTERNAL);
	with_line("two lines in one", TLSVIP_HEADER_FIELD_CUSTOM,
		  "A: b\r\nC: d", TLSVIP_VERDICT_INTERNAL);
	with_line("a custom line", TLSVIP_HEADER_FIELD_CUSTOM, "A: b",
		  TLSVIP_VERDICT_FAILED);
	fd = start("ec");
	close(start("ec"));
	handshake_abort_all(&list);
	ktap_ok(!list.n && !seen.verdicts, "aborted without a verdict");
	ktap_ok(read(fd, &up, 1) == 0, "and its socket is closed");
	close(fd);
}

int main(void)
{
	struct pki_trustpoint *ec = peer_trustpoint(false);
	struct pki_trustpoint *other = peer_trustpoint(false);
	struct pki_trustpoint *rsa = peer_trustpoint(true);
	char path[64], command[64];

	signal(SIGPIPE, SIG_IGN);
	log_level_set(LOG_ERR - 1);
	if (!mkdtemp(dir) || session_init() || store_init(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/ec", dir);
	peer_write(ec, path);
	snprintf(path, sizeof(path), "%s/rsa", dir);
	peer_write(rsa, path);
	list.loop = ev_loop_new(EVBACKEND_POLL);
	list.ops = &ops;
	test_clients();
	test_resumption(TLS1_3_VERSION, true, "TLS 1.3", ec, other);
	test_resumption(TLS1_2_VERSION, true, "TLS 1.2 by ticket", ec, other);
	test_resumption(TLS1_2_VERSION, false, "TLS 1.2 by id", ec, other);
	test_strangers();
	test_cut();
	test_bad_name();
	test_denied();
	ev_loop_destroy(list.loop);
	store_exit();
	session_exit();
	pki_trustpoint_free(ec);
	pki_trustpoint_free(other);
	pki_trustpoint_free(rsa);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) ? 1 : ktap_end();
}
