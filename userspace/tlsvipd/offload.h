/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hand-over of a finished handshake to kernel TLS. It takes no part in the
 * handshake itself.
 */
#ifndef TLSVIPD_OFFLOAD_H
#define TLSVIPD_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

void offload_prepare(int fd);
bool offload_taken(SSL *ssl);
int offload_leftover(SSL *ssl, unsigned char *buf, size_t size, size_t *len);
unsigned char offload_abort(SSL *ssl, int fd);

#endif /* TLSVIPD_OFFLOAD_H */
