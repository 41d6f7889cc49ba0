#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# san: memory errors of the daemon show when a handshake ends in an odd way
# leak: answers of the daemon are refused half-way
# smp: workers of several CPUs take what one leaves
"""The hand-over from the daemon to the kernel: nothing is lost, nothing is left
with the daemon, and where kernel TLS is refused the client hears of it.
"""

import os
import re
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import request
from lib.ktap import check, check_eq, check_in, check_raises, wait_for
from lib.process import Bkg, cmd
from lib.servers import Server
from lib.tls import Eof, V12, V13, context
from lib.topology import SERVER4, VIP4

HDR = (VIP4, 9443)


class Env(Appliance):
    """One tenant; a session policy and a server that shows request heads."""
    TENANTS = ("red",)

    def __init__(self):
        super().__init__()
        self.set_h1("client-ip-port", "session")
        ktap.after_case(self.wait_idle)


def ticketless(version):
    ctx = context(version)
    ctx.options |= ssl.OP_NO_TICKET
    return ctx


RESUMABLE = (("tls12-ticket", context(V12)),
             ("tls12-session-id", ticketless(V12)),
             ("tls13", context(V13)))


@ktap.variants(*RESUMABLE)
def test_data_behind_finished(env, _name, ctx):
    """Resumed: Finished and the request leave the client in one segment."""
    with env.client(ctx=ctx) as client:
        client.get("/whoami")
        session = client.session
        client.close_notify()
    for _ in range(4):
        client = env.client(ctx=ctx, session=session, handshake=False)
        while True:
            try:
                client.obj.do_handshake()
                break
            except ssl.SSLWantReadError:
                client.flush()
                client.feed()
        check(client.outb.pending, "the client's Finished has gone before")
        client.send(request("/whoami"))
        check_eq(client.response().body, b"nginx-red\n")
        check(client.reused, "not resumed")
        session = client.session
        client.close()


def session_id(env, srv, ctx, session=None):
    """The Session-Id that the server sees, and the client's session."""
    with env.client(addr=HDR, ctx=ctx, session=session) as client:
        client.request("/")
        peer = srv.accept()
        head = peer.request()
        peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        check_eq(client.response().status, 204)
        client.close_notify()
        peer.close()
        ids = head.all("Session-Id")
        check_eq(len(ids), 1, "Session-Id lines")
        check(re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", ids[0]) and
              set(ids[0]) != set("0:"), f"Session-Id {ids[0]}")
        return ids[0], client.session


@ktap.variants(*RESUMABLE)
def test_session_id(env, _name, ctx):
    """The same through any number of resumptions, another for each session."""
    srv = Server(env.red.server, (SERVER4, 8000))
    ktap.defer(srv.close)
    seen = set()
    for _ in range(2):
        first, session = session_id(env, srv, ctx)
        check(first not in seen, "two sessions with one identifier")
        seen.add(first)
        for _ in range(3):
            again, session = session_id(env, srv, ctx, session)
            check_eq(again, first)


@ktap.variants(("h2", ["h2"], None), ("both", ["h2", "http/1.1"], "http/1.1"),
               ("http", ["http/1.1"], "http/1.1"), ("none", None, None))
def test_alpn(env, _name, offer, chosen):
    """HTTP/1.1 or nothing; a client that knows only h2 is told so."""
    ctx = context()
    if offer:
        ctx.set_alpn_protocols(offer)
    if offer and not chosen:
        grow = env.grow("ssl.handshake-failures")
        err = check_raises(ssl.SSLError, env.client, ctx=ctx)
        check_in("NO_APPLICATION_PROTOCOL", str(err).upper().replace(" ", "_"))
        grow.wait("ssl.handshake-failures")
        return
    with env.client(ctx=ctx) as client:
        check_eq(client.obj.selected_alpn_protocol(), chosen)
        check_eq(client.get("/whoami").status, 200)


def switches(env):
    """How often the daemon's threads gave up a CPU by themselves."""
    total = 0
    base = f"/proc/{env.daemon.pid}/task"
    for task in os.listdir(base):
        with open(f"{base}/{task}/status", encoding="ascii") as file:
            total += int(re.search(r"\nvoluntary_ctxt_switches:\s*(\d+)",
                                   file.read())[1])
    return total


def test_daemon_sleeps(env):
    """A connection that was handed over does not wake the daemon."""
    with env.client() as client:
        client.get("/whoami")
        before = switches(env)
        for _ in range(50):
            client.get("/whoami")
        check(switches(env) - before < 5, "the relay wakes the daemon")


def test_module_comes_back(env):
    """rmmod and modprobe under a running daemon."""
    env.deconfigure()
    for _ in range(3):
        cmd("rmmod", "tlsvip")
        cmd("modprobe", "tlsvip")
    env.configure()
    wait_for(lambda: serves(env), "the daemon to serve")
    text = env.daemon.output()
    check_in("waiting for the kernel module", text)
    check(env.daemon.alive(), text)


def serves(env):
    try:
        with env.client() as client:
            return client.get("/whoami").status == 200
    except (ssl.SSLError, Eof, ConnectionError):
        return False


def test_finished_before_the_end(env):
    """SIGTERM waits for the handshakes under way.

    For three seconds at most, of which a few handshakes on a slow VM with
    sanitizers take their part: so there are two, and requests come later.
    """
    grow = env.grow("upcall.handed-out")
    clients = [env.client(handshake=False, ctx=context(V12))
               for _ in range(2)]
    for client in clients:
        client.hello()
    grow.wait("upcall.handed-out", 2)
    env.daemon.kill(15)
    for client in clients:
        client.handshake()
    for client in clients:
        check_eq(client.get("/whoami").body, b"nginx-red\n")
        client.close()
    check_eq(env.daemon.wait(), 0, env.daemon.output())
    env.start_daemon()


@ktap.variants(("tls12-all", V12, "1+"), ("tls13-all", V13, "1+"),
               ("tls12-send", V12, "5+5"), ("tls13-receive", V13, "5+5"))
def test_ktls_refused(env, _name, version, when):
    """setsockopt() fails: no verdict but "refused", and a word to the client.

    A handshake makes five calls: TCP_ULP before its first byte; TCP_ULP and
    TLS_RX, TCP_ULP and TLS_TX by OpenSSL; TLS 1.3 sends first. Without the last
    one OpenSSL keeps that direction.
    """
    env.stop_daemon()
    env.start_daemon("--workers", "1")
    trace = Bkg("strace", "-f", "-p", env.daemon.pid, "-e",
                "trace=setsockopt", "-e",
                f"inject=setsockopt:error=ENOPROTOOPT:when={when}")
    grow = env.grow("ssl.handshake-refused", "ssl.conns-completed")
    try:
        wait_for(lambda: "attached with" in trace.output(), "strace")
        for num in range(3):
            client = env.client(ctx=context(version), handshake=False,
                                timeout=20)
            try:
                client.handshake()
                client.request("/whoami")
                check_eq(client.recv_all(), b"")
            except ssl.SSLError as err:
                check_in("ALERT", str(err).upper())
            grow.wait("ssl.handshake-refused", num + 1)
            client.close()
    finally:
        trace.stop()
    check_eq(grow.by("ssl.conns-completed"), 0)
    check_in("context red service web client 10.10.0.2 port ",
             [line for line in env.daemon.output().splitlines()
              if "kernel TLS refused" in line][0])
    env.stop_daemon()
    env.start_daemon()
    check(serves(env), "not served after that")


if __name__ == "__main__":
    ktap.run(globals(), Env)
