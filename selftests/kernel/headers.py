#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""Header insertion: where, what, in every request; forged copies are gone.

The parser has its own tests in userspace; here it is fed by real records.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import chunked, request
from lib.insertion import check_inserted
from lib.ktap import check, check_eq, check_in
from lib.servers import INSERTED, Server
from lib.tls import SUITES, V12, V13, context
from lib.topology import CLIENT4, CLIENT6, SERVER4, SERVER6, VIP4, VIP6

RAW = (VIP4, 8443)
HDR = (VIP4, 9443)
NAMES = [n for n in INSERTED if n != "X-Via"]


class Env(Appliance):
    """Port 8000 belongs to the case."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)

    def policy(self, words):
        """Another one in this case."""
        self.set_h1(*words.split())
        ktap.defer(self.set_h1)

    def server(self, family=4):
        srv = Server(self.red.server,
                     (SERVER4 if family == 4 else SERVER6, 8000))
        ktap.defer(srv.close)
        return srv

    def pair(self, addr=HDR, **kwargs):
        """A client, and what accepts its server leg."""
        srv = self.server()
        client = self.client(addr=addr, **kwargs)
        ktap.defer(client.close)
        return client, srv


@ktap.variants(*[(f"{v}-{s}", version, s)
                 for v, version in (("tls12", V12), ("tls13", V13))
                 for s in SUITES])
def test_block(env, _name, version, suite):
    """Its content, for every suite."""
    client, srv = env.pair(ctx=context(version, suite))
    sent = request("/a?b=c", headers=("User-Agent: x", "Accept: */*"))
    client.send(sent)
    peer = srv.accept()
    msg = peer.request()
    check_inserted(msg, sent, client)
    check(re.fullmatch("[0-9A-F]{2}(:[0-9A-F]{2}){3,31}",
                       msg.get("Session-Id")),
          f"Session-Id {msg.get('Session-Id')!r}")
    peer.respond(b"hi")
    check_eq(client.response().body, b"hi")


@ktap.variants(("tls12", V12), ("tls13", V13))
def test_session_id(env, _name, version):
    """It is the session's: the same when resumed, another when not."""
    ctx = context(version)
    client, srv = env.pair(ctx=ctx)
    client.request("/")
    peer = srv.accept()
    first = peer.request().get("Session-Id")
    peer.respond()
    client.response()
    with env.client(addr=HDR, ctx=ctx, session=client.session) as again:
        again.request("/")
        check_eq(srv.accept().request().get("Session-Id"), first)
        check(again.reused, "the session was not resumed")
    with env.client(addr=HDR, ctx=ctx) as other:
        other.request("/")
        check(srv.accept().request().get("Session-Id") != first,
              "two sessions with one id")


def test_ipv6(env):
    env.tlsvip("service", "add", "hdr6", "context", "red", "vip",
               f"[{VIP6}]:9443", "server", f"[{SERVER6}]:8000",
               "trustpoint", "web", "policy", "http-header", "h1",
               "inservice")
    ktap.defer(env.tlsvip, "service", "delete", "hdr6", "context", "red")
    srv = env.server(6)
    with env.client(addr=(VIP6, 9443)) as client:
        sent = request("/six")
        client.send(sent)
        check_inserted(srv.accept().request(), sent, client, CLIENT6)


def test_split_everywhere(env):
    """The request in two records, cut at every byte, on one connection."""
    client, srv = env.pair()
    sent = request("/split?x=1", headers=("Cookie: a=b", "X-Via: forged",
                                          "Connection: keep-alive"))
    clean = sent.replace(b"X-Via: forged\r\n", b"")
    peer = None
    for cut in range(1, len(sent)):
        client.send(sent[:cut])
        env.drained(client)
        client.send(sent[cut:])
        if peer is None:
            peer = srv.accept()
        check_inserted(peer.request(), clean, client)
        peer.respond(b"%d" % cut)
        check_eq(client.response().body, b"%d" % cut)


