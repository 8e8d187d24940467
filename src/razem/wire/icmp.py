"""ICMP (RFC 792) and ICMPv6 (RFC 4443): the header. What follows it is a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from razem.errors import LocalProtocolError
from razem.wire.checksum import internet_checksum, transport_checksum
from razem.wire.fields import Number
from razem.wire.registry import ICMP_BODIES, ICMPV6_BODIES, PROTOCOLS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from razem.wire.registry import Registry

__all__ = ["Icmp", "IcmpView", "Icmpv6", "Icmpv6View"]

TYPES: Final = {  # IANA ICMP Type Numbers
    0: "echo reply",
    3: "destination unreachable",
    4: "source quench",
    5: "redirect",
    8: "echo request",
    9: "router advertisement",
    10: "router solicitation",
    11: "time exceeded",
    12: "parameter problem",
    13: "timestamp request",
    14: "timestamp reply",
    42: "extended echo request",
    43: "extended echo reply",
}
CODES: Final = {  # RFC 792, RFC 1812 5.2.7
    (3, 0): "network unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 4): "fragmentation needed",
    (3, 5): "source route failed",
    (3, 6): "network unknown",
    (3, 7): "host unknown",
    (3, 9): "network prohibited",
    (3, 10): "host prohibited",
    (3, 13): "communication prohibited",
    (11, 0): "TTL exceeded in transit",
    (11, 1): "fragment reassembly time exceeded",
}
V6_TYPES: Final = {  # IANA ICMPv6 Parameters
    1: "destination unreachable",
    2: "packet too big",
    3: "time exceeded",
    4: "parameter problem",
    128: "echo request",
    129: "echo reply",
    130: "multicast listener query",
    131: "multicast listener report",
    132: "multicast listener done",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbour solicitation",
    136: "neighbour advertisement",
    137: "redirect",
    143: "multicast listener report 2",
}
V6_CODES: Final = {  # RFC 4443 3
    (1, 0): "no route",
    (1, 1): "communication prohibited",
    (1, 2): "beyond scope of source address",
    (1, 3): "address unreachable",
    (1, 4): "port unreachable",
    (1, 5): "source address failed policy",
    (1, 6): "route rejected",
    (3, 0): "hop limit exceeded in transit",
    (3, 1): "fragment reassembly time exceeded",
}
V6_PROTOCOL: Final = 58

Kind = type[Value[Any]] | None  # a field is called type, so this is said outside of the classes
ViewKind = type[View] | None


class IcmpView(View):
    """An ICMP header read in place."""

    NAME = "ICMP"
    SIZE = 4

    __slots__ = ()

    type = Number(0, 1, names=TYPES)
    code = Number(1, 1)
    checksum = Number(2, 2, base=16)

    def next_kind(self) -> ViewKind:
        """Return the format that messages of this type have."""
        return ICMP_BODIES.kind(self.type)

    @property
    def checksum_ok(self) -> bool | None:
        """Whether the checksum is right; None in a fragment or a cut packet."""
        if len(self.buffer) < self.SIZE or not self.whole:
            return None
        return internet_checksum(self.buffer) == 0

    def line(self) -> str:
        """Return what it says."""
        return f"ICMP {CODES.get((self.type, self.code)) or TYPES.get(self.type, str(self.type))}"


class Icmpv6View(View):
    """An ICMPv6 header read in place."""

    NAME = "ICMPv6"
    SIZE = 4

    __slots__ = ()

    type = Number(0, 1, names=V6_TYPES)
    code = Number(1, 1)
    checksum = Number(2, 2, base=16)

    def next_kind(self) -> ViewKind:
        """Return the format that messages of this type have."""
        return ICMPV6_BODIES.kind(self.type)

    @property
    def checksum_ok(self) -> bool | None:
        """Whether the checksum is right; None without IP, in a fragment or a cut packet."""
        ends = self.ends()
        if ends is None or len(self.buffer) < self.SIZE or not self.whole:
            return None
        return transport_checksum(ends, V6_PROTOCOL, self.buffer) == 0

    def line(self) -> str:
        """Return what it says."""
        said = V6_CODES.get((self.type, self.code)) or V6_TYPES.get(self.type, str(self.type))
        return f"ICMPv6 {said}"


@dataclass(frozen=True, slots=True)
class Icmp(Value[IcmpView]):
    """An ICMP header: the checksum, and the type by what follows, are filled in.

    Of an echo that is the request; its reply has ``type=0``.
    """

    VIEW = IcmpView
    FILLED = ("type", "checksum")

    type: int | None = None
    code: int = 0
    checksum: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        kind = _type_of(self.type, around.above, ICMP_BODIES, "ICMP")
        built = bytes(self.header(type=kind, checksum=0)) + payload
        if self.checksum is None:
            built = built[:2] + internet_checksum(built).to_bytes(2, "big") + payload
        return built


@dataclass(frozen=True, slots=True)
class Icmpv6(Value[Icmpv6View]):
    """An ICMPv6 header: the checksum, and the type by what follows, are filled in.

    Of an echo that is the request; its reply has ``type=129``.
    """

    VIEW = Icmpv6View
    FILLED = ("type", "checksum")

    type: int | None = None
    code: int = 0
    checksum: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        kind = _type_of(self.type, around.above, ICMPV6_BODIES, "ICMPv6")
        built = bytes(self.header(type=kind, checksum=0)) + payload
        if self.checksum is None and around.ends is not None:
            checksum = transport_checksum(around.ends, V6_PROTOCOL, built)
            built = built[:2] + checksum.to_bytes(2, "big") + payload
        return built


def _type_of(given: int | None, above: Kind, bodies: Registry, layer: str) -> int:
    number = bodies.number(above.VIEW) if above and given is None else given
    if number is None:
        raise LocalProtocolError(
            f"which type {layer} is to have cannot be told from what follows.",
            advice="Give type=…",
        )
    return number


PROTOCOLS.add(IcmpView, 1)
PROTOCOLS.add(Icmpv6View, V6_PROTOCOL)
