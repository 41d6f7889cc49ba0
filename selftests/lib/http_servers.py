# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers of other makers, each set up to answer whatever it understands once
its body is whole, and to log what that was: the request line and what it has
under some names.

They are not set up to be strict. Names with odd bytes, which some drop unless
told otherwise, are kept, and limits are large.
"""

import base64
import json
import os
import re
import socket
import threading

from . import ktap
from .corpus import fold
from .process import Bkg, workdir

BIG = 1 << 17


BEGUN = 100


class Seen:
    """A request that a server logged; headers: {folded name: [value]}.

    The status is below 400 if it was whole and was answered, and BEGUN if it
    is logged for its head alone.
    """

    def __init__(self, line, status, headers):
        self.line = line
        self.status = int(status)
        self.headers = {}
        for name, value in headers:
            self.headers.setdefault(fold(name), []).append(value)

    @property
    def refused(self):
        return self.status >= 400

    def __str__(self):
        return f"{self.line!r} ({self.status})"


class Logging:
    """A server in a namespace; names are those that it has to log."""

    program = None
    truncates = False   # a body that ends with the stream may be whole to it
    hasty = False       # an end of the stream comes before what is in it

    def __init__(self, ns, port, names):
        self.ns = ns
        self.port = port
        self.names = names
        self.dir = os.path.join(workdir(), type(self).__name__.lower())
        os.makedirs(self.dir)
        os.chmod(workdir(), 0o755)
        self.log = os.path.join(self.dir, "requests")
        self.proc = Bkg(*self.command(), ns=ns, cwd=self.dir)
        ns.wait_listening(port)

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def idle(self):
        """No connection is open, by what the kernel says."""
        mark = f":{self.port:04X}"
        for line in self.ns.read("/proc/net/tcp").splitlines()[1:]:
            field = line.split()
            if field[1].endswith(mark) and field[3] not in ("06", "0A"):
                return False
        return True

    def finish(self):
        """Waits until all is read, ends the server; gives what it saw."""
        ktap.wait_for(self.idle, f"{self.program} to end its connections")
        self.proc.stop()
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="latin-1") as file:
            return [self.parse(line) for line in file if line.strip()]

    def command(self):
        """The program and its arguments."""
        raise NotImplementedError

    def parse(self, line):
        """A line of the log."""
        line = re.sub(r"\\x(..)", r"\\u00\1", line).replace(r"\v", r"\u000b")
        value = json.loads(line)
        headers = [(n, v) for n, v in value["headers"].items()
                   if v not in ("-", "")]
        return Seen(value["line"], value["status"], headers)


class Scgi:
    """An application behind a server, on a Unix socket."""

    def __init__(self, path):
        self.path = path
        self.seen = []
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        self.sock.listen(1024)
        os.chmod(path, 0o777)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                sock = self.sock.accept()[0]
            except OSError:
                return
            try:
                with sock, sock.makefile("rwb") as file:
                    self._request(file)
            except (OSError, EOFError):
                pass    # the server has given it up

    def _request(self, file):
        size = b""
        while not size.endswith(b":"):
            byte = file.read(1)
            if not byte:
                raise EOFError("a request of SCGI")
            size += byte
        flat = file.read(int(size[:-1]) + 1)[:-2].decode("latin-1").split("\0")
        names, values = flat[::2], flat[1::2]
        env = dict(zip(names, values))
        file.read(int(env["CONTENT_LENGTH"] or 0))
        self.seen.append(Seen(
            " ".join((env["REQUEST_METHOD"], env["REQUEST_URI"],
                      env["SERVER_PROTOCOL"])), 200,
            [(n[5:], v) for n, v in zip(names, values)
             if n.startswith("HTTP_")]))
        file.write(b"Status: 200 OK\r\nContent-Length: 4\r\n\r\nseen")

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class WithScgi(Logging):
    """A server whose application is behind SCGI. What the application sees are
    the requests, what the server logs are their heads."""

    def __init__(self, *args):
        self.app = None
        super().__init__(*args)

    def listen(self):
        """The socket's path."""
        self.app = Scgi(os.path.join(self.dir, "app"))
        return self.app.path

    def finish(self):
        heads = super().finish()
        self.app.close()
        for one in heads:
            if not one.refused:
                one.status = BEGUN
        return heads + self.app.seen


