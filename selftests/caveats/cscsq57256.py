#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsq57256: the module was reset by a URL without a slash at its end, if a
rule with a wildcard in front was for it.

Such a URL is rewritten as any other, whatever stands behind its host, also
where that is the end of the stream.
"""

import contextlib
import os
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check, check_eq
from lib.redirects import Rewriting, redirect
from lib.tls import Eof

HOST = "www.a.example"
CASES = [(f"http://{HOST}{rest}", f"https://{HOST}{rest}")
         for rest in ("", "/", "?", "?q=1", "#f", "/x", "?q=/#f")]
CASES += [(f"HTTP://{HOST}:80", f"https://{HOST}"),
          (f"http://{HOST}:", f"https://{HOST}"),
          ("http://b.a.example", "https://b.a.example"),
          ("http://a.example", "http://a.example"),
          ("http://xa.example", "http://xa.example"),
          ("http://", "http://"), ("http:", "http:"), ("", "")]


class Env(Rewriting):
    """nginx sends what has no path, too."""
    URLS = "url *.a.example"
    NGINX_EXTRA = f"location = /bare {{ return 301 http://{HOST}; }}"


def test_ends(env):
    """Nothing, or a few bytes, behind the host."""
    env.check_redirects(CASES)


@ktap.variants(("cr", b"\r"), ("crlf", b"\r\n"), ("lf", b"\n"),
               ("none", b""), ("space", b" "), ("nul", b"\0"))
def test_stream_ends(env, _name, rest):
    """The stream ends behind the URL, with or without an end of its line:
    the head that reaches the client has no end, either.
    """
    srv = env.server()
    client, peer = env.pair(srv=srv)
    client.request("/")
    peer.request()
    peer.send(redirect(f"http://{HOST}").partition(b"\r\nContent")[0] + rest)
    with contextlib.suppress(OSError):
        peer.fin()  # what is refused has ended the connection before
    got = b""
    with contextlib.suppress(Eof, ssl.SSLError, ConnectionResetError):
        while part := client.recv():
            got += part
    check(b"\r\n\r\n" not in got, "a whole head")
    client.close()
    # it is not only alive, it works
    env.check_redirects(CASES[:2], srv)


def test_nginx(env):
    """curl says where it would go."""
    check_eq(env.leads_to("bare").rstrip("/"), f"https://{HOST}")


if __name__ == "__main__":
    ktap.run(globals(), Env)
