// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From words to values, for the command line and batches alike. An error names
 * the word and what was expected; whether a value makes sense is decided by the
 * kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "tlsvip.h"

#define HEADER_MARKS	"!#$%&'*+-.^_`|~"	/* RFC 9110 5.6.2 */

/**
 * args_end - whether there are no more words
 * @args: the words
 *
 * Return: true at the end.
 */
bool args_end(const struct args *args)
{
	return args->i >= args->n;
}

/**
 * args_next - take a word
 * @args: the words
 *
 * Return: the word, or NULL at the end.
 */
const char *args_next(struct args *args)
{
	return args_end(args) ? NULL : args->v[args->i++];
}

/**
 * args_take - take a word that may be there
 * @args: the words
 * @word: the word
 *
 * Return: whether it was next.
 */
bool args_take(struct args *args, const char *word)
{
	if (args_end(args) || strcmp(args->v[args->i], word))
		return false;
	args->i++;
	return true;
}

/**
 * args_word - take a word that must be there
 * @cli: the run
 * @args: the words
 * @name: what it is for, also in the message
 * @expected: what it looks like, for the message
 *
 * Return: the word, or NULL when it is missing and that was said.
 */
const char *args_word(struct cli *cli, struct args *args, const char *name,
		      const char *expected)
{
	const char *word = args_next(args);

	if (!word)
		cli_misuse(cli, "%s: nothing follows, expected %s", name,
			   expected);
	return word;
}

/**
 * args_nothing - insist that there are no more words
 * @cli: the run
 * @args: the words
 *
 * Return: CLI_OK or CLI_USAGE.
 */
enum cli_status args_nothing(struct cli *cli, const struct args *args)
{
	if (args_end(args))
		return CLI_OK;
	return cli_misuse(cli, "'%s' is too much, expected nothing more",
			  args->v[args->i]);
}

/* @optional: what might have followed the key before, or NULL */
static enum cli_status args_unknown(struct cli *cli, const char *word,
				    const char *optional,
				    const struct key *keys)
{
	char list[320] = "";
	size_t len = 0, i;

	for (i = 0; keys[i].name && len < sizeof(list); i++)
		len += snprintf(list + len, sizeof(list) - len, "%s%s",
				!i ? "" : keys[i + 1].name ? ", " : " or ",
				keys[i].name);
	return cli_misuse(cli, "'%s' is not known here, expected %s%s%s", word,
			  optional ? optional : "", optional ? ", " : "",
			  list);
}

/**
 * args_keys - take all words that are left, each a key with its value
 * @cli: the run
 * @args: the words
 * @keys: keys that may be given, at most KEYS_MAX, ends with an empty one
 * @object: where values are stored, handed to the keys
 *
 * Return: CLI_OK or the first error.
 */
enum cli_status args_keys(struct cli *cli, struct args *args,
			  const struct key *keys, void *object)
{
	const char *word, *optional = NULL;
	enum cli_status status;
	uint32_t seen = 0;
	size_t i;

	while ((word = args_next(args))) {
		for (i = 0; keys[i].name; i++)
			if (!strcmp(keys[i].name, word))
				break;
		if (!keys[i].name)
			return args_unknown(cli, word, optional, keys);
		if (seen & (1U << i) && !keys[i].repeat)
			return cli_misuse(cli, "%s: given twice", word);
		seen |= 1U << i;
		optional = keys[i].optional;
		status = keys[i].parse(cli, args, word, object);
		if (status)
			return status;
	}
	return CLI_OK;
}

/**
 * args_name - take the name of an object
 * @cli: the run
 * @args: the words
 * @name: what it is for
 * @value: where it is stored, TV_NAME_LEN bytes
 *
 * Return: CLI_OK or CLI_USAGE.
 */
enum cli_status args_name(struct cli *cli, struct args *args,
			  const char *name, char *value)
{
	const char *word = args_word(cli, args, name, "a NAME");

	if (!word)
		return CLI_USAGE;
	if (!tv_name_ok(word))
		return cli_misuse(cli,
				  "%s: '%s' is not a name, expected 1 to %d of A-Z a-z 0-9 _ . -",
				  name, word, TLSVIP_NAME_LEN);
	snprintf(value, TV_NAME_LEN, "%s", word);
	return CLI_OK;
}

