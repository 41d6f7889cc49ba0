#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSCec74017: a Location that spanned more than one TCP segment was not
rewritten.

It is rewritten wherever the server's bytes are cut, down to one byte a segment.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check_eq
from lib.redirects import Rewriting, redirect

HOST = "www.a.example"
FROM = redirect(f"http://{HOST}:80/path?q=http://{HOST}/")
TO = redirect(f"https://{HOST}:444/path?q=http://{HOST}/")
MSS = 1448


class Env(Rewriting):
    """Another length than before: the edit moves what is behind."""
    URLS = "url *.a.example sslport 444"


def exchange(env, answers):
    """What the client gets of each answer, sent in those parts."""
    client, peer = env.pair()
    for parts, want in answers:
        client.request("/")
        peer.request()
        for part in parts:
            peer.send(part)
            env.taken()
        msg = client.response()
        check_eq(msg.raw + msg.body, want)


def test_two_segments(env):
    """Cut at each byte; the first part has been read before the second."""
    exchange(env, [((FROM[:cut], FROM[cut:]), TO)
                   for cut in range(1, len(FROM))])


def test_three_segments(env):
    """A byte of the field alone in a segment."""
    begin = FROM.index(b"Location")
    end = FROM.index(b"/path")
    exchange(env, [((FROM[:cut], FROM[cut:cut + 1], FROM[cut + 1:]), TO)
                   for cut in range(begin, end)])


def test_one_byte_segments(env):
    exchange(env, [([FROM[at:at + 1] for at in range(len(FROM))], TO)] * 2)


@ktap.variants(("mss", MSS), ("record", 16384), ("pages", 32768))
def test_at_an_edge(env, _name, edge):
    """Each byte of the field is the last of a full segment, or record, once."""
    line = len(f"Location: http://{HOST}:80/")
    front = FROM.index(b"Location")
    answers = []
    for back in range(line + 1):
        fill = edge - front - back - len("A: \r\n")
        before = b"A: " + b"a" * fill + b"\r\n"
        answers.append((
            (redirect(f"http://{HOST}:80/", before=before),),
            redirect(f"https://{HOST}:444/", before=before)))
    exchange(env, answers)


def test_content_location(env):
    """The other field that has a URL of the server's."""
    sent = redirect(f"http://{HOST}/a", name="Content-Location")
    want = redirect(f"https://{HOST}:444/a", name="Content-Location")
    exchange(env, [((sent[:cut], sent[cut:]), want)
                   for cut in range(20, len(sent), 3)])


if __name__ == "__main__":
    ktap.run(globals(), Env)
