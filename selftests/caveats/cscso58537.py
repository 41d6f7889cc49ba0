#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCso58537: where a session left the session cache while a request of it was
under way, zeros were inserted as its Session-Id.

The id is taken at the handshake and is the connection's: whatever becomes of
the session in the daemon, requests have it, those that are half here as well.
"""

import os
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import Caveat, check_id
from lib.http import request
from lib.insertion import check_inserted
from lib.ktap import check, check_eq
from lib.tls import V12, V13, context

GET = request("/while", headers=("A: b", "C: d"))
LIFETIME = 7200     # of a session, in seconds, see tlsvipd(8)


def no_tickets():
    """A client that the daemon has to keep a session for."""
    ctx = context(V12)
    ctx.options |= ssl.OP_NO_TICKET
    return ctx


def expire(_env):
    """Three hours pass, for the daemon and for OpenSSL; and come back."""
    begin = time.clock_gettime(time.CLOCK_REALTIME)
    start = time.monotonic()
    time.clock_settime(time.CLOCK_REALTIME, begin + LIFETIME + 3600)

    def back():
        time.clock_settime(time.CLOCK_REALTIME,
                           begin + time.monotonic() - start)
    ktap.defer(back)


def forget(env):
    """The daemon ends, and another knows nothing of the session."""
    env.stop_daemon()
    env.start_daemon()


def alone(env):
    """There is no daemon at all."""
    env.stop_daemon()
    ktap.defer(env.start_daemon)


KINDS = (("tickets-1.3", lambda: context(V13)),
         ("tickets-1.2", lambda: context(V12)), ("cache", no_tickets))
EVENTS = (("expired", expire), ("forgotten", forget), ("alone", alone))


def exchange(client, srv, peer=None):
    """A request and its answer; the peer and the id that it saw."""
    client.send(GET)
    peer = peer or srv.accept()
    msg = peer.request()
    check_inserted(msg, GET, client)
    peer.respond()
    check_eq(client.response().status, 200)
    check_id(msg.get("Session-Id"))
    return peer, msg.get("Session-Id")


@ktap.variants(*[(f"{kind[0]}-{event[0]}", kind[1], event[1])
                 for kind in KINDS for event in EVENTS])
def test_request_under_way(env, _name, kind, event):
    """Half of a request is here when it happens; a full and a resumed one."""
    ctx = kind()
    client, srv = env.pair(ctx=ctx)
    peer, first = exchange(client, srv)
    again = env.connect(ctx=ctx, session=client.session)
    check(again.reused, "the session was not resumed")
    peer_again, resumed = exchange(again, srv)
    check_eq(resumed, first, "id of the resumed session")
    pairs = ((client, peer), (again, peer_again))
    for one, _peer in pairs:
        one.send(GET[:20])
        env.drained(one)
    event(env)
    if event is not alone:
        late = env.connect(ctx=ctx, session=client.session)
        check(not late.reused, "the session is still there")
        check(exchange(late, srv)[1] != first, "two sessions with one id")
    for one, its in pairs:
        one.send(GET[20:])
        msg = its.request()
        check_inserted(msg, GET, one)
        check_eq(msg.get("Session-Id"), first, "id behind the event")
        its.respond()
        check_eq(one.response().status, 200)
        check_eq(exchange(one, srv, its)[1], first, "id of the next request")


def test_many_sessions(env):
    """Each session has its own id, and keeps it while others come."""
    srv = env.server()
    ctx = no_tickets()
    clients = [env.connect(ctx=ctx) for _ in range(8)]
    pairs = [(client, *exchange(client, srv)) for client in clients]
    check_eq(len({one[2] for one in pairs}), 8, "different ids")
    for client, peer, session_id in pairs:
        check_eq(exchange(client, srv, peer)[1], session_id)


if __name__ == "__main__":
    ktap.run(globals(), Caveat)
