#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# san: the sanitized CLI must see the kernel's real answers
# user: words of the CLI; cli.py is for every kernel
"""Policies through the CLI: what is typed is what the kernel has, what is shown
can be typed again.

What a policy does to requests is in headers.py.
"""

import itertools
import json
import os
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.cli import CliAppliance
from lib.ktap import check_eq, check_in
from lib.process import Bkg, cmd, workdir
from lib.topology import SERVER4, VIP4
from lib.ynl import Ynl

# all that -j shows, in this order
PLAIN = {"kind": "http-header", "name": "h1", "context": "red",
         "client-ip-port": False, "session": False, "session-once": False,
         "forwarded": False, "x-forwarded": False, "client-cert": "none",
         "client-cert-first": False, "subject-name": False,
         "rfc9440": False, "rfc9440-chain": False, "prefix": "",
         "spoof": "strip", "custom": [], "alias": [], "protect": [],
         "head-max": 65536, "line-max": 16384, "fields-max": 128,
         "name-max": 256, "ext-max": 256, "trailer-max": 8192,
         "records-max": 1024, "crlf-max": 2, "head-timeout": 30000,
         "users": 0}
HEAD = "http-header h1 context red"
STANDARD = ("Client-IP", "Client-Port", "Session-Id", "Session-Cipher-Name",
            "Session-Cipher-Key-Size", "Session-Cipher-Use-Size",
            "Session-Step-Up", "Session-Initial-Cipher-Name",
            "Session-Initial-Cipher-Key-Size",
            "Session-Initial-Cipher-Use-Size", "Forwarded",
            "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port",
            *(f"ClientCert-{name}" for name in (
                "Valid", "Error", "Fingerprint", "Subject-CN", "Issuer-CN",
                "Certificate-Version", "Serial-Number",
                "Data-Signature-Algorithm", "Subject", "Issuer", "Not-Before",
                "Not-After", "Public-Key-Algorithm", "RSA-Public-Key-Size",
                "RSA-Modulus-Size", "RSA-Modulus", "RSA-Exponent",
                "X509v3-Authority-Key-Identifier",
                "X509v3-Basic-Constraints", "Signature-Algorithm",
                "Signature", "X509v3-Key-Usage",
                "X509v3-Subject-Alternative-Name",
                "X509v3-CRL-Distribution-Points",
                "X509v3-Authority-Information-Access")),
            "Client-Cert", "Client-Cert-Chain")

