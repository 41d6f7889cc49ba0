#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# smp: wrk and h2load keep more than one CPU busy
"""Programs that people use, on both sides: curl, openssl, gnutls-cli, wrk,
h2load as clients; nginx and apache as servers."""

import hashlib
import http.client
import json
import os
import re
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import digest
from lib.ktap import check, check_eq, check_in
from lib.process import cmd, workdir
from lib.servers import Apache, Pattern
from lib.tls import SUITES
from lib.topology import CLIENT4, SERVER4, VIP4, VIP6

URL = f"https://{VIP4}"


class Env(Appliance):
    NGINX_EXTRA = ("location /put/ { dav_methods PUT; "
                   "create_full_put_path on; }")

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)
        os.chmod(self.nginx["red"].root, 0o777)


def sha_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, digest).hexdigest()


@ktap.variants(*[(f"{v}-{s}", v, s) for v in ("1.2", "1.3")
                 for s in SUITES])
def test_curl(env, _name, version, suite):
    """Verified, with every suite, from both tenants."""
    suites = (("--ciphers", SUITES[suite][0]) if version == "1.2"
              else ("--tls13-ciphers", SUITES[suite][1]))
    for tenant in ("red", "blue"):
        got = cmd("curl", "-sS", "--cacert", env.authority.cert, "--tlsv1.2",
                  "--tls-max", version, *suites, "--resolve",
                  f"web.test:443:{VIP4}", "https://web.test/headers",
                  ns=env.tenants[tenant].client)
        head = json.loads(got.out)
        check_eq((head["Client-IP"], head["X-Via"]),
                 (CLIENT4, f"tlsvip-{tenant}"))
        check_in(suite[:3], head["Session-Cipher-Name"])


def test_curl_ipv6(env):
    got = env.curl("-g", f"https://[{VIP6}]/headers")
    check_eq(json.loads(got.out)["Client-IP"], "2001:db8:10::2")


def test_nginx_download(env):
    """A file by sendfile, whole and in ranges."""
    size = 10_000_019
    env.nginx["red"].put_pattern("file", size)
    out = os.path.join(workdir(), "down")
    env.curl("-o", out, f"{URL}/file")
    check_eq(sha_of(out), Pattern.sha(size))
    env.curl("-o", out, "-r", "1000000-1999999", f"{URL}/file")
    check_eq(sha_of(out),
             digest(Pattern.get(1000000, 1000000)).hexdigest())


@ktap.variants(("length",), ("chunked",), ("expect",))
def test_nginx_upload(env, how):
    size = 5_000_011
    path = os.path.join(workdir(), "up")
    with open(path, "wb") as file:
        file.write(Pattern.get(size))
    extra = {"length": ("-H", "Expect:"),
             "chunked": ("-H", "Transfer-Encoding: chunked", "-H",
                         "Expect:"),
             "expect": ("-H", "Expect: 100-continue",
                        "--expect100-timeout", "30")}[how]
    got = env.curl("-T", path, *extra, "-w", "%{http_code}",
                   f"{URL}/put/{how}")
    check_in(got.out[-3:], ("201", "204"))
    check_eq(sha_of(os.path.join(env.nginx["red"].root, "put", how)),
             Pattern.sha(size))


def test_nginx_log(env):
    """What the access log has is what the client is."""
    before = len(env.nginx["red"].requests())
    env.curl("-A", "probe", f"{URL}/whoami")
    got = ktap.wait_for(lambda: env.nginx["red"].requests()[before:],
                        "the log line")[0]
    check_eq(got["from"], "10.20.0.1", "source of the server leg")
    check_eq(got["Client-IP"], CLIENT4)
    check(int(got["Client-Port"]) > 1023, got["Client-Port"])
    check(re.fullmatch("[0-9A-F:]{32,}", got["Session-Id"]), got)
    check_eq(got["Session-Cipher-Key-Size"], "256")


def test_curl_reuses(env):
    """Several URLs of one curl share a connection."""
    grow = env.grow("conn.accepted")
    env.curl(*[f"{URL}/whoami?{n}" for n in range(10)])
    check_eq(grow.by("conn.accepted"), 1)


def test_curl_head(env):
    got = env.curl("-I", f"{URL}/", f"{URL}/")
    check_eq(got.out.count("HTTP/1.1 200"), 2)


@ktap.variants(("tls12", "-tls1_2"), ("tls13", "-tls1_3"))
def test_s_client(env, _name, version):
    got = cmd("openssl", "s_client", version, "-connect", f"{VIP4}:443",
              "-CAfile", env.authority.cert, "-verify_return_error",
              "-servername", "web.test", "-ign_eof", "-brief",
              ns=env.red.client,
              data="GET /whoami HTTP/1.1\r\nHost: x\r\n"
                   "Connection: close\r\n\r\n")
    check_in("nginx-red", got.out)
    check_in("Verification: OK", got.err)


def test_s_client_reconnect(env):
    """-reconnect: five more connections with the session of the first."""
    got = cmd("openssl", "s_client", "-tls1_2", "-reconnect", "-connect",
              f"{VIP4}:443", ns=env.red.client, data="", check=False)
    check_eq(len(re.findall("^Reused, ", got.out, re.M)), 5, "reused")


@ktap.variants(("tls12", "-tls1_2"), ("tls13", "-tls1_3"))
def test_s_client_session_file(env, _name, version):
    """A session kept in a file is resumed by another process."""
    path = os.path.join(workdir(), f"sess{version}")
    say = "GET /whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    base = ("openssl", "s_client", version, "-connect", f"{VIP4}:443",
            "-ign_eof")
    cmd(*base, "-sess_out", path, ns=env.red.client, data=say)
    got = cmd(*base, "-sess_in", path, ns=env.red.client, data=say)
    check_in("Reused, ", got.out)
    check_in("nginx-red", got.out)


