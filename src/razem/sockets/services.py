"""Names of well-known ports.

Bundled rather than asked of the system: small machines have no services file, and an address
must mean the same on each. Names and numbers are those of the IANA Service Name and Transport
Protocol Port Number Registry.
"""

from __future__ import annotations

from typing import Final

__all__ = ["PORTS", "port_number"]

PORTS: Final = {
    "echo": 7,
    "discard": 9,
    "systat": 11,
    "daytime": 13,
    "qotd": 17,
    "chargen": 19,
    "ftp-data": 20,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "time": 37,
    "whois": 43,
    "tacacs": 49,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "gopher": 70,
    "finger": 79,
    "http": 80,
    "kerberos": 88,
    "pop3": 110,
    "sunrpc": 111,
    "auth": 113,
    "nntp": 119,
    "ntp": 123,
    "netbios-ns": 137,
    "netbios-dgm": 138,
    "netbios-ssn": 139,
    "imap": 143,
    "imap2": 143,
    "snmp": 161,
    "snmp-trap": 162,
    "bgp": 179,
    "irc": 194,
    "ldap": 389,
    "https": 443,
    "microsoft-ds": 445,
    "submissions": 465,
    "isakmp": 500,
    "exec": 512,
    "login": 513,
    "shell": 514,
    "syslog": 514,
    "printer": 515,
    "rtsp": 554,
    "submission": 587,
    "ipp": 631,
    "ldaps": 636,
    "domain-s": 853,
    "rsync": 873,
    "ftps": 990,
    "telnets": 992,
    "imaps": 993,
    "pop3s": 995,
    "socks": 1080,
    "openvpn": 1194,
    "ms-sql-s": 1433,
    "radius": 1812,
    "radius-acct": 1813,
    "mqtt": 1883,
    "nfs": 2049,
    "iscsi-target": 3260,
    "mysql": 3306,
    "ms-wbt-server": 3389,
    "stun": 3478,
    "svn": 3690,
    "sip": 5060,
    "sips": 5061,
    "xmpp-client": 5222,
    "xmpp-server": 5269,
    "mdns": 5353,
    "postgresql": 5432,
    "amqps": 5671,
    "amqp": 5672,
    "rfb": 5900,
    "x11": 6000,
    "redis": 6379,
    "ircs-u": 6697,
    "http-alt": 8080,
    "secure-mqtt": 8883,
    "git": 9418,
    "memcache": 11211,
}


def port_number(name: str) -> int | None:
    """Return the port of a service, whatever the case of its name; None for an unknown one.

    >>> port_number("https"), port_number("nobody")
    (443, None)
    """
    return PORTS.get(name.lower())
