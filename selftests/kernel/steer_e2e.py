#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""Steering seen from a client: whole answers from the right tenant, whatever
the way of its SYN. steer.py looks at packets and has no TLS.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check_eq, check_raises, wait_for
from lib.tls import context
from lib.topology import CLIENT4, CLIENT6, SERVER4, VIP4, VIP6

FAMILIES = (("ipv4", VIP4, CLIENT4, "web"), ("ipv6", VIP6, CLIENT6, "web6"))


class Env(Appliance):
    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)

    def serves(self, tenant="red", addr=(VIP4, 443), **kwargs):
        with self.client(tenant, addr=addr, **kwargs) as client:
            check_eq(client.get("/whoami").body,
                     f"nginx-{tenant}\n".encode())


@ktap.variants(*FAMILIES)
def test_hit(env, _name, vip, _client, _svc):
    """Each tenant reaches its own server through the same address."""
    grow = env.grow("steer.syn-hit")
    for tenant in ("red", "blue", "red"):
        env.serves(tenant, (vip, 443))
    check_eq(grow.by("steer.syn-hit"), 3)


@ktap.variants(*FAMILIES)
def test_syncookies(env, _name, vip, _client, _svc):
    """Cookies for every SYN: the last ACK finds the proxy socket."""
    env.box.sysctl("net.ipv4.tcp_syncookies", 2)
    ktap.defer(env.box.sysctl, "net.ipv4.tcp_syncookies", 1)
    grow = env.grow("steer.cookie-hit")
    for tenant in ("red", "blue"):
        for _ in range(3):
            env.serves(tenant, (vip, 443))
    check_eq(grow.by("steer.cookie-hit"), 6)


@ktap.variants(*FAMILIES)
def test_time_wait_reuse(env, _name, vip, addr, _svc):
    """The client's port again while the box has it in TIME_WAIT."""
    source = (addr, 40000)
    grow = env.grow("steer.timewait-reuse")
    for num in range(4):
        client = env.client(addr=(vip, 443), source=source)
        client.get("/whoami", headers=("Connection: close",))
        check_eq(client.recv_all(), b"")
        client.recv_fin()                    # the box ends it first
        client.close()
        env.wait_idle()
        if num:
            check_eq(grow.by("steer.timewait-reuse"), num)


def test_time_wait_of_client(env):
    """The client ends first: its port is free for the box at once."""
    for _ in range(3):
        client = env.client(source=(CLIENT4, 40001))
        client.get("/whoami")
        client.close_notify()
        client.reset()
        env.wait_idle()


def test_vip_without_address(env):
    """The VIP as a local route of the VRF's table, not on a device."""
    env.box.ip("route", "add", "local", "10.10.0.99", "dev", "vrf-red",
               "table", str(env.red.table))
    ktap.defer(env.box.ip, "route", "del", "local", "10.10.0.99", "dev",
               "vrf-red", "table", str(env.red.table))
    env.red.client.ip("route", "add", "10.10.0.99", "via", "10.10.0.1")
    ktap.defer(env.red.client.ip, "route", "del", "10.10.0.99")
    env.tlsvip("service", "add", "routed", "context", "red", "vip",
               "10.10.0.99:443", "server", f"{SERVER4}:80", "trustpoint",
               "web", "inservice")
    ktap.defer(env.tlsvip, "service", "delete", "routed", "context", "red")
    env.serves(addr=("10.10.0.99", 443))


def test_many_services(env):
    """200 services of a context, each found."""
    text = "".join(f"service add s{n} context red vip {VIP4}:{20000 + n} "
                   f"server {SERVER4}:80 trustpoint web inservice\n"
                   for n in range(200))
    env.batch(text)
    ktap.defer(env.batch, "".join(f"service delete s{n} context red\n"
                                  for n in range(200)))
    for num in (0, 1, 57, 199):
        env.serves(addr=(VIP4, 20000 + num))
    check_raises(ConnectionRefusedError, env.red.client.connect,
                 (VIP4, 20200))


def test_maxconns(env):
    """At the limit SYNs are dropped; a free place lets them in."""
    env.tlsvip("context", "set", "red", "maxconns", "2")
    ktap.defer(env.tlsvip, "context", "set", "red", "maxconns", "65536")
    grow = env.grow("steer.maxconns-drop")
    held = [env.client() for _ in range(2)]
    sock = env.red.client.socket()
    sock.setblocking(False)
    sock.connect_ex((VIP4, 443))
    grow.wait("steer.maxconns-drop")
    env.serves("blue")
    check_eq(sock.connect_ex((VIP4, 443)), 114, "EALREADY while waiting")
    held[0].close()
    # the SYN is sent again by the client's TCP
    wait_for(lambda: sock.connect_ex((VIP4, 443)) in (0, 106),
             "the third connection")
    sock.close()
    held[1].close()


@ktap.variants(*FAMILIES)
def test_hundreds_of_connections(env, _name, vip, _client, _svc):
    ctx = context()
    clients = [env.client(addr=(vip, 443), ctx=ctx, handshake=False)
               for _ in range(150)]
    check_eq(len({c.port for c in clients}), 150)
    wait_for(lambda: env.live()["conn"] >= 150, "150 connections")
    for client in clients:
        client.reset()


if __name__ == "__main__":
    ktap.run(globals(), Env)
