#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures every relay with every workload, inside the VM.

"instructions" needs a VM started with --icount: there one nanosecond of guest
time is one instruction. "wallclock" is for a VM without it. It prints tables
and writes JSON; what is measured where is in place.py. The exit status is 1 if
a limit of what was measured is not kept.
"""

import argparse
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
# pylint: disable=wrong-import-position
from lib import ktap, process
from lib.process import cmd
from place import FLOOR, PEERS, RELAYS, WWW, Place
import samples
import table

PERIOD = 100000     # instructions between samples of a profile

# A closed loop of so many connections leaves the CPU no idle moment. Downloads
# settle in one of several rhythms of windows and acknowledgments, which differ by
# some percent: they are measured more than once, each time from another start, and
# the median counts.
# name: title, client's arguments, warm-ups, body, requests counted, seconds of
# wall clock
WORKLOADS = {
    "small": ("1 KB, keep-alive", ("-c8", "-mkeep"), (200,), "small", 4000, 1),
    "get1m": ("1 MB download", ("-c8", "-mkeep"), (40, 48, 56, 64, 72), "1m",
              64, 1.5),
    "get16m": ("16 MB download", ("-c2", "-mkeep"), (2, 3, 4), "16m", 3, 2),
    "put16m": ("16 MB upload", ("-c2", "-mkeep", "-XPUT"), (2, 3, 4), "16m", 3,
               2),
    "put1m": ("1 MB upload", ("-c8", "-mkeep", "-XPUT"), (64,), "1m", 120,
              1.5),
    "full": ("new connection", ("-c8", "-mfull"), (16,), "small", 60, 1.5),
    "resumed": ("resumed connection", ("-c8", "-mresumed"), (24,), "small", 100,
                1.5),
}


def client(place, relay, load, warmup=None, seconds=None, prefix=()):
    """One run of the client; returns what it measured."""
    _title, args, warmups, body, requests, _secs = WORKLOADS[load]
    path = f"/put/{body}" if "-XPUT" in args else f"/{body}"
    args += (f"-w{warmup or warmups[0]}",)
    if seconds:
        args += (f"-s{seconds}", "-n100000000")
    else:
        args += (f"-n{requests}",)
    out = cmd(*prefix, "bench-client", *args, f"-f{WWW}/{body}", relay.addr,
              relay.port, path, ns=place.client, timeout=300).out
    if "-XPUT" in args:
        cmd("cmp", f"{WWW}/{body}", WWW + path)
        os.unlink(WWW + path)
    return json.loads(out)


def counted(place, relay, load, warmup):
    """One run, as instructions a request."""
    before = place.offloaded(relay.ktls)
    got = client(place, relay, load, warmup)
    if relay.ktls and place.offloaded(relay.ktls) == before:
        ktap.fail(f"{relay.name}: kTLS was not used")
    got["insn"] = (got["ns"] - got["idle_ns"]) / got["requests"]
    got["insn_client"] = got["client_ns"] / got["requests"]
    got["idle_share"] = got["idle_ns"] / got["ns"]
    return got


def instructions(place, relays, loads):
    """{relay: {load: {...}}}; each relay runs alone."""
    cells = {}
    for relay in relays:
        relay.up()
        cells[relay.name] = {}
        for load in loads:
            runs = [counted(place, relay, load, n) for n in WORKLOADS[load][2]]
            runs.sort(key=lambda run: run["insn"])
            got = runs[len(runs) // 2]
            got["runs"] = [run["insn"] for run in runs]
            cells[relay.name][load] = got
            print(f"# {relay.name} {load}: {got['insn'] / 1e3:.1f} k per "
                  f"request, the client {got['insn_client'] / 1e3:.1f}; runs "
                  f"{runs[0]['insn'] / 1e3:.1f} to {runs[-1]['insn'] / 1e3:.1f}",
                  file=sys.stderr, flush=True)
        relay.down()
    return cells


def profiled(place, relays, loads, folded=None):
    """Prints where each relay's instructions go, and direct's difference.
    Whole call chains go to the folder, in the format of flame graphs."""
    raw = os.path.join(process.workdir(), "samples")
    floor = {}
    for relay in relays:
        relay.up()
        symbols = samples.Symbols()     # now, with the modules it loaded
        for load in loads:
            got = client(place, relay, load, prefix=("bench-profile", PERIOD,
                                                     raw))
            made = got["requests"] + got["warmup"]
            done = samples.Profile(raw, PERIOD / made, symbols)
            floor.setdefault(load, done)
            if folded:
                with open(os.path.join(folded, f"{relay.name}-{load}.folded"),
                          "w", encoding="ascii") as file:
                    file.writelines(f"{chain} {round(value)}\n" for chain, value
                                    in sorted(done.folded.items()))
            print(f"== {relay.name} {load}")
            print(samples.text(done), flush=True)
            if floor[load] is not done:
                print(samples.text(done, floor[load]), flush=True)
        relay.down()


def wallclock(place, relays, loads, rounds):
    """{relay: {load: [requests per second, ...]}}; all relays are up, and
    take turns, so that a slow moment of the machine hits them all."""
    cells = {r.name: {load: [] for load in loads} for r in relays}
    for relay in relays:
        relay.up()
    for load in loads:
        for _ in range(rounds):
            for relay in relays:
                got = client(place, relay, load,
                             seconds=WORKLOADS[load][5])
                cells[relay.name][load].append(
                    got["requests"] / got["ns"] * 1e9)
        print(f"# {load}: measured", file=sys.stderr, flush=True)
    for relay in relays:
        relay.down()
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("instructions", "wallclock", "profile"))
    parser.add_argument("--relays", default="", help="a,b,c; default all")
    parser.add_argument("--loads", default="", help="a,b,c; default all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="file to write")
    parser.add_argument("--folded", help="folder for a profile's call chains")
    opts = parser.parse_args()
    loads = opts.loads.split(",") if opts.loads else list(WORKLOADS)
    want = opts.relays.split(",") if opts.relays else None
    try:
        with Place(os.cpu_count()) as place:
            relays = [r(place) for r in RELAYS if not want or r.name in want]
            if opts.what == "profile":
                profiled(place, relays, loads, opts.folded)
                return 0
            if opts.what == "instructions":
                cells = instructions(place, relays, loads)
            else:
                cells = wallclock(place, relays, loads, opts.rounds)
    except (Exception, ktap.Failure):
        process.dump_all()
        raise
    titles = ({r.name: r.title for r in RELAYS},
              {name: row[0] for name, row in WORKLOADS.items()})
    text, kept = getattr(table, opts.what)(cells, *titles, FLOOR, PEERS)
    print(text)
    if opts.json:
        with open(opts.json, "w", encoding="ascii") as file:
            json.dump(cells, file, indent=1)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
