# SPDX-License-Identifier: GPL-2.0-or-later
"""Services with a url-rewrite policy, and their server under the test's control."""

import fcntl
import os
import re
import struct
import termios

from . import ktap
from .appliance import Appliance, PATIENT
from .servers import Server
from .topology import SERVER4, VIP4

URL = (VIP4, 9444)      # rewrites, and inserts nothing
BOTH = (VIP4, 9445)     # rewrites and inserts
EVERY = ("url.rewritten", "url.missed", "url.incomplete", "url.rejected")
RULES = "url www.example.com"
PORT = 8000
# a line of /proc/net/tcp: a connection to PORT, with bytes to be read
_HAS_MORE = re.compile(rb" *\d+: \S+ \w+:%04X \S+ \w+:(?!0{8} )" % PORT).match


def redirect(url, body=b""):
    """The bytes of an answer with a Location."""
    return (f"HTTP/1.1 302 Found\r\nLocation: {url}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


class RewriteAppliance(Appliance):
    """Policy u1, which services url and both use; RULES at a case's begin."""

    TENANTS = ("red",)
    NGINX = False
    sockets = None      # /proc/net/tcp of the box, open

    def __init__(self):
        super().__init__()
        for name, addr, more in (("url", URL, ""),
                                 ("both", BOTH, "policy http-header h1")):
            if name == "url":
                self.tlsvip("policy", "url-rewrite", "add", "u1", "context",
                            "red", *RULES.split())
            self.tlsvip("service", "add", name, "context", "red", "vip",
                        f"{VIP4}:{addr[1]}", "server", f"{SERVER4}:{PORT}",
                        "trustpoint", "web", "policy", "url-rewrite", "u1",
                        *more.split(), *PATIENT, "inservice")
        ktap.after_case(self.wait_idle)

    def __exit__(self, *exc):
        if self.sockets is not None:
            os.close(self.sockets)
        super().__exit__(*exc)

    def rules(self, words, later=True):
        """What the policy says from now on, up to the end of the case."""
        self.tlsvip("policy", "url-rewrite", "set", "u1", "context", "red",
                    *words.split())
        if later:
            ktap.defer(self.rules, RULES, False)

    def server(self):
        srv = Server(self.red.server, (SERVER4, PORT))
        ktap.defer(srv.close)
        return srv

    def pair(self, addr=URL, srv=None, **kwargs):
        """A client, and the server's end; both have said something."""
        srv = srv or self.server()
        client = self.client(addr=addr, **kwargs)
        ktap.defer(client.close)
        client.request("/first")
        peer = srv.accept()
        ktap.check_eq(peer.request().target, "/first")
        peer.respond()
        client.response()
        return client, peer

    def taken(self):
        """The box has read everything that servers sent. Cases ask for it behind
        each byte: the file stays open."""
        if self.sockets is None:
            with self.box.entered():
                self.sockets = os.open("/proc/thread-self/net/tcp",
                                       os.O_RDONLY)

        def empty():
            text = b""
            while part := os.pread(self.sockets, 1 << 16, len(text)):
                text += part
            return not any(map(_HAS_MORE, text.splitlines()))
        ktap.wait_for(empty, "the relay to have read everything")

    def stuck(self, peer):
        """The server has more to send, and has for long not got rid of it."""
        state = {"left": 0, "same": 0}

        def look():
            raw = fcntl.ioctl(peer.sock, termios.TIOCOUTQ, b"\0" * 4)
            left = struct.unpack("i", raw)[0]
            if left and left == state["left"]:
                state["same"] += 1
            else:
                state.update(left=left, same=0)
            return state["same"] > 25
        ktap.wait_for(look, "a server to be stopped")
