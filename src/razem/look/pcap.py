"""Files of libpcap: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from razem.errors import CorruptError, TruncatedError
from razem.look.block import Block, Interface
from razem.look.chain import follow
from razem.look.gather import gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAGICS", "PcapReader", "pcap_header", "pcap_record"]

HEADER_SIZE: Final = 24
RECORD_SIZE: Final = 16
GLANCE: Final = 2048
MAX_PACKET: Final = 64 * 1024 * 1024  # more, and the file is damaged
MAGICS: Final = {  # the first four bytes: byte order, and nanoseconds in a unit of its times
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}


def pcap_header(link: int, *, snap_length: int = 262144) -> bytes:
    """Return the beginning of a file with nanoseconds, in the byte order of x86."""
    return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap_length, link)


def pcap_record(time: int, length: int, data: bytes | memoryview) -> bytes:
    """Return what stands before a packet: `time` in nanoseconds since 1970."""
    seconds, rest = divmod(time, 1_000_000_000)
    return struct.pack("<IIII", seconds & 0xFFFFFFFF, rest, len(data), length)


class PcapReader:
    """Takes buffers apart; each begins where the last one's rest did.

    Raises:
        CorruptError: the header is not that of such a file.
        TruncatedError: it is not whole.
    """

    def __init__(self, header: bytes) -> None:
        if len(header) < HEADER_SIZE:
            raise TruncatedError(
                "the file ends within its header.", needed=HEADER_SIZE, got=len(header)
            )
        if header[:4] not in MAGICS:
            raise CorruptError("this is no capture file: it begins with something else.")
        self._order, self._unit = MAGICS[header[:4]]
        fields = struct.unpack(f"{self._order}HHiIII", header[4:HEADER_SIZE])
        # the upper bits of the link type tell of a frame check sequence
        self.interfaces = (Interface(fields[5] & 0xFFFF, snap_length=fields[4]),)
        self._number = np.dtype(f"{self._order}u4")
        self._one = struct.Struct(f"{self._order}I").unpack_from
        self._head = struct.Struct(f"{self._order}IIII").unpack_from
        self._layout = np.dtype(
            [(name, self._number) for name in ("seconds", "rest", "captured", "length")]
        )
        self._count = 0
        self._seconds: int | None = None  # of the first packet, for guessing

    header_size = HEADER_SIZE

    def take(self, data: NDArray[np.uint8], start: int, end: int) -> tuple[Block, int]:
        """Return the packets that are whole, and where the first that is not begins.

        Raises:
            CorruptError: a record cannot be right; what stands before it was given before.
        """
        view = data.data
        if self._seconds is None and end - start >= RECORD_SIZE:
            self._seconds = self._one(view, start)[0]
        at = np.ndarray((len(data) - 11,), self._number, view[8:], strides=(1,))
        last = end - RECORD_SIZE

        def size_at(places: NDArray[np.int64]) -> NDArray[np.int64]:
            sizes = at[np.minimum(places, len(at) - 1)].astype(np.int64)
            return np.where((places <= last) & (sizes <= MAX_PACKET), sizes + RECORD_SIZE, 0)

        def one_size_at(place: int) -> int:
            if place > last:
                return 0
            size: int = self._one(view, place + 8)[0]
            return size + RECORD_SIZE if size <= MAX_PACKET else 0

        guess = partial(self._guess, view)
        offsets, rest = follow(start, end, size_at, one_size_at, guess)
        if rest <= last and self._one(view, rest + 8)[0] > MAX_PACKET and not len(offsets):
            size = self._one(view, rest + 8)[0]
            raise CorruptError(
                f"packet {self._count + 1} claims to have {size} bytes: the file is damaged there.",
                advice="What stands before it can be read.",
            )
        return self._block(data, offsets), rest

    def _block(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Block:
        heads = gather(data, offsets, self._layout)
        first, self._count = self._count + 1, self._count + len(offsets)
        seconds = heads["seconds"].astype(np.int64)
        return Block(
            data,
            offsets + RECORD_SIZE,
            heads["captured"].astype(np.uint32),
            heads["length"].astype(np.uint32),
            seconds * 1_000_000_000 + heads["rest"].astype(np.int64) * self._unit,
            np.zeros(len(offsets), np.uint16),
            self.interfaces,
            np.arange(first, self._count + 1, dtype=np.int64),
        )

    def _guess(self, view: memoryview, start: int, end: int) -> int:
        """Return where two records in a row seem to begin, both within a day of the first."""
        wanted = struct.pack(f"{self._order}H", (self._seconds or 0) >> 16)
        skip = 2 if self._order == "<" else 0
        for size in (GLANCE, end - start):  # most often there is one at once
            piece = bytes(view[start : min(start + size, end) + 4])
            found = piece.find(wanted, skip)
            while found >= 0:
                place = start + found - skip
                if place < end and self._plausible(view, place, 2):
                    return place
                found = piece.find(wanted, found + 1)
        return -1

    def _plausible(self, view: memoryview, place: int, count: int) -> bool:
        for _ in range(count):
            if place + RECORD_SIZE > len(view):
                return False
            seconds, rest, captured, length = self._head(view, place)
            near = abs(seconds - (self._seconds or 0)) < 1 << 17
            if not (near and rest < 1_000_000_000 // self._unit and captured <= length <= 1 << 20):
                return False
            place += RECORD_SIZE + captured
        return True
