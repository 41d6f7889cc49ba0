#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# leak: pieces are held back while connections end
# smp: pieces are held back on one CPU while another ends the connection
"""Under a url-rewrite policy: answers that cannot be read, that do not end, that
come too early; policies that change while there are connections.
"""

import os
import socket
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.http import request
from lib.ktap import check, check_eq, check_in, check_raises
from lib.rewrite import BOTH, EVERY, RULES, URL, RewriteAppliance, redirect
from lib.tls import Eof
from lib.ynl import Ynl


class Env(RewriteAppliance):
    """Also why connections ended."""

    def __init__(self):
        super().__init__()
        self.events = Ynl(self.box)
        self.events.subscribe("events")
        ktap.after_case(self.events.poll_events)

    def ended(self, client, reason):
        got = self.events.wait_event("conn-ntf", event="deleted",
                                     client_port=client.port)
        check_eq(got["close-reason"], reason)


def until_error(client):
    """What comes before an alert, and the alert."""
    got, err = client.recv_end()
    check(isinstance(err, ssl.SSLError), f"{err!r} behind {got!r}")
    return got, str(err).upper().replace(" ", "_")


# a name, an answer, and how much of it may reach the client
UNREADABLE = [
    ("not-http", b"SSH-2.0-x\r\n", 0),
    ("bare-lf", b"HTTP/1.1 200 OK\nLocation: http://www.example.com/\n\n", 15),
    ("http2", b"HTTP/2.0 200 OK\r\n\r\n", 0),
    ("two-locations", b"HTTP/1.1 302 x\r\nLocation: /a\r\n"
     b"Location: http://www.example.com/\r\nContent-Length: 0\r\n\r\n", 30),
    ("two-lengths", b"HTTP/1.1 200 x\r\nContent-Length: 1\r\n"
     b"Content-Length: 2\r\n\r\nab", 35),
    ("length-and-coding", b"HTTP/1.1 200 x\r\nContent-Length: 1\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 35),
    ("odd-length", b"HTTP/1.1 200 x\r\nContent-Length: +1\r\n\r\na", 32),
    ("obs-fold", b"HTTP/1.1 302 x\r\nLocation:\r\n http://www.example.com/"
     b"\r\nContent-Length: 0\r\n\r\n", 27),
    ("space-before-colon", b"HTTP/1.1 302 x\r\nLocation : http://www.example."
     b"com/\r\nContent-Length: 0\r\n\r\n", 16),
    ("nul", b"HTTP/1.1 200 x\r\nX: a\0b\r\n\r\n", 20),
    ("head-too-large", b"HTTP/1.1 200 x\r\nX: " + b"y" * 66000, 65536),
    ("location-in-a-trailer", b"HTTP/1.1 200 x\r\nTransfer-Encoding: "
     b"chunked\r\n\r\n0\r\nLocation: http://www.example.com/\r\n\r\n", 50),
    ("chunk", b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"5\r\nhello\r\n-5\r\nhello\r\n0\r\n\r\n", 56),
]


@ktap.variants(*UNREADABLE)
def test_unreadable(env, _name, answer, most):
    """What was sound before it arrives; then an alert, never a clean end."""
    grow = env.grow(*EVERY, "ssl.alerts-sent")
    client, peer = env.pair()
    client.send(request("/a") + request("/b") + request("/c"))
    for _ in range(3):
        peer.request()
    peer.send(redirect("http://www.example.com/") + answer +
              redirect("http://www.example.com/"))
    got, alert = until_error(client)
    check_in("INTERNAL_ERROR", alert)
    first = redirect("https://www.example.com/")
    check_eq(got[:len(first)], first, "the answer before")
    rest = got[len(first):]
    check(answer.startswith(rest) and len(rest) <= most,
          f"{len(rest)} bytes of the answer, {most} may")
    env.ended(client, "http-response")
    check_raises(ConnectionError, peer.recv_all)
    check_eq([grow.by(n) for n in (*EVERY, "ssl.alerts-sent")],
             [1, 0, 0, 1, 1])


def test_unreadable_to_a_slow_client(env):
    """What was decided before is delivered first, however long it takes."""
    def small(sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    client, peer = env.pair(before=small)
    client.request("/a")
    client.request("/b")
    peer.request()
    peer.request()
    body = b"b" * 12000000
    thread = threading.Thread(target=peer.send, args=(
        redirect("http://www.example.com/", body) + b"SSH\r\n",))
    thread.start()
    env.stuck(peer)
    got, alert = until_error(client)
    thread.join()
    check_in("INTERNAL_ERROR", alert)
    check_eq(got == redirect("https://www.example.com/", body), True,
             "the answer before")
    env.ended(client, "http-response")


def test_unreadable_is_not_looked_at(env):
    """Without such a policy it passes."""
    client, peer = env.pair(addr=(URL[0], 9443))
    client.request("/")
    peer.request()
    answer = redirect("http://www.example.com/").replace(b"\r\n", b"\n")
    peer.send(answer)
    peer.close()
    check_eq(client.recv_all(), answer)
    client.fin()


def test_no_policy(env):
    """A service without a policy is bytes."""
    srv = env.server()
    grow = env.grow(*EVERY, "hdr.requests")
    with env.client(addr=(URL[0], 8443)) as client:
        client.send(b"\x30\x0c not http\r\n\r\n")
        peer = srv.accept()
        check_eq(peer.recv(), b"\x30\x0c not http\r\n\r\n")
        peer.send(redirect("http://www.example.com/"))
        peer.close()
        check_eq(client.recv_all(), redirect("http://www.example.com/"))
    check_eq([grow.by(n) for n in (*EVERY, "hdr.requests")], [0] * 5)


@ktap.variants(("scheme", b"HTTP/1.1 302 x\r\nLocation: ", b"ht"),
               ("host", b"HTTP/1.1 302 x\r\nLocation: ",
                b"http://www.example."),
               ("head", b"HTTP/1.1 200 x\r\nX: y\r\n", b""),
               ("body", b"HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n1234",
                b""),
               ("chunk", b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n"
                b"\r\n5\r\nabc", b""))
def test_cut_short(env, _name, passes, held):
    """An answer without its end: counted, and it does not look whole."""
    grow = env.grow(*EVERY)
    client, peer = env.pair()
    client.request("/")
    peer.request()
    peer.send(passes + held)
    peer.close()
    check_eq(client.recv_all(), passes)
    client.recv_fin()
    client.fin()
    env.ended(client, "done")
    check_eq([grow.by(n) for n in EVERY], [0, 0, 1, 0])


def test_server_resets(env):
    """No close_notify: what came before arrives, held bytes do not."""
    grow = env.grow(*EVERY, "relay.server-resets")
    client, peer = env.pair()
    client.request("/")
    peer.request()
    head = b"HTTP/1.1 302 x\r\nContent-Location: http://www.example.com/\r\n"
    peer.send(head + b"Location: http://www.ex")
    got = b""
    want = head.replace(b"http:", b"https:") + b"Location: "
    while len(got) < len(want):
        got += client.recv()
    peer.reset()
    check_raises(Eof, client.recv)
    check_eq(got, want)
    env.ended(client, "server-reset")
    check_eq([grow.by(n) for n in (*EVERY, "relay.server-resets")],
             [1, 0, 1, 0, 1])


def test_clean_ends(env):
    """Between answers, and behind one that goes on until the end: not cut."""
    grow = env.grow(*EVERY)
    srv = env.server()
    client, peer = env.pair(srv=srv)
    peer.close()
    check_eq(client.recv_all(), b"")
    client.fin()
    client, peer = env.pair(srv=srv)
    client.request("/")
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
    peer.close()
    check_eq(client.response().body, b"all of it")
    client.fin()
    env.wait_idle()
    check_eq([grow.by(n) for n in EVERY], [0, 0, 0, 0])


def test_half_close(env):
    """The client's end first, then the answer, rewritten."""
    client, peer = env.pair()
    client.request("/")
    client.close_notify()
    client.fin()
    peer.request()
    check_eq(peer.recv_all(), b"")
    peer.send(redirect("http://www.example.com/")[:40])
    env.taken()
    peer.send(redirect("http://www.example.com/")[40:])
    peer.close()
    check_eq(client.recv_all(), redirect("https://www.example.com/"))


@ktap.variants(("url", URL), ("both", BOTH))
def test_early_answer(env, _name, addr):
    """To a request that is not complete: the last one, and it is rewritten."""
    client, peer = env.pair(addr=addr)
    whole = request("/up", method="POST", body=b"x" * 50000)
    client.send(whole[:-20])
    got = b""
    while got.count(b"x") < 50000 - 20:
        got += peer.recv()
    peer.send(redirect("http://www.example.com/", b"abcd")[:-2])
    head = b""
    while not head.endswith(b"ab"):
        head += client.recv()
    client.send(whole[-20:] + request("/next"))
    env.drained(client)
    peer.send(b"cd")
    check_eq(head + client.recv_all(),
             redirect("https://www.example.com/", b"abcd"))
    client.recv_fin()
    check_eq(peer.recv_reset(), b"", "what the server got behind its answer")
    client.fin()


def test_refused_behind_an_answer(env):
    """A bad request waits for the answers before it, which are rewritten."""
    client, peer = env.pair()
    grow = env.grow("hdr.rejected")
    client.send(request("/good") + b"GET / HTTP/1.1\r\nBad Line\r\n\r\n")
    peer.request()
    grow.wait("hdr.rejected")
    peer.send(redirect("http://www.example.com/"))
    check_eq(b"\r\n\r\n" in peer.recv_reset(), False, "a whole bad request")
    check_eq(client.response().get("Location"), "https://www.example.com/")
    check_eq(client.response().status, 400)
    check_eq(client.recv_all(), b"")
    client.fin()
    env.ended(client, "http-reject")


def test_policy_replaced(env):
    """What was accepted keeps its rules, what comes then has the new ones."""
    srv = env.server()
    old = env.pair(srv=srv)
    env.rules("url www.example.com sslport 8443")
    new = env.pair(srv=srv)
    for (client, peer), port in ((old, ""), (new, ":8443"), (old, "")):
        client.request("/")
        peer.request()
        peer.send(redirect("http://www.example.com/"))
        check_eq(client.response().get("Location"),
                 f"https://www.example.com{port}/")


def test_policy_deleted(env):
    """It is gone for the service, not for a connection in an answer."""
    srv = env.server()
    client, peer = env.pair(srv=srv)
    client.request("/")
    peer.request()
    answer = redirect("http://www.example.com/")
    peer.send(answer[:45])
    env.taken()
    got = env.tlsvip("policy", "url-rewrite", "delete", "u1", "context",
                     "red", check=False)
    check_in("in use by 2 services", got.err)
    for name in ("url", "both"):
        env.tlsvip("service", "set", name, "context", "red", "no", "policy",
                   "url-rewrite")
    env.tlsvip("policy", "url-rewrite", "delete", "u1", "context", "red")

    def back():
        env.tlsvip("policy", "url-rewrite", "add", "u1", "context", "red",
                   *RULES.split())
        for name in ("url", "both"):
            env.tlsvip("service", "set", name, "context", "red", "policy",
                       "url-rewrite", "u1")
    ktap.defer(back)
    peer.send(answer[45:])
    check_eq(client.response().get("Location"), "https://www.example.com/")
    with env.client(addr=URL) as plain:
        plain.send(b"no http\n")
        other = srv.accept()
        check_eq(other.recv(), b"no http\n")
        other.send(answer)
        other.close()
        check_eq(plain.recv_all(), answer)


def test_policies_under_traffic(env):
    """Changed all the time while connections come and go."""
    srv = env.server()

    def serve(peer):
        while peer.request():
            peer.send(redirect("http://www.example.com/"))
    srv.serve(serve)
    for num in range(12):
        port = 1000 + num
        env.rules(f"url www.example.com sslport {port}", num == 0)
        with env.client(addr=URL if num % 2 else BOTH) as client:
            for _ in range(3):
                check_eq(client.get("/").get("Location"),
                         f"https://www.example.com:{port}/")
            client.close_notify()


if __name__ == "__main__":
    ktap.run(globals(), Env)
