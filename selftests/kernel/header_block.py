#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""The block of header lines: which lines, names and values a policy and a
session make, and the block for the first request alone. Where they stand in
requests is headers.py's.

Policies are set by netlink: how they are typed is the CLI's.
"""

import errno
import os
import re
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance, PATIENT
from lib.http import request
from lib.ktap import check, check_eq, check_in, check_raises
from lib.servers import Server
from lib.tls import V12, V13, context
from lib.topology import CLIENT4, CLIENT6, SERVER4, VIP4, VIP6
from lib.worker import Worker, server_context
from lib.ynl import NlError, Ynl

PORT = 7443
ADDRS = {4: (VIP4, PORT), 6: (VIP6, PORT)}
SESSION = ("Session-Id", "Session-Cipher-Name", "Session-Cipher-Key-Size",
           "Session-Cipher-Use-Size", "Session-Step-Up",
           "Session-Initial-Cipher-Name", "Session-Initial-Cipher-Key-Size",
           "Session-Initial-Cipher-Use-Size")
ALL = {"client_ip_port": True, "session": True, "forwarded": True,
       "x_forwarded": True}
NAMES = ("Client-IP", "Client-Port", *SESSION, "Forwarded",
         "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port")
STATUS = ("ClientCert-Valid", "ClientCert-Error")
CERT = ("Fingerprint", "Subject-CN", "Issuer-CN", "Certificate-Version",
        "Serial-Number", "Data-Signature-Algorithm", "Subject", "Issuer",
        "Not-Before", "Not-After", "Public-Key-Algorithm",
        "RSA-Public-Key-Size", "RSA-Modulus-Size", "RSA-Modulus",
        "RSA-Exponent", "X509v3-Authority-Key-Identifier",
        "X509v3-Basic-Constraints", "Signature-Algorithm", "Signature",
        "X509v3-Key-Usage", "X509v3-Subject-Alternative-Name",
        "X509v3-CRL-Distribution-Points",
        "X509v3-Authority-Information-Access")
BASIC = tuple(f"ClientCert-{name}" for name in CERT[:19])
EVERY = tuple(f"ClientCert-{name}" for name in CERT)
CHAIN = ("Client-Cert", "Client-Cert-Chain")
NO_CERT = [("ClientCert-Valid", "0"), ("ClientCert-Error", "No Cert Data")]
MOST = 32768


class Env(Appliance):
    """A service for each family whose requests end at a server of ours."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        self.nl = Ynl(self.box)
        self.nl.do("policy-new", context="red", name="blk",
                   kind="http-header", **ALL)
        for family, addr in ((4, VIP4), (6, f"[{VIP6}]")):
            self.tlsvip("service", "add", f"blk{family}", "context", "red",
                        "vip", f"{addr}:{PORT}", "server", f"{SERVER4}:8000",
                        "trustpoint", "web", "policy", "http-header", "blk",
                        *PATIENT, "inservice")
        self.server = Server(self.red.server, (SERVER4, 8000))
        self.worker = self.ctx = None
        ktap.after_case(self.after)

    def after(self):
        if self.daemon is None:
            self.start_daemon()
        while self.server.peers:
            self.server.peers.pop().close()
        self.wait_idle()

    def play_daemon(self):
        """A worker of this test's instead of the daemon, in this case."""
        self.stop_daemon()
        cert, key = self.authority.issue("web", hosts=("web.test", VIP4))
        self.ctx = server_context(cert, key)
        self.worker = Worker(self.box)
        ktap.defer(self.play_no_more)

    def play_no_more(self):
        self.worker.close()
        self.worker = None
        self.start_daemon()

    def policy(self, **values):
        self.nl.do("policy-set", context="red", name="blk",
                   kind="http-header", **values)

    def visit(self, family=4, **kwargs):
        """One connection and request: the client and the block's lines."""
        with self.client(addr=ADDRS[family], **kwargs) as client:
            lines = self.block(client)
            # tickets of TLS 1.3 come with the answer at the latest
            self.server.peers[-1].respond()
            client.response()
            client.block_session = client.session
            client.was_reused = client.reused
            return client, lines

    def block(self, client):
        client.send(request("/"))
        msg = self.server.accept().request()
        lines = list(msg.lines)
        check_eq(lines[lines.index("Host: test"):],
                 request("/").decode().split("\r\n")[1:-2],
                 "what the client sent")
        return lines[:lines.index("Host: test")]


