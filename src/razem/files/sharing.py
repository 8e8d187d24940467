"""What is shared: paths that others ask for -> files of ours, and never any other."""

from __future__ import annotations

import os
import stat
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from razem.errors import Error
from razem.files.names import PART, name_fault
from razem.files.walking import Root, roots_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Item", "Shared"]


class Item(NamedTuple):
    """Something in a directory that is shared.

    Attributes:
        name: in bytes.
        is_folder: whether it is a directory.
        size: of a file, in bytes.
        mtime: in nanoseconds since 1970.
    """

    name: bytes
    is_folder: bool
    size: int
    mtime: int


class Shared:
    """Files and directories that are shared. One directory alone is shared as what is in it.

    Links within a directory are not followed: what is outside stays outside.

    Args:
        paths: as a person named them.

    Raises:
        Error: one of them is not there.
    """

    def __init__(self, paths: Sequence[Path | str]) -> None:
        self.roots = roots_of(paths)
        self.top = self.roots[0] if len(self.roots) == 1 and self.roots[0].path.is_dir() else None

    @property
    def title(self) -> str:
        """How it is called."""
        return ", ".join(os.fsdecode(root.name) for root in self.roots[:3])

    @property
    def folder(self) -> Path | None:
        """The first directory, which takes what others put here."""
        return next((root.path for root in self.roots if root.path.is_dir()), None)

    def find(self, path: bytes) -> Path | None:
        """Return where a path leads; None: nowhere, or it is not shared. "" is no single place."""
        parts = [part for part in path.split(b"/") if part]
        if any(name_fault(part) for part in parts):
            return None
        if self.top is not None:
            here = self.top.path
        else:
            root = next((root for root in self.roots if parts and root.name == parts[0]), None)
            if root is None:
                return None
            here = root.path
            parts = parts[1:]
        for part in parts:
            here = here / os.fsdecode(part)
            try:
                mode = here.lstat().st_mode
            except OSError:
                return None
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                return None
        return here

    def choose(self, pattern: bytes) -> list[Root]:
        """Return what to send to who asks for a path, or for all that a pattern matches.

        Raises:
            Error: there is nothing of that name.
        """
        parts = [part for part in pattern.split(b"/") if part]
        if not parts:
            return list(self.roots)
        if not any(letter in pattern for letter in b"*?["):
            found = self.find(pattern)
            names = [Root(found, parts[-1])] if found is not None else []
        else:
            names = list(self._matching(parts))
        if not names:
            shown = pattern.decode("utf-8", "replace")
            raise Error(f"there is no {shown!r} here.", advice="Ask without a path, or list it.")
        roots: dict[bytes, Root] = {}
        for root in names:
            roots.setdefault(root.name, root)
        return list(roots.values())

    def _matching(self, parts: list[bytes]) -> Iterator[Root]:
        found: list[tuple[bytes, bytes]] = [(b"", b"")]
        for depth, part in enumerate(parts):
            inner: list[tuple[bytes, bytes]] = []
            for above, _ in found:
                names = [item.name for item in self.list(above)]
                if not depth and self.top is None:
                    names = [root.name for root in self.roots]
                inner += [
                    (above + b"/" + name, name)
                    for name in names
                    if fnmatchcase(os.fsdecode(name), os.fsdecode(part))
                    and not (name.startswith(b".") and not part.startswith(b"."))
                ]
            found = inner
        for path, name in found:
            place = self.find(path)
            if place is not None:
                yield Root(place, name)

    def list(self, path: bytes) -> list[Item]:
        """Return what is in a directory that is shared, by name; nothing for anything else."""
        here = self.find(path)
        if here is None:
            if path.strip(b"/"):
                return []
            return [_item(root.name, root.path.stat()) for root in self.roots]
        items = []
        try:
            with os.scandir(here) as found:
                for each in found:
                    name = os.fsencode(each.name)
                    if name.endswith(PART) or each.is_symlink():
                        continue
                    if each.is_dir(follow_symlinks=False) or each.is_file(follow_symlinks=False):
                        items.append(_item(name, each.stat(follow_symlinks=False)))
        except OSError:
            return []
        return sorted(items)


def _item(name: bytes, found: os.stat_result) -> Item:
    folder = stat.S_ISDIR(found.st_mode)
    return Item(name, folder, 0 if folder else found.st_size, found.st_mtime_ns)
