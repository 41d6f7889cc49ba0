// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A closed-loop HTTPS client that makes a fixed number of requests and says
 * what they took, as one line of JSON; selftests/bench uses it for every relay.
 * It is not a load generator with a schedule: it never sleeps, and it ends when
 * the last answer is complete.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define SLOTS_MAX	256
#define HEAD_MAX	4096
#define BUFFER		65536

/* How requests share connections. */
enum mode {
	MODE_KEEP,	/* one connection for all requests of a slot */
	MODE_FULL,	/* a new connection with a full handshake for each */
	MODE_RESUMED,	/* a new connection with a resumed session for each */
};

enum state {
	STATE_IDLE,	/* no request under way; may be connected */
	STATE_CONNECT,
	STATE_HANDSHAKE,
	STATE_SEND,
	STATE_HEAD,
	STATE_BODY,
	STATE_EOF,	/* the answer is complete, the server closes */
};

/*
 * One closed loop: at most one request at a time. @session is the newest
 * session of the slot; the slot owns a reference.
 */
struct slot {
	int fd;
	SSL *ssl;
	SSL_SESSION *session;
	enum state state;
	uint32_t events;
	size_t sent;
	char head[HEAD_MAX];
	size_t head_len;
	uint64_t body_at;
	uint64_t body_len;
};

static struct {
	const char *addr;
	int port;
	const char *path;
	const char *method;
	enum mode mode;
	unsigned int conns;
	unsigned int requests;
	unsigned int warmup;
	const uint8_t *file;
	size_t file_len;
	char head[1024];
	size_t head_len;
	double seconds;
} opt = {
	.method = "GET", .conns = 8, .requests = 100, .warmup = 16,
};

static struct slot slots[SLOTS_MAX];
static SSL_CTX *ctx;
static int epfd;
static unsigned int to_start;	/* requests of this phase not begun */
static unsigned int running;	/* requests begun and not complete */
static unsigned int completed;	/* requests of this phase */
static uint64_t deadline;	/* of this phase, 0 for none */
static uint64_t bytes;		/* body bytes received in this phase */
static unsigned int reused;	/* resumed handshakes in this phase */
static unsigned int handshakes;
static unsigned int records;	/* SSL_read() gives one a call at most */
static bool compare;		/* compare bodies with the file */
static char cipher[64], version[16], group[64];

static void __attribute__((format(printf, 1, 2), noreturn))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench-client: ", stderr);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* Time all CPUs were idle, exact to the nanosecond unlike /proc/stat's. */
static uint64_t idle_ns(void)
{
	FILE *file = fopen("/proc/timer_list", "r");
	uint64_t sum = 0, one;
	char line[256];

	if (!file)
		die("/proc/timer_list: %s", strerror(errno));
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " .idle_sleeptime : %" SCNu64, &one) == 1)
			sum += one;
	fclose(file);
	return sum;
}

/* CPU time of this process, by the scheduler's clock. */
static uint64_t own_ns(void)
{
	FILE *file = fopen("/proc/self/schedstat", "r");
	uint64_t ns;

	if (!file || fscanf(file, "%" SCNu64, &ns) != 1)
		die("/proc/self/schedstat: %s", strerror(errno));
	fclose(file);
	return ns;
}

static void slot_watch(struct slot *slot, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = slot };

	if (slot->events == events)
		return;
	if (epoll_ctl(epfd, slot->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		      slot->fd, &event))
		die("epoll_ctl: %s", strerror(errno));
	slot->events = events;
}

static void slot_close(struct slot *slot)
{
	/* sends nothing here, but a session not shut down cannot be resumed */
	SSL_shutdown(slot->ssl);
	SSL_free(slot->ssl);
	slot->ssl = NULL;
	close(slot->fd);
	slot->fd = -1;
	slot->events = 0;
}

static void slot_connect(struct slot *slot)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(opt.port),
	};
	int one = 1;

	inet_pton(AF_INET, opt.addr, &sin.sin_addr);
	slot->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  0);
	if (slot->fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(slot->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(slot->fd, (struct sockaddr *)&sin, sizeof(sin)) &&
	    errno != EINPROGRESS)
		die("connect: %s", strerror(errno));
	slot->state = STATE_CONNECT;
	slot_watch(slot, EPOLLOUT);
}

