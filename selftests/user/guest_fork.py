#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""selftests/guest-fork: how a test file ends is what is said of it."""

import os
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, TOP)
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check, check_eq, check_in


class Env:
    """The program, with a folder for the files that it is to run."""

    def __enter__(self):
        # pylint: disable=consider-using-with
        self.tmp = tempfile.TemporaryDirectory()
        self.proc = subprocess.Popen([os.path.join(TOP, "guest-fork")],
                                     stdin=subprocess.PIPE, text=True,
                                     stdout=subprocess.PIPE, bufsize=1)
        return self

    def __exit__(self, *_exc):
        self.proc.stdin.close()
        check_eq(self.proc.wait(), 0, "status of guest-fork")
        self.proc.stdout.close()
        self.tmp.cleanup()

    def path(self, name):
        return os.path.join(self.tmp.name, name)

    def read(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()

    def run(self, text, limit=60):
        """Status and output of a file with that text."""
        with open(self.path("t.py"), "w", encoding="ascii") as file:
            file.write(text)
        self.proc.stdin.write(f"{self.path('t.py')} {limit} "
                              f"{self.path('log')} {self.path('procs')}\n")
        return int(self.proc.stdout.readline()), self.read("log")


@ktap.variants(("falls_out", "pass", 0), ("exit", "sys.exit()", 0),
               ("failed", "sys.exit(1)", 1), ("skipped", "sys.exit(4)", 4),
               ("raises", "raise ValueError", 1),
               ("killed", "os.kill(os.getpid(), 9)", 137),
               ("aborted", "os.abort()", 134))
def test_status(env, _name, text, status):
    check_eq(env.run(f"import os, sys\n{text}\n")[0], status)


def test_limit(env):
    check_eq(env.run("import signal\nwhile 1: signal.pause()\n", 0.2)[0], 124)


def test_limit_ignored(env):
    """SIGTERM does not end it. A busy machine gets longer to come to where it
    is ignored."""
    for limit in (1, 4, 16, 64):
        ended = env.run("import signal\n"
                        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                        "print('ready', flush=True)\n"
                        "while 1: signal.pause()\n", limit)
        if ended != (124, ""):
            break
    check_eq(ended, (137, "ready\n"))


def test_like_a_program(env):
    """Its name, its folder, its output, nothing to read; who reads the list
    of its control group finds it there."""
    status, out = env.run("import os, sys\nprint(sys.argv, os.getcwd(), "
                          "__name__, repr(sys.stdin.read()))\n"
                          "print('problem', file=sys.stderr)\n")
    check_eq(status, 0)
    check_in(f"['{env.path('t.py')}'] {os.path.realpath(env.tmp.name)} "
             "__main__ ''\n", out)
    check_in("problem\n", out)
    check_eq(env.read("procs"), "0")


def test_cases_are_counted(env):
    """A file as tests are: another one's cases and failures are not there."""
    text = ("import os, sys\n"
            "from lib import ktap\n"
            "def test_it():\n    ktap.check(not ktap._after_case, 'a rest')\n"
            "    ktap.after_case(lambda: None)\n"
            "ktap.run(globals())\n")
    for _ in range(2):
        status, out = env.run(text)
        check_eq(status, 0, out)
        check_in("ok 1 t.it #", out)
        check("not ok" not in out, out)


if __name__ == "__main__":
    ktap.run(globals(), Env)
