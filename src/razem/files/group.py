"""Files that are written, and get their names together: one sync for many of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.files.entries import ROOT
from razem.files.syncing import sync_file, sync_system

if TYPE_CHECKING:
    from collections.abc import Iterable

    from razem.files.folders import Folders
    from razem.files.parts import Part

__all__ = ["Group", "Named"]

_BYTES: Final = 64 * 1024 * 1024  # at the most
_FILES: Final = 4096
_FEW: Final = 3  # files, which are synced one by one


class _Ready(NamedTuple):
    number: int
    part: Part
    synced: bool


class Named(NamedTuple):
    """What became of one of them: it has its name, unless there is an error."""

    number: int
    part: Part
    error: OSError | None


class Group:
    """The files that wait for their names.

    Args:
        folders: the directories.
        sync: whether they are on the disk before they have their names.
    """

    def __init__(self, folders: Folders, *, sync: bool) -> None:
        self._folders = folders
        self._sync = sync
        self._ready: list[_Ready] = []
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to give them their names."""
        return len(self._ready) >= _FILES or self._bytes >= _BYTES

    def add(self, number: int, part: Part, size: int = 0, *, synced: bool) -> None:
        """Add one that is written; `size`: bytes that are not synced yet."""
        self._ready.append(_Ready(number, part, synced))
        self._bytes += size

    def commit(self) -> list[Named]:
        """Sync them, give them their names, and sync those.

        One that cannot be synced gets no name; where a directory cannot be, what was named in it
        has failed: nobody knows whether it will be there.
        """
        ready, self._ready, self._bytes = self._ready, [], 0
        unsynced = self._sync_files(ready) if self._sync and ready else {}
        done = []
        for number, part, _ in ready:
            error = unsynced.get(number) or self._rename(part)
            done.append(Named(number, part, error))
        if not self._sync:
            return done
        lost = self._sync_folders({each.part.folder for each in done if each.error is None})
        return [each._replace(error=each.error or lost.get(each.part.folder)) for each in done]

    def _rename(self, part: Part) -> OSError | None:
        try:
            above = self._folders.descriptor(part.folder)
            os.rename(part.part, part.name, src_dir_fd=above, dst_dir_fd=above)
        except OSError as error:
            return error
        return None

    def _sync_files(self, ready: list[_Ready]) -> dict[int, OSError]:
        """Return why those by their numbers are not on the disk."""
        waiting = [each for each in ready if not each.synced]
        if len(waiting) > _FEW and sync_system(self._folders.descriptor(ROOT)):
            return {}
        failed = {}
        for number, part, _ in waiting:
            try:
                above = self._folders.descriptor(part.folder)
                descriptor = os.open(part.part, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=above)
                try:
                    sync_file(descriptor)
                finally:
                    os.close(descriptor)
            except OSError as error:
                failed[number] = error
        return failed

    def _sync_folders(self, folders: Iterable[int]) -> dict[int, OSError]:
        """Return why the names in those directories are not on the disk."""
        failed = {}
        for folder in folders:
            try:
                sync_file(self._folders.descriptor(folder))
            except OSError as error:
                failed[folder] = error
        return failed