class Nginx(WithScgi):
    """nginx; what it logs are its variables, in which names are folded."""
    program = "nginx"

    def command(self):
        fields = ",".join(f'"{v}":"$http_{v}"' for v in sorted(
            {re.sub("-", "_", n.lower()) for n in self.names
             if re.fullmatch("[A-Za-z0-9_-]+", n)}))
        conf = self.write("conf", f"""
worker_processes 1;
daemon off;
user root;
pid {self.dir}/pid;
error_log {self.dir}/errors info;
events {{ worker_connections 1024; }}
http {{
    variables_hash_max_size 4096;
    variables_hash_bucket_size 512;
    log_format seen escape=json
        '{{"line":"$request","status":$status,"headers":{{{fields}}}}}';
    access_log {self.log} seen;
    client_body_temp_path {self.dir}/body;
    proxy_temp_path {self.dir}/proxy;
    fastcgi_temp_path {self.dir}/fastcgi;
    uwsgi_temp_path {self.dir}/uwsgi;
    scgi_temp_path {self.dir}/scgi;
    client_max_body_size 0;
    client_header_buffer_size {BIG};
    large_client_header_buffers 8 {BIG};
    keepalive_timeout 1h;
    client_header_timeout 1h;
    client_body_timeout 1h;
    underscores_in_headers on;
    ignore_invalid_headers off;
    server {{
        listen {self.port} backlog=1024;
        location / {{
            scgi_ignore_client_abort on;
            scgi_param SCGI 1;
            scgi_param CONTENT_LENGTH $content_length;
            scgi_param REQUEST_METHOD $request_method;
            scgi_param REQUEST_URI $request_uri;
            scgi_param SERVER_PROTOCOL $server_protocol;
            scgi_pass unix:{self.listen()};
        }}
    }}
}}
""")
        return "nginx", "-c", conf, "-p", self.dir


class Apache(Logging):
    """apache2; it has trailers merged into the headers."""
    program = "apache2"

    def command(self):
        modules = "/usr/lib/apache2/modules"
        fields = ",".join(f'\\"{n}\\":\\"%{{{n}}}i\\"' for n in self.names)
        loads = "\n".join(f"LoadModule {m}_module {modules}/mod_{m}.so"
                          for m in ("mpm_event", "authz_core", "rewrite"))
        conf = self.write("conf", f"""
{loads}
ServerName test
PidFile {self.dir}/pid
DefaultRuntimeDir {self.dir}
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
Listen 0.0.0.0:{self.port}
ErrorLog {self.dir}/errors
LogFormat "{{\\"line\\":\\"%r\\",\\"status\\":%>s,\\"headers\\":{{{fields}}}}}" seen
CustomLog {self.log} seen
KeepAlive On
KeepAliveTimeout 3600
Timeout 3600
MaxKeepAliveRequests 0
LimitRequestLine {BIG}
LimitRequestFieldSize {BIG}
LimitRequestFields 0
MergeTrailers on
RewriteEngine on
RewriteRule .* - [R=200,L]
""")
        return "apache2", "-DFOREGROUND", "-f", conf, "-d", self.dir


class Lighttpd(WithScgi):
    """lighttpd, which gives its application names as CGI has them."""
    program = "lighttpd"

    def command(self):
        conf = self.write("conf", f"""
server.modules = ("mod_scgi")
server.document-root = "{self.dir}"
server.bind = "0.0.0.0"
server.port = {self.port}
server.errorlog = "{self.dir}/errors"
server.max-request-field-size = 65535
server.max-keep-alive-requests = 10000
server.max-keep-alive-idle = 3600
server.max-read-idle = 3600
scgi.server = ("" => (("socket" => "{self.listen()}",
                       "check-local" => "disable")))
""")
        return "lighttpd", "-D", "-f", conf


