/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives the engine as the relay does, and checks its promises on the way.
 */
#ifndef SELFTESTS_HTTP_DRIVE_H
#define SELFTESTS_HTTP_DRIVE_H

#include "ref.h"

/* What the engine did with an input. */
struct drive_result {
	enum tlsvip_http_reason reason;
	bool idle;
	u32 started, completed, spoofed, upgrades;
	u64 stray;
	u8 *out;
	size_t out_len;
	size_t out_size;
	size_t consumed;	/* bytes eaten */
	const char *broken;	/* a promise that was not kept */
};

/* Where to cut: the pieces end at cuts[0], cuts[1], ... and the input's end. */
struct drive_plan {
	const size_t *cuts;
	size_t n_cuts;
	size_t step;		/* and every step bytes, if not 0 */
	u32 max;		/* room for edits */
	bool pieces;		/* tell of each piece, as if it were a record */
};

const u8 *drive_guarded(const u8 *p, size_t *len);
int drive_cfg(struct tlsvip_http_cfg *to, const struct ref_cfg *from);
void drive_run(const struct tlsvip_http_cfg *cfg, bool switched,
	       const struct drive_plan *plan, const u8 *in, size_t len,
	       const char *block, struct drive_result *res);
void drive_free(struct drive_result *res);
bool drive_same(const struct drive_result *a, const struct drive_result *b);
const char *drive_against_ref(const struct ref_cfg *cfg,
			      const struct drive_result *d,
			      const struct ref_result *r);

#endif
