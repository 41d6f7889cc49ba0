// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts requests that were refused, by reason and by the class of reasons, as
 * http_reasons.h has them. Who refuses them is edit.c.
 */
#include "tlsvip.h"

/**
 * struct tlsvip_reject_counters - what a refused request is counted as
 * @reason: counter of the reason, 0 if requests are not refused for it
 * @class: counter of its class
 */
struct tlsvip_reject_counters {
	u16 reason;
	u16 class;
};

#define TLSVIP_REJECT_COUNTERS(X, id, word, name, status, kind, doc) \
	[TLSVIP_HTTP_R_##id] = { \
		.reason = TLSVIP_C_reject_##word, \
		.class = TLSVIP_C_hdr_rejected_##kind, \
	},

static const struct tlsvip_reject_counters
tlsvip_reject_table[TLSVIP_HTTP_R_COUNT] = {
	TLSVIP_HTTP_REQUEST_REASONS(TLSVIP_REJECT_COUNTERS, 0)
};

/* The engine's numbers are those that netlink tells. */
#define TLSVIP_REJECT_SAME(X, id, word, name, status, class, doc) \
	static_assert((int)TLSVIP_HTTP_R_##id == TLSVIP_HTTP_REASON_##id);

TLSVIP_HTTP_REASONS(TLSVIP_REJECT_SAME, 0)

/**
 * tlsvip_reject_count - count a refused request
 * @c: counters of its service
 * @reason: why it was refused
 *
 * Context: any.
 */
void tlsvip_reject_count(struct tlsvip_counters *c,
			 enum tlsvip_http_reason reason)
{
	const struct tlsvip_reject_counters *r = &tlsvip_reject_table[reason];

	/* One that only responses have. */
	if (!r->reason)
		r = &tlsvip_reject_table[TLSVIP_HTTP_R_NOT_READY];
	tlsvip_count(c, TLSVIP_C_hdr_rejected);
	tlsvip_count_shared(c, r->class);
	tlsvip_count_shared(c, r->reason);
}
