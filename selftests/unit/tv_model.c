// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Objects of libtlsvip out of messages: what was put comes back, and messages
 * of any bytes are read within their bounds.
 *
 * SOURCES: userspace/lib/attr.c userspace/lib/model.c userspace/lib/policy.c
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "daemon/ktap.h"
#include "lib/tv.h"

#define ROUNDS	60000

static struct nlmsghdr *begin(char *buf, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	return nlh;
}

static void test_context(void)
{
	struct tv_context in = { .has = TV_HAS(TLSVIP_A_CONTEXT_NAME) |
		TV_HAS(TLSVIP_A_CONTEXT_VRF) |
		TV_HAS(TLSVIP_A_CONTEXT_MAXCONNS),
		.name = "red", .vrf = "vrf-red", .maxconns = 70000 };
	struct tv_context out;
	_Alignas(8) char buf[1024];
	struct nlmsghdr *nlh = begin(buf, TLSVIP_CMD_CONTEXT_NEW);

	tv_context_put(nlh, &in);
	ktap_ok(!tv_context_parse(nlh, &out) && !memcmp(&in, &out, sizeof(in)),
		"a context comes back");
	mnl_attr_put_u32(nlh, 999, 1);
	ktap_ok(!tv_context_parse(nlh, &out) && !memcmp(&in, &out, sizeof(in)),
		"attributes of a newer kernel are skipped");
	mnl_attr_put_u64(nlh, TLSVIP_A_CONTEXT_CONNS, 1ULL << 32);
	ktap_ok(tv_context_parse(nlh, &out) == -EBADMSG,
		"a number that does not fit is an error");
	nlh = begin(buf, TLSVIP_CMD_CONTEXT_NEW);
	mnl_attr_put(nlh, TLSVIP_A_CONTEXT_VRF, 16, "0123456789abcdef");
	ktap_ok(tv_context_parse(nlh, &out) == -EBADMSG,
		"a text that does not fit is an error");
}

static bool same_texts(const char *const *a, const char *const *b, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (strcmp(a[i], b[i]))
			return false;
	return true;
}

static bool same_policy(const struct tv_policy *a, const struct tv_policy *b)
{
	uint32_t i;

	if (strcmp(a->context, b->context) || strcmp(a->name, b->name) ||
	    strcmp(a->prefix, b->prefix) || a->kind != b->kind ||
	    a->client_ip_port != b->client_ip_port ||
	    a->session != b->session || a->session_once != b->session_once ||
	    a->forwarded != b->forwarded || a->x_forwarded != b->x_forwarded ||
	    a->client_cert != b->client_cert ||
	    a->client_cert_first != b->client_cert_first ||
	    a->subject_name != b->subject_name ||
	    a->rfc9440 != b->rfc9440 || a->rfc9440_chain != b->rfc9440_chain ||
	    a->spoof != b->spoof || a->head_max != b->head_max ||
	    a->line_max != b->line_max || a->fields_max != b->fields_max ||
	    a->name_max != b->name_max || a->ext_max != b->ext_max ||
	    a->trailer_max != b->trailer_max ||
	    a->records_max != b->records_max || a->crlf_max != b->crlf_max ||
	    a->head_timeout != b->head_timeout || a->users != b->users ||
	    a->event != b->event || a->n_custom != b->n_custom ||
	    a->n_alias != b->n_alias || a->n_protect != b->n_protect)
		return false;
	for (i = 0; i < a->n_alias; i++)
		if (strcmp(a->alias[i].name, b->alias[i].name) ||
		    strcmp(a->alias[i].alias, b->alias[i].alias))
			return false;
	return same_texts(a->custom, b->custom, a->n_custom) &&
	       same_texts(a->protect, b->protect, a->n_protect);
}

