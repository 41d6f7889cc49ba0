// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The header block: every field, every order, every limit; not its way into a
 * request.
 *
 * SOURCES: userspace/tlsvipd/headers.c userspace/tlsvipd/cert_fields.c userspace/tlsvipd/cert_text.c
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/ktap.h"
#include "tlsvipd/headers.h"

#define ID_TEXT	"00:07:0E:15:1C:23:2A:31:38:3F:46:4D:54:5B:62:69:"	\
		"70:77:7E:85:8C:93:9A:A1:A8:AF:B6:BD:C4:CB:D2:D9"
#define SUITE	"TLS_AES_256_GCM_SHA384"

static uint8_t id[32];
static struct headers_addr client4 = { AF_INET, { 10, 10, 0, 1 }, 40000 };
static struct headers_addr vip4 = { AF_INET, { 10, 10, 0, 15 }, 443 };
static struct headers_addr client6 = { .family = AF_INET6, .port = 4711 };
static struct headers_addr vip6 = { .family = AF_INET6, .port = 65535 };

static const struct headers_facts facts4 = {
	.client = &client4, .vip = &vip4,
	.session_id = id, .session_id_len = sizeof(id),
	.cipher = SUITE, .key_size = 256, .use_size = 255,
};

static const struct headers_facts facts6 = {
	.client = &client6, .vip = &vip6,
	.session_id = id, .session_id_len = 2,
	.cipher = SUITE, .key_size = 256, .use_size = 255,
};

