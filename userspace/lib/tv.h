/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libtlsvip: the generic netlink family "tlsvip" as C calls and structs, for the
 * CLI and the daemon. It knows nothing of command lines, TLS or key files.
 */
#ifndef _TV_H
#define _TV_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/tlsvip.h>

#define TV_ERR_LEN	320

/* socket.c */

/**
 * struct tv - a connection to the kernel, not shared between threads
 *
 * Requests block, but not for long: the kernel answers before send returns.
 * What arrives unasked (announcements to a worker, subscribed notifications)
 * while an answer is awaited goes to the event function at once.
 */
struct tv;

/**
 * typedef tv_fn - takes one message of the family
 * @nlh: the message, valid during the call only
 * @arg: what the caller gave
 *
 * Return: 0 to go on, a negative errno to stop (it is handed to the caller).
 */
typedef int (*tv_fn)(const struct nlmsghdr *nlh, void *arg);

int tv_open(struct tv **tvp, char *err, size_t errlen);
void tv_close(struct tv *tv);
int tv_fd(const struct tv *tv);
const char *tv_error(const struct tv *tv);

struct nlmsghdr *tv_msg(struct tv *tv, uint8_t cmd);
int tv_request(struct tv *tv, struct nlmsghdr *nlh, tv_fn reply, void *arg);
int tv_dump(struct tv *tv, struct nlmsghdr *nlh, tv_fn each, void *arg);

void tv_on_event(struct tv *tv, tv_fn event, void *arg);
int tv_subscribe(struct tv *tv, const char *group);
int tv_receive(struct tv *tv);

/* attr.c */

/**
 * struct tv_addr - an address and port of either family
 * @family: AF_INET, AF_INET6, or 0 for none
 * @port: host byte order
 * @ip4: IPv4 address
 * @ip6: IPv6 address
 */
struct tv_addr {
	int family;
	uint16_t port;
	union {
		struct in_addr ip4;
		struct in6_addr ip6;
	};
};

/* "[2001:db8::15]:443" and its NUL fit */
#define TV_ADDR_LEN	(INET6_ADDRSTRLEN + 8)

/* text of an enum value, or "unknown" */
const char *tv_oper_state_name(uint32_t v);
const char *tv_oper_reason_name(uint32_t v);
const char *tv_policy_kind_name(uint32_t v);
const char *tv_spoof_name(uint32_t v);
const char *tv_client_cert_name(uint32_t v);
const char *tv_proxy_protocol_name(uint32_t v);
const char *tv_conn_state_name(uint32_t v);
const char *tv_close_reason_name(uint32_t v);
const char *tv_http_reason_name(uint32_t v);
const char *tv_event_name(uint32_t v);
const char *tv_scope_name(uint32_t v);
const char *tv_tls_version_name(uint16_t v);

const char *tv_addr_str(const struct tv_addr *addr, char *buf, size_t len);
bool tv_name_ok(const char *name);

uint8_t tv_cmd(const struct nlmsghdr *nlh);
bool tv_attr_uint(const struct nlattr *a, uint64_t *v);
bool tv_attr_str(const struct nlattr *a, char *buf, size_t len);
bool tv_attr_addr4(const struct nlattr *a, struct tv_addr *addr);
bool tv_attr_addr6(const struct nlattr *a, struct tv_addr *addr);
void tv_put_uint(struct nlmsghdr *nlh, uint16_t type, uint64_t v);
void tv_put_addr(struct nlmsghdr *nlh, const struct tv_addr *addr,
		 uint16_t attr4, uint16_t attr6, uint16_t attr_port);

/* model.c: the objects; @has is a set of TV_HAS(attribute number) */
#define TV_HAS(attr)	(1ULL << (attr))

#define TV_NAME_LEN	(TLSVIP_NAME_LEN + 1)	/* with its NUL */

/**
 * struct tv_context - a context
 * @has: what is set, by TLSVIP_A_CONTEXT_x
 * @name: its name
 * @vrf: VRF device, empty for the main routing table
 * @maxconns: most connections at a time
 * @oper_state: enum tlsvip_oper_state
 * @oper_reason: enum tlsvip_oper_reason
 * @ifindex: index of the VRF device
 * @services: number of services
 * @conns: live connections
 * @event: enum tlsvip_event, in notifications
 */
struct tv_context {
	uint64_t has;
	char name[TV_NAME_LEN];
	char vrf[16];
	uint32_t maxconns;
	uint32_t oper_state;
	uint32_t oper_reason;
	uint32_t ifindex;
	uint32_t services;
	uint32_t conns;
	uint32_t event;
};