def values(client, family=4):
    """The value of every field; a pattern for the identifier."""
    addr, vip = ((CLIENT4, VIP4), (CLIENT6, VIP6))[family == 6]
    name, _version, bits = client.cipher
    node = f'for="[{addr}]"' if family == 6 else f"for={addr}"
    by_ = f'"[{vip}]:{PORT}"' if family == 6 else f'"{vip}:{PORT}"'
    return dict(zip(NAMES, (
        addr, str(client.port), None, name, str(bits), str(bits), "NO", name,
        str(bits), str(bits), f"{node};proto=https;by={by_}", addr, "https",
        str(PORT))))


def check_lines(lines, want):
    """want: (name, value) in order; the identifier has any value."""
    check_eq([line.partition(":")[0] for line in lines],
             [name for name, _value in want])
    for line, (name, value) in zip(lines, want):
        if value is not None:
            check_eq(line, f"{name}: {value}")
            continue
        got = line.partition(": ")[2]
        check(re.fullmatch("[0-9A-F]{2}(:[0-9A-F]{2}){31}", got), line)
        check(set(got) - set("0:"), "an identifier of zeros")


@ktap.variants(*[(f"{v}-ipv{f}", version, f) for f in (4, 6)
                 for v, version in (("tls12", V12), ("tls13", V13))])
def test_every_field(env, _name, version, family):
    """All options at once: names, order, values."""
    env.policy(**ALL, custom=["X-Via: tlsvip", "X-Tab:\ta", "X-Q: \"a b\""])
    client, lines = env.visit(family, ctx=context(version))
    check_eq(lines[-3:], ["X-Via: tlsvip", "X-Tab:\ta", "X-Q: \"a b\""])
    check_lines(lines[:-3], list(values(client, family).items()))


@ktap.variants(("client-ip-port", NAMES[:2]), ("session", SESSION),
               ("forwarded", NAMES[10:11]), ("x-forwarded", NAMES[11:]))
def test_option(env, option, names):
    """Each option alone inserts its own lines and no others."""
    env.policy(**{option: True})
    client, lines = env.visit()
    all_ = values(client)
    check_lines(lines, [(name, all_[name]) for name in names])


def test_names(env):
    """A prefix for what has no alias, custom lines included."""
    env.policy(**ALL, prefix="SSL", custom=["Via-Box: red"],
               alias=[{"name": "Client-IP", "alias": "X-Real-IP"},
                      {"name": "session-id", "alias": "Sid"},
                      {"name": "Forwarded", "alias": "Forwarded"}])
    client, lines = env.visit()
    alias = {"Client-IP": "X-Real-IP", "Session-Id": "Sid",
             "Forwarded": "Forwarded"}
    check_eq(lines.pop(), "SSL-Via-Box: red")
    check_lines(lines, [(alias.get(name, f"SSL-{name}"), value)
                        for name, value in values(client).items()])


def ticketless(version):
    ctx = context(version)
    ctx.options |= ssl.OP_NO_TICKET
    return ctx


@ktap.variants(("tls12-ticket", context(V12)),
               ("tls12-session-id", ticketless(V12)),
               ("tls13", context(V13)))
def test_session_once(env, _name, ctx):
    """A resumed session has its identifier alone, if the policy wants so."""
    once = {"session": True, "session_once": True, "forwarded": True}
    env.policy(**once)
    client, first = env.visit(ctx=ctx)
    check(not client.was_reused, "the first one is full")
    check_eq([line.partition(":")[0] for line in first],
             [*SESSION, "Forwarded"])
    again, lines = env.visit(ctx=ctx, session=client.block_session)
    check(again.was_reused, "not resumed")
    check_eq(lines, [first[0], first[-1]])
    once["session_once"] = False
    env.policy(**once)
    third, lines = env.visit(ctx=ctx, session=again.block_session)
    check(third.was_reused, "not resumed")
    check_eq(lines, first, "all of them, with the same values")


