// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the process denies itself, whoever started it: core dumps, tracers, new
 * privileges, every capability but one. It filters no system calls; that is
 * left to the service unit.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <openssl/crypto.h>

#include "log.h"
#include "sandbox.h"

/* Room for some thousand RSA keys; mlock() has a limit, too. */
#define SANDBOX_SECURE_HEAP	(4 * 1024 * 1024)

static void sandbox_limits(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	if (setrlimit(RLIMIT_CORE, &none))
		log_warn("cannot turn off core dumps: %s", strerror(errno));
	/* A descriptor for each handshake in flight. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static int sandbox_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	const uint32_t keep = 1U << CAP_NET_ADMIN;

	if (syscall(SYS_capget, &head, data))
		return -errno;
	data[0].permitted &= keep;
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	data[1].permitted = 0;
	data[1].effective = 0;
	data[1].inheritable = 0;
	if (syscall(SYS_capset, &head, data))
		return -errno;
	if (!data[0].permitted)
		log_warn("CAP_NET_ADMIN is missing, the kernel will refuse us");
	return 0;
}

/**
 * sandbox_enter - give up what is not needed
 *
 * Context: before OpenSSL is used and before the first thread is started.
 * Return: 0, or a negative errno.
 */
int sandbox_enter(void)
{
	sandbox_limits();
	/* Locked into memory as far as the limit allows, else just apart. */
	if (!CRYPTO_secure_malloc_init(SANDBOX_SECURE_HEAP, 32))
		log_warn("no secure heap: keys may reach swap space");
#ifndef __SANITIZE_ADDRESS__
	/* The leak check at the end of a sanitized program is a tracer. */
	if (prctl(PR_SET_DUMPABLE, 0))
		return -errno;
#endif
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return sandbox_capabilities();
}
