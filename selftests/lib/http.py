# SPDX-License-Identifier: GPL-2.0-or-later
"""Just enough HTTP/1.1 to read what a peer sent, exactly as it came.

Not a client library: no redirects, no normalising, raw heads are kept.
"""

import hashlib


class Message:
    """One message. raw is its head as received, body only up to keep bytes."""

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
        self.sha = None
        self.trailers = b""

    @property
    def target(self):
        return self.start.split(" ")[1]

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    def all(self, name):
        """Every value of a field, in order."""
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None


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

    def _body(self, msg, size, digest):
        """size bytes, or all up to EOF when size is None."""
        while size is None or size > 0:
            if not self.buf and not self._more():
                if size is None:
                    return
                raise Truncated(f"{size} bytes of the body are missing")
            part = self.buf if size is None else self.buf[:size]
            self.buf = self.buf[len(part):]
            digest.update(part)
            msg.size += len(part)
            if len(msg.body) < self.keep:
                msg.body += part
            if size is not None:
                size -= len(part)

    def _chunked(self, msg, digest):
        while True:
            line = self._until(b"\r\n")
            if line is None:
                raise Truncated("inside chunks")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                break
            self._body(msg, size, digest)
            if self._until(b"\r\n") != b"\r\n":
                raise Truncated("chunk without its end")
        while True:
            line = self._until(b"\r\n")
            if line is None:
                raise Truncated("inside trailers")
            if line == b"\r\n":
                return
            msg.trailers += line

    def _message(self, to_eof):
        raw = self._until(b"\r\n\r\n")
        if raw is None:
            return None
        msg = Message(raw)
        digest = hashlib.sha256()
        if "chunked" in (msg.get("Transfer-Encoding") or "").lower():
            self._chunked(msg, digest)
        elif msg.get("Content-Length") is not None:
            self._body(msg, int(msg.get("Content-Length")), digest)
        elif to_eof:
            self._body(msg, None, digest)
        msg.sha = digest.hexdigest()
        return msg

    def request(self):
        """The next request, None at EOF."""
        return self._message(False)

    def response(self, head_only=False):
        """The next final response, None at EOF."""
        while True:
            if head_only:
                raw = self._until(b"\r\n\r\n")
                return raw and Message(raw)
            msg = self._peek_informational()
            if msg is not False:
                return msg

    def _peek_informational(self):
        raw = self._until(b"\r\n\r\n")
        if raw is None:
            return None
        status = Message(raw).status
        if 100 <= status < 200 and status != 101:
            return False
        if status in (101, 204, 304):
            return Message(raw)
        self.buf = raw + self.buf
        return self._message(True)


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
