// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the block of header lines that the kernel inserts into requests. The
 * kernel says which lines, with which names and in which order; a table says
 * what each field's value is, but for those about the client's certificate, which
 * are cert_fields.c. Pure: no state, nothing of connections or netlink.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cert_fields.h"
#include "headers.h"

/* What a name may consist of (RFC 9110 5.6.2). */
#define HEADERS_TOKEN	"!#$%&'*+-.^_`|~0123456789"		\
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ"		\
			"abcdefghijklmnopqrstuvwxyz"

/**
 * struct headers_out - a block being written
 * @buf: where to
 * @size: bytes there
 * @len: bytes written
 */
struct headers_out {
	char *buf;
	size_t size;
	size_t len;
};

/* Values come from OpenSSL and the kernel, but a line end must never pass. */
static bool headers_printable(const char *text)
{
	const char *p;

	for (p = text; *p; p++) {
		unsigned char c = *p;

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static int headers_add(struct headers_out *out, const char *p, size_t len)
{
	if (len > out->size - out->len)
		return -EMSGSIZE;
	memcpy(out->buf + out->len, p, len);
	out->len += len;
	return 0;
}

static int headers_text(struct headers_out *out, const char *text)
{
	return headers_printable(text) ?
	       headers_add(out, text, strlen(text)) : -EINVAL;
}

static int headers_number(struct headers_out *out, int value)
{
	char text[16];

	if (value < 0)
		return -EINVAL;
	snprintf(text, sizeof(text), "%d", value);
	return headers_text(out, text);
}

static int headers_ip(struct headers_out *out, const struct headers_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(addr->family, addr->ip, text, sizeof(text)))
		return -EINVAL;
	return headers_text(out, text);
}

/* A node of RFC 7239 (section 6): what has a colon in it is quoted. */
static int headers_node(struct headers_out *out,
			const struct headers_addr *addr, bool with_port)
{
	char ip[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 16];
	bool v6 = addr->family == AF_INET6;

	if (!inet_ntop(addr->family, addr->ip, ip, sizeof(ip)))
		return -EINVAL;
	if (with_port)
		snprintf(text, sizeof(text),
			 v6 ? "\"[%s]:%u\"" : "\"%s:%u\"", ip, addr->port);
	else
		snprintf(text, sizeof(text), v6 ? "\"[%s]\"" : "%s", ip);
	return headers_text(out, text);
}

static int headers_client_ip(struct headers_out *out,
			     const struct headers_facts *f)
{
	return headers_ip(out, f->client);
}

static int headers_client_port(struct headers_out *out,
			       const struct headers_facts *f)
{
	return headers_number(out, f->client->port);
}

static int headers_session_id(struct headers_out *out,
			      const struct headers_facts *f)
{
	static const char hex[] = "0123456789ABCDEF";
	uint8_t all = 0;
	size_t i;
	int err;

	for (i = 0; i < f->session_id_len; i++) {
		char text[3] = {
			hex[f->session_id[i] >> 4],
			hex[f->session_id[i] & 15],
			':',
		};

		all |= f->session_id[i];
		err = headers_add(out, text,
				  i + 1 < f->session_id_len ? 3 : 2);
		if (err)
			return err;
	}
	return all ? 0 : -EINVAL;
}

static int headers_cipher(struct headers_out *out,
			  const struct headers_facts *f)
{
	return f->cipher && *f->cipher ? headers_text(out, f->cipher) :
					 -EINVAL;
}

static int headers_key_size(struct headers_out *out,
			    const struct headers_facts *f)
{
	return headers_number(out, f->key_size);
}

static int headers_use_size(struct headers_out *out,
			    const struct headers_facts *f)
{
	return headers_number(out, f->use_size);
}

/* There is no renegotiation, so no session ever changes its suite. */
static int headers_step_up(struct headers_out *out,
			   const struct headers_facts *f)
{
	return headers_text(out, "NO");
}

/*
 * The client without its port, as others write it: many servers take all of
 * "for" for an address. "by" names the service, which is an address and a port.
 */
static int headers_forwarded(struct headers_out *out,
			     const struct headers_facts *f)
{
	int err;

	err = headers_text(out, "for=");
	if (!err)
		err = headers_node(out, f->client, false);
	if (!err)
		err = headers_text(out, ";proto=https;by=");
	if (!err)
		err = headers_node(out, f->vip, true);
	return err;
}

static int headers_proto(struct headers_out *out,
			 const struct headers_facts *f)
{
	return headers_text(out, "https");
}

static int headers_vip_port(struct headers_out *out,
			    const struct headers_facts *f)
{
	return headers_number(out, f->vip->port);
}

/* Writes the value of a field; a custom line has all in its text. */
static int (*const headers_values[TLSVIP_HEADER_FIELD_MAX + 1])
	(struct headers_out *out, const struct headers_facts *f) = {
	[TLSVIP_HEADER_FIELD_CLIENT_IP] = headers_client_ip,
	[TLSVIP_HEADER_FIELD_CLIENT_PORT] = headers_client_port,
	[TLSVIP_HEADER_FIELD_SESSION_ID] = headers_session_id,
	[TLSVIP_HEADER_FIELD_SESSION_CIPHER_NAME] = headers_cipher,
	[TLSVIP_HEADER_FIELD_SESSION_CIPHER_KEY_SIZE] = headers_key_size,
	[TLSVIP_HEADER_FIELD_SESSION_CIPHER_USE_SIZE] = headers_use_size,
	[TLSVIP_HEADER_FIELD_SESSION_STEP_UP] = headers_step_up,
	[TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_NAME] = headers_cipher,
	[TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_KEY_SIZE] =
		headers_key_size,
	[TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_USE_SIZE] =
		headers_use_size,
	[TLSVIP_HEADER_FIELD_FORWARDED] = headers_forwarded,
	[TLSVIP_HEADER_FIELD_X_FORWARDED_FOR] = headers_client_ip,
	[TLSVIP_HEADER_FIELD_X_FORWARDED_PROTO] = headers_proto,
	[TLSVIP_HEADER_FIELD_X_FORWARDED_PORT] = headers_vip_port,
};

/* A name alone, or of a custom line a name, ":" and what a value may have. */
static int headers_check_line(const struct headers_line *line)
{
	size_t len = strspn(line->text, HEADERS_TOKEN);
	const char *rest = line->text + len;

	if (line->field == TLSVIP_HEADER_FIELD_CUSTOM)
		return len && *rest == ':' && headers_printable(rest) ?
		       0 : -EINVAL;
	if (line->field > TLSVIP_HEADER_FIELD_MAX ||
	    (!headers_values[line->field] && !cert_fields_known(line->field)))
		return -EPROTONOSUPPORT;
	return len && !*rest ? 0 : -EINVAL;
}

/**
 * headers_check - whether a block can have these lines
 * @lines: what the kernel wants
 * @n: how many
 *
 * Return: 0, -EPROTONOSUPPORT if a field is not known here, -EINVAL if a text
 * is not what stands in a header line.
 */
int headers_check(const struct headers_line *lines, unsigned int n)
{
	unsigned int i;
	int err;

	for (i = 0; i < n; i++) {
		err = headers_check_line(&lines[i]);
		if (err)
			return err;
	}
	return 0;
}

/* A value, or -ENOENT for a field that this client's certificate has not. */
static int headers_value(struct headers_out *out, uint32_t field,
			 const struct headers_facts *facts)
{
	static const struct cert_facts none;
	int len;

	if (headers_values[field])
		return headers_values[field](out, facts);
	len = cert_fields_value(facts->cert ?: &none, field,
				out->buf + out->len, out->size - out->len);
	if (len < 0)
		return len;
	out->len += len;
	return 0;
}

static int headers_put(struct headers_out *out,
		       const struct headers_line *line,
		       const struct headers_facts *facts)
{
	size_t start = out->len;
	int err;

	err = headers_check_line(line);
	if (!err)
		err = headers_text(out, line->text);
	if (!err && line->field != TLSVIP_HEADER_FIELD_CUSTOM) {
		err = headers_add(out, ": ", 2);
		if (!err)
			err = headers_value(out, line->field, facts);
	}
	if (!err)
		err = headers_add(out, "\r\n", 2);
	if (err != -ENOENT)
		return err;
	out->len = start;
	return 0;
}

/**
 * headers_build - write the header block of a session
 * @facts: what values are made of
 * @lines: the lines, in their order
 * @n: how many
 * @first: write those for the first request, else those for every one
 * @buf: where to; not terminated
 * @size: bytes at @buf
 *
 * Return: length of the block, -EMSGSIZE if it does not fit, -EINVAL if a
 * value must not stand in a header line or the session has no identifier, or
 * as headers_check().
 */
int headers_build(const struct headers_facts *facts,
		  const struct headers_line *lines, unsigned int n, bool first,
		  char *buf, size_t size)
{
	struct headers_out out = { .buf = buf, .size = size };
	unsigned int i;
	int err;

	for (i = 0; i < n; i++) {
		if (lines[i].first != first ||
		    (lines[i].once && facts->resumed))
			continue;
		err = headers_put(&out, &lines[i], facts);
		if (err)
			return err;
	}
	return out.len;
}
