"""What captures have in place of Ethernet: Linux cooked, loopback of BSD, and raw IP."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from razem.errors import LocalProtocolError
from razem.wire.ethernet import ethertype_of
from razem.wire.fields import Derived, Number, raw
from razem.wire.ipv4 import Ipv4View
from razem.wire.ipv6 import Ipv6View
from razem.wire.mac import MacAddress
from razem.wire.problems import Problem
from razem.wire.registry import ETHERTYPES, LINKS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LinuxCooked",
    "LinuxCooked2",
    "LinuxCooked2View",
    "LinuxCookedView",
    "Loopback",
    "LoopbackView",
    "RawIp",
    "RawIpView",
]

PACKET_TYPES: Final = {0: "to us", 1: "broadcast", 2: "multicast", 3: "to others", 4: "by us"}
HARDWARE: Final = {1: "Ethernet", 772: "loopback", 65534: "none"}  # ARPHRD_, if_arp.h
_IPV4_FAMILY: Final = 2  # AF_INET everywhere
_IPV6_FAMILIES: Final = (24, 28, 30, 10)  # AF_INET6 of NetBSD, FreeBSD, macOS, Linux


class _CookedView(View):
    __slots__ = ()

    def _mac(self, size: int, address: bytes) -> MacAddress | None:
        return MacAddress(address[:6]) if size == 6 else None


class LinuxCookedView(_CookedView):
    """What Linux tells of a packet captured on all interfaces (LINKTYPE_LINUX_SLL)."""

    NAME = "Linux cooked"
    SIZE = 16

    __slots__ = ()

    packet_type = Number(0, 2, names=PACKET_TYPES)
    hardware_type = Number(2, 2, names=HARDWARE)
    address_size = Number(4, 2)
    address = raw(6, 8)
    ethertype = Number(14, 2, names=ETHERTYPES.name, base=16)

    @Derived
    def mac(self) -> MacAddress | None:
        """The sender's card, where it is Ethernet."""
        return self._mac(self.address_size, self.address)

    def next_kind(self) -> type[View] | None:
        """Return what the ethertype stands for."""
        return ETHERTYPES.kind(self.ethertype)

    def line(self) -> str:
        """Return the direction and the sender."""
        return f"{PACKET_TYPES.get(self.packet_type, self.packet_type)} {self.mac or ''}".rstrip()


@dataclass(frozen=True, slots=True)
class LinuxCooked(Value[LinuxCookedView]):
    """A header of LINKTYPE_LINUX_SLL, with an address of 8 bytes."""

    VIEW = LinuxCookedView
    FILLED = ("ethertype",)

    packet_type: int = 0
    hardware_type: int = 1
    address_size: int = 6
    address: bytes = bytes(8)
    ethertype: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        return bytes(self.header(ethertype=ethertype_of(self, around.above))) + payload


class LinuxCooked2View(_CookedView):
    """The same with the interface (LINKTYPE_LINUX_SLL2)."""

    NAME = "Linux cooked 2"
    SIZE = 20

    __slots__ = ()

    ethertype = Number(0, 2, names=ETHERTYPES.name, base=16)
    reserved = Number(2, 2)
    interface = Number(4, 4)
    hardware_type = Number(8, 2, names=HARDWARE)
    packet_type = Number(10, 1, names=PACKET_TYPES)
    address_size = Number(11, 1)
    address = raw(12, 8)

    @Derived
    def mac(self) -> MacAddress | None:
        """The sender's card, where it is Ethernet."""
        return self._mac(self.address_size, self.address)

    def next_kind(self) -> type[View] | None:
        """Return what the ethertype stands for."""
        return ETHERTYPES.kind(self.ethertype)

    def line(self) -> str:
        """Return the interface, the direction and the sender."""
        kind = PACKET_TYPES.get(self.packet_type, self.packet_type)
        return f"interface {self.interface} {kind} {self.mac or ''}".rstrip()


@dataclass(frozen=True, slots=True)
class LinuxCooked2(Value[LinuxCooked2View]):
    """A header of LINKTYPE_LINUX_SLL2, with an address of 8 bytes."""

    VIEW = LinuxCooked2View
    FILLED = ("ethertype",)

    interface: int = 1
    packet_type: int = 0
    hardware_type: int = 1
    address_size: int = 6
    address: bytes = bytes(8)
    reserved: int = 0
    ethertype: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        return bytes(self.header(ethertype=ethertype_of(self, around.above))) + payload


class LoopbackView(View):
    """The address family before a packet of BSD's loopback (LINKTYPE_NULL, LINKTYPE_LOOP).

    It stands in the byte order of the machine, or of the network: whichever gives a known one.
    """

    NAME = "loopback"
    SIZE = 4

    __slots__ = ()

    word = Number(0, 4, base=16)

    @Derived
    def family(self) -> int:
        """The family, whatever its byte order: families are small."""
        word = self.word
        return word if word < 1 << 16 else int.from_bytes(word.to_bytes(4, "big"), "little")

    def next_kind(self) -> type[View] | None:
        """Return what the family stands for."""
        if self.family == _IPV4_FAMILY:
            return Ipv4View
        return Ipv6View if self.family in _IPV6_FAMILIES else None

    def line(self) -> str:
        """Return its name."""
        return self.NAME


@dataclass(frozen=True, slots=True)
class Loopback(Value[LoopbackView]):
    """A header of LINKTYPE_NULL: by what follows, the family as this machine would write it."""

    VIEW = LoopbackView
    FILLED = ("word",)

    word: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        family = None
        if around.above is not None:
            families = {Ipv4View: _IPV4_FAMILY, Ipv6View: _IPV6_FAMILIES[2]}
            family = families.get(around.above.VIEW)
        if self.word is None and family is None:
            raise LocalProtocolError("which family loopback is to have cannot be told.")
        own = int.from_bytes((family or 0).to_bytes(4, sys.byteorder), "big")
        return bytes(self.header(word=own)) + payload


class RawIpView(View):
    """Nothing but IP: its version is in its first four bits (LINKTYPE_RAW)."""

    NAME = "IP"

    __slots__ = ()

    def next_kind(self) -> type[View] | None:
        """Return IPv4 or IPv6."""
        version = self.buffer[0] >> 4 if len(self.buffer) else 0
        return {4: Ipv4View, 6: Ipv6View}.get(version)

    def problems(self) -> Iterator[Problem]:
        """Tell when it is neither."""
        if len(self.buffer) and not self.next_kind():
            yield Problem(self.NAME, "version", self.start, f"is {self.buffer[0] >> 4}, not 4 or 6")


@dataclass(frozen=True, slots=True)
class RawIp(Value[RawIpView]):
    """Nothing, so that a packet of IP alone can be read by its version."""

    VIEW = RawIpView


LINKS.add(LoopbackView, 0, 108)
LINKS.add(RawIpView, 101, 12, 14)
LINKS.add(LinuxCookedView, 113)
LINKS.add(LinuxCooked2View, 276)
