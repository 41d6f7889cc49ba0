/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second, slow HTTP/1 response parser, to check the engine against.
 *
 * It has the whole input before it, takes one byte at a time and leaves at
 * the first that breaks a rule. Of URLs it looks at whole values, with
 * fnmatch(3). It shares no code with kernel/.
 */
#ifndef SELFTESTS_HTTP_RSP_REF_H
#define SELFTESTS_HTTP_RSP_REF_H

#include "http.h"

#define RSP_REF_RULES	33	/* one more than there may be */

/* A request whose answer is awaited. */
enum rsp_ref_request {
	RSP_GET,
	RSP_HEAD,
	RSP_UPGRADE,		/* only as the last one */
};

struct rsp_ref_rule {
	const char *host;
	u32 clearport, sslport;	/* 0: not said */
};

struct rsp_ref_cfg {
	u32 head_max, fields_max, name_max, ext_max, trailer_max;
	u8 requests[TLSVIP_HTTP_REQUESTS_MAX];
	u32 n_requests;
	struct rsp_ref_rule rules[RSP_REF_RULES];
	u32 n_rules;		/* 0: nothing is edited */
};

/* How an input ends, and what came out. */
struct rsp_ref_result {
	enum tlsvip_http_reason reason;
	bool idle;		/* between responses */
	bool until_close, switched, unasked;
	bool in_value;		/* the input ends within a URL */
	u32 begun, completed, rewritten, missed;
	u8 *out;		/* all that may have come out */
	size_t out_len;
	size_t must_len;	/* of @out must have */
};

void rsp_ref_cfg_init(struct rsp_ref_cfg *cfg);
void rsp_ref_run(const struct rsp_ref_cfg *cfg, const u8 *in, size_t len,
		 struct rsp_ref_result *res);

#endif
