#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
"""URL rewrite: which URLs of a server become https, and that nothing else of
its answers changes, however they arrive.

The parser and the rules have their own tests in userspace; here they are fed
by real segments. What ends a connection is in rewrite_ends.py.
"""

import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.http import chunked, request
from lib.ktap import check, check_eq, check_ge
from lib.rewrite import BOTH, EVERY, URL, RewriteAppliance, redirect
from lib.servers import Pattern
from lib.topology import SERVER4, VIP4

LARGE = 8 << 20


class Env(RewriteAppliance):
    """nginx on port 80."""
    NGINX = True


# rules, and URLs with what becomes of them; None: nothing does
FORMS = [
    ("exact", "url www.example.com", (
        ("http://www.example.com/", "https://www.example.com/"),
        ("http://www.example.com", "https://www.example.com"),
        ("HTTP://WWW.Example.COM/A?b", "https://WWW.Example.COM/A?b"),
        ("http://www.example.com:80/", "https://www.example.com/"),
        ("http://www.example.com?q=1", "https://www.example.com?q=1"),
        ("http://www.example.com#top", "https://www.example.com#top"),
        ("http://www.example.com:8080/", None),
        ("http://www.example.com:443/", None),
        ("http://www.example.comx/", None),
        ("http://www.example.co", None),
        ("http://other.example.com/http://www.example.com/", None),
        ("http://user@www.example.com/", None),
        ("https://www.example.com/", None),
        ("//www.example.com/", None),
        ("/http://www.example.com/", None),
        ("ftp://www.example.com/", None),
        ("", None))),
    ("suffix", "url *.example.com", (
        ("http://www.example.com/x", "https://www.example.com/x"),
        ("http://a.b.example.com", "https://a.b.example.com"),
        ("http://example.com/", None),
        ("http://www.example.com.evil.test/", None),
        ("http://www.example.org/?www.example.com", None))),
    ("prefix", "url www.*", (
        ("http://www.example.com", "https://www.example.com"),
        ("http://www.x/", "https://www.x/"),
        ("http://www2.example.com/", None),
        ("http://example.com/www.x", None))),
    ("any", "url *", (
        ("http://a/", "https://a/"),
        ("http://a:80", "https://a"),
        ("http://192.0.2.1/x", "https://192.0.2.1/x"),
        ("http://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("http://[2001:db8::1]:80", "https://[2001:db8::1]"),
        ("http://a:81/", None),
        ("http://[2001:db8::1]:81/", None))),
    ("address", "url [2001:db8::1] url 192.0.2.1 sslport 8443", (
        ("http://[2001:DB8::1]/x", "https://[2001:DB8::1]/x"),
        ("http://192.0.2.1", "https://192.0.2.1:8443"),
        ("http://[2001:db8::2]/", None),
        ("http://192.0.2.10/", None))),
    ("ports", "url a.test clearport 8080 url b.test sslport 4433 "
     "url c.test clearport 81 sslport 444 url *.test clearport 8888", (
         ("http://a.test:8080/", "https://a.test/"),
         ("http://a.test/", None),
         ("http://b.test/x", "https://b.test:4433/x"),
         ("http://b.test:80/x", "https://b.test:4433/x"),
         ("http://c.test:81", "https://c.test:444"),
         ("http://c.test:80", None),
         ("http://c.test:8888/", "https://c.test/"))),
]


@ktap.variants(*FORMS)
def test_form(env, _name, rules, urls):
    """Each form of a rule, in both fields; the counters."""
    env.rules(rules)
    grow = env.grow(*EVERY)
    client, peer = env.pair()
    for url, want in urls:
        client.request("/")
        peer.request()
        peer.respond(b"body", status="302 Found", headers=(
            f"Location: {url}", f"Content-Location: {url}", f"X-Url: {url}"))
        msg = client.response()
        check_eq((msg.all("Location"), msg.all("Content-Location")),
                 ([want or url], [want or url]), url)
        check_eq((msg.get("X-Url"), msg.body), (url, b"body"), url)
    done = sum(bool(want) for _url, want in urls)
    http = sum(url.lower().startswith("http:") for url, _want in urls)
    grew = {n: grow.by(n) for n in EVERY}
    check_eq(grew, {"url.rewritten": 2 * done,
                    "url.missed": 2 * (http - done), "url.incomplete": 0,
                    "url.rejected": 0})
    line, = [line for line in env.tlsvip(
        "stats", "show", "context", "red", "service", "url").out.splitlines()
        if "url.rewritten" in line]
    check_ge(int(line.split()[-1]), 2 * done, line)


def test_most_rules(env):
    """32 of them, and the one for the host and port is taken."""
    env.rules(" ".join(f"url h{n}.test sslport {1000 + n}"
                       for n in range(32)))
    client, peer = env.pair()
    for num in range(32):
        client.request("/")
        peer.request()
        peer.send(redirect(f"http://h{num}.test/"))
        check_eq(client.response().get("Location"),
                 f"https://h{num}.test:{1000 + num}/")


def test_any_status(env):
    """Not only redirects have one."""
    client, peer = env.pair()
    for status in (200, 201, 206, 300, 301, 302, 303, 307, 308, 400, 404,
                   503):
        client.request("/")
        peer.request()
        peer.respond(b"x" * status, status=f"{status} Text", headers=(
            "Location: http://www.example.com/a",))
        msg = client.response()
        check_eq((msg.status, msg.get("Location"), len(msg.body)),
                 (status, "https://www.example.com/a", status))


def test_split_everywhere(env):
    """An answer in two segments, cut at every byte, on one connection."""
    env.rules("url www.example.com sslport 8443")
    client, peer = env.pair()
    answer = redirect("http://www.example.com:80/a")
    want = answer.replace(b"http://www.example.com:80/",
                          b"https://www.example.com:8443/")
    for cut in range(1, len(answer)):
        client.request("/")
        peer.request()
        peer.send(answer[:cut])
        env.taken()
        peer.send(answer[cut:])
        check_eq(client.response().raw, want, f"cut at {cut}")


def test_one_byte_a_segment(env):
    """Every byte alone: a redirect, chunks with a trailer, an end."""
    client, peer = env.pair()
    one = redirect("http://www.example.com")
    two = (b"HTTP/1.1 200 OK\r\ncontent-location:http://www.example.com\r\n"
           b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n4\r\ndefg\r\n"
           b"0\r\nX-Location: http://www.example.com\r\n\r\n")
    three = b"HTTP/1.0 200 OK\r\n\r\nLocation: http://www.example.com/\r\n"
    client.send(b"".join(request(f"/{n}") for n in range(3)))
    for _ in range(3):
        peer.request()
    for at in range(len(one + two + three)):
        peer.send((one + two + three)[at:at + 1])
    peer.close()
    check_eq(client.recv_all(),
             one.replace(b"http:", b"https:") +
             two.replace(b"http:", b"https:", 1) + three)
    client.fin()


def test_host_in_many_pieces(env):
    """Connections in turn, so that the bytes of one do not lie together."""
    env.rules("url *")
    host = "many-pieces-of-a-host.example.test"
    answer = redirect(f"http://{host}")
    srv = env.server()
    pairs = [env.pair(srv=srv) for _ in range(3)]
    for client, peer in pairs:
        client.request("/")
        peer.request()
    for at in range(len(answer)):
        for _client, peer in pairs:
            peer.send(answer[at:at + 1])
            env.taken()
    for client, _peer in pairs:
        check_eq(client.response().get("Location"), f"https://{host}")


def test_bodies(env):
    """What looks like a URL there is none, whatever the framing."""
    client, peer = env.pair()
    body = (b"HTTP/1.1 302 Found\r\nLocation: http://www.example.com/\r\n"
            b"Content-Length: 0\r\n\r\n" + Pattern.get(30000))
    head = "HTTP/1.1 200 OK\r\nLocation: http://www.example.com/\r\n"
    for num in range(6):
        client.request("/")
        peer.request()
        if num % 2:
            peer.respond(body, headers=(head.splitlines()[1],))
        else:
            peer.send(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" +
                      chunked(body, 100 + 7777 * num))
        msg = client.response()
        check_eq(msg.get("Location"), "https://www.example.com/")
        check_eq(msg.body == body, True, "the body is as it was")
    client.request("/")
    peer.request()
    peer.send(head.encode() + b"\r\n" + body)
    peer.close()
    msg = client.response()
    check_eq(msg.get("Location"), "https://www.example.com/")
    check_eq(msg.body == body, True, "the body until the end is as it was")
    client.fin()


def test_pipelined(env):
    """100 answers in one go, of all kinds."""
    client, peer = env.pair()
    sent, want, heads = b"", b"", []
    for num in range(60):
        heads.append(num % 4 == 3)
        location = b"Location: %s://www.example.com/%d\r\n"
        text = (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                if num % 5 == 0 else b"")
        text += (b"HTTP/1.1 304 Not Modified\r\n" if num % 4 == 1 else
                 b"HTTP/1.1 200 OK\r\n") + location
        if num % 4 == 0:
            text += b"Transfer-Encoding: chunked\r\n\r\n" + \
                chunked(b"http://www.example.com/" * num, 50)
        elif num % 4 == 2:
            text += b"Content-Length: 6\r\n\r\nhttp:/"
        else:
            text += b"Content-Length: 5000\r\n\r\n"
        sent += text % (b"http", num)
        want += text % (b"https", num)
    client.send(b"".join(request("/", method="HEAD" if head else "GET")
                         for head in heads))
    for _ in heads:
        peer.request()
    peer.send(sent)
    peer.fin()
    check_eq(client.recv_all(), want)
    client.fin()


def test_both_policies(env):
    """Lines are inserted and URLs rewritten, on one connection."""
    client, peer = env.pair(addr=BOTH)
    for num in range(3):
        client.request(f"/{num}", headers=("X-Via: forged",))
        check_eq(peer.request().all("X-Via"), ["tlsvip-red"])
        peer.send(redirect(f"http://www.example.com/{num}"))
        check_eq(client.response().get("Location"),
                 f"https://www.example.com/{num}")


def test_requests_pass(env):
    """Without an http-header policy requests stay as they are."""
    grow = env.grow("hdr.requests", "hdr.inserted", "hdr.spoofed")
    client, peer = env.pair()
    for sent in (request("/a", headers=("Client-IP: 6.6.6.6",
                                        "X-Via: mine",
                                        "Connection: Client-IP")),
                 request("/b", method="POST", body=b"http://www.example.com"),
                 b"PUT /c HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: "
                 b"chunked\r\n\r\n" + chunked(b"z" * 999, 100)):
        client.send(sent)
        got = b""
        while len(got) < len(sent):
            got += peer.recv()
        check_eq(got, sent)
        peer.respond()
        client.response()
    check_eq([grow.by(n) for n in ("hdr.requests", "hdr.inserted",
                                   "hdr.spoofed")], [4, 0, 0])


def test_bad_request(env):
    """They are framed as strictly as with an http-header policy."""
    client, peer = env.pair()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    peer.close()
    check_eq(client.response().status, 400)
    check_eq(client.recv_all(), b"")
    client.fin()


def test_upgrade(env):
    """Behind 101 nothing is looked at."""
    srv = env.server()
    client = env.client(addr=URL)
    ktap.defer(client.close)
    client.request("/ws", headers=("Connection: Upgrade",
                                   "Upgrade: websocket",
                                   "Sec-WebSocket-Key: eA==",
                                   "Sec-WebSocket-Version: 13"))
    peer = srv.accept()
    peer.request()
    opaque = redirect("http://www.example.com/") * 2
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
              b"Connection: Upgrade\r\nLocation: http://www.example.com/\r\n"
              b"\r\n" + opaque)
    msg = client.response()
    check_eq((msg.status, msg.get("Location")),
             (101, "https://www.example.com/"))
    client.send(b"\0\xffGET / HTTP/1.1\r\n")
    check_eq(peer.recv(), b"\0\xffGET / HTTP/1.1\r\n")
    peer.close()
    check_eq(client.reader.take() + client.recv_all(), opaque)
    client.fin()


