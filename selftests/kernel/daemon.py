#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# smp: there is a worker for each CPU
"""The daemon may die at any moment: established connections go on, those in
its hands end, and its successor serves without anybody's help.
"""

import os
import signal
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.http import digest
from lib.ktap import check, check_eq, check_in, wait_for
from lib.servers import Pattern, Server, echo_hash
from lib.tls import Eof, context
from lib.topology import SERVER4, VIP4

RAW = (VIP4, 8443)


class Env(Appliance):
    """Every case finds a running daemon and leaves one."""

    def __init__(self):
        super().__init__()
        ktap.after_case(self.after)

    def after(self):
        if self.daemon is None or not self.daemon.alive():
            self.start_daemon()
        self.wait_idle()

    def kill(self):
        self.daemon.kill(signal.SIGKILL)
        self.daemon.wait()


def wait_end(client):
    """Reads the raw socket to its end, whatever end."""
    try:
        while client.sock.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass
    client.close()


def test_kill_in_handshake(env):
    grow = env.grow("ssl.daemon-exit", "upcall.handed-out")
    clients = [env.client(handshake=False) for _ in range(10)]
    for client in clients:
        client.hello()
    grow.wait("upcall.handed-out", 10)
    env.kill()
    for client in clients:
        wait_end(client)
    env.wait_idle()
    check_eq(grow.by("ssl.daemon-exit"), 10)


def test_kill_in_relay(env):
    """A transfer that runs while the daemon dies is whole."""
    size = 16 << 20
    srv = Server(env.red.server, (SERVER4, 8000))
    ktap.defer(srv.close)
    srv.serve(echo_hash)
    idle = env.client()
    idle.get("/whoami")
    busy = env.client(addr=RAW)
    busy.request(f"/pattern/{size}")
    head = busy.reader.response(head_only=True)
    check_eq(head.status, 200)
    env.kill()
    sha = digest(busy.reader.buf)
    left = size - len(busy.reader.take())
    while left:
        part = busy.recv(left)
        sha.update(part)
        left -= len(part)
    check_eq(sha.hexdigest(), Pattern.sha(size), "the body")
    check_eq(idle.get("/whoami").body, b"nginx-red\n")
    busy.close()
    idle.close()


def test_started_late(env):
    """Connections that came without a daemon wait for it."""
    env.kill()
    grow = env.grow("upcall.alloc")
    clients = [env.client(handshake=False) for _ in range(5)]
    for client in clients:
        client.hello()
    grow.wait("upcall.alloc", 5)
    env.start_daemon()
    for client in clients:
        client.handshake()
        check_eq(client.get("/whoami").body, b"nginx-red\n")
        client.close()


def test_no_daemon(env):
    """Without a daemon a handshake ends by its timeout, in order."""
    env.kill()
    env.impatient("web", "handshake-timeout", "500ms")
    client = env.client(handshake=False)
    client.hello()
    wait_end(client)
    env.wait_idle()


