// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The objects of the family as structs: one table per object says which
 * attribute is which member. What values make sense is the kernel's decision.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "lib/tv.h"

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

/**
 * enum tv_kind - how an attribute is stored in its member
 * @TV_STR: text in a char array
 * @TV_UINT: unsigned number of the member's size
 * @TV_FLAG: present or not, a bool
 * @TV_ADDR4: IPv4 address of a struct tv_addr
 * @TV_ADDR6: IPv6 address of a struct tv_addr
 * @TV_OTHER: the object's own code takes it
 */
enum tv_kind {
	TV_STR,
	TV_UINT,
	TV_FLAG,
	TV_ADDR4,
	TV_ADDR6,
	TV_OTHER,
};

/**
 * struct tv_field - one attribute of an object
 * @name: as in the specification
 * @kind: how it is stored
 * @offset: of its member
 * @size: of its member
 * @unit: what a number counts, for messages, or NULL
 *
 * The index in a table is the number of the attribute.
 */
struct tv_field {
	const char *name;
	enum tv_kind kind;
	size_t offset;
	size_t size;
	const char *unit;
};

#define FIELD(type, member, text, how) \
	{ text, how, offsetof(type, member), sizeof(((type *)0)->member), NULL }
#define COUNTED(type, member, text, of) \
	{ text, TV_UINT, offsetof(type, member), sizeof(((type *)0)->member), of }

#define F(member, text, how) FIELD(struct tv_context, member, text, how)
#define U(member, text, unit) COUNTED(struct tv_context, member, text, unit)

static const struct tv_field tv_context_fields[] = {
	[TLSVIP_A_CONTEXT_NAME] = F(name, "name", TV_STR),
	[TLSVIP_A_CONTEXT_VRF] = F(vrf, "vrf", TV_STR),
	[TLSVIP_A_CONTEXT_MAXCONNS] = U(maxconns, "maxconns", "connections"),
	[TLSVIP_A_CONTEXT_OPER_STATE] = F(oper_state, "oper-state", TV_UINT),
	[TLSVIP_A_CONTEXT_OPER_REASON] = F(oper_reason, "oper-reason",
					   TV_UINT),
	[TLSVIP_A_CONTEXT_IFINDEX] = F(ifindex, "ifindex", TV_UINT),
	[TLSVIP_A_CONTEXT_SERVICES] = F(services, "services", TV_UINT),
	[TLSVIP_A_CONTEXT_CONNS] = F(conns, "conns", TV_UINT),
	[TLSVIP_A_CONTEXT_EVENT] = F(event, "event", TV_UINT),
};

#undef F
#undef U
#define F(member, text, how) FIELD(struct tv_policy, member, text, how)
#define U(member, text, unit) COUNTED(struct tv_policy, member, text, unit)

