// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every case of selftests/corpus/response: whole, cut at every byte, in pieces
 * of one byte, at random places, with the smallest edit array, with bodies
 * that are skipped; edited and not. All must give what the corpus says and
 * what the reference parser says.
 *
 * SOURCES: kernel/http*.c kernel/rewrite.c selftests/unit/http/[a-z]*.c
 */
#include <stdio.h>
#include <stdlib.h>
#include "http/corpus.h"
#include "http/rsp_drive.h"

#define RANDOM_ROUNDS 3

static u32 seed = 12345;

static u32 random_below(u32 n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* One case with or without rules, and all that is known about it. */
struct check {
	const struct corpus_case *c;
	struct rsp_ref_cfg from;
	struct rsp_drive_cfg cfg;
	struct rsp_drive_result whole;
	bool said;		/* the corpus speaks of these rules */
	size_t runs;
};

/* What is wrong with a run of a case, or NULL. */
static const char *check_said(const struct corpus_case *c,
			      const struct rsp_drive_result *d, bool edited)
{
	bool idle = !c->reason && !c->open && !c->until_close &&
		    !c->cfg.switched;

	if (d->reason != c->reason)
		return "another reason than the corpus says";
	if (!c->reason && (d->idle != idle || d->switched != c->cfg.switched ||
			   d->until_close != c->until_close))
		return "another state at the end than the corpus says";
	if (d->unasked != c->unasked)
		return "asked for or not, other than the corpus says";
	if (c->responses >= 0 && d->completed != (u32)c->responses)
		return "another number of responses than the corpus says";
	if (!edited)
		return NULL;
	if (d->out_len > c->out_len ||
	    (!c->reason && !c->open && d->out_len != c->out_len))
		return "output of another length than the corpus says";
	if (d->out_len && memcmp(d->out, c->out, d->out_len))
		return "other output than the corpus says";
	if (c->rewritten >= 0 && d->rewritten != (u32)c->rewritten)
		return "another number of URLs changed than the corpus says";
	if (c->missed >= 0 && d->missed != (u32)c->missed)
		return "another number of URLs missed than the corpus says";
	return NULL;
}

static const char *run(struct check *k, const struct drive_plan *plan,
		       bool skip)
{
	struct rsp_drive_result d;
	const char *what;

	rsp_drive_run(&k->cfg, plan, skip, k->c->in, k->c->in_len, &d);
	k->runs++;
	what = d.broken;
	if (!what && !rsp_drive_same(&d, &k->whole))
		what = "another result than from the whole input";
	free(d.out);
	return what;
}

static const char *run_random(struct check *k)
{
	struct drive_plan plan = { .max = TLSVIP_HTTP_EDITS_MIN };
	const char *what = NULL;
	size_t cuts[64], n, i;

	for (n = 0; !what && n < RANDOM_ROUNDS; n++) {
		plan.n_cuts = 0;
		for (i = 0; i < k->c->in_len && plan.n_cuts < 64;
		     i += 1 + random_below(k->c->in_len / 3 + 2))
			cuts[plan.n_cuts++] = i;
		plan.cuts = cuts;
		what = run(k, &plan, n & 1);
	}
	return what;
}

static const char *run_cuts(struct check *k, size_t *cut)
{
	struct drive_plan plan = { .cuts = cut, .n_cuts = 1 };
	const char *what;

	for (*cut = 0; *cut <= k->c->in_len; ++*cut) {
		what = run(k, &plan, *cut & 1);
		if (what)
			return what;
	}
	*cut = 0;
	plan = (struct drive_plan){ .step = 1 };
	what = run(k, &plan, false);
	if (what)
		return what;
	plan = (struct drive_plan){ .max = TLSVIP_HTTP_EDITS_MIN };
	what = run(k, &plan, true);
	return what ? what : run_random(k);
}

/* A rule that was taken though it must be refused, or NULL. */
static const char *taken(const struct tlsvip_rewrite_cfg *cfg,
			 const struct corpus_bad *bad)
{
	struct tlsvip_rewrite_cfg spoilt = *cfg;
	u32 clearport = 0, sslport = 0;
	char host[300];
	size_t n;

	sscanf(bad->text, "%299s %u %u", host, &clearport, &sslport);
	n = strcmp(host, "nothing") ? strlen(host) : 0;
	if (!tlsvip_rewrite_cfg_add_rule(&spoilt, host, n, clearport, sslport))
		return bad->text;
	return memcmp(cfg, &spoilt, sizeof(spoilt)) ?
		"a rule that was refused has changed others" : NULL;
}

static const char *check_case(struct check *k, size_t *cut)
{
	const struct corpus_case *c = k->c;
	struct drive_plan plan = { 0 };
	struct rsp_ref_result ref;
	const char *what = NULL;
	u32 i;

	if (rsp_drive_cfg(&k->cfg, &k->from))
		return "its rules are refused";
	for (i = 0; i < c->n_bad && k->from.n_rules && !what; i++)
		what = taken(&k->cfg.rewrite, &c->bad[i]);
	if (what)
		return what;
	rsp_drive_run(&k->cfg, &plan, false, c->in, c->in_len, &k->whole);
	if (k->whole.broken)
		return k->whole.broken;
	if (k->said)
		what = check_said(c, &k->whole, k->from.n_rules);
	rsp_ref_run(&k->from, c->in, c->in_len, &ref);
	if (!what)
		what = rsp_drive_against_ref(&k->from, &k->whole, &ref, c->in,
					     c->in_len);
	if (what) {
		printf("# the reference says: %s, %u of %u responses ended, %u URLs changed, %u missed\n",
		       tlsvip_http_reason_name(ref.reason), ref.completed,
		       ref.begun, ref.rewritten, ref.missed);
		printf("# it must give: %.*s\n", (int)ref.out_len, ref.out);
	}
	free(ref.out);
	return what ? what : run_cuts(k, cut);
}

static void explain(const struct check *k, const char *what, size_t cut)
{
	const struct rsp_drive_result *w = &k->whole;

	printf("# %s:%d: %s (%s, cut at %zu)\n", k->c->file, k->c->line, what,
	       k->from.n_rules ? "edited" : "not edited", cut);
	printf("# whole: reason %s, %u of %u responses ended, %u URLs changed, %u missed\n",
	       tlsvip_http_reason_name(w->reason), w->completed, w->begun,
	       w->rewritten, w->missed);
	printf("# got:\n%.*s\n# wanted:\n%.*s\n", (int)w->out_len,
	       (const char *)w->out, (int)k->c->out_len,
	       (const char *)k->c->out);
}

/* With rules or without, as the corpus says or the other way. */
static bool check_one(const struct corpus_case *c, bool edited, size_t *runs)
{
	struct check k = { .c = c, .from = c->rsp };
	const char *what;
	size_t cut = 0;

	k.said = !c->rsp.n_rules || edited;
	if (!edited)
		k.from.n_rules = 0;
	else if (!k.from.n_rules)
		k.from.rules[k.from.n_rules++].host = "host.invalid";
	what = check_case(&k, &cut);
	if (what)
		explain(&k, what, cut);
	free(k.whole.out);
	*runs += k.runs;
	return !what;
}

int main(int argc, char **argv)
{
	struct corpus corpus;
	size_t i, runs = 0;
	int failed = 0;
	bool good;

	corpus_read(&corpus, argc > 1 ? argv[1] : "selftests/corpus/response");
	printf("KTAP version 1\n1..%zu\n", corpus.n);
	for (i = 0; i < corpus.n; i++) {
		const struct corpus_case *c = &corpus.cases[i];
		const char *file = strrchr(c->file, '/') + 1;

		good = check_one(c, false, &runs) & check_one(c, true, &runs);
		printf("%s %zu %.*s: %s\n", good ? "ok" : "not ok", i + 1,
		       (int)strcspn(file, "."), file, c->name);
		failed += !good;
	}
	corpus_free(&corpus);
	printf("# %zu cases, %zu runs\n", corpus.n, runs);
	return failed != 0;
}
