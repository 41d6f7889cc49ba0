# SPDX-License-Identifier: GPL-2.0-or-later
"""The box of those tests in selftests/caveats/ that are about redirects."""

from .ktap import check_eq
from .rewrite import RewriteAppliance
from .topology import VIP4


class Rewriting(RewriteAppliance):
    """The services of RewriteAppliance; nginx on 443 has their policy, too."""

    URLS = ""   # the rules, as they are typed
    NGINX = True

    def __init__(self):
        super().__init__()
        self.rules(self.URLS, later=False)
        self.tlsvip("service", "set", "web", "context", "red", "policy",
                    "url-rewrite", "u1")

    def leads_to(self, path):
        """Where curl would go from there."""
        return self.curl("-o", "/dev/null", "-w", "%{redirect_url}",
                         f"https://{VIP4}/{path}").out

    def check_redirects(self, cases, srv=None):
        """Each URL of the server's and the client's, on one connection."""
        client, peer = self.pair(srv=srv)
        for url, want in cases:
            client.request("/")
            peer.request()
            peer.send(redirect(url))
            msg = client.response()
            check_eq(msg.raw + msg.body, redirect(want), f"behind {url}")
        client.close()
        peer.close()


def redirect(url, name="Location", before=b"", behind=b""):
    """A response with that URL between other fields."""
    return (b"HTTP/1.1 302 Found\r\nServer: x\r\n%s%s: %s\r\n%s"
            b"Content-Length: 4\r\n\r\nbody"
            % (before, name.encode(), url.encode(), behind))
