"""Makes files, directories and links at a destination, as the events of a `Receiver` say.

Nothing has its own name before it is whole, verified and synced: until then it is called
``.NAME.razem-part``. What an interrupted copy has left under such a name is gone on with.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.files.digests import CELL, Cells
from razem.files.entries import LINKED, ROOT, SPARSE, Entry, Kind, Outcome
from razem.files.folders import Folders
from razem.files.names import FoldedNames, part_name
from razem.files.planning import Existing, Found, Plan, Step, make_plan
from razem.files.receiving import (
    NO,
    PIECES,
    WHOLE,
    Bundled,
    Copied,
    Data,
    Listed,
    Lost,
    Receiver,
    Whole,
    Zeros,
)
from razem.files.syncing import sync_file, sync_system
from razem.files.tally import Ended, Summary, Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.files.chunking import Piece
    from razem.files.messages import Offer
    from razem.files.receiving import ReceiverEvent
    from razem.files.tally import Progress

__all__ = ["Destination", "Writer"]

_SMALL: Final = 64 * 1024  # bytes; of files up to that nothing is kept and nothing compared
_PAGE: Final = 4096
_ZEROS: Final = bytes(_PAGE)
_GROUP_BYTES: Final = 64 * 1024 * 1024  # that are synced together, at the most
_GROUP_FILES: Final = 4096
_FEW: Final = 3  # files, which are synced one by one
_TOLD_SECONDS: Final = 0.1
_PERMISSIONS: Final = 0o777  # what else a mode has (setuid) is not taken from another machine


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to write, and how.

    Attributes:
        path: a directory, which is made where it is missing; or how a single file is to be called.
        existing: what becomes of what is there.
        dry_run: nothing is written; what would be is told as skipped.
        sync: whether a file is on the disk before it is acknowledged.
        always_compare: whether equal size and time are not enough to take a file for the same.
    """

    path: Path | str
    existing: Existing = "update"
    dry_run: bool = False
    sync: bool = True
    always_compare: bool = False


class _Part:
    """A file on its way, under its other name."""

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
        self.changed = False  # whether anything else came of it than the older version as it was
        self.old = -1  # descriptor of the older version
        self.kept: list[int] = []  # lengths of pieces that are in place
        self.old_pieces: list[tuple[int, int]] = []  # offsets and lengths

    def close(self) -> None:
        for descriptor in (self.descriptor, self.old):
            if descriptor >= 0:
                os.close(descriptor)
        self.descriptor = self.old = -1


class _Ready(NamedTuple):
    """A file that is written, and gets its name with the next group."""

    number: int
    part: _Part
    synced: bool


