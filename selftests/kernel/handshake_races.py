#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200
# leak: answers that come too late own pages and sockets
# smp: a verdict, a timer and an end come on different CPUs
"""Handshakes whose connection, worker or namespace ends meanwhile, and workers
that keep what is not theirs any more. The worker is this test.
"""

import ctypes
import errno
import fcntl
import os
import resource
import socket
import stat
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check, check_eq, check_raises, wait_for
from lib.netns import NetNS, loopback_up
from lib.process import cmd
from lib.servers import Pattern, Server
from lib.tls import TlsClient, context
from lib.topology import SERVER4, VIP4
from lib.worker import Worker, server_context
from lib.ynl import NlError, Ynl

RAW = (VIP4, 8443)
CROWD = 150
ROUNDS = 8 if ktap.SCALE == 1 else 5
SIOCGSKNS = 0x894c


class Env(Appliance):
    """One tenant, no daemon; events tell the close reasons."""
    TENANTS = ("red",)
    DAEMON = NGINX = False

    def __init__(self):
        super().__init__()
        cert, key = self.authority.issue("web", hosts=("web.test", VIP4))
        self.ctx = server_context(cert, key)
        self.srv = Server(self.red.server, (SERVER4, 8000))
        self.nl = Ynl(self.box)
        self.events = Ynl(self.box)
        self.events.subscribe("events")
        ktap.after_case(self.after)

    def __exit__(self, *exc):
        self.nl.close()
        self.events.close()
        self.srv.close()
        super().__exit__(*exc)

    def after(self):
        self.wait_idle()
        self.events.poll_events()

    def worker(self):
        worker = Worker(self.box)
        ktap.defer(worker.close)
        return worker

    def crowd(self, size=CROWD):
        """Clients that have connected and say nothing."""
        grow = self.grow("upcall.alloc")
        socks = [self.red.client.connect(RAW) for _ in range(size)]
        grow.wait("upcall.alloc", size)
        return socks

    def raw(self, inservice=1):
        """The service of the crowd, made again."""
        self.nl.do("service-new", context="red", name="raw", vip4=RAW[0],
                   vip_port=RAW[1], server4=SERVER4, server_port=8000,
                   trustpoint="web", inservice=inservice,
                   handshake_timeout=600_000)

    def begin(self, worker):
        """A client and the worker's end, after their handshake."""
        client = self.client(addr=RAW, ctx=context(), handshake=False)
        ktap.defer(client.close)
        client.hello()
        upcall = worker.wait()
        ktap.defer(upcall.close)
        upcall.serve(self.ctx, client)
        return client, upcall

    def reason(self, conn):
        return self.events.wait_event("conn-ntf", event="deleted",
                                      id=conn)["close-reason"]

    def set(self, *words):
        self.tlsvip("service", "set", "raw", "context", "red", *words)


def take_all(worker, go, out):
    """Takes what is queued, little at a time, until there was none twice."""
    go.wait()
    empty = 0
    while empty < 2:
        upcalls = worker.take(2)
        empty = 0 if upcalls else empty + 1
        for upcall in upcalls:
            ours = stat.S_ISSOCK(os.fstat(upcall.fd).st_mode)
            upcall.close()
            out.append(ours)


@ktap.variants(("removed",), ("out-of-time",))
def test_taken_while_it_ends(env, how):
    """Connections end from the head of the queue while a worker takes them
    from there: each descriptor is a socket, and nothing is lost or freed twice.
    """
    if how == "out-of-time":
        env.impatient("raw", "handshake-timeout", "100ms")
    taken = []
    size = CROWD if how == "removed" else CROWD // 4
    for _ in range(ROUNDS):
        socks = env.crowd(size)
        workers = [env.worker() for _ in range(2)]
        go = threading.Event()
        threads = [threading.Thread(target=take_all, args=(w, go, taken))
                   for w in workers]
        for thread in threads:
            thread.start()
        if how == "out-of-time":
            env.events.wait_event("conn-ntf", event="deleted")
        go.set()
        if how == "removed":
            env.nl.do("service-del", context="red", name="raw")
        for thread in threads:
            thread.join()
        for worker in workers:
            worker.close()
        for sock in socks:
            sock.close()
        env.after()
        if how == "removed":
            env.raw()
    check(all(taken), "a descriptor that is no socket")
    ktap.note(f"{len(taken)} of {ROUNDS * size} were taken")


def test_removed_in_batches(env):
    """More connections than are ended in one go, and more that still come."""
    stop = threading.Event()
    errors = []

    def come():
        while not stop.is_set():
            try:
                env.red.client.connect(RAW).close()
            except ConnectionError:
                pass
            except OSError as err:
                errors.append(err)
    for _ in range(3):
        stop.clear()
        socks = env.crowd(300)
        thread = threading.Thread(target=come)
        thread.start()
        env.nl.do("service-del", context="red", name="raw")
        wait_for(env.idle, "all connections to end")
        stop.set()
        thread.join()
        for sock in socks:
            check_eq(closed(sock), True, "the client's end")
            sock.close()
        env.raw()
    check_eq(errors, [])


