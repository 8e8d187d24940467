"""Hard links at a destination: made when what they are links to is there."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from razem.files.entries import LINKED, Entry, Kind, Outcome
from razem.files.names import part_name

if TYPE_CHECKING:
    from razem.files.destination import Destination
    from razem.files.folders import Folders
    from razem.files.outcomes import Outcomes

__all__ = ["HardLinks", "Place"]

Place: TypeAlias = tuple[int, bytes]  # number of a directory, and a name in it


class HardLinks:
    """Links that wait for their file, and the files that can be linked to.

    Args:
        destination: what becomes of what is there.
        folders: the directories.
        outcomes: where links are settled.
    """

    def __init__(self, destination: Destination, folders: Folders, outcomes: Outcomes) -> None:
        self._destination = destination
        self._folders = folders
        self._outcomes = outcomes
        self._places: dict[int, Place | None] = {}  # of files; None: it failed
        self._waiting: dict[int, list[tuple[int, Entry]]] = {}

    def add(self, number: int, entry: Entry) -> None:
        """Make a link, now or later; its `size` is the number of the file."""
        if entry.size in self._places:
            self._link(number, entry, self._places[entry.size])
        elif entry.size in self._outcomes.entries:
            self._waiting.setdefault(entry.size, []).append((number, entry))
        else:
            why = "what it is a link to is not there"
            self._outcomes.settle(number, Outcome.FAILED, why)

    def resolve(self, number: int, place: Place | None) -> None:
        """Take note of what became of a file, and make the links to it."""
        entry = self._outcomes.entries.pop(number, None)
        if entry is not None and entry.kind == Kind.FILE and entry.flags & LINKED:
            self._places[number] = place
        for waiting, link in self._waiting.pop(number, ()):
            self._link(waiting, link, place)

    def _link(self, number: int, entry: Entry, place: Place | None) -> None:
        try:
            if place is None:
                outcome, why = Outcome.FAILED, "what it is a link to failed"
            elif self._destination.dry_run:
                outcome, why = Outcome.SKIPPED, "would be made"
            else:
                outcome, why = self._make(entry, place)
        except OSError as error:
            self._outcomes.fail(number, error)
        else:
            self._outcomes.settle(number, outcome, why)

    def _make(self, entry: Entry, place: Place) -> tuple[Outcome, str]:
        there = self._folders.descriptor(place[0])
        above = self._folders.descriptor(entry.parent)
        with suppress(FileNotFoundError):
            found = os.stat(entry.name, dir_fd=above, follow_symlinks=False)
            if os.path.samestat(found, os.stat(place[1], dir_fd=there, follow_symlinks=False)):
                return Outcome.SAME, ""
            if self._destination.existing in {"skip", "fail"}:
                skip = self._destination.existing == "skip"
                return (Outcome.SKIPPED if skip else Outcome.FAILED), "it is there already"
        part = part_name(entry.name)
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=above)
        os.link(place[1], part, src_dir_fd=there, dst_dir_fd=above, follow_symlinks=False)
        os.rename(part, entry.name, src_dir_fd=above, dst_dir_fd=above)
        return Outcome.DONE, ""
