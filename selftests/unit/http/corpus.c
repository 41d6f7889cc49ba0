// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reader of the corpus. See corpus.h and selftests/corpus/http/README.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "corpus.h"

/* The text of a case: bytes, and marks for what is only in- or output. */
#define MARK_DROPPED	0x100
#define MARK_INSERT	0x200
#define MARK_ADDED	0x400

struct text {
	u16 *v;
	size_t n, size;
};

struct reader {
	struct corpus *corpus;
	struct corpus_case *c;
	const char *file;
	int line;
	struct text text;
	size_t repeat_from;
	long repeat;
};

static void fail(struct reader *r, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

static void fail(struct reader *r, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", r->file, r->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void text_add(struct text *t, u16 v)
{
	if (t->n == t->size) {
		t->size = t->size * 2 + 256;
		t->v = realloc(t->v, t->size * sizeof(*t->v));
	}
	t->v[t->n++] = v;
}

static void text_repeat(struct text *t, size_t from, long times)
{
	size_t i, to = t->n;

	while (--times > 0)
		for (i = from; i < to; i++)
			text_add(t, t->v[i]);
}

static int escape(struct reader *r, const char **s)
{
	int c = *(*s)++;
	unsigned int x;

	switch (c) {
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '0':
		return 0;
	case 'x':
		if (sscanf(*s, "%2x", &x) != 1 || !isxdigit((*s)[1]))
			fail(r, "bad escape");
		*s += 2;
		return x;
	case '\\':
	case '{':
	case '}':
	case '-':
		return c;
	default:
		fail(r, "unknown escape \\%c", c);
	}
}

/* "{" at *s: {+} insert, {+text} and {-text} one side only, {N*text} repeat. */
static const char *braces(struct reader *r, const char *s, u16 mark);

static const char *add_text(struct reader *r, const char *s, u16 mark,
			    char until)
{
	while (*s && *s != until) {
		if (*s == '{') {
			s = braces(r, s + 1, mark);
		} else if (*s == '\\') {
			s++;
			text_add(&r->text, mark | escape(r, &s));
		} else {
			text_add(&r->text, mark | (u8)*s++);
		}
	}
	if (*s != until)
		fail(r, "missing }");
	return s;
}

static const char *braces(struct reader *r, const char *s, u16 mark)
{
	size_t from = r->text.n;
	char *end;
	long times;

	if (*s == '+' && s[1] == '}') {
		text_add(&r->text, MARK_INSERT);
		s++;
	} else if (*s == '+') {
		s = add_text(r, s + 1, mark | MARK_ADDED, '}');
	} else if (*s == '-') {
		s = add_text(r, s + 1, mark | MARK_DROPPED, '}');
	} else {
		times = strtol(s, &end, 10);
		if (end == s || *end != '*')
			fail(r, "neither {+text} nor {-text} nor {N*text}");
		s = add_text(r, end + 1, mark, '}');
		if (times)
			text_repeat(&r->text, from, times);
		else
			r->text.n = from;
	}
	if (*s != '}')
		fail(r, "missing }");
	return s + 1;
}

static void add_crlf(struct reader *r, u16 mark)
{
	text_add(&r->text, mark | '\r');
	text_add(&r->text, mark | '\n');
}

static void finish_case(struct reader *r)
{
	struct corpus_case *c = r->c;
	size_t i, size = 1, block = strlen(CORPUS_BLOCK);

	if (!c)
		return;
	for (i = 0; i < r->text.n; i++)
		size += r->text.v[i] == MARK_INSERT ? block : 1;
	c->in = malloc(size);
	c->out = malloc(size);
	for (i = 0; i < r->text.n; i++) {
		u16 v = r->text.v[i];

		if (v == MARK_INSERT) {
			memcpy(c->out + c->out_len, CORPUS_BLOCK, block);
			c->out_len += block;
			continue;
		}
		if (!(v & MARK_ADDED))
			c->in[c->in_len++] = v;
		if (!(v & MARK_DROPPED))
			c->out[c->out_len++] = v;
	}
	r->text.n = 0;
	r->c = NULL;
}

static void start_case(struct reader *r, const char *name)
{
	struct corpus *corpus = r->corpus;
	struct corpus_case *c;

	finish_case(r);
	corpus->cases = realloc(corpus->cases,
				(corpus->n + 1) * sizeof(*corpus->cases));
	c = &corpus->cases[corpus->n++];
	memset(c, 0, sizeof(*c));
	c->file = strdup(r->file);
	c->line = r->line;
	c->name = strdup(name);
	c->upgrades = -1;
	c->spoofed = -1;
	c->stray = -1;
	c->requests = -1;
	c->responses = -1;
	c->rewritten = -1;
	c->missed = -1;
	rsp_ref_cfg_init(&c->rsp);
	c->rsp.n_requests = 1;
	ref_cfg_init(&c->cfg);
	c->cfg.names[c->cfg.n_names++] = strdup("Client-IP");
	c->cfg.names[c->cfg.n_names++] = strdup("X-SSL-Client-CN");
	c->cfg.prefixes[c->cfg.n_prefixes++] = strdup("SSL-");
	r->c = c;
}

static enum tlsvip_http_reason find_reason(struct reader *r, const char *name)
{
	int i;

	for (i = 1; i < TLSVIP_HTTP_R_COUNT; i++)
		if (!strcmp(name, tlsvip_http_reason_name(i)))
			return i;
	fail(r, "no reason is called '%s'", name);
}

static void set_limit(struct reader *r, const char *name, u32 value)
{
	struct rsp_ref_cfg *rsp = &r->c->rsp;
	struct ref_cfg *cfg = &r->c->cfg;
	struct {
		const char *name;
		u32 *value, *rsp_value;
	} limits[] = {
		{ "head-max", &cfg->head_max, &rsp->head_max },
		{ "line-max", &cfg->line_max },
		{ "fields-max", &cfg->fields_max, &rsp->fields_max },
		{ "name-max", &cfg->name_max, &rsp->name_max },
		{ "hold-max", &cfg->hold_max },
		{ "ext-max", &cfg->ext_max, &rsp->ext_max },
		{ "trailer-max", &cfg->trailer_max, &rsp->trailer_max },
		{ "crlf-max", &cfg->crlf_max },
	};
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strcmp(limits[i].name, name)) {
			*limits[i].value = value;
			if (limits[i].rsp_value)
				*limits[i].rsp_value = value;
			return;
		}
	fail(r, "no limit is called '%s'", name);
}

/* The requests whose answers follow. */
static void set_requests(struct reader *r, char *list)
{
	static const char *const names[] = { "GET", "HEAD", "UPGRADE" };
	struct rsp_ref_cfg *cfg = &r->c->rsp;
	char *name, *state;
	u32 i;

	cfg->n_requests = 0;
	for (name = strtok_r(list, " ", &state); name;
	     name = strtok_r(NULL, " ", &state)) {
		for (i = 0; i < 3 && strcmp(name, names[i]); i++)
			;
		if (i < 3 && cfg->n_requests < TLSVIP_HTTP_REQUESTS_MAX)
			cfg->requests[cfg->n_requests++] = i;
		else if (strcmp(name, "none"))
			fail(r, "what is %s?", name);
	}
}

static void add_rule(struct reader *r, const char *s)
{
	struct rsp_ref_cfg *cfg = &r->c->rsp;
	struct rsp_ref_rule *rule = &cfg->rules[cfg->n_rules++];
	char host[300];

	if (cfg->n_rules > RSP_REF_RULES ||
	    sscanf(s, "%299s %u %u", host, &rule->clearport,
		   &rule->sslport) < 1)
		fail(r, "a bad rule");
	rule->host = strdup(host);
}

static bool bad_directive(struct reader *r, const char *word, const char *arg)
{
	static const char *const words[] = { "bad-name", "bad-prefix", "bad-rule" };
	struct corpus_case *c = r->c;
	u32 i;

	for (i = 0; i < 3; i++)
		if (!strcmp(word, words[i]))
			break;
	if (i == 3)
		return false;
	if (c->n_bad == CORPUS_BAD_MAX)
		fail(r, "too many of them");
	c->bad[c->n_bad].kind = i;
	c->bad[c->n_bad++].text = strdup(arg);
	return true;
}

/* "% word argument" of responses. */
static bool rsp_directive(struct reader *r, const char *word, char *arg)
{
	struct corpus_case *c = r->c;

	if (!strcmp(word, "expect"))
		set_requests(r, arg);
	else if (!strcmp(word, "rule"))
		add_rule(r, arg);
	else if (!strcmp(word, "responses"))
		c->responses = atoi(arg);
	else if (!strcmp(word, "rewritten"))
		c->rewritten = atoi(arg);
	else if (!strcmp(word, "missed"))
		c->missed = atoi(arg);
	else if (!strcmp(word, "pieces"))
		c->pieces = atoi(arg);
	else if (!strcmp(word, "until-close"))
		c->until_close = true;
	else if (!strcmp(word, "unasked"))
		c->unasked = true;
	else
		return false;
	return true;
}

/* "% word [argument]" */
static void directive(struct reader *r, const char *s)
{
	char word[32] = "", arg[300] = "";
	struct corpus_case *c = r->c;

	if (sscanf(s, " %31s %299[^\n]", word, arg) < 1)
		fail(r, "an empty directive");
	if (!strcmp(word, "reject")) {
		c->reason = find_reason(r, arg);
	} else if (!strcmp(word, "open")) {
		c->open = true;
	} else if (!strcmp(word, "requests")) {
		c->requests = atoi(arg);
	} else if (!strcmp(word, "spoofed")) {
		c->spoofed = atoi(arg);
	} else if (!strcmp(word, "stray")) {
		c->stray = atoi(arg);
	} else if (!strcmp(word, "switched") || !strcmp(word, "refused")) {
		c->cfg.switched = word[0] == 's';
		c->upgrades = *arg ? atoi(arg) : 1;
	} else if (!strcmp(word, "no-upgrade")) {
		c->upgrades = 0;
	} else if (!strcmp(word, "spoof-reject")) {
		c->cfg.spoof_reject = true;
	} else if (!strcmp(word, "name")) {
		c->cfg.names[c->cfg.n_names++] = strdup(arg);
	} else if (!strcmp(word, "prefix")) {
		c->cfg.prefixes[c->cfg.n_prefixes++] = strdup(arg);
	} else if (!strcmp(word, "repeat")) {
		r->repeat = atol(arg);
		r->repeat_from = r->text.n;
	} else if (!strcmp(word, "end")) {
		text_repeat(&r->text, r->repeat_from, r->repeat);
	} else if (rsp_directive(r, word, arg) || bad_directive(r, word, arg)) {
		return;
	} else if (strchr(word, '-')) {
		set_limit(r, word, atoi(arg));
	} else {
		fail(r, "unknown directive '%s'", word);
	}
}

static void read_line(struct reader *r, const char *s)
{
	u16 mark = 0;

	if (s[0] == '#' || !s[0])
		return;
	if (s[0] == '@') {
		start_case(r, s + 1 + strspn(s + 1, " "));
		return;
	}
	if (!r->c)
		fail(r, "a line outside of a case");
	if (s[1] && s[1] != ' ')
		fail(r, "no space behind '%c'", s[0]);
	switch (s[0]) {
	case '%':
		directive(r, s + 1);
		return;
	case '-':
		mark = MARK_DROPPED;
		break;
	case '+':
	case '|':
	case '.':
		break;
	default:
		fail(r, "unknown line '%c'", s[0]);
	}
	add_text(r, s[1] ? s + 2 : s + 1, mark, '\0');
	if (s[0] != '.')
		add_crlf(r, mark);
	if (s[0] == '+')
		text_add(&r->text, MARK_INSERT);
}

static void read_file(struct corpus *corpus, const char *path)
{
	struct reader r = { .corpus = corpus, .file = path };
	FILE *f = fopen(path, "r");
	char *s = NULL;
	size_t size = 0;
	ssize_t n;

	if (!f) {
		perror(path);
		exit(1);
	}
	while ((n = getline(&s, &size, f)) > 0) {
		r.line++;
		if (s[n - 1] == '\n')
			s[n - 1] = '\0';
		read_line(&r, s);
	}
	finish_case(&r);
	free(r.text.v);
	free(s);
	fclose(f);
}

static int is_case_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && !strcmp(d->d_name + n - 5, ".http");
}

void corpus_read(struct corpus *corpus, const char *dir)
{
	struct dirent **list;
	char path[4096];
	int i, n;

	n = scandir(dir, &list, is_case_file, alphasort);
	if (n <= 0) {
		fprintf(stderr, "%s: no *.http there\n", dir);
		exit(1);
	}
	memset(corpus, 0, sizeof(*corpus));
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		read_file(corpus, path);
		free(list[i]);
	}
	free(list);
}

void corpus_free(struct corpus *corpus)
{
	size_t i;
	u32 k;

	for (i = 0; i < corpus->n; i++) {
		struct corpus_case *c = &corpus->cases[i];

		for (k = 0; k < c->cfg.n_names; k++)
			free((char *)c->cfg.names[k]);
		for (k = 0; k < c->cfg.n_prefixes; k++)
			free((char *)c->cfg.prefixes[k]);
		for (k = 0; k < c->rsp.n_rules; k++)
			free((char *)c->rsp.rules[k].host);
		for (k = 0; k < c->n_bad; k++)
			free(c->bad[k].text);
		free(c->file);
		free(c->name);
		free(c->in);
		free(c->out);
	}
	free(corpus->cases);
}
