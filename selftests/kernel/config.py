#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 90
"""The configuration over netlink: what is accepted, refused, dumped, told.

Speaks the specification itself, not through the CLI; no connection is made.
"""

import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
# pylint: disable=wrong-import-position
from lib import appliance, ktap, process
from lib.ktap import check, check_eq, check_in, check_raises
from lib.netns import NetNS
from lib.ynl import NlError, Ynl

NAME_MAX = 63


class Env:
    """A namespace with a VRF device, and netlink sockets in it."""

    def __enter__(self):
        appliance.load_module()
        self.ns = NetNS("config")
        self.ns.ip_batch("link add vrf-red type vrf table 10\n"
                         "link set vrf-red up\n"
                         "link add dummy0 type dummy\n"
                         "link set dummy0 up\n")
        self.nl = Ynl(self.ns)
        self.events = Ynl(self.ns, self.nl.spec)
        self.events.subscribe("config")
        ktap.after_case(self.empty)
        return self

    def __exit__(self, *_exc):
        self.nl.close()
        self.events.close()
        self.ns.remove()
        process.remove_workdir()

    def empty(self):
        """Every case removes what it made."""
        for what in ("service", "policy", "context"):
            check_eq(self.nl.dump(f"{what}-get"), [], f"{what}s left over")
        self.events.poll_events()

    def context(self, name="red", vrf="vrf-red"):
        self.nl.do("context-new", name=name, vrf=vrf)
        ktap.defer(self.nl.wipe)

    def policy(self, name="h1", **kwargs):
        self.nl.do("policy-new", context="red", name=name,
                   kind="http-header", **kwargs)

    def refused(self, code, word, command, **values):
        """The command must fail with code and a text that has word."""
        self.refused_raw(code, word, command,
                         {k.replace("_", "-"): v for k, v in values.items()})

    def refused_raw(self, code, word, command, values):
        err = check_raises(NlError, self.nl.do_raw, command, values)
        check_eq(errno.errorcode[err.err], code, f"{command}: {err.msg}")
        if word is not None:
            check(err.msg, f"{command} {values}: refused without a word")
            check_in(word.lower(), err.msg.lower(), command)


SERVICE = {"context": "red", "name": "web", "vip4": "10.10.0.15",
           "vip_port": 443, "server4": "10.20.0.80", "server_port": 80,
           "trustpoint": "web"}


def service(**changes):
    """SERVICE with changes; None removes."""
    values = {**SERVICE, **changes}
    return {k: v for k, v in values.items() if v is not None}


def test_context_new(env):
    env.context()
    got = env.nl.do("context-get", name="red")
    want = {"name": "red", "vrf": "vrf-red", "maxconns": 65536,
            "services": 0, "conns": 0}
    for key, value in want.items():
        check_eq(got[key], value, key)
    index = int(env.ns.ip("-o", "link", "show", "vrf-red").out.split(":")[0])
    check_eq(got["ifindex"], index, "ifindex")


def test_context_without_vrf(env):
    env.nl.do("context-new", name="main", maxconns=7)
    ktap.defer(env.nl.wipe)
    got = env.nl.do("context-get", name="main")
    check_eq(got.get("vrf", ""), "", "vrf")
    check_eq(got["ifindex"], 0, "ifindex")
    check_eq(got["maxconns"], 7, "maxconns")


def test_context_vrf_comes_and_goes(env):
    """The device is needed to begin with, then the state tells."""
    env.refused("ENODEV", "vrf-late", "context-new", name="early",
                vrf="vrf-late")
    env.ns.ip("link", "add", "vrf-late", "type", "vrf", "table", "77")
    ktap.defer(env.ns.ip, "link", "del", "vrf-late", check=False)
    env.context("early", "vrf-late")
    env.ns.ip("link", "del", "vrf-late")
    env.events.wait_event("context-ntf", name="early", oper_state="down",
                          oper_reason="vrf-missing", event="changed")
    env.ns.ip("link", "add", "vrf-late", "type", "vrf", "table", "78")
    env.events.wait_event("context-ntf", name="early", oper_state="up",
                          oper_reason="none", event="changed")


