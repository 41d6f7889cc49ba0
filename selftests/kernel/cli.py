#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# san: the sanitized CLI must see the kernel's real answers
"""The CLI against the module: every command, its JSON, its refusals, batches.

What the kernel decides is tested in config.py; wrong words without a kernel in
user/cli_usage.py; policies in cli_policy.py.
"""

import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import appliance, ktap
from lib.cli import CliAppliance
from lib.ktap import check, check_eq, check_in
from lib.process import Bkg, cmd
from lib.topology import SERVER4, VIP4, VIP6

NOBODY = ("setpriv", "--reuid", "65534", "--clear-groups")
DEFAULTS = {"handshake-timeout": 10000, "connect-timeout": 10000,
            "idle-timeout": 600000, "linger-timeout": 60000}


def test_context(env):
    got = env.run("context add red vrf vrf-red maxconns 70000")
    check_eq((got.out, got.err), ("", ""))
    env.run("context add main")
    ifindex, = (i["ifindex"] for i in json.loads(
        cmd("ip", "-j", "link", "show", "vrf-red", ns=env.box).out))
    red = {"name": "red", "vrf": "vrf-red", "maxconns": 70000,
           "oper-state": "up", "oper-reason": "none", "ifindex": ifindex,
           "services": 0, "conns": 0}
    main = {**red, "name": "main", "vrf": "", "maxconns": 65536, "ifindex": 0}
    check_eq(env.json("context", "show", "red"), [red])
    check_eq(sorted(env.json("context", "show"), key=lambda c: c["name"]),
             [main, red])
    check_eq(env.run("context show red").out,
             "red vrf vrf-red maxconns 70000 up\n")
    check_eq(env.run("context show main").out, "main maxconns 65536 up\n")
    env.run("context set red maxconns 5")
    check_eq(env.json("context", "show", "red"), [{**red, "maxconns": 5}])
    env.run("context delete main")
    check_eq([c["name"] for c in env.json("context", "show")], ["red"])


def test_context_down(env):
    """Why it is down is part of the line."""
    cmd("ip", "link", "add", "vrf-tmp", "type", "vrf", "table", "77",
        ns=env.box)
    env.run("context add tmp vrf vrf-tmp")
    cmd("ip", "link", "del", "vrf-tmp", ns=env.box)
    ktap.wait_for(lambda: env.json("context", "show", "tmp")[0]["oper-state"]
                  == "down", "the context being down")
    check_eq(env.json("context", "show", "tmp")[0]["oper-reason"],
             "vrf-missing")
    check_eq(env.run("context show tmp").out,
             "tmp vrf vrf-tmp maxconns 65536 down reason vrf-missing\n")


def test_trustpoint_missing(env):
    """Accepted, because it can come later, and said."""
    env.add_red()
    got = env.run(f"service add web context red vip {VIP4}:443 server "
                  f"{SERVER4}:80 trustpoint nokey")
    check_eq(got.err, "tlsvip: warning: service add: there is no trustpoint "
             f"nokey in {env.pki}, handshakes are refused until it is "
             "imported\n")
    for change in ("trustpoint web", "inservice"):
        check_eq(env.run(f"service set web context red {change}").err, "")
    got = env.batch("service set web context red trustpoint nokey\n" * 9)
    check_eq(len(got.err.splitlines()), 1, got.err)


