// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The server name of a ClientHello: what is taken for one, and that it is the
 * one of this connection, whatever was resumed; handshakes in memory.
 *
 * SOURCES: userspace/tlsvipd/tls.c userspace/tlsvipd/session.c userspace/tlsvipd/sesscache.c userspace/tlsvipd/log.c userspace/pki/pki.c userspace/pki/pem.c selftests/unit/daemon/peer.c
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/ktap.h"
#include "daemon/peer.h"
#include "tlsvipd/session.h"
#include "tlsvipd/tls.h"

/* An extension with one name of @len bytes; returns its length. */
static size_t one_name(unsigned char *ext, size_t len)
{
	ext[0] = (len + 3) >> 8;
	ext[1] = len + 3;
	ext[2] = 0;
	ext[3] = len >> 8;
	ext[4] = len;
	memset(ext + 5, 'a', len);
	return len + 5;
}

/* With a copy of its own, so that a byte too far is seen. */
static uint8_t parse(const void *ext, size_t len, char *name)
{
	unsigned char *copy = malloc(len ? len : 1);
	uint8_t alert;

	memcpy(copy, ext, len);
	alert = tls_server_name(copy, len, name);
	free(copy);
	return alert;
}

static void test_names(void)
{
	static const struct {
		const char *ext;
		size_t len;
		uint8_t alert;
		const char *what;
	} cases[] = {
		{ "\0\4\0\0\1a", 6, 0, "one name" },
		{ "\0\4\1\0\1a", 6, SSL_AD_DECODE_ERROR, "another type" },
		{ "\0\3\0\0\0", 5, SSL_AD_DECODE_ERROR, "an empty name" },
		{ "\0\0", 2, SSL_AD_DECODE_ERROR, "an empty list" },
		{ "\0\10\0\0\1a\0\0\1b", 10, SSL_AD_DECODE_ERROR, "two names" },
		{ "\0\4\0\0\1ab", 7, SSL_AD_DECODE_ERROR,
		  "a byte behind the list" },
		{ "\0\5\0\0\1ab", 7, SSL_AD_DECODE_ERROR,
		  "a byte behind the name" },
		{ "\0\4\0\0\2a", 6, SSL_AD_DECODE_ERROR,
		  "a name beyond the list" },
		{ "\0\6\0\0\3a\0b", 8, SSL_AD_UNRECOGNIZED_NAME,
		  "a NUL in it" },
	};
	unsigned char ext[1024];
	char name[TLS_SERVER_NAME_LEN + 1];
	size_t i, len, taken = 0;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ktap_ok(parse(cases[i].ext, cases[i].len, name) ==
			cases[i].alert, "%s: alert %u", cases[i].what,
			cases[i].alert);
	len = one_name(ext, TLS_SERVER_NAME_LEN);
	ktap_ok(!parse(ext, len, name) && strlen(name) == TLS_SERVER_NAME_LEN,
		"the longest name");
	for (i = 0; i < len; i++)
		taken += !parse(ext, i, name);
	ktap_ok(!taken, "no part of it");
	len = one_name(ext, TLS_SERVER_NAME_LEN + 1);
	ktap_ok(parse(ext, len, name) == SSL_AD_UNRECOGNIZED_NAME,
		"a name that is too long");
	len = one_name(ext, 900);
	ktap_ok(parse(ext, len, name) == SSL_AD_UNRECOGNIZED_NAME,
		"a name that is much too long");
}

/* Returns the session; what the server has seen is left in @watch. */
static SSL_SESSION *visit(SSL_CTX *ctx, SSL_CTX *server_ctx,
			  SSL_SESSION *resume, const char *name,
			  struct tls_watch *watch, bool *resumed)
{
	SSL *client = SSL_new(ctx), *server = SSL_new(server_ctx);
	SSL_SESSION *session = NULL;

	memset(watch, 0, sizeof(*watch));
	tls_watch(server, watch);
	session_bind(server, "red", "web", "tp");
	/* OpenSSL spoils the one that a client uses or fails with. */
	resume = resume ? SSL_SESSION_dup(resume) : NULL;
	SSL_set_session(client, resume);
	SSL_SESSION_free(resume);
	if (name)
		SSL_set_tlsext_host_name(client, name);
	peer_join(client, server);
	if (peer_shake(client, server)) {
		*resumed = SSL_session_reused(server);
		session = SSL_get1_session(client);
	}
	SSL_set_quiet_shutdown(client, 1);
	SSL_set_quiet_shutdown(server, 1);
	SSL_shutdown(client);
	SSL_shutdown(server);
	SSL_free(client);
	SSL_free(server);
	return session;
}

static void test_resumed(SSL_CTX *server, int version, bool ticket,
			 const char *what)
{
	static const char * const names[] = { "web.test", "other.test", NULL };
	SSL_CTX *ctx = peer_ctx(version);
	SSL_SESSION *session, *again;
	struct tls_watch watch;
	bool resumed = true;
	size_t i;

	if (!ticket)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	session = visit(ctx, server, NULL, "web.test", &watch, &resumed);
	ktap_ok(session && !resumed && !strcmp(watch.server_name, "web.test"),
		"%s: the name of a full handshake", what);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		again = visit(ctx, server, session, names[i], &watch,
			      &resumed);
		ktap_ok(again && resumed &&
			!strcmp(watch.server_name, names[i] ?: ""),
			"%s: resumed with %s: '%s'", what,
			names[i] ?: "no name", watch.server_name);
		SSL_SESSION_free(again);
	}
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
}

/* The group of the client's key is not ours: TLS 1.3 asks for a second hello. */
static void test_retried(SSL_CTX *server)
{
	SSL_CTX *ctx = peer_ctx(TLS1_3_VERSION);
	struct tls_watch watch;
	SSL_SESSION *session;
	bool resumed;

	SSL_CTX_set1_groups_list(ctx, "X25519:P-256");
	SSL_CTX_set1_groups_list(server, "P-256");
	session = visit(ctx, server, NULL, "web.test", &watch, &resumed);
	ktap_ok(session && !strcmp(watch.server_name, "web.test"),
		"the name of a second hello");
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
}

int main(void)
{
	struct pki_trustpoint *tp = peer_trustpoint(false);
	char err[TLS_REASON_LEN];
	SSL_CTX *server;

	test_names();
	if (session_init())
		return 1;
	server = tls_ctx_new(tp, err, sizeof(err));
	if (!ktap_ok(server, "a context"))
		return ktap_end();
	test_resumed(server, TLS1_3_VERSION, true, "TLS 1.3");
	test_resumed(server, TLS1_2_VERSION, true, "TLS 1.2 by ticket");
	test_resumed(server, TLS1_2_VERSION, false, "TLS 1.2 by id");
	test_retried(server);
	SSL_CTX_free(server);
	pki_trustpoint_free(tp);
	session_exit();
	return ktap_end();
}
