#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsq48567: with insertion, requests with the methods of WebDAV got no answer.

A method is any token: those of RFC 2518 and its followers, and such as nobody
has heard of, pass with the inserted lines, with bodies and without. What is no
token is refused, with an answer.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import URL, Caveat, check_fields
from lib.http import request
from lib.insertion import check_inserted
from lib.ktap import check_eq
from lib.topology import VIP4

RFC2518 = ("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK",
           "UNLOCK")
OTHERS = ("VERSION-CONTROL", "REPORT", "CHECKOUT", "CHECKIN", "UNCHECKOUT",
          "MKWORKSPACE", "UPDATE", "LABEL", "MERGE", "BASELINE-CONTROL",
          "MKACTIVITY", "ORDERPATCH", "ACL", "SEARCH", "BIND", "REBIND",
          "UNBIND", "MKREDIRECTREF", "UPDATEREDIRECTREF", "MKCALENDAR",
          "LINK", "UNLINK", "PATCH", "QUERY", "M-SEARCH", "NOTIFY", "PURGE",
          "RPC_IN_DATA", "BPROPFIND", "X-MS-ENUMATTS")
UNKNOWN = ("A", "post", "GETS", "HEADS", "CONNECTS", "POS", "OPTION",
           "!#$%&'*+-.^_`|~09AZaz", "X" * 31, "X" * 32)
XML = (b'<?xml version="1.0"?>\r\n<propfind xmlns="DAV:">\r\n\r\n'
       b"<allprop/>\r\n</propfind>\r\n")


class Env(Caveat):
    """nginx with the methods of WebDAV that it has."""
    NGINX = True
    NGINX_EXTRA = """location /dav/ {
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_access user:rw group:rw all:rw; }"""

    def __init__(self):
        super().__init__()
        os.makedirs(self.path("dav"))
        os.chmod(self.path("dav"), 0o777)


@ktap.variants(("rfc2518", RFC2518), ("others", OTHERS),
               ("unknown", UNKNOWN))
def test_methods(env, _name, methods):
    """With a body and without, on one connection."""
    client, srv = env.pair()
    peer = None
    for method in methods:
        for body in (None, XML, b""):
            sent = request("/dav/a%20b", method=method, body=body,
                           headers=("Depth: infinity", "Overwrite: T",
                                    "Lock-Token: <urn:uuid:1>",
                                    "If: (<urn:uuid:1> [\"e\"])"))
            client.send(sent)
            peer = peer or srv.accept()
            msg = peer.request()
            check_inserted(msg, sent, client)
            check_eq((msg.start.split(" ")[0], msg.body),
                     (method, body or b""))
            peer.respond(XML, status="207 Multi-Status")
            check_eq(client.response().body, XML)


def test_any_split(env):
    """An unknown method cut at each byte."""
    client, srv = env.pair()
    peer = None
    for method in ("PROPFIND", "X-UNKNOWN"):
        sent = request("/", method=method, body=XML)
        for cut in range(1, len(method) + 3):
            client.send(sent[:cut])
            env.drained(client)
            client.send(sent[cut:])
            peer = peer or srv.accept()
            check_inserted(peer.request(), sent, client)
            peer.respond()
            check_eq(client.response().status, 200)


def test_curl_and_nginx(env):
    """Files made, copied, moved and deleted, each request in the log.

    Destination is what nginx takes without TLS: the box does not change it.
    """
    before = len(env.nginx["red"].requests())

    def dav(method, path, *extra):
        return env.curl("-X", method, *extra, "-w", "%{http_code}", "-o",
                        "/dev/null", f"{URL}/dav/{path}").out

    check_eq(dav("PUT", "a", "-d", "content"), "201")
    check_eq(dav("MKCOL", "dir/"), "201")
    check_eq(dav("COPY", "a", "-H", f"Destination: http://{VIP4}/dav/dir/b"),
             "204")
    check_eq(dav("MOVE", "a", "-H", "Destination: /dav/c"), "204")
    check_eq(dav("DELETE", "dir/b"), "204")
    for method in ("PROPFIND", "LOCK", "X-UNKNOWN"):
        # nginx does not know them, and says so
        check_eq(dav(method, "c"), "405", method)
    check_eq(sorted(os.listdir(env.path("dav"))), ["c", "dir"])
    seen = env.logged(before + 8)[before:]
    check_eq(len(seen), 8)
    for fields in seen:
        check_fields(fields)


@ktap.variants(("space", "P ROPFIND"), ("slash", "PROP/FIND"),
               ("colon", "PROPFIND:"), ("none", ""), ("tab", "\tPROPFIND"),
               ("quote", '"PROPFIND"'), ("high", "PROPFIND\xe9"))
def test_no_token(env, _name, method):
    """An answer, not silence."""
    client, _srv = env.pair()
    client.request("/", method=method, body=XML)
    check_eq(client.response().status, 400)
    check_eq(client.recv_all(), b"")


def test_too_long(env):
    """RFC 9112 3: longer than any method that the box is ready for."""
    client, _srv = env.pair()
    client.request("/", method="X" * 33)
    check_eq(client.response().status, 501)


if __name__ == "__main__":
    ktap.run(globals(), Env)
