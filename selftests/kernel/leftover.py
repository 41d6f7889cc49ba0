#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""Bytes that the daemon had decrypted come first, and nothing is lost, doubled
or swapped between them and what waits in the socket. OpenSSL leaves none in
practice; here the worker is this test. It also gives header blocks that no
daemon should.
"""

import errno
import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import request
from lib.ktap import check, check_eq, check_in, check_raises
from lib.servers import Pattern, Server
from lib.tls import V12, V13, context
from lib.topology import CLIENT4, SERVER4, VIP4
from lib.worker import Worker, server_context
from lib.ynl import NlError

RAW, HDR = (VIP4, 8443), (VIP4, 9443)
MOST = 16384
BLOCK = b"Client-IP: " + CLIENT4.encode() + b"\r\nX-Via: tlsvip-red\r\n"
SIZES = (1, 2, 255, 257, 2048, 2049, MOST - 1, MOST)
BAD_BLOCKS = (
    ("none", b""),
    ("no-end", BLOCK[:-2]),
    ("ends-in-cr", BLOCK[:-1]),
    ("ends-in-lf", BLOCK[:-2] + b"\n"),
    ("bare-lf", BLOCK.replace(b"\r\nX", b"\nX")),
    ("bare-cr", BLOCK.replace(b"\r\nX", b"\rX")),
    ("folded", BLOCK.replace(b"\r\nX", b"\r\n X")),
    ("nul", BLOCK.replace(b"tls", b"t\0s")),
    ("del", BLOCK.replace(b"tls", b"t\x7fs")),
    ("8-bit", BLOCK.replace(b"tls", b"t\xfcs")),
    ("no-colon", b"X-Via\r\n"),
    ("no-name", b": tlsvip\r\n"),
    ("another-name", BLOCK + b"X-Other: 1\r\n"),
    ("blank-line", BLOCK + b"\r\n"),
    ("a-request", BLOCK + b"\r\nGET /x HTTP/1.1\r\nX-Via: 1\r\n"),
)
CASES = [(f"{name}-{size}-{'more' if more else 'alone'}", addr, size, more)
         for name, addr in (("raw", RAW), ("hdr", HDR))
         for size in SIZES for more in (False, True)
         if more or addr == RAW or size == MOST]


class Env(Appliance):
    """One tenant; this test is the daemon and the server."""
    TENANTS = ("red",)
    DAEMON = NGINX = False

    def __init__(self):
        super().__init__()
        cert, key = self.authority.issue("web", hosts=("web.test", VIP4))
        self.ctx = server_context(cert, key)
        # the quickest key exchange; TLS 1.2 would have its curve in certificates
        self.contexts = {V12: context(V12),
                         V13: context(V13, groups="X25519")}
        self.worker = Worker(self.box)
        self.srv = Server(self.red.server, (SERVER4, 8000))
        ktap.after_case(self.wait_idle)

    def __exit__(self, *exc):
        self.worker.close()
        self.srv.close()
        super().__exit__(*exc)

    def begin(self, addr, version=V13):
        """A client and the worker's end, after their handshake."""
        client = self.client(addr=addr, ctx=self.contexts[version],
                             handshake=False)
        ktap.defer(client.close)
        client.hello()
        upcall = self.worker.wait()
        ktap.defer(upcall.close)
        upcall.serve(self.ctx, client)
        return client, upcall

    def answer(self, client):
        """The server answers and both ends are orderly."""
        peer = self.srv.peers[-1]
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
        check_eq(client.response().body, b"fine")
        client.close_notify()
        check_eq(peer.recv_all(), b"")
        peer.close()
        client.close()


def post(size):
    """A request with a body of size bytes."""
    return request("/post", method="POST", body=Pattern.get(size))


@ktap.variants(*CASES)
def test_order(env, _name, addr, size, more):
    """The server's bytes, with the worker's share of any length."""
    grow = env.grow("upcall.leftover", "hdr.inserted", "hdr.requests")
    client, upcall = env.begin(addr)
    data = post(max(size, 1000) if more else size)
    if not more:
        data = data[:size] if addr == RAW else exact(size)
    first, rest = data[:size], data[size:]
    client.send_records(first, MOST)
    check_eq(upcall.read(size), first)
    if rest:
        client.send(rest)
    values = {"block": BLOCK} if addr == HDR else {}
    upcall.done(leftover=first, **values)
    peer = env.srv.accept()
    want = data
    if addr == HDR:
        line, _, tail = data.partition(b"\r\n")
        want = line + b"\r\n" + BLOCK + tail
    got = b""
    while len(got) < len(want):
        part = peer.recv()
        check(part, f"the server got {len(got)} of {len(want)} bytes")
        got += part
    check_eq(hashlib.sha256(got).hexdigest(),
             hashlib.sha256(want).hexdigest(), f"{got[:80]} ...")
    check_eq(grow.by("upcall.leftover"), 1)
    check_eq(grow.by("hdr.inserted"), int(addr == HDR))
    env.answer(client)