def test_nothing_to_insert(env):
    """A policy that only protects: no block, and none is missed."""
    env.policy(protect=["X-Secret"])
    with env.client(addr=ADDRS[4]) as client:
        client.send(request("/", headers=("X-Secret: 1", "X-Open: 2")))
        check_eq(env.server.accept().request().raw,
                 request("/", headers=("X-Open: 2",)))


@ktap.variants(
    ("basic", {"client_cert": "basic"}), ("all", {"client_cert": "all"}),
    ("pem", {"client_cert": "pem"}),
    ("first", {"client_cert": "all", "client_cert_first": True}),
    ("subject", {"client_cert": "pem", "client_cert_first": True,
                 "subject_name": True}),
    ("rfc9440", {"rfc9440": True, "subject_name": True}),
    ("chain", {"client_cert": "all", "rfc9440": True, "rfc9440_chain": True}))
def test_no_certificate(env, _name, options):
    """Nobody asks clients for one yet: the status says so, and no more."""
    env.policy(**options, custom=["X-Via: tlsvip"])
    with env.client(addr=ADDRS[4]) as client:
        for _ in range(2):
            client.send(request("/"))
        peer = env.server.accept()
        for _ in range(2):
            lines = list(peer.request().lines)
            check_lines(lines[:3], [*NO_CERT, ("X-Via", "tlsvip")])
            check_in("Host", lines[3])
    env.policy(**options, prefix="SSL",
               alias=[{"name": "ClientCert-Error", "alias": "X-Why"}])
    _client, lines = env.visit()
    check_lines(lines, [("SSL-ClientCert-Valid", "0"),
                        ("X-Why", "No Cert Data")])


def test_longest(env):
    """Batches of upcalls that are as long as they can be."""
    prefix = "P" * 32
    custom = [f"X-{num:02}: {'v' * 233}" for num in range(16)]
    alias = [{"name": name, "alias": f"{num:02}-{'a' * 61}"}
             for num, name in enumerate((*NAMES, *STATUS, *EVERY, *CHAIN))]
    env.policy(**ALL, client_cert="all", rfc9440=True, rfc9440_chain=True,
               prefix=prefix, custom=custom, alias=alias)
    grow = env.grow("upcall.handed-out")
    env.stop_daemon()
    clients = [env.client(addr=ADDRS[6], handshake=False)
               for _ in range(40)]
    for client in clients:
        client.hello()
    env.start_daemon()
    for client in clients:
        client.handshake()
        lines = env.block(client)
        want = [*values(client, 6).values(), "0", "No Cert Data"]
        check_lines(lines[:16],
                    [(a["alias"], value) for a, value in zip(alias, want)])
        check_eq(lines[16:], [f"{prefix}-{line}" for line in custom])
        client.close()
    check_eq(grow.by("upcall.handed-out"), 40)


def test_policy_of_the_accept(env):
    """A connection keeps the lines of the policy that it was accepted with."""
    env.policy(x_forwarded=True)
    env.stop_daemon()
    grow = env.grow("conn.alloc")
    early = env.client(addr=ADDRS[4], handshake=False)
    early.hello()
    grow.wait("conn.alloc")
    env.policy(forwarded=True)
    env.start_daemon()
    early.handshake()
    check_eq(len(env.block(early)), 3)
    early.close()
    _client, lines = env.visit()
    check_eq(len(lines), 1)
    check_in("for=", lines[0])


VALID = b"ClientCert-Valid: 1\r\n"
SUBJECT = b"ClientCert-Subject: CN = a\r\n"
FIRST = {"client_cert": "all", "client_cert_first": True}