def test_one_byte_a_record(env):
    """Every byte alone: a GET, a POST with its body, chunks, a trailer."""
    client, srv = env.pair()
    get = request("/one")
    post = request("/two", method="POST", body=b"12345")
    chunks = (b"PUT /three HTTP/1.1\r\nHost: test\r\n"
              b"Transfer-Encoding: chunked\r\n\r\n"
              b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 1\r\n\r\n")
    client.send_records(get + post + chunks)
    peer = srv.accept()
    check_inserted(peer.request(), get, client)
    msg = peer.request()
    check_inserted(msg, post, client)
    check_eq(msg.body, b"12345")
    msg = peer.request()
    check_inserted(msg, chunks, client)
    check_eq((msg.body, msg.trailers), (b"abcdefg", b"X-Sum: 1\r\n"))


def test_one_byte_a_segment(env):
    """Records themselves arrive byte by byte."""
    client, srv = env.pair()
    sent = request("/drip")
    wire = client.seal(sent)
    for at in range(len(wire)):
        client.sock.sendall(wire[at:at + 1])
    check_inserted(srv.accept().request(), sent, client)


def test_every_request(env):
    """Bodies of all framings, then heads again."""
    client, srv = env.pair()
    todo = []
    for num in range(5):
        todo += [request(f"/{num}"),
                 request(f"/{num}", method="POST", body=b"z" * 20000),
                 request(f"/{num}", method="POST", body=b""),
                 b"POST /c HTTP/1.1\r\nHost: test\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n"
                 + chunked(b"q" * 5000, 999),
                 request(f"/{num}", method="HEAD"),
                 request("*", method="OPTIONS"),
                 request(f"/{num}", method="DELETE")]
    client.send(b"".join(todo))
    peer = srv.accept()
    for sent in todo:
        check_inserted(peer.request(), sent, client)


def test_body_looks_like_a_head(env):
    """Nothing is inserted into or dropped from bodies."""
    client, srv = env.pair()
    inner = request("/evil", headers=("Client-IP: 6.6.6.6",))
    post = request("/", method="POST", body=inner * 3)
    client.send(post + request("/next"))
    peer = srv.accept()
    msg = peer.request()
    check_eq(msg.body, inner * 3)
    check_inserted(peer.request(), request("/next"), client)


@ktap.variants(*[(n, n) for n in NAMES])
def test_spoofed(env, _name, name):
    """A client's copies are dropped, however they are written."""
    grow = env.grow("hdr.spoofed")
    client, srv = env.pair()
    forged = (f"{name}: 6.6.6.6", f"{name.lower()}: 6.6.6.6",
              f"{name.upper()}:6.6.6.6", f"{name.replace('-', '_')}: 6",
              f"{name}:", f"{name.swapcase()}: {'6' * 3000}")
    client.request("/", headers=("A: 1", *forged, "B: 2"))
    msg = srv.accept().request()
    check_inserted(msg, request("/", headers=("A: 1", "B: 2")), client)
    env.drained(client)
    check_eq(grow.by("hdr.spoofed"), len(forged))


def test_spoofed_custom(env):
    """Names of custom lines are protected as well."""
    client, srv = env.pair()
    client.request("/", headers=("x-via: me", "X-Via-Too: stays"))
    msg = srv.accept().request()
    check_inserted(msg, request("/", headers=("X-Via-Too: stays",)), client)


CERT = ("Valid", "Error", "Fingerprint", "Subject-CN", "Issuer-CN",
        "Certificate-Version", "Serial-Number", "Data-Signature-Algorithm",
        "Subject", "Issuer", "Not-Before", "Not-After",
        "Public-Key-Algorithm", "RSA-Public-Key-Size", "RSA-Modulus-Size",
        "RSA-Modulus", "RSA-Exponent", "X509v3-Authority-Key-Identifier",
        "X509v3-Basic-Constraints", "Signature-Algorithm", "Signature",
        "X509v3-Key-Usage", "X509v3-Subject-Alternative-Name",
        "X509v3-CRL-Distribution-Points",
        "X509v3-Authority-Information-Access", "PEM", "Of-Tomorrow")
FORGED = [f"ClientCert-{name}" for name in CERT] + \
         ["Client-Cert", "Client-Cert-Chain"]
# neither is one of those, however a server reads it
HONEST = ("ClientCert: 1", "Client-Certs: 2", "Client-Cert-Chains: 3",
          "X-ClientCert-Valid: 4", "ClientCertValid: 5")
STATUS = ("ClientCert-Valid: 0", "ClientCert-Error: No Cert Data")


@ktap.variants(
    ("basic", "client-cert basic", STATUS, ()),
    ("all", "client-cert", STATUS, ()),
    ("pem", "client-cert pem subject-name", STATUS, ()),
    ("first", "client-cert first", STATUS, ()),
    ("rfc9440", "rfc9440", STATUS, ()),
    ("prefix", "client-cert basic prefix SSL",
     [f"SSL-{line}" for line in STATUS],
     [f"SSL-{name}" for name in FORGED]),
    ("alias", "client-cert alias ClientCert-Subject X-User "
     "alias clientcert-valid X-Ok", ("X-Ok: 0", STATUS[1]),
     ("X-User", "X-Ok")),
    ("protect", "protect ClientCert-* protect Client-Cert protect "
     "Client-Cert-Chain", (), ()))
def test_spoofed_certificate(env, _name, words, inserted, names):
    """Whatever a policy says of certificates, no client says any of it."""
    env.policy(words)
    grow = env.grow("hdr.spoofed")
    client, srv = env.pair()
    names = [*FORGED, *names]
    forms = (str, str.lower, lambda name: name.upper().replace("-", "_"),
             lambda name: name.replace("-", "."))
    want = "".join(line + "\r\n" for line in inserted).encode()
    plain = request("/", headers=HONEST)
    line, _, rest = plain.partition(b"\r\n")
    for form in forms:
        client.request("/", headers=(*(f"{form(name)}: 1" for name in names),
                                     *HONEST))
    client.send(b"POST /t HTTP/1.1\r\nHost: test\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
                + "".join(f"{name}: 1\r\n" for name in names).encode()
                + b"X-Ok-Not: 1\r\n\r\n")
    peer = srv.accept()
    for _ in forms:
        check_eq(peer.request().raw, line + b"\r\n" + want + rest)
    check_eq(peer.request().trailers, b"X-Ok-Not: 1\r\n")
    env.drained(client)
    check_eq(grow.by("hdr.spoofed"), (len(forms) + 1) * len(names))


@ktap.variants(("forwarded", "forwarded"), ("x-forwarded", "x-forwarded"))
def test_spoofed_forwarding(env, _name, words):
    """A server that knows the other form, or more of it, might prefer that."""
    env.policy(words)
    grow = env.grow("hdr.spoofed")
    client, srv = env.pair()
    forged = [f"{name}: for=6.6.6.6" for name in (
        "Forwarded", "X-Forwarded-For", "x_forwarded_proto",
        "X-Forwarded-Host", "X-Forwarded-Prefix", "X-FORWARDED-PORT")]
    honest = ("X-Forwarded: for=1.2.3.4", "Forwarded-For: 1.2.3.4")
    client.request("/", headers=(*forged, *honest))
    msg = srv.accept().request()
    check(b"6.6.6.6" not in msg.raw, msg.raw)
    for line in honest:
        check_in(line, msg.lines)
    env.drained(client)
    check_eq(grow.by("hdr.spoofed"), len(forged))


def test_spoofed_in_trailers(env):
    client, srv = env.pair()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
                b"Client-IP: 6.6.6.6\r\nX-Ok: 1\r\n\r\n")
    msg = srv.accept().request()
    check_eq((msg.body, msg.trailers), (b"a", b"X-Ok: 1\r\n"))