def exact(size):
    """A request of exactly size bytes."""
    body = size
    while len(post(body)) > size:
        body -= 1
    data = post(body)
    check_eq(len(data), size, "length of the request")
    return data


@ktap.variants(("tls12", V12), ("tls13", V13))
def test_split_at_every_byte_of_a_head(env, _name, version):
    """Two requests; the worker has read up to each byte of the first."""
    data = request("/a", headers=("Client-IP: 6.6.6.6",)) + request("/b")
    line, other = b"GET /a HTTP/1.1\r\n", b"GET /b HTTP/1.1\r\n"
    check(data.startswith(line) and other in data, data)
    want = data.replace(b"Client-IP: 6.6.6.6\r\n", b"")
    want = want.replace(line, line + BLOCK).replace(other, other + BLOCK)
    end = data.index(other) + len(other)
    step = 1 if ktap.SCALE == 1 else 7
    for at in range(1, end, step):
        client, upcall = env.begin(HDR, version)
        client.send_records(data[:at], MOST)
        check_eq(upcall.read(at), data[:at])
        client.send(data[at:])
        upcall.done(leftover=data[:at], block=BLOCK)
        peer = env.srv.accept()
        got = b""
        while len(got) < len(want):
            part = peer.recv()
            check(part, f"split at {at}: {got}")
            got += part
        check_eq(got, want, f"split at {at}")
        peer.close()
        client.close()


def test_too_long(env):
    """Refused in words; the same upcall may then be answered properly."""
    client, upcall = env.begin(RAW)
    client.send_records(Pattern.get(MOST), MOST)
    upcall.read(MOST)
    err = check_raises(NlError, upcall.done, leftover=bytes(MOST + 1))
    check_eq(errno.errorcode[err.err], "EMSGSIZE")
    check_in("too long", err.msg)
    grow = env.grow("upcall.leftover", "upcall.late")
    env.worker.nl.do("upcall-done", conn=upcall.conn, leg="client",
                     verdict="ok", leftover=Pattern.get(MOST),
                     **{"tls-version": 0x0304})
    peer = env.srv.accept()
    got = b""
    while len(got) < MOST:
        got += peer.recv()
    check_eq(got, Pattern.get(MOST))
    check_eq(grow.by("upcall.leftover"), 1)
    check_eq(grow.by("upcall.late"), 0)
    env.answer(client)


@ktap.variants(*BAD_BLOCKS)
def test_bad_block(env, _name, block):
    """Lines for the server are looked at again; no server hears of bad ones,
    nor is anything passed without them."""
    grow = env.grow("ssl.bad-verdict", "server.connects")
    client, upcall = env.begin(HDR)
    upcall.done(**({"block": block} if block else {}))
    grow.wait("ssl.bad-verdict")
    env.wait_idle()
    check_eq(grow.by("server.connects"), 0)
    client.close()


def test_block_too_long(env):
    """Refused in words."""
    client, upcall = env.begin(HDR)
    err = check_raises(NlError, upcall.done,
                       block=b"X-Via: " + b"x" * 32768 + b"\r\n")
    check_eq(errno.errorcode[err.err], "EMSGSIZE")
    check_in("too long", err.msg)
    env.worker.nl.do("upcall-done", conn=upcall.conn, leg="client",
                     verdict="failed")
    client.close()


def test_bad_request_in_leftover(env):
    """What the worker had read is judged like everything else."""
    grow = env.grow("hdr.rejected")
    client, upcall = env.begin(HDR)
    bad = b"GET / HTTP/1.1\r\nHost : x\r\n\r\n"
    client.send_records(bad, MOST)
    upcall.read(len(bad))
    upcall.done(leftover=bad, block=BLOCK)
    check_eq(client.response().status, 400)
    check_eq(grow.by("hdr.rejected"), 1)
    client.close()


def test_with_another_verdict(env):
    """No server hears of bytes that came with a failure."""
    client, upcall = env.begin(RAW)
    client.send_records(b"hello", MOST)
    upcall.read(5)
    grow = env.grow("ssl.handshake-failures", "server.connects",
                    "upcall.leftover")
    upcall.done("failed", leftover=b"hello")
    grow.wait("ssl.handshake-failures")
    env.wait_idle()
    check_eq(grow.by("server.connects"), 0)
    check_eq(grow.by("upcall.leftover"), 0)
    client.close()


if __name__ == "__main__":
    ktap.run(globals(), Env)
