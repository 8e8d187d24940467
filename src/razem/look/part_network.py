"""IPv4, IPv6 with its extension headers, and ARP, for many packets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from razem.look.layouts import ADDRESS, ARP, EXTENSION, IPV4, IPV6
from razem.look.part import Part
from razem.look.part_transport import transport

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["arp", "ipv4", "ipv6", "mapped"]

MAX_EXTENSIONS: Final = 8
_FRAGMENT: Final = 44
_AUTHENTICATION: Final = 51
_EXTENSIONS: Final = np.zeros(256, dtype=np.bool_)
_EXTENSIONS[[0, 43, _FRAGMENT, _AUTHENTICATION, 60]] = True


def mapped(addresses: NDArray[Any]) -> NDArray[Any]:
    """Return IPv4 addresses (V4) as IPv6 has them: ::ffff:a.b.c.d."""
    wide = np.zeros((len(addresses), 4), dtype=np.uint32)
    wide[:, 2] = np.uint32(0xFFFF0000) if np.little_endian else np.uint32(0xFFFF)
    wide[:, 3] = addresses.view(np.uint32)
    return wide.view(ADDRESS)[:, 0]


def ipv4(part: Part) -> None:
    """Decode IPv4 headers (RFC 791)."""
    part.mark(part.end < part.place + IPV4.itemsize)
    part = part.keep(part.there(IPV4.itemsize))
    if not len(part):
        return
    head = part.heads(IPV4)
    words = (head["first"] & 15).astype(np.int64)
    size = np.maximum(words * 4, IPV4.itemsize)
    total = head["total"].astype(np.int64)
    room = part.end - part.place
    part.mark(
        (head["first"] >> 4 != 4) | (words < 5) | (size > room) | (total < size) | (total > room)
    )
    fragment = head["fragment"]
    part.set(
        source=mapped(np.ascontiguousarray(head["source"])),
        destination=mapped(np.ascontiguousarray(head["destination"])),
        ttl=head["ttl"],
        transport=head["protocol"],
    )
    parted = fragment & 0x3FFF != 0
    if parted.any():
        part.set(fragment=parted)
    end = part.place + np.where(total < size, room, np.minimum(total, room))
    inner = Part(part.table, part.rows, np.minimum(part.place + size, end), end)
    inner.payload()
    later = fragment & 0x1FFF != 0
    transport(inner, head["protocol"], parted, later)


def ipv6(part: Part) -> None:
    """Decode IPv6 headers and the extension headers behind them (RFC 8200)."""
    part.mark(part.end < part.place + IPV6.itemsize)
    part = part.keep(part.there(IPV6.itemsize))
    if not len(part):
        return
    head = part.heads(IPV6)
    payload = head["payload"].astype(np.int64)
    room = part.end - part.place - IPV6.itemsize
    part.mark((head["first"] >> 4 != 6) | (payload > room))
    protocol = head["next"].copy()
    part.set(source=head["source"], destination=head["destination"], ttl=head["hops"])
    jumbo = (payload == 0) & (protocol == 0)  # RFC 2675
    place = part.place + IPV6.itemsize
    end = place + np.where(jumbo, room, np.minimum(payload, room))
    inner = Part(part.table, part.rows, place, end)
    parted, later, lost = _extensions(inner, protocol)
    inner.set(transport=protocol)
    if parted.any():
        inner.set(fragment=parted)
    inner.place = np.minimum(inner.place, inner.end)
    inner.payload()
    transport(inner, protocol, parted, later | lost)


def _extensions(
    part: Part, protocol: NDArray[np.uint8]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Go past extension headers, changing `part.place` and `protocol`.

    Returns what is a part of a larger packet, what is a later part, and what is cut off on the way.
    """
    count = len(part)
    parted, later, lost = (np.zeros(count, dtype=np.bool_) for _ in range(3))
    for _ in range(MAX_EXTENSIONS):
        going = np.flatnonzero(_EXTENSIONS[protocol] & ~later & ~lost)
        if not len(going):
            break
        here = Part(part.table, part.rows[going], part.place[going], part.end[going])
        kind = protocol[going]
        whole = kind == _FRAGMENT
        least = np.where(whole, 8, 2)
        here.mark(here.end < here.place + least)
        there = here.there(2) & (~whole | here.there(8))
        lost[going[~there]] = True
        going, here, kind = going[there], here.keep(there), kind[there]
        head = here.heads(EXTENSION)
        length = head["length"].astype(np.int64)
        size = np.where(kind == _AUTHENTICATION, np.maximum(length * 4 + 8, 12), length * 8 + 8)
        size = np.where(kind == _FRAGMENT, 8, size)
        beyond = here.place + size > here.end
        here.mark(beyond)
        lost[going[beyond]] = True
        fragment = np.where(kind == _FRAGMENT, head["fragment"], 0)
        parted[going] |= fragment & 0xFFF9 != 0
        later[going] |= fragment & 0xFFF8 != 0
        part.place[going] = here.place + size
        protocol[going] = head["next"]
    return parted, later, lost


def arp(part: Part) -> None:
    """Decode ARP for Ethernet and IPv4 (RFC 826)."""
    part.mark(part.end < part.place + ARP.itemsize)
    part = part.keep(part.there(ARP.itemsize))
    if not len(part):
        return
    head = part.heads(ARP)
    known = head["sizes"] == 0x0604
    part.mark(~known)
    place = part.place + ARP.itemsize
    Part(part.table, part.rows, place, np.minimum(place, part.end)).payload()
    part, head = part.keep(known), head[known]
    part.set(
        source=mapped(np.ascontiguousarray(head["sender"])),
        destination=mapped(np.ascontiguousarray(head["target"])),
    )
