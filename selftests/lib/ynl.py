# SPDX-License-Identifier: GPL-2.0-or-later
"""Generic netlink by the specification file, so that tests can ask anything,
also what the CLI would never send. Not a library for products.
"""

import contextlib
import functools
import os
import select
import socket
import struct

import yaml

from . import ktap

SPEC = os.path.join(os.path.dirname(__file__), "..", "..", "Documentation",
                    "netlink", "specs", "tlsvip.yaml")

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS = 1, 2
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
SO_RCVBUFFORCE = 33
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK = 10, 11, 12

# the parser in C, where there is one
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEAD = struct.Struct("HH").unpack_from
_UINT = {4: struct.Struct("I").unpack, 8: struct.Struct("Q").unpack}
_SCALAR = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s32": "i"}


class NlError(Exception):
    """The kernel refused; msg is its extack text."""

    def __init__(self, err, msg):
        super().__init__(f"{os.strerror(err)}: {msg}")
        self.err, self.msg = err, msg


def attr(num, payload):
    raw = struct.pack("HH", 4 + len(payload), num) + payload
    return raw + bytes(-len(raw) % 4)


def parse_attrs(data):
    at = 0
    while at + 4 <= len(data):
        size, num = _HEAD(data, at)
        yield num & 0x3fff, data[at + 4:at + size]
        at += (size + 3) & ~3


@functools.lru_cache(maxsize=None)
def shared_spec():
    """The specification, read once: in a guest that takes seconds."""
    return Spec()


class Spec:
    """The specification, with numbers filled in."""

    def __init__(self, path=SPEC):
        with open(path, encoding="utf-8") as file:
            self.doc = yaml.load(file, _LOADER)
        self.sets = {}
        self.fields = {}
        for aset in self.doc["attribute-sets"]:
            by_name = {}
            for num, item in enumerate(aset["attributes"], 1):
                item["num"] = item.get("value", num)
                by_name[item["name"]] = item
            self.sets[aset["name"]] = by_name
        self.ops = {}
        for num, oper in enumerate(self.doc["operations"]["list"], 1):
            oper["num"] = num
            self.ops[oper["name"]] = oper
        self.by_num = {o["num"]: o for o in self.ops.values()}
        self.enums = {}
        for item in self.doc["definitions"]:
            if item["type"] == "enum":
                names = [e["name"] if isinstance(e, dict) else e
                         for e in item["entries"]]
                self.enums[item["name"]] = names

    def set_of(self, oper):
        """The name of the set of an operation or notification."""
        if "attribute-set" in oper:
            return oper["attribute-set"]
        return self.set_of(self.ops[oper["notify"]])

    def encode(self, name, values):
        """The attributes of the set of that name."""
        aset = self.sets[name]
        out = b""
        for key, value in values.items():
            if isinstance(key, int):        # raw attribute
                out += attr(key, value)
                continue
            item = aset[key]
            many = value if item.get("multi-attr") else [value]
            for one in many:
                out += self._encode_one(item, one)
        return out

    def _encode_one(self, item, value):
        num, kind = item["num"], item["type"]
        if isinstance(value, bytes):
            return attr(num, value)
        if kind == "flag":
            return attr(num, b"") if value else b""
        if kind == "string":
            return attr(num, value.encode() + b"\0")
        if kind == "nest":
            return attr(num | 0x8000, self.encode(
                item["nested-attributes"], value))
        if isinstance(value, str) and "enum" in item:
            value = self.enums[item["enum"]].index(value)
        if isinstance(value, str):
            family = socket.AF_INET6 if ":" in value else socket.AF_INET
            return attr(num, socket.inet_pton(family, value))
        if kind == "uint":
            return attr(num, struct.pack("Q" if value >> 32 else "I", value))
        order = ">" if item.get("byte-order") == "big-endian" else "="
        return attr(num, struct.pack(order + _SCALAR[kind], value))

    def decode(self, name, data):
        """The attributes of the set of that name."""
        fields = self._fields(name)
        out = {}
        for num, raw in parse_attrs(data):
            if num not in fields:
                out[num] = raw
                continue
            key, many, value = fields[num]
            if many:
                out.setdefault(key, []).append(value(raw))
            else:
                out[key] = value(raw)
        return out

    def _fields(self, name):
        """What decode() needs of a set, put together when it is first seen:
        {number: (name, whether there may be many, function of the payload)}."""
        if name not in self.fields:
            self.fields[name] = {
                item["num"]: (item["name"], item.get("multi-attr"),
                              self._decoder(item))
                for item in self.sets[name].values()}
        return self.fields[name]

    def _decoder(self, item):
        kind, hint = item["type"], item.get("display-hint")
        if kind == "flag":
            return lambda raw: True
        if kind == "string":
            return lambda raw: raw.rstrip(b"\0").decode()
        if kind == "nest":
            return functools.partial(self.decode, item["nested-attributes"])
        if hint in ("ipv4", "ipv6"):
            return functools.partial(socket.inet_ntop, socket.AF_INET if
                                     hint == "ipv4" else socket.AF_INET6)
        if kind == "binary":
            return lambda raw: raw
        if kind == "uint":
            return lambda raw: _UINT[len(raw)](raw)[0]
        order = item.get("byte-order", "")
        unpack = struct.Struct((">" if order == "big-endian" else "=") +
                               _SCALAR[kind]).unpack
        names = self.enums[item["enum"]] if "enum" in item else ()

        def scalar(raw):
            value, = unpack(raw)
            return names[value] if 0 <= value < len(names) else value
        return scalar