static const struct tv_field tv_policy_fields[] = {
	[TLSVIP_A_POLICY_CONTEXT] = F(context, "context", TV_STR),
	[TLSVIP_A_POLICY_NAME] = F(name, "name", TV_STR),
	[TLSVIP_A_POLICY_KIND] = F(kind, "kind", TV_UINT),
	[TLSVIP_A_POLICY_CLIENT_IP_PORT] = F(client_ip_port, "client-ip-port",
					     TV_FLAG),
	[TLSVIP_A_POLICY_SESSION] = F(session, "session", TV_FLAG),
	[TLSVIP_A_POLICY_SESSION_ONCE] = F(session_once, "session-once",
					   TV_FLAG),
	[TLSVIP_A_POLICY_FORWARDED] = F(forwarded, "forwarded", TV_FLAG),
	[TLSVIP_A_POLICY_X_FORWARDED] = F(x_forwarded, "x-forwarded",
					  TV_FLAG),
	[TLSVIP_A_POLICY_CLIENT_CERT] = F(client_cert, "client-cert", TV_UINT),
	[TLSVIP_A_POLICY_CLIENT_CERT_FIRST] =
		F(client_cert_first, "client-cert-first", TV_FLAG),
	[TLSVIP_A_POLICY_SUBJECT_NAME] = F(subject_name, "subject-name",
					   TV_FLAG),
	[TLSVIP_A_POLICY_RFC9440] = F(rfc9440, "rfc9440", TV_FLAG),
	[TLSVIP_A_POLICY_RFC9440_CHAIN] = F(rfc9440_chain, "rfc9440-chain",
					    TV_FLAG),
	[TLSVIP_A_POLICY_CUSTOM] = F(custom, "custom", TV_OTHER),
	[TLSVIP_A_POLICY_PREFIX] = F(prefix, "prefix", TV_STR),
	[TLSVIP_A_POLICY_ALIAS] = F(alias, "alias", TV_OTHER),
	[TLSVIP_A_POLICY_PROTECT] = F(protect, "protect", TV_OTHER),
	[TLSVIP_A_POLICY_SPOOF] = F(spoof, "spoof", TV_UINT),
	[TLSVIP_A_POLICY_HEAD_MAX] = U(head_max, "head-max", "bytes"),
	[TLSVIP_A_POLICY_LINE_MAX] = U(line_max, "line-max", "bytes"),
	[TLSVIP_A_POLICY_FIELDS_MAX] = U(fields_max, "fields-max", "fields"),
	[TLSVIP_A_POLICY_NAME_MAX] = U(name_max, "name-max", "bytes"),
	[TLSVIP_A_POLICY_EXT_MAX] = U(ext_max, "ext-max", "bytes"),
	[TLSVIP_A_POLICY_TRAILER_MAX] = U(trailer_max, "trailer-max",
					  "bytes"),
	[TLSVIP_A_POLICY_URL] = F(url, "url", TV_OTHER),
	[TLSVIP_A_POLICY_USERS] = F(users, "users", TV_UINT),
	[TLSVIP_A_POLICY_EVENT] = F(event, "event", TV_UINT),
	[TLSVIP_A_POLICY_RECORDS_MAX] = U(records_max, "records-max",
					  "records"),
	[TLSVIP_A_POLICY_CRLF_MAX] = U(crlf_max, "crlf-max", "empty lines"),
	[TLSVIP_A_POLICY_HEAD_TIMEOUT] = U(head_timeout, "head-timeout",
					   "milliseconds"),
};

#undef F
#undef U
#define F(member, text, how) FIELD(struct tv_service, member, text, how)
#define U(member, text, unit) COUNTED(struct tv_service, member, text, unit)

static const struct tv_field tv_service_fields[] = {
	[TLSVIP_A_SERVICE_CONTEXT] = F(context, "context", TV_STR),
	[TLSVIP_A_SERVICE_NAME] = F(name, "name", TV_STR),
	[TLSVIP_A_SERVICE_VIP4] = F(vip, "vip", TV_ADDR4),
	[TLSVIP_A_SERVICE_VIP6] = F(vip, "vip", TV_ADDR6),
	[TLSVIP_A_SERVICE_VIP_PORT] = F(vip.port, "vip port", TV_UINT),
	[TLSVIP_A_SERVICE_SERVER4] = F(server, "server", TV_ADDR4),
	[TLSVIP_A_SERVICE_SERVER6] = F(server, "server", TV_ADDR6),
	[TLSVIP_A_SERVICE_SERVER_PORT] = F(server.port, "server port",
					   TV_UINT),
	[TLSVIP_A_SERVICE_TRUSTPOINT] = F(trustpoint, "trustpoint", TV_STR),
	[TLSVIP_A_SERVICE_HTTP_HEADER] = F(http_header, "http-header", TV_STR),
	[TLSVIP_A_SERVICE_URL_REWRITE] = F(url_rewrite, "url-rewrite", TV_STR),
	[TLSVIP_A_SERVICE_PROXY_PROTOCOL] =
		F(proxy_protocol, "proxy-protocol", TV_UINT),
	[TLSVIP_A_SERVICE_INSERVICE] = F(inservice, "inservice", TV_UINT),
	[TLSVIP_A_SERVICE_HANDSHAKE_TIMEOUT] =
		U(handshake_timeout, "handshake-timeout", "milliseconds"),
	[TLSVIP_A_SERVICE_CONNECT_TIMEOUT] =
		U(connect_timeout, "connect-timeout", "milliseconds"),
	[TLSVIP_A_SERVICE_IDLE_TIMEOUT] =
		U(idle_timeout, "idle-timeout", "milliseconds"),
	[TLSVIP_A_SERVICE_LINGER_TIMEOUT] =
		U(linger_timeout, "linger-timeout", "milliseconds"),
	[TLSVIP_A_SERVICE_OPER_STATE] = F(oper_state, "oper-state", TV_UINT),
	[TLSVIP_A_SERVICE_OPER_REASON] = F(oper_reason, "oper-reason",
					   TV_UINT),
	[TLSVIP_A_SERVICE_CONNS] = F(conns, "conns", TV_UINT),
	[TLSVIP_A_SERVICE_EVENT] = F(event, "event", TV_UINT),
};