/* the most and longest of everything */
static void policy_full(struct tv_policy *pol)
{
	static char texts[TLSVIP_CUSTOM_MAX + 2 * TLSVIP_ALIAS_MAX +
			  TLSVIP_PROTECT_MAX][TLSVIP_CUSTOM_LEN + 1];
	char (*text)[TLSVIP_CUSTOM_LEN + 1] = texts;
	uint32_t i;

	*pol = (struct tv_policy){
		.has = (TV_HAS(TLSVIP_A_POLICY_MAX + 1) - 2) &
		       ~TV_HAS(TLSVIP_A_POLICY_URL),
		.kind = TLSVIP_POLICY_KIND_HTTP_HEADER,
		.client_cert = TLSVIP_CLIENT_CERT_PEM,
		.client_cert_first = true, .subject_name = true,
		.rfc9440 = true, .rfc9440_chain = true,
		.client_ip_port = true, .session = true, .session_once = true,
		.forwarded = true, .x_forwarded = true,
		.spoof = TLSVIP_SPOOF_REJECT,
		.head_max = 1, .line_max = 2, .fields_max = 3, .name_max = 4,
		.ext_max = 0, .trailer_max = UINT32_MAX,
		.records_max = 8, .crlf_max = 9, .head_timeout = 10,
		.users = 7, .event = TLSVIP_EVENT_CHANGED,
		.n_custom = TLSVIP_CUSTOM_MAX, .n_alias = TLSVIP_ALIAS_MAX,
		.n_protect = TLSVIP_PROTECT_MAX,
	};
	memset(pol->context, 'c', TLSVIP_NAME_LEN);
	memset(pol->name, 'n', TLSVIP_NAME_LEN);
	memset(pol->prefix, 'p', TLSVIP_PREFIX_LEN);
	for (i = 0; i < pol->n_custom; i++)
		pol->custom[i] = memset(*text++, '0' + i, TLSVIP_CUSTOM_LEN);
	for (i = 0; i < pol->n_alias; i++) {
		pol->alias[i].name = memset(*text++, '0' + i,
					    TLSVIP_HEADER_NAME_LEN);
		pol->alias[i].alias = memset(*text++, 'A' + i,
					     TLSVIP_HEADER_NAME_LEN);
	}
	for (i = 0; i < pol->n_protect; i++)
		pol->protect[i] = memset(*text++, 'a' + i,
					 TLSVIP_HEADER_NAME_LEN);
}

static void test_policy(void)
{
	static _Alignas(8) char buf[16384];
	static struct tv_policy in, out;
	struct nlmsghdr *nlh = begin(buf, TLSVIP_CMD_POLICY_NEW);

	policy_full(&in);
	tv_policy_put(nlh, &in);
	ktap_ok(!tv_policy_parse(nlh, &out) && same_policy(&in, &out) &&
		out.has == in.has,
		"a policy with the most and longest of everything comes back");
	tv_policy_free(&out);
	nlh = begin(buf, TLSVIP_CMD_POLICY_NEW);
	ktap_ok(!tv_policy_parse(nlh, &out) && !out.has &&
		!out.client_ip_port && !out.session && !out.session_once &&
		!out.forwarded && !out.x_forwarded && !out.prefix[0] &&
		!out.client_cert && !out.client_cert_first &&
		!out.subject_name && !out.rfc9440 && !out.rfc9440_chain &&
		out.spoof == TLSVIP_SPOOF_STRIP &&
		out.head_max == TV_HEAD_MAX && out.line_max == TV_LINE_MAX &&
		out.fields_max == TV_FIELDS_MAX &&
		out.name_max == TV_NAME_MAX && out.ext_max == TV_EXT_MAX &&
		out.trailer_max == TV_TRAILER_MAX &&
		out.records_max == TV_RECORDS_MAX &&
		out.crlf_max == TV_CRLF_MAX &&
		out.head_timeout == TV_HEAD_TIMEOUT && !out.n_custom &&
		!out.n_alias && !out.n_protect, "a policy that says nothing");
	tv_policy_free(&out);
	tv_policy_free(&out);
}

