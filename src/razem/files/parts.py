"""Files on their way, under their other name: made, gone on with, filled, compared."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from razem.files.digests import CELL, Cells
from razem.files.names import part_name

if TYPE_CHECKING:
    from razem.files.chunking import Piece
    from razem.files.entries import Entry

__all__ = [
    "PERMISSIONS",
    "Part",
    "copy_range",
    "create_part",
    "digest_of",
    "offsets_of",
    "open_part",
    "pieces_in",
    "set_attributes",
    "write_all",
    "write_sparse",
]

PERMISSIONS: Final = 0o777  # what else a mode has (setuid) is not taken from another machine
_PAGE: Final = 4096
_ZEROS: Final = bytes(_PAGE)


class Part:
    """A file on its way, under its other name.

    Attributes:
        folder: number of the directory that it is in.
        name, part: its own name, and the other one.
        descriptor: of what is written; -1: not yet.
        position: up to where it is there.
        changed: whether anything else came of it than the older version as it was.
        old: descriptor of the older version; -1: none.
        kept: lengths of the pieces that an interrupted copy has left.
        old_pieces: offsets and lengths in the older version.
    """

    __slots__ = (
        "changed",
        "descriptor",
        "folder",
        "kept",
        "name",
        "old",
        "old_pieces",
        "part",
        "position",
    )

    def __init__(self, folder: int, name: bytes) -> None:
        self.folder = folder
        self.name = name
        self.part = part_name(name)
        self.descriptor = -1
        self.position = 0
        self.changed = False
        self.old = -1
        self.kept: list[int] = []
        self.old_pieces: list[tuple[int, int]] = []

    def close(self) -> None:
        """Give its descriptors back."""
        for descriptor in (self.descriptor, self.old):
            if descriptor >= 0:
                os.close(descriptor)
        self.descriptor = self.old = -1


def create_part(part: bytes, above: int, mode: int) -> int:
    """Make a file anew, whatever was there under its other name."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    mode = (mode & PERMISSIONS) | 0o200
    try:
        return os.open(part, flags, mode, dir_fd=above)
    except FileExistsError:
        os.unlink(part, dir_fd=above)
        return os.open(part, flags, mode, dir_fd=above)


def open_part(part: bytes, above: int) -> int:
    """Open what an interrupted copy has left.

    Raises:
        OSError: there is none, or it is something that is not ours.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(part, flags, dir_fd=above)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or not found.st_size:
        os.close(descriptor)
        raise OSError(0, "nothing to go on with")
    return descriptor


def set_attributes(descriptor: int, entry: Entry) -> None:
    """Give a file its mode and its time, whatever it had: it may be older than this copy."""
    mode = entry.mode & PERMISSIONS
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
        os.fchmod(descriptor, mode)
    os.utime(descriptor, ns=(entry.mtime, entry.mtime))


def pieces_in(descriptor: int) -> list[Piece]:
    """Return the lengths and digests of the pieces that a file falls into by its content."""
    from razem.files.chunking import pieces_of  # noqa: PLC0415  numpy is slow to import

    size = os.fstat(descriptor).st_size
    read = pieces_of(lambda offset, count: os.pread(descriptor, count, offset), size)
    return [(len(piece), digest) for _, piece, digest in read]


def offsets_of(pieces: list[Piece]) -> list[tuple[int, int]]:
    """Return the offsets and lengths of pieces that follow one another."""
    offsets = []
    at = 0
    for size, _ in pieces:
        offsets.append((at, size))
        at += size
    return offsets


def write_all(descriptor: int, data: memoryview, offset: int = 0) -> None:
    """Write all of `data` at a place."""
    written = os.pwrite(descriptor, data, offset)
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], offset + written)


def write_sparse(descriptor: int, data: memoryview, offset: int) -> None:
    """Write all but whole pages of zeros."""
    begin = 0
    for at in range(0, len(data), _PAGE):
        if data[at : at + _PAGE] == _ZEROS:
            if begin < at:
                write_all(descriptor, data[begin:at], offset + begin)
            begin = at + _PAGE
    if begin < len(data):
        write_all(descriptor, data[begin:], offset + begin)


def copy_range(source: int, begin: int, target: int, offset: int, size: int) -> None:
    """Copy within this machine; where the file system can, without writing (reflink)."""
    done = 0
    while done < size:
        try:
            count = os.copy_file_range(source, target, size - done, begin + done, offset + done)
        except OSError:
            data = os.pread(source, min(size - done, CELL), begin + done)
            count = os.pwrite(target, data, offset + done)
        if not count:
            raise OSError(0, "the older version has become shorter meanwhile")
        done += count


def digest_of(descriptor: int, size: int) -> bytes:
    """Return the digest of the beginning of a file (`razem.files.digests`)."""
    cells = Cells()
    for at in range(0, size, CELL):
        cells.update(os.pread(descriptor, CELL, at))
    return cells.digest()
