"""A block of packets: their bytes in one buffer, and where each of them stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from razem.wire import Packet

__all__ = ["SLACK", "Block", "CapturedPacket", "Interface"]

SLACK: Final = 256  # bytes behind the last packet that can be read: headers are taken whole


class Interface(NamedTuple):
    """Where packets were captured.

    Attributes:
        link: what they begin with: libpcap's number of the link type (1 is Ethernet).
        name: such as "eth0"; "" where the file does not say it.
        snap_length: how many bytes of each were kept at most; 0 for all.
        description: in words, or "".
        filter: what was asked for, or "".
    """

    link: int
    name: str = ""
    snap_length: int = 0
    description: str = ""
    filter: str = ""


class CapturedPacket(NamedTuple):
    """One packet of a capture.

    Attributes:
        number: its place in the capture, the first being 1.
        time: nanoseconds since 1970.
        interface: where it was captured.
        length: how many bytes it had.
        data: those that were kept.
        comments: what somebody wrote beside it.
    """

    number: int
    time: int
    interface: Interface
    length: int
    data: memoryview
    comments: tuple[str, ...] = ()

    @property
    def packet(self) -> Packet:
        """Its layers."""
        from razem.wire import Packet  # noqa: PLC0415  who decodes in bulk needs no formats

        return Packet(self.data, self.interface.link)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Several packets, one behind the other in a buffer.

    Attributes:
        data: the buffer, with `SLACK` bytes behind the last packet.
        offsets: where each packet begins.
        captured: how many of its bytes are there.
        length: how many it had.
        time: nanoseconds since 1970.
        interface: places in `interfaces`.
        interfaces: where packets were captured.
        numbers: their places in the capture, the first being 1.
        comments: what was written beside packets, by number.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    captured: NDArray[np.uint32]
    length: NDArray[np.uint32]
    time: NDArray[np.int64]
    interface: NDArray[np.uint16]
    interfaces: tuple[Interface, ...]
    numbers: NDArray[np.int64]
    comments: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, index: int) -> CapturedPacket:
        start = int(self.offsets[index])
        number = int(self.numbers[index])
        return CapturedPacket(
            number,
            int(self.time[index]),
            self.interfaces[self.interface[index]],
            int(self.length[index]),
            self.data.data[start : start + int(self.captured[index])],
            self.comments.get(number, ()),
        )

    def __iter__(self) -> Iterator[CapturedPacket]:
        for index in range(len(self)):
            yield self[index]

    def select(self, rows: NDArray[Any] | slice) -> Block:
        """Return a block of some of the packets, over the same buffer: by a mask, or by rows."""
        return Block(
            self.data,
            self.offsets[rows],
            self.captured[rows],
            self.length[rows],
            self.time[rows],
            self.interface[rows],
            self.interfaces,
            self.numbers[rows],
            self.comments,
        )
