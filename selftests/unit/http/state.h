/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an engine stands, which nobody but its tests asks. */
#ifndef SELFTESTS_HTTP_STATE_H
#define SELFTESTS_HTTP_STATE_H

#include "http_priv.h"

/* From a head's end to the end of its body and trailers. */
static inline bool state_in_body(const struct tlsvip_http_req *r)
{
	if (r->state == TLSVIP_HTTP_S_NONE || r->state > TLSVIP_HTTP_S_BODY)
		return false;
	return r->state >= TLSVIP_HTTP_S_SIZE ||
	       r->flags & TLSVIP_HTTP_F_TRAILER;
}

/* Has a final answer begun that has not ended? */
static inline bool state_in_final(const struct tlsvip_http_rsp *rsp)
{
	return rsp->begun != rsp->ended;
}

#endif
