#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What "make install" leaves: every file where Debian looks for it, and good for
what it is there for. This VM's files were put there by it.
"""

import filecmp
import os
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "selftests"))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check, check_eq, check_in
from lib.process import cmd

MAN = os.path.join(TOP, "Documentation", "man")
FILES = (
    ("userspace/systemd/tlsvipd.service", "lib/systemd/system"),
    ("userspace/systemd/modules-load.d/tlsvip.conf", "lib/modules-load.d"),
    ("userspace/systemd/sysusers.d/tlsvipd.conf", "lib/sysusers.d"),
    ("tools/bash-completion/tlsvip", "share/bash-completion/completions"),
)


def words(path):
    """A configuration file's lines without its comments."""
    with open(path, encoding="ascii") as file:
        return [line.strip() for line in file
                if line.strip() and line[0] not in "#;"]


@ktap.variants(*[(os.path.basename(to), src, to) for src, to in FILES])
def test_file(_name, src, to):
    got = os.path.join("/usr", to, os.path.basename(src))
    check(filecmp.cmp(os.path.join(TOP, src), got, shallow=False), got)
    check_eq(os.stat(got).st_mode & 0o7777, 0o644)


def test_nothing_left_out():
    """Whatever else is beside those is installed, or is missing in FILES."""
    have = [os.path.relpath(os.path.join(folder, name), TOP)
            for top in ("userspace/systemd", "tools/bash-completion")
            for folder, _dirs, names in os.walk(os.path.join(TOP, top))
            for name in names]
    check_eq(sorted(have), sorted(src for src, _to in FILES))


@ktap.variants(("tlsvip",), ("tlsvipd",))
def test_program(name):
    path = f"/usr/sbin/{name}"
    check_eq(os.stat(path).st_mode & 0o7777, 0o755)
    check_in(f"Usage: {name} ", cmd(path, "--help").out)


def test_modules_load():
    check_eq(words("/usr/lib/modules-load.d/tlsvip.conf"), ["tlsvip"])


def test_module():
    """modprobe finds it, what it is linked with, and what it only hopes for."""
    check_eq(cmd("modinfo", "-F", "softdep", "tlsvip").out.split(),
             ["pre:", "tls", "aesni_intel"])
    check_eq(cmd("modinfo", "-F", "license", "tlsvip").out.strip(), "GPL")
    cmd("modprobe", "tlsvip")
    check(os.path.isdir("/sys/module/tlsvip"), "no tlsvip")
    # which is there too where kernel TLS is no module, as on the debug kernel
    check(os.path.exists("/proc/net/tls_stat"), "no tls")


@ktap.variants(*[(name,) for name in sorted(os.listdir(MAN))])
def test_man(name):
    """Installed in its section, and without an error."""
    got = f"/usr/share/man/man{name[-1]}/{name}"
    check(filecmp.cmp(os.path.join(MAN, name), got, shallow=False), got)
    cmd("mandoc", "-T", "lint", "-W", "error", got)


if __name__ == "__main__":
    ktap.run(globals())
