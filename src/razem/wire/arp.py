"""ARP: which card has an IPv4 address (RFC 826), for Ethernet and IPv4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from razem.wire.fields import Number, ipv4, mac
from razem.wire.mac import MacAddress
from razem.wire.registry import ETHERTYPES
from razem.wire.value import Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from razem.wire.problems import Problem

__all__ = ["Arp", "ArpView"]

REQUEST: Final = 1
REPLY: Final = 2
OPERATIONS: Final = {REQUEST: "request", REPLY: "reply", 3: "reverse request", 4: "reverse reply"}


class ArpView(View):
    """An ARP message read in place."""

    NAME = "ARP"
    SIZE = 28

    __slots__ = ()

    hardware_type = Number(0, 2, names={1: "Ethernet"})
    protocol_type = Number(2, 2, names=ETHERTYPES.name, base=16)
    hardware_size = Number(4, 1)
    protocol_size = Number(5, 1)
    operation = Number(6, 2, names=OPERATIONS)
    sender_mac = mac(8)
    sender = ipv4(14)
    target_mac = mac(18)
    target = ipv4(24)

    @property
    def extent(self) -> int:
        """The message alone; what follows pads the frame."""
        return min(self.SIZE, len(self.buffer))

    def judge(self) -> Iterator[Problem]:
        """Tell when the addresses are of another kind, so that they stand elsewhere."""
        if self.hardware_size != 6:
            yield self.problem("hardware_size", f"is {self.hardware_size}; Ethernet has 6")
        if self.protocol_size != 4:
            yield self.problem("protocol_size", f"is {self.protocol_size}; IPv4 has 4")

    def line(self) -> str:
        """Return the question or the answer."""
        if self.operation == REQUEST:
            return f"ARP who has {self.target}? tell {self.sender}"
        if self.operation == REPLY:
            return f"ARP {self.sender} is at {self.sender_mac}"
        return f"ARP {OPERATIONS.get(self.operation, self.operation)}"


@dataclass(frozen=True, slots=True)
class Arp(Value[ArpView]):
    """An ARP message; a request unless `operation` is 2."""

    VIEW = ArpView

    sender_mac: MacAddress
    sender: IPv4Address
    target: IPv4Address
    target_mac: MacAddress = MacAddress(bytes(6))  # noqa: RUF009  immutable
    operation: int = REQUEST
    hardware_type: int = 1
    protocol_type: int = 0x0800
    hardware_size: int = 6
    protocol_size: int = 4


ETHERTYPES.add(ArpView, 0x0806)
