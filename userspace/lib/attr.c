// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single attributes of the family: values in and out of messages, and the names
 * of enum values. Whole objects are in model.c.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <linux/genetlink.h>

#include "lib/tv.h"

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

static const char *tv_enum_name(const char *const *names, size_t n, uint32_t v)
{
	return v < n && names[v] ? names[v] : "unknown";
}

/**
 * tv_oper_state_name - name of an operational state
 * @v: enum tlsvip_oper_state
 *
 * Return: its name, or "unknown".
 */
const char *tv_oper_state_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_OPER_STATE_DOWN] = "down",
		[TLSVIP_OPER_STATE_UP] = "up",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_oper_reason_name - name of the reason of an operational state
 * @v: enum tlsvip_oper_reason
 *
 * Return: its name, or "unknown".
 */
const char *tv_oper_reason_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_OPER_REASON_NONE] = "none",
		[TLSVIP_OPER_REASON_ADMIN] = "admin",
		[TLSVIP_OPER_REASON_VRF_MISSING] = "vrf-missing",
		[TLSVIP_OPER_REASON_LISTENER] = "listener",
		[TLSVIP_OPER_REASON_REMOVED] = "removed",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_policy_kind_name - name of a kind of policy
 * @v: enum tlsvip_policy_kind
 *
 * Return: its name, or "unknown".
 */
const char *tv_policy_kind_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_POLICY_KIND_HTTP_HEADER] = "http-header",
		[TLSVIP_POLICY_KIND_URL_REWRITE] = "url-rewrite",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_spoof_name - name of what becomes of protected names from clients
 * @v: enum tlsvip_spoof
 *
 * Return: its name, or "unknown".
 */
const char *tv_spoof_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_SPOOF_STRIP] = "strip",
		[TLSVIP_SPOOF_REJECT] = "reject",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_client_cert_name - name of what is inserted about a certificate
 * @v: enum tlsvip_client_cert
 *
 * Return: its name, or "unknown".
 */
const char *tv_client_cert_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_CLIENT_CERT_NONE] = "none",
		[TLSVIP_CLIENT_CERT_BASIC] = "basic",
		[TLSVIP_CLIENT_CERT_ALL] = "all",
		[TLSVIP_CLIENT_CERT_PEM] = "pem",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_proxy_protocol_name - name of what a server is told before all else
 * @v: enum tlsvip_proxy_protocol
 *
 * Return: its name, or "unknown".
 */
const char *tv_proxy_protocol_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_PROXY_PROTOCOL_NONE] = "none",
		[TLSVIP_PROXY_PROTOCOL_V2] = "v2",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_conn_state_name - name of a connection's state
 * @v: enum tlsvip_conn_state
 *
 * Return: its name, or "unknown".
 */
const char *tv_conn_state_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_CONN_STATE_HANDSHAKE] = "handshake",
		[TLSVIP_CONN_STATE_CONNECT] = "connect",
		[TLSVIP_CONN_STATE_RELAY] = "relay",
		[TLSVIP_CONN_STATE_DRAIN] = "drain",
		[TLSVIP_CONN_STATE_CLOSED] = "closed",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_close_reason_name - name of the reason why a connection ended
 * @v: enum tlsvip_close_reason
 *
 * Return: its name, or "unknown".
 */
