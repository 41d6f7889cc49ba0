# SPDX-License-Identifier: GPL-2.0-or-later
"""What bench-profile sampled, by function: own and with all it called.

Kernel functions have names, user space is one line for each program. Not a
measurement: sampling itself costs a few percent and is left out.
"""

import bisect
from collections import Counter

USER = 1 << 63
CONTEXT = (1 << 64) - 4096      # PERF_CONTEXT_*: marks, not addresses


class Symbols:
    """The running kernel's, modules included."""

    def __init__(self):
        rows = []
        with open("/proc/kallsyms", encoding="ascii") as file:
            for line in file:
                part = line.split()
                if part[1] in "tTwW":
                    rows.append((int(part[0], 16), part[2]))
        rows.sort()
        self.addrs = [r[0] for r in rows]
        self.names = [r[1] for r in rows]

    def name(self, addr):
        at = bisect.bisect_right(self.addrs, addr) - 1
        return self.names[at] if at >= 0 else "?"


class Profile:
    """Samples of one run; unit is what one sample stands for, per request."""

    def __init__(self, path, unit, symbols):
        self.own, self.all, self.tasks = Counter(), Counter(), Counter()
        self.chains, self.folded = Counter(), Counter()
        with open(path, encoding="ascii") as file:
            for line in file:
                comm, *addrs = line.split()
                self._add(comm, [int(a, 16) for a in addrs], unit, symbols)

    def _add(self, comm, addrs, unit, symbols):
        addrs = [a for a in addrs if a < CONTEXT]
        kernel = [symbols.name(a) for a in addrs if a >= USER]
        comm = comm.split("/")[0]
        if not kernel:
            kernel = [f"user:{comm}"]
        self.tasks[f"{comm} {'user' if kernel[0][:5] == 'user:' else 'kernel'}"
                   ] += unit
        self.own[kernel[0]] += unit
        for name in set(kernel):
            self.all[name] += unit
        self.chains[f"{comm}: " + " < ".join(kernel[:6])] += unit
        self.folded[";".join([comm] + kernel[::-1])] += unit


def text(profile, floor=None, count=60):
    """Tables; with floor, what the profile has more than that one."""
    out = []
    for title, what in (("task", "tasks"), ("function itself", "own"),
                        ("function and what it called", "all"),
                        ("innermost six of the call chain", "chains")):
        mine = Counter(getattr(profile, what))
        if floor:
            mine.subtract(getattr(floor, what))
        rows = sorted(mine.items(), key=lambda r: -abs(r[1]))
        out.append(f"-- k instructions per request, {title}"
                   + (", more than direct" if floor else ""))
        out += [f"{value / 1e3:10.2f}  {name}"
                for name, value in rows[:count]]
    return "\n".join(out)