def test_service(env):
    env.web()
    web = {"name": "web", "context": "red", "inservice": True,
           "oper-state": "up", "oper-reason": "none",
           "vip": {"address": VIP4, "port": 443},
           "server": {"address": SERVER4, "port": 80}, "trustpoint": "web",
           "policy": {"http-header": "h1"}, "proxy-protocol": "none",
           **DEFAULTS, "conns": 0}
    for args in (("service", "show"), ("service", "show", "web"),
                 ("service", "show", "context", "red"),
                 ("service", "show", "web", "context", "red")):
        check_eq(env.json(*args), [web], str(args))
    check_eq(env.run("service show").out,
             "web context red inservice up\n"
             f"    vip {VIP4}:443 server {SERVER4}:80 trustpoint web "
             "policy http-header h1\n"
             "    handshake-timeout 10s connect-timeout 10s idle-timeout 10m "
             "linger-timeout 1m\n")
    env.run("service set web context red no inservice no policy http-header")
    check_eq(env.json("service", "show"),
             [{**web, "inservice": False, "oper-state": "down",
               "oper-reason": "admin", "policy": {}}])
    env.run(f"service set web context red vip [{VIP6}]:8443 server "
            "[2001:db8::80]:81 trustpoint other policy http-header h1 "
            "handshake-timeout 500ms connect-timeout 90s idle-timeout 24h "
            "linger-timeout 5m inservice")
    check_eq(env.json("service", "show"),
             [{**web, "vip": {"address": VIP6, "port": 8443},
               "server": {"address": "2001:db8::80", "port": 81},
               "trustpoint": "other", "handshake-timeout": 500,
               "connect-timeout": 90000, "idle-timeout": 86400000,
               "linger-timeout": 300000}])
    text = env.run("service show").out
    check_in(f"vip [{VIP6}]:8443 server [2001:db8::80]:81 trustpoint other",
             text)
    check_in("handshake-timeout 500ms connect-timeout 90s idle-timeout 24h "
             "linger-timeout 5m", text)


def test_shown_words_are_accepted(env):
    """The second and third line of a service are the grammar itself."""
    env.web()
    text = env.run("service show web").out.splitlines()
    words = " ".join(text[1:])
    env.run("service delete web context red")
    env.run(f"service add web context red inservice {words}")
    check_eq(env.run("service show web").out.splitlines(), text)


def test_refusals(env):
    """The kernel's words, after the words of the command, once."""
    env.web()
    for line, words in (
            ("context add red", "context add: context red exists"),
            ("context add b vrf nope", "there is no device nope"),
            ("context set nope maxconns 5", "there is no context nope"),
            ("context delete nope", "there is no context nope"),
            ("context delete red", "the context has 1 services"),
            ("context show nope", "context show: there is no context nope"),
            ("service add web context red vip 10.0.0.9:443 server "
             "10.0.0.2:80 trustpoint web", "web"),
            (f"service add b context red vip {VIP4}:443 server 10.0.0.2:80 "
             "trustpoint web", "belong to service web"),
            ("service add b context nope vip 10.0.0.9:443 server "
             "10.0.0.2:80 trustpoint web", "there is no context nope"),
            ("service add b context red vip 10.0.0.9:443 server 10.0.0.2:80 "
             "trustpoint web policy http-header nope", "nope"),
            ("service add b context red vip 0.0.0.0:443 server 10.0.0.2:80 "
             "trustpoint web", "VIP"),
            ("service add b context red vip 10.0.0.9:443 server 10.0.0.2:80 "
             "trustpoint web idle-timeout 10ms",
             "idle-timeout: integer out of range, expected 100 to 86400000 "
             "milliseconds"),
            ("service set web context red vip 10.0.0.9:443",
             "cannot change while in service"),
            ("service set nope context red inservice", "service nope"),
            ("service delete nope context red", "there is no service nope"),
            ("service delete web context nope", "there is no context nope"),
            ("service show nope", "there is no service nope"),
            ("service show nope context red", "there is no service nope"),
            ("service show context nope", "there is no context nope"),
            ("conn show context nope", "there is no context nope"),
            ("conn show service nope", "there is no service nope"),
            ("conn show context red service nope",
             "there is no service nope"),
            ("stats show context nope", "there is no context nope"),
            ("stats show context red service nope",
             "there is no service nope")):
        for args in (line.split(), ["-j", *line.split()]):
            env.refused(args, words)


def test_not_permitted(env):
    """Reading needs no capability, writing does, and the message says so."""
    env.web()

    def user(*args):
        return cmd(*NOBODY, "tlsvip", *args, ns=env.box, check=False)
    for line in ("context add x", "context set red maxconns 5",
                 "context delete red", "stats clear",
                 "service delete web context red",
                 "policy http-header delete h1 context red"):
        got = user(*line.split())
        check_eq(got.rc, 1, line)
        check_in("not permitted, CAP_NET_ADMIN is needed", got.err)
    for line in ("context show", "service show", "policy show", "conn show",
                 "stats show"):
        got = user("-j", *line.split())
        check_eq((got.rc, got.err), (0, ""), line)
        json.loads(got.out)


