// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Resumption: one set of ticket keys for the whole process, so that any worker
 * and any later SSL_CTX of a certificate can open a ticket. It does not share
 * keys with other machines.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "sesscache.h"
#include "session.h"

/* A ticket must be readable for its lifetime after the last use of its key. */
#define SESSION_ROTATE	3600
#define SESSION_KEYS	(1 + (SESSION_LIFETIME + SESSION_ROTATE - 1) / \
			 SESSION_ROTATE)
/* RFC 5705 wants names of its own for what is not in the IANA registry. */
#define SESSION_LABEL	"EXPERIMENTAL-tlsvip-session-id"

/**
 * struct session_key - one generation of ticket keys
 * @name: how a ticket names it, random
 * @aes: encrypts tickets
 * @mac: authenticates them
 * @born: when, seconds of the monotonic clock
 */
struct session_key {
	unsigned char name[16];
	unsigned char aes[32];
	unsigned char mac[32];
	time_t born;
};

/**
 * struct session_mark - what every ticket of a session carries
 * @id: identity of the session, see session_identity()
 * @born: when its full handshake was, seconds of the monotonic clock
 */
struct session_mark {
	uint8_t id[SESSION_ID_LEN];
	int64_t born;
};

/**
 * struct session_keys - the ticket keys of the process, in the secure heap
 * @key: newest first
 * @n: how many there are
 */
struct session_keys {
	struct session_key key[SESSION_KEYS];
	unsigned int n;
};

static pthread_rwlock_t session_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct session_keys *session_keys; /* what it holds: session_lock */
static EVP_CIPHER *session_cipher;

static time_t session_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* A new first key; the oldest is forgotten. session_lock is held for writing */
static int session_rotate_locked(time_t now)
{
	struct session_key fresh = { .born = now };

	if (RAND_bytes(fresh.name, sizeof(fresh.name)) != 1 ||
	    RAND_priv_bytes(fresh.aes, sizeof(fresh.aes)) != 1 ||
	    RAND_priv_bytes(fresh.mac, sizeof(fresh.mac)) != 1) {
		OPENSSL_cleanse(&fresh, sizeof(fresh));
		return -EIO;
	}
	memmove(&session_keys->key[1], &session_keys->key[0],
		sizeof(session_keys->key[0]) * (SESSION_KEYS - 1));
	session_keys->key[0] = fresh;
	if (session_keys->n < SESSION_KEYS)
		session_keys->n++;
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	return 0;
}

/**
 * session_init - make the first ticket key
 *
 * Context: before the first thread is started.
 * Return: 0, or a negative errno.
 */
int session_init(void)
{
	int err;

	session_cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	session_keys = OPENSSL_secure_zalloc(sizeof(*session_keys));
	if (!session_cipher || !session_keys) {
		session_exit();
		return -ENOMEM;
	}
	err = session_rotate_locked(session_now());
	if (!err)
		err = sesscache_init();
	if (err)
		session_exit();
	return err;
}

/**
 * session_exit - forget ticket keys and sessions
 *
 * Context: after the last thread has ended; may be called twice.
 */
void session_exit(void)
{
	sesscache_exit();
	OPENSSL_secure_clear_free(session_keys, sizeof(*session_keys));
	session_keys = NULL;
	EVP_CIPHER_free(session_cipher);
	session_cipher = NULL;
}

static int session_key_init(const struct session_key *key, unsigned char *iv,
			    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
						  (void *)key->mac,
						  sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)"SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_CipherInit_ex2(cipher, session_cipher, key->aes, iv, enc,
				  NULL) == 1 &&
	       EVP_MAC_CTX_set_params(mac, params) == 1;
}