static void slot_connected(struct slot *slot)
{
	socklen_t len = sizeof(int);
	int err = 0;

	getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err)
		die("connect: %s", strerror(err));
	slot->ssl = SSL_new(ctx);
	if (!slot->ssl || !SSL_set_fd(slot->ssl, slot->fd))
		die("SSL_new");
	SSL_set_app_data(slot->ssl, (char *)slot);
	SSL_set_quiet_shutdown(slot->ssl, 1);
	SSL_set_tlsext_host_name(slot->ssl, "bench.test");
	if (opt.mode == MODE_RESUMED && slot->session)
		SSL_set_session(slot->ssl, slot->session);
	slot->state = STATE_HANDSHAKE;
}

/* Starts the next request of a slot, if the phase has one left. */
static void slot_next(struct slot *slot)
{
	if (!to_start || (deadline && now_ns() >= deadline)) {
		slot->state = STATE_IDLE;
		return;
	}
	to_start--;
	running++;
	slot->sent = 0;
	slot->head_len = 0;
	slot->body_at = 0;
	if (slot->fd < 0)
		slot_connect(slot);
	else
		slot->state = STATE_SEND;
}

static void slot_complete(struct slot *slot)
{
	running--;
	completed++;
	if (opt.mode != MODE_KEEP)
		slot_close(slot);
	slot_next(slot);
}

