#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCsh79045: after some time of normal work no header lines were inserted until
the module was loaded again.

Thousands of requests, of clients that behave and of such that do not, change
nothing: each request that reaches the server has its lines.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.caveat import URL, Caveat, check_fields
from lib.http import request
from lib.ktap import check_eq
from lib.tls import V12, V13, context
from lib.topology import VIP4

ROUNDS, MANY, AT_ONCE = 20, 100, 50
GET = request("/headers", headers=("X-Via: forged", "Client-IP: 6.6.6.6"))


class Env(Caveat):
    """nginx logs what it sees."""
    NGINX = True


def many(client):
    """MANY requests on a connection; what nginx says of each is the same."""
    said = None
    for _ in range(0, MANY, AT_ONCE):
        client.send(GET * AT_ONCE)
        for _ in range(AT_ONCE):
            body = client.response().body
            if said is None:
                check_fields(body, client)
                said = body
            check_eq(body, said)


def misbehave(env, num):
    """What also happens on a normal day."""
    client = env.connect((VIP4, 443))
    if num % 4 == 0:
        client.send(GET[:40])
        env.drained(client)
        client.reset()
    elif num % 4 == 1:
        client.send(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n")
        check_eq(client.response().status, 400)
    elif num % 4 == 2:
        client.send(GET * 10)
        client.reset()
    else:
        client.request("/", method="POST", body=b"", headers=("A: b" * 9000,))
        client.fin()
    client.close()


def test_long_run(env):
    """Rounds of requests, resumed sessions, and bad clients in between."""
    grow = env.grow("hdr.inserted", "conn.accepted")
    sessions = {}
    for num in range(ROUNDS):
        ctx = sessions.setdefault(num % 2, context((V12, V13)[num % 2]))
        old = sessions.get(f"of {num % 2}")
        with env.client(addr=(VIP4, 443), ctx=ctx, session=old) as client:
            many(client)
            check_eq(client.reused, num > 1, f"resumed in round {num}")
            sessions[f"of {num % 2}"] = client.session
            client.close_notify()
        misbehave(env, num)
    env.wait_idle()
    ktap.check_ge(grow.by("hdr.inserted"), ROUNDS * MANY)
    for line in set(env.nginx["red"].lines()):
        check_fields(line)


def test_policy_and_daemon_changes(env):
    """Lines are there, too, when what makes them was changed many times."""
    words = ("policy http-header set h1 context red client-ip-port session "
             'custom "X-Via: ')
    for num in range(4):
        env.batch("".join(f'{words}{n}"\n' for n in range(20)) +
                  f'{words}tlsvip-red"\n')
        if num == 2:
            env.stop_daemon()
            env.start_daemon()
        with env.client(addr=(VIP4, 443)) as client:
            many(client)
    check_fields(env.curl(f"{URL}/headers").out)


if __name__ == "__main__":
    ktap.run(globals(), Env)
