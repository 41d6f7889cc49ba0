#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# user: users and files; daemon.py is for every kernel
"""The daemon as a user of its own, with one capability and the keys by its
group: it serves what "tlsvip pki import" has stored.

That its unit does the same is tested in unit.py, the store's modes in
user/cli_pki_store.py.
"""

import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.appliance import Appliance
from lib.ktap import check_eq, check_in, wait_for
from lib.process import Bkg
from lib.topology import VIP4
from lib.user import AS_USER, DaemonUser


class Env(Appliance):
    """A store where the user may come; each case makes what is in it."""
    TENANTS = ("red",)
    DAEMON = False

    def __init__(self):
        super().__init__()
        self.top = tempfile.mkdtemp(prefix="tlsvip-", dir="/run")
        os.chmod(self.top, 0o755)
        self.pki = os.path.join(self.top, "pki")
        self.users = DaemonUser()
        ktap.after_case(self.after)

    def __exit__(self, *exc):
        self.users.remove()
        shutil.rmtree(self.top)
        super().__exit__(*exc)

    def after(self):
        self.stop_daemon()
        self.wait_idle()
        self.users.remove()
        shutil.rmtree(self.pki)

    def start_as(self, *prefix):
        self.daemon = Bkg(*prefix, "tlsvipd", "--pki", self.pki, ns=self.box,
                          name="tlsvipd")
        wait_for(lambda: "serving handshakes" in self.daemon.output(),
                 "tlsvipd being ready")

    def ids(self):
        with open(f"/proc/{self.daemon.pid}/status",
                  encoding="ascii") as file:
            return [line.split()[1:] for line in file
                    if line.startswith(("Uid:", "Gid:"))]

    def whoami(self):
        return self.curl(f"https://{VIP4}/whoami", check=False)


def test_serves(env):
    user = env.users.add()
    env.trustpoint("web")
    env.start_as(*AS_USER)
    check_eq(env.ids(), [[str(user.pw_uid)] * 4, [str(user.pw_gid)] * 4])
    check_eq(env.whoami().out, "nginx-red\n")
    # a new one needs no reload
    env.trustpoint("web")
    with env.client() as client:
        check_eq(client.get("/whoami").body, b"nginx-red\n")


def test_store_of_before(env):
    """Keys that it may not read: it says so, and serves when they are shared
    by any later command of the store.
    """
    env.trustpoint("web")
    os.chmod(env.pki, 0o700)
    user = env.users.add()
    env.start_as(*AS_USER)
    check_eq(env.whoami().out, "")
    check_in("cannot use trustpoint 'web': Permission denied for user "
             f"{user.pw_uid}, see PERMISSIONS in tlsvip-pki(8)",
             env.daemon.output())
    env.trustpoint("other")
    check_eq(os.stat(env.pki).st_gid, user.pw_gid)
    wait_for(lambda: env.whoami().out == "nginx-red\n", "being served")


def test_as_root(env):
    """Started by hand it reads the same store as its owner."""
    env.users.add()
    env.trustpoint("web")
    env.start_as()
    check_eq(env.ids(), [["0"] * 4] * 2)
    check_eq(env.whoami().out, "nginx-red\n")


if __name__ == "__main__":
    ktap.run(globals(), Env)