def test_context_vrf_renamed(env):
    """The name is what is configured."""
    env.ns.ip("link", "add", "vrf-x", "type", "vrf", "table", "78")
    ktap.defer(env.ns.ip, "link", "del", "vrf-y", check=False)
    ktap.defer(env.ns.ip, "link", "del", "vrf-x", check=False)
    env.context("ren", "vrf-x")
    check_eq(env.nl.do("context-get", name="ren")["oper-reason"], "none")
    env.ns.ip("link", "set", "vrf-x", "name", "vrf-y")
    check_eq(env.nl.do("context-get", name="ren")["oper-reason"],
             "vrf-missing")
    env.ns.ip("link", "set", "vrf-y", "name", "vrf-x")
    check_eq(env.nl.do("context-get", name="ren")["oper-reason"], "none")


def test_context_refused(env):
    env.context()
    env.refused("EEXIST", "exist", "context-new", name="red")
    env.refused("EINVAL", "name", "context-new", name="a b")
    env.refused("EINVAL", "name", "context-new", name="")
    env.refused("EINVAL", "name", "context-new", name="a/b")
    env.refused("EINVAL", "name", "context-new", name="..")
    env.refused("EINVAL", None, "context-new", name="x" * (NAME_MAX + 1))
    env.refused("EINVAL", None, "context-new")
    env.refused("ERANGE", None, "context-new", name="z", maxconns=0)
    env.refused("EINVAL", None, "context-new", name="z", vrf="v" * 16)
    env.refused("EINVAL", "vrf", "context-new", name="z", vrf="dummy0")
    env.refused("EEXIST", "vrf", "context-new", name="z", vrf="vrf-red")
    env.refused("ENOENT", "context", "context-get", name="nosuch")
    env.refused("ENOENT", "context", "context-del", name="nosuch")
    env.refused("ENOENT", "context", "context-set", name="nosuch",
                maxconns=1)
    check_eq([c["name"] for c in env.nl.dump("context-get")], ["red"])


def test_context_name_limits(env):
    for name in ("x", "A.b_c-9", "x" * NAME_MAX):
        env.nl.do("context-new", name=name)
        check_eq(env.nl.do("context-get", name=name)["name"], name)
        env.nl.do("context-del", name=name)


def test_context_set(env):
    env.context()
    env.events.poll_events()
    env.nl.do("context-set", name="red", maxconns=12)
    check_eq(env.nl.do("context-get", name="red")["maxconns"], 12)
    env.events.wait_event("context-ntf", name="red", maxconns=12,
                          event="changed")
    env.refused("EINVAL", None, "context-set", name="red", vrf="vrf-red")


def test_context_del_in_use(env):
    env.context()
    env.policy(session=True)
    env.refused("EBUSY", "polic", "context-del", name="red")
    env.nl.do("service-new", **service())
    env.refused("EBUSY", "service", "context-del", name="red")


def test_policy(env):
    env.context()
    env.policy(client_ip_port=True, session=True,
               custom=["X-Via: tlsvip", "X-B: 1"])
    got = env.nl.do("policy-get", context="red", name="h1",
                    kind="http-header")
    check_eq(got["custom"], ["X-Via: tlsvip", "X-B: 1"])
    check_eq((got.get("client-ip-port"), got.get("session")), (True, True))
    check_eq(got["users"], 0)
    env.events.poll_events()
    env.nl.do("policy-set", context="red", name="h1", kind="http-header",
              custom=["X-C: 2"])
    got = env.events.wait_event("policy-ntf", name="h1", event="changed")
    check_eq(got["custom"], ["X-C: 2"])
    check("session" not in got and "client-ip-port" not in got,
          "policy-set replaces all")


