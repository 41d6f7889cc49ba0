// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The trustpoints in use: read late, read again when their files change, kept
 * by who holds them; good ones, bad ones, and several threads at a time.
 *
 * SOURCES: userspace/tlsvipd/store.c userspace/tlsvipd/tls.c userspace/tlsvipd/session.c userspace/tlsvipd/sesscache.c userspace/tlsvipd/log.c userspace/pki/pki.c userspace/pki/pem.c selftests/unit/daemon/peer.c
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ktap.h"
#include "daemon/peer.h"
#include "tlsvipd/session.h"
#include "tlsvipd/store.h"

static char dir[] = "/tmp/tlsvip-store-XXXXXX";
static struct pki_trustpoint *ec, *rsa;

static const char *path(const char *rest)
{
	static char text[2][256];
	static int turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[turn]), "%s/%s", dir, rest);
	return text[turn];
}

/* Looks at a trustpoint without keeping it. */
static bool usable(const char *name)
{
	struct trust *t = store_get(name);
	bool ok = t->usable;

	store_put(t);
	return ok;
}

static bool becomes(const char *name, bool want)
{
	int i;

	for (i = 0; i < 40 && usable(name) != want; i++)
		usleep(100000);
	return usable(name) == want;
}

static void test_life(void)
{
	struct trust *old, *new;

	ktap_ok(!usable("web"), "a trustpoint that is not there");
	old = store_get("web");
	ktap_ok(old->ctx && strstr(old->why, "web"),
		"has a context for its alerts, and says why: %s", old->why);
	store_put(old);
	peer_write(ec, path("web"));
	ktap_ok(becomes("web", true), "is found soon after its import");
	old = store_get("web");
	new = store_get("web");
	ktap_ok(old == new, "is not read again without need");
	store_put(new);
	peer_write(rsa, path("new"));
	rename(path("web"), path("old"));
	rename(path("new"), path("web"));
	store_reload();
	new = store_get("web");
	ktap_ok(old != new && new->usable &&
		SSL_CTX_get0_certificate(new->ctx) !=
		SSL_CTX_get0_certificate(old->ctx), "changes with a reload");
	ktap_ok(old->usable && SSL_CTX_get0_certificate(old->ctx),
		"while who holds the old state keeps it");
	store_put(old);
	store_put(new);
	peer_write(ec, path("web"));
	new = store_get("web");
	usleep(1100000);
	old = store_get("web");
	ktap_ok(old != new && old->usable, "changes with its files");
	store_put(old);
	store_put(new);
}

static void test_bad(void)
{
	peer_write(rsa, path("bad"));
	ktap_ok(usable("bad"), "a good one");
	rename(path("bad/key.pem"), path("bad/gone.pem"));
	ktap_ok(becomes("bad", false), "without its key");
	rename(path("bad/gone.pem"), path("bad/key.pem"));
	ktap_ok(becomes("bad", true), "with it again");
	rename(path("web/key.pem"), path("bad/key.pem"));
	ktap_ok(becomes("bad", false), "with another's key");
	ktap_ok(!truncate(path("bad/key.pem"), 40) && becomes("bad", false),
		"with half a key");
	ktap_ok(!truncate(path("bad/cert.pem"), 0) && becomes("bad", false),
		"with an empty certificate");
	ktap_ok(!usable("../web") && !usable("") && !usable("a/b"),
		"names that are no names");
}

static void *hammer(void *arg)
{
	struct trust *t;
	int i;

	for (i = 0; i < 20000; i++) {
		t = store_get(i % 2 ? "web" : "none");
		if (t->usable && !SSL_CTX_get0_certificate(t->ctx))
			abort();
		store_put(t);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[4];
	int i;

	peer_write(ec, path("web"));
	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, hammer, NULL);
	for (i = 0; i < 20; i++)
		store_reload();
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ktap_ok(usable("web"), "reloads while threads look up");
}

int main(void)
{
	char command[64];

	log_level_set(LOG_ERR - 1);
	ec = peer_trustpoint(false);
	rsa = peer_trustpoint(true);
	if (!mkdtemp(dir) || session_init() || store_init(dir))
		return 1;
	test_life();
	test_bad();
	test_threads();
	store_exit();
	session_exit();
	pki_trustpoint_free(ec);
	pki_trustpoint_free(rsa);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) ? 1 : ktap_end();
}
