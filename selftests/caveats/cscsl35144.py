#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsl35144: custom lines were missing in the second and later POST of a TCP
connection.

As many custom lines as a policy can have, in each of hundreds of POSTs that
follow each other on a connection, whatever their bodies are.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import Caveat
from lib.http import chunked, request
from lib.ktap import check_eq
from lib.servers import Pattern
from lib.topology import VIP4

LINES = [f"X-L{n:02}: value {n} of 16, {'v' * (n + 1)}" for n in range(16)]
BLOCK = "".join(line + "\r\n" for line in LINES).encode()
SEEN = "|".join(f"$http_x_l{n:02}" for n in range(16))
WANT = "|".join(line.partition(": ")[2] for line in LINES)
ROUNDS = 100


class Env(Caveat):
    """A policy of custom lines alone; nginx says what it saw of them."""
    NGINX = True
    NGINX_EXTRA = f"location /lines {{ return 200 '{SEEN}\\n'; }}"

    def __init__(self):
        super().__init__()
        words = [word for line in LINES for word in ("custom", line)]
        self.set_h1(*words)


def posts(num):
    """POSTs of all kinds: no body, a small, a large one, chunks."""
    body = Pattern.get(1 + num * 97 % 5000, num)
    yield request(f"/{num}/empty", method="POST", body=b"")
    yield request(f"/{num}/body", method="POST", body=body)
    yield (f"POST /{num}/chunks HTTP/1.1\r\nHost: test\r\n"
           "Transfer-Encoding: chunked\r\n\r\n").encode() + chunked(body, 999)


def check_request(msg, sent):
    first, rest = sent.split(b"\r\n", 1)
    head = rest.split(b"\r\n\r\n", 1)[0]
    check_eq(msg.raw, first + b"\r\n" + BLOCK + head + b"\r\n\r\n")


def test_one_by_one(env):
    """Each POST when the one before has its answer."""
    grow = env.grow("conn.accepted")
    client, srv = env.pair()
    peer = None
    for num in range(ROUNDS):
        for sent in posts(num):
            client.send(sent)
            peer = peer or srv.accept()
            check_request(peer.request(), sent)
            peer.respond(b"%d" % num)
            check_eq(client.response().body, b"%d" % num)
    check_eq(grow.by("conn.accepted"), 1)


def test_pipelined(env):
    """Many in one write, so that heads lie anywhere in records."""
    client, srv = env.pair()
    peer = None
    for num in range(0, ROUNDS, 10):
        todo = [sent for more in range(10) for sent in posts(num + more)]
        client.send(b"".join(todo))
        peer = peer or srv.accept()
        for sent in todo:
            check_request(peer.request(), sent)
        for _ in todo:
            peer.respond()
        for _ in todo:
            check_eq(client.response().status, 200)


def test_curl_and_nginx(env):
    """curl POSTs to nginx, on one connection."""
    grow = env.grow("conn.accepted")
    lines = []
    for num in range(ROUNDS):
        lines += ["next", f'url = "https://{VIP4}/lines?{num}"', "insecure",
                  f'data = "{"d" * (num + 1)}"']
    out = env.curl("-K", "-", data="\n".join(lines[1:]) + "\n").out
    check_eq(out.splitlines(), [WANT] * ROUNDS)
    check_eq(grow.by("conn.accepted"), 1)


if __name__ == "__main__":
    ktap.run(globals(), Env)
