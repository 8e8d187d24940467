"""A log in a SQLite file: write-ahead, with group commit in a thread of its own.

All that arrived while the last commit ran goes into one transaction, each entry a row:

    entry(seq, time, target, change)   target: the channel whose history it is a line of, or NULL
    meta(key, value)                   id, checkpoint (a snapshot), checkpoint_seq

A checkpoint makes the rows before it that are no lines of history superfluous; they are removed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from razem.errors import Error
from razem.talk.changes import (
    Change,
    Entry,
    SetModes,
    SetTopic,
    Speak,
    decode_change,
    encode_change,
)
from razem.talk.log import history_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from razem.talk.history import Page, Pivot
    from razem.talk.log import Receive
    from razem.talk.settings import Durability

__all__ = ["LogError", "SQLiteLog"]

_logger: Final = logging.getLogger("razem.log")
_SCHEMA_VERSION: Final = 1
_APPLICATION_ID: Final = 0x52415A4D  # "RAZM"
_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, target TEXT, change BLOB NOT NULL
);
CREATE INDEX history ON entry (target, seq) WHERE target IS NOT NULL;
CREATE INDEX passing ON entry (seq) WHERE target IS NULL;
"""
# SQLite, "PRAGMA synchronous": in WAL mode FULL syncs the log at each commit; NORMAL only at
# checkpoints, which survives a crash of the program but not a power cut; OFF never syncs.
_SYNCHRONOUS: Final[dict[str, str]] = {"fsync": "FULL", "commit": "NORMAL", "none": "OFF"}
_ROWS_A_STATEMENT: Final = (256, 64, 16, 4, 1)
# What is refused while the disk cannot be written. The rest is who is here: that goes on, and
# its rows are stored with the next commit that succeeds.
_MUST_BE_STORED: Final = (Speak, SetTopic, SetModes)


class LogError(Error):
    """The file of the log cannot be used."""


class _Work(NamedTuple):
    entries: list[Entry]
    retracted: tuple[int, ...] = ()
    checkpoint: tuple[int, bytes] | None = None
    stop: bool = False


