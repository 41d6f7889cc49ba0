#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tlsvip pki: what is taken, what is refused, and what is shown of it.

Works on files only; that the daemon serves them is tested with the module, how
they lie in the store in cli_pki_store.py.
"""

import hashlib
import json
import os
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.ktap import check, check_eq, check_in
from lib.pkistore import PkiStore, run


@ktap.variants(("rsa", "RSA", 2048, None), ("rsa4096", "RSA", 4096, None),
               ("p256", "EC", 256, "P-256"), ("p384", "EC", 384, "P-384"),
               ("p521", "EC", 521, "P-521"),
               ("ed25519", "Ed25519", 256, None))
def test_key(env, kind, typ, bits, group):
    env.issue(f"leaf-{kind}", kind, by="inter")
    got = env.load(f"leaf-{kind}", chain="chain")
    check_eq((got.stdout, got.stderr), ("", ""))
    shown, = env.show("web")
    check_eq((shown["key"]["type"], shown["key"]["bits"]), (typ, bits))
    check_eq(shown["key"].get("group"), group)
    text = env.cli("pki", "show", "web").stdout
    check_in(f"key {typ} {group or bits}", text)


@ktap.variants(("rsa1024", "1024 bits, expected at least 2048"),
               ("p224", "curve"), ("k256", "curve"), ("ed448", "type ED448"),
               ("rsapss", "type RSA-PSS"))
def test_key_refused(env, kind, word):
    env.issue(f"leaf-{kind}", kind)
    env.refused(word, f"leaf-{kind}")


def test_weak_issuer(env):
    """What the daemon's TLS library refuses is refused here, in its words."""
    env.issue("ca1024", "rsa1024", ca=True)
    env.issue("below", by="ca1024")
    env.load("web", chain="chain")
    env.refused("a certificate of the chain: ca key too small", "below",
                chain="ca1024")
    check_eq(env.show("web")[0]["subject"], "CN=web,O=test")


def test_weak_issuer_shown(env):
    """One that is in the store nevertheless is named as not usable."""
    env.issue("ca1024", "rsa1024", ca=True)
    env.issue("below", by="ca1024")
    env.load("below")
    env.write("store/web/chain.pem", env.read("ca1024.pem"))
    got = env.cli("-j", "pki", "show", ok=False)
    check_eq(got.returncode, 1)
    check_in("ca key too small", json.loads(got.stdout)[0]["error"])
    check_in("ca key too small", got.stderr)


def test_show(env):
    """All fields, in JSON and text, agree with the certificate."""
    env.issue("shown", by="inter", extra=(
        "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
        "subjectAltName=DNS:www.test,DNS:*.a.test,IP:10.0.0.1,IP:2001:db8::1,"
        "email:a@b.test,URI:http://x.test/"))
    env.load("shown", chain="chain")
    got, = env.show("web")
    der = ssl.PEM_cert_to_DER_cert(env.read("shown.pem").decode())
    check_eq(got["name"], "web")
    check_eq(got["subject"], "CN=shown,O=test")
    check_eq(got["issuer"], "CN=inter,O=test")
    check_eq(got["san"], ["DNS:www.test", "DNS:*.a.test", "IP:10.0.0.1",
                          "IP:2001:db8::1", "email:a@b.test",
                          "URI:http://x.test/"])
    check_eq(got["sha256"], hashlib.sha256(der).hexdigest())
    serial = run("openssl", "x509", "-noout", "-serial", "-in",
                 env.path("shown.pem")).stdout.strip().split("=")[1]
    check_eq(got["serial"].lstrip("0"), serial.lstrip("0"))
    check_eq(got["expired"], False)
    check(29 * 86400 < got["expires-in"] <= 30 * 86400, got["expires-in"])
    check_eq(got["chain-length"], 2)
    check_eq([c["subject"] for c in got["chain"]],
             ["CN=inter,O=test", "CN=root,O=test"])
    text = env.cli("pki", "show").stdout
    for word in ("web\n", "subject CN=shown,O=test", "issuer CN=inter",
                 "DNS:*.a.test", got["sha256"], got["not-after"], "chain 2",
                 "expires in ", got["serial"]):
        check_in(word, text)


def test_show_two(env):
    env.load("web", chain="chain", name="b")
    env.load("web", name="a")
    check_eq([t["name"] for t in env.show()], ["a", "b"])
    check_eq([t["chain-length"] for t in env.show()], [0, 2])


