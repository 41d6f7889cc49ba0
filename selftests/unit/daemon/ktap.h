/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KTAP output for unit programs: a point for each check, the plan at the end.
 * It runs nothing by itself.
 */
#ifndef UNIT_KTAP_H
#define UNIT_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int ktap_points, ktap_failures;

/* One test point. */
__attribute__((format(printf, 2, 3)))
static inline bool ktap_ok(bool ok, const char *fmt, ...)
{
	va_list ap;

	if (!ktap_points)
		puts("KTAP version 1");
	printf("%s %u ", ok ? "ok" : "not ok", ++ktap_points);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	ktap_failures += !ok;
	return ok;
}

/* The plan and the exit status. */
static inline int ktap_end(void)
{
	printf("1..%u\n", ktap_points);
	return ktap_failures ? 1 : 0;
}

#endif /* UNIT_KTAP_H */
