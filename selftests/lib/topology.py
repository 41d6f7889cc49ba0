# SPDX-License-Identifier: GPL-2.0-or-later
"""The network that tests and the demo use.

    red client --vlan 10--+                    +-- trunk -- box: vrf-red
    red server --vlan 20--+-- bridge (switch) -+     eth0.10 eth0.20
    blue client -vlan 30--+   VLAN-aware       |            vrf-blue
    blue server -vlan 40--+                    +     eth0.30 eth0.40

Both tenants use the same addresses. Nothing of the product is started here.
"""

from .netns import HostNS, NetNS, remove_all
from .process import cmd

VIP4 = "10.10.0.15"
VIP6 = "2001:db8:10::15"
CLIENT4 = "10.10.0.2"
CLIENT6 = "2001:db8:10::2"
SERVER4 = "10.20.0.80"
SERVER6 = "2001:db8:20::80"
BOX_SERVER4 = "10.20.0.1"
BOX_SERVER6 = "2001:db8:20::1"

TENANTS = (("red", 10, 20), ("blue", 30, 40))


class Tenant:
    """A VRF of the box with its client and its server."""

    def __init__(self, name, client_vlan, server_vlan, client, server):
        self.name = name
        self.vrf = f"vrf-{name}"
        self.table = 1000 + client_vlan
        self.client_vlan = client_vlan
        self.server_vlan = server_vlan
        self.client = client
        self.server = server

    def hosts(self):
        return ((self.client, self.client_vlan, "10.10.0", "10",
                 CLIENT4, CLIENT6),
                (self.server, self.server_vlan, "10.20.0", "20",
                 SERVER4, SERVER6))


class Network:
    """Namespaces and links; a context that removes them again.

    With box_is_host the first namespace of the VM is the box, and the others
    get plain names.
    """

    def __init__(self, tenants=("red", "blue"), box_is_host=False,
                 trunk="eth0"):
        self.trunk = trunk
        wanted = [t for t in TENANTS if t[0] in tenants]
        self.switch, *spaces = NetNS.several(
            "switch", *(f"{t[0]}-{end}" for t in wanted
                        for end in ("client", "server")),
            *(() if box_is_host else ("box",)), exact=box_is_host)
        self.box = HostNS() if box_is_host else spaces.pop()
        self.tenants = {t[0]: Tenant(*t, *spaces[2 * n:2 * n + 2])
                        for n, t in enumerate(wanted)}
        self.red = self.tenants.get("red")
        self.blue = self.tenants.get("blue")
        self._links()
        self.box.sysctl("net.ipv4.ip_forward", 1)
        self.box.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.plug(*self.tenants.values())

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.remove()

    def spaces(self):
        yield self.switch
        for tenant in self.tenants.values():
            yield tenant.client
            yield tenant.server
        yield self.box

    def remove(self):
        remove_all(self.spaces())

    def _links(self):
        """The bridge, its access ports, and the trunk."""
        lines = ["link add br0 type bridge vlan_filtering 1 stp_state 0 "
                 "forward_delay 0 mcast_snooping 0 vlan_default_pvid 0",
                 "link set br0 up",
                 f"link add trunk type veth peer name {self.trunk} "
                 f"netns {self._ref(self.box)}",
                 "link set trunk master br0 up"]
        vlans = []
        for tenant in self.tenants.values():
            for host, vid, *_addr in tenant.hosts():
                lines.append(f"link add p{vid} type veth peer name eth0 "
                             f"netns {host.name}")
                lines.append(f"link set p{vid} master br0 up")
                vlans.append(f"vlan add dev p{vid} vid {vid} pvid untagged")
                vlans.append(f"vlan add dev trunk vid {vid}")
        self.switch.ip_batch("\n".join(lines) + "\n")
        cmd("bridge", "-batch", "-", ns=self.switch,
            data="\n".join(vlans) + "\n")
        self.box.ip_batch(f"link set {self.trunk} up\n")
        for tenant in self.tenants.values():
            for host, _vid, net4, net6, addr4, addr6 in tenant.hosts():
                host.ip_batch(
                    f"addr add {addr4}/24 dev eth0\n"
                    f"addr add {addr6}/64 dev eth0 nodad\n"
                    "link set eth0 up\n"
                    f"route add default via {net4}.1\n"
                    f"route add default via 2001:db8:{net6}::1 dev eth0\n")

    def plug(self, *tenants):
        """The VRF, VLANs and addresses of tenants on the box."""
        self.box.ip_batch("".join(f"{line}\n" for tenant in tenants
                                  for line in self.plug_lines(tenant)))

    def plug_lines(self, tenant):
        lines = [f"link add {tenant.vrf} type vrf table {tenant.table}",
                 f"link set {tenant.vrf} up"]
        for vid, net4, net6 in ((tenant.client_vlan, "10.10.0", "10"),
                                (tenant.server_vlan, "10.20.0", "20")):
            dev = self.vlan(vid)
            lines += [f"link add link {self.trunk} name {dev} type vlan "
                      f"id {vid}",
                      f"link set {dev} master {tenant.vrf} up",
                      f"addr add {net4}.1/24 dev {dev}",
                      f"addr add 2001:db8:{net6}::1/64 dev {dev} nodad"]
        dev = self.vlan(tenant.client_vlan)
        lines += [f"addr add {VIP4}/32 dev {dev}",
                  f"addr add {VIP6}/128 dev {dev} nodad"]
        return lines

    def unplug(self, tenant):
        """Removes what plug() made."""
        for dev in (self.vlan(tenant.client_vlan),
                    self.vlan(tenant.server_vlan), tenant.vrf):
            self.box.ip("link", "del", dev, check=False)

    def vlan(self, vid):
        return f"{self.trunk}.{vid}"

    def _ref(self, space):
        """How ip(8) in another namespace names a namespace."""
        return space.name or 1
