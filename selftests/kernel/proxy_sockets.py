#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 150
# smp: sockets are replaced while another CPU accepts
"""A context's proxy sockets are lost or cannot be made: the state tells, and
they come back by themselves.
"""

import errno
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import appliance, ktap
from lib.appliance import Appliance
from lib.ktap import check, check_eq, wait_for
from lib.process import cmd
from lib.topology import VIP4, VIP6
from lib.ynl import Ynl

# where listener.c binds them
PROXY = {"v4": "192.0.0.8", "v6": "[100::1]"}
PORT = 48999


SERVICES = ("web", "web6", "raw", "hdr")


class Env(Appliance):
    """One tenant, whose services are all there is."""
    TENANTS = ("red",)

    def __init__(self):
        super().__init__()
        self.events = Ynl(self.box)
        self.events.subscribe("config")
        ktap.after_case(self.after)

    def after(self):
        self.wait_idle()
        self.events.poll_events()

    def destroy(self, *families):
        """As an operator would who means something else; says how many."""
        killed = 0
        for family in families:
            out = cmd("ss", "-HtlK", "src", PROXY[family], ns=self.box).out
            killed += len(out.splitlines())
        return killed

    def proxies(self):
        return len(cmd("ss", "-Htl", "src", PROXY["v4"], "or", "src",
                       PROXY["v6"], ns=self.box).out.splitlines())

    def serves(self):
        for vip in (VIP4, VIP6):
            with self.client(addr=(vip, 443)) as client:
                check_eq(client.get("/whoami").body, b"nginx-red\n", vip)

    def state(self, name="web"):
        for svc in self.json("service", "show"):
            if svc["name"] == name:
                return svc["oper-state"], svc.get("oper-reason", "none")
        return None

    def no_ports(self):
        """Takes the last local port of the VRF; returns what gives it back."""
        sock = self.box.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                        self.red.vrf.encode())
        sock.bind(("", PORT))
        old = self.box.read_sysctl("net.ipv4.ip_local_port_range")
        self.box.sysctl("net.ipv4.ip_local_port_range", f"{PORT} {PORT}")

        def restore():
            self.box.sysctl("net.ipv4.ip_local_port_range", old)
            sock.close()
        ktap.defer(restore)
        return restore

    def set(self, *words, name="web"):
        self.tlsvip("service", "set", name, "context", "red", *words)


def need_destroy(env):
    """Skips where the kernel cannot destroy sockets."""
    srv = env.box.listen(("127.0.0.1", PORT))
    ktap.defer(srv.close)
    cmd("ss", "-HtlK", "sport", "=", PORT, ns=env.box, check=False)
    if env.box.listening(PORT):
        raise ktap.Skip("this kernel has no CONFIG_INET_DIAG_DESTROY")


@ktap.variants(("v4", "v4"), ("v6", "v6"), ("both", "v4", "v6"))
def test_destroyed(env, _name, *families):
    """They are back at once; what was accepted does not notice."""
    need_destroy(env)
    grow = env.grow("steer.listener-retry")
    with env.client() as old:
        old.get("/whoami")
        for num in range(1, 4):
            check_eq(env.destroy(*families), len(families), "destroyed")
            grow.wait("steer.listener-retry", num)
            wait_for(lambda: env.proxies() == 2, "both proxy sockets")
            env.serves()
        check_eq(old.get("/whoami").body, b"nginx-red\n")
    check_eq(env.state(), ("up", "none"))


def test_destroyed_again_and_again(env):
    """As fast as they come, with clients on their way."""
    need_destroy(env)
    for _ in range(15):
        env.destroy("v4", "v6")
    wait_for(lambda: env.proxies() == 2, "both proxy sockets")
    env.serves()
    check_eq(env.state(), ("up", "none"))


def test_no_local_port(env):
    """Not to be had when the service begins; it waits and then serves."""
    for name in SERVICES:
        env.set("no", "inservice", name=name)
    need_destroy(env)
    env.destroy("v4", "v6")
    restore = env.no_ports()
    grow = env.grow("steer.listener-retry")
    for name in SERVICES:
        env.set("inservice", name=name)
    check_eq(env.state(), ("down", "listener"))
    check_eq(env.state("web6"), ("down", "listener"))
    ctx, = env.json("context", "show")
    check_eq((ctx["oper-state"], ctx["oper-reason"]), ("down", "listener"))
    grow.wait("steer.listener-retry", 2)
    check_eq(env.state(), ("down", "listener"))
    restore()
    env.events.wait_event("service-ntf", name="web6", oper_state="up")
    ctx, = env.json("context", "show")
    check_eq(ctx["oper-state"], "up")
    env.serves()


