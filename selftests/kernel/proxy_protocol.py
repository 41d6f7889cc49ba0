#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""PROXY protocol v2 towards servers: read by a parser of this file's own, and
by nginx, which logs what it understood.
"""

import json
import os
import socket
import ssl
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check, check_eq
from lib.servers import Nginx, Server
from lib.tls import V12, V13, context
from lib.topology import CLIENT4, CLIENT6, SERVER4, SERVER6, VIP4, VIP6

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
RAW, HDR = (VIP4, 8443), (VIP4, 9443)
SEEN = ("addr", "port", "server_addr", "server_port", "tlv_netns",
        "tlv_authority", "tlv_ssl_version", "tlv_ssl_cipher",
        "tlv_ssl_verify")


class Env(Appliance):
    """Port 8000 belongs to the case, 8001 is an nginx that wants the header."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)
        fields = ",".join(f'"{s}":"$proxy_protocol_{s}"' for s in SEEN)
        self.told = Nginx(self.red.server, "told", port=8001, extra=f"""
        listen 8002 proxy_protocol;
        location = /told {{
            default_type application/json;
            return 200 '{{{fields},"via":"$http_x_via"}}\\n';
        }}""")

    def set(self, name, *words):
        """Changes a service for this case."""
        self.tlsvip("service", "set", name, "context", "red", *words)

    def told_v2(self, name):
        self.set(name, "proxy-protocol", "v2")
        ktap.defer(self.set, name, "proxy-protocol", "none")

    def server(self, addr=(SERVER4, 8000)):
        srv = Server(self.red.server, addr)
        ktap.defer(srv.close)
        return srv


def exactly(peer, size):
    data = b""
    while len(data) < size:
        part = peer.sock.recv(size - len(data))
        check(part, f"the stream ended after {data!r}")
        data += part
    return data


def tlvs(data):
    out = {}
    while data:
        kind, size = struct.unpack_from(">BH", data)
        check(len(data) >= 3 + size and kind not in out, f"TLVs: {data!r}")
        out[kind] = data[3:3 + size]
        data = data[3 + size:]
    return out


def read_header(peer):
    """The header as a dictionary; nothing behind it is read."""
    head = exactly(peer, 16)
    check_eq(head[:12], SIGNATURE, "signature")
    check_eq(head[12], 0x21, "version and command")
    family, size = {0x11: (socket.AF_INET, 4),
                    0x21: (socket.AF_INET6, 16)}[head[13]]
    rest = exactly(peer, struct.unpack(">H", head[14:])[0])
    ports = struct.unpack_from(">HH", rest, 2 * size)
    found = tlvs(rest[2 * size + 4:])
    client, verify = struct.unpack_from(">BI", found[0x20])
    return {"src": (socket.inet_ntop(family, rest[:size]), ports[0]),
            "dst": (socket.inet_ntop(family, rest[size:2 * size]), ports[1]),
            "ssl": client, "verify": verify,
            "sub": tlvs(found[0x20][5:]),
            "tlvs": {k: v for k, v in found.items() if k != 0x20}}


@ktap.variants(("tls12", V12, b"TLSv1.2"), ("tls13", V13, b"TLSv1.3"))
def test_raw(env, _name, version, text):
    """Of a service without policy: addresses, VRF, session, then the bytes."""
    srv = env.server()
    env.told_v2("raw")
    ctx = context(version)
    ctx.set_alpn_protocols(["http/1.1"])
    client = env.client(addr=RAW, ctx=ctx, name="web.test")
    client.send(b"hello")
    peer = srv.accept()
    got = read_header(peer)
    check_eq(got["src"], (CLIENT4, client.port))
    check_eq(got["dst"], RAW)
    check_eq(got["sub"], {0x21: text, 0x23: client.cipher[0].encode()})
    check_eq((got["ssl"], got["verify"] != 0), (1, True))
    want = {0x30: env.red.vrf.encode(), 0x02: b"web.test"}
    if client.obj.selected_alpn_protocol():
        want[0x01] = b"http/1.1"
    check_eq(got["tlvs"], want)
    check_eq(exactly(peer, 5), b"hello")
    peer.send(b"world")
    check_eq(client.recv(), b"world")
    client.close()
    peer.close()


def ticketless():
    ctx = context(V12)
    ctx.options |= ssl.OP_NO_TICKET
    return ctx


@ktap.variants(("tls12-ticket", context(V12)),
               ("tls12-session-id", ticketless()), ("tls13", context(V13)))
def test_resumed(env, _name, ctx):
    """The server name is the one that this connection's client asked for."""
    srv = env.server()
    env.told_v2("raw")
    session = None
    for num, name in enumerate(("web.test", "web.test", "other.test", None,
                                "web.test")):
        client = env.client(addr=RAW, ctx=ctx, name=name, session=session)
        check_eq(client.reused, num > 0, "resumed")
        client.send(b"hello")
        peer = srv.accept()
        got = read_header(peer)
        check_eq(got["src"], (CLIENT4, client.port))
        check_eq(got["tlvs"].get(0x02), name and name.encode(),
                 f"name of connection {num}")
        check_eq(got["sub"][0x21], client.version.encode())
        check_eq(exactly(peer, 5), b"hello")
        # behind the tickets of TLS 1.3
        peer.send(b"world")
        check_eq(client.recv(), b"world")
        session = client.session
        client.close()
        peer.close()


