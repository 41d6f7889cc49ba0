/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must become of the value of a Location, for the reference parser.
 */
#ifndef SELFTESTS_HTTP_RSP_URL_H
#define SELFTESTS_HTTP_RSP_URL_H

#include "rsp_ref.h"

struct rsp_url {
	const struct rsp_ref_rule *rules;
	u32 n_rules;
	bool whole;		/* the value's end is known */

	char *out;		/* what is decided of it, the caller's to free */
	size_t out_len;
	bool decided;		/* that is all of it */
	u32 rewritten, missed;
};

void rsp_url_edit(struct rsp_url *url, const char *value, size_t len);

#endif
