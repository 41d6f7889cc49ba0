#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The CLI used wrongly: status 2, the wrong word named, nothing on stdout.

Needs no kernel module: what is right is tested in kernel/cli.py.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check, check_eq, check_in

ADD = "service add web context red"
FULL = f"{ADD} vip 10.0.0.1:443 server 10.0.0.2:80 trustpoint web"
NOT_LOADED = "the tlsvip module is not loaded (modprobe tlsvip)"
LONG = "n" * 64
HDR = "policy http-header add h1 context red"


def tlsvip(*args, data=None, **kwargs):
    kwargs.setdefault("stdout", subprocess.PIPE)
    return subprocess.run(["tlsvip", *args], input=data, text=True,
                          stderr=subprocess.PIPE, timeout=60, check=False,
                          **kwargs)


def refused(args, status, *words):
    """tlsvip ARGS must end with status and say all words."""
    if isinstance(args, str):
        args = args.split()
    got = tlsvip(*args)
    check_eq(got.returncode, status, f"{args}: {got.stderr}")
    check_eq(got.stdout, "", f"{args}: standard output")
    for word in words:
        check_in(word, got.stderr, f"{args}")


# what is typed, and what the message must have
WRONG = [
    ("nothing", "", "Usage:"),
    ("object", "foo", "'foo' is not an object", "context, policy, service"),
    ("object-abbreviated", "serv show", "'serv' is not an object"),
    ("option", "-x", "'-x' is not an option"),
    ("option-letters", "-jx", "'-jx'"),
    ("option-long-abbreviated", "--js", "'--js' is not an option"),
    ("option-netns-missing", "-n", "-n: nothing follows", "NETNS"),
    ("option-batch-missing", "-b", "-b: nothing follows", "FILE"),
    ("option-pki-missing", "--pki", "--pki: nothing follows", "DIR"),
    ("option-netns-slash", "-n ../x context show", "'../x' is not the name"),
    ("option-batch-and-command", "-b - context show", "'context'"),
    ("context", "context", "Usage: tlsvip context"),
    ("policy", "policy", "Usage: tlsvip policy"),
    ("policy-header", "policy http-header", "Usage: tlsvip policy"),
    ("service", "service", "Usage: tlsvip service"),
    ("conn", "conn", "Usage: tlsvip conn"),
    ("stats", "stats", "Usage: tlsvip stats"),
    ("pki", "pki", "Usage: tlsvip"),
    ("context-command", "context foo", "'foo' is not a command",
     "add, set, delete, show, or help"),
    ("context-command-abbreviated", "context del x", "'del'"),
    ("policy-command", "policy foo", "'foo'", "http-header"),
    ("policy-header-command", "policy http-header foo", "'foo'", "add, set"),
    ("service-command", "service foo", "'foo'", "add, set, delete, show"),
    ("conn-command", "conn foo", "'foo'", "show"),
    ("stats-command", "stats foo", "'foo'", "show, clear"),
    ("monitor-command", "monitor foo", "'foo'", "config, events"),
    ("monitor-more", "monitor config x", "'x'", "nothing more"),
    ("pki-command", "pki foo", "'foo'", "import, delete, show"),

    ("context-add-name-missing", "context add", "nothing follows", "NAME"),
    ("context-add-name-bad", "context add a/b", "'a/b' is not a name"),
    ("context-add-name-long", f"context add {LONG}", "is not a name", "63"),
    ("context-add-key", "context add red foo", "'foo'", "vrf or maxconns"),
    ("context-add-vrf-missing", "context add red vrf", "vrf: nothing"),
    ("context-add-vrf-long", "context add red vrf a123456789012345",
     "vrf: 'a123456789012345'", "15"),
    ("context-add-vrf-slash", "context add red vrf a/b", "vrf: 'a/b'"),
    ("context-add-vrf-twice", "context add red vrf a vrf b", "vrf: given"),
    ("context-add-maxconns-missing", "context add red maxconns",
     "maxconns: nothing follows"),
    ("context-add-maxconns-zero", "context add red maxconns 0",
     "maxconns: '0'", "1 to 4294967295"),
    ("context-add-maxconns-big", "context add red maxconns 4294967296",
     "maxconns: '4294967296'"),
    ("context-add-maxconns-huge", "context add red maxconns " + "9" * 40,
     "maxconns: '9999"),
    ("context-add-maxconns-sign", "context add red maxconns -1", "'-1'"),
    ("context-add-maxconns-hex", "context add red maxconns 0x10", "'0x10'"),
    ("context-add-maxconns-tail", "context add red maxconns 10k", "'10k'"),
    ("context-set-nothing", "context set red", "nothing to change"),
    ("context-set-vrf", "context set red vrf x", "'vrf'", "maxconns"),
    ("context-delete-nothing", "context delete", "NAME"),
    ("context-delete-more", "context delete red blue", "'blue'"),
    ("context-show-more", "context show red blue", "'blue'"),

    ("policy-add-name", "policy http-header add", "NAME"),
    ("policy-add-context", "policy http-header add h1 session",
     "context is missing", "context CONTEXT"),
    ("policy-add-key", "policy http-header add h1 context red foo", "'foo'",
     "client-ip-port"),
    ("policy-add-session-twice",
     "policy http-header add h1 context red session session", "given twice"),
    ("policy-add-key-all", f"{HDR} foo", "'foo' is not known here, expected "
     "context, client-ip-port, session, forwarded, x-forwarded, client-cert, "
     "subject-name, rfc9440, custom, prefix, alias, protect, spoof, head-max, line-max, fields-max, "
     "name-max, ext-max, trailer-max, records-max, crlf-max or "
     "head-timeout\n"),
    ("policy-add-abbreviated", f"{HDR} forw", "'forw' is not known here"),
    ("policy-add-session-word", f"{HDR} session twice",
     "'twice' is not known here, expected always, once, context"),
    ("policy-add-session-word-twice", f"{HDR} session once always",
     "'always' is not known here, expected always, once, context"),
    ("policy-add-session-both", f"{HDR} session session once",
     "session: given twice"),
    ("policy-add-once-alone", f"{HDR} forwarded once",
     "'once' is not known here, expected context"),
    ("policy-add-client-ip-port-twice",
     f"{HDR} client-ip-port client-ip-port", "client-ip-port: given twice"),
    ("policy-add-forwarded-twice", f"{HDR} forwarded forwarded",
     "forwarded: given twice"),
    ("policy-add-x-forwarded-twice", f"{HDR} x-forwarded x-forwarded",
     "x-forwarded: given twice"),
    ("policy-add-custom-missing", f"{HDR} custom", "custom: nothing follows",
     'LINE "HEADER: VALUE"'),
    ("policy-add-custom-no-colon", f"{HDR} custom X",
     "'X' is not a header line", '"HEADER: VALUE"'),
    ("policy-add-custom-no-name", f"{HDR} custom :x", "':x' is not a"),
    ("policy-add-custom-long", f"{HDR} custom X:" + "y" * 238,
     "240 bytes", "at most 239"),
    ("policy-add-custom-many", HDR + " custom X:y" * 17, "at most 16"),
    ("policy-add-prefix-missing", f"{HDR} prefix",
     "prefix: nothing follows, expected a PREFIX"),
    ("policy-add-prefix-colon", f"{HDR} prefix SSL:",
     "prefix: 'SSL:' is not in a header's name", "a PREFIX of 1 to 32"),
    ("policy-add-prefix-long", f"{HDR} prefix " + "P" * 33,
     "prefix: 'PPP", "' has 33 bytes, expected a PREFIX of at most 32"),
    ("policy-add-prefix-dash", f"{HDR} prefix SSL-",
     "prefix: 'SSL-' ends in '-', expected without, since one is put behind "
     "it"),
    ("policy-add-prefix-only-dash", f"{HDR} prefix -", "ends in '-'"),
    ("policy-add-prefix-bytes", f"{HDR} prefix \xe4", "prefix: '\xe4'"),
    ("policy-add-prefix-twice", f"{HDR} prefix A prefix B",
     "prefix: given twice"),
    ("policy-add-alias-missing", f"{HDR} alias",
     "alias: nothing follows, expected a STANDARD name, as Client-IP"),
    ("policy-add-alias-standard", f"{HDR} alias Client/IP X",
     "alias: 'Client/IP' is not in a header's name", "a STANDARD name"),
    ("policy-add-alias-standard-long", f"{HDR} alias {'n' * 65} X",
     "alias: 'nnn", "' has 65 bytes, expected a STANDARD name, as Client-IP "
     "of at most 64"),
    ("policy-add-alias-new-missing", f"{HDR} alias Client-IP",
     "alias Client-IP: nothing follows, expected a NEW name"),
    ("policy-add-alias-new", f"{HDR} alias Client-IP X-IP:",
     "alias Client-IP: 'X-IP:' is not in a header's name", "a NEW name"),
    ("policy-add-alias-new-long", f"{HDR} alias Client-IP {'n' * 65}",
     "alias Client-IP: 'nnn", "' has 65 bytes, expected a NEW name of at "
     "most 64"),
    ("policy-add-alias-many", HDR + "".join(
        f" alias S{n} N{n}" for n in range(49)),
     "alias S48: one too many, expected at most 48"),
    ("policy-add-protect-missing", f"{HDR} protect",
     "protect: nothing follows, expected a HEADER"),
    ("policy-add-protect-line", f"{HDR} protect X-User:",
     "protect: 'X-User:' is not in a header's name", "a HEADER of 1 to 64"),
    ("policy-add-protect-long", f"{HDR} protect {'n' * 65}",
     "' has 65 bytes, expected a HEADER of at most 64"),
    ("policy-add-protect-many", HDR + "".join(
        f" protect P{n}" for n in range(17)),
     "protect P16: one too many, expected at most 16"),
    ("policy-add-spoof-missing", f"{HDR} spoof",
     "spoof: nothing follows, expected strip or reject"),
    ("policy-add-spoof-word", f"{HDR} spoof drop",
     "spoof: 'drop' is not known, expected strip or reject"),
    ("policy-add-spoof-twice", f"{HDR} spoof strip spoof reject",
     "spoof: given twice"),
    *[(f"policy-add-{limit}-{name}", f"{HDR} {limit} {value}",
       f"{limit}: {words}")
      for limit in ("head-max", "line-max", "fields-max", "name-max",
                    "ext-max", "trailer-max", "records-max", "crlf-max")
      for name, value, words in (
          ("missing", "", "nothing follows, expected a NUMBER"),
          ("text", "all", "'all' is not a number from 0 to 4294967295"),
          ("unit", "64k", "'64k' is not a number"),
          ("sign", "-1", "'-1' is not a number"),
          ("big", "4294967296", "'4294967296' is not a number"),
          ("twice", f"9 {limit} 9", "given twice"))],
    *[(f"policy-add-head-timeout-{name}", f"{HDR} head-timeout {value}",
       f"head-timeout: {words}")
      for name, value, words in (
          ("missing", "", "nothing follows, expected a TIME"),
          ("unit", "30", "'30' lacks a unit"),
          ("none", "0s", "'0s' is not a time"),
          ("twice", "9s head-timeout 9s", "given twice"))],
    ("policy-set-key", "policy http-header set h1 context red foo", "'foo'",
     "client-ip-port"),
    ("policy-set-context", "policy http-header set h1 forwarded",
     "context is missing"),
    ("policy-delete-context", "policy http-header delete h1",
     "context is missing"),
    ("policy-delete-more", "policy http-header delete h1 context red session",
     "'session'"),
    ("policy-show-more", "policy http-header show h1 context red x", "'x'"),
    ("policy-show-all-name", "policy show h1", "'h1'", "context"),

    ("service-add-name", "service add", "NAME"),
    ("service-add-name-bad", "service add w:b", "'w:b' is not a name"),
    ("service-add-context", "service add web vip 10.0.0.1:443",
     "context is missing"),
    ("service-add-vip", f"{ADD} server 10.0.0.2:80", "vip is missing"),
    ("service-add-server", f"{ADD} vip 10.0.0.1:443", "server is missing"),
    ("service-add-trustpoint",
     f"{ADD} vip 10.0.0.1:443 server 10.0.0.2:80", "trustpoint is missing"),
    ("service-add-key", f"{FULL} inservise", "'inservise'", "inservice"),
    ("service-add-vip-empty", f"{ADD} vip", "vip: nothing follows"),
    ("service-add-vip-port", f"{ADD} vip 10.0.0.1",
     "vip: '10.0.0.1' lacks a port, expected ADDRESS:PORT"),
    ("service-add-vip-port-zero", f"{ADD} vip 10.0.0.1:0", "'0'", "65535"),
    ("service-add-vip-port-big", f"{ADD} vip 10.0.0.1:65536", "'65536'"),
    ("service-add-vip-port-text", f"{ADD} vip 10.0.0.1:https", "'https'"),
    ("service-add-vip-port-none", f"{ADD} vip 10.0.0.1:", "not a port"),
    ("service-add-vip-octet", f"{ADD} vip 10.0.0.256:443", "'10.0.0.256'",
     "IPv4"),
    ("service-add-vip-short", f"{ADD} vip 10.1:443", "'10.1'"),
    ("service-add-vip-name", f"{ADD} vip www:443", "'www'"),
    ("service-add-vip-word", f"{ADD} vip server", "'server' is not an addr"),
    ("service-add-vip6-bare", f"{ADD} vip 2001:db8::15", "[ADDRESS]:PORT"),
    ("service-add-vip6-bare-port", f"{ADD} vip 2001:db8::15:443",
     "[ADDRESS]:PORT"),
    ("service-add-vip6-open", f"{ADD} vip [2001:db8::15", "lacks a ]"),
    ("service-add-vip6-port", f"{ADD} vip [2001:db8::15]", "lacks a port"),
    ("service-add-vip6-tail", f"{ADD} vip [2001:db8::15]443", "lacks a port"),
    ("service-add-vip6-bad", f"{ADD} vip [2001:db8:::15]:443",
     "'2001:db8:::15'", "IPv6"),
    ("service-add-vip6-scope", f"{ADD} vip [fe80::1%eth0]:443", "IPv6"),
    ("service-add-vip6-v4", f"{ADD} vip [10.0.0.1]:443", "'10.0.0.1'"),
    ("service-add-vip6-long", f"{ADD} vip [{'1' * 80}]:443", "IPv6"),
    ("service-add-server-port", f"{ADD} server 10.0.0.1",
     "server: '10.0.0.1' lacks a port"),
    ("service-add-vip-twice", f"{FULL} vip 10.0.0.1:443", "vip: given twice"),
    ("service-add-inservice-twice", f"{FULL} inservice inservice", "twice"),
    ("service-add-inservice-both", f"{FULL} inservice no inservice", "twice"),
    ("service-add-trustpoint-bad", f"{ADD} trustpoint a/b", "'a/b'"),
    ("service-add-policy", f"{FULL} policy", "policy: nothing follows"),
    ("service-add-policy-kind", f"{FULL} policy ssl x", "'ssl'",
     "http-header"),
    ("service-add-policy-name", f"{FULL} policy http-header", "NAME"),
    ("service-add-policy-twice",
     f"{FULL} policy http-header a policy http-header b", "given twice"),
    ("service-add-no", f"{FULL} no", "no: nothing follows"),
    ("service-add-no-what", f"{FULL} no vip", "'vip' cannot be taken away"),
    ("service-add-no-policy", f"{FULL} no policy", "policy: nothing"),
    ("service-add-time-unit", f"{FULL} idle-timeout 10",
     "idle-timeout: '10' lacks a unit"),
    ("service-add-time-text", f"{FULL} idle-timeout soon", "'soon'"),
    ("service-add-time-zero", f"{FULL} idle-timeout 0s", "'0s'"),
    ("service-add-time-big", f"{FULL} idle-timeout 4294967296ms",
     "too long"),
    ("service-add-time-unit-bad", f"{FULL} idle-timeout 10d", "'10d'"),
    ("service-add-time-missing", f"{FULL} linger-timeout",
     "linger-timeout: nothing follows"),
    ("service-set-nothing", "service set web context red",
     "nothing to change"),
    ("service-set-context", "service set web inservice",
     "context is missing"),
    ("service-delete-context", "service delete web", "context is missing"),
    ("service-delete-more", "service delete web context red inservice",
     "'inservice'"),
    ("service-show-more", "service show web context red x", "'x'"),

    ("conn-show-key", "conn show foo", "'foo'", "context or service"),
    ("conn-show-context", "conn show context", "context: nothing"),
    ("stats-show-key", "stats show foo", "'foo'", "context or service"),
    ("stats-show-service", "stats show service web", "context CONTEXT"),
    ("stats-show-all-more", "stats show all x", "'x'"),
    ("stats-clear-more", "stats clear now", "'now'"),

    ("pki-import-name", "pki import", "NAME"),
    ("pki-import-name-dots", "pki import .. pem a b", "'..'",
     "the name of the trustpoint begins with '.'"),
    ("pki-import-name-dash", "pki import -web pem a b", "'-web'",
     "the name of the trustpoint begins with '-'"),
    ("pki-delete-name-dash", "pki delete -web", "'-web'", "begins with '-'"),
    ("pki-show-name-dash", "pki show -web", "'-web'", "begins with '-'"),
    ("pki-import-name-slash", "pki import a/b pem a b", "'a/b'"),
    ("pki-import-format", "pki import web", "pem"),
    ("pki-import-format-bad", "pki import web der a b", "'der'", "pem"),
    ("pki-import-cert", "pki import web pem", "CERT"),
    ("pki-import-key", "pki import web pem a", "KEY"),
    ("pki-import-more", "pki import web pem a b c d", "'d'"),
    ("pki-delete-name", "pki delete", "NAME"),
    ("pki-delete-more", "pki delete a b", "'b'"),
    ("pki-show-more", "pki show a b", "'b'"),
]


