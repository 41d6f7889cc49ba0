# SPDX-License-Identifier: GPL-2.0-or-later
"""Where relays are measured: one client, the box, one server, two veth hops.

    client 10.10.0.2 --- 10.10.0.1, VIP 10.10.0.15  box  10.20.0.1 --- 10.20.0.80 server

Every relay listens on the VIP in the box and asks the same server. "direct"
goes through the same two hops and the box's IP forwarding, to the same server
with TLS of its own, so that the relay is all that differs. No VLANs, no VRF, no
packet filter: nothing that one relay would pay for and another not.
"""

import os
import shutil

from lib.appliance import Appliance, load_module
from lib.netns import NetNS
from lib.process import Bkg, cmd, workdir

VIP, CLIENT, SERVER = "10.10.0.15", "10.10.0.2", "10.20.0.80"
HERE = os.path.dirname(os.path.abspath(__file__))
WWW = "/dev/shm/www"
SIZES = {"small": 1024, "1m": 1 << 20, "16m": 16 << 20}


class Place(Appliance):
    """The namespaces, the files and the server; no relay runs yet."""

    def __init__(self, workers):  # pylint: disable=super-init-not-called
        self.workers = workers
        self.daemon = None
        self._authority = None
        self.tenants = {}
        self.client = NetNS("client")
        self.box = NetNS("box")
        self.server = NetNS("server")
        self.pki = os.path.join(workdir(), "pki")
        os.chmod(workdir(), 0o755)
        # workers that are not root cannot have it loaded by asking for it,
        # and would silently do without
        cmd("modprobe", "tls")
        # collapses pages when it likes, for hundreds of thousands of
        # instructions of whatever is measured at that moment
        with open("/sys/kernel/mm/transparent_hugepage/khugepaged/"
                  "scan_sleep_millisecs", "w", encoding="ascii") as file:
            file.write("100000000")
        self._links()
        self._files()
        self.cert, self.key = self.authority.issue("bench", "ec", (VIP,))
        self.pem = os.path.join(workdir(), "bench.both")
        with open(self.pem, "w", encoding="ascii") as out:
            for part in (self.cert, self.key):
                with open(part, encoding="ascii") as file:
                    out.write(file.read())
        self.nginx = self.spawn(("nginx", "-p", workdir(), "-c"),
                                "nginx-server.conf", self.server, 80)

    def offloaded(self, where):
        """How many kTLS sessions, both ways, a namespace has seen."""
        stat = {} if not where else dict(
            line.split() for line in getattr(self, where).read(
                "/proc/net/tls_stat").splitlines())
        return min(int(stat.get(n, 0)) for n in ("TlsTxSw", "TlsRxSw"))

    def spaces(self):
        return (self.client, self.server, self.box)

    def _links(self):
        self.box.ip_batch(
            f"link add front type veth peer name eth0 netns {self.client.name}\n"
            f"link add back type veth peer name eth0 netns {self.server.name}\n"
            "addr add 10.10.0.1/24 dev front\n"
            f"addr add {VIP}/32 dev front\n"
            "addr add 10.20.0.1/24 dev back\n"
            "link set front up\nlink set back up\n")
        self.box.sysctl("net.ipv4.ip_forward", 1)
        for space, addr, gate in ((self.client, CLIENT, "10.10.0.1"),
                                  (self.server, SERVER, "10.20.0.1")):
            space.ip_batch(f"addr add {addr}/24 dev eth0\nlink set eth0 up\n"
                           f"route add default via {gate}\n")
        # thousands of connections from one address in a run
        self.client.sysctl("net.ipv4.ip_local_port_range", "10000 65000")
        self.box.sysctl("net.ipv4.ip_local_port_range", "10000 65000")

    @staticmethod
    def _files():
        """The same bytes in every run: a counter, so no two places agree."""
        for path in (WWW, "/dev/shm/body", f"{WWW}/put"):
            os.makedirs(path, exist_ok=True)
        for path in ("/dev/shm/body", f"{WWW}/put"):
            shutil.chown(path, "www-data")
        block = b"".join(b"%015d\n" % n for n in range((1 << 20) // 16))
        for name, size in SIZES.items():
            with open(f"{WWW}/{name}", "wb") as file:
                for at in range(0, size, 1 << 20):
                    file.write(block[:min(1 << 20, size - at)])

    def spawn(self, argv, template, space, port, **words):
        """A program with its configuration file from the tree."""
        words = {"DIR": workdir(), "CERT": self.cert, "KEY": self.key,
                 "PEM": self.pem, "VIP": VIP, "SERVER": SERVER,
                 "PORT": str(port), "WORKERS": str(self.workers), **words}
        with open(os.path.join(HERE, template), encoding="ascii") as file:
            text = file.read()
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        path = os.path.join(workdir(), f"{port}-{template}")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        proc = Bkg(*argv, path, ns=space, name=f"{argv[0]}-{port}")
        space.wait_listening(port)
        return proc


class Relay:
    """One way from the client to the server; up() and down() may repeat."""

    title = name = ""
    addr, port = VIP, 443
    ktls = None         # the namespace that must show kTLS sessions

    def __init__(self, place):
        self.place = place
        self.proc = None

    def up(self):
        """Starts it and waits until it serves."""

    def down(self):
        if self.proc:
            self.proc.stop()
            self.proc = None


class Direct(Relay):
    name, title = "direct", "direct (nginx)"
    addr, port = SERVER, 444


class DirectKtls(Relay):
    name, title, ktls = "direct-ktls", "direct (nginx), kTLS", "server"
    addr = SERVER


class NginxProxy(Relay):
    name, title, port = "nginx", "nginx proxy", 8441
    option = "# no \"ssl_conf_command Options KTLS\": its default"

    def up(self):
        self.proc = self.place.spawn(
            ("nginx", "-p", workdir(), "-c"), "nginx-proxy.conf",
            self.place.box, self.port, KTLS=self.option)


class NginxKtls(NginxProxy):
    name, title, port = "nginx-ktls", "nginx proxy, kTLS", 8442
    ktls = "box"
    option = "ssl_conf_command Options KTLS; # as nginx's kTLS guide says"


class Haproxy(Relay):
    name, title, port = "haproxy", "haproxy", 8443

    def up(self):
        self.proc = self.place.spawn(("haproxy", "-q", "-db", "-f"),
                                     "haproxy.cfg", self.place.box, self.port)


class Tlsvip(Relay):
    """The product, inserting the lines that the peers insert."""

    name, title, ktls = "tlsvip", "tlsvip", "box"

    def up(self):
        load_module()
        place = self.place
        place.import_pem("bench", place.cert, place.key)
        place.start_daemon()
        place.batch(f"""\
context add bench
policy http-header add lines context bench client-ip-port session \
custom "X-Via: bench" custom "X-Forwarded-Proto: https" custom "X-Tenant: red"
service add web context bench vip {VIP}:443 server {SERVER}:80 \
trustpoint bench policy http-header lines inservice
service add clear context bench vip {VIP}:{TlsvipClear.port} server {SERVER}:80 \
trustpoint bench inservice
""")

    def down(self):
        self.place.deconfigure()
        self.place.stop_daemon()
        cmd("rmmod", "tlsvip")


class TlsvipClear(Tlsvip):
    """The same without a policy: bytes that nobody looks at."""

    name, title, port = "tlsvip-clear", "tlsvip, no policy", 8444

    def up(self):
        if not self.place.daemon:
            super().up()

    def down(self):
        if self.place.daemon:
            super().down()


RELAYS = (Direct, DirectKtls, NginxProxy, NginxKtls, Haproxy, Tlsvip,
          TlsvipClear)
FLOOR = ("direct", "direct-ktls")
PEERS = ("nginx", "nginx-ktls", "haproxy")