const char *tv_close_reason_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_CLOSE_REASON_NONE] = "none",
		[TLSVIP_CLOSE_REASON_DONE] = "done",
		[TLSVIP_CLOSE_REASON_CLIENT_RESET] = "client-reset",
		[TLSVIP_CLOSE_REASON_SERVER_RESET] = "server-reset",
		[TLSVIP_CLOSE_REASON_CLIENT_TRUNCATED] = "client-truncated",
		[TLSVIP_CLOSE_REASON_CLIENT_ALERT] = "client-alert",
		[TLSVIP_CLOSE_REASON_BAD_RECORD] = "bad-record",
		[TLSVIP_CLOSE_REASON_KEYUPDATE] = "keyupdate",
		[TLSVIP_CLOSE_REASON_HANDSHAKE_FAILED] = "handshake-failed",
		[TLSVIP_CLOSE_REASON_HANDSHAKE_TIMEOUT] = "handshake-timeout",
		[TLSVIP_CLOSE_REASON_HANDSHAKE_REFUSED] = "handshake-refused",
		[TLSVIP_CLOSE_REASON_DAEMON_EXIT] = "daemon-exit",
		[TLSVIP_CLOSE_REASON_NO_TRUSTPOINT] = "no-trustpoint",
		[TLSVIP_CLOSE_REASON_BAD_VERDICT] = "bad-verdict",
		[TLSVIP_CLOSE_REASON_CONNECT_REFUSED] = "connect-refused",
		[TLSVIP_CLOSE_REASON_CONNECT_UNREACHABLE] =
			"connect-unreachable",
		[TLSVIP_CLOSE_REASON_CONNECT_TIMEOUT] = "connect-timeout",
		[TLSVIP_CLOSE_REASON_CONNECT_PORTS] = "connect-ports",
		[TLSVIP_CLOSE_REASON_HEADER_BLOCK] = "header-block",
		[TLSVIP_CLOSE_REASON_IDLE_TIMEOUT] = "idle-timeout",
		[TLSVIP_CLOSE_REASON_LINGER_TIMEOUT] = "linger-timeout",
		[TLSVIP_CLOSE_REASON_HTTP_REJECT] = "http-reject",
		[TLSVIP_CLOSE_REASON_HTTP_RESPONSE] = "http-response",
		[TLSVIP_CLOSE_REASON_LIMIT] = "limit",
		[TLSVIP_CLOSE_REASON_MEMORY] = "memory",
		[TLSVIP_CLOSE_REASON_REMOVED] = "removed",
		[TLSVIP_CLOSE_REASON_UNLOAD] = "unload",
		[TLSVIP_CLOSE_REASON_ERROR] = "error",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_http_reason_name - name of what was wrong with a request or response
 * @v: enum tlsvip_http_reason_code
 *
 * Return: its name, or "unknown".
 */
const char *tv_http_reason_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_HTTP_REASON_NONE] = "none",
		[TLSVIP_HTTP_REASON_LEADING_CRLF] = "leading-crlf",
		[TLSVIP_HTTP_REASON_BARE_LF] = "bare-lf",
		[TLSVIP_HTTP_REASON_BARE_CR] = "bare-cr",
		[TLSVIP_HTTP_REASON_METHOD_SYNTAX] = "method-syntax",
		[TLSVIP_HTTP_REASON_METHOD_TOO_LONG] = "method-too-long",
		[TLSVIP_HTTP_REASON_METHOD_CONNECT] = "method-connect",
		[TLSVIP_HTTP_REASON_H2_PREFACE] = "h2-preface",
		[TLSVIP_HTTP_REASON_TARGET_CHAR] = "target-char",
		[TLSVIP_HTTP_REASON_TARGET_FORM] = "target-form",
		[TLSVIP_HTTP_REASON_TARGET_AUTHORITY] = "target-authority",
		[TLSVIP_HTTP_REASON_LINE_TOO_LONG] = "line-too-long",
		[TLSVIP_HTTP_REASON_VERSION_SYNTAX] = "version-syntax",
		[TLSVIP_HTTP_REASON_VERSION_UNSUPPORTED] =
			"version-unsupported",
		[TLSVIP_HTTP_REASON_HEAD_TOO_LARGE] = "head-too-large",
		[TLSVIP_HTTP_REASON_FIELD_COUNT] = "field-count",
		[TLSVIP_HTTP_REASON_NAME_EMPTY] = "name-empty",
		[TLSVIP_HTTP_REASON_NAME_CHAR] = "name-char",
		[TLSVIP_HTTP_REASON_NAME_SPACE] = "name-space",
		[TLSVIP_HTTP_REASON_NAME_TOO_LONG] = "name-too-long",
		[TLSVIP_HTTP_REASON_OBS_FOLD] = "obs-fold",
		[TLSVIP_HTTP_REASON_VALUE_CHAR] = "value-char",
		[TLSVIP_HTTP_REASON_NAME_LOOKALIKE] = "name-lookalike",
		[TLSVIP_HTTP_REASON_HOST_MISSING] = "host-missing",
		[TLSVIP_HTTP_REASON_HOST_DUPLICATE] = "host-duplicate",
		[TLSVIP_HTTP_REASON_HOST_SYNTAX] = "host-syntax",
		[TLSVIP_HTTP_REASON_HOST_MISMATCH] = "host-mismatch",
		[TLSVIP_HTTP_REASON_LENGTH_SYNTAX] = "length-syntax",
		[TLSVIP_HTTP_REASON_LENGTH_TOO_LARGE] = "length-too-large",
		[TLSVIP_HTTP_REASON_LENGTH_DUPLICATE] = "length-duplicate",
		[TLSVIP_HTTP_REASON_LENGTH_AND_CODING] = "length-and-coding",
		[TLSVIP_HTTP_REASON_CODING] = "coding",
		[TLSVIP_HTTP_REASON_CODING_DUPLICATE] = "coding-duplicate",
		[TLSVIP_HTTP_REASON_CODING_HTTP10] = "coding-http10",
		[TLSVIP_HTTP_REASON_BODY_HTTP10] = "body-http10",
		[TLSVIP_HTTP_REASON_BODY_TRACE] = "body-trace",
		[TLSVIP_HTTP_REASON_EXPECT] = "expect",
		[TLSVIP_HTTP_REASON_EXPECT_NO_BODY] = "expect-no-body",
		[TLSVIP_HTTP_REASON_CONNECTION_SYNTAX] = "connection-syntax",
		[TLSVIP_HTTP_REASON_CONNECTION_OPTION] = "connection-option",
		[TLSVIP_HTTP_REASON_CONNECTION_TOO_LONG] =
			"connection-too-long",
		[TLSVIP_HTTP_REASON_UPGRADE_SYNTAX] = "upgrade-syntax",
		[TLSVIP_HTTP_REASON_UPGRADE_TOO_LONG] = "upgrade-too-long",
		[TLSVIP_HTTP_REASON_CHUNK_SIZE] = "chunk-size",
		[TLSVIP_HTTP_REASON_CHUNK_TOO_LARGE] = "chunk-too-large",
		[TLSVIP_HTTP_REASON_CHUNK_EXT] = "chunk-ext",
		[TLSVIP_HTTP_REASON_CHUNK_EXT_TOO_LONG] = "chunk-ext-too-long",
		[TLSVIP_HTTP_REASON_CHUNK_CRLF] = "chunk-crlf",
		[TLSVIP_HTTP_REASON_TRAILER_TOO_LARGE] = "trailer-too-large",
		[TLSVIP_HTTP_REASON_TRAILER_FIELD] = "trailer-field",
		[TLSVIP_HTTP_REASON_SPOOFED] = "spoofed",
		[TLSVIP_HTTP_REASON_NOT_READY] = "not-ready",
		[TLSVIP_HTTP_REASON_UPGRADE_BODY] = "upgrade-body",
		[TLSVIP_HTTP_REASON_HEAD_PIECES] = "head-pieces",
		[TLSVIP_HTTP_REASON_RSP_STATUS] = "rsp-status",
		[TLSVIP_HTTP_REASON_RSP_UNASKED] = "rsp-unasked",
		[TLSVIP_HTTP_REASON_RSP_INTERIM] = "rsp-interim",
		[TLSVIP_HTTP_REASON_RSP_INTERIM_COUNT] = "rsp-interim-count",
		[TLSVIP_HTTP_REASON_RSP_SWITCH] = "rsp-switch",
		[TLSVIP_HTTP_REASON_RSP_BODY] = "rsp-body",
		[TLSVIP_HTTP_REASON_RSP_LOCATION] = "rsp-location",
		[TLSVIP_HTTP_REASON_HEAD_TIMEOUT] = "head-timeout",
		[TLSVIP_HTTP_REASON_METHOD_CASE] = "method-case",
		[TLSVIP_HTTP_REASON_WEBSOCKET_KEY] = "websocket-key",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_event_name - name of what a notification is about
 * @v: enum tlsvip_event
 *
 * Return: its name, or "unknown".
 */