class Gunicorn(Logging):
    """gunicorn, whose application has the names as CGI has them."""
    program = "gunicorn"
    truncates = True

    def command(self):
        self.write("app.py", f"""\
import json, os
log = os.open({self.log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)

def app(env, start_response):
    seen = dict(line=env["REQUEST_METHOD"] + " " + env["RAW_URI"] + " "
                + env["SERVER_PROTOCOL"], status=200,
                headers={{k[5:]: v for k, v in env.items()
                         if k.startswith("HTTP_")}})
    try:
        env["wsgi.input"].read()
    except Exception:
        seen["status"] = 400
        raise
    finally:
        os.write(log, json.dumps(seen).encode() + b"\\n")
    start_response("200 OK", [("Content-Length", "4")])
    return [b"seen"]
""")
        conf = self.write("conf.py", f"""\
bind = "0.0.0.0:{self.port}"
worker_class = "gthread"
threads = 16
worker_connections = 1000
keepalive = 5
timeout = 3600
limit_request_line = 0
limit_request_fields = 10000
limit_request_field_size = 0
header_map = "dangerous"
""")
        return "gunicorn", "-c", conf, "app:app"


class Node(Logging):
    """Node.js; it takes every WebSocket, and logs trailers as headers."""
    program = "node"

    def command(self):
        script = self.write("server.js", f"""\
const fs = require("fs");
const http = require("http");
const log = fs.openSync("{self.log}", "a");
function seen(req, status, headers) {{
  fs.writeSync(log, JSON.stringify({{
    line: req.method + " " + req.url + " HTTP/" + req.httpVersion,
    status: status, headers: headers}}) + "\\n");
}}
const server = http.createServer({{
  requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0,
  maxHeaderSize: {BIG}}}, (req, res) => {{
  seen(req, {BEGUN}, req.rawHeaders);
  req.on("end", () => {{
    seen(req, 200, req.rawHeaders.concat(req.rawTrailers));
    res.end("seen");
  }});
  req.on("error", () => {{}});
  req.resume();
}});
server.maxHeadersCount = 0;
server.on("upgrade", (req, socket) => {{
  seen(req, 101, req.rawHeaders);
  socket.on("error", () => {{}});
  socket.on("end", () => socket.end());
  socket.resume();
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\n" +
               "Upgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n");
}});
server.listen({{port: {self.port}, host: "0.0.0.0", backlog: 1024}});
""")
        return "node", script

    def parse(self, line):
        value = json.loads(line)
        flat = value["headers"]
        return Seen(value["line"], value["status"],
                    zip(flat[::2], flat[1::2]))


class Haproxy(Logging):
    """haproxy, which answers by itself; its parser has the names raw."""
    program = "haproxy"
    truncates = hasty = True

    def command(self):
        conf = self.write("conf", f"""
global
    nbthread 1
    tune.bufsize {BIG}
    tune.http.maxhdr 10000
    log stdout len 65535 format raw local0
defaults
    mode http
    timeout client 1h
    timeout http-request 1h
    timeout http-keep-alive 1h
frontend seen
    bind 0.0.0.0:{self.port}
    log global
    log-format "%ST %[var(txn.line)] %[var(txn.headers)]"
    http-request wait-for-body time 1h
    http-request set-var(txn.target) url
    http-request set-var(txn.line) method,concat(\\ ,txn.target),base64
    http-request set-var(txn.headers) req.hdrs,base64
    http-request return status 200 content-type text/plain string seen
""")
        return "haproxy", "-db", "-f", conf

    def finish(self):
        ktap.wait_for(self.idle, "haproxy to end its connections")
        self.proc.stop()
        return [self.parse(line) for line in self.proc.output().splitlines()
                if re.match(r"\d{3} ", line)]

    def parse(self, line):
        status, *coded = line.split(" ")
        start, head = [base64.b64decode(c).decode("latin-1")
                       if c != "-" else "" for c in coded]
        return Seen(start, status,
                    [h.split(": ", 1) for h in head.split("\r\n") if h])
