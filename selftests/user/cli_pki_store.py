#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tlsvip pki: the store's folders and files, their modes and owners, and what
becomes of them when a trustpoint is replaced or removed.

Works on files only; what may be in them is tested in cli_pki.py.
"""

import os
import stat
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check, check_eq, check_in
from lib.pkistore import PkiStore, run


def test_modes(env):
    """Modes do not depend on the umask."""
    for mask in (0, 0o077, 0o777):
        env.load("web", chain="chain", preexec_fn=lambda m=mask: os.umask(m))
        got = {n: stat.S_IMODE(os.stat(env.path(f"store/web{n}")).st_mode)
               for n in ("", "/cert.pem", "/chain.pem", "/key.pem")}
        check_eq(got, {"": 0o750, "/cert.pem": 0o644, "/chain.pem": 0o644,
                       "/key.pem": 0o600}, f"umask {mask:o}")
        if mask == 0:
            mode = stat.S_IMODE(os.stat(env.store).st_mode)
            check_eq(mode, 0o750, "the store")


def modes(env):
    """{path in the store: "group mode"}, 0 and 77 for root and the daemon."""
    out = {}
    for top, dirs, files in os.walk(env.store):
        for path in [top] + [os.path.join(top, n) for n in files]:
            info = os.lstat(path)
            out[os.path.relpath(path, env.store)] = (
                f"{info.st_gid} {stat.S_IMODE(info.st_mode):o}")
    return out


SHARED = {".": "77 2750", "web": "77 2750", "web/cert.pem": "77 644",
          "web/chain.pem": "77 644", "web/key.pem": "77 640"}


class Group:
    """Commands run where there is the daemon's group, with number 77, and a
    user of it."""

    def __init__(self, env):
        self.env = env
        for file, line in (("group", "tlsvipd:x:77:\n"),
                           ("passwd", "tlsvipd:x:78:77::/:/bin/false\n")):
            with open(f"/etc/{file}", encoding="utf-8") as src:
                env.write(file, (line + src.read()).encode())
        if self.sh("true", ok=False).returncode:
            raise ktap.Skip("this machine does not allow mount namespaces")

    def sh(self, script, **kwargs):
        mounts = "".join(f"mount --bind {self.env.path(n)} /etc/{n} && "
                         for n in ("group", "passwd"))
        return run("unshare", "--mount", "sh", "-c", mounts + script, **kwargs)

    def load(self, name="web", before="true"):
        path = self.env.path
        return self.sh(f"{before} && tlsvip --pki {self.env.store} pki import "
                       f"{name} pem {path('web.pem')} {path('web.key')} "
                       f"{path('chain.pem')}")


@ktap.variants(("umask-0", "0"), ("umask-77", "77"), ("umask-777", "777"))
def test_group(env, _name, mask):
    """With the daemon's group on the machine, it may read keys; none else."""
    group = Group(env)
    os.chmod(env.dir, 0o755)
    for _ in range(2):
        got = group.load(before=f"umask {mask}")
        check_eq((got.stdout, got.stderr), ("", ""))
        check_eq(modes(env), SHARED)
    got = group.sh(f"setpriv --reuid 78 --regid 77 --clear-groups tlsvip "
                   f"--pki {env.store} pki show web")
    check_in("CN=web", got.stdout)
    group.sh(f"tlsvip --pki {env.store} pki delete web")
    check_eq(modes(env), {".": "77 2750"})


