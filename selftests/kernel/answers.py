#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""What the server's answers decide: where requests end that were answered
early, which request an answer belongs to, how many may wait for one.

The parser has its own tests in userspace; here it is fed by real segments.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import chunked, request
from lib.ktap import check, check_eq
from lib.servers import Server
from lib.topology import SERVER4, VIP4

HDR = (VIP4, 9443)


class Env(Appliance):
    """Port 8000 belongs to the case."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)

    def pair(self):
        """A client, and what accepts its server leg."""
        srv = Server(self.red.server, (SERVER4, 8000))
        ktap.defer(srv.close)
        client = self.client(addr=HDR)
        ktap.defer(client.close)
        return client, srv


def unfinished(size=100000):
    """A request whose body is not all there."""
    whole = request("/up", method="POST", body=b"x" * size)
    return whole[:-(size - 10)], whole[-(size - 10):]


def within_a_body(env):
    """A client and its server, which has all there is; and the rest."""
    client, srv = env.pair()
    begin, rest = unfinished(5000)
    client.send(begin)
    peer = srv.accept()
    while not peer.recv().endswith(b"x" * 10):
        pass
    return client, peer, rest


def answered_early(env, answer, body, ends=False, more=b""):
    """A server that does not wait for a body; what comes of it."""
    client, srv = env.pair()
    begin, rest = unfinished()
    client.send(begin)
    peer = srv.accept()
    got = b""
    while not got.endswith(b"\r\n\r\n" + b"x" * 10):
        got += peer.recv()
    peer.send(answer[:-5])
    head = b""
    while not head.endswith(answer[:-5]):
        head += client.recv()
    # its answer is under way: nothing of this may reach the server
    client.send(rest + request("/next") + more)
    peer.send(answer[-5:])
    if ends:
        peer.fin()
    check_eq(head + client.recv_all(), answer)
    client.recv_fin()
    # an end might pass for that of the body
    check_eq(peer.recv_reset(), b"", "what the server got behind its answer")
    check(answer.endswith(body), "the whole answer")
    client.fin()


def test_early_answer(env):
    """The rest of the body and the next request are not forwarded."""
    answered_early(env, b"HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\n\r\n"
                   b"too much", b"too much")


def test_early_answer_in_chunks(env):
    answered_early(env, b"HTTP/1.1 403 Forbidden\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n" +
                   chunked(b"n" * 70001, 30000), b"0\r\n\r\n")


def test_early_answer_until_close(env):
    """One whose end is that of the stream."""
    answered_early(env, b"HTTP/1.0 500 x\r\n\r\nit ends here", b"ends here",
                   ends=True)


def test_early_answer_large_body(env):
    """A client that goes on and on gets its answer all the same."""
    answered_early(env, b"HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\n\r\n"
                   b"too much", b"too much", more=b"x" * 3000000)


def test_early_answer_then_reset(env):
    """The server closes with a part of the request unread."""
    client, srv = env.pair()
    begin, rest = unfinished()
    client.send(begin)
    peer = srv.accept()
    peer.recv(20)
    peer.respond(b"no", status="401 Unauthorized", close=True)
    check_eq(client.response().status, 401)
    peer.reset()
    check_eq(client.recv_all(), b"")
    client.recv_fin()
    client.fin()
    check(len(rest) > 0, "a rest")


def test_torn_request_is_no_whole_one(env):
    """A second request, refused in its body: a server that reads an end there
    might take it for the body's."""
    client, srv = env.pair()
    client.send(request("/one"))
    peer = srv.accept()
    peer.request()
    peer.respond(b"first")
    check_eq(client.response().body, b"first")
    head = request("/two", method="POST",
                   headers=("Transfer-Encoding: chunked",))
    client.send(head + b"5\r\nhello\r\n")
    got = b""
    while not got.endswith(b"hello\r\n"):
        got += peer.recv()
    client.send(b"Z\r\n")
    peer.recv_reset()
    check_eq(client.response().status, 400)
    check_eq(client.recv_all(), b"")
    client.recv_fin()
    client.fin()


def test_torn_request_waits_for_answers(env):
    """Whole requests ahead of it are answered first."""
    client, srv = env.pair()
    client.send(request("/one") + request(
        "/two", method="POST", headers=("Transfer-Encoding: chunked",)) +
        b"5\r\nhello\r\nZ\r\n")
    peer = srv.accept()
    got = b""
    while b"hello" not in got:
        got += peer.recv()
    peer.respond(b"first")
    check_eq(client.response().body, b"first")
    check_eq(client.response().status, 400)
    client.recv_fin()
    client.fin()


def refused_behind(env, whole, answer):
    """Whole requests and a bad one, of which the server answers that and is
    gone: what the client has of it, and whether there was a close_notify."""
    client, srv = env.pair()
    grow = env.grow("hdr.rejected")
    client.send(b"".join(request(f"/{i}") for i in range(whole)) +
                b"GET /bad HTTP/1.1\r\nHost : x\r\n\r\n")
    peer = srv.accept()
    for i in range(whole):
        check_eq(peer.request().target, f"/{i}")
    grow.wait("hdr.rejected")
    peer.send(answer)
    peer.close()
    got, err = client.recv_end()
    return got, err is None


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_refused_behind_an_answer(env):
    got, clean = refused_behind(env, 1, OK)
    check(got.startswith(OK + b"HTTP/1.1 400 ") and clean, got)


