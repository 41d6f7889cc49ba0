# SPDX-License-Identifier: GPL-2.0-or-later
"""What Appliance.config_text()'s policy must have done to a request."""

from .ktap import check_eq
from .servers import INSERTED
from .topology import CLIENT4


def block(msg):
    """The lines behind the request line that we inserted."""
    lines = []
    for line in msg.lines:
        if line.split(":")[0] not in INSERTED:
            break
        lines.append(line)
    return lines


def check_inserted(msg, sent, client, addr=CLIENT4):
    """msg is sent with the block of client behind its request line."""
    lines = block(msg)
    want = {"Client-IP": addr, "Client-Port": str(client.port),
            "Session-Cipher-Name": client.cipher[0],
            "Session-Cipher-Key-Size": str(client.cipher[2]),
            "Session-Cipher-Use-Size": str(client.cipher[2]),
            "Session-Step-Up": "NO",
            "Session-Initial-Cipher-Name": client.cipher[0],
            "Session-Initial-Cipher-Key-Size": str(client.cipher[2]),
            "Session-Initial-Cipher-Use-Size": str(client.cipher[2]),
            "X-Via": "tlsvip-red"}
    for name, value in want.items():
        check_eq(msg.all(name), [value], name)
    check_eq(len(msg.all("Session-Id")), 1, "Session-Id lines")
    check_eq(len(lines), len(INSERTED), "lines of the block")
    text = "".join(line + "\r\n" for line in lines).encode()
    first, rest = sent.split(b"\r\n", 1)
    head = rest.split(b"\r\n\r\n", 1)[0]
    check_eq(msg.raw, first + b"\r\n" + text + head + b"\r\n\r\n",
             "the request around the block")
