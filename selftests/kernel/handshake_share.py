#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# smp: workers of several CPUs share the places
"""Who may hold how many places of the workers: clients of one context that say
nothing must not keep those of another from being served.

Handshakes themselves are in handshake.py.
"""

import os
import resource
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check, check_eq, wait_for
from lib.topology import VIP4
from lib.worker import Worker

WORKER_LIVE_MAX = 512   # userspace/tlsvipd/worker.c


class Env(Appliance):
    """The test plays the worker, but for one case."""

    DAEMON = False
    SERVICES = False

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)

    def start(self, *tenants):
        """Services for a case; their end is that of what still waits."""
        ktap.defer(self.deconfigure)
        for name in tenants or ("red", "blue"):
            self.batch(self.config_text(self.tenants[name]))

    def silent(self, tenant, many, port=8443):
        """TCP connections that say nothing, each queued."""
        before = self.stat("upcall.alloc")
        socks = [self.tenants[tenant].client.connect((VIP4, port))
                 for _ in range(many)]
        for sock in socks:
            ktap.defer(sock.close)
        self.wait_stat("upcall.alloc", before + many)
        return socks

    def worker(self, **values):
        worker = Worker(self.box, **values)
        ktap.defer(worker.close)
        return worker


def contexts(upcalls):
    return [one.values["context"] for one in upcalls]


def deny(upcalls):
    for one in upcalls:
        one.close()
        one.done("failed")


def test_turns(env):
    """One after the other, whoever came first and however many there are."""
    env.start()
    env.silent("red", 10)
    env.silent("blue", 2)
    worker = env.worker()
    first, second = worker.take(4), worker.take(16)
    check_eq(contexts(first), ["red", "blue"] * 2)
    check_eq(contexts(second), ["red"] * 8)
    check_eq(len({one.conn for one in first + second}), 12)
    deny(first + second)


def test_full_worker(env):
    """One that has no place left is not told of more: another one is."""
    env.start("red")
    env.silent("red", 2)
    first = env.worker(capacity=2)
    check_eq(len(first.take()), 2)
    second = env.worker(capacity=2)
    for worker in (first, second):
        worker.nl.poll_events()
    env.silent("red", 1)
    second.nl.wait_event("upcall-ready")
    check_eq([e for e in first.nl.poll_events() if e[0] == "upcall-ready"], [])
    check_eq(len(second.take()), 1)


def test_last_context(env):
    """Places that were left to others are free when there are none."""
    env.start()
    env.silent("red", 12)
    worker = env.worker(capacity=9)
    check_eq(len(worker.take(16)), 6)
    worker.nl.poll_events()
    for service in env.json("service", "show", "context", "blue"):
        env.tlsvip("service", "delete", service["name"], "context", "blue")
    env.tlsvip("policy", "http-header", "delete", "h1", "context", "blue")
    env.tlsvip("context", "delete", "blue")
    worker.nl.wait_event("upcall-ready")
    check_eq(len(worker.take(16)), 6)


def test_order(env):
    """Within a context the first comes first."""
    env.start()
    env.silent("red", 5)
    worker = env.worker()
    taken = worker.take()
    numbers = [one.conn for one in taken]
    check_eq(numbers, sorted(numbers))
    deny(taken)


def test_share(env):
    """One context has two thirds of the places at most; what it leaves is for
    the others, and what is given back is taken again."""
    env.start()
    env.silent("red", 30)
    worker = env.worker(capacity=9)
    taken = []
    while True:
        reply = worker.nl.do("upcall-accept", batch=1) or {}
        if "upcall" not in reply:
            break
        taken.append(reply["upcall"][0])
    for one in taken:
        ktap.defer(os.close, one["sockfd"])
    check_eq(len(taken), 6, "places that red has")
    check_eq(reply.get("pending"), 0, "upcalls to be taken")
    worker.nl.poll_events()
    env.silent("blue", 1)
    worker.nl.wait_event("upcall-ready")
    blue = worker.take()
    check_eq(contexts(blue), ["blue"])
    deny(blue)
    # a place that red gives back is announced, and red's again
    worker.nl.poll_events()
    worker.nl.do("upcall-done", conn=taken[0]["conn"], leg="client",
                 verdict="failed")
    worker.nl.wait_event("upcall-ready")
    more = worker.take()
    check_eq(contexts(more), ["red"])


def test_removed(env):
    """Places are free again when connections end by other means, too."""
    env.start()
    env.silent("red", 2, 9443)
    env.silent("red", 30)
    worker = env.worker(capacity=3)
    taken = worker.take()
    check_eq(len(taken), 2)
    check_eq(worker.take(), [])
    for one in taken:
        one.close()
    worker.nl.poll_events()
    env.tlsvip("service", "delete", "hdr", "context", "red")
    worker.nl.wait_event("upcall-ready")
    check_eq(contexts(wait_for(worker.take, "the next ones of red"))[0], "red")


def test_two_shares(env):
    """Of two contexts each has two fifths."""
    env.start()
    env.silent("red", 20)
    env.silent("blue", 20)
    worker = env.worker(capacity=10)
    taken = contexts(worker.take(16))
    check_eq((taken.count("red"), taken.count("blue")), (4, 4))


def test_workers_together(env):
    """Places of all workers count; those of one that leaves do no more."""
    env.start()
    env.silent("red", 30)
    one, two = env.worker(capacity=3), env.worker(capacity=6)
    check_eq(len(two.take()), 6)
    check_eq(len(one.take()), 0)
    grow = env.grow("ssl.daemon-exit")
    two.close()
    grow.wait("ssl.daemon-exit", 6)
    check_eq(len(wait_for(one.take, "upcalls")), 2)


def test_alone(env):
    """There is nobody to leave places to: the only context gets them all."""
    env.start("red")
    env.silent("red", 12)
    worker = env.worker(capacity=9)
    check_eq(len(worker.take(16)), 12)


def test_capacity_checked(env):
    """Out of range is refused, and makes no worker."""
    for value in (0, 65537):
        err = ktap.check_raises(Exception, Worker, env.box, capacity=value)
        check("capacity" in str(err) or "range" in str(err), f"{err!r}")


def test_daemon(env):
    """More silent clients of red than the daemon has places: blue is served,
    and red too once there are fewer."""
    env.start()
    many = WORKER_LIVE_MAX * os.cpu_count() + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, 65536),) * 2)
    ktap.defer(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
    env.trustpoint("web")
    env.start_daemon()
    ktap.defer(env.stop_daemon)
    socks = env.silent("red", many)
    for _ in range(3):
        check_eq(env.curl(f"https://{VIP4}/whoami", tenant="blue").out,
                 "nginx-blue\n")
    check_eq(env.json("context", "show", "red")[0]["conns"], many)
    for sock in socks:
        sock.close()
    check_eq(env.curl(f"https://{VIP4}/whoami").out, "nginx-red\n")


if __name__ == "__main__":
    ktap.run(globals(), Env)
