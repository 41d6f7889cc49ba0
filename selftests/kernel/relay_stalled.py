#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 150
# leak: connections end while their peers take nothing
# smp: both legs run and end, on different CPUs
"""One peer takes nothing, or ends while the other is still at it: no direction
waits for the other one, and no client can hold up the box.

Ends of peers that listen are in relay_ends.py.
"""

import os
import socket
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Watched
from lib.http import request
from lib.ktap import check, check_eq, check_raises, wait_for
from lib.process import cmd
from lib.servers import Pattern
from lib.tls import Eof
from lib.topology import VIP4

RAW = (VIP4, 8443)
HDR = (VIP4, 9443)
ENDS = (ConnectionResetError, BrokenPipeError)
SYN = "tcp dport 8000 tcp flags & (syn | ack) == syn"


class Env(Watched):
    """What stalls, and how to see it."""

    def pair(self, before=None, **kwargs):
        """A client of the raw service and its peer, both open."""
        srv = self.server(**kwargs)
        client = self.client(addr=RAW, before=before)
        ktap.defer(client.close)
        client.send(b"hello")
        peer = srv.accept()
        check_eq(peer.recv(), b"hello")
        return client, peer

    def answer_syns(self, verdict):
        """What the server's host does with connection attempts; None: all."""
        table = "table ip hold"
        lines = f"{table} {{}}\ndelete {table}\n"
        if verdict:
            lines += (f"{table} {{ chain in {{ type filter hook input "
                      f"priority 0; {SYN} {verdict}; }}\n}}\n")
        cmd("nft", "-f", "-", ns=self.red.server, data=lines)

    def aborts(self):
        """Connections that the box has reset for bytes that nobody read."""
        names, values = [line.split() for line in
                         self.box.read("/proc/net/netstat").splitlines()
                         if line.startswith("TcpExt:")]
        return int(dict(zip(names, values))["TCPAbortOnClose"])

    def unread(self, client):
        """Bytes of the client that the box has not read."""
        for line in self.box.read("/proc/net/tcp").splitlines()[1:]:
            field = line.split()
            if field[2].endswith(f":{client.port:04X}"):
                return int(field[4].split(":")[1], 16)
        return 0


def small(size):
    """For before=: a client that takes little at a time."""
    return lambda sock: sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                        size)


def fill(sock, data):
    """Sends until nobody takes anything any more; returns how much it was."""
    sock.setblocking(False)
    sent = [0, 0]

    def stuck():
        try:
            sent[0] += sock.send(data[sent[0]:])
            sent[1] = 0
        except BlockingIOError:
            sent[1] += 1
        return sent[1] == 20
    wait_for(stuck, "buffers to be full")
    return sent[0]


def flood(peer, stop):
    """The server talks until it is stopped or nobody listens."""
    try:
        while not stop.is_set():
            peer.send(Pattern.get(1 << 16))
    except OSError:
        pass


def test_reader_stops_in_early_answer(env):
    """The server answers ahead of the request's body, the client reads nothing
    of it: the connections end when their service is removed, all the same."""
    srv = env.server()
    stop = threading.Event()

    def handler(peer):
        peer.reader._until(b"\r\n\r\n")   # the body does not come
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        flood(peer, stop)
    srv.serve(handler)
    ktap.defer(stop.set)
    clients = []
    for num in range(24):
        client = env.client(addr=HDR, before=small(8192 + num * 1700))
        ktap.defer(client.close)
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: 5\r\n\r\n")
        clients.append(client)

    def s2c():
        return [conn["s2c-bytes"] for conn in env.conns()]
    wait_for(lambda: len(s2c()) == len(clients) and min(s2c()) > 8192,
             "all to be answered")
    last = []

    def still():
        last.append(s2c())
        return len(last) > 20 and last[-20] == last[-1]
    wait_for(still, "buffers to be full")
    ktap.defer(env.batch, env.config_text(env.red).splitlines()[-1] + "\n")
    env.tlsvip("service", "delete", "hdr", "context", "red")
    env.wait_idle()


def test_fin_and_then_reset(env):
    """The server has said all it had to say, and resets what comes then: the
    client's slow reading does not make that a cut."""
    client, peer = env.pair(before=small(4096))
    data = Pattern.get(100_000)
    peer.send(data)
    peer.fin()
    peer.close()

    def acknowledged():
        return cmd("ss", "-Htan", "state", "fin-wait-2", ns=env.red.server).out
    wait_for(acknowledged, "the server's FIN to be at the box")
    client.send(b"one more")
    got = client.recv_all()
    check(got == data, f"{len(got)} bytes")


def test_client_gone_behind_hung_server(env):
    """The server reads nothing; a client that gives up is gone at once."""
    client, _peer = env.pair(rcvbuf=4096)
    fill(client.sock, client.seal(Pattern.get(16 << 20)))
    client.reset()
    check_eq(env.reason(client), "client-reset")


def test_client_gone_before_the_server_is_there(env):
    env.answer_syns("drop")
    ktap.defer(env.answer_syns, None)
    env.server()
    client = env.client(addr=RAW)
    wait_for(lambda: env.conns()[0]["state"] == "connect", "the connect")
    client.reset()
    check_eq(env.reason(client), "client-reset")


