/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trustpoints in use: what was read from the PKI store, kept as long as its
 * files stay what they were. Reading and checking the files is userspace/pki.
 */
#ifndef TLSVIPD_STORE_H
#define TLSVIPD_STORE_H

#include <stdatomic.h>
#include <time.h>

#include <openssl/ssl.h>

#include "log.h"
#include "pki/pki.h"

#define STORE_FILES	4	/* the folder, cert.pem, chain.pem, key.pem */

/**
 * struct store_stamp - what one of the files looked like
 * @dev: device, 0 if there was no file
 * @ino: inode
 * @size: length
 * @mtime: last change of the content
 * @ctime: last change of anything
 */
struct store_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	struct timespec ctime;
};

/**
 * struct trust - one state of a trustpoint, immutable
 * @refs: store 1, each handshake 1, each look-up for as long as it takes
 * @name: its name
 * @ctx: context that handshakes use; without certificate if @usable is not set
 * @usable: key and certificate are there and fit
 * @why: the trustpoint's name and why it is not usable
 * @stamps: the files it was read from
 * @limit: for messages about it
 */
struct trust {
	atomic_uint refs;
	char name[PKI_NAME_LEN + 1];
	SSL_CTX *ctx;
	bool usable;
	char why[PKI_ERR_LEN];
	struct store_stamp stamps[STORE_FILES];
	struct log_limit limit;
};

int store_init(const char *dir);
void store_exit(void);
void store_reload(void);
struct trust *store_get(const char *name);
void store_put(struct trust *trust);

#endif /* TLSVIPD_STORE_H */
