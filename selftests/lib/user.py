# SPDX-License-Identifier: GPL-2.0-or-later
"""The user that the daemon runs as, made as an installation makes it.

The guest's own list of users is put back: other tests run without that user.
"""

import os
import pwd

from .process import cmd

SYSUSERS = "/usr/lib/sysusers.d/tlsvipd.conf"
NAME = "tlsvipd"
# as the unit starts it, without a service manager
AS_USER = ("setpriv", "--reuid", NAME, "--regid", NAME, "--clear-groups",
           "--inh-caps", "-all,+net_admin", "--ambient-caps",
           "-all,+net_admin", "--bounding-set", "-all,+net_admin",
           "--no-new-privs")

FILES = [os.path.join("/etc", name)
         for name in ("passwd", "group", "shadow", "gshadow")]


class DaemonUser:
    """There from add() to remove()."""

    def __init__(self):
        self.saved = {}

    def add(self):
        for path in FILES:
            if os.path.exists(path):
                with open(path, "rb") as file:
                    self.saved[path] = file.read()
        cmd("systemd-sysusers", SYSUSERS)
        return pwd.getpwnam(NAME)

    def remove(self):
        while self.saved:
            path, data = self.saved.popitem()
            with open(path, "wb") as file:
                file.write(data)
