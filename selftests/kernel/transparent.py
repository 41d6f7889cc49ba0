#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""A service without HTTP policy carries bytes: LDAP, IMAP and POP3 with servers
and clients that people use, any bytes at all, and HTTP as nobody should send it.

What a policy does to HTTP is in headers.py.
"""

import base64
import os
import random
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import Caveat
from lib.http import request
from lib.ktap import check, check_eq, check_in
from lib.otherservers import Dovecot, Slapd
from lib.process import cmd, workdir
from lib.servers import Pattern
from lib.tls import V12, V13, context
from lib.topology import SERVER4, VIP4

RAW = (VIP4, 8443)
PORTS = {"ldaps": (636, 389), "imaps": (993, 143), "pop3s": (995, 110)}
LOGIN = f"{Dovecot.USER}:{Dovecot.PASSWORD}"


class Env(Caveat):
    """Servers of other protocols; nothing of HTTP is counted in this file."""

    def __init__(self):
        super().__init__()
        for name, (port, to) in PORTS.items():
            self.tlsvip("service", "add", name, "context", "red", "vip",
                        f"{VIP4}:{port}", "server", f"{SERVER4}:{to}",
                        "trustpoint", "web", "inservice")
        self.before = self.stats()
        ktap.after_case(self.nothing_parsed)

    def nothing_parsed(self):
        stats = self.stats()
        for name in stats:
            if name.startswith(("hdr.", "url.")):
                check_eq(stats[name], self.before[name], name)

    def ldap(self, tool, *args, **kwargs):
        """A client that verifies the certificate of the box."""
        return cmd(tool, "-H", f"ldaps://{VIP4}:636", *Slapd.ADMIN, *args,
                   ns=self.red.client,
                   env={"LDAPTLS_CACERT": self.authority.cert,
                        "LDAPTLS_REQCERT": "demand"}, **kwargs)

    def mail(self, *args):
        return self.curl("--user", LOGIN, *args)


def entries(many, size):
    """LDIF of people of whom much is known."""
    rng = random.Random(5)
    lines = [f"dn: {Slapd.SUFFIX}", "objectClass: dcObject",
             "objectClass: organization", "o: test", ""]
    for num in range(many):
        lines += [f"dn: cn=user{num},{Slapd.SUFFIX}",
                  "objectClass: inetOrgPerson", f"cn: user{num}",
                  f"sn: {rng.getrandbits(64):x}",
                  "description: " + base64.b64encode(
                      rng.randbytes(size)).decode(), ""]
    return "\n".join(lines)


def test_ldap(env):
    """Entries added, searched, modified; the long result is the server's."""
    slapd = Slapd(env.red.server, SERVER4)
    ktap.defer(slapd.proc.stop)
    env.ldap("ldapadd", data=entries(80, 16000))
    search = ("-LLL", "-o", "ldif-wrap=no", "-b", Slapd.SUFFIX)
    got = env.ldap("ldapsearch", *search).out
    want = cmd("ldapsearch", "-H", f"ldap://{SERVER4}", *Slapd.ADMIN,
               *search, ns=env.red.server).out
    check(got == want, "the result of a search")
    check_eq(got.count("\ndn: cn=user"), 80)
    check(len(got) > 1_600_000, f"only {len(got)} bytes of result")
    photo = os.path.join(workdir(), "photo")
    with open(photo, "wb") as file:
        file.write(Pattern.get(1_000_003))
    env.ldap("ldapmodify", data=f"dn: cn=user7,{Slapd.SUFFIX}\n"
             f"changetype: modify\nadd: jpegPhoto\njpegPhoto:< file://{photo}"
             "\n-\nreplace: sn\nsn: new\n")
    got = env.ldap("ldapsearch", *search, "(sn=new)", "jpegPhoto").out
    check_eq(re.findall("^dn: (.*)$", got, re.M),
             [f"cn=user7,{Slapd.SUFFIX}"])
    photo = base64.b64decode(re.search("^jpegPhoto:: (.*)$", got, re.M)[1])
    check(photo == Pattern.get(1_000_003), "bytes of the photo")
    env.ldap("ldapdelete", f"cn=user7,{Slapd.SUFFIX}")
    got = env.ldap("ldapcompare", f"cn=user7,{Slapd.SUFFIX}", "sn:new",
                   check=False)
    check_eq(got.rc, 32, "noSuchObject")


def letter(size):
    """A mail as it is sent, with lines that mean something to POP3."""
    text = base64.encodebytes(Pattern.get(size)).replace(b"\n", b"\r\n")
    return (b"From: a@test\r\nTo: carol@test\r\nSubject: Client-IP\r\n\r\n"
            b".\r\n..\r\n.hidden\r\nGET / HTTP/1.1\r\n\r\n" + text)


def say(client, line, end):
    """Sends a line; the answer, whose last line begins with end."""
    client.send(line)
    said = b""
    while not (said.endswith(b"\r\n") and
               said.splitlines()[-1].startswith(end)):
        part = client.recv()
        check(part, f"the end behind {said[-200:]}")
        said += part
    return said


