"""Packets of an interface through memory that the kernel shares: packet(7), TPACKET_V3.

The kernel fills blocks of a ring, each with many packets, and hands a block over when it is full or
has waited for some time. A block is copied out at once and given back, so that users may keep what
they get and the kernel has room.
"""

from __future__ import annotations

import mmap
import select
import socket
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from razem.look.block import SLACK, Block, Interface
from razem.look.gather import gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Ring", "Statistics"]

# packet(7), linux/if_packet.h: Python has none of these
SOL_PACKET: Final = 263
PACKET_ADD_MEMBERSHIP: Final = 1
PACKET_RX_RING: Final = 5
PACKET_STATISTICS: Final = 6
PACKET_VERSION: Final = 10
PACKET_RESERVE: Final = 12
TPACKET_V3: Final = 2
MEMBERSHIP_PROMISCUOUS: Final = 1
OUTGOING: Final = 4
ALL_PROTOCOLS: Final = 3  # ETH_P_ALL
USER: Final = 1  # TP_STATUS_USER: the block is ours
VLAN_VALID: Final = 1 << 4
VLAN_TYPE_VALID: Final = 1 << 6
TAG_SIZE: Final = 4

BLOCK_SIZE: Final = 1 << 20
FRAME_SIZE: Final = 2048
RETIRE_MILLISECONDS: Final = 50
_STATUS: Final = 8  # where it is in a block
_BLOCK_HEAD: Final = struct.Struct("=IIIIII")  # version, private, status, packets, first, length
_HEAD: Final = np.dtype(
    [
        ("next", "u4"),
        ("seconds", "u4"),
        ("nanoseconds", "u4"),
        ("captured", "u4"),
        ("length", "u4"),
        ("status", "u4"),
        ("link_at", "u2"),
        ("network_at", "u2"),
        ("hash", "u4"),
        ("tag", "u4"),
        ("tag_type", "u2"),
        ("padding", "V10"),
        ("family", "u2"),  # of the address of the link layer (sockaddr_ll)
        ("protocol", ">u2"),
        ("index", "i4"),
        ("hardware", "u2"),
        ("kind", "u1"),
        ("rest", "V9"),
    ]
)
_ETHERNET_KINDS: Final = {1, 772}  # ARPHRD_ETHER, ARPHRD_LOOPBACK: the latter looks like the former
_LOOPBACK: Final = 772
_LINK_ETHERNET: Final = 1
_LINK_RAW: Final = 101


class Statistics(NamedTuple):
    """What the kernel counted since the capture began.

    Attributes:
        received: packets that passed the filter.
        dropped: those of them for which the ring had no room.
    """

    received: int
    dropped: int


