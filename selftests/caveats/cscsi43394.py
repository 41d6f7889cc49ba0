#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsi43394: a POST was not forwarded where its Content-Length line was split
across two buffers.

Wherever that line is cut, by what the client sends at once or by the largest
size of a record, the POST arrives whole, and its end is found.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import URL, Caveat
from lib.insertion import check_inserted
from lib.ktap import check_eq
from lib.process import workdir
from lib.servers import Pattern
from lib.topology import VIP4

BODY = Pattern.get(12345)
LINE = b"Content-Length: 12345\r\n"
RECORD = 16384


class Env(Caveat):
    """nginx behind 443 keeps what is PUT to it."""
    NGINX = True
    NGINX_EXTRA = """large_client_header_buffers 4 64k;
        location /put/ { dav_methods PUT; }"""

    def __init__(self):
        super().__init__()
        os.makedirs(self.path("put"), mode=0o777)
        os.chmod(self.path("put"), 0o777)


def post(front):
    """A POST whose Content-Length line begins behind front bytes."""
    start = b"POST /up HTTP/1.1\r\nHost: test\r\n"
    fill = front - len(start)
    if fill:
        start += b"A: " + b"a" * (fill - 5) + b"\r\n"
    return start + LINE + b"\r\n" + BODY


def exchange(env, posts):
    """Each of (parts, whole) on one connection, and a request behind them."""
    client, srv = env.pair()
    peer = None
    for parts, whole in posts:
        for part in parts[:-1]:
            client.send(part)
            env.drained(client)
        client.send(parts[-1])
        peer = peer or srv.accept()
        msg = peer.request()
        check_inserted(msg, whole, client)
        check_eq((msg.size, msg.body == BODY), (len(BODY), True))
        peer.respond(b"ok")
        check_eq(client.response().body, b"ok")
    client.request("/behind")
    check_eq(peer.request().target, "/behind")


def around(whole):
    """Every place in the line and at both of its ends."""
    at = whole.index(LINE)
    return range(at, at + len(LINE) + 3)


def test_cut_once(env):
    whole = post(31)
    exchange(env, [((whole[:cut], whole[cut:]), whole)
                   for cut in around(whole)])


def test_cut_twice(env):
    """Three buffers, one of them with a byte of the line alone."""
    whole = post(31)
    exchange(env, [((whole[:cut], whole[cut:cut + 1], whole[cut + 1:]), whole)
                   for cut in around(whole)])


@ktap.variants(("1536", 1536), ("4096", 4096), ("record", RECORD))
def test_buffer_edge(env, _name, edge):
    """Each byte of the line is the last before the edge once."""
    posts = []
    for back in range(len(LINE) + 1):
        whole = post(edge - back)
        # OpenSSL itself cuts at the size of a record
        parts = ((whole,) if edge == RECORD
                 else (whole[:edge], whole[edge:]))
        posts.append((parts, whole))
    exchange(env, posts)


def test_curl(env):
    """curl puts the line where a header of any length leaves it."""
    env.hashes()
    path = os.path.join(workdir(), "body")
    with open(path, "wb") as file:
        file.write(BODY)
    lines, edge = [], RECORD - 150
    for more in range(0, 180, 9):
        lines += ["next", f'url = "https://{VIP4}:9443/up"', "insecure",
                  f'data-binary = "@{path}"', 'header = "Expect:"',
                  f'header = "A: {"a" * (edge + more)}"']
    out = env.curl("-K", "-", data="\n".join(lines[1:]) + "\n").out
    answers = [json.loads(line + "}") for line in out.split("}") if line]
    check_eq(len(answers), 20)
    for got in answers:
        check_eq((got["size"], got["sha"]), (len(BODY), Pattern.sha(12345)))


def test_nginx(env):
    """Content-Length cut at each byte, and nginx has the file."""
    client = env.connect((VIP4, 443))
    start = b"PUT /put/%d HTTP/1.1\r\nHost: test\r\n"
    for cut in range(len(LINE) + 1):
        client.send(start % cut + LINE[:cut])
        env.drained(client)
        client.send(LINE[cut:] + b"\r\n" + BODY)
        check_eq(client.response().status, 201)
        with open(env.path(f"put/{cut}"), "rb") as file:
            check_eq(file.read() == BODY, True, f"file of cut {cut}")
    check_eq(env.curl(f"{URL}/whoami").out, "nginx-red\n")


if __name__ == "__main__":
    ktap.run(globals(), Env)