/* each attribute alone, by its number and form in a message */
static void test_policy_each(void)
{
	static const struct tv_policy full = {
		.client_ip_port = true, .session = true, .session_once = true,
		.forwarded = true, .x_forwarded = true, .context = "c",
		.name = "n", .prefix = "SSL", .spoof = TLSVIP_SPOOF_REJECT,
		.head_max = 1, .line_max = 2, .fields_max = 3, .name_max = 4,
		.ext_max = 5, .trailer_max = 6, .users = 7, .event = 2,
		.records_max = 8, .crlf_max = 9, .head_timeout = 10,
		.client_cert = TLSVIP_CLIENT_CERT_BASIC,
		.client_cert_first = true, .subject_name = true,
		.rfc9440 = true, .rfc9440_chain = true,
	};
	static const struct {
		const char *name;
		size_t len;
		const char *value;
	} want[TLSVIP_A_POLICY_MAX + 1] = {
		[TLSVIP_A_POLICY_CONTEXT] = { "context", 2, "c" },
		[TLSVIP_A_POLICY_NAME] = { "name", 2, "n" },
		[TLSVIP_A_POLICY_KIND] = { "kind", 4, "\0\0\0" },
		[TLSVIP_A_POLICY_CLIENT_IP_PORT] = { "client-ip-port" },
		[TLSVIP_A_POLICY_SESSION] = { "session" },
		[TLSVIP_A_POLICY_SESSION_ONCE] = { "session-once" },
		[TLSVIP_A_POLICY_FORWARDED] = { "forwarded" },
		[TLSVIP_A_POLICY_X_FORWARDED] = { "x-forwarded" },
		[TLSVIP_A_POLICY_CLIENT_CERT] = { "client-cert", 4, "\1\0\0" },
		[TLSVIP_A_POLICY_CLIENT_CERT_FIRST] = { "client-cert-first" },
		[TLSVIP_A_POLICY_SUBJECT_NAME] = { "subject-name" },
		[TLSVIP_A_POLICY_RFC9440] = { "rfc9440" },
		[TLSVIP_A_POLICY_RFC9440_CHAIN] = { "rfc9440-chain" },
		[TLSVIP_A_POLICY_PREFIX] = { "prefix", 4, "SSL" },
		[TLSVIP_A_POLICY_SPOOF] = { "spoof", 4, "\1\0\0" },
		[TLSVIP_A_POLICY_HEAD_MAX] = { "head-max", 4, "\1\0\0" },
		[TLSVIP_A_POLICY_LINE_MAX] = { "line-max", 4, "\2\0\0" },
		[TLSVIP_A_POLICY_FIELDS_MAX] = { "fields-max", 4, "\3\0\0" },
		[TLSVIP_A_POLICY_NAME_MAX] = { "name-max", 4, "\4\0\0" },
		[TLSVIP_A_POLICY_EXT_MAX] = { "ext-max", 4, "\5\0\0" },
		[TLSVIP_A_POLICY_TRAILER_MAX] = { "trailer-max", 4, "\6\0\0" },
		[TLSVIP_A_POLICY_USERS] = { "users", 4, "\7\0\0" },
		[TLSVIP_A_POLICY_EVENT] = { "event", 4, "\2\0\0" },
		[TLSVIP_A_POLICY_RECORDS_MAX] = { "records-max", 4,
						  "\10\0\0" },
		[TLSVIP_A_POLICY_CRLF_MAX] = { "crlf-max", 4, "\11\0\0" },
		[TLSVIP_A_POLICY_HEAD_TIMEOUT] = { "head-timeout", 4,
						   "\12\0\0" },
	};
	_Alignas(8) char buf[256];
	const struct nlattr *a;
	struct tv_policy in;
	struct nlmsghdr *nlh;
	uint16_t type;

	for (type = 1; type <= TLSVIP_A_POLICY_MAX; type++) {
		if (!want[type].name)
			continue;
		in = full;
		in.has = TV_HAS(type);
		nlh = begin(buf, TLSVIP_CMD_POLICY_SET);
		tv_policy_put(nlh, &in);
		a = mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN);
		ktap_ok(mnl_attr_get_type(a) == type &&
			mnl_attr_get_payload_len(a) == want[type].len &&
			!memcmp(mnl_attr_get_payload(a),
				want[type].value ? want[type].value : "",
				want[type].len) &&
			mnl_attr_next(a) == mnl_nlmsg_get_payload_tail(nlh) &&
			!strcmp(tv_attr_name(TLSVIP_CMD_POLICY_SET, type),
				want[type].name),
			"policy: %s as it is sent", want[type].name);
	}
}