const char *tv_event_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_EVENT_CREATED] = "created",
		[TLSVIP_EVENT_CHANGED] = "changed",
		[TLSVIP_EVENT_DELETED] = "deleted",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_scope_name - name of a scope of counters
 * @v: enum tlsvip_scope
 *
 * Return: its name, or "unknown".
 */
const char *tv_scope_name(uint32_t v)
{
	static const char *const names[] = {
		[TLSVIP_SCOPE_TOTAL] = "total",
		[TLSVIP_SCOPE_CONTEXT] = "context",
		[TLSVIP_SCOPE_SERVICE] = "service",
	};

	return tv_enum_name(names, N_OF(names), v);
}

/**
 * tv_tls_version_name - name of a version of TLS
 * @v: as on the wire
 *
 * Return: its name, or "unknown".
 */
const char *tv_tls_version_name(uint16_t v)
{
	switch (v) {
	case 0x0303:
		return "TLSv1.2";
	case 0x0304:
		return "TLSv1.3";
	default:
		return "unknown";
	}
}

/**
 * tv_addr_str - text of an address and port
 * @addr: the address
 * @buf: where the text is stored
 * @len: size of @buf, TV_ADDR_LEN is enough
 *
 * Return: @buf, "10.0.0.1:443" or "[2001:db8::1]:443"; "-" without an address.
 */