def test_show_missing(env):
    env.load("web")
    for args in (("pki", "show", "x"), ("-j", "pki", "show", "x"),
                 ("pki", "delete", "x")):
        got = env.cli(*args, ok=False)
        check_eq((got.returncode, got.stdout), (1, ""))
        check_in("trustpoint 'x': there is no such trustpoint", got.stderr)


def test_show_no_store(env):
    got = env.cli("pki", "show", ok=False)
    check_eq(got.returncode, 1)
    check_in("No such file", got.stderr)


def test_show_broken(env):
    """One that cannot be used does not hide the others, but fails."""
    env.load("web", name="good")
    env.load("web", name="bad")
    env.write("store/bad/key.pem", env.read("root.key"))
    got = env.cli("-j", "pki", "show", ok=False)
    check_eq(got.returncode, 1)
    bad, good = json.loads(got.stdout)
    check_in("not that of the certificate", bad["error"])
    check_eq((good["name"], "error" in good), ("good", False))
    check_in("trustpoint 'bad'", got.stderr)
    got = env.cli("pki", "show", ok=False)
    check_eq(got.returncode, 1)
    check_in("bad cannot be used", got.stdout)
    check_in("CN=web", got.stdout)
    got = env.cli("-j", "pki", "show", "bad", ok=False)
    check_eq((got.returncode, json.loads(got.stdout)), (1, [bad]))
    check_in("trustpoint 'bad'", got.stderr)
    got = env.cli("pki", "show", "bad", ok=False)
    check_eq((got.returncode, got.stdout), (1, "bad cannot be used\n"))


def test_show_odd_subject(env):
    """Names may hold anything: JSON stays JSON, text stays printable."""
    env.issue("odd", extra=(
        "-utf8", "-subj", "/CN=wéb\x1b[2J\"quoted\"/O=a\tb", "-addext",
        "subjectAltName=DNS:a\x1bb.test"))
    env.load("odd")
    got, = env.show()
    check_in("wéb", got["subject"])
    text = env.cli("pki", "show").stdout
    check("\x1b" not in text and "\t" not in text, repr(text))


# what a terminal would obey, and the same with its bytes escaped
HIDDEN = [chr(c) for c in (*range(0x80, 0xa0), 0x61c, 0x200e, 0x200f,
                           *range(0x2028, 0x202f), *range(0x2066, 0x206a))]


def test_show_hidden(env):
    """Controls beyond ASCII, too: C1 and direction of text, where names show
    in any script.
    """
    name = "ä" + "".join(HIDDEN) + "ω"
    env.issue("hidden", extra=("-utf8", "-subj", f"/CN={name[:40]}/O=x"
                               f"{name[40:]}"))
    env.load("hidden", chain="hidden")
    got, = env.show()
    for shown in (got, got["chain"][0]):
        for char in name:
            check_in(char, shown["subject"])
    text = env.cli("pki", "show").stdout
    for char in HIDDEN:
        check(char not in text, f"U+{ord(char):04X} is in {text!a}")
        check_in("".join(f"\\{b:02X}" for b in char.encode()), text)
    check_in("ä", text)
    check_in("ω", text)


def test_chain_in_cert(env):
    """The certificate's file may have its issuers behind it."""
    env.join("full", "web", "inter", "root")
    env.load("full", "web")
    check_eq(env.show()[0]["chain-length"], 2)
    env.join("half", "web", "inter")
    env.load("half", "web", "root")
    check_eq(env.show()[0]["chain-length"], 2)


def test_all_in_one_file(env):
    """Key, certificate and text in one file, named twice."""
    env.write("one.pem", b"some text\n" + env.read("web.key") +
              env.read("web.pem") + env.read("inter.pem"))
    env.write("one.key", env.read("one.pem"))
    env.load("one")
    check_eq(env.show()[0]["chain-length"], 1)


@ktap.variants(("reversed", ("root", "inter")), ("gap", ("root",)),
               ("unrelated", ("other",)), ("twice", ("inter", "inter")),
               ("leaf", ("web", "inter")))
def test_chain_refused(env, _name, parts):
    env.issue("other", ca=True)
    env.join("wrong", *parts)
    env.refused("did not issue", "web", chain="wrong")


def test_chain_same_name(env):
    """An issuer of the right name with another key is not the issuer."""
    env.issue("inter2", ca=True, extra=(
        "-subj", "/O=test/CN=inter", "-addext",
        "basicConstraints=critical,CA:TRUE"))
    env.refused("did not issue", "web", chain="inter2")


def test_chain_empty(env):
    env.write("empty.pem", b"")
    env.refused("empty.pem: no certificate", "web", chain="empty")


