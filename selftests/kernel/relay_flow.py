#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Keep-alive, pipelining, slow peers, half-close, both ways at once.

Not about ends that go wrong (relay_ends.py) nor about sizes (relay_bodies.py).
"""

import json
import os
import random
import select
import socket
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import digest, request
from lib.ktap import check, check_eq, wait_for
from lib.servers import Pattern, Server, echo_hash
from lib.tls import V12, V13, context
from lib.topology import CLIENT4, SERVER4, VIP4

RAW = (VIP4, 8443)
HDR = (VIP4, 9443)
BOTH = (("raw", RAW), ("hdr", HDR))
FLOOD = 16 << 20    # more than all buffers on the way together: some 3 MB


class Env(Appliance):
    """nginx on port 80; port 8000 belongs to the case."""
    TENANTS = ("red",)

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)

    def server(self, **kwargs):
        srv = Server(self.red.server, (SERVER4, 8000), **kwargs)
        ktap.defer(srv.close)
        return srv


def test_keep_alive(env):
    """Many requests, one connection on each side, the block in each."""
    grow = env.grow("conn.accepted", "server.connects", "hdr.requests",
                    "hdr.inserted")
    with env.client() as client:
        for _ in range(50):
            head = json.loads(client.get("/headers").body)
            check_eq((head["Client-IP"], head["Client-Port"]),
                     (CLIENT4, str(client.port)))
        client.close_notify()
    env.wait_idle()
    for name, want in (("conn.accepted", 1), ("server.connects", 1),
                       ("hdr.requests", 50), ("hdr.inserted", 50)):
        check_eq(grow.by(name), want, name)


def test_pipelined(env):
    """100 requests in one write: 100 answers in order."""
    with env.client() as client:
        client.send(b"".join(request(f"/headers?{n}") for n in range(100)))
        for num in range(100):
            head = json.loads(client.response().body)
            check_eq(head["uri"], f"/headers?{num}")
            check_eq(head["Client-Port"], str(client.port))


@ktap.variants(*BOTH)
def test_pipelined_bodies(env, _name, addr):
    """Requests with and without bodies, cut at random, one after another."""
    env.server().serve(echo_hash)
    rng = random.Random(5)
    sizes = [rng.choice((0, 1, 50, 1000, 16384, 70000)) for _ in range(40)]
    stream = b"".join(request("/", method="POST", body=Pattern.get(s, s))
                      for s in sizes)
    with env.client(addr=addr) as client:
        def send():
            at = 0
            while at < len(stream):
                step = rng.choice((1, 17, 900, 16384, 40000))
                client.sock.sendall(client.seal(stream[at:at + step]))
                at += step
        # the answers are small: nothing blocks while only one side sends
        send()
        for size in sizes:
            got = json.loads(client.response().body)
            want = digest(Pattern.get(size, size)).hexdigest()
            check_eq((got["size"], got["sha"]), (size, want))


def stuck(send):
    """Calls send() until it has refused for a while; returns bytes taken.

    How long "a while" is decides how hard the case presses, not its verdict.
    """
    state = {"sent": 0, "still": 0}

    def push():
        try:
            state["sent"] += send()
            state["still"] = 0
        except BlockingIOError:
            state["still"] += 1
        return state["still"] > 25
    wait_for(push, "a sender to be stopped")
    return state["sent"]


@ktap.variants(("raw", RAW, V13), ("hdr", HDR, V13), ("raw12", RAW, V12))
def test_slow_client(env, _name, addr, version):
    """A client that does not read stops the server, then gets it all."""
    srv = env.server()

    def small(sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    with env.client(addr=addr, before=small, ctx=context(version)) as client:
        client.request("/")
        peer = srv.accept()
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % FLOOD)
        peer.sock.setblocking(False)
        done = [0]

        def send():
            size = peer.sock.send(Pattern.get(65536, done[0]))
            done[0] += size
            return size
        sent = stuck(send)
        check(sent < FLOOD, f"the relay swallowed {sent} bytes")
        peer.sock.settimeout(60 * ktap.SCALE)

        def rest():
            while done[0] < FLOOD:
                step = min(1 << 20, FLOOD - done[0])
                peer.sock.sendall(Pattern.get(step, done[0]))
                done[0] += step
        thread = threading.Thread(target=rest)
        thread.start()
        msg = client.response()
        thread.join()
        check_eq((msg.size, msg.sha), (FLOOD, Pattern.sha(FLOOD)))


@ktap.variants(("raw", RAW, V13), ("hdr", HDR, V13), ("raw12", RAW, V12))
def test_slow_server(env, _name, addr, version):
    """A server that does not read stops the client, then gets it all."""
    srv = env.server(rcvbuf=16384)
    with env.client(addr=addr, ctx=context(version)) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
                    b"\r\n" % FLOOD)
        peer = srv.accept()
        client.sock.setblocking(False)
        state = {"plain": 0, "wire": b""}

        def more():
            if not state["wire"] and state["plain"] < FLOOD:
                step = min(1 << 18, FLOOD - state["plain"])
                state["wire"] = client.seal(Pattern.get(step,
                                                        state["plain"]))
                state["plain"] += step

        def send():
            more()
            size = client.sock.send(state["wire"])
            state["wire"] = state["wire"][size:]
            return size
        sent = stuck(send)
        check(sent < FLOOD, f"the relay swallowed {sent} bytes")
        client.sock.settimeout(60 * ktap.SCALE)

        def rest():
            while state["plain"] < FLOOD or state["wire"]:
                more()
                client.sock.sendall(state["wire"])
                state["wire"] = b""
        thread = threading.Thread(target=rest)
        thread.start()
        msg = peer.request()
        thread.join()
        check_eq((msg.size, msg.sha), (FLOOD, Pattern.sha(FLOOD)))
        peer.respond(b"ok")
        check_eq(client.response().body, b"ok")


@ktap.variants(*BOTH)
def test_half_close_by_client(env, _name, addr):
    """close_notify and FIN first, then the whole answer arrives."""
    srv = env.server()
    with env.client(addr=addr) as client:
        client.request("/", headers=("Connection: close",))
        client.close_notify()
        client.fin()
        peer = srv.accept()
        peer.request()
        check_eq(peer.recv_all(), b"", "after the request")
        # no buffers between the two need hold all of it
        answer = threading.Thread(target=peer.respond,
                                  args=(Pattern.get(3 << 20),),
                                  kwargs={"close": True})
        answer.start()
        msg = client.response()
        answer.join()
        peer.close()
        check_eq(msg.sha, Pattern.sha(3 << 20))
        check_eq(client.recv_all(), b"", "close_notify after the answer")


def test_half_close_by_server(env):
    """The server's FIN becomes close_notify; the upload goes on."""
    srv = env.server()
    with env.client(addr=RAW) as client:
        client.send(b"first")
        peer = srv.accept()
        check_eq(peer.recv(), b"first")
        peer.send(b"answer")
        peer.fin()
        check_eq(client.recv_all(), b"answer")

        def upload():
            client.send(Pattern.get(2 << 20))
            client.close_notify()
            client.fin()
        thread = threading.Thread(target=upload)
        thread.start()
        check_eq(digest(peer.recv_all()).hexdigest(),
                 Pattern.sha(2 << 20))
        thread.join()
        peer.close()


