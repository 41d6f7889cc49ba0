// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Responses of the corpus, joined, cut and spoilt at random: engine and
 * reference must agree. Arguments: rounds, seed, corpus.
 *
 * SOURCES: kernel/http*.c kernel/rewrite.c selftests/unit/http/[a-z]*.c
 */
#include "http/rsp_oracle.h"
#include "http/spoil.h"

static const char *const words[] = {
	"\r\n", "\r\n\r\n", "\n", "\r", " ", "\t", ":", ";", "=", "0", "80",
	"a\r\n", "HTTP/1.0", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", " 204 x\r\n",
	" 304 x\r\n", "HTTP/1.1 100 x\r\n\r\n", "HTTP/1.1 101 x\r\n\r\n",
	"Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "X: 3\r\n",
	"0\r\n\r\n", "3\r\nabc\r\n", "Location: http://a/\r\n", "http://",
	"Content-Location: http://www.example.com/\r\n", "Location:", "://",
	"www.", ".com", ".example.com", "www.example.com", "a:65535", ":8080",
	"[::1]", ":80", "@", "?", "#", "/", "\\", "%41", "\0", "\x7f", "\xff",
};

static void make(struct spoil_input *in, const struct corpus *corpus)
{
	u32 parts = 1 + spoil_below(3), spoilt = spoil_below(5), i;

	in->n = RSP_ORACLE_HEADER;
	in->keep = RSP_ORACLE_HEADER;
	for (i = 0; i < parts; i++) {
		const struct corpus_case *c =
			&corpus->cases[spoil_below(corpus->n)];

		if (!i)
			rsp_oracle_header(&c->rsp, in->v);
		spoil_replace(in, in->n, in->n, c->in, c->in_len);
	}
	in->v[0] |= spoil_below(256) & spoil_below(256) & spoil_below(256);
	if (!spoil_below(4))
		in->v[1] = spoil_below(256);
	if (!spoil_below(4))
		in->v[2] = spoil_below(256);
	in->v[3] = spoil_below(256);
	while (spoilt--)
		spoil(in, words, sizeof(words) / sizeof(words[0]));
}

static const struct spoil_test test = {
	.corpus = "selftests/corpus/response",
	.make = make,
	.check = rsp_oracle_check,
};

int main(int argc, char **argv)
{
	return spoil_main(&test, argc, argv);
}
