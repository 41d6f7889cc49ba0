#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# stable: the bytes that servers see do not depend on the kernel
"""The requests of selftests/corpus/http, sent through the box to servers of
other makers: what do they see?

No server may see more requests than the engine let begin, none under another
target, and none that has a name that the policy inserts or protects from
anyone but the box. That a server refuses what the engine passes is all right;
such differences are printed.
"""

import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import corpus, exchange, ktap
from lib.appliance import Appliance
from lib.corpus import fold
from lib.http_servers import (BEGUN, Apache, Gunicorn, Haproxy, Lighttpd,
                              Nginx, Node)
from lib.ktap import check, check_eq
from lib.tls import V12, context
from lib.topology import CLIENT4, SERVER4, VIP4

SERVERS = (Nginx, Apache, Lighttpd, Gunicorn, Node, Haproxy)
OURS = ("SSL-Client-IP", "SSL-Client-Port")
# the smallest that a policy takes; below it, a limit is the engine's alone
LEAST = {"line-max": 64, "head-max": 256, "fields-max": 1, "name-max": 16,
         "ext-max": 0, "trailer-max": 2}
# where what is refused is not in the head
IN_BODIES = ("chunked", "smuggling", "trailer")
NAMES_MAX = 15      # and of this length
NAME_MAX = 64


def words(case):
    """What a policy says for a case; None if it cannot."""
    out = []
    names = [v for w, v in case.settings if w == "name"]
    if len(names) > NAMES_MAX or any(len(n) > NAME_MAX for n in names):
        return None
    for word, value in case.settings:
        if word == "name":
            out.append(f"protect {value}")
        elif word == "spoof-reject":
            out.append("spoof reject")
        elif word in LEAST and int(value) >= LEAST[word]:
            out.append(f"{word} {value}")
        else:
            return None
    return " ".join(out)


class Sent:
    """A case on its way; cut is where it is cut in two, or None."""

    def __init__(self, case, cut, group, port):
        self.case = case
        self.group = group
        self.port = port
        self.how = "whole" if cut is None else f"cut at {cut}"
        self.pieces = [p for p in ([case.data] if cut is None else
                                   [case.data[:cut], case.data[cut:]]) if p]
        self.whole = []
        self.begun = []
        self.refused = []

    def __str__(self):
        return f"{self.case} ({self.how})"

    def protected(self, name):
        """Whether the policy of its service protects a name."""
        names = self.case.names if self.group else corpus.NAMES
        return (fold(name) in map(fold, (*names, *OURS))
                or fold(name).startswith(fold(corpus.PREFIX)))


class Env(Appliance):
    """A service for each policy that the corpus asks for; the first one for
    the cases that ask for what no policy can say."""
    TENANTS = ("red",)
    NGINX = False
    SERVICES = False

    def __init__(self):
        super().__init__()
        self.cases = corpus.read()
        said = {words(c) for c in self.cases} - {None}
        self.groups = [None, *sorted(said)]
        self.names = sorted({n for c in self.cases for n in sent_names(c)}
                            | set(OURS))
        self.port = 20000
        self.server_port = 8000
        self.sessions = {}
        self.ctx = context(V12)     # where a session costs no key exchange
        self.batch("context add red vrf vrf-red\n" + "".join(
            f"policy http-header add g{n} context red client-ip-port "
            f"prefix SSL protect X-SSL-Client-CN {w or ''}\n"
            for n, w in enumerate(self.groups)))
        ktap.after_case(self.wait_idle)

    def addr(self, group):
        return VIP4, 10000 + group

    def services(self):
        """To the server that is under test, which gets a port of its own."""
        ktap.defer(self.batch, "".join(
            f"service delete g{n} context red\n"
            for n in range(len(self.groups))), check=False)
        self.server_port += 1
        self.batch("".join(
            f"service add g{n} context red vip {VIP4}:{self.addr(n)[1]} "
            f"server {SERVER4}:{self.server_port} trustpoint web "
            f"policy http-header g{n} handshake-timeout 10m inservice\n"
            for n in range(len(self.groups))))

    def sendings(self, turn):
        """Every case whole, but one in six is cut in two; which ones, and
        where, is another choice for each server. Of requests that are refused
        in their heads a server gets one whole and one cut in six: there is
        hardly anything of them to see."""
        rand = random.Random(turn)
        out = []
        for num, case in enumerate(self.cases):
            place = (num + turn) % len(SERVERS)
            if (case.reject and not case.most() and place > 1
                    and case.file not in IN_BODIES):
                continue
            cut = None
            if place == 0 and len(case.data) > 1:
                cut = rand.randrange(1, len(case.data))
            self.port += 1
            out.append(Sent(case, cut, self.groups.index(words(case)),
                            self.port))
        return out

    def send(self, sendings, wait):
        """All of them; returns how many requests began, by service. With wait,
        the clients end when the answers that are due have come."""
        todo = [exchange.Exchange(
            self.addr(s.group), (CLIENT4, s.port), s.pieces,
            s.case.least() if wait and s.group else 0) for s in sendings]
        # of each service one ahead, which gets the session for the others
        first = list({t.addr: t for t in reversed(todo)}.values())
        rest = [t for t in todo if t not in first]
        for some in (first, rest):
            exchange.run(self.red.client, self.ctx, some, self.sessions)
        self.wait_idle()
        return {s["service"]: s["counters"]["hdr.requests"]
                for s in self.json("stats", "show", "all") if "service" in s}


