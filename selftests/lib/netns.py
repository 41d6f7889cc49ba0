# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces with random names, and sockets inside them.

A thread enters a namespace only for the moment in which it makes something.
"""

import contextlib
import fcntl
import os
import random
import socket
import struct
import threading

from .ktap import SCALE, wait_for
from .process import cmd

# the namespace that this process began in; _where.fd: the one a thread has entered
_HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
_where = threading.local()

IFF_UP = 1
SIOCSIFFLAGS = 0x8914


class NetNS:
    """A named network namespace, removed at the end of the context."""

    def __init__(self, label="ns"):
        self._open(*_add(label))

    @classmethod
    def several(cls, *labels, exact=False):
        """One for each label, made by one process; exact: their names are that."""
        made = []
        for name in _add(*labels, exact=exact):
            made.append(cls.__new__(cls))
            made[-1]._open(name)
        return made

    def _open(self, name):
        self.name = name
        self.fd = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        self.tune()

    def tune(self):
        """Its loopback is up; no waiting for duplicate addresses anywhere."""
        with self.entered(), socket.socket() as sock:
            loopback_up(sock)
            for scope in ("all", "default"):
                base = f"/proc/sys/net/ipv6/conf/{scope}"
                for name, value in (("accept_dad", "0"), ("accept_ra", "0")):
                    with open(f"{base}/{name}", "w", encoding="ascii") as f:
                        f.write(value)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.remove()

    def remove(self):
        """Drops the name; the namespace goes when its last user does."""
        remove_all([self])

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is in the namespace inside the block. Not around the
        start of a thread, nor behind a setns() by hand: the way back is known
        from here alone."""
        back = getattr(_where, "fd", _HOME)
        os.setns(self.fd, os.CLONE_NEWNET)
        _where.fd = self.fd
        try:
            yield
        finally:
            os.setns(back, os.CLONE_NEWNET)
            _where.fd = back

    def ip(self, *args, **kwargs):
        """ip ... in the namespace."""
        return cmd("ip", *args, ns=self, **kwargs)

    def ip_batch(self, text):
        """One ip process for many lines."""
        return cmd("ip", "-batch", "-", ns=self, data=text)

    def exec(self, *argv, **kwargs):
        """With its own /sys, which NetNS.entered() does not give."""
        return cmd("ip", "netns", "exec", self.name, *argv, **kwargs)

    def sysctl(self, key, value):
        with self.entered(), open("/proc/sys/" + key.replace(".", "/"), "w",
                                  encoding="ascii") as file:
            file.write(str(value))

    def read_sysctl(self, key):
        with self.entered(), open("/proc/sys/" + key.replace(".", "/"),
                                  encoding="ascii") as file:
            return file.read().strip()

    def read(self, path):
        """A file of /proc/net, seen from the namespace."""
        with self.entered(), open(path.replace("/proc/net/",
                                               "/proc/thread-self/net/"),
                                  encoding="utf-8") as file:
            return file.read()

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM,
               timeout=60):
        with self.entered():
            sock = socket.socket(family, kind)
        sock.settimeout(timeout * SCALE)
        return sock

    def connect(self, addr, source=None, timeout=60, before=None):
        """A connected TCP socket; before(sock) runs ahead of connect."""
        sock = self.socket(_family(addr), timeout=timeout)
        try:
            if before:
                before(sock)
            if source:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(source)
            sock.connect(addr)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        return sock

    def listen(self, addr, backlog=512):
        """A listening TCP socket."""
        sock = self.socket(_family(addr))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(addr)
        sock.listen(backlog)
        return sock

    def listening(self, port):
        """Whether anything listens on a TCP port here."""
        want = f":{port:04X}"
        for path in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in self.read(path).splitlines()[1:]:
                field = line.split()
                if field[3] == "0A" and field[1].endswith(want):
                    return True
        return False

    def wait_listening(self, port):
        wait_for(lambda: self.listening(port), f"a listener on port {port}")


def _add(*labels, exact=False):
    """Adds namespaces and returns their names."""
    names = [label if exact else f"{label}-{random.randrange(1 << 24):06x}"
             for label in labels]
    cmd("ip", "-batch", "-",
        data="".join(f"netns add {name}\n" for name in names))
    return names


def loopback_up(sock):
    """In the namespace of a socket."""
    fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def remove_all(spaces):
    """In one process: remove() of each."""
    names = []
    for space in spaces:
        if space.fd is None:
            continue
        os.close(space.fd)
        space.fd = None
        if space.name:
            names.append(space.name)
    if names:
        cmd("ip", "-force", "-batch", "-", check=False,
            data="".join(f"netns del {name}\n" for name in names))


class HostNS(NetNS):
    """The namespace this process is in, with the same methods."""

    def __init__(self):  # pylint: disable=super-init-not-called
        self.name = None
        self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.tune()

    def exec(self, *argv, **kwargs):
        return cmd(*argv, **kwargs)


def _family(addr):
    return socket.AF_INET6 if ":" in addr[0] else socket.AF_INET
