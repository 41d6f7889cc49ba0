# SPDX-License-Identifier: GPL-2.0-or-later
"""Real servers: nginx and apache as their packages bring them, and one in
Python that does and records exactly what a test tells it.
"""

import functools
import json
import os
import pwd
import random
import socket
import struct
import threading

from . import ktap
from .http import Reader, digest
from .process import Bkg, workdir

INSERTED = ("Client-IP", "Client-Port", "Session-Id", "Session-Cipher-Name",
            "Session-Cipher-Key-Size", "Session-Cipher-Use-Size",
            "Session-Step-Up", "Session-Initial-Cipher-Name",
            "Session-Initial-Cipher-Key-Size",
            "Session-Initial-Cipher-Use-Size", "X-Via")

_PERIOD = (1 << 20) + 7


class Pattern:
    """Endless bytes in which no two places less than 1 MiB apart agree."""

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def _twice():
        """Two periods: what is cut out of them is copied once."""
        return random.Random(2).randbytes(_PERIOD) * 2

    @classmethod
    def get(cls, size, offset=0):
        start = offset % _PERIOD
        block = cls._twice()
        if start + size > len(block):
            block *= -(-(start + size) // len(block))
        return block[start:start + size]

    @classmethod
    @functools.lru_cache(maxsize=None)
    def sha(cls, size):
        """What digest() gives for the first bytes."""
        sha = digest()
        for done in range(0, size, _PERIOD):
            sha.update(cls.get(min(_PERIOD, size - done)))
        return sha.hexdigest()


def reset(sock):
    """Closes with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


def _log_format():
    fields = [f'"{h}":"$http_{h.lower().replace("-", "_")}"'
              for h in INSERTED]
    fields += ['"uri":"$request_uri"', '"from":"$remote_addr"',
               '"host":"$http_host"', '"len":"$request_length"']
    return "{" + ",".join(fields) + "}"


class Nginx:
    """nginx in a namespace; its access log has the inserted headers."""

    def __init__(self, ns, label="nginx", port=80, extra="", root=None):
        self.dir = os.path.join(workdir(), f"{label}-{ns.name or 'host'}")
        self.root = root or os.path.join(self.dir, "www")
        self.access = os.path.join(self.dir, "access.log")
        os.makedirs(self.root, exist_ok=True)
        os.makedirs(os.path.join(self.dir, "tmp"), exist_ok=True)
        os.chmod(workdir(), 0o755)
        conf = os.path.join(self.dir, "nginx.conf")
        with open(conf, "w", encoding="ascii") as file:
            file.write(f"""
user {_user()};
worker_processes 1;
daemon off;
pid {self.dir}/pid;
error_log {self.dir}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    log_format probe escape=json '{_log_format()}';
    access_log {self.access} probe;
    client_body_temp_path {self.dir}/tmp/b;
    proxy_temp_path {self.dir}/tmp/p;
    fastcgi_temp_path {self.dir}/tmp/f;
    uwsgi_temp_path {self.dir}/tmp/u;
    scgi_temp_path {self.dir}/tmp/s;
    client_max_body_size 0;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    # no end of its own: hundreds of handshakes take an emulated machine minutes
    keepalive_timeout 1h;
    client_header_timeout 1h;
    client_body_timeout 1h;
    send_timeout 1h;
    server {{
        listen {port} backlog=4096;
        listen [::]:{port} ipv6only=on backlog=4096;
        root {self.root};
        location = /whoami {{ return 200 "{label}\\n"; }}
        location = /headers {{
            default_type application/json;
            return 200 '{_log_format()}\\n';
        }}
        {extra}
    }}
}}
""")
        with open(os.path.join(self.root, "index.html"), "w",
                  encoding="ascii") as file:
            file.write(f"<html>this is {label}</html>\n")
        self.proc = Bkg("nginx", "-c", conf, "-p", self.dir, ns=ns,
                        name=label)
        ns.wait_listening(port)

    def put(self, name, data):
        """A file to download."""
        with open(os.path.join(self.root, name), "wb") as file:
            file.write(data)

    def put_pattern(self, name, size):
        with open(os.path.join(self.root, name), "wb") as file:
            done = 0
            while done < size:
                step = min(_PERIOD, size - done)
                file.write(Pattern.get(step))
                done += step

    def lines(self):
        """What the access log holds, one line of JSON a request."""
        with open(self.access, encoding="utf-8") as file:
            return file.readlines()

    def requests(self):
        """One dictionary a request."""
        return [json.loads(line) for line in self.lines()]

    def stop(self):
        self.proc.stop()


def _user():
    try:
        return pwd.getpwnam("www-data").pw_name
    except KeyError:
        return "root"


class Apache:
    """apache2 with its event MPM in a namespace."""

    def __init__(self, ns, label="apache", port=80):
        self.dir = os.path.join(workdir(), f"{label}-{ns.name or 'host'}")
        self.root = os.path.join(self.dir, "www")
        os.makedirs(self.root, exist_ok=True)
        os.chmod(workdir(), 0o755)
        self.access = os.path.join(self.dir, "access.log")
        modules = "/usr/lib/apache2/modules"
        fields = ",".join(f'\\"{h}\\":\\"%{{{h}}}i\\"' for h in INSERTED)
        conf = os.path.join(self.dir, "apache.conf")
        loads = "\n".join(
            f"LoadModule {m}_module {modules}/mod_{m}.so"
            for m in ("mpm_event", "authz_core", "mime", "dir")
            if os.path.exists(f"{modules}/mod_{m}.so"))
        with open(conf, "w", encoding="ascii") as file:
            file.write(f"""
{loads}
ServerName {label}
PidFile {self.dir}/pid
DefaultRuntimeDir {self.dir}
User {_user()}
Group {_user()}
Listen {port}
ErrorLog {self.dir}/error.log
LogFormat "{{\\"uri\\":\\"%U\\",{fields}}}" probe
CustomLog {self.access} probe
TypesConfig /etc/mime.types
DocumentRoot {self.root}
KeepAlive On
MaxKeepAliveRequests 0
<Directory {self.root}>
    Require all granted
