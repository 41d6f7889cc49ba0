#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tlsvip pki: what the store takes, what it refuses, and what it shows.

Works on files only; that the daemon serves them is tested with the module.
"""

import hashlib
import json
import os
import shutil
import ssl
import stat
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check, check_eq, check_in

KINDS = {
    "rsa": ("rsa:2048",),
    "rsa1024": ("rsa:1024",),
    "rsa4096": ("rsa:4096",),
    "p256": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "p384": ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
    "p521": ("ec", "-pkeyopt", "ec_paramgen_curve:P-521"),
    "p224": ("ec", "-pkeyopt", "ec_paramgen_curve:P-224"),
    "k256": ("ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"),
    "ed25519": ("ed25519",),
    "ed448": ("ed448",),
    "rsapss": ("rsa-pss",),
}


def run(*args, ok=True, **kwargs):
    got = subprocess.run(args, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=120, check=False,
                         **kwargs)
    check(not ok or not got.returncode, f"{args}: {got.stderr}")
    return got


class Env:
    """A folder with a root, an intermediate and a leaf of it, and a store."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="tlsvip-pki-")
        self.store = os.path.join(self.dir, "store")
        self.made = {}
        self.issue("root", ca=True)
        self.issue("inter", by="root", ca=True)
        self.issue("web", by="inter")
        self.join("chain", "inter", "root")
        ktap.after_case(self.empty)
        return self

    def __exit__(self, *_exc):
        shutil.rmtree(self.dir)

    def empty(self):
        """No case leaves a temporary folder behind."""
        if os.path.isdir(self.store):
            check_eq([n for n in os.listdir(self.store)
                      if n.startswith(".")], [], "left in the store")
            shutil.rmtree(self.store)

    def path(self, name):
        return os.path.join(self.dir, name)

    def issue(self, name, kind="p256", by=None, ca=False, extra=()):
        """NAME.pem and NAME.key, made once."""
        if name in self.made:
            return
        self.made[name] = True
        signer = ("-CA", self.path(f"{by}.pem"), "-CAkey",
                  self.path(f"{by}.key")) if by else ()
        limits = () if "-addext" in extra else (
            "-addext", f"basicConstraints=critical,CA:{str(ca).upper()}")
        days = () if "-not_after" in extra else ("-days", "30")
        run("openssl", "req", "-x509", "-nodes", *days, "-newkey",
            *KINDS[kind], *signer, "-subj", f"/O=test/CN={name}", *limits,
            *extra, "-keyout", self.path(f"{name}.key"), "-out",
            self.path(f"{name}.pem"))

    def join(self, name, *parts):
        with open(self.path(f"{name}.pem"), "w", encoding="ascii") as out:
            for part in parts:
                with open(self.path(f"{part}.pem"), encoding="ascii") as src:
                    out.write(src.read())

    def write(self, name, data):
        with open(self.path(name), "wb") as out:
            out.write(data)

    def read(self, name):
        with open(self.path(name), "rb") as src:
            return src.read()

    def cli(self, *args, ok=True, **kwargs):
        return run("tlsvip", "--pki", self.store, *args, ok=ok, **kwargs)

    def load(self, cert, key=None, chain=None, name="web", ok=True, **kwargs):
        files = [f"{cert}.pem", f"{key or cert}.key"]
        if chain:
            files.append(f"{chain}.pem")
        return self.cli("pki", "import", name, "pem",
                        *(self.path(f) for f in files), ok=ok, **kwargs)

    def refused(self, word, *args, **kwargs):
        """An import must fail with status 1, say word, and change nothing."""
        before = self.snapshot()
        got = self.load(*args, ok=False, **kwargs)
        check_eq(got.returncode, 1, got.stderr)
        check_in(word, got.stderr)
        check_eq(got.stdout, "")
        check_eq(self.snapshot(), before, "the store")

    def snapshot(self):
        out = {}
        for top, _dirs, files in os.walk(self.store):
            for file in files:
                path = os.path.join(top, file)
                with open(path, "rb") as src:
                    out[path] = src.read()
        return out

    def show(self, *args):
        return json.loads(self.cli("-j", "pki", "show", *args).stdout)


@ktap.variants(("rsa", "RSA", 2048, None), ("rsa4096", "RSA", 4096, None),
               ("p256", "EC", 256, "P-256"), ("p384", "EC", 384, "P-384"),
               ("p521", "EC", 521, "P-521"),
               ("ed25519", "Ed25519", 256, None))
