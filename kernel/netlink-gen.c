// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tlsvip.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/tlsvip.h>

/* Integer value ranges */
static const struct netlink_range_validation tlsvip_a_policy_head_max_range = {
	.min	= 256ULL,
	.max	= 1048576ULL,
};

static const struct netlink_range_validation tlsvip_a_policy_line_max_range = {
	.min	= 64ULL,
	.max	= 1048576ULL,
};

static const struct netlink_range_validation tlsvip_a_policy_ext_max_range = {
	.max	= 65536ULL,
};

static const struct netlink_range_validation tlsvip_a_policy_trailer_max_range = {
	.min	= 2ULL,
	.max	= 1048576ULL,
};

static const struct netlink_range_validation tlsvip_a_policy_records_max_range = {
	.min	= 1ULL,
	.max	= 1048576ULL,
};

static const struct netlink_range_validation tlsvip_a_policy_head_timeout_range = {
	.min	= 100ULL,
	.max	= 3600000ULL,
};

static const struct netlink_range_validation tlsvip_a_service_handshake_timeout_range = {
	.min	= 100ULL,
	.max	= 600000ULL,
};

static const struct netlink_range_validation tlsvip_a_service_connect_timeout_range = {
	.min	= 100ULL,
	.max	= 600000ULL,
};

static const struct netlink_range_validation tlsvip_a_service_idle_timeout_range = {
	.min	= 100ULL,
	.max	= 86400000ULL,
};

static const struct netlink_range_validation tlsvip_a_service_linger_timeout_range = {
	.min	= 100ULL,
	.max	= 3600000ULL,
};

static const struct netlink_range_validation tlsvip_a_handshake_capacity_range = {
	.min	= 1ULL,
	.max	= 65536ULL,
};

/* Common nested types */
const struct nla_policy tlsvip_alias_nl_policy[TLSVIP_A_ALIAS_ALIAS + 1] = {
	[TLSVIP_A_ALIAS_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_HEADER_NAME_LEN, },
	[TLSVIP_A_ALIAS_ALIAS] = { .type = NLA_NUL_STRING, .len = TLSVIP_HEADER_NAME_LEN, },
};

const struct nla_policy tlsvip_url_nl_policy[TLSVIP_A_URL_SSLPORT + 1] = {
	[TLSVIP_A_URL_HOST] = { .type = NLA_NUL_STRING, .len = TLSVIP_URL_HOST_LEN, },
	[TLSVIP_A_URL_CLEARPORT] = { .type = NLA_U32, },
	[TLSVIP_A_URL_SSLPORT] = { .type = NLA_U32, },
};

