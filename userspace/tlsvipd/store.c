// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The trustpoints in use, by name. A trustpoint is read when a handshake first
 * asks for it, and again when its files change or a reload is asked for; a
 * handshake keeps the state it began with. Nothing is written here.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store.h"
#include "tls.h"

#define STORE_BUCKETS	1024
#define STORE_CHECK_MS	1000	/* files are looked at no more often */

/**
 * struct store_entry - a trustpoint that was asked for
 * @next: in its bucket
 * @trust: its latest state, a reference
 * @checked_ms: when its files were last looked at, 0 to do so at once
 */
struct store_entry {
	struct store_entry *next;
	struct trust *trust;
	uint64_t checked_ms;
};

static const char * const store_names[STORE_FILES] = {
	"", "/cert.pem", "/chain.pem", "/key.pem",
};

static const char *store_dir;
static SSL_CTX *store_bare;	/* of trustpoints that are not usable */
/* Order: store_load_lock, store_lock. Files are never read under the latter. */
static pthread_mutex_t store_load_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;
static struct store_entry *store_bucket[STORE_BUCKETS]; /* store_lock */

/**
 * store_init - say where the PKI store is
 * @dir: folder; must outlive the store. It need not exist yet
 *
 * Context: before the first thread is started.
 * Return: 0, or -ENOMEM.
 */
int store_init(const char *dir)
{
	char err[TLS_REASON_LEN];

	store_dir = dir;
	store_bare = tls_ctx_new(NULL, err, sizeof(err));
	if (!store_bare) {
		log_err("cannot set up TLS: %s", err);
		return -ENOMEM;
	}
	return 0;
}

/**
 * store_put - drop a reference to a trustpoint's state
 * @trust: state, or NULL
 */
void store_put(struct trust *trust)
{
	if (!trust || atomic_fetch_sub(&trust->refs, 1) != 1)
		return;
	SSL_CTX_free(trust->ctx);
	pthread_mutex_destroy(&trust->limit.lock);
	free(trust);
}

static struct trust *store_hold(struct trust *trust)
{
	atomic_fetch_add(&trust->refs, 1);
	return trust;
}

/**
 * store_exit - forget all trustpoints
 *
 * Context: after the last thread has ended.
 */
void store_exit(void)
{
	struct store_entry *e;
	int i;

	for (i = 0; i < STORE_BUCKETS; i++) {
		while ((e = store_bucket[i])) {
			store_bucket[i] = e->next;
			store_put(e->trust);
			free(e);
		}
	}
	SSL_CTX_free(store_bare);
	store_bare = NULL;
}

static void store_stamp(const char *name, struct store_stamp *stamps)
{
	char path[4096];
	struct stat st;
	int i;

	memset(stamps, 0, sizeof(*stamps) * STORE_FILES);
	for (i = 0; i < STORE_FILES; i++) {
		if (snprintf(path, sizeof(path), "%s/%s%s", store_dir, name,
			     store_names[i]) >= (int)sizeof(path) ||
		    stat(path, &st))
			continue;
		stamps[i].dev = st.st_dev;
		stamps[i].ino = st.st_ino;
		stamps[i].size = i ? st.st_size : 0;
		stamps[i].mtime = st.st_mtim;
		stamps[i].ctime = st.st_ctim;
	}
}

static bool store_stamp_same(const struct store_stamp *a,
			     const struct store_stamp *b)
{
	int i;

	for (i = 0; i < STORE_FILES; i++) {
		if (a[i].dev != b[i].dev || a[i].ino != b[i].ino ||
		    a[i].size != b[i].size ||
		    a[i].mtime.tv_sec != b[i].mtime.tv_sec ||
		    a[i].mtime.tv_nsec != b[i].mtime.tv_nsec ||
		    a[i].ctime.tv_sec != b[i].ctime.tv_sec ||
		    a[i].ctime.tv_nsec != b[i].ctime.tv_nsec)
			return false;
	}
	return true;
}

static void store_warn_validity(const struct trust *trust, const X509 *cert)
{
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		log_warn("trustpoint '%s': its certificate has expired",
			 trust->name);
	else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		log_warn("trustpoint '%s': its certificate is not valid yet",
			 trust->name);
}

/* Reads the files of @name; NULL only if there is no memory. */
static struct trust *store_load(const char *name)
{
	struct pki_trustpoint *tp = NULL;
	char err[TLS_REASON_LEN];
	struct trust *trust;

