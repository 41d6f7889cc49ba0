// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random inputs. See spoil.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include "spoil.h"

static u64 state = 1;

u32 spoil_below(u32 n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % n;
}

void spoil_replace(struct spoil_input *in, size_t from, size_t to,
		   const void *p, size_t len)
{
	if (in->n - (to - from) + len > SPOIL_MAX)
		return;
	memmove(in->v + from + len, in->v + to, in->n - to);
	memcpy(in->v + from, p, len);
	in->n += len - (to - from);
}

/* One change behind the bytes to keep; an empty word is a NUL. */
void spoil(struct spoil_input *in, const char *const *words, u32 n)
{
	const char *word = words[spoil_below(n)];
	size_t body = in->n - in->keep, at, to;
	u8 c;

	if (!body)
		return;
	at = in->keep + spoil_below(body);
	to = at + spoil_below(8);
	if (to > in->n)
		to = in->n;
	switch (spoil_below(6)) {
	case 0:
		in->v[at] ^= 1 << spoil_below(8);
		break;
	case 1:
		c = spoil_below(256);
		spoil_replace(in, at, at, &c, 1);
		break;
	case 2:
		spoil_replace(in, at, to, "", 0);
		break;
	case 3:
		spoil_replace(in, at, at, word, *word ? strlen(word) : 1);
		break;
	case 4:
		spoil_replace(in, at, to, word, *word ? strlen(word) : 1);
		break;
	default:
		in->v[at] = in->v[in->keep + spoil_below(body)];
		break;
	}
}

static void show(const struct spoil_input *in)
{
	size_t i;

	printf("# input: ");
	for (i = 0; i < in->n; i++)
		if (in->v[i] > ' ' && in->v[i] < 0x7f && in->v[i] != '\\')
			putchar(in->v[i]);
		else
			printf("\\x%02x", in->v[i]);
	putchar('\n');
}

/* Arguments: rounds, seed, corpus. Ends with the first that goes wrong. */
int spoil_main(const struct spoil_test *test, int argc, char **argv)
{
	u32 rounds = argc > 1 ? atoi(argv[1]) : 50000, i;
	static struct spoil_input in;
	struct corpus corpus;
	const char *what = NULL;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	corpus_read(&corpus, argc > 3 ? argv[3] : test->corpus);
	printf("KTAP version 1\n1..1\n");
	for (i = 0; i < rounds && !what; i++) {
		test->make(&in, &corpus);
		what = test->check(in.v, in.n);
	}
	if (what) {
		printf("# round %u: %s\n", i, what);
		show(&in);
	}
	corpus_free(&corpus);
	printf("%s 1 %u random inputs\n", what ? "not ok" : "ok", i);
	return !!what;
}
