#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# leak: everything that can be configured is removed under traffic
# smp: what goes away does so while another CPU uses it
"""Things vanish while traffic runs: services, contexts, VRFs, VLANs,
namespaces, the module. All of these are ordinary events.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import appliance, ktap, process
from lib.appliance import Appliance
from lib.ktap import check, check_eq, wait_for
from lib.process import Bkg, cmd
from lib.topology import VIP4, VIP6
from lib.ynl import Ynl


GROUPS = "/sys/fs/cgroup/test.load-"    # and the name of a tenant


class Env(Appliance):
    """Loads with wrk: keep-alive, big bodies, and connection per request.

    Those of a tenant get half a CPU at most, of what nobody else wants, where
    the kernel can do that (the debug kernel cannot): what is refused is tried
    again at once.
    """

    def __init__(self):
        super().__init__()
        for tenant in self.tenants:
            self.group(GROUPS + tenant)
        for nginx in self.nginx.values():
            nginx.put_pattern("big", 1 << 20)

    @staticmethod
    def group(path):
        """Where the loads run; guest-run kills what is left there."""
        os.makedirs(path, exist_ok=True)
        top = os.path.dirname(path)
        with open(f"{top}/cgroup.controllers", encoding="ascii") as file:
            if "cpu" not in file.read().split():
                return
        for name, value in ((f"{top}/cgroup.subtree_control", "+cpu"),
                            (f"{path}/cpu.max", "50000 100000"),
                            (f"{path}/cpu.weight", "1")):
            with open(name, "w", encoding="ascii") as file:
                file.write(value)

    def load(self, tenant="red"):
        """Traffic of three kinds that goes on by itself; returns a stop."""
        ns = self.tenants[tenant].client
        wrk = ("sh", "-c", 'echo $$ >"$0" && exec "$@"',
               f"{GROUPS}{tenant}/cgroup.procs", "nice", "-n19", "wrk", "-t1",
               "-d3000")
        jobs = [
            Bkg(*wrk, "-c3", f"https://{VIP4}/big", ns=ns),
            Bkg(*wrk, "-c3", f"https://[{VIP6}]/whoami", ns=ns),
            Bkg(*wrk, "-c1", "-H", "Connection: close",
                f"https://{VIP4}/whoami", ns=ns)]

        def stop():
            for job in jobs:
                job.stop()
        ktap.defer(stop)
        self.wait_load(tenant)
        return stop

    def wait_load(self, tenant="red"):
        """Bytes move for this tenant and connections come and go. The load gets
        only the CPU that nobody else wants, so look rarely."""
        with Ynl(self.box) as nl:
            def moved():
                got = nl.dump("stats-get", scope="context", context=tenant)
                return next(c["value"] for c in got[0]["counter"]
                            if c["name"] == "relay.s2c-bytes")
            base = moved()
            wait_for(lambda: moved() > base + 100000, f"traffic of {tenant}",
                     pause=0.1)

    def serves(self, tenant="red"):
        with self.client(tenant) as client:
            check_eq(client.get("/whoami").body,
                     f"nginx-{tenant}\n".encode())

    def live_of(self, tenant):
        for ctx in self.json("context", "show"):
            if ctx["name"] == tenant:
                return ctx["conns"]
        return 0


def test_service_removal(env):
    """Deleted and added again under load, several times."""
    env.load()
    env.load("blue")
    for _ in range(3):
        env.tlsvip("service", "delete", "web", "context", "red")
        env.tlsvip("service", "delete", "web6", "context", "red")
        wait_for(lambda: env.live_of("red") == 0, "red's connections to end")
        env.wait_load("blue")
        env.batch("\n".join(l for l in env.config_text(env.red).split("\n")
                            if l.startswith("service add web")) + "\n")
        env.serves()


def test_service_out_of_service(env):
    """No new connections; live ones go on."""
    with env.client() as client:
        client.get("/whoami")
        env.tlsvip("service", "set", "web", "context", "red",
                   "no", "inservice")
        ktap.defer(env.tlsvip, "service", "set", "web", "context", "red",
                   "inservice")
        ktap.check_raises(ConnectionRefusedError, env.client)
        check_eq(client.get("/whoami").body, b"nginx-red\n")


def test_toggle_under_load(env):
    env.load()
    for _ in range(10):
        env.tlsvip("service", "set", "web", "context", "red",
                   "no", "inservice")
        env.tlsvip("service", "set", "web", "context", "red", "inservice")
    env.serves()


def test_context_removal(env):
    """A whole tenant goes under load and comes back; blue sees nothing."""
    env.load()
    env.load("blue")
    for _ in range(2):
        for svc in env.json("service", "show"):
            if svc["context"] == "red":
                env.tlsvip("service", "delete", svc["name"], "context",
                           "red")
        env.tlsvip("policy", "http-header", "delete", "h1", "context", "red")
        env.tlsvip("context", "delete", "red")
        env.wait_load("blue")
        env.batch(env.config_text(env.red))
        env.serves()
    env.serves("blue")


def test_vrf_removal(env):
    """The VRF device goes under load: its connections end, it is not held."""
    stop = env.load()
    env.load("blue")
    env.box.ip("link", "del", "vrf-red")
    wait_for(lambda: env.live_of("red") == 0, "red's connections to end")
    state = {c["name"]: c["oper-state"] for c in env.json("context", "show")}
    check_eq(state, {"red": "down", "blue": "up"})
    stop()
    env.wait_load("blue")
    env.unplug(env.red)
    env.plug(env.red)
    wait_for(lambda: {c["name"]: c["oper-state"] for c in
                      env.json("context", "show")}["red"] == "up",
             "red to come back")
    env.serves()
    env.serves("blue")


def test_vlan_removal(env):
    """The client's VLAN goes under load; only its addresses are gone."""
    stop = env.load()
    env.load("blue")
    env.box.ip("link", "del", env.vlan(env.red.client_vlan))
    env.wait_load("blue")
    stop()
    env.unplug(env.red)
    env.plug(env.red)
    wait_for(lambda: env.live_of("red") == 0, "red's connections to end")
    env.serves()