# what is typed, what -j shows then, and how it looks as text
OPTIONS = [
    ("client-ip-port", "client-ip-port", {"client-ip-port": True}, ""),
    ("session", "session", {"session": True}, ""),
    ("session-always", "session always", {"session": True}, " session\n"),
    ("session-once", "session once",
     {"session": True, "session-once": True}, ""),
    ("forwarded", "forwarded", {"forwarded": True}, ""),
    ("x-forwarded", "x-forwarded", {"x-forwarded": True}, ""),
    ("client-cert", "client-cert", {"client-cert": "all"},
     " client-cert all\n"),
    ("client-cert-always", "client-cert always", {"client-cert": "all"},
     " client-cert all\n"),
    ("client-cert-first", "client-cert first subject-name",
     {"client-cert": "all", "client-cert-first": True, "subject-name": True},
     " client-cert all first subject-name\n"),
    ("client-cert-basic", "client-cert basic", {"client-cert": "basic"}, ""),
    ("client-cert-pem", "client-cert pem first",
     {"client-cert": "pem", "client-cert-first": True}, ""),
    ("client-cert-alias", "client-cert pem alias clientcert-pem Cert",
     {"client-cert": "pem",
      "alias": [{"name": "clientcert-pem", "alias": "Cert"}]},
     " client-cert pem\n    alias clientcert-pem Cert\n"),
    ("rfc9440", "subject-name rfc9440",
     {"subject-name": True, "rfc9440": True}, " subject-name rfc9440\n"),
    ("rfc9440-chain", "rfc9440 chain",
     {"rfc9440": True, "rfc9440-chain": True}, ""),
    ("custom", "custom 'X-A: 1' custom X-B:2",
     {"custom": ["X-A: 1", "X-B:2"]},
     '\n    custom "X-A: 1"\n    custom "X-B:2"\n'),
    ("prefix", "session prefix SSL", {"session": True, "prefix": "SSL"}, ""),
    ("prefix-marks", "session prefix \"#'a\"",
     {"session": True, "prefix": "#'a"}, " session prefix \"#'a\"\n"),
    ("alias", "client-ip-port alias client-ip X-Real-IP alias Client-Port "
     "'`p`'",
     {"client-ip-port": True,
      "alias": [{"name": "client-ip", "alias": "X-Real-IP"},
                {"name": "Client-Port", "alias": "`p`"}]},
     " client-ip-port\n    alias client-ip X-Real-IP\n"
     "    alias Client-Port '`p`'\n"),
    ("protect", "protect X-User protect '$HOME' protect 'X-*'",
     {"protect": ["X-User", "$HOME", "X-*"]},
     "\n    protect X-User\n    protect '$HOME'\n    protect \"X-*\"\n"),
    ("spoof-strip", "session spoof strip", {"session": True}, " session\n"),
    ("spoof-reject", "session spoof reject",
     {"session": True, "spoof": "reject"}, ""),
    ("ext-max", "session ext-max 0", {"session": True, "ext-max": 0},
     " session\n    ext-max 0\n"),
    ("limits-least", "session head-max 256 line-max 64 fields-max 1 "
     "name-max 16 ext-max 0 trailer-max 2 records-max 1 crlf-max 0 "
     "head-timeout 100ms",
     {"session": True, "head-max": 256, "line-max": 64, "fields-max": 1,
      "name-max": 16, "ext-max": 0, "trailer-max": 2, "records-max": 1,
      "crlf-max": 0, "head-timeout": 100},
     " session\n    head-max 256 line-max 64 fields-max 1 name-max 16 "
     "ext-max 0 trailer-max 2 records-max 1 crlf-max 0 head-timeout "
     "100ms\n"),
    ("limits-most", "session head-max 1048576 line-max 1048576 "
     "fields-max 10000 name-max 1024 ext-max 65536 trailer-max 1048576 "
     "records-max 1048576 crlf-max 16 head-timeout 1h",
     {"session": True, "head-max": 1048576, "line-max": 1048576,
      "fields-max": 10000, "name-max": 1024, "ext-max": 65536,
      "trailer-max": 1048576, "records-max": 1048576, "crlf-max": 16,
      "head-timeout": 3600000},
     " session\n    head-max 1048576 line-max 1048576 fields-max 10000 "
     "name-max 1024 ext-max 65536 trailer-max 1048576 records-max 1048576 "
     "crlf-max 16 head-timeout 1h\n"),
    ("limits-default", "session head-max 65536 line-max 16384 fields-max 128 "
     "name-max 256 ext-max 256 trailer-max 8192 records-max 1024 crlf-max 2 "
     "head-timeout 30s", {"session": True},
     " session\n"),
    ("all", "head-timeout 1500ms crlf-max 1 records-max 10 trailer-max 9 ext-max 8 name-max 77 fields-max 6 line-max 555 "
     "head-max 4444 spoof reject protect X-P alias Client-IP IP prefix P "
     "custom X-C:c x-forwarded forwarded rfc9440 chain subject-name "
     "client-cert basic first session once client-ip-port",
     {"client-ip-port": True, "session": True, "session-once": True,
      "forwarded": True, "x-forwarded": True, "client-cert": "basic",
      "client-cert-first": True, "subject-name": True, "rfc9440": True,
      "rfc9440-chain": True, "custom": ["X-C:c"],
      "prefix": "P", "alias": [{"name": "Client-IP", "alias": "IP"}],
      "protect": ["X-P"], "spoof": "reject", "head-max": 4444,
      "line-max": 555, "fields-max": 6, "name-max": 77, "ext-max": 8,
      "trailer-max": 9, "records-max": 10, "crlf-max": 1,
      "head-timeout": 1500},
     " client-ip-port session once forwarded x-forwarded client-cert basic "
     "first subject-name rfc9440 chain prefix P spoof "
     'reject\n    custom "X-C:c"\n    alias Client-IP IP\n    protect X-P\n'
     "    head-max 4444 line-max 555 fields-max 6 name-max 77 ext-max 8 "
     "trailer-max 9 records-max 10 crlf-max 1 head-timeout 1500ms\n"),
]

# values that a shell, a batch or a printer might take for something else
LINES = ['X-Q: "quoted"', "X-S: 'single'", "X-M: \"it's\" 'a \"b\"'",
         "X-B: a\\b\\\\c\\\"d\\", "X-T: a\tb", "X-W:   spaces   ",
         "X-D: $HOME ${x} $(id) `id` $", "X-H: # no comment", "X-E: !! !$",
         "X-F: 100%s %n %%", "X-G: *?[a]~{b,c}", "X-P: a;b&c|d<e>f(g)",
         "X-C: a:b, c=d; e=\"f g\"", "X-Z:z", "X-0: 0 ", "X-N: \\n\\0\\x41"]