def test_mail(env):
    """IMAP and POP3: append, list, fetch, delete several MB; greeting, end."""
    dovecot = Dovecot(env.red.server)
    ktap.defer(dovecot.proc.stop)
    imap, pop3 = f"imaps://{VIP4}:993/INBOX", f"pop3s://{VIP4}:995/"
    mails = [letter(3_000_001), letter(10)]
    paths = [os.path.join(workdir(), f"mail-{num}") for num in (0, 1, 2)]
    for text, path in zip(mails, paths):
        with open(path, "wb") as file:
            file.write(text)
    env.mail("-T", paths[0], imap, "-T", paths[1], imap)
    for url in (f"{imap};UID=", pop3):
        env.mail("-o", paths[0], f"{url}1", "-o", paths[1], f"{url}2",
                 *(("-o", paths[2], pop3) if url == pop3 else ()))
        for text, path in zip(mails, paths):
            with open(path, "rb") as file:
                check(file.read() == text, f"a mail from {url}")
    with open(paths[2], encoding="ascii") as file:
        check_eq(file.read().split(), ["1", str(len(mails[0])),
                                       "2", str(len(mails[1]))])
    env.mail("-X", "DELE", "-I", f"{pop3}1")
    pop3_session(env, len(mails[1]))
    imap_session(env)
    greetings(env)


def last_words(client, line, end):
    """The client ends its stream behind its last line, and is answered."""
    client.send(line)
    client.close_notify()
    client.fin()
    check_in(end, client.recv_all())
    client.recv_fin()


def pop3_session(env, size):
    client = env.connect((VIP4, 995), ctx=context(V12))
    say(client, b"", b"+OK")
    say(client, b"USER carol\r\n", b"+OK")
    say(client, b"PASS secret\r\n", b"+OK")
    check_eq(say(client, b"STAT\r\n", b"+OK"), b"+OK 1 %d\r\n" % size)
    last_words(client, b"QUIT\r\n", b"+OK")


def imap_session(env):
    client = env.connect((VIP4, 993), ctx=context(V13))
    say(client, b"", b"* OK")
    say(client, b"a LOGIN carol secret\r\n", b"a OK")
    check_in(b"* LIST ", say(client, b'b LIST "" *\r\n', b"b OK"))
    check_in(b"* 1 EXISTS", say(client, b"c SELECT INBOX\r\n", b"c OK"))
    say(client, b"d STORE 1 +FLAGS (\\Deleted)\r\n", b"d OK")
    check_in(b"* 1 EXPUNGE", say(client, b"e EXPUNGE\r\n", b"e OK"))
    last_words(client, b"f LOGOUT\r\n", b"f OK")


def greetings(env):
    """A client that is silent is greeted; openssl logs out then."""
    for port, hello, last, end in ((993, "* OK", "a LOGOUT\r\n", "a OK"),
                                   (995, "+OK", "QUIT\r\n", "+OK")):
        got = cmd("openssl", "s_client", "-quiet", "-ign_eof", "-connect",
                  f"{VIP4}:{port}", ns=env.red.client, data=last)
        check(got.out.startswith(hello), f"{got.out!r} as a greeting")
        # a busy dovecot may say in between that it waits for its other processes
        lines = got.out.splitlines()
        check(len(lines) > 1 and lines[-1].startswith(end),
              f"an answer to the last line in {got.out!r}")


ANY = bytes(range(256))
RNG = random.Random(7)
BYTES = (("every", ANY * 3, 1), ("doubles", bytes(
    b for one in range(0, 256, 5) for two in range(256)
    for b in (one, two)), 1000), ("random", RNG.randbytes(3_000_001), 16384),
    ("zeros", bytes(100_000), 777), ("lines", b"\r\n" * 20000, 333))


@ktap.variants(*BYTES)
def test_bytes(env, _name, data, size):
    """In records of any size, both ways at once, to the last byte."""
    srv = env.server()
    client = env.connect(RAW)
    seen = []

    def serve():
        peer = srv.accept()
        sender = threading.Thread(
            target=lambda: (peer.send(data[::-1]), peer.fin()))
        sender.start()
        seen.append(peer.recv_all())
        sender.join()
    server = threading.Thread(target=serve)
    server.start()
    client.send_records(data, size)
    client.close_notify()
    client.fin()
    got = client.recv_all()
    server.join()
    check(got == data[::-1], f"{len(got)} bytes from the server")
    check(seen == [data], f"{len(seen[0])} bytes from the client")


SMUGGLED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\nHost : x\nContent-Length: 1, 2\r\n\n",
    b"GET /\r\n\r\nGET / HTTP/0.9\r\n\0\r\n\r\n" + b"A" * 100_000,
    b"POST / HTTP/1.1\r\nTransfer-Encoding:\x0bchunked\r\nA: b\r\n c\r\n\r\n"
    b"ffffffffffffffff1\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    request("/", headers=("Client-IP: 6.6.6.6", "Session-Id: 00",
                          "X-Via: tlsvip-red", "Connection: Client-IP")),
    b"HTTP/1.1 200 OK\r\nLocation: http://a/\r\nContent-Length: 1\r\n"
    b"Content-Length: 2\r\n\r\n")


def test_smuggling(env):
    """What looks like an attack on HTTP is not HTTP here; both ways."""
    srv = env.server()
    client = env.connect(RAW)
    peer = None
    for text in SMUGGLED:
        client.send(text)
        peer = peer or srv.accept()
        got = b""
        while len(got) < len(text):
            got += peer.recv()
        check_eq(got, text, "what the server got")
        peer.send(text)
        got = b""
        while len(got) < len(text):
            got += client.recv()
        check_eq(got, text, "what the client got")
    client.close_notify()
    client.fin()
    check_eq(peer.recv_all(), b"")


if __name__ == "__main__":
    ktap.run(globals(), Env)
