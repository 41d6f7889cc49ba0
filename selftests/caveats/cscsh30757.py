#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsh30757: a POST failed whose head was exactly 1536 bytes long, if header
lines were inserted.

No length is special: heads of 1535, 1536 and 1537 bytes, and of every power of
two and one byte less and more, as the client sends them and as the server gets
them, made long by one field, by many, or by the request line.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import Caveat, check_fields
from lib.insertion import block, check_inserted
from lib.ktap import check_eq
from lib.topology import VIP4

EDGES = (1536, *[1 << bits for bits in range(6, 17)])
SIZES = sorted(edge + more for edge in EDGES for more in (-1, 0, 1))
BODY = b"body"
LEAST = len("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\n")


class Env(Caveat):
    """nginx behind 443; the limits let the longest head pass."""
    NGINX = True
    NGINX_EXTRA = "large_client_header_buffers 4 256k;"

    def __init__(self):
        super().__init__()
        self.set_h1("client-ip-port", "session", "custom",
                    "X-Via: tlsvip-red", "head-max", "131072", "line-max",
                    "131072", "fields-max", "10000")


def fields(fill, most):
    """Field lines of fill bytes in all, none of more than most."""
    lines = []
    while fill:
        # what is left must be a line, too
        size = fill if fill <= most else min(most, fill - 4)
        lines.append("a:" + "b" * (size - 4) + "\r\n")
        fill -= size
    return "".join(lines)


def post(size, how, target="/", host="t"):
    """A POST with a head of that many bytes."""
    fill = size - LEAST - (len(target) - 1) - (len(host) - 1)
    if how == "line":
        target, fill = target + "?" + "x" * (fill - 1), 0
    most = {"fields": 40}.get(how, fill)
    head = (f"POST {target} HTTP/1.1\r\nHost: {host}\r\n"
            f"Content-Length: 4\r\n{fields(fill, most)}\r\n").encode()
    check_eq(len(head), size, "length of the head")
    return head + BODY


def exchange(env, cases, how, parts=lambda sent: (sent,)):
    """Heads of all sizes, one behind the other on a connection."""
    client, srv = env.pair()
    peer = None
    for size in cases:
        sent = post(size, how)
        for part in parts(sent):
            client.send(part)
        peer = peer or srv.accept()
        msg = peer.request()
        check_inserted(msg, sent, client)
        check_eq(msg.body, BODY, f"body behind a head of {size}")
        peer.respond(b"%d" % size)
        check_eq(client.response().body, b"%d" % size)


@ktap.variants("field", "fields", "line")
def test_sent(env, how):
    """As the client sends them."""
    exchange(env, SIZES, how)


@ktap.variants("field", "fields", "line")
def test_forwarded(env, how):
    """As the server gets them: what is inserted counts."""
    client, srv = env.pair()
    client.send(post(LEAST + 10, how))
    peer = srv.accept()
    more = len(peer.request().raw) - LEAST - 10
    peer.respond()
    client.response()
    for size in SIZES:
        if size - more < LEAST + 4:
            continue
        sent = post(size - more, how)
        client.send(sent)
        msg = peer.request()
        check_eq((len(msg.raw), len(block(msg))), (size, 11), "as it arrives")
        check_inserted(msg, sent, client)
        check_eq(msg.body, BODY)
        peer.respond()
        check_eq(client.response().status, 200)


@ktap.variants(("head", 0), ("almost", -1), ("more", 1))
def test_cut(env, _name, more):
    """The head, or but a byte, in one write, the rest in another."""
    def parts(sent):
        cut = len(sent) - len(BODY) + more
        return sent[:cut], sent[cut:]
    exchange(env, SIZES, "field", parts)


def test_small_records(env):
    """Heads of these sizes in records of 1536 bytes."""
    exchange(env, SIZES, "fields",
             lambda sent: [sent[at:at + 1536]
                           for at in range(0, len(sent), 1536)])


def test_curl_and_nginx(env):
    """curl sends them, nginx says how long they were with the block."""
    nginx = env.nginx["red"]
    url = f"https://{VIP4}/headers"
    before = len(nginx.requests())
    lines = []
    sizes = [s for s in SIZES if s > 256]
    for size in sizes:
        # curl's own head: the fields that it would add are off
        fill = size - len(f"POST /headers HTTP/1.1\r\nHost: {VIP4}\r\n"
                          "Content-Length: 4\r\nA: \r\n\r\n")
        lines += ["next", f'url = "{url}"', "insecure", 'data = "body"',
                  'header = "User-Agent:"', 'header = "Accept:"',
                  'header = "Content-Type:"', f'header = "A: {"a" * fill}"']
    out = env.curl("-K", "-", data="\n".join(lines[1:]) + "\n").out
    got = [json.loads(line) for line in out.splitlines()]
    check_eq(len(got), len(sizes), "answers")
    seen = [int(line["len"]) for line in env.logged(before + len(sizes))
            [before:]]
    for size, length, answer in zip(sizes, seen, got):
        check_fields(answer)
        added = length - size - len(BODY)
        check_eq(added, seen[0] - sizes[0] - len(BODY),
                 f"bytes inserted into a head of {size}")


if __name__ == "__main__":
    ktap.run(globals(), Env)