def test_netns_option(env):
    """-n works from outside of the namespace, and only there."""
    env.add_red()
    name = env.box.name
    got = cmd("tlsvip", "-j", "-n", name, "context", "show")
    check_eq([c["name"] for c in json.loads(got.out)], ["red"])
    check_eq(json.loads(cmd("tlsvip", "-j", "context", "show").out), [])
    got = cmd("tlsvip", "-n", "no-such", "context", "show", check=False)
    check_eq(got.rc, 1)
    check_in("there is no network namespace 'no-such'", got.err)
    path = "/run/netns/not-one"
    with open(path, "w", encoding="ascii"):
        pass
    ktap.defer(os.unlink, path)
    got = cmd("tlsvip", "-n", "not-one", "context", "show", check=False)
    check_eq(got.rc, 1)
    check_in("is not a network namespace", got.err)


def test_batch(env):
    """A whole configuration, with comments and quotes, in one process."""
    env.batch(f"""\
# the tenant
context add red vrf vrf-red   # maxconns is the default
policy http-header add h1 context red custom "X-Via: a \\"b\\"" \
custom 'X-Two: # "no" comment'

service add web context red vip {VIP4}:443 server {SERVER4}:80 \
trustpoint web policy http-header h1 inservice\r
""")
    check_eq(env.json("policy", "show")[0]["custom"],
             ['X-Via: a "b"', 'X-Two: # "no" comment'])
    check_eq(env.json("service", "show")[0]["oper-state"], "up")


def test_batch_refused(env):
    """The first refusal ends it; what was done before stays."""
    got = env.batch("context add red vrf vrf-red\n\n"
                    "context add red vrf vrf-red\ncontext delete red\n",
                    check=False)
    check_eq(got.rc, 1)
    check_in("tlsvip: -:3: context add: context red exists", got.err)
    check_eq([c["name"] for c in env.json("context", "show")], ["red"])


def test_batch_misused(env):
    """So does the first word that is wrong."""
    got = env.batch("context add red vrf vrf-red\ncontext ad blue\n",
                    check=False)
    check_eq(got.rc, 2)
    check_in("tlsvip: -:2: context: 'ad' is not a command", got.err)
    check_eq([c["name"] for c in env.json("context", "show")], ["red"])


def test_batch_large(env):
    """One thousand services by one batch, shown by one dump."""
    many = 1000 // ktap.SCALE
    env.add_red()
    env.batch("".join(
        f"service add s{n} context red vip 10.{n // 250}.{n % 250}.9:443 "
        f"server {SERVER4}:80 trustpoint web inservice\n"
        for n in range(many)))
    got = env.json("service", "show", "context", "red")
    check_eq(sorted(s["name"] for s in got),
             sorted(f"s{n}" for n in range(many)))
    check_eq(len(env.run("service show").out.splitlines()), 3 * many)
    scopes = env.json("stats", "show", "all")
    check_eq(len(scopes), many + 2)
    env.batch("".join(f"service delete s{n} context red\n"
                      for n in range(many)))
    check_eq(env.json("service", "show"), [])


def test_batch_json(env):
    """In a batch each show is a JSON text of its own, on its own line."""
    env.add_red()
    got = env.tlsvip("-j", "-b", "-", data="context show\nservice show\n")
    lines = [json.loads(line) for line in got.out.splitlines()]
    check_eq([len(line) for line in lines], [1, 0])


def test_pretty(env):
    env.web()
    flat = env.tlsvip("-j", "service", "show").out
    pretty = env.tlsvip("-jp", "service", "show").out
    check_eq(json.loads(flat), json.loads(pretty))
    check_eq(len(flat.splitlines()), 1)
    check(len(pretty.splitlines()) > 10, pretty)


