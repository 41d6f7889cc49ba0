// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What this appliance wants of OpenSSL: contexts that only negotiate what
 * kernel TLS carries in both directions, and why a handshake failed. It reads
 * no files and runs no handshake.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <linux/tlsvip.h>

#include "pki/pki.h"
#include "session.h"
#include "tls.h"

/* AEAD suites that the kernel has for sending and receiving alike. */
#define TLS_CIPHERS_12 \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:" \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define TLS_CIPHERS_13 \
	"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:" \
	"TLS_AES_128_GCM_SHA256"

/* The relay speaks HTTP/1.1 and no other protocol that has a name here. */
static const unsigned char tls_alpn[] = "\x08http/1.1";

static int tls_alpn_cb(SSL *ssl, const unsigned char **out,
		       unsigned char *outlen, const unsigned char *in,
		       unsigned int inlen, void *arg)
{
	unsigned char *chosen;

	if (SSL_select_next_proto(&chosen, outlen, tls_alpn,
				  sizeof(tls_alpn) - 1, in, inlen) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Ends the handshake with internal_error, whatever the client offers. */
static int tls_no_cert_cb(SSL *ssl, void *arg)
{
	return 0;
}

static void tls_info_cb(const SSL *ssl, int where, int ret)
{
	struct tls_watch *watch = SSL_get_app_data(ssl);

	/* The first fatal one is the cause; @ret is level << 8 | alert. */
	if ((where & SSL_CB_ALERT) && ret >> 8 == SSL3_AL_FATAL &&
	    watch && !watch->alert)
		watch->alert = ret & 0xff;
}

/**
 * tls_server_name - the name in a server_name extension
 * @ext: content of the extension
 * @len: bytes of it
 * @name: filled in; TLS_SERVER_NAME_LEN + 1 bytes
 *
 * RFC 6066 3: a list of names, at most one of each type, and there is no type
 * but that of a host.
 *
 * Return: 0, or the alert that a client deserves for it.
 */
uint8_t tls_server_name(const unsigned char *ext, size_t len, char *name)
{
	size_t name_len;

	if (len < 5 || (ext[0] << 8 | ext[1]) != len - 2 ||
	    ext[2] != TLSEXT_NAMETYPE_host_name)
		return SSL_AD_DECODE_ERROR;
	name_len = ext[3] << 8 | ext[4];
	if (!name_len || name_len != len - 5)
		return SSL_AD_DECODE_ERROR;
	if (name_len > TLS_SERVER_NAME_LEN || memchr(ext + 5, 0, name_len))
		return SSL_AD_UNRECOGNIZED_NAME;
	memcpy(name, ext + 5, name_len);
	name[name_len] = '\0';
	return 0;
}

/*
 * Of a resumed session of TLS 1.2 OpenSSL tells the name that is kept with it,
 * which is none here, not the one that the client asks for now.
 */
static int tls_client_hello_cb(SSL *ssl, int *alert, void *arg)
{
	struct tls_watch *watch = SSL_get_app_data(ssl);
	const unsigned char *ext;
	size_t len;

	if (!watch)
		return SSL_CLIENT_HELLO_SUCCESS;
	watch->server_name[0] = '\0';
	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext,
				       &len))
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = tls_server_name(ext, len, watch->server_name);
	if (!*alert)
		return SSL_CLIENT_HELLO_SUCCESS;
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_EXTENSION);
	return SSL_CLIENT_HELLO_ERROR;
}

/**
 * tls_error_text - say what OpenSSL's error queue holds, and empty it
 * @text: filled in
 * @size: bytes at @text
 */
void tls_error_text(char *text, size_t size)
{
	unsigned long e = ERR_get_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;

	snprintf(text, size, "%s", reason ? reason : "unknown TLS error");
	ERR_clear_error();
}

static int tls_ctx_options(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS |
				 SSL_OP_NO_RENEGOTIATION |
				 SSL_OP_NO_COMPRESSION);
	/* What is behind the last handshake record stays in the socket. */
	SSL_CTX_set_read_ahead(ctx, 0);
	/* The chain is the trustpoint's, not what a CA store makes of it. */
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN |
			      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(ctx, tls_alpn_cb, NULL);
	SSL_CTX_set_info_callback(ctx, tls_info_cb);
	SSL_CTX_set_client_hello_cb(ctx, tls_client_hello_cb, NULL);
	if (!SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
	    !SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) ||
	    !SSL_CTX_set_cipher_list(ctx, TLS_CIPHERS_12) ||
	    !SSL_CTX_set_ciphersuites(ctx, TLS_CIPHERS_13))
		return -EIO;
	return 0;
}

/*
 * OpenSSL asks for a certificate only where it needs one: a client that could
 * resume a session here would be served without any.
 */
static void tls_ctx_refuse(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_cert_cb(ctx, tls_no_cert_cb, NULL);
}

/**
 * tls_ctx_new - make the context of a trustpoint
 * @tp: key and certificate; the caller keeps it. NULL makes a context without:
 *	its handshakes all end in a proper alert, and it resumes nothing
 * @err: filled in on failure
 * @errlen: bytes at @err
 *
 * Context: any thread.
 * Return: a context, to be freed with SSL_CTX_free(), or NULL.
 */
SSL_CTX *tls_ctx_new(const struct pki_trustpoint *tp, char *err, size_t errlen)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx || tls_ctx_options(ctx))
		goto err_text;
	if (!tp)
		tls_ctx_refuse(ctx);
	else if (!SSL_CTX_use_cert_and_key(ctx, tp->cert, tp->key, tp->chain,
					   1) ||
		 session_setup(ctx))
		goto err_text;
	return ctx;

err_text:
	tls_error_text(err, errlen);
	SSL_CTX_free(ctx);
	return NULL;
}

/**
 * tls_watch - remember what is seen of a handshake
 * @ssl: connection, before its handshake
 * @watch: filled in as it goes on; zero so far, must outlive @ssl
 */
void tls_watch(SSL *ssl, struct tls_watch *watch)
{
	SSL_set_app_data(ssl, watch);
}

/**
 * tls_failure - why did a handshake fail?
 * @ssl_error: what SSL_get_error() said
 * @sys_error: errno at that time
 * @reason: filled in
 * @size: bytes at @reason
 *
 * Context: right after the failure, in its thread; empties the error queue.
 * Return: TLSVIP_VERDICT_REFUSED if peer and kernel TLS have no version or
 * suite in common, else TLSVIP_VERDICT_FAILED.
 */
uint32_t tls_failure(int ssl_error, int sys_error, char *reason, size_t size)
{
	unsigned long e = ERR_peek_error();

	if (!e) {
		snprintf(reason, size, "%s", ssl_error == SSL_ERROR_SYSCALL &&
			 sys_error ? strerror(sys_error) :
				     "the peer ended the connection");
		return TLSVIP_VERDICT_FAILED;
	}
	tls_error_text(reason, size);
	if (ERR_GET_LIB(e) != ERR_LIB_SSL)
		return TLSVIP_VERDICT_FAILED;
	switch (ERR_GET_REASON(e)) {
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_UNSUPPORTED_SSL_VERSION:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_NO_PROTOCOLS_AVAILABLE:
		return TLSVIP_VERDICT_REFUSED;
	default:
		return TLSVIP_VERDICT_FAILED;
	}
}