/* limits of a policy that gives none, the kernel's; text output leaves them out */
#define TV_HEAD_MAX	65536
#define TV_LINE_MAX	16384
#define TV_FIELDS_MAX	128
#define TV_NAME_MAX	256
#define TV_EXT_MAX	256
#define TV_TRAILER_MAX	8192
#define TV_RECORDS_MAX	1024
#define TV_CRLF_MAX	2
#define TV_HEAD_TIMEOUT	30000

/**
 * struct tv_alias - a name to insert instead of a standard one
 * @name: the standard name
 * @alias: the name instead
 */
struct tv_alias {
	const char *name;
	const char *alias;
};

/* what a rule of a url-rewrite policy has that gives no port */
#define TV_CLEARPORT	80
#define TV_SSLPORT	443

/**
 * struct tv_url - a rule of a url-rewrite policy
 * @has: what is set, by TLSVIP_A_URL_x
 * @host: host or pattern
 * @clearport: port of the URLs it is for
 * @sslport: port that they get
 */
struct tv_url {
	uint64_t has;
	const char *host;
	uint32_t clearport;
	uint32_t sslport;
};

/**
 * struct tv_policy - a policy
 * @has: what is set, by TLSVIP_A_POLICY_x
 * @context: its context
 * @name: its name
 * @kind: enum tlsvip_policy_kind
 * @client_ip_port: insert Client-IP and Client-Port
 * @session: insert the session lines
 * @session_once: of a resumed session, insert Session-Id alone
 * @forwarded: insert Forwarded
 * @x_forwarded: insert the X-Forwarded lines
 * @client_cert: enum tlsvip_client_cert
 * @client_cert_first: insert that into the first request alone, but the status
 * @subject_name: insert ClientCert-Subject into every request
 * @rfc9440: insert Client-Cert
 * @rfc9440_chain: insert Client-Cert-Chain
 * @prefix: before inserted names that have no alias, empty for none
 * @spoof: enum tlsvip_spoof
 * @head_max: most bytes of a request's head
 * @line_max: most bytes of a request line
 * @fields_max: most fields of a request
 * @name_max: most bytes of a field's name
 * @ext_max: most bytes of a body's chunk extensions
 * @trailer_max: most bytes of a trailer section
 * @records_max: most records that a head may be spread over
 * @crlf_max: most empty lines in front of a request
 * @head_timeout: milliseconds that a head, or trailers, may take
 * @n_custom: number of custom lines
 * @n_alias: number of aliases
 * @n_protect: number of protected names
 * @n_url: number of rules for URLs
 * @custom: the custom lines
 * @alias: the aliases
 * @protect: names that are protected without being inserted
 * @url: the rules for URLs
 * @text: what @custom, @alias, @protect and @url point into after
 *	tv_policy_parse(), freed by tv_policy_free(); else they are the
 *	caller's own
 * @users: services that use it
 * @event: enum tlsvip_event, in notifications
 */
struct tv_policy {
	uint64_t has;
	char context[TV_NAME_LEN];
	char name[TV_NAME_LEN];
	uint32_t kind;
	bool client_ip_port;
	bool session;
	bool session_once;
	bool forwarded;
	bool x_forwarded;
	uint32_t client_cert;
	bool client_cert_first;
	bool subject_name;
	bool rfc9440;
	bool rfc9440_chain;
	char prefix[TLSVIP_PREFIX_LEN + 1];
	uint32_t spoof;
	uint32_t head_max;
	uint32_t line_max;
	uint32_t fields_max;
	uint32_t name_max;
	uint32_t ext_max;
	uint32_t trailer_max;
	uint32_t records_max;
	uint32_t crlf_max;
	uint32_t head_timeout;
	uint32_t n_custom;
	uint32_t n_alias;
	uint32_t n_protect;
	uint32_t n_url;
	const char *custom[TLSVIP_CUSTOM_MAX];
	struct tv_alias alias[TLSVIP_ALIAS_MAX];
	const char *protect[TLSVIP_PROTECT_MAX];
	struct tv_url url[TLSVIP_URL_MAX];
	char *text;
	uint32_t users;
	uint32_t event;
};