/* Every field with its own name, and its value over IPv4 and over IPv6. */
static const struct {
	const char *name;
	const char *v4;
	const char *v6;
} fields[] = {
	[TLSVIP_HEADER_FIELD_CLIENT_IP] = {
		"Client-IP", "10.10.0.1", "2001:db8::15" },
	[TLSVIP_HEADER_FIELD_CLIENT_PORT] = {
		"Client-Port", "40000", "4711" },
	[TLSVIP_HEADER_FIELD_SESSION_ID] = {
		"Session-Id", ID_TEXT, "00:07" },
	[TLSVIP_HEADER_FIELD_SESSION_CIPHER_NAME] = {
		"Session-Cipher-Name", SUITE, SUITE },
	[TLSVIP_HEADER_FIELD_SESSION_CIPHER_KEY_SIZE] = {
		"Session-Cipher-Key-Size", "256", "256" },
	[TLSVIP_HEADER_FIELD_SESSION_CIPHER_USE_SIZE] = {
		"Session-Cipher-Use-Size", "255", "255" },
	[TLSVIP_HEADER_FIELD_SESSION_STEP_UP] = {
		"Session-Step-Up", "NO", "NO" },
	[TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_NAME] = {
		"Session-Initial-Cipher-Name", SUITE, SUITE },
	[TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_KEY_SIZE] = {
		"Session-Initial-Cipher-Key-Size", "256", "256" },
	[TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_USE_SIZE] = {
		"Session-Initial-Cipher-Use-Size", "255", "255" },
	[TLSVIP_HEADER_FIELD_FORWARDED] = {
		"Forwarded",
		"for=10.10.0.1;proto=https;by=\"10.10.0.15:443\"",
		"for=\"[2001:db8::15]\";proto=https;"
		"by=\"[2001:db8::443]:65535\"" },
	[TLSVIP_HEADER_FIELD_X_FORWARDED_FOR] = {
		"X-Forwarded-For", "10.10.0.1", "2001:db8::15" },
	[TLSVIP_HEADER_FIELD_X_FORWARDED_PROTO] = {
		"X-Forwarded-Proto", "https", "https" },
	[TLSVIP_HEADER_FIELD_X_FORWARDED_PORT] = {
		"X-Forwarded-Port", "443", "65535" },
	/* Without a certificate; with one: daemon_cert_lines.c. */
	[TLSVIP_HEADER_FIELD_CLIENTCERT_VALID] = {
		"ClientCert-Valid", "0", "0" },
	[TLSVIP_HEADER_FIELD_CLIENTCERT_ERROR] = {
		"ClientCert-Error", "No Cert Data", "No Cert Data" },
	[TLSVIP_HEADER_FIELD_CLIENTCERT_FINGERPRINT ...
	 TLSVIP_HEADER_FIELD_MAX] = { "None", NULL, NULL },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

_Static_assert(N_FIELDS == TLSVIP_HEADER_FIELD_MAX + 1, "one case a field");

/* A buffer of @size bytes that ends where reading and writing faults. */
static char *guarded(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t len = (size + page - 1) / page * page;
	char *p = mmap(NULL, len + page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p + len, page, PROT_NONE);
	return p + len - size;
}

static void expect(const struct headers_facts *f,
		   const struct headers_line *lines, unsigned int n,
		   const char *want, const char *what)
{
	size_t len = strlen(want), short_by;
	char *buf = guarded(len);
	bool refused = true;
	int got;

	got = headers_build(f, lines, n, false, buf, len);
	ktap_ok(got == (int)len && !memcmp(buf, want, len), "%s", what);
	/* Whatever is missing, it must be refused, wherever the block ends. */
	for (short_by = 1; short_by <= len; short_by++)
		refused &= headers_build(f, lines, n, false, buf + short_by,
					 len - short_by) == -EMSGSIZE;
	ktap_ok(refused, "%s: fits nowhere shorter", what);
}

static void test_fields(void)
{
	struct headers_line line = { 0 };
	char want[256];

	for (line.field = 1; line.field < N_FIELDS; line.field++) {
		line.text = fields[line.field].name;
		if (!fields[line.field].v4) {
			snprintf(want, sizeof(want), "no field %u", line.field);
			ktap_ok(!headers_build(&facts4, &line, 1, false, want,
					       sizeof(want)), "%s", want);
			continue;
		}
		snprintf(want, sizeof(want), "%s: %s\r\n", line.text,
			 fields[line.field].v4);
		expect(&facts4, &line, 1, want, line.text);
		snprintf(want, sizeof(want), "%s: %s\r\n", line.text,
			 fields[line.field].v6);
		expect(&facts6, &line, 1, want, line.text);
	}
	line.field = TLSVIP_HEADER_FIELD_CUSTOM;
	line.text = "X-Via:\t\"tlsvip\" \xe4";
	expect(&facts4, &line, 1, "X-Via:\t\"tlsvip\" \xe4\r\n",
	       "a custom line as it is");
	line.text = "X-Empty:";
	expect(&facts4, &line, 1, "X-Empty:\r\n", "a custom line of a name");
}

static void test_order(void)
{
	static const struct headers_line lines[] = {
		{ TLSVIP_HEADER_FIELD_X_FORWARDED_PORT, false, "A" },
		{ TLSVIP_HEADER_FIELD_CUSTOM, false, "X-B: 1" },
		{ TLSVIP_HEADER_FIELD_SESSION_ID, false, "SSL-Session-Id" },
		{ TLSVIP_HEADER_FIELD_SESSION_STEP_UP, true, "C" },
		{ TLSVIP_HEADER_FIELD_CUSTOM, true, "X-D: 2" },
		{ TLSVIP_HEADER_FIELD_CLIENT_IP, false, "My-IP" },
		{ TLSVIP_HEADER_FIELD_CLIENT_IP, true, "My-IP" },
	};
	struct headers_facts f = facts6;

	expect(&f, lines, 7, "A: 65535\r\nX-B: 1\r\nSSL-Session-Id: 00:07\r\n"
	       "C: NO\r\nX-D: 2\r\nMy-IP: 2001:db8::15\r\n"
	       "My-IP: 2001:db8::15\r\n", "order and names are the kernel's");
	f.resumed = true;
	expect(&f, lines, 7, "A: 65535\r\nX-B: 1\r\nSSL-Session-Id: 00:07\r\n"
	       "My-IP: 2001:db8::15\r\n", "once, and resumed");
	expect(&f, &lines[3], 2, "", "nothing left");
	expect(&f, NULL, 0, "", "nothing asked for");
}

/* Each line is in one of the two blocks. */
static void test_first(void)
{
	static const struct headers_line lines[] = {
		{ TLSVIP_HEADER_FIELD_CLIENTCERT_VALID, false, "V", false },
		{ TLSVIP_HEADER_FIELD_CUSTOM, false, "A: 1", true },
		{ TLSVIP_HEADER_FIELD_CLIENT_PORT, true, "P", true },
		{ TLSVIP_HEADER_FIELD_CLIENTCERT_SUBJECT, false, "S", true },
		{ TLSVIP_HEADER_FIELD_CUSTOM, false, "B: 2", false },
	};
	struct headers_facts f = facts4;
	char buf[64];
	int len;

	expect(&f, lines, 5, "V: 0\r\nB: 2\r\n", "every request's");
	len = headers_build(&f, lines, 5, true, buf, sizeof(buf));
	ktap_ok(len == 16 && !memcmp(buf, "A: 1\r\nP: 40000\r\n", 16),
		"the first request's");
	f.resumed = true;
	len = headers_build(&f, lines, 5, true, buf, sizeof(buf));
	ktap_ok(len == 6 && !memcmp(buf, "A: 1\r\n", 6),
		"the first request's, of a resumed session");
	ktap_ok(headers_build(&f, lines, 5, true, buf, 5) == -EMSGSIZE,
		"it fits nowhere shorter");
	ktap_ok(!headers_build(&f, lines, 1, true, buf, sizeof(buf)),
		"none of the first request");
}

/* All that an upcall can ask for, in a block that is exactly as long. */
static void test_longest(void)
{
	struct headers_line lines[HEADERS_LINES] = { 0 };
	static char text[TLSVIP_LINE_LEN + 1];
	static char want[65536];
	size_t len = 0;
	unsigned int i;

	memset(text, 'x', TLSVIP_LINE_LEN);
	text[1] = ':';
	for (i = 0; i < HEADERS_LINES; i++) {
		if (i >= TLSVIP_HEADER_FIELD_MAX) {
			lines[i].text = text;
			len += sprintf(want + len, "%s\r\n", text);
			continue;
		}
		lines[i].field = i + 1;
		lines[i].text = fields[i + 1].name;
		if (!fields[i + 1].v4)
			continue;
		len += sprintf(want + len, "%s: %s\r\n", lines[i].text,
			       fields[i + 1].v4);
	}
	expect(&facts4, lines, HEADERS_LINES, want, "every line there is");
	ktap_ok(len <= TLSVIP_BLOCK_MAX, "which is a block of %zu", len);
}

static void refuse(const struct headers_facts *f, uint32_t field,
		   const char *text, int err, const char *what)
{
	struct headers_line line = { field, false, text };
	char buf[1024];

	ktap_ok(headers_build(f, &line, 1, false, buf, sizeof(buf)) == err,
		"%s", what);
}

static void test_values_refused(void)
{
	static const uint8_t zeros[32];
	struct headers_addr nobody = { .family = AF_UNIX };
	struct headers_facts f = facts4;
	uint32_t field;
	int c;

	f.session_id = zeros;
	refuse(&f, TLSVIP_HEADER_FIELD_SESSION_ID, "A", -EINVAL,
	       "session id of zeros");
	f.session_id_len = 0;
	refuse(&f, TLSVIP_HEADER_FIELD_SESSION_ID, "A", -EINVAL,
	       "no session id");
	f.cipher = "";
	refuse(&f, TLSVIP_HEADER_FIELD_SESSION_CIPHER_NAME, "A", -EINVAL,
	       "no cipher");
	f.cipher = NULL;
	refuse(&f, TLSVIP_HEADER_FIELD_SESSION_INITIAL_CIPHER_NAME, "A",
	       -EINVAL, "no cipher at all");
	for (c = 1; c < 0x20; c++) {
		char cipher[] = { 'A', c, 'B', '\0' };

		if (c == '\t')
			continue;
		f.cipher = cipher;
		refuse(&f, TLSVIP_HEADER_FIELD_SESSION_CIPHER_NAME, "A",
		       -EINVAL, "a control character in the cipher");
	}
	f.cipher = "A\x7f";
	refuse(&f, TLSVIP_HEADER_FIELD_SESSION_CIPHER_NAME, "A", -EINVAL,
	       "DEL in the cipher");
	f.key_size = f.use_size = -1;
	refuse(&f, TLSVIP_HEADER_FIELD_SESSION_CIPHER_KEY_SIZE, "A", -EINVAL,
	       "a negative size");
	refuse(&f, TLSVIP_HEADER_FIELD_SESSION_CIPHER_USE_SIZE, "A", -EINVAL,
	       "another one");
	f.client = f.vip = &nobody;
	for (field = 1; field < N_FIELDS; field++) {
		if (fields[field].v4 && strchr(fields[field].v4, '.'))
			refuse(&f, field, "A", -EINVAL, "an unknown family");
	}
	f = facts4;
	f.vip = &nobody;
	refuse(&f, TLSVIP_HEADER_FIELD_FORWARDED, "A", -EINVAL,
	       "a VIP of an unknown family");
}

static void refuse_line(uint32_t field, const char *text, int err,
			const char *what)
{
	struct headers_line lines[2] = {
		{ TLSVIP_HEADER_FIELD_CUSTOM, false, "X: fine" },
		{ field, true, text },
	};

	ktap_ok(headers_check(lines, 1) == 0 &&
		headers_check(lines, 2) == err, "%s", what);
	refuse(&facts4, field, text, err, what);
}

static void test_lines_refused(void)
{
	static const uint32_t strange[] = {
		TLSVIP_HEADER_FIELD_MAX + 1, 255, 1U << 31, UINT32_MAX,
	};
	uint32_t custom = TLSVIP_HEADER_FIELD_CUSTOM;
	uint32_t port = TLSVIP_HEADER_FIELD_CLIENT_PORT;
	char text[8] = "X-A: b", what[64];
	size_t i;
	int c;

	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		snprintf(what, sizeof(what), "unknown field %u", strange[i]);
		refuse_line(strange[i], "X", -EPROTONOSUPPORT, what);
	}
	for (c = 1; c <= 0x7f; c++) {
		if ((c >= 0x20 && c < 0x7f) || c == '\t')
			continue;
		snprintf(what, sizeof(what), "byte %d in a line", c);
		text[5] = c;
		refuse_line(custom, text, -EINVAL, what);
	}
	refuse_line(custom, "", -EINVAL, "an empty line ends the head");
	refuse_line(custom, "X-A b", -EINVAL, "a line without a colon");
	refuse_line(custom, ": b", -EINVAL, "a line without a name");
	refuse_line(custom, " X: b", -EINVAL, "a line that folds");
	refuse_line(custom, "X : b", -EINVAL, "a space before the colon");
	refuse_line(custom, "X: a\r\nY: b", -EINVAL, "two lines in one");
	refuse_line(port, "", -EINVAL, "no name");
	refuse_line(port, "A:", -EINVAL, "a colon in a name");
	refuse_line(port, "A B", -EINVAL, "a space in a name");
	refuse_line(port, "A\r\nB", -EINVAL, "a line end in a name");
	refuse_line(port, "A\x80", -EINVAL, "a name that is not ASCII");
}

int main(void)
{
	int i;

	for (i = 0; i < 32; i++)
		id[i] = i * 7;
	inet_pton(AF_INET6, "2001:db8::15", client6.ip);
	inet_pton(AF_INET6, "2001:db8::443", vip6.ip);
	test_fields();
	test_order();
	test_first();
	test_longest();
	test_values_refused();
	test_lines_refused();
	return ktap_end();
}