#undef F
#define F(member, text, how) FIELD(struct tv_conn, member, text, how)

static const struct tv_field tv_conn_fields[] = {
	[TLSVIP_A_CONN_ID] = F(id, "id", TV_UINT),
	[TLSVIP_A_CONN_CONTEXT] = F(context, "context", TV_STR),
	[TLSVIP_A_CONN_SERVICE] = F(service, "service", TV_STR),
	[TLSVIP_A_CONN_STATE] = F(state, "state", TV_UINT),
	[TLSVIP_A_CONN_CLOSE_REASON] = F(close_reason, "close-reason",
					 TV_UINT),
	[TLSVIP_A_CONN_CLIENT4] = F(client, "client", TV_ADDR4),
	[TLSVIP_A_CONN_CLIENT6] = F(client, "client", TV_ADDR6),
	[TLSVIP_A_CONN_CLIENT_PORT] = F(client.port, "client port", TV_UINT),
	[TLSVIP_A_CONN_VIP4] = F(vip, "vip", TV_ADDR4),
	[TLSVIP_A_CONN_VIP6] = F(vip, "vip", TV_ADDR6),
	[TLSVIP_A_CONN_VIP_PORT] = F(vip.port, "vip port", TV_UINT),
	[TLSVIP_A_CONN_SERVER4] = F(server, "server", TV_ADDR4),
	[TLSVIP_A_CONN_SERVER6] = F(server, "server", TV_ADDR6),
	[TLSVIP_A_CONN_SERVER_PORT] = F(server.port, "server port", TV_UINT),
	[TLSVIP_A_CONN_TLS_VERSION] = F(tls_version, "tls-version", TV_UINT),
	[TLSVIP_A_CONN_CIPHER] = F(cipher, "cipher", TV_STR),
	[TLSVIP_A_CONN_RESUMED] = F(resumed, "resumed", TV_FLAG),
	[TLSVIP_A_CONN_C2S_BYTES] = F(c2s_bytes, "c2s-bytes", TV_UINT),
	[TLSVIP_A_CONN_S2C_BYTES] = F(s2c_bytes, "s2c-bytes", TV_UINT),
	[TLSVIP_A_CONN_REQUESTS] = F(requests, "requests", TV_UINT),
	[TLSVIP_A_CONN_AGE] = F(age, "age", TV_UINT),
	[TLSVIP_A_CONN_IDLE] = F(idle, "idle", TV_UINT),
	[TLSVIP_A_CONN_EVENT] = F(event, "event", TV_UINT),
	[TLSVIP_A_CONN_HTTP_REASON] = F(http_reason, "http-reason", TV_UINT),
};

#undef F
#define F(member, text, how) FIELD(struct tv_stats, member, text, how)

static const struct tv_field tv_stats_fields[] = {
	[TLSVIP_A_STATS_SCOPE] = F(scope, "scope", TV_UINT),
	[TLSVIP_A_STATS_CONTEXT] = F(context, "context", TV_STR),
	[TLSVIP_A_STATS_SERVICE] = F(service, "service", TV_STR),
	[TLSVIP_A_STATS_CLEARED] = F(cleared, "cleared", TV_UINT),
	[TLSVIP_A_STATS_COUNTER] = F(counters, "counter", TV_OTHER),
};

#undef F
#define F(member, text, how) FIELD(struct tv_counter, member, text, how)