def test_conn(env):
    """A live connection in JSON and text."""
    env.web()
    with env.client() as client:
        client.get("/whoami")
        got, = env.json("conn", "show")
        check_eq(got.pop("client"), {"address": "10.10.0.2",
                                     "port": client.port})
        for name in ("c2s-bytes", "s2c-bytes"):
            check(got.pop(name) > 50, name)
        check(got.pop("id") > 0, "id")
        check(0 <= got.pop("idle") <= got.pop("age") < 120000, "times")
        check_eq(got, {"context": "red", "service": "web", "state": "relay",
                       "close-reason": "none",
                       "vip": {"address": VIP4, "port": 443},
                       "server": {"address": SERVER4, "port": 80},
                       "tls-version": "TLSv1.3",
                       "cipher": client.cipher[0], "resumed": False,
                       "requests": 1})
        text = env.run("-s conn show context red service web").out
        check(re.match(
            rf"\d+ context red service web relay\n"
            rf"    client 10.10.0.2:{client.port} vip {VIP4}:443 server "
            rf"{SERVER4}:80\n    TLSv1.3 {client.cipher[0]} age "
            rf"\d+\.\ds idle \d+\.\ds\n    c2s-bytes \d+ s2c-bytes \d+ "
            rf"requests 1\n$", text), text)
        check_eq(env.json("context", "show", "red")[0]["conns"], 1)
        check_eq(env.json("service", "show", "web")[0]["conns"], 1)
        check_eq(len(env.json("conn", "show", "service", "web")), 1)
        check_eq(len(env.json("conn", "show", "context", "red")), 1)
        env.refused(["conn", "show", "service", "nope"],
                    "there is no service nope")
        env.run("context add blue")
        check_eq(env.json("conn", "show", "context", "blue"), [])


def test_statistics_option(env):
    """-s adds the counters of the object to show."""
    env.web()
    with env.client() as client:
        client.get("/whoami")
        svc, = env.json("-s", "service", "show")
        check_eq(svc["counters"]["hdr.inserted"], 1)
        check("hdr.rejected" in svc["counters"], "zeros are in JSON")
        text = env.run("-s service show").out
        check(re.search(r"^    hdr.inserted +1$", text, re.M), text)
        check("hdr.rejected" not in text, "zeros are not in text")
        ctx, = env.json("-s", "context", "show", "red")
        check_eq(ctx["counters"]["hdr.inserted"], 1)


def test_stats(env):
    env.web()
    env.run("stats clear")
    with env.client() as client:
        client.get("/whoami")
        client.close_notify()
    env.wait_idle()
    for args, head in ((("stats", "show"), {"scope": "total"}),
                       (("stats", "show", "context", "red"),
                        {"scope": "context", "context": "red"}),
                       (("stats", "show", "context", "red", "service", "web"),
                        {"scope": "service", "context": "red",
                         "service": "web"})):
        got, = env.json(*args)
        check_eq({k: got[k] for k in ("scope", "context", "service")
                  if k in got}, head)
        check_eq(got["counters"]["hdr.requests"], 1, str(args))
        check_in("conn.alloc", got["running"])
        check("hdr.requests" not in got["running"], got["running"])
        check(got["cleared"] > 1600000000, got["cleared"])
        text = env.run(" ".join(args)).out
        check(re.search(r"^    hdr.requests +1$", text, re.M), text)
        check_in(" cleared 2", text.splitlines()[0])
        # a line for each but reasons that never were
        check_eq([words.split() for words in text.splitlines()[1:]],
                 [[k, str(v)] for k, v in got["counters"].items()
                  if v or not k.startswith("reject.")])
    got = [(s["scope"], s.get("context"), s.get("service"))
           for s in env.json("stats", "show", "all")]
    check_eq(got, [("total", None, None), ("context", "red", None),
                   ("service", "red", "web")])
    env.run("stats clear")
    check_eq(env.json("stats", "show")[0]["counters"]["hdr.requests"], 0)


class Monitor:
    """tlsvip monitor in the background; before: a command that runs it."""

    def __init__(self, env, *args, before=()):
        self.proc = None
        with env.box.entered():
            self.proc = subprocess.Popen(
                [*before, "tlsvip", *args], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, bufsize=1)
        ktap.defer(self.stop)
        ktap.wait_for(self.polls, "the monitor waiting")

    def polls(self):
        with open(f"/proc/{self.proc.pid}/wchan", encoding="ascii") as file:
            return "poll" in file.read()

    def line(self):
        return self.proc.stdout.readline()

    def stop(self):
        self.proc.kill()
        self.proc.communicate()


