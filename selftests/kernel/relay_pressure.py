#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# smp: both legs fill, on different CPUs
"""Peers that press: those that do not read, and those that do not stop. What
the relay holds is bounded by the target's room, and an end comes in time.
"""

import os
import re
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check, check_eq
from lib.process import cmd
from lib.servers import Pattern, Server
from lib.tls import V12, V13, context
from lib.topology import SERVER4, VIP4

RAW, HDR = (VIP4, 8443), (VIP4, 9443)
WMEM, RMEM = "net.ipv4.tcp_wmem", "net.ipv4.tcp_rmem"
SMALL = "4096 16384 65536"
# a target's room, and a record beyond it
HELD_MOST = 96 << 10
MOST_PLAIN = 16384
FLOOD_RECORDS, FLOOD_RECORD = 1500, 1200


class Env(Appliance):
    """One tenant; port 8000 belongs to the case."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)

    def small(self, *keys):
        """Small socket buffers on the box for this case."""
        for key in keys:
            ktap.defer(self.box.sysctl, key, self.box.read_sysctl(key))
            self.box.sysctl(key, SMALL)

    def server(self):
        srv = Server(self.red.server, (SERVER4, 8000))
        ktap.defer(srv.close)
        return srv

    def eaten(self, *where):
        """Bytes that the relay has taken from a socket of the box."""
        out = cmd("ss", "-Htino", "state", "established", *where,
                  ns=self.box).out
        queued = int(out.split()[0])
        return int(re.search(r"bytes_received:(\d+)", out)[1]) - queued


def tiny(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


@ktap.variants(("tls12", V12), ("tls13", V13))
def test_held_for_a_slow_client(env, _name, version):
    """Bytes out of the server's socket and not in the client's."""
    env.small(WMEM)
    srv = env.server()
    client = env.client(addr=RAW, ctx=context(version), before=tiny)
    ktap.defer(client.close)
    client.send(b"go")
    peer = srv.accept()
    check_eq(peer.recv(), b"go")
    held = []
    peer.sock.settimeout(0.3 * ktap.SCALE)
    try:
        while True:
            peer.send(Pattern.get(1 << 16))
            held.append(one_held(env))
    except TimeoutError:
        pass
    # now that much waits at the server's socket, each time it is emptied
    peer.sock.settimeout(None)
    thread = threading.Thread(target=flood, daemon=True,
                              args=(peer.sock, Pattern.get(4 << 20)))
    thread.start()
    for _ in range(8):
        got = 0
        while got < 1 << 17:
            got += len(client.recv())
        held.append(one_held(env))
    ktap.note(f"held at most {max(held)}, in the end {held[-1]}")
    client.reset()
    thread.join()
    check(max(held) <= HELD_MOST, f"the relay held {max(held)} bytes")


def one_held(env):
    taken = env.eaten("dport", "=", "8000")
    return taken - env.conns()[0]["s2c-bytes"]


def test_held_for_a_slow_server(env):
    """The same the other way; the client's bytes are counted decrypted."""
    env.small(WMEM)
    srv = Server(env.red.server, (SERVER4, 8000), rcvbuf=4096)
    ktap.defer(srv.close)
    client = env.client(addr=RAW)
    ktap.defer(client.close)
    sent = 0
    client.sock.settimeout(0.3 * ktap.SCALE)
    try:
        while True:
            client.send(Pattern.get(MOST_PLAIN))
            sent += MOST_PLAIN
    except TimeoutError:
        pass
    # each full record is 22 bytes longer than what is in it
    held = []
    for _ in range(5):
        taken = env.eaten("sport", "=", "8443")
        held.append(taken * MOST_PLAIN // (MOST_PLAIN + 22) -
                    env.conns()[0]["c2s-bytes"])
    ktap.note(f"held {held} of {sent}")
    check(max(held) <= HELD_MOST, f"the relay held {max(held)} bytes")
    srv.accept()
    client.reset()


class Sniffer:
    """Acknowledged bytes, by packets that the client's host receives."""

    def __init__(self, ns, port, client_port):
        with ns.entered():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                      socket.htons(0x0800))
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
        self.sock.setblocking(False)
        self.ports = (port, client_port)
        self.first = None

    def answers(self):
        """For each packet with data: what it acknowledges of ours."""
        while True:
            try:
                raw, addr = self.sock.recvfrom(1 << 17)
            except BlockingIOError:
                return
            at = (raw[0] & 15) * 4
            if raw[9] != 6 or addr[2] == socket.PACKET_OUTGOING:
                continue
            ports = struct.unpack_from("!HH", raw, at)
            if ports != self.ports:
                continue
            ack, = struct.unpack_from("!I", raw, at + 8)
            if self.first is None:
                self.first = ack
            size, = struct.unpack_from("!H", raw, 2)
            if size - at - (raw[at + 12] >> 4) * 4 > 0:
                yield (ack - self.first) & 0xffffffff


def test_refused_client_goes_on_talking(env):
    """The answer to a bad request does not wait for the client's silence."""
    env.small(RMEM)
    env.server()
    client = env.client(addr=HDR)
    ktap.defer(client.close)
    wire = client.seal(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n")
    for num in range(FLOOD_RECORDS):
        wire += client.seal(Pattern.get(FLOOD_RECORD, num))
    sniffer = Sniffer(env.red.client, 9443, client.port)
    thread = threading.Thread(target=flood, args=(client.sock, wire),
                              daemon=True)
    thread.start()
    check_eq(client.response().status, 400)
    acked = list(sniffer.answers())
    client.reset()
    thread.join()
    check(acked, "no answer was seen on the wire")
    ktap.note(f"answered after {acked[0]} of {len(wire)} bytes")
    # some rounds of the relay, and what the socket's buffer takes
    check(acked[0] < len(wire) // 2, f"the answer came after {acked[0]} bytes")


def flood(sock, wire):
    try:
        sock.sendall(wire)
    except OSError:
        pass


if __name__ == "__main__":
    ktap.run(globals(), Env)
