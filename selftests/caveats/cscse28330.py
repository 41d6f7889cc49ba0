#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCse28330: a rule "*" rewrote URLs of any port.

Without a clear port, a rule is for port 80 alone, written or not; with one, for
that port alone.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check_eq
from lib.redirects import Rewriting
from lib.topology import VIP4

HOSTS = ("www.a.example", "192.0.2.1", "[2001:db8::1]", "localhost")


class Env(Rewriting):
    """The rule of the caveat, and one with both ports."""
    URLS = "url * url * clearport 8080 sslport 8443"
    NGINX_EXTRA = f"""location = /80 {{ return 302 http://{VIP4}/there; }}
        location = /8080 {{ return 302 http://{VIP4}:8080/there; }}
        location = /8000 {{ return 302 http://{VIP4}:8000/there; }}"""


@ktap.variants(*[(host.strip("[]"), host) for host in HOSTS])
def test_default_port(env, _name, host):
    """80, and nothing that has an 8 or a 0 in it."""
    env.check_redirects([
        (f"http://{host}{port}/a", f"https://{host}/a")
        for port in ("", ":80", ":", ":080", ":00080")] + [
        (f"http://{host}:{port}/a", f"http://{host}:{port}/a")
        for port in (8, 0, 800, 8000, 81, 79, 443, 8081, 65535, 65616)])


@ktap.variants(*[(host.strip("[]"), host) for host in HOSTS])
def test_given_port(env, _name, host):
    """The clear port that a rule has, and the port that it leads to."""
    env.check_redirects([
        (f"http://{host}:8080/a?b#c", f"https://{host}:8443/a?b#c"),
        (f"http://{host}:8080", f"https://{host}:8443"),
        (f"https://{host}:8080/", f"https://{host}:8080/"),
        (f"ftp://{host}/", f"ftp://{host}/")])


@ktap.variants(("80", f"https://{VIP4}/there"),
               ("8080", f"https://{VIP4}:8443/there"),
               ("8000", f"http://{VIP4}:8000/there"))
def test_nginx(env, port, want):
    check_eq(env.leads_to(port), want)


if __name__ == "__main__":
    ktap.run(globals(), Env)
