"""TCP, UDP, ICMP and ICMPv6 for many packets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from razem.look.layouts import ICMP, TCP, UDP
from razem.look.part import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["transport"]

TCP_PROTOCOL: Final = 6
UDP_PROTOCOL: Final = 17
ICMP_PROTOCOLS: Final = (1, 58)


def transport(
    part: Part,
    protocol: NDArray[np.uint8],
    parted: NDArray[np.bool_],
    later: NDArray[np.bool_],
) -> None:
    """Decode what IP carries.

    Args:
        part: the packets.
        protocol: which transport each has.
        parted: which are parts of larger packets: their lengths say nothing.
        later: which are later parts, or have no header here: they are data.
    """
    here = ~later
    for number, function in ((TCP_PROTOCOL, _tcp), (UDP_PROTOCOL, _udp)):
        mask = here & (protocol == number)
        if mask.any():
            function(part.keep(mask), parted[mask])
    mask = here & ((protocol == ICMP_PROTOCOLS[0]) | (protocol == ICMP_PROTOCOLS[1]))
    if mask.any():
        _icmp(part.keep(mask), parted[mask])


def _tcp(part: Part, parted: NDArray[np.bool_]) -> None:
    part.mark((part.end < part.place + TCP.itemsize) & ~parted)
    there = part.there(TCP.itemsize)
    part, parted = part.keep(there), parted[there]
    if not len(part):
        return
    head = part.heads(TCP)
    size = (head["flags"] >> 12).astype(np.int64) * 4
    place = part.place + np.maximum(size, TCP.itemsize)
    part.mark((size < TCP.itemsize) | ((place > part.end) & ~parted))
    part.set(
        source_port=head["source_port"],
        destination_port=head["destination_port"],
        sequence=head["sequence"],
        acknowledgement=head["acknowledgement"],
        flags=head["flags"] & 0x1FF,
        window=head["window"],
    )
    Part(part.table, part.rows, place, part.end).payload()


def _udp(part: Part, parted: NDArray[np.bool_]) -> None:
    part.mark((part.end < part.place + UDP.itemsize) & ~parted)
    there = part.there(UDP.itemsize)
    part, parted = part.keep(there), parted[there]
    if not len(part):
        return
    head = part.heads(UDP)
    size = head["length"].astype(np.int64)
    room = part.end - part.place
    part.mark((size < UDP.itemsize) | ((size > room) & ~parted))
    part.set(source_port=head["source_port"], destination_port=head["destination_port"])
    end = part.place + np.where(size < UDP.itemsize, room, np.minimum(size, room))
    Part(part.table, part.rows, part.place + UDP.itemsize, end).payload()


def _icmp(part: Part, parted: NDArray[np.bool_]) -> None:
    part.mark((part.end < part.place + 4) & ~parted)
    part = part.keep(part.there(4))
    if not len(part):
        return
    head = part.heads(ICMP)
    part.set(icmp_type=head["type"], icmp_code=head["code"])
    Part(part.table, part.rows, part.place + 8, part.end).payload()
