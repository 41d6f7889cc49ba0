#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 150
# leak: connections end in every way there is
# smp: both legs end, on different CPUs
"""How connections end: resets, truncation, bad records, timeouts, servers
that are not there. Both peers must see what happened, and nothing may stay.
"""

import os
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Watched
from lib.http import request
from lib.ktap import check, check_eq, check_raises
from lib.process import cmd
from lib.servers import Pattern
from lib.tls import Eof, V12, V13, context
from lib.topology import SERVER4, VIP4

RAW = (VIP4, 8443)
HDR = (VIP4, 9443)
BOTH = (("raw", RAW), ("hdr", HDR))
ENDS = (ConnectionResetError, BrokenPipeError)


class Env(Watched):
    """Both kinds of services."""

    def pair(self, addr=RAW, **kwargs):
        """A client and its peer at the server, both open."""
        srv = self.server()
        client = self.client(addr=addr, **kwargs)
        ktap.defer(client.close)
        client.send(request("/") if addr == HDR else b"hello")
        peer = srv.accept()
        ktap.defer(peer.close)
        if addr == HDR:
            peer.request()
        else:
            check_eq(peer.recv(), b"hello")
        return client, peer

    def set(self, name, *words):
        """Changes a service for this case."""
        self.tlsvip("service", "set", name, "context", "red", *words)


def ended_badly(client):
    """The client's end must not look complete."""
    rest, err = client.recv_end()
    check(err, f"the client saw a clean end after {rest!r}")
    return err


@ktap.variants(*BOTH)
def test_client_reset(env, _name, addr):
    grow = env.grow("relay.client-resets")
    client, peer = env.pair(addr)
    client.reset()
    check_raises(ENDS, peer.recv_all)
    check_eq(env.reason(client), "client-reset")
    grow.wait("relay.client-resets")


@ktap.variants(*BOTH)
def test_client_reset_in_download(env, _name, addr):
    client, peer = env.pair(addr)
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n")
    client.reader.response(head_only=True)
    client.reset()

    def flood():
        while True:
            peer.send(Pattern.get(1 << 20))
    check_raises(ENDS, flood)
    check_eq(env.reason(client), "client-reset")


@ktap.variants(*BOTH)
def test_client_reset_in_upload(env, _name, addr):
    client, peer = env.pair(addr)
    if addr == HDR:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: 9999999\r\n\r\n")
    client.send(Pattern.get(300000))
    client.reset()
    check_raises(ENDS, peer.recv_all)
    check_eq(env.reason(client), "client-reset")


@ktap.variants(*BOTH)
def test_server_reset(env, _name, addr):
    grow = env.grow("relay.server-resets")
    client, peer = env.pair(addr)
    peer.reset()
    ended_badly(client)
    check_eq(env.reason(client), "server-reset")
    grow.wait("relay.server-resets")


@ktap.variants(*BOTH)
def test_server_reset_in_download(env, _name, addr):
    """Half a body and a reset must not look like an end."""
    client, peer = env.pair(addr)
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    peer.send(Pattern.get(400000))
    client.reader.response(head_only=True)
    peer.reset()
    ended_badly(client)
    check_eq(env.reason(client), "server-reset")


@ktap.variants(("raw", RAW, V13), ("hdr", HDR, V13), ("raw12", RAW, V12))
def test_truncated_upload(env, _name, addr, version):
    """FIN without close_notify: the server sees a reset, not an end."""
    grow = env.grow("ssl.truncated")
    client, peer = env.pair(addr, ctx=context(version))
    if addr == HDR:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: 100000\r\n\r\n")
    client.send(Pattern.get(50000))
    client.fin()
    check_raises(ENDS, peer.recv_all)
    check_eq(env.reason(client), "client-truncated")
    check_eq(grow.by("ssl.truncated"), 1)


def test_truncated_inside_record(env):
    """The FIN comes in the middle of a record."""
    client, peer = env.pair()
    wire = client.seal(Pattern.get(10000))
    client.sock.sendall(wire[:5000])
    client.fin()
    check_raises(ENDS, peer.recv_all)
    check_eq(env.reason(client), "client-truncated")


def test_clean_end_is_clean(env):
    """The opposite of truncation: close_notify becomes a FIN."""
    grow = env.grow("ssl.truncated", "ssl.close-notify-received",
                    "ssl.close-notify-sent")
    client, peer = env.pair()
    client.close_notify()
    client.fin()
    check_eq(peer.recv_all(), b"")
    peer.close()
    check_eq(client.recv_all(), b"")
    check_eq(env.reason(client), "done")
    check_eq(grow.by("ssl.truncated"), 0)
    check_eq(grow.by("ssl.close-notify-received"), 1)
    check_eq(grow.by("ssl.close-notify-sent"), 1)


def test_close_notify_without_fin(env):
    """Data direction ends with the alert; the FIN may never come."""
    client, peer = env.pair()
    client.close_notify()
    check_eq(peer.recv_all(), b"")
    peer.send(b"tail")
    peer.close()
    check_eq(client.recv_all(), b"tail")
    check_eq(env.reason(client), "done")


@ktap.variants(("tls12", V12), ("tls13", V13))
def test_forged_record(env, _name, version):
    """A record that does not decrypt ends the session with an alert."""
    grow = env.grow("ssl.bad-records", "ssl.alerts-sent")
    client, peer = env.pair(ctx=context(version))
    wire = bytearray(client.seal(b"x" * 100))
    wire[-1] ^= 1
    client.sock.sendall(wire)
    check_raises(ENDS, peer.recv_all)
    err = ended_badly(client)
    check_eq(env.reason(client), "bad-record")
    check_eq(grow.by("ssl.bad-records"), 1)
    if isinstance(err, ssl.SSLError):
        check("ALERT" in str(err).upper(), err)
    check_eq(grow.by("ssl.alerts-sent"), 1)


