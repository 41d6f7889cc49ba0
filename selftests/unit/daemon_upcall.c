// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Upcalls out of netlink attributes and verdicts into them, complete, cut and
 * wrong; not the socket.
 *
 * SOURCES: userspace/tlsvipd/upcall.c userspace/lib/attr.c
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "daemon/ktap.h"
#include "tlsvipd/netlink.h"

static _Alignas(8) char buf[2 * NETLINK_RX_SIZE];

/* Bits of what begin() leaves out or spoils. */
enum {
	NO_FD = 1, NO_CONN = 2, NO_NAME = 4, LONG_NAME = 8, NO_CLIENT = 16,
	SHORT_CLIENT = 32, NO_VIP = 64, SHORT_VIP = 128, SMALL_ID = 256,
	IPV6 = 512, NO_LINES = 1024, NO_PORT = 2048,
};

/* Something put among the lines, and how many times. */
typedef void put_fn(struct nlmsghdr *nlh);

static void put_line(struct nlmsghdr *nlh, uint32_t field, bool once,
		     const char *text)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, TLSVIP_A_UPCALL_LINE);

	mnl_attr_put_u32(nlh, TLSVIP_A_LINE_FIELD, field);
	mnl_attr_put_strz(nlh, TLSVIP_A_LINE_TEXT, text);
	if (once) {
		mnl_attr_put(nlh, TLSVIP_A_LINE_ONCE, 0, NULL);
		mnl_attr_put(nlh, TLSVIP_A_LINE_FIRST, 0, NULL);
	}
	mnl_attr_nest_end(nlh, nest);
}

static const struct nlattr *begin_with(unsigned int how, int fd, put_fn *put,
				       unsigned int n)
{
	static const uint8_t ip6[16] = { 0x20, 1 }, ip4[4] = { 10, 0, 0, 1 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	const uint8_t *ip = how & IPV6 ? ip6 : ip4;
	size_t len = how & IPV6 ? 16 : 4;
	struct nlattr *nest;
	char text[300];

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	nest = mnl_attr_nest_start(nlh, TLSVIP_A_HANDSHAKE_UPCALL);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	while (n--)
		put(nlh);
	if (!(how & NO_LINES)) {
		put_line(nlh, TLSVIP_HEADER_FIELD_CUSTOM, false, "X-A: 1");
		put_line(nlh, TLSVIP_HEADER_FIELD_SESSION_STEP_UP, true, "Up");
	}
	if (how & SMALL_ID)
		mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_CONN, 7);
	else if (!(how & NO_CONN))
		mnl_attr_put_u64(nlh, TLSVIP_A_UPCALL_CONN, 1ULL << 40);
	mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_LEG, TLSVIP_LEG_CLIENT);
	mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_ROLE, TLSVIP_ROLE_SERVER);
	mnl_attr_put_strz(nlh, TLSVIP_A_UPCALL_CONTEXT, "red");
	mnl_attr_put_strz(nlh, TLSVIP_A_UPCALL_SERVICE,
			  how & LONG_NAME ? text : "web");
	if (!(how & NO_NAME))
		mnl_attr_put_strz(nlh, TLSVIP_A_UPCALL_TRUSTPOINT, "tp");
	mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_TIMEOUT, 10000);
	if (!(how & NO_CLIENT))
		mnl_attr_put(nlh, how & IPV6 ? TLSVIP_A_UPCALL_CLIENT6 :
				  TLSVIP_A_UPCALL_CLIENT4,
			     how & SHORT_CLIENT ? 3 : len, ip);
	mnl_attr_put_u16(nlh, TLSVIP_A_UPCALL_CLIENT_PORT, 40000);
	if (!(how & NO_VIP))
		mnl_attr_put(nlh, how & IPV6 ? TLSVIP_A_UPCALL_VIP6 :
				  TLSVIP_A_UPCALL_VIP4,
			     how & SHORT_VIP ? 3 : len, ip);
	if (!(how & NO_PORT))
		mnl_attr_put_u16(nlh, TLSVIP_A_UPCALL_VIP_PORT, 443);
	mnl_attr_put(nlh, TLSVIP_A_UPCALL_HTTP_HEADER, 0, NULL);
	mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_MAX + 5, 1);
	/* Last, so that nothing before it may stop the search. */
	if (!(how & NO_FD))
		mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_SOCKFD, fd);
	mnl_attr_nest_end(nlh, nest);
	return nest;
}

static const struct nlattr *begin(unsigned int how, int fd)
{
	return begin_with(how, fd, NULL, 0);
}

static bool closed(int fd)
{
	return fcntl(fd, F_GETFD) < 0 && errno == EBADF;
}