/* TLSVIP_CMD_CONTEXT_GET - do */
static const struct nla_policy tlsvip_context_get_nl_policy[TLSVIP_A_CONTEXT_NAME + 1] = {
	[TLSVIP_A_CONTEXT_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
};

/* TLSVIP_CMD_CONTEXT_NEW - do */
static const struct nla_policy tlsvip_context_new_nl_policy[TLSVIP_A_CONTEXT_MAXCONNS + 1] = {
	[TLSVIP_A_CONTEXT_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_CONTEXT_VRF] = { .type = NLA_NUL_STRING, .len = 15, },
	[TLSVIP_A_CONTEXT_MAXCONNS] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* TLSVIP_CMD_CONTEXT_SET - do */
static const struct nla_policy tlsvip_context_set_nl_policy[TLSVIP_A_CONTEXT_MAXCONNS + 1] = {
	[TLSVIP_A_CONTEXT_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_CONTEXT_MAXCONNS] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* TLSVIP_CMD_CONTEXT_DEL - do */
static const struct nla_policy tlsvip_context_del_nl_policy[TLSVIP_A_CONTEXT_NAME + 1] = {
	[TLSVIP_A_CONTEXT_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
};

/* TLSVIP_CMD_POLICY_GET - do */
static const struct nla_policy tlsvip_policy_get_nl_policy[TLSVIP_A_POLICY_KIND + 1] = {
	[TLSVIP_A_POLICY_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_POLICY_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_POLICY_KIND] = NLA_POLICY_MAX(NLA_U32, 1),
};

/* TLSVIP_CMD_POLICY_NEW - do */
static const struct nla_policy tlsvip_policy_new_nl_policy[TLSVIP_A_POLICY_URL + 1] = {
	[TLSVIP_A_POLICY_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_POLICY_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_POLICY_KIND] = NLA_POLICY_MAX(NLA_U32, 1),
	[TLSVIP_A_POLICY_CLIENT_IP_PORT] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_SESSION] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_SESSION_ONCE] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_FORWARDED] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_X_FORWARDED] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_CUSTOM] = { .type = NLA_STRING, .len = TLSVIP_CUSTOM_LEN, },
	[TLSVIP_A_POLICY_PREFIX] = { .type = NLA_NUL_STRING, .len = TLSVIP_PREFIX_LEN, },
	[TLSVIP_A_POLICY_ALIAS] = NLA_POLICY_NESTED(tlsvip_alias_nl_policy),
	[TLSVIP_A_POLICY_PROTECT] = { .type = NLA_STRING, .len = TLSVIP_HEADER_NAME_LEN, },
	[TLSVIP_A_POLICY_SPOOF] = NLA_POLICY_MAX(NLA_U32, 1),
	[TLSVIP_A_POLICY_HEAD_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_head_max_range),
	[TLSVIP_A_POLICY_LINE_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_line_max_range),
	[TLSVIP_A_POLICY_FIELDS_MAX] = NLA_POLICY_RANGE(NLA_U32, 1, 10000),
	[TLSVIP_A_POLICY_NAME_MAX] = NLA_POLICY_RANGE(NLA_U32, 16, 1024),
	[TLSVIP_A_POLICY_EXT_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_ext_max_range),
	[TLSVIP_A_POLICY_TRAILER_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_trailer_max_range),
	[TLSVIP_A_POLICY_URL] = NLA_POLICY_NESTED(tlsvip_url_nl_policy),
	[TLSVIP_A_POLICY_RECORDS_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_records_max_range),
	[TLSVIP_A_POLICY_CRLF_MAX] = NLA_POLICY_MAX(NLA_U32, 16),
	[TLSVIP_A_POLICY_HEAD_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_head_timeout_range),
	[TLSVIP_A_POLICY_CLIENT_CERT] = NLA_POLICY_MAX(NLA_U32, 3),
	[TLSVIP_A_POLICY_CLIENT_CERT_FIRST] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_SUBJECT_NAME] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_RFC9440] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_RFC9440_CHAIN] = { .type = NLA_FLAG, },
};

/* TLSVIP_CMD_POLICY_SET - do */
static const struct nla_policy tlsvip_policy_set_nl_policy[TLSVIP_A_POLICY_URL + 1] = {
	[TLSVIP_A_POLICY_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_POLICY_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_POLICY_KIND] = NLA_POLICY_MAX(NLA_U32, 1),
	[TLSVIP_A_POLICY_CLIENT_IP_PORT] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_SESSION] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_SESSION_ONCE] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_FORWARDED] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_X_FORWARDED] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_CUSTOM] = { .type = NLA_STRING, .len = TLSVIP_CUSTOM_LEN, },
	[TLSVIP_A_POLICY_PREFIX] = { .type = NLA_NUL_STRING, .len = TLSVIP_PREFIX_LEN, },
	[TLSVIP_A_POLICY_ALIAS] = NLA_POLICY_NESTED(tlsvip_alias_nl_policy),
	[TLSVIP_A_POLICY_PROTECT] = { .type = NLA_STRING, .len = TLSVIP_HEADER_NAME_LEN, },
	[TLSVIP_A_POLICY_SPOOF] = NLA_POLICY_MAX(NLA_U32, 1),
	[TLSVIP_A_POLICY_HEAD_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_head_max_range),
	[TLSVIP_A_POLICY_LINE_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_line_max_range),
	[TLSVIP_A_POLICY_FIELDS_MAX] = NLA_POLICY_RANGE(NLA_U32, 1, 10000),
	[TLSVIP_A_POLICY_NAME_MAX] = NLA_POLICY_RANGE(NLA_U32, 16, 1024),
	[TLSVIP_A_POLICY_EXT_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_ext_max_range),
	[TLSVIP_A_POLICY_TRAILER_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_trailer_max_range),
	[TLSVIP_A_POLICY_URL] = NLA_POLICY_NESTED(tlsvip_url_nl_policy),
	[TLSVIP_A_POLICY_RECORDS_MAX] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_records_max_range),
	[TLSVIP_A_POLICY_CRLF_MAX] = NLA_POLICY_MAX(NLA_U32, 16),
	[TLSVIP_A_POLICY_HEAD_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_policy_head_timeout_range),
	[TLSVIP_A_POLICY_CLIENT_CERT] = NLA_POLICY_MAX(NLA_U32, 3),
	[TLSVIP_A_POLICY_CLIENT_CERT_FIRST] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_SUBJECT_NAME] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_RFC9440] = { .type = NLA_FLAG, },
	[TLSVIP_A_POLICY_RFC9440_CHAIN] = { .type = NLA_FLAG, },
};

