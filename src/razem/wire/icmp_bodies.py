"""What follows an ICMP or ICMPv6 header: echoes, and errors with the packet that they quote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from razem.wire.fields import Derived, Number, ipv4
from razem.wire.ipv4 import Ipv4
from razem.wire.ipv6 import Ipv6
from razem.wire.packet import Packet
from razem.wire.registry import ICMP_BODIES, ICMPV6_BODIES
from razem.wire.showing import brief
from razem.wire.value import Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

__all__ = [
    "Echo",
    "EchoView",
    "IcmpError",
    "IcmpErrorView",
    "IcmpRedirect",
    "IcmpRedirectView",
    "IcmpTimestamp",
    "IcmpTimestampView",
    "Icmpv6Error",
    "Icmpv6ErrorView",
    "MplsLabel",
]


class MplsLabel(NamedTuple):
    """One entry of the label stack that a router tells with its error (RFC 4950)."""

    label: int
    traffic_class: int
    last: bool
    ttl: int

    def __str__(self) -> str:
        return f"{self.label} (ttl {self.ttl})"


class EchoView(View):
    """What a request and its reply have in common, read in place (RFC 792, RFC 4443 4)."""

    NAME = "echo"
    SIZE = 4

    __slots__ = ()

    identifier = Number(0, 2)
    sequence = Number(2, 2)

    def line(self) -> str:
        """Return which one it is."""
        return f"id {self.identifier} seq {self.sequence}"


@dataclass(frozen=True, slots=True)
class Echo(Value[EchoView]):
    """A request to send the payload back, or the reply."""

    VIEW = EchoView

    identifier: int
    sequence: int  # wraps at 65536


class _QuotingView(View):
    SIZE = 4

    __slots__ = ()

    @property
    def _quoted_length(self) -> int:
        """How many bytes are quoted, where extensions follow; 0 where it is not told (RFC 4884)."""
        return 0

    def _quote(self, kind: type[Value[Any]]) -> Packet | None:
        quoted = self.payload[: self._quoted_length or None]
        return Packet(quoted, kind) if quoted else None

    def _labels(self) -> tuple[MplsLabel, ...]:
        """Read the MPLS labels among the extensions (RFC 4884 7, RFC 4950)."""
        # RFC 4884 5.5: routers before it put extensions behind 128 bytes and tell no length
        found = self.payload[self._quoted_length or 128 :]
        if len(found) < 8 or found[0] >> 4 != 2:
            return ()
        return tuple(_read_labels(bytes(found)))


def _read_labels(extensions: bytes) -> Iterator[MplsLabel]:
    place = 4
    while place + 4 <= len(extensions):
        length = int.from_bytes(extensions[place : place + 2], "big")
        if length < 4:
            return
        if extensions[place + 2 : place + 4] == b"\1\1":  # class MPLS, incoming stack
            for start in range(place + 4, min(place + length, len(extensions)) - 3, 4):
                entry = int.from_bytes(extensions[start : start + 4], "big")
                yield MplsLabel(entry >> 12, entry >> 9 & 7, bool(entry >> 8 & 1), entry & 255)
        place += length


class IcmpErrorView(_QuotingView):
    """An error of ICMP read in place: its numbers, and what it quotes (RFC 792, RFC 4884)."""

    NAME = "error"

    __slots__ = ()

    pointer = Number(0, 1)  # parameter problem: at which byte
    length = Number(1, 1)  # words quoted before extensions
    mtu = Number(2, 2)  # fragmentation needed (RFC 1191)

    @property
    def _quoted_length(self) -> int:
        return self.length * 4

    @Derived
    def quoted(self) -> Packet | None:
        """The packet that the error is about, as much of it as came back; None without any."""
        return self._quote(Ipv4)

    def _about(self) -> str:
        return f"about [{brief(self.quoted)}]" if self.quoted else "about nothing"

    @Derived
    def labels(self) -> tuple[MplsLabel, ...] | None:
        """The MPLS labels that the packet had there; None without."""
        return self._labels() or None

    def line(self) -> str:
        """Return the packet that it is about."""
        return f"mtu {self.mtu} {self._about()}" if self.mtu else self._about()


@dataclass(frozen=True, slots=True)
class IcmpError(Value[IcmpErrorView]):
    """An error of ICMP; destination unreachable unless the type below says otherwise."""

    VIEW = IcmpErrorView

    mtu: int = 0
    pointer: int = 0
    length: int = 0


class Icmpv6ErrorView(_QuotingView):
    """An error of ICMPv6 read in place (RFC 4443 3, RFC 4884)."""

    NAME = "error"

    __slots__ = ()

    number = Number(0, 4)  # the MTU of packet too big, the pointer of parameter problem

    @property
    def mtu(self) -> int:
        """The MTU of the next link, of packet too big."""
        return self.number

    @property
    def pointer(self) -> int:
        """At which byte the problem is, of parameter problem."""
        return self.number

    @property
    def _quoted_length(self) -> int:
        kind = getattr(self.below, "type", 0)
        return self.buffer[0] * 8 if kind in {1, 3} and len(self.buffer) else 0  # RFC 4884 4

    @Derived
    def quoted(self) -> Packet | None:
        """The packet that the error is about, as much of it as came back; None without any."""
        return self._quote(Ipv6)

    def _about(self) -> str:
        return f"about [{brief(self.quoted)}]" if self.quoted else "about nothing"

    @Derived
    def labels(self) -> tuple[MplsLabel, ...] | None:
        """The MPLS labels that the packet had there; None without."""
        return self._labels() or None

    def line(self) -> str:
        """Return the packet that it is about."""
        about = self._about()
        return f"mtu {self.mtu} {about}" if getattr(self.below, "type", 0) == 2 else about


@dataclass(frozen=True, slots=True)
class Icmpv6Error(Value[Icmpv6ErrorView]):
    """An error of ICMPv6; destination unreachable unless the type below says otherwise."""

    VIEW = Icmpv6ErrorView

    number: int = 0


class IcmpRedirectView(_QuotingView):
    """A better gateway, read in place (RFC 792)."""

    NAME = "redirect"

    __slots__ = ()

    gateway = ipv4(0)

    @Derived
    def quoted(self) -> Packet | None:
        """The packet that went the longer way."""
        return self._quote(Ipv4)

    def line(self) -> str:
        """Return the gateway."""
        return f"via {self.gateway}"


@dataclass(frozen=True, slots=True)
class IcmpRedirect(Value[IcmpRedirectView]):
    """A better gateway for the packet that is quoted."""

    VIEW = IcmpRedirectView

    gateway: IPv4Address


class IcmpTimestampView(View):
    """A question for the time, or its answer, read in place (RFC 792)."""

    NAME = "timestamp"
    SIZE = 16

    __slots__ = ()

    identifier = Number(0, 2)
    sequence = Number(2, 2)
    originate = Number(4, 4)  # milliseconds since midnight UT
    receive = Number(8, 4)
    transmit = Number(12, 4)


@dataclass(frozen=True, slots=True)
class IcmpTimestamp(Value[IcmpTimestampView]):
    """A question for the time, or its answer: milliseconds since midnight UT."""

    VIEW = IcmpTimestampView

    identifier: int
    sequence: int
    originate: int = 0
    receive: int = 0
    transmit: int = 0


ICMP_BODIES.add(EchoView, 8, 0)
ICMP_BODIES.add(IcmpErrorView, 3, 4, 11, 12)
ICMP_BODIES.add(IcmpRedirectView, 5)
ICMP_BODIES.add(IcmpTimestampView, 13, 14)
ICMPV6_BODIES.add(EchoView, 128, 129)
ICMPV6_BODIES.add(Icmpv6ErrorView, 1, 2, 3, 4)
