#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Steering: which SYNs reach a context's proxy socket, and which do not.

No daemon and no TLS here: an accepted connection is seen in the kernel's
table until this test, as the only worker, lets its handshake fail.
"""

import contextlib
import errno
import itertools
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check, check_eq, check_raises, defer, variants, wait_for
from lib.netns import NetNS
from lib.packet import (ACK, DESTOPTS, FIN, FRAGMENT, RST, SYN, TCP,
                        RawSender, segment, timestamp)
from lib.process import cmd
from lib.servers import reset
from lib.topology import CLIENT4, CLIENT6, SERVER4, VIP4, VIP6
from lib.ynl import NlError, Ynl

ROUTED4, ROUTED6 = "10.77.0.15", "2001:db8:77::15"
PLAIN4 = "10.50.0.15"
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_TIMESTAMP = 19, 20, 21, 24
SPOOFED4 = "10.10.0.99"
VIPS = (("v4", VIP4, CLIENT4), ("v6", VIP6, CLIENT6),
        ("routed4", ROUTED4, CLIENT4), ("routed6", ROUTED6, CLIENT6))


class Box(Appliance):
    """Services on device and routed addresses, the same in both VRFs."""

    DAEMON = NGINX = SERVICES = False

    def __init__(self):
        super().__init__()
        self.nl = Ynl(self.box)
        self.nl.do("worker-bind", version=2, cpu=0)
        for name, tenant in self.tenants.items():
            self.nl.do("context-new", name=name, vrf=tenant.vrf)
            for vip in (VIP4, VIP6, ROUTED4, ROUTED6):
                self.service(name, vip)
            self.route(tenant, "add")

    def __exit__(self, *exc):
        self.nl.close()
        super().__exit__(*exc)

    def route(self, tenant, what):
        """The routed VIPs as local routes of the VRF's table."""
        for vip in (ROUTED4, ROUTED6):
            self.box.ip("route", what, "local", vip, "dev", tenant.vrf,
                        "table", tenant.table)

    def service(self, context, vip, port=443, **kwargs):
        kind = "6" if ":" in vip else "4"
        values = {"context": context, "name": f"{vip}-{port}".replace(":", "_"),
                  "vip" + kind: vip, "vip-port": port, "server4": SERVER4,
                  "server-port": 80, "trustpoint": "web", "inservice": 1}
        values.update(kwargs)
        self.nl.do_raw("service-new", values)
        return values["name"]

    def serve(self, context, name, yes):
        self.nl.do("service-set", context=context, name=name,
                   inservice=int(yes))

    def refuse_some(self):
        """Lets handshakes fail that wait for a worker, 16 at most; False if
        none does."""
        reply = self.nl.do("upcall-accept", batch=16) or {}
        for upcall in reply.get("upcall", []):
            os.close(upcall["sockfd"])
            try:
                self.nl.do("upcall-done", conn=upcall["conn"], leg="client",
                           verdict="failed")
            except NlError as err:
                check_eq(err.err, errno.ENOENT, "error")  # ended meanwhile
        return bool(reply.get("upcall"))

    def end_all(self):
        """Ends all connections, the kernel first where the client waits."""
        def ended():
            for _ in range(100):
                if not self.refuse_some():
                    break
            return self.idle()
        wait_for(ended, "the end of all connections", 20)


@contextlib.contextmanager
def connected(ns, vip, port=443, **kwargs):
    sock = ns.connect((vip, port), **kwargs)
    try:
        yield sock
    finally:
        sock.close()


def table_row(env, sock):
    """The product's row for a client's socket."""
    port = sock.getsockname()[1]

    def look():
        return [c for c in env.nl.dump("conn-get")
                if c["client-port"] == port]
    return wait_for(look, f"a connection from port {port}")[0]


def check_hit(env, tenant, vip, port=443, ns=None, **kwargs):
    """One connection: one hit, and the right service has it."""
    grow = env.grow("steer.syn-hit", "conn.stray")
    with connected(ns or tenant.client, vip, port, **kwargs) as sock:
        check_eq(sock.getpeername()[:2], (vip, port), "peer")
        row = table_row(env, sock)
        check_eq(row["context"], tenant.name, "context")
        check_eq(row.get("vip4", row.get("vip6")), vip, "vip")
        check_eq(row["vip-port"], port, "port")
        check_eq(row.get("client4", row.get("client6")),
                 sock.getsockname()[0], "client")
    check_eq(grow.by("steer.syn-hit"), 1, "syn-hit")
    check_eq(grow.by("conn.stray"), 0, "stray")
    env.end_all()


