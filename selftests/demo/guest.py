#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make demo`, the guest's side: the VM is the appliance, tenants and switch
are namespaces in it. Shows the product at work by commands anybody can type.
"""

import argparse
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import ktap
from lib.pki import Authority
from lib.process import Bkg, cmd
from lib.servers import INSERTED, Nginx
from lib.topology import SERVER4, SERVER6, VIP4, VIP6, Network

BEGIN = time.monotonic()
CA = "/root/ca.pem"
SOCKET = "/run/demo.sock"
CURL = f"curl -sS --cacert {CA} --resolve web.example:443:{VIP4}"
CURL6 = f"curl -sS --cacert {CA} --resolve 'web.example:443:[{VIP6}]'"

PICTURE = r"""
  red-client   vlan 10 --+                 +-------- this VM, "appliance" --------+
  red-server   vlan 20 --+                 |          vrf-red     context red     |
    (nginx)              +-- bridge -------+ eth0  /  eth0.10     VIP 10.10.0.15  |
                         |   (switch)      | trunk    eth0.20     10.20.0.1       |
  blue-client  vlan 30 --+                 |       \  vrf-blue    context blue    |
  blue-server  vlan 40 --+                 |          eth0.30     VIP 10.10.0.15  |
    (nginx)                                |          eth0.40     10.20.0.1       |
                                           +--------------------------------------+
  Both clients are 10.10.0.2, both servers 10.20.0.80: the same addresses twice.
  Your browser's connections to 127.0.0.1:%s enter through red-client."""

PAGE = """
        location = / {
            default_type text/plain;
            return 200 "This is nginx of tenant %s. The appliance told it:
%s";
        }
"""


def head(text):
    took = time.monotonic() - BEGIN
    print(f"\n=== {text} [{took:.0f} s] ===", flush=True)


def show(command, space=None, where="appliance"):
    """Types a command as a person would and prints what it says."""
    print(f"{where}$ {command}", flush=True)
    got = cmd("sh", "-c", command, ns=space, check=False)
    for line in (got.out + got.err).splitlines():
        print("  " + line)
    sys.stdout.flush()
    if got.rc:
        raise SystemExit(f"demo: the last command failed: exit {got.rc}")


def configuration(tenant):
    """One tenant's configuration."""
    return (f"context add {tenant} vrf vrf-{tenant} maxconns 65536",
            f"policy http-header add h1 context {tenant} client-ip-port "
            f"session custom \"X-Via: tlsvip-{tenant}\"",
            f"service add web context {tenant} vip {VIP4}:443 server "
            f"{SERVER4}:80 trustpoint web policy http-header h1 inservice",
            f"service add web6 context {tenant} vip '[{VIP6}]:443' server "
            f"'[{SERVER6}]:80' trustpoint web policy http-header h1 "
            "inservice")


