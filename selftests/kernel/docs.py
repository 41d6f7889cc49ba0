#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# user: commands of the CLI; cli.py is for every kernel
"""What the documentation shows is run, in the order in which it stands.

The guide begins with a bare trunk, so the network here has none of the box's
VLANs and VRFs. Where the guide says what a request then looks like, one is sent.
"""

import json
import os
import re
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "selftests"))
# pylint: disable=wrong-import-position
from lib import ktap, process
from lib.ktap import check, check_eq, check_in, wait_for
from lib.process import cmd, workdir
from lib.servers import Nginx
from lib.topology import VIP4, Network

MARK = "@@status "


def doc(name):
    with open(os.path.join(TOP, "Documentation", name),
              encoding="utf-8") as file:
        return file.read()


def commands(text):
    """The commands of the console blocks, by section."""
    section, block, lines = None, False, text.splitlines()
    for at, line in enumerate(lines):
        if re.fullmatch(r"(=+|-+)", line) and at and lines[at - 1].strip():
            section = lines[at - 1].strip()
        if line.startswith(".. code-block:: console"):
            block = True
        elif line and not line.startswith(" "):
            block = False
        elif block and line.startswith("   # "):
            yield section, line[5:]


class Shell:
    """One shell on the box for the whole guide, as a reader has it."""

    def __init__(self, ns):
        self.proc = subprocess.Popen(
            ["ip", "netns", "exec", ns.name, "bash"] if ns.name else ["bash"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, cwd=workdir())

    def run(self, command):
        self.proc.stdin.write(f"{command}\necho \"{MARK}$?\"\n")
        self.proc.stdin.flush()
        out = ""
        for line in self.proc.stdout:
            if line.startswith(MARK):
                return int(line[len(MARK):]), out
            out += line
        return -1, out

    def close(self):
        self.proc.stdin.write("kill $(jobs -p)\nwait\nexit\n")
        self.proc.stdin.flush()
        self.proc.communicate()


# what of the guide's header lines arrives at the server
NAMES = ("Client-IP", "X-Real-IP", "SSL-Client-Port", "SSL-Session-Id",
         "SSL-Via", "SSL-More")


class BareBox(Network):
    """The switch with clients and servers; the box has a trunk only."""

    def __init__(self):
        cmd("modprobe", "-r", "tlsvip", check=False)
        super().__init__(tenants=("red",), box_is_host=True)
        fields = ",".join(f'"{n}":"$http_{n.lower().replace("-", "_")}"'
                          for n in NAMES)
        self.nginx = Nginx(
            self.red.server, "nginx-red",
            extra=f"location = /names {{ return 200 '{{{fields}}}'; }}")

    def plug(self, *tenants):
        """The guide does that."""

    def curl(self, url, *headers, write=None):
        """The body, or with write what curl is to write of the answer."""
        args = [word for line in headers for word in ("-H", line)]
        if write:
            args += ["-o", "/dev/null", "-w", write]
        return cmd("curl", "-sk", "--max-time", "60", *args, url,
                   ns=self.red.client, check=False).out

    def names(self, port, *headers):
        return {k: v for k, v in json.loads(
            self.curl(f"https://{VIP4}:{port}/names", *headers)).items() if v}

    def status(self, port, *headers, path="/names"):
        return self.curl(f"https://{VIP4}:{port}{path}", *headers,
                         write="%{http_code}")

    def __exit__(self, *_exc):
        process.stop_all()
        for dev in ("eth0.10", "eth0.20", "vrf-red", self.trunk):
            cmd("ip", "link", "del", dev, check=False)
        super().__exit__()
        process.remove_workdir()


def leave_service(env):
    """It serves, and tells the server who the client is."""
    wait_for(lambda: env.curl(f"https://{VIP4}/whoami", "client_ip: 6.6.6.6")
             == "nginx-red\n", "the guide's service serving")
    with open(env.nginx.access, encoding="utf-8") as log:
        check_in("10.10.0.2", log.read(), "what nginx logged")


def leave_names(env):
    got = env.names(443, "Client-IP: 6.6.6.6", "X-Real-IP: 6.6.6.6",
                    "ssl_more: 6", "SSL-Via: 6")
    check_eq(sorted(got), ["SSL-Client-Port", "SSL-Session-Id", "SSL-Via",
                           "X-Real-IP"])
    check_eq((got["X-Real-IP"], got["SSL-Via"]), ("10.10.0.2", "tlsvip"))


def leave_sharing(env):
    """The last command before was the one that refuses."""
    check_eq(env.names(8443, "Client-IP: 6.6.6.6"), {"Client-IP": "6.6.6.6"})
    for line in ("X-Real-IP: 6", "ssl.session.id: 6", "SSL-More: 6"):
        check_eq(env.status(8443, line), "400", line)
        check_eq(env.status(8443, "Accept: a"), "200")


def before_reject(env):
    check_eq(env.names(8443, "X-Real-IP: 6", "ssl.session.id: 6",
                       "SSL-More: 6"), {})


def before_limits_end(env):
    check_eq(env.status(8443, *[f"X-{n}: x" for n in range(51)]), "431")
    check_eq(env.status(8443, f"X: {8192 * 'x'}"), "431")
    check_eq(env.status(8443, path=f"/{2048 * 'x'}"), "414")
    check_eq(env.status(8443, *[f"X-{n}: x" for n in range(40)]), "200")


# what is looked at before a section's first command of this beginning
BEFORE = {
    ("Watching it", ""): leave_service,
    ("Services that share a server", ""): leave_names,
    ("Services that share a server", "tlsvip policy http-header set"):
        before_reject,
    ("Limits", ""): leave_sharing,
    ("Limits", "tlsvip service delete"): before_limits_end,
}


def test_guide(env):
    """Every command of the guide succeeds, and in the middle it serves."""
    shell = Shell(env.box)
    ktap.defer(shell.close)
    look, seen = dict(BEFORE), 0
    for section, command in commands(doc("guide.rst")):
        for at in [at for at in look
                   if at[0] == section and command.startswith(at[1])]:
            look.pop(at)(env)
        seen += 1
        status, out = shell.run(command)
        check_eq(status, 0, f"status of '{command}' ({out.strip()})")
    check_eq(look, {}, "sections that are not in the guide")
    check(seen > 35, f"only {seen} commands found in the guide")


def examples(text):
    """The commands of a man page's examples, each in one line."""
    text = text[text.index(".Sh EXAMPLES"):]
    text = text[:text.index("\n.Sh ", 1)]
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text,
                            re.M | re.S):
        yield from re.sub(r"\\e\n *", "", block).splitlines()


