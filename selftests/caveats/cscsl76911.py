#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsl76911: header lines were missing where a client sent its request in
fragments.

However a request is cut, into records, into TCP segments, or both, the server
gets it whole, with the inserted lines behind the request line.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import Caveat, check_fields
from lib.http import request
from lib.insertion import check_inserted
from lib.ktap import check_eq
from lib.process import cmd
from lib.topology import VIP4

GET = request("/headers?a=b", headers=("Cookie: c=d", "Accept: */*"))
POST = request("/post", method="POST", body=b"0123456789")


class Env(Caveat):
    """nginx behind 443."""
    NGINX = True


@ktap.variants(("get", GET), ("post", POST))
def test_two_records(env, _name, sent):
    """Cut at each byte; the first part has been read before the second."""
    client, srv = env.pair()
    peer = None
    for cut in range(1, len(sent)):
        client.send(sent[:cut])
        env.drained(client)
        client.send(sent[cut:])
        peer = peer or srv.accept()
        msg = peer.request()
        check_inserted(msg, sent, client)
        check_eq(msg.body, sent.partition(b"\r\n\r\n")[2])
        peer.respond(b"%d" % cut)
        check_eq(client.response().body, b"%d" % cut)


@ktap.variants(("get", GET), ("post", POST))
def test_one_byte_records(env, _name, sent):
    """Each byte is a record, and a segment."""
    client, srv = env.pair()
    for _ in range(3):
        client.send_records(sent)
    peer = srv.accept()
    for _ in range(3):
        check_inserted(peer.request(), sent, client)


@ktap.variants(("get", GET), ("post", POST))
def test_two_segments(env, _name, sent):
    """One record, cut at each of its bytes."""
    client, srv = env.pair()
    cut, size, peer = 1, 2, None
    while cut < size:
        wire = client.seal(sent)
        size = len(wire)
        client.sock.sendall(wire[:cut])
        client.sock.sendall(wire[cut:])
        peer = peer or srv.accept()
        check_inserted(peer.request(), sent, client)
        peer.respond()
        check_eq(client.response().status, 200)
        cut += 1


def test_one_byte_segments(env):
    """A record that arrives byte by byte."""
    client, srv = env.pair()
    for byte in client.seal(GET):
        client.sock.sendall(bytes([byte]))
    check_inserted(srv.accept().request(), GET, client)


def test_nginx(env):
    """nginx says what it saw of a request in three pieces of any size."""
    client = env.connect((VIP4, 443))
    for first in range(1, len(GET) - 1, 7):
        for second in range(first + 1, len(GET), 17):
            client.send(GET[:first])
            client.send(GET[first:second])
            client.send(GET[second:])
            check_fields(client.response().body, client)


def test_openssl(env):
    """openssl s_client, told to cut what it sends into small records."""
    sent = request("/headers", headers=(f"A: {'a' * 3000}",
                                        "Connection: close"))
    got = cmd("openssl", "s_client", "-quiet", "-ign_eof", "-max_send_frag",
              "512", "-connect", f"{VIP4}:443", ns=env.red.client,
              data=sent.decode())
    check_fields(got.out.partition("\n\n")[2])


if __name__ == "__main__":
    ktap.run(globals(), Env)
