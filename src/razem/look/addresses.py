"""Columns of addresses: 16 bytes each, IPv4 as ::ffff:a.b.c.d; all zeros where there is none."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["address_of", "texts_of"]


def address_of(packed: bytes | np.void) -> IPv4Address | IPv6Address | None:
    """Return the address of a cell; None where there is none.

    >>> address_of(bytes(10) + bytes([255, 255, 192, 0, 2, 1]))
    IPv4Address('192.0.2.1')
    """
    data = packed if isinstance(packed, bytes) else packed.tobytes()
    if not any(data):
        return None
    address = IPv6Address(data)
    return address.ipv4_mapped or address


def texts_of(column: NDArray[Any]) -> NDArray[Any]:
    """Return the addresses of a column as text, "" where there is none."""
    if not len(column):
        return np.zeros(0, dtype=object)
    halves = np.ascontiguousarray(column).view(">u8").reshape(-1, 2)
    found, which = np.unique(halves, axis=0, return_inverse=True)
    texts = [str(address_of(row.tobytes()) or "") for row in np.ascontiguousarray(found)]
    return np.array(texts, dtype=object)[which.reshape(-1)]
