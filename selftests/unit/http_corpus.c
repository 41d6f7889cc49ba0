// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every case of selftests/corpus/http: whole, cut at every byte, in pieces of
 * one byte, at random places, with the smallest edit array; all must give what
 * the corpus says and what the reference parser says.
 *
 * SOURCES: kernel/http*.c kernel/rewrite.c selftests/unit/http/[a-z]*.c
 */
#include <stdio.h>
#include <stdlib.h>
#include "http/corpus.h"
#include "http/drive.h"

#define RANDOM_ROUNDS 3

static u32 seed = 12345;

static u32 random_below(u32 n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* What is wrong with a run of a case, or NULL. */
static const char *check_expected(const struct corpus_case *c,
				  const struct drive_result *d)
{
	if (d->broken)
		return d->broken;
	if (d->reason != c->reason)
		return "another reason than the corpus says";
	if (!c->reason && d->idle == c->open)
		return "open instead of ended, or the other way";
	if (d->out_len > c->out_len ||
	    (!c->reason && !c->open && d->out_len != c->out_len))
		return "output of another length than the corpus says";
	if (d->out_len && memcmp(d->out, c->out, d->out_len))
		return "other output than the corpus says";
	if (c->requests >= 0 && d->completed != (u32)c->requests)
		return "another number of requests than the corpus says";
	if (c->spoofed >= 0 && d->spoofed != (u32)c->spoofed)
		return "another number of forged names than the corpus says";
	if (c->stray >= 0 && d->stray != (u64)c->stray)
		return "another number of stray bytes than the corpus says";
	if (c->upgrades >= 0 && d->upgrades != (u32)c->upgrades)
		return "another number of upgrades than the corpus says";
	return NULL;
}

/* One run under test, and all that is known about the case. */
struct check {
	const struct corpus_case *c;
	struct tlsvip_http_cfg cfg;
	struct drive_result whole;
	size_t runs;
};

static const char *run(struct check *k, const struct drive_plan *plan)
{
	struct drive_result d;
	const char *what;

	drive_run(&k->cfg, k->c->cfg.switched, plan, k->c->in, k->c->in_len,
		  CORPUS_BLOCK, &d);
	k->runs++;
	what = check_expected(k->c, &d);
	if (!what && !drive_same(&d, &k->whole))
		what = "another result than from the whole input";
	drive_free(&d);
	return what;
}

static const char *run_random(struct check *k)
{
	struct drive_plan plan = { .max = TLSVIP_HTTP_EDITS_MIN };
	size_t cuts[64], n, i;
	const char *what;

	for (n = 0; n < RANDOM_ROUNDS; n++) {
		plan.n_cuts = 0;
		for (i = 0; i < k->c->in_len && plan.n_cuts < 64;
		     i += 1 + random_below(k->c->in_len / 3 + 2))
			cuts[plan.n_cuts++] = i;
		plan.cuts = cuts;
		what = run(k, &plan);
		if (what)
			return what;
	}
	return NULL;
}

/* A head in just as many records as it may have, and in one more. */
static const char *run_pieces(struct check *k)
{
	struct drive_plan plan = { .step = 1, .pieces = true };
	u32 limit = k->cfg.limits.pieces_max;
	struct drive_result d;
	const char *what;

	if (!k->c->pieces)
		return NULL;
	/* the last one completes the head, so it may be one too many */
	k->cfg.limits.pieces_max = k->c->pieces - 1;
	what = run(k, &plan);
	k->cfg.limits.pieces_max--;
	drive_run(&k->cfg, k->c->cfg.switched, &plan, k->c->in, k->c->in_len,
		  CORPUS_BLOCK, &d);
	k->runs++;
	if (!what)
		what = d.broken;
	if (!what && d.reason != TLSVIP_HTTP_R_HEAD_PIECES)
		what = "a head in too many records is not refused";
	drive_free(&d);
	k->cfg.limits.pieces_max = limit;
	return what;
}

static const char *run_cuts(struct check *k, size_t *cut)
{
	struct drive_plan plan = { .cuts = cut, .n_cuts = 1 };
	const char *what;

	for (*cut = 0; *cut <= k->c->in_len; ++*cut) {
		what = run(k, &plan);
		if (what)
			return what;
	}
	*cut = 0;
	plan = (struct drive_plan){ .step = 1 };
	what = run(k, &plan);
	if (what)
		return what;
	plan = (struct drive_plan){ .max = TLSVIP_HTTP_EDITS_MIN };
	what = run(k, &plan);
	if (!what)
		what = run_pieces(k);
	return what ? what : run_random(k);
}

/* A name or prefix that was taken though it must be refused, or NULL. */
static const char *taken(const struct tlsvip_http_cfg *cfg,
			 const struct corpus_bad *bad)
{
	struct tlsvip_http_cfg spoilt = *cfg;
	size_t n = strlen(bad->text);
	int err;

	if (bad->kind == BAD_NAME)
		err = tlsvip_http_cfg_add_name(&spoilt, bad->text, n);
	else
		err = tlsvip_http_cfg_add_prefix(&spoilt, bad->text, n);
	if (err && !memcmp(cfg, &spoilt, sizeof(spoilt)))
		return NULL;
	return err ? "a setting that was refused has changed others" :
		     bad->text;
}

static const char *check_case(struct check *k, size_t *cut)
{
	const struct corpus_case *c = k->c;
	struct drive_plan plan = { 0 };
	const char *what = NULL;
	struct ref_result ref;
	u32 i;

	if (drive_cfg(&k->cfg, &c->cfg))
		return "its protected names are refused";
	for (i = 0; i < c->n_bad && !what; i++)
		what = taken(&k->cfg, &c->bad[i]);
	if (what)
		return what;
	drive_run(&k->cfg, c->cfg.switched, &plan, c->in, c->in_len,
		  CORPUS_BLOCK, &k->whole);
	what = check_expected(c, &k->whole);
	ref_run(&c->cfg, c->in, c->in_len, CORPUS_BLOCK, &ref);
	if (!what)
		what = drive_against_ref(&c->cfg, &k->whole, &ref);
	if (what) {
		printf("# the reference says: %s, %u of %u requests ended\n",
		       tlsvip_http_reason_name(ref.reason), ref.completed,
		       ref.started);
		printf("# it must give: %.*s\n", (int)ref.out_len, ref.out);
	}
	free(ref.out);
	return what ? what : run_cuts(k, cut);
}

static void explain(const struct check *k, const char *what, size_t cut)
{
	const struct drive_result *w = &k->whole;

	printf("# %s:%d: %s (cut at %zu)\n", k->c->file, k->c->line, what,
	       cut);
	printf("# whole: reason %s, %u of %u requests ended, %u forged, %llu stray\n",
	       tlsvip_http_reason_name(w->reason), w->completed, w->started,
	       w->spoofed, (unsigned long long)w->stray);
	printf("# got:\n%.*s\n# wanted:\n%.*s\n", (int)w->out_len,
	       (const char *)w->out, (int)k->c->out_len,
	       (const char *)k->c->out);
}

int main(int argc, char **argv)
{
	struct corpus corpus;
	size_t i, runs = 0, cut;
	int failed = 0;

	corpus_read(&corpus, argc > 1 ? argv[1] : "selftests/corpus/http");
	printf("KTAP version 1\n1..%zu\n", corpus.n);
	for (i = 0; i < corpus.n; i++) {
		struct check k = { .c = &corpus.cases[i] };
		const char *file = strrchr(k.c->file, '/') + 1, *what;

		cut = 0;
		what = check_case(&k, &cut);
		if (what)
			explain(&k, what, cut);
		printf("%s %zu %.*s: %s\n", what ? "not ok" : "ok", i + 1,
		       (int)strcspn(file, "."), file, k.c->name);
		failed += !!what;
		runs += k.runs;
		drive_free(&k.whole);
	}
	corpus_free(&corpus);
	printf("# %zu cases, %zu runs\n", corpus.n, runs);
	return failed != 0;
}
