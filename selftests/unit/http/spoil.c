// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random inputs. See spoil.h.
 */
#include <stdio.h>
#include "spoil.h"

static u64 state = 1;

void spoil_seed(u64 seed)
{
	state = seed;
}

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

void spoil_show(const struct spoil_input *in)
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
