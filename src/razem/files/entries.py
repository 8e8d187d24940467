"""The entries of a manifest, and what becomes of them. No I/O."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from msgspec import Struct

__all__ = ["LINKED", "ROOT", "SPARSE", "UNKNOWN", "Entry", "Kind", "Outcome"]

ROOT: Final = -1  # the number of the destination itself, as a parent


class Kind(IntEnum):
    """What an entry is."""

    FILE = 0
    DIRECTORY = 1
    SYMLINK = 2
    HARD_LINK = 3
    SPECIAL = 4  # a device, a socket, a pipe: told of, and not copied


class Outcome(IntEnum):
    """What became of an entry."""

    DONE = 0  # it is there, whole and verified
    SAME = 1  # it was there, and was left alone
    SKIPPED = 2  # by the choice of who receives, or as a special file
    FAILED = 3


class Entry(Struct, array_like=True):
    """A file, a directory or the like, as the manifest tells of it.

    Attributes:
        kind: a `Kind`; the numbers after those are skipped by who does not know them.
        parent: number of the entry of its directory, or `ROOT`.
        name: one component of a path, in bytes.
        mode: the twelve permission bits.
        mtime: time of its last change, in nanoseconds since 1970.
        size: of a file, in bytes; of a hard link, the number of the entry that is the same file.
        target: of a symbolic link.
        flags: 1: other entries may be hard links to it; 2: it has holes; 4: its size and
            time are not known yet, as of a pipe.
    """

    kind: int
    parent: int
    name: bytes
    mode: int = 0o644
    mtime: int = 0
    size: int = 0
    target: bytes = b""
    flags: int = 0


LINKED: Final = 1
SPARSE: Final = 2
UNKNOWN: Final = 4