@ktap.variants(("one", 2, OK), ("none", 1, b""))
def test_refusal_is_no_answer_to_another(env, _name, whole, answer):
    """A request that was whole may have been carried out, whatever became of
    its answer: the refusal of the next one is not that."""
    check_eq(refused_behind(env, whole, answer), (answer, False))


@ktap.variants(("status", b"HTTP/1.1 20"),
               ("interim", b"HTTP/1.1 100 Continue\r\nX-"),
               ("body", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx"))
def test_refusal_is_no_part_of_an_answer(env, _name, begun):
    """The server has begun to answer the bad one, too."""
    check_eq(refused_behind(env, 1, OK + begun), (OK + begun, False))


@ktap.variants(("nothing", b""), ("lost", b"HTTP/1.1 200 OK\n\n"))
def test_server_ends_within_a_body(env, _name, answer):
    """And the client goes: the server must not take its end for the body's."""
    client, peer, _rest = within_a_body(env)
    peer.send(answer)
    peer.fin()
    check_eq(client.recv_all(), answer)
    client.close_notify()
    client.fin()
    peer.recv_reset()


def test_continue_is_no_early_answer(env):
    """Interim answers keep a body coming."""
    client, peer, rest = within_a_body(env)
    peer.send(b"HTTP/1.1 100 Continue\r\n\r\n"
              b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    got = b""
    while got.count(b"\r\n\r\n") < 2:
        got += client.recv()
    client.send(rest)
    body = b""
    while len(body) < len(rest):
        body += peer.recv()
    check_eq(body, rest)
    peer.respond(b"ok")
    check_eq(client.response().body, b"ok")
    client.request("/again")
    check_eq(peer.request().target, "/again")
    peer.respond()
    client.response()


def test_unasked(env):
    """408 on an idle connection: it goes to the client, and both end."""
    client, srv = env.pair()
    client.request("/")
    peer = srv.accept()
    peer.request()
    peer.respond()
    client.response()
    peer.respond(b"bye", status="408 Request Timeout", close=True)
    check_eq(client.response().status, 408)
    check_eq(client.recv_all(), b"")
    client.recv_fin()
    check_eq(peer.recv_all(), b"")
    client.fin()


def test_not_understood(env):
    """Such an answer passes; a further request does not, and all ends."""
    client, srv = env.pair()
    client.request("/first")
    peer = srv.accept()
    peer.request()
    answer = b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"
    peer.send(answer)
    got = b""
    while len(got) < len(answer):
        got += client.recv()
    check_eq(got, answer)
    client.request("/second")
    check_eq(peer.recv_all(), b"", "what the server got behind its answer")
    peer.close()
    check_eq(client.recv_all(), b"")
    client.fin()


def test_not_understood_within_a_body(env):
    """The request that is under way goes on to its end."""
    client, peer, rest = within_a_body(env)
    peer.send(b"HTTP/1.1 100\n\n")
    got = b""
    while len(got) < 14:
        got += client.recv()
    client.send(rest + request("/second"))
    check_eq(peer.recv_all(), rest)
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    peer.close()
    check_eq(client.recv_all()[-2:], b"ok")
    client.fin()


def test_many_requests_wait(env):
    """200 at once: 64 reach the server, the others as answers come."""
    client, srv = env.pair()
    n = 200
    grow = env.grow("hdr.requests")
    client.send(b"".join(request(f"/{i}", method="HEAD" if i % 3 == 0
                                 else "GET") for i in range(n)))
    peer = srv.accept()
    for i in range(64):
        check_eq(peer.request().target, f"/{i}")
    check_eq(grow.by("hdr.requests"), 64)
    for i in range(n):
        if i % 3 == 0:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")
        else:
            peer.respond(b"x" * (i % 50))
        if i + 64 < n:
            check_eq(peer.request().target, f"/{i + 64}")
    for i in range(n):
        msg = client.response(head_only=i % 3 == 0)
        check_eq((msg.status, len(msg.body)),
                 (200, 0 if i % 3 == 0 else i % 50), f"answer {i}")
    check_eq(grow.by("hdr.requests"), n)


def test_head_in_many_records(env):
    """A head that is not there after as many records as it may have."""
    client, srv = env.pair()
    client.request("/")
    peer = srv.accept()
    peer.request()
    peer.respond()
    client.response()
    grow = env.grow("hdr.rejected")
    begin = b"GET / HTTP/1.1\r\nHost: test\r\nX-Long: "
    client.send_records(begin + b"y" * (1024 - len(begin)))
    env.drained(client)
    check_eq(grow.by("hdr.rejected"), 0)
    client.send_records(b"y")
    check(b"\r\n\r\n" not in peer.recv_reset(), "the end of the head")
    peer.close()
    check_eq(client.response().status, 400)
    check_eq(client.recv_all(), b"")
    grow.wait("hdr.rejected")
    client.fin()


def test_head_in_many_records_that_pass(env):
    """As many as there may be are forwarded."""
    client, srv = env.pair()
    line = "X-Long: " + "y" * 900
    client.send_records(request("/", headers=(line,)))
    peer = srv.accept()
    check_eq(peer.request().get("X-Long"), "y" * 900)
    peer.respond(b"ok")
    check_eq(client.response().body, b"ok")


if __name__ == "__main__":
    ktap.run(globals(), Env)