def closed(sock):
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def test_late_answer(env):
    """The connection has run out of time; the worker's end is dead."""
    env.impatient("raw", "handshake-timeout", "200ms")
    worker = env.worker()
    sock, = env.crowd(1)
    upcall = worker.wait()
    check_eq(env.reason(upcall.conn), "handshake-timeout")
    grow = env.grow("upcall.late")
    err = check_raises(NlError, upcall.done, "failed")
    check_eq(errno.errorcode[err.err], "ENOENT")
    check_eq(grow.by("upcall.late"), 1)
    with socket.socket(fileno=os.dup(upcall.fd)) as mine:
        check(closed(mine), "the socket is still open")
    upcall.close()
    sock.close()


def test_no_descriptors_left(env):
    """A worker that cannot have one is told why; another one serves."""
    first, second = env.worker(), env.worker()
    socks = env.crowd(3)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open("/dev/null", os.O_RDONLY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 1, hard))
    try:
        err = check_raises(NlError, first.take)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(lowest)
    check_eq(errno.errorcode[err.err], "EMFILE")
    check("descriptors" in err.msg, err.msg)
    upcalls = second.take()
    check_eq(len(upcalls), 3, "left for the other")
    for upcall in upcalls:
        upcall.close()
        upcall.done("failed")
    for sock in socks:
        sock.close()


def test_few_descriptors(env):
    """There are some, but not for all that were asked for: those are given."""
    worker = env.worker()
    socks = env.crowd(8)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (free[-1] + 1, hard))
    try:
        os.close(free.pop())
        os.close(free.pop())
        few = worker.take()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(free.pop())
    check_eq(len(few), 2, "half of half of them")
    rest = worker.take()
    check_eq(sorted(u.conn for u in few + rest), [u.conn for u in few + rest],
             "their order")
    check_eq(len(rest), 6)
    for upcall in few + rest:
        upcall.close()
        upcall.done("failed")
    for sock in socks:
        sock.close()


def test_descriptor_kept(env):
    """Who says that it is done and still has a descriptor is not believed."""
    worker = env.worker()
    grow = env.grow("ssl.bad-verdict", "server.connects")
    client, upcall = env.begin(worker)
    kept = os.dup(upcall.fd)
    upcall.done()
    check_eq(env.reason(upcall.conn), "bad-verdict")
    env.wait_idle()
    check_eq(grow.by("ssl.bad-verdict"), 1)
    check_eq(grow.by("server.connects"), 0)
    with socket.socket(fileno=kept) as mine:
        check(closed(mine), "the socket is still open")
    client.close()


def test_descriptor_in_use(env):
    """A thread of the worker sleeps in send() with kernel TLS' lock held."""
    worker = env.worker()
    client, upcall = env.begin(worker)
    kept = socket.socket(fileno=os.dup(upcall.fd))
    kept.settimeout(None)
    os.set_blocking(kept.fileno(), True)
    ended = []

    def flood():
        try:
            while True:
                kept.sendall(Pattern.get(1 << 20))
        except OSError as err:
            ended.append(err.errno)
    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    wait_for(lambda: asleep(thread), "the thread to sleep in send()")
    upcall.done()
    check_eq(env.reason(upcall.conn), "bad-verdict")
    env.wait_idle()
    wait_for(lambda: not thread.is_alive(), "the thread's send() to end")
    check(ended[0] in (errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED),
          ended)
    kept.close()
    client.close()


def asleep(thread):
    """Whether a thread waits for room in a socket."""
    base = f"/proc/self/task/{thread.native_id}"
    with open(f"{base}/wchan", encoding="ascii") as file:
        where = file.read()
    with open(f"{base}/stat", encoding="ascii") as file:
        state = file.read().rpartition(")")[2].split()[0]
    return state == "S" and ("sk_stream_wait" in where or where in ("0", "")
                             or "wait_woken" in where)


def test_linger_set_by_the_worker(env):
    """SO_LINGER on the descriptor does not make the kernel wait at the end."""
    env.set("idle-timeout", "500ms")
    ktap.defer(env.set, "idle-timeout", "10m")
    worker = env.worker()
    client, upcall = env.begin(worker)
    with socket.socket(fileno=os.dup(upcall.fd)) as mine:
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 30000))
    upcall.done()
    peer = env.srv.accept()
    peer.sock.settimeout(0.2)
    try:
        # the client does not read
        while True:
            peer.send(Pattern.get(1 << 20))
    except (TimeoutError, ConnectionError):
        pass
    check_eq(env.reason(upcall.conn), "idle-timeout")
    env.wait_idle()
    peer.close()
    client.close()


def test_worker_of_a_user_namespace(env):
    """Root of a user namespace configures its network, but is no worker."""
    pid = os.fork()
    if not pid:
        code = 100
        try:
            code = user_namespace()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == 99:
        raise ktap.Skip("no user namespaces here")
    check_eq(code, 0, "step that went wrong")