static void put_alias(struct nlmsghdr *nlh, const char *name,
		      const char *alias)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, TLSVIP_A_POLICY_ALIAS);

	if (name)
		mnl_attr_put_strz(nlh, TLSVIP_A_ALIAS_NAME, name);
	if (alias)
		mnl_attr_put_strz(nlh, TLSVIP_A_ALIAS_ALIAS, alias);
	mnl_attr_nest_end(nlh, nest);
}

/* @attr @count times with a text of @len bytes, in aliases on both sides */
static bool policy_bad(uint16_t attr, uint32_t count, size_t len)
{
	static _Alignas(8) char buf[16384];
	struct nlmsghdr *nlh = begin(buf, TLSVIP_CMD_POLICY_NTF);
	char text[TLSVIP_CUSTOM_LEN + 2] = "";
	struct tv_policy out;
	int ret;

	memset(text, 'x', len);
	while (count--) {
		if (attr == TLSVIP_A_POLICY_ALIAS)
			put_alias(nlh, text, text);
		else
			mnl_attr_put_strz(nlh, attr, text);
	}
	ret = tv_policy_parse(nlh, &out);
	if (!ret)
		tv_policy_free(&out);
	return ret == -EBADMSG && !out.text;
}

static void test_policy_bad(void)
{
	static const struct {
		const char *name;
		uint16_t attr;
		uint32_t count;
		size_t len;
	} most[] = {
		{ "custom", TLSVIP_A_POLICY_CUSTOM, TLSVIP_CUSTOM_MAX,
		  TLSVIP_CUSTOM_LEN },
		{ "alias", TLSVIP_A_POLICY_ALIAS, TLSVIP_ALIAS_MAX,
		  TLSVIP_HEADER_NAME_LEN },
		{ "protect", TLSVIP_A_POLICY_PROTECT, TLSVIP_PROTECT_MAX,
		  TLSVIP_HEADER_NAME_LEN },
		{ "prefix", TLSVIP_A_POLICY_PREFIX, 0, TLSVIP_PREFIX_LEN },
	};
	_Alignas(8) char buf[512];
	struct tv_policy out;
	struct nlmsghdr *nlh;
	size_t i;

	for (i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		if (most[i].count)
			ktap_ok(!policy_bad(most[i].attr, most[i].count,
					    most[i].len) &&
				policy_bad(most[i].attr, most[i].count + 1, 1),
				"%s: one too many is an error", most[i].name);
		ktap_ok(!policy_bad(most[i].attr, 1, most[i].len) &&
			policy_bad(most[i].attr, 1, most[i].len + 1),
			"%s: one byte too long is an error", most[i].name);
	}
	nlh = begin(buf, TLSVIP_CMD_POLICY_NTF);
	put_alias(nlh, "Client-IP", NULL);
	ktap_ok(tv_policy_parse(nlh, &out) == -EBADMSG,
		"an alias of nothing new is an error");
	nlh = begin(buf, TLSVIP_CMD_POLICY_NTF);
	put_alias(nlh, NULL, "X-IP");
	ktap_ok(tv_policy_parse(nlh, &out) == -EBADMSG,
		"an alias for nothing is an error");
	nlh = begin(buf, TLSVIP_CMD_POLICY_NTF);
	mnl_attr_put(nlh, TLSVIP_A_POLICY_PROTECT, 3, "X-A");
	mnl_attr_put(nlh, TLSVIP_A_POLICY_CUSTOM, 4, "B: b");
	ktap_ok(!tv_policy_parse(nlh, &out) && !strcmp(out.protect[0], "X-A") &&
		!strcmp(out.custom[0], "B: b"), "texts without a NUL");
	tv_policy_free(&out);
}

