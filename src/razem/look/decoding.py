"""Packets decoded in bulk: a block in, a column for each field out (see `layouts.COLUMNS`).

The rows of a batch go through the layers together: the same header of many packets is gathered into
one table, whose columns are fields (`gather`); rows that end or go another way drop out. A batch is
small enough for its tables to stay in the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from razem.look.gather import gather
from razem.look.layouts import COLUMNS, ETHERNET, VLAN
from razem.look.part import Part, Table
from razem.look.part_network import arp, ipv4, ipv6

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from razem.look.block import Block

__all__ = ["Columns", "decode"]

Columns = dict[str, "NDArray[Any]"]

BATCH: Final = 16384  # rows
MAX_TAGS: Final = 4  # of VLANs
_VLANS: Final = (0x8100, 0x88A8, 0x9100)
_RAW: Final = (12, 14, 101)
_BSD: Final = (0, 108)
_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_ARP: Final = 0x0806


def decode(block: Block) -> Columns:
    """Return a column for each field, a row a packet.

    What a packet does not have is 0. One that cannot be right is marked in `malformed`, and the
    columns hold what can be read of it; one that is only cut off by the capture is not marked.
    """
    count = len(block)
    columns: Columns = {
        name: np.zeros(count, dtype) for name, (dtype, _) in _fields(COLUMNS) if name not in _GIVEN
    }
    links = np.array([each.link for each in block.interfaces] or [0], dtype=np.uint16)
    columns |= {
        "number": block.numbers,
        "time": block.time,
        "interface": block.interface,
        "link": links[block.interface],
        "length": block.length,
        "captured": block.captured,
    }
    for start in range(0, count, BATCH):
        rows = slice(start, start + BATCH)
        table = Table(
            block.data,
            block.offsets[rows],
            block.captured[rows].astype(np.int64),
            np.maximum(block.length[rows], block.captured[rows]).astype(np.int64),
            {name: column[rows] for name, column in columns.items()},
        )
        _decode(table)
    return {name: columns[name] for name in COLUMNS.names or ()}


_GIVEN: Final = {"number", "time", "interface", "link", "length", "captured"}


def _fields(layout: np.dtype[Any]) -> list[tuple[str, Any]]:
    return list((layout.fields or {}).items())


def _decode(table: Table) -> None:
    ethertype, place = _links(table)
    whole = Part(table, np.arange(len(table.start)), place, table.length)
    whole.payload()
    place, ethertype = _tags(table, ethertype, place)
    table.columns["network"][:] = np.where(ethertype >= 0x600, ethertype, 0)
    for number, function in ((_IPV4, ipv4), (_IPV6, ipv6), (_ARP, arp)):
        rows = np.flatnonzero(ethertype == number)
        if len(rows):
            function(Part(table, rows, place[rows], table.length[rows]))


def _links(table: Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ethertype of each packet, 0 if unknown, and where the network's header begins."""
    count = len(table.start)
    ethertype, place = np.zeros(count, np.int64), np.zeros(count, np.int64)
    links = table.columns["link"]
    first = int(links[0]) if count else 1
    kinds = [first] if (links == first).all() else [int(link) for link in np.unique(links)]
    for link in kinds:
        rows = np.flatnonzero(links == link) if len(kinds) > 1 else np.arange(count)
        ethertype[rows], place[rows] = _link(table, rows, link)
    return ethertype, place


def _link(
    table: Table, rows: NDArray[np.int64], link: int
) -> tuple[NDArray[np.int64] | int, NDArray[np.int64] | int]:
    sizes = {1: 14, 113: 16, 276: 20} | dict.fromkeys(_BSD, 4)
    size = sizes.get(link, 0)
    known = {228: _IPV4, 229: _IPV6}.get(link)
    if known is not None or (not size and link not in _RAW):
        return known or 0, 0
    there = table.captured[rows] >= max(size, 1)
    table.columns["malformed"][rows] |= table.length[rows] < max(size, 1)
    start = table.start[rows]
    if link in _RAW:
        version = gather(table.data, start, np.dtype("u1")) >> 4
        found = np.where(version == 4, _IPV4, np.where(version == 6, _IPV6, 0))
        table.columns["malformed"][rows] |= there & (found == 0)
    elif link in _BSD:
        word = gather(table.data, start, np.dtype(">u4")).astype(np.int64)
        family = np.where(word < 1 << 16, word, word >> 24 | (word >> 8 & 0xFF00))
        swapped = (word >= 1 << 16) & (word & 0xFFFF != 0)
        family = np.where(swapped, 0, family)
        sixes = np.isin(family, (10, 24, 28, 30))
        found = np.where(family == 2, _IPV4, np.where(sixes, _IPV6, 0))
    elif link == 1:
        found = gather(table.data, start, ETHERNET)["ethertype"].astype(np.int64)
    else:
        at = start + (14 if link == 113 else 0)
        found = gather(table.data, at, np.dtype(">u2")).astype(np.int64)
    return np.where(there, found, 0), np.where(there, size, table.captured[rows])


def _tags(
    table: Table, ethertype: NDArray[np.int64], place: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Go past VLAN tags."""
    for depth in range(MAX_TAGS):
        rows = np.flatnonzero(
            (ethertype == _VLANS[0]) | (ethertype == _VLANS[1]) | (ethertype == _VLANS[2])
        )
        if not len(rows):
            break
        here = place[rows]
        table.columns["malformed"][rows] |= table.length[rows] < here + 4
        there = table.captured[rows] >= here + 4
        ethertype[rows[~there]] = 0
        rows, here = rows[there], here[there]
        tags = gather(table.data, table.start[rows] + here, VLAN)
        if depth == 0:
            table.columns["vlan"][rows] = tags["tag"] & 0xFFF
        ethertype[rows] = tags["ethertype"]
        place[rows] = here + 4
        Part(table, rows, here + 4, table.length[rows]).payload()
    return place, ethertype