def sent_names(case):
    """Protected names as a case spells them."""
    for match in re.finditer(rb"(?:^|\n)([!#$%&'*+.^_`|~0-9A-Za-z-]+):",
                             case.data):
        name = match[1].decode()
        if (fold(name) in map(fold, case.names) or any(
                fold(name).startswith(fold(p)) for p in case.prefixes)):
            yield name


def same_line(seen, start):
    """The request lines agree; an absolute target may have lost its host."""
    got, want = seen.split(" "), start.decode("latin-1").split(" ")
    if got[0] != want[0] or len(got) < 2:
        return False
    if got[1] == want[1]:
        return True
    path = re.compile("^([A-Za-z]+://[^/?]*)?/?")
    return path.sub("/", got[1], 1) == path.sub("/", want[1], 1)


def assign(seen, sendings):
    """Lines of a log to those who caused them, by the inserted port."""
    ports = {str(s.port): s for s in sendings}
    for one in seen:
        who = ports.get(one.headers.get("SSL_CLIENT_PORT", [None])[0])
        if who:
            (who.refused if one.refused else
             who.begun if one.status == BEGUN else who.whole).append(one)
        else:
            check(one.refused, f"nobody's request: {one}")


def strange(seen, starts):
    """A request that the engine did not let begin there, or None."""
    starts = list(starts)
    for one in seen:
        while starts and not same_line(one.line, starts[0]):
            starts.pop(0)
        if not starts:
            return one
        starts.pop(0)
    return None


def judge(sent, kind):
    """What is wrong with what a server saw of one sending, as a list."""
    case, out = sent.case, []
    most = len(case.starts) if kind.truncates else case.most()
    if sent.group and len(sent.whole) > most:
        out.append(f"{len(sent.whole)} requests, not {most}: "
                   + ", ".join(map(str, sent.whole)))
    for seen in (sent.whole, sent.begun):
        odd = strange(seen, case.starts)
        if sent.group and odd:
            out.append(f"a request of its own: {odd}")
    for one in sent.whole + sent.begun + sent.refused:
        want = {"SSL_CLIENT_IP": [CLIENT4],
                "SSL_CLIENT_PORT": [str(sent.port)]}
        got = {n: v for n, v in one.headers.items() if sent.protected(n)}
        if got != want and (not one.refused or set(got) - set(want)):
            out.append(f"{one} has {got}")
    return out


@ktap.variants(*[(s.__name__.lower(), s, n) for n, s in enumerate(SERVERS)])
def test_requests(env, name, kind, turn):
    """All cases, to one server."""
    env.services()
    server = kind(env.red.server, env.server_port, env.names)
    ktap.defer(server.proc.stop)
    sendings = env.sendings(turn)
    began = env.send(sendings, kind.hasty)
    assign(server.finish(), sendings)
    faults = [f"{s}: {f}" for s in sendings for f in judge(s, kind)]
    exact = [s for s in sendings if s.group]
    less = {f"  {s.case} ({len(s.whole)} of {s.case.least()})"
            for s in exact if len(s.whole) < s.case.least()}
    due = sum(s.case.least() for s in exact)
    got = sum(min(len(s.whole), s.case.least()) for s in exact)
    ktap.note(f"{name} saw {got} of {due} requests; fewer in these cases:")
    ktap.note("\n".join(sorted(less)), 100)
    ktap.note("\n".join(faults), 200)
    check_eq(len(faults), 0, "faults")
    for num, words_ in enumerate(env.groups):
        mine = sum(max(len(s.whole), len(s.begun)) for s in sendings
                   if s.group == num)
        check(mine <= began[f"g{num}"], f"{mine} requests at the server, "
              f"{began[f'g{num}']} counted, with {words_!r}")
    check(got >= 0.9 * due, "most requests are missing")


if __name__ == "__main__":
    ktap.run(globals(), Env)
