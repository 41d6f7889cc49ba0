// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of the CLI: one call per datum, which is text or JSON. Messages about
 * errors are in message.c.
 *
 * JSON is collected and printed when its outermost object or array is closed;
 * text is printed at once, in lines of words that a command would take back.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "tlsvip.h"

/* @v belongs to the innermost object or array from now on */
static void json_add(struct out *o, const char *key, struct json_object *v)
{
	struct json_object *in = o->depth ? o->stack[o->depth - 1] : NULL;
	int ret = -1;

	if (v && in && json_object_is_type(in, json_type_array))
		ret = json_object_array_add(in, v);
	else if (v && in && key)
		ret = json_object_object_add(in, key, v);
	if (!ret)
		return;
	o->failed = true;
	json_object_put(v);
}

static void json_open(struct out *o, const char *key, struct json_object *v)
{
	if (!o->json)
		return;
	if (o->depth)
		json_add(o, key, v);
	if (!v || o->failed || o->depth == OUT_DEPTH) {
		o->failed = true;
		if (!o->depth)
			json_object_put(v);
		v = NULL;
	}
	if (o->depth < OUT_DEPTH)
		o->stack[o->depth] = v;
	o->depth++;
}

/**
 * out_array - open an array
 * @o: the output
 * @key: its name in the object around it, NULL outside of one
 */
void out_array(struct out *o, const char *key)
{
	json_open(o, key, o->json ? json_object_new_array() : NULL);
}

/**
 * out_object - open an object
 * @o: the output
 * @key: its name in the object around it, NULL outside of one
 */
void out_object(struct out *o, const char *key)
{
	json_open(o, key, o->json ? json_object_new_object() : NULL);
}

/**
 * out_end - close the innermost object or array, not the outermost
 * @o: the output
 */
void out_end(struct out *o)
{
	if (o->json)
		o->depth--;
}

/**
 * out_close - close the outermost object or array and end the line
 * @cli: the run
 *
 * Return: CLI_OK; CLI_REFUSED when the JSON is not whole.
 */
enum cli_status out_close(struct cli *cli)
{
	struct out *o = &cli->out;
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	if (!o->json) {
		if (o->middle)
			putchar('\n');
		o->middle = false;
		return CLI_OK;
	}
	if (o->pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	text = o->failed ? NULL :
	       json_object_to_json_string_ext(o->stack[0], flags);
	if (text)
		printf("%s\n", text);
	out_drop(o);
	return text ? CLI_OK : cli_nomem(cli);
}

/**
 * out_drop - forget objects and arrays that are open
 * @o: the output
 */
void out_drop(struct out *o)
{
	json_object_put(o->stack[0]);
	memset(o->stack, 0, sizeof(o->stack));
	o->depth = 0;
	o->failed = false;
}

/**
 * out_line - text: begin a line
 * @o: the output
 * @indent: spaces before its first word
 */
void out_line(struct out *o, unsigned int indent)
{
	if (o->json)
		return;
	if (o->middle)
		putchar('\n');
	printf("%*s", (int)indent, "");
	o->middle = false;
}

/**
 * out_text - text: a word that is not data
 * @o: the output
 * @text: the word
 */
void out_text(struct out *o, const char *text)
{
	if (o->json)
		return;
	printf("%s%s", o->middle ? " " : "", text);
	o->middle = true;
}

static void out_word(struct out *o, const char *label, const char *v)
{
	if (!label)
		return;
	if (label[0])
		out_text(o, label);
	out_text(o, v);
}

/* bytes of the UTF-8 character at @p, 0 when it is none; @c is set to it */
static size_t utf8_char(const unsigned char *p, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, len;

	len = *p < 0x80 ? 1 : *p < 0xc0 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 :
	      *p < 0xf8 ? 4 : 0;
	*c = len > 1 ? *p & (0x7f >> len) : *p;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	return len && *c >= least[len] && *c <= 0x10ffff &&
	       (*c < 0xd800 || *c > 0xdfff) ? len : 0;
}

static bool utf8_ok(const char *v)
{
	const unsigned char *p = (const unsigned char *)v;
	size_t len = 1;
	uint32_t c;

	for (; *p && len; p += len)
		len = utf8_char(p, &c);
	return len;
}

/*
 * What a terminal would obey instead of showing it: control characters, and what
 * ends lines or changes the direction of text.
 */
static bool utf8_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	       c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* JSON is UTF-8: what is not is taken as ISO 8859-1, so that nothing is lost */
static struct json_object *json_text(const char *v)
{
	struct json_object *json;
	char *text, *to;

