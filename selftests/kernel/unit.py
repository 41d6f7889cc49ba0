#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# user: systemd and the daemon; daemon.py is for every kernel
"""The service unit under a real systemd, in namespaces of its own: the daemon
works behind all its hardening, is reloaded, and comes back when it is killed.
"""

import contextlib
import glob
import os
import re
import shutil
import signal
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check, check_eq, check_raises, wait_for
from lib.process import Bkg, cmd
from lib.tls import Eof, V12, V13, context
from lib.topology import VIP4
from lib.user import DaemonUser

UNIT = "tlsvipd.service"
TARGET = "/run/systemd/system/unit-test.target"
GROUP = "/sys/fs/cgroup/test/unit"  # in guest-run's, which ends with the file
# the manager's control groups begin in one that is empty
START = f"""
group={GROUP}
mkdir -p "$group"
echo $$ >"$group/cgroup.procs"
exec unshare --pid --mount --fork --kill-child --mount-proc --cgroup sh -c '
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	container=selftest exec /usr/lib/systemd/systemd --system --unit="$1" \\
		--log-level=err --log-target=console
' sh "$1"
"""


class Env(Appliance):
    """A systemd whose only job is the daemon."""
    TENANTS = ("red",)
    DAEMON = False

    def __init__(self):
        super().__init__()
        self.pki = "/etc/tlsvip/pki"
        shutil.rmtree(self.pki, ignore_errors=True)
        self.users = DaemonUser()
        self.user = self.users.add()
        os.makedirs(os.path.dirname(TARGET), exist_ok=True)
        with open(TARGET, "w", encoding="ascii") as file:
            file.write(f"[Unit]\nRequires={UNIT}\nAfter={UNIT}\n")
        self.trustpoint("web")
        self.trustpoint("rsa", "rsa")
        self.tlsvip("service", "add", "rsa", "context", "red", "vip",
                    f"{VIP4}:7443", "server", "10.20.0.80:80", "trustpoint",
                    "rsa", "inservice")
        self.manager = Bkg(
            "sh", "-c", START, "sh", os.path.basename(TARGET), ns=self.box,
            name="systemd")
        wait_for(self.main_pid, "the unit to start", 240)

    def __exit__(self, *exc):
        # PID 1 takes SIGTERM for a request to start over
        self.manager.stop(signal.SIGKILL)
        super().__exit__(*exc)
        self.users.remove()
        shutil.rmtree(self.pki)

    def systemctl(self, *args, check_rc=True):
        pid = cmd("pgrep", "-P", self.manager.pid, check=False).out.split()
        if not pid:
            return ""
        return cmd("nsenter", "-t", pid[0], "-a", "systemctl", *args,
                   check=check_rc).out

    def show(self, name):
        out = self.systemctl("show", UNIT, "-p", name, check_rc=False)
        return out.strip().partition("=")[2]

    def delay(self):
        """Seconds before its next start."""
        unit = {"s": 1, "ms": 1e-3, "us": 1e-6}
        return sum(float(num) * unit[word] for num, word in re.findall(
            r"([\d.]+)([mu]?s)", self.show("RestartUSecNext")))

    def processes(self):
        """Those in the control group of the unit, as seen from here."""
        pids = set()
        for path in glob.glob(f"{GROUP}/**/{UNIT}/cgroup.procs",
                              recursive=True):
            # it goes and comes with the process
            with contextlib.suppress(OSError), \
                 open(path, encoding="ascii") as file:
                pids.update(int(pid) for pid in file.read().split())
        return pids

    def main_pid(self):
        """Of the daemon, which has no other process; 0 until it is up."""
        if self.show("SubState") != "running":
            return 0
        return max(self.processes(), default=0)

    def serves(self):
        try:
            with self.client() as client:
                return client.get("/whoami").body == b"nginx-red\n"
        except (ssl.SSLError, Eof, ConnectionError):
            return False


def test_verify(_env):
    """systemd has nothing to say against the unit."""
    got = cmd("systemd-analyze", "verify", "--man=no", UNIT)
    check_eq([line for line in got.err.splitlines() if "tlsvip" in line], [])


def test_ready(env):
    """Ready means ready: the first client is served, and by kernel TLS."""
    check(env.serves(), "not served")
    check_eq(env.show("StatusText"), "Serving handshakes")


@ktap.variants(*((f"{v}-{k}", version, kind, addr)
                 for v, version in (("tls12", V12), ("tls13", V13))
                 for k, kind, addr in (("ecdsa", "web", (VIP4, 443)),
                                       ("rsa", "rsa", (VIP4, 7443)))))
