#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCse31785: with insertion, a large POST that spans packets did not reach the
server whole.

Every byte of a body arrives, however it lies in packets and records, and the
header lines are there.
"""

import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import URL, Caveat, check_fields
from lib.http import chunked, digest, request
from lib.ktap import check_eq, check_in
from lib.process import workdir
from lib.servers import Pattern
from lib.topology import CLIENT4, VIP4

MSS = 1460
# two packets and around, records and around, and more
SIZES = (MSS - 1, MSS, MSS + 1, 2 * MSS - 1, 2 * MSS, 2 * MSS + 1,
         3 * MSS, 16383, 16384, 16385, 65537, 1000003, 5000011)


class Env(Caveat):
    """nginx behind 443 keeps what is PUT to it."""
    NGINX = True
    NGINX_EXTRA = "location /put/ { dav_methods PUT; }"

    def __init__(self):
        super().__init__()
        os.makedirs(self.path("put"))
        os.chmod(self.path("put"), 0o777)


def check_whole(client, size):
    """The server's answer says what it got."""
    got = json.loads(client.response().body)
    check_eq((got["size"], got["sha"]), (size, Pattern.sha(size)),
             f"POST of {size}")
    check_in(f"Client-IP: {CLIENT4}\r\n", got["head"])
    check_in("X-Via: tlsvip-red\r\n", got["head"])


def body_file(size):
    path = os.path.join(workdir(), f"body-{size}")
    with open(path, "wb") as file:
        file.write(Pattern.get(size))
    return path


def test_sizes(env):
    """Head and body at once, on one connection."""
    env.hashes()
    client = env.connect()
    for size in SIZES:
        client.request("/up", method="POST", body=Pattern.get(size))
        check_whole(client, size)


def test_head_alone(env):
    """The head in a packet of its own, the body in the next ones."""
    env.hashes()
    client = env.connect()
    for size in SIZES:
        sent = request("/up", method="POST", body=Pattern.get(size))
        at = sent.index(b"\r\n\r\n") + 4
        client.send(sent[:at])
        env.drained(client)
        client.send(sent[at:])
        check_whole(client, size)


def test_two_packets(env):
    """Both parts of a body of two packets' size, cut at many places."""
    env.hashes()
    client = env.connect()
    size = 2 * MSS
    sent = request("/up", method="POST", body=Pattern.get(size))
    at = len(sent) - size
    for cut in (*range(at - 4, at + 5), *range(MSS - 2, MSS + 3),
                at + MSS - 1, at + MSS, at + MSS + 1, len(sent) - 1):
        client.send(sent[:cut])
        env.drained(client)
        client.send(sent[cut:])
        check_whole(client, size)


def test_chunked(env):
    """The same without a length."""
    env.hashes()
    client = env.connect()
    for size, piece in ((2 * MSS, MSS), (100003, MSS - 1), (1000003, 65537)):
        client.send(b"POST /up HTTP/1.1\r\nHost: test\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n"
                    + chunked(Pattern.get(size), piece))
        check_whole(client, size)


def test_curl(env):
    """curl, with and without waiting for 100 Continue."""
    env.hashes()
    path = body_file(5000011)
    for extra in (("-H", "Expect:"), ("-H", "Transfer-Encoding: chunked",
                                      "-H", "Expect:")):
        got = json.loads(env.curl("--data-binary", f"@{path}", *extra,
                                  f"https://{VIP4}:9443/up").out)
        check_eq(got["sha"], Pattern.sha(5000011))


def test_nginx(env):
    """A server that keeps the file, and logs what was inserted."""
    before = len(env.nginx["red"].requests())
    for size in (2 * MSS, 5000011):
        got = env.curl("-T", body_file(size), "-w", "%{http_code}",
                       f"{URL}/put/{size}").out
        check_eq(got[-3:], "201")
        with open(env.path(f"put/{size}"), "rb") as file:
            check_eq(hashlib.file_digest(file, digest).hexdigest(),
                     Pattern.sha(size))
    for fields in env.logged(before + 2)[before:]:
        check_fields(fields)


if __name__ == "__main__":
    ktap.run(globals(), Env)