def test_alert_ahead_of_unread_bytes(env):
    """The client is told why, and not reset for what it had sent."""
    env.answer_syns("drop")
    ktap.defer(env.answer_syns, None)
    resets = env.aborts()
    client = env.client(addr=HDR)
    ktap.defer(client.close)
    client.send(request("/", headers=("A: " + "b" * 9000,)))
    wait_for(lambda: env.unread(client) > 9000, "the request at the box")
    env.answer_syns("reject with tcp reset")
    check_raises(ssl.SSLError, client.recv_all)
    client.recv_fin()
    check_eq(env.reason(client), "connect-refused")
    check_eq(env.aborts(), resets, "resets instead of a FIN")


def test_garbage_and_fin(env):
    """Both are there before the box looks; what came first counts."""
    grow = env.grow("ssl.bad-records")
    env.answer_syns("drop")
    ktap.defer(env.answer_syns, None)
    env.server()
    client = env.client(addr=RAW)
    ktap.defer(client.close)
    wait_for(lambda: env.conns()[0]["state"] == "connect", "the connect")
    client.sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    client.fin()
    wait_for(lambda: env.unread(client), "both at the box")
    env.answer_syns(None)
    check_eq(env.reason(client), "bad-record")
    check_eq(grow.by("ssl.bad-records"), 1)


@ktap.variants(("alone", b"", b""), ("within", b"ab" * 5000, b"cd" * 50000),
               ("in-front", b"", b"cd"), ("behind", b"ab", b""))
def test_urgent(env, _name, before, after):
    """Urgent data of the server, as telnetd sends it, goes in line."""
    client, peer = env.pair()
    peer.sock.sendall(before)
    peer.sock.send(b"\xf2", socket.MSG_OOB)
    peer.sock.sendall(after)
    want = before + b"\xf2" + after
    got = b""
    while len(got) < len(want):
        got += client.recv()
    check(got == want, f"{len(got)} bytes of {len(want)}")
    peer.send(b"more")
    check_eq(client.recv(), b"more")
    client.send(b"up")
    check_eq(peer.recv(), b"up")
    peer.close()
    check_eq(client.recv_all(), b"")


def test_reset_behind_urgent(env):
    """That a read stopped at urgent data does not make a reset an end."""
    client, peer = env.pair(before=small(4096))
    peer.send(Pattern.get(60_000))
    peer.sock.send(b"\xf2", socket.MSG_OOB)
    peer.send(b"tail")

    def sent():
        out = cmd("ss", "-Htn", "state", "established", ns=env.red.server).out
        return {line.split()[1] for line in out.splitlines()} == {"0"}
    wait_for(sent, "all to be at the box")
    peer.reset()
    check_raises((ConnectionError, Eof), client.recv_all)
    check_eq(env.reason(client), "server-reset")


def test_flood_behind_the_end(env):
    """The server is gone, and the client goes on sending the smallest records:
    that holds up nothing."""
    client, peer = env.pair()
    records = b"".join(client.seal(b"x") for _ in range(20000))
    ended = threading.Event()

    def talk():
        try:
            # the keys go on from record to record, so these come but once
            client.sock.sendall(records)
            while not ended.is_set():
                client.sock.sendall(client.seal(b"x"))
        except OSError:
            pass
    thread = threading.Thread(target=talk)
    thread.start()
    try:
        check(peer.recv(), "nothing of the flood")
        peer.reset()
        check_eq(env.reason(client), "server-reset")
    finally:
        ended.set()
        thread.join()


@ktap.variants(("upgrade", 1, ("Connection: Upgrade", "Upgrade: websocket")),
               ("crowd", 65, ()))
def test_server_ends_without_an_answer(env, _name, many, headers):
    """What waits for its answer, bytes behind an Upgrade or the 65th request,
    does not keep the connection when there will be none."""
    srv = env.server()
    client = env.client(addr=HDR)
    ktap.defer(client.close)
    client.send(request("/", headers=headers) * many + b"behind it")
    peer = srv.accept()
    for _ in range(min(many, 64)):
        peer.request()
    peer.fin()
    check_eq(client.recv_all(), b"")
    client.close_notify()
    client.fin()
    check_eq(peer.recv_all(), b"")
    check_eq(env.reason(client), "done")


def test_end_under_flood(env):
    """The server never pauses, and still hears of the client's end."""
    client, peer = env.pair()
    stop = threading.Event()
    sender = threading.Thread(target=flood, args=(peer, stop))
    sender.start()
    ktap.defer(stop.set)
    while len(client.recv()) < 1:
        pass
    reader = threading.Thread(target=drain, args=(client,))
    client.close_notify()
    reader.start()
    check_eq(peer.recv(), b"")
    stop.set()
    sender.join()
    peer.close()
    reader.join()
    check_eq(env.reason(client), "done")


def drain(client):
    """Reads the socket alone: of the stream nobody wants to know."""
    client.recv_fin()


if __name__ == "__main__":
    ktap.run(globals(), Env)