def test_server_vlan_removal(env):
    """The server's VLAN goes under load and comes back."""
    env.load()
    dev = env.vlan(env.red.server_vlan)
    env.box.ip("link", "set", dev, "down")
    env.box.ip("link", "set", dev, "up")
    env.box.ip("addr", "replace", "2001:db8:20::1/64", "dev", dev, "nodad")
    env.serves()


def test_trunk_flaps(env):
    """Link down and up: TCP carries on."""
    env.load()
    for _ in range(3):
        env.switch.ip("link", "set", "trunk", "down")
        env.switch.ip("link", "set", "trunk", "up")
    env.serves()


def test_policy_churn(env):
    """The policy changes under load, with connections that hold versions."""
    env.load()
    for num in range(10):
        env.set_h1("client-ip-port", "session", "custom",
                   f"X-Via: tlsvip-{num}")
    env.set_h1()
    env.serves()


def test_read_everything_under_load(env):
    """Dumps, /proc and sysfs while connections come and go."""
    env.load()
    with Ynl(env.box) as nl:
        for num in range(5):
            nl.dump("conn-get")
            nl.dump("stats-get")
            nl.dump("service-get")
            for file in ("stats", "contexts", "services", "conns"):
                env.box.read(f"/proc/net/tlsvip/{file}")
            if num < max(1, 3 // ktap.SCALE):   # two seconds of a CPU
                env.box.exec("sh", "-c", "cat /sys/class/tlsvip/*/*/* "
                             ">/dev/null 2>&1 || :")
    env.serves()


def test_clear_under_load(env):
    env.load()
    for _ in range(5):
        env.tlsvip("stats", "clear")
    stats = env.stats()
    check(stats["conn.alloc"] >= stats["conn.free"], "running counters")
    env.serves()


def test_rmmod(env):
    """The module unloads under load; loaded again it serves again."""
    env.load()
    env.load("blue")
    cmd("rmmod", "tlsvip")
    check(not os.path.isdir("/sys/module/tlsvip"), "still there")
    env.stop_daemon()
    appliance.load_module()
    env.start_daemon()
    env.configure()
    env.serves()
    env.serves("blue")


def test_rmmod_with_idle_connections(env):
    """Clients with open connections see an end, not silence."""
    clients = [env.client() for _ in range(5)]
    half = env.client(handshake=False)
    half.hello()
    for client in clients:
        client.get("/whoami")
    cmd("rmmod", "tlsvip")
    for client in clients + [half]:
        try:
            while client.sock.recv(1 << 16):
                pass
        except ConnectionResetError:
            pass
        client.close()
    env.stop_daemon()
    appliance.load_module()
    env.start_daemon()
    env.configure()
    env.serves()


def test_zz_namespace_removal(env):
    """The box itself goes under load; nothing of ours holds it.

    Last by its name: afterwards there is nothing left to test with.
    """
    env.load()
    env.load("blue")
    env.stop_daemon()
    env.box.remove()
    # its end of the trunk goes when the namespace does
    wait_for(lambda: cmd("ip", "link", "show", "trunk", ns=env.switch,
                         check=False).rc, "the namespace to be gone", 120)
    process.stop_all()
    cmd("rmmod", "tlsvip")


if __name__ == "__main__":
    ktap.run(globals(), Env)
