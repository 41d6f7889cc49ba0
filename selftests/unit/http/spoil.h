/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inputs for the random tests: parts put together, and spoilt here and there.
 * The same seed gives the same inputs. spoil_main() is main() of these tests.
 */
#ifndef SELFTESTS_HTTP_SPOIL_H
#define SELFTESTS_HTTP_SPOIL_H

#include "corpus.h"

#define SPOIL_MAX 4096

struct spoil_input {
	u8 v[SPOIL_MAX];
	size_t n;
	size_t keep;		/* first bytes that are never spoilt */
};

/* What is tested with inputs at random. */
struct spoil_test {
	const char *corpus;	/* unless another one is named */
	void (*make)(struct spoil_input *in, const struct corpus *corpus);
	const char *(*check)(const u8 *data, size_t len);
};

u32 spoil_below(u32 n);
void spoil_replace(struct spoil_input *in, size_t from, size_t to,
		   const void *p, size_t len);
void spoil(struct spoil_input *in, const char *const *words, u32 n);
int spoil_main(const struct spoil_test *test, int argc, char **argv);

#endif