@ktap.variants(*[(name, args, words) for name, args, *words in WRONG])
def test_wrong(_name, args, words):
    refused(args, 2, *words)


def test_empty_words():
    """A word may be empty: it is wrong, not missing."""
    refused([""], 2, "'' is not an object")
    refused(["context", ""], 2, "'' is not a command")
    refused(["monitor", ""], 2, "'' is not a command")
    refused(["context", "add", ""], 2, "'' is not a name")
    refused(["context", "add", "red", ""], 2, "'' is not known here")
    refused(["context", "add", "red", "vrf", ""], 2, "vrf: ''")
    refused(["-n", "", "context", "show"], 2, "-n: ''")
    refused([*ADD.split(), "vip", ""], 2, "vip: ''")
    for words in (["prefix"], ["alias"], ["alias", "X"], ["protect"],
                  ["spoof"], ["head-max"], ["custom"]):
        refused([*HDR.split(), *words, ""], 2, f"{' '.join(words)}: ''")
    refused([*HDR.split(), "session", ""], 2, "'' is not known here")
    refused([*FULL.split(), "idle-timeout", ""], 2, "idle-timeout: ''")


def test_not_loaded():
    """Right words without a module: refused, status 1, and what to do."""
    for args in ("context add red vrf v maxconns 5", "context show",
                 "context set red maxconns 9", "context delete red",
                 "policy http-header add h1 context red client-ip-port "
                 "session custom X-Via:tlsvip", "policy show",
                 f"{HDR} client-ip-port session once forwarded x-forwarded "
                 "custom X-Via:tlsvip prefix SSL alias Client-IP X-Real-IP "
                 "protect X-User spoof reject head-max 256 line-max 64 "
                 "fields-max 1 name-max 16 ext-max 0 trailer-max 2 "
                 "records-max 1 crlf-max 0 head-timeout 100ms",
                 f"{HDR} session always",
                 f"{FULL} policy http-header h1 inservice",
                 f"{ADD} vip [2001:db8::15]:443 server [::1]:80 "
                 "trustpoint web handshake-timeout 500ms connect-timeout 10s "
                 "idle-timeout 5m linger-timeout 1h",
                 "service set web context red no inservice no policy "
                 "http-header", "service delete web context red",
                 "service show", "conn show", "conn show service web",
                 "stats show", "stats show context red service web",
                 "stats show all", "stats clear", "monitor",
                 "monitor events"):
        refused(args, 1, NOT_LOADED)