class Ring:
    """The ring of one socket.

    Args:
        port: a socket of AF_PACKET that is not bound yet.
        index: of the interface; 0 for all.
        size: bytes of the ring.

    Raises:
        OSError: the system does not allow it, or has not so much memory.
    """

    def __init__(self, port: socket.socket, index: int, *, size: int, promiscuous: bool) -> None:
        self._port = port
        count = max(size // BLOCK_SIZE, 2)
        port.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        port.setsockopt(SOL_PACKET, PACKET_RESERVE, TAG_SIZE)  # room to put a tag of a VLAN back
        frames = count * BLOCK_SIZE // FRAME_SIZE
        request = (BLOCK_SIZE, count, FRAME_SIZE, frames, RETIRE_MILLISECONDS, 0, 0)
        port.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("=7I", *request))
        self._memory = mmap.mmap(port.fileno(), count * BLOCK_SIZE)
        if promiscuous and index:
            member = struct.pack("=iHH8s", index, MEMBERSHIP_PROMISCUOUS, 0, b"")
            port.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, member)
        self._count = count
        self._current = 0
        self._packets = 0
        self._received = 0
        self._dropped = 0
        self._interfaces: dict[tuple[int, int], int] = {}
        self.interfaces: tuple[Interface, ...] = ()
        self._poll = select.poll()
        self._poll.register(port.fileno(), select.POLLIN | select.POLLERR)

    def watch(self, descriptor: int) -> None:
        """Let `wait` return when something can be read there, too."""
        self._poll.register(descriptor, select.POLLIN)

    def wait(self, timeout: float | None) -> None:
        """Wait until there may be a block; at most so many seconds."""
        if not self._ready():
            self._poll.poll(None if timeout is None else max(int(timeout * 1000), 0))

    def take(self) -> Block | None:
        """Return the next block, if the kernel has handed one over; one without packets is none."""
        while self._ready():
            start = self._current * BLOCK_SIZE
            head = _BLOCK_HEAD.unpack_from(self._memory, start)
            packets, first, used = head[3], head[4], head[5]
            data = np.zeros(used + SLACK, dtype=np.uint8)
            data[:used] = np.frombuffer(self._memory, np.uint8, used, start)
            struct.pack_into("=I", self._memory, start + _STATUS, 0)  # it is the kernel's again
            self._current = (self._current + 1) % self._count
            block = self._block(data, first, packets)
            if len(block):
                return block
        return None

    def statistics(self) -> Statistics:
        """Return what the kernel counted."""
        if self._port.fileno() >= 0:  # reading sets them back
            found = self._port.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12)
            received, dropped, _ = struct.unpack("=III", found)
            self._received += received
            self._dropped += dropped
        return Statistics(self._received, self._dropped)

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()

    def _ready(self) -> bool:
        status = struct.unpack_from("=I", self._memory, self._current * BLOCK_SIZE + _STATUS)[0]
        return bool(status & USER)

    def _block(self, data: NDArray[np.uint8], place: int, packets: int) -> Block:
        places = np.empty(packets, dtype=np.int64)
        following = struct.Struct("=I").unpack_from
        view = data.data
        for number in range(packets):
            places[number] = place
            place += following(view, place)[0]
        heads = gather(data, places, _HEAD)
        # what leaves over lo comes back at once, and is seen twice
        twice = (heads["kind"] == OUTGOING) & (heads["hardware"] == _LOOPBACK)
        if twice.any():
            places, heads = places[~twice], heads[~twice]
        offsets = places + heads["link_at"]
        captured, length = heads["captured"].copy(), heads["length"].copy()
        tagged = heads["status"] & VLAN_VALID != 0
        for row in np.flatnonzero(tagged & np.isin(heads["hardware"], list(_ETHERNET_KINDS))):
            offsets[row] = self._put_back(data, int(offsets[row]), heads[row])
            captured[row] += TAG_SIZE
            length[row] += TAG_SIZE
        first, self._packets = self._packets + 1, self._packets + len(places)
        seconds = heads["seconds"].astype(np.int64)
        return Block(
            data,
            offsets,
            captured,
            length,
            seconds * 1_000_000_000 + heads["nanoseconds"],
            self._where(heads["index"], heads["hardware"]),
            self.interfaces,
            np.arange(first, self._packets + 1, dtype=np.int64),
        )

    def _put_back(self, data: NDArray[np.uint8], place: int, head: Any) -> int:
        """Put the tag of a VLAN back where the card took it out; return where the packet begins."""
        kind = int(head["tag_type"]) if head["status"] & VLAN_TYPE_VALID else 0x8100
        start = place - TAG_SIZE
        data[start : start + 12] = data[place : place + 12].copy()
        tag = struct.pack("!HH", kind, int(head["tag"]) & 0xFFFF)
        data[start + 12 : start + 16] = np.frombuffer(tag, dtype=np.uint8)
        return start

    def _where(self, index: NDArray[np.int32], hardware: NDArray[np.uint16]) -> NDArray[np.uint16]:
        pairs = index.astype(np.int64) << 16 | hardware
        found, which = np.unique(pairs, return_inverse=True)
        numbers = [self._number(int(pair) >> 16, int(pair) & 0xFFFF) for pair in found]
        places: NDArray[np.uint16] = np.array(numbers, dtype=np.uint16)[which.reshape(-1)]
        return places

    def _number(self, index: int, hardware: int) -> int:
        key = (index, hardware)
        if key not in self._interfaces:
            try:
                name = socket.if_indextoname(index)
            except OSError:
                name = f"interface {index}"  # gone since
            link = _LINK_ETHERNET if hardware in _ETHERNET_KINDS else _LINK_RAW
            self._interfaces[key] = len(self.interfaces)
            self.interfaces += (Interface(link, name),)
        return self._interfaces[key]
