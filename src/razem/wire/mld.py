"""Multicast listener discovery: who listens to which group (RFC 2710, RFC 3810)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from razem.errors import LocalProtocolError
from razem.wire.fields import Derived, Flag, Items, Number, ipv6
from razem.wire.problems import FieldError, Problem
from razem.wire.registry import ICMPV6_BODIES
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MldMessage",
    "MldMessageView",
    "MldQuery",
    "MldQueryView",
    "MldRecord",
    "MldReport",
    "MldReportView",
]

RECORDS: Final = {  # RFC 3810 5.2.12
    1: "includes",
    2: "excludes",
    3: "changes to include",
    4: "changes to exclude",
    5: "allows",
    6: "blocks",
}


class MldMessageView(View):
    """A query, report or done of MLD read in place (RFC 2710 3)."""

    NAME = "MLD"
    SIZE = 20

    __slots__ = ()

    delay = Number(0, 2)  # milliseconds; of MLDv2, a code for them
    reserved = Number(2, 2)
    group = ipv6(4)

    def next_kind(self) -> type[View] | None:
        """Return what MLDv2 adds to a query: such have more than 24 bytes (RFC 3810 8.1)."""
        return MldQueryView if getattr(self.below, "type", 0) == 130 else None

    def line(self) -> str:
        """Return which group."""
        return f"group {self.group}"


@dataclass(frozen=True, slots=True)
class MldMessage(Value[MldMessageView]):
    """A query (type 130), report (131) or done (132) of MLD; with `MldQuery` on it, of MLDv2."""

    VIEW = MldMessageView

    group: IPv6Address
    delay: int = 0
    reserved: int = 0


class MldQueryView(View):
    """What MLDv2 adds to a query, read in place (RFC 3810 5.1)."""

    NAME = "MLDv2 query"
    SIZE = 4

    __slots__ = ()

    reserved = Number(0, 1, shift=4)
    suppress = Flag(0, 3)
    robustness = Number(0, 1, width=3)
    interval = Number(1, 1)
    count = Number(2, 2)

    @Derived
    def sources(self) -> tuple[IPv6Address, ...]:
        """The sources."""
        self.demand_header("sources")
        return tuple(_addresses(self.buffer[self.SIZE : self.header_length]))

    @property
    def header_length(self) -> int:
        """With its sources."""
        return self.SIZE + 16 * self.count


@dataclass(frozen=True, slots=True)
class MldQuery(Value[MldQueryView]):
    """What MLDv2 adds to a query; the count is filled in."""

    VIEW = MldQueryView
    FILLED = ("count",)

    sources: tuple[IPv6Address, ...] = ()
    suppress: bool = False
    robustness: int = 2
    interval: int = 125
    reserved: int = 0
    count: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the numbers, the sources, and what follows."""
        sources = b"".join(source.packed for source in self.sources)
        return bytes(self.header(count=len(self.sources))) + sources + payload


@dataclass(frozen=True, slots=True)
class MldRecord:
    """What a report says of one group (RFC 3810 5.2)."""

    kind: int
    group: IPv6Address
    sources: tuple[IPv6Address, ...] = ()
    more: bytes = b""  # auxiliary data, whole words

    def __str__(self) -> str:
        sources = ", ".join(map(str, self.sources))
        return f"{self.group} {RECORDS.get(self.kind, self.kind)} {sources or 'nobody'}"

    def build(self) -> bytes:
        """Return the bytes of the record.

        Raises:
            LocalProtocolError: a number does not fit.
        """
        words = -(-len(self.more) // 4)
        if not 0 <= self.kind < 256 or words > 255 or len(self.sources) >= 1 << 16:
            raise LocalProtocolError(f"a record of MLD cannot be built: {self}.")
        head = bytes([self.kind, words]) + len(self.sources).to_bytes(2, "big")
        more = self.more + bytes(words * 4 - len(self.more))
        addresses = b"".join(each.packed for each in (self.group, *self.sources))
        return head + addresses + more


class MldReportView(View):
    """A report of MLDv2 read in place (RFC 3810 5.2)."""

    NAME = "MLDv2 report"
    SIZE = 4

    __slots__ = ()

    reserved = Number(0, 2)
    count = Number(2, 2)

    @Items
    def records(self) -> Iterator[MldRecord]:
        """The records, as many as can be read."""
        place = self.SIZE
        for _ in range(self.count):
            head = self.buffer[place : place + 20]
            sources = int.from_bytes(head[2:4], "big")
            end = place + 20 + 16 * sources
            more = end + 4 * head[1] if len(head) == 20 else 0
            if len(head) < 20 or more > len(self.buffer):
                raise FieldError(Problem("MLD", "records", self.start + place, "ends too early"))
            addresses = tuple(_addresses(self.buffer[place + 4 : end]))
            yield MldRecord(head[0], addresses[0], addresses[1:], bytes(self.buffer[end:more]))
            place = more

    @property
    def header_length(self) -> int:
        """With all records."""
        return self.SIZE + sum(
            20 + 16 * len(each.sources) + len(each.more) for each in self.records
        )

    def line(self) -> str:
        """Return the records."""
        return f"{self.NAME} {'; '.join(map(str, self.records))}"


@dataclass(frozen=True, slots=True)
class MldReport(Value[MldReportView]):
    """A report of MLDv2; the count is filled in."""

    VIEW = MldReportView
    FILLED = ("count",)

    records: tuple[MldRecord, ...] = ()
    reserved: int = 0
    count: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the records, and what follows."""
        records = b"".join(record.build() for record in self.records)
        return bytes(self.header(count=len(self.records))) + records + payload


def _addresses(data: memoryview) -> Iterator[IPv6Address]:
    for place in range(0, len(data) - 15, 16):
        yield IPv6Address(bytes(data[place : place + 16]))


ICMPV6_BODIES.add(MldMessageView, 130, 131, 132)
ICMPV6_BODIES.add(MldReportView, 143)