def user_namespace():
    """In a child: returns the step that went wrong."""
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    try:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    except OSError:
        return 99
    with Ynl() as nl:
        nl.do("context-new", name="mine")
        for step, (name, values) in enumerate((
                ("worker-bind", {"version": 1, "cpu": 0}),
                ("upcall-accept", {"batch": 1}),
                ("upcall-done", {"conn": 1, "leg": "client",
                                 "verdict": "failed"})), 1):
            err = None
            try:
                nl.do(name, **values)
            except NlError as refused:
                err = refused.err
            if err != errno.EPERM:
                return step
        sock = socket.socket()
        loopback_up(sock)
        nl.do("service-new", context="mine", name="web", vip4="127.0.0.2",
              vip_port=443, server4="127.0.0.3", server_port=80,
              trustpoint="web", inservice=1)
        # nobody can serve it there, so nothing is kept for anybody
        if sock.connect_ex(("127.0.0.2", 443)) != errno.ECONNREFUSED:
            return 10
    return 0


# -- a namespace of its own, which ends

class Short:
    """A namespace with a service, and a client next to it."""

    def __init__(self):
        self.client = NetNS("short-client")
        ktap.defer(self.client.remove)
        self.box = NetNS("short")
        ktap.defer(self.box.remove)
        self.client.ip_batch("link add eth0 type veth peer name eth0 netns "
                             f"{self.box.name}\n"
                             "addr add 10.9.0.2/24 dev eth0\n"
                             "link set eth0 up\n")
        self.box.ip_batch("addr add 10.9.0.1/24 dev eth0\n"
                          "link set eth0 up\n")
        with Ynl(self.box) as nl:
            nl.do("context-new", name="main")
            nl.do("service-new", context="main", name="web",
                  vip4="10.9.0.1", vip_port=443, server4="10.9.0.2",
                  server_port=80, trustpoint="web", inservice=1)

    def exists(self):
        """The namespace, by its end of the link."""
        return not cmd("ip", "link", "show", "eth0", ns=self.client,
                       check=False).rc

    def live(self):
        return int(self.box.read("/proc/net/tlsvip/conns").count("\n")) - 1


def others_are_gone():
    """Returns when a namespace that was removed after all others is gone."""
    with NetNS("after-client") as client:
        box = NetNS("after")
        client.ip_batch("link add eth0 type veth peer name eth0 netns "
                        f"{box.name}\n")
        box.remove()
        wait_for(lambda: cmd("ip", "link", "show", "eth0", ns=client,
                             check=False).rc, "a namespace to go")


def test_descriptor_outlives_namespace(env):
    """It holds the namespace as any socket does: connect() finds all there."""
    short = Short()
    worker = Worker(short.box)
    sock = short.client.connect(("10.9.0.1", 443))
    upcall = worker.wait()
    kept = socket.socket(fileno=os.dup(upcall.fd))
    upcall.close()
    worker.close()
    wait_for(lambda: short.live() == 0, "the connection to end")
    check(closed(sock), "the client's end")
    short.box.remove()
    others_are_gone()
    check(short.exists(), "the namespace went while its socket is there")
    os.close(fcntl.ioctl(kept.fileno(), SIOCGSKNS))
    # AF_UNSPEC: forget the connection, so that there can be another
    libc_connect(kept.fileno(), struct.pack("H14x", socket.AF_UNSPEC))
    kept.settimeout(60 * ktap.SCALE)
    check_raises(ConnectionRefusedError, kept.connect, ("10.9.0.2", 81))
    kept.close()
    wait_for(lambda: not short.exists(), "the namespace to go")
    sock.close()


def libc_connect(fileno, addr):
    libc = ctypes.CDLL(None, use_errno=True)
    check_eq(libc.connect(fileno, addr, len(addr)), 0, "connect()")


def namespace_goes(env):
    """Removes one with connections of all kinds; do their clients see it?"""
    short = Short()
    srv = Server(short.client, ("10.9.0.2", 80))
    ktap.defer(srv.close)
    worker = Worker(short.box)
    client = short.client.connect(("10.9.0.1", 443))
    tls = TlsClient(short.client, addr=("10.9.0.1", 443), handshake=False)
    tls.hello()
    first, second = worker.wait(), worker.wait()
    first.close()
    second.serve(env.ctx, tls)
    second.done()
    tls.send(b"hello")
    check_eq(srv.accept().recv(), b"hello")
    idle = short.client.connect(("10.9.0.1", 443), timeout=5)
    worker.close()
    wait_for(lambda: short.live() == 2, "the first connection to end")
    check(closed(client), "the first client's end")
    short.box.remove()
    wait_for(lambda: not short.exists(), "the namespace to go")
    srv.close()
    try:
        return closed(idle)
    except TimeoutError:
        return False
    finally:
        for one in (client, idle, tls):
            one.close()


def test_namespace_without_worker(env):
    """What was handed over, or never taken, does not hold the namespace. Last
    words are said before the link goes; that they are still on it when it does
    may happen on a busy machine, but not always."""
    for _ in range(5):
        if namespace_goes(env):
            return
        ktap.note("the reset was lost with its link")
    ktap.fail("no client has seen an end")


if __name__ == "__main__":
    ktap.run(globals(), Env)
