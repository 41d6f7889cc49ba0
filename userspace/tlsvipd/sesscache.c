// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions of TLS 1.2 clients that resume by session id: one bounded table for
 * all workers and trustpoints. OpenSSL's own cache is bounded for each SSL_CTX
 * only and is lost with it when the trustpoints are read again. It does not
 * decide who may use a session; OpenSSL compares the session id context.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "log.h"
#include "sesscache.h"
#include "session.h"

#define SESSCACHE_SHARDS	16
#define SESSCACHE_BUCKETS	1024
#define SESSCACHE_SHARD_MAX	(SESSCACHE_MAX / SESSCACHE_SHARDS)
/* Without client certificates a session has some 200 bytes. */
#define SESSCACHE_DER_MAX	2048

/**
 * struct sesscache_entry - one session
 * @next: in its bucket
 * @newer: in the shard's list
 * @older: in the shard's list
 * @expires_ms: monotonic time
 * @id: session id
 * @id_len: bytes of it
 * @der_len: bytes of @der
 * @der: the session as ASN.1, secrets included
 */
struct sesscache_entry {
	struct sesscache_entry *next;
	struct sesscache_entry *newer;
	struct sesscache_entry *older;
	uint64_t expires_ms;
	unsigned char id[SSL_MAX_SSL_SESSION_ID_LENGTH];
	unsigned char id_len;
	unsigned short der_len;
	unsigned char der[];
};

/**
 * struct sesscache_shard - a part of the table
 * @lock: protects the rest
 * @bucket: by session id
 * @newest: end of the list where entries are added
 * @oldest: end of the list where entries are dropped
 * @n: entries
 */
struct sesscache_shard {
	pthread_mutex_t lock;
	struct sesscache_entry *bucket[SESSCACHE_BUCKETS];
	struct sesscache_entry *newest;
	struct sesscache_entry *oldest;
	unsigned int n;
};

static struct sesscache_shard *sesscache;

/**
 * sesscache_init - make the table
 *
 * Context: before the first thread is started.
 * Return: 0, or -ENOMEM.
 */
int sesscache_init(void)
{
	int i;

	sesscache = calloc(SESSCACHE_SHARDS, sizeof(*sesscache));
	if (!sesscache)
		return -ENOMEM;
	for (i = 0; i < SESSCACHE_SHARDS; i++)
		pthread_mutex_init(&sesscache[i].lock, NULL);
	return 0;
}

/* Ids are our own random bytes, so any of them are as good as a hash. */
static struct sesscache_shard *sesscache_shard(const unsigned char *id,
					       unsigned int len,
					       unsigned int *bucket)
{
	if (!sesscache || len < 4 || len > SSL_MAX_SSL_SESSION_ID_LENGTH)
		return NULL;
	*bucket = (id[1] << 8 | id[2]) % SESSCACHE_BUCKETS;
	return &sesscache[id[0] % SESSCACHE_SHARDS];
}

static struct sesscache_entry **
sesscache_find_locked(struct sesscache_shard *shard, unsigned int bucket,
		      const unsigned char *id, unsigned int len)
{
	struct sesscache_entry **pos = &shard->bucket[bucket];

	while (*pos && ((*pos)->id_len != len || memcmp((*pos)->id, id, len)))
		pos = &(*pos)->next;
	return *pos ? pos : NULL;
}

static void sesscache_free(struct sesscache_entry *e)
{
	OPENSSL_clear_free(e, sizeof(*e) + e->der_len);
}

static void sesscache_drop_locked(struct sesscache_shard *shard,
				  struct sesscache_entry **pos)
{
	struct sesscache_entry *e = *pos;

	*pos = e->next;
	*(e->newer ? &e->newer->older : &shard->newest) = e->older;
	*(e->older ? &e->older->newer : &shard->oldest) = e->newer;
	shard->n--;
	sesscache_free(e);
}

static void sesscache_drop_oldest_locked(struct sesscache_shard *shard)
{
	struct sesscache_entry *e = shard->oldest, **pos;
	unsigned int bucket = 0;

	sesscache_shard(e->id, e->id_len, &bucket);
	pos = sesscache_find_locked(shard, bucket, e->id, e->id_len);
	if (pos)
		sesscache_drop_locked(shard, pos);
}

/**
 * sesscache_exit - forget all sessions
 *
 * Context: after the last thread has ended; may be called twice.
 */
void sesscache_exit(void)
{
	int i;

	if (!sesscache)
		return;
	for (i = 0; i < SESSCACHE_SHARDS; i++) {
		while (sesscache[i].oldest)
			sesscache_drop_oldest_locked(&sesscache[i]);
		pthread_mutex_destroy(&sesscache[i].lock);
	}
	free(sesscache);
	sesscache = NULL;
}

/**
 * sesscache_add - keep a session
 * @sess: session; the caller keeps its reference
 * @now_ms: monotonic time
 *
 * Context: any thread. The oldest session makes room.
 * Return: 0, -EINVAL if it has no id, -EMSGSIZE if it is too big, -ENOMEM.
 */
