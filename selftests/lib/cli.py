# SPDX-License-Identifier: GPL-2.0-or-later
"""The box for tests of the CLI: refusals in words, nothing left configured."""

from . import ktap
from .appliance import Appliance
from .ktap import check_eq, check_in
from .topology import SERVER4, VIP4


class CliAppliance(Appliance):
    """One tenant; a case makes its own configuration."""

    TENANTS = ("red",)
    SERVICES = False
    clean = False  # the end of the case removes all that is configured
    leaks = True   # a sanitized CLI looks for them, which is half of its time

    def __init__(self):
        super().__init__()
        ktap.after_case(self.wait_idle)

    def __enter__(self):
        return self

    def refused(self, args, word, status=1):
        """The command must fail; the words of the message are returned."""
        got = self.tlsvip(*args, check=False)
        check_eq(got.rc, status, f"{args}: {got.err}")
        check_eq(got.out, "", f"{args}: standard output")
        check_eq(len(got.err.splitlines()), 1, got.err)
        check_in(word, got.err)
        check_eq(got.err.count("tlsvip: "), 1, "prefix said once")
        return got.err

    def run(self, line, **kwargs):
        return self.tlsvip(*line.split(), **kwargs)

    def tlsvip(self, *args, **kwargs):
        if not self.clean and ("add" in args or "-b" in args):
            self.clean = True
            ktap.defer(self.deconfigure)
        if not self.leaks:
            kwargs["env"] = {"ASAN_OPTIONS": "detect_leaks=0",
                             **kwargs.get("env", {})}
        return super().tlsvip(*args, **kwargs)

    def deconfigure(self):
        super().deconfigure()
        self.clean = False

    def add_red(self):
        self.run("context add red vrf vrf-red")

    def web(self):
        self.add_red()
        self.tlsvip("policy", "http-header", "add", "h1", "context", "red",
                    "client-ip-port", "session", "custom", "X-Via: tlsvip")
        self.run(f"service add web context red vip {VIP4}:443 server "
                 f"{SERVER4}:80 trustpoint web policy http-header h1 "
                 "inservice")
