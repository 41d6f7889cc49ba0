// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Response engine against reference. See rsp_oracle.h.
 */
#include <stdlib.h>
#include "rsp_drive.h"
#include "rsp_oracle.h"

/* Bits of the first byte. */
enum {
	SMALL_HEAD = 1 << 0,
	SMALL_NAME = 1 << 1,
	SMALL_EXT = 1 << 2,
	SMALL_TRAILER = 1 << 3,
	RULES = 3 << 4,		/* which of the sets below */
};

/* And of the second, behind the number of requests. */
enum {
	REQUESTS = 7,
	UPGRADE = 1 << 3,
};

static const struct rsp_ref_rule rules[3][8] = {
	{
		{ "*" },
	},
	{
		{ "www.example.com", 80, 3 },
		{ "*", 80, 1 },
		{ "*.com", 81, 2 },
		{ "*.example.com" },
		{ "www.*", 8080, 8443 },
		{ "www.example.*", 80, 65535 },
		{ "[::1]", 8080, 443 },
		{ "a", 65535, 80 },
	},
	{
		{ "host.invalid" },
	},
};

static void choose(struct rsp_ref_cfg *cfg, const u8 *data)
{
	u32 i, set = (data[0] & RULES) >> 4;

	rsp_ref_cfg_init(cfg);
	if (data[0] & SMALL_HEAD) {
		cfg->head_max = 60;
		cfg->fields_max = 3;
	}
	if (data[0] & SMALL_NAME)
		cfg->name_max = 16;
	if (data[0] & SMALL_EXT)
		cfg->ext_max = 6;
	if (data[0] & SMALL_TRAILER)
		cfg->trailer_max = 20;
	cfg->n_requests = data[1] & REQUESTS;
	for (i = 0; i < cfg->n_requests; i++)
		cfg->requests[i] = data[2] >> i & 1 ? RSP_HEAD : RSP_GET;
	if (data[1] & UPGRADE && i)
		cfg->requests[i - 1] = RSP_UPGRADE;
	for (i = 0; set && i < 8 && rules[set - 1][i].host; i++)
		cfg->rules[cfg->n_rules++] = rules[set - 1][i];
}

/* A header that comes near to what a case of the corpus says. */
void rsp_oracle_header(const struct rsp_ref_cfg *cfg, u8 *header)
{
	u32 i;

	memset(header, 0, RSP_ORACLE_HEADER);
	header[0] = (cfg->n_rules > 1 ? 2 : cfg->n_rules) << 4;
	for (i = 0; i < cfg->n_requests && i < REQUESTS; i++) {
		header[1] = i + 1;
		if (cfg->requests[i] == RSP_HEAD)
			header[2] |= 1 << i;
		if (cfg->requests[i] == RSP_UPGRADE)
			header[1] |= UPGRADE;
	}
}

/* Run once with a plan; what is wrong, compared with the whole, or NULL. */
static const char *again(const struct rsp_drive_cfg *cfg,
			 const struct drive_plan *plan, bool skip,
			 const u8 *in, size_t len,
			 const struct rsp_drive_result *whole)
{
	struct rsp_drive_result d;
	const char *what;

	rsp_drive_run(cfg, plan, skip, in, len, &d);
	what = d.broken;
	if (!what && !rsp_drive_same(&d, whole))
		what = "another result when cut";
	free(d.out);
	return what;
}

static const char *cut(const struct rsp_drive_cfg *cfg, const u8 *data,
		       const u8 *in, size_t len,
		       const struct rsp_drive_result *whole)
{
	struct drive_plan bytes = { .step = 1 };
	struct drive_plan pieces = {
		.step = data[3] % 61 + 2, .max = TLSVIP_HTTP_EDITS_MIN,
	};
	size_t at = len ? (data[2] << 8 | data[3]) % len : 0;
	struct drive_plan two = { .cuts = &at, .n_cuts = 1 };
	const char *what;

	what = again(cfg, &bytes, false, in, len, whole);
	if (!what)
		what = again(cfg, &pieces, true, in, len, whole);
	if (!what)
		what = again(cfg, &two, false, in, len, whole);
	return what;
}

/* What is wrong with the engine, or NULL. */
const char *rsp_oracle_check(const u8 *data, size_t len)
{
	struct drive_plan plan = { 0 };
	struct rsp_drive_result whole;
	struct rsp_ref_result ref;
	struct rsp_drive_cfg cfg;
	struct rsp_ref_cfg wanted;
	const char *what;
	const u8 *in;

	if (len < RSP_ORACLE_HEADER)
		return NULL;
	in = data + RSP_ORACLE_HEADER;
	len -= RSP_ORACLE_HEADER;
	choose(&wanted, data);
	if (rsp_drive_cfg(&cfg, &wanted))
		return "its rules are refused";
	rsp_drive_run(&cfg, &plan, false, in, len, &whole);
	rsp_ref_run(&wanted, in, len, &ref);
	what = rsp_drive_against_ref(&wanted, &whole, &ref, in, len);
	if (!what)
		what = cut(&cfg, data, in, len, &whole);
	free(ref.out);
	free(whole.out);
	return what;
}