int sesscache_add(SSL_SESSION *sess, uint64_t now_ms)
{
	struct sesscache_entry *e, **old;
	struct sesscache_shard *shard;
	const unsigned char *id;
	unsigned int len, bucket;
	unsigned char *p;
	int der_len;

	id = SSL_SESSION_get_id(sess, &len);
	shard = sesscache_shard(id, len, &bucket);
	if (!shard)
		return -EINVAL;
	der_len = i2d_SSL_SESSION(sess, NULL);
	if (der_len <= 0 || der_len > SESSCACHE_DER_MAX)
		return -EMSGSIZE;
	e = OPENSSL_zalloc(sizeof(*e) + der_len);
	if (!e)
		return -ENOMEM;
	e->der_len = der_len;
	p = e->der;
	i2d_SSL_SESSION(sess, &p);
	e->id_len = len;
	memcpy(e->id, id, len);
	e->expires_ms = now_ms + SESSION_LIFETIME * 1000ULL;

	pthread_mutex_lock(&shard->lock);
	old = sesscache_find_locked(shard, bucket, id, len);
	if (old)
		sesscache_drop_locked(shard, old);
	while (shard->n >= SESSCACHE_SHARD_MAX ||
	       (shard->oldest && shard->oldest->expires_ms <= now_ms))
		sesscache_drop_oldest_locked(shard);
	e->next = shard->bucket[bucket];
	shard->bucket[bucket] = e;
	e->older = shard->newest;
	*(e->older ? &e->older->newer : &shard->oldest) = e;
	shard->newest = e;
	shard->n++;
	pthread_mutex_unlock(&shard->lock);
	return 0;
}

/**
 * sesscache_get - find a session
 * @id: session id, as a client sent it
 * @len: bytes of it
 * @now_ms: monotonic time
 *
 * Context: any thread.
 * Return: a session whose reference is the caller's, or NULL.
 */
SSL_SESSION *sesscache_get(const unsigned char *id, unsigned int len,
			   uint64_t now_ms)
{
	unsigned char der[SESSCACHE_DER_MAX];
	const unsigned char *p = der;
	struct sesscache_shard *shard;
	struct sesscache_entry **pos;
	SSL_SESSION *sess = NULL;
	unsigned int bucket;
	long der_len = 0;

	shard = sesscache_shard(id, len, &bucket);
	if (!shard)
		return NULL;
	pthread_mutex_lock(&shard->lock);
	pos = sesscache_find_locked(shard, bucket, id, len);
	if (pos && (*pos)->expires_ms > now_ms) {
		der_len = (*pos)->der_len;
		memcpy(der, (*pos)->der, der_len);
	}
	pthread_mutex_unlock(&shard->lock);
	if (der_len) {
		sess = d2i_SSL_SESSION(NULL, &p, der_len);
		OPENSSL_cleanse(der, der_len);
	}
	return sess;
}

/**
 * sesscache_remove - forget a session, if it is known
 * @id: session id
 * @len: bytes of it
 *
 * Context: any thread.
 */
void sesscache_remove(const unsigned char *id, unsigned int len)
{
	struct sesscache_shard *shard;
	struct sesscache_entry **pos;
	unsigned int bucket;

	shard = sesscache_shard(id, len, &bucket);
	if (!shard)
		return;
	pthread_mutex_lock(&shard->lock);
	pos = sesscache_find_locked(shard, bucket, id, len);
	if (pos)
		sesscache_drop_locked(shard, pos);
	pthread_mutex_unlock(&shard->lock);
}

/**
 * sesscache_count - how many sessions are kept
 *
 * Context: any thread.
 * Return: their number.
 */
unsigned int sesscache_count(void)
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < SESSCACHE_SHARDS; i++) {
		pthread_mutex_lock(&sesscache[i].lock);
		n += sesscache[i].n;
		pthread_mutex_unlock(&sesscache[i].lock);
	}
	return n;
}

/* OpenSSL calls these for TLS 1.3 too, whose sessions live in tickets. */
static int sesscache_new_cb(SSL *ssl, SSL_SESSION *sess)
{
	if (SSL_SESSION_get_protocol_version(sess) < TLS1_3_VERSION)
		sesscache_add(sess, log_now_ms());
	return 0;
}

static SSL_SESSION *sesscache_get_cb(SSL *ssl, const unsigned char *id,
				     int len, int *copy)
{
	*copy = 0;
	return sesscache_get(id, len, log_now_ms());
}

static void sesscache_remove_cb(SSL_CTX *ctx, SSL_SESSION *sess)
{
	const unsigned char *id;
	unsigned int len;

	id = SSL_SESSION_get_id(sess, &len);
	sesscache_remove(id, len);
}

/**
 * sesscache_setup - let an SSL_CTX use the table
 * @ctx: context
 */
void sesscache_setup(SSL_CTX *ctx)
{
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER |
					    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, sesscache_new_cb);
	SSL_CTX_sess_set_get_cb(ctx, sesscache_get_cb);
	SSL_CTX_sess_set_remove_cb(ctx, sesscache_remove_cb);
}
