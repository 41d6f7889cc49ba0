#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 100
"""Local ports towards a server run out: the reason is told and counted, and
there is service again as soon as a port is free.
"""

import os
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check_eq, check_in, check_raises, wait_for
from lib.process import cmd
from lib.servers import Server
from lib.tls import Eof
from lib.topology import SERVER4, SERVER6, VIP4, VIP6
from lib.ynl import Ynl

RANGE, REUSE = "net.ipv4.ip_local_port_range", "net.ipv4.tcp_tw_reuse"
BOTH = (("v4", (VIP4, 8443), (SERVER4, 8000)),
        ("v6", (VIP6, 8443), (SERVER6, 8000)))
PORTS = 4


class Env(Appliance):
    """One tenant with few ports; the servers are this test."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        self.tlsvip("service", "add", "raw6", "context", "red", "vip",
                    f"[{VIP6}]:8443", "server", f"[{SERVER6}]:8000",
                    "trustpoint", "web", "inservice")
        self.events = Ynl(self.box)
        self.events.subscribe("events")
        ktap.after_case(self.after)

    def after(self):
        self.wait_idle()
        self.events.poll_events()

    def few(self):
        """Another range for each case, without the proxy sockets' ports."""
        taken = {int(line.split()[3].rpartition(":")[2]) for line in
                 cmd("ss", "-Htan", ns=self.box).out.splitlines()}
        low = next(p for p in range(20000, 30000, PORTS)
                   if not taken & set(range(p, p + PORTS)))
        old = self.box.read_sysctl(RANGE)
        ktap.defer(self.box.sysctl, RANGE, old)
        self.box.sysctl(RANGE, f"{low} {low + PORTS - 1}")

    def pair(self, srv, addr):
        client = self.client(addr=addr)
        ktap.defer(client.close)
        client.send(b"hello")
        peer = srv.accept()
        check_eq(peer.recv(), b"hello")
        return client, peer

    def refused(self, addr):
        """A client that comes when no port is left."""
        grow = self.grow("server.no-port", "server.connects",
                         "ssl.alerts-sent", "server.unreachable")
        client = self.client(addr=addr)
        ktap.defer(client.close)
        err = check_raises((ssl.SSLError, Eof, ConnectionError),
                           client.recv_all)
        if isinstance(err, ssl.SSLError):
            check_in("INTERNAL_ERROR", str(err).upper().replace(" ", "_"))
        got = self.events.wait_event("conn-ntf", event="deleted",
                                     client_port=client.port)
        check_eq(got["close-reason"], "connect-ports")
        for name in ("server.no-port", "server.connects",
                     "ssl.alerts-sent"):
            check_eq(grow.by(name), 1, name)
        check_eq(grow.by("server.unreachable"), 0)

    def waiting(self, port):
        """Sockets of the box in TIME_WAIT towards a server's port."""
        return len(cmd("ss", "-Htan", "state", "time-wait", "dport", "=",
                       port, ns=self.box).out.splitlines())


@ktap.variants(*BOTH)
def test_all_in_use(env, _name, addr, server):
    """A server that ends first gives the port back at once."""
    srv = Server(env.red.server, server)
    ktap.defer(srv.close)
    env.few()
    pairs = [env.pair(srv, addr) for _ in range(PORTS)]
    env.refused(addr)
    client, peer = pairs.pop()
    peer.close()
    check_eq(client.recv_all(), b"")
    client.close_notify()
    check_eq(env.events.wait_event(
        "conn-ntf", event="deleted",
        client_port=client.port)["close-reason"], "done")
    check_eq(env.waiting(server[1]), 0)
    pairs.append(env.pair(srv, addr))
    env.refused(addr)
    # those that are there were not disturbed
    for client, peer in pairs:
        client.send(b"still")
        check_eq(peer.recv(), b"still")
        peer.close()
        check_eq(client.recv_all(), b"")
        client.close_notify()


@ktap.variants(*BOTH)
def test_time_wait(env, _name, addr, server):
    """Clients that end first leave TIME_WAIT here; tcp_tw_reuse is the cure."""
    srv = Server(env.red.server, server)
    ktap.defer(srv.close)
    env.few()
    before = env.waiting(server[1])
    for num in range(1, PORTS + 1):
        client, peer = env.pair(srv, addr)
        client.close_notify()
        check_eq(peer.recv_all(), b"")
        peer.close()
        check_eq(client.recv_all(), b"")
        wait_for(lambda num=num: env.waiting(server[1]) == before + num,
                 "TIME_WAIT on the box")
        env.wait_idle()
    old = env.box.read_sysctl(REUSE)
    ktap.defer(env.box.sysctl, REUSE, old)
    env.refused(addr)
    env.box.sysctl(REUSE, 1)

    def serves():
        client = env.client(addr=addr)
        ktap.defer(client.close)
        try:
            client.send(b"hello")
            client.close_notify()
            return client.recv_all() == b""
        except (ssl.SSLError, Eof, ConnectionError):
            return False

    srv.serve(lambda peer: peer.recv_all())
    wait_for(serves, "a port in TIME_WAIT to be used again")


if __name__ == "__main__":
    ktap.run(globals(), Env)