def test_restart_many_times(env):
    """kill -9 and start again while clients come and go."""
    stop = threading.Event()
    served, odd = [0], []

    def visit():
        while not stop.is_set():
            try:
                with env.client() as client:
                    client.get("/whoami")
                    served[0] += 1
            except (ssl.SSLError, Eof, ConnectionError):
                pass    # it was in the daemon's hands
            except Exception as err:    # pylint: disable=broad-except
                odd.append(repr(err))
                return
    threads = [threading.Thread(target=visit) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(6):
        before = served[0]
        wait_for(lambda: odd or served[0] > before + 3, "clients served")
        env.kill()
        env.start_daemon()
    stop.set()
    for thread in threads:
        thread.join()
    check_eq(odd, [], "unexpected ends")


def test_terminate(env):
    """SIGTERM is an orderly end with status 0."""
    client = env.client()
    client.get("/whoami")
    check_eq(env.daemon.stop(signal.SIGTERM), 0, env.daemon.output())
    check_eq(client.get("/whoami").body, b"nginx-red\n")
    client.close()


def test_two_daemons(env):
    """A second daemon beside the first harms nobody."""
    first = env.daemon
    second = env.start_daemon()
    for _ in range(8):
        with env.client() as client:
            check_eq(client.get("/whoami").status, 200)
    first.stop()
    for _ in range(4):
        with env.client() as client:
            check_eq(client.get("/whoami").status, 200)
    env.daemon = second


def subject(client):
    """Common name of the server's certificate, by its DER."""
    return client.obj.getpeercert(binary_form=True)


def test_reload(env):
    """A new certificate is used after SIGHUP; no handshake is lost."""
    with env.client() as client:
        old = subject(client)
    half = env.client(handshake=False)
    half.hello()
    env.trustpoint("web")
    env.daemon.kill(signal.SIGHUP)

    def changed():
        with env.client() as client:
            check_eq(client.get("/whoami").status, 200)
            return subject(client) != old
    wait_for(changed, "the new certificate")
    half.handshake()
    check_eq(half.get("/whoami").status, 200)
    half.close()


def test_reload_under_load(env):
    """Not one of many handshakes fails while reloads go on."""
    stop = threading.Event()
    failed = []

    def visit():
        while not stop.is_set():
            try:
                with env.client() as client:
                    client.get("/whoami")
            except Exception as err:    # pylint: disable=broad-except
                failed.append(repr(err))
                return
    threads = [threading.Thread(target=visit) for _ in range(3)]
    for thread in threads:
        thread.start()
    grow = env.grow("ssl.conns-completed")
    for num in range(1, 6):
        env.daemon.kill(signal.SIGHUP)
        grow.wait("ssl.conns-completed", 4 * num)
    stop.set()
    for thread in threads:
        thread.join()
    check_eq(failed, [])


def spoil(env, name, file, data):
    """Replaces a file of a trustpoint behind the product's back."""
    path = os.path.join(env.pki, name, file)
    with open(path, encoding="ascii") as handle:
        old = handle.read()
    with open(path, "w", encoding="ascii") as handle:
        handle.write(data)
    return old


@ktap.variants(("cert.pem",), ("key.pem",))
def test_damaged_store(env, file):
    """A damaged trustpoint: its service fails with a message, others work."""
    if f"{VIP4}:5443" not in str(env.json("service", "show")):
        env.tlsvip("service", "add", "dmg", "context", "red", "vip",
                   f"{VIP4}:5443", "server", f"{SERVER4}:80", "trustpoint",
                   "dmg", "inservice")
        ktap.defer(env.tlsvip, "service", "delete", "dmg", "context", "red")
    env.trustpoint("dmg")
    spoil(env, "dmg", file, "-----BEGIN nothing\n")
    env.stop_daemon()
    env.start_daemon()
    grow = env.grow("ssl.no-trustpoint")
    try:
        env.client(addr=(VIP4, 5443))
        ktap.fail("a handshake with a damaged trustpoint")
    except (ssl.SSLError, ConnectionError):
        pass
    grow.wait("ssl.no-trustpoint")
    check_in("dmg", env.daemon.output())
    with env.client() as client:
        check_eq(client.get("/whoami").status, 200)


def test_workers(env):
    """One worker for each CPU takes part."""
    grow = env.grow("upcall.handed-out")
    for _ in range(12):
        with env.client(ctx=context()) as client:
            client.get("/whoami")
    check_eq(grow.by("upcall.handed-out"), 12)
    threads = os.listdir(f"/proc/{env.daemon.pid}/task")
    # and the one that started them
    check(len(threads) >= os.cpu_count() + 1, f"{len(threads)} threads")


def test_daemon_leaks_nothing(env):
    """Its descriptors are the same after many handshakes of every kind."""
    def fds():
        return len(os.listdir(f"/proc/{env.daemon.pid}/fd"))
    with env.client() as client:
        client.get("/whoami")
    env.wait_idle()
    before = fds()
    for num in range(30):
        client = env.client(handshake=False)
        client.hello()
        if num % 3:
            client.handshake()
            client.get("/whoami")
        client.close()
    env.wait_idle()
    wait_for(lambda: fds() <= before, "descriptors to be closed")


if __name__ == "__main__":
    ktap.run(globals(), Env)
