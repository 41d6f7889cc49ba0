// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The objects of the family as structs: one table per object says which
 * attribute is which member. What values make sense is the kernel's decision.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "lib/model.h"

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

/**
 * tv_parse - read all attributes that a table knows
 * @nlh: the message
 * @fields: the table, by number of the attribute
 * @n: its length
 * @object: what its members belong to
 * @has: the set of those found is added to it
 *
 * Others are of a newer kernel.
 *
 * Return: 0 or -EBADMSG.
 */
int tv_parse(const struct nlmsghdr *nlh, const struct tv_field *fields,
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

/**
 * tv_put - add attributes to a message
 * @nlh: the message
 * @fields: the table, by number of the attribute
 * @n: its length
 * @object: what its members belong to
 * @has: the set of those to add
 */
void tv_put(struct nlmsghdr *nlh, const struct tv_field *fields, size_t n,
	    const void *object, uint64_t has)
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
		return tv_policy_field(type);
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