</Directory>
""")
        with open(os.path.join(self.root, "index.html"), "w",
                  encoding="ascii") as file:
            file.write(f"<html>this is {label}</html>\n")
        self.proc = Bkg("apache2", "-DFOREGROUND", "-f", conf, "-d",
                        self.dir, ns=ns, name=label)
        ns.wait_listening(port)

    def put(self, name, data):
        with open(os.path.join(self.root, name), "wb") as file:
            file.write(data)

    def requests(self):
        with open(self.access, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def stop(self):
        self.proc.stop()


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock):
        self.sock = sock
        self.reader = Reader(self._recv)

    def _recv(self):
        return self.sock.recv(1 << 16)

    def request(self):
        """Reads one request: an http.Message with head, raw and body."""
        return self.reader.request()

    def respond(self, body=b"", status="200 OK", headers=(), close=False):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        lines += list(headers)
        if close:
            lines.append("Connection: close")
        self.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def send(self, data):
        self.sock.sendall(data)

    def recv(self, size=1 << 16):
        """Raw bytes, those the reader holds first."""
        held = self.reader.take()
        return held or self.sock.recv(size)

    def recv_all(self):
        """Bytes up to EOF."""
        parts = []
        while True:
            part = self.recv()
            if not part:
                return b"".join(parts)
            parts.append(part)

    def recv_reset(self):
        """Bytes up to a reset; an end in its place fails."""
        got = b""
        try:
            while True:
                part = self.recv()
                if not part:
                    break
                got += part
        except ConnectionResetError:
            return got
        return ktap.fail(f"an end, not a reset, behind {got[-200:]!r}")

    def fin(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        reset(self.sock)

    def close(self):
        self.sock.close()


class Server:
    """A listening socket under the test's control."""

    def __init__(self, ns, addr, rcvbuf=None):
        self.sock = ns.socket(socket.AF_INET6 if ":" in addr[0]
                              else socket.AF_INET)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.bind(addr)
        self.sock.listen(1024)
        self.peers = []

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def accept(self, timeout=60):
        self.sock.settimeout(timeout * ktap.SCALE)
        try:
            sock, _addr = self.sock.accept()
        except TimeoutError:
            ktap.fail("no connection arrived at the server")
        sock.settimeout(timeout * ktap.SCALE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peers.append(Peer(sock))
        return self.peers[-1]

    def pending(self):
        """Whether a connection waits to be accepted."""
        self.sock.setblocking(False)
        try:
            sock, _addr = self.sock.accept()
        except BlockingIOError:
            return False
        sock.close()
        return True

    def serve(self, handler):
        """handler(peer) in a thread for every connection, until close()."""
        thread = threading.Thread(target=self._loop, args=(handler,),
                                  daemon=True)
        thread.start()

    def _loop(self, handler):
        self.sock.settimeout(None)
        while True:
            try:
                sock, _addr = self.sock.accept()
            except OSError:
                return
            sock.settimeout(60 * ktap.SCALE)
            threading.Thread(target=_guard, args=(handler, Peer(sock)),
                             daemon=True).start()

    def close(self):
        """Also closes what accept() returned."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
        for peer in self.peers:
            peer.close()


def _guard(handler, peer):
    try:
        handler(peer)
    except OSError:
        pass  # the test looks at its own end
    finally:
        peer.close()


def echo_hash(peer):
    """Answers every request with the hash of its body, or with a pattern.

    GET /pattern/N gives N bytes; anything else {"sha", "size", "head"}.
    """
    while True:
        msg = peer.request()
        if msg is None:
            return
        path = msg.target
        if path.startswith("/pattern/"):
            size = int(path.split("/")[2])
            peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n"
                      .encode())
            done = 0
            while done < size:
                step = min(_PERIOD, size - done)
                peer.send(Pattern.get(step))
                done += step
        else:
            answer = {"sha": msg.sha, "size": msg.size,
                      "head": msg.raw.decode("latin-1")}
            peer.respond(json.dumps(answer).encode())
