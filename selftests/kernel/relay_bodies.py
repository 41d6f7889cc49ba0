#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Bodies arrive byte for byte in both directions, whatever their size.

Not about order of ends, headers or speed.
"""

import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import chunked
from lib.ktap import check, check_eq
from lib.servers import Pattern, Server, echo_hash
from lib.tls import SUITES, V12, V13, context
from lib.topology import SERVER4, VIP4

K16, K64, M1 = 16384, 65536, 1 << 20
SIZES = (1, 2, 511, 512, 513, 1459, 1460,
         K16 - 1, K16, K16 + 1, 2 * K16 - 1, 2 * K16, 2 * K16 + 1,
         3 * K16 + 1, K64 - 1, K64, K64 + 1, 2 * K64 - 1, 2 * K64,
         2 * K64 + 1, 4 * K64 - 1, 4 * K64, 4 * K64 + 1, M1 - 1, M1, M1 + 1)
RAW = (VIP4, 8443)
HDR = (VIP4, 9443)
BIG = 64 << 20

EVERY = [(f"{v}-{s}-{p}", version, s, port)
         for v, version in (("tls12", V12), ("tls13", V13))
         for s in SUITES
         for p, port in (("raw", RAW), ("hdr", HDR))]


class Env(Appliance):
    """A server in Python that hashes what it gets."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        self.server = Server(self.red.server, (SERVER4, 8000))
        self.server.serve(echo_hash)
        ktap.after_case(self.wait_idle)


def upload(client, size, **kwargs):
    """POSTs a pattern and compares hashes."""
    msg = client.get("/up", method="POST", body=Pattern.get(size), **kwargs)
    got = json.loads(msg.body)
    check_eq((got["size"], got["sha"]), (size, Pattern.sha(size)),
             f"upload of {size}")


def download(client, size):
    msg = client.get(f"/pattern/{size}")
    check_eq((msg.size, msg.sha), (size, Pattern.sha(size)),
             f"download of {size}")


@ktap.variants(*EVERY)
def test_sizes(env, _name, version, suite, addr):
    """One connection, every size up and down."""
    with env.client(addr=addr, ctx=context(version, suite)) as client:
        check_eq(client.version, "TLSv1.2" if version == V12 else "TLSv1.3")
        for size in SIZES:
            download(client, size)
            upload(client, size)
        client.close_notify()


@ktap.variants(("raw", RAW), ("hdr", HDR))
def test_random_sizes_and_records(env, _name, addr):
    """Bodies cut into records of odd sizes."""
    rng = random.Random(11)
    with env.client(addr=addr) as client:
        for _ in range(30):
            size = rng.randrange(1, 200000)
            client.send(b"POST /up HTTP/1.1\r\nHost: x\r\n"
                        b"Content-Length: %d\r\n\r\n" % size)
            at = 0
            while at < size:
                step = min(rng.choice((1, 7, 100, 1400, 5000, 16384, 30000)),
                           size - at)
                client.send(Pattern.get(step, at))
                at += step
            msg = client.response()
            got = json.loads(msg.body)
            check_eq((got["size"], got["sha"]), (size, Pattern.sha(size)))


@ktap.variants(("raw", RAW), ("hdr", HDR))
def test_chunked(env, _name, addr):
    """Chunks of every kind of size."""
    with env.client(addr=addr) as client:
        for size, piece in ((1, 1), (1000, 1), (K16, 100), (K64, K16),
                            (M1, 8191), (300000, 300000)):
            body = Pattern.get(size)
            client.send(b"POST /up HTTP/1.1\r\nHost: x\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\n"
                        + chunked(body, piece))
            got = json.loads(client.response().body)
            check_eq((got["size"], got["sha"]), (size, Pattern.sha(size)),
                     f"{size} in {piece}")


@ktap.variants(("raw", RAW, V13), ("hdr", HDR, V13), ("hdr-tls12", HDR, V12))
def test_64_mib_down(env, _name, addr, version):
    grow = env.grow("relay.s2c-bytes")
    with env.client(addr=addr, ctx=context(version)) as client:
        download(client, BIG)
    check(grow.by("relay.s2c-bytes") >= BIG, "counter of bytes to clients")


@ktap.variants(("raw", RAW, V13), ("hdr", HDR, V13), ("hdr-tls12", HDR, V12))
def test_64_mib_up(env, _name, addr, version):
    grow = env.grow("relay.c2s-bytes")
    with env.client(addr=addr, ctx=context(version)) as client:
        upload(client, BIG)
    check(grow.by("relay.c2s-bytes") >= BIG, "counter of bytes to servers")


def test_bytes_are_counted_exactly(env):
    """Without insertion, what is counted is what was sent."""
    grow = env.grow("relay.c2s-bytes", "relay.s2c-bytes")
    with env.client(addr=RAW) as client:
        client.request("/pattern/100000")
        sent = len(b"GET /pattern/100000 HTTP/1.1\r\nHost: test\r\n\r\n")
        msg = client.response()
        got = len(msg.raw) + msg.size
        client.close_notify()
    env.wait_idle()
    check_eq(grow.by("relay.c2s-bytes"), sent)
    check_eq(grow.by("relay.s2c-bytes"), got)


if __name__ == "__main__":
    ktap.run(globals(), Env)