def begin(env):
    """A client, and its upcall at a worker that this test plays."""
    if env.worker is None:
        env.play_daemon()
    client = env.client(addr=ADDRS[4], handshake=False)
    ktap.defer(client.close)
    client.hello()
    upcall = env.worker.wait()
    ktap.defer(upcall.close)
    upcall.serve(env.ctx, client)
    return client, upcall


def behind_line(sent, block):
    line, _, rest = sent.partition(b"\r\n")
    return line + b"\r\n" + block + rest


@ktap.variants(("basic", "basic", {}, BASIC), ("all", "all", {}, EVERY),
               ("pem", "pem", {}, ("ClientCert-PEM",)),
               ("subject", "all", {"subject_name": True},
                [name for name in EVERY if name != "ClientCert-Subject"]))
def test_first_lines(env, _name, kind, options, first):
    """Which lines the daemon is told to keep for the first request."""
    env.policy(session=True, rfc9440=True, custom=["X-Via: tlsvip"],
               client_cert=kind, client_cert_first=True, **options)
    _client, upcall = begin(env)
    lines = upcall.values["line"]
    check_eq([line["text"] for line in lines if line.get("first")],
             list(first))
    rest = [line["text"] for line in lines if not line.get("first")]
    subject = ["ClientCert-Subject"] if options else []
    check_eq(rest, [*SESSION, *STATUS, *subject, "Client-Cert",
                    "X-Via: tlsvip"])
    upcall.done("failed")


def test_first_pipelined(env):
    """The first request of several in one record has both blocks."""
    env.policy(**FIRST)
    grow = env.grow("hdr.inserted", "hdr.inserted-first", "hdr.requests")
    client, upcall = begin(env)
    forged = request("/x", headers=("ClientCert-Subject: CN = b", "A: 1"))
    plain = request("/x", headers=("A: 1",))
    post = request("/y", method="POST", body=b"ClientCert-Subject: CN = c")
    client.send(forged + post + forged)
    upcall.done(block=VALID, block_first=SUBJECT)
    peer = env.server.accept()
    check_eq(peer.request().raw, behind_line(plain, VALID + SUBJECT))
    want = behind_line(post, VALID)
    got = peer.request()
    check_eq(got.raw + got.body, want)
    check_eq(peer.request().raw, behind_line(plain, VALID))
    for _ in range(3):
        peer.respond()
        client.response()
    client.send(forged)
    check_eq(peer.request().raw, behind_line(plain, VALID))
    env.drained(client)
    check_eq([grow.by(f"hdr.{name}") for name in
              ("requests", "inserted", "inserted-first")], [4, 4, 1])


def test_first_split(env):
    """However the first request is cut, and one without the first block."""
    env.policy(**FIRST)
    sent = request("/", headers=("clientcert_subject: x",))
    plain = request("/")
    for at in (1, 4, 14, 15, 16, 17):   # to both sides of the CRLF
        client, upcall = begin(env)
        client.send(sent[:at])
        upcall.done(block=VALID, block_first=SUBJECT)
        peer = env.server.accept()
        env.drained(client)
        client.send(sent[at:] + sent)
        check_eq(peer.request().raw, behind_line(plain, VALID + SUBJECT),
                 f"cut at {at}")
        check_eq(peer.request().raw, behind_line(plain, VALID))
        client.close()
        peer.close()
    client, upcall = begin(env)
    client.send_records(sent + sent)
    upcall.done(block=VALID, block_first=SUBJECT)
    peer = env.server.accept()
    check_eq(peer.request().raw, behind_line(plain, VALID + SUBJECT))
    check_eq(peer.request().raw, behind_line(plain, VALID))
    client, upcall = begin(env)
    client.send(sent)
    upcall.done(block=VALID)
    check_eq(env.server.accept().request().raw, behind_line(plain, VALID))


