# SPDX-License-Identifier: GPL-2.0-or-later
"""The box of the tests in selftests/caveats/: one tenant, real connections.

Ports of the VIP are those of Appliance.config_text(): 443 leads to nginx if
NGINX is set, the others to a server that the case makes.
"""

import json
import os

from . import ktap
from .appliance import Appliance
from .ktap import check_eq
from .servers import Server, echo_hash
from .topology import CLIENT4, SERVER4, VIP4

HDR = (VIP4, 9443)
URL = f"https://{VIP4}"


class Caveat(Appliance):
    """No nginx unless a file asks for it: a set-up takes seconds."""

    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)
        if self.NGINX:
            os.chmod(self.nginx["red"].root, 0o777)

    def server(self, handler=None):
        """On the port behind HDR; with handler(peer) in threads."""
        srv = Server(self.red.server, (SERVER4, 8000))
        ktap.defer(srv.close)
        if handler:
            srv.serve(handler)
        return srv

    def hashes(self):
        """A server that answers with the hash of what it got."""
        return self.server(echo_hash)

    def connect(self, addr=HDR, **kwargs):
        client = self.client(addr=addr, **kwargs)
        ktap.defer(client.close)
        return client

    def pair(self, **kwargs):
        """A client, and the server's end of its connection, by accept()."""
        srv = self.server()
        return self.connect(**kwargs), srv

    def path(self, name):
        """A file that nginx has."""
        return os.path.join(self.nginx["red"].root, name)

    def logged(self, least):
        """What nginx has logged, once that many requests are there."""
        log = self.nginx["red"].requests
        return ktap.wait_for(
            lambda: len(got := log()) >= least and got,
            f"{least} lines in nginx's log")


def check_fields(fields, client=None):
    """What nginx saw as JSON is what the box has inserted."""
    if isinstance(fields, (str, bytes)):
        fields = json.loads(fields)
    check_eq((fields["Client-IP"], fields["X-Via"]), (CLIENT4, "tlsvip-red"))
    if client:
        check_eq(fields["Client-Port"], str(client.port))
        check_eq(fields["Session-Cipher-Name"], client.cipher[0])
    check_id(fields["Session-Id"])
    return fields


def check_id(text):
    """A Session-Id: bytes in hex, and not zeros."""
    value = bytes.fromhex(text.replace(":", ""))
    ktap.check(len(value) >= 4 and any(value), f"Session-Id {text!r}")