@ktap.variants(("tls12", "NORMAL:-VERS-ALL:+VERS-TLS1.2"),
               ("tls13", "NORMAL:-VERS-ALL:+VERS-TLS1.3"))
def test_gnutls(env, _name, priority):
    got = cmd("gnutls-cli", "--x509cafile", env.authority.cert,
              "--sni-hostname", "web.test", "--verify-hostname", "web.test",
              "--priority", priority, "-p", "443", VIP4, ns=env.red.client,
              data="GET /whoami HTTP/1.1\r\nHost: x\r\n"
                   "Connection: close\r\n\r\n")
    check_in("nginx-red", got.out)


def test_gnutls_resumes(env):
    got = cmd("gnutls-cli", "--insecure", "--resume", "--waitresumption",
              "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2", "-p", "443",
              VIP4, ns=env.red.client,
              data="GET /whoami HTTP/1.1\r\nHost: x\r\n"
                   "Connection: close\r\n\r\n")
    check_in("This is a resumed session", got.out)


def test_python_requests(env):
    """Python's own http.client, keep-alive with bodies."""
    ctx = ssl.create_default_context(cafile=env.authority.cert)
    ctx.check_hostname = False
    with env.red.client.entered():
        conn = http.client.HTTPSConnection(VIP4, context=ctx)
        conn.connect()
    for num in range(5):
        conn.request("PUT", f"/put/py{num}", b"x" * 100000)
        answer = conn.getresponse()
        answer.read()
        check_in(answer.status, (201, 204))
        conn.request("GET", f"/put/py{num}")
        check_eq(conn.getresponse().read(), b"x" * 100000)
    conn.close()


def test_apache(env):
    """apache2 as the server, with its idea of headers."""
    server = Apache(env.red.server, port=81)
    ktap.defer(server.stop)
    server.put("file", Pattern.get(3_000_017))
    env.tlsvip("service", "add", "ap", "context", "red", "vip",
               f"{VIP4}:4443", "server", f"{SERVER4}:81", "trustpoint",
               "web", "policy", "http-header", "h1", "inservice")
    ktap.defer(env.tlsvip, "service", "delete", "ap", "context", "red")
    out = os.path.join(workdir(), "ap")
    for _ in range(3):
        env.curl("-o", out, f"https://{VIP4}:4443/file")
        check_eq(sha_of(out), Pattern.sha(3_000_017))
    got = ktap.wait_for(server.requests, "the log")
    check_eq(got[0]["Client-IP"], CLIENT4)
    check_eq(got[0]["X-Via"], "tlsvip-red")


def wrk(env, *args, url=f"{URL}/whoami", tenant="red", errors=False):
    """How many requests it did. It is told how long, not how many: what is too
    busy for a handshake in that time gets another run."""
    def run():
        got = cmd("wrk", "--timeout", "60s", *args, url,
                  ns=env.tenants[tenant].client)
        check(errors or "Socket errors" not in got.out, got.out)
        check("Non-2xx" not in got.out, got.out)
        return int(re.search(r"(\d+) requests in", got.out)[1])
    return ktap.wait_for(run, "a request by wrk")


def test_wrk_keep_alive(env):
    grow = env.grow("hdr.requests", "hdr.inserted")
    done = wrk(env, "-t2", "-c16", "-d3")
    env.wait_idle()
    check(grow.by("hdr.requests") >= done, f"{done} requests by wrk")
    check_eq(grow.by("hdr.inserted"), grow.by("hdr.requests"))


def test_wrk_bodies(env):
    env.nginx["red"].put_pattern("mega", 1 << 20)
    wrk(env, "-t1", "-c8", "-d3", url=f"{URL}/mega")


def test_wrk_connection_per_request(env):
    """A handshake for each request; nothing is left."""
    grow = env.grow("conn.accepted")
    done = wrk(env, "-t2", "-c8", "-d3", "-H", "Connection: close",
               errors=True)
    env.wait_idle()
    check(grow.by("conn.accepted") >= done, f"{done} requests by wrk")


def test_h2load(env):
    """h2load in HTTP/1.1: a fixed number of requests, all succeed."""
    got = cmd("h2load", "--h1", "-n", "500", "-c", "20", "-t", "1",
              f"{URL}/whoami", ns=env.red.client)
    check_in("500 succeeded, 0 failed, 0 errored, 0 timeout", got.out)


def test_many_connections(env):
    """300 connections open at a time, all answered."""
    grow = env.grow("conn.established")
    got = cmd("h2load", "--h1", "-n", "900", "-c", "300", "-t", "1",
              f"{URL}/whoami", ns=env.red.client)
    check_in("900 succeeded, 0 failed, 0 errored, 0 timeout", got.out)
    env.wait_idle()
    check_eq(grow.by("conn.established"), 300)


def test_both_tenants_at_once(env):
    """Loads side by side do not mix."""
    outs = {}

    def run(tenant):
        outs[tenant] = cmd("h2load", "--h1", "-n", "200", "-c", "8",
                           f"{URL}/headers",
                           ns=env.tenants[tenant].client).out
    before = {t: len(n.requests()) for t, n in env.nginx.items()}
    threads = [threading.Thread(target=run, args=(t,))
               for t in ("red", "blue")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for tenant in ("red", "blue"):
        check_in("200 succeeded", outs[tenant])
        seen = env.nginx[tenant].requests()[before[tenant]:]
        check_eq(len(seen), 200)
        check_eq({r["X-Via"] for r in seen}, {f"tlsvip-{tenant}"})


if __name__ == "__main__":
    ktap.run(globals(), Env)
