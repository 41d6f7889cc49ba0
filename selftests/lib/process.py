# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands and background processes, in a network namespace where wanted.

Not a shell: arguments are lists, a failing command is an exception.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

from . import ktap

_live = []
_tmp = []


def workdir():
    """The folder of this run, removed at its end."""
    if not _tmp:
        _tmp.append(tempfile.mkdtemp(prefix="tlsvip-"))
    return _tmp[0]


def remove_workdir():
    while _tmp:
        shutil.rmtree(_tmp.pop(), ignore_errors=True)


class CmdError(Exception):
    """A command failed; the text holds its output."""

    def __init__(self, argv, rc, out, err):
        super().__init__(f"{' '.join(argv)}: exit {rc}\n{out}{err}")
        self.rc, self.out, self.err = rc, out, err


class Result:
    """What a command left: rc, out, err."""

    def __init__(self, rc, out, err):
        self.rc, self.out, self.err = rc, out, err


def _inside(ns):
    return ns.entered() if ns else contextlib.nullcontext()


def cmd(*argv, ns=None, data=None, check=True, timeout=120, env=None,
        text=True):
    """Runs a command to its end."""
    argv = [str(a) for a in argv]
    if env:
        env = {**os.environ, **env}
    with _inside(ns):
        proc = subprocess.Popen(argv, stdin=subprocess.PIPE, text=text,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=env)
    try:
        out, err = proc.communicate(data, timeout=timeout * ktap.SCALE)
    except BaseException:
        proc.kill()
        proc.communicate()
        raise
    if check and proc.returncode:
        raise CmdError(argv, proc.returncode, out, err)
    return Result(proc.returncode, out, err)


class Bkg:
    """A background process whose output goes to a file.

    Ends with the context or with stop(). Output is shown when a case fails.
    """

    def __init__(self, *argv, ns=None, name=None, env=None, stdin=None,
                 cwd=None):
        self.argv = [str(a) for a in argv]
        self.name = name or os.path.basename(self.argv[0])
        handle, self.log = tempfile.mkstemp(prefix=self.name + ".",
                                            dir=workdir())
        if env:
            env = {**os.environ, **env}
        with _inside(ns):
            self.proc = subprocess.Popen(
                self.argv, stdin=stdin or subprocess.DEVNULL, stdout=handle,
                stderr=handle, env=env, cwd=cwd, start_new_session=True)
        os.close(handle)
        self.pid = self.proc.pid
        self.shown = 0
        _live.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.stop()

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def alive(self):
        return self.proc.poll() is None

    def wait(self, timeout=60):
        """Waits for the end and returns the exit status."""
        return self.proc.wait(timeout * ktap.SCALE)

    def kill(self, sig=signal.SIGKILL):
        """Sends a signal to the process and all it started."""
        try:
            os.killpg(self.pid, sig)
        except ProcessLookupError:
            pass

    def stop(self, sig=signal.SIGTERM, timeout=20):
        if self.alive():
            self.kill(sig)
            try:
                self.proc.wait(timeout * ktap.SCALE)
            except subprocess.TimeoutExpired:
                ktap.note(f"{self.name} ignored signal {sig}, killed")
        self.kill()
        self.proc.wait()
        if self in _live:
            _live.remove(self)
        return self.proc.returncode

    def dump(self, lines=30):
        """Prints what the process said since the last dump."""
        text = self.output()
        new = text[self.shown:].splitlines()
        self.shown = len(text)
        state = "runs" if self.alive() else f"ended {self.proc.returncode}"
        ktap.note(f"-- {self.name} (pid {self.pid}, {state})")
        for line in new[-lines:]:
            ktap.note("   " + line)


def dump_all():
    for proc in _live:
        proc.dump()


def stop_all():
    for proc in reversed(list(_live)):
        proc.stop()


ktap.on_failure(dump_all)
