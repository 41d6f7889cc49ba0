#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""What is counted and told of headers: requests refused, by reason; requests
that got lines, by kind; answers that came too early or could not be followed.
And the limits that the parser alone cannot keep: records and time for a head.

Which requests are refused is tested with the parser in userspace.
"""

import os
import select
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import request
from lib.ktap import check, check_eq, check_in
from lib.servers import Server
from lib.tls import V13, context
from lib.topology import SERVER4, VIP4
from lib.ynl import Ynl

PORT = 7443
TIGHT = ("client-ip-port spoof reject head-max 2048 line-max 300 "
         "fields-max 20 name-max 64 ext-max 16 trailer-max 64 records-max 5 "
         "crlf-max 1")
EVERY = ("client-ip-port session once forwarded x-forwarded "
         "custom 'X-A: 1' custom 'X-B: 2'")
KINDS = ("client-ip-port", "session", "session-id", "forwarded",
         "x-forwarded", "custom")

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CODED = POST + b"Transfer-Encoding: chunked\r\n"
CHUNKS = CODED + b"\r\n"


def line(text, start=GET):
    """A request with one more line."""
    return start + text + b"\r\n\r\n"


# requests of each class, by reason; the policy is TIGHT
REQUESTS = {
    "smuggling": {
        "bare-lf": b"GET / HTTP/1.1\nHost: a\n\n",
        "obs-fold": line(b"X: y\r\n z"),
        "host-duplicate": line(b"Host: a"),
        "length-and-coding": line(b"Content-Length: 3", CODED),
        "chunk-size": CHUNKS + b"g\r\n",
        "trailer-field": CHUNKS + b"0\r\nHost: b\r\n\r\n",
        "method-case": b"head / HTTP/1.1\r\nHost: a\r\n\r\n",
        "websocket-key": line(b"Sec-WebSocket-Key1: x"),
    },
    "limit": {
        "leading-crlf": b"\r\n\r\n" + GET,
        "line-too-long": b"GET /" + b"x" * 300,
        "head-too-large": line(b"X: " + b"y" * 2048),
        "chunk-ext-too-long": CHUNKS + b"1;" + b"x" * 17,
        "head-pieces": GET[:6],         # a byte a record
    },
    "syntax": {
        "method-syntax": b"G(T / HTTP/1.1\r\n\r\n",
        "host-missing": b"GET / HTTP/1.1\r\n\r\n",
    },
    "unsupported": {
        "method-connect": b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
        "expect": line(b"Expect: x\r\nContent-Length: 2", POST),
    },
    "spoofed": {"spoofed": line(b"Client-IP: 6.6.6.6")},
    "timeout": {},                      # below
    "internal": {},                     # no request makes one
}


class Env(Appliance):
    """A service whose policy and server belong to the case."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        self.batch(f"policy http-header add p context red {EVERY}\n"
                   f"service add s context red vip {VIP4}:{PORT} server "
                   f"{SERVER4}:8000 trustpoint web policy http-header p "
                   "inservice\n")
        self.events = Ynl(self.box)
        self.events.subscribe("events")
        ktap.after_case(self.wait_idle)

    def policy(self, words):
        self.batch(f"policy http-header set p context red {words}\n")

    def server(self):
        srv = Server(self.red.server, (SERVER4, 8000))
        ktap.defer(srv.close)
        return srv

    def connect(self, **kwargs):
        client = self.client(addr=(VIP4, PORT), **kwargs)
        ktap.defer(client.close)
        return client

    def ended(self, client):
        """The notification of a connection's end."""
        return self.events.wait_event("conn-ntf", event="deleted",
                                      client_port=client.port)

    def pair(self):
        """A client and its server, which has seen a request."""
        srv, client = self.server(), self.connect()
        client.request("/one")
        peer = srv.accept()
        check_eq(peer.request().target, "/one")
        return client, peer


def refused(client, status):
    """The answer to a refused request, and the end behind it."""
    msg = client.response()
    check(msg is not None, "no answer")
    if status:
        check_eq(msg.status, status)
    check(400 <= msg.status < 600, msg.start)
    check_eq(msg.get("Connection"), "close")
    check_eq(client.recv_all(), b"", "close_notify behind the answer")
    client.close()


def test_reasons(env):
    """A refused request: its counter, its class, its connection's end."""
    env.policy(TIGHT)
    env.server()
    base = env.stats()
    for reasons in REQUESTS.values():
        for reason, raw in reasons.items():
            client = env.connect()
            if reason == "head-pieces":
                client.send_records(raw)
            else:
                client.send(raw)
            refused(client, None)
            end = env.ended(client)
            check_eq((end["close-reason"], end["http-reason"]),
                     ("http-reject", reason))
    now = env.stats()
    grown = {k: now[k] - base[k] for k in now if now[k] != base[k]}
    want = {f"hdr.rejected-{k}": len(v) for k, v in REQUESTS.items() if v}
    want.update({f"reject.{r}": 1 for v in REQUESTS.values() for r in v})
    check_eq({k: v for k, v in grown.items()
              if k.startswith(("reject.", "hdr.rejected-"))}, want)
    check_eq(grown["hdr.rejected"],
             sum(len(v) for v in REQUESTS.values()))