static void test_good(void)
{
	int fd = dup(0);
	struct upcall up;

	ktap_ok(!upcall_parse(begin(0, fd), &up), "an upcall");
	ktap_ok(up.fd == fd && up.conn == 1ULL << 40 &&
		up.leg == TLSVIP_LEG_CLIENT && up.role == TLSVIP_ROLE_SERVER &&
		up.timeout_ms == 10000, "its numbers");
	ktap_ok(!strcmp(up.context, "red") && !strcmp(up.service, "web") &&
		!strcmp(up.trustpoint, "tp"), "its names");
	ktap_ok(up.client.family == AF_INET && up.client.ip[0] == 10 &&
		up.client.ip[3] == 1 && up.client.port == 40000,
		"its client");
	ktap_ok(up.vip.family == AF_INET && up.vip.ip[0] == 10 &&
		up.vip.ip[3] == 1 && up.vip.port == 443, "its VIP");
	/* The next message is read into the same buffer. */
	memset(buf, 0xff, sizeof(buf));
	ktap_ok(up.want_block && up.n_lines == 2 &&
		up.lines[0].field == TLSVIP_HEADER_FIELD_CUSTOM &&
		!up.lines[0].once && !up.lines[0].first &&
		!strcmp(up.lines[0].text, "X-A: 1"),
		"its first line");
	ktap_ok(up.lines[1].field == TLSVIP_HEADER_FIELD_SESSION_STEP_UP &&
		up.lines[1].once && up.lines[1].first &&
		!strcmp(up.lines[1].text, "Up"),
		"its second line");
	upcall_clear(&up);
	upcall_clear(&up);
	ktap_ok(closed(fd), "its descriptor is closed with it");
	ktap_ok(!upcall_parse(begin(SMALL_ID | IPV6, 99), &up) &&
		up.conn == 7 && up.client.family == AF_INET6 &&
		up.client.ip[0] == 0x20 && up.vip.family == AF_INET6 &&
		up.vip.ip[1] == 1, "a number in four bytes, IPv6");
	up.fd = -1;
	upcall_clear(&up);
	ktap_ok(!upcall_parse(begin(NO_LINES, 99), &up) && up.want_block &&
		!up.n_lines && !up.lines, "no lines");
	up.fd = -1;
	upcall_clear(&up);
}

static void test_bad(void)
{
	static const struct {
		unsigned int how;
		const char *what;
	} cases[] = {
		{ NO_CONN, "no number" },
		{ NO_NAME, "no trustpoint" },
		{ LONG_NAME, "a name that is too long" },
		{ NO_CLIENT, "no client" },
		{ SHORT_CLIENT, "a client address of three bytes" },
		{ NO_VIP, "no VIP" },
		{ SHORT_VIP, "a VIP of three bytes" },
		{ NO_PORT, "no port of the VIP" },
	};
	struct upcall up;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fd = dup(0);
		ktap_ok(upcall_parse(begin(cases[i].how, fd), &up) == -EINVAL,
			"refused: %s", cases[i].what);
		ktap_ok(up.fd == fd, "but its descriptor is known");
		upcall_clear(&up);
		ktap_ok(closed(fd), "and closed");
	}
	ktap_ok(upcall_parse(begin(NO_FD, 0), &up) == -EINVAL && up.fd == -1,
		"refused: no descriptor");
	upcall_clear(&up);
	ktap_ok(!closed(0), "descriptor 0 is not taken for one");
}

static void put_empty(struct nlmsghdr *nlh)
{
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, TLSVIP_A_UPCALL_LINE));
}

static void put_no_nest(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, TLSVIP_A_UPCALL_LINE, 1);
}

/* A line whose attributes have these values; NULL leaves one out. */
static void put_raw(struct nlmsghdr *nlh, const char *field, size_t field_len,
		    const char *text, size_t text_len, int once_len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, TLSVIP_A_UPCALL_LINE);

	if (field)
		mnl_attr_put(nlh, TLSVIP_A_LINE_FIELD, field_len, field);
	if (text)
		mnl_attr_put(nlh, TLSVIP_A_LINE_TEXT, text_len, text);
	if (once_len >= 0)
		mnl_attr_put(nlh, TLSVIP_A_LINE_ONCE, once_len, "yes");
	mnl_attr_nest_end(nlh, nest);
}

static const char zero[8];

static void put_no_field(struct nlmsghdr *nlh)
{
	put_raw(nlh, NULL, 0, "A: b", 5, -1);
}

static void put_no_text(struct nlmsghdr *nlh)
{
	put_raw(nlh, zero, 4, NULL, 0, 0);
}

static void put_short_field(struct nlmsghdr *nlh)
{
	put_raw(nlh, zero, 2, "A: b", 5, -1);
}

static void put_long_field(struct nlmsghdr *nlh)
{
	put_raw(nlh, zero, 8, "A: b", 5, -1);
}

static void put_bare_text(struct nlmsghdr *nlh)
{
	put_raw(nlh, zero, 4, "A: b", 4, -1);
}

