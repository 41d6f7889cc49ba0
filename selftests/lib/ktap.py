# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the cases of a test file and reports them as KTAP.

Not a framework: a case is a function test_*, a failed check is an exception.
"""

import faulthandler
import functools
import inspect
import os
import signal
import sys
import time
import traceback

# The debug kernel is several times slower; only upper bounds are scaled.
SCALE = 8 if os.environ.get("TLSVIP_VM") == "debug" else 1
CASE_SECONDS = 300

_deferred = []
_on_failure = []
_after_case = []


class Failure(Exception):
    """A check that did not hold."""


class Skip(Exception):
    """The case cannot run here; the text says why."""


class Hang(BaseException):
    """The case ran out of time; not an Exception, so that no case eats it."""


def defer(func, *args, **kwargs):
    """Calls func after the case, last deferred first."""
    _deferred.append(functools.partial(func, *args, **kwargs))


def on_failure(func):
    """func() prints what helps to understand a failed case."""
    _on_failure.append(func)


def after_case(func):
    """func() runs after every passed case and may fail it."""
    _after_case.append(func)


def note(text, most=60):
    """Prints diagnostic lines, the middle of very many left out."""
    lines = str(text).splitlines() or [""]
    if len(lines) > most:
        lines[most // 2:-most // 2] = [f"... {len(lines) - most} lines ..."]
    for line in lines:
        print("# " + line[:1000], flush=True)


def fail(msg):
    raise Failure(msg)


def check(cond, msg):
    if not cond:
        fail(msg)


def check_eq(got, want, msg="value"):
    if got != want:
        fail(f"{msg}: got {_short(got)}, want {_short(want)}")


def check_in(part, whole, msg="value"):
    if part not in whole:
        fail(f"{msg}: {_short(part)} is not in {_short(whole)}")


def check_ge(got, least, msg="value"):
    if not got >= least:
        fail(f"{msg}: got {_short(got)}, want at least {_short(least)}")


def check_raises(exc, func, *args, **kwargs):
    """func must raise exc, which is returned."""
    try:
        func(*args, **kwargs)
    except exc as err:
        return err
    return fail(f"{func.__name__} {_short(args)} did not raise {exc}")


def _short(value):
    text = repr(value)
    return text if len(text) < 600 else f"{text[:280]} ... {text[-280:]}"


def wait_for(cond, what, timeout=60, pause=0.002):
    """Polls cond until it is true and returns what it returned. pause: seconds
    before the second look; they grow to 0.1."""
    end = time.monotonic() + timeout * SCALE
    while True:
        value = cond()
        if value:
            return value
        if time.monotonic() > end:
            fail(f"waited {timeout * SCALE} s for: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def variants(*rows):
    """Runs the decorated case once per row; the first item names the variant."""
    def mark(func):
        func.variants = [r if isinstance(r, tuple) else (r,) for r in rows]
        return func
    return mark


def _expand(scope):
    for name, func in scope.items():
        if not name.startswith("test_") or not inspect.isfunction(func):
            continue
        rows = getattr(func, "variants", None)
        if rows is None:
            yield name[5:], func, ()
            continue
        for row in rows:
            yield f"{name[5:]}.{row[0]}", func, row


def _flush(todo):
    while todo:
        func = todo.pop()
        try:
            func()
        except Exception:  # a case's leftovers must not stop the others
            note("cleanup failed:")
            note(traceback.format_exc())


def _alarm(_sig, _frame):
    faulthandler.dump_traceback(file=sys.stdout)
    raise Hang()


def _run_case(func, args):
    """Returns None when passed, else (word, text)."""
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(CASE_SECONDS * SCALE)
    try:
        func(*args)
        _flush(_deferred)
        for hook in _after_case:
            hook()
    except Skip as why:
        return "skip", str(why)
    except Hang:
        return "fail", f"did not end within {CASE_SECONDS * SCALE} s"
    except Failure as err:
        frame = traceback.extract_tb(err.__traceback__)
        where = [f for f in frame if f.name.startswith("test_")]
        line = f" (line {where[-1].lineno})" if where else ""
        return "fail", f"{err}{line}"
    except Exception:
        return "fail", traceback.format_exc()
    finally:
        signal.alarm(0)
        _flush(_deferred)
    return None


def run(scope, setup=None, prefix=None):
    """Runs the test_* functions of scope and exits with kselftest's status.

    setup is a context manager class or None; what it gives is the first
    argument of every case. Words on the command line select cases by name.
    """
    prefix = prefix or os.path.basename(sys.argv[0]).rsplit(".", 1)[0]
    words = sys.argv[1:]
    cases = [c for c in _expand(scope)
             if not words or any(w in c[0] for w in words)]
    counts = {"pass": 0, "fail": 0, "skip": 0}
    print(f"KTAP version 1\n1..{len(cases)}", flush=True)
    try:
        if setup is None:
            _run_all(cases, (), prefix, counts)
        else:
            with setup() as env:
                _run_all(cases, (env,), prefix, counts)
    except Skip as why:
        # the plan is kept, so that the reader of the points sees them all
        for num, case in enumerate(cases, 1):
            print(f"ok {num} {prefix}.{case[0]} # SKIP {why}", flush=True)
        counts["skip"] = len(cases)
    except (Exception, Hang):
        note("set-up or clean-up failed:")
        note(traceback.format_exc())
        for dump in _on_failure:
            dump()
        counts["fail"] += max(1, len(cases) - sum(counts.values()))
    print(f"# totals: {counts['pass']} passed, {counts['fail']} failed, "
          f"{counts['skip']} skipped", flush=True)
    sys.exit(1 if counts["fail"] else 4 if not counts["pass"] else 0)


def _run_all(cases, args, prefix, counts):
    for num, (name, func, row) in enumerate(cases, 1):
        begin = time.monotonic()
        result = _run_case(func, args + row)
        took = f"{time.monotonic() - begin:.2f} s"
        if result is None:
            counts["pass"] += 1
            print(f"ok {num} {prefix}.{name} # {took}", flush=True)
        elif result[0] == "skip":
            counts["skip"] += 1
            print(f"ok {num} {prefix}.{name} # SKIP {result[1]}", flush=True)
        else:
            counts["fail"] += 1
            note(result[1])
            for dump in _on_failure:
                dump()
            # the last line says most, of a traceback too
            why = result[1].strip().splitlines()[-1:] or [""]
            print(f"not ok {num} {prefix}.{name} # {took}: {why[0][:300]}",
                  flush=True)
