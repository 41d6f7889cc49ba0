/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates made on the spot and TLS clients for unit programs.
 */
#ifndef UNIT_PEER_H
#define UNIT_PEER_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "pki/pki.h"

struct pki_trustpoint *peer_trustpoint(bool rsa);
bool peer_write(const struct pki_trustpoint *tp, const char *dir);
SSL_CTX *peer_ctx(int version);
bool peer_shake(SSL *client, SSL *server);
void peer_join(SSL *client, SSL *server);

#endif /* UNIT_PEER_H */
