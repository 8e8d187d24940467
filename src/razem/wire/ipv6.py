"""IPv6 (RFC 8200)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from razem.wire.fields import Number, ipv6
from razem.wire.ipv4 import protocol_of
from razem.wire.registry import ETHERTYPES, LINKS, PROTOCOLS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv6Address

    from razem.wire.problems import Problem

__all__ = ["Ipv6", "Ipv6View"]


class Ipv6View(View):
    """An IPv6 header read in place. Extension headers are layers of their own."""

    NAME = "IPv6"
    SIZE = 40

    __slots__ = ()

    version = Number(0, 1, shift=4)
    dscp = Number(0, 2, shift=6, width=6)
    ecn = Number(1, 1, shift=4, width=2)
    flow_label = Number(0, 4, width=20, base=16)
    payload_length = Number(4, 2)
    next_header = Number(6, 1, names=PROTOCOLS.name)
    hop_limit = Number(7, 1)
    source = ipv6(8)
    destination = ipv6(24)

    @property
    def extent(self) -> int:
        """What the payload length says; all there is for 0, which jumbograms have (RFC 2675)."""
        if len(self.buffer) < self.SIZE or (not self.payload_length and self.next_header == 0):
            return len(self.buffer)
        return min(self.SIZE + self.payload_length, len(self.buffer))

    def next_kind(self) -> type[View] | None:
        """Return what the next header stands for."""
        return PROTOCOLS.kind(self.next_header)

    def ends(self) -> bytes | None:
        """Return the two addresses."""
        return bytes(self.buffer[8:40]) if len(self.buffer) >= self.SIZE else None

    @property
    def whole(self) -> bool:
        """Whether it is as long as it says."""
        there = len(self.buffer) - self.SIZE
        return there >= 0 and self.payload_length <= there

    def judge(self) -> Iterator[Problem]:
        """Tell a wrong version, and what is missing."""
        if self.version != 6:
            yield self.problem("version", f"is {self.version}, not 6")
        there = len(self.buffer) - self.SIZE
        if self.payload_length > there:
            yield self.problem("payload_length", f"is {self.payload_length}, {there} are there")

    def line(self) -> str:
        """Return who sends to whom."""
        return f"{self.source} > {self.destination}"


@dataclass(frozen=True, slots=True)
class Ipv6(Value[Ipv6View]):
    """An IPv6 header: its length, and the next header by what follows, are filled in."""

    VIEW = Ipv6View
    FILLED = ("payload_length", "next_header")

    source: IPv6Address
    destination: IPv6Address
    hop_limit: int = 64
    next_header: int | None = None
    flow_label: int = 0
    dscp: int = 0
    ecn: int = 0
    version: int = 6
    payload_length: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        header = self.header(
            payload_length=len(payload) if len(payload) < 1 << 16 else 0,  # RFC 2675
            next_header=protocol_of(self.next_header, around.above, "IPv6"),
        )
        return bytes(header) + payload

    def ends(self, ends: bytes | None) -> bytes | None:
        """Return the two addresses."""
        return self.source.packed + self.destination.packed


ETHERTYPES.add(Ipv6View, 0x86DD)
PROTOCOLS.add(Ipv6View, 41)  # RFC 2473
LINKS.add(Ipv6View, 229)  # LINKTYPE_IPV6
