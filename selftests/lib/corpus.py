# SPDX-License-Identifier: GPL-2.0-or-later
"""The cases of selftests/corpus/http, for tests that send them to something.

The format is described there. What is kept of a case: its bytes, where its
requests begin, and what becomes of it; not what the engine's own tests compare.
"""

import glob
import os
import re

FOLDER = os.path.join(os.path.dirname(__file__), "..", "corpus", "http")
NAMES = ("Client-IP", "X-SSL-Client-CN")    # protected in every case
PREFIX = "SSL-"

_ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0"}


class Case:
    """One case.

    data is what the client sends; starts are the request lines that the engine
    lets begin; settings are what a policy must say for it, as (word, value).
    """

    def __init__(self, file, name):
        self.file = file
        self.name = name
        self.data = b""
        self.starts = []
        self.names = list(NAMES)
        self.prefixes = [PREFIX]
        self.settings = []
        self.reject = None
        self.open = False
        self.upgrade = None
        self.requests = None

    def __str__(self):
        return f"{self.file}: {self.name}"

    def finish(self, parts):
        """parts: ("both" | "in" | "out", bytes), or ("start", its line)."""
        sent, passed = [], bytearray()
        for kind, text in parts:
            if kind == "start":
                self.starts.append(text or _last_line(passed))
                continue
            if kind != "out":
                sent.append(text)
            if kind != "in":
                passed += text
        self.data = b"".join(sent)

    def most(self):
        """So many whole requests may be seen behind the engine."""
        if self.requests is not None:
            return self.requests
        unfinished = self.reject or self.open
        return max(0, len(self.starts) - bool(unfinished))

    def least(self):
        """So many are there if nobody else refuses any."""
        return 0 if self.upgrade or self.reject else self.most()


def _last_line(text):
    return bytes(text).rstrip(b"\r\n").rpartition(b"\r\n")[2]


def _unescape(text, pos):
    """The byte that text[pos:] says behind a backslash, and where it ends."""
    char = text[pos]
    if char == "x":
        return bytes([int(text[pos + 1:pos + 3], 16)]), pos + 3
    return _ESCAPES.get(char, char.encode()), pos + 1


def _parts(text, pos, kind, until):
    """Parts of text from pos to until; (parts, where that is)."""
    out, plain = [], b""
    while pos < len(text) and text[pos] != until:
        if text[pos] == "\\":
            byte, pos = _unescape(text, pos + 1)
            plain += byte
        elif text[pos] == "{":
            out.append((kind, plain))
            plain = b""
            more, pos = _braces(text, pos + 1, kind)
            out += more
        else:
            plain += text[pos].encode("latin-1")
            pos += 1
    return out + [(kind, plain)], pos


def _braces(text, pos, kind):
    if text.startswith("+}", pos):
        return [("start", b"")], pos + 2
    if text[pos] in "+-":
        kind = "out" if text[pos] == "+" else "in"
        out, pos = _parts(text, pos + 1, kind, "}")
        return out, pos + 1
    times = re.match(r"(\d+)\*", text[pos:])
    out, end = _parts(text, pos + times.end(), kind, "}")
    return out * int(times[1]), end + 1


class _Reader:
    def __init__(self, path):
        self.file = os.path.basename(path).removesuffix(".http")
        self.cases = []
        self.parts = []
        self.repeat = (0, 0)
        with open(path, encoding="latin-1") as file:
            for line in file:
                self.line(line.rstrip("\n"))
        self.finish()

    def finish(self):
        if self.cases:
            self.cases[-1].finish(self.parts)
        self.parts = []

    def line(self, line):
        mark, text = line[:1], line[2:]
        if mark in ("", "#"):
            return
        if mark == "@":
            self.finish()
            self.cases.append(Case(self.file, line[1:].strip()))
        elif mark == "%":
            self.directive(*(text.split(" ", 1) + [""])[:2])
        else:
            kind = "in" if mark == "-" else "both"
            end = b"" if mark == "." else b"\r\n"
            line = _parts(text, 0, kind, "")[0]
            self.parts += line + [(kind, end)]
            if mark == "+":
                self.parts.append(("start", b"".join(p[1] for p in line)))

    def directive(self, word, arg):
        case = self.cases[-1]
        if word == "reject":
            case.reject = arg
        elif word == "open":
            case.open = True
        elif word == "requests":
            case.requests = int(arg)
        elif word in ("switched", "refused"):
            case.upgrade = word
        elif word == "name":
            case.names.append(arg)
            case.settings.append((word, arg))
        elif word == "prefix":
            case.prefixes.append(arg)
            case.settings.append((word, arg))
        elif word == "spoof-reject" or word.endswith("-max"):
            case.settings.append((word, arg))
        elif word == "repeat":
            self.repeat = (len(self.parts), int(arg))
        elif word == "end":
            at, times = self.repeat
            self.parts[at:] = self.parts[at:] * times


def read():
    """All cases, in the order of the files."""
    return [case for path in sorted(glob.glob(os.path.join(FOLDER, "*.http")))
            for case in _Reader(path).cases]


def fold(name):
    """A header's name as CGI has it: case and all odd bytes are gone."""
    return re.sub("[^A-Z0-9]", "_", name.upper())