def check_miss(env, ns, vip, port, error=OSError, timeout=5):
    """No connection, and steering had no part in it."""
    grow = env.grow("steer.syn-hit", "steer.listener-miss", "conn.alloc")
    check_raises(error, ns.connect, (vip, port), timeout=timeout)
    for name in ("steer.syn-hit", "steer.listener-miss", "conn.alloc"):
        check_eq(grow.by(name), 0, name)


@variants(*VIPS)
def test_hit(env, _name, vip, _client):
    """Each VRF's own service takes the same VIP from the same client."""
    for tenant in env.tenants.values():
        check_hit(env, tenant, vip)


@variants(("v4", VIP4), ("v6", VIP6))
def test_other_vlan_of_the_vrf(env, _name, vip):
    check_hit(env, env.red, vip, ns=env.red.server)


@variants(*VIPS)
def test_other_port(env, name, vip, _client):
    if name == "routed4":
        # the stack has no source address for its own RST (ip_send_unicast_
        # reply() knows device addresses only), so there is no answer
        check_miss(env, env.red.client, vip, 444, TimeoutError, timeout=1)
    else:
        check_miss(env, env.red.client, vip, 444, ConnectionRefusedError)


@variants(("v4", VIP4), ("v6", VIP6))
def test_other_vrf(env, _name, vip):
    """A port that only one VRF serves does not exist in the other one."""
    name = env.service("red", vip, 8443)
    defer(env.nl.do, "service-del", context="red", name=name)
    check_hit(env, env.red, vip, 8443)
    check_miss(env, env.blue.client, vip, 8443, ConnectionRefusedError)


@variants(("v4", VIP4), ("v6", VIP6))
def test_inservice(env, _name, vip):
    name = env.service("red", vip, 8444, inservice=0)
    defer(env.nl.do, "service-del", context="red", name=name)
    check_miss(env, env.red.client, vip, 8444, ConnectionRefusedError)
    env.serve("red", name, True)
    check_hit(env, env.red, vip, 8444)
    env.serve("red", name, False)
    check_miss(env, env.red.client, vip, 8444, ConnectionRefusedError)


def test_from_the_box_itself(env):
    """A client on the appliance, inside the VRF."""
    grow = env.grow("steer.syn-hit")
    sock = env.box.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"vrf-red\0")
    sock.connect((VIP4, 443))
    check_eq(table_row(env, sock)["context"], "red", "context")
    sock.close()
    check_eq(grow.by("steer.syn-hit"), 1, "syn-hit")
    env.end_all()


def test_main_table(env):
    """A context without a VRF serves what comes in by other devices."""
    with NetNS("plain") as ns:
        ns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "plain0",
              "netns", env.box.name)
        ns.ip_batch("addr add 10.50.0.2/24 dev eth0\nlink set eth0 up\n"
                    f"route add {VIP4} via 10.50.0.15\n")
        env.box.ip_batch(f"addr add {PLAIN4}/24 dev plain0\n"
                         "link set plain0 up\n")
        env.nl.do("context-new", name="plain")
        defer(env.nl.do, "context-del", name="plain")
        name = env.service("plain", PLAIN4)
        defer(env.nl.do, "service-del", context="plain", name=name)

        grow = env.grow("steer.syn-hit")
        with connected(ns, PLAIN4) as sock:
            check_eq(table_row(env, sock)["context"], "plain", "context")
        check_eq(grow.by("steer.syn-hit"), 1, "syn-hit")
        env.end_all()
        # the VIP of the VRFs is none of this context's
        grow = env.grow("steer.syn-hit")
        check_raises(OSError, ns.connect, (VIP4, 443), timeout=1)
        check_eq(grow.by("steer.syn-hit"), 0, "syn-hit")


