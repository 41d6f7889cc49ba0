// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Engine against reference. See oracle.h.
 */
#include <stdlib.h>
#include "drive.h"
#include "oracle.h"

#define BLOCK "X-Block: 1\r\n"

/* Bits of the first byte. */
enum {
	SWITCHED = 1 << 0,
	SPOOF_REJECT = 1 << 1,
	SMALL_HEAD = 1 << 2,
	SMALL_LINE = 1 << 3,
	SMALL_NAME = 1 << 4,
	SMALL_HOLD = 1 << 5,
	SMALL_EXT = 1 << 6,
	SMALL_TRAILER = 1 << 7,
};

static void choose(struct ref_cfg *cfg, u8 bits)
{
	ref_cfg_init(cfg);
	cfg->switched = bits & SWITCHED;
	cfg->spoof_reject = bits & SPOOF_REJECT;
	if (bits & SMALL_HEAD) {
		cfg->head_max = 90;
		cfg->fields_max = 5;
	}
	if (bits & SMALL_LINE)
		cfg->line_max = 40;
	if (bits & SMALL_NAME)
		cfg->name_max = 16;
	if (bits & SMALL_HOLD)
		cfg->hold_max = 24;
	if (bits & SMALL_EXT)
		cfg->ext_max = 6;
	if (bits & SMALL_TRAILER)
		cfg->trailer_max = 20;
	cfg->names[cfg->n_names++] = "Client-IP";
	cfg->names[cfg->n_names++] = "X-SSL-Client-CN";
	cfg->names[cfg->n_names++] = "X";
	cfg->prefixes[cfg->n_prefixes++] = "SSL-";
}

/* Run once with a plan; what is wrong, compared with the whole, or NULL. */
static const char *again(const struct tlsvip_http_cfg *cfg, bool switched,
			 const struct drive_plan *plan, const u8 *in,
			 size_t len, const struct drive_result *whole)
{
	struct drive_result d;
	const char *what;

	drive_run(cfg, switched, plan, in, len, BLOCK, &d);
	what = d.broken;
	if (!what && !drive_same(&d, whole))
		what = "another result when cut";
	drive_free(&d);
	return what;
}

static const char *cut(const struct tlsvip_http_cfg *cfg, bool switched,
		       const u8 *data, const u8 *in, size_t len,
		       const struct drive_result *whole)
{
	struct drive_plan bytes = { .step = 1 };
	struct drive_plan pieces = {
		.step = data[1] % 61 + 2, .max = TLSVIP_HTTP_EDITS_MIN,
	};
	size_t at = len ? (data[1] << 8 | data[2]) % len : 0;
	struct drive_plan two = { .cuts = &at, .n_cuts = 1 };
	const char *what;

	what = again(cfg, switched, &bytes, in, len, whole);
	if (!what)
		what = again(cfg, switched, &pieces, in, len, whole);
	if (!what)
		what = again(cfg, switched, &two, in, len, whole);
	return what;
}

/* What is wrong with the engine, or NULL. */
const char *oracle_check(const u8 *data, size_t len)
{
	struct drive_plan plan = { 0 };
	struct tlsvip_http_cfg cfg;
	struct drive_result whole;
	struct ref_result ref;
	struct ref_cfg wanted;
	const char *what;
	const u8 *in;

	if (len < ORACLE_HEADER)
		return NULL;
	in = data + ORACLE_HEADER;
	len -= ORACLE_HEADER;
	choose(&wanted, data[0]);
	if (drive_cfg(&cfg, &wanted))
		return "its protected names are refused";
	drive_run(&cfg, wanted.switched, &plan, in, len, BLOCK, &whole);
	ref_run(&wanted, in, len, BLOCK, &ref);
	what = drive_against_ref(&wanted, &whole, &ref);
	if (!what)
		what = cut(&cfg, wanted.switched, data, in, len, &whole);
	free(ref.out);
	drive_free(&whole);
	return what;
}
