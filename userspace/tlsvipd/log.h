/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the daemon. Not a place for counters: those are the kernel's.
 */
#ifndef TLSVIPD_LOG_H
#define TLSVIPD_LOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

#define LOG_BURST	10	/* messages of one kind at once */
#define LOG_REFILL_MS	1000	/* and one more after each of these */

/**
 * struct log_limit - token bucket of one kind of message
 * @lock: protects the rest
 * @used: tokens that are gone
 * @last_ms: up to when tokens were refilled
 * @suppressed: messages swallowed since the last one that was let through
 */
struct log_limit {
	pthread_mutex_t lock;
	unsigned int used;
	uint64_t last_ms;
	unsigned int suppressed;
};

#define LOG_LIMIT_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }

void log_init(void);
int log_level_parse(const char *name);
void log_level_set(int level);
bool log_wants(int level);
void log_msg(int level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_limited(struct log_limit *limit, int level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool log_limit_take(struct log_limit *limit, uint64_t now_ms,
		    unsigned int *suppressed);
size_t log_escape(char *dst, size_t size, const char *src);
uint64_t log_now_ms(void);

#define log_err(...)	log_msg(LOG_ERR, __VA_ARGS__)
#define log_warn(...)	log_msg(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)	log_msg(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_msg(LOG_DEBUG, __VA_ARGS__)

/* For everything that a peer can cause: a bucket for each place it is said. */
#define log_peer(level, ...)						\
	do {								\
		static struct log_limit limit_here = LOG_LIMIT_INIT;	\
									\
		log_limited(&limit_here, level, __VA_ARGS__);		\
	} while (0)

#endif /* TLSVIPD_LOG_H */
