/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of many checks each, one KTAP point a case, with the first check that
 * did not hold.
 */
#ifndef SELFTESTS_HTTP_CHECK_H
#define SELFTESTS_HTTP_CHECK_H

#include <stddef.h>
#include <stdio.h>

struct check_case {
	const char *name;
	void (*run)(void);
};

/* What did not hold in this case. */
static const char *check_broken;

#define CHECK(x) do {					\
	if (!(x) && !check_broken)			\
		check_broken = #x;			\
} while (0)

/* Runs @n cases; returns the exit status. */
static inline int check_all(const struct check_case *cases, size_t n)
{
	int failed = 0;
	size_t i;

	printf("KTAP version 1\n1..%zu\n", n);
	for (i = 0; i < n; i++) {
		check_broken = NULL;
		cases[i].run();
		if (check_broken)
			printf("# not so: %s\n", check_broken);
		printf("%s %zu %s\n", check_broken ? "not ok" : "ok", i + 1,
		       cases[i].name);
		failed |= !!check_broken;
	}
	return failed;
}

#endif