def test_server_speaks_first(env):
    """It is sent before the client says a word."""
    srv = env.server()
    env.told_v2("raw")
    client = env.client(addr=RAW)
    peer = srv.accept()
    got = read_header(peer)
    check_eq(got["src"], (CLIENT4, client.port))
    peer.send(b"* OK ready\r\n")
    check_eq(client.recv(), b"* OK ready\r\n")
    client.close()
    peer.close()


def test_ipv6(env):
    srv = env.server((SERVER6, 8000))
    env.tlsvip("service", "add", "raw6", "context", "red", "vip",
               f"[{VIP6}]:8443", "server", f"[{SERVER6}]:8000", "trustpoint",
               "web", "proxy-protocol", "v2", "inservice")
    ktap.defer(env.tlsvip, "service", "delete", "raw6", "context", "red")
    with env.client(addr=(VIP6, 8443)) as client:
        peer = srv.accept()
        got = read_header(peer)
        check_eq(got["src"], (CLIENT6, client.port))
        check_eq(got["dst"], (VIP6, 8443))
    peer.close()


def test_with_insertion(env):
    """Ahead of the first request, and once, not before each."""
    srv = env.server()
    env.told_v2("hdr")
    grow = env.grow("server.proxy-headers")
    client = env.client(addr=HDR)
    client.request("/one")
    peer = srv.accept()
    check_eq(read_header(peer)["dst"], HDR)
    for num, target in enumerate(("/one", "/two")):
        if num:
            client.request(target)
        msg = peer.request()
        check_eq((msg.target, msg.get("x-via")), (target, "tlsvip-red"))
        peer.respond(b"x")
        check_eq(client.response().body, b"x")
    check_eq(grow.by("server.proxy-headers"), 1)
    client.close()
    peer.close()


def test_refused_request(env):
    """Nothing of a refused connection looks like a request."""
    srv = env.server()
    env.told_v2("hdr")
    client = env.client(addr=HDR)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    check_eq(client.response().status, 400)
    peer = srv.accept()
    seen = b""
    try:
        while part := peer.sock.recv(4096):
            seen += part
    except ConnectionResetError:
        pass
    check(b"GET" not in seen, f"the server saw {seen!r}")
    client.close()


def test_bytes_of_a_client(env):
    """A header that the client sends is data behind ours."""
    srv = env.server()
    env.told_v2("raw")
    forged = SIGNATURE + b"\x21\x11\0\x0c" + bytes(12)
    client = env.client(addr=RAW)
    client.send(forged)
    peer = srv.accept()
    check_eq(read_header(peer)["src"], (CLIENT4, client.port))
    check_eq(exactly(peer, len(forged)), forged)
    client.close()
    peer.close()


def test_off(env):
    srv = env.server()
    client = env.client(addr=RAW)
    client.send(b"plain")
    peer = srv.accept()
    check_eq(exactly(peer, 5), b"plain")
    client.close()
    peer.close()


def test_nginx(env):
    """nginx understands all of it, on the port that wants it and no other."""
    env.tlsvip("service", "add", "told", "context", "red", "vip",
               f"{VIP4}:7443", "server", f"{SERVER4}:8002", "trustpoint",
               "web", "policy", "http-header", "h1", "proxy-protocol", "v2",
               "inservice")
    ktap.defer(env.tlsvip, "service", "delete", "told", "context", "red")
    with env.client(addr=(VIP4, 7443), name="web.test") as client:
        got = json.loads(client.get("/told").body)
        check_eq((got["addr"], got["port"]), (CLIENT4, str(client.port)))
        check_eq((got["server_addr"], got["server_port"]), (VIP4, "7443"))
        check_eq(got["tlv_netns"], env.red.vrf)
        check_eq(got["tlv_authority"], "web.test")
        check_eq(got["tlv_ssl_version"], client.version)
        check_eq(got["tlv_ssl_cipher"], client.cipher[0])
        check(got["tlv_ssl_verify"] not in ("", "0"), f"verify: {got}")
        check_eq(got["via"], "tlsvip-red")


def test_show(env):
    env.told_v2("raw")
    got = {s["name"]: s["proxy-protocol"]
           for s in env.json("service", "show")}
    check_eq((got["raw"], got["hdr"]), ("v2", "none"))
    text = env.tlsvip("service", "show", "raw", "context", "red").out
    check("proxy-protocol v2" in text, text)
    err = env.tlsvip("service", "set", "raw", "context", "red",
                     "proxy-protocol", "v1", check=False)
    check_eq(err.rc, 2)
    check("'v1', expected none or v2" in err.err, err.err)


if __name__ == "__main__":
    ktap.run(globals(), Env)