def test_group_later(env):
    """A store of before is brought along by the next import or delete; what
    somebody has arranged otherwise stays."""
    env.load("web", chain="chain")
    for name in ("other", "mine", "linked"):
        env.load("web", name=name)
    os.chown(env.path("store/mine/key.pem"), 0, 99)
    os.link(env.path("store/linked/key.pem"), env.path("second-name"))
    os.rename(env.path("store/other"), env.path("linked-folder"))
    os.symlink(env.path("linked-folder"), env.path("store/other"))
    os.chmod(env.store, 0o700)
    os.chmod(env.path("store/web"), 0o700)
    env.write("store/README", b"x")
    os.chmod(env.path("store/README"), 0o600)
    os.chmod(env.dir, 0o700)
    group = Group(env)
    got = group.sh(f"tlsvip --pki {env.store} pki delete no", ok=False)
    have = modes(env)
    for name, want in {**SHARED, "README": "0 600", "mine": "77 2750",
                       "mine/key.pem": "99 600", "linked": "77 2750",
                       "linked/key.pem": "0 600"}.items():
        check_eq(have.get(name), want, name)
    check_eq(stat.S_IMODE(os.stat(env.path("linked-folder/key.pem")).st_mode),
             0o600, "behind a link")
    warned = [line for line in got.stderr.splitlines() if "warning" in line]
    check_eq(len(warned), 2, got.stderr)
    check_in(f"{env.store}/other: cannot be given to group tlsvipd",
             got.stderr)
    check_in(f"{env.dir}: its mode keeps group tlsvipd out", got.stderr)
    os.unlink(env.path("store/other"))
    env.write("store/web/key.pem", env.read("web.key"))
    os.chmod(env.path("store/web/key.pem"), 0o600)
    check_eq(group.load("new").stderr, "")
    check_eq((modes(env)["new/key.pem"], modes(env)["web/key.pem"]),
             ("77 640", "77 600"))


def test_group_not_a_store(env):
    """A folder that is no store is not given away, whatever one calls it; nor
    is one in a store that is no trustpoint."""
    group = Group(env)
    env.load("web")
    for path in ("store/backup", "etc", "etc/secret"):
        os.mkdir(env.path(path), 0o700)
    env.write("store/backup/key.pem", b"x")
    env.write("etc/secret/key.pem", b"x")

    def mode(path):
        st = os.stat(env.path(path))
        return st.st_gid, stat.S_IMODE(st.st_mode)
    group.sh(f"tlsvip --pki {env.path('etc')} pki delete no", ok=False)
    check_eq([mode(p) for p in ("etc", "etc/secret")], [(0, 0o700)] * 2)
    group.load("new")
    check_eq(mode("store"), (77, 0o2750))
    check_eq(mode("store/backup"), (0, 0o700))


def test_setgid_above(env):
    """A folder above the store gives no group the right to read keys."""
    os.chown(env.dir, 0, 99)
    os.chmod(env.dir, 0o2755)
    env.load("web")
    have = modes(env)
    check_eq((have["."], have["web"], have["web/key.pem"]),
             ("0 750", "0 750", "0 600"))


def test_group_of_another(env):
    """A store that is not root's is not touched for anybody else."""
    group = Group(env)
    env.load("web")
    os.chown(env.store, 1000, 0)
    before = modes(env)
    check_eq(group.load("web").stderr, "")
    check_eq(modes(env), {**before, "web/chain.pem": "0 644"})


def test_key_not_readable(env):
    """Who may not read a key is told where to look."""
    env.load("web")
    os.chmod(env.dir, 0o755)
    for path in ("store", "store/web"):
        os.chmod(env.path(path), 0o755)
    show = ("setpriv", "--reuid", "65534", "--clear-groups", "tlsvip", "--pki",
            env.store, "pki", "show")
    check_in("trustpoint 'web': key.pem: Permission denied for user 65534, "
             "see PERMISSIONS in tlsvip-pki(8)", run(*show, ok=False).stderr)
    os.chmod(env.path("store/web"), 0o700)
    check_in("trustpoint 'web': Permission denied for user 65534",
             run(*show, ok=False).stderr)


def test_store_made(env):
    deep = env.path("store/a/b/c")
    run("tlsvip", "--pki", deep, "pki", "import", "web", "pem",
        env.path("web.pem"), env.path("web.key"))
    check(os.path.isfile(f"{deep}/web/key.pem"), "no key")