def test_policy_refused(env):
    env.context()
    env.policy(session=True)
    pol = {"context": "red", "name": "h2", "kind": "http-header"}
    env.refused("EEXIST", "exist", "policy-new", **{**pol, "name": "h1"},
                session=True)
    env.refused("ENOENT", "context", "policy-new",
                **{**pol, "context": "none"}, session=True)
    env.refused("EINVAL", "name", "policy-new", **{**pol, "name": "h 2"},
                session=True)
    for line in ("novalue", ": x", "X Y: 1", "X-A: a\rb", "X-A: a\nX-B: b",
                 "X-A: \x01", "X-A : 1", "Content-Length: 3",
                 "Transfer-Encoding: chunked", "Host: x", "Connection: x",
                 ""):
        env.refused("EINVAL", "", "policy-new", **pol, custom=[line])
    env.refused("ERANGE", None, "policy-new", **pol,
                custom=["X-A: " + "v" * 240])
    env.refused("ERANGE", None, "policy-new", **{**pol, "kind": 9},
                session=True)
    env.refused("E2BIG", "custom", "policy-new", **pol,
                custom=[f"X-{i}: v" for i in range(17)])
    env.refused("ENOENT", "policy", "policy-del", **pol)
    env.refused("ENOENT", "policy", "policy-get", **pol)
    env.refused("ENOENT", "policy", "policy-set", **pol, session=True)


def test_policy_limits(env):
    env.context()
    lines = [f"X-{i:02d}: " + "v" * 230 for i in range(16)]
    env.policy("big", custom=lines)
    got = env.nl.do("policy-get", context="red", name="big",
                    kind="http-header")
    check_eq(got["custom"], lines)


def test_policy_in_use(env):
    env.context()
    env.policy(session=True)
    env.nl.do("service-new", **service(http_header="h1"))
    got = env.nl.do("policy-get", context="red", name="h1",
                    kind="http-header")
    check_eq(got["users"], 1)
    env.refused("EBUSY", "use", "policy-del", context="red", name="h1",
                kind="http-header")
    env.nl.do("service-set", context="red", name="web", http_header="")
    env.nl.do("policy-del", context="red", name="h1", kind="http-header")


def test_service(env):
    env.context()
    env.nl.do("service-new", **service(inservice=1))
    got = env.nl.do("service-get", context="red", name="web")
    want = {"vip4": "10.10.0.15", "vip-port": 443, "server4": "10.20.0.80",
            "server-port": 80, "trustpoint": "web", "inservice": 1,
            "handshake-timeout": 10000, "connect-timeout": 10000,
            "idle-timeout": 600000, "linger-timeout": 60000,
            "oper-state": "up", "oper-reason": "none", "conns": 0}
    for key, value in want.items():
        check_eq(got[key], value, key)
    check_eq(got.get("http-header", ""), "")
    check("vip6" not in got and "server6" not in got, "IPv4 only")
    check_eq(env.nl.do("context-get", name="red")["services"], 1)


def test_service_ipv6(env):
    env.context()
    env.nl.do("service-new", **service(
        vip4=None, vip6="2001:db8::15", server4=None,
        server6="2001:db8::80", inservice=1))
    got = env.nl.do("service-get", context="red", name="web")
    check_eq(got["vip6"], "2001:db8::15")
    check_eq(got["server6"], "2001:db8::80")
    check("vip4" not in got and "server4" not in got, "IPv6 only")


def test_service_mixed_families(env):
    """An IPv6 VIP may lead to an IPv4 server, or it is refused in words."""
    env.context()
    try:
        env.nl.do("service-new", **service(vip4=None, vip6="2001:db8::15"))
    except NlError as err:
        check(err.msg, "refused without a word")
    else:
        got = env.nl.do("service-get", context="red", name="web")
        check_eq((got["vip6"], got["server4"]),
                 ("2001:db8::15", "10.20.0.80"))