static const struct tv_field tv_counter_fields[] = {
	[TLSVIP_A_COUNTER_NAME] = F(name, "name", TV_STR),
	[TLSVIP_A_COUNTER_VALUE] = F(value, "value", TV_UINT),
	[TLSVIP_A_COUNTER_RUNNING] = F(running, "running", TV_FLAG),
};

#undef F

static int tv_field_uint(const struct nlattr *a, const struct tv_field *f,
			 char *member)
{
	uint64_t v;

	if (!tv_attr_uint(a, &v) ||
	    (f->size < sizeof(v) && v >> (8 * f->size)))
		return -EBADMSG;
	switch (f->size) {
	case sizeof(uint8_t):
		*(uint8_t *)member = v;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)member = v;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)member = v;
		break;
	case sizeof(uint64_t):
		*(uint64_t *)member = v;
		break;
	}
	return 0;
}

static int tv_field_parse(const struct nlattr *a, const struct tv_field *f,
			  void *object)
{
	char *member = (char *)object + f->offset;

	switch (f->kind) {
	case TV_STR:
		return tv_attr_str(a, member, f->size) ? 0 : -EBADMSG;
	case TV_UINT:
		return tv_field_uint(a, f, member);
	case TV_FLAG:
		*(bool *)member = true;
		return 0;
	case TV_ADDR4:
		return tv_attr_addr4(a, (struct tv_addr *)member) ?
		       0 : -EBADMSG;
	case TV_ADDR6:
		return tv_attr_addr6(a, (struct tv_addr *)member) ?
		       0 : -EBADMSG;
	case TV_OTHER:
		break;
	}
	return 0;
}

/*
 * All attributes that the table knows, others are of a newer kernel. Returns
 * the set of those found, or a negative errno.
 */
static int tv_parse(const struct nlmsghdr *nlh, const struct tv_field *fields,
		    size_t n, void *object, uint64_t *has)
{
	const struct nlattr *a;
	uint16_t type;
	int ret;

	mnl_attr_for_each(a, nlh, GENL_HDRLEN) {
		type = mnl_attr_get_type(a);
		if (type >= n || !fields[type].name)
			continue;
		ret = tv_field_parse(a, &fields[type], object);
		if (ret)
			return ret;
		*has |= TV_HAS(type);
	}
	return 0;
}

static void tv_field_put(struct nlmsghdr *nlh, uint16_t type,
			 const struct tv_field *f, const void *object)
{
	const char *member = (const char *)object + f->offset;
	const struct tv_addr *addr = (const struct tv_addr *)member;

	switch (f->kind) {
	case TV_STR:
		mnl_attr_put_strz(nlh, type, member);
		break;
	case TV_UINT:
		mnl_attr_put(nlh, type, f->size, member);
		break;
	case TV_ADDR4:
		mnl_attr_put(nlh, type, sizeof(addr->ip4), &addr->ip4);
		break;
	case TV_ADDR6:
		mnl_attr_put(nlh, type, sizeof(addr->ip6), &addr->ip6);
		break;
	case TV_FLAG:
		mnl_attr_put(nlh, type, 0, NULL);
		break;
	case TV_OTHER:
		break;
	}
}

static void tv_put(struct nlmsghdr *nlh, const struct tv_field *fields,
		   size_t n, const void *object, uint64_t has)
{
	uint16_t type;

	for (type = 1; type < n; type++)
		if (has & TV_HAS(type))
			tv_field_put(nlh, type, &fields[type], object);
}

/**
 * tv_context_parse - read a context
 * @nlh: reply or notification
 * @ctx: where it is stored
 *
 * Return: 0 or -EBADMSG.
 */
int tv_context_parse(const struct nlmsghdr *nlh, struct tv_context *ctx)
{
	memset(ctx, 0, sizeof(*ctx));
	return tv_parse(nlh, tv_context_fields, N_OF(tv_context_fields), ctx,
			&ctx->has);
}

/* a text of at most @max bytes copied to @at, which moves behind it, or NULL */
static const char *tv_policy_text(const struct nlattr *a, size_t max,
				  char **at)
{
	const char *text = *at;

	if (!tv_attr_str(a, *at, max + 1))
		return NULL;
	*at += strlen(text) + 1;
	return text;
}