/* TLSVIP_CMD_POLICY_DEL - do */
static const struct nla_policy tlsvip_policy_del_nl_policy[TLSVIP_A_POLICY_KIND + 1] = {
	[TLSVIP_A_POLICY_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_POLICY_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_POLICY_KIND] = NLA_POLICY_MAX(NLA_U32, 1),
};

/* TLSVIP_CMD_SERVICE_GET - do */
static const struct nla_policy tlsvip_service_get_do_nl_policy[TLSVIP_A_SERVICE_NAME + 1] = {
	[TLSVIP_A_SERVICE_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
};

/* TLSVIP_CMD_SERVICE_GET - dump */
static const struct nla_policy tlsvip_service_get_dump_nl_policy[TLSVIP_A_SERVICE_CONTEXT + 1] = {
	[TLSVIP_A_SERVICE_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
};

/* TLSVIP_CMD_SERVICE_NEW - do */
static const struct nla_policy tlsvip_service_new_nl_policy[TLSVIP_A_SERVICE_URL_REWRITE + 1] = {
	[TLSVIP_A_SERVICE_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_VIP4] = { .type = NLA_U32, },
	[TLSVIP_A_SERVICE_VIP6] = NLA_POLICY_EXACT_LEN(16),
	[TLSVIP_A_SERVICE_VIP_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TLSVIP_A_SERVICE_SERVER4] = { .type = NLA_U32, },
	[TLSVIP_A_SERVICE_SERVER6] = NLA_POLICY_EXACT_LEN(16),
	[TLSVIP_A_SERVICE_SERVER_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TLSVIP_A_SERVICE_TRUSTPOINT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_HTTP_HEADER] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_URL_REWRITE] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_PROXY_PROTOCOL] = NLA_POLICY_MAX(NLA_U32, 1),
	[TLSVIP_A_SERVICE_INSERVICE] = NLA_POLICY_MAX(NLA_U8, 1),
	[TLSVIP_A_SERVICE_HANDSHAKE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_service_handshake_timeout_range),
	[TLSVIP_A_SERVICE_CONNECT_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_service_connect_timeout_range),
	[TLSVIP_A_SERVICE_IDLE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_service_idle_timeout_range),
	[TLSVIP_A_SERVICE_LINGER_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_service_linger_timeout_range),
};

/* TLSVIP_CMD_SERVICE_SET - do */
static const struct nla_policy tlsvip_service_set_nl_policy[TLSVIP_A_SERVICE_URL_REWRITE + 1] = {
	[TLSVIP_A_SERVICE_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_VIP4] = { .type = NLA_U32, },
	[TLSVIP_A_SERVICE_VIP6] = NLA_POLICY_EXACT_LEN(16),
	[TLSVIP_A_SERVICE_VIP_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TLSVIP_A_SERVICE_SERVER4] = { .type = NLA_U32, },
	[TLSVIP_A_SERVICE_SERVER6] = NLA_POLICY_EXACT_LEN(16),
	[TLSVIP_A_SERVICE_SERVER_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TLSVIP_A_SERVICE_TRUSTPOINT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_HTTP_HEADER] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_URL_REWRITE] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_PROXY_PROTOCOL] = NLA_POLICY_MAX(NLA_U32, 1),
	[TLSVIP_A_SERVICE_INSERVICE] = NLA_POLICY_MAX(NLA_U8, 1),
	[TLSVIP_A_SERVICE_HANDSHAKE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_service_handshake_timeout_range),
	[TLSVIP_A_SERVICE_CONNECT_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_service_connect_timeout_range),
	[TLSVIP_A_SERVICE_IDLE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_service_idle_timeout_range),
	[TLSVIP_A_SERVICE_LINGER_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_service_linger_timeout_range),
};

