# SPDX-License-Identifier: GPL-2.0-or-later
"""A worker of the daemon that a test plays itself, also wrongly: it takes
upcalls, makes handshakes with kernel TLS or not, and answers what it likes.
"""

import os
import socket
import ssl
import threading

from . import ktap
from .ynl import Ynl

WIRE = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


def server_context(cert, key):
    """An SSLContext that gives its keys to the kernel."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(cert, key)
    ctx.options |= ssl.OP_ENABLE_KTLS
    return ctx


class Upcall:
    """One handshake; owns its descriptor."""

    def __init__(self, worker, values):
        self.worker = worker
        self.values = values
        self.conn = values["conn"]
        self.fd = values["sockfd"]
        self.tls = None

    def handshake(self, ctx):
        """Blocks; the client must go on meanwhile."""
        sock = socket.socket(fileno=self.fd)
        sock.settimeout(60 * ktap.SCALE)
        self.fd = None
        self.tls = ctx.wrap_socket(sock, server_side=True,
                                   suppress_ragged_eofs=False)
        self.fd = self.tls.fileno()

    def serve(self, ctx, client):
        """Both sides of a handshake; client is a TlsClient that has not."""
        thread = threading.Thread(target=self.handshake, args=(ctx,))
        thread.start()
        try:
            client.handshake()
        finally:
            thread.join()
        ktap.check(self.tls, "the worker's handshake failed")

    def read(self, size):
        """Exactly size bytes that the client sent; no part of a record."""
        data = b""
        while len(data) < size:
            part = self.tls.recv(size - len(data))
            ktap.check(part, "the client has ended")
            data += part
        ktap.check_eq(self.tls.pending(), 0, "bytes of a record left")
        return data

    def close(self):
        """The descriptor goes, without a word to the client."""
        if self.tls:
            os.close(self.tls.detach())
        elif self.fd is not None:
            os.close(self.fd)
        self.fd = self.tls = None

    def done(self, verdict="ok", **values):
        """The answer; with the facts of the session if there is one."""
        if self.tls:
            values.setdefault("tls_version", WIRE[self.tls.version()])
            values.setdefault("cipher", self.tls.cipher()[0])
            values.setdefault("resumed", self.tls.session_reused)
            if not values.pop("keep", False):
                self.close()
        self.worker.nl.do("upcall-done", conn=self.conn, leg="client",
                          verdict=verdict, **values)


class Worker:
    """A netlink socket that is bound as a worker."""

    def __init__(self, ns, cpu=0, **values):
        self.nl = Ynl(ns)
        self.nl.do("worker-bind", version=2, cpu=cpu, **values)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def close(self):
        self.nl.close()

    def take(self, batch=16):
        """What is queued now."""
        reply = self.nl.do("upcall-accept", batch=batch) or {}
        self.nl.events.clear()
        return [Upcall(self, u) for u in reply.get("upcall", [])]

    def wait(self):
        """The next one."""
        return ktap.wait_for(lambda: self.take(1), "an upcall")[0]
