// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Word to the service manager that started us, by the datagram protocol of
 * sd_notify(3). That protocol is stable and small enough to need no library.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "notify.h"

static void notify_send(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (!len || len >= sizeof(to.sun_path) ||
	    (*path != '/' && *path != '@'))
		return;
	memcpy(to.sun_path, path, len);
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		   (struct sockaddr *)&to,
		   offsetof(struct sockaddr_un, sun_path) + len) < 0)
		log_info("cannot reach the service manager");
	close(fd);
}

/**
 * notify_ready - we are up, also after a reload
 * @status: one line for people
 */
void notify_ready(const char *status)
{
	char text[256];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s\n", status);
	notify_send(text);
}

/**
 * notify_reloading - a reload has begun; notify_ready() ends it
 */
void notify_reloading(void)
{
	struct timespec ts;
	char text[96];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu\n",
		 ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000);
	notify_send(text);
}

/**
 * notify_stopping - we are about to end
 */
void notify_stopping(void)
{
	notify_send("STOPPING=1\nSTATUS=Ending\n");
}