static void put_empty_text(struct nlmsghdr *nlh)
{
	put_raw(nlh, zero, 4, "", 0, -1);
}

static void put_cut_text(struct nlmsghdr *nlh)
{
	put_raw(nlh, zero, 4, "A: b\0c", 7, -1);
}

static void put_loud_once(struct nlmsghdr *nlh)
{
	put_raw(nlh, zero, 4, "A: b", 5, 3);
}

static void put_loud_first(struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, TLSVIP_A_UPCALL_LINE);

	mnl_attr_put_u32(nlh, TLSVIP_A_LINE_FIELD, 0);
	mnl_attr_put_strz(nlh, TLSVIP_A_LINE_TEXT, "A: b");
	mnl_attr_put_u8(nlh, TLSVIP_A_LINE_FIRST, 1);
	mnl_attr_nest_end(nlh, nest);
}

static const char *text_of(size_t len)
{
	static char text[TLSVIP_LINE_LEN + 2];

	memset(text, 'x', sizeof(text));
	text[1] = ':';
	text[len] = '\0';
	return text;
}

static void put_longest(struct nlmsghdr *nlh)
{
	put_line(nlh, TLSVIP_HEADER_FIELD_CUSTOM, true,
		 text_of(TLSVIP_LINE_LEN));
}

static void put_too_long(struct nlmsghdr *nlh)
{
	put_line(nlh, TLSVIP_HEADER_FIELD_CUSTOM, true,
		 text_of(TLSVIP_LINE_LEN + 1));
}

static void put_strange(struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, TLSVIP_A_UPCALL_LINE);

	mnl_attr_put_u32(nlh, TLSVIP_A_LINE_MAX + 3, 1);
	mnl_attr_put_strz(nlh, TLSVIP_A_LINE_TEXT, "a\r\nb");
	mnl_attr_put_u32(nlh, TLSVIP_A_LINE_FIELD, 4711);
	mnl_attr_nest_end(nlh, nest);
}

static void test_bad_lines(void)
{
	static const struct {
		put_fn *put;
		const char *what;
		unsigned int n;
	} cases[] = {
		{ put_empty, "an empty line", 1 },
		{ put_no_nest, "a line that is no nest", 1 },
		{ put_no_field, "a line without a field", 1 },
		{ put_no_text, "a line without a text", 1 },
		{ put_short_field, "a field of two bytes", 1 },
		{ put_long_field, "a field of eight bytes", 1 },
		{ put_bare_text, "a text without its end", 1 },
		{ put_empty_text, "a text without a byte", 1 },
		{ put_cut_text, "a text with two ends", 1 },
		{ put_loud_once, "a flag with a value", 1 },
		{ put_loud_first, "another one", 1 },
		{ put_too_long, "a text that is too long", 1 },
		{ put_longest, "too many lines", HEADERS_LINES - 1 },
	};
	struct upcall up;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fd = dup(0);
		ktap_ok(upcall_parse(begin_with(0, fd, cases[i].put,
						cases[i].n), &up) == -EINVAL,
			"refused: %s", cases[i].what);
		ktap_ok(up.fd == fd && up.conn == 1ULL << 40 && !up.lines,
			"but descriptor and number are known");
		upcall_clear(&up);
	}
	/* Which lines can be written is not for the parser to say. */
	fd = dup(0);
	ktap_ok(!upcall_parse(begin_with(0, fd, put_strange, 1), &up) &&
		up.lines[0].field == 4711 && !up.lines[0].once &&
		!strcmp(up.lines[0].text, "a\r\nb"),
		"an unknown field is handed on as it is");
	upcall_clear(&up);
	ktap_ok(closed(fd), "and its descriptor closed");
}

