# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys and certificates for tests, made with openssl(1).

Not the product's PKI store; files go there by "tlsvip pki import".
"""

import os

from .process import cmd, workdir


class Authority:
    """A CA with EC keys, quick under emulation."""

    def __init__(self, name="test-ca"):
        self.dir = os.path.join(workdir(), name)
        os.makedirs(self.dir, exist_ok=True)
        self.cert = os.path.join(self.dir, "ca.pem")
        self.key = os.path.join(self.dir, "ca.key")
        cmd("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            f"/O=tlsvip/CN={name}", "-addext",
            "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self.key,
            "-out", self.cert)

    def issue(self, name, kind="ec", hosts=(), days="30"):
        """Returns the paths of a certificate and its key."""
        cert = os.path.join(self.dir, f"{name}.pem")
        key = os.path.join(self.dir, f"{name}.key")
        what = {"ec": ("-newkey", "ec", "-pkeyopt",
                       "ec_paramgen_curve:P-256"),
                "rsa": ("-newkey", "rsa:2048")}[kind]
        names = ",".join(_san(h) for h in (hosts or (name,)))
        cmd("openssl", "req", "-x509", "-CA", self.cert, "-CAkey", self.key,
            *what, "-nodes", "-days", days, "-subj", f"/O=tlsvip/CN={name}",
            "-addext", f"subjectAltName={names}", "-addext",
            "basicConstraints=critical,CA:FALSE", "-addext",
            "keyUsage=critical,digitalSignature", "-keyout", key, "-out",
            cert)
        return cert, key


def _san(host):
    if ":" in host or host.replace(".", "").isdigit():
        return "IP:" + host
    return "DNS:" + host