def test_handshakes(env, _name, version, kind, addr):
    """Full and resumed, on all workers: no system call of a handshake is
    filtered, and the kernel has the keys.
    """
    ctx = context(version, ca=env.authority.cert)
    pid, restarts = env.main_pid(), env.show("NRestarts")
    full, resumed = "ssl.full-handshakes", "ssl.resumed-handshakes"
    grow = env.grow(full, resumed)
    for _ in range(4):
        with env.client(addr=addr, ctx=ctx, name=f"{kind}.test") as client:
            check_eq(client.get("/whoami").body, b"nginx-red\n")
            check(not client.reused, "resumed without a session")
            session = client.session
            client.close_notify()
    for _ in range(4):
        with env.client(addr=addr, ctx=ctx, name=f"{kind}.test",
                        session=session) as client:
            check_eq(client.get("/whoami").body, b"nginx-red\n")
            check(client.reused, "not resumed")
            session = client.session
            client.close_notify()
    check_eq((grow.by(full), grow.by(resumed)), (4, 4))
    check_eq((env.main_pid(), env.show("NRestarts")), (pid, restarts))


def test_handshakes_that_fail(env):
    """Alerts, resets and time-outs are within the filter, too."""
    pid, restarts = env.main_pid(), env.show("NRestarts")
    grow = env.grow("ssl.handshake-refused", "ssl.handshake-failures")
    check_raises(ssl.SSLError, env.client,
                 ctx=context(V12, ciphers="ECDHE-ECDSA-AES128-SHA256"))
    client = env.client(handshake=False)
    client.hello()
    client.reset()
    grow.wait("ssl.handshake-refused")
    grow.wait("ssl.handshake-failures")
    check_eq((env.main_pid(), env.show("NRestarts")), (pid, restarts))


def test_hardening(env):
    """A user of its own with one capability, no new privileges, system calls
    filtered.
    """
    with open(f"/proc/{env.main_pid()}/status", encoding="ascii") as file:
        text = file.read()
    status = dict(re.findall(r"(\w+):\s*(\S+)", text))
    uid, gid = str(env.user.pw_uid), str(env.user.pw_gid)
    check_eq(re.findall(r"[UG]id:(.*)", text),
             ["\t" + "\t".join([num] * 4) for num in (uid, gid)])
    check("0" not in (uid, gid), text)
    net_admin = f"{1 << 12:016x}"
    for name, want in (("CapPrm", net_admin), ("CapEff", net_admin),
                       ("CapBnd", net_admin), ("CapInh", "0" * 16),
                       ("CapAmb", "0" * 16), ("NoNewPrivs", "1"),
                       ("Seccomp", "2")):
        check_eq(status[name], want, name)


def test_reload(env):
    """systemctl reload returns when the new certificate is in use."""
    def subject():
        with env.client() as client:
            return client.obj.getpeercert(binary_form=True)
    old, pid = subject(), env.main_pid()
    env.trustpoint("web")
    env.systemctl("reload", UNIT)
    check(subject() != old, "still the old certificate")
    check_eq(env.main_pid(), pid)


def test_killed(env):
    """It is back at once, as often as it takes; connections do not notice.
    The more often, the longer it takes: up to a limit that is no end.
    """
    delays = []
    with env.client() as client:
        client.get("/whoami")
        old = env.main_pid()
        for num in range(1, 8):
            os.kill(old, signal.SIGKILL)
            # to ask systemd costs an emulated machine more than to look
            wait_for(lambda: env.processes() - {old}, "its successor")
            old = wait_for(env.main_pid, "it to be up")
            check_eq(env.show("NRestarts"), str(num))
            check(env.serves(), "not served")
            delays.append(env.delay())
        check_eq(client.get("/whoami").body, b"nginx-red\n")
    check_eq(delays, sorted(set(delays)), "delays of the next starts")
    check(delays[0] < 1 < delays[-1] <= 10, delays)
    check_eq(env.show("RestartMaxDelayUSec"), "2s")
    check_eq(env.show("StartLimitIntervalUSec"), "0")


def test_stop(env):
    """An orderly end, and messages with levels in the journal."""
    env.systemctl("stop", UNIT)
    check_eq(env.show("Result"), "success")
    check_eq(env.show("ExecMainStatus"), "0")


if __name__ == "__main__":
    ktap.run(globals(), Env)
