/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second, slow HTTP/1 request parser, to check the engine against.
 *
 * It has the whole input before it, reads one byte at a time, builds lists of
 * fields and decides at the end of a head. It shares no code with kernel/.
 */
#ifndef SELFTESTS_HTTP_REF_H
#define SELFTESTS_HTTP_REF_H

#include "http.h"

/* What to tell an engine: the same things struct tlsvip_http_cfg holds. */
struct ref_cfg {
	u32 head_max, line_max, fields_max, name_max, hold_max;
	u32 ext_max, trailer_max, crlf_max;
	bool spoof_reject;
	const char *names[TLSVIP_HTTP_NAMES_MAX];
	const char *prefixes[TLSVIP_HTTP_PREFIXES_MAX];
	u32 n_names, n_prefixes;
	bool switched;		/* the answer to an UPGRADE */
};

/* How an input ends, and what came out. */
struct ref_result {
	enum tlsvip_http_reason reason;
	bool idle;
	u32 started, completed, spoofed, upgrades;
	u64 stray;
	u8 *out;		/* all that must have come out */
	size_t out_len;
	size_t head_len;	/* of @out up to the last head that is good */
};

void ref_cfg_init(struct ref_cfg *cfg);
bool ref_protected(const struct ref_cfg *cfg, const u8 *name, size_t len);
void ref_run(const struct ref_cfg *cfg, const u8 *in, size_t len,
	     const char *block, struct ref_result *res);

#endif