def test_netns_missing():
    refused("-n no-such-ns context show", 1, "no network namespace",
            "'no-such-ns'")


def test_help():
    """help and -h answer on standard output with status 0."""
    for args in ("help", "-h", "--help", "context help", "policy help",
                 "policy http-header help", "service help", "conn help",
                 "stats help", "monitor help", "pki help"):
        got = tlsvip(*args.split())
        check_eq((got.returncode, got.stderr), (0, ""), args)
        check(got.stdout.startswith("Usage: tlsvip"), args)
        for line in got.stdout.splitlines():
            check(len(line) <= 80, f"{args}: long line {line}")


def test_version():
    for arg in ("-V", "--version"):
        got = tlsvip(arg)
        check_eq((got.returncode, got.stderr), (0, ""))
        check(got.stdout.startswith("tlsvip "), got.stdout)


def test_stdout_full():
    """An answer that cannot be written is a failure."""
    with open("/dev/full", "w", encoding="ascii") as full:
        got = tlsvip("help", stdout=full)
    check_eq(got.returncode, 1)
    check_in("standard output: No space left", got.stderr)


def test_stdout_closed_pipe():
    """So is one that nobody reads; not a death by signal."""
    read, write = os.pipe()
    os.close(read)
    got = tlsvip("help", stdout=write)
    os.close(write)
    check_eq(got.returncode, 1)
    check_in("standard output: Broken pipe", got.stderr)