def test_largest_blocks(env):
    """Both as long as they may be."""
    env.policy(**FIRST)
    client, upcall = begin(env)
    both = [b"ClientCert-Error: " + byte * (MOST - 20) + b"\r\n"
            for byte in (b"a", b"b")]
    upcall.done(block=both[0], block_first=both[1])
    client.send(request("/1") + request("/2"))
    peer = env.server.accept()
    check(peer.request().raw == behind_line(request("/1"), b"".join(both)),
          "the first request")
    check(peer.request().raw == behind_line(request("/2"), both[0]),
          "the second one")


def test_too_long(env):
    """Refused in words; the same upcall may then be answered properly."""
    env.policy(**FIRST)
    for blocks in ({"block": VALID * 1561, "block_first": SUBJECT},
                   {"block": VALID, "block_first": SUBJECT * 1171}):
        check(max(map(len, blocks.values())) > MOST, "not too long")
        client, upcall = begin(env)
        err = check_raises(NlError, upcall.done, **blocks)
        check_eq(errno.errorcode[err.err], "EMSGSIZE")
        check_in("too long", err.msg)
        env.worker.nl.do("upcall-done", conn=upcall.conn, leg="client",
                         verdict="ok", block=VALID,
                         **{"tls-version": 0x0304, "block-first": SUBJECT})
        client.send(request("/"))
        check_eq(env.server.accept().request().raw,
                 behind_line(request("/"), VALID + SUBJECT))


BAD = (("lf", b"ClientCert-Subject: a\n"), ("no-end", SUBJECT[:-2]),
       ("empty-line", b"\r\n"), ("head-ends", SUBJECT + b"\r\n"),
       ("cr", b"ClientCert-Subject: a\rb\r\n"),
       ("nul", b"ClientCert-Subject: a\0b\r\n"),
       ("escape", b"ClientCert-Subject: \x1b\r\n"),
       ("del", b"ClientCert-Subject: \x7f\r\n"),
       ("eight-bit", b"ClientCert-Subject: \xc3\xa4\r\n"),
       ("folded", b"ClientCert-Subject: a\r\n b\r\n"),
       ("no-name", b": a\r\n"), ("no-colon", b"ClientCert-Subject\r\n"),
       ("open-name", b"X-Open: 1\r\n"),
       ("open-name-too", SUBJECT + b"X-Open: 1\r\n"),
       ("host", b"Host: a\r\n"))


def test_bad_blocks(env):
    """The connection ends, and the server hears nothing of it."""
    cases = [(FIRST, f"{name} in every request", bad, SUBJECT)
             for name, bad in BAD[:3]]
    cases += [(FIRST, f"{name} in the first request", VALID, bad)
              for name, bad in BAD]
    cases += [(FIRST, "no block", b"", SUBJECT),
              ({"client_cert": "all"}, "not wanted", VALID, SUBJECT),
              ({"protect": ["ClientCert-*"]}, "nothing wanted", b"", SUBJECT)]
    for options, name, block, first in cases:
        env.policy(**options)
        grow = env.grow("ssl.bad-verdict", "server.connects")
        client, upcall = begin(env)
        client.send(request("/"))
        values_ = {"block": block} if block else {}
        upcall.done(block_first=first, **values_)
        ktap.wait_for(lambda g=grow: g.by("ssl.bad-verdict"), name)
        env.wait_idle()
        check_eq(grow.by("server.connects"), 0, name)
        client.close()


def test_no_block(env):
    """Lines that cannot be made are a reason of their own."""
    env.policy(**FIRST)
    events = Ynl(env.box)
    ktap.defer(events.close)
    events.subscribe("events")
    grow = env.grow("hdr.no-block", "ssl.handshake-failures",
                    "server.connects")
    client, upcall = begin(env)
    upcall.done("no-block")
    got = events.wait_event("conn-ntf", event="deleted",
                            client_port=client.port)
    check_eq(got["close-reason"], "header-block")
    env.wait_idle()
    check_eq((grow.by("hdr.no-block"), grow.by("ssl.handshake-failures"),
              grow.by("server.connects")), (1, 0, 0))


if __name__ == "__main__":
    ktap.run(globals(), Env)
