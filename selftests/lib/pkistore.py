# SPDX-License-Identifier: GPL-2.0-or-later
"""A store that "tlsvip pki" fills, and certificates and keys of many kinds.

Files and commands only: no module, no daemon, no network namespace.
"""

import json
import os
import shutil
import subprocess
import tempfile

from . import ktap
from .ktap import check, check_eq, check_in

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


class PkiStore:
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
