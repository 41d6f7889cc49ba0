#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# san: the sanitized CLI must see the kernel's real answers
# user: words of the CLI; cli.py is for every kernel
"""url-rewrite policies through the CLI: what is typed is what the kernel has,
what is shown can be typed again; refusals in words.

What a policy does to responses is in rewrite.py.
"""

import itertools
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.cli import CliAppliance
from lib.ktap import check_eq, check_in, check_raises
from lib.process import Bkg, cmd, workdir
from lib.ynl import NlError, Ynl

HEAD = "url-rewrite u1 context red"


def url(host, clearport=80, sslport=443):
    return {"host": host, "clearport": clearport, "sslport": sslport}


# what is typed, what -j shows then, how it looks as text if not as typed
OPTIONS = [
    ("exact", "url www.example.com", [url("www.example.com")],
     "url www.example.com"),
    ("capitals", "url WWW.Example.COM", [url("www.example.com")],
     "url www.example.com"),
    ("suffix", "url '*.example.com'", [url("*.example.com")],
     'url "*.example.com"'),
    ("prefix", "url 'www.*'", [url("www.*")], 'url "www.*"'),
    ("any", "url '*'", [url("*")], 'url "*"'),
    ("address", "url '[2001:DB8::1]' url 192.0.2.1",
     [url("[2001:db8::1]"), url("192.0.2.1")],
     'url "[2001:db8::1]"\n    url 192.0.2.1'),
    ("ports", "url a sslport 8443 clearport 8080 url a clearport 81 "
     "url a sslport 65535",
     [url("a", 8080, 8443), url("a", 81), url("a", 80, 65535)],
     "url a clearport 8080 sslport 8443\n    url a clearport 81\n"
     "    url a sslport 65535"),
    ("default-ports", "url a clearport 80 sslport 443", [url("a")], "url a"),
    ("odd-names", "url a_b-c.~d url a. url '*.b.' url 'c.*' url url",
     [url("a_b-c.~d"), url("a."), url("*.b."), url("c.*"), url("url")],
     'url "a_b-c.~d"\n    url a.\n    url "*.b."\n    url "c.*"\n    url url'),
]


class Env(CliAppliance):
    NGINX = False
    leaks = False

    def add(self, words, name="u1", command="add"):
        """Words as a batch takes them."""
        return self.batch(f"policy url-rewrite {command} {name} context red "
                          f"{words}\n")

    def show(self, name="u1"):
        got, = self.json("policy", "url-rewrite", "show", name)
        return got

    def monitor(self):
        """A monitor that has joined: only what changes is notified."""
        mon = Bkg("tlsvip", "-j", "monitor", "config", ns=self.box)
        ktap.defer(mon.stop)
        tries = itertools.count(9)

        def heard():
            self.run(f"context set red maxconns {next(tries)}")
            return "maxconns" in mon.output()
        ktap.wait_for(heard, "the monitor listening")
        return mon


def policy(rules, name="u1", users=0):
    """All that -j shows, in this order."""
    return {"kind": "url-rewrite", "name": name, "context": "red",
            "url": rules, "users": users}


@ktap.variants(*OPTIONS)
def test_option(env, _name, words, rules, text):
    """Each form: JSON, text, text typed again in a batch and in a shell."""
    env.add_red()
    env.add(words)
    got = env.show()
    check_eq(got, policy(rules))
    check_eq(list(got), list(policy(rules)), "keys and their order")
    shown = env.tlsvip("policy", "url-rewrite", "show").out
    check_eq(shown, f"{HEAD}\n    {text}\n")
    line = " ".join(shown.splitlines()).replace(HEAD, "", 1)
    env.add(line, "again")
    check_eq(env.show("again"), policy(rules, "again"), "in a batch")
    path = os.path.join(workdir(), "typed")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"tlsvip policy url-rewrite add shell context red {line}\n")
    cmd("bash", path, ns=env.box)
    check_eq(env.show("shell"), policy(rules, "shell"), "in a shell")


