/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads selftests/corpus/http and response: cases with what must come of them.
 * The format is described in README of either.
 */
#ifndef SELFTESTS_HTTP_CORPUS_H
#define SELFTESTS_HTTP_CORPUS_H

#include "ref.h"
#include "rsp_ref.h"

/* What the corpus inserts where it says so. */
#define CORPUS_BLOCK "X-Block: 1\r\n"

/* Most settings that are refused, of a case. */
#define CORPUS_BAD_MAX 64

/* A setting that must be refused. */
struct corpus_bad {
	enum { BAD_NAME, BAD_PREFIX, BAD_RULE } kind;
	char *text;
};

/* One case, and all it points to. */
struct corpus_case {
	char *file;
	char *name;
	struct ref_cfg cfg;	/* of requests */
	struct rsp_ref_cfg rsp;	/* of responses */
	u8 *in, *out;
	size_t in_len, out_len;
	enum tlsvip_http_reason reason;
	bool open;		/* the input ends within a message */
	bool until_close;	/* ... that has no other end */
	bool unasked;
	int upgrades, spoofed, stray, requests;	/* -1: not said */
	int responses, rewritten, missed;
	u32 pieces;		/* one-byte records of the first head; 0: not said */
	struct corpus_bad bad[CORPUS_BAD_MAX];
	u32 n_bad;
	int line;
};

struct corpus {
	struct corpus_case *cases;
	size_t n;
};

void corpus_read(struct corpus *corpus, const char *dir);
void corpus_free(struct corpus *corpus);

#endif