def test_store_from_environment(env):
    """The daemon looks there, too."""
    run("tlsvip", "pki", "import", "web", "pem", env.path("web.pem"),
        env.path("web.key"), env={**os.environ, "TLSVIP_PKI": env.store})
    check_eq([t["name"] for t in env.show()], ["web"])


def test_store_is_a_file(env):
    env.write("plain", b"")
    got = run("tlsvip", "--pki", env.path("plain"), "pki", "import", "web",
              "pem", env.path("web.pem"), env.path("web.key"), ok=False)
    check_eq(got.returncode, 1)
    check_in("Not a directory", got.stderr)


def test_files_are_what_was_given(env):
    env.load("web", chain="chain")
    check_eq(env.read("store/web/cert.pem"), env.read("web.pem"))
    check_eq(env.read("store/web/chain.pem"), env.read("chain.pem"))
    check_eq(env.read("store/web/key.pem"), env.read("web.key"))


def test_replace(env):
    """A new import replaces everything, also a chain that is gone."""
    env.load("web", chain="chain")
    env.issue("new", "p384", by="inter")
    env.load("new")
    got, = env.show()
    check_eq((got["subject"], got["chain-length"]), ("CN=new,O=test", 0))
    check(not os.path.exists(env.path("store/web/chain.pem")), "old chain")


def test_refused_keeps_old(env):
    env.load("web", chain="chain")
    env.refused("not that of the certificate", "web", "root")
    env.refused("did not issue", "web", chain="root")
    check_eq(env.show()[0]["chain-length"], 2)


def test_leftovers_removed(env):
    """What a killed import has left is gone with the next one."""
    env.load("web")
    os.makedirs(env.path("store/.tmp-web"))
    env.write("store/.tmp-web/key.pem", b"secret")
    os.makedirs(env.path("store/.tmp-other"))
    check_eq([t["name"] for t in env.show()], ["web"])
    env.load("web")


def test_delete(env):
    env.load("web")
    env.load("web", name="other")
    env.cli("pki", "delete", "web")
    check_eq([t["name"] for t in env.show()], ["other"])
    check_eq(os.listdir(env.store), ["other"])


@ktap.variants(("import", ("import", "web", "pem", "web.pem", "web.key")),
               ("delete", ("delete", "web")))
def test_folder_inside(env, _name, command):
    """A folder that somebody made in a trustpoint's goes with it; what links
    in there lead to stays."""
    words = [env.path(w) if "." in w else w for w in command]
    env.load("web", name="good")
    for _ in range(2):
        env.load("web")
        os.makedirs(env.path("store/web/old/a/b/c"))
        env.write("store/web/old/a/key.pem", b"secret")
        for num, where in enumerate(("good", "good/key.pem", "..")):
            os.symlink(env.path(f"store/{where}"),
                       env.path(f"store/web/old/a/{num}"))
        got = env.cli("pki", *words)
        check_eq((got.stdout, got.stderr), ("", ""))
        check_eq([n for n in os.listdir(env.store) if n[0] == "."], [])
        env.show("good")
    for _top, dirs, _files in os.walk(env.path("store/web")):
        check_eq(dirs, [], "folders left")