def test_no_leaks(env):
    """What the other cases do, by processes that look for leaks."""
    env.leaks = True
    ktap.defer(setattr, env, "leaks", False)
    env.add_red()
    env.add("url a")
    env.batch("".join(
        f"policy url-rewrite set u1 context red {words}\n"
        f"policy url-rewrite add again context red {words}\n"
        "policy url-rewrite show\npolicy url-rewrite delete again context red\n"
        for _name, words, *_ in OPTIONS))
    env.run("-s policy url-rewrite show u1")
    env.show()
    env.refused("policy url-rewrite add u1 context red url a".split(), "u1")


def test_both_kinds(env):
    """One name, two kinds; each is shown, used and removed by itself."""
    env.web()
    env.add("url a", "h1")
    header, = env.json("policy", "http-header", "show")
    rewrite = policy([url("a")], "h1")
    check_eq(env.json("policy", "show"), [header, rewrite])
    check_eq(env.json("policy", "url-rewrite", "show", "context", "red"),
             [rewrite])
    check_eq(env.json("policy", "url-rewrite", "show", "h1", "context",
                      "red"), [rewrite])

    def service():
        got, = env.json("service", "show", "web")
        return got["policy"]
    check_eq(service(), {"http-header": "h1"})
    env.run("service set web context red policy url-rewrite h1")
    check_eq(service(), {"http-header": "h1", "url-rewrite": "h1"})
    check_in(" policy http-header h1 policy url-rewrite h1\n",
             env.run("service show web").out)
    check_eq(env.show("h1")["users"], 1)
    check_in("    users 1\n", env.run("-s policy url-rewrite show h1").out)
    env.run("service set web context red no policy http-header")
    check_eq(service(), {"url-rewrite": "h1"})
    env.refused("policy url-rewrite delete h1 context red".split(),
                "in use by 1 service")
    env.run("policy http-header delete h1 context red")
    check_eq(env.json("policy", "show"), [{**rewrite, "users": 1}])
    env.run("service set web context red no policy url-rewrite")
    check_eq(service(), {})
    env.run("policy url-rewrite delete h1 context red")
    check_eq(env.json("policy", "show"), [])


def test_full(env):
    """The most and the longest: one reply, one dump, one notification."""
    env.add_red()
    mon = env.monitor()
    name = "n" * 63
    label = "h" * 63 + "."
    rules = [url(f"{n:03}." + label * 3 + "x" * 59, 60000 + n, 50000 + n)
             for n in range(32)]
    check_eq(len(rules[0]["host"]), 255)
    words = " ".join(f"url {r['host']} clearport {r['clearport']} sslport "
                     f"{r['sslport']}" for r in rules)
    env.add(words, name)
    check_eq(env.show(name), policy(rules, name))
    env.batch("".join(f"policy url-rewrite add p{n} context red {words}\n"
                      for n in range(20)))
    check_eq(env.json("policy", "show"), [policy(rules, name)] +
             [policy(rules, f"p{n}") for n in range(20)])
    env.run("policy url-rewrite set p0 context red url a")
    env.run("policy url-rewrite delete p0 context red")

    def events():
        lines = mon.output().rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in lines if '"policy"' in line]
    ktap.wait_for(lambda: len(events()) == 23, "all notifications")
    check_eq(events()[0],
             {"event": "created", "object": "policy", **policy(rules, name)})
    check_eq(events()[-2:],
             [{"event": what, "object": "policy", **policy([url("a")], "p0")}
              for what in ("changed", "deleted")])


