#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of make bench: a limit that is not kept is said and is an error."""

import os
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [TOP, os.path.join(TOP, "bench")]
# pylint: disable=wrong-import-position
import table
from lib import ktap
from lib.ktap import check_eq, check_in

LOADS = {"small": "1 KB", "get16m": "16 MB", "full": "new"}
RELAYS = ("direct", "tlsvip", "tlsvip-clear", "nginx")


def tables(ours, without=(), load="small"):
    """What is said of figures where the peer takes 200 and direct 100."""
    insn = {"direct": 100, "nginx": 200, "tlsvip-clear": 110, "tlsvip": ours}
    cells = {r: {load: {"insn": insn[r], "insn_client": 10, "idle_share": 0}}
             for r in RELAYS if r not in without}
    return table.instructions(cells, {r: r for r in RELAYS}, LOADS,
                              ("direct",), ("nginx",))


def test_kept():
    text, kept = tables(145)
    check_in("at most 0.45: met", text)
    check_eq((kept, "NOT MET" in text), (True, False))


def test_not_kept():
    text, kept = tables(146)
    check_in("at most 0.45: NOT MET", text)
    check_eq(kept, False)


def test_policy_not_kept():
    text, kept = tables(113, load="get16m")
    check_in("at most 1.02: NOT MET", text)
    check_eq(kept, False)


def test_not_measured():
    """Without a peer, ourselves or a load there is no limit to be kept."""
    for args in ({"without": ("nginx",)}, {"without": ("tlsvip",)},
                 {"load": "full"}):
        text, kept = tables(1000, **args)
        check_eq((kept, "MET" in text), (True, False))


if __name__ == "__main__":
    ktap.run(globals())
