// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages to standard error, with the journal's level prefixes where the
 * journal reads them. It does not decide what is worth saying.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LOG_LINE	1024

static const char * const log_names[] = {
	[LOG_ERR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static int log_level = LOG_NOTICE;
static bool log_journal;

/**
 * log_init - find out who reads standard error
 *
 * Context: before the first thread is started.
 */
void log_init(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	if (!stream || sscanf(stream, "%ju:%ju", &dev, &ino) != 2)
		return;
	log_journal = !fstat(STDERR_FILENO, &st) && st.st_dev == dev &&
		      st.st_ino == ino;
}

/**
 * log_level_parse - level of a name
 * @name: as in the manual page
 *
 * Return: the level, or -1 if there is none of that name.
 */
int log_level_parse(const char *name)
{
	int i;

	for (i = LOG_ERR; i <= LOG_DEBUG; i++) {
		if (!strcmp(name, log_names[i]))
			return i;
	}
	return -1;
}

/**
 * log_level_set - choose what is said
 * @level: least important level that is
 *
 * Context: before the first thread is started.
 */
void log_level_set(int level)
{
	log_level = level;
}

/**
 * log_wants - is a level said?
 * @level: level
 *
 * Return: true if it is, so that building the message is worth it.
 */
bool log_wants(int level)
{
	return level <= log_level;
}

/**
 * log_now_ms - monotonic time
 *
 * Return: milliseconds.
 */
uint64_t log_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/**
 * log_escape - make bytes of any origin fit for a log
 * @dst: where to; always terminated if @size is not 0
 * @size: bytes at @dst
 * @src: string
 *
 * What is not printable ASCII, and the backslash, becomes \xHH.
 *
 * Return: length of the string at @dst, which may have been cut.
 */
size_t log_escape(char *dst, size_t size, const char *src)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	if (!size)
		return 0;
	for (; *src; src++) {
		unsigned char c = *src;
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';

		if (n + (plain ? 1 : 4) >= size)
			break;
		if (plain) {
			dst[n++] = c;
			continue;
		}
		dst[n++] = '\\';
		dst[n++] = 'x';
		dst[n++] = hex[c >> 4];
		dst[n++] = hex[c & 15];
	}
	dst[n] = '\0';
	return n;
}

static void log_write(int level, const char *text, unsigned int suppressed)
{
	char line[LOG_LINE + 96];
	size_t n;

	if (log_journal)
		n = snprintf(line, sizeof(line), "<%d>", level);
	else
		n = snprintf(line, sizeof(line), "tlsvipd: %s: ",
			     log_names[level]);
	n += log_escape(line + n, LOG_LINE, text);
	if (suppressed)
		n += snprintf(line + n, sizeof(line) - n,
			      " (%u more like this were not said)",
			      suppressed);
	line[n++] = '\n';
	/* One write, so that messages of threads do not mix. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

/**
 * log_msg - say something
 * @level: LOG_ERR to LOG_DEBUG
 * @fmt: message without a line end
 *
 * Context: any thread. Not for what a peer can cause, see log_peer().
 */
void log_msg(int level, const char *fmt, ...)
{
	char text[LOG_LINE];
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_write(level, text, 0);
}

/**
 * log_limit_take - may one more message be said?
 * @limit: bucket
 * @now_ms: monotonic time
 * @suppressed: set to how many were swallowed before, if this one may
 *
 * Threads look at the clock before they get here, so @now_ms may be older than
 * that of a call before.
 *
 * Return: true if it may.
 */
bool log_limit_take(struct log_limit *limit, uint64_t now_ms,
		    unsigned int *suppressed)
{
	uint64_t refill = 0;
	bool ok;

	pthread_mutex_lock(&limit->lock);
	if (!limit->used)
		limit->last_ms = now_ms;
	if (now_ms > limit->last_ms)
		refill = (now_ms - limit->last_ms) / LOG_REFILL_MS;
	limit->last_ms += refill * LOG_REFILL_MS;
	limit->used -= refill < limit->used ? refill : limit->used;
	ok = limit->used < LOG_BURST;
	if (ok) {
		limit->used++;
		*suppressed = limit->suppressed;
		limit->suppressed = 0;
	} else {
		limit->suppressed++;
	}
	pthread_mutex_unlock(&limit->lock);
	return ok;
}

/**
 * log_limited - say something unless it was said too often
 * @limit: bucket of this kind of message
 * @level: LOG_ERR to LOG_DEBUG
 * @fmt: message without a line end
 *
 * Context: any thread.
 */
void log_limited(struct log_limit *limit, int level, const char *fmt, ...)
{
	unsigned int suppressed;
	char text[LOG_LINE];
	va_list ap;

	if (!log_wants(level) ||
	    !log_limit_take(limit, log_now_ms(), &suppressed))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_write(level, text, suppressed);
}