/* Returns false if the slot has to wait for the socket. */
static bool slot_blocked(struct slot *slot, int ret)
{
	switch (SSL_get_error(slot->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		slot_watch(slot, EPOLLIN);
		return true;
	case SSL_ERROR_WANT_WRITE:
		slot_watch(slot, EPOLLIN | EPOLLOUT);
		return true;
	}
	die("TLS error in state %d after %u requests", slot->state, completed);
}

static bool slot_handshake(struct slot *slot)
{
	int ret = SSL_connect(slot->ssl);

	if (ret != 1)
		return !slot_blocked(slot, ret);
	handshakes++;
	reused += SSL_session_reused(slot->ssl);
	if (!cipher[0]) {
		snprintf(cipher, sizeof(cipher), "%s",
			 SSL_get_cipher(slot->ssl));
		snprintf(version, sizeof(version), "%s",
			 SSL_get_version(slot->ssl));
		snprintf(group, sizeof(group), "%s",
			 SSL_get0_group_name(slot->ssl) ?: "");
	}
	slot_watch(slot, EPOLLIN);
	slot->state = STATE_SEND;
	return true;
}

/* Head and body are two writes; a body goes out record by record. */
static bool slot_send(struct slot *slot)
{
	size_t total = opt.head_len;
	int ret;

	if (strcmp(opt.method, "PUT") == 0)
		total += opt.file_len;
	while (slot->sent < total) {
		size_t at = slot->sent - opt.head_len;

		if (slot->sent < opt.head_len)
			ret = SSL_write(slot->ssl, opt.head + slot->sent,
					opt.head_len - slot->sent);
		else
			ret = SSL_write(slot->ssl, opt.file + at,
					total - slot->sent < 16384 ?
					total - slot->sent : 16384);
		if (ret <= 0)
			return !slot_blocked(slot, ret);
		slot->sent += ret;
	}
	slot_watch(slot, EPOLLIN);
	slot->state = STATE_HEAD;
	return true;
}

static void slot_body(struct slot *slot, const char *data, size_t len)
{
	if (slot->body_at + len > slot->body_len)
		die("more bytes than Content-Length says");
	if (compare && memcmp(opt.file + slot->body_at, data, len))
		die("the body is not what it should be");
	slot->body_at += len;
	bytes += len;
	slot->state = STATE_BODY;
	if (slot->body_at < slot->body_len)
		return;
	if (opt.mode == MODE_KEEP)
		slot_complete(slot);
	else
		slot->state = STATE_EOF;
}

static void slot_head(struct slot *slot, const char *data, size_t len)
{
	char *end, *field;
	size_t used;
	int status;

	if (slot->head_len + len >= HEAD_MAX)
		len = HEAD_MAX - 1 - slot->head_len;
	memcpy(slot->head + slot->head_len, data, len);
	slot->head[slot->head_len + len] = '\0';
	end = strstr(slot->head, "\r\n\r\n");
	if (!end) {
		slot->head_len += len;
		if (slot->head_len >= HEAD_MAX - 1)
			die("the head of the answer is too long");
		return;
	}
	used = end + 4 - slot->head - slot->head_len;
	if (sscanf(slot->head, "HTTP/1.1 %d", &status) != 1 ||
	    status < 200 || status > 204)
		die("answer: %.300s", slot->head);
	field = strcasestr(slot->head, "\r\ncontent-length:");
	slot->body_len = field ? strtoull(field + 17, NULL, 10) : 0;
	if (compare && slot->body_len != opt.file_len)
		die("%" PRIu64 " bytes instead of %zu", slot->body_len,
		    opt.file_len);
	slot->body_at = 0;
	slot_body(slot, data + used, 0);
}

/* Feeds what was received to head and body. */
static void slot_received(struct slot *slot, const char *data, size_t len)
{
	size_t before;
	char *end;

	if (slot->state == STATE_HEAD) {
		before = slot->head_len;
		slot_head(slot, data, len);
		if (slot->state == STATE_HEAD)
			return;
		end = strstr(slot->head, "\r\n\r\n");
		data += end + 4 - slot->head - before;
		len -= end + 4 - slot->head - before;
	}
	if (len && slot->state != STATE_BODY)
		die("bytes behind the answer");
	if (len)
		slot_body(slot, data, len);
}

static bool slot_read(struct slot *slot)
{
	static char buffer[BUFFER];
	int ret = SSL_read(slot->ssl, buffer, sizeof(buffer));

	if (ret > 0) {
		records++;
		slot_received(slot, buffer, ret);
		return true;
	}
	if (slot->state != STATE_EOF)
		return !slot_blocked(slot, ret);
	switch (SSL_get_error(slot->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		return false;
	case SSL_ERROR_ZERO_RETURN:
		slot_complete(slot);
		return true;
	}
	die("the connection ended without close_notify");
}

static void slot_run(struct slot *slot)
{
	bool go = true;

	while (go) {
		switch (slot->state) {
		case STATE_CONNECT:
			slot_connected(slot);
			break;
		case STATE_HANDSHAKE:
			go = slot_handshake(slot);
			break;
		case STATE_SEND:
			go = slot_send(slot);
			break;
		case STATE_HEAD:
		case STATE_BODY:
		case STATE_EOF:
			go = slot_read(slot);
			break;
		case STATE_IDLE:
			return;
		}
		if (slot->state == STATE_CONNECT)
			return;
	}
}

/* All slots together make @count requests, or as many as fit in @seconds. */
static void phase(unsigned int count, double seconds)
{
	struct epoll_event events[64];
	int i, n;

	to_start = count;
	running = 0;
	completed = 0;
	bytes = 0;
	reused = 0;
	handshakes = 0;
	records = 0;
	deadline = seconds ? now_ns() + (uint64_t)(seconds * 1e9) : 0;
	for (i = 0; i < opt.conns; i++) {
		slot_next(&slots[i]);
		if (slots[i].state == STATE_SEND)
			slot_run(&slots[i]);
	}
	while (running) {
		n = epoll_wait(epfd, events, 64, 60000);
		if (n == 0)
			die("no progress for 60 s, %u requests done", completed);
		for (i = 0; i < n; i++) {
			struct slot *slot = events[i].data.ptr;

			if (slot->state == STATE_IDLE)
				die("an idle connection ended or sent data");
			slot_run(slot);
		}
	}
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct slot *slot = (struct slot *)SSL_get_app_data(ssl);

	SSL_SESSION_free(slot->session);
	slot->session = session;
	return 1;
}

static void make_context(void)
{
	ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx)
		die("SSL_CTX_new");
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	if (!SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384"))
		die("SSL_CTX_set_ciphersuites");
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
			 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			 SSL_MODE_RELEASE_BUFFERS);
	if (opt.mode == MODE_RESUMED) {
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
					       SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(ctx, on_session);
	}
}

/* What a browser sends, so that heads are parsed at their usual length. */
static void make_head(void)
{
	char length[64] = "";

	if (strcmp(opt.method, "PUT") == 0)
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n",
			 opt.file_len);
	opt.head_len = snprintf(opt.head, sizeof(opt.head),
		"%s %s HTTP/1.1\r\n"
		"Host: bench.test\r\n"
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) "
		"Gecko/20100101 Firefox/140.0\r\n"
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,"
		"*/*;q=0.8\r\n"
		"Accept-Language: en-US,en;q=0.5\r\n"
		"Accept-Encoding: gzip, deflate, br, zstd\r\n"
		"Cookie: session=7f3c2a91d04be6587f3c2a91d04be658; theme=light\r\n"
		"%s%s\r\n",
		opt.method, opt.path, length,
		opt.mode == MODE_KEEP ? "" : "Connection: close\r\n");
}