def test_monitor_config(env):
    mon = Monitor(env, "-j", "monitor", "config")
    text = Monitor(env, "monitor")
    env.web()
    env.run("context set red maxconns 9")
    env.run("policy http-header set h1 context red session")
    env.run("service set web context red no inservice")
    env.run("service delete web context red")
    env.run("policy http-header delete h1 context red")
    env.run("context delete red")
    got = [json.loads(mon.line()) for _ in range(9)]
    check_eq([(e["event"], e["object"], e["name"]) for e in got], [
        ("created", "context", "red"), ("created", "policy", "h1"),
        ("created", "service", "web"), ("changed", "context", "red"),
        ("changed", "policy", "h1"), ("changed", "service", "web"),
        ("deleted", "service", "web"), ("deleted", "policy", "h1"),
        ("deleted", "context", "red")])
    check_eq(got[2]["vip"], {"address": VIP4, "port": 443})
    check_eq(text.line(), "created context red vrf vrf-red maxconns 65536 "
             "up\n")
    check_eq(text.line(), "created policy http-header h1 context red "
             "client-ip-port session\n")


def test_monitor_events(env):
    env.web()
    mon = Monitor(env, "-j", "monitor", "events")
    env.run("context set red maxconns 9")
    with env.client() as client:
        port = client.port
        client.get("/whoami")
        client.close_notify()
        client.fin()
        client.recv_all()
    got = [json.loads(mon.line()) for _ in range(3)]
    check_eq([(e["event"], e["object"]) for e in got],
             [("created", "conn"), ("changed", "conn"), ("deleted", "conn")])
    check_eq(got[2]["close-reason"], "done")
    check_eq(got[2]["client"], {"address": "10.10.0.2", "port": port})


def test_monitor_reader_gone(env):
    """Without a reader it ends, though nothing happens."""
    mon = Monitor(env, "monitor")
    mon.proc.stdout.close()
    check_eq(mon.proc.wait(timeout=60), 1)
    check_in("standard output: Broken pipe", mon.proc.stderr.read())
    mon.proc.stdout = None


@ktap.variants(("all",), ("config", "config"), ("events", "events"))
def test_monitor_removed(env, _name, *group):
    """It ends with the module, whose successor would tell it nothing."""
    mon = Monitor(env, "-j", "monitor", *group)
    ktap.defer(appliance.load_module)
    cmd("rmmod", "tlsvip")
    check_eq(mon.proc.wait(timeout=60), 1)
    check_eq(mon.proc.stderr.read(),
             f"tlsvip: {' '.join(('monitor',) + group)}: the tlsvip module "
             "was removed\n")
    check_eq(mon.proc.stdout.read(), "")


def flooded(env):
    """A monitor that has been stopped for so long that the kernel had to drop
    what it would have to hear. It is nobody's, for whom the kernel keeps less
    than the 4 MiB that root may ask for.
    """
    mon = Monitor(env, "-j", "monitor", "config", before=NOBODY)
    mon.proc.send_signal(signal.SIGSTOP)

    def dropped():
        # the first socket of a process has its number for an address
        for line in env.box.read("/proc/net/netlink").splitlines()[1:]:
            field = line.split()
            if field[2] == str(mon.proc.pid) and int(field[8]):
                return True
        return False
    for _ in range(100):
        env.batch("context set red maxconns 5\n"
                  "context set red maxconns 6\n" * 100)
        if dropped():
            return mon
    return ktap.fail("the kernel has room for 20000 changes")


def test_monitor_removed_in_flood(env):
    """Also when the word of it is among what was lost."""
    env.add_red()
    mon = flooded(env)
    env.deconfigure()
    ktap.defer(appliance.load_module)
    cmd("rmmod", "tlsvip")
    err = Bkg("cat", stdin=mon.proc.stderr)
    out = Bkg("cat", stdin=mon.proc.stdout)
    mon.proc.send_signal(signal.SIGCONT)
    check_eq(mon.proc.wait(timeout=60 * ktap.SCALE), 1)
    err.wait()
    check_in("notifications were lost", err.output())
    check_in("tlsvip: monitor config: the tlsvip module was removed\n",
             err.output())
    out.stop()


def test_monitor_flood(env):
    """Notifications that are lost are mentioned, and it goes on."""
    env.add_red()
    mon = flooded(env)
    err = Bkg("cat", stdin=mon.proc.stderr)
    out = Bkg("cat", stdin=mon.proc.stdout)
    mon.proc.send_signal(signal.SIGCONT)
    ktap.wait_for(lambda: "notifications were lost" in err.output(),
                  "the warning")

    def heard():
        # nothing is delivered until the backlog has been read
        env.batch("context set red maxconns 78\n"
                  "context set red maxconns 77\n")
        return '"maxconns":77' in out.output()
    ktap.wait_for(heard, "the last event")
    check(mon.proc.poll() is None, "it ended")
    mon.stop()
    err.stop()
    out.stop()


