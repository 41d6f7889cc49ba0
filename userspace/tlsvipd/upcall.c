// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Upcalls and verdicts between their netlink form and ours. It opens and sends
 * nothing, and does not judge whether an upcall can be served.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "lib/tv.h"
#include "upcall.h"

/**
 * struct upcall_parse_state - what was found so far
 * @attrs: attributes that come once, by number
 * @lines: lines, their texts still in the message
 * @n_lines: how many
 * @text_bytes: of all texts with their terminators
 * @bad: a line is malformed, or there are too many
 */
struct upcall_parse_state {
	const struct nlattr *attrs[TLSVIP_A_UPCALL_MAX + 1];
	struct headers_line lines[HEADERS_LINES];
	unsigned int n_lines;
	size_t text_bytes;
	bool bad;
};

static int upcall_line_attr_cb(const struct nlattr *attr, void *data)
{
	const struct nlattr **attrs = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= TLSVIP_A_LINE_MAX)
		attrs[type] = attr;
	return MNL_CB_OK;
}

static int upcall_get_line(const struct nlattr *nest,
			   struct upcall_parse_state *st)
{
	const struct nlattr *attrs[TLSVIP_A_LINE_MAX + 1] = { NULL };
	const struct nlattr *field, *text, *once, *first;
	struct headers_line *line;
	size_t size;

	if (st->n_lines == HEADERS_LINES ||
	    mnl_attr_validate(nest, MNL_TYPE_NESTED) < 0)
		return -EINVAL;
	mnl_attr_parse_nested(nest, upcall_line_attr_cb, attrs);
	field = attrs[TLSVIP_A_LINE_FIELD];
	text = attrs[TLSVIP_A_LINE_TEXT];
	once = attrs[TLSVIP_A_LINE_ONCE];
	first = attrs[TLSVIP_A_LINE_FIRST];
	if (!field || mnl_attr_validate(field, MNL_TYPE_U32) < 0 ||
	    !text || mnl_attr_validate(text, MNL_TYPE_NUL_STRING) < 0 ||
	    (once && mnl_attr_validate(once, MNL_TYPE_FLAG) < 0) ||
	    (first && mnl_attr_validate(first, MNL_TYPE_FLAG) < 0))
		return -EINVAL;
	size = mnl_attr_get_payload_len(text);
	if (size > TLSVIP_LINE_LEN + 1 ||
	    strlen(mnl_attr_get_str(text)) + 1 != size)
		return -EINVAL;
	line = &st->lines[st->n_lines++];
	line->field = mnl_attr_get_u32(field);
	line->once = once;
	line->first = first;
	line->text = mnl_attr_get_str(text);
	st->text_bytes += size;
	return 0;
}

static int upcall_attr_cb(const struct nlattr *attr, void *data)
{
	struct upcall_parse_state *st = data;
	uint16_t type = mnl_attr_get_type(attr);

	/* A newer kernel may say more than we know. */
	if (type > TLSVIP_A_UPCALL_MAX)
		return MNL_CB_OK;
	if (type != TLSVIP_A_UPCALL_LINE)
		st->attrs[type] = attr;
	else if (upcall_get_line(attr, st))
		/* No reason to stop: the descriptor must be found. */
		st->bad = true;
	return MNL_CB_OK;
}

static int upcall_get_u32(const struct nlattr *attr, uint32_t *value)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(*value))
		return -EINVAL;
	memcpy(value, mnl_attr_get_payload(attr), sizeof(*value));
	return 0;
}

static int upcall_get_u16(const struct nlattr *attr, uint16_t *value)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(*value))
		return -EINVAL;
	memcpy(value, mnl_attr_get_payload(attr), sizeof(*value));
	return 0;
}

static int upcall_get_name(const struct nlattr *attr, char *name)
{
	return attr && tv_attr_str(attr, name, TLSVIP_NAME_LEN + 1) ? 0 :
	       -EINVAL;
}

static int upcall_get_addr(const struct nlattr *a4, const struct nlattr *a6,
			   const struct nlattr *port,
			   struct headers_addr *addr)
{
	const struct nlattr *a = a4 ? a4 : a6;
	size_t len = a4 ? 4 : 16;

	if (!a || mnl_attr_get_payload_len(a) != len)
		return -EINVAL;
	addr->family = a4 ? AF_INET : AF_INET6;
	memcpy(addr->ip, mnl_attr_get_payload(a), len);
	return upcall_get_u16(port, &addr->port);
}

static int upcall_get_addrs(const struct nlattr *const *attrs,
			    struct upcall *up)
{
	int err;

	err = upcall_get_addr(attrs[TLSVIP_A_UPCALL_CLIENT4],
			      attrs[TLSVIP_A_UPCALL_CLIENT6],
			      attrs[TLSVIP_A_UPCALL_CLIENT_PORT],
			      &up->client);
	if (!err)
		err = upcall_get_addr(attrs[TLSVIP_A_UPCALL_VIP4],
				      attrs[TLSVIP_A_UPCALL_VIP6],
				      attrs[TLSVIP_A_UPCALL_VIP_PORT],
				      &up->vip);
	return err;
}

/* The message will be overwritten: lines and texts, in one piece of memory. */
static int upcall_keep_lines(const struct upcall_parse_state *st,
			     struct upcall *up)
{
	size_t size = st->n_lines * sizeof(*up->lines);
	unsigned int i;
	char *p;