def test_folder_mounted(env):
    """What cannot be removed is named, and in nobody's way; a file system that
    is mounted in there is not emptied."""
    new, web = ([env.path(f"{n}.{f}") for f in ("pem", "key")]
                for n in ("new", "web"))
    cli = f"tlsvip --pki {env.store} pki"
    script = (f"mkdir {env.store}/web/m && mount -t tmpfs none "
              f"{env.store}/web/m && touch {env.store}/web/m/file && "
              f"{cli} import web pem {' '.join(new)} && "
              f"{cli} show && {cli} import web pem {' '.join(web)} && "
              f"mkdir {env.store}/web/m && mount -t tmpfs none "
              f"{env.store}/web/m; {cli} delete web; echo status $?; "
              f"cd {env.store} && echo .tmp-*/m/*; umount .tmp-*/m; "
              f"{cli} import web pem {' '.join(web)}")
    env.issue("new", "p384", by="inter")
    env.load("web")
    got = run("unshare", "--mount", "sh", "-c", script, ok=False)
    if "mount: " in got.stderr:
        raise ktap.Skip("this machine does not allow mount namespaces")
    check_eq(got.returncode, 0, got.stderr)
    check_in("CN=new", got.stdout)
    check_in("status 1", got.stdout)
    check_in(".tmp-web/m/file", got.stdout)
    left = f"{env.store}/.tmp-web: cannot be removed"
    check_in(f"warning: pki import: {left}", got.stderr)
    check_in("trustpoint 'web' is out of use, but "
             f"{env.store}/.tmp-web.1 cannot be removed", got.stderr)
    check_eq(os.listdir(env.store), ["web"])


def test_delete_no_store(env):
    got = env.cli("pki", "delete", "web", ok=False)
    check_eq(got.returncode, 1)
    check_in("No such file", got.stderr)


def test_link(env):
    """A trustpoint may be a link; an import replaces the link only."""
    env.load("web", chain="chain")
    os.rename(env.path("store/web"), env.path("elsewhere"))
    os.symlink(env.path("elsewhere"), env.path("store/web"))
    check_eq(env.show("web")[0]["chain-length"], 2)
    check_eq([t["name"] for t in env.show()], ["web"])
    env.load("web")
    check(not os.path.islink(env.path("store/web")), "still a link")
    check(os.path.exists(env.path("elsewhere/key.pem")), "target was hurt")


def test_other_names_ignored(env):
    env.load("web")
    env.write("store/README", b"x")
    os.makedirs(env.path("store/not a name"))
    check_eq([t["name"] for t in env.show()], ["web"])


def test_atomic(env):
    """A reader in a storm of imports sees one or the other, never a mix."""
    env.issue("new", "p384", by="inter")
    env.load("web", chain="chain")
    stop = threading.Event()
    errors = []

    def writer():
        while not stop.is_set():
            for args in (("new", None, None), ("web", None, "chain")):
                got = env.load(*args, ok=False)
                if got.returncode:
                    errors.append(got.stderr)
    threads = [threading.Thread(target=writer) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        seen = set()
        for _ in range(60):
            got, = env.show("web")
            seen.add((got["subject"], got["key"]["group"],
                      got["chain-length"]))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    check_eq(errors, [])
    check(seen <= {("CN=web,O=test", "P-256", 2),
                   ("CN=new,O=test", "P-384", 0)}, seen)


def test_no_space(env):
    """A full disk: refused with words, the old trustpoint stays."""
    script = (f"mount -t tmpfs -o size=20k,nr_inodes=40 none {env.store} && "
              f"tlsvip --pki {env.store} pki import web pem "
              f"{env.path('web.pem')} {env.path('web.key')} && "
              f"dd if=/dev/zero of={env.store}/fill bs=4k 2>/dev/null; "
              f"! tlsvip --pki {env.store} pki import web pem "
              f"{env.path('new.pem')} {env.path('new.key')} && "
              f"tlsvip --pki {env.store} pki show && ls -A {env.store}")
    env.issue("new", "p384", by="inter")
    os.makedirs(env.store)
    got = run("unshare", "--mount", "sh", "-c", script, ok=False)
    if "mount: " in got.stderr:
        raise ktap.Skip("this machine does not allow mount namespaces")
    check_eq(got.returncode, 0, got.stderr)
    check_in("No space left on device", got.stderr)
    check_in("CN=web", got.stdout)
    check_eq(got.stdout.split()[-2:], ["fill", "web"])


if __name__ == "__main__":
    ktap.run(globals(), PkiStore)
