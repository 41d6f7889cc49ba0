#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# leak: allocations fail half-way
# smp: objects that are half there meet another CPU
"""Sends and reads that find no memory, by the kernel's fault injection: they
are repeated, no wake-up needed, and no byte is lost. Debug kernel only.
"""

import contextlib
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import digest
from lib.ktap import check_eq, wait_for
from lib.process import cmd
from lib.servers import Pattern, Server
from lib.topology import SERVER4, VIP4
from lib.ynl import Ynl

RAW = (VIP4, 8443)
FAIL = "/sys/kernel/debug/fail_function"
SEND, READ = "tlsvip_pump_send", "tlsvip_pump_read"
ALERT = "tlsvip_record_alert"
ENOMEM, EAGAIN = 12, 11
SILENT = """table ip silent { chain in {
    type filter hook input priority 0; tcp dport 8000 drop; }
}
"""


def write(name, value):
    with open(f"{FAIL}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


@contextlib.contextmanager
def failing(func, error, times=-1, probability=100):
    """func returns -error, at most so many times, inside the block."""
    write("inject", func)
    try:
        write(f"{func}/retval", f"{(1 << 64) - error:#x}")
        for name, value in (("task-filter", "N"), ("interval", 1),
                            ("space", 0), ("verbose", 0),
                            ("probability", probability), ("times", times)):
            write(name, value)
        yield
    finally:
        write("probability", 0)
        write("inject", f"!{func}")


class Env(Appliance):
    """One tenant; port 8000 belongs to the case."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        if not os.path.isdir(FAIL):
            raise ktap.Skip("this kernel has no CONFIG_FAIL_FUNCTION")
        super().__init__()
        self.srv = Server(self.red.server, (SERVER4, 8000))
        self.events = Ynl(self.box)
        self.events.subscribe("events")
        ktap.after_case(self.after)

    def __exit__(self, *exc):
        self.srv.close()
        self.events.close()
        super().__exit__(*exc)

    def after(self):
        self.wait_idle()
        self.events.poll_events()

    def pair(self, before=None):
        client = self.client(addr=RAW, before=before)
        ktap.defer(client.close)
        client.send(b"hello")
        peer = self.srv.accept()
        ktap.defer(peer.close)
        check_eq(peer.recv(), b"hello")
        return client, peer

    def reason(self, client):
        return self.events.wait_event("conn-ntf", event="deleted",
                                      client_port=client.port)["close-reason"]


def tiny(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


def test_end_while_memory_is_short(env):
    """The client ends while a response cannot be sent: entering the drain
    state must not put off the next attempt to its timeout. The server's host
    is silent, so that nothing of it wakes the relay.
    """
    grow = env.grow("relay.nomem")
    client, peer = env.pair()
    with failing(SEND, ENOMEM):
        peer.send(b"tail")
        grow.wait("relay.nomem", 2)
        cmd("nft", "-f", "-", ns=env.red.server, data=SILENT)
        silent = ("nft", "delete", "table", "ip", "silent")
        ktap.defer(cmd, *silent, ns=env.red.server, check=False)
        client.close_notify()
        wait_for(lambda: env.conns()[0]["state"] == "drain", "the drain")
    check_eq(client.recv(), b"tail")
    cmd(*silent, ns=env.red.server)
    check_eq(peer.recv_all(), b"")
    peer.close()
    check_eq(client.recv_all(), b"")
    check_eq(env.reason(client), "done")


@ktap.variants(("full", EAGAIN), ("nomem", ENOMEM))
def test_idle_socket_without_memory(env, _name, error):
    """Nothing is on its way, so that no acknowledgment will wake anybody."""
    client, peer = env.pair()
    for _ in range(3):
        with failing(SEND, error, times=2):
            peer.send(b"down")
            check_eq(client.recv(), b"down")
        with failing(SEND, error, times=2):
            client.send(b"up")
            check_eq(peer.recv(), b"up")
    client.close_notify()
    peer.close()
    check_eq(client.recv_all(), b"")


def test_limit_while_end_is_repeated(env):
    """The close_notify cannot be sent, and its repetition does not put off the
    limit of the state, however often the client has the relay look."""
    env.tlsvip("service", "set", "hdr", "context", "red", "linger-timeout",
               "2s")
    ktap.defer(env.tlsvip, "service", "set", "hdr", "context", "red",
               "linger-timeout", "60s")
    client = env.client(addr=(VIP4, 9443))
    ktap.defer(client.close)
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: 999999999999\r\n\r\n")
    peer = env.srv.accept()
    ktap.defer(peer.close)
    with failing(ALERT, EAGAIN):
        peer.respond(b"early", close=True)
        check_eq(client.response().body, b"early")
        ended = threading.Event()

        def talk():
            try:
                while not ended.is_set():
                    client.send(b"x" * 100)
            except OSError:
                pass
        thread = threading.Thread(target=talk)
        thread.start()
        try:
            check_eq(env.reason(client), "linger-timeout")
        finally:
            ended.set()
            thread.join()


def transfer(sender, receiver, size):
    thread = threading.Thread(target=sender.send, args=(Pattern.get(size),))
    thread.start()
    sha, got = digest(), 0
    while got < size:
        part = receiver.recv()
        ktap.check(part, f"an end after {got} bytes")
        sha.update(part)
        got += len(part)
    thread.join()
    check_eq(sha.hexdigest(), Pattern.sha(size))


def test_full_after_no_memory(env):
    """A socket that had no memory and then is full: room wakes the relay."""
    key = "net.ipv4.tcp_wmem"
    ktap.defer(env.box.sysctl, key, env.box.read_sysctl(key))
    env.box.sysctl(key, "4096 16384 65536")
    client, peer = env.pair(before=tiny)
    peer.sock.settimeout(0.3 * ktap.SCALE)
    sent = 0
    try:
        while True:
            peer.send(Pattern.get(1 << 16, sent))
            sent += 1 << 16
    except TimeoutError:
        pass
    # one failure for each direction, in one run of the relay
    grow = env.grow("relay.nomem")
    with failing(SEND, ENOMEM, times=2):
        client.send(b"x")
        grow.wait("relay.nomem", 2)
        check_eq(peer.recv(), b"x")
    got = 0
    while got < sent:
        part = client.recv()
        ktap.check(part, f"an end after {got} of {sent} bytes")
        check_eq(part, Pattern.get(len(part), got), f"bytes from {got}")
        got += len(part)
    client.reset()


@ktap.variants(("send", SEND), ("read", READ))
def test_transfer_with_failures(env, _name, func):
    """A third of all calls fail; every byte arrives, down and then up."""
    client, peer = env.pair()
    with failing(func, ENOMEM, probability=33):
        transfer(peer, client, 1 << 20)
        transfer(client, peer, 1 << 20)
    client.close_notify()
    check_eq(peer.recv_all(), b"")
    peer.close()
    check_eq(client.recv_all(), b"")


if __name__ == "__main__":
    ktap.run(globals(), Env)