class Writer:
    """Does what the events say, and settles entries; in one thread.

    Args:
        core: the protocol's state.
        destination: where to.
        tally: is kept up to date.
        progress: is called with it.
        folds: whether the destination takes "A" and "a" for the same; None: find out.
        pieces: whether the sender can send only what differs.
    """

    def __init__(  # noqa: PLR0913  each by name
        self,
        core: Receiver,
        destination: Destination,
        tally: Tally,
        progress: Progress | None = None,
        *,
        folds: bool | None = None,
        pieces: bool = True,
    ) -> None:
        self._pieces = pieces
        self.summary = Summary()
        self.tally = tally
        self._core = core
        self._destination = destination
        self._progress = progress
        self._folds = folds
        self._folders = Folders()
        self._is_open = False
        self._offer_names = 0
        self._single = b""  # how a single file is to be called
        self._entries: dict[int, Entry] = {}  # that are wanted
        self._parts: dict[int, _Part] = {}
        self._ready: list[_Ready] = []
        self._ready_bytes = 0
        self._fresh: set[int] = set()  # directories that were empty
        self._made: list[tuple[int, int, int]] = []  # directories: number, mode, time
        self._finals: dict[int, tuple[int, bytes] | None] = {}  # what can be linked to
        self._links: dict[int, list[tuple[int, Entry]]] = {}  # what waits for that
        self._twins: dict[int, FoldedNames] = {}
        self._told_at = 0.0
        self._finished = False

    # -- the whole -------------------------------------------------------------------------------

    def begin(self, offer: Offer) -> None:
        """Take note of what is going to come."""
        self._offer_names = len(offer.names) + offer.more

    def take(self, event: ReceiverEvent) -> None:
        """Do what an event says."""
        if isinstance(event, Bundled):
            for number, data in event.files:
                self._make_small(number, data)
        elif isinstance(event, Data):
            self._with_part(event.number, lambda part: self._write(part, event))
        elif isinstance(event, Listed):
            self._take_list(event)
        elif isinstance(event, Zeros):
            self._with_part(event.number, lambda part: self._skip(part, event))
        elif isinstance(event, Copied):
            self._with_part(event.number, lambda part: self._copy(part, event))
        elif isinstance(event, Whole):
            self._with_part(event.number, lambda part: self._complete(part, event))
        elif isinstance(event, Lost):
            self._lose(event.number, event.why)

    def commit_if_much(self) -> None:
        """Give files their names, if many wait for it."""
        if len(self._ready) >= _GROUP_FILES or self._ready_bytes >= _GROUP_BYTES:
            self.commit()

    def commit(self) -> None:
        """Sync what was written, give it its names, and settle it."""
        ready, self._ready = self._ready, []
        self._ready_bytes = 0
        if not ready:
            return
        if self._destination.sync:
            self._sync(ready)
        named: list[_Ready] = []
        folders: dict[int, None] = {}
        for each in ready:
            part = each.part
            try:
                above = self._folders.descriptor(part.folder)
                os.rename(part.part, part.name, src_dir_fd=above, dst_dir_fd=above)
            except OSError as error:
                self._fail(each.number, error)
                continue
            folders[part.folder] = None
            named.append(each)
        if self._destination.sync:
            for folder in folders:
                with suppress(OSError):
                    sync_file(self._folders.descriptor(folder))
        for each in named:
            self._settle(each.number, Outcome.DONE)
            self._resolve(each.number, (each.part.folder, each.part.name))

    def _sync(self, ready: list[_Ready]) -> None:
        waiting = [each for each in ready if not each.synced]
        if len(waiting) > _FEW and sync_system(self._folders.descriptor(ROOT)):
            return
        for each in waiting:
            with suppress(OSError):  # the renaming tells
                above = self._folders.descriptor(each.part.folder)
                descriptor = os.open(each.part.part, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=above)
                try:
                    sync_file(descriptor)
                finally:
                    os.close(descriptor)

    def finish(self) -> None:
        """Give directories their times and modes: nothing changes in them any more."""
        if self._finished:
            return
        self._finished = True
        for number, mode, mtime in reversed(self._made):
            with suppress(OSError):
                descriptor = self._folders.descriptor(number)
                os.utime(descriptor, ns=(mtime, mtime))
                os.fchmod(descriptor, mode & _PERMISSIONS)

    def close(self) -> None:
        """Give descriptors back. What is not whole stays, to be gone on with."""
        for part in self._parts.values():
            part.close()
        self._parts.clear()
        self._folders.close()

    # -- entries ---------------------------------------------------------------------------------

    def _take_list(self, listed: Listed) -> None:
        answers = bytearray(len(listed.entries))
        self.tally.entries += len(listed.entries)
        for index, entry in enumerate(listed.entries):
            number = listed.first + index
            if entry.kind == Kind.FILE:
                self.tally.size += entry.size
            self._entries[number] = entry
            fault = self._core.check(number, entry)
            try:
                if fault:
                    self._settle(number, Outcome.FAILED, fault)
                    self._resolve(number, None)
                else:
                    answers[index] = self._plan(number, entry)
            except OSError as error:
                self._fail(number, error)
        self._core.answer(bytes(answers))

    def _plan(self, number: int, entry: Entry) -> int:
        """Do at once what can be done, and return what is needed of a file."""
        if not self._is_open:
            self._open(entry)
        if entry.parent == ROOT and self._single:
            entry.name = self._single
        if entry.kind == Kind.HARD_LINK:
            self._link_later(number, entry)
            return NO
        if entry.kind not in _MADE:
            self._settle(number, Outcome.SKIPPED, "it is a special file")
            return NO
        plan, found = self._find(entry)
        if self._destination.dry_run:
            return self._pretend(number, entry, plan)
        if plan.step is Step.SKIP or plan.step is Step.FAIL:
            skip = plan.step is Step.SKIP
            self._settle(number, Outcome.SKIPPED if skip else Outcome.FAILED, plan.why)
            self._resolve(number, (entry.parent, plan.name) if skip else None)
        elif entry.kind == Kind.DIRECTORY:
            self._make_directory(number, entry, plan)
        elif plan.step is Step.KEEP:
            self._keep(number, entry, found)
        elif entry.kind == Kind.SYMLINK:
            self._make_symlink(number, entry, plan.name)
        else:
            return self._want(number, entry, plan, found)
        return NO

    def _open(self, first: Entry) -> None:
        """Open the destination, or make it; what it is shows with the first entry."""
        path = Path(self._destination.path)
        trailing = str(self._destination.path).endswith("/")
        alone = self._offer_names == 1 and first.kind in {Kind.FILE, Kind.SYMLINK}
        if alone and not trailing and not path.is_dir():
            self._single = os.fsencode(path.name)
            path = path.parent
        if not self._destination.dry_run:
            made = not path.exists()
            path.mkdir(parents=True, exist_ok=True)
            if made:
                self._fresh.add(ROOT)
        if path.exists():
            self._folders.add_root(ROOT, os.fsencode(path))
            if self._folds is None and not self._destination.dry_run:
                self._folds = _folds(self._folders.descriptor(ROOT))
        else:
            self._fresh.add(ROOT)
        self._is_open = True

    def _find(self, entry: Entry) -> tuple[Plan, Found | None]:
        """Say what to do with an entry, and what is there."""
        folder, name = entry.parent, entry.name
        if self._folds:
            twins = self._twins.setdefault(folder, FoldedNames())
            other = twins.twin(name)
            if other is not None:
                why = f"the destination takes it for {other.decode('utf-8', 'replace')}"
                return Plan(Step.FAIL, name, why), None
        if folder in self._fresh:
            return Plan(Step.MAKE, name), None
        above = self._folders.descriptor(folder)
        found = _look(name, above)
        if found is not None and self._destination.always_compare and found.kind == Kind.FILE:
            found = found._replace(mtime=-1)
        existing = self._destination.existing
        return make_plan(entry, found, existing, lambda other: _look(other, above) is None), found

    def _pretend(self, number: int, entry: Entry, plan: Plan) -> int:
        if entry.kind == Kind.DIRECTORY:
            if plan.step is Step.MAKE:
                self._fresh.add(number)
            else:
                self._folders.add(number, entry.parent, plan.name)
        outcome = Outcome.SAME if plan.step is Step.KEEP else Outcome.SKIPPED
        self._settle(number, outcome, _WOULD[plan.step].format(plan.why))
        self._resolve(number, (entry.parent, plan.name))
        return NO

    def _make_directory(self, number: int, entry: Entry, plan: Plan) -> None:
        if plan.step is Step.MAKE:
            above = self._folders.descriptor(entry.parent)
            os.mkdir(plan.name, (entry.mode & _PERMISSIONS) | 0o700, dir_fd=above)
            self._fresh.add(number)
        self._folders.add(number, entry.parent, plan.name)
        self._made.append((number, entry.mode, entry.mtime))
        self._settle(number, Outcome.DONE if plan.step is Step.MAKE else Outcome.SAME)

    def _make_symlink(self, number: int, entry: Entry, name: bytes) -> None:
        above = self._folders.descriptor(entry.parent)
        part = part_name(name)
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=above)
        os.symlink(entry.target, part, dir_fd=above)
        os.utime(part, ns=(entry.mtime, entry.mtime), dir_fd=above, follow_symlinks=False)
        os.rename(part, name, src_dir_fd=above, dst_dir_fd=above)
        self._settle(number, Outcome.DONE)

    def _keep(self, number: int, entry: Entry, found: Found | None) -> None:
        """Leave a file or link alone, but for its mode."""
        if entry.kind == Kind.FILE and found is not None:
            mode = entry.mode & _PERMISSIONS
            if found.mode & _PERMISSIONS != mode:
                above = self._folders.descriptor(entry.parent)
                descriptor = os.open(
                    entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=above
                )
                try:
                    os.fchmod(descriptor, mode)
                finally:
                    os.close(descriptor)
            self.tally.bytes_done += entry.size
        self._settle(number, Outcome.SAME)
        self._resolve(number, (entry.parent, entry.name))

    # -- hard links ------------------------------------------------------------------------------

    def _link_later(self, number: int, entry: Entry) -> None:
        if entry.size in self._finals:
            self._link(number, entry, self._finals[entry.size])
        elif entry.size in self._entries:
            self._links.setdefault(entry.size, []).append((number, entry))
        else:
            self._settle(number, Outcome.FAILED, "what it is a link to is not there")

    def _resolve(self, number: int, place: tuple[int, bytes] | None) -> None:
        """Take note of what became of a file, and make the links to it."""
        entry = self._entries.pop(number, None)
        if entry is not None and entry.kind == Kind.FILE and entry.flags & LINKED:
            self._finals[number] = place
        for waiting, link in self._links.pop(number, ()):
            self._link(waiting, link, place)

    def _link(self, number: int, entry: Entry, place: tuple[int, bytes] | None) -> None:
        try:
            if place is None:
                self._settle(number, Outcome.FAILED, "what it is a link to failed")
                return
            if self._destination.dry_run:
                self._settle(number, Outcome.SKIPPED, "would be made")
                return
            self._make_link(number, entry, place)
        except OSError as error:
            self._fail(number, error)

    def _make_link(self, number: int, entry: Entry, place: tuple[int, bytes]) -> None:
        there = self._folders.descriptor(place[0])
        above = self._folders.descriptor(entry.parent)
        with suppress(FileNotFoundError):
            found = os.stat(entry.name, dir_fd=above, follow_symlinks=False)
            if os.path.samestat(found, os.stat(place[1], dir_fd=there, follow_symlinks=False)):
                self._settle(number, Outcome.SAME)
                return
            if self._destination.existing in {"skip", "fail"}:
                skip = self._destination.existing == "skip"
                outcome = Outcome.SKIPPED if skip else Outcome.FAILED
                self._settle(number, outcome, "it is there already")
                return
        part = part_name(entry.name)
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=above)
        os.link(place[1], part, src_dir_fd=there, dst_dir_fd=above, follow_symlinks=False)
        os.rename(part, entry.name, src_dir_fd=above, dst_dir_fd=above)
        self._settle(number, Outcome.DONE)

    # -- files -----------------------------------------------------------------------------------

    def _want(self, number: int, entry: Entry, plan: Plan, found: Found | None) -> int:
        """Say what is needed of a file."""
        part = self._parts[number] = _Part(entry.parent, plan.name)
        least = 0 if self._destination.always_compare else _SMALL
        if not self._pieces or entry.size <= least or entry.parent in self._fresh:
            return WHOLE
        above = self._folders.descriptor(entry.parent)
        with suppress(OSError):
            part.descriptor = _open_part(part.part, above)
        kept: list[Piece] = []
        if part.descriptor >= 0:
            kept = _pieces(part.descriptor)
            part.kept = [size for size, _ in kept]
        old: list[Piece] = []
        if plan.step is Step.UPDATE and found is not None and found.size > least:
            with suppress(OSError):
                part.old = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=above)
                old = _pieces(part.old)
                part.old_pieces = _offsets(old)
        self._core.tell_pieces(number, kept, kept=True)
        self._core.tell_pieces(number, old, kept=False)
        return PIECES if kept or old else WHOLE

    def _make_small(self, number: int, data: memoryview) -> None:
        """Write a whole small file; it gets its name with its group."""
        part = self._parts.pop(number)
        entry = self._entries[number]
        try:
            above = self._folders.descriptor(part.folder)
            descriptor = _create(part.part, above, entry.mode)
            try:
                if len(data):
                    _write_all(descriptor, data)
                self._set_attributes(descriptor, entry)
            except OSError:
                with suppress(OSError):
                    os.unlink(part.part, dir_fd=above)
                raise
            finally:
                os.close(descriptor)
        except OSError as error:
            part.close()
            self._fail(number, error)
            return
        part.close()
        self._ready.append(_Ready(number, part, synced=False))
        self._ready_bytes += len(data)
        self.tally.bytes_done += len(data)

    def _with_part(self, number: int, work: Callable[[_Part], None]) -> None:
        part = self._parts[number]
        try:
            if part.descriptor < 0:
                above = self._folders.descriptor(part.folder)
                part.descriptor = _create(part.part, above, self._entries[number].mode)
            work(part)
        except OSError as error:
            self._core.give_up(number)
            self._parts.pop(number, None)
            part.close()
            self._fail(number, error)

    def _write(self, part: _Part, event: Data) -> None:
        if event.offset == part.position:
            self._drop_kept(part)
            part.position += len(event.data)
        part.changed = True
        entry = self._entries[event.number]
        if entry.flags & SPARSE:
            _write_sparse(part.descriptor, event.data, event.offset)
        else:
            _write_all(part.descriptor, event.data, event.offset)
        self.tally.bytes_done += len(event.data)
        self._tell(event.number)

    def _skip(self, part: _Part, event: Zeros) -> None:
        part.position = event.offset + event.size
        os.ftruncate(part.descriptor, part.position)
        self.tally.bytes_done += event.size

    def _copy(self, part: _Part, event: Copied) -> None:
        """Take pieces that are there: in place already, or from the older version."""
        first, end = event.first, event.first + event.pieces
        kept = len(part.kept)
        if end <= kept:
            size = sum(part.kept[first:end])
            if event.offset != sum(part.kept[:first]):
                raise OSError(0, "the sender says something impossible of what is there")
        elif kept <= first and end <= kept + len(part.old_pieces):
            self._drop_kept(part)
            begin = part.old_pieces[first - kept][0]
            last, length = part.old_pieces[end - kept - 1]
            part.changed = part.changed or begin != event.offset
            size = last + length - begin
            _copy_range(part.old, begin, part.descriptor, event.offset, size)
        else:
            raise OSError(0, "the sender speaks of pieces that are not there")
        part.position = event.offset + size
        self._core.advance(event.number, part.position)
        self.tally.bytes_done += size
        self._tell(event.number)

    def _drop_kept(self, part: _Part) -> None:
        """Cut off what was kept beyond the place where the new begins."""
        if part.kept and part.position < os.fstat(part.descriptor).st_size:
            os.ftruncate(part.descriptor, part.position)

    def _complete(self, part: _Part, event: Whole) -> None:
        entry = self._entries[event.number]
        descriptor = part.descriptor
        os.ftruncate(descriptor, event.size)
        if event.digest is not None and _digest(descriptor, event.size) != event.digest:
            self._lose(event.number, "its digest is wrong: what was there has changed meanwhile")
            return
        if (
            part.old >= 0
            and not (part.changed or part.kept)
            and (os.fstat(part.old).st_size == event.size)
        ):
            self._leave(part, event.number)
            return
        self._set_attributes(descriptor, entry)
        if self._destination.sync:
            sync_file(descriptor)
        del self._parts[event.number]
        part.close()
        self._ready.append(_Ready(event.number, part, synced=True))

    def _leave(self, part: _Part, number: int) -> None:
        """Leave a file as it is, whose content has turned out to be the same."""
        os.unlink(part.part, dir_fd=self._folders.descriptor(part.folder))
        self._set_attributes(part.old, self._entries[number])
        del self._parts[number]
        part.close()
        self._settle(number, Outcome.SAME)
        self._resolve(number, (part.folder, part.name))

    def _set_attributes(self, descriptor: int, entry: Entry) -> None:
        mode = entry.mode & _PERMISSIONS
        if mode & _UMASK or not mode & 0o200:
            os.fchmod(descriptor, mode)
        os.utime(descriptor, ns=(entry.mtime, entry.mtime))

    # -- outcomes --------------------------------------------------------------------------------

    def _lose(self, number: int, why: str) -> None:
        part = self._parts.pop(number, None)
        if part is not None:
            part.close()
        self._settle(number, Outcome.FAILED, why)
        self._resolve(number, None)

    def _fail(self, number: int, error: OSError) -> None:
        self._settle(number, Outcome.FAILED, (error.strerror or str(error)).lower())
        self._resolve(number, None)

    def _settle(self, number: int, outcome: Outcome, why: str = "") -> None:
        entry = self._entries[number]
        is_file = entry.kind == Kind.FILE
        self._core.settle(number, outcome, why)
        self.tally.settled += 1
        self.tally.files_done += is_file and outcome == Outcome.DONE
        if not is_file:
            self._entries.pop(number, None)
        if self._progress is None and outcome <= Outcome.SAME:
            # The commonest case by far: nobody wants to know its path.
            self.summary.count(outcome, is_file=is_file)
            return
        ended = Ended(self._core.path(entry), outcome, why, entry.size if is_file else 0)
        self.summary.note(ended, is_file=is_file)
        if self._progress is not None:
            self.tally.path = ended.path
            self._progress(self.tally, ended)

    def _tell(self, number: int) -> None:
        if self._progress is not None and (now := time.monotonic()) - self._told_at > _TOLD_SECONDS:
            self._told_at = now
            self.tally.path = self._core.path(self._entries[number])
            self._progress(self.tally, None)


