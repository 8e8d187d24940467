"""The files of the sending end: which there are, as entries of a manifest, and opening them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from razem.errors import Error
from razem.files.entries import LINKED, ROOT, SPARSE, Entry, Kind
from razem.files.folders import Folders
from razem.files.names import PART

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Root", "Source", "Tree", "open_regular", "roots_of"]

_BLOCK: Final = 512  # stat(2): st_blocks counts these


class Root(NamedTuple):
    """Something to be sent: where it is, and the name it gets."""

    path: Path
    name: bytes


def roots_of(paths: Sequence[Path | str]) -> list[Root]:
    """Return what to send for paths that a person named; a link among them is followed.

    Raises:
        Error: one is not there, or two would have the same name.
    """
    roots: list[Root] = []
    for each in paths:
        path = Path(each)
        if not path.exists():
            raise Error(f"there is no {path}.", advice="Check the name.")
        name = os.fsencode(path.name if path.name not in {"", ".."} else path.resolve().name)
        if name in {root.name for root in roots}:
            raise Error(
                f"two of them are called {os.fsdecode(name)}.",
                advice="Send them one after the other.",
            )
        roots.append(Root(path.resolve() if path.is_symlink() else path, name or b"root"))
    return roots


class Source(Protocol):
    """What is to be sent: its entries, and opening the files among them.

    Attributes:
        notes: what could not be listed: paths, and why.
        size: bytes in the files that were listed so far.
    """

    notes: list[tuple[bytes, str]]
    size: int

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, numbered as they come; each follows its directory."""

    def open(self, number: int, entry: Entry) -> int:
        """Open a file for reading, and return its descriptor.

        Raises:
            OSError: it cannot be.
        """


class Tree:
    """Walks through what is to be sent, and opens the files of it.

    Entries come in an order in which each follows its directory. They are numbered as they come.

    Args:
        roots: what to send.

    Attributes:
        notes: what could not be listed: paths, and why.
    """

    def __init__(self, roots: Sequence[Root]) -> None:
        self.notes: list[tuple[bytes, str]] = []
        self.size = 0
        self._roots = roots
        self._folders = Folders()
        self._count = 0
        self._links: dict[tuple[int, int], int] = {}
        self._tops: dict[int, int] = {}  # numbers of entries at the top: numbers of folders
        self._names: dict[int, bytes] = {}  # of those: how they are called here

    def close(self) -> None:
        """Give descriptors back."""
        self._folders.close()

    def entries(self) -> Iterator[Entry]:
        """Yield all entries."""
        for index, root in enumerate(self._roots):
            above = -2 - index
            here = root.path.absolute()
            name = os.fsencode(here.name)
            try:
                self._folders.add_root(above, os.fsencode(here.parent))
                found = os.stat(
                    name or b".", dir_fd=self._folders.descriptor(above), follow_symlinks=False
                )
            except OSError as error:
                self.notes.append((root.name, _why(error)))
                continue
            number = self._count
            self._tops[number] = above
            self._names[number] = name or b"."
            entry = self._entry(ROOT, root.name, found, above, name)
            yield entry
            if entry.kind == Kind.DIRECTORY:
                self._folders.add(number, above, name or b".")
                yield from self._below(number, root.name)

    def _below(self, number: int, path: bytes) -> Iterator[Entry]:
        """Yield what is in a directory, and in those below: without recursion, however deep."""
        waiting = [(number, path)]
        while waiting:
            number, path = waiting.pop()
            try:
                descriptor = self._folders.descriptor(number)
                with os.scandir(descriptor) as found:
                    names = sorted(found, key=_name)
                    stats = [(os.fsencode(each.name), _stat(each)) for each in names]
            except OSError as error:
                self.notes.append((path, _why(error)))
                continue
            below = []
            for name, status in stats:
                if status is None or (name.endswith(PART) and name.startswith(b".")):
                    continue
                entry = self._entry(number, name, status, number, name)
                if entry.kind == Kind.DIRECTORY:
                    self._folders.add(self._count - 1, number, name)
                    below.append((self._count - 1, path + b"/" + name))
                yield entry
            waiting += reversed(below)

    def _entry(
        self, parent: int, name: bytes, found: os.stat_result, folder: int, here: bytes
    ) -> Entry:
        number = self._count
        self._count += 1
        mode = found.st_mode
        permissions = mode & 0o7777
        if stat.S_ISREG(mode):
            flags = 0
            if found.st_nlink > 1:
                key = (found.st_dev, found.st_ino)
                first = self._links.setdefault(key, number)
                if first != number:
                    return Entry(Kind.HARD_LINK, parent, name, size=first)
                flags = LINKED
            if found.st_blocks * _BLOCK < found.st_size:
                flags |= SPARSE
            self.size += found.st_size
            return Entry(
                Kind.FILE, parent, name, permissions, found.st_mtime_ns, found.st_size, b"", flags
            )
        if stat.S_ISDIR(mode):
            return Entry(Kind.DIRECTORY, parent, name, permissions, found.st_mtime_ns)
        if stat.S_ISLNK(mode):
            try:
                target = os.readlink(here, dir_fd=self._folders.descriptor(folder))
            except OSError:
                return Entry(Kind.SPECIAL, parent, name)
            return Entry(Kind.SYMLINK, parent, name, permissions, found.st_mtime_ns, 0, target)
        return Entry(Kind.SPECIAL, parent, name)

    def open(self, number: int, entry: Entry) -> int:
        """Open a file for reading, and return its descriptor.

        Raises:
            OSError: it cannot be, or it is no file any more.
        """
        if entry.parent == ROOT:
            folder, name = self._tops[number], self._names[number]
        else:
            folder, name = entry.parent, entry.name
        return open_regular(name, self._folders.descriptor(folder))


def open_regular(name: bytes, folder: int) -> int:
    """Open a file in a directory for reading: no link, and nothing that could make us wait.

    Raises:
        OSError: it cannot be opened.
    """
    return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)


def _name(each: os.DirEntry[str]) -> str:
    return each.name


def _stat(each: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return each.stat(follow_symlinks=False)
    except OSError:  # it has vanished since
        return None


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