class Demo:
    """The steps, in the order in which they are shown."""

    def __init__(self, args):
        self.args = args
        self.net = None
        self.daemon = None
        self.nginx = {}

    def build(self):
        """Everything that is not the product."""
        if os.path.isdir("/sys/class/net/eth0"):
            cmd("ip", "link", "set", "eth0", "name", "mgmt0")
        self.net = Network(box_is_host=True)
        facts = "".join(f"  {h}: $http_{h.lower().replace('-', '_')}\n"
                        for h in INSERTED)
        for name, tenant in self.net.tenants.items():
            self.nginx[name] = Nginx(tenant.server, f"nginx-{name}",
                                     extra=PAGE % (name, facts))
            self.nginx[name].put_pattern("big", 16 << 20)
        ca = Authority("Demo CA")
        cert, key = ca.issue("web.example", "ec",
                             ("web.example", VIP4, VIP6, "127.0.0.1"))
        for src, dst in ((ca.cert, CA), (cert, "/root/web.pem"),
                         (key, "/root/web.key")):
            cmd("cp", src, dst)

    def start(self):
        head("Module and daemon")
        show("modprobe tlsvip && lsmod | grep -E '^(tlsvip|tls|vrf|8021q) '")
        print("appliance$ tlsvipd &", flush=True)
        self.daemon = Bkg("tlsvipd")

    def topology(self):
        head("Topology")
        print(PICTURE % self.args.port)
        show("uname -r")
        show("ip -br link show type vrf")
        show("ip -br -4 addr show | grep eth0")

    def configure(self):
        head("Configuration, as typed")
        show(f"tlsvip pki import web pem /root/web.pem /root/web.key {CA}")
        for name in self.net.tenants:
            for line in configuration(name):
                show(f"tlsvip {line}")

    def visit(self):
        head("curl from both tenants, to the same address")
        for name, tenant in self.net.tenants.items():
            show(f"{CURL} https://web.example/", tenant.client,
                 f"{name}-client")
        show(f"{CURL6} https://web.example/", self.net.blue.client,
             "blue-client")

    def forge(self):
        head("A client that forges the headers, and what nginx logged")
        for name, tenant in self.net.tenants.items():
            nginx = self.nginx[name]
            before = len(nginx.requests())
            show(f"{CURL} -H 'Client-IP: 6.6.6.6' -H 'session_id: mine' "
                 "https://web.example/whoami", tenant.client,
                 f"{name}-client")
            # nginx logs when it has answered
            ktap.wait_for(lambda: len(nginx.requests()) > before,
                          f"the log of {name}'s nginx")
            show(f"tail -n1 {nginx.access} | jq .", tenant.server,
                 f"{name}-server")

    def certificate(self):
        head("The certificate")
        tool = f"openssl s_client -connect {VIP4}:443 -servername web.example"
        client = self.net.red.client
        show(f"{tool} -CAfile {CA} -brief </dev/null 2>&1 | grep -v DONE",
             client, "red-client")
        show(f"{tool} </dev/null 2>/dev/null | openssl x509 -noout -subject "
             "-issuer -enddate -ext subjectAltName", client, "red-client")

    def kernel_tls(self):
        head("The kernel carries the bytes (kTLS), the daemon sleeps")
        pid = self.daemon.pid
        ticks = f"awk '{{ print \"daemon CPU ticks:\", $14 + $15 }}' " \
                f"/proc/{pid}/stat"
        show("grep Sw /proc/net/tls_stat")
        show(ticks)
        show(f"{CURL} -o /dev/null -w 'first 16 MiB: %{{size_download}} bytes"
             ", again: ' https://web.example/big --next "
             f"{CURL[5:]} -o /dev/null -w '%{{size_download}} bytes\\n' "
             "https://web.example/big", self.net.red.client, "red-client")
        show(ticks)
        show("grep Sw /proc/net/tls_stat")
        show("grep -E 'relay.*bytes' /proc/net/tlsvip/stats")

    def tables(self):
        head("Connections, services, contexts while two clients download")
        jobs = []
        for name, tenant in self.net.tenants.items():
            command = (f"{CURL} --limit-rate 500k -o /dev/null "
                       "https://web.example/big")
            print(f"{name}-client$ {command} &")
            jobs.append(Bkg("sh", "-c", "exec " + command,
                            ns=tenant.client))

        def downloading():
            conns = self.conns()
            return len(conns) == 2 and all(
                c["state"] == "relay" and c["s2c-bytes"] for c in conns)
        ktap.wait_for(downloading, "two downloads")
        for what in ("conn", "service", "context"):
            show(f"tlsvip -s {what} show")
        show("tlsvip -j -p conn show context red")
        for job in jobs:
            job.stop()

    @staticmethod
    def conns():
        return json.loads(cmd("tlsvip", "-j", "conn", "show").out)

    def counters(self):
        head("Counters")
        show("tlsvip stats show")
        show("ls /proc/net/tlsvip /sys/class/tlsvip")

    def forward(self):
        """From the VM's own address into red-client, as a browser there."""
        head("Reachable from this machine")
        for name, space, listen, to in (
                ("into-red", self.net.red.client,
                 f"UNIX-LISTEN:{SOCKET},fork", f"TCP:{VIP4}:443"),
                ("from-host", None, "TCP-LISTEN:8443,fork,reuseaddr",
                 f"UNIX-CONNECT:{SOCKET}")):
            Bkg("socat", listen, to, ns=space, name=name)
        self.net.box.wait_listening(8443)
        ktap.wait_for(lambda: os.path.exists(SOCKET), "the way into red")
        before = len(self.nginx["red"].requests())
        print("demo: up", flush=True)
        if self.args.once:
            ktap.wait_for(lambda: len(self.nginx["red"].requests()) > before,
                          "the visit of this machine's curl")
        else:
            signal.sigwait({signal.SIGTERM, signal.SIGINT})

    def run(self):
        self.build()
        self.topology()
        self.start()
        self.configure()
        self.visit()
        self.forge()
        self.certificate()
        self.kernel_tls()
        self.tables()
        self.counters()
        self.forward()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--port", default="8443")
    Demo(parser.parse_args()).run()


if __name__ == "__main__":
    main()