	if (utf8_ok(v))
		return json_object_new_string(v);
	text = malloc(2 * strlen(v) + 1);
	if (!text)
		return NULL;
	for (to = text; *v; v++) {
		if (*v & 0x80) {
			*to++ = 0xc0 | ((unsigned char)*v >> 6);
			*to++ = 0x80 | (*v & 0x3f);
		} else {
			*to++ = *v;
		}
	}
	*to = '\0';
	json = json_object_new_string(text);
	free(text);
	return json;
}

/**
 * out_str - a text
 * @o: the output
 * @key: its name in JSON
 * @label: the word before it in text, "" for none; NULL: not in text
 * @v: the text
 */
void out_str(struct out *o, const char *key, const char *label, const char *v)
{
	if (o->json)
		json_add(o, key, json_text(v));
	else
		out_word(o, label, v);
}

/**
 * out_foreign - a text that somebody else has made, in UTF-8 or not
 * @o: the output
 * @key: its name in JSON, where it is as it is
 * @label: as out_str()
 * @v: the text; what is not to be shown is \XX for each byte, as in RFC 4514
 */
void out_foreign(struct out *o, const char *key, const char *label,
		 const char *v)
{
	const unsigned char *p = (const unsigned char *)v;
	char *text, *to;
	size_t len;
	uint32_t c;

	if (o->json) {
		out_str(o, key, label, v);
		return;
	}
	text = malloc(3 * strlen(v) + 1);
	if (!text) {
		out_str(o, key, label, "?");
		return;
	}
	for (to = text; *p; p += len) {
		len = utf8_char(p, &c);
		if (len && !utf8_hidden(c)) {
			to = mempcpy(to, p, len);
			continue;
		}
		len = len ?: 1;
		for (size_t i = 0; i < len; i++)
			to += sprintf(to, "\\%02X", p[i]);
	}
	*to = '\0';
	out_str(o, key, label, text);
	free(text);
}

/*
 * A word in quotes that batches and shells read alike: "...", but what a shell
 * would replace in there is in '...'.
 */
static void print_quoted(const char *v)
{
	bool magic = *v && strchr("$`!", *v);
	char quote = magic ? '\'' : '"';

	putchar(quote);
	for (; *v; v++) {
		magic = strchr("$`!", *v);
		if (quote == '"' ? magic : *v == '\'') {
			putchar(quote);
			quote = magic ? '\'' : '"';
			putchar(quote);
		}
		if (quote == '"' && (*v == '"' || *v == '\\'))
			putchar('\\');
		putchar(*v);
	}
	putchar(quote);
}

/**
 * out_quoted - a text in quotes, so that it is one word
 * @o: the output
 * @key: its name in JSON
 * @label: as out_str()
 * @v: the text
 */
void out_quoted(struct out *o, const char *key, const char *label,
		const char *v)
{
	if (o->json) {
		json_add(o, key, json_text(v));
		return;
	}
	if (!label)
		return;
	if (label[0])
		out_text(o, label);
	out_text(o, "");
	print_quoted(v);
}

/**
 * out_bare - a text that is in quotes only if it would not be one word without
 * @o: the output
 * @key: its name in JSON
 * @label: as out_str()
 * @v: the text
 */
void out_bare(struct out *o, const char *key, const char *label, const char *v)
{
	if (v[0] && !v[strspn(v, ALNUM "-_.")])
		out_str(o, key, label, v);
	else
		out_quoted(o, key, label, v);
}

/**
 * out_uint - a number
 * @o: the output
 * @key: its name in JSON
 * @label: as out_str()
 * @v: the number
 */
void out_uint(struct out *o, const char *key, const char *label, uint64_t v)
{
	char text[24];

	if (o->json) {
		json_add(o, key, json_object_new_uint64(v));
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64, v);
	out_word(o, label, text);
}

/**
 * out_int - a number that may be negative
 * @o: the output
 * @key: its name in JSON
 * @label: as out_str()
 * @v: the number
 */
void out_int(struct out *o, const char *key, const char *label, int64_t v)
{
	char text[24];

	if (o->json) {
		json_add(o, key, json_object_new_int64(v));
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, v);
	out_word(o, label, text);
}

/**
 * out_bool - yes or no
 * @o: the output
 * @key: its name in JSON
 * @v: the value
 * @yes: text when true, NULL for nothing
 * @no: text when false, NULL for nothing
 */
void out_bool(struct out *o, const char *key, bool v, const char *yes,
	      const char *no)
{
	if (o->json)
		json_add(o, key, json_object_new_boolean(v));
	else
		out_word(o, v ? (yes ? "" : NULL) : (no ? "" : NULL),
			 v ? yes : no);
}

/**
 * out_addr - an address and port
 * @o: the output
 * @key: its name in JSON, where it is an object
 * @label: as out_str()
 * @addr: the address
 */
void out_addr(struct out *o, const char *key, const char *label,
	      const struct tv_addr *addr)
{
	char text[TV_ADDR_LEN];

	if (!o->json) {
		out_word(o, label, tv_addr_str(addr, text, sizeof(text)));
		return;
	}
	if (!addr->family || !inet_ntop(addr->family, &addr->ip4, text,
					sizeof(text)))
		return;
	out_object(o, key);
	out_str(o, "address", NULL, text);
	out_uint(o, "port", NULL, addr->port);
	out_end(o);
}

/**
 * out_ms - a time that was configured
 * @o: the output
 * @key: its name in JSON, where it is in milliseconds
 * @label: as out_str()
 * @v: milliseconds; text is exact, with the greatest unit that allows it
 */
void out_ms(struct out *o, const char *key, const char *label, uint32_t v)
{
	char text[24];

	if (o->json) {
		out_uint(o, key, label, v);
		return;
	}
	if (v && !(v % 3600000))
		snprintf(text, sizeof(text), "%" PRIu32 "h", v / 3600000);
	else if (v && !(v % 60000))
		snprintf(text, sizeof(text), "%" PRIu32 "m", v / 60000);
	else if (v && !(v % 1000))
		snprintf(text, sizeof(text), "%" PRIu32 "s", v / 1000);
	else
		snprintf(text, sizeof(text), "%" PRIu32 "ms", v);
	out_word(o, label, text);
}

/**
 * out_age - a time that was measured
 * @o: the output
 * @key: its name in JSON, where it is in milliseconds
 * @label: as out_str()
 * @v: milliseconds; text is rounded down to tenths of a second
 */
void out_age(struct out *o, const char *key, const char *label, uint64_t v)
{
	char text[32];

	if (o->json) {
		out_uint(o, key, label, v);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64 ".%us", v / 1000,
		 (unsigned int)(v % 1000 / 100));
	out_word(o, label, text);
}

/**
 * out_counter - a line with a counter
 * @o: the output
 * @key: its name
 * @width: of the column of names, in text
 * @v: its value
 */
void out_counter(struct out *o, const char *key, int width, uint64_t v)
{
	char text[96];

	if (o->json) {
		out_uint(o, key, NULL, v);
		return;
	}
	snprintf(text, sizeof(text), "%-*s %" PRIu64, width, key, v);
	out_line(o, 4);
	out_text(o, text);
}

/**
 * out_flush - have all answers written
 * @cli: the run
 *
 * Return: CLI_OK, or CLI_REFUSED when they did not reach standard output.
 */
enum cli_status out_flush(const struct cli *cli)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return CLI_OK;
	return cli_refuse(cli, "standard output: %s",
			  errno ? strerror(errno) : "write error");
}