class SQLiteLog:
    """A log in the file `path`, made when it is not there.

    `start`, `append`, `retract`, `checkpoint`, `page` and `close` belong to the thread of one
    asyncio event loop.

    Args:
        path: of the file; SQLite puts two more beside it.
        new_id: the id of the log if it is made now.
        clock: returns milliseconds since 1970.
        durability: "fsync": what came back survives a power cut; "commit": a crash of the
            process; "none": a crash of the process, mostly.

    Raises:
        LogError: the file cannot be opened, or is something else.
    """

    def __init__(
        self,
        path: Path,
        new_id: str,
        clock: Callable[[], int],
        *,
        durability: Durability = "fsync",
    ) -> None:
        self._path: Final = path
        self._clock: Final = clock
        opened: list[sqlite3.Connection] = []
        try:
            self._writer = _connect(path, opened)
            new = _is_new(self._writer)
            _tune(self._writer, durability)
            if new:
                _make(self._writer, new_id)
            self._reader = _connect(path, opened)
            _tune(self._reader, durability)
            self._id: str = _meta(self._writer, "id")
            self._checkpoint_seq: int = _meta(self._writer, "checkpoint_seq") or 0
            seq, time = self._writer.execute(
                "SELECT seq, time FROM entry ORDER BY seq DESC LIMIT 1"
            ).fetchone() or (0, 0)
        except LogError:
            _close(opened)
            raise
        except sqlite3.Error as error:
            _close(opened)
            raise LogError(
                f"the log {path} cannot be opened: {error}.",
                advice="Is it a file of Razem, on a disk with room, that this user may write?",
            ) from error
        self._seq: int = max(seq, self._checkpoint_seq)
        self._time: int = time
        self._retracting: set[int] = set()
        self._unsaved: list[Entry] = []
        self._unretracted: list[int] = []
        self._unkept: tuple[int, bytes] | None = None  # a checkpoint to be stored
        self._failing = False
        self._work: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(1, "razem-log-reader")
        self._thread: threading.Thread | None = None

    @property
    def id(self) -> str:
        """Of this log."""
        return self._id

    def recover(self) -> tuple[bytes | None, Iterable[Entry]]:
        """Return the last checkpoint, if there is one, and the entries after it.

        Raises:
            LogError: the file is damaged; also while the entries are read.
        """
        try:
            rows = self._writer.execute(
                "SELECT seq, time, change FROM entry WHERE seq > ? ORDER BY seq",
                (self._checkpoint_seq,),
            )
            return _meta(self._writer, "checkpoint"), self._entries(rows)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> LogError:
        return LogError(f"the log {self._path} cannot be read: {error}.")

    def start(self, receive: Receive) -> None:
        """Begin to take changes; `receive` is called in the running event loop."""
        self._thread = threading.Thread(
            target=self._commit_for_ever,
            args=(asyncio.get_running_loop(), receive),
            name="razem-log",
            daemon=True,  # a hub that fails must not hang; `close` waits for it
        )
        self._thread.start()

    def append(self, changes: Sequence[Change]) -> None:
        """Give changes the next places; they come back through `receive` when durable."""
        time = self._time = max(self._time, self._clock())
        first = self._seq + 1
        entries = [Entry(seq, time, change) for seq, change in enumerate(changes, first)]
        self._seq += len(entries)
        self._work.put(_Work(entries))

    def retract(self, places: Collection[int]) -> None:
        """Take entries out of every history, from the next `page` on."""
        self._retracting.update(places)
        self._work.put(_Work([], retracted=tuple(places)))

    def checkpoint(self, applied: int, snapshot: bytes) -> None:
        """Keep a state, so that `recover` need not begin before the entry after `applied`."""
        self._work.put(_Work([], checkpoint=(applied, snapshot)))

    async def page(self, page: Page) -> list[Entry]:
        """Read lines of a channel, in ascending order."""
        loop = asyncio.get_running_loop()
        without = tuple(self._retracting)
        try:
            return await loop.run_in_executor(self._readers, self._read, page, without)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    async def close(self) -> None:
        """Store what was appended, and close."""
        if self._thread is not None:
            self._work.put(_Work([], stop=True))
            await asyncio.to_thread(self._thread.join)
        self._readers.shutdown()
        self._reader.close()
        self._writer.close()

    # In the thread that commits

    def _commit_for_ever(self, loop: asyncio.AbstractEventLoop, receive: Receive) -> None:
        stop = False
        while not stop:
            works = self._all_that_waits()
            entries = [entry for work in works for entry in work.entries]
            retracted = [place for work in works for place in work.retracted]
            for work in works:
                self._unkept = work.checkpoint or self._unkept
            stop = any(work.stop for work in works)
            self._unretracted += retracted
            marking = tuple(self._unretracted)
            failed = self._store(entries)
            try:
                if entries:
                    loop.call_soon_threadsafe(receive, entries, failed)
                if marking and not self._unretracted:
                    loop.call_soon_threadsafe(self._retracting.difference_update, marking)
            except RuntimeError:  # the loop is closed: nobody wants to hear of it
                return

    def _all_that_waits(self) -> list[_Work]:
        works = [self._work.get()]
        try:
            while True:
                works.append(self._work.get_nowait())
        except queue.Empty:
            return works

    def _store(self, entries: list[Entry]) -> frozenset[int]:
        """Commit one transaction; return the places of the entries that are not stored."""
        writer, checkpoint = self._writer, self._unkept
        try:
            writer.execute("BEGIN IMMEDIATE")
            _insert(writer, [*self._unsaved, *entries] if self._unsaved else entries)
            if self._unretracted:
                writer.executemany(
                    "UPDATE entry SET target = NULL WHERE seq = ?",
                    [(place,) for place in self._unretracted],
                )
            if checkpoint is not None:
                _keep(writer, *checkpoint)
            writer.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 # if this thread ended, everybody would wait
            if not self._failing:  # once, not at every commit
                _logger.error("the log %s cannot be written: %s", self._path, error)  # noqa: TRY400
            self._failing = True
            self._roll_back()
            failed = frozenset(
                entry.seq for entry in entries if isinstance(entry.change, _MUST_BE_STORED)
            )
            # What a checkpoint covers need not be stored as well once there is room for it: so
            # the list is never longer than from one checkpoint to the next.
            covered = checkpoint[0] if checkpoint is not None else 0
            waiting = [*self._unsaved, *entries]
            self._unsaved = [
                entry for entry in waiting if entry.seq > covered and entry.seq not in failed
            ]
            return failed
        self._unsaved.clear()
        self._unretracted.clear()
        self._unkept = None
        if self._failing:
            _logger.error("the log %s can be written again", self._path)
        self._failing = False
        return frozenset()

    def _roll_back(self) -> None:
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error as error:  # the next BEGIN says so again
            _logger.error("the log %s could not be rolled back: %s", self._path, error)  # noqa: TRY400

    # In the thread that reads

    def _read(self, page: Page, without: tuple[int, ...]) -> list[Entry]:
        low, high = 0, page.until
        if page.pivot is not None and page.order == "before":
            high = min(high, self._first_at(page.pivot) - 1)
        elif page.pivot is not None:
            low = self._last_at(page.pivot)
        ascending = page.order == "after"
        # A few lines that are no lines are left out here: they are not marked yet.
        statement = (
            "SELECT seq, time, change FROM entry WHERE target = ? AND seq > ? AND seq <= ?"  # noqa: S608 # of two constants
            " AND seq NOT IN (SELECT value FROM json_each(?)) ORDER BY seq "
            + ("ASC LIMIT ?" if ascending else "DESC LIMIT ?")
        )
        marks = json.dumps(without)
        rows = self._reader.execute(statement, (page.target, low, high, marks, page.limit))
        entries = list(self._entries(rows))
        return entries if ascending else entries[::-1]

    def _first_at(self, pivot: Pivot) -> int:
        """Return the place of the pivot, or of the first entry at or after its time."""
        return pivot.seq if pivot.seq is not None else self._search(pivot.time)

    def _last_at(self, pivot: Pivot) -> int:
        """Return the place of the pivot, or of the last entry at or before its time."""
        return pivot.seq if pivot.seq is not None else self._search(pivot.time + 1) - 1

    def _search(self, time: int) -> int:
        """Return the first place whose entry has this time or a later one.

        Times never fall from entry to entry, so that halving finds it without an index.
        """
        low, high = 1, self._last_seq() + 1
        while low < high:
            middle = (low + high) // 2
            row = self._reader.execute(
                "SELECT seq, time FROM entry WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)
            ).fetchone()
            if row is None or row[1] >= time:
                high = middle
            else:
                low = row[0] + 1
        return low

    def _last_seq(self) -> int:
        (last,) = self._reader.execute("SELECT max(seq) FROM entry").fetchone()
        return int(last or 0)

    def _entries(self, rows: Iterable[Any]) -> Iterator[Entry]:
        try:
            for seq, time, change in rows:
                yield Entry(seq, time, decode_change(change))
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise self._unreadable(error) from error


