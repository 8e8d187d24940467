"""Extension headers of IPv6: routing, fragment (RFC 8200 4), and authentication (RFC 4302)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from razem.wire.fields import Derived, Flag, Number
from razem.wire.ipv4 import protocol_of
from razem.wire.ipv6_options import Ipv6ExtensionView
from razem.wire.registry import PROTOCOLS
from razem.wire.value import ALONE, Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.wire.problems import Problem

__all__ = [
    "Ipv6Authentication",
    "Ipv6AuthenticationView",
    "Ipv6Fragment",
    "Ipv6FragmentView",
    "Ipv6Routing",
    "Ipv6RoutingView",
]


class Ipv6RoutingView(Ipv6ExtensionView):
    """Through whom the packet is to go (RFC 8200 4.4; segments of RFC 8754)."""

    NAME = "IPv6 routing"
    SIZE = 4

    __slots__ = ()

    kind = Number(2, 1, names={2: "mobile", 3: "source route of RPL", 4: "segments"})
    segments_left = Number(3, 1)

    @Derived
    def data(self) -> bytes:
        """What its kind needs, as it stands."""
        self.demand_header("data")
        return bytes(self.buffer[self.SIZE : self.header_length])

    @Derived
    def addresses(self) -> tuple[IPv6Address, ...]:
        """The addresses of the kinds 0, 2 and 4, whole ones only."""
        if self.kind not in {0, 2, 4}:
            return ()
        data = self.data
        last = data[0] if self.kind == 4 and data else 255  # RFC 8754 2: TLVs may follow
        places = list(range(4, len(data) - 15, 16))[: last + 1]
        return tuple(IPv6Address(data[place : place + 16]) for place in places)

    def ends(self) -> bytes | None:
        """Return the source and the final destination (RFC 8200 8.1)."""
        return _to_the_last(super().ends(), self)


@dataclass(frozen=True, slots=True)
class Ipv6Routing(Value[Ipv6RoutingView]):
    """A routing header; `data` is filled up to a multiple of 8 bytes with the four before it."""

    VIEW = Ipv6RoutingView
    FILLED = ("next_header", "length")

    kind: int
    segments_left: int = 0
    data: bytes = bytes(4)
    next_header: int | None = None
    length: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        data = self.data + bytes(-(4 + len(self.data)) % 8)
        header = self.header(
            next_header=protocol_of(self.next_header, around.above, self.VIEW.NAME),
            length=(4 + len(data)) // 8 - 1,
        )
        return bytes(header) + data + payload

    def ends(self, ends: bytes | None) -> bytes | None:
        """Return the source and the final destination."""
        built = replace(self, next_header=0, length=None).assemble(b"", ALONE)
        return _to_the_last(ends, Ipv6RoutingView(built))


def _to_the_last(ends: bytes | None, view: Ipv6RoutingView) -> bytes | None:
    if ends is None or len(ends) != 32 or len(view.buffer) < view.SIZE:
        return ends
    if len(view.buffer) < view.header_length or not view.addresses or not view.segments_left:
        return ends
    return ends[:16] + view.addresses[0 if view.kind == 4 else -1].packed  # RFC 8754: backwards


class Ipv6FragmentView(View):
    """Which part of a larger packet this is (RFC 8200 4.5)."""

    NAME = "IPv6 fragment"
    SIZE = 8

    __slots__ = ()

    next_header = Number(0, 1, names=PROTOCOLS.name)
    reserved = Number(1, 1)
    fragment_offset = Number(2, 2, shift=3, scale=8)
    reserved_bits = Number(2, 2, shift=1, width=2)
    more_fragments = Flag(2, 0, size=2)
    identification = Number(4, 4, base=16)

    @property
    def whole(self) -> bool:
        """Whether it is the only fragment (RFC 6946), and not cut off."""
        if len(self.buffer) < self.SIZE or self.more_fragments or self.fragment_offset:
            return False
        return super().whole

    def next_kind(self) -> type[View] | None:
        """Return what the next header stands for; a later fragment is data."""
        return None if self.fragment_offset else PROTOCOLS.kind(self.next_header)

    def line(self) -> str:
        """Return which part."""
        return f"fragment at {self.fragment_offset}"


@dataclass(frozen=True, slots=True)
class Ipv6Fragment(Value[Ipv6FragmentView]):
    """A fragment header."""

    VIEW = Ipv6FragmentView
    FILLED = ("next_header",)

    identification: int
    fragment_offset: int = 0  # bytes, in steps of 8
    more_fragments: bool = False
    next_header: int | None = None
    reserved: int = 0
    reserved_bits: int = 0

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        header = self.header(
            next_header=protocol_of(self.next_header, around.above, self.VIEW.NAME)
        )
        return bytes(header) + payload


class Ipv6AuthenticationView(View):
    """An authentication header (RFC 4302 2); IPv4 has it as well."""

    NAME = "authentication"
    SIZE = 12

    __slots__ = ()

    next_header = Number(0, 1, names=PROTOCOLS.name)
    length = Number(1, 1)  # words, without the first two
    reserved = Number(2, 2)
    parameters = Number(4, 4, base=16)
    sequence = Number(8, 4)

    @Derived
    def proof(self) -> bytes:
        """The integrity check value."""
        self.demand_header("proof")
        return bytes(self.buffer[self.SIZE : self.header_length])

    @property
    def header_length(self) -> int:
        """What the header says, and at least 12."""
        return max((self.length + 2) * 4, self.SIZE)

    def next_kind(self) -> type[View] | None:
        """Return what the next header stands for."""
        return PROTOCOLS.kind(self.next_header)

    def judge(self) -> Iterator[Problem]:
        """Tell when the header is longer than what is there."""
        if self.header_length > len(self.buffer):
            wanted = f"wants {self.header_length} bytes, and {len(self.buffer)} are there"
            yield self.problem("length", wanted)


@dataclass(frozen=True, slots=True)
class Ipv6Authentication(Value[Ipv6AuthenticationView]):
    """An authentication header; `proof` has whole words."""

    VIEW = Ipv6AuthenticationView
    FILLED = ("next_header", "length")

    parameters: int
    sequence: int
    proof: bytes = b""
    next_header: int | None = None
    length: int | None = None
    reserved: int = 0

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        proof = self.proof + bytes(-len(self.proof) % 4)
        header = self.header(
            next_header=protocol_of(self.next_header, around.above, self.VIEW.NAME),
            length=(self.VIEW.SIZE + len(proof)) // 4 - 2,
        )
        return bytes(header) + proof + payload


PROTOCOLS.add(Ipv6RoutingView, 43)
PROTOCOLS.add(Ipv6FragmentView, 44)
PROTOCOLS.add(Ipv6AuthenticationView, 51)