def test_both_ways_at_once(env):
    """Full duplex bulk on one connection."""
    size = 12 << 20
    srv = env.server()
    with env.client(addr=RAW) as client:
        client.send(b"x")
        peer = srv.accept()
        check_eq(peer.recv(1), b"x")
        got = {}

        def serve():
            def read():
                got["server"] = digest(peer.recv_all()).hexdigest()
            reader = threading.Thread(target=read)
            reader.start()
            for at in range(0, size, 1 << 20):
                peer.send(Pattern.get(1 << 20, at))
            peer.fin()
            reader.join()
        server = threading.Thread(target=serve)
        server.start()
        # one thread drives OpenSSL: it reads whenever it cannot write
        sha = digest()
        at, wire, ended = 0, b"", False
        client.sock.setblocking(False)
        while at < size or wire:
            if not wire:
                wire = client.seal(Pattern.get(1 << 18, at))
                at += 1 << 18
            try:
                wire = wire[client.sock.send(wire):]
            except BlockingIOError:
                readers = [] if ended else [client.sock]
                if select.select(readers, [client.sock], [])[0]:
                    ended = _read_some(client, sha)
        client.sock.settimeout(60 * ktap.SCALE)
        client.close_notify()
        client.fin()
        sha.update(client.recv_all())
        server.join()
        check_eq(sha.hexdigest(), Pattern.sha(size), "server to client")
        check_eq(got["server"], Pattern.sha(size), "client to server")


def _read_some(client, sha):
    """What has arrived; returns whether the server's end is in it."""
    client.inb.write(client.sock.recv(1 << 18))
    while True:
        try:
            part = client.obj.read(1 << 16)
        except ssl.SSLWantReadError:
            return False
        if not part:
            return True
        sha.update(part)


def test_server_speaks_first(env):
    """Protocols other than HTTP: the server's banner comes unasked."""
    srv = env.server()
    with env.client(addr=RAW) as client:
        peer = srv.accept()
        peer.send(b"220 ready\r\n")
        check_eq(client.recv(), b"220 ready\r\n")
        client.send(b"QUIT\r\n")
        check_eq(peer.recv(), b"QUIT\r\n")
        peer.close()
        check_eq(client.recv_all(), b"")


def test_data_behind_finished(env):
    """A request in the same segment as the client's Finished arrives."""
    env.server().serve(echo_hash)
    for addr in (RAW, HDR):
        client = env.client(addr=addr, handshake=False, ctx=context(V13))
        client.hello()
        while True:
            client.feed()
            try:
                client.obj.do_handshake()
                break
            except OSError:
                client.flush()
        client.obj.write(request("/together"))
        client.flush()
        got = json.loads(client.response().body)
        check("/together" in got["head"], got["head"])
        client.close()


def test_idle_connection_is_kept(env):
    """An open connection without traffic is there and answers later."""
    with env.client() as quiet:
        quiet.get("/whoami")
        for _ in range(5):
            with env.client() as other:
                other.get("/whoami")
        check_eq(quiet.get("/whoami").body, b"nginx-red\n")


if __name__ == "__main__":
    ktap.run(globals(), Env)
