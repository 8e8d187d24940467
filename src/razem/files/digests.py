"""The digests that a copy is verified by. No I/O.

A file of up to 1 MiB has the BLAKE3 digest of its bytes. A larger one is cut into cells of 1 MiB
(the last may be shorter), and its digest is the one of the digests of its cells, one after the
other, in a context of its own (BLAKE3's key derivation): so a chunk that is a cell is hashed once,
for itself and for the file, and several cells can be hashed at once.
"""

from __future__ import annotations

from typing import Final

from blake3 import blake3

__all__ = ["CELL", "DIGEST", "Cells", "cell_digest", "digest_of_cells", "zero_digest"]

CELL: Final = 1 << 20  # bytes
DIGEST: Final = 32  # bytes

_CONTEXT: Final = "razem 2026 files: the digests of the cells of a file"


def cell_digest(data: bytes | bytearray | memoryview) -> bytes:
    """Return the digest of one cell, or of any other piece. Lets go of the interpreter's lock."""
    return blake3(data).digest()


def digest_of_cells(digests: bytes | bytearray) -> bytes:
    """Return the digest of a file by those of its cells, joined; of none it is that of no bytes."""
    if len(digests) <= DIGEST:
        return bytes(digests) or blake3(b"").digest()
    return blake3(digests, derive_key_context=_CONTEXT).digest()


def zero_digest(size: int) -> bytes:
    """Return the digest of `size` zeros, up to a cell."""
    if size != CELL:
        return cell_digest(bytes(size))
    if not _zeros:
        _zeros.append(cell_digest(bytes(CELL)))
    return _zeros[0]


_zeros: list[bytes] = []


class Cells:
    """The digest of a file whose bytes come in pieces of any size.

    >>> cells = Cells()
    >>> cells.update(b"hel"), cells.update(b"lo")
    (None, None)
    >>> cells.digest() == cell_digest(b"hello")
    True
    """

    def __init__(self) -> None:
        self._digests = bytearray()
        self._cell = blake3()
        self._filled = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""
        view = memoryview(data)
        while view:
            piece = view[: CELL - self._filled]
            self._cell.update(piece)
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == CELL:
                self._end_cell()

    def digest(self) -> bytes:
        """Return the digest of all that came. Nothing may come afterwards."""
        if self._filled:
            self._end_cell()
        return digest_of_cells(self._digests)

    def _end_cell(self) -> None:
        self._digests += self._cell.digest()
        self._cell = blake3()
        self._filled = 0
