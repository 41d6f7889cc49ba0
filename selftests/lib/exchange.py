# SPDX-License-Identifier: GPL-2.0-or-later
"""Many TLS connections at a time: each says what it has to, ends its direction
and waits for the other's end. Answers are at most counted.
"""

import errno
import re
import select
import socket
import ssl
import time

from . import ktap

_FINAL = re.compile(rb"HTTP/1\.[01] (?:[2-9]|101)")

# these end a connection that has been refused; all others are faults
_GONE = (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)


class Exchange:
    """One connection. pieces become records of their own; so many answers are
    waited for before its end is said.
    """

    def __init__(self, addr, source, pieces, answers=0):
        self.addr = addr
        self.source = source
        self.pieces = pieces
        self.answers = answers
        self.sock = None
        self.out = b""
        self.said = False
        self.done = False
        self.ended = False
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._obj = None
        self._got = b""

    def begin(self, ctx, session):
        """In the namespace of the client."""
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.bind(self.source)
        err = self.sock.connect_ex(self.addr)
        if err not in (0, errno.EINPROGRESS):
            raise OSError(err, f"connect from {self.source}")
        self._obj = ctx.wrap_bio(self._in, self._out, session=session)
        self._step()

    @property
    def session(self):
        return self._obj.session

    def _step(self):
        """The handshake, then all that is to be said, at once."""
        try:
            if not self.said:
                self._obj.do_handshake()
                self.said = True
                for piece in self.pieces:
                    self._obj.write(piece)
            while self.answers > len(_FINAL.findall(self._got)):
                part = self._obj.read(1 << 16)
                if not part:
                    break
                self._got += part
            self.done = True
            self._obj.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.out += self._out.read()

    def _send(self):
        try:
            self.out = self.out[self.sock.send(self.out):]
        except BlockingIOError:
            return
        if not self.out and self.done:
            self.sock.shutdown(socket.SHUT_WR)

    def _recv(self):
        data = self.sock.recv(1 << 16)
        if not data:
            self.ended = True
        elif not self.done:
            self._in.write(data)
            self._step()

    def go(self, events):
        """What the socket is ready for; ended says whether that was all."""
        try:
            if events & ~select.EPOLLOUT:
                self._recv()
            if self.out and not self.ended:
                self._send()
        except OSError as err:
            if err.errno not in _GONE or not self.said:
                raise
            self.ended = True


class _Loop:
    """Exchanges under way."""

    def __init__(self, ctx, sessions):
        self.ctx = ctx
        self.sessions = sessions
        self.live = {}
        self.poll = select.epoll()

    def begin(self, one):
        one.begin(self.ctx, self.sessions.get(one.addr))
        fd = one.sock.fileno()
        self.live[fd] = one
        self.poll.register(fd, select.EPOLLIN | select.EPOLLOUT)

    def go(self):
        """False if nothing happened for a second."""
        events = self.poll.poll(1)
        for fd, mask in events:
            one = self.live[fd]
            waited = bool(one.out)
            one.go(mask)
            if one.ended:
                self.sessions.setdefault(one.addr, one.session)
                del self.live[fd]
                one.sock.close()
            elif waited != bool(one.out):
                self.poll.modify(fd, select.EPOLLIN | (
                    select.EPOLLOUT if one.out else 0))
        return bool(events)

    def close(self):
        for one in self.live.values():
            one.sock.close()
        self.poll.close()


def run(ns, ctx, exchanges, sessions, most=64, timeout=60):
    """Does all of them, most at a time; progress is what must not stop.

    sessions is what is known of earlier ones, {address: session}.
    """
    todo = list(reversed(exchanges))
    last = time.monotonic()
    loop = _Loop(ctx, sessions)
    try:
        with ns.entered():
            while todo or loop.live:
                while todo and len(loop.live) < most:
                    loop.begin(todo.pop())
                if loop.go():
                    last = time.monotonic()
                elif time.monotonic() - last > timeout * ktap.SCALE:
                    late = [o.source[1] for o in loop.live.values()]
                    ktap.fail(f"nothing happens on connections from {late}")
    finally:
        loop.close()
