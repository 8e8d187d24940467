"""Which format follows which number: each format adds itself.

Whoever looks for one that is not there yet gets all formats imported; so who reads and builds a few
needs no others.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from razem.wire.view import View

__all__ = [
    "ETHERTYPES",
    "ICMPV6_BODIES",
    "ICMP_BODIES",
    "LINKS",
    "PROTOCOLS",
    "UDP_PORTS",
    "Registry",
]


class Registry:
    """Numbers and the formats that they announce.

    Args:
        names: of numbers whose format we do not read.
    """

    def __init__(self, names: Mapping[int, str] | None = None) -> None:
        self._kinds: dict[int, type[View]] = {}
        self._numbers: dict[type[View], int] = {}
        self._names = names or {}

    def add(self, kind: type[View], *numbers: int) -> None:
        """Let these numbers announce `kind`; the first is what building fills in."""
        self._kinds.update(dict.fromkeys(numbers, kind))
        self._numbers.setdefault(kind, numbers[0])

    def kind(self, number: int) -> type[View] | None:
        """Return the format that the number announces; None if we do not read it."""
        found = self._kinds.get(number)
        if found is None and _import_formats():
            found = self._kinds.get(number)
        return found

    def number(self, kind: type[View] | None) -> int | None:
        """Return the number that announces the format; None if there is none."""
        if kind is None:
            return None
        if kind not in self._numbers:
            _import_formats()
        return self._numbers.get(kind)

    def name(self, number: int) -> str:
        """Return what the number stands for, "" if unknown."""
        kind = self.kind(number)
        return kind.NAME if kind else self._names.get(number, "")


_imported = False


def _import_formats() -> bool:
    """Import what is missing; tell whether anything was."""
    global _imported  # noqa: PLW0603  once for the process
    if _imported:
        return False
    _imported = True
    import_module("razem.wire.formats")
    return True


ETHERTYPES: Final = Registry(  # IEEE 802 numbers, as IANA lists them
    {
        0x0842: "Wake-on-LAN",
        0x8847: "MPLS",
        0x8848: "MPLS multicast",
        0x8863: "PPPoE discovery",
        0x8864: "PPPoE session",
        0x888E: "802.1X",
        0x88CC: "LLDP",
        0x88E5: "MACsec",
        0x88F7: "PTP",
    }
)
PROTOCOLS: Final = Registry(  # IANA Assigned Internet Protocol Numbers
    {
        2: "IGMP",
        33: "DCCP",
        47: "GRE",
        50: "ESP",
        59: "no next header",
        88: "EIGRP",
        89: "OSPF",
        103: "PIM",
        112: "VRRP",
        132: "SCTP",
        136: "UDP-Lite",
    }
)
ICMP_BODIES: Final = Registry(  # by ICMP type
    {9: "router advertisement", 10: "router solicitation"},
)
ICMPV6_BODIES: Final = Registry()  # by ICMPv6 type
UDP_PORTS: Final = Registry()
LINKS: Final = Registry()  # LINKTYPE_ of the files of libpcap