def test_stdout_closed():
    got = subprocess.run(["sh", "-c", "exec tlsvip help >&-"], text=True,
                         stderr=subprocess.PIPE, check=False)
    check_eq(got.returncode, 1)
    check_in("standard output:", got.stderr)


BATCH = [
    ("first-line", "foo\n", 2, "-:1: 'foo' is not an object"),
    ("third-line", "# one\n\n  foo bar\n", 2, "-:3: 'foo'"),
    ("no-newline", "foo", 2, "-:1: 'foo'"),
    ("crlf", "help\r\nfoo\r\n", 2, "-:2: 'foo' is"),
    ("double-quote-open", 'context add "red\n', 2, "-:1: a quote is not"),
    ("single-quote-open", "context add 'red\n", 2, "-:1: a quote is not"),
    ("backslash-end", "context add red\\\n", 2, "nothing follows the back"),
    ("nul", "help\0\n", 2, "-:1: a NUL byte"),
    ("many-words", "x " * 300 + "\n", 2, "-:1: too many words"),
    ("quoted-word", 'context add "a b"\n', 2, "'a b' is not a name"),
    ("escaped-space", "context add a\\ b\n", 2, "'a b' is not a name"),
    ("single-quotes-keep", "context add 'a\\b'\n", 2, "'a\\b' is not"),
    ("escaped-quote", 'context add "a\\"b"\n', 2, "'a\"b' is not"),
    ("joined-parts", "context add 'a '\"b\"c\n", 2, "'a bc' is not"),
    ("hash-in-word", "context add a#b\n", 2, "'a#b' is not"),
    ("hash-quoted", "context add '#'\n", 2, "'#' is not"),
    ("empty-word", 'context add ""\n', 2, "'' is not a name"),
    ("comment-behind", "context add # red\n", 2, "nothing follows"),
    ("in-words", "service add web context red vip 1.2.3.4\n", 2,
     "-:1: service add: vip: '1.2.3.4' lacks a port"),
    ("monitor", "monitor\n", 2, "-:1: monitor: it never ends"),
    ("option", "-j context show\n", 2, "'-j' is not an object"),
    ("refused", "help\ncontext show\nfoo\n", 1, "-:2: context show: the tl"),
]


