# SPDX-License-Identifier: GPL-2.0-or-later
"""Text tables of what guest.py measured, and whether it keeps the limits. No
measuring here.
"""

from statistics import median

OURS = "tlsvip"
# What tlsvip may cost over direct, where the best peer costs 1.
LIMITS = {"small": 0.45, "get1m": 0.8}
# Of these the client's part is no measure: without a relay its process carries
# soft interrupts of the box and of the server that it does not otherwise.
WHOLE_ONLY = {"small"}
# What a policy may add to a long body, which it only passes.
CLEAR = "tlsvip-clear"
PASSED = {"get16m": 1.02, "put16m": 1.02}


def _lines(rows):
    """Columns as wide as they need to be, the first to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    out = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)


def _insn(value):
    return f"{value / 1e3:.1f}"


class _Count:
    """Figures of one way to count: insn(relay, load), over(relay, load)."""

    def __init__(self, cells, floor, without_client):
        self.cells, self.without_client = cells, without_client
        self.floor = [f for f in floor if f in cells]

    def insn(self, relay, load):
        cell = self.cells[relay][load]
        return cell["insn"] - (cell["insn_client"] if self.without_client
                               else 0)

    def over(self, relay, load):
        """More than the cheaper way to do without a relay."""
        return self.insn(relay, load) - min(self.insn(f, load)
                                            for f in self.floor)

    def best(self, peers, load, what):
        """(figure, name) of the cheapest peer by over() or insn()."""
        return min((what(p, load), p) for p in peers if p in self.cells)


def instructions(cells, relays, loads, floor, peers):
    """Totals, without the client, over direct, ratios to the best peer; and
    whether all limits are kept of what was measured.
    """
    names = [n for n in loads if n in next(iter(cells.values()))]
    head = [""] + [loads[n] for n in names]
    whole, served = (_Count(cells, floor, flag) for flag in (False, True))
    others = [r for r in cells if r not in whole.floor]
    limits = []

    def rows(which, what):
        return _lines([head] + [
            [relays[r]] + [_insn(what(r, n)) for n in names] for r in which])

    out = ["k instructions per request, client, relay and server",
           rows(cells, whole.insn),
           "\n... without the client's process",
           rows(cells, served.insn)]
    if whole.floor and others:
        out += ["\n... and over direct (the cheaper of the two): the relay's "
                "own", rows(others, served.over)]
        if OURS in cells and any(p in cells for p in peers):
            out += ["\ntlsvip against the best peer (below 1: less work)",
                    _lines([head] + _against(names, whole, served, peers))]
            out.append("")
            limits += _limits(names, loads, whole, peers, ", client included")
            limits += _limits([n for n in names if n not in WHOLE_ONLY], loads,
                              served, peers, ", without the client's process")
    if OURS in cells and CLEAR in cells:
        limits += _passed(names, loads, whole)
    out += [f"{text}: {'met' if met else 'NOT MET'}" for text, met in limits]
    worst = max((c["idle_share"], r, n) for r in cells
                for n, c in cells[r].items())
    out.append(f"\nidle time, not counted: at most {worst[0]:.2%} "
               f"({worst[1]}, {worst[2]})")
    return "\n".join(out), all(met for _text, met in limits)


def _against(names, whole, served, peers):
    out = []
    for title, count, what in (
            ("over direct", served, served.over),
            ("over direct, client included", whole, whole.over),
            ("whole request, client included", whole, whole.insn)):
        row, who = [title], ["  best peer"]
        for name in names:
            value, peer = count.best(peers, name, what)
            row.append(_ratio(what(OURS, name), value))
            who.append(peer)
        out += [row, who]
    return out


def _limits(names, loads, count, peers, title):
    """(text, kept) of each limit; a peer that costs nothing has no ratio."""
    for name in names:
        theirs = count.best(peers, name, count.over)[0]
        if name in LIMITS and theirs > 0:
            ratio = count.over(OURS, name) / theirs
            yield (f"{loads[name]}: {ratio:.2f} of the best peer over direct"
                   f"{title}, at most {LIMITS[name]}", ratio <= LIMITS[name])


def _passed(names, loads, count):
    """(text, kept) of each long body: with a policy against without."""
    for name in names:
        if name in PASSED:
            ratio = count.insn(OURS, name) / count.insn(CLEAR, name)
            yield (f"{loads[name]}: {ratio:.3f} of what it takes without a "
                   f"policy, at most {PASSED[name]}", ratio <= PASSED[name])


def _ratio(ours, theirs):
    return f"{ours / theirs:.2f}" if theirs > 0 else "-"


def wallclock(cells, relays, loads, floor, peers):
    """Requests per second against direct in the same round, the median; no
    limit is set for what the clock says.
    """
    floor = [f for f in floor if f in cells] or list(cells)
    names = [n for n in loads if n in next(iter(cells.values()))]
    rows = [[""] + [loads[n] for n in names]]
    for relay in cells:
        row = [relays[relay]]
        for name in names:
            base = cells[floor[0]][name]
            ratios = [a / b for a, b in zip(cells[relay][name], base)]
            row.append(f"{median(ratios):.2f}")
        rows.append(row)
    out = ["requests per second by the clock, direct = 1 (2 CPUs, median of "
           "rounds)", _lines(rows)]
    if OURS in cells and any(p in cells for p in peers):
        row = ["best peer = 1"]
        for name in names:
            best = max(median(cells[p][name]) for p in peers if p in cells)
            row.append(f"{median(cells[OURS][name]) / best:.2f}")
        out += ["", "tlsvip against the fastest peer",
                _lines([rows[0], row])]
    return "\n".join(out), True
