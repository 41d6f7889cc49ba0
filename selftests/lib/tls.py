# SPDX-License-Identifier: GPL-2.0-or-later
"""A TLS client that does one thing at a time, so that a test can do wrong.

It runs OpenSSL on memory buffers: the test decides about every record, every
close_notify and every FIN. Not for speed.
"""

import ctypes
import ctypes.util
import functools
import socket
import ssl

from . import ktap
from .http import Reader, request
from .servers import reset
from .topology import VIP4

SUITES = {
    "AES128": ("ECDHE+AESGCM+AES128", "TLS_AES_128_GCM_SHA256"),
    "AES256": ("ECDHE+AESGCM+AES256", "TLS_AES_256_GCM_SHA384"),
    "CHACHA": ("ECDHE+CHACHA20", "TLS_CHACHA20_POLY1305_SHA256"),
}
V12 = ssl.TLSVersion.TLSv1_2
V13 = ssl.TLSVersion.TLSv1_3

_PY_HEAD = 16   # bytes of PyObject_HEAD


@functools.lru_cache(maxsize=None)
def _libssl():
    """Found once: to look for it starts two processes."""
    return ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")


def context(version=None, suite=None, ca=None, ciphers=None, groups=None):
    """An SSLContext for clients; without ca nothing is verified."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        ctx.load_verify_locations(ca)
    else:
        ctx.check_hostname = False
        ctx.verify_mode = ssl.CERT_NONE
    if version:
        ctx.minimum_version = version
        ctx.maximum_version = version
    if suite:
        ctx.set_ciphers(SUITES[suite][0])
        # the ssl module cannot choose TLS 1.3 suites, its library can
        raw = ctypes.c_void_p.from_address(id(ctx) + _PY_HEAD)
        if _libssl().SSL_CTX_set_ciphersuites(raw,
                                              SUITES[suite][1].encode()) != 1:
            ktap.fail(f"no suite {suite}")
    if ciphers:
        ctx.set_ciphers(ciphers)
    if groups:
        ctx.set_ecdh_curve(groups)
    return ctx


@functools.lru_cache(maxsize=None)
def plain_context():
    """For clients that do not care, one for all: to make one costs a tenth of
    a connection, and the key exchange that OpenSSL would choose another (which
    context() leaves to it: handshake.suite, daemon.reload)."""
    return context(groups="X25519")


class Eof(Exception):
    """The connection ended without close_notify."""


class TlsClient:
    """One connection to the VIP."""

    def __init__(self, ns, addr=(VIP4, 443), ctx=None, session=None,
                 name=None, timeout=60, handshake=True, before=None,
                 source=None):
        self.ctx = ctx or plain_context()
        self.sock = ns.connect(addr, timeout=timeout, before=before,
                               source=source)
        self.port = self.sock.getsockname()[1]
        self.inb = ssl.MemoryBIO()
        self.outb = ssl.MemoryBIO()
        self.obj = self.ctx.wrap_bio(self.inb, self.outb, session=session,
                                     server_hostname=name)
        self.reader = Reader(self.recv)
        if handshake:
            self.handshake()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    # -- the wire

    def flush(self):
        data = self.outb.read()
        if data:
            self.sock.sendall(data)

    def feed(self):
        """Reads the socket into OpenSSL; False at EOF."""
        data = self.sock.recv(1 << 16)
        if data:
            self.inb.write(data)
        else:
            self.inb.write_eof()
        return bool(data)

    def handshake(self):
        while True:
            try:
                self.obj.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                self.feed()
            except ssl.SSLError:
                self.flush()
                raise
        self.flush()

    def hello(self):
        """Sends the ClientHello and nothing more."""
        try:
            self.obj.do_handshake()
        except ssl.SSLWantReadError:
            pass
        self.flush()

    # -- application data

    def send(self, data):
        """Any amount; records are cut where OpenSSL cuts them."""
        view = memoryview(data)
        for at in range(0, len(view), 1 << 18):
            self.obj.write(view[at:at + (1 << 18)])
            self.flush()

    def send_records(self, data, size=1):
        """One record for each size bytes, each in a write of its own."""
        for at in range(0, len(data), size):
            self.obj.write(data[at:at + size])
            self.flush()

    def seal(self, data):
        """The records that would carry data, not sent."""
        self.obj.write(data)
        return self.outb.read()

    def recv(self, size=1 << 16):
        """Some bytes; b"" after close_notify; Eof without one."""
        while True:
            try:
                return self.obj.read(size)
            except ssl.SSLWantReadError:
                self.flush()
                self.feed()
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLEOFError as err:
                raise Eof() from err

    def recv_all(self):
        """All bytes up to close_notify."""
        parts = []
        while True:
            part = self.recv()
            if not part:
                return b"".join(parts)
            parts.append(part)

    def recv_end(self):
        """All bytes, and what ended them: None after close_notify."""
        got = b""
        try:
            while True:
                part = self.recv()
                if not part:
                    return got, None
                got += part
        except (ConnectionError, Eof, ssl.SSLError) as err:
            return got, err

    def recv_fin(self):
        """Waits for the peer's FIN, which follows its close_notify."""
        while self.feed():
            pass

    def request(self, target="/", **kwargs):
        self.send(request(target, **kwargs))

    def response(self, **kwargs):
        return self.reader.response(**kwargs)

    def get(self, target="/", **kwargs):
        """Request and whole response."""
        self.request(target, **kwargs)
        msg = self.response()
        ktap.check(msg is not None, f"no answer to {target}")
        return msg

    # -- ends

    def close_notify(self):
        """Sends the alert and keeps the socket open."""
        try:
            self.obj.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError):
            pass
        self.flush()

    def fin(self):
        """FIN, without close_notify unless that was called before."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        reset(self.sock)

    def _ssl(self):
        """The SSL *; the ssl module cannot do what follows."""
        return ctypes.c_void_p.from_address(
            id(self.obj._sslobj) + _PY_HEAD + ctypes.sizeof(ctypes.c_void_p))

    def key_update(self, peer_too=False):
        """A KeyUpdate record (TLS 1.3)."""
        if _libssl().SSL_key_update(self._ssl(), 1 if peer_too else 0) != 1:
            ktap.fail("SSL_key_update")
        self.obj.do_handshake()
        self.flush()

    def renegotiate(self):
        """A ClientHello inside the session (TLS 1.2)."""
        if _libssl().SSL_renegotiate(self._ssl()) != 1:
            ktap.fail("SSL_renegotiate")
        self.hello()

    def close(self):
        self.sock.close()

    @property
    def session(self):
        return self.obj.session

    @property
    def reused(self):
        return self.obj.session_reused

    @property
    def cipher(self):
        return self.obj.cipher()

    @property
    def version(self):
        return self.obj.version()
