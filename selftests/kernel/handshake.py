#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
"""TLS handshakes: keys, versions, suites, resumption, and clients that do
not finish what they began. What is refused is refused by an alert and counted.
"""

import os
import signal
import ssl
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance, PATIENT
from lib.ktap import check, check_eq, check_in, check_raises, wait_for
from lib.tls import Eof, SUITES, V12, V13, context
from lib.topology import VIP4, VIP6

RSA = (VIP4, 7443)


class Env(Appliance):
    """A second service has an RSA key."""

    def __init__(self):
        super().__init__()
        self.trustpoint("rsa", "rsa")
        self.tlsvip("service", "add", "rsa", "context", "red", "vip",
                    f"{VIP4}:7443", "server", "10.20.0.80:80", "trustpoint",
                    "rsa", *PATIENT, "inservice")
        ktap.after_case(self.wait_idle)


ALL = [(f"{v}-{s}-{k}", version, s, addr)
       for v, version in (("tls12", V12), ("tls13", V13))
       for s in SUITES for k, addr in (("ec", (VIP4, 443)), ("rsa", RSA))]


@ktap.variants(*ALL)
def test_suite(env, _name, version, suite, addr):
    """The certificate verifies, the kernel carries both directions."""
    ctx = context(version, suite, ca=env.authority.cert)
    name = "rsa.test" if addr == RSA else "web.test"
    grow = env.grow("ssl.conns-completed", "ssl.full-handshakes",
                    "ssl.tls12", "ssl.tls13")
    with env.client(addr=addr, ctx=ctx, name=name) as client:
        check_eq(client.get("/whoami").body, b"nginx-red\n")
        conn = env.conns()[0]
        check_eq(conn["cipher"], client.cipher[0])
        check_eq(conn["state"], "relay")
    one = "ssl.tls12" if version == V12 else "ssl.tls13"
    for what in ("ssl.conns-completed", "ssl.full-handshakes", one):
        check_eq(grow.by(what), 1, what)


def in_close_wait(env, client):
    """Whether the box has read this client's FIN."""
    want = f":{client.port:04X} 08"
    return any(want in line
               for line in env.box.read("/proc/net/tcp").splitlines())


def test_end_behind_the_handshake(env):
    """Finished, request, close_notify and FIN are there before the daemon
    looks: printf ... | openssl s_client.
    """
    client = env.client(handshake=False)
    client.hello()
    client.feed()
    daemon = env.daemon.proc
    daemon.send_signal(signal.SIGSTOP)
    try:
        while True:
            try:
                client.obj.do_handshake()
                break
            except ssl.SSLWantReadError:
                client.feed()
        client.request("/whoami", headers=("Connection: close",))
        client.close_notify()
        client.fin()
        wait_for(lambda: in_close_wait(env, client), "the FIN at the box")
    finally:
        daemon.send_signal(signal.SIGCONT)
    check_eq(client.response().body, b"nginx-red\n")
    check_eq(client.recv_all(), b"")
    client.close()


def test_certificate_chain(env):
    """Both tenants, both families, verified with the CA."""
    ctx = context(ca=env.authority.cert)
    for tenant in ("red", "blue"):
        for vip in (VIP4, VIP6):
            with env.client(tenant, addr=(vip, 443), ctx=ctx,
                            name="web.test") as client:
                check_eq(client.get("/whoami").body,
                         f"nginx-{tenant}\n".encode())


def test_kernel_tls_is_used(env):
    """/proc/net/tls_stat counts software sessions in both directions."""
    def sessions():
        text = env.box.read("/proc/net/tls_stat")
        stat = dict(line.split() for line in text.splitlines())
        return (int(stat["TlsCurrTxSw"]), int(stat["TlsCurrRxSw"]))
    before = sessions()
    clients = [env.client() for _ in range(5)]
    for client in clients:
        client.get("/whoami")
    check_eq(sessions(), (before[0] + 5, before[1] + 5))
    for client in clients:
        client.close()
    env.wait_idle()
    ktap.wait_for(lambda: sessions() == before, "kTLS sessions to go")


def refused(env, ctx, *counters):
    """The handshake must fail with an alert; counters grow by one."""
    grow = env.grow(*counters)
    err = check_raises(ssl.SSLError, env.client, ctx=ctx)
    check_in("ALERT", str(err).upper(), "what the client saw")
    for name in counters:
        grow.wait(name)
    env.wait_idle()
    for name in counters:
        check_eq(grow.by(name), 1, name)