/* As many upcalls as a batch can have, each as long as it can be. */
static void test_longest_batch(void)
{
	static const char ip6[16] = { 0x20, 1 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	const char *name = text_of(TLSVIP_NAME_LEN);
	unsigned int i, n, good = 0, lines = 0;
	const struct nlattr *attr;
	struct nlattr *nest;
	char longest[TLSVIP_NAME_LEN + 1];
	struct upcall up;

	strcpy(longest, name);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, TLSVIP_A_HANDSHAKE_PENDING, 9);
	for (n = 0; n < TLSVIP_BATCH_MAX; n++) {
		nest = mnl_attr_nest_start(nlh, TLSVIP_A_HANDSHAKE_UPCALL);
		mnl_attr_put_u64(nlh, TLSVIP_A_UPCALL_CONN, n);
		mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_LEG, 0);
		mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_ROLE, 0);
		mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_SOCKFD, dup(0));
		mnl_attr_put_strz(nlh, TLSVIP_A_UPCALL_CONTEXT, longest);
		mnl_attr_put_strz(nlh, TLSVIP_A_UPCALL_SERVICE, longest);
		mnl_attr_put_strz(nlh, TLSVIP_A_UPCALL_TRUSTPOINT, longest);
		mnl_attr_put_u32(nlh, TLSVIP_A_UPCALL_TIMEOUT, 1);
		mnl_attr_put(nlh, TLSVIP_A_UPCALL_CLIENT6, 16, ip6);
		mnl_attr_put_u16(nlh, TLSVIP_A_UPCALL_CLIENT_PORT, 1);
		mnl_attr_put(nlh, TLSVIP_A_UPCALL_VIP6, 16, ip6);
		mnl_attr_put_u16(nlh, TLSVIP_A_UPCALL_VIP_PORT, 1);
		mnl_attr_put(nlh, TLSVIP_A_UPCALL_HTTP_HEADER, 0, NULL);
		mnl_attr_put(nlh, TLSVIP_A_UPCALL_PROXY_TLVS, 0, NULL);
		for (i = 0; i < HEADERS_LINES; i++)
			put_longest(nlh);
		mnl_attr_nest_end(nlh, nest);
	}
	ktap_ok(nlh->nlmsg_len == NETLINK_RX_SIZE -
				  TLSVIP_BATCH_MAX * UPCALL_SPARE,
		"the longest batch has %u bytes and is expected",
		nlh->nlmsg_len);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != TLSVIP_A_HANDSHAKE_UPCALL)
			continue;
		good += !upcall_parse(attr, &up);
		lines += up.n_lines;
		for (i = 0; i < up.n_lines; i++)
			lines -= strlen(up.lines[i].text) != TLSVIP_LINE_LEN ||
				 !up.lines[i].once;
		upcall_clear(&up);
	}
	ktap_ok(good == TLSVIP_BATCH_MAX &&
		lines == TLSVIP_BATCH_MAX * HEADERS_LINES,
		"%u upcalls in it, %u lines", good, lines);
}

/* Every length of the nest, as a kernel that stops half way would make it. */
static void test_cut(void)
{
	struct nlattr *nest = (struct nlattr *)begin(0, -1);
	uint16_t len = nest->nla_len, n;
	unsigned int good = 0;
	struct upcall up;

	for (n = sizeof(*nest); n < len; n++) {
		nest->nla_len = n;
		good += !upcall_parse(nest, &up);
		up.fd = -1;
		upcall_clear(&up);
	}
	ktap_ok(!good, "%u cut upcalls are refused", len);
}

static const struct nlattr *find(struct nlmsghdr *nlh, int type)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, 0) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static void test_verdict(void)
{
	static const unsigned char leftover[TLSVIP_LEFTOVER_MAX];
	static const char block[TLSVIP_BLOCK_MAX];
	struct verdict v = {
		.conn = 3, .leg = TLSVIP_LEG_CLIENT,
		.verdict = TLSVIP_VERDICT_FAILED, .alert = 40, .cipher = "X",
		.block = block, .block_len = sizeof(block),
		.block_first = block, .first_len = sizeof(block),
		.leftover = leftover, .leftover_len = sizeof(leftover),
		.tls_version = 0x0304, .resumed = true,
	};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	ktap_ok(!upcall_put_verdict(nlh, sizeof(buf), &v) &&
		find(nlh, TLSVIP_A_HANDSHAKE_ALERT) &&
		!find(nlh, TLSVIP_A_HANDSHAKE_BLOCK) &&
		!find(nlh, TLSVIP_A_HANDSHAKE_BLOCK_FIRST) &&
		!find(nlh, TLSVIP_A_HANDSHAKE_LEFTOVER) &&
		!find(nlh, TLSVIP_A_HANDSHAKE_CIPHER),
		"a failure says no more than its alert");
	v.verdict = TLSVIP_VERDICT_OK;
	v.alert = 0;
	nlh = mnl_nlmsg_put_header(buf);
	ktap_ok(!upcall_put_verdict(nlh, NETLINK_TX_SIZE, &v) &&
		find(nlh, TLSVIP_A_HANDSHAKE_RESUMED) &&
		!find(nlh, TLSVIP_A_HANDSHAKE_ALERT) &&
		mnl_attr_get_payload_len(find(nlh,
					      TLSVIP_A_HANDSHAKE_BLOCK)) ==
		sizeof(block) &&
		mnl_attr_get_payload_len(find(nlh,
					      TLSVIP_A_HANDSHAKE_BLOCK_FIRST)) ==
		sizeof(block), "a success says everything");
	nlh = mnl_nlmsg_put_header(buf);
	ktap_ok(upcall_put_verdict(nlh, 1000, &v) == -EMSGSIZE,
		"what does not fit is not sent in part");
}

int main(void)
{
	test_good();
	test_bad();
	test_bad_lines();
	test_longest_batch();
	test_cut();
	test_verdict();
	return ktap_end();
}
