// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon's group: it may read the store, so that the daemon needs no
 * privilege for that. New trustpoints inherit the group from the store's folder
 * (setgid); this file is about stores that do not have it yet.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki/pki_priv.h"

/**
 * struct pki_share - a store on its way to the daemon's group
 * @store: its path
 * @gid: the group
 * @warn: told what stays behind
 */
struct pki_share {
	const char *store;
	gid_t gid;
	const struct pki_warn *warn;
};

static void pki_share_failed(const struct pki_share *s, const char *name,
			     const char *file, int err)
{
	pki_say(s->warn, "%s%s%s%s%s: cannot be given to group " PKI_GROUP
		": %s", s->store, *name ? "/" : "", name, *file ? "/" : "",
		file, strerror(err));
}

/*
 * Only what is root's with root's group: what has another group, somebody has
 * arranged; and a file with a second name may be in use elsewhere.
 */
static bool pki_share_ours(const struct stat *st)
{
	return !st->st_uid && !st->st_gid &&
	       (S_ISDIR(st->st_mode) || st->st_nlink == 1);
}

/* the group first: nobody else may read the key at any moment */
static int pki_share_fd(int fd, gid_t gid, mode_t mode)
{
	return fchown(fd, -1, gid) < 0 || fchmod(fd, mode) < 0 ? errno : 0;
}

static void pki_share_file(const struct pki_share *s, int dirfd,
			   const char *name, const char *file)
{
	struct stat st;
	int fd, err = 0;

	fd = openat(dirfd, file,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			pki_share_failed(s, name, file, errno);
		return;
	}
	if (fstat(fd, &st) < 0)
		err = errno;
	else if (S_ISREG(st.st_mode) && pki_share_ours(&st))
		err = pki_share_fd(fd, s->gid, (st.st_mode & 0744) | 0040);
	if (err)
		pki_share_failed(s, name, file, err);
	close(fd);
}

/* Nothing else is ours to give away, wherever the store is said to be. */
static bool pki_share_is_trustpoint(int fd)
{
	struct stat cert, key;

	return !fstatat(fd, PKI_CERT, &cert, AT_SYMLINK_NOFOLLOW) &&
	       !fstatat(fd, PKI_KEY, &key, AT_SYMLINK_NOFOLLOW) &&
	       S_ISREG(cert.st_mode) && S_ISREG(key.st_mode);
}

/* Whether it is one. */
static bool pki_share_trustpoint(const struct pki_share *s, int storefd,
				 const char *name)
{
	struct stat st;
	int fd, err = 0;

	fd = pki_folder_open(storefd, name);
	if (fd < 0) {
		if (errno != ENOTDIR)
			pki_share_failed(s, name, "", errno);
		return false;
	}
	if (!pki_share_is_trustpoint(fd)) {
		close(fd);
		return false;
	}
	pki_share_file(s, fd, name, PKI_CERT);
	pki_share_file(s, fd, name, PKI_CHAIN);
	pki_share_file(s, fd, name, PKI_KEY);
	if (fstat(fd, &st) < 0)
		err = errno;
	else if (pki_share_ours(&st))
		err = pki_share_fd(fd, s->gid,
				   (st.st_mode & 0755) | S_ISGID | 0050);
	if (err)
		pki_share_failed(s, name, "", err);
	close(fd);
	return true;
}

/* Whether it is a store: with trustpoints, or with nothing. */
static bool pki_share_all(const struct pki_share *s, int storefd)
{
	bool any = false, others = false;
	struct dirent *d;
	int fd = openat(storefd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		pki_share_failed(s, "", "", errno);
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		if (pki_name_ok(d->d_name) &&
		    pki_share_trustpoint(s, storefd, d->d_name))
			any = true;
		else
			others = true;
	}
	closedir(dir);
	return any || !others;
}

/* the folders above are the operator's, their modes are not changed */
static void pki_share_above(const struct pki_share *s)
{
	char path[PATH_MAX];
	struct stat st;
	char *p = path;

	if (snprintf(path, sizeof(path), "%s", s->store) >= (int)sizeof(path))
		return;
	while ((p = strchr(p + 1, '/'))) {
		*p = '\0';
		if (!stat(path, &st) &&
		    !(st.st_mode & (st.st_gid == s->gid ? 0010 : 0001)))
			pki_say(s->warn, "%s: its mode keeps group " PKI_GROUP
				" out of the store", path);
		*p = '/';
	}
}

/**
 * pki_share - give a store of root's to the daemon's group, if there is one
 * @store: its path
 * @storefd: the store, locked
 * @warn: told what cannot be given
 *
 * Done once: a store that has another group than root's is as somebody wants it.
 * The store's own folder comes last, so that a run that was killed is repeated.
 */
void pki_share(const char *store, int storefd, const struct pki_warn *warn)
{
	struct pki_share s = { .store = store, .warn = warn };
	const struct group *group;
	struct stat st;
	int err;

	if (geteuid() || fstat(storefd, &st) < 0 || !pki_share_ours(&st))
		return;
	group = getgrnam(PKI_GROUP);
	if (!group || !group->gr_gid)
		return;
	s.gid = group->gr_gid;
	if (!pki_share_all(&s, storefd))
		return;
	pki_share_above(&s);
	err = pki_share_fd(storefd, s.gid,
			   (st.st_mode & 0755) | S_ISGID | 0050);
	if (err)
		pki_share_failed(&s, "", "", err);
}