def test_spoofed_connection_option(env):
    """Connection: Client-IP would make the next hop drop our line."""
    client, srv = env.pair()
    client.request("/", headers=("Connection: keep-alive, Client-IP",))
    try:
        msg = srv.accept(timeout=5).request()
    except ktap.Failure:
        msg = None
    if msg is None:
        check_eq(client.response().status, 400)
        return
    check("client-ip" not in (msg.get("Connection") or "").lower(),
          "the option reached the server")
    check_eq(msg.all("Client-IP"), [CLIENT4])


def test_without_policy(env):
    """No policy, no change: not a byte is looked at."""
    client, srv = env.pair(RAW)
    sent = request("/", headers=("Client-IP: 6.6.6.6", "X-Via: me"))
    client.send(sent + b"\x00\xff not http at all\n")
    peer = srv.accept()
    check_eq(peer.request().raw, sent)


REFUSED = (
    ("te-and-cl", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("two-lengths", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
     b"Content-Length: 4\r\n\r\nabc", 400),
    ("odd-coding", b"POST / HTTP/1.1\r\nHost: x\r\n"
     b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", None),
    ("obs-fold", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
    ("bare-lf", b"GET / HTTP/1.1\nHost: x\n\n", 400),
    ("space-before-colon", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    ("no-host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("nul", b"GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 400),
    ("http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
    ("version", b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
    ("connect", b"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", None),
    ("head-too-large", b"GET / HTTP/1.1\r\nHost: x\r\n"
     + b"A: " + b"b" * 200000 + b"\r\n\r\n", 431),
    ("not-http", b"\x16\x03\x01 whatever\r\n\r\n", 400),
)


@ktap.variants(*REFUSED)
def test_refused(env, _name, bad, status):
    """An answer in HTTP, an end in TLS, and no request at the server."""
    grow = env.grow("hdr.rejected")
    client, srv = env.pair()
    try:
        client.send(bad)
    except (ConnectionError, OSError):
        pass        # it may have been refused before all was sent
    msg = client.response()
    check(msg is not None, "no answer")
    if status:
        check_eq(msg.status, status)
    check(400 <= msg.status < 600, msg.start)
    check_eq((msg.get("Connection") or "").lower(), "close")
    check_eq(client.recv_all(), b"", "close_notify behind the answer")
    check_eq(grow.by("hdr.rejected"), 1)
    client.close()
    if not srv.pending():
        return
    # the server leg may exist already, but gets no whole head
    env.wait_idle()


def test_refused_second(env):
    """A good request in front of a bad one is answered first."""
    client, srv = env.pair()
    client.send(request("/good"))
    peer = srv.accept()
    check_eq(peer.request().target, "/good")
    peer.respond(b"good")
    check_eq(client.response().body, b"good")
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n")
    # some servers carry out a head behind which there is an end
    rest = peer.recv_reset()
    check(b"\r\n\r\n" not in rest, f"the server got {rest!r}")
    msg = client.response()
    check_eq(msg.status, 400)
    check_eq(client.recv_all(), b"")


def test_refused_behind_a_pending_answer(env):
    """The bad request is answered behind the answer to the good one."""
    grow = env.grow("hdr.rejected")
    client, srv = env.pair()
    client.send(request("/one") + b"GET /two HTTP/1.1\r\nHost : x\r\n\r\n")
    peer = srv.accept()
    check_eq(peer.request().target, "/one")
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
    grow.wait("hdr.rejected")
    peer.send(b"one")
    peer.close()
    check_eq(client.response().body, b"oneone")
    check_eq(client.response().status, 400)
    check_eq(client.recv_all(), b"")


def test_refused_by_the_server_as_well(env):
    """It answers what it has of a bad request: the client gets one refusal."""
    grow = env.grow("hdr.rejected")
    client, srv = env.pair()
    client.send(request("/one") + b"GET /two HTTP/1.1\r\nHost : x\r\n\r\n")
    peer = srv.accept()
    check_eq(peer.request().target, "/one")
    grow.wait("hdr.rejected")
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
              b"HTTP/1.1 418 x\r\nContent-Length: 3\r\n\r\ntwo")
    check_eq(client.response().body, b"one")
    check_eq(client.response().status, 418)
    check_eq(client.recv_all(), b"")
    peer.recv_reset()


def test_expect_continue(env):
    client, srv = env.pair()
    head = (b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n"
            b"Expect: 100-continue\r\n\r\n")
    client.send(head)
    peer = srv.accept()
    raw = peer.reader._until(b"\r\n\r\n")   # the body has not come yet
    check_in(b"Expect: 100-continue", raw)
    peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    check_eq(client.reader.response(head_only=True).status, 100)
    client.send(b"body")
    check_eq(peer.recv(), b"body")
    peer.respond(b"done")
    check_eq(client.response().body, b"done")
    client.send(request("/after"))
    check_inserted(peer.request(), request("/after"), client)


def upgrade(client, srv):
    sent = request("/ws", headers=("Connection: Upgrade",
                                   "Upgrade: websocket",
                                   "Sec-WebSocket-Key: eA==",
                                   "Sec-WebSocket-Version: 13"))
    client.send(sent)
    peer = srv.accept()
    check_inserted(peer.request(), sent, client)
    return peer


def switch(client, peer, more=b""):
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
              b"Connection: Upgrade\r\n\r\n" + more)
    check_eq(client.response().status, 101)


def test_upgrade(env):
    """After 101 the connection is bytes, in both directions."""
    grow = env.grow("hdr.upgrades")
    client, srv = env.pair()
    peer = upgrade(client, srv)
    switch(client, peer, b"\x81\x05hello")
    first = client.reader.take()
    while len(first) < 7:
        first += client.recv()
    check_eq(first, b"\x81\x05hello")
    frame = b"\x81\x80GET / HTTP/1.1\r\nClient-IP: 6.6.6.6\r\n\r\n\0\xff"
    client.send(frame)
    got = b""
    while len(got) < len(frame):
        got += peer.recv()
    check_eq(got, frame)
    check_eq(grow.by("hdr.upgrades"), 1)


@ktap.variants(("notified", True), ("bare", False))
def test_upgrade_ends(env, _name, notified):
    """Behind 101 a bare FIN is no end of anything that is known here."""
    client, srv = env.pair()
    peer = upgrade(client, srv)
    switch(client, peer)
    client.send(b"\x81\x85half")
    if notified:
        client.close_notify()
    client.fin()
    end = peer.recv_all if notified else peer.recv_reset
    check_eq(end(), b"\x81\x85half")


def test_upgrade_refused(env):
    """An answer other than 101: it stays HTTP, with the block."""
    client, srv = env.pair()
    peer = upgrade(client, srv)
    peer.respond(b"no", status="426 Upgrade Required")
    check_eq(client.response().status, 426)
    sent = request("/plain", headers=("Client-IP: 6.6.6.6",))
    client.send(sent)
    check_inserted(peer.request(), request("/plain"), client)


def test_upgrade_later(env):
    """Asked for behind requests of which one is unanswered, as a proxy in front
    of the box does on a connection that it keeps; refused once, then taken."""
    grow = env.grow("hdr.upgrades")
    client, srv = env.pair()
    peer = upgrade(client, srv)
    peer.respond(b"no", status="426 Upgrade Required")
    check_eq(client.response().status, 426)
    sent = request("/ws", headers=("Connection: Upgrade",
                                   "Upgrade: websocket"))
    early = b"\x81\x02hi"
    client.send(request("/one") + sent + early)
    check_inserted(peer.request(), request("/one"), client)
    check_inserted(peer.request(), sent, client)
    env.drained(client)
    peer.respond(b"1")
    check_eq(client.response().body, b"1")
    switch(client, peer)
    check_eq(peer.recv(), early)
    frame = b"GET / HTTP/1.1\r\nClient-IP: 6.6.6.6\r\n\r\n"
    client.send(frame)
    check_eq(peer.recv(), frame)
    check_eq(grow.by("hdr.upgrades"), 1)


def test_upgrade_with_early_bytes(env):
    """Bytes behind an Upgrade wait for the server's answer."""
    client, srv = env.pair()
    peer = upgrade(client, srv)
    client.send(b"\x81\x02hi")
    env.drained(client)
    switch(client, peer)
    check_eq(peer.recv(), b"\x81\x02hi")


def test_answers_are_not_touched(env):
    """Whatever the server says passes as it is."""
    client, srv = env.pair()
    client.request("/")
    peer = srv.accept()
    peer.request()
    answer = (b"HTTP/1.1 200 Sure\nClient-IP: 1.2.3.4\r\n"
              b"Content-Length: 5\r\nOdd : x\r\n\r\nClien")
    peer.send(answer)
    got = b""
    while len(got) < len(answer):
        got += client.recv()
    check_eq(got, answer)


def test_policy_change(env):
    """New connections get the new block, live ones keep theirs."""
    client, srv = env.pair()
    client.request("/1")
    peer = srv.accept()
    check_eq(peer.request().get("X-Via"), "tlsvip-red")
    peer.respond()
    client.response()
    env.set_h1("custom", "X-New: 1")
    ktap.defer(env.set_h1)
    client.request("/2")
    check_eq(peer.request().get("X-Via"), "tlsvip-red")
    with env.client(addr=HDR) as fresh:
        fresh.request("/3", headers=("Client-IP: mine",))
        msg = srv.accept().request()
        check_eq((msg.get("X-New"), msg.get("X-Via")), ("1", None))


def test_large_block(env):
    """The largest block that a policy can ask for."""
    lines = [f"X-L{i:02d}: " + "v" * 230 for i in range(16)]
    words = []
    for line in lines:
        words += ["custom", line]
    env.tlsvip("policy", "http-header", "add", "big", "context", "red",
               "client-ip-port", "session", *words)
    env.tlsvip("service", "set", "hdr", "context", "red", "policy",
               "http-header", "big")
    ktap.defer(env.tlsvip, "policy", "http-header", "delete", "big",
               "context", "red")
    ktap.defer(env.tlsvip, "service", "set", "hdr", "context", "red",
               "policy", "http-header", "h1")
    client, srv = env.pair()
    client.send(request("/1") + request("/2"))
    peer = srv.accept()
    for _ in range(2):
        msg = peer.request()
        for line in lines:
            check_in(line, msg.lines)
    client.close()


if __name__ == "__main__":
    ktap.run(globals(), Env)