def test_garbage_instead_of_records(env):
    client, peer = env.pair()
    client.sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    check_raises(ENDS, peer.recv_all)
    ended_badly(client)
    check_eq(env.reason(client), "bad-record")


def test_oversized_record(env):
    """A length beyond RFC 8446 5.2."""
    client, peer = env.pair()
    client.sock.sendall(b"\x17\x03\x03\xff\xff" + b"x" * 1000)
    check_raises(ENDS, peer.recv_all)
    ended_badly(client)
    check_eq(env.reason(client), "bad-record")


@ktap.variants(("quiet",), ("asking",))
def test_key_update(env, name):
    """6.12 cannot re-key: the session ends, and never looks complete."""
    grow = env.grow("ssl.keyupdates")
    client, peer = env.pair(ctx=context(V13))
    client.key_update(peer_too=name == "asking")
    check_raises(ENDS, peer.recv_all)
    ended_badly(client)
    check_eq(env.reason(client), "keyupdate")
    check_eq(grow.by("ssl.keyupdates"), 1)


def test_renegotiation(env):
    """A ClientHello inside a TLS 1.2 session is not allowed."""
    client, peer = env.pair(ctx=context(V12))
    client.renegotiate()
    check_raises(ENDS, peer.recv_all)
    ended_badly(client)
    check_eq(env.reason(client), "bad-record")


@ktap.variants(*BOTH)
def test_server_refuses(env, _name, addr):
    """Nobody listens on the server's port."""
    grow = env.grow("server.connects", "server.refused")
    client = env.client(addr=addr)
    ended_badly(client)
    client.close()
    check_eq(env.reason(client), "connect-refused")
    check_eq(grow.by("server.refused"), 1)
    check_eq(grow.by("server.connects"), 1)


def test_server_without_route(env):
    grow = env.grow("server.unreachable")
    env.set("raw", "server", "192.0.2.1:80")
    ktap.defer(env.set, "raw", "server", f"{SERVER4}:8000")
    with env.client(addr=RAW) as client:
        ended_badly(client)
    check_eq(env.reason(client), "connect-unreachable")
    check_eq(grow.by("server.unreachable"), 1)


def test_server_silent(env):
    """SYNs to the server are dropped."""
    grow = env.grow("server.timeouts")
    cmd("nft", "-f", "-", ns=env.red.server,
        data="table ip silent { chain in { type filter hook input priority 0;"
             " tcp dport 8000 drop; }\n}\n")
    ktap.defer(cmd, "nft", "delete", "table", "ip", "silent",
               ns=env.red.server)
    env.impatient("raw", "connect-timeout", "300ms")
    with env.client(addr=RAW) as client:
        ended_badly(client)
    check_eq(env.reason(client), "connect-timeout")
    check_eq(grow.by("server.timeouts"), 1)


def test_idle_timeout(env):
    grow = env.grow("relay.idle-timeouts")
    env.set("raw", "idle-timeout", "300ms")
    ktap.defer(env.set, "raw", "idle-timeout", "10m")
    client, peer = env.pair()
    try:
        client.recv_all()
    except (ConnectionError, Eof, ssl.SSLError):
        pass
    try:
        peer.recv_all()
    except ENDS:
        pass
    check_eq(env.reason(client), "idle-timeout")
    check_eq(grow.by("relay.idle-timeouts"), 1)


def test_linger_timeout(env):
    """The client is done, the server never is."""
    grow = env.grow("relay.linger-timeouts")
    env.set("raw", "linger-timeout", "300ms")
    ktap.defer(env.set, "raw", "linger-timeout", "60s")
    client, peer = env.pair()
    client.close_notify()
    client.fin()
    check_eq(peer.recv_all(), b"")
    ended_badly(client)
    check_eq(env.reason(client), "linger-timeout")
    check_eq(grow.by("relay.linger-timeouts"), 1)


def test_timeouts_do_not_hit_the_busy(env):
    """A slow but moving transfer outlives the idle timeout many times."""
    env.set("raw", "idle-timeout", "2s")
    ktap.defer(env.set, "raw", "idle-timeout", "10m")
    client, peer = env.pair()

    def old():
        client.send(b"x")
        check_eq(peer.recv(), b"x")
        peer.send(b"y")
        check_eq(client.recv(), b"y")
        return env.conns()[0]["age"] > 6000
    ktap.wait_for(old, "the connection to be 6 s old")
    client.close_notify()
    check_eq(peer.recv_all(), b"")


def test_many_short_ones(env):
    """Every kind of end, mixed; nothing stays behind."""
    srv = env.server()

    def handler(peer):
        msg = peer.request()
        if msg is None:
            return
        what = msg.target
        if what == "/reset":
            peer.reset()
            return
        peer.respond(Pattern.get(5000), close=True)
    srv.serve(handler)
    kinds = ("/ok", "/reset", "client-reset", "fin", "abort", "/ok")
    for num in range(60):
        kind = kinds[num % len(kinds)]
        addr = RAW if num % 2 else HDR
        if kind == "abort":
            client = env.client(addr=addr, handshake=False)
            client.hello()
            client.reset()
            continue
        client = env.client(addr=addr)
        client.request(kind if kind[0] == "/" else "/ok")
        if kind == "client-reset":
            client.reset()
        elif kind == "fin":
            client.fin()
        elif kind == "/ok":
            check_eq(client.response().body, Pattern.get(5000))
        client.close()
    env.wait_idle()


if __name__ == "__main__":
    ktap.run(globals(), Env)