# Before any cookie is out.
@variants(("syn-fin", SYN | FIN), ("syn-rst", SYN | RST),
          ("syn-ack", SYN | ACK), ("ack", ACK), ("fin", FIN | ACK),
          ("rst", RST), ("null", 0))
def test_not_a_syn(env, _name, flags):
    """Packets that open no connection are not for a proxy socket."""
    grow = env.grow("steer.syn-hit", "steer.cookie-hit", "conn.alloc")
    with RawSender(env.red.client) as raw:
        for source, vip in ((CLIENT4, VIP4), (CLIENT6, VIP6)):
            raw.tcp((source, 4000), (vip, 443), flags)
    check_hit(env, env.red, VIP4)           # they have arrived by now
    check_eq(grow.by("steer.syn-hit"), 1, "syn-hit")
    check_eq(grow.by("steer.cookie-hit"), 0, "cookie-hit")
    check_eq(grow.by("conn.alloc"), 1, "connections")


@variants(*VIPS)
def test_syncookies(env, _name, vip, _client):
    """Forced on: the ACK finds the proxy socket as well."""
    env.box.sysctl("net.ipv4.tcp_syncookies", 2)
    defer(env.box.sysctl, "net.ipv4.tcp_syncookies", 1)
    for tenant in env.tenants.values():
        grow = env.grow("steer.cookie-hit", "conn.stray")
        check_hit(env, tenant, vip)
        check_eq(grow.by("steer.cookie-hit"), 1, "cookie-hit")


def test_syncookies_not_for_others(env):
    """While cookies are out, packets of connections are left alone."""
    env.box.sysctl("net.ipv4.tcp_syncookies", 2)
    defer(env.box.sysctl, "net.ipv4.tcp_syncookies", 1)
    with connected(env.red.client, VIP4) as sock:
        table_row(env, sock)
        grow = env.grow("steer.cookie-hit", "conn.alloc")
        for _ in range(5):
            sock.send(b"\x16\x03\x01")
            time.sleep(0.01)
        check_eq(grow.by("steer.cookie-hit"), 0, "cookie-hit")
    env.end_all()
    check_eq(grow.by("conn.alloc"), 0, "connections")


class TimeWait:
    """A TIME_WAIT on the box, and what its client sent last."""

    PORT = 5555

    def __init__(self, env, vip, client, finished=True):
        sock = env.red.client.connect((vip, 443), source=(client, self.PORT))
        table_row(env, sock)
        env.end_all()                       # the box sends its FIN first
        check_eq(sock.recv(1), b"", "end of the connection")
        self.seq = self._queue_seq(sock)
        self.stamp = sock.getsockopt(socket.IPPROTO_TCP, TCP_TIMESTAMP)
        self.sock = sock
        defer(sock.close)
        if finished:
            sock.close()
        wait_for(lambda: self.exists(env, finished), "TIME_WAIT")

    @staticmethod
    def _queue_seq(sock):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, 2)
        seq = sock.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ)
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, -1)
        return seq & 0xffffffff

    @classmethod
    def exists(cls, env, finished):
        state = "time-wait" if finished else "fin-wait-2"
        out = cmd("ss", "-Htn", "state", state, "dport", f"= {cls.PORT}",
                  ns=env.box).out
        return out.strip()


@variants(("v4", VIP4, CLIENT4), ("v6", VIP6, CLIENT6),
          ("routed4", ROUTED4, CLIENT4))
def test_timewait(env, _name, vip, client):
    """A client that comes back by the same port."""
    TimeWait(env, vip, client)
    grow = env.grow("steer.timewait-reuse")
    check_hit(env, env.red, vip, source=(client, TimeWait.PORT))
    check_eq(grow.by("steer.timewait-reuse"), 1, "timewait-reuse")


@variants(("seq", 1, None, True), ("old-seq", -1, None, False),
          ("stamp", -1, 1, True), ("old-stamp", 1, -1, False),
          ("both", 1, 1, True), ("neither", -1, -1, False))
