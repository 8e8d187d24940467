"""Names of the protocols above IP.

Bundled for the same reasons as `razem.sockets.services`. Names and numbers are those of the IANA
registry "Assigned Internet Protocol Numbers".
"""

from __future__ import annotations

from typing import Final

__all__ = ["PROTOCOLS"]

PROTOCOLS: Final = {
    "icmp": 1,
    "igmp": 2,
    "ipv4": 4,
    "tcp": 6,
    "egp": 8,
    "igp": 9,
    "udp": 17,
    "dccp": 33,
    "ipv6": 41,
    "rsvp": 46,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "eigrp": 88,
    "ospf": 89,
    "pim": 103,
    "vrrp": 112,
    "l2tp": 115,
    "sctp": 132,
    "udplite": 136,
}
