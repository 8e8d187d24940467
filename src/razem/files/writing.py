"""Makes files, directories and links at a destination, as the events of a `Receiver` say.

Nothing has its own name before it is whole, verified and synced: until then it is called
``.NAME.razem-part``. What an interrupted copy has left under such a name is gone on with.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from razem.files.entries import ROOT, SPARSE, Entry, Kind, Outcome
from razem.files.folders import Folders
from razem.files.group import Group
from razem.files.hard_links import HardLinks
from razem.files.looking import is_folding, look
from razem.files.names import FoldedNames, part_name
from razem.files.outcomes import Outcomes
from razem.files.parts import (
    PERMISSIONS,
    Part,
    copy_range,
    create_part,
    digest_of,
    offsets_of,
    open_part,
    pieces_in,
    set_attributes,
    write_all,
    write_sparse,
)
from razem.files.planning import Found, Plan, Step, make_plan
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
from razem.files.syncing import sync_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.files.chunking import Piece
    from razem.files.destination import Destination
    from razem.files.messages import Offer
    from razem.files.receiving import ReceiverEvent
    from razem.files.tally import Progress, Summary, Tally

__all__ = ["Writer"]

_SMALL: Final = 64 * 1024  # bytes; of files up to that nothing is kept and nothing compared
_MADE: Final = {Kind.FILE, Kind.DIRECTORY, Kind.SYMLINK}
_WOULD: Final = {
    Step.MAKE: "would be made",
    Step.UPDATE: "would be updated",
    Step.KEEP: "is the same",
    Step.SKIP: "would be skipped: {}",
    Step.FAIL: "would fail: {}",
}


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
        self._outcomes = Outcomes(core, tally, progress)
        self.tally = tally
        self._core = core
        self._destination = destination
        self._folds = folds
        self._folders = Folders()
        self._links = HardLinks(destination, self._folders, self._outcomes)
        self._group = Group(self._folders, sync=destination.sync)
        self._is_open = False
        self._offer_names = 0
        self._single = b""  # how a single file is to be called
        self._entries = self._outcomes.entries  # that are wanted
        self._parts: dict[int, Part] = {}
        self._fresh: set[int] = set()  # directories that were empty
        self._made: list[tuple[int, int, int]] = []  # directories: number, mode, time
        self._twins: dict[int, FoldedNames] = {}
        self._finished = False

    @property
    def summary(self) -> Summary:
        """How it ended, so far."""
        return self._outcomes.summary

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
        if self._group.is_full:
            self.commit()

    def commit(self) -> None:
        """Sync what was written, give it its names, and settle it."""
        for number, part, error in self._group.commit():
            if error is not None:
                self._fail(number, error)
            else:
                self._outcomes.settle(number, Outcome.DONE)
                self._links.resolve(number, (part.folder, part.name))

    def finish(self) -> None:
        """Give directories their times and modes: nothing changes in them any more."""
        if self._finished:
            return
        self._finished = True
        for number, mode, mtime in reversed(self._made):
            with suppress(OSError):
                descriptor = self._folders.descriptor(number)
                os.utime(descriptor, ns=(mtime, mtime))
                os.fchmod(descriptor, mode & PERMISSIONS)

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
                    self._outcomes.settle(number, Outcome.FAILED, fault)
                    self._links.resolve(number, None)
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
            self._links.add(number, entry)
            return NO
        if entry.kind not in _MADE:
            self._outcomes.settle(number, Outcome.SKIPPED, "it is a special file")
            return NO
        plan, found = self._find(entry)
        if self._destination.dry_run:
            return self._pretend(number, entry, plan)
        if plan.step is Step.SKIP or plan.step is Step.FAIL:
            skip = plan.step is Step.SKIP
            self._outcomes.settle(number, Outcome.SKIPPED if skip else Outcome.FAILED, plan.why)
            self._links.resolve(number, (entry.parent, plan.name) if skip else None)
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
                self._folds = is_folding(self._folders.descriptor(ROOT))
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
        found = look(name, above)
        if found is not None and self._destination.always_compare and found.kind == Kind.FILE:
            found = found._replace(mtime=-1)
        existing = self._destination.existing
        return make_plan(entry, found, existing, lambda other: look(other, above) is None), found

    def _pretend(self, number: int, entry: Entry, plan: Plan) -> int:
        if entry.kind == Kind.DIRECTORY:
            if plan.step is Step.MAKE:
                self._fresh.add(number)
            else:
                self._folders.add(number, entry.parent, plan.name)
        outcome = Outcome.SAME if plan.step is Step.KEEP else Outcome.SKIPPED
        self._outcomes.settle(number, outcome, _WOULD[plan.step].format(plan.why))
        self._links.resolve(number, (entry.parent, plan.name))
        return NO

    def _make_directory(self, number: int, entry: Entry, plan: Plan) -> None:
        if plan.step is Step.MAKE:
            above = self._folders.descriptor(entry.parent)
            os.mkdir(plan.name, (entry.mode & PERMISSIONS) | 0o700, dir_fd=above)
            self._fresh.add(number)
        self._folders.add(number, entry.parent, plan.name)
        self._made.append((number, entry.mode, entry.mtime))
        self._outcomes.settle(number, Outcome.DONE if plan.step is Step.MAKE else Outcome.SAME)

    def _make_symlink(self, number: int, entry: Entry, name: bytes) -> None:
        above = self._folders.descriptor(entry.parent)
        part = part_name(name)
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=above)
        os.symlink(entry.target, part, dir_fd=above)
        os.utime(part, ns=(entry.mtime, entry.mtime), dir_fd=above, follow_symlinks=False)
        os.rename(part, name, src_dir_fd=above, dst_dir_fd=above)
        self._outcomes.settle(number, Outcome.DONE)

    def _keep(self, number: int, entry: Entry, found: Found | None) -> None:
        """Leave a file or link alone, but for its mode."""
        if entry.kind == Kind.FILE and found is not None:
            mode = entry.mode & PERMISSIONS
            if found.mode & PERMISSIONS != mode:
                above = self._folders.descriptor(entry.parent)
                descriptor = os.open(
                    entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=above
                )
                try:
                    os.fchmod(descriptor, mode)
                finally:
                    os.close(descriptor)
            self.tally.bytes_done += entry.size
        self._outcomes.settle(number, Outcome.SAME)
        self._links.resolve(number, (entry.parent, entry.name))

    # -- files -----------------------------------------------------------------------------------

    def _want(self, number: int, entry: Entry, plan: Plan, found: Found | None) -> int:
        """Say what is needed of a file."""
        part = self._parts[number] = Part(entry.parent, plan.name)
        least = 0 if self._destination.always_compare else _SMALL
        if not self._pieces or entry.size <= least or entry.parent in self._fresh:
            return WHOLE
        above = self._folders.descriptor(entry.parent)
        with suppress(OSError):
            part.descriptor = open_part(part.part, above)
        kept: list[Piece] = []
        if part.descriptor >= 0:
            kept = pieces_in(part.descriptor)
            part.kept = [size for size, _ in kept]
        old: list[Piece] = []
        if plan.step is Step.UPDATE and found is not None and found.size > least:
            with suppress(OSError):
                part.old = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=above)
                old = pieces_in(part.old)
                part.old_pieces = offsets_of(old)
        self._core.tell_pieces(number, kept, kept=True)
        self._core.tell_pieces(number, old, kept=False)
        return PIECES if kept or old else WHOLE

    def _make_small(self, number: int, data: memoryview) -> None:
        """Write a whole small file; it gets its name with its group."""
        part = self._parts.pop(number)
        entry = self._entries[number]
        try:
            above = self._folders.descriptor(part.folder)
            descriptor = create_part(part.part, above, entry.mode)
            try:
                if len(data):
                    write_all(descriptor, data)
                set_attributes(descriptor, entry)
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
        self._group.add(number, part, len(data), synced=False)
        self.tally.bytes_done += len(data)

    def _with_part(self, number: int, work: Callable[[Part], None]) -> None:
        part = self._parts[number]
        try:
            if part.descriptor < 0:
                above = self._folders.descriptor(part.folder)
                part.descriptor = create_part(part.part, above, self._entries[number].mode)
            work(part)
        except OSError as error:
            self._core.give_up(number)
            self._parts.pop(number, None)
            part.close()
            self._fail(number, error)

    def _write(self, part: Part, event: Data) -> None:
        if event.offset == part.position:
            self._drop_kept(part)
            part.position += len(event.data)
        part.changed = True
        entry = self._entries[event.number]
        if entry.flags & SPARSE:
            write_sparse(part.descriptor, event.data, event.offset)
        else:
            write_all(part.descriptor, event.data, event.offset)
        self.tally.bytes_done += len(event.data)
        self._outcomes.tell(event.number)

    def _skip(self, part: Part, event: Zeros) -> None:
        part.position = event.offset + event.size
        os.ftruncate(part.descriptor, part.position)
        self.tally.bytes_done += event.size

    def _copy(self, part: Part, event: Copied) -> None:
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
            copy_range(part.old, begin, part.descriptor, event.offset, size)
        else:
            raise OSError(0, "the sender speaks of pieces that are not there")
        part.position = event.offset + size
        self._core.advance(event.number, part.position)
        self.tally.bytes_done += size
        self._outcomes.tell(event.number)

    def _drop_kept(self, part: Part) -> None:
        """Cut off what was kept beyond the place where the new begins."""
        if part.kept and part.position < os.fstat(part.descriptor).st_size:
            os.ftruncate(part.descriptor, part.position)

    def _complete(self, part: Part, event: Whole) -> None:
        entry = self._entries[event.number]
        descriptor = part.descriptor
        os.ftruncate(descriptor, event.size)
        if event.digest is not None and digest_of(descriptor, event.size) != event.digest:
            self._lose(event.number, "its digest is wrong: what was there has changed meanwhile")
            return
        if (
            part.old >= 0
            and not (part.changed or part.kept)
            and (os.fstat(part.old).st_size == event.size)
        ):
            self._leave(part, event.number)
            return
        set_attributes(descriptor, entry)
        if self._destination.sync:
            sync_file(descriptor)
        del self._parts[event.number]
        part.close()
        self._group.add(event.number, part, synced=True)

    def _leave(self, part: Part, number: int) -> None:
        """Leave a file as it is, whose content has turned out to be the same."""
        os.unlink(part.part, dir_fd=self._folders.descriptor(part.folder))
        set_attributes(part.old, self._entries[number])
        del self._parts[number]
        part.close()
        self._outcomes.settle(number, Outcome.SAME)
        self._links.resolve(number, (part.folder, part.name))

    # -- outcomes --------------------------------------------------------------------------------

    def _lose(self, number: int, why: str) -> None:
        part = self._parts.pop(number, None)
        if part is not None:
            part.close()
        self._outcomes.settle(number, Outcome.FAILED, why)
        self._links.resolve(number, None)

    def _fail(self, number: int, error: OSError) -> None:
        self._outcomes.fail(number, error)
        self._links.resolve(number, None)
