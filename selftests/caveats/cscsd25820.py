#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsd25820: rewriting of URLs brought the module down every few hours.

Thousands of redirects, right and wrong ones, to clients that stay and to such
that do not, and the next one is rewritten as the first.
"""

import contextlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.http import request
from lib.ktap import check_eq
from lib.redirects import Rewriting, redirect
from lib.topology import VIP4

HOST = "www.a.example"
ROUNDS, MANY, AT_ONCE = 20, 100, 50
GET = request("/to")
# what a server may send that no client should get whole
WRONG = (b"HTTP/1.1 302 Found\r\nLocation: http://a/\r\nLocation: b\r\n\r\n",
         b"HTTP/1.1 302 Found\nLocation: http://www.a.example/\n\n",
         b"HTTP/1.1 302 Found\r\nLocation: http://www.a.exa",
         b"HTTP/1.1 302 Found\r\nLocation: http://" + b"a" * 70000,
         b"\x16\x03\x03 not HTTP", b"")


class Env(Rewriting):
    """As many rules as may be, the last one is for nginx's redirects."""
    URLS = " ".join(f"url h{n}.example" for n in range(31)) + f" url {HOST}"
    NGINX_EXTRA = f"location = /to {{ return 302 http://{HOST}/there; }}"


def misbehave(env, srv, num):
    """A server that answers wrong, and a client that goes."""
    client, peer = env.pair(srv=srv)
    client.request("/")
    peer.request()
    if num % 2:
        client.reset()
    with contextlib.suppress(OSError):
        peer.send(redirect(f"http://{HOST}/") if num % 2 else
                  WRONG[num // 2 % len(WRONG)])
    peer.close()
    client.close()


def test_long_run(env):
    """Rounds of redirects from nginx, bad ones in between."""
    srv = env.server()
    for num in range(ROUNDS):
        with env.client(addr=(VIP4, 443)) as client:
            for _ in range(0, MANY, AT_ONCE):
                client.send(GET * AT_ONCE)
                for _ in range(AT_ONCE):
                    check_eq(client.response().get("Location"),
                             f"https://{HOST}/there")
            client.close_notify()
        misbehave(env, srv, num)
    env.wait_idle()
    env.check_redirects([(f"http://{HOST}/x", f"https://{HOST}/x")] * 100, srv)


def test_policy_changes(env):
    """The rules change under live connections, many times."""
    env.batch("".join(
        f"policy url-rewrite set u1 context red url h{n}.example url {HOST}\n"
        for n in range(100)))
    check_eq(env.leads_to("to"), f"https://{HOST}/there")


if __name__ == "__main__":
    ktap.run(globals(), Env)