def large(kind, size):
    """A head, and the body as its pieces are sent."""
    head = b"HTTP/1.1 200 OK\r\nLocation: http://www.example.com/\r\n"
    if kind == "length":
        yield head + b"Content-Length: %d\r\n\r\n" % size
    elif kind == "chunked":
        yield head + b"Transfer-Encoding: chunked\r\n\r\n"
    else:
        yield head + b"\r\n"
    done = 0
    while done < size:
        step = min(70000, size - done)
        part = Pattern.get(step, done)
        yield b"%x\r\n%s\r\n" % (step, part) if kind == "chunked" else part
        done += step
    if kind == "chunked":
        yield b"0\r\n\r\n"


@ktap.variants(("length",), ("chunked",), ("until-close",))
def test_large(env, kind):
    """A long body arrives byte by byte as it was sent."""
    client, peer = env.pair()
    client.request("/")
    peer.request()

    def send():
        for part in large(kind, LARGE):
            peer.send(part)
        peer.fin()
    thread = threading.Thread(target=send)
    thread.start()
    msg = client.response()
    thread.join()
    check_eq((msg.get("Location"), msg.size, msg.sha),
             ("https://www.example.com/", LARGE, Pattern.sha(LARGE)))


def test_large_from_nginx(env):
    """With the pages that a server sends from files; a redirect of its own."""
    env.nginx["red"].put_pattern("large", LARGE)
    os.makedirs(os.path.join(env.nginx["red"].root, "dir"), exist_ok=True)
    env.rules(f"url {VIP4}")
    env.tlsvip("service", "add", "files", "context", "red", "vip",
               f"{VIP4}:9446", "server", f"{SERVER4}:80", "trustpoint", "web",
               "policy", "url-rewrite", "u1", "inservice")
    ktap.defer(env.tlsvip, "service", "delete", "files", "context", "red")
    with env.client(addr=(VIP4, 9446)) as client:
        msg = client.get("/large")
        check_eq((msg.status, msg.size, msg.sha),
                 (200, LARGE, Pattern.sha(LARGE)))
        msg = client.get("/dir", host=VIP4)
        check_eq((msg.status, msg.get("Location")),
                 (301, f"https://{VIP4}/dir/"))


def test_slow_client(env):
    """One that does not read stops the server, then gets all of it."""
    def small(sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    client, peer = env.pair(before=small)
    count, body = 64, Pattern.get(200000)
    client.send(request("/") * count)

    def serve():
        for _ in range(count):
            peer.request()
            peer.send(redirect("http://www.example.com/x", body))
    thread = threading.Thread(target=serve)
    thread.start()
    env.stuck(peer)
    check(thread.is_alive(), "the relay swallowed everything")
    for _ in range(count):
        msg = client.response()
        check_eq((msg.get("Location"), msg.body == body),
                 ("https://www.example.com/x", True))
    thread.join()


if __name__ == "__main__":
    ktap.run(globals(), Env)
