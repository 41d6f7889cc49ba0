# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the scripts of this folder: cache, locks, messages, the host's
# mirror. Sourced, not run. Nothing in here knows about tests.

VM_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd -- "$VM_DIR/../.." && pwd)
CACHE=${TLSVIP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tlsvip}
VM_T0=${VM_T0:-$EPOCHSECONDS}
export VM_T0

# say WORD...: one progress line with the seconds since the outermost script started
say()
{
	printf '[%4ds] %s\n' $((EPOCHSECONDS - VM_T0)) "$*" >&2
}

# die WORD...: one clear line and the end; 97 = the harness could not do its work
die()
{
	printf 'tlsvip: %s\n' "$*" >&2
	exit 97
}

need_root()
{
	[ "$(id -u)" = 0 ] || die "this needs root (it makes a Debian tree and boots VMs)"
}

# need_space MIB: room in the cache for what comes next
need_space()
{
	local have

	mkdir -p "$CACHE" || die "cannot make the cache folder $CACHE"
	have=$(df -Pm "$CACHE" | awk 'NR == 2 { print $4 }')
	[ "$have" -ge "$1" ] ||
		die "$CACHE has $have MiB free, $1 MiB are needed (set TLSVIP_CACHE)"
}

# host_packages COMMAND:PACKAGE...: installs the packages whose command is missing;
# often the first thing that a fresh machine does, so the cache may not be there yet
host_packages()
{
	local entry missing=() log=$CACHE/host-install.log

	for entry; do
		command -v "${entry%%:*}" >/dev/null || missing+=("${entry#*:}")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || die "this needs Debian's apt-get to install: ${missing[*]}"
	mkdir -p "$CACHE" || die "cannot make the cache folder $CACHE"
	say "installing on this machine: ${missing[*]}"
	host_install "${missing[@]}" >"$log" 2>&1 && return 0
	apt-get update -q >>"$log" 2>&1 ||
		die "package mirror unreachable (apt-get update failed, see $log)"
	host_install "${missing[@]}" >>"$log" 2>&1 || die "cannot install ${missing[*]} (see $log)"
}

host_install()
{
	DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "$@"
}

# mirror_of debian|debian-security: the URL that this machine's own apt uses
mirror_of()
{
	{
		apt-get indextargets --format '$(REPO_URI)' 2>/dev/null
		# cloud images name their mirrors one step away (mirror+file:)
		cat /etc/apt/mirrors/*.list 2>/dev/null
	} | sed 's,/*$,,' | grep -E "^[a-z+]*http.*/$1\$" | sort | uniq -c | sort -rn |
		awk 'NR == 1 { print $2 }' || :
}

# hash_of FILE...: the name of what is made from these files
hash_of()
{
	cat -- "$@" | sha256sum | cut -c1-12
}

# with_lock FILE COMMAND...: COMMAND while no one else holds FILE
with_lock()
{
	local file=$1 fd rc=0

	shift
	mkdir -p "$(dirname "$file")"
	exec {fd}>"$file"
	if ! flock -n "$fd"; then
		say "waiting for another run (${file##*/})"
		flock "$fd"
	fi
	"$@" || rc=$?
	exec {fd}>&-
	return $rc
}

TREE_KEY=$(hash_of "$VM_DIR/packages" "$VM_DIR/mktree")
TREE=$CACHE/tree-$TREE_KEY
IMAGE_KEY=$(hash_of "$VM_DIR/mkimage" "$VM_DIR/init")

# kernel_release stable|backports|debug: the release name inside the tree
kernel_release()
{
	cat "$CACHE/kernel-$TREE_KEY/$1/release"
}

# in_tree [FROM:TO[:ro]]... -- COMMAND...: COMMAND inside the Debian tree, which
# it sees read-only but for /tmp and the binds; mounts are private to the call.
# With CC='ccache gcc' a clean clone compiles nothing that another one has
in_tree()
{
	mkdir -p "$CACHE/ccache"
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -euc '
		tree=$1
		shift
		mount --bind "$tree" "$tree"
		mount -o remount,bind,ro "$tree"
		mount -t proc proc "$tree/proc"
		mount --rbind /dev "$tree/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$tree/tmp"
		while [ "$1" != -- ]; do
			IFS=: read -r from to ro <<<"$1"
			mount --bind "$from" "$tree$to"
			[ "$ro" != ro ] || mount -o remount,bind,ro "$tree$to"
			shift
		done
		shift
		exec chroot "$tree" /usr/bin/env -i HOME=/tmp TERM=dumb LC_ALL=C.UTF-8 \
			CCACHE_DIR=/overlay CCACHE_MAXSIZE=3G \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
	' in_tree "$TREE" "$CACHE/ccache:/overlay" "$@"
}