def _connect(path: Path, opened: list[sqlite3.Connection]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    opened.append(connection)
    return connection


def _close(opened: list[sqlite3.Connection]) -> None:
    for connection in opened:
        connection.close()


def _tune(connection: sqlite3.Connection, durability: Durability) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")


def _is_new(writer: sqlite3.Connection) -> bool:
    """Tell whether there is nothing in the file yet.

    Raises:
        LogError: it is the file of another program or version, and left as it is.
    """
    (application,) = writer.execute("PRAGMA application_id").fetchone()
    (version,) = writer.execute("PRAGMA user_version").fetchone()
    (tables,) = writer.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == _APPLICATION_ID and version == _SCHEMA_VERSION:
        return False
    if application == _APPLICATION_ID:
        raise LogError(
            f"the log was written by another version of Razem (schema {version},"
            f" this one reads {_SCHEMA_VERSION}).",
            advice="Start it with that version.",
        )
    if tables:
        raise LogError(
            "the file is a SQLite database, but not a log of Razem.",
            advice="Name another directory with --data.",
        )
    return True


def _make(writer: sqlite3.Connection, new_id: str) -> None:
    """Make the tables, all or nothing."""
    writer.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA.split(";"):
        writer.execute(statement)
    writer.execute("INSERT INTO meta VALUES ('id', ?)", (new_id,))
    writer.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    writer.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    writer.execute("COMMIT")


def _meta(connection: sqlite3.Connection, key: str) -> Any:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def _insert(writer: sqlite3.Connection, entries: list[Entry]) -> None:
    """Insert rows by few statements, each of many rows.

    Every step of a statement gives up the interpreter's lock and has to win it back; one
    statement a row would hand it to and fro with the event loop for each of them.
    """
    start = 0
    for rows in _ROWS_A_STATEMENT:
        statement = "INSERT INTO entry VALUES " + ",".join(["(?,?,?,?)"] * rows)  # noqa: S608
        while len(entries) - start >= rows:
            values: list[int | str | bytes | None] = []
            for entry in entries[start : start + rows]:
                change = entry.change
                values += (entry.seq, entry.time, history_target(change), encode_change(change))
            writer.execute(statement, values)
            start += rows


def _keep(writer: sqlite3.Connection, applied: int, snapshot: bytes) -> None:
    writer.execute("REPLACE INTO meta VALUES ('checkpoint', ?)", (snapshot,))
    writer.execute("REPLACE INTO meta VALUES ('checkpoint_seq', ?)", (applied,))
    writer.execute("DELETE FROM entry WHERE target IS NULL AND seq <= ?", (applied,))