/* TLSVIP_CMD_SERVICE_DEL - do */
static const struct nla_policy tlsvip_service_del_nl_policy[TLSVIP_A_SERVICE_NAME + 1] = {
	[TLSVIP_A_SERVICE_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_SERVICE_NAME] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
};

/* TLSVIP_CMD_CONN_GET - do */
static const struct nla_policy tlsvip_conn_get_do_nl_policy[TLSVIP_A_CONN_ID + 1] = {
	[TLSVIP_A_CONN_ID] = { .type = NLA_UINT, },
};

/* TLSVIP_CMD_CONN_GET - dump */
static const struct nla_policy tlsvip_conn_get_dump_nl_policy[TLSVIP_A_CONN_SERVICE + 1] = {
	[TLSVIP_A_CONN_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_CONN_SERVICE] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
};

/* TLSVIP_CMD_STATS_GET - dump */
static const struct nla_policy tlsvip_stats_get_nl_policy[TLSVIP_A_STATS_SERVICE + 1] = {
	[TLSVIP_A_STATS_SCOPE] = NLA_POLICY_MAX(NLA_U32, 2),
	[TLSVIP_A_STATS_CONTEXT] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_STATS_SERVICE] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
};

/* TLSVIP_CMD_WORKER_BIND - do */
static const struct nla_policy tlsvip_worker_bind_nl_policy[TLSVIP_A_HANDSHAKE_CAPACITY + 1] = {
	[TLSVIP_A_HANDSHAKE_VERSION] = { .type = NLA_U32, },
	[TLSVIP_A_HANDSHAKE_CPU] = { .type = NLA_U32, },
	[TLSVIP_A_HANDSHAKE_CAPACITY] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlsvip_a_handshake_capacity_range),
};

/* TLSVIP_CMD_UPCALL_ACCEPT - do */
static const struct nla_policy tlsvip_upcall_accept_nl_policy[TLSVIP_A_HANDSHAKE_BATCH + 1] = {
	[TLSVIP_A_HANDSHAKE_BATCH] = NLA_POLICY_RANGE(NLA_U32, 1, TLSVIP_BATCH_MAX),
};

/* TLSVIP_CMD_UPCALL_DONE - do */
static const struct nla_policy tlsvip_upcall_done_nl_policy[TLSVIP_A_HANDSHAKE_BLOCK_FIRST + 1] = {
	[TLSVIP_A_HANDSHAKE_CONN] = { .type = NLA_UINT, },
	[TLSVIP_A_HANDSHAKE_LEG] = NLA_POLICY_MAX(NLA_U32, 1),
	[TLSVIP_A_HANDSHAKE_VERDICT] = NLA_POLICY_MAX(NLA_U32, 6),
	[TLSVIP_A_HANDSHAKE_ALERT] = { .type = NLA_U8, },
	[TLSVIP_A_HANDSHAKE_TLS_VERSION] = { .type = NLA_U16, },
	[TLSVIP_A_HANDSHAKE_CIPHER] = { .type = NLA_NUL_STRING, .len = TLSVIP_NAME_LEN, },
	[TLSVIP_A_HANDSHAKE_RESUMED] = { .type = NLA_FLAG, },
	[TLSVIP_A_HANDSHAKE_BLOCK] = { .type = NLA_BINARY, },
	[TLSVIP_A_HANDSHAKE_PROXY_TLVS] = { .type = NLA_BINARY, },
	[TLSVIP_A_HANDSHAKE_LEFTOVER] = { .type = NLA_BINARY, },
	[TLSVIP_A_HANDSHAKE_BLOCK_FIRST] = { .type = NLA_BINARY, },
};

