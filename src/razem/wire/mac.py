"""Addresses of network cards (IEEE 802, EUI-48)."""

from __future__ import annotations

import re
from typing import Final

from razem.errors import AddressError

__all__ = ["BROADCAST", "MacAddress"]

_TEXT: Final = re.compile(
    r"(?:[0-9a-f]{1,2}([:-]))(?:[0-9a-f]{1,2}\1){4}[0-9a-f]{1,2}", re.IGNORECASE
)


class MacAddress:
    """An Ethernet address: six bytes. A value: comparable, hashable, and ordered.

    >>> MacAddress("2:0-").packed
    Traceback (most recent call last):
      ...
    razem.errors.AddressError: "2:0-" is no Ethernet address. Write it as in 02:00:5e:10:00:01.
    >>> str(MacAddress(bytes(6))), MacAddress("02-00-5E-10-00-01")
    ('00:00:00:00:00:00', MacAddress('02:00:5e:10:00:01'))

    Raises:
        AddressError: the text is none, or there are not six bytes.
    """

    __slots__ = ("packed",)

    packed: bytes

    def __init__(self, address: str | bytes) -> None:
        if isinstance(address, str):
            if not _TEXT.fullmatch(address):
                raise AddressError(
                    f'"{address}" is no Ethernet address.',
                    advice="Write it as in 02:00:5e:10:00:01.",
                )
            packed = bytes(int(part, 16) for part in re.split("[:-]", address))
        else:
            packed = bytes(address)
        if len(packed) != 6:
            raise AddressError(f"an Ethernet address has 6 bytes, not {len(packed)}.")
        object.__setattr__(self, "packed", packed)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} of an Ethernet address cannot be changed")

    def __reduce__(self) -> tuple[type[MacAddress], tuple[bytes]]:
        return MacAddress, (self.packed,)

    @property
    def is_multicast(self) -> bool:
        """Whether it means a group (IEEE 802: the lowest bit of the first byte)."""
        return bool(self.packed[0] & 1)

    @property
    def is_local(self) -> bool:
        """Whether it was given here rather than by the maker of the card."""
        return bool(self.packed[0] & 2)

    def __str__(self) -> str:
        return self.packed.hex(":")

    def __repr__(self) -> str:
        return f"MacAddress('{self}')"

    def __eq__(self, other: object) -> bool:
        return self.packed == other.packed if isinstance(other, MacAddress) else NotImplemented

    def __lt__(self, other: MacAddress) -> bool:
        return self.packed < other.packed

    def __hash__(self) -> int:
        return hash(self.packed)


BROADCAST: Final = MacAddress(b"\xff" * 6)