static void map_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	opt.file_len = st.st_size;
	opt.file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
			fd, 0);
	if (opt.file == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

static void usage(void)
{
	fputs("usage: bench-client [-c CONNECTIONS] [-n REQUESTS] [-w WARM-UP]\n"
	      "       [-s SECONDS] [-m keep|full|resumed] [-X GET|PUT] -f FILE ADDRESS PORT PATH\n"
	      "FILE is the body of a PUT, and what a GET has to deliver.\n",
	      stderr);
	exit(2);
}

static void options(int argc, char **argv)
{
	const char *file = NULL;
	int c;

	while ((c = getopt(argc, argv, "c:n:w:s:m:X:f:")) != -1) {
		switch (c) {
		case 'c':
			opt.conns = atoi(optarg);
			break;
		case 'n':
			opt.requests = atoi(optarg);
			break;
		case 'w':
			opt.warmup = atoi(optarg);
			break;
		case 's':
			opt.seconds = atof(optarg);
			break;
		case 'm':
			opt.mode = optarg[0] == 'f' ? MODE_FULL :
				   optarg[0] == 'r' ? MODE_RESUMED : MODE_KEEP;
			break;
		case 'X':
			opt.method = optarg;
			break;
		case 'f':
			file = optarg;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 3 || !file || !opt.conns || opt.conns > SLOTS_MAX)
		usage();
	opt.addr = argv[optind];
	opt.port = atoi(argv[optind + 1]);
	opt.path = argv[optind + 2];
	map_file(file);
}

int main(int argc, char **argv)
{
	uint64_t idle, own, start, end;
	int i;

	options(argc, argv);
	make_context();
	make_head();
	epfd = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < opt.conns; i++)
		slots[i].fd = -1;

	compare = strcmp(opt.method, "GET") == 0;
	phase(opt.warmup, 0);
	compare = false;

	idle = idle_ns();
	own = own_ns();
	start = now_ns();
	phase(opt.requests, opt.seconds);
	end = now_ns();
	own = own_ns() - own;
	idle = idle_ns() - idle;
	printf("{\"requests\": %u, \"warmup\": %u, \"ns\": %" PRIu64
	       ", \"idle_ns\": %" PRIu64 ", \"client_ns\": %" PRIu64
	       ", \"bytes\": %" PRIu64 ", \"records\": %u",
	       completed, opt.warmup, end - start, idle, own, bytes, records);
	printf(", \"handshakes\": %u, \"reused\": %u, \"version\": \"%s\""
	       ", \"cipher\": \"%s\", \"group\": \"%s\"}\n",
	       handshakes, reused, version, cipher, group);
	if (opt.mode == MODE_RESUMED && reused != handshakes)
		die("only %u of %u sessions were resumed", reused, handshakes);
	return 0;
}
