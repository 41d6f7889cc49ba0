// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target for the HTTP engine, with the reference parser as oracle.
 * Its seeds are written by "http -seeds DIR" from selftests/corpus/http.
 *
 * SOURCES: kernel/http*.c kernel/rewrite.c selftests/unit/http/[a-z]*.c
 */
#include <stdio.h>
#include <stdlib.h>
#include "selftests/unit/http/corpus.h"
#include "selftests/unit/http/oracle.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

static void write_seed(const char *dir, size_t i, const struct corpus_case *c)
{
	u8 header[ORACLE_HEADER] = { c->cfg.switched | c->cfg.spoof_reject << 1 };
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%04zu", dir, i);
	f = fopen(path, "w");
	if (!f || fwrite(header, 1, sizeof(header), f) != sizeof(header) ||
	    fwrite(c->in, 1, c->in_len, f) != c->in_len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct corpus corpus;
	size_t i;

	if (*argc != 3 || strcmp((*argv)[1], "-seeds"))
		return 0;
	corpus_read(&corpus, "selftests/corpus/http");
	for (i = 0; i < corpus.n; i++)
		write_seed((*argv)[2], i, &corpus.cases[i]);
	corpus_free(&corpus);
	exit(0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	const char *what = oracle_check(data, len);

	if (what) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
	return 0;
}