/**
 * struct tv_service - a service
 * @has: what is set, by TLSVIP_A_SERVICE_x
 * @context: its context
 * @name: its name
 * @vip: virtual address and port
 * @server: real server
 * @trustpoint: key and certificate in the PKI store
 * @http_header: http-header policy, empty for none
 * @url_rewrite: url-rewrite policy, empty for none
 * @proxy_protocol: enum tlsvip_proxy_protocol
 * @inservice: it is to serve
 * @handshake_timeout: milliseconds from accept to verdict
 * @connect_timeout: milliseconds to connect to the server
 * @idle_timeout: milliseconds without a byte
 * @linger_timeout: milliseconds for the second direction to end
 * @oper_state: enum tlsvip_oper_state
 * @oper_reason: enum tlsvip_oper_reason
 * @conns: live connections
 * @event: enum tlsvip_event, in notifications
 */
struct tv_service {
	uint64_t has;
	char context[TV_NAME_LEN];
	char name[TV_NAME_LEN];
	struct tv_addr vip;
	struct tv_addr server;
	char trustpoint[TV_NAME_LEN];
	char http_header[TV_NAME_LEN];
	char url_rewrite[TV_NAME_LEN];
	uint32_t proxy_protocol;
	uint8_t inservice;
	uint32_t handshake_timeout;
	uint32_t connect_timeout;
	uint32_t idle_timeout;
	uint32_t linger_timeout;
	uint32_t oper_state;
	uint32_t oper_reason;
	uint32_t conns;
	uint32_t event;
};

/**
 * struct tv_conn - a connection
 * @has: what is set, by TLSVIP_A_CONN_x
 * @id: number, unique in the network namespace
 * @context: its context
 * @service: its service
 * @state: enum tlsvip_conn_state
 * @close_reason: enum tlsvip_close_reason
 * @client: address of the client
 * @vip: address the client connected to
 * @server: address of the server
 * @tls_version: on the client leg, as on the wire
 * @cipher: on the client leg
 * @resumed: the session was resumed
 * @c2s_bytes: application bytes sent to the server
 * @s2c_bytes: application bytes sent to the client
 * @requests: requests seen by the HTTP engine
 * @age: milliseconds since accept
 * @idle: milliseconds since the last byte moved
 * @event: enum tlsvip_event, in notifications
 * @http_reason: enum tlsvip_http_reason_code
 */
struct tv_conn {
	uint64_t has;
	uint64_t id;
	char context[TV_NAME_LEN];
	char service[TV_NAME_LEN];
	uint32_t state;
	uint32_t close_reason;
	struct tv_addr client;
	struct tv_addr vip;
	struct tv_addr server;
	uint16_t tls_version;
	char cipher[TV_NAME_LEN];
	bool resumed;
	uint64_t c2s_bytes;
	uint64_t s2c_bytes;
	uint64_t requests;
	uint64_t age;
	uint64_t idle;
	uint32_t event;
	uint32_t http_reason;
};

/**
 * struct tv_counter - one counter
 * @name: group.name
 * @value: since load or since the last clear
 * @running: not cleared by stats-clear
 */
struct tv_counter {
	char name[48];
	uint64_t value;
	bool running;
};

/**
 * struct tv_stats - the counters of one scope
 * @has: what is set, by TLSVIP_A_STATS_x
 * @scope: enum tlsvip_scope
 * @context: with scope context and service
 * @service: with scope service
 * @cleared: seconds since the epoch of the last clear, 0 if never
 * @n: number of counters
 * @counters: the counters
 */
struct tv_stats {
	uint64_t has;
	uint32_t scope;
	char context[TV_NAME_LEN];
	char service[TV_NAME_LEN];
	uint64_t cleared;
	size_t n;
	struct tv_counter *counters;
};

int tv_context_parse(const struct nlmsghdr *nlh, struct tv_context *ctx);
int tv_policy_parse(const struct nlmsghdr *nlh, struct tv_policy *pol);
void tv_policy_free(struct tv_policy *pol);
int tv_service_parse(const struct nlmsghdr *nlh, struct tv_service *svc);
int tv_conn_parse(const struct nlmsghdr *nlh, struct tv_conn *conn);
int tv_stats_parse(const struct nlmsghdr *nlh, struct tv_stats *stats);
void tv_stats_free(struct tv_stats *stats);

void tv_context_put(struct nlmsghdr *nlh, const struct tv_context *ctx);
void tv_policy_put(struct nlmsghdr *nlh, const struct tv_policy *pol);
void tv_service_put(struct nlmsghdr *nlh, const struct tv_service *svc);

const char *tv_attr_name(uint8_t cmd, uint16_t type);
const char *tv_attr_unit(uint8_t cmd, uint16_t type);

#endif /* _TV_H */
