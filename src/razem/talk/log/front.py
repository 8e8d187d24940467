"""What is appended to a SQLite log is made durable by its journal, and stored a little later.

There are two ways, and the first is taken whenever it can be:

- into the journal, and back at once, or after the thread that syncs has done so; to the committer
  only now and then, many at once;
- to the committer, and back when that has stored them or refuses them: while the journal or the
  file of SQLite cannot be written, or when SQLite does not keep up.

Entries come back in order: who wants to go one way waits until nobody is under way on the other.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Final

from razem.talk.log.committing import Work
from razem.talk.log.syncing import Syncer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from razem.talk.changes import Entry
    from razem.talk.history import Filing
    from razem.talk.log.committing import Committer
    from razem.talk.log.journal import Journal
    from razem.talk.log.seam import Receive

__all__ = ["Front"]

_logger: Final = logging.getLogger("razem.log")
_PASS_SECONDS: Final = 0.05  # that entries stand in the journal only
_PASS_ENTRIES: Final = 4000
_MOST_BEHIND: Final = 50_000  # entries that are not in SQLite yet


class Front:
    """The way of entries through the journal to the committer.

    Its methods belong to the thread of one asyncio event loop.

    Args:
        journal: empty.
        committer: not running yet.
        synced: entries come back when the journal is synced.
        last: the place of the last entry in SQLite.
    """

    def __init__(self, journal: Journal, committer: Committer, *, synced: bool, last: int) -> None:
        self._journal: Final = journal
        self._committer: Final = committer
        self._syncer: Final = Syncer(journal) if synced else None
        self._threads: Final[list[threading.Thread]] = []
        self._loop: asyncio.AbstractEventLoop
        self._receive: Receive
        self._back = last  # the place of the last entry that came back, and came to be
        self._passed = self._stored = last  # that was given to the committer; that it has stored
        self._syncing = 0  # entries under way in the thread that syncs
        self._storing = 0  # entries under way in the committer, that did not come back yet
        self._held: list[Sequence[Entry]] = []  # until nobody is on the other way
        self._fresh: list[Entry] = []  # came back, and are not passed on yet
        self._filings: list[Filing] = []  # likewise
        self._timer: asyncio.TimerHandle | None = None
        self._readers: list[tuple[int, asyncio.Future[None]]] = []  # wait for a place to be stored
        self._quiet: asyncio.Future[None] | None = None  # nobody is under way

    def start(self, receive: Receive, filed: Callable[[Sequence[Filing]], None]) -> None:
        """Begin, in the running loop; `filed` takes filings that are stored."""
        loop = self._loop = asyncio.get_running_loop()
        self._receive = receive

        def tell(entries: Sequence[Entry], failed: Collection[int]) -> None:
            loop.call_soon_threadsafe(self._came_from_committer, entries, failed)

        def tell_filed(filings: Sequence[Filing]) -> None:
            loop.call_soon_threadsafe(filed, filings)

        def tell_stored(last: int) -> None:
            loop.call_soon_threadsafe(self._is_stored, last)

        def tell_synced(batches: Sequence[Sequence[Entry]], error: OSError | None) -> None:
            loop.call_soon_threadsafe(self._came_from_syncer, batches, error)

        if self._syncer is not None:
            self._threads.append(
                threading.Thread(target=self._syncer.run, args=(tell_synced,), name="razem-journal")
            )
        self._threads.append(
            threading.Thread(
                target=self._committer.run, args=(tell, tell_filed, tell_stored), name="razem-log"
            )
        )
        for thread in self._threads:
            thread.daemon = True  # a hub that fails must not hang; `close` waits for them
            thread.start()

    # Two ways

    def append(self, entries: Sequence[Entry]) -> None:
        """Have entries of one time, with places in a row, made durable; `receive` has them then."""
        by_journal = self._journal_serves()
        if self._held or (self._storing if by_journal else self._syncing):
            self._held.append(entries)
        elif not by_journal:
            self._store(entries)
        elif self._syncer is not None:
            self._syncing += len(entries)
            self._syncer.put(entries, self._back)
        else:
            try:
                self._journal.write([entries], self._back)
            except OSError as error:
                self._complain(error)
                self._store(entries)
            else:
                self._came(entries)

    def _journal_serves(self) -> bool:
        if self._committer.failing or self._back - self._stored > _MOST_BEHIND:
            return False
        return self._syncer is None or not self._syncer.failed

    def _store(self, entries: Sequence[Entry]) -> None:
        self.pass_on()
        self._storing += len(entries)
        self._passed = entries[-1].seq
        self._committer.works.put(Work(entries))

    def _came(self, entries: Sequence[Entry]) -> None:
        """Entries are in the journal."""
        self._back = entries[-1].seq
        self._fresh += entries
        if len(self._fresh) >= _PASS_ENTRIES:
            self.pass_on()
        else:
            self._pass_on_soon()
        self._receive(entries)

    def _came_from_syncer(self, batches: Sequence[Sequence[Entry]], error: OSError | None) -> None:
        self._syncing -= sum(map(len, batches))
        if error is None:
            self._came([entry for batch in batches for entry in batch])
        else:
            self._complain(error)
            for batch in batches:
                self._store(batch)
        self._go_on()

    def _came_from_committer(self, entries: Sequence[Entry], failed: Collection[int]) -> None:
        self._storing -= len(entries)
        self._back = max((one.seq for one in entries if one.seq not in failed), default=self._back)
        self._receive(entries, failed)
        self._go_on()

    def _go_on(self) -> None:
        """Let those go that waited for the others to be back."""
        if self._anybody_under_way():
            return
        if self._syncer is not None:
            self._syncer.failed = False
        held, self._held = self._held, []
        for entries in held:
            self.append(entries)
        if self._quiet is not None and not self._anybody_under_way() and not self._quiet.done():
            self._quiet.set_result(None)

    def _anybody_under_way(self) -> bool:
        return self._syncing + self._storing > 0

    def _complain(self, error: OSError) -> None:
        if not self._committer.failing:
            _logger.warning("the journal of the log cannot be written: %s", error)

    # Into SQLite

    def file(self, filings: Sequence[Filing]) -> None:
        """Have filings stored, after the entries that came back before."""
        self._filings += filings
        self._pass_on_soon()

    def _pass_on_soon(self) -> None:
        if self._timer is None and self._threads:
            self._timer = self._loop.call_later(_PASS_SECONDS, self.pass_on)

    def pass_on(self) -> None:
        """Give the committer what it has not got yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._fresh or self._filings:
            fresh, self._fresh = self._fresh, []
            filings, self._filings = self._filings, []
            if fresh:
                self._passed = fresh[-1].seq
            self._committer.works.put(Work(fresh, tuple(filings), durable=True))

    async def be_stored(self) -> None:
        """Wait until SQLite has all that came back, unless it cannot be written."""
        self.pass_on()
        if self._threads and self._stored < self._passed and not self._committer.failing:
            future = self._loop.create_future()
            self._readers.append((self._passed, future))
            await future

    def _is_stored(self, last: int) -> None:
        """SQLite has all up to `last` that came back; or it has not, and cannot be written."""
        if not self._committer.failing:
            self._stored = last
            self._in_journal_thread(lambda: self._journal.stored(last))
        readers, self._readers = self._readers, []
        for place, future in readers:
            if place > last:
                self._readers.append((place, future))
            elif not future.done():
                future.set_result(None)

    def erase(self) -> None:
        """Overwrite what stands in the journal now, as soon as SQLite has it."""
        self._in_journal_thread(self._journal.erase)

    def _in_journal_thread(self, call: Callable[[], None]) -> None:
        if self._syncer is not None and self._threads:
            self._syncer.call(call)
        else:
            call()

    async def close(self) -> None:
        """Have everything stored, and end."""
        if self._threads:
            if self._anybody_under_way():
                self._quiet = self._loop.create_future()
                await self._quiet
            self.pass_on()
            if self._syncer is not None:
                self._syncer.stop()
            self._committer.works.put(Work(stop=True))
            for thread in self._threads:
                await asyncio.to_thread(thread.join)
        self._journal.close(keep=self._committer.failing)