def test_timewait_rule(env, _name, seq, stamp, reused):
    """The stack's rule decides, by sequence number and timestamp."""
    for vip, client in ((VIP4, CLIENT4), (VIP6, CLIENT6)):
        old = TimeWait(env, vip, client)
        options = b"" if stamp is None else timestamp(old.stamp +
                                                      100000 * stamp)
        grow = env.grow("steer.timewait-reuse", "steer.syn-hit")
        with RawSender(env.red.client) as raw:
            raw.tcp((client, old.PORT), (vip, 443), SYN,
                    seq=old.seq + 100000 * seq, options=options)
        check_hit(env, env.red, vip)        # it has arrived by now
        check_eq(grow.by("steer.timewait-reuse"), int(reused), "reuse")
        check_eq(grow.by("steer.syn-hit"), 1 + reused, "syn-hit")


@variants(("v4", VIP4, CLIENT4), ("v6", VIP6, CLIENT6))
def test_fin_wait_is_no_timewait(env, _name, vip, client):
    """A client that has not closed yet does not get a second connection."""
    old = TimeWait(env, vip, client, finished=False)
    grow = env.grow("steer.timewait-reuse", "steer.syn-hit")
    with RawSender(env.red.client) as raw:
        raw.tcp((client, old.PORT), (vip, 443), SYN, seq=old.seq + 1000)
    check_hit(env, env.red, vip)
    check_eq(grow.by("steer.timewait-reuse"), 0, "reuse")
    check_eq(grow.by("steer.syn-hit"), 1, "syn-hit")


def snmp(env, name):
    """A counter of the box's /proc/net/netstat."""
    rows = [line.split() for line in
            env.box.read("/proc/net/netstat").splitlines()]
    for names, values in zip(rows[::2], rows[1::2]):
        if name in names:
            return int(values[names.index(name)])
    return ktap.fail(f"no counter {name}")


def test_repeated_syn(env):
    """The second SYN of a client belongs to its half-open connection."""
    grow = env.grow("steer.syn-hit")
    with RawSender(env.red.client) as raw:
        for vip, source in ((VIP4, SPOOFED4), (VIP6, "2001:db8:10::99")):
            for _ in range(3):
                raw.tcp((source, 4001), (vip, 443), SYN)
    wait_for(lambda: grow.by("steer.syn-hit") >= 2, "two hits")
    check_hit(env, env.red, VIP6)
    check_eq(grow.by("steer.syn-hit"), 3, "syn-hit")


def test_fragments(env):
    """No fragment is judged, whatever it looks like."""
    syn4 = segment((CLIENT4, 4002), (VIP4, 443), SYN, options=bytes(4))
    syn6 = segment((CLIENT6, 4002), (VIP6, 443), SYN, options=bytes(4))
    head = bytes((TCP, 0))
    grow = env.grow("steer.syn-hit", "steer.too-short")
    with RawSender(env.red.client) as raw:
        raw.ip4(CLIENT4, VIP4, syn4, fragment=0x2000)
        raw.ip4(CLIENT4, VIP4, syn4, fragment=0x0010)
        for word in (b"\x00\x01", b"\x00\x80"):
            raw.ip6(CLIENT6, VIP6, head + word + bytes(4) + syn6, FRAGMENT)
    check_hit(env, env.red, VIP4)
    check_eq(grow.by("steer.syn-hit"), 1, "syn-hit")
    check_eq(grow.by("steer.too-short"), 0, "too-short")


def test_extension_header(env):
    """Destination options before TCP do not hide a SYN."""
    syn = segment(("2001:db8:10::98", 4003), (VIP6, 443), SYN)
    grow = env.grow("steer.syn-hit")
    with RawSender(env.red.client) as raw:
        raw.ip6("2001:db8:10::98", VIP6,
                bytes((TCP, 0, 1, 4, 0, 0, 0, 0)) + syn, DESTOPTS)
    wait_for(lambda: grow.by("steer.syn-hit") == 1, "the hit")


def test_too_short(env):
    """Half a TCP header is counted and left to the stack."""
    grow = env.grow("steer.syn-hit", "steer.too-short")
    with RawSender(env.red.client) as raw:
        raw.ip4(CLIENT4, VIP4, segment((CLIENT4, 4004), (VIP4, 443),
                                       SYN)[:12])
        raw.ip6(CLIENT6, VIP6, segment((CLIENT6, 4004), (VIP6, 443),
                                       SYN)[:12])
    wait_for(lambda: grow.by("steer.too-short") == 2, "both counted")
    check_eq(grow.by("steer.syn-hit"), 0, "syn-hit")