/**
 * args_header - take the name of a header line or a part of one
 * @cli: the run
 * @args: the words
 * @name: what it is for
 * @expected: what it looks like, for the message
 * @max: most bytes
 * @value: where the word is stored
 *
 * Return: CLI_OK or CLI_USAGE.
 */
enum cli_status args_header(struct cli *cli, struct args *args,
			    const char *name, const char *expected, size_t max,
			    const char **value)
{
	const char *word = args_word(cli, args, name, expected);
	size_t len;

	if (!word)
		return CLI_USAGE;
	len = strspn(word, ALNUM HEADER_MARKS);
	if (len > max && !word[len])
		return cli_misuse(cli,
				  "%s: '%s' has %zu bytes, expected %s of at most %zu",
				  name, word, len, expected, max);
	if (!len || word[len])
		return cli_misuse(cli,
				  "%s: '%s' is not in a header's name, expected %s of 1 to %zu of A-Z a-z 0-9 %s",
				  name, word, expected, max, HEADER_MARKS);
	*value = word;
	return CLI_OK;
}

/**
 * args_ifname - take the name of a network device
 * @cli: the run
 * @args: the words
 * @name: what it is for
 * @value: where it is stored, IFNAMSIZ bytes
 *
 * Return: CLI_OK or CLI_USAGE.
 */
enum cli_status args_ifname(struct cli *cli, struct args *args,
			    const char *name, char *value)
{
	const char *word = args_word(cli, args, name, "a DEVICE");

	if (!word)
		return CLI_USAGE;
	if (!word[0] || strlen(word) >= IFNAMSIZ || strpbrk(word, "/: \t\n") ||
	    !strcmp(word, ".") || !strcmp(word, ".."))
		return cli_misuse(cli,
				  "%s: '%s' is not the name of a device, expected 1 to %d bytes without / : or space",
				  name, word, IFNAMSIZ - 1);
	snprintf(value, IFNAMSIZ, "%s", word);
	return CLI_OK;
}

/* a number of decimal digits and nothing else; false when it is not one */
static bool parse_digits(const char *text, size_t len, uint64_t *v)
{
	size_t i;

	*v = 0;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (*v > UINT64_MAX / 10 - 1)
			return false;
		*v = *v * 10 + (text[i] - '0');
	}
	return len > 0;
}

static enum cli_status parse_port(struct cli *cli, const char *name,
				  const char *word, const char *port,
				  struct tv_addr *addr)
{
	uint64_t v;

	if (!parse_digits(port, strlen(port), &v) || !v || v > UINT16_MAX)
		return cli_misuse(cli,
				  "%s: '%s' in '%s' is not a port, expected 1 to 65535",
				  name, port, word);
	addr->port = v;
	return CLI_OK;
}

/* "[2001:db8::15]:443" */
static enum cli_status parse_addr6(struct cli *cli, const char *name,
				   const char *word, struct tv_addr *addr)
{
	const char *end = strchr(word, ']');
	char ip[INET6_ADDRSTRLEN];

	if (!end)
		return cli_misuse(cli,
				  "%s: '%s' lacks a ], expected [ADDRESS]:PORT",
				  name, word);
	snprintf(ip, sizeof(ip), "%.*s", (int)(end - word - 1), word + 1);
	if (end - word - 1 >= (int)sizeof(ip) ||
	    inet_pton(AF_INET6, ip, &addr->ip6) != 1)
		return cli_misuse(cli,
				  "%s: '%.*s' in '%s' is not an IPv6 address, expected [ADDRESS]:PORT",
				  name, (int)(end - word - 1), word + 1, word);
	if (end[1] != ':')
		return cli_misuse(cli,
				  "%s: '%s' lacks a port, expected [ADDRESS]:PORT",
				  name, word);
	addr->family = AF_INET6;
	return parse_port(cli, name, word, end + 2, addr);
}

