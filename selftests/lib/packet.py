# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP packets made by hand, right and wrong ones, sent from a namespace.

Only as much of TCP/IP as the steering tests need; nothing is received.
"""

import functools
import socket
import struct

from .ktap import SCALE

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, FRAGMENT, DESTOPTS = 6, 44, 60


def checksum(data):
    """The Internet checksum."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def timestamp(value, echo=0):
    """The option with two NOPs before it, as most stacks send it."""
    return struct.pack("!BBBBII", 1, 1, 8, 10, value & 0xffffffff, echo)


@functools.lru_cache(maxsize=None)
def _pton(addr):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    return socket.inet_pton(family, addr)


def segment(source, dest, flags, seq=1000, ack=0, options=b"", data=b""):
    """A TCP segment; source and dest are (address, port)."""
    words = 5 + (len(options) + 3) // 4
    options += bytes(-len(options) % 4)
    body = struct.pack("!HHIIBBHHH", source[1], dest[1], seq & 0xffffffff,
                       ack & 0xffffffff, words << 4, flags, 65535, 0, 0)
    body += options + data
    src, dst = _pton(source[0]), _pton(dest[0])
    pseudo = src + dst + (struct.pack("!IHBB", len(body), 0, 0, TCP)
                          if len(src) == 16
                          else struct.pack("!BBH", 0, TCP, len(body)))
    return (body[:16] + struct.pack("!H", checksum(pseudo + body)) +
            body[18:])


class RawSender:
    """Sends packets with any source address from a namespace."""

    def __init__(self, ns):
        with ns.entered():
            self.sock4 = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                       socket.IPPROTO_RAW)
            self.sock6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW,
                                       socket.IPPROTO_RAW)
        for sock in (self.sock4, self.sock6):
            sock.settimeout(10 * SCALE)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.sock4.close()
        self.sock6.close()

    def ip4(self, source, dest, body, fragment=0):
        """fragment is the flags and offset word."""
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1,
                           fragment, 64, TCP, 0, _pton(source), _pton(dest))
        self.sock4.sendto(head + body, (dest, 0))

    def ip6(self, source, dest, body, nexthdr=TCP):
        head = struct.pack("!IHBB16s16s", 6 << 28, len(body), nexthdr, 64,
                           _pton(source), _pton(dest))
        self.sock6.sendto(head + body, (dest, 0))

    def tcp(self, source, dest, flags, **kwargs):
        body = segment(source, dest, flags, **kwargs)
        send = self.ip6 if ":" in dest[0] else self.ip4
        send(source[0], dest[0], body)