def test_reset_at_once(env):
    """A client that is gone before the accept still finds its service."""
    grow = env.grow("conn.stray", "conn.accepted")
    for vip in (VIP4, VIP6) * 100:
        reset(env.red.client.connect((vip, 443)))
    env.end_all()
    check_eq(grow.by("conn.stray"), 0, "stray")
    check_eq(grow.by("conn.accepted"), 200, "accepted")


@variants(("v4", VIP4), ("v6", VIP6))
def test_maxconns(env, _name, vip):
    """The limit is the context's; SYNs beyond it are not answered."""
    env.nl.do("context-set", name="red", maxconns=2)
    defer(env.nl.do, "context-set", name="red", maxconns=65536)
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            sock = stack.enter_context(connected(env.red.client, vip))
            table_row(env, sock)
        grow = env.grow("steer.maxconns-drop", "steer.syn-hit")
        check_raises(TimeoutError, env.red.client.connect, (vip, 443),
                     timeout=0.5)
        check(grow.by("steer.maxconns-drop") >= 1, "no drop was counted")
        check_eq(grow.by("steer.syn-hit"), 0, "syn-hit")
        with connected(env.blue.client, vip) as sock:
            check_eq(table_row(env, sock)["context"], "blue", "context")
    env.end_all()
    check_hit(env, env.red, vip)


def test_handshake_queue(env):
    """A full handshake queue keeps further SYNs out."""
    path = "/sys/module/tlsvip/parameters/handshake_max"
    with open(path, encoding="ascii") as file:
        before = file.read()

    def limit(value):
        with open(path, "w", encoding="ascii") as file:
            file.write(value)
    defer(limit, before)
    with connected(env.red.client, VIP4) as sock:
        table_row(env, sock)
        limit("1")
        grow = env.grow("steer.queue-drop", "steer.syn-hit")
        check_raises(TimeoutError, env.red.client.connect, (VIP4, 443),
                     timeout=0.5)
        check(grow.by("steer.queue-drop") >= 1, "no drop was counted")
        check_eq(grow.by("steer.syn-hit"), 0, "syn-hit")
    env.end_all()
    check_hit(env, env.red, VIP4)


def proxy_ports(env):
    """(address, port) of the listeners that ss shows with a VRF."""
    out = cmd("ss", "-Htln", ns=env.box).out
    found = re.findall(r"\s\[?([0-9a-f.:]+?)\]?(?:%\S+?)?:(\d+)\s", out)
    return {(a, int(p)) for a, p in found if a in ("192.0.0.8", "100::1")}


def test_proxy_socket_is_unreachable(env):
    """Its port is closed on every address, and its address leads nowhere."""
    ports = proxy_ports(env)
    check_eq(len(ports), 4, "proxy sockets")
    for addr, port in sorted(ports):
        v6 = ":" in addr
        for dest in ((VIP6, "2001:db8:10::1") if v6 else (VIP4, "10.10.0.1")):
            check_miss(env, env.red.client, dest, port,
                       ConnectionRefusedError)
        env.red.client.ip("route", "replace", addr, "via",
                          "2001:db8:10::1" if v6 else "10.10.0.1",
                          "dev", "eth0")
        check_miss(env, env.red.client, addr, port, timeout=1)


def test_others_are_left_alone(env):
    """Transit and other listeners, also on the VIP's port, work as before."""
    with env.red.server.listen((SERVER4, 443)) as server, \
            env.box.socket() as local:
        local.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                         b"vrf-red\0")
        local.bind(("0.0.0.0", 443))
        local.listen()
        for listener, addr in ((server, SERVER4), (local, "10.10.0.1")):
            grow = env.grow("steer.syn-hit")
            with connected(env.red.client, addr) as sock:
                peer, _addr = listener.accept()
                sock.send(b"hello")
                check_eq(peer.recv(9), b"hello", f"what {addr} got")
                peer.close()
            check_eq(grow.by("steer.syn-hit"), 0, "syn-hit")
        check_hit(env, env.red, VIP4)