class Env(CliAppliance):
    """Also what the kernel has, read without the CLI."""

    leaks = False
    NGINX_EXTRA = ("location = /q { return 200 '$http_x_q|$http_x_w|"
                   "$http_x_d'; }")

    def add(self, words, name="h1"):
        """Words as a batch takes them."""
        return self.batch(f"policy http-header add {name} context red "
                          f"{words}\n")

    def show(self, name="h1"):
        got, = self.json("policy", "http-header", "show", name)
        return got

    def text(self, name="h1", *options):
        return self.tlsvip(*options, "policy", "http-header", "show",
                           name).out

    def raw(self, name="h1"):
        with Ynl(self.box) as nl:
            return nl.do("policy-get", context="red", name=name,
                         kind="http-header")

    def monitor(self, *options):
        """A monitor that has joined: only what changes is notified."""
        mon = Bkg("tlsvip", *options, "monitor", "config", ns=self.box)
        ktap.defer(mon.stop)
        tries = itertools.count(9)

        def heard():
            self.run(f"context set red maxconns {next(tries)}")
            return "maxconns" in mon.output()
        ktap.wait_for(heard, "the monitor listening")
        return mon

    def shown(self, lines, name="h1"):
        """What -j shows of the policy after each line of a batch."""
        got = self.tlsvip("-j", "-b", "-", data="".join(
            f"{line}\npolicy http-header show {name}\n" for line in lines))
        return [json.loads(line)[0] for line in got.out.splitlines()]

    def again(self, text, want):
        """The words that show printed, typed in a batch and in a shell."""
        words = " ".join(text.splitlines()).replace(HEAD, "", 1)
        line = f"policy http-header add again context red {words}"
        want = {**want, "name": "again"}
        check_eq(self.shown([line], "again"), [want], "typed in a batch")
        self.forget()
        path = os.path.join(workdir(), "typed")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"set -H\nset -o history\ntlsvip {line}\n")
        cmd("bash", path, ns=self.box)
        check_eq(self.show("again"), want, "typed in a shell")

    def forget(self):
        self.run("policy http-header delete again context red")


@ktap.variants(*OPTIONS)
def test_option(env, _name, words, shown, text):
    """Each option: JSON, text, text typed again, and gone by set."""
    env.add_red()
    want = {**PLAIN, **shown}
    other = {**PLAIN, "forwarded": True, "spoof": "reject"}
    got = env.shown([f"policy http-header add h1 context red {words}",
                     "policy http-header set h1 context red forwarded "
                     "spoof reject",
                     f"policy http-header set h1 context red {words}"])
    check_eq(got, [want, other, want])
    check_eq(list(got[0]), list(PLAIN), "keys and their order")
    check_eq(env.text(), HEAD + (text or f" {words}\n"))
    env.again(env.text(), want)


def test_no_leaks(env):
    """What the other cases do, by processes that look for leaks."""
    env.leaks = True
    ktap.defer(setattr, env, "leaks", False)
    env.add_red()
    env.add("session", "h1")
    env.batch("".join(
        f"policy http-header set h1 context red {words}\n"
        f"policy http-header add again context red {words}\n"
        "policy http-header show\npolicy http-header delete again context red\n"
        for _name, words, *_ in OPTIONS))
    env.add(" ".join(f"custom {shlex.quote(line)}" for line in LINES), "all")
    env.text("all", "-s")
    env.show("all")
    env.refused("policy http-header add h1 context red session".split(),
                "h1")


def test_show(env):
    """One policy, those of a context, all; -s has all limits and users."""
    env.web()
    want = {**PLAIN, "client-ip-port": True, "session": True,
            "custom": ["X-Via: tlsvip"], "users": 1}
    for args in (("policy", "show"), ("policy", "show", "context", "red"),
                 ("policy", "http-header", "show"),
                 ("policy", "http-header", "show", "h1"),
                 ("policy", "http-header", "show", "h1", "context", "red"),
                 ("policy", "http-header", "show", "context", "red")):
        check_eq(env.json(*args), [want], str(args))
        check_eq(env.tlsvip(*args).out, f"{HEAD} client-ip-port session\n"
                 '    custom "X-Via: tlsvip"\n', str(args))
    check_eq(env.text("h1", "-s"), f"{HEAD} client-ip-port session\n"
             '    custom "X-Via: tlsvip"\n'
             "    head-max 65536 line-max 16384 fields-max 128 name-max 256 "
             "ext-max 256 trailer-max 8192 records-max 1024 crlf-max 2 "
             "head-timeout 30s\n    users 1\n")
    check_eq(env.json("-s", "policy", "show"), [want])


