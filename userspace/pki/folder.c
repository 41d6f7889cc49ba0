// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Folders of the PKI store: made, locked, removed.
 * It knows nothing of certificates.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "pki/pki_priv.h"

#define PKI_DEPTH_MAX	16	/* folders in folders that are removed */
#define PKI_TMP_MAX	1000	/* what earlier runs could not remove */

/**
 * pki_say - tell who asked what is odd
 * @warn: who asked
 * @fmt: the words
 */
void pki_say(const struct pki_warn *warn, const char *fmt, ...)
{
	char text[PKI_ERR_LEN];
	va_list ap;

	if (!warn || !warn->fn)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	warn->fn(warn->arg, text);
}

/**
 * pki_folder_open - open a folder that is really there
 * @dirfd: the folder around it
 * @name: its name
 *
 * Return: a descriptor; or -1 with errno, also for a link (ELOOP), and for what
 * is on another file system (EXDEV).
 */
int pki_folder_open(int dirfd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_XDEV,
	};

	return syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
}

static bool pki_is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int pki_remove_at(int dirfd, const char *name, unsigned int depth)
{
	int fd, err, ret = 0;
	struct dirent *d;
	DIR *dir;

	if (!unlinkat(dirfd, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	if (depth == PKI_DEPTH_MAX)
		return -ENOTEMPTY;
	fd = pki_folder_open(dirfd, name);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while ((d = readdir(dir))) {
		if (pki_is_dots(d->d_name))
			continue;
		err = pki_remove_at(fd, d->d_name, depth + 1);
		if (!ret)
			ret = err;
	}
	closedir(dir);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && !ret)
		ret = -errno;
	return ret;
}

/**
 * pki_remove - remove a folder of the store and all that is in it
 * @storefd: the store
 * @name: name of the folder, or of whatever is there
 *
 * Links are removed, not followed; what is mounted in there stays.
 *
 * Return: 0, also when there is nothing; or the first negative errno.
 */
int pki_remove(int storefd, const char *name)
{
	return pki_remove_at(storefd, name, 0);
}

/**
 * pki_tmp_name - a name for a folder that is not a trustpoint yet, or no more
 * @storefd: the store, locked
 * @name: of the trustpoint
 * @tmp: filled in, PKI_TMP_LEN bytes
 * @e: words about a failure
 *
 * What an earlier run could not remove is not in the way.
 *
 * Return: 0 or a negative errno.
 */
int pki_tmp_name(int storefd, const char *name, char *tmp,
		 const struct pki_err *e)
{
	struct stat st;
	int n;

	for (n = 0; n < PKI_TMP_MAX; n++) {
		snprintf(tmp, PKI_TMP_LEN, n ? PKI_TMP "%s.%d" : PKI_TMP "%s",
			 name, n);
		if (fstatat(storefd, tmp, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 :
			       pki_fail(e, -errno, "%s: %s", tmp,
					strerror(errno));
	}
	return pki_fail(e, -EEXIST,
			"there are too many folders .tmp-%s in the store",
			name);
}

/* what an import or removal that was killed has left; the store is locked */
static void pki_store_clean(const char *store, int storefd,
			    const struct pki_warn *warn)
{
	struct dirent *d;
	int fd = openat(storefd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int err;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir))) {
		if (strncmp(d->d_name, PKI_TMP, strlen(PKI_TMP)))
			continue;
		err = pki_remove(storefd, d->d_name);
		if (err)
			pki_say(warn, "%s/%s: cannot be removed: %s", store,
				d->d_name, strerror(-err));
	}
	closedir(dir);
}

/**
 * pki_store_make - make the store and the folders above it that are missing
 * @store: its path
 * @e: words about a failure
 *
 * Their modes do not depend on the umask.
 *
 * Return: 0 or a negative errno.
 */
int pki_store_make(const char *store, const struct pki_err *e)
{
	mode_t mask = umask(022);
	char path[PATH_MAX];
	char *p = path;
	int ret = 0;

	if (snprintf(path, sizeof(path), "%s", store) >= (int)sizeof(path))
		ret = -ENAMETOOLONG;
	while (!ret && (p = strchr(p + 1, '/'))) {
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			ret = -errno;
		else
			*p = '/';
	}
	/* a setgid folder above says nothing of who may read keys */
	if (!ret && (!mkdir(path, 0750) ?
		     lchown(path, -1, getegid()) < 0 || chmod(path, 0750) < 0 :
		     errno != EEXIST))
		ret = -errno;
	umask(mask);
	return ret ? pki_fail(e, ret, "%s: %s", path, strerror(-ret)) : 0;
}

/**
 * pki_store_open - open the store for a change
 * @store: its path
 * @warn: told what is odd but allowed
 * @e: words about a failure
 *
 * It is locked against other writers until it is closed, leftovers are gone, and
 * the daemon's group may read it.
 *
 * Return: a descriptor or a negative errno.
 */
int pki_store_open(const char *store, const struct pki_warn *warn,
		   const struct pki_err *e)
{
	int fd, ret;

	fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return pki_fail(e, -errno, "%s: %s", store, strerror(errno));
	do {
		ret = flock(fd, LOCK_EX);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0) {
		ret = pki_fail(e, -errno, "%s: cannot lock it: %s", store,
			       strerror(errno));
		close(fd);
		return ret;
	}
	pki_store_clean(store, fd, warn);
	pki_share(store, fd, warn);
	return fd;
}
