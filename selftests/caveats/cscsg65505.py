#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsg65505: a rule was triggered by text behind the host name of a redirect.

The host of the URL alone decides; what looks like it in the path, the query,
the fragment, in front of the host, in other fields or in the body does not, and
passes as it is.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check_eq
from lib.redirects import Rewriting, redirect

HOST = "www.a.example"
OTHER = "other.example"
LOOK = (f"/{HOST}", f"/http://{HOST}/", f"/?to=http://{HOST}/x", f"?{HOST}",
        f"#http://{HOST}/", f"/a;{HOST}:80/", f"//{HOST}", f"/%2F{HOST}")


class Env(Rewriting):
    """One host; nginx redirects to others that mention it."""
    URLS = f"url {HOST} url *.b.example url c.*"
    NGINX_EXTRA = f"""location = /other {{
            return 302 http://{OTHER}/?to=http://{HOST}/; }}
        location = /host {{ return 302 http://{HOST}/?to=http://{HOST}/; }}"""


def test_behind_another_host(env):
    """Nothing of it is changed."""
    env.check_redirects([(f"http://{OTHER}{rest}", f"http://{OTHER}{rest}")
                         for rest in LOOK])


def test_behind_the_host(env):
    """The host is, the rest is not."""
    env.check_redirects([(f"http://{HOST}{rest}", f"https://{HOST}{rest}")
                         for rest in LOOK])


def test_around_the_host(env):
    """Names that only contain it; what stands in front of an @; no host."""
    urls = [f"http://{host}/" for host in (
        f"{HOST}.evil.example", f"x{HOST}", f"{HOST}.", f"{HOST}x",
        f"{HOST}@{OTHER}", f"{HOST}:80@{OTHER}", f"{OTHER}@{HOST}",
        f"{OTHER}.{HOST}", "b.example", "b.example.evil.example", "xc.d",
        "x.c.d")]
    urls += [*LOOK, f"https://{HOST}/", f"ftp://{HOST}/http://{HOST}/", HOST,
             f"http:/{HOST}/", f"http:{HOST}", f"http:///{HOST}/"]
    env.check_redirects([(url, url) for url in urls] + [
        (f"http://{host}/", f"https://{host}/")
        for host in ("x.b.example", "c.d.example")])


def test_other_fields_and_body(env):
    """Only Location and Content-Location are looked at."""
    client, peer = env.pair()
    client.request("/")
    peer.request()
    text = f"http://{HOST}/".encode()
    more = b"".join(b"%s: %s\r\n" % (name, text) for name in (
        b"X-Location", b"Locations", b"Link", b"Refresh", b"Referer"))
    body = b"Location: %s\r\n\r\n" % text * 3
    head = redirect(f"http://{HOST}/", behind=more).partition(b"Content-L")[0]
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    peer.send(head + body)
    msg = client.response()
    check_eq(msg.raw, head.replace(b"Location: http:", b"Location: https:",
                                   1))
    check_eq(msg.body, body)


@ktap.variants(("other", f"http://{OTHER}/?to=http://{HOST}/"),
               ("host", f"https://{HOST}/?to=http://{HOST}/"))
def test_nginx(env, path, want):
    check_eq(env.leads_to(path), want)


if __name__ == "__main__":
    ktap.run(globals(), Env)