def test_service_refused(env):
    env.context()
    env.nl.do("service-new", **service(inservice=1))

    def no(code, word, **changes):
        env.refused(code, word, "service-new",
                    **service(**{"name": "x", "vip_port": 444, **changes}))
    no("EEXIST", "exist", name="web")
    no("ENOENT", "context", context="nosuch")
    no("EINVAL", "name", name="a b")
    no("EINVAL", "vip", vip4=None, inservice=1)
    no("EINVAL", "vip", vip6="2001:db8::1")
    no("EINVAL", "vip", vip_port=None)
    no("EINVAL", "server", server4=None, inservice=1)
    no("EINVAL", "server", server_port=None)
    no("EINVAL", "server", server6="2001:db8::1")
    no("EINVAL", "trustpoint", trustpoint=None, inservice=1)
    no("EINVAL", "trustpoint", trustpoint="a/b")
    no("ENOENT", "policy", http_header="nosuch")
    no("EADDRINUSE", "vip", vip_port=443, inservice=1)
    no("ERANGE", None, vip_port=0)
    no("ERANGE", None, inservice=2)
    no("ERANGE", None, handshake_timeout=99)
    no("ERANGE", None, handshake_timeout=600001)
    no("ERANGE", None, idle_timeout=0)
    for addr in ("0.0.0.0", "224.0.0.1", "255.255.255.255"):
        no("EINVAL", "vip", vip4=addr)
        no("EINVAL", "server", server4=addr)
    for addr in ("::", "ff02::1"):
        no("EINVAL", "vip", vip4=None, vip6=addr)
        no("EINVAL", "server", server4=None, server6=addr)
    env.refused("ENOENT", "service", "service-del", context="red", name="x")
    env.refused("ENOENT", "service", "service-get", context="red", name="x")
    env.refused("ENOENT", "service", "service-set", context="red", name="x",
                inservice=0)
    check_eq(len(env.nl.dump("service-get")), 1)


def test_service_in_steps(env):
    """What is missing may come later, but before it goes into service."""
    env.context()
    env.nl.do("service-new", context="red", name="web")
    env.refused("EINVAL", "vip", "service-set", context="red", name="web",
                inservice=1)
    values = service()
    env.nl.do("service-set", **values)
    env.nl.do("service-set", context="red", name="web", inservice=1)
    got = env.nl.do("service-get", context="red", name="web")
    check_eq((got["vip4"], got["oper-state"]), (values["vip4"], "up"))


def test_service_same_vip_other_vrf(env):
    """Contexts do not share VIPs."""
    env.ns.ip("link", "add", "vrf-blue", "type", "vrf", "table", "20")
    ktap.defer(env.ns.ip, "link", "del", "vrf-blue")
    env.context()
    env.nl.do("context-new", name="blue", vrf="vrf-blue")
    for ctx in ("red", "blue"):
        env.nl.do("service-new", **service(context=ctx, inservice=1))
        got = env.nl.do("service-get", context=ctx, name="web")
        check_eq(got["oper-state"], "up")
    check_eq(len(env.nl.dump("service-get")), 2)
    only = env.nl.dump("service-get", context="blue")
    check_eq([s["context"] for s in only], ["blue"])


def test_service_set(env):
    env.context()
    env.policy(session=True)
    env.nl.do("service-new", **service())
    env.events.poll_events()
    env.nl.do("service-set", context="red", name="web", inservice=1)
    env.events.wait_event("service-ntf", name="web", oper_state="up")
    env.nl.do("service-set", context="red", name="web",
              server4="10.20.0.81", server_port=8080, trustpoint="other",
              http_header="h1", handshake_timeout=100, connect_timeout=200,
              idle_timeout=300, linger_timeout=400)
    got = env.nl.do("service-get", context="red", name="web")
    want = {"server4": "10.20.0.81", "server-port": 8080,
            "trustpoint": "other", "http-header": "h1",
            "handshake-timeout": 100, "connect-timeout": 200,
            "idle-timeout": 300, "linger-timeout": 400, "inservice": 1,
            "vip4": "10.10.0.15"}
    for key, value in want.items():
        check_eq(got[key], value, key)
    env.refused("EBUSY", "service", "service-set", context="red",
                name="web", vip_port=444)
    env.nl.do("service-set", context="red", name="web", inservice=0)
    env.nl.do("service-set", context="red", name="web", vip_port=444)
    got = env.nl.do("service-get", context="red", name="web")
    check_eq((got["vip-port"], got["oper-reason"]), (444, "admin"))
    env.nl.do("service-set", context="red", name="web", vip6="2001:db8::9")
    got = env.nl.do("service-get", context="red", name="web")
    check_eq(got.get("vip6"), "2001:db8::9")
    check("vip4" not in got, "one family at a time")