def test_every_reason_counts(env):
    """The reasons of the specification, without those of answers alone."""
    names = env.events.spec.enums["http-reason"]
    counters = {k for k in env.stats() if k.startswith("reject.")}
    check_eq(counters, {f"reject.{n}" for n in names
                        if n != "none" and not n.startswith("rsp-")})


def test_reason_shown(env):
    """While the connection is there, and when it has ended."""
    env.policy("client-ip-port")
    client, peer = env.pair()
    client.send(line(b"X : y"))
    ktap.wait_for(lambda: env.conns()[0]["http-reason"] == "name-space",
                  "the reason")
    check_in(" http-reason name-space\n", env.tlsvip("conn", "show").out)
    text = env.tlsvip("stats", "show").out
    check_in("    reject.name-space ", text)
    check("reject.not-ready" not in text, "a reason that never was")
    peer.respond()
    peer.close()
    check_eq(client.response().status, 200)
    refused(client, 400)
    check_eq(env.ended(client)["http-reason"], "name-space")


def test_no_reason(env):
    """A connection with which nothing was wrong says none."""
    env.policy("client-ip-port")
    client, peer = env.pair()
    conn, = env.conns()
    check("http-reason" not in conn, conn)
    peer.respond()
    client.response()
    client.close()
    peer.close()
    check("http-reason" not in env.ended(client), "a reason")


def test_inserted_by_kind(env):
    """Each request once for each kind of lines that it got."""
    env.policy(EVERY)
    srv = env.server()
    base = env.stats()

    def grown():
        now = env.stats()
        return [now[f"hdr.inserted-{k}"] - base[f"hdr.inserted-{k}"]
                for k in KINDS]

    ctx = context(V13)
    client = env.connect(ctx=ctx)
    client.send(request("/1") + request("/2") + request("/3"))
    peer = srv.accept()
    for _ in range(3):
        check("Session-Cipher-Name: " in peer.request().raw.decode(),
              "the session's lines")
    peer.respond()
    client.response()
    check_eq(grown(), [3, 3, 3, 3, 3, 3])
    # of a resumed session, one line
    again = env.connect(ctx=ctx, session=client.session)
    again.request("/4")
    check_eq(srv.accept().request().all("Session-Cipher-Name"), [])
    check(again.reused, "the session was not resumed")
    check_eq(grown(), [4, 3, 4, 4, 4, 4])
    check_eq(env.stat("hdr.inserted") - base["hdr.inserted"], 4)
    # under other names, and in part
    env.policy("session custom 'X-A: 1' prefix SSL alias Session-Id Sid")
    other = env.connect()
    other.request("/5")
    msg = srv.accept().request()
    check(msg.get("Sid") and msg.get("SSL-X-A"), msg.raw)
    check_eq(grown(), [4, 4, 5, 4, 4, 5])
    # with a policy that inserts nothing
    env.policy("protect X-A")
    plain = env.connect()
    plain.request("/6")
    srv.accept().request()
    check_eq(grown(), [4, 4, 5, 4, 4, 5])
    check_eq(env.stat("hdr.inserted") - base["hdr.inserted"], 5)
    for conn in (client, again, other, plain):
        conn.close()


def test_early_and_unasked(env):
    """An answer to half a request, and one to none: once each."""
    env.policy("client-ip-port")
    grow = env.grow("hdr.early", "hdr.unasked", "hdr.lost")
    srv, client = env.server(), env.connect()
    client.send(line(b"Content-Length: 9", POST) + b"12345")
    peer = srv.accept()
    peer.recv()
    peer.respond(b"no", status="413 Content Too Large")
    check_eq(client.response().status, 413)
    check_eq(client.recv_all(), b"")
    client.close()
    env.ended(client)
    check_eq((grow.by("hdr.early"), grow.by("hdr.unasked")), (1, 0))
    srv.close()
    client, peer = env.pair()
    peer.respond()
    client.response()
    peer.respond(status="408 Request Timeout")
    check_eq(client.response().status, 408)
    check_eq(client.recv_all(), b"")
    client.close()
    env.ended(client)
    check_eq((grow.by("hdr.early"), grow.by("hdr.unasked"),
              grow.by("hdr.lost")), (1, 1, 0))