def test_existing_connections_win(env):
    """Going into service does not touch a connection to the same address."""
    name = env.service("red", VIP4, 8445, inservice=0)
    defer(env.nl.do, "service-del", context="red", name=name)
    with env.box.socket() as local:
        local.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                         b"vrf-red\0")
        local.bind((VIP4, 8445))
        local.listen()
        with connected(env.red.client, VIP4, 8445) as sock:
            peer, _addr = local.accept()
            env.serve("red", name, True)
            check_hit(env, env.red, VIP4, 8445)
            sock.send(b"still here")
            check_eq(peer.recv(20), b"still here", "the old connection")
            peer.close()


def hooks(env):
    out = env.box.exec("nft", "list", "hooks").out
    return out.count("tlsvip_steer_v4"), out.count("tlsvip_steer_v6")


def test_hooks_only_while_needed(env):
    """The last service out of service takes the hooks with it."""
    services = [(s["context"], s["name"]) for s in env.nl.dump("service-get")]
    if ktap.SCALE > 1 and hooks(env) == (0, 0):
        raise ktap.Skip("the debug kernel cannot list hooks")
    check_eq(hooks(env), (1, 1), "hooks")
    for svc in services:
        env.serve(*svc, False)
        defer(env.serve, *svc, True)
    check_eq(hooks(env), (0, 0), "hooks without a service")
    check_miss(env, env.red.client, VIP4, 443, ConnectionRefusedError)
    env.serve(*services[0], True)
    check_eq(hooks(env), (1, 1), "hooks with a service")


@variants(("v4", VIP4), ("routed6", ROUTED6))
def test_vrf_comes_back(env, _name, vip):
    """A removed VRF takes its proxy sockets along; a new one is served."""
    check_eq(len(proxy_ports(env)), 4, "proxy sockets")
    env.unplug(env.red)
    wait_for(lambda: len(proxy_ports(env)) == 2, "closed proxy sockets")
    state = env.nl.do("context-get", name="red")
    check_eq(state["oper-reason"], "vrf-missing", "reason")
    check_hit(env, env.blue, vip)
    env.plug(env.red)
    env.route(env.red, "replace")
    wait_for(lambda: len(proxy_ports(env)) == 4, "new proxy sockets")
    check_hit(env, env.red, vip)


# The last one: cookies stay possible for two minutes after it.
def test_syn_flood(env):
    """A full queue of half-open connections: cookies, and clients get in."""
    if ktap.SCALE > 1:
        raise ktap.Skip("the debug kernel forgets SYNs as fast as they come")
    env.box.ip("neigh", "replace", SPOOFED4, "lladdr", "02:00:00:00:00:99",
               "dev", "eth0.10", "nud", "permanent")
    with connected(env.red.client, VIP4) as old, \
            RawSender(env.red.client) as raw:
        table_row(env, old)
        grow = env.grow("steer.cookie-hit")
        got = snmp(env, "SyncookiesRecv")
        ports = iter(range(1024, 60000))
        # on a busy machine the queue may have room again when the client comes
        while snmp(env, "SyncookiesRecv") == got:
            flood(env, raw, ports)
            with connected(env.red.client, VIP4) as sock:
                check_eq(table_row(env, sock)["context"], "red", "context")
        check_eq((snmp(env, "SyncookiesRecv") - got,
                  grow.by("steer.cookie-hit")), (1, 1), "cookie-hit")
        # the other tenant has its own queue
        grow = env.grow("steer.cookie-hit")
        with connected(env.blue.client, VIP4) as sock:
            check_eq(table_row(env, sock)["context"], "blue", "context")
        check_eq(grow.by("steer.cookie-hit"), 0, "cookies in blue")
    env.end_all()


def flood(env, raw, ports):
    """Half-open connections, up to the first cookie."""
    sent = snmp(env, "SyncookiesSent")
    while snmp(env, "SyncookiesSent") == sent:
        some = list(itertools.islice(ports, 500))
        check(some, "no cookie was sent, or none to a client")
        for port in some:
            raw.tcp((SPOOFED4, port), (VIP4, 443), SYN)


if __name__ == "__main__":
    ktap.run(globals(), Box)