def test_bytes(env):
    """Batch file, kernel, show, batch: byte for byte, and so to the server."""
    env.add_red()
    env.add(" ".join(f"custom {shlex.quote(line)}" for line in LINES))
    check_eq(env.raw()["custom"], LINES, "in the kernel")
    env.again(env.text(), {**PLAIN, "custom": LINES})
    check_eq(env.raw("again")["custom"], LINES, "in the kernel again")
    check_eq(env.text("again").replace("again", "h1"), env.text())
    env.run(f"service add web context red vip {VIP4}:443 server {SERVER4}:80 "
            "trustpoint web policy http-header again inservice")
    check_eq(env.curl(f"https://{VIP4}/q").out,
             '"quoted"|spaces|$HOME ${x} $(id) `id` $')


def test_quotes_are_not_sent(env):
    """However a word is quoted, the quotes stay here (CSCsj13234)."""
    env.add_red()
    for words in ('custom "X-A: a b"', "custom 'X-A: a b'",
                  'custom X-A:" "a\' \'b', "custom X-A:\\ a\\ b"):
        env.add(words, "again")
        check_eq(env.raw("again")["custom"], ["X-A: a b"], words)
        env.forget()
    env.add('client-ip-port prefix "P" alias "Client-IP" \'IP\' '
            'protect "X-P"')
    got = env.raw()
    check_eq((got["prefix"], got["alias"], got["protect"]),
             ("P", [{"name": "Client-IP", "alias": "IP"}], ["X-P"]))


def full(prefix="P" * 32):
    """Words for the most and longest of everything, and what -j shows."""
    want = {**PLAIN, "name": "n" * 63, "client-ip-port": True,
            "session": True, "forwarded": True, "x-forwarded": True,
            "client-cert": "all", "client-cert-first": True,
            "subject-name": True, "rfc9440": True, "rfc9440-chain": True,
            "prefix": prefix, "spoof": "reject",
            "custom": [f"X-{n:02}: " + "v" * 233 for n in range(16)],
            "alias": [{"name": name, "alias": f"{n:02}" + "a" * 62}
                      for n, name in enumerate(STANDARD)],
            "protect": [f"{n:02}" + "p" * 62 for n in range(16)]}
    words = ("client-ip-port session forwarded x-forwarded client-cert first "
             f"subject-name rfc9440 chain prefix {prefix} spoof reject")
    for line in want["custom"]:
        words += f' custom "{line}"'
    for alias in want["alias"]:
        words += f" alias {alias['name']} {alias['alias']}"
    for name in want["protect"]:
        words += f" protect {name}"
    return words, want


def test_full(env):
    """Of everything the most: one reply, one dump, one notification."""
    env.add_red()
    mon = env.monitor("-j")
    words, want = full()
    env.add(words, want["name"])
    check_eq(env.show(want["name"]), want)
    env.batch("".join(f"policy http-header add p{n} context red {words}\n"
                      for n in range(40)))
    check_eq(env.json("policy", "show"),
             [want] + [{**want, "name": f"p{n}"} for n in range(40)])

    def lines():
        return mon.output().rpartition("\n")[0].splitlines()
    ktap.wait_for(lambda: '"p39"' in lines()[-1], "the last notification")
    events = [json.loads(line) for line in lines() if '"policy"' in line]
    check_eq(events[0], {"event": "created", "object": "policy", **want})
    check_eq(len(events), 41)
    env.run("policy http-header set p0 context red session once spoof reject")
    ktap.wait_for(lambda: '"changed","object":"policy"' in lines()[-1],
                  "the change")
    check_eq(json.loads(lines()[-1]),
             {"event": "changed", "object": "policy", **PLAIN, "name": "p0",
              "session": True, "session-once": True, "spoof": "reject"})


def test_monitor_text(env):
    """A notification is the lines of show behind what happened."""
    env.add_red()
    mon = env.monitor()
    env.add("session once custom 'X: $y' protect P ext-max 0")
    text = env.text()
    ktap.wait_for(lambda: f"created policy {text}" in mon.output(),
                  f"'created policy {text}'")


