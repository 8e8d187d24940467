"""The directories of a tree, by their numbers: opened one below the other, never through a link."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import Final, Self

__all__ = ["Folders"]

_OPEN: Final = 64  # descriptors that are kept
_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folders:
    """Descriptors of directories, so that names are looked up in them and nowhere else.

    A directory that somebody replaces by a link meanwhile is not followed: opening it fails.
    """

    def __init__(self) -> None:
        self._places: dict[int, tuple[int, bytes]] = {}
        self._roots: dict[int, int] = {}
        self._open: OrderedDict[int, int] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_root(self, number: int, path: bytes) -> None:
        """Begin at a directory; links in its own path are followed, as everywhere.

        Raises:
            OSError: it cannot be opened.
        """
        self._roots[number] = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def add(self, number: int, parent: int, name: bytes) -> None:
        """Tell where a directory is: below another one that is known."""
        self._places[number] = (parent, name)

    def descriptor(self, number: int) -> int:
        """Return a descriptor of a directory, open until many others were asked for.

        Raises:
            OSError: it is not there, or a link now.
        """
        if number in self._roots:
            return self._roots[number]
        if number in self._open:
            self._open.move_to_end(number)
            return self._open[number]
        missing = [number]
        parent, _ = self._places[number]
        while parent not in self._roots and parent not in self._open:
            missing.append(parent)
            parent, _ = self._places[parent]
        above = self._roots[parent] if parent in self._roots else self._open[parent]
        for each in reversed(missing):
            above = os.open(self._places[each][1], _FLAGS, dir_fd=above)
            self._open[each] = above
        while len(self._open) > max(_OPEN, len(missing)):
            _, descriptor = self._open.popitem(last=False)
            os.close(descriptor)
        return above

    def close(self) -> None:
        """Give all descriptors back."""
        for descriptor in (*self._open.values(), *self._roots.values()):
            os.close(descriptor)
        self._open.clear()
        self._roots.clear()
