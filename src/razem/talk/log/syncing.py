"""The thread that writes and syncs the journal of a SQLite log: all that waited, at once."""

from __future__ import annotations

import contextlib
import queue
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Entry
    from razem.talk.log.journal import Journal

__all__ = ["Syncer"]


class _Work(NamedTuple):
    entries: Sequence[Entry] = ()
    after: int = 0
    call: Callable[[], None] | None = None
    stop: bool = False


class Syncer:
    """Syncs for others, in a thread of its own.

    Attributes:
        failed: it could not, and refuses everything, so that nothing overtakes what was refused;
            whoever has taken that back sets this to False.
    """

    def __init__(self, journal: Journal) -> None:
        self.failed = False
        self._works: Final[queue.SimpleQueue[_Work]] = queue.SimpleQueue()
        self._journal: Final = journal

    def put(self, entries: Sequence[Entry], after: int) -> None:
        """Have entries written and synced; `after`: the last one that came back before."""
        self._works.put(_Work(entries, after))

    def call(self, call: Callable[[], None]) -> None:
        """Have something done with the journal, in its turn."""
        self._works.put(_Work(call=call))

    def stop(self) -> None:
        """End after what was put."""
        self._works.put(_Work(stop=True))

    def run(self, tell: Callable[[Sequence[Sequence[Entry]], OSError | None], None]) -> None:
        """Work until told to stop, or until `tell` raises RuntimeError: nobody listens.

        `tell` takes what is durable, or else the error.
        """
        stop = False
        with contextlib.suppress(RuntimeError):
            while not stop:
                works = self._all_that_waits()
                batches = [work.entries for work in works if work.entries]
                if batches:
                    # What was put after an entry that is not back yet follows that one.
                    after = next(work.after for work in works if work.entries)
                    tell(batches, self._sync(batches, after))
                for work in works:
                    if work.call is not None:
                        work.call()
                    stop = stop or work.stop

    def _all_that_waits(self) -> list[_Work]:
        works = [self._works.get()]
        with contextlib.suppress(queue.Empty):
            while True:
                works.append(self._works.get_nowait())
        return works

    def _sync(self, batches: Sequence[Sequence[Entry]], after: int) -> OSError | None:
        if self.failed:
            return OSError("what came before could not be written")
        journal = self._journal
        try:
            journal.write(batches, max(after, journal.last))
            journal.sync()
        except OSError as error:
            self.failed = True
            journal.take_back(batches[0][0].seq)
            return error
        return None