static int tv_policy_alias(const struct nlattr *nest, struct tv_policy *pol,
			   char **at)
{
	const struct nlattr *a;
	struct tv_alias *alias;
	const char **text;

	if (pol->n_alias == TLSVIP_ALIAS_MAX)
		return -EBADMSG;
	alias = &pol->alias[pol->n_alias++];
	mnl_attr_for_each_nested(a, nest) {
		switch (mnl_attr_get_type(a)) {
		case TLSVIP_A_ALIAS_NAME:
			text = &alias->name;
			break;
		case TLSVIP_A_ALIAS_ALIAS:
			text = &alias->alias;
			break;
		default:
			continue;
		}
		*text = tv_policy_text(a, TLSVIP_HEADER_NAME_LEN, at);
		if (!*text)
			return -EBADMSG;
	}
	return alias->name && alias->alias ? 0 : -EBADMSG;
}

static int tv_policy_url(const struct nlattr *nest, struct tv_policy *pol,
			 char **at)
{
	const struct nlattr *a;
	struct tv_url *url;
	uint64_t v;

	if (pol->n_url == TLSVIP_URL_MAX)
		return -EBADMSG;
	url = &pol->url[pol->n_url++];
	mnl_attr_for_each_nested(a, nest) {
		switch (mnl_attr_get_type(a)) {
		case TLSVIP_A_URL_HOST:
			url->host = tv_policy_text(a, TLSVIP_URL_HOST_LEN, at);
			break;
		case TLSVIP_A_URL_CLEARPORT:
			if (!tv_attr_uint(a, &v))
				return -EBADMSG;
			url->clearport = v;
			break;
		case TLSVIP_A_URL_SSLPORT:
			if (!tv_attr_uint(a, &v))
				return -EBADMSG;
			url->sslport = v;
			break;
		}
	}
	return url->host ? 0 : -EBADMSG;
}

/* attributes that a policy may have more than one of */
static int tv_policy_multi(const struct nlattr *a, struct tv_policy *pol,
			   char **at)
{
	const char **text;
	size_t max;

	switch (mnl_attr_get_type(a)) {
	case TLSVIP_A_POLICY_CUSTOM:
		if (pol->n_custom == TLSVIP_CUSTOM_MAX)
			return -EBADMSG;
		text = &pol->custom[pol->n_custom++];
		max = TLSVIP_CUSTOM_LEN;
		break;
	case TLSVIP_A_POLICY_PROTECT:
		if (pol->n_protect == TLSVIP_PROTECT_MAX)
			return -EBADMSG;
		text = &pol->protect[pol->n_protect++];
		max = TLSVIP_HEADER_NAME_LEN;
		break;
	case TLSVIP_A_POLICY_ALIAS:
		return tv_policy_alias(a, pol, at);
	case TLSVIP_A_POLICY_URL:
		return tv_policy_url(a, pol, at);
	default:
		return 0;
	}
	*text = tv_policy_text(a, max, at);
	return *text ? 0 : -EBADMSG;
}

/**
 * tv_policy_parse - read a policy
 * @nlh: reply or notification
 * @pol: where it is stored; the caller must tv_policy_free() it
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int tv_policy_parse(const struct nlmsghdr *nlh, struct tv_policy *pol)
{
	const struct nlattr *a;
	char *at;
	int ret;

	*pol = (struct tv_policy){
		.head_max = TV_HEAD_MAX,
		.line_max = TV_LINE_MAX,
		.fields_max = TV_FIELDS_MAX,
		.name_max = TV_NAME_MAX,
		.ext_max = TV_EXT_MAX,
		.trailer_max = TV_TRAILER_MAX,
		.records_max = TV_RECORDS_MAX,
		.crlf_max = TV_CRLF_MAX,
		.head_timeout = TV_HEAD_TIMEOUT,
	};
	/* each text has room with its NUL, since its attribute has a header */
	at = malloc(nlh->nlmsg_len);
	if (!at)
		return -ENOMEM;
	pol->text = at;
	mnl_attr_for_each(a, nlh, GENL_HDRLEN) {
		ret = tv_policy_multi(a, pol, &at);
		if (ret)
			goto err_free;
	}
	ret = tv_parse(nlh, tv_policy_fields, N_OF(tv_policy_fields), pol,
		       &pol->has);
	if (!ret)
		return 0;