static void session_rotate_if_due(void)
{
	time_t now = session_now();

	pthread_rwlock_rdlock(&session_lock);
	if (now - session_keys->key[0].born < SESSION_ROTATE) {
		pthread_rwlock_unlock(&session_lock);
		return;
	}
	pthread_rwlock_unlock(&session_lock);
	pthread_rwlock_wrlock(&session_lock);
	/* If there is no randomness now, the old key serves a bit longer. */
	if (now - session_keys->key[0].born >= SESSION_ROTATE)
		session_rotate_locked(now);
	pthread_rwlock_unlock(&session_lock);
}

static int session_ticket_seal(unsigned char *name, unsigned char *iv,
			       EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	int ok;

	if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(session_cipher)) != 1)
		return -1;
	session_rotate_if_due();
	pthread_rwlock_rdlock(&session_lock);
	memcpy(name, session_keys->key[0].name,
	       sizeof(session_keys->key[0].name));
	ok = session_key_init(&session_keys->key[0], iv, cipher, mac, 1);
	pthread_rwlock_unlock(&session_lock);
	return ok ? 1 : -1;
}

static int session_ticket_open(const unsigned char *name, unsigned char *iv,
			       EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const struct session_key *key;
	int ret = 0;
	unsigned int i;

	pthread_rwlock_rdlock(&session_lock);
	for (i = 0; i < session_keys->n && !ret; i++) {
		key = &session_keys->key[i];
		if (memcmp(name, key->name, sizeof(key->name)))
			continue;
		if (!session_key_init(key, iv, cipher, mac, 0))
			ret = -1;
		else
			ret = i ? 2 : 1; /* 2: and send a new ticket */
	}
	pthread_rwlock_unlock(&session_lock);
	return ret;
}

static int session_ticket_key_cb(SSL *ssl, unsigned char *name,
				 unsigned char *iv, EVP_CIPHER_CTX *cipher,
				 EVP_MAC_CTX *mac, int enc)
{
	return enc ? session_ticket_seal(name, iv, cipher, mac) :
		     session_ticket_open(name, iv, cipher, mac);
}

static bool session_mark_get(SSL_SESSION *sess, struct session_mark *mark)
{
	void *data;
	size_t len;

	if (!SSL_SESSION_get0_ticket_appdata(sess, &data, &len) ||
	    len != sizeof(*mark))
		return false;
	memcpy(mark, data, sizeof(*mark));
	return true;
}

/*
 * A ticket carries the identity of its session, because the session id that
 * OpenSSL has is new with every TLS 1.3 ticket, and is the client's own choice
 * when it resumes with a TLS 1.2 ticket. It carries the time of the full
 * handshake, because OpenSSL's time of a TLS 1.3 session is that of its latest
 * ticket, and a client that comes often enough could resume for ever.
 */
static int session_ticket_gen_cb(SSL *ssl, void *arg)
{
	SSL_SESSION *sess = SSL_get_session(ssl);
	struct session_mark mark = { 0 };
	const unsigned char *id;
	unsigned int len;

	if (session_mark_get(sess, &mark))
		return 1;
	mark.born = session_now();
	id = SSL_SESSION_get_id(sess, &len);
	/*
	 * Resumed by the session id of TLS 1.2, by a client that takes a ticket
	 * from now on. OpenSSL knows how old that session is.
	 */
	if (SSL_session_reused(ssl) && len == sizeof(mark.id))
		memcpy(mark.id, id, len);
	else if (RAND_bytes(mark.id, sizeof(mark.id)) != 1)
		return 0;
	return SSL_SESSION_set1_ticket_appdata(sess, &mark, sizeof(mark));
}

static SSL_TICKET_RETURN session_ticket_dec_cb(SSL *ssl, SSL_SESSION *sess,
					       const unsigned char *name,
					       size_t name_len,
					       SSL_TICKET_STATUS status,
					       void *arg)
{
	struct session_mark mark;

	switch (status) {
	case SSL_TICKET_SUCCESS:
	case SSL_TICKET_SUCCESS_RENEW:
		if (!session_mark_get(sess, &mark) ||
		    session_now() - mark.born >= SESSION_LIFETIME)
			return SSL_TICKET_RETURN_IGNORE_RENEW;
		/* A client of TLS 1.3 uses a ticket once (RFC 8446 C.4). */
		return status == SSL_TICKET_SUCCESS &&
		       SSL_version(ssl) < TLS1_3_VERSION ?
			SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
	default:
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	}
}