static void test_service(void)
{
	struct tv_service in = { .has = TV_HAS(TLSVIP_A_SERVICE_NAME) |
		TV_HAS(TLSVIP_A_SERVICE_VIP6) |
		TV_HAS(TLSVIP_A_SERVICE_VIP_PORT) |
		TV_HAS(TLSVIP_A_SERVICE_SERVER4) |
		TV_HAS(TLSVIP_A_SERVICE_SERVER_PORT) |
		TV_HAS(TLSVIP_A_SERVICE_INSERVICE) |
		TV_HAS(TLSVIP_A_SERVICE_IDLE_TIMEOUT),
		.name = "web", .inservice = 1, .idle_timeout = 5000 };
	_Alignas(8) char buf[1024];
	char text[TV_ADDR_LEN];
	struct tv_service out;
	struct nlmsghdr *nlh = begin(buf, TLSVIP_CMD_SERVICE_NEW);

	in.vip.family = AF_INET6;
	in.vip.port = 443;
	inet_pton(AF_INET6, "2001:db8::15", &in.vip.ip6);
	in.server.family = AF_INET;
	in.server.port = 80;
	inet_pton(AF_INET, "10.20.0.80", &in.server.ip4);
	tv_service_put(nlh, &in);
	ktap_ok(!tv_service_parse(nlh, &out) && !memcmp(&in, &out, sizeof(in)),
		"a service comes back");
	ktap_ok(!strcmp(tv_addr_str(&out.vip, text, sizeof(text)),
			"[2001:db8::15]:443"), "IPv6 as text");
	ktap_ok(!strcmp(tv_addr_str(&out.server, text, sizeof(text)),
			"10.20.0.80:80"), "IPv4 as text");
	memset(&in.vip, 0, sizeof(in.vip));
	ktap_ok(!strcmp(tv_addr_str(&in.vip, text, sizeof(text)), "-"),
		"no address as text");
}

static void test_stats(void)
{
	_Alignas(8) char buf[1024];
	struct nlmsghdr *nlh = begin(buf, TLSVIP_CMD_STATS_GET);
	struct tv_stats stats;
	struct nlattr *nest;

	nest = mnl_attr_nest_start(nlh, TLSVIP_A_STATS_COUNTER);
	mnl_attr_put_strz(nlh, TLSVIP_A_COUNTER_NAME, "conn.alloc");
	tv_put_uint(nlh, TLSVIP_A_COUNTER_VALUE, 5);
	mnl_attr_put(nlh, TLSVIP_A_COUNTER_RUNNING, 0, NULL);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, TLSVIP_A_STATS_COUNTER);
	mnl_attr_put_strz(nlh, TLSVIP_A_COUNTER_NAME, "relay.c2s-bytes");
	tv_put_uint(nlh, TLSVIP_A_COUNTER_VALUE, UINT64_MAX);
	mnl_attr_nest_end(nlh, nest);
	ktap_ok(!tv_stats_parse(nlh, &stats) && stats.n == 2 &&
		stats.counters[0].value == 5 && stats.counters[0].running &&
		stats.counters[1].value == UINT64_MAX &&
		!stats.counters[1].running, "counters of 4 and of 8 bytes");
	tv_stats_free(&stats);
	nest = mnl_attr_nest_start(nlh, TLSVIP_A_STATS_COUNTER);
	mnl_attr_nest_end(nlh, nest);
	ktap_ok(tv_stats_parse(nlh, &stats) == -EBADMSG && !stats.counters,
		"a counter without a name is an error");
}

/* random attributes with random lengths, in memory that ends with the message */
static char *noise(size_t *len)
{
	size_t i;
	char *buf;
	int n;

	/* messages of the kernel are padded, and libmnl counts on that */
	*len = NLMSG_ALIGN(NLMSG_HDRLEN + GENL_HDRLEN + rand() % 200);
	buf = malloc(*len);
	for (i = 0; i < *len; i++)
		buf[i] = rand();
	((struct nlmsghdr *)buf)->nlmsg_len = *len;
	for (i = NLMSG_HDRLEN + GENL_HDRLEN; i + 4 <= *len;) {
		struct nlattr a = { .nla_type = rand() % 30 };

		n = rand() % 24;
		a.nla_len = NLA_HDRLEN + n;
		memcpy(buf + i, &a, sizeof(a));
		i += NLA_ALIGN(a.nla_len);
	}
	return buf;
}

