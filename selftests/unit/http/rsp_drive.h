/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives the response engine as the relay does, and checks its promises on
 * the way. Where to cut is said as for requests, in drive.h.
 */
#ifndef SELFTESTS_HTTP_RSP_DRIVE_H
#define SELFTESTS_HTTP_RSP_DRIVE_H

#include "drive.h"
#include "rewrite.h"
#include "rsp_ref.h"

/* An engine's settings, made of those for the reference. */
struct rsp_drive_cfg {
	const struct rsp_ref_cfg *from;
	struct tlsvip_http_limits limits;
	struct tlsvip_rewrite_cfg rewrite;
};

/* What the engine did with an input. */
struct rsp_drive_result {
	enum tlsvip_http_reason reason;
	bool idle, until_close, switched, unasked, clean;
	u32 begun, completed, rewritten, missed;
	u8 *out;
	size_t out_len, out_size;
	size_t consumed;	/* bytes eaten */
	const char *broken;	/* a promise that was not kept */
};

int rsp_drive_cfg(struct rsp_drive_cfg *to, const struct rsp_ref_cfg *from);
void rsp_drive_run(const struct rsp_drive_cfg *cfg,
		   const struct drive_plan *plan, bool skip, const u8 *in,
		   size_t len, struct rsp_drive_result *res);
bool rsp_drive_same(const struct rsp_drive_result *a,
		    const struct rsp_drive_result *b);
const char *rsp_drive_against_ref(const struct rsp_ref_cfg *cfg,
				  const struct rsp_drive_result *d,
				  const struct rsp_ref_result *r,
				  const u8 *in, size_t len);

#endif
