#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 90
# smp: every CPU counts for itself
"""/proc, sysfs and netlink say the same, for every counter and scope, and
what is allocated is freed."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import OBJECTS, Appliance, parse_stats
from lib.ktap import check, check_eq, check_in
from lib.topology import VIP4
from lib.ynl import Ynl

class Env(Appliance):
    def __init__(self):
        super().__init__()
        self.nl = Ynl(self.box)

    def traffic(self):
        """A bit of everything, then silence."""
        for tenant in ("red", "red", "blue"):
            with self.client(tenant) as client:
                client.get("/whoami")
                client.get("/", headers=("Client-IP: 6.6.6.6",))
                client.close_notify()
        client = self.client(handshake=False)
        client.hello()
        client.reset()
        with self.client("blue") as client:
            client.send(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n")
            client.response()
        self.wait_idle()

    def counters(self, **scope):
        got = self.nl.dump("stats-get", **scope)
        return [(g, {c["name"]: c["value"] for c in g["counter"]})
                for g in got]

    def sysfs(self):
        """{path below the class: value}, as the box sees it."""
        out = self.box.exec("sh", "-c", "cd /sys/class/tlsvip && "
                            "grep -Hs '' */* */statistics/* || :").out
        out = [re.fullmatch(r"([^/]+/[a-z0-9_/]+):(.*)", line).groups()
               for line in out.splitlines()]
        return dict(out)

    def devices(self):
        return set(self.box.exec("ls", "/sys/class/tlsvip").out.split())


def test_balance(env):
    """alloc - free = live = 0 after traffic, and something was allocated."""
    env.traffic()
    stats = env.stats()
    for kind in OBJECTS:
        check(stats[f"{kind}.alloc"] > 0, f"no {kind} was ever allocated")
        check_eq(stats[f"{kind}.alloc"], stats[f"{kind}.free"], kind)
    check_eq(env.json("conn", "show"), [])


def test_live_while_open(env):
    """alloc - free is what the connection table shows."""
    with env.client() as one, env.client("blue") as two:
        one.get("/whoami")
        two.get("/whoami")
        check_eq(env.live(), {"conn": 2, "leg": 4, "upcall": 0})
        check_eq(len(env.conns()), 2)
        check_eq(len(env.nl.dump("conn-get")), 2)
        conns = {c["name"]: c["conns"] for c in env.nl.dump("context-get")}
        check_eq(conns, {"red": 1, "blue": 1})
    env.wait_idle()


def test_proc_is_netlink(env):
    env.traffic()
    (_scope, total), = env.counters(scope="total")
    proc = parse_stats(env.box.read("/proc/net/tlsvip/stats"))
    check_eq(proc, total)


def test_cli_is_netlink(env):
    env.traffic()
    (_scope, total), = env.counters(scope="total")
    got = env.json("stats", "show")
    text = env.tlsvip("stats", "show").out
    for name, value in total.items():
        check_in(name, str(got))
        if value:
            check_in(name, text)


def test_scopes_add_up(env):
    """Services make their context, contexts make the total."""
    env.traffic()
    (_scope, total), = env.counters(scope="total")
    contexts = env.counters(scope="context")
    check_eq(sorted(g["context"] for g, _v in contexts), ["blue", "red"])
    services = env.counters(scope="service")
    check_eq(len(services), 8)
    for name in total:
        if name in ("conn.stray", "steer.too-short"):
            continue
        check_eq(sum(v[name] for _g, v in contexts), total[name], name)
        for group, values in contexts:
            mine = sum(v[name] for g, v in services
                       if g["context"] == group["context"])
            check_eq(mine, values[name], f"{name} of {group['context']}")


def test_what_was_counted(env):
    """Known traffic, known numbers."""
    grow = env.grow("conn.accepted")
    env.traffic()
    want = {"conn.accepted": 5, "conn.established": 4,
            "ssl.conns-attempted": 5, "ssl.conns-completed": 4,
            "ssl.handshake-failures": 1, "hdr.requests": 7,
            "hdr.spoofed": 3, "hdr.rejected": 1,
            "hdr.rejected-smuggling": 1, "reject.name-space": 1,
            "hdr.inserted-client-ip-port": 7, "hdr.inserted-custom": 7}
    for name, value in want.items():
        check_eq(grow.by(name), value, name)


def device(group):
    """The device of a scope in class tlsvip."""
    names = [group["scope"], group.get("context"), group.get("service")]
    return ":".join(n for n in names if n)


def test_sysfs_is_netlink(env):
    """One value a file, the same value."""
    env.traffic()
    files = env.sysfs()
    groups = (env.counters(scope="total") + env.counters(scope="context")
              + env.counters(scope="service"))
    check_eq({device(g) for g, _v in groups}, env.devices())
    for group, values in groups:
        for name, value in values.items():
            path = name.replace(".", "_").replace("-", "_")
            path = f"{device(group)}/statistics/{path}"
            check_eq(files[path], str(value), path)


def test_sysfs_configuration(env):
    """What is configured and how it is, beside the counters."""
    files = env.sysfs()
    for path, value in (("context:red/vrf", "vrf-red"),
                        ("context:red/maxconns", "65536"),
                        ("context:blue/state", "up"),
                        ("service:red:web/vip", f"{VIP4}:443"),
                        ("service:red:web/server", "10.20.0.80:80"),
                        ("service:red:web/trustpoint", "web"),
                        ("service:red:web/inservice", "1"),
                        ("service:blue:web6/state", "up")):
        check_eq(files[path], value, path)


def test_sysfs_follows_configuration(env):
    """Objects come and go with their files."""
    before = env.devices()
    env.tlsvip("service", "add", "brief", "context", "red", "vip",
               f"{VIP4}:4443", "server", "10.20.0.80:80", "trustpoint",
               "web")
    check_eq(env.devices() - before, {"service:red:brief"})
    env.tlsvip("service", "delete", "brief", "context", "red")
    check_eq(env.devices(), before)


def test_sysfs_of_other_namespace(env):
    """Another namespace sees none of them."""
    out = env.red.client.exec("ls", "/sys/class/tlsvip").out.split()
    for name in out:
        check("red" not in name and "blue" not in name, out)


def test_proc_tables(env):
    """/proc/net/tlsvip/{contexts,services,conns} list what there is."""
    with env.client() as client:
        client.get("/whoami")
        for name in ("red", "blue"):
            check_in(name, env.box.read("/proc/net/tlsvip/contexts"))
        services = env.box.read("/proc/net/tlsvip/services")
        for part in ("web", "web6", f"{VIP4}:443", "2001:db8:10::15"):
            check_in(part, services)
        conns = env.box.read("/proc/net/tlsvip/conns")
        check_in(f"10.10.0.2:{client.port}", conns)
        check_in("relay", conns)
    env.wait_idle()
    conns = env.box.read("/proc/net/tlsvip/conns")
    check(f"10.10.0.2:{client.port}" not in conns, "a closed connection")


def test_conn_content(env):
    """conn show: every field of a connection that is known to the test."""
    with env.client() as client:
        for _ in range(3):
            client.get("/whoami")
        conn, = env.nl.dump("conn-get", context="red", service="web")
        want = {"context": "red", "service": "web", "state": "relay",
                "client4": "10.10.0.2", "client-port": client.port,
                "vip4": VIP4, "vip-port": 443, "server4": "10.20.0.80",
                "server-port": 80, "tls-version": 0x0304,
                "cipher": client.cipher[0], "requests": 3}
        for name, value in want.items():
            check_eq(conn[name], value, name)
        check(conn["c2s-bytes"] > 0 and conn["s2c-bytes"] > 0, "bytes")
        same = env.nl.do("conn-get", id=conn["id"])
        check_eq(same["client-port"], client.port)
        check_eq(env.nl.dump("conn-get", context="blue"), [])
        check_eq(env.nl.dump("conn-get", context="red", service="raw"), [])
        text = env.tlsvip("conn", "show", "context", "red").out
        check_in(str(client.port), text)
        got, = env.json("conn", "show", "service", "web", "context", "red")
        check_eq(got["cipher"], client.cipher[0])
    env.wait_idle()


def test_conn_events(env):
    """Accepted, reached the relay, ended: each told once."""
    with Ynl(env.box, env.nl.spec) as events:
        events.subscribe("events")
        with env.client() as client:
            client.get("/whoami")
            client.close_notify()
            client.fin()
            client.recv_all()
        ended = events.wait_event("conn-ntf", event="deleted")
        check_eq(ended["client-port"], client.port)
        check_eq(ended["close-reason"], "done")
        check_eq(ended["requests"], 1)
        check(ended["c2s-bytes"] > 0 and ended["s2c-bytes"] > 0, "bytes")
    env.wait_idle()


def test_conn_event_sequence(env):
    with Ynl(env.box, env.nl.spec) as events:
        events.subscribe("events")
        with env.client() as client:
            client.get("/whoami")
        env.wait_idle()
        got = []

        def ended():
            got.extend(v["event"] for n, v in events.poll_events(0.05)
                       if n == "conn-ntf")
            return "deleted" in got
        ktap.wait_for(ended, "the end of the connection")
        check_eq(got, ["created", "changed", "deleted"])


def test_clear(env):
    """Clearing spares the running counters and keeps the time."""
    env.traffic()
    before = env.stats()
    env.tlsvip("stats", "clear")
    (scope, total), = env.counters(scope="total")
    check(scope["cleared"] > 0, "no time")
    for name in ("conn.alloc", "conn.free", "leg.alloc", "upcall.free"):
        check_eq(total[name], before[name], name)
    for name in ("conn.accepted", "hdr.requests", "relay.s2c-bytes"):
        check_eq(total[name], 0, name)
    env.traffic()
    check_eq(env.stat("conn.accepted"), 5)


def test_removed_objects_stay_counted(env):
    """What a removed service counted stays in its context and the total."""
    env.traffic()
    before = env.stats()
    env.tlsvip("service", "delete", "web", "context", "red")
    ktap.defer(env.batch, "".join(
        line + "\n" for line in env.config_text(env.red).split("\n")
        if line.startswith("service add web ")))
    check_eq(env.stats(), before)


if __name__ == "__main__":
    ktap.run(globals(), Env)
