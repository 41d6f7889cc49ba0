#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# smp: look-ups run while another CPU changes what they find
"""Clients connect all the time while what they connect to comes and goes.

Nothing is measured: connections may fail, the kernel may not, and in the end
everything has been given back.
"""

import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check, check_eq, defer
from lib.process import cmd
from lib.servers import reset
from lib.topology import VIP4, VIP6
from steer import ROUTED4, ROUTED6, Box

SECONDS = 4

# a step waits for the interpreter behind all clients, again and again
sys.setswitchinterval(0.0005)


class Clients:
    """Threads that connect and hang up, in order or not."""

    def __init__(self, env):
        self.stop = False
        self.connects = 0
        self.threads = [
            threading.Thread(target=self._run, args=(tenant.client, vip))
            for tenant in env.tenants.values()
            for vip in (VIP4, VIP6, ROUTED4)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_exc):
        self.stop = True
        for thread in self.threads:
            thread.join()

    def _run(self, ns, vip):
        while not self.stop:
            try:
                sock = ns.connect((vip, 443), timeout=0.05)
            except OSError:
                continue
            self.connects += 1
            if random.random() < 0.5:
                reset(sock)
            else:
                sock.close()


def churn(env, step):
    """step(n) again and again under clients, then all must end."""
    end = time.monotonic() + SECONDS
    count = 0
    with Clients(env) as clients:
        while time.monotonic() < end or count < 4:
            step(count)
            count += 1
            env.refuse_some()
    ktap.note(f"{count} steps, {clients.connects} connections")
    check(clients.connects, "no client got through")
    env.end_all()


def services(env, context=None):
    return [(s["context"], s["name"]) for s in env.nl.dump("service-get")
            if context in (None, s["context"])]


def test_services(env):
    """All out of service and back: the hooks go and come."""
    known = services(env)
    churn(env, lambda n: [env.serve(*svc, n % 2) for svc in known])
    for svc in known:
        env.serve(*svc, True)


def test_vrf(env):
    """The VRF is removed and made again: the proxy sockets go and come."""
    def step(_count):
        env.unplug(env.red)
        env.plug(env.red)
        env.route(env.red, "replace")
    churn(env, step)


def test_context(env):
    """The context is removed and made again, with its services."""
    def step(_count):
        for svc in services(env, "red"):
            env.nl.do("service-del", context=svc[0], name=svc[1])
        env.nl.do("context-del", name="red")
        env.nl.do("context-new", name="red", vrf=env.red.vrf)
        for vip in (VIP4, VIP6, ROUTED4, ROUTED6):
            env.service("red", vip)
        time.sleep(0.05)
    churn(env, step)


def test_syncookies(env):
    """Off, when needed, and always."""
    defer(env.box.sysctl, "net.ipv4.tcp_syncookies", 1)

    def step(count):
        env.box.sysctl("net.ipv4.tcp_syncookies", count % 3)
        time.sleep(0.05)
    churn(env, step)


def test_unload(env):
    """The module goes from under the clients. The last one."""
    with Clients(env) as clients:
        ktap.wait_for(lambda: clients.connects > 20, "connections")
        env.nl.close()
        cmd("rmmod", "tlsvip")
    check_eq(os.path.exists("/sys/module/tlsvip"), False, "module")


if __name__ == "__main__":
    ktap.run(globals(), Box)
