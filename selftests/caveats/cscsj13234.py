#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsj13234: behind an upgrade, inserted lines had the quotation marks of the
configuration's syntax in them.

Quotes that make a word out of several are not part of it, however they are
typed, and stay away when the configuration is printed, typed again, and typed
again into a module that has just been loaded. Quotes that are meant are there.
"""

import os
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import load_module
from lib.caveat import HDR, Caveat
from lib.ktap import check, check_eq
from lib.process import cmd, workdir
from lib.topology import CLIENT4, SERVER4, VIP4

TYPED = (('"X-A: a b"', "X-A: a b"), ("'X-B: a b'", "X-B: a b"),
         ('X-C:" "a\' \'b', "X-C: a b"), ("X-D:\\ a\\ b", "X-D: a b"),
         ("X-E:e", "X-E:e"))
# marks that are part of the line
MEANT = ('X-Q: "quoted"', "X-S: it's", "X-M: \"'\" '\"'", 'X-O: "',
         "X-P: a\\\"b", "X-R: $HOME `x`")
PLAIN = "http-header h1 context red session"
NAMES = ('http-header h1 context red client-ip-port prefix "SSL" '
         'alias "Client-IP" \'X-Real-IP\' protect "X-Secret"')


class Env(Caveat):
    """Each case makes its own policy."""

    SERVICES = False

    def add(self, policy):
        """A service with what is typed behind "tlsvip policy" and add."""
        ktap.defer(self.deconfigure)
        self.batch(f"context add red vrf vrf-red\n{added(policy)}\n"
                   f"service add hdr context red vip {VIP4}:9443 server "
                   f"{SERVER4}:8000 trustpoint web policy http-header h1 "
                   "inservice\n")

    def shown(self):
        return self.tlsvip("policy", "show").out

    def arrives(self, *headers):
        """The lines that a request has when it arrives."""
        srv = self.server()
        with self.client(addr=HDR) as client:
            client.request("/", headers=headers)
            msg = srv.accept().request()
        srv.close()
        self.wait_idle()
        return msg.lines

    def again(self, text, how):
        """What show has printed, typed where nothing is configured."""
        if how == "batch":
            self.add(text)
            return
        self.add(PLAIN)
        path = os.path.join(workdir(), "typed")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"tlsvip {added(text, 'set')}\n")
        cmd("bash", "-e", path, ns=self.box)


def added(text, verb="add"):
    """One line out of those of show, with the verb that they lack."""
    return "policy " + " ".join(text.splitlines()).replace(
        "http-header ", f"http-header {verb} ", 1)


def reload(env):
    """A new version of the module knows nothing of the old one."""
    env.stop_daemon()
    cmd("rmmod", "tlsvip")
    check(not os.path.isdir("/sys/module/tlsvip"), "the module is gone")
    load_module()
    env.start_daemon()


WORDS = [word for word, _ in TYPED] + [shlex.quote(line) for line in MEANT]
POLICY = PLAIN.replace("session", " ".join(f"custom {w}" for w in WORDS))
LINES = [line for _, line in TYPED] + list(MEANT)


def test_sent(env):
    """As they are typed first."""
    env.add(POLICY)
    check_eq(env.arrives()[:len(LINES)], LINES)


@ktap.variants("batch", "shell")
def test_typed_again(env, how):
    """What show prints makes the same lines, twice in a row."""
    env.add(POLICY)
    first = env.shown()
    for _ in range(2):
        shown = env.shown()
        env.deconfigure()
        env.again(shown, how)
        check_eq(env.shown(), first)
    check_eq(env.arrives()[:len(LINES)], LINES)


def test_module_reload(env):
    """The same in a module that has just been loaded."""
    env.add(POLICY)
    shown = env.shown()
    env.deconfigure()
    reload(env)
    env.again(shown, "batch")
    check_eq(env.shown(), shown)
    check_eq(env.arrives()[:len(LINES)], LINES)


@ktap.variants("typed", "again")
def test_names(env, how):
    """Prefix, alias and protected names are without quotes, too."""
    env.add(NAMES)
    if how == "again":
        shown = env.shown()
        env.deconfigure()
        env.again(shown, "batch")
        check_eq(env.shown(), shown)
    lines = env.arrives("X-Real-IP: 6", "SSL-Any: 6", "X-Secret: 6",
                        "X-Kept: 1")
    names = [line.partition(":")[0] for line in lines]
    check_eq(names, ["X-Real-IP", "SSL-Client-Port", "Host", "X-Kept"])
    check_eq(lines[0], f"X-Real-IP: {CLIENT4}")


if __name__ == "__main__":
    ktap.run(globals(), Env)