/* Ops table for tlsvip */
const struct genl_split_ops tlsvip_nl_ops[22] = {
	{
		.cmd		= TLSVIP_CMD_CONTEXT_GET,
		.doit		= tlsvip_nl_context_get_doit,
		.policy		= tlsvip_context_get_nl_policy,
		.maxattr	= TLSVIP_A_CONTEXT_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSVIP_CMD_CONTEXT_GET,
		.dumpit	= tlsvip_nl_context_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TLSVIP_CMD_CONTEXT_NEW,
		.doit		= tlsvip_nl_context_new_doit,
		.policy		= tlsvip_context_new_nl_policy,
		.maxattr	= TLSVIP_A_CONTEXT_MAXCONNS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_CONTEXT_SET,
		.doit		= tlsvip_nl_context_set_doit,
		.policy		= tlsvip_context_set_nl_policy,
		.maxattr	= TLSVIP_A_CONTEXT_MAXCONNS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_CONTEXT_DEL,
		.doit		= tlsvip_nl_context_del_doit,
		.policy		= tlsvip_context_del_nl_policy,
		.maxattr	= TLSVIP_A_CONTEXT_NAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_POLICY_GET,
		.doit		= tlsvip_nl_policy_get_doit,
		.policy		= tlsvip_policy_get_nl_policy,
		.maxattr	= TLSVIP_A_POLICY_KIND,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= TLSVIP_CMD_POLICY_GET,
		.start	= tlsvip_nl_policy_get_start,
		.dumpit	= tlsvip_nl_policy_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TLSVIP_CMD_POLICY_NEW,
		.doit		= tlsvip_nl_policy_new_doit,
		.policy		= tlsvip_policy_new_nl_policy,
		.maxattr	= TLSVIP_A_POLICY_URL,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_POLICY_SET,
		.doit		= tlsvip_nl_policy_set_doit,
		.policy		= tlsvip_policy_set_nl_policy,
		.maxattr	= TLSVIP_A_POLICY_URL,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_POLICY_DEL,
		.doit		= tlsvip_nl_policy_del_doit,
		.policy		= tlsvip_policy_del_nl_policy,
		.maxattr	= TLSVIP_A_POLICY_KIND,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_SERVICE_GET,
		.doit		= tlsvip_nl_service_get_doit,
		.policy		= tlsvip_service_get_do_nl_policy,
		.maxattr	= TLSVIP_A_SERVICE_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_SERVICE_GET,
		.dumpit		= tlsvip_nl_service_get_dumpit,
		.policy		= tlsvip_service_get_dump_nl_policy,
		.maxattr	= TLSVIP_A_SERVICE_CONTEXT,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TLSVIP_CMD_SERVICE_NEW,
		.doit		= tlsvip_nl_service_new_doit,
		.policy		= tlsvip_service_new_nl_policy,
		.maxattr	= TLSVIP_A_SERVICE_URL_REWRITE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_SERVICE_SET,
		.doit		= tlsvip_nl_service_set_doit,
		.policy		= tlsvip_service_set_nl_policy,
		.maxattr	= TLSVIP_A_SERVICE_URL_REWRITE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_SERVICE_DEL,
		.doit		= tlsvip_nl_service_del_doit,
		.policy		= tlsvip_service_del_nl_policy,
		.maxattr	= TLSVIP_A_SERVICE_NAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_CONN_GET,
		.doit		= tlsvip_nl_conn_get_doit,
		.policy		= tlsvip_conn_get_do_nl_policy,
		.maxattr	= TLSVIP_A_CONN_ID,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_CONN_GET,
		.dumpit		= tlsvip_nl_conn_get_dumpit,
		.policy		= tlsvip_conn_get_dump_nl_policy,
		.maxattr	= TLSVIP_A_CONN_SERVICE,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= TLSVIP_CMD_STATS_GET,
		.start		= tlsvip_nl_stats_get_start,
		.dumpit		= tlsvip_nl_stats_get_dumpit,
		.policy		= tlsvip_stats_get_nl_policy,
		.maxattr	= TLSVIP_A_STATS_SERVICE,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= TLSVIP_CMD_STATS_CLEAR,
		.doit	= tlsvip_nl_stats_clear_doit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_WORKER_BIND,
		.doit		= tlsvip_nl_worker_bind_doit,
		.policy		= tlsvip_worker_bind_nl_policy,
		.maxattr	= TLSVIP_A_HANDSHAKE_CAPACITY,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_UPCALL_ACCEPT,
		.doit		= tlsvip_nl_upcall_accept_doit,
		.policy		= tlsvip_upcall_accept_nl_policy,
		.maxattr	= TLSVIP_A_HANDSHAKE_BATCH,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= TLSVIP_CMD_UPCALL_DONE,
		.doit		= tlsvip_nl_upcall_done_doit,
		.policy		= tlsvip_upcall_done_nl_policy,
		.maxattr	= TLSVIP_A_HANDSHAKE_BLOCK_FIRST,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group tlsvip_nl_mcgrps[] = {
	[TLSVIP_NLGRP_CONFIG] = { "config", },
	[TLSVIP_NLGRP_EVENTS] = { "events", },
};
