# SPDX-License-Identifier: GPL-2.0-or-later
"""Just enough HTTP/1.1 to read what a peer sent, exactly as it came.

Not a client library: no redirects, no normalising, raw heads are kept.
"""

import functools
import hashlib

# for comparing bodies: SHA-256 takes an emulated machine longer than the TLS around
# it, and nobody forges here
digest = hashlib.sha1


class Message:
    """One message. raw is its head as received, body only up to keep bytes; sha is
    the digest() of all of it."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.start = lines[0]
        self.lines = [line for line in lines[1:] if line]
        self.fields = []
        for line in self.lines:
            name, _, value = line.partition(":")
            self.fields.append((name, value.strip()))
        self.body = b""
        self.size = 0
        self.sha = NOTHING
        self.trailers = b""

    @property
    def target(self):
        return self.start.split(" ")[1]

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    def all(self, name):
        """Every value of a field, in order."""
        return self._by_name.get(name.lower(), [])

    @functools.cached_property
    def _by_name(self):
        """Tests ask for dozens of names."""
        found = {}
        for name, value in self.fields:
            found.setdefault(name.lower(), []).append(value)
        return found

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None


NOTHING = digest().hexdigest()


class Truncated(Exception):
    """The stream ended inside a message."""


class Reader:
    """Reads messages out of recv(), which returns b"" at EOF."""

    def __init__(self, recv, keep=1 << 20):
        self.recv = recv
        self.keep = keep
        self.buf = b""

    def take(self):
        """What was received and not used yet."""
        held, self.buf = self.buf, b""
        return held

    def _more(self):
        part = self.recv()
        self.buf += part
        return bool(part)

    def _until(self, mark):
        """Bytes up to and with mark; None at a clean EOF."""
        at = 0
        while True:
            pos = self.buf.find(mark, at)
            if pos >= 0:
                pos += len(mark)
                out, self.buf = self.buf[:pos], self.buf[pos:]
                return out
            at = max(0, len(self.buf) - len(mark) + 1)
            if not self._more():
                if not self.buf:
                    return None
                raise Truncated(f"inside a head: {self.buf[-200:]!r}")

    def _body(self, body, size):
        """size bytes, or all up to EOF when size is None."""
        while size is None or size > 0:
            if not self.buf and not self._more():
                if size is None:
                    return
                raise Truncated(f"{size} bytes of the body are missing")
            part = self.buf if size is None else self.buf[:size]
            self.buf = self.buf[len(part):]
            body.add(part)
            if size is not None:
                size -= len(part)

    def _chunked(self, body):
        """Returns the trailers."""
        while True:
            line = self._until(b"\r\n")
            if line is None:
                raise Truncated("inside chunks")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                break
            self._body(body, size)
            if self._until(b"\r\n") != b"\r\n":
                raise Truncated("chunk without its end")
        trailers = b""
        while True:
            line = self._until(b"\r\n")
            if line is None:
                raise Truncated("inside trailers")
            if line == b"\r\n":
                return trailers
            trailers += line

    def _rest(self, msg, to_eof):
        """The message whose head that is."""
        body = _Body(self.keep)
        length = msg.get("Content-Length")
        if "chunked" in (msg.get("Transfer-Encoding") or "").lower():
            msg.trailers = self._chunked(body)
        elif length is not None:
            self._body(body, int(length))
        elif to_eof:
            self._body(body, None)
        body.into(msg)
        return msg

    def request(self):
        """The next request, None at EOF."""
        raw = self._until(b"\r\n\r\n")
        return None if raw is None else self._rest(Message(raw), False)

    def response(self, head_only=False):
        """The next final response, None at EOF; with head_only the next head."""
        while True:
            raw = self._until(b"\r\n\r\n")
            if raw is None:
                return None
            msg = Message(raw)
            if head_only or msg.status in (101, 204, 304):
                return msg
            if not 100 <= msg.status < 200:
                return self._rest(msg, True)


class _Body:
    """What has come of a body: its size and digest, its first bytes."""

    def __init__(self, keep):
        self.keep = keep
        self.kept = bytearray()
        self.size = 0
        self.hash = None

    def add(self, part):
        if self.hash is None:
            self.hash = digest()
        self.hash.update(part)
        self.size += len(part)
        if len(self.kept) < self.keep:
            self.kept += part

    def into(self, msg):
        msg.body = bytes(self.kept)
        msg.size = self.size
        if self.hash:
            msg.sha = self.hash.hexdigest()


def request(target="/", method="GET", body=None, headers=(), host="test"):
    """The bytes of a request."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def chunked(body, size):
    """body in chunks of size, with the last chunk."""
    parts = []
    for at in range(0, len(body), size):
        part = body[at:at + size]
        parts.append(b"%x\r\n%s\r\n" % (len(part), part))
    return b"".join(parts) + b"0\r\n\r\n"