def test_dump_while_changing(env):
    """A dump in a storm of changes is a consistent list."""
    env.add_red()
    lines = "".join(f"service add s{n} context red vip 10.0.{n}.9:443 server "
                    f"{SERVER4}:80 trustpoint web\n" for n in range(200))
    undo = "".join(f"service delete s{n} context red\n" for n in range(200))
    for _ in range(max(1, 4 // ktap.SCALE)):
        work = subprocess.Popen(
            ["tlsvip", "-n", env.box.name, "-b", "-"], text=True,
            stdin=subprocess.PIPE)
        work.stdin.write(lines + undo)
        work.stdin.close()
        while work.poll() is None:
            got = env.tlsvip("-j", "service", "show")
            names = [s["name"] for s in json.loads(got.out)]
            check_eq(len(names), len(set(names)), "a service twice")
        check_eq(work.returncode, 0)


def test_stdout_full(env):
    """An answer of the kernel that cannot be written is a failure."""
    env.web()
    for args in (("service", "show"), ("-j", "stats", "show")):
        with env.box.entered(), open("/dev/full", "w", encoding="ascii") as f:
            got = subprocess.run(["tlsvip", *args], stdout=f, text=True,
                                 stderr=subprocess.PIPE, check=False)
        check_eq(got.returncode, 1)
        check_in("standard output: No space left", got.stderr)


def test_completion(env):
    """The shell's completion knows words and names."""
    env.web()
    script = """
. /usr/share/bash-completion/bash_completion
. /usr/share/bash-completion/completions/tlsvip
complete_for() {
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
    _tlsvip; printf '%s ' "${COMPREPLY[@]}"; echo
}
"""
    table = (
        ("tlsvip ''", "context policy service conn stats monitor pki"),
        ("tlsvip con", "context conn"),
        ("tlsvip -j service ''", "add set delete show help"),
        ("tlsvip service show ''", "web"),
        ("tlsvip service delete web context ''", "red"),
        ("tlsvip service add x context red policy http-header ''", "h1"),
        ("tlsvip policy http-header add x cu", "custom"),
        ("tlsvip policy http-header add x ''", "context session prefix "
         "alias protect spoof forwarded x-forwarded trailer-max"),
        ("tlsvip policy http-header set h1 ''", "context session"),
        ("tlsvip policy http-header add x session ''",
         "always once context"),
        ("tlsvip policy http-header add x spoof ''", "strip reject"),
        ("tlsvip policy http-header add x alias ''",
         "Client-IP Session-Initial-Cipher-Use-Size X-Forwarded-For"),
        ("tlsvip policy http-header add x alias Client-IP N ''",
         "context session"),
        ("tlsvip policy http-header delete ''", "h1"),
        ("tlsvip policy ''", "http-header url-rewrite show"),
        ("tlsvip policy url-rewrite add x ''", "context url"),
        ("tlsvip policy url-rewrite add x url a ''",
         "clearport sslport url context"),
        ("tlsvip policy url-rewrite add x url a clearport 8 ''",
         "sslport url"),
        ("tlsvip service set web policy ''", "http-header url-rewrite"),
        ("tlsvip conn show service ''", "web"),
        ("tlsvip monitor ''", "config events"))
    # one shell for all: it takes longer to load them than to complete
    got = cmd("bash", "-c", script + "".join(
        f"complete_for {words}\n" for words, _want in table), ns=env.box)
    lines = got.out.splitlines()
    check_eq(len(lines), len(table), "lines")
    for (words, want), line in zip(table, lines):
        for word in want.split():
            check_in(word, line.split(), words)


def test_not_loaded(env):
    """Without the module: status 1 and what to do."""
    env.stop_daemon()
    cmd("rmmod", "tlsvip")
    try:
        # asking for the family may load the module: that is fine, too
        got = env.run("context show", check=False)
        if got.rc:
            check_in("the tlsvip module is not loaded (modprobe tlsvip)",
                     got.err)
    finally:
        appliance.load_module()
        env.start_daemon()


if __name__ == "__main__":
    ktap.run(globals(), CliAppliance)
