"""Cutting a file where its content says so (content-defined chunking). No I/O.

Where bytes were put in or taken out, the cuts after that place stay at the same content, so that
two versions of a file have most of their pieces in common. A cut is after eight bytes whose
product with a fixed odd number, modulo 2**64, is small: numpy finds these at memory's speed,
which no rolling hash in Python does. Pieces have 4 to 64 KiB, mostly about 12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from razem.files.digests import cell_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["MOST", "Piece", "cut", "pieces_of"]

Piece = tuple[int, bytes]
"""Length and digest."""

LEAST: Final = 4 * 1024  # bytes
MOST: Final = 64 * 1024

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio
_SMALL: Final = np.uint64(2**64 // 8192)  # one place of 8,192 is a candidate
_WINDOW: Final = 8  # bytes
_BLOCK: Final = 32 * 1024  # bytes whose products fit into a core's own cache
_READ: Final = 4 * 1024 * 1024


def cut(data: bytes | bytearray | memoryview, *, last: bool) -> list[int]:
    """Return the ends of the pieces in `data`, which begins a file or follows a cut.

    Args:
        data: some bytes.
        last: whether nothing follows. Else what comes after the last end returned is to be cut
            again together with what follows it.
    """
    size = len(data)
    ends: list[int] = []
    begin = 0
    for candidate in _candidates(data):
        while candidate - begin > MOST:
            begin += MOST
            ends.append(begin)
        if candidate - begin >= LEAST:
            ends.append(candidate)
            begin = candidate
    while size - begin > MOST:
        begin += MOST
        ends.append(begin)
    if last and begin < size:
        ends.append(size)
    return ends


def _candidates(data: bytes | bytearray | memoryview) -> list[int]:
    """Return all places after which a cut may be, in their order."""
    found = []
    count = len(data) - _WINDOW + 1
    for at in range(0, count, _BLOCK):
        here = min(_BLOCK, count - at)
        words = np.ndarray((here,), "<u8", data, at, (1,))  # at every byte, not every eighth
        places = np.flatnonzero(words * _FACTOR < _SMALL)
        found += (places + (at + _WINDOW)).tolist()
    return found


def pieces_of(
    read: Callable[[int, int], bytes], size: int
) -> Iterator[tuple[int, memoryview, bytes]]:
    """Yield the pieces of a file: offset, bytes and digest.

    Args:
        read: returns bytes from an offset on, at most so many; fewer only at the end.
        size: where to stop, if the end does not come first.
    """
    offset = 0
    rest = b""
    at = 0
    while True:
        data = read(at, min(_READ, size - at)) if at < size else b""
        at += len(data)
        last = not data or at >= size
        block = memoryview(rest + data)
        begin = 0
        for end in cut(block, last=last):
            piece = block[begin:end]
            yield offset, piece, cell_digest(piece)
            offset += end - begin
            begin = end
        rest = bytes(block[begin:])
        if last:
            return