	trust = calloc(1, sizeof(*trust));
	if (!trust)
		return NULL;
	atomic_init(&trust->refs, 1);
	pthread_mutex_init(&trust->limit.lock, NULL);
	snprintf(trust->name, sizeof(trust->name), "%s", name);
	/* Before reading: a change while we read is seen at the next look. */
	store_stamp(name, trust->stamps);
	if (!pki_trustpoint_load(store_dir, name, &tp, trust->why,
				 sizeof(trust->why))) {
		trust->ctx = tls_ctx_new(tp, err, sizeof(err));
		trust->usable = trust->ctx;
		if (trust->usable)
			store_warn_validity(trust, tp->cert);
		else
			snprintf(trust->why, sizeof(trust->why),
				 "trustpoint '%s': %s", name, err);
		pki_trustpoint_free(tp);
	}
	if (trust->usable) {
		log_info("trustpoint '%s': read", name);
	} else {
		SSL_CTX_up_ref(store_bare);
		trust->ctx = store_bare;
		log_peer(LOG_ERR, "cannot use %s", trust->why);
	}
	return trust;
}

static struct store_entry **store_pos_locked(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;
	struct store_entry **pos;
	unsigned int hash = 5381;

	while (*p)
		hash = hash * 33 + *p++;
	pos = &store_bucket[hash % STORE_BUCKETS];
	while (*pos && strcmp((*pos)->trust->name, name))
		pos = &(*pos)->next;
	return pos;
}

/* The state of @name if its files need not be looked at now, else NULL. */
static struct trust *store_get_fresh(const char *name, uint64_t now)
{
	struct trust *trust = NULL;
	struct store_entry *e;

	pthread_mutex_lock(&store_lock);
	e = *store_pos_locked(name);
	if (e && e->checked_ms && now - e->checked_ms < STORE_CHECK_MS)
		trust = store_hold(e->trust);
	pthread_mutex_unlock(&store_lock);
	return trust;
}

static struct trust *store_peek(const char *name)
{
	struct trust *trust = NULL;
	struct store_entry *e;

	pthread_mutex_lock(&store_lock);
	e = *store_pos_locked(name);
	if (e)
		trust = store_hold(e->trust);
	pthread_mutex_unlock(&store_lock);
	return trust;
}

/* Makes @trust the state of its name; takes a reference of its own. */
static int store_publish(struct trust *trust, uint64_t now)
{
	struct store_entry *e, **pos;
	struct trust *old = NULL;
	int err = 0;

	pthread_mutex_lock(&store_lock);
	pos = store_pos_locked(trust->name);
	e = *pos;
	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e) {
			err = -ENOMEM;
			goto out;
		}
		*pos = e;
	}
	e->checked_ms = now;
	if (e->trust != trust) {
		old = e->trust;
		e->trust = store_hold(trust);
	}
out:
	pthread_mutex_unlock(&store_lock);
	store_put(old);
	return err;
}

/* Looks at the files of @name and reads them if need be. */
static struct trust *store_refresh(const char *name, bool force)
{
	struct store_stamp stamps[STORE_FILES];
	uint64_t now = log_now_ms();
	struct trust *trust, *old;

	pthread_mutex_lock(&store_load_lock);
	/* Another worker may have done it while we waited. */
	trust = force ? NULL : store_get_fresh(name, now);
	if (trust)
		goto out;
	old = store_peek(name);
	if (old && !force) {
		store_stamp(name, stamps);
		if (store_stamp_same(old->stamps, stamps)) {
			trust = old;
			old = NULL;
		}
	}
	if (!trust)
		trust = store_load(name);
	store_put(old);
	if (trust)
		store_publish(trust, now);
out:
	pthread_mutex_unlock(&store_load_lock);
	return trust;
}

/**
 * store_get - the current state of a trustpoint
 * @name: its name
 *
 * Context: any thread; may read files, and waits for another thread that reads
 * the same ones.
 * Return: the state, for store_put(), or NULL if there is no memory.
 */
struct trust *store_get(const char *name)
{
	struct trust *trust;

	trust = store_get_fresh(name, log_now_ms());
	return trust ? trust : store_refresh(name, false);
}

/* The names in the table, each to be freed, and the array too. */
static char **store_list(size_t *n)
{
	struct store_entry *e;
	char **names = NULL;
	size_t max = 0;
	int i;

	*n = 0;
	pthread_mutex_lock(&store_lock);
	for (i = 0; i < STORE_BUCKETS; i++) {
		for (e = store_bucket[i]; e; e = e->next)
			max++;
	}
	if (max)
		names = calloc(max, sizeof(*names));
	for (i = 0; names && i < STORE_BUCKETS; i++) {
		for (e = store_bucket[i]; e; e = e->next) {
			names[*n] = strdup(e->trust->name);
			*n += !!names[*n];
		}
	}
	pthread_mutex_unlock(&store_lock);
	return names;
}

/**
 * store_reload - read all trustpoints that are in use again
 *
 * Each name changes over to its new state at once; handshakes in flight keep
 * the old one.
 *
 * Context: any thread but a worker, reads files.
 */
void store_reload(void)
{
	char **names;
	size_t i, n;

	names = store_list(&n);
	for (i = 0; i < n; i++) {
		store_put(store_refresh(names[i], true));
		free(names[i]);
	}
	free(names);
	log_notice("%zu trustpoints read again", n);
}