def test_key(env, kind, typ, bits, group):
    env.issue(f"leaf-{kind}", kind, by="inter")
    got = env.load(f"leaf-{kind}", chain="chain")
    check_eq((got.stdout, got.stderr), ("", ""))
    shown, = env.show("web")
    check_eq((shown["key"]["type"], shown["key"]["bits"]), (typ, bits))
    check_eq(shown["key"].get("group"), group)
    text = env.cli("pki", "show", "web").stdout
    check_in(f"key {typ} {group or bits}", text)


@ktap.variants(("rsa1024", "1024 bits, expected at least 2048"),
               ("p224", "curve"), ("k256", "curve"), ("ed448", "type ED448"),
               ("rsapss", "type RSA-PSS"))
def test_key_refused(env, kind, word):
    env.issue(f"leaf-{kind}", kind)
    env.refused(word, f"leaf-{kind}")


def test_weak_issuer(env):
    """What the daemon's TLS library refuses is refused here, in its words."""
    env.issue("ca1024", "rsa1024", ca=True)
    env.issue("below", by="ca1024")
    env.load("web", chain="chain")
    env.refused("a certificate of the chain: ca key too small", "below",
                chain="ca1024")
    check_eq(env.show("web")[0]["subject"], "CN=web,O=test")


def test_weak_issuer_shown(env):
    """One that is in the store nevertheless is named as not usable."""
    env.issue("ca1024", "rsa1024", ca=True)
    env.issue("below", by="ca1024")
    env.load("below")
    env.write("store/web/chain.pem", env.read("ca1024.pem"))
    got = env.cli("-j", "pki", "show", ok=False)
    check_eq(got.returncode, 1)
    check_in("ca key too small", json.loads(got.stdout)[0]["error"])
    check_in("ca key too small", got.stderr)


def test_show(env):
    """All fields, in JSON and text, agree with the certificate."""
    env.issue("shown", by="inter", extra=(
        "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
        "subjectAltName=DNS:www.test,DNS:*.a.test,IP:10.0.0.1,IP:2001:db8::1,"
        "email:a@b.test,URI:http://x.test/"))
    env.load("shown", chain="chain")
    got, = env.show("web")
    der = ssl.PEM_cert_to_DER_cert(env.read("shown.pem").decode())
    check_eq(got["name"], "web")
    check_eq(got["subject"], "CN=shown,O=test")
    check_eq(got["issuer"], "CN=inter,O=test")
    check_eq(got["san"], ["DNS:www.test", "DNS:*.a.test", "IP:10.0.0.1",
                          "IP:2001:db8::1", "email:a@b.test",
                          "URI:http://x.test/"])
    check_eq(got["sha256"], hashlib.sha256(der).hexdigest())
    serial = run("openssl", "x509", "-noout", "-serial", "-in",
                 env.path("shown.pem")).stdout.strip().split("=")[1]
    check_eq(got["serial"].lstrip("0"), serial.lstrip("0"))
    check_eq(got["expired"], False)
    check(29 * 86400 < got["expires-in"] <= 30 * 86400, got["expires-in"])
    check_eq(got["chain-length"], 2)
    check_eq([c["subject"] for c in got["chain"]],
             ["CN=inter,O=test", "CN=root,O=test"])
    text = env.cli("pki", "show").stdout
    for word in ("web\n", "subject CN=shown,O=test", "issuer CN=inter",
                 "DNS:*.a.test", got["sha256"], got["not-after"], "chain 2",
                 "expires in ", got["serial"]):
        check_in(word, text)


def test_show_two(env):
    env.load("web", chain="chain", name="b")
    env.load("web", name="a")
    check_eq([t["name"] for t in env.show()], ["a", "b"])
    check_eq([t["chain-length"] for t in env.show()], [0, 2])


def test_show_missing(env):
    env.load("web")
    for args in (("pki", "show", "x"), ("-j", "pki", "show", "x"),
                 ("pki", "delete", "x")):
        got = env.cli(*args, ok=False)
        check_eq((got.returncode, got.stdout), (1, ""))
        check_in("trustpoint 'x': there is no such trustpoint", got.stderr)


