"""Ethernet (IEEE 802.3) and VLAN tags (IEEE 802.1Q; in one another, 802.1ad "QinQ")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from razem.errors import LocalProtocolError
from razem.wire.fields import Flag, Number, mac
from razem.wire.registry import ETHERTYPES, LINKS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.wire.mac import MacAddress
    from razem.wire.problems import Problem

__all__ = ["Ethernet", "EthernetView", "Vlan", "VlanView", "ethertype_of"]

_LEAST_ETHERTYPE = 0x600  # IEEE 802.3 3.2.6: below, it is a length


class EthernetView(View):
    """An Ethernet header read in place."""

    NAME = "Ethernet"
    SIZE = 14

    __slots__ = ()

    destination = mac(0)
    source = mac(6)
    ethertype = Number(12, 2, names=ETHERTYPES.name, base=16)

    @property
    def extent(self) -> int:
        """All there is, or what the length of an IEEE 802.3 frame says."""
        if len(self.buffer) >= self.SIZE and self.ethertype < _LEAST_ETHERTYPE:
            return min(self.SIZE + self.ethertype, len(self.buffer))
        return len(self.buffer)

    def next_kind(self) -> type[View] | None:
        """Return what the ethertype stands for."""
        return ETHERTYPES.kind(self.ethertype)

    def judge(self) -> Iterator[Problem]:
        """Tell when an IEEE 802.3 frame is shorter than it says."""
        if self.ethertype < _LEAST_ETHERTYPE and self.SIZE + self.ethertype > len(self.buffer):
            there = len(self.buffer) - self.SIZE
            yield self.problem("ethertype", f"is a length, {self.ethertype}; {there} are there")

    def line(self) -> str:
        """Return who sends to whom."""
        return f"{self.source} > {self.destination}"


@dataclass(frozen=True, slots=True)
class Ethernet(Value[EthernetView]):
    """An Ethernet header. Its `ethertype` is filled in when the next layer is known."""

    VIEW = EthernetView
    FILLED = ("ethertype",)

    destination: MacAddress
    source: MacAddress
    ethertype: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        return bytes(self.header(ethertype=ethertype_of(self, around.above))) + payload


class VlanView(View):
    """A VLAN tag read in place (IEEE 802.1Q 9.6)."""

    NAME = "VLAN"
    SIZE = 4

    __slots__ = ()

    priority = Number(0, 2, shift=13, width=3)
    drop_eligible = Flag(0, 12, size=2)
    identifier = Number(0, 2, width=12)
    ethertype = Number(2, 2, names=ETHERTYPES.name, base=16)

    def next_kind(self) -> type[View] | None:
        """Return what the ethertype stands for."""
        return ETHERTYPES.kind(self.ethertype)

    def line(self) -> str:
        """Return which VLAN."""
        return f"VLAN {self.identifier}"


@dataclass(frozen=True, slots=True)
class Vlan(Value[VlanView]):
    """A VLAN tag. The `ethertype` of the layer below is filled in as 0x8100 (802.1Q)."""

    VIEW = VlanView
    FILLED = ("ethertype",)

    identifier: int
    priority: int = 0
    drop_eligible: bool = False
    ethertype: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the tag and the payload."""
        return bytes(self.header(ethertype=ethertype_of(self, around.above))) + payload


def ethertype_of(layer: Value[Any], above: type[Value[Any]] | None) -> int:
    """Return the ethertype for what a layer carries: what it says itself, or what follows.

    Raises:
        LocalProtocolError: neither says it.
    """
    given: int | None = layer.ethertype  # type: ignore[attr-defined]
    if given is not None:
        return given
    number = ETHERTYPES.number(above.VIEW) if above else None
    if number is None:
        raise LocalProtocolError(
            f"which ethertype {layer.VIEW.NAME} is to have cannot be told from what follows.",
            advice="Give ethertype=…",
        )
    return number


LINKS.add(EthernetView, 1)  # LINKTYPE_ETHERNET
ETHERTYPES.add(VlanView, 0x8100, 0x88A8, 0x9100)