def test_cbc_only(env):
    """A client without AEAD suites."""
    refused(env, context(V12, ciphers="ECDHE-ECDSA-AES128-SHA256:"
                         "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
            "ssl.handshake-refused")


def test_old_version(env):
    """TLS 1.1."""
    ctx = context(ciphers="ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        ctx.minimum_version = ssl.TLSVersion.TLSv1
        ctx.maximum_version = ssl.TLSVersion.TLSv1_1
    refused(env, ctx, "ssl.handshake-refused")


def test_plain_http(env):
    """HTTP on the TLS port."""
    grow = env.grow("ssl.handshake-failures")
    sock = env.red.client.connect((VIP4, 443))
    sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        while sock.recv(1000):
            pass
    except ConnectionResetError:
        pass
    sock.close()
    env.wait_idle()
    check_eq(grow.by("ssl.handshake-failures"), 1)


def test_client_rejects_certificate(env):
    """The client does not know the CA and says so."""
    grow = env.grow("ssl.handshake-failures")
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.maximum_version = V12
    check_raises(ssl.SSLCertVerificationError, env.client, ctx=ctx,
                 name="web.test")
    grow.wait("ssl.handshake-failures")


@ktap.variants(("reset",), ("fin",), ("mid-hello",))
def test_client_goes_away(env, how):
    grow = env.grow("ssl.handshake-failures")
    client = env.client(handshake=False)
    if how == "mid-hello":
        try:
            client.obj.do_handshake()
        except ssl.SSLWantReadError:
            pass
        client.sock.sendall(client.outb.read()[:60])
    else:
        client.hello()
    if how == "reset":
        client.reset()
    else:
        client.fin()
        try:
            while client.sock.recv(1 << 16):
                pass
        except ConnectionResetError:
            pass
        client.close()
    grow.wait("ssl.handshake-failures")
    env.wait_idle()


@ktap.variants(("nothing",), ("mid-hello",), ("after-hello",))
def test_handshake_timeout(env, how):
    grow = env.grow("ssl.handshake-timeouts")
    env.impatient("web", "handshake-timeout", "500ms")
    client = env.client(handshake=False, ctx=context(V12))
    if how == "mid-hello":
        try:
            client.obj.do_handshake()
        except ssl.SSLWantReadError:
            pass
        client.sock.sendall(client.outb.read()[:60])
    elif how == "after-hello":
        client.hello()
    try:
        while client.sock.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass
    client.close()
    env.wait_idle()
    check_eq(grow.by("ssl.handshake-timeouts"), 1)


def test_slow_clients_do_not_block(env):
    """Half handshakes, and one that works."""
    slow = [env.client(handshake=False) for _ in range(60)]
    for client in slow:
        client.hello()
    with env.client() as good:
        check_eq(good.get("/whoami").body, b"nginx-red\n")
    for client in slow:
        client.reset()
    env.wait_idle()


def test_overload(env):
    """More handshakes than the timeout has room for; then all is well."""
    env.impatient("web", "handshake-timeout", "300ms")
    grow = env.grow("ssl.handshake-timeouts")
    slow = [env.client(handshake=False) for _ in range(150)]
    for client in slow:
        client.hello()
    env.wait_idle()
    for client in slow:
        client.reset()
    env.tlsvip("service", "set", "web", "context", "red", *PATIENT)
    check(grow.by("ssl.handshake-timeouts") > 0, "it was no overload")
    with env.client() as good:
        check_eq(good.get("/whoami").body, b"nginx-red\n")


def test_hello_in_pieces(env):
    """A ClientHello one byte a segment."""
    client = env.client(handshake=False)
    try:
        client.obj.do_handshake()
    except ssl.SSLWantReadError:
        pass
    for byte in client.outb.read():
        client.sock.sendall(bytes((byte,)))
    client.handshake()
    check_eq(client.get("/whoami").body, b"nginx-red\n")
    client.close()


def ticketless(version):
    ctx = context(version)
    ctx.options |= ssl.OP_NO_TICKET
    return ctx


@ktap.variants(("tls12-ticket", context(V12)),
               ("tls12-session-id", ticketless(V12)),
               ("tls13", context(V13)))
def test_resumption(env, _name, ctx):
    """One session, many connections, so that every worker sees it."""
    with env.client(ctx=ctx) as first:
        first.get("/whoami")
        session = first.session
        check(not first.reused, "the first one is full")
        first.close_notify()
    grow = env.grow("ssl.resumed-handshakes", "ssl.full-handshakes")
    for _ in range(8):
        with env.client(ctx=ctx, session=session) as client:
            check_eq(client.get("/whoami").body, b"nginx-red\n")
            check(client.reused, "not resumed")
            check_eq(env.conns()[0]["resumed"], True)
            # a TLS 1.3 ticket is best used once
            session = client.session
    check_eq(grow.by("ssl.resumed-handshakes"), 8)
    check_eq(grow.by("ssl.full-handshakes"), 0)


@ktap.variants(("tls12", V12), ("tls13", V13))
def test_session_of_other_tenant(env, _name, version):
    """Sessions do not cross contexts, though all else is the same."""
    ctx = context(version)
    with env.client("red", ctx=ctx) as client:
        client.get("/whoami")
        session = client.session
    with env.client("blue", ctx=ctx, session=session) as client:
        check_eq(client.get("/whoami").body, b"nginx-blue\n")
        check(not client.reused, "blue resumed a session of red")


def test_forged_ticket(env):
    """A damaged ticket leads to a full handshake."""
    ctx = context(V12)
    with env.client(ctx=ctx) as client:
        client.get("/whoami")
        session = client.session
    env.stop_daemon()
    env.start_daemon()
    with env.client(ctx=ctx, session=session) as client:
        check_eq(client.get("/whoami").body, b"nginx-red\n")


def test_no_trustpoint(env):
    env.tlsvip("service", "add", "bare", "context", "red", "vip",
               f"{VIP4}:6443", "server", "10.20.0.80:80", "trustpoint",
               "nosuch", "inservice")
    ktap.defer(env.tlsvip, "service", "delete", "bare", "context", "red")
    grow = env.grow("ssl.no-trustpoint")
    err = check_raises((ssl.SSLError, Eof, ConnectionError), env.client,
                       addr=(VIP4, 6443))
    if isinstance(err, ssl.SSLError):
        check_in("ALERT", str(err).upper())
    env.wait_idle()
    check_eq(grow.by("ssl.no-trustpoint"), 1)
    # it works as soon as there is one
    env.trustpoint("nosuch")
    ktap.wait_for(lambda: _serves(env, (VIP4, 6443)), "the new trustpoint")


@ktap.variants(("tls12-ticket", context(V12)),
               ("tls12-session-id", ticketless(V12)),
               ("tls13", context(V13)))
def test_resumption_without_trustpoint(env, _name, ctx):
    """Who has a session is refused as well; and has to look at a new
    certificate like anybody.
    """
    addr = (VIP4, 6443)
    env.trustpoint("gone")
    env.tlsvip("service", "add", "gone", "context", "red", "vip",
               f"{VIP4}:6443", "server", "10.20.0.80:80", "trustpoint",
               "gone", "inservice")
    ktap.defer(env.tlsvip, "service", "delete", "gone", "context", "red")
    ktap.wait_for(lambda: _serves(env, addr), "the trustpoint")
    with env.client(addr=addr, ctx=ctx) as client:
        check_eq(client.get("/whoami").status, 200)
        session = client.session
        old = client.obj.getpeercert(binary_form=True)
        client.close_notify()
    env.tlsvip("pki", "delete", "gone")
    ktap.wait_for(lambda: not _serves(env, addr), "the trustpoint to go")
    # the alert is here before it is counted
    env.wait_idle()
    grow = env.grow("ssl.no-trustpoint", "ssl.resumed-handshakes",
                    "ssl.full-handshakes")
    for num in range(1, 4):
        err = check_raises((ssl.SSLError, Eof, ConnectionError), env.client,
                           addr=addr, ctx=ctx, session=session)
        if isinstance(err, ssl.SSLError):
            check_in("ALERT", str(err).upper())
        grow.wait("ssl.no-trustpoint", num)
    env.wait_idle()
    check_eq([grow.by(name) for name in
              ("ssl.no-trustpoint", "ssl.resumed-handshakes",
               "ssl.full-handshakes")], [3, 0, 0])
    env.trustpoint("gone")
    ktap.wait_for(lambda: _serves(env, addr), "the new trustpoint")
    with env.client(addr=addr, ctx=ctx, session=session) as client:
        check_eq(client.get("/whoami").status, 200)
        check(not client.reused, "resumed with another certificate")
        check(client.obj.getpeercert(binary_form=True) != old,
              "the old certificate")
    env.tlsvip("pki", "delete", "gone")


def _serves(env, addr):
    try:
        with env.client(addr=addr) as client:
            return client.get("/whoami").status == 200
    except (ssl.SSLError, Eof, ConnectionError):
        return False


def test_groups(env):
    """Key exchange groups of today, the hybrid one included."""
    for group in ("X25519", "prime256v1", "secp384r1"):
        with env.client(ctx=context(V13, groups=group)) as client:
            check_eq(client.get("/whoami").status, 200, group)


def test_fifty_at_once(env):
    """Handshakes that overlap all succeed."""
    clients = [env.client(handshake=False) for _ in range(50)]
    for client in clients:
        client.hello()
    for client in clients:
        client.handshake()
    for client in clients:
        client.request("/whoami")
    for client in clients:
        check_eq(client.response().body, b"nginx-red\n")
        client.close()


if __name__ == "__main__":
    ktap.run(globals(), Env)
