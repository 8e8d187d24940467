"""Fragments of IPv4 and IPv6 put together again (RFC 791 3.2, RFC 8200 4.5, RFC 5722).

A datagram is known by its ends, its protocol and its identification. It is joined when its
fragments cover it from the first byte to the last. Fragments that overlap are the tool of those
who want to get past filters: as RFC 5722 says for IPv6, the whole datagram is refused then, and so
are its fragments that come later; the same again is no overlap.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.wire.checksum import internet_checksum
from razem.wire.ipv4 import Ipv4
from razem.wire.ipv6 import Ipv6
from razem.wire.ipv6_extensions import Ipv6Fragment
from razem.wire.packet import Packet
from razem.wire.problems import FieldError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

__all__ = [
    "Datagram",
    "FragmentEvent",
    "FragmentJoiner",
    "FragmentsExpired",
    "FragmentsJoined",
    "FragmentsRefused",
]

LIFETIME: Final = 60.0  # seconds: RFC 8200 4.5
MAX_BYTES: Final = 4 * 1024 * 1024
_COST: Final = 200  # bytes that Python needs for each piece besides its data
_GREATEST: Final = 65535


class Datagram(NamedTuple):
    """By what the fragments of one datagram are known."""

    source: IPv4Address | IPv6Address
    destination: IPv4Address | IPv6Address
    protocol: int  # 0 for IPv6, where it does not count
    identification: int


class FragmentsJoined(NamedTuple):
    """All fragments came: `data` is the packet from its IP header, as if it had been whole."""

    datagram: Datagram
    data: bytes

    @property
    def packet(self) -> Packet:
        """The packet."""
        return Packet(self.data, Ipv4 if self.datagram.source.version == 4 else Ipv6)


class FragmentsRefused(NamedTuple):
    """The fragments contradict each other, or cannot be right; the datagram is dropped."""

    datagram: Datagram
    reason: str


class FragmentsExpired(NamedTuple):
    """Not all fragments came in time, or there was no room to wait for them."""

    datagram: Datagram
    missing: int | None  # bytes; None where the last fragment did not come
    reason: str


FragmentEvent = FragmentsJoined | FragmentsRefused | FragmentsExpired


@dataclass(slots=True)
class _Waiting:
    """What came of one datagram so far."""

    deadline: float
    starts: list[int] = field(default_factory=list)  # sorted, and beside them:
    pieces: list[bytes] = field(default_factory=list)
    header: bytes = b""  # what stands before the fragments, from the first of them
    end: int | None = None  # of the last fragment
    there: int = 0  # bytes
    refused: bool = False

    @property
    def cost(self) -> int:
        return self.there + _COST * (len(self.starts) + 1)


class FragmentJoiner:
    """Joins the fragments of many datagrams, without clock: all calls are given the time.

    Args:
        lifetime: for how many seconds fragments wait for the others.
        max_bytes: how much memory they may take; the oldest go first.
    """

    def __init__(self, *, lifetime: float = LIFETIME, max_bytes: int = MAX_BYTES) -> None:
        self._lifetime = lifetime
        self._max_bytes = max_bytes
        self._waiting: dict[Datagram, _Waiting] = {}  # the oldest first
        self._cost = 0

    def __len__(self) -> int:
        return sum(not waiting.refused for waiting in self._waiting.values())

    @property
    def held(self) -> int:
        """How many bytes of memory are taken, about."""
        return self._cost

    def receive(self, packet: Packet, now: float) -> list[FragmentEvent]:
        """Take a packet; return what came of it. One that is no fragment gives nothing."""
        events = self.expire(now)
        try:
            part = _part(packet)
        except FieldError:
            return events
        if part is not None:
            events += self._take(part, now)
        while self._cost > self._max_bytes:
            events += self._drop(next(iter(self._waiting)), "there was no room for more")
        return events

    def expire(self, now: float) -> list[FragmentEvent]:
        """Give up what has waited for too long; calling early is harmless."""
        events: list[FragmentEvent] = []
        while self._waiting:
            oldest, waiting = next(iter(self._waiting.items()))
            if waiting.deadline > now:
                break
            events += self._drop(oldest, "the others did not come in time")
        return events

    def next_deadline(self) -> float:
        """Return when to call `expire`; infinite while nothing waits."""
        return min((each.deadline for each in self._waiting.values()), default=float("inf"))

    def _take(self, part: _Part, now: float) -> list[FragmentEvent]:
        waiting = self._waiting.get(part.datagram)
        if waiting is None:
            waiting = self._waiting[part.datagram] = _Waiting(now + self._lifetime)
            self._cost += waiting.cost
        if waiting.refused:
            return []
        self._cost -= waiting.cost
        reason = part.wrong or _add(waiting, part)
        if reason:
            waiting.starts, waiting.pieces, waiting.there = [], [], 0
            waiting.refused = True
        self._cost += waiting.cost
        if reason:
            return [FragmentsRefused(part.datagram, reason)]
        if waiting.end != waiting.there or not waiting.header:
            return []
        del self._waiting[part.datagram]
        self._cost -= waiting.cost
        return [FragmentsJoined(part.datagram, _whole(part.datagram, waiting))]

    def _drop(self, datagram: Datagram, reason: str) -> list[FragmentEvent]:
        waiting = self._waiting.pop(datagram)
        self._cost -= waiting.cost
        if waiting.refused:
            return []
        missing = None if waiting.end is None else waiting.end - waiting.there
        return [FragmentsExpired(datagram, missing, reason)]


class _Part(NamedTuple):
    datagram: Datagram
    header: bytes  # what stands before the fragment in a joined packet
    start: int
    data: bytes
    last: bool
    wrong: str


def _part(packet: Packet) -> _Part | None:
    """Return what a packet is a part of, None if it is whole.

    Raises:
        FieldError: its headers are cut off.
    """
    ipv6 = packet.get(Ipv6Fragment)
    if ipv6 is not None:
        outer = packet[Ipv6]
        if ipv6.fragment_offset == 0 and not ipv6.more_fragments:
            return None  # RFC 6946: an atomic fragment is whole
        # RFC 8200 4.5: the header before now tells what the fragment header told
        header = bytearray(outer.buffer[: ipv6.start - outer.start])
        header[6 if ipv6.below is outer else _before(packet, ipv6.start) - outer.start] = (
            ipv6.next_header
        )
        datagram = Datagram(outer.source, outer.destination, 0, ipv6.identification)
        cut = outer.payload_length > len(outer.buffer) - outer.SIZE
        start, last = ipv6.fragment_offset, not ipv6.more_fragments
        data = bytes(ipv6.payload)
    else:
        ipv4 = packet.get(Ipv4)
        if ipv4 is None or not ipv4.is_fragment:
            return None
        header = bytearray(ipv4.buffer[: ipv4.header_length])
        datagram = Datagram(ipv4.source, ipv4.destination, ipv4.protocol, ipv4.identification)
        cut = ipv4.total_length > len(ipv4.buffer)
        start, last = ipv4.fragment_offset, not ipv4.more_fragments
        data = bytes(ipv4.payload)
    wrong = ""
    if cut:
        wrong = "a fragment was cut off when it was captured"
    elif not data or (len(data) % 8 and not last):
        wrong = f"a fragment in the middle has {len(data)} bytes, which is no multiple of 8"
    elif len(header) + start + len(data) > _GREATEST + (40 if ipv6 is not None else 0):
        wrong = "a fragment goes past the end of what a packet can be"
    return _Part(datagram, bytes(header), start, data, last, wrong)


def _before(packet: Packet, start: int) -> int:
    """Return where the extension header before the fragment header begins: with its next header."""
    return max(layer.start for layer in packet.layers if layer.start < start)


def _add(waiting: _Waiting, part: _Part) -> str:
    """Put a part in its place; return why that is not possible, or ""."""
    end = part.start + len(part.data)
    index = bisect_left(waiting.starts, part.start)
    if index < len(waiting.starts) and waiting.starts[index] == part.start:
        same = waiting.pieces[index] == part.data and (not part.last or waiting.end == end)
        return "" if same else "two fragments for the same place differ"
    before = index > 0 and waiting.starts[index - 1] + len(waiting.pieces[index - 1]) > part.start
    after = index < len(waiting.starts) and waiting.starts[index] < end
    if before or after:
        return "fragments overlap"
    furthest = waiting.starts[-1] + len(waiting.pieces[-1]) if waiting.starts else 0
    known = waiting.end
    if (part.last and (known is not None or furthest > end)) or (known is not None and end > known):
        return "a fragment lies behind the last one"
    waiting.starts.insert(index, part.start)
    waiting.pieces.insert(index, part.data)
    waiting.there += len(part.data)
    if part.last:
        waiting.end = end
    if part.start == 0:
        waiting.header = part.header
    return ""


def _whole(datagram: Datagram, waiting: _Waiting) -> bytes:
    header = bytearray(waiting.header)
    if datagram.source.version == 4:
        header[2:4] = (len(header) + waiting.there).to_bytes(2, "big")
        header[6:8] = bytes([header[6] & 0x40, 0])  # don't fragment stays as it was
        header[10:12] = b"\0\0"
        header[10:12] = internet_checksum(header).to_bytes(2, "big")
    else:
        header[4:6] = (len(header) - 40 + waiting.there).to_bytes(2, "big")
    return bytes(header) + b"".join(waiting.pieces)