err_free:
	tv_policy_free(pol);
	return ret;
}

/**
 * tv_policy_free - free what tv_policy_parse() stored
 * @pol: the policy
 */
void tv_policy_free(struct tv_policy *pol)
{
	free(pol->text);
	pol->text = NULL;
	pol->n_custom = 0;
	pol->n_alias = 0;
	pol->n_protect = 0;
	pol->n_url = 0;
}

/**
 * tv_service_parse - read a service
 * @nlh: reply or notification
 * @svc: where it is stored
 *
 * Return: 0 or -EBADMSG.
 */
int tv_service_parse(const struct nlmsghdr *nlh, struct tv_service *svc)
{
	memset(svc, 0, sizeof(*svc));
	return tv_parse(nlh, tv_service_fields, N_OF(tv_service_fields), svc,
			&svc->has);
}

/**
 * tv_conn_parse - read a connection
 * @nlh: reply or notification
 * @conn: where it is stored
 *
 * Return: 0 or -EBADMSG.
 */
int tv_conn_parse(const struct nlmsghdr *nlh, struct tv_conn *conn)
{
	memset(conn, 0, sizeof(*conn));
	return tv_parse(nlh, tv_conn_fields, N_OF(tv_conn_fields), conn,
			&conn->has);
}

static int tv_counter_parse(const struct nlattr *nest, struct tv_counter *c)
{
	const struct nlattr *a;
	uint16_t type;
	int ret;

	memset(c, 0, sizeof(*c));
	mnl_attr_for_each_nested(a, nest) {
		type = mnl_attr_get_type(a);
		if (type >= N_OF(tv_counter_fields) ||
		    !tv_counter_fields[type].name)
			continue;
		ret = tv_field_parse(a, &tv_counter_fields[type], c);
		if (ret)
			return ret;
	}
	return c->name[0] ? 0 : -EBADMSG;
}

/**
 * tv_stats_parse - read the counters of a scope
 * @nlh: reply
 * @stats: where they are stored; the caller must tv_stats_free() it
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int tv_stats_parse(const struct nlmsghdr *nlh, struct tv_stats *stats)
{
	const struct nlattr *a;
	size_t n = 0;
	int ret;

	memset(stats, 0, sizeof(*stats));
	mnl_attr_for_each(a, nlh, GENL_HDRLEN)
		n += mnl_attr_get_type(a) == TLSVIP_A_STATS_COUNTER;
	stats->counters = calloc(n ? n : 1, sizeof(*stats->counters));
	if (!stats->counters)
		return -ENOMEM;
	mnl_attr_for_each(a, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(a) != TLSVIP_A_STATS_COUNTER)
			continue;
		ret = tv_counter_parse(a, &stats->counters[stats->n++]);
		if (ret)
			goto err_free;
	}
	ret = tv_parse(nlh, tv_stats_fields, N_OF(tv_stats_fields), stats,
		       &stats->has);
	if (!ret)
		return 0;

err_free:
	tv_stats_free(stats);
	return ret;
}

/**
 * tv_stats_free - free what tv_stats_parse() stored
 * @stats: the counters
 */
void tv_stats_free(struct tv_stats *stats)
{
	free(stats->counters);
	stats->counters = NULL;
	stats->n = 0;
}

/**
 * tv_context_put - add a context to a request
 * @nlh: the request
 * @ctx: the context; what @ctx->has says is sent
 */
void tv_context_put(struct nlmsghdr *nlh, const struct tv_context *ctx)
{
	tv_put(nlh, tv_context_fields, N_OF(tv_context_fields), ctx,
	       ctx->has);
}

