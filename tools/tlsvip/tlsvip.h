/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of the CLI: what each file offers the others. What the kernel offers
 * is in lib/tv.h, the PKI store in pki/pki.h.
 */
#ifndef _TLSVIP_CLI_H
#define _TLSVIP_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/tv.h"

#define CLI_VERSION	"0.1.0"

/* exit status, and what every command returns */
enum cli_status {
	CLI_OK,
	CLI_REFUSED,
	CLI_USAGE,
};

struct json_object;

#define OUT_DEPTH	6

#define ALNUM	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/**
 * struct out - where the answers of a command go, as text or JSON
 * @json: JSON instead of text
 * @pretty: JSON with line breaks
 * @middle: the text line has words already
 * @failed: an allocation failed, the output is not whole
 * @depth: open objects and arrays in @stack
 * @stack: the open objects and arrays, @stack[0] owns the rest
 */
struct out {
	bool json;
	bool pretty;
	bool middle;
	bool failed;
	size_t depth;
	struct json_object *stack[OUT_DEPTH];
};

/**
 * struct args - the words of a command
 * @v: the words, @n of them
 * @n: how many
 * @i: next to look at
 */
struct args {
	char **v;
	size_t n;
	size_t i;
};

/**
 * struct cli - one run of the program
 * @out: where answers go
 * @stats: -s was given
 * @store: the PKI store
 * @netns: -n, or NULL
 * @batch: -b, or NULL
 * @line: line of the batch, 0 outside
 * @doing: words of the command, for messages
 * @tv: connection to the kernel, made when it is first needed
 * @missing: the trustpoint that was last said to be missing
 */
struct cli {
	struct out out;
	bool stats;
	const char *store;
	const char *netns;
	const char *batch;
	unsigned int line;
	char doing[64];
	struct tv *tv;
	char missing[TLSVIP_NAME_LEN + 1];
};

/**
 * struct command - a word that leads on
 * @name: the word
 * @run: what it does
 */
struct command {
	const char *name;
	enum cli_status (*run)(struct cli *cli, struct args *args);
};

/**
 * struct object - a word for what commands are about
 * @name: the word
 * @usage: its grammar
 * @commands: what can be done, ends with an empty one
 */
struct object {
	const char *name;
	const char *usage;
	const struct command *commands;
};

/**
 * struct key - a word that sets something, usually with a value
 * @name: the word
 * @parse: takes the value from the words behind and stores it
 * @repeat: it may be given more than once
 * @optional: words that it takes if they follow, for messages; NULL for none
 */
struct key {
	const char *name;
	enum cli_status (*parse)(struct cli *cli, struct args *args,
				 const char *name, void *object);
	bool repeat;
	const char *optional;
};

#define KEYS_MAX	32	/* most keys in one table */

/* main.c */
enum cli_status cli_line(struct cli *cli, struct args *args);
enum cli_status cli_dispatch(struct cli *cli, struct args *args,
			     const char *usage,
			     const struct command *commands);

/* message.c */
enum cli_status cli_refuse(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
enum cli_status cli_misuse(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void cli_warn(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
enum cli_status cli_nomem(const struct cli *cli);

/* kernel.c */
struct tv *cli_tv(struct cli *cli);
enum cli_status cli_netns(const struct cli *cli);
enum cli_status cli_request(struct cli *cli, struct nlmsghdr *nlh,
			    tv_fn reply, void *arg);

/**
 * struct list - objects of a dump
 * @v: the objects
 * @n: how many
 * @size: of one
 * @room: how many fit into @v
 * @drop: frees what an object owns, or NULL
 */
struct list {
	char *v;
	size_t n;
	size_t size;
	size_t room;
	void (*drop)(void *object);
};

void *list_add(struct list *list);
void list_free(struct list *list);
enum cli_status cli_dump(struct cli *cli, struct nlmsghdr *nlh, tv_fn each,
			 struct list *list);

/* batch.c */
enum cli_status cli_batch(struct cli *cli);
int batch_split(char *line, char **words, size_t max, const char **why);

/* parse.c */
const char *args_next(struct args *args);
bool args_end(const struct args *args);
bool args_take(struct args *args, const char *word);
const char *args_word(struct cli *cli, struct args *args, const char *name,
		      const char *expected);
enum cli_status args_nothing(struct cli *cli, const struct args *args);
enum cli_status args_keys(struct cli *cli, struct args *args,
			  const struct key *keys, void *object);
enum cli_status args_name(struct cli *cli, struct args *args,
			  const char *name, char *value);
enum cli_status args_header(struct cli *cli, struct args *args,
			    const char *name, const char *expected, size_t max,
			    const char **value);
enum cli_status args_ifname(struct cli *cli, struct args *args,
			    const char *name, char *value);
enum cli_status args_addr(struct cli *cli, struct args *args,
			  const char *name, struct tv_addr *addr);
enum cli_status args_u32(struct cli *cli, struct args *args,
			 const char *name, uint32_t min, uint32_t *value);
enum cli_status args_ms(struct cli *cli, struct args *args,
			const char *name, uint32_t *value);

/* print.c; text: @label NULL: JSON only, "": the value alone */
void out_array(struct out *o, const char *key);
void out_object(struct out *o, const char *key);
void out_end(struct out *o);
enum cli_status out_close(struct cli *cli);
void out_drop(struct out *o);
void out_line(struct out *o, unsigned int indent);
void out_text(struct out *o, const char *text);
void out_str(struct out *o, const char *key, const char *label,
	     const char *v);
void out_foreign(struct out *o, const char *key, const char *label,
		 const char *v);
void out_quoted(struct out *o, const char *key, const char *label,
		const char *v);
void out_bare(struct out *o, const char *key, const char *label,
	      const char *v);
void out_uint(struct out *o, const char *key, const char *label, uint64_t v);
void out_int(struct out *o, const char *key, const char *label, int64_t v);
void out_bool(struct out *o, const char *key, bool v, const char *yes,
	      const char *no);
void out_addr(struct out *o, const char *key, const char *label,
	      const struct tv_addr *addr);
void out_ms(struct out *o, const char *key, const char *label, uint32_t v);
void out_age(struct out *o, const char *key, const char *label, uint64_t v);
void out_counter(struct out *o, const char *key, int width, uint64_t v);
enum cli_status out_flush(const struct cli *cli);

/* context.c */
extern const struct object context_object;
void print_context(struct out *o, const struct tv_context *ctx, bool stats);
enum cli_status context_exists(struct cli *cli, const char *name);

/* policy.c */
extern const struct object policy_object;
void print_policy(struct out *o, const struct tv_policy *pol, bool stats);

/* policy_url.c */
enum cli_status policy_key_url(struct cli *cli, struct args *args,
			       const char *name, void *object);
void print_policy_urls(struct out *o, const struct tv_policy *pol);

/* service.c */
extern const struct object service_object;
enum cli_status service_exists(struct cli *cli, const char *context,
			       const char *name);
void print_service(struct out *o, const struct tv_service *svc, bool stats);

/* conn.c */
extern const struct object conn_object;
void print_conn(struct out *o, const struct tv_conn *conn, bool stats);

/* stats.c */
extern const struct object stats_object;
enum cli_status stats_read(struct cli *cli, struct list *list, bool all,
			   const char *context, const char *service);
void stats_drop(void *object);
void print_counters(struct out *o, const struct list *list,
		    const char *context, const char *service);

/* monitor.c */
extern const struct object monitor_object;

/* pki.c */
extern const struct object pki_object;

#endif /* _TLSVIP_CLI_H */