/* "10.10.0.15:443" */
static enum cli_status parse_addr4(struct cli *cli, const char *name,
				   const char *word, struct tv_addr *addr)
{
	const char *end = strchr(word, ':');
	char ip[INET_ADDRSTRLEN];
	struct in6_addr ip6;

	if (inet_pton(AF_INET6, word, &ip6) == 1 ||
	    (end && strchr(end + 1, ':')))
		return cli_misuse(cli,
				  "%s: '%s' is not ADDRESS:PORT, expected [ADDRESS]:PORT for IPv6",
				  name, word);
	if (!end)
		return cli_misuse(cli,
				  inet_pton(AF_INET, word, &addr->ip4) == 1 ?
				  "%s: '%s' lacks a port, expected ADDRESS:PORT" :
				  "%s: '%s' is not an address, expected ADDRESS:PORT",
				  name, word);
	snprintf(ip, sizeof(ip), "%.*s", (int)(end - word), word);
	if (end - word >= (int)sizeof(ip) ||
	    inet_pton(AF_INET, ip, &addr->ip4) != 1)
		return cli_misuse(cli,
				  "%s: '%.*s' in '%s' is not an IPv4 address, expected ADDRESS:PORT",
				  name, (int)(end - word), word, word);
	addr->family = AF_INET;
	return parse_port(cli, name, word, end + 1, addr);
}

/**
 * args_addr - take an address and port
 * @cli: the run
 * @args: the words
 * @name: what it is for
 * @addr: where it is stored
 *
 * Return: CLI_OK or CLI_USAGE.
 */
enum cli_status args_addr(struct cli *cli, struct args *args,
			  const char *name, struct tv_addr *addr)
{
	const char *word = args_word(cli, args, name, "ADDRESS:PORT");

	if (!word)
		return CLI_USAGE;
	memset(addr, 0, sizeof(*addr));
	if (word[0] == '[')
		return parse_addr6(cli, name, word, addr);
	return parse_addr4(cli, name, word, addr);
}

/**
 * args_u32 - take a number
 * @cli: the run
 * @args: the words
 * @name: what it is for
 * @min: the least that is possible
 * @value: where it is stored
 *
 * Return: CLI_OK or CLI_USAGE.
 */
enum cli_status args_u32(struct cli *cli, struct args *args,
			 const char *name, uint32_t min, uint32_t *value)
{
	const char *word = args_word(cli, args, name, "a NUMBER");
	uint64_t v;

	if (!word)
		return CLI_USAGE;
	if (!parse_digits(word, strlen(word), &v) || v < min ||
	    v > UINT32_MAX)
		return cli_misuse(cli,
				  "%s: '%s' is not a number from %u to %u",
				  name, word, min, UINT32_MAX);
	*value = v;
	return CLI_OK;
}

/**
 * args_ms - take a time
 * @cli: the run
 * @args: the words
 * @name: what it is for
 * @value: where it is stored, milliseconds
 *
 * Return: CLI_OK or CLI_USAGE.
 */
enum cli_status args_ms(struct cli *cli, struct args *args,
			const char *name, uint32_t *value)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	};
	const char *word = args_word(cli, args, name,
				     "a TIME, as 500ms, 10s or 5m");
	size_t i, len;
	uint64_t v;

	if (!word)
		return CLI_USAGE;
	len = strspn(word, "0123456789");
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(word + len, units[i].unit))
			break;
	if (len && !word[len])
		return cli_misuse(cli,
				  "%s: '%s' lacks a unit, expected a TIME, as 500ms, 10s or 5m",
				  name, word);
	if (!parse_digits(word, len, &v) ||
	    i == sizeof(units) / sizeof(units[0]) || !v)
		return cli_misuse(cli,
				  "%s: '%s' is not a time, expected as 500ms, 10s or 5m",
				  name, word);
	if (v > UINT32_MAX / units[i].ms)
		return cli_misuse(cli, "%s: '%s' is too long", name, word);
	*value = v * units[i].ms;
	return CLI_OK;
}