_MADE: Final = {Kind.FILE, Kind.DIRECTORY, Kind.SYMLINK}
_WOULD: Final = {
    Step.MAKE: "would be made",
    Step.UPDATE: "would be updated",
    Step.KEEP: "is the same",
    Step.SKIP: "would be skipped: {}",
    Step.FAIL: "would fail: {}",
}


def _find_umask() -> int:
    umask = os.umask(0o077)  # there is no other way to read it
    os.umask(umask)
    return umask


_UMASK: Final = _find_umask()


def _look(name: bytes, above: int) -> Found | None:
    """Return what is there under a name."""
    try:
        found = os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError:
        return None
    mode = found.st_mode
    if stat.S_ISREG(mode):
        return Found(Kind.FILE, found.st_size, found.st_mtime_ns, mode & 0o7777)
    if stat.S_ISDIR(mode):
        return Found(Kind.DIRECTORY, mode=mode & 0o7777)
    if stat.S_ISLNK(mode):
        return Found(Kind.SYMLINK, target=os.readlink(name, dir_fd=above))
    return Found(Kind.SPECIAL)


def _create(part: bytes, above: int, mode: int) -> int:
    """Make a file anew, whatever was there under its other name."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    mode = (mode & _PERMISSIONS) | 0o200
    try:
        return os.open(part, flags, mode, dir_fd=above)
    except FileExistsError:
        os.unlink(part, dir_fd=above)
        return os.open(part, flags, mode, dir_fd=above)


def _open_part(part: bytes, above: int) -> int:
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


def _pieces(descriptor: int) -> list[Piece]:
    from razem.files.chunking import pieces_of  # noqa: PLC0415  numpy is slow to import

    size = os.fstat(descriptor).st_size
    read = pieces_of(lambda offset, count: os.pread(descriptor, count, offset), size)
    return [(len(piece), digest) for _, piece, digest in read]


def _offsets(pieces: list[Piece]) -> list[tuple[int, int]]:
    offsets = []
    at = 0
    for size, _ in pieces:
        offsets.append((at, size))
        at += size
    return offsets


def _write_all(descriptor: int, data: memoryview, offset: int = 0) -> None:
    written = os.pwrite(descriptor, data, offset)
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], offset + written)


def _write_sparse(descriptor: int, data: memoryview, offset: int) -> None:
    """Write all but whole pages of zeros."""
    begin = 0
    for at in range(0, len(data), _PAGE):
        if data[at : at + _PAGE] == _ZEROS:
            if begin < at:
                _write_all(descriptor, data[begin:at], offset + begin)
            begin = at + _PAGE
    if begin < len(data):
        _write_all(descriptor, data[begin:], offset + begin)


def _copy_range(source: int, begin: int, target: int, offset: int, size: int) -> None:
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


def _digest(descriptor: int, size: int) -> bytes:
    cells = Cells()
    for at in range(0, size, CELL):
        cells.update(os.pread(descriptor, CELL, at))
    return cells.digest()


def _folds(above: int) -> bool:
    """Find out whether a directory takes "A" and "a" for the same."""
    try:
        os.mkdir(b".razem-Case", 0o700, dir_fd=above)
    except OSError:
        return False
    try:
        return _look(b".razem-cASE", above) is not None
    finally:
        os.rmdir(b".razem-Case", dir_fd=above)
