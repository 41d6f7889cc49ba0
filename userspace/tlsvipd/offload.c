// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hand-over of a finished handshake to kernel TLS: did the kernel take the
 * keys, and what has OpenSSL decrypted before it did. The verdict itself is
 * made by handshake.c.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/tls.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "offload.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define OFFLOAD_RECORD_ALERT	21

/**
 * offload_prepare - make a socket ready for kernel TLS
 * @fd: the socket, before its handshake
 *
 * Only an established socket can become one of kernel TLS. A client that ends
 * its stream right behind its request has left that state by the time at which
 * OpenSSL has the keys and would ask for it. A failure shows there.
 */
void offload_prepare(int fd)
{
	setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls"));
}

/**
 * offload_taken - does the kernel encrypt and decrypt?
 * @ssl: connection, after its handshake
 *
 * Return: true if it does both.
 */
bool offload_taken(SSL *ssl)
{
	return BIO_get_ktls_send(SSL_get_wbio(ssl)) &&
	       BIO_get_ktls_recv(SSL_get_rbio(ssl));
}

/**
 * offload_leftover - take what OpenSSL has read ahead of the keys
 * @ssl: connection, after its handshake
 * @buf: where to
 * @size: bytes at @buf
 * @len: set to how many there were, mostly 0
 *
 * Return: 0, -EMSGSIZE if there was more than fits, -EPROTO if it could not be
 * read as application bytes.
 */
int offload_leftover(SSL *ssl, unsigned char *buf, size_t size, size_t *len)
{
	size_t n;

	*len = 0;
	while (SSL_has_pending(ssl)) {
		if (*len == size)
			return -EMSGSIZE;
		if (SSL_read_ex(ssl, buf + *len, size - *len, &n)) {
			*len += n;
			continue;
		}
		/* What was pending need not be a whole record. */
		if (SSL_get_error(ssl, 0) != SSL_ERROR_WANT_READ ||
		    SSL_has_pending(ssl)) {
			ERR_clear_error();
			return -EPROTO;
		}
	}
	return 0;
}

static int offload_send_alert(int fd, unsigned char alert)
{
	unsigned char record[2] = { SSL3_AL_FATAL, alert };
	union {
		char buf[CMSG_SPACE(sizeof(unsigned char))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = record, .iov_len = sizeof(record) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(sizeof(unsigned char));
	*CMSG_DATA(cmsg) = OFFLOAD_RECORD_ALERT;
	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/**
 * offload_abort - tell the peer that its finished handshake leads nowhere
 * @ssl: connection, after its handshake
 * @fd: its socket
 *
 * A fatal alert if the kernel has the sending keys. If OpenSSL has them, it
 * offers nothing but close_notify.
 *
 * Return: the alert that was sent, or 0.
 */
unsigned char offload_abort(SSL *ssl, int fd)
{
	if (BIO_get_ktls_send(SSL_get_wbio(ssl)))
		return offload_send_alert(fd, SSL_AD_INTERNAL_ERROR) ? 0 :
		       SSL_AD_INTERNAL_ERROR;
	SSL_shutdown(ssl);
	ERR_clear_error();
	return 0;
}