REFUSED = [
    ("add old url a", "url-rewrite policy old exists"),
    ("add u1 context nope url a", "there is no context nope"),
    ("set nope url a", "there is no url-rewrite policy nope"),
    ("delete nope", "there is no url-rewrite policy nope"),
    ("show nope", "there is no url-rewrite policy nope"),
    ("set h1 url a", "there is no url-rewrite policy h1"),
    ("add u1", "the policy has no url"),
    ("add u1 url a url A", "url 2: a second rule for port 80 of A"),
    ("add u1 url *.a url *.A clearport 80 sslport 1",
     "url 2: a second rule for port 80 of *.A"),
    ("add u1 url a/b", "url 1: not a host, *.suffix, prefix.* or *: a/b"),
    ("add u1 url a url http://a", "url 2: not a host"),
    ("add u1 url *a", "url 1: not a host"),
    ("add u1 url a*", "url 1: not a host"),
    ("add u1 url a.*.b", "url 1: not a host"),
    ("add u1 url a..b", "url 1: not a host"),
    ("add u1 url .a", "url 1: not a host"),
    ("add u1 url 2001:db8::1", "url 1: not a host"),
    ("add u1 url [2001:db8::1", "url 1: not a host"),
    ("add u1 url a clearport 65536", "url 1: clearport 65536 is not a port"),
    ("add u1 url a url b sslport 4294967295",
     "url 2: sslport 4294967295 is not a port"),
]
MISUSED = [
    ("add u1 url", "url: nothing follows, expected a HOST"),
    ("add u1 url a clearport", "url a clearport: nothing follows"),
    ("add u1 url a sslport x", "url a sslport: 'x' is not a number"),
    ("add u1 url a clearport 0", "url a clearport: '0' is not a number"),
    ("add u1 url a clearport 1 clearport 2",
     "url a clearport: given twice"),
    ("add u1 url a b", "'b' is not known here, expected clearport, sslport"),
    ("add u1 session", "'session' is not known here, expected context or url"),
    ("add u1 url " + "a" * 256, "expected at most 255"),
    ("add u1 " + " ".join(f"url a{n}" for n in range(33)),
     "url a32: one too many, expected at most 32"),
]


def test_refused(env):
    """The kernel's words, and the CLI's; nothing is left of it."""
    env.add_red()
    env.add("url a", "old")
    env.run("policy http-header add h1 context red session")
    before = env.json("policy", "show")
    for table, status in ((REFUSED, 1), (MISUSED, 2)):
        for line, words in table:
            args = ["policy", "url-rewrite", *line.split()]
            if "context" not in args:
                args[4:4] = ["context", "red"]
            env.refused(args, words, status)
    check_eq(env.json("policy", "show"), before)


# attributes of policy-new, and the kernel's words
RAW = [
    ({"url": [{"clearport": 80}]}, "url 1: no host"),
    ({"url": [{"host": "a", "clearport": 0}]}, "url 1: clearport 0 is not"),
    ({"url": [{"host": "a"}, {"host": "b", "sslport": 65536}]},
     "url 2: sslport 65536 is not"),
    ({"url": [{"host": ""}]}, "url 1: not a host"),
    ({"url": [{"host": f"a{n}"} for n in range(33)]},
     "more than 32 url rules"),
    ({"url": [{"host": "a"}], "session": True},
     "not an option of a policy url-rewrite"),
    ({"url": [{"host": "a"}], "spoof": "strip"},
     "not an option of a policy url-rewrite"),
    ({"kind": "http-header", "session": True, "url": [{"host": "a"}]},
     "not an option of a policy http-header"),
]


def test_raw(env):
    """Requests that the CLI would not make."""
    env.add_red()
    with Ynl(env.box) as nl:
        for values, words in RAW:
            err = check_raises(NlError, nl.do, "policy-new", **{
                "context": "red", "name": "u1", "kind": "url-rewrite",
                **values})
            check_in(words, str(err))
        nl.do("policy-new", context="red", name="u1", kind="url-rewrite",
              url=[{"host": "a.*"}])
        got = nl.do("policy-get", context="red", name="u1",
                    kind="url-rewrite")
        check_eq(got["url"], [url("a.*")])
        err = check_raises(NlError, nl.do, "policy-set", context="red",
                           name="u1", kind="http-header", session=True)
        check_in("there is no http-header policy u1", str(err))
        err = check_raises(NlError, nl.do, "service-new", **{
            "context": "red", "name": "web", "url-rewrite": "nope"})
        check_in("there is no url-rewrite policy nope", str(err))
    check_eq(env.json("policy", "show"), [policy([url("a.*")])])


if __name__ == "__main__":
    ktap.run(globals(), Env)
