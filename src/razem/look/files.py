"""Capture files read a piece at a time, whatever their size, packed by gzip or not."""

from __future__ import annotations

import gzip
import io
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from razem.errors import CorruptError, TruncatedError
from razem.look.block import SLACK
from razem.look.pcap import HEADER_SIZE, MAGICS, PcapReader
from razem.look.pcapng import PcapngReader
from razem.look.pcapng_blocks import SECTION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from razem.look.block import Block

__all__ = ["PIECE", "blocks_of", "open_capture"]

PIECE: Final = 16 * 1024 * 1024  # bytes that are read at once
_GZIP: Final = b"\x1f\x8b"


def open_capture(source: str | PathLike[str] | IO[bytes]) -> tuple[IO[bytes], bytes]:
    """Open a file, unpacked if it is packed; return it, and its first bytes.

    Raises:
        OSError: the system does not let it be opened.
    """
    file: Any = source if hasattr(source, "read") else open(source, "rb")  # noqa: SIM115, PTH123
    head = _read(file, 4)
    if head[:2] == _GZIP:
        rest = _Joined(head, file)
        file = gzip.GzipFile(fileobj=io.BufferedReader(rest, 1 << 20))
        head = _read(file, 4)
    return file, head


def blocks_of(
    file: IO[bytes],
    head: bytes,
    *,
    piece: int = PIECE,
    kept: list[tuple[int, bytes]] | None = None,
) -> Iterator[Block]:
    """Give the packets of a file, a block at a time.

    Args:
        file: it, behind `head`, its first four bytes.
        head: these.
        piece: how many bytes are read at once.
        kept: gets blocks of other kinds, each with the number of the packet before it.

    Raises:
        CorruptError: it is no capture file, or damaged; what could be read was given before.
        TruncatedError: it ends in the middle of a packet; likewise.
    """
    reader: PcapReader | PcapngReader
    if head in MAGICS:
        reader, carried = PcapReader(head + _read(file, HEADER_SIZE - 4)), b""
    elif head == SECTION.to_bytes(4, "little"):
        reader, carried = PcapngReader(kept), head
    elif not head:
        raise TruncatedError("the file is empty.", needed=HEADER_SIZE, got=0)
    else:
        raise CorruptError(
            "this is no capture file: it begins with neither pcap's nor pcapng's mark.",
            advice="Files of tcpdump -w, tshark -w and razem watch --write can be read.",
        )
    ended = False
    while not ended:
        room = max(piece, 2 * len(carried))
        data = np.empty(room + SLACK, dtype=np.uint8)
        data[room:] = 0
        data[: len(carried)] = np.frombuffer(carried, dtype=np.uint8)
        end = len(carried) + _fill(file, data.data[len(carried) : room])
        ended = end < room
        data[end : end + SLACK] = 0
        start = 0
        while True:
            block, rest = reader.take(data, start, end)
            if len(block):
                yield block
            if rest == start:
                break
            start = rest
        carried = bytes(data.data[start:end])
    if carried:
        raise TruncatedError(
            f"the file ends in the middle of a packet: {len(carried)} bytes of it are there.",
            got=len(carried),
            advice="All packets before it were read.",
        )


def _fill(file: Any, room: memoryview) -> int:
    """Read until the room is full or the file ends; return how much came.

    Raises:
        CorruptError: what was packed cannot be unpacked.
    """
    filled = 0
    while filled < len(room):
        try:
            count = file.readinto(room[filled:])
        except EOFError:
            break  # a packed file that is still being written, or was cut off
        except (gzip.BadGzipFile, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise CorruptError(f"the packed file is damaged: {error}.") from error
        if not count:
            break
        filled += count
    return filled


def _read(file: IO[bytes], size: int) -> bytes:
    data = bytearray(size)
    return bytes(data[: _fill(file, memoryview(data))])


class _Joined(io.RawIOBase):
    """A file, of which some bytes were read already."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._head = head
        self._file = file

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, room: Any) -> int:
        """Read the bytes that were read already, and then the rest."""
        view = memoryview(room)
        if self._head:
            count = min(len(self._head), len(view))
            view[:count] = self._head[:count]
            self._head = self._head[count:]
            return count
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()
