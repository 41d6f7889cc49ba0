// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests of the corpus, joined, cut and spoilt at random: engine and
 * reference must agree. Arguments: rounds, seed, corpus.
 *
 * SOURCES: kernel/http*.c kernel/rewrite.c selftests/unit/http/[a-z]*.c
 */
#include "http/oracle.h"
#include "http/spoil.h"

static const char *const words[] = {
	"\r\n", "\r\n\r\n", "\n", "\r", " ", "\t", ":", ",", ";", "=", "0",
	"a\r\n", "HTTP/1.0", "HTTP/1.1", "GET / HTTP/1.1\r\n", "Host: a\r\n",
	"Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
	"Connection: ", "close", "keep-alive", "upgrade", "Upgrade: websocket",
	"SSL-A: 1\r\n", "client_ip: 2\r\n", "X: 3\r\n", "X", "ssl-b", "\0",
	"\x7f", "\xff", "0\r\n\r\n", "3\r\nabc\r\n", "http://a", "h2c",
	"Expect: 100-continue\r\n", "Content_Length: 1\r\n", "chunked",
};

static void make(struct spoil_input *in, const struct corpus *corpus)
{
	u32 parts = 1 + spoil_below(3), spoilt = spoil_below(5);

	in->n = ORACLE_HEADER;
	in->keep = ORACLE_HEADER;
	in->v[0] = spoil_below(256) & spoil_below(256) & spoil_below(256);
	in->v[1] = spoil_below(256);
	in->v[2] = spoil_below(256);
	while (parts--) {
		const struct corpus_case *c =
			&corpus->cases[spoil_below(corpus->n)];

		spoil_replace(in, in->n, in->n, c->in, c->in_len);
	}
	while (spoilt--)
		spoil(in, words, sizeof(words) / sizeof(words[0]));
}

static const struct spoil_test test = {
	.corpus = "selftests/corpus/http",
	.make = make,
	.check = oracle_check,
};

int main(int argc, char **argv)
{
	return spoil_main(&test, argc, argv);
}
