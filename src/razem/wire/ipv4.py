"""IPv4 (RFC 791; DSCP of RFC 2474, ECN of RFC 3168)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from razem.errors import LocalProtocolError
from razem.wire.checksum import internet_checksum
from razem.wire.fields import Flag, Items, Number, ipv4
from razem.wire.ipv4_options import (
    Ipv4Option,
    build_ipv4_options,
    final_destination,
    read_ipv4_options,
)
from razem.wire.problems import FieldError
from razem.wire.registry import ETHERTYPES, LINKS, PROTOCOLS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from razem.wire.problems import Problem

__all__ = ["Ipv4", "Ipv4View", "protocol_of"]


class Ipv4View(View):
    """An IPv4 header read in place."""

    NAME = "IPv4"
    SIZE = 20

    __slots__ = ()

    version = Number(0, 1, shift=4)
    header_words = Number(0, 1, width=4)
    dscp = Number(1, 1, shift=2)
    ecn = Number(1, 1, width=2)
    total_length = Number(2, 2)
    identification = Number(4, 2)
    reserved = Flag(6, 7)
    dont_fragment = Flag(6, 6)
    more_fragments = Flag(6, 5)
    fragment_offset = Number(6, 2, width=13, scale=8)
    ttl = Number(8, 1)
    protocol = Number(9, 1, names=PROTOCOLS.name)
    checksum = Number(10, 2, base=16)
    source = ipv4(12)
    destination = ipv4(16)

    @Items
    def options(self) -> Iterator[Ipv4Option]:
        """The options, as many as can be read."""
        found = self.buffer[self.SIZE : self.header_length]
        yield from read_ipv4_options(found, self.start + self.SIZE)
        self.demand_header("options")

    @property
    def header_length(self) -> int:
        """What the header says, and at least 20."""
        return max(self.header_words * 4, self.SIZE)

    @property
    def extent(self) -> int:
        """What the total length says; all there is where that cannot be (as with offloading)."""
        if len(self.buffer) < 4 or self.total_length < self.header_length:
            return len(self.buffer)
        return min(self.total_length, len(self.buffer))

    @property
    def is_fragment(self) -> bool:
        """Whether it is a part of a larger packet."""
        return self.more_fragments or self.fragment_offset > 0

    def next_kind(self) -> type[View] | None:
        """Return what the protocol stands for; a later fragment is data."""
        return None if self.fragment_offset else PROTOCOLS.kind(self.protocol)

    def ends(self) -> bytes | None:
        """Return the source and the final destination."""
        if len(self.buffer) < self.SIZE:
            return None
        final = final_destination(self.options) if self.header_words > 5 else None
        return bytes(self.buffer[12:16]) + (final or bytes(self.buffer[16:20]))

    @property
    def whole(self) -> bool:
        """Whether it is no fragment, and as long as it says."""
        try:
            return not self.is_fragment and self.total_length <= len(self.buffer)
        except FieldError:
            return False

    @property
    def checksum_ok(self) -> bool | None:
        """Whether the checksum fits the header."""
        if len(self.buffer) < self.SIZE or len(self.buffer) < self.header_length:
            return None
        return internet_checksum(self.buffer[: self.header_length]) == 0

    def judge(self) -> Iterator[Problem]:
        """Tell impossible versions and lengths."""
        if self.version != 4:
            yield self.problem("version", f"is {self.version}, not 4")
        if self.header_words < 5:
            yield self.problem("header_words", f"is {self.header_words}, and at least 5")
        elif self.header_length > len(self.buffer):
            wanted = f"wants {self.header_length} bytes, and {len(self.buffer)} are there"
            yield self.problem("header_words", wanted)
        if self.total_length > len(self.buffer):
            there = f"is {self.total_length}, and {len(self.buffer)} bytes are there"
            yield self.problem("total_length", there)
        elif self.total_length < self.header_length:
            message = f"is {self.total_length}, and the header alone has {self.header_length}"
            yield self.problem("total_length", message)

    def line(self) -> str:
        """Return who sends to whom, and which fragment."""
        ends = f"{self.source} > {self.destination}"
        return f"{ends} fragment at {self.fragment_offset}" if self.is_fragment else ends


@dataclass(frozen=True, slots=True)
class Ipv4(Value[Ipv4View]):
    """An IPv4 header: its lengths, checksum, and the protocol by what follows, are filled in."""

    VIEW = Ipv4View
    FILLED = ("header_words", "total_length", "protocol", "checksum")

    source: IPv4Address
    destination: IPv4Address
    ttl: int = 64
    protocol: int | None = None
    identification: int = 0
    dont_fragment: bool = False
    more_fragments: bool = False
    fragment_offset: int = 0  # bytes, in steps of 8
    dscp: int = 0
    ecn: int = 0
    options: tuple[Ipv4Option, ...] = ()
    version: int = 4
    reserved: bool = False
    header_words: int | None = None
    total_length: int | None = None
    checksum: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header, its options, and the payload."""
        options = build_ipv4_options(self.options)
        size = self.VIEW.SIZE + len(options)
        header = self.header(
            header_words=size // 4,
            total_length=size + len(payload),
            protocol=protocol_of(self.protocol, around.above, "IPv4"),
            checksum=0,
        )
        header += options
        if self.checksum is None:
            header[10:12] = internet_checksum(header).to_bytes(2, "big")
        return bytes(header) + payload

    def ends(self, ends: bytes | None) -> bytes | None:
        """Return the source and the final destination."""
        return self.source.packed + (final_destination(self.options) or self.destination.packed)


def protocol_of(given: int | None, above: type[Value[Any]] | None, layer: str) -> int:
    """Return the protocol number that a layer says itself, or that of what follows.

    Raises:
        LocalProtocolError: neither says it.
    """
    number = PROTOCOLS.number(above.VIEW) if above and given is None else given
    if number is None:
        raise LocalProtocolError(
            f"which protocol {layer} is to have cannot be told from what follows.",
            advice="Give it as a number.",
        )
    return number


ETHERTYPES.add(Ipv4View, 0x0800)
PROTOCOLS.add(Ipv4View, 4)  # RFC 2003
LINKS.add(Ipv4View, 228)  # LINKTYPE_IPV4