const char *tv_addr_str(const struct tv_addr *addr, char *buf, size_t len)
{
	char ip[INET6_ADDRSTRLEN];

	if (!addr->family || !inet_ntop(addr->family, &addr->ip4, ip,
					sizeof(ip)))
		snprintf(buf, len, "-");
	else
		snprintf(buf, len, addr->family == AF_INET6 ? "[%s]:%u" :
			 "%s:%u", ip, addr->port);
	return buf;
}

/**
 * tv_name_ok - whether the kernel takes a name
 * @name: of a context, policy, service or trustpoint
 *
 * Return: true for 1 to 63 of A-Z a-z 0-9 _ . -
 */
bool tv_name_ok(const char *name)
{
	const char *p = name;

	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
	       (*p >= '0' && *p <= '9') ||
	       (*p && strchr("_.-", *p)))
		p++;
	return !*p && p > name && p - name <= TLSVIP_NAME_LEN;
}

/**
 * tv_cmd - command of a message
 * @nlh: a message of the family
 *
 * Return: TLSVIP_CMD_x
 */
uint8_t tv_cmd(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	return genl->cmd;
}

/**
 * tv_attr_uint - number in an attribute of 1, 2, 4 or 8 bytes
 * @a: the attribute
 * @v: where the number is stored
 *
 * Return: false when the attribute has another size.
 */
bool tv_attr_uint(const struct nlattr *a, uint64_t *v)
{
	const void *p = mnl_attr_get_payload(a);
	uint16_t v16;
	uint32_t v32;

	switch (mnl_attr_get_payload_len(a)) {
	case 1:
		*v = *(const uint8_t *)p;
		return true;
	case 2:
		memcpy(&v16, p, sizeof(v16));
		*v = v16;
		return true;
	case 4:
		memcpy(&v32, p, sizeof(v32));
		*v = v32;
		return true;
	case 8:
		memcpy(v, p, sizeof(*v));
		return true;
	default:
		return false;
	}
}

/**
 * tv_attr_str - text in an attribute
 * @a: the attribute, with or without a NUL at its end
 * @buf: where the text is stored, with a NUL
 * @len: size of @buf
 *
 * Return: false when the text does not fit.
 */
bool tv_attr_str(const struct nlattr *a, char *buf, size_t len)
{
	size_t n = strnlen(mnl_attr_get_payload(a),
			   mnl_attr_get_payload_len(a));

	if (n >= len)
		return false;
	memcpy(buf, mnl_attr_get_payload(a), n);
	buf[n] = '\0';
	return true;
}

/**
 * tv_attr_addr4 - IPv4 address in an attribute
 * @a: the attribute
 * @addr: where family and address are stored
 *
 * Return: false when the attribute has another size.
 */
bool tv_attr_addr4(const struct nlattr *a, struct tv_addr *addr)
{
	if (mnl_attr_get_payload_len(a) != sizeof(addr->ip4))
		return false;
	addr->family = AF_INET;
	memcpy(&addr->ip4, mnl_attr_get_payload(a), sizeof(addr->ip4));
	return true;
}

/**
 * tv_attr_addr6 - IPv6 address in an attribute
 * @a: the attribute
 * @addr: where family and address are stored
 *
 * Return: false when the attribute has another size.
 */
bool tv_attr_addr6(const struct nlattr *a, struct tv_addr *addr)
{
	if (mnl_attr_get_payload_len(a) != sizeof(addr->ip6))
		return false;
	addr->family = AF_INET6;
	memcpy(&addr->ip6, mnl_attr_get_payload(a), sizeof(addr->ip6));
	return true;
}

/**
 * tv_put_uint - add an attribute of type "uint"
 * @nlh: the message
 * @type: the attribute
 * @v: the number; 4 bytes are sent when it fits
 */
void tv_put_uint(struct nlmsghdr *nlh, uint16_t type, uint64_t v)
{
	if (v <= UINT32_MAX)
		mnl_attr_put_u32(nlh, type, v);
	else
		mnl_attr_put_u64(nlh, type, v);
}

/**
 * tv_put_addr - add an address and its port
 * @nlh: the message
 * @addr: the address; without a family nothing is added
 * @attr4: attribute for an IPv4 address
 * @attr6: attribute for an IPv6 address
 * @attr_port: attribute for the port
 */
void tv_put_addr(struct nlmsghdr *nlh, const struct tv_addr *addr,
		 uint16_t attr4, uint16_t attr6, uint16_t attr_port)
{
	if (addr->family == AF_INET)
		mnl_attr_put(nlh, attr4, sizeof(addr->ip4), &addr->ip4);
	else if (addr->family == AF_INET6)
		mnl_attr_put(nlh, attr6, sizeof(addr->ip6), &addr->ip6);
	else
		return;
	mnl_attr_put_u16(nlh, attr_port, addr->port);
}
