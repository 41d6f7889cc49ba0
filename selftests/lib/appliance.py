# SPDX-License-Identifier: GPL-2.0-or-later
"""The product in the network of topology.py: module, daemon, CLI, counters.

What it says about the product it reads from the product; no figures here.
"""

import json
import os
import re
import socket

from . import ktap, process
from .pki import Authority
from .process import Bkg, cmd, workdir
from .servers import Nginx, Server
from .tls import TlsClient
from .topology import SERVER4, SERVER6, VIP4, VIP6, Network
from .ynl import Ynl

_STAT = re.compile(r"^\s*([a-z0-9]+\.[a-z0-9-]+)[\s:=]+(\d+)", re.MULTILINE)

OBJECTS = ("conn", "leg", "upcall")

# What no busy machine reaches, for services with many connections; a case that is
# about time sets its own with impatient().
PATIENT = ("handshake-timeout", "10m", "connect-timeout", "10m")
# The same for policies: a head that a test sends byte by byte took a minute.
PATIENT_HEADS = ("head-timeout", "10m")


class Appliance(Network):
    """Network, certificates, nginx in each tenant, daemon, configuration.

    The class attributes are what a test file changes by a subclass.
    """

    TENANTS = ("red", "blue")
    NGINX = True
    DAEMON = True
    SERVICES = True
    NGINX_EXTRA = ""

    def __init__(self, **kwargs):
        load_module()
        self.daemon = None
        self.nginx = {}
        self._authority = None
        super().__init__(tenants=kwargs.pop("tenants", self.TENANTS),
                         **kwargs)
        self.pki = os.path.join(workdir(), "pki")
        ktap.on_failure(self.dump)
        try:
            if self.NGINX:
                for name, tenant in self.tenants.items():
                    self.nginx[name] = Nginx(tenant.server, f"nginx-{name}",
                                             extra=self.NGINX_EXTRA)
            if self.DAEMON:
                self.trustpoint("web")
                self.start_daemon()
            if self.SERVICES:
                self.configure()
        except BaseException:
            process.dump_all()
            self.__exit__()
            raise

    def __exit__(self, *_exc):
        process.stop_all()
        super().__exit__()
        process.remove_workdir()

    # -- certificates and the daemon

    @property
    def authority(self):
        if self._authority is None:
            self._authority = Authority()
        return self._authority

    def trustpoint(self, name, kind="ec"):
        """A key and certificate for the VIPs, imported into the store."""
        cert, key = self.authority.issue(name, kind,
                                         (f"{name}.test", VIP4, VIP6))
        self.import_pem(name, cert, key, self.authority.cert)

    def import_pem(self, name, *paths, check=True):
        return self.tlsvip("pki", "import", name, "pem", *paths, check=check)

    def start_daemon(self, *args, env=None):
        """Starts tlsvipd and waits until it says that it is ready."""
        path = os.path.join(workdir(), "notify")
        if os.path.exists(path):
            os.unlink(path)
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(path)
        ready.settimeout(0.05)
        self.daemon = Bkg("tlsvipd", "--pki", self.pki, *args, ns=self.box,
                          env={"NOTIFY_SOCKET": path, **(env or {})})

        def said_ready():
            if not self.daemon.alive():
                ktap.fail("tlsvipd ended at its start")
            try:
                return b"READY=1" in ready.recv(4096)
            except TimeoutError:
                return False
        try:
            ktap.wait_for(said_ready, "tlsvipd being ready")
        finally:
            ready.close()
        return self.daemon

    def stop_daemon(self):
        if self.daemon:
            self.daemon.stop()
            self.daemon = None

    # -- the CLI

    def tlsvip(self, *args, **kwargs):
        """tlsvip ARGS on the box."""
        return cmd("tlsvip", "--pki", self.pki, *args, ns=self.box, **kwargs)

    def json(self, *args):
        return json.loads(self.tlsvip("-j", *args).out)

    def batch(self, text, check=True):
        """Many commands in one process."""
        return self.tlsvip("-b", "-", data=text, check=check)

    def config_text(self, tenant):
        """The configuration of a tenant, as an operator would type it."""
        name = tenant.name
        patient = " ".join(PATIENT)
        heads = " ".join(PATIENT_HEADS)
        return f"""\
context add {name} vrf {tenant.vrf}
policy http-header add h1 context {name} client-ip-port session \
custom "X-Via: tlsvip-{name}" {heads}
service add web context {name} vip {VIP4}:443 server {SERVER4}:80 \
trustpoint web policy http-header h1 {patient} inservice
service add web6 context {name} vip [{VIP6}]:443 server [{SERVER6}]:80 \
trustpoint web policy http-header h1 {patient} inservice
service add raw context {name} vip {VIP4}:8443 server {SERVER4}:8000 \
trustpoint web {patient} inservice
service add hdr context {name} vip {VIP4}:9443 server {SERVER4}:8000 \
trustpoint web policy http-header h1 {patient} inservice
"""

    def configure(self):
        self.batch("".join(self.config_text(t)
                           for t in self.tenants.values()))

    def set_h1(self, *words):
        """The policy of red's services, by default as config_text() has it."""
        self.tlsvip("policy", "http-header", "set", "h1", "context", "red",
                    *(words or ("client-ip-port", "session", "custom",
                                "X-Via: tlsvip-red")), *PATIENT_HEADS)

    def deconfigure(self):
        """Removes everything that is configured; by netlink: four processes of
        the CLI take longer than many a case."""
        with Ynl(self.box) as nl:
            nl.wipe()

    def impatient(self, service, timeout, value):
        """For a case that is about time: a service of red with PATIENT."""
        what = "service", "set", service, "context", "red"
        ktap.defer(self.tlsvip, *what, *PATIENT)
        self.tlsvip(*what, timeout, value)

    # -- clients

    def client(self, tenant="red", **kwargs):
        """A TLS connection from a tenant's client."""
        return TlsClient(self.tenants[tenant].client, **kwargs)

    def curl(self, *args, tenant="red", **kwargs):
        return cmd("curl", "-sS", "-k", "--max-time", str(90 * ktap.SCALE),
                   *args, ns=self.tenants[tenant].client, **kwargs)

    # -- what can be seen

    def stats(self):
        """Counters of the namespace: {name: value}, from /proc."""
        return parse_stats(self.box.read("/proc/net/tlsvip/stats"))

    def stat(self, name):
        return self.stats()[name]

    def live(self):
        """Live objects by kind, from the counters."""
        stats = self.stats()
        return {k: stats[f"{k}.alloc"] - stats[f"{k}.free"] for k in OBJECTS}

    def idle(self):
        return not any(self.live().values())

    def wait_idle(self, timeout=60):
        """Waits until no connection is left."""
        ktap.wait_for(self.idle, f"no live connection", timeout)

    def wait_stat(self, name, least, timeout=60):
        ktap.wait_for(lambda: self.stat(name) >= least,
                      f"{name} >= {least}", timeout)

    def grow(self, *names):
        """A context that remembers counters: g = grow(n); g.by(n)."""
        return Growth(self, names)

    def drained(self, client):
        """The box has read everything that the client sent."""
        addr = client.sock.getsockname()
        local = "".join(reversed([f"{int(b):02X}"
                                  for b in addr[0].split(".")]))
        remote = f"{local}:{addr[1]:04X}"

        def empty():
            for line in self.box.read("/proc/net/tcp").splitlines()[1:]:
                field = line.split()
                if field[2] == remote:
                    return field[4].split(":")[1] == "00000000"
            return True
        ktap.wait_for(empty, "the relay to have read everything")

    def conns(self):
        return self.json("conn", "show")

    def dump(self):
        """For a failed case: state of the product and the kernel's log."""
        for what in ("stats", "conns"):
            try:
                text = self.box.read(f"/proc/net/tlsvip/{what}")
            except OSError as err:
                text = str(err)
            if what == "stats":
                text = " ".join(f"{k}={v}"
                                for k, v in parse_stats(text).items() if v)
            ktap.note(f"-- {what}")
            ktap.note("\n".join(text.splitlines()[:20]))
        ktap.note("-- dmesg")
        ktap.note("\n".join(
            [line for line in cmd("dmesg", check=False).out.splitlines()
             if " br0: " not in line][-12:]))


