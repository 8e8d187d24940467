"""What a receiver lacks of a file, when it has told which pieces are there; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from razem.files.digests import CELL

if TYPE_CHECKING:
    from razem.files.sending import Known

__all__ = ["Difference", "Sink"]


class Sink(Protocol):
    """Who sends what comes of it."""

    def send_chunk(self, number: int, offset: int, data: bytes) -> None:
        """Send a part of a file that the receiver does not have."""

    def send_copy(self, number: int, offset: int, first: int, count: int, size: int) -> None:
        """Tell the receiver that it has the next pieces."""


class Difference:
    """Turns the pieces of a file into what the receiver has and what it needs.

    Args:
        sink: is told of both, in the order of the file.
        number: of the file.
        known: what the receiver has said of what is there.
    """

    def __init__(self, sink: Sink, number: int, known: Known) -> None:
        self._sink = sink
        self._number = number
        self._kept = known.kept
        self._keeping = 0  # kept pieces that are in place so far; -1: no more of them are
        if not known.kept:
            self._keeping = -1
        shift = len(known.kept)
        self._old = {piece: shift + index for index, piece in enumerate(known.old)}
        self._parts: list[bytes] = []  # to be sent, from `_from` on
        self._from = 0
        self._size = 0
        self._copied: list[int] = []  # place, first, count, bytes of pieces that are there

    def add(self, offset: int, piece: memoryview, digest: bytes) -> None:
        """Take the next piece."""
        key = (len(piece), digest[:16])
        index = self._find(key)
        if index is None:
            self._end_copy()
            if not self._parts:
                self._from = offset
            elif self._size + len(piece) > CELL:
                self._end_parts()
                self._from = offset
            self._parts.append(bytes(piece))
            self._size += len(piece)
            return
        self._end_parts()
        copied = self._copied
        if copied and copied[1] + copied[2] == index:
            copied[2] += 1
            copied[3] += len(piece)
        else:
            self._end_copy()
            self._copied = [offset, index, 1, len(piece)]

    def flush(self) -> None:
        """Send what is left."""
        self._end_parts()
        self._end_copy()

    def _find(self, key: tuple[int, bytes]) -> int | None:
        if self._keeping >= 0:
            index = self._keeping
            if index < len(self._kept) and self._kept[index] == key:
                self._keeping += 1
                return index
            self._keeping = -1
        return self._old.get(key)

    def _end_parts(self) -> None:
        if self._parts:
            self._sink.send_chunk(self._number, self._from, b"".join(self._parts))
            self._parts = []
            self._size = 0

    def _end_copy(self) -> None:
        if self._copied:
            self._sink.send_copy(self._number, *self._copied)
            self._copied = []
