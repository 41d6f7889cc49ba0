# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers of other protocols than HTTP: slapd and Dovecot, without TLS, with
the least configuration that they start with.
"""

import os
import pwd

from .process import Bkg, workdir


def _folder(label, *parts):
    """A folder of the run's that a server can get to."""
    path = os.path.join(workdir(), label)
    for part in ("", *parts):
        os.makedirs(os.path.join(path, part), exist_ok=True)
        os.chmod(os.path.join(path, part), 0o755)
    os.chmod(workdir(), 0o755)
    return path


class Slapd:
    """slapd with an empty tree below SUFFIX."""

    SUFFIX = "dc=test"
    ADMIN = ("-x", "-D", "cn=admin,dc=test", "-w", "secret")

    def __init__(self, ns, addr, port=389):
        path = _folder("slapd", "db")
        conf = os.path.join(path, "slapd.conf")
        with open(conf, "w", encoding="ascii") as file:
            file.write(f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {path}/pid
argsfile {path}/args
modulepath /usr/lib/ldap
moduleload back_mdb
threads 2
sizelimit unlimited
database mdb
suffix {self.SUFFIX}
rootdn cn=admin,{self.SUFFIX}
rootpw secret
directory {path}/db
maxsize 67108864
dbnosync
""")
        self.proc = Bkg("slapd", "-d", "0", "-f", conf, "-h",
                        f"ldap://{addr}:{port}/", ns=ns)
        ns.wait_listening(port)


class Dovecot:
    """Dovecot: IMAP on 143, POP3 on 110, any user with the password secret."""

    USER = "carol"
    PASSWORD = "secret"

    def __init__(self, ns):
        path = _folder("dovecot", "run", "state", "home")
        owner = pwd.getpwnam("www-data")
        os.chown(os.path.join(path, "home"), owner.pw_uid, owner.pw_gid)
        conf = os.path.join(path, "dovecot.conf")
        with open(conf, "w", encoding="ascii") as file:
            file.write(f"""
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = {path}/run
state_dir = {path}/state
log_path = /dev/stderr
protocols {{
  imap = yes
  pop3 = yes
}}
ssl = no
auth_allow_cleartext = yes
first_valid_uid = {owner.pw_uid}
mail_driver = maildir
mail_path = ~/mail
mail_fsync = never
passdb static {{
  password = {self.PASSWORD}
}}
userdb static {{
  fields {{
    uid = {owner.pw_uid}
    gid = {owner.pw_gid}
    home = {path}/home/%{{user}}
  }}
}}
""")
        self.proc = Bkg("dovecot", "-F", "-c", conf, ns=ns)
        for port in (143, 110):
            ns.wait_listening(port)
