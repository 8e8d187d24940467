"""Neighbour discovery: what ICMPv6 has in place of ARP, and for routers (RFC 4861)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any, Final

from razem.wire.fields import Flag, Items, Number, ipv6
from razem.wire.nd_options import NdOption, build_nd_options, read_nd_options
from razem.wire.registry import ICMPV6_BODIES
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "NdRedirect",
    "NdRedirectView",
    "NeighborAdvertisement",
    "NeighborAdvertisementView",
    "NeighborSolicitation",
    "NeighborSolicitationView",
    "RouterAdvertisement",
    "RouterAdvertisementView",
    "RouterSolicitation",
    "RouterSolicitationView",
]

_ANY: Final = IPv6Address(0)


class _WithOptionsView(View):
    __slots__ = ()

    @Items
    def options(self) -> Iterator[NdOption]:
        """The options, as many as can be read."""
        return read_nd_options(self.buffer[self.SIZE :], self.start + self.SIZE)

    @property
    def header_length(self) -> int:
        """All: the options go on to the end."""
        return max(len(self.buffer), self.SIZE)


class _WithOptions(Value[Any]):
    """A message that ends with options."""

    __slots__ = ()

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the message with its options, and what follows."""
        options: tuple[NdOption, ...] = self.options  # type: ignore[attr-defined]
        return bytes(self.header()) + build_nd_options(options) + payload


class RouterSolicitationView(_WithOptionsView):
    """A question for routers, read in place (RFC 4861 4.1)."""

    NAME = "router solicitation"
    SIZE = 4

    __slots__ = ()

    reserved = Number(0, 4)


@dataclass(frozen=True, slots=True)
class RouterSolicitation(_WithOptions):
    """Who is a router here? (RFC 4861 4.1)."""

    VIEW = RouterSolicitationView

    options: tuple[NdOption, ...] = ()
    reserved: int = 0


class RouterAdvertisementView(_WithOptionsView):
    """What a router tells of itself and its network, read in place (RFC 4861 4.2)."""

    NAME = "router advertisement"
    SIZE = 12

    __slots__ = ()

    hop_limit = Number(0, 1)
    managed = Flag(1, 7)
    other = Flag(1, 6)
    flags = Number(1, 1, width=6)  # the preference of RFC 4191 is in bits 3 and 4
    lifetime = Number(2, 2)  # seconds
    reachable = Number(4, 4)  # milliseconds
    retransmit = Number(8, 4)  # milliseconds


@dataclass(frozen=True, slots=True)
class RouterAdvertisement(_WithOptions):
    """A router tells of itself and its network (RFC 4861 4.2)."""

    VIEW = RouterAdvertisementView

    hop_limit: int = 64
    managed: bool = False  # addresses by DHCPv6
    other: bool = False  # other things by DHCPv6
    flags: int = 0  # the six bits after them: home agent, preference, proxy
    lifetime: int = 1800
    reachable: int = 0
    retransmit: int = 0
    options: tuple[NdOption, ...] = ()


class NeighborSolicitationView(_WithOptionsView):
    """A question for the card of an address, read in place (RFC 4861 4.3)."""

    NAME = "neighbour solicitation"
    SIZE = 20

    __slots__ = ()

    reserved = Number(0, 4)
    target = ipv6(4)

    def line(self) -> str:
        """Return the question."""
        return f"who has {self.target}?"


@dataclass(frozen=True, slots=True)
class NeighborSolicitation(_WithOptions):
    """Which card has `target`? (RFC 4861 4.3)."""

    VIEW = NeighborSolicitationView

    target: IPv6Address
    options: tuple[NdOption, ...] = ()
    reserved: int = 0


class NeighborAdvertisementView(_WithOptionsView):
    """The card of an address, read in place (RFC 4861 4.4)."""

    NAME = "neighbour advertisement"
    SIZE = 20

    __slots__ = ()

    router = Flag(0, 7)
    solicited = Flag(0, 6)
    override = Flag(0, 5)
    reserved = Number(0, 4, width=29)
    target = ipv6(4)

    def line(self) -> str:
        """Return the answer."""
        macs = [option.mac for option in self.options if option.mac]
        return f"{self.target} is at {macs[0]}" if macs else f"{self.target} is here"


@dataclass(frozen=True, slots=True)
class NeighborAdvertisement(_WithOptions):
    """`target` is at the card that an option names (RFC 4861 4.4)."""

    VIEW = NeighborAdvertisementView

    target: IPv6Address
    options: tuple[NdOption, ...] = ()
    router: bool = False
    solicited: bool = True
    override: bool = True
    reserved: int = 0


class NdRedirectView(_WithOptionsView):
    """A better first hop, read in place (RFC 4861 4.5)."""

    NAME = "redirect"
    SIZE = 36

    __slots__ = ()

    reserved = Number(0, 4)
    target = ipv6(4)
    destination = ipv6(20)

    def line(self) -> str:
        """Return which."""
        return f"to {self.destination} via {self.target}"


@dataclass(frozen=True, slots=True)
class NdRedirect(_WithOptions):
    """`target` is a better first hop for `destination` (RFC 4861 4.5)."""

    VIEW = NdRedirectView

    target: IPv6Address
    destination: IPv6Address = _ANY
    options: tuple[NdOption, ...] = ()
    reserved: int = 0


ICMPV6_BODIES.add(RouterSolicitationView, 133)
ICMPV6_BODIES.add(RouterAdvertisementView, 134)
ICMPV6_BODIES.add(NeighborSolicitationView, 135)
ICMPV6_BODIES.add(NeighborAdvertisementView, 136)
ICMPV6_BODIES.add(NdRedirectView, 137)
