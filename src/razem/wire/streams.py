"""The streams of TCP connections put together again from packets that were seen passing by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from razem.wire.half_stream import MAX_EARLY, HalfStream, Taken
from razem.wire.ipv4 import Ipv4View
from razem.wire.ipv6 import Ipv6View
from razem.wire.ipv6_extensions import Ipv6FragmentView
from razem.wire.problems import FieldError
from razem.wire.tcp import Tcp, TcpFlags

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from razem.wire.packet import Packet
    from razem.wire.tcp import TcpView
    from razem.wire.view import View

__all__ = [
    "Endpoint",
    "StreamBytes",
    "StreamDiffers",
    "StreamEnded",
    "StreamEvent",
    "StreamForgotten",
    "StreamGap",
    "StreamJoiner",
    "StreamOpened",
    "StreamRepeated",
    "StreamReset",
    "Way",
]

IDLE: Final = 3600.0  # seconds
MAX_CONNECTIONS: Final = 65536


class Endpoint(NamedTuple):
    """One end of a connection."""

    host: IPv4Address | IPv6Address
    port: int

    def __str__(self) -> str:
        return (
            f"[{self.host}]:{self.port}" if self.host.version == 6 else f"{self.host}:{self.port}"
        )


class Way(NamedTuple):
    """One direction of a connection."""

    source: Endpoint
    destination: Endpoint

    def back(self) -> Way:
        """Return the other direction."""
        return Way(self.destination, self.source)

    def __str__(self) -> str:
        return f"{self.source} > {self.destination}"


class StreamOpened(NamedTuple):
    """A direction is seen for the first time; `midstream`: without its beginning."""

    way: Way
    midstream: bool


class StreamBytes(NamedTuple):
    """The next bytes of a direction; `offset` is the place of the first of them."""

    way: Way
    data: bytes
    offset: int


class StreamGap(NamedTuple):
    """Bytes that were never seen."""

    way: Way
    size: int
    offset: int


class StreamRepeated(NamedTuple):
    """Bytes that were there before: retransmitted, or seen twice."""

    way: Way
    size: int
    offset: int


class StreamDiffers(NamedTuple):
    """Bytes that were repeated are not the same; those that came first are given out."""

    way: Way
    size: int
    offset: int


class StreamEnded(NamedTuple):
    """A direction has ended in order (FIN), and all its bytes were given out."""

    way: Way


class StreamReset(NamedTuple):
    """The source of `way` threw the connection away (RST)."""

    way: Way


class StreamForgotten(NamedTuple):
    """Nothing came for long, or there were too many others."""

    way: Way
    reason: str


StreamEvent = (
    StreamOpened
    | StreamBytes
    | StreamGap
    | StreamRepeated
    | StreamDiffers
    | StreamEnded
    | StreamReset
    | StreamForgotten
)


class _Connection:
    """Both directions, by their way."""

    def __init__(self, way: Way) -> None:
        self.way = way  # of the packet that was seen first
        self.halves: dict[Way, HalfStream] = {}
        self.first: dict[Way, int] = {}  # initial sequence numbers, of those that sent SYN
        self.seen = 0.0
        self.over = False

    @property
    def ended(self) -> bool:
        return len(self.halves) == 2 and all(half.ended for half in self.halves.values())


class StreamJoiner:
    """Joins the streams of many connections, without clock: all calls are given the time.

    Args:
        idle: after how many seconds without a packet a connection is forgotten.
        max_connections: how many there may be; that which was silent for longest goes first.
        max_early: how many bytes of one direction may wait for what is missing before them.
    """

    def __init__(
        self,
        *,
        idle: float = IDLE,
        max_connections: int = MAX_CONNECTIONS,
        max_early: int = MAX_EARLY,
    ) -> None:
        self._idle = idle
        self._max_connections = max_connections
        self._max_early = max_early
        self._connections: dict[Way, _Connection] = {}  # that which was silent longest first

    def __len__(self) -> int:
        return len(self._connections)

    def receive(self, packet: Packet, now: float) -> list[StreamEvent]:
        """Take a packet; return what came of it. One without a whole TCP header gives nothing."""
        events = self.expire(now)
        tcp = packet.get(Tcp)
        around = _ip_around(tcp)
        if tcp is None or around is None:
            return events
        try:
            way = Way(
                Endpoint(around.source, tcp.source_port),
                Endpoint(around.destination, tcp.destination_port),
            )
            return events + self._take(way, tcp, now)
        except FieldError:
            return events

    def expire(self, now: float) -> list[StreamEvent]:
        """Forget what was silent for too long; calling early is harmless."""
        events: list[StreamEvent] = []
        while self._connections:
            connection = next(iter(self._connections.values()))
            if connection.seen + self._idle > now:
                break
            events += self._forget(connection, "nothing came for long")
        return events

    def next_deadline(self) -> float:
        """Return when to call `expire`; infinite without connections."""
        connection = next(iter(self._connections.values()), None)
        return connection.seen + self._idle if connection else float("inf")

    def close(self) -> list[StreamEvent]:
        """Give out all that is there: no packets will come any more."""
        events: list[StreamEvent] = []
        while self._connections:
            events += self._forget(next(iter(self._connections.values())), "the capture ended")
        return events

    def _take(self, way: Way, tcp: TcpView, now: float) -> list[StreamEvent]:
        flags, sequence, data = tcp.flags, tcp.sequence, bytes(tcp.payload)
        acknowledgement = tcp.acknowledgement
        key = min(way, way.back())
        events: list[StreamEvent] = []
        connection = self._connections.pop(key, None)
        if connection and flags & TcpFlags.SYN and not flags & TcpFlags.ACK:
            known = connection.first.get(way)
            if known != sequence and (connection.over or known is not None):
                self._connections[key] = connection  # the ports are used again
                events += self._forget(connection, "another connection began")
                connection = None
        if connection is None:
            connection = _Connection(way)
        connection.seen = now
        self._connections[key] = connection
        events += self._segment(connection, way, flags, sequence, data)
        back = connection.halves.get(way.back())
        if back is not None and flags & TcpFlags.ACK:
            events += _events(way.back(), back.acknowledged(acknowledgement))
        if flags & TcpFlags.RST and not connection.over:
            for each, half in connection.halves.items():
                events += _events(each, half.flush())
            events.append(StreamReset(way))
        connection.over = connection.over or bool(flags & TcpFlags.RST) or connection.ended
        while len(self._connections) > self._max_connections:
            events += self._forget(next(iter(self._connections.values())), "there were too many")
        return events

    def _segment(
        self, connection: _Connection, way: Way, flags: TcpFlags, sequence: int, data: bytes
    ) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        half = connection.halves.get(way)
        if flags & TcpFlags.SYN:
            connection.first.setdefault(way, sequence)
            sequence = (sequence + 1) % (1 << 32)  # RFC 9293 3.4: SYN takes a number
        if half is None:
            if flags & TcpFlags.RST:
                return []  # says nothing of where the stream is
            half = HalfStream(sequence, max_early=self._max_early)
            connection.halves[way] = half
            events.append(StreamOpened(way, midstream=not flags & TcpFlags.SYN))
        if flags & TcpFlags.RST:
            return events  # RFC 9293 3.5.3: what it carries are words about the reset
        return events + _events(way, half.receive(sequence, data, last=bool(flags & TcpFlags.FIN)))

    def _forget(self, connection: _Connection, reason: str) -> list[StreamEvent]:
        del self._connections[min(connection.way, connection.way.back())]
        events: list[StreamEvent] = []
        for way, half in connection.halves.items():
            events += _events(way, half.flush())
        if not connection.over:
            events.append(StreamForgotten(connection.way, reason))
        return events


def _ip_around(view: View | None) -> Ipv4View | Ipv6View | None:
    """Return the IP that carries a view; None for a fragment, which is not all of a segment."""
    below = view.below if view else None
    while below is not None and not isinstance(below, Ipv4View | Ipv6View):
        if isinstance(below, Ipv6FragmentView) and below.more_fragments:
            return None
        below = below.below
    return None if isinstance(below, Ipv4View) and below.is_fragment else below


def _events(way: Way, taken: list[Taken]) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    for kind, offset, size, data in taken:
        match kind:
            case "data":
                events.append(StreamBytes(way, data, offset))
            case "gap":
                events.append(StreamGap(way, size, offset))
            case "repeated":
                events.append(StreamRepeated(way, size, offset))
            case "differs":
                events.append(StreamDiffers(way, size, offset))
            case _:
                events.append(StreamEnded(way))
    return events
