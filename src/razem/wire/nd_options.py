"""Options of neighbour discovery (RFC 4861 4.6, RFC 8106)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Final, Self

from razem.errors import LocalProtocolError
from razem.wire.mac import MacAddress
from razem.wire.problems import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["NdOption", "build_nd_options", "read_nd_options"]

SOURCE: Final = 1
TARGET: Final = 2
PREFIX: Final = 3
MTU: Final = 5
RDNSS: Final = 25
NAMES: Final = {  # IANA IPv6 Neighbor Discovery Option Formats
    SOURCE: "source",
    TARGET: "target",
    PREFIX: "prefix",
    4: "redirected",
    MTU: "mtu",
    14: "nonce",
    24: "route",
    RDNSS: "name servers",
    31: "search",
}


@dataclass(frozen=True, slots=True)
class NdOption:
    """One option: its kind, and what follows its length; a multiple of 8 bytes with these two."""

    kind: int
    data: bytes

    @classmethod
    def source(cls, mac: MacAddress) -> Self:
        """Return the card that asks."""
        return cls(SOURCE, mac.packed)

    @classmethod
    def target(cls, mac: MacAddress) -> Self:
        """Return the card that is asked for."""
        return cls(TARGET, mac.packed)

    @property
    def mac(self) -> MacAddress | None:
        """The card that it names, if it does."""
        there = self.kind in {SOURCE, TARGET} and len(self.data) == 6
        return MacAddress(self.data) if there else None

    @property
    def prefix(self) -> IPv6Network | None:
        """The prefix that it tells, if it does (RFC 4861 4.6.2)."""
        if self.kind != PREFIX or len(self.data) != 30 or self.data[0] > 128:
            return None
        return IPv6Network((self.data[14:30], self.data[0]), strict=False)

    @property
    def mtu(self) -> int | None:
        """The MTU that it tells, if it does."""
        there = self.kind == MTU and len(self.data) == 6
        return int(struct.unpack("!2xI", self.data)[0]) if there else None

    @property
    def name_servers(self) -> tuple[IPv6Address, ...]:
        """The recursive name servers that it tells (RFC 8106 5.1)."""
        if self.kind != RDNSS:
            return ()
        places = range(6, len(self.data) - 15, 16)
        return tuple(IPv6Address(self.data[place : place + 16]) for place in places)

    def __str__(self) -> str:
        shown = self.mac or self.prefix or self.mtu or ", ".join(map(str, self.name_servers))
        return f"{NAMES.get(self.kind, f'option {self.kind}')} {shown or self.data.hex()}"


def read_nd_options(data: memoryview, start: int) -> Iterator[NdOption]:
    """Give the options.

    Raises:
        FieldError: one has an impossible length; `start` is where they are in the packet.
    """
    place = 0
    while place < len(data):
        length = data[place + 1] * 8 if place + 1 < len(data) else 0
        if not length or place + length > len(data):
            message = f"option {data[place]}: the length {length} is not possible"
            raise FieldError(Problem("ICMPv6", "options", start + place, message))
        yield NdOption(data[place], bytes(data[place + 2 : place + length]))
        place += length


def build_nd_options(options: Iterable[NdOption]) -> bytes:
    """Return the options, each filled up with zeros to a multiple of 8 bytes.

    Raises:
        LocalProtocolError: one has more than 2,038 bytes.
    """
    return b"".join(map(_build, options))


def _build(option: NdOption) -> bytes:
    size = 2 + len(option.data)
    units = -(-size // 8)
    if not 0 <= option.kind < 256 or units > 255:
        raise LocalProtocolError(
            f"an option of neighbour discovery has up to 2038 bytes, not {len(option.data)}."
        )
    return bytes([option.kind, units]) + option.data + bytes(units * 8 - size)