/**
 * session_setup - let an SSL_CTX resume sessions
 * @ctx: context
 *
 * Return: 0, or -ENOMEM.
 */
int session_setup(SSL_CTX *ctx)
{
	SSL_CTX_set_timeout(ctx, SESSION_LIFETIME);
	if (!SSL_CTX_set_num_tickets(ctx, 2) ||
	    !SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx,
						  session_ticket_key_cb) ||
	    !SSL_CTX_set_session_ticket_cb(ctx, session_ticket_gen_cb,
					   session_ticket_dec_cb, NULL))
		return -ENOMEM;
	sesscache_setup(ctx);
	return 0;
}

/**
 * session_bind - say what a session is for
 * @ssl: connection, before its handshake; it has its certificate, if any
 * @context: name of the context
 * @service: name of the service
 * @trustpoint: name of the key and certificate
 *
 * A session or ticket of another service, or made with another certificate, is
 * not resumed: OpenSSL compares this digest with the one that the session was
 * made with, and goes on with a full handshake where they differ. So whoever
 * replaces a certificate, because its key was lost perhaps, has no client that
 * goes on with the old one.
 *
 * Return: 0, or -EIO.
 */
int session_bind(SSL *ssl, const char *context, const char *service,
		 const char *trustpoint)
{
	unsigned char digest[SSL_MAX_SID_CTX_LENGTH];
	char text[3 * 64 + 16 + EVP_MAX_MD_SIZE];
	X509 *cert = SSL_get_certificate(ssl);
	unsigned int cert_len = 0;
	size_t len = 0, dlen;

	/* Names have no NUL, so the terminators keep them apart. */
	len += strlen(strcpy(text + len, "tlsvip-2")) + 1;
	len += strlen(strcpy(text + len, context)) + 1;
	len += strlen(strcpy(text + len, service)) + 1;
	len += strlen(strcpy(text + len, trustpoint)) + 1;
	if (cert && !X509_digest(cert, EVP_sha256(),
				 (unsigned char *)text + len, &cert_len))
		return -EIO;
	len += cert_len;
	if (!EVP_Q_digest(NULL, "SHA256", NULL, text, len, digest, &dlen) ||
	    !SSL_set_session_id_context(ssl, digest, dlen))
		return -EIO;
	return 0;
}

/**
 * session_identity - the identifier of a connection's session
 * @ssl: connection, after its handshake
 * @id: filled in
 * @len: set to the bytes of it
 *
 * The same on every connection that resumes the session: what its ticket
 * carries, else the session id of TLS 1.2. A client that took neither ticket
 * nor id cannot resume; its identifier is derived from the session's secret.
 *
 * Return: 0, or -EIO.
 */
int session_identity(SSL *ssl, uint8_t id[SESSION_ID_LEN], size_t *len)
{
	SSL_SESSION *sess = SSL_get_session(ssl);
	const unsigned char *own;
	struct session_mark mark;
	unsigned int own_len;

	if (session_mark_get(sess, &mark)) {
		memcpy(id, mark.id, sizeof(mark.id));
		*len = sizeof(mark.id);
		return 0;
	}
	own = SSL_SESSION_get_id(sess, &own_len);
	if (SSL_version(ssl) < TLS1_3_VERSION && own_len &&
	    own_len <= SESSION_ID_LEN) {
		memcpy(id, own, own_len);
		*len = own_len;
		return 0;
	}
	*len = SESSION_ID_LEN;
	return SSL_export_keying_material(ssl, id, SESSION_ID_LEN,
					  SESSION_LABEL, strlen(SESSION_LABEL),
					  NULL, 0, 0) == 1 ? 0 : -EIO;
}