static void tv_policy_put_url(struct nlmsghdr *nlh, const struct tv_url *url)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, TLSVIP_A_POLICY_URL);

	mnl_attr_put_strz(nlh, TLSVIP_A_URL_HOST, url->host);
	if (url->has & TV_HAS(TLSVIP_A_URL_CLEARPORT))
		mnl_attr_put_u32(nlh, TLSVIP_A_URL_CLEARPORT, url->clearport);
	if (url->has & TV_HAS(TLSVIP_A_URL_SSLPORT))
		mnl_attr_put_u32(nlh, TLSVIP_A_URL_SSLPORT, url->sslport);
	mnl_attr_nest_end(nlh, nest);
}

/**
 * tv_policy_put - add a policy to a request
 * @nlh: the request
 * @pol: the policy; what @pol->has says is sent, and all custom lines, aliases,
 *	protected names and rules
 */
void tv_policy_put(struct nlmsghdr *nlh, const struct tv_policy *pol)
{
	struct nlattr *nest;
	uint32_t i;

	tv_put(nlh, tv_policy_fields, N_OF(tv_policy_fields), pol, pol->has);
	for (i = 0; i < pol->n_custom; i++)
		mnl_attr_put_strz(nlh, TLSVIP_A_POLICY_CUSTOM,
				  pol->custom[i]);
	for (i = 0; i < pol->n_alias; i++) {
		nest = mnl_attr_nest_start(nlh, TLSVIP_A_POLICY_ALIAS);
		mnl_attr_put_strz(nlh, TLSVIP_A_ALIAS_NAME,
				  pol->alias[i].name);
		mnl_attr_put_strz(nlh, TLSVIP_A_ALIAS_ALIAS,
				  pol->alias[i].alias);
		mnl_attr_nest_end(nlh, nest);
	}
	for (i = 0; i < pol->n_protect; i++)
		mnl_attr_put_strz(nlh, TLSVIP_A_POLICY_PROTECT,
				  pol->protect[i]);
	for (i = 0; i < pol->n_url; i++)
		tv_policy_put_url(nlh, &pol->url[i]);
}

/**
 * tv_service_put - add a service to a request
 * @nlh: the request
 * @svc: the service; what @svc->has says is sent
 */
void tv_service_put(struct nlmsghdr *nlh, const struct tv_service *svc)
{
	tv_put(nlh, tv_service_fields, N_OF(tv_service_fields), svc,
	       svc->has);
}

/* an attribute of the messages of a command, or NULL */
static const struct tv_field *tv_field_of(uint8_t cmd, uint16_t type)
{
	const struct tv_field *fields;
	size_t n;

	switch (cmd) {
	case TLSVIP_CMD_CONTEXT_GET ... TLSVIP_CMD_CONTEXT_NTF:
		fields = tv_context_fields;
		n = N_OF(tv_context_fields);
		break;
	case TLSVIP_CMD_POLICY_GET ... TLSVIP_CMD_POLICY_NTF:
		fields = tv_policy_fields;
		n = N_OF(tv_policy_fields);
		break;
	case TLSVIP_CMD_SERVICE_GET ... TLSVIP_CMD_SERVICE_NTF:
		fields = tv_service_fields;
		n = N_OF(tv_service_fields);
		break;
	case TLSVIP_CMD_CONN_GET ... TLSVIP_CMD_CONN_NTF:
		fields = tv_conn_fields;
		n = N_OF(tv_conn_fields);
		break;
	case TLSVIP_CMD_STATS_GET ... TLSVIP_CMD_STATS_CLEAR:
		fields = tv_stats_fields;
		n = N_OF(tv_stats_fields);
		break;
	default:
		return NULL;
	}
	return type < n ? &fields[type] : NULL;
}

/**
 * tv_attr_name - name of an attribute, as a user writes it
 * @cmd: command of the message
 * @type: the attribute
 *
 * Return: the name, or NULL.
 */
const char *tv_attr_name(uint8_t cmd, uint16_t type)
{
	const struct tv_field *field = tv_field_of(cmd, type);

	return field ? field->name : NULL;
}

/**
 * tv_attr_unit - what the number in an attribute counts
 * @cmd: command of the message
 * @type: the attribute
 *
 * Return: a plural, or NULL if it says nothing more than the name.
 */
const char *tv_attr_unit(uint8_t cmd, uint16_t type)
{
	const struct tv_field *field = tv_field_of(cmd, type);

	return field ? field->unit : NULL;
}