def test_lost(env):
    """An answer that two clients could read differently is passed, counted
    once, and told."""
    env.policy("client-ip-port")
    grow = env.grow("hdr.lost", "hdr.rejected")
    client, peer = env.pair()
    answer = (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
              b"Content-Length: 2\r\n\r\nok")
    for at in range(0, len(answer), 10):
        peer.send(answer[at:at + 10])
    peer.close()
    got = client.recv_all()
    check_eq(got, answer)
    client.close()
    check_eq(env.ended(client)["http-reason"], "length-duplicate")
    check_eq((grow.by("hdr.lost"), grow.by("hdr.rejected")), (1, 0))


def test_records_max(env):
    """At the limit, and one above it."""
    env.policy("client-ip-port records-max 4")
    srv = env.server()
    client = env.connect()
    client.send_records(GET[:4])
    client.send(GET[4:] + b"\r\n")
    check_eq(srv.accept().request().target, "/")
    client.close()
    client = env.connect()
    client.send_records(GET[:5])
    refused(client, 400)


def test_crlf_max(env):
    env.policy("client-ip-port crlf-max 16")
    srv = env.server()
    client = env.connect()
    client.send(b"\r\n" * 16 + GET + b"\r\n")
    check_eq(srv.accept().request().raw[:14], GET[:14])
    client.close()
    client = env.connect()
    client.send(b"\r\n" * 17)
    refused(client, 400)
    env.policy("client-ip-port crlf-max 0")
    client = env.connect()
    client.send(b"\r\n")
    refused(client, 400)


def trickle(client, first, byte):
    """Sends first, and then a byte at a time until there is an answer."""
    client.send(first)
    for _ in range(100000):
        if select.select([client.sock], [], [], 0.02)[0]:
            break
        try:
            client.send(byte)
        except OSError:
            break
    refused(client, 408)


SLOW = "client-ip-port head-timeout 300ms records-max 100000"


@ktap.variants(("head", GET + b"X: ", b"y"), ("line", b"G", b"E"),
               ("trailers", CHUNKS + b"3\r\nabc\r\n0\r\nX: ", b"y"),
               ("trailer-start", CHUNKS + b"0\r\n", b"X"))
def test_slow_head(env, _name, first, byte):
    """Bytes that never end are answered when the time is over."""
    env.policy(SLOW)
    env.server()
    grow = env.grow("hdr.rejected-timeout", "reject.head-timeout")
    client = env.connect()
    if byte == b"E":
        client.send(first)      # and nothing more
        refused(client, 408)
    else:
        trickle(client, first, byte)
    end = env.ended(client)
    check_eq((end["close-reason"], end["http-reason"]),
             ("http-reject", "head-timeout"))
    check_eq((grow.by("hdr.rejected-timeout"),
              grow.by("reject.head-timeout")), (1, 1))


def test_slow_second_head(env):
    """Behind the answer to the first request."""
    env.policy(SLOW)
    grow = env.grow("hdr.rejected")
    client, peer = env.pair()
    client.send(GET)
    grow.wait("hdr.rejected")
    peer.respond(b"first")
    peer.close()
    check_eq(client.response().body, b"first")
    refused(client, 408)


def test_slow_server(env):
    """Nothing that waits for the server is late, nor a client between two
    requests. That the time is over is seen by another connection's answer."""
    env.policy(SLOW)
    grow = env.grow("hdr.rejected")
    srv = env.server()

    def begin(raw):
        client = env.connect()
        client.send(raw)
        peer = srv.accept()
        peer.request()
        return client, peer

    whole = GET + b"\r\n"
    # one between two requests, one without an answer, one that waits for a
    # 101 with bytes behind it, one in whose 64th head no more is looked at
    idle, idle_peer = begin(whole)
    idle_peer.respond()
    idle.response()
    plain, plain_peer = begin(whole)
    switch, switch_peer = begin(line(b"Upgrade: x\r\nConnection: Upgrade")
                                + b"GET / HT")
    many, many_peer = begin(whole * 63 + GET)
    env.drained(many)
    late = env.connect()
    late.send(GET)
    refused(late, 408)
    check_eq(grow.by("hdr.rejected"), 1)

    idle.send(whole)
    idle_peer.request()
    plain_peer.respond(b"plain")
    check_eq(plain.response().body, b"plain")
    switch_peer.send(b"HTTP/1.1 101 x\r\nUpgrade: x\r\n"
                     b"Connection: Upgrade\r\n\r\n")
    check_eq(switch.response().status, 101)
    check_eq(switch_peer.recv(), b"GET / HT")
    many.send(b"\r\n")
    env.drained(many)
    many_peer.respond()
    check_eq(many.response().status, 200)
    for _ in range(63):
        many_peer.request()
    for client in (idle, plain, switch, many):
        client.close()


if __name__ == "__main__":
    ktap.run(globals(), Env)
