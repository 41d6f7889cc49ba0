// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * URLs for the reference parser: regular expressions and fnmatch(3), on the
 * whole value. See rsp_url.h.
 */
#include <fnmatch.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "rsp_url.h"

#define NAME	"[a-zA-Z0-9._~-]+"
#define ADDRESS	"\\[[0-9a-fA-F:.]+\\]"

static regex_t url_whole, url_http, url_part;

static void compile(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	/* 1: in front, 2: host, 4: port with its colon, 6: behind */
	if (regcomp(&url_whole, "^([ \t]*)[hH][tT][tT][pP]://((" NAME ")|"
		    ADDRESS ")(:[0-9]{0,5})?(([/?# \t].*)?)$", REG_EXTENDED) ||
	    regcomp(&url_http, "^[ \t]*[hH][tT][tT][pP]:",
		    REG_EXTENDED | REG_NOSUB) ||
	    /* the start of a host and port */
	    regcomp(&url_part, "^(\\[[0-9a-fA-F:.]*|((" NAME ")|" ADDRESS
		    ")(:[0-9]{0,5})?)?$", REG_EXTENDED | REG_NOSUB))
		abort();
}

static bool matches(const char *pattern, const char *host)
{
	if (!strcmp(pattern, "*"))
		return true;
	if (!strchr(pattern, '*'))
		return !strcasecmp(pattern, host);
	return strlen(host) >= strlen(pattern) &&
	       !fnmatch(pattern, host, FNM_CASEFOLD);
}

static bool better(const char *a, const char *b)
{
	bool a_exact = !strchr(a, '*'), b_exact = !strchr(b, '*');

	if (a_exact != b_exact)
		return a_exact;
	return strlen(a) > strlen(b);
}

static const struct rsp_ref_rule *find(struct rsp_url *url, const char *host,
				       long port)
{
	const struct rsp_ref_rule *rule, *best = NULL;
	u32 i;

	for (i = 0; i < url->n_rules; i++) {
		rule = &url->rules[i];
		if (matches(rule->host, host) &&
		    (rule->clearport ?: 80) == port &&
		    (!best || better(rule->host, best->host)))
			best = rule;
	}
	return best;
}

static char *part(const char *text, const regmatch_t *m)
{
	return m->rm_so < 0 ? strdup("") :
		strndup(text + m->rm_so, m->rm_eo - m->rm_so);
}

static void edit_whole(struct rsp_url *url, const char *text)
{
	const struct rsp_ref_rule *rule = NULL;
	char *front, *host, *port, *rest, new_port[12] = "";
	regmatch_t m[7];

	if (regexec(&url_whole, text, 7, m, 0)) {
		url->missed += !regexec(&url_http, text, 0, NULL, 0);
		return;
	}
	front = part(text, &m[1]);
	host = part(text, &m[2]);
	port = part(text, &m[4]);
	rest = part(text, &m[5]);
	if (strlen(host) + strlen(port) <= TLSVIP_HTTP_AUTHORITY_SIZE)
		rule = find(url, host, port[0] && port[1] ? atol(port + 1) : 80);
	if (!rule) {
		url->missed++;
	} else {
		url->rewritten++;
		if (rule->sslport && rule->sslport != 443)
			snprintf(new_port, sizeof(new_port), ":%u",
				 rule->sslport);
		free(url->out);
		if (asprintf(&url->out, "%shttps://%s%s%s", front, host,
			     new_port, rest) < 0)
			abort();
		url->out_len = strlen(url->out);
	}
	free(front);
	free(host);
	free(port);
	free(rest);
}

/* Odd bytes are no text to regexec(); no rule is about them. */
static char *plain(const char *value, size_t len)
{
	char *text = calloc(1, len + 1);
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = value[i] == '\t' ||
			  (value[i] >= ' ' && value[i] < 0x7f) ?
				value[i] : '%';
	return text;
}

/* Could more bytes make a rule fall on it? @text is without its front. */
static bool undecided(const char *text)
{
	size_t n = strlen(text);

	if (n < 7)
		return !strncasecmp(text, "http://", n);
	return !strncasecmp(text, "http://", 7) &&
	       n - 7 <= TLSVIP_HTTP_AUTHORITY_SIZE &&
	       !regexec(&url_part, text + 7, 0, NULL, 0);
}

void rsp_url_edit(struct rsp_url *url, const char *value, size_t len)
{
	char *text = plain(value, len), *raw;
	size_t front = strspn(text, " \t"), end = front;

	compile();
	url->out = malloc(len + 1);
	memcpy(url->out, value, len);
	if (!url->whole && undecided(text + front)) {
		/* no more than what is in front of the URL */
		url->out_len = front;
		free(text);
		return;
	}
	url->decided = true;
	url->out_len = len;
	edit_whole(url, text);
	if (url->rewritten) {
		/* with its own bytes behind host and port */
		end += 7 + strcspn(text + front + 7, "/?# \t");
		raw = url->out + url->out_len - (len - end);
		memcpy(raw, value + end, len - end);
	}
	free(text);
}
