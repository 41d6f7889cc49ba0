/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an http-header policy says, and one version of it as connections hold
 * it. The policy with its name and users is in tlsvip.h.
 */
#ifndef _TLSVIP_HEADERS_H
#define _TLSVIP_HEADERS_H

#include <linux/kref.h>
#include <linux/netlink.h>
#include <linux/tlsvip.h>

#include "http.h"

struct tlsvip_policy;

/* From the first byte of a head to its last, where a policy says nothing. */
#define TLSVIP_HEAD_TIMEOUT_MS	30000

/* Fields that can be inserted, without custom lines. */
#define TLSVIP_HEADERS_FIELDS	TLSVIP_HEADER_FIELD_MAX
#define TLSVIP_HEADERS_LINES	(TLSVIP_HEADERS_FIELDS + TLSVIP_CUSTOM_MAX)

/**
 * struct tlsvip_headers_alias - a name to insert instead of a standard one
 * @name: standard name
 * @alias: what stands there instead
 */
struct tlsvip_headers_alias {
	char name[TLSVIP_HEADER_NAME_LEN + 1];
	char alias[TLSVIP_HEADER_NAME_LEN + 1];
};

/**
 * struct tlsvip_headers - one version of an http-header policy, immutable
 * @ref: policy 1, each connection 1
 * @rcu: frees it; must be within the first page of the structure
 * @cfg: names to protect and limits, for the HTTP engine
 * @head_ms: how long a head, or trailers, may take
 * @client_ip_port: insert the address lines
 * @session: insert the session lines
 * @session_once: of a resumed session Session-Id alone
 * @forwarded: insert Forwarded
 * @x_forwarded: insert the X-Forwarded lines
 * @client_cert: which lines about the client's certificate
 * @client_cert_first: they are for the first request, the status excepted
 * @subject_name: insert ClientCert-Subject into every request
 * @rfc9440: insert Client-Cert
 * @rfc9440_chain: insert Client-Cert-Chain
 * @cert_status: what follows from them: insert the status
 * @cert_subject: insert ClientCert-Subject
 * @cert_basic: insert the other fields of the certificate itself
 * @cert_more: insert the extensions that only &TLSVIP_CLIENT_CERT_ALL has
 * @cert_pem: insert the certificate in PEM
 * @prefix: stands with a "-" before names without alias; empty for none
 * @n_fields: used entries of @field
 * @n_custom: used entries of @custom
 * @n_aliases: used entries of @alias
 * @n_protect: used entries of @protect
 * @field: what is inserted ahead of the custom lines, in order
 * @custom: the custom lines, NUL-terminated, without CRLF and prefix
 * @alias: the aliases
 * @protect: names that are protected and not inserted
 */
struct tlsvip_headers {
	struct kref ref;
	struct rcu_head rcu;
	struct tlsvip_http_cfg cfg;
	u32 head_ms;
	bool client_ip_port;
	bool session;
	bool session_once;
	bool forwarded;
	bool x_forwarded;
	enum tlsvip_client_cert client_cert;
	bool client_cert_first;
	bool subject_name;
	bool rfc9440;
	bool rfc9440_chain;
	bool cert_status;
	bool cert_subject;
	bool cert_basic;
	bool cert_more;
	bool cert_pem;
	char prefix[TLSVIP_PREFIX_LEN + 1];
	u8 n_fields;
	u8 n_custom;
	u8 n_aliases;
	u8 n_protect;
	u8 field[TLSVIP_HEADERS_FIELDS];
	char custom[TLSVIP_CUSTOM_MAX][TLSVIP_CUSTOM_LEN + 1];
	struct tlsvip_headers_alias alias[TLSVIP_ALIAS_MAX];
	char protect[TLSVIP_PROTECT_MAX][TLSVIP_HEADER_NAME_LEN + 1];
};

/**
 * struct tlsvip_headers_line - a line as the daemon is to make it
 * @field: what it says
 * @once: left out when the session was resumed
 * @first: belongs into the block of the first request
 * @text: the whole line if it is a custom one, else its name
 */
struct tlsvip_headers_line {
	enum tlsvip_header_field field;
	bool once;
	bool first;
	char text[TLSVIP_LINE_LEN + 1];
};

/* headers.c */
struct tlsvip_headers *tlsvip_headers_alloc(void);
int tlsvip_headers_build(struct tlsvip_headers *hdrs,
			 struct netlink_ext_ack *extack);
u32 tlsvip_headers_n_lines(const struct tlsvip_headers *hdrs);
void tlsvip_headers_line(const struct tlsvip_headers *hdrs, u32 i,
			 struct tlsvip_headers_line *line);
struct tlsvip_headers *tlsvip_headers_get(struct tlsvip_policy *pol);
void tlsvip_headers_put(struct tlsvip_headers *hdrs);

/* header_lines.c */
u32 tlsvip_header_name_len(const char *line);
bool tlsvip_header_same(const char *a, u32 a_len, const char *b, u32 b_len);
int tlsvip_header_check_name(const char *name, u32 len, const char *what,
			     struct netlink_ext_ack *extack);
int tlsvip_header_check_prefix(const char *prefix, u32 len, const char *what,
			       struct netlink_ext_ack *extack);
int tlsvip_header_check_line(const char *line, u32 at,
			     struct netlink_ext_ack *extack);

#endif /* _TLSVIP_HEADERS_H */