def test_show_no_store(env):
    got = env.cli("pki", "show", ok=False)
    check_eq(got.returncode, 1)
    check_in("No such file", got.stderr)


def test_show_broken(env):
    """One that cannot be used does not hide the others, but fails."""
    env.load("web", name="good")
    env.load("web", name="bad")
    env.write("store/bad/key.pem", env.read("root.key"))
    got = env.cli("-j", "pki", "show", ok=False)
    check_eq(got.returncode, 1)
    bad, good = json.loads(got.stdout)
    check_in("not that of the certificate", bad["error"])
    check_eq((good["name"], "error" in good), ("good", False))
    check_in("trustpoint 'bad'", got.stderr)
    got = env.cli("pki", "show", ok=False)
    check_eq(got.returncode, 1)
    check_in("bad cannot be used", got.stdout)
    check_in("CN=web", got.stdout)
    got = env.cli("-j", "pki", "show", "bad", ok=False)
    check_eq((got.returncode, json.loads(got.stdout)), (1, [bad]))
    check_in("trustpoint 'bad'", got.stderr)
    got = env.cli("pki", "show", "bad", ok=False)
    check_eq((got.returncode, got.stdout), (1, "bad cannot be used\n"))


def test_show_odd_subject(env):
    """Names may hold anything: JSON stays JSON, text stays printable."""
    env.issue("odd", extra=(
        "-utf8", "-subj", "/CN=wéb\x1b[2J\"quoted\"/O=a\tb", "-addext",
        "subjectAltName=DNS:a\x1bb.test"))
    env.load("odd")
    got, = env.show()
    check_in("wéb", got["subject"])
    text = env.cli("pki", "show").stdout
    check("\x1b" not in text and "\t" not in text, repr(text))


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


# what a terminal would obey, and the same with its bytes escaped
HIDDEN = [chr(c) for c in (*range(0x80, 0xa0), 0x61c, 0x200e, 0x200f,
                           *range(0x2028, 0x202f), *range(0x2066, 0x206a))]


def test_show_hidden(env):
    """Controls beyond ASCII, too: C1 and direction of text, where names show
    in any script.
    """
    name = "ä" + "".join(HIDDEN) + "ω"
    env.issue("hidden", extra=("-utf8", "-subj", f"/CN={name[:40]}/O=x"
                               f"{name[40:]}"))
    env.load("hidden", chain="hidden")
    got, = env.show()
    for shown in (got, got["chain"][0]):
        for char in name:
            check_in(char, shown["subject"])
    text = env.cli("pki", "show").stdout
    for char in HIDDEN:
        check(char not in text, f"U+{ord(char):04X} is in {text!a}")
        check_in("".join(f"\\{b:02X}" for b in char.encode()), text)
    check_in("ä", text)
    check_in("ω", text)


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


def test_chain_in_cert(env):
    """The certificate's file may have its issuers behind it."""
    env.join("full", "web", "inter", "root")
    env.load("full", "web")
    check_eq(env.show()[0]["chain-length"], 2)
    env.join("half", "web", "inter")
    env.load("half", "web", "root")
    check_eq(env.show()[0]["chain-length"], 2)


def test_all_in_one_file(env):
    """Key, certificate and text in one file, named twice."""
    env.write("one.pem", b"some text\n" + env.read("web.key") +
              env.read("web.pem") + env.read("inter.pem"))
    env.write("one.key", env.read("one.pem"))
    env.load("one")
    check_eq(env.show()[0]["chain-length"], 1)


@ktap.variants(("reversed", ("root", "inter")), ("gap", ("root",)),
               ("unrelated", ("other",)), ("twice", ("inter", "inter")),
               ("leaf", ("web", "inter")))
def test_chain_refused(env, _name, parts):
    env.issue("other", ca=True)
    env.join("wrong", *parts)
    env.refused("did not issue", "web", chain="wrong")


def test_chain_same_name(env):
    """An issuer of the right name with another key is not the issuer."""
    env.issue("inter2", ca=True, extra=(
        "-subj", "/O=test/CN=inter", "-addext",
        "basicConstraints=critical,CA:TRUE"))
    env.refused("did not issue", "web", chain="inter2")


def test_chain_empty(env):
    env.write("empty.pem", b"")
    env.refused("empty.pem: no certificate", "web", chain="empty")


def test_chain_long(env):
    env.join("long", *["root"] * 40)
    env.refused("more than 32 certificates", "web", chain="long")