	if (!st->n_lines)
		return 0;
	up->lines = malloc(size + st->text_bytes);
	if (!up->lines)
		return -ENOMEM;
	memcpy(up->lines, st->lines, size);
	up->n_lines = st->n_lines;
	p = (char *)(up->lines + up->n_lines);
	for (i = 0; i < up->n_lines; i++) {
		up->lines[i].text = p;
		p = stpcpy(p, st->lines[i].text) + 1;
	}
	return 0;
}

/**
 * upcall_parse - read one upcall
 * @nest: the nested attributes of the upcall
 * @up: filled in
 *
 * On failure @up still holds the descriptor and the connection's number as far
 * as they could be read (else -1 and 0), so that the one can be closed and the
 * other answered; upcall_clear() is due in either case.
 *
 * Return: 0, -EINVAL for a malformed upcall, or -ENOMEM.
 */
int upcall_parse(const struct nlattr *nest, struct upcall *up)
{
	struct upcall_parse_state st = { 0 };
	uint32_t fd;

	memset(up, 0, sizeof(*up));
	up->fd = -1;
	/* First of all the descriptor: it is ours whatever else is wrong. */
	mnl_attr_parse_nested(nest, upcall_attr_cb, &st);
	if (!upcall_get_u32(st.attrs[TLSVIP_A_UPCALL_SOCKFD], &fd))
		up->fd = (int)fd;
	if (!st.attrs[TLSVIP_A_UPCALL_CONN] ||
	    !tv_attr_uint(st.attrs[TLSVIP_A_UPCALL_CONN], &up->conn) ||
	    upcall_get_u32(st.attrs[TLSVIP_A_UPCALL_LEG], &up->leg))
		return -EINVAL;
	if (st.bad || up->fd < 0 ||
	    upcall_get_u32(st.attrs[TLSVIP_A_UPCALL_ROLE], &up->role) ||
	    upcall_get_u32(st.attrs[TLSVIP_A_UPCALL_TIMEOUT],
			   &up->timeout_ms) ||
	    upcall_get_name(st.attrs[TLSVIP_A_UPCALL_CONTEXT], up->context) ||
	    upcall_get_name(st.attrs[TLSVIP_A_UPCALL_SERVICE], up->service) ||
	    upcall_get_name(st.attrs[TLSVIP_A_UPCALL_TRUSTPOINT],
			    up->trustpoint) ||
	    upcall_get_addrs(st.attrs, up))
		return -EINVAL;
	up->want_block = st.attrs[TLSVIP_A_UPCALL_HTTP_HEADER];
	up->want_tlvs = st.attrs[TLSVIP_A_UPCALL_PROXY_TLVS];
	return upcall_keep_lines(&st, up);
}

/**
 * upcall_clear - close the descriptor of an upcall and free what it holds
 * @up: upcall; may be cleared already
 */
void upcall_clear(struct upcall *up)
{
	if (up->fd >= 0)
		close(up->fd);
	up->fd = -1;
	free(up->lines);
	up->lines = NULL;
	up->n_lines = 0;
}

/**
 * upcall_put_verdict - write a verdict into a message
 * @nlh: message, its headers are there
 * @size: room for the whole message
 * @v: the verdict
 *
 * Return: 0, or -EMSGSIZE.
 */
int upcall_put_verdict(struct nlmsghdr *nlh, size_t size,
		       const struct verdict *v)
{
	bool ok = mnl_attr_put_u64_check(nlh, size,
					 TLSVIP_A_HANDSHAKE_CONN, v->conn) &&
		  mnl_attr_put_u32_check(nlh, size, TLSVIP_A_HANDSHAKE_LEG,
					 v->leg) &&
		  mnl_attr_put_u32_check(nlh, size,
					 TLSVIP_A_HANDSHAKE_VERDICT,
					 v->verdict);

	if (ok && v->alert)
		ok = mnl_attr_put_u8_check(nlh, size,
					   TLSVIP_A_HANDSHAKE_ALERT,
					   v->alert);
	if (v->verdict != TLSVIP_VERDICT_OK)
		return ok ? 0 : -EMSGSIZE;
	ok = ok &&
	     mnl_attr_put_u16_check(nlh, size, TLSVIP_A_HANDSHAKE_TLS_VERSION,
				    v->tls_version) &&
	     mnl_attr_put_strz_check(nlh, size, TLSVIP_A_HANDSHAKE_CIPHER,
				     v->cipher);
	if (ok && v->resumed)
		ok = mnl_attr_put_check(nlh, size, TLSVIP_A_HANDSHAKE_RESUMED,
					0, NULL);
	if (ok && v->block_len)
		ok = mnl_attr_put_check(nlh, size, TLSVIP_A_HANDSHAKE_BLOCK,
					v->block_len, v->block);
	if (ok && v->first_len)
		ok = mnl_attr_put_check(nlh, size,
					TLSVIP_A_HANDSHAKE_BLOCK_FIRST,
					v->first_len, v->block_first);
	if (ok && v->tlvs_len)
		ok = mnl_attr_put_check(nlh, size,
					TLSVIP_A_HANDSHAKE_PROXY_TLVS,
					v->tlvs_len, v->tlvs);
	if (ok && v->leftover_len)
		ok = mnl_attr_put_check(nlh, size, TLSVIP_A_HANDSHAKE_LEFTOVER,
					v->leftover_len, v->leftover);
	return ok ? 0 : -EMSGSIZE;
}