static void test_noise(void)
{
	struct tv_context context;
	struct tv_policy policy;
	struct tv_service service;
	struct tv_conn conn;
	struct tv_stats stats;
	size_t len;
	char *buf;
	int i;

	srand(1);
	for (i = 0; i < ROUNDS; i++) {
		const struct nlmsghdr *nlh;

		buf = noise(&len);
		nlh = (const struct nlmsghdr *)buf;
		tv_context_parse(nlh, &context);
		if (!tv_policy_parse(nlh, &policy))
			tv_policy_free(&policy);
		tv_service_parse(nlh, &service);
		tv_conn_parse(nlh, &conn);
		if (!tv_stats_parse(nlh, &stats))
			tv_stats_free(&stats);
		free(buf);
	}
	ktap_ok(true, "%d messages of noise", ROUNDS);
}

static void test_names(void)
{
	char name[TLSVIP_NAME_LEN + 2];
	uint32_t v;

	for (v = 0; v <= TLSVIP_CLOSE_REASON_HEADER_BLOCK; v++)
		if (!strcmp(tv_close_reason_name(v), "unknown"))
			break;
	ktap_ok(v == TLSVIP_CLOSE_REASON_HEADER_BLOCK + 1 &&
		!strcmp(tv_close_reason_name(v), "unknown"),
		"every reason has a name");
	for (v = 0; v <= TLSVIP_HTTP_REASON_WEBSOCKET_KEY; v++)
		if (!strcmp(tv_http_reason_name(v), "unknown"))
			break;
	ktap_ok(v == TLSVIP_HTTP_REASON_WEBSOCKET_KEY + 1 &&
		!strcmp(tv_http_reason_name(v), "unknown"),
		"every reason of HTTP has a name");
	ktap_ok(tv_name_ok("a.B-9_") && !tv_name_ok("") && !tv_name_ok("a b") &&
		!tv_name_ok("a/b") && !tv_name_ok("\xc3\xa4"),
		"names of objects");
	memset(name, 'n', sizeof(name));
	name[TLSVIP_NAME_LEN + 1] = '\0';
	ktap_ok(!tv_name_ok(name) && tv_name_ok(name + 1), "their length");
	ktap_ok(!strcmp(tv_spoof_name(TLSVIP_SPOOF_STRIP), "strip") &&
		!strcmp(tv_spoof_name(TLSVIP_SPOOF_REJECT), "reject") &&
		!strcmp(tv_spoof_name(TLSVIP_SPOOF_REJECT + 1), "unknown"),
		"names of what becomes of spoofed headers");
	ktap_ok(!strcmp(tv_client_cert_name(TLSVIP_CLIENT_CERT_NONE), "none") &&
		!strcmp(tv_client_cert_name(TLSVIP_CLIENT_CERT_BASIC), "basic") &&
		!strcmp(tv_client_cert_name(TLSVIP_CLIENT_CERT_ALL), "all") &&
		!strcmp(tv_client_cert_name(TLSVIP_CLIENT_CERT_PEM), "pem") &&
		!strcmp(tv_client_cert_name(TLSVIP_CLIENT_CERT_PEM + 1),
			"unknown"), "names of what is inserted of a certificate");
	ktap_ok(!strcmp(tv_attr_name(TLSVIP_CMD_SERVICE_SET,
				     TLSVIP_A_SERVICE_IDLE_TIMEOUT),
			"idle-timeout") &&
		!tv_attr_name(TLSVIP_CMD_SERVICE_SET, 999) &&
		!tv_attr_name(255, 1), "names of attributes");
	ktap_ok(!strcmp(tv_attr_unit(TLSVIP_CMD_SERVICE_SET,
				     TLSVIP_A_SERVICE_IDLE_TIMEOUT),
			"milliseconds") &&
		!strcmp(tv_attr_unit(TLSVIP_CMD_POLICY_NEW,
				     TLSVIP_A_POLICY_HEAD_MAX), "bytes") &&
		!tv_attr_unit(TLSVIP_CMD_SERVICE_SET,
			      TLSVIP_A_SERVICE_NAME) &&
		!tv_attr_unit(TLSVIP_CMD_SERVICE_SET, 999) &&
		!tv_attr_unit(255, 1), "units of attributes");
}

int main(void)
{
	test_context();
	test_policy();
	test_policy_each();
	test_policy_bad();
	test_service();
	test_stats();
	test_noise();
	test_names();
	return ktap_end();
}
