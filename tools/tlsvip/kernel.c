// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The CLI's way to the kernel: network namespace, connection, requests with
 * their refusals printed, dumps into lists.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tlsvip.h"

#define DUMP_TRIES	8

/**
 * cli_netns - go to the network namespace of -n
 * @cli: the run
 *
 * Return: CLI_OK, also without -n.
 */
enum cli_status cli_netns(const struct cli *cli)
{
	char path[PATH_MAX];
	int fd, err = 0;

	if (!cli->netns)
		return CLI_OK;
	if (!cli->netns[0] || strchr(cli->netns, '/') ||
	    !strcmp(cli->netns, ".") || !strcmp(cli->netns, ".."))
		return cli_misuse(cli,
				  "-n: '%s' is not the name of a network namespace",
				  cli->netns);
	snprintf(path, sizeof(path), "/run/netns/%s", cli->netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return cli_refuse(cli,
				  "there is no network namespace '%s' (no %s)",
				  cli->netns, path);
	if (fd < 0)
		return cli_refuse(cli, "network namespace '%s': %s",
				  cli->netns, strerror(errno));
	if (setns(fd, CLONE_NEWNET) < 0)
		err = errno;
	close(fd);
	if (err == EINVAL)
		return cli_refuse(cli, "%s is not a network namespace", path);
	if (err)
		return cli_refuse(cli,
				  "cannot enter the network namespace '%s': %s",
				  cli->netns, strerror(err));
	return CLI_OK;
}

/**
 * cli_tv - the connection to the kernel, made when it is first needed
 * @cli: the run
 *
 * Return: the connection, or NULL when that was not possible and said so.
 */
struct tv *cli_tv(struct cli *cli)
{
	char err[TV_ERR_LEN];

	if (!cli->tv && tv_open(&cli->tv, err, sizeof(err)))
		cli_refuse(cli, "%s", err);
	return cli->tv;
}

/**
 * cli_request - send a request; a refusal is printed in the kernel's words
 * @cli: the run
 * @nlh: from tv_msg()
 * @reply: takes the reply, or NULL
 * @arg: handed to @reply
 *
 * Return: CLI_OK or CLI_REFUSED.
 */
enum cli_status cli_request(struct cli *cli, struct nlmsghdr *nlh,
			    tv_fn reply, void *arg)
{
	int ret = tv_request(cli->tv, nlh, reply, arg);

	if (ret)
		return cli_refuse(cli, "%s", *tv_error(cli->tv) ?
				  tv_error(cli->tv) : strerror(-ret));
	if (*tv_error(cli->tv))
		cli_warn(cli, "%s", tv_error(cli->tv));
	return CLI_OK;
}

/**
 * list_add - room for one more object
 * @list: the list
 *
 * Return: the new object, or NULL without memory.
 */
void *list_add(struct list *list)
{
	size_t room = list->room ? 2 * list->room : 16;
	char *v;

	if (list->n == list->room) {
		v = reallocarray(list->v, room, list->size);
		if (!v)
			return NULL;
		list->v = v;
		list->room = room;
	}
	return list->v + list->n++ * list->size;
}

static void list_empty(struct list *list)
{
	size_t i;

	for (i = 0; list->drop && i < list->n; i++)
		list->drop(list->v + i * list->size);
	list->n = 0;
}

/**
 * list_free - free a list and its objects
 * @list: the list
 */
void list_free(struct list *list)
{
	list_empty(list);
	free(list->v);
	list->v = NULL;
	list->room = 0;
}

/**
 * cli_dump - read all objects into a list
 * @cli: the run
 * @nlh: from tv_msg()
 * @each: adds one object to the list
 * @list: the list, handed to @each; the caller must list_free() it
 *
 * The dump is repeated while the table changes under it.
 *
 * Return: CLI_OK or CLI_REFUSED.
 */
enum cli_status cli_dump(struct cli *cli, struct nlmsghdr *nlh, tv_fn each,
			 struct list *list)
{
	int ret, tries = 0;

	do {
		list_empty(list);
		ret = tv_dump(cli->tv, nlh, each, list);
	} while (ret == -EINTR && ++tries < DUMP_TRIES);
	if (ret == -EINTR) {
		cli_warn(cli, "%s, it may not be complete",
			 tv_error(cli->tv));
		return CLI_OK;
	}
	if (ret)
		return cli_refuse(cli, "%s", *tv_error(cli->tv) ?
				  tv_error(cli->tv) : strerror(-ret));
	return CLI_OK;
}
