/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Insides of the reference parser, shared by ref.c and ref_field.c.
 *
 * Every function returns 0, MORE at the end of the input, or a reason. Bytes
 * are taken one by one, so the first byte that breaks a rule gives the reason.
 */
#ifndef SELFTESTS_HTTP_REF_PRIV_H
#define SELFTESTS_HTTP_REF_PRIV_H

#include "ref.h"

enum { OK = 0, MORE = -1 };

struct span {
	size_t start, end;
};

struct ref {
	const struct ref_cfg *cfg;
	const u8 *in;
	size_t len, pos;
	size_t used, limit;	/* of the current section */
	int limit_reason;
	bool limited;
	const char *block;
	struct ref_result *res;

	/* the current message */
	u8 *edit;		/* a mark per input byte of it: 1 = dropped */
	size_t line_end;	/* behind the request line or the last chunk */
	struct span method, authority, host;
	bool v10, has_host, has_length, chunked, expect, close, keep, upgrade;
	bool has_authority, in_trailer;
	u64 length;
	u32 fields, ext;
};

bool ref_is_token(int c);
bool ref_same_folded(const u8 *a, size_t len, const char *b);
bool ref_same_nocase(const u8 *a, size_t len, const char *b);
int ref_peek(struct ref *r, int *c);
void ref_take(struct ref *r);
int ref_expect_byte(struct ref *r, int want, int reason);
int ref_read_host(struct ref *r, struct span *s, size_t max, int reason);
bool ref_method_is(struct ref *r, const char *m);
int ref_read_fields(struct ref *r);

#endif