class Ynl:
    """A netlink socket of a namespace that speaks the tlsvip family."""

    def __init__(self, ns=None, spec=None, strict=True):
        self.spec = spec or shared_spec()
        family = (socket.AF_NETLINK, socket.SOCK_RAW, 16)
        if ns:
            with ns.entered():
                self.sock = socket.socket(*family)
        else:
            self.sock = socket.socket(*family)
        self.sock.settimeout(30 * ktap.SCALE)
        with contextlib.suppress(PermissionError):
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        for opt in (NETLINK_CAP_ACK, NETLINK_EXT_ACK) + (
                (NETLINK_GET_STRICT_CHK,) if strict else ()):
            self.sock.setsockopt(SOL_NETLINK, opt, 1)
        self.sock.bind((0, 0))
        self.seq = 1
        self.events = []
        self.family, self.groups, self.version = self._resolve()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def close(self):
        self.sock.close()

    def _resolve(self):
        body = attr(2, self.spec.doc["name"].encode() + b"\0")
        reply = dict(parse_attrs(
            self._talk(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, body, 0)[0][4:]))
        groups = {}
        for _num, raw in parse_attrs(reply.get(7, b"")):
            part = dict(parse_attrs(raw))
            groups[part[1].rstrip(b"\0").decode()] = \
                struct.unpack("I", part[2])[0]
        return (struct.unpack("H", reply[1])[0], groups,
                struct.unpack("I", reply[3])[0])

    def subscribe(self, group):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                             self.groups[group])

    def _talk(self, kind, command, body, flags):
        """Sends one request; returns the payloads of its answers."""
        self.seq += 1
        head = struct.pack("IHHII", 20 + len(body), kind,
                           NLM_F_REQUEST | NLM_F_ACK | flags, self.seq, 0)
        self.sock.send(head + struct.pack("BBH", command, 1, 0) + body)
        out = []
        while True:
            for mtype, seq, payload in self._messages():
                if seq != self.seq:
                    self._keep_event(mtype, payload)
                elif mtype == NLMSG_ERROR:
                    self._error(payload)
                    return out
                elif mtype == NLMSG_DONE:
                    self._done(payload)
                    return out
                else:
                    out.append(payload)

    def _messages(self):
        data = self.sock.recv(1 << 18)
        at = 0
        while at < len(data):
            size, mtype, flags, seq, _pid = struct.unpack_from("IHHII", data,
                                                               at)
            payload = data[at + 16:at + size]
            if mtype in (NLMSG_ERROR, NLMSG_DONE):
                payload = struct.pack("H", flags) + payload
            yield mtype, seq, payload
            at += (size + 3) & ~3

    @staticmethod
    def _error(payload):
        flags, code = struct.unpack_from("=Hi", payload)
        if code == 0:
            return
        msg = ""
        if flags & 0x200:
            for num, raw in parse_attrs(payload[2 + 20:]):
                if num == NLMSGERR_ATTR_MSG:
                    msg = raw.rstrip(b"\0").decode()
        raise NlError(-code, msg)

    @staticmethod
    def _done(payload):
        flags, code = struct.unpack_from("=Hi", payload)
        if code >= 0:
            return
        msg = ""
        if flags & 0x200:
            for num, raw in parse_attrs(payload[2 + 4:]):
                if num == NLMSGERR_ATTR_MSG:
                    msg = raw.rstrip(b"\0").decode()
        raise NlError(-code, msg)

    def _request(self, name, values, flags):
        oper = self.spec.ops[name]
        aset = self.spec.set_of(oper)
        body = self.spec.encode(aset, values)
        return [self.spec.decode(aset, p[4:])
                for p in self._talk(self.family, oper["num"], body, flags)]

    def do(self, name, /, **values):
        """One request; returns its reply or None."""
        replies = self._request(name, _names(values), 0)
        return replies[0] if replies else None

    def do_raw(self, name, values):
        """As do(), with a dictionary that may hold raw attributes."""
        replies = self._request(name, values, 0)
        return replies[0] if replies else None

    def dump(self, name, /, **values):
        return self._request(name, _names(values), NLM_F_DUMP)

    def wipe(self):
        """Removes everything that is configured."""
        for svc in self.dump("service-get"):
            self.do("service-del", context=svc["context"], name=svc["name"])
        for pol in self.dump("policy-get"):
            self.do("policy-del", context=pol["context"], name=pol["name"],
                    kind=pol["kind"])
        for ctx in self.dump("context-get"):
            self.do("context-del", name=ctx["name"])

    def _keep_event(self, mtype, payload):
        if mtype != self.family:
            return
        oper = self.spec.by_num.get(payload[0])
        self.events.append((oper["name"], self.spec.decode(
            self.spec.set_of(oper), payload[4:])))

    def poll_events(self, timeout=0):
        """Reads what has arrived; returns and forgets all events."""
        while select.select([self.sock], [], [], timeout)[0]:
            for mtype, _seq, payload in self._messages():
                self._keep_event(mtype, payload)
            timeout = 0
        events, self.events = self.events, []
        return events

    def wait_event(self, name, /, **want):
        """The first event of that name with those values."""
        want = _names(want)
        seen = []

        def look():
            seen.extend(self.poll_events(0.05))
            for got, values in seen:
                if got == name and all(values.get(k) == v
                                       for k, v in want.items()):
                    return (values,)
            return None
        try:
            return ktap.wait_for(look, f"event {name} {want}", 30)[0]
        except ktap.Failure:
            ktap.note(f"events seen: {seen}")
            raise


def _names(values):
    return {k.replace("_", "-"): v for k, v in values.items()}