@ktap.variants(("pkcs8", ("pkcs8", "-topk8", "-v2", "aes128")),
               ("traditional", ("ec", "-aes128")))
def test_key_encrypted(env, name, how):
    run("openssl", *how, "-in", env.path("web.key"), "-passout", "pass:test",
        "-out", env.path(f"enc-{name}.key"))
    env.refused("the private key is encrypted; decrypt it first", "web",
                f"enc-{name}", stdin=subprocess.DEVNULL)


@ktap.variants(("ec", ("ec",)), ("rsa", ("rsa", "-traditional")))
def test_key_traditional(env, name, how):
    kind = "p256" if name == "ec" else "rsa"
    env.issue(f"trad-{kind}", kind)
    run("openssl", *how, "-in", env.path(f"trad-{kind}.key"), "-out",
        env.path(f"old-{kind}.key"))
    env.load(f"trad-{kind}", f"old-{kind}")


def test_key_of_another(env):
    env.refused("not that of the certificate", "web", "root")


def test_key_other_type(env):
    env.issue("leaf-rsa", "rsa", by="inter")
    env.refused("not that of the certificate", "web", "leaf-rsa")


@ktap.variants(
    ("der", lambda e: ssl.PEM_cert_to_DER_cert(e.read("web.pem").decode()),
     "no certificate in it"),
    ("empty", lambda e: b"", "no certificate in it"),
    ("text", lambda e: b"hello\n", "no certificate in it"),
    ("key", lambda e: e.read("web.key"), "no certificate in it"),
    ("cut", lambda e: e.read("web.pem")[:300], "cannot be parsed"),
    ("garbage", lambda e: b"-----BEGIN CERTIFICATE-----\nAAAA\n"
     b"-----END CERTIFICATE-----\n", "certificate 1 cannot be parsed"),
    ("second", lambda e: e.read("web.pem") + e.read("inter.pem")[:300],
     "certificate 2 cannot be parsed"),
    ("big", lambda e: e.read("web.pem") + b"x" * (1 << 20), "longer than"))
def test_cert_refused(env, name, data, word):
    env.write(f"c-{name}.pem", data(env))
    env.refused(word, f"c-{name}", "web")
    env.refused(f"c-{name}.pem", f"c-{name}", "web")


@ktap.variants(
    ("empty", lambda e: b"", "no private key in it"),
    ("cert", lambda e: e.read("web.pem"), "no private key in it"),
    ("public", lambda e: run("openssl", "pkey", "-in", e.path("web.key"),
                             "-pubout").stdout.encode(),
     "no private key in it"),
    ("cut", lambda e: e.read("web.key")[:100], "cannot be parsed"),
    ("garbage", lambda e: b"-----BEGIN PRIVATE KEY-----\nAAAA\n"
     b"-----END PRIVATE KEY-----\n", "cannot be parsed"))
def test_key_file_refused(env, name, data, word):
    env.write(f"k-{name}.key", data(env))
    env.refused(word, "web", f"k-{name}")


def test_files_missing(env):
    env.refused("nothing.pem: No such file", "nothing", "web")
    env.refused("nothing.key: No such file", "web", "nothing")
    env.refused("nothing.pem: No such file", "web", chain="nothing")
    os.makedirs(env.path("folder.pem"), exist_ok=True)
    env.refused("folder.pem: Is a directory", "folder", "web")


@ktap.variants(
    ("expired", ("-not_before", "20200101000000Z", "-not_after",
                 "20210101000000Z"), "the certificate has expired"),
    ("future", ("-not_before", "20990101000000Z", "-not_after",
                "20991231000000Z"), "not valid yet"),
    ("usage", ("-addext", "extendedKeyUsage=clientAuth"),
     "does not allow TLS servers"))
def test_warning(env, name, extra, word):
    """Odd, but the operator's decision: imported with a warning."""
    env.issue(f"warn-{name}", extra=extra)
    got = env.load(f"warn-{name}")
    check_in("tlsvip: warning: ", got.stderr)
    check_in(word, got.stderr)
    shown, = env.show()
    check_eq(shown["expired"], name == "expired")
    if name == "expired":
        check(shown["expires-in"] < 0, shown)
        check_in("expired ", env.cli("pki", "show").stdout)


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
    ktap.run(globals(), Env)
