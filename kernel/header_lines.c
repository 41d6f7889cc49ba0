// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which names and lines an http-header policy may name. What a policy makes of
 * them is headers.c.
 */
#include <linux/ctype.h>
#include <linux/string.h>

#include "headers.h"
#include "http_priv.h"

/* Deciding where a message ends, or only for the next hop: never ours. */
static const char * const tlsvip_header_refused[] = {
	"Connection", "Content-Length", "Expect", "Host", "HTTP2-Settings",
	"Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
	"Upgrade",
};

/* RFC 9110 5.6.2 */
static bool tlsvip_header_tchar(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/**
 * tlsvip_header_same - whether a server may take two names for one
 * @a: a name
 * @a_len: its length
 * @b: another name
 * @b_len: its length
 *
 * Context: any.
 * Return: true if they differ at most in case and in bytes that are neither
 * letters nor digits, as a CGI-like server reads names.
 */
bool tlsvip_header_same(const char *a, u32 a_len, const char *b, u32 b_len)
{
	return a_len == b_len &&
	       tlsvip_http_equal_fold((const u8 *)a, b, a_len);
}

/**
 * tlsvip_header_name_len - length of the name in a line
 * @line: "NAME: VALUE", or a name alone
 *
 * Context: any.
 * Return: bytes before the first ":", or of all.
 */
u32 tlsvip_header_name_len(const char *line)
{
	return strchrnul(line, ':') - line;
}

static int tlsvip_header_check_token(const char *name, u32 len,
				     const char *what,
				     struct netlink_ext_ack *extack)
{
	u32 i;

	if (!len) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s: no name", what);
		return -EINVAL;
	}
	for (i = 0; i < len; i++) {
		if (tlsvip_header_tchar(name[i]))
			continue;
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s: byte 0x%02x in the name",
				       what, (u8)name[i]);
		return -EINVAL;
	}
	return 0;
}

/**
 * tlsvip_header_check_name - whether a policy may insert or protect a name
 * @name: the name, need not end in NUL
 * @len: its length
 * @what: whose name it is, for the message
 * @extack: says why not
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int tlsvip_header_check_name(const char *name, u32 len, const char *what,
			     struct netlink_ext_ack *extack)
{
	int err = tlsvip_header_check_token(name, len, what, extack);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tlsvip_header_refused) && !err; i++) {
		if (!tlsvip_header_same(name, len, tlsvip_header_refused[i],
					strlen(tlsvip_header_refused[i])))
			continue;
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s: %s belongs to HTTP itself",
				       what, tlsvip_header_refused[i]);
		err = -EINVAL;
	}
	return err;
}

/**
 * tlsvip_header_check_prefix - whether a policy may protect all such names
 * @prefix: how they begin, need not end in NUL
 * @len: its length
 * @what: where it stands, for the message
 * @extack: says why not
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int tlsvip_header_check_prefix(const char *prefix, u32 len, const char *what,
			       struct netlink_ext_ack *extack)
{
	int err = tlsvip_header_check_token(prefix, len, what, extack);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tlsvip_header_refused) && !err; i++) {
		if (len > strlen(tlsvip_header_refused[i]) ||
		    !tlsvip_header_same(prefix, len, tlsvip_header_refused[i],
					len))
			continue;
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s: %s belongs to HTTP itself",
				       what, tlsvip_header_refused[i]);
		err = -EINVAL;
	}
	return err;
}

/**
 * tlsvip_header_check_line - whether a policy may insert a line
 * @line: "NAME: VALUE"
 * @at: number of the line, from 1, for the message
 * @extack: says why not
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int tlsvip_header_check_line(const char *line, u32 at,
			     struct netlink_ext_ack *extack)
{
	u32 len = tlsvip_header_name_len(line);
	const char *p;
	char what[24];

	scnprintf(what, sizeof(what), "custom line %u", at);
	if (!line[len]) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s: no \":\"", what);
		return -EINVAL;
	}
	if (tlsvip_header_check_name(line, len, what, extack))
		return -EINVAL;
	for (p = line + len + 1; *p; p++) {
		if ((*p >= 0x20 && *p <= 0x7e) || *p == '\t')
			continue;
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s: byte 0x%02x in the value",
				       what, (u8)*p);
		return -EINVAL;
	}
	if (!*skip_spaces(line + len + 1)) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s: no value", what);
		return -EINVAL;
	}
	return 0;
}