def test_not_utf8(env):
    """Only ASCII can be inserted, and that is said."""
    env.add_red()
    env.refused(["policy", "http-header", "add", "h1", "context", "red",
                 "custom", os.fsdecode(b"X-A: caf\xe9")],
                "custom line 1: byte 0xe9 in the value")


REFUSED = [
    ("add old session", "old exists"),
    ("add h1 context nope session", "there is no context nope"),
    ("set nope session", "policy nope"),
    ("delete nope", "policy nope"),
    ("delete old", "in use by 1 service"),
    ("show nope", "policy nope"),
    ("add h1", "inserts and protects nothing"),
    ("add h1 prefix SSL", "protects nothing"),
    ("add h1 custom Host:x", "Host"),
    ("add h1 custom X/Y:1", "custom line 1: byte 0x2f"),
    ("add h1 custom X-A:1 custom x_a:2", "x_a"),
    ("add h1 session prefix Content", "prefix"),
    ("add h1 session alias Nope X", "Nope"),
    ("add h1 session alias Client-IP X", "Client-IP"),
    ("add h1 custom X-A:1 alias X-A X", "X-A"),
    ("add h1 session alias Session-Id X alias session-id Y",
     "session-id"),
    ("add h1 client-ip-port alias Client-IP X "
     "alias Client-Port x", "two lines with the name"),
    ("add h1 client-ip-port alias Client-IP Host", "Host"),
    ("add h1 protect Transfer_Encoding", "protect"),
    ("add h1 session prefix Keep", "prefix: Keep-Alive belongs to HTTP"),
    ("add h1 session prefix Proxy", "prefix: Proxy-"),
    ("add h1 protect Content-*", "Content-Length belongs to HTTP"),
    ("add h1 protect t*", "TE belongs to HTTP"),
    ("add h1 protect *", "protect: no name"),
    ("add h1 " + " ".join(f"protect P{n}*" for n in range(12)),
     "too many names with P11*"),
    ("add h1 client-cert x-forwarded prefix A " +
     " ".join(f"protect P{n}*" for n in range(9)),
     "too many names with P8*"),
    ("add h1 session subject-name",
     "subject-name goes with client-cert or rfc9440"),
    ("add h1 client-cert prefix Client-Cert alias ClientCert-PEM X",
     "no option of the policy inserts ClientCert-PEM"),
    ("add h1 client-cert custom ClientCert-Subject:x",
     "two lines with the name"),
    ("add h1 session head-max 255",
     "head-max: integer out of range, expected 256 to 1048576 bytes"),
    ("add h1 session head-max 1048577", "head-max: integer"),
    ("add h1 session head-max 9999",
     "line-max (16384, the default) is above head-max (9999)"),
    ("add h1 session line-max 65537",
     "line-max (65537) is above head-max (65536, the default)"),
    ("add h1 session line-max 999 head-max 998",
     "line-max (999) is above head-max (998)"),
    ("add h1 session line-max 63",
     "line-max: integer out of range, expected 64 to 1048576 bytes"),
    ("add h1 session fields-max 0",
     "fields-max: integer out of range, expected 1 to 10000 fields"),
    ("add h1 session name-max 1025",
     "name-max: integer out of range, expected 16 to 1024 bytes"),
    ("add h1 session ext-max 65537",
     "ext-max: integer out of range, expected 0 to 65536 bytes"),
    ("add h1 session trailer-max 1",
     "trailer-max: integer out of range, expected 2 to 1048576 bytes"),
    ("add h1 session records-max 0",
     "records-max: integer out of range, expected 1 to 1048576 records"),
    ("add h1 session crlf-max 17",
     "crlf-max: integer out of range, expected 0 to 16 empty lines"),
    ("add h1 session head-timeout 99ms",
     "head-timeout: integer out of range, expected 100 to 3600000 "
     "milliseconds"),
]


def test_refused(env):
    """The kernel's words; nothing is left of what it refused."""
    env.add_red()
    env.add("session", "old")
    env.run(f"service add web context red vip {VIP4}:443 server {SERVER4}:80 "
            "trustpoint web policy http-header old inservice")
    before = env.json("policy", "show")
    for line, words in REFUSED:
        args = ["policy", "http-header", *line.split()]
        if "context" not in args:
            args[4:4] = ["context", "red"]
        check_in(f"tlsvip: policy http-header {args[2]}: ",
                 env.refused(args, words))
    env.refused(["-j", *args], words)
    check_eq(env.json("policy", "show"), before)


if __name__ == "__main__":
    ktap.run(globals(), Env)
