// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: what each reason is answered with and called.
 */
#include "http_priv.h"
#include "http_reasons.h"

#define TLSVIP_HTTP_REASON(X, id, word, reason, answer, class, doc) \
	[TLSVIP_HTTP_R_##id] = { answer, reason },

static const struct {
	u16 status;
	const char *name;
} tlsvip_http_reasons[TLSVIP_HTTP_R_COUNT] = {
	[TLSVIP_HTTP_R_NONE] = { 0, "none" },
	TLSVIP_HTTP_REASONS(TLSVIP_HTTP_REASON, 0)
};

#define TLSVIP_HTTP_ROW(X, id, word, reason, answer, class, doc) \
	TLSVIP_HTTP_ROW_##id,

enum {
	TLSVIP_HTTP_ROW_NONE,
	TLSVIP_HTTP_REASONS(TLSVIP_HTTP_ROW, 0)
	TLSVIP_HTTP_ROWS,
};

/* One that was forgotten in the table would have no name and no counter. */
static_assert((int)TLSVIP_HTTP_ROWS == (int)TLSVIP_HTTP_R_COUNT,
	      "every reason has a row in http_reasons.h");

/**
 * tlsvip_http_reason_status() - how a refused request is answered
 * @reason: why it was refused
 *
 * A response is not replaced by another one, of which a part has gone out
 * already; its own reasons give 502.
 *
 * Context: Any.
 * Return: a status code: 400, 405, 408, 413, 414, 417, 431, 501, 502 or 505;
 * 400 for a value that is no reason.
 */
u32 tlsvip_http_reason_status(enum tlsvip_http_reason reason)
{
	if (reason <= TLSVIP_HTTP_R_NONE || reason >= TLSVIP_HTTP_R_COUNT)
		return 400;
	return tlsvip_http_reasons[reason].status;
}

/**
 * tlsvip_http_reason_name() - what a reason is called in counters and logs
 * @reason: why a request or response was refused
 *
 * Context: Any.
 * Return: a name in lower case with dashes; "unknown" if it is no reason.
 */
const char *tlsvip_http_reason_name(enum tlsvip_http_reason reason)
{
	if ((u32)reason >= TLSVIP_HTTP_R_COUNT)
		return "unknown";
	return tlsvip_http_reasons[reason].name;
}