def test_chain_long(env):
    env.join("long", *["root"] * 40)
    env.refused("more than 32 certificates", "web", chain="long")


@ktap.variants(("pkcs8", ("pkcs8", "-topk8", "-v2", "aes128")),
               ("traditional", ("ec", "-aes128")))
def test_key_encrypted(env, name, how):
    run("openssl", *how, "-in", env.path("web.key"), "-passout", "pass:test",
        "-out", env.path(f"enc-{name}.key"))
    env.refused("the private key is encrypted; decrypt it first", "web",
                f"enc-{name}", stdin=subprocess.DEVNULL)


@ktap.variants(("ec", ("ec",)), ("rsa", ("rsa", "-traditional")))
def test_key_traditional(env, name, how):
    kind = "p256" if name == "ec" else "rsa"
    env.issue(f"trad-{kind}", kind)
    run("openssl", *how, "-in", env.path(f"trad-{kind}.key"), "-out",
        env.path(f"old-{kind}.key"))
    env.load(f"trad-{kind}", f"old-{kind}")


def test_key_of_another(env):
    env.refused("not that of the certificate", "web", "root")


def test_key_other_type(env):
    env.issue("leaf-rsa", "rsa", by="inter")
    env.refused("not that of the certificate", "web", "leaf-rsa")


@ktap.variants(
    ("der", lambda e: ssl.PEM_cert_to_DER_cert(e.read("web.pem").decode()),
     "no certificate in it"),
    ("empty", lambda e: b"", "no certificate in it"),
    ("text", lambda e: b"hello\n", "no certificate in it"),
    ("key", lambda e: e.read("web.key"), "no certificate in it"),
    ("cut", lambda e: e.read("web.pem")[:300], "cannot be parsed"),
    ("garbage", lambda e: b"-----BEGIN CERTIFICATE-----\nAAAA\n"
     b"-----END CERTIFICATE-----\n", "certificate 1 cannot be parsed"),
    ("second", lambda e: e.read("web.pem") + e.read("inter.pem")[:300],
     "certificate 2 cannot be parsed"),
    ("big", lambda e: e.read("web.pem") + b"x" * (1 << 20), "longer than"))
def test_cert_refused(env, name, data, word):
    env.write(f"c-{name}.pem", data(env))
    env.refused(word, f"c-{name}", "web")
    env.refused(f"c-{name}.pem", f"c-{name}", "web")


@ktap.variants(
    ("empty", lambda e: b"", "no private key in it"),
    ("cert", lambda e: e.read("web.pem"), "no private key in it"),
    ("public", lambda e: run("openssl", "pkey", "-in", e.path("web.key"),
                             "-pubout").stdout.encode(),
     "no private key in it"),
    ("cut", lambda e: e.read("web.key")[:100], "cannot be parsed"),
    ("garbage", lambda e: b"-----BEGIN PRIVATE KEY-----\nAAAA\n"
     b"-----END PRIVATE KEY-----\n", "cannot be parsed"))
def test_key_file_refused(env, name, data, word):
    env.write(f"k-{name}.key", data(env))
    env.refused(word, "web", f"k-{name}")


def test_files_missing(env):
    env.refused("nothing.pem: No such file", "nothing", "web")
    env.refused("nothing.key: No such file", "web", "nothing")
    env.refused("nothing.pem: No such file", "web", chain="nothing")
    os.makedirs(env.path("folder.pem"), exist_ok=True)
    env.refused("folder.pem: Is a directory", "folder", "web")


@ktap.variants(
    ("expired", ("-not_before", "20200101000000Z", "-not_after",
                 "20210101000000Z"), "the certificate has expired"),
    ("future", ("-not_before", "20990101000000Z", "-not_after",
                "20991231000000Z"), "not valid yet"),
    ("usage", ("-addext", "extendedKeyUsage=clientAuth"),
     "does not allow TLS servers"))
def test_warning(env, name, extra, word):
    """Odd, but the operator's decision: imported with a warning."""
    env.issue(f"warn-{name}", extra=extra)
    got = env.load(f"warn-{name}")
    check_in("tlsvip: warning: ", got.stderr)
    check_in(word, got.stderr)
    shown, = env.show()
    check_eq(shown["expired"], name == "expired")
    if name == "expired":
        check(shown["expires-in"] < 0, shown)
        check_in("expired ", env.cli("pki", "show").stdout)


if __name__ == "__main__":
    ktap.run(globals(), PkiStore)
