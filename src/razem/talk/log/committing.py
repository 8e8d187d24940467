"""The thread of a SQLite log that commits; what it has time for, it does in between.

All that arrived while the last commit ran goes into one transaction. When nothing arrives, or
once in a while, the rest is done in small steps: lines are indexed, what is not to be kept is
removed, traces of what was redacted too. These steps need not be synced: what they did and how
far they came is in one transaction, and done again if it is lost.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.changes import (
    DropChannel,
    RegisterChannel,
    RenameChannel,
    SetAccess,
    SetModes,
    SetTopic,
    Speak,
    TransferChannel,
    encode_change,
)
from razem.talk.log.filing import Cabinet
from razem.talk.log.retention import Retention
from razem.talk.log.schema import SYNCHRONOUS, get_meta, set_meta
from razem.talk.log.seam import provisional_target
from razem.talk.log.word_index import WordIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from razem.talk.changes import Entry
    from razem.talk.history import Filing
    from razem.talk.settings import Durability, History

__all__ = ["Committer", "Work", "insert"]

_logger: Final = logging.getLogger("razem.log")
_ROWS_A_STATEMENT: Final = (64, 16, 4, 1)
# What is refused while the disk cannot be written. The rest is who is here: that goes on, and
# its rows are stored with the next commit that succeeds.
_MUST_BE_STORED: Final = (
    Speak,
    SetTopic,
    SetModes,
    RenameChannel,
    RegisterChannel,
    DropChannel,
    TransferChannel,
    SetAccess,
)
_STEP_SECONDS: Final = 0.05  # between steps while lines keep coming
_LINES_A_STEP: Final = 100
_LINES_A_CATCH_UP: Final = 500  # between two looks at what arrived
_RETRY_SECONDS: Final = 1.0  # until what could not be stored is tried again by itself
_REST_SECONDS: Final = 10.0  # after a step that failed
_LAST_SECONDS: Final = 3.0  # for what is still to be done when the log is closed
_ROUND_SECONDS: Final = 3600.0  # between two rounds of removing what is not to be kept


class Work(NamedTuple):
    """What is to be done by the thread.

    Attributes:
        entries: to be stored, and handed back.
        durable: the entries were handed back already, for they stand in the journal.
        filings: to be stored.
        checkpoint: to be stored.
        indexed: to be called when everything stored before this can be found by a search.
        tidied: to be called when nothing is left to be done in between.
        stop: this is the last.
    """

    entries: Sequence[Entry] = ()
    filings: Sequence[Filing] = ()
    checkpoint: tuple[int, bytes] | None = None
    indexed: Callable[[], None] | None = None
    tidied: Callable[[], None] | None = None
    stop: bool = False
    durable: bool = False


class Committer:
    """The one that writes.

    Args:
        writer: its connection.
        durability: of commits.
        keep: what is kept of the history.
        clock: returns milliseconds since 1970.
        last: the place of the last entry that is stored.
    """

    def __init__(
        self,
        writer: sqlite3.Connection,
        durability: Durability,
        keep: History,
        clock: Callable[[], int],
        last: int,
    ) -> None:
        self.works: Final[queue.SimpleQueue[Work]] = queue.SimpleQueue()
        self.failing = False  # the file cannot be written; read in the thread of the loop, too
        self._writer: Final = writer
        self._synchronous: Final = SYNCHRONOUS[durability]
        self._index: Final = WordIndex(writer)
        self._cabinet: Final = Cabinet(writer, self._index)
        self._retention: Final = Retention(writer, self._index, keep, clock)
        self._last = last
        self._checkpointed: int = get_meta(writer, "checkpoint_seq") or 0
        self._offered = last  # the place of the last entry that was to be stored
        self._unsaved: list[Entry] = []
        self._retry_at = 0.0
        self._unfiled: list[Filing] = []
        self._unkept: tuple[int, bytes] | None = None  # a checkpoint to be stored
        # Each with the place up to which it wants to have it done.
        self._waiting: list[tuple[int, Callable[[], None]]] = []  # for the index
        self._waiting_long: list[tuple[int, Callable[[], None]]] = []  # for everything
        self._truncate = False  # the write-ahead log, in which may be what was redacted
        self._round: Iterator[None] | None = None
        self._round_is_next = False
        self._next_round = 0.0
        self._next_step = 0.0
        self._rest_until = 0.0

    def run(
        self,
        tell: Callable[[Sequence[Entry], Collection[int]], None],
        filed: Callable[[Sequence[Filing]], None],
        stored: Callable[[int], None],
    ) -> None:
        """Work until told to stop, or until `tell` raises RuntimeError: nobody listens.

        Args:
            tell: takes entries that are stored, and the places of those that could not be.
            filed: takes filings that are stored.
            stored: takes the place of the last entry that was to be stored, whether it could be
                (`failing` says so) or not.
        """
        stop = False
        while not stop or (self._unfiled and not self.failing):
            works = self._all_that_waits()
            self._take_on(works)
            durable = [entry for work in works if work.durable for entry in work.entries]
            entries = [entry for work in works if not work.durable for entry in work.entries]
            stop = stop or any(work.stop for work in works)
            filing = tuple(self._unfiled)
            try:
                if any((entries, durable, filing, self._unkept, stop, self._retry_is_due)):
                    # The durable ones come first: no other is given to us before they are back.
                    failed = self._store(durable, entries)
                    if entries:
                        tell(entries, failed)
                    stored(self._offered)
                    done = filing[: len(filing) - len(self._unfiled)]
                    if done:
                        filed(done)
                if stop:
                    self._purge_at_the_end()
                    _answer(self._waiting)
                    _answer(self._waiting_long)
                elif self.works.empty() or self._waiting:
                    self._use_the_time()
            except RuntimeError:
                return

    def _take_on(self, works: Sequence[Work]) -> None:
        place = self._last
        for work in works:
            place = work.entries[-1].seq if work.entries else place
            self._unfiled += work.filings
            self._unkept = work.checkpoint or self._unkept
            if work.indexed is not None:
                self._waiting.append((place, work.indexed))
            if work.tidied is not None:
                self._waiting_long.append((place, work.tidied))
                self._round, self._next_round = None, 0.0

    def _all_that_waits(self) -> list[Work]:
        works = []
        with contextlib.suppress(queue.Empty):
            works.append(self.works.get(timeout=self._patience()))
            while True:
                works.append(self.works.get_nowait())
        return works

    # Commits

    def _store(self, durable: Sequence[Entry], entries: Sequence[Entry]) -> frozenset[int]:
        """Commit one transaction; return the places of the entries that are not stored.

        Those of `durable` stay to be stored when they cannot be.
        """
        writer, checkpoint = self._writer, self._unkept
        everything = [*self._unsaved, *durable, *entries]
        if everything:
            self._offered = everything[-1].seq
        redacting = any(filing.redacts for filing in self._unfiled)
        try:
            with _secure_delete(writer) if redacting else contextlib.nullcontext():
                writer.execute("BEGIN IMMEDIATE")
                insert(writer, everything)
                done = 0
                for filing in self._unfiled:  # one after the other: they build on each other
                    if not self._cabinet.file(filing):
                        break
                    done += 1
                if done < len(self._unfiled):
                    checkpoint = None  # nobody would go on with the rest after it
                if checkpoint is not None:
                    _keep(writer, *checkpoint)
                writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            self._unsaved += durable
            return self._not_stored(entries, error)
        if self.failing:
            _logger.warning("the log can be written again")
        self.failing = False
        self._unsaved.clear()
        del self._unfiled[:done]
        if everything:
            self._last = everything[-1].seq
        if checkpoint is not None:
            self._checkpointed, self._unkept = checkpoint[0], None
        return frozenset()

    def _not_stored(self, entries: Sequence[Entry], error: sqlite3.Error) -> frozenset[int]:
        if not self.failing:
            _logger.error("the log cannot be written: %s; lines are refused", error)
        self.failing = True
        self._retry_at = time.monotonic() + _RETRY_SECONDS
        refused = {entry.seq for entry in entries if isinstance(entry.change, _MUST_BE_STORED)}
        self._unsaved += [entry for entry in entries if entry.seq not in refused]
        return frozenset(refused)

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            self._index.forget()

    # What there is time for in between

    def _patience(self) -> float | None:
        """How long to wait for work before a step; None: there is none to be made."""
        if self._unfiled and not self.failing:
            return 0.0
        now = time.monotonic()
        if self._unsaved:
            return max(0.0, self._retry_at - now)
        if self._waiting or (self._waiting_long and not self._truncate):
            return max(0.0, self._rest_until - now)
        if self._has_steps:
            return max(0.0, self._next_step - now)
        return max(0.0, self._next_round - now) if self._retention.any else None

    @property
    def _retry_is_due(self) -> bool:
        return bool(self._unsaved) and time.monotonic() >= self._retry_at

    @property
    def _somebody_waits(self) -> bool:
        return bool(self._waiting or self._waiting_long)

    @property
    def _has_steps(self) -> bool:
        index = self._index
        behind = index.indexed < self._last or index.purge or self._truncate
        return behind or self._round is not None

    def _use_the_time(self) -> None:
        """Make a step, if it is time for one."""
        now = time.monotonic()
        if now < (self._rest_until if self._somebody_waits else self._next_step):
            return
        if self._round is None and self._retention.any and now >= self._next_round:
            self._round = self._retention.steps(self._checkpointed)
            self._next_round = now + _ROUND_SECONDS
        self._next_step = now + _STEP_SECONDS
        try:
            if self._has_steps:
                self._step()
        except sqlite3.Error as error:
            self._give_up_the_step(error, now)
        index = self._index
        done = None if index.indexed >= self._last else index.indexed
        _answer(self._waiting, done)
        if self._round is None and not index.purge and not self._truncate:
            _answer(self._waiting_long, done)

    def _give_up_the_step(self, error: sqlite3.Error, now: float) -> None:
        """Try again later; who waits finds what there is."""
        self._roll_back()
        self._round = None
        self._rest_until = self._next_step = now + _REST_SECONDS
        _answer(self._waiting)
        _answer(self._waiting_long)
        if not self.failing:
            _logger.warning("the log could not be tidied up: %s", error)

    def _purge_at_the_end(self) -> None:
        """Leave no words of what was redacted in the file, if that can be done in a while."""
        end = time.monotonic() + _LAST_SECONDS
        with contextlib.suppress(sqlite3.Error):  # the next process goes on with it
            while self._index.purge and not self.failing and time.monotonic() < end:
                self._step()

    def _step(self) -> None:
        writer, index = self._writer, self._index
        if index.indexed >= self._last and not index.purge and self._truncate:
            # PRAGMA wal_checkpoint: the first column is 1 while somebody still reads there.
            (busy, *_) = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._truncate = bool(busy)
            return
        writer.execute("PRAGMA synchronous = NORMAL") if self._synchronous == "FULL" else None
        try:
            with _secure_delete(writer) if index.purge else contextlib.nullcontext():
                writer.execute("BEGIN IMMEDIATE")
                others = index.indexed < self._last or index.purge
                if self._round is not None and (self._round_is_next or not others):
                    if next(self._round, _ENDED) is _ENDED:
                        self._round = None
                elif index.indexed < self._last:
                    index.add_next(
                        self._last, _LINES_A_CATCH_UP if self._somebody_waits else _LINES_A_STEP
                    )
                elif index.purge:
                    self._truncate = not index.purge_next()
                # By turns: while lines come faster than they are indexed, old ones go as well.
                self._round_is_next = not self._round_is_next
                writer.execute("COMMIT")
        finally:
            writer.execute(f"PRAGMA synchronous = {self._synchronous}")


_ENDED: Final = object()


def _answer(waiting: list[tuple[int, Callable[[], None]]], indexed: int | None = None) -> None:
    """Call those who wait for a place that is indexed (None: all), each once."""
    due = [each for each in waiting if indexed is None or each[0] <= indexed]
    waiting[:] = [each for each in waiting if each not in due]
    for _, tell in due:
        tell()


@contextlib.contextmanager
def _secure_delete(writer: sqlite3.Connection) -> Iterator[None]:
    """Have what is deleted or replaced overwritten in the pages of the file."""
    (before,) = writer.execute("PRAGMA secure_delete").fetchone()
    writer.execute("PRAGMA secure_delete = ON").fetchall()
    try:
        yield
    finally:
        if not writer.in_transaction:
            writer.execute(f"PRAGMA secure_delete = {before}").fetchall()


def insert(writer: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Insert rows by few statements, each of many rows.

    Every step of a statement gives up the interpreter's lock and has to win it back; one
    statement a row would hand it to and fro with the event loop for each of them, and one of
    very many rows would have the event loop wait while they are put together.
    """
    start = 0
    for rows in _ROWS_A_STATEMENT:
        statement = "INSERT INTO entry (seq, time, target, change) VALUES " + ",".join(  # noqa: S608
            ["(?,?,?,?)"] * rows
        )
        while len(entries) - start >= rows:
            values: list[int | str | bytes | None] = []
            for entry in entries[start : start + rows]:
                change = entry.change
                values += (
                    entry.seq,
                    entry.time,
                    provisional_target(change),
                    encode_change(change),
                )
            writer.execute(statement, values)
            start += rows


def _keep(writer: sqlite3.Connection, applied: int, snapshot: bytes) -> None:
    set_meta(writer, "checkpoint", snapshot)
    set_meta(writer, "checkpoint_seq", applied)
    writer.execute("DELETE FROM entry WHERE target IS NULL AND seq <= ?", (applied,))