def test_service_set_is_atomic(env):
    """A refused change leaves nothing changed."""
    env.context()
    env.nl.do("service-new", **service())
    before = env.nl.do("service-get", context="red", name="web")
    env.refused("ENOENT", "policy", "service-set", context="red",
                name="web", trustpoint="new", http_header="nosuch",
                inservice=1)
    check_eq(env.nl.do("service-get", context="red", name="web"), before)


def test_vip_conflict_when_put_in_service(env):
    env.context()
    env.nl.do("service-new", **service(inservice=1))
    try:
        env.nl.do("service-new", **service(name="two"))
    except NlError as err:
        check_eq(errno.errorcode[err.err], "EADDRINUSE")
        return
    env.refused("EADDRINUSE", "vip", "service-set", context="red",
                name="two", inservice=1)


def test_service_follows_vrf(env):
    env.ns.ip("link", "add", "vrf-x", "type", "vrf", "table", "79")
    ktap.defer(env.ns.ip, "link", "del", "vrf-x", check=False)
    env.context("x", "vrf-x")
    env.nl.do("service-new", **service(context="x", inservice=1))
    env.events.poll_events()
    env.ns.ip("link", "del", "vrf-x")
    env.events.wait_event("service-ntf", name="web", oper_state="down",
                          oper_reason="vrf-missing")
    env.ns.ip("link", "add", "vrf-x", "type", "vrf", "table", "79")
    env.events.wait_event("service-ntf", name="web", oper_state="up")


def test_events(env):
    """Every change is told once, with the object as it is afterwards."""
    env.events.poll_events()
    env.context()
    env.policy(session=True)
    env.nl.do("service-new", **service(http_header="h1"))
    env.nl.do("service-del", context="red", name="web")
    env.nl.do("policy-del", context="red", name="h1", kind="http-header")
    env.nl.do("context-del", name="red")
    env.events.wait_event("context-ntf", event="deleted", name="red")


def test_event_order(env):
    env.events.poll_events()
    env.context()
    env.nl.do("service-new", **service())
    env.nl.do("service-del", context="red", name="web")
    got = [(n, v["event"]) for n, v in env.events.poll_events(1)]
    first = [got.index(x) for x in (("context-ntf", "created"),
                                    ("service-ntf", "created"),
                                    ("service-ntf", "deleted"))]
    check_eq(first, sorted(first), f"order of {got}")


def test_dump_many(env):
    """Dumps longer than one message are whole."""
    env.context()
    for num in range(300):
        env.nl.do("service-new", **service(name=f"s{num}",
                                           vip_port=1000 + num))
    got = env.nl.dump("service-get")
    check_eq(sorted(s["name"] for s in got),
             sorted(f"s{n}" for n in range(300)))
    stats = env.nl.dump("stats-get", scope="service", context="red")
    check_eq(len({s["service"] for s in stats}), 300, "stats of services")


def test_malformed(env):
    """Bytes that no sane program sends."""
    env.refused_raw("EINVAL", None, "context-new", {1: b"noterminator"})
    env.refused_raw("EINVAL", None, "context-new", {1: b"a\0", 99: b"x"})
    env.refused_raw("EINVAL", None, "context-new",
                    {1: b"a\0", "maxconns": b"\1"})
    env.context()
    env.refused_raw("ERANGE", None, "service-new", {
        "context": "red", "name": "w", "vip6": b"short", "vip-port": 1,
        "server4": "10.0.0.1", "server-port": 1, "trustpoint": "t"})
    env.refused_raw("EINVAL", None, "service-new", {
        "context": "red", "name": "w", "oper-state": "up"})