@ktap.variants(*BATCH)
def test_batch(_name, text, status, words):
    got = tlsvip("-b", "-", data=text)
    check_eq(got.returncode, status, got.stderr)
    check_in(words, got.stderr)
    check_eq(len(got.stderr.splitlines()), 1, got.stderr)


def test_batch_stops():
    """Nothing runs behind the first error, everything before it."""
    got = tlsvip("-b", "-", data="context help\nfoo\nservice help\n")
    check_eq(got.returncode, 2)
    check_in("tlsvip context add", got.stdout)
    check("tlsvip service add" not in got.stdout, "went on")


def test_batch_empty():
    for text in ("", "\n\n", "# nothing\n", "   # nothing"):
        got = tlsvip("-b", "-", data=text)
        check_eq((got.returncode, got.stdout, got.stderr), (0, "", ""))


def test_batch_file():
    with tempfile.NamedTemporaryFile("w", suffix=".tlsvip") as file:
        file.write("\ncontext ad red\n")
        file.flush()
        got = tlsvip("-b", file.name)
    check_eq(got.returncode, 2)
    check_in(f"{file.name}:2: context: 'ad' is not", got.stderr)


def test_batch_file_missing():
    refused("-b /no/such/file", 1, "/no/such/file: No such file")
    refused("-b /", 1, "Is a directory")


