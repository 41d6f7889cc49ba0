#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""A service's VIP changes as a whole: whoever reads it while it changes sees
the old one or the new one, in dumps, events, /proc and sysfs.
"""

import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import appliance, ktap, process
from lib.ktap import check, check_eq
from lib.netns import NetNS
from lib.process import Bkg
from lib.ynl import NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR, Ynl

FLIPS = 16000 // ktap.SCALE
# no byte of one is a byte of another
VIPS = {"six": ("1111:1111:1111:1111:1111:1111:1111:1111", 0x1111),
        "other": ("2222:2222:2222:2222:2222:2222:2222:2222", 0x2222),
        "four": ("51.51.51.51", 0x3333)}
PAIRS = (("six-six", "six", "other"), ("six-four", "six", "four"))

# Reads a file until it is told to end; prints the lines that it saw.
READER = """
import os, select, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
seen = set()
print("begun", flush=True)
while not select.select([0], [], [], 0)[0]:
    for _ in range(500):
        seen.add(os.pread(fd, 4000, 0))
print(len(seen), *sorted(seen), sep="\\n")
"""


def text(vip):
    addr, port = VIPS[vip]
    return f"[{addr}]:{port}" if ":" in addr else f"{addr}:{port}"


class Env:
    """A namespace with one service that nobody uses."""

    def __enter__(self):
        appliance.load_module()
        self.ns = NetNS("vip")
        self.nl = Ynl(self.ns)
        self.nl.do("context-new", name="main")
        self.nl.do("service-new", context="main", name="web",
                   **self.values("six"))
        return self

    def __exit__(self, *_exc):
        process.stop_all()
        self.nl.close()
        self.ns.remove()
        process.remove_workdir()

    @staticmethod
    def values(vip):
        addr, port = VIPS[vip]
        return {("vip6" if ":" in addr else "vip4"): addr, "vip_port": port}

    def frame(self, vip):
        """service-set as one message, so that a change costs one send()."""
        values = {k.replace("_", "-"): v
                  for k, v in self.values(vip).items()}
        oper = self.nl.spec.ops["service-set"]
        body = struct.pack("BBH", oper["num"], 1, 0) + self.nl.spec.encode(
            self.nl.spec.set_of(oper),
            {"context": "main", "name": "web", **values})
        return struct.pack("IHHII", 16 + len(body), self.nl.family,
                           NLM_F_REQUEST | NLM_F_ACK, 0, 0) + body

    def flip(self, one, other, count=FLIPS, each=lambda: None):
        """Changes the VIP to and fro."""
        with self.ns.entered():
            sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        sock.bind((0, 0))
        frames = (self.frame(other), self.frame(one))
        for num in range(count):
            sock.send(frames[num & 1])
            answer = sock.recv(4096)
            mtype, = struct.unpack_from("H", answer, 4)
            error, = struct.unpack_from("i", answer, 16)
            check_eq((mtype, error), (NLMSG_ERROR, 0), "service-set")
            each()
        sock.close()

    def reader(self, path):
        """A process that reads a file of the namespace all the time."""
        ins, out = os.pipe()
        job = Bkg("ip", "netns", "exec", self.ns.name, "python3", "-c",
                  READER, path, name="reader", stdin=ins)
        os.close(ins)
        ktap.defer(job.stop)
        ktap.wait_for(lambda: "begun" in job.output(), "the reader")
        return job, out

    @staticmethod
    def seen(job, out):
        """Ends the reader; the different contents that it saw."""
        os.close(out)
        check_eq(job.wait(), 0, job.output())
        return job.output()


@ktap.variants(*PAIRS)
def test_sysfs(env, _name, one, other):
    env.flip(other, one, 1)
    job, out = env.reader("/sys/class/tlsvip/service:main:web/vip")
    env.flip(one, other)
    got = env.seen(job, out)
    count = int(got.split("\n")[1])
    check_eq(count, 2, f"different addresses in {got}")
    for vip in (one, other):
        check(f"{text(vip)}\\n" in got, got)


@ktap.variants(*PAIRS)
def test_proc(env, _name, one, other):
    env.flip(other, one, 1)
    job, out = env.reader("/proc/net/tlsvip/services")
    env.flip(one, other)
    got = env.seen(job, out)
    check_eq(int(got.split("\n")[1]), 2, f"different addresses in {got}")
    for vip in (one, other):
        check(f" {text(vip)} " in got, got)


@ktap.variants(*PAIRS)
def test_dump(env, _name, one, other):
    """A child changes it while dumps and single answers are read here."""
    env.flip(other, one, 1)
    want = []
    for vip in (one, other):
        addr, port = VIPS[vip]
        want.append((addr if "." in addr else None,
                     addr if ":" in addr else None, port))
    pid = os.fork()
    if not pid:
        try:
            env.flip(one, other)
            os._exit(0)
        finally:
            os._exit(1)
    seen = set()
    with Ynl(env.ns) as nl:
        while not os.waitpid(pid, os.WNOHANG)[0]:
            for svc in (*nl.dump("service-get"),
                        nl.do("service-get", context="main", name="web")):
                seen.add((svc.get("vip4"), svc.get("vip6"),
                          svc["vip-port"]))
    check(seen <= set(want), f"saw {seen}")


def test_events(env):
    """Each event tells what its change made of it, in their order."""
    env.flip("other", "six", 1)
    with Ynl(env.ns) as nl:
        nl.subscribe("config")
        env.flip("six", "other", 200)
        got = [v["vip6"] for n, v in nl.poll_events(0.1)
               if n == "service-ntf"]
    want = [VIPS["other"][0], VIPS["six"][0]] * 100
    check_eq(got, want)


if __name__ == "__main__":
    ktap.run(globals(), Env)