def test_unprivileged(env):
    """Without CAP_NET_ADMIN reading works, writing does not."""
    env.context()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setns(env.ns.fd, os.CLONE_NEWNET)
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            code = _unprivileged(env)
        finally:
            os._exit(code)
    _pid, status = os.waitpid(pid, 0)
    check_eq(os.waitstatus_to_exitcode(status), 0, "step that went wrong")


def _unprivileged(env):
    """In a child without capabilities; returns the step that failed."""
    with Ynl(None, env.nl.spec) as nl:
        if nl.dump("context-get") is None:
            return 2
        for step, (name, values) in enumerate((
                ("context-new", {"name": "evil"}),
                ("context-del", {"name": "red"}),
                ("service-new", service()),
                ("stats-clear", {}),
                ("worker-bind", {"version": 2, "cpu": 0}),
                ("upcall-accept", {"batch": 1})), 3):
            try:
                nl.do(name, **values)
            except NlError as err:
                if err.err == errno.EPERM:
                    continue
            return step
    return 0


def test_namespaces_are_apart(env):
    with NetNS("other") as other, Ynl(other, env.nl.spec) as nl:
        nl.do("context-new", name="red")
        check_eq(env.nl.dump("context-get"), [], "contexts of this one")
        check_eq(len(nl.dump("context-get")), 1)
        nl.do("service-new", **service(inservice=1))
    env.context()


def test_worker_bind_refused(env):
    env.refused("EINVAL", None, "worker-bind")
    for version in (0, 1, 3, 99):
        env.refused("EPROTONOSUPPORT", "version 2", "worker-bind",
                    version=version, cpu=0)
    env.refused("EPERM", "worker", "upcall-accept", batch=1)
    env.refused("ERANGE", None, "upcall-accept", batch=17)
    env.refused("EINVAL", None, "upcall-done", conn=1)


def test_worker_bind(env):
    with Ynl(env.ns, env.nl.spec) as worker:
        got = worker.do("worker-bind", version=2, cpu=0)
        check_eq((got["version"], got.get("pending", 0)), (2, 0))
        got = worker.do("upcall-accept", batch=4)
        check(not got or not got.get("upcall"), "an upcall out of nothing")
        err = check_raises(NlError, worker.do, "upcall-done", conn=12345,
                           leg="client", verdict="ok")
        check_eq(errno.errorcode[err.err], "ENOENT")
        check_raises(NlError, worker.do, "worker-bind", version=2, cpu=0)


def test_conn_get(env):
    env.refused("ENOENT", "conn", "conn-get", id=1)
    check_eq(env.nl.dump("conn-get"), [])
    check_eq(env.nl.dump("conn-get", context="nosuch"), [])


def test_stats_scopes(env):
    env.context()
    env.nl.do("service-new", **service())
    both = {"total": {}, "context": {"context": "red"},
            "service": {"context": "red", "service": "web"}}
    names = None
    for scope, where in both.items():
        got = env.nl.dump("stats-get", scope=scope, **where)
        check_eq(len(got), 1, scope)
        check_eq(got[0]["scope"], scope)
        found = [c["name"] for c in got[0]["counter"]]
        check_eq(len(found), len(set(found)), "names")
        names = names or found
        check_eq(found, names, f"names of scope {scope}")
    check_in("conn.alloc", names)
    err = check_raises(NlError, env.nl.dump, "stats-get", scope="context",
                       context="nosuch")
    check_eq(errno.errorcode[err.err], "ENOENT")


def test_stats_clear(env):
    env.nl.do("stats-clear")
    got = env.nl.dump("stats-get", scope="total")[0]
    check(got["cleared"] > 0, "no time of the last clear")
    for item in got["counter"]:
        if not item.get("running"):
            check_eq(item["value"], 0, item["name"])


if __name__ == "__main__":
    ktap.run(globals(), Env)
