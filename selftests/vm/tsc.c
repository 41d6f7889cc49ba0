// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints the frequency of this machine's time stamp counter in kHz, measured
 * against CLOCK_MONOTONIC. It is not part of the product.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES	1000
#define SPAN	500000000	/* nanoseconds */

struct moment {
	uint64_t tsc;
	uint64_t ns;
};

/* Both clocks at once: of many tries the one that was disturbed least. */
static struct moment now(void)
{
	uint64_t best = UINT64_MAX, before, after;
	struct moment got = { 0 };
	struct timespec ts;
	int i;

	for (i = 0; i < TRIES; i++) {
		before = __rdtsc();
		clock_gettime(CLOCK_MONOTONIC, &ts);
		after = __rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		got.tsc = before + best / 2;
		got.ns = (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	}
	return got;
}

int main(void)
{
	struct moment begin = now(), end;

	do
		end = now();
	while (end.ns - begin.ns < SPAN);
	printf("%.0f\n", (double)(end.tsc - begin.tsc) * 1e6 /
			 (double)(end.ns - begin.ns));
	return 0;
}