def test_nobody_waits(env):
    """No service needs the sockets that cannot be had: the context is fine."""
    need_destroy(env)
    ktap.defer(env.batch, "".join(f"service set {name} context red inservice\n"
                                  for name in SERVICES))
    restore = env.no_ports()
    env.destroy("v4", "v6")
    wait_for(lambda: env.state() == ("down", "listener"), "web to be down")

    def state():
        return env.json("context", "show")[0]["oper-state"]
    check_eq(state(), "down")
    env.tlsvip("service", "delete", "raw", "context", "red")
    ktap.defer(env.batch, env.config_text(env.red).splitlines()[-2] + "\n")
    for name in SERVICES:
        if name != "raw":
            env.set("no", "inservice", name=name)
    check_eq(state(), "up")
    restore()


def test_destroyed_without_a_port(env):
    """The state says that it cannot be replaced; then it is."""
    need_destroy(env)
    restore = env.no_ports()
    env.destroy("v6")
    for name in SERVICES:
        wait_for(lambda name=name: env.state(name) == ("down", "listener"),
                 f"{name} to be down")
    ktap.check_raises(ConnectionRefusedError, env.client)
    restore()
    for name in SERVICES:
        wait_for(lambda name=name: env.state(name) == ("up", "none"),
                 f"{name} to be up")
    env.serves()


def test_set_tries_at_once(env):
    """An operator need not wait for the timer."""
    need_destroy(env)
    restore = env.no_ports()
    env.destroy("v4")
    wait_for(lambda: env.state() == ("down", "listener"), "web to be down")
    restore()
    env.set("inservice")
    check_eq(env.state(), ("up", "none"))


@ktap.variants(("open",), ("timewait",))
def test_port_is_free_for_others(env, name):
    """Another program of the box may listen at the port of a VIP, whatever
    there is of connections to it."""
    for service in SERVICES:
        wait_for(lambda service=service: env.state(service)[0] == "up",
                 f"{service} to be up")
    client = env.client()
    ktap.defer(client.close)
    check_eq(client.get("/whoami").body, b"nginx-red\n")
    if name == "timewait":
        # the box is the one that ends, so it keeps the TIME_WAIT
        client.request("/", headers=("Connection: close",))
        client.response()
        client.recv_fin()
        client.close()
        env.wait_idle()
    with env.box.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                        env.red.vrf.encode())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("0.0.0.0", 443))
        sock.listen()
        env.serves()


def test_proxy_port_is_taken(env):
    """That of a proxy socket itself is nobody else's."""
    out = cmd("ss", "-Htln", "src", PROXY["v4"], ns=env.box).out
    port = int(out.split()[3].rsplit(":", 1)[1])
    with env.box.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                        env.red.vrf.encode())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_IP, 15, 1)   # IP_FREEBIND
        err = ktap.check_raises(OSError, sock.bind, (PROXY["v4"], port))
        check_eq(err.errno, errno.EADDRINUSE)


def test_control_group(env):
    """Connections do not belong to the control group of who configured."""
    group = "/sys/fs/cgroup/tlsvip-operator"
    os.mkdir(group)
    ktap.defer(os.rmdir, group)
    env.deconfigure()
    # $0 is what the batch says
    cmd("sh", "-c", f"echo $$ >{group}/cgroup.procs && "
        'printf %s "$0" | tlsvip -b -', env.config_text(env.red), ns=env.box)
    with env.client() as client:
        client.get("/whoami")
        out = cmd("ss", "-Htan", "--cgroup", ns=env.box).out
        check(f":{client.port} " in out and PROXY["v4"] in out, out)
        check("operator" not in out, out)


def test_removed_while_waiting(env):
    """Services, context and module go while an attempt is due."""
    need_destroy(env)
    env.no_ports()
    env.destroy("v4", "v6")
    wait_for(lambda: env.state() == ("down", "listener"), "web to be down")
    env.deconfigure()
    check_eq(env.json("context", "show"), [])
    env.configure()
    check_eq(env.state(), ("down", "listener"))
    cmd("rmmod", "tlsvip")
    check(not os.path.isdir("/sys/module/tlsvip"), "still there")
    env.stop_daemon()
    appliance.load_module()


if __name__ == "__main__":
    ktap.run(globals(), Env)