def test_batch_help_is_stdout():
    got = tlsvip("-b", "-", data="help\npki help\n")
    check_eq((got.returncode, got.stderr), (0, ""))
    check_eq(got.stdout.count("Usage:"), 2)


def test_json_pki_empty():
    with tempfile.TemporaryDirectory() as store:
        for args in (["-j"], ["-jp"], ["--json", "--pretty"], ["-p", "-j"]):
            got = tlsvip(*args, "--pki", store, "pki", "show")
            check_eq((got.returncode, got.stderr), (0, ""))
            check_eq(json.loads(got.stdout), [])


def test_words_of_any_bytes():
    """Hostile words: no crash, a status of the three, one line."""
    for word in ("%s%n%d", "\x1b[2J", "a" * 100000, "\xff\xfe", "[", "]", ":",
                 "::", "[]:1", "[:]:1", "[::]", "\n", "'", "-"):
        for args in ([word], ["context", word], ["context", "add", word],
                     ["context", "add", "r", "vrf", word],
                     ["context", "add", "r", "maxconns", word],
                     [*ADD.split(), "vip", word],
                     [*FULL.split(), "idle-timeout", word],
                     ["policy", "http-header", "add", "h", "context", "r",
                      "custom", word],
                     [*HDR.split(), "alias", word, word],
                     [*HDR.split(), "protect", word],
                     [*HDR.split(), "session", word], ["pki", "show", word],
                     ["pki", "import", word, "pem", word, word]):
            got = tlsvip(*args)
            check(got.returncode in (1, 2), f"{args}: {got.returncode}")
            check_in("tlsvip: ", got.stderr, str(args)[:80])


if __name__ == "__main__":
    ktap.run(globals())