class Growth:
    """How much counters grew since this object was made."""

    def __init__(self, box, names):
        self.box = box
        self.base = box.stats()
        for name in names:
            if name not in self.base:
                ktap.fail(f"there is no counter {name}")

    def by(self, name):
        return self.box.stat(name) - self.base[name]

    def wait(self, name, least=1):
        self.box.wait_stat(name, self.base[name] + least)


class Watched(Appliance):
    """One tenant, without nginx: port 8000 of the server belongs to the case,
    and events tell why connections ended."""
    TENANTS = ("red",)
    NGINX = False

    def __init__(self):
        super().__init__()
        self.events = Ynl(self.box)
        self.events.subscribe("events")
        ktap.after_case(self.after)

    def after(self):
        self.wait_idle()
        self.events.poll_events()

    def server(self, **kwargs):
        srv = Server(self.red.server, (SERVER4, 8000), **kwargs)
        ktap.defer(srv.close)
        return srv

    def reason(self, client):
        """Waits for a client's connection to end and returns why it did."""
        return self.events.wait_event("conn-ntf", event="deleted",
                                      client_port=client.port)["close-reason"]


def parse_stats(text):
    """In one pass over the whole: this is read after every case."""
    return {name: int(value) for name, value in _STAT.findall(text)}


def load_module():
    if not os.path.isdir("/sys/module/tlsvip"):
        cmd("modprobe", "tlsvip")