def test_policy_man(env):
    """Every example of tlsvip-policy(8) succeeds, and each option is in one."""
    cmd("modprobe", "tlsvip")
    cmd("tlsvip", "context", "add", "red")
    shell = Shell(env.box)
    ktap.defer(shell.close)
    words = set()
    for command in examples(doc("man/tlsvip-policy.8")):
        words.update(command.split())
        status, out = shell.run(command)
        check_eq(status, 0, f"status of '{command}' ({out.strip()})")
    usage = cmd("tlsvip", "policy", "help").out
    options = set(re.findall(r"\[ ([a-z0-9-]+)", usage)) - {"always"}
    check(len(options) > 14, options)
    check_eq(sorted(options - words), [], "options without an example")
    for policy in json.loads(cmd("tlsvip", "-j", "policy", "show").out):
        cmd("tlsvip", "policy", "http-header", "delete", policy["name"],
            "context", "red")
    cmd("tlsvip", "context", "delete", "red")


def test_counters(_env):
    """The list of counters is that of the module."""
    cmd("modprobe", "tlsvip")
    with open("/proc/net/tlsvip/stats", encoding="ascii") as file:
        have = {line.split()[0] for line in file if "." in line.split()[0]}
    listed = set(re.findall(r"^``([a-z0-9]+\.[a-z0-9-]+)``",
                            doc("counters.rst"), re.M))
    check_eq(sorted(listed ^ have), [], "counters in one place only")


def test_caveats(_env):
    """Each caveat that is listed has a test that says so, and the reverse."""
    rows = re.findall(r"^(CSC[a-z]{2}\d{5}) .* (csc\S+)$",
                      doc("caveats.rst"), re.M)
    folder = os.path.join(TOP, "selftests", "caveats")
    check_eq(sorted(name for _, name in rows),
             sorted(name for name in os.listdir(folder)
                    if not name.startswith("__")))
    for caveat, name in rows:
        check_eq(name, f"{caveat.lower()}.py")
        path = os.path.join(folder, name)
        check(os.access(path, os.X_OK), f"{name} is run")
        with open(path, encoding="utf-8") as file:
            check_in(f'"""{caveat}: ', file.read())


if __name__ == "__main__":
    ktap.run(globals(), BareBox)
