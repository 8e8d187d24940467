"""A log in a SQLite file, with a journal in front of it.

Who does what: `front.py` makes entries durable in the journal (`journal.py`, `syncing.py`) and
hands them back; `committing.py` stores them in SQLite, `reading.py` reads, `schema.py` knows the
tables, `backup.py` copies the file.

A checkpoint makes the rows before it that are no lines of history superfluous; they are removed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import msgspec

from razem.talk.changes import Change, Entry, decode_change
from razem.talk.history import Search
from razem.talk.log.backup import BackupReport, copy_log
from razem.talk.log.committing import Committer, Work, insert
from razem.talk.log.front import Front
from razem.talk.log.journal import Journal, read_journal
from razem.talk.log.reading import Reader
from razem.talk.log.schema import connect, get_meta, opening, prepare, tune
from razem.talk.log.seam import LogError
from razem.talk.settings import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from razem.talk.history import Filing, Kept, Question
    from razem.talk.log.seam import Receive
    from razem.talk.settings import Durability

__all__ = ["LogError", "SQLiteLog"]

_PAGE_SECONDS: Final = 10.0  # that reading a page may take
_SEARCH_SECONDS: Final = 5.0
_RENAME_SECONDS: Final = 10.0


class SQLiteLog:
    """A log in the file `path`, made when it is not there; its journal is beside it.

    Its methods belong to the thread of one asyncio event loop.

    Args:
        path: of the file; SQLite puts two more beside it.
        new_id: the id of the log if it is made now.
        clock: returns milliseconds since 1970.
        durability: "fsync": what came back survives a power cut; "commit": a crash of the
            process; "none": a crash of the process, mostly.
        keep: what is kept of the history; the rest is removed little by little.

    Raises:
        LogError: the file cannot be opened, is damaged, or is something else.
    """

    def __init__(
        self,
        path: Path,
        new_id: str,
        clock: Callable[[], int],
        *,
        durability: Durability = "fsync",
        keep: History | None = None,
    ) -> None:
        self._path: Final = path
        self._clock: Final = clock
        self._connections: list[sqlite3.Connection] = []
        try:
            with opening(path):
                self._writer: Final = self._connect()
                prepare(self._writer, path, new_id, durability)
                self._id: str = get_meta(self._writer, "id")
                self._checkpoint_seq: Final[int] = get_meta(self._writer, "checkpoint_seq") or 0
                self._take_from_journal()
                self._seq, self._time = self._last()
                self._readers: Final = [
                    self._reader(durability, seconds)
                    for seconds in (_PAGE_SECONDS, _SEARCH_SECONDS)
                ]
                self._committer: Final = Committer(
                    self._writer, durability, keep or History(), clock, self._seq
                )
                synced = durability == "fsync"
                self._front: Final = Front(
                    Journal(path, self._id, synced=synced),
                    self._committer,
                    synced=synced,
                    last=self._seq,
                )
        except LogError:
            self._close()
            raise
        except OSError as error:
            self._close()
            raise LogError(
                f"the journal of the log {path} cannot be written: {error.strerror or error}.",
                advice="Is there room on the disk, and may this user write there?",
            ) from error
        self._pending: deque[Filing] = deque()  # not in the file yet
        self._waiting: list[asyncio.Future[None]] = []  # for some of them to be
        self._started = False

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        self._connections.append(connection)
        return connection

    def _reader(self, durability: Durability, seconds: float) -> tuple[Reader, ThreadPoolExecutor]:
        connection = self._connect()
        tune(connection, durability)
        return Reader(connection, seconds), ThreadPoolExecutor(1, "razem-log-reader")

    def _last(self) -> tuple[int, int]:
        """Return the last place that was given, and its time."""
        seq, time = self._writer.execute(
            "SELECT seq, time FROM entry ORDER BY seq DESC LIMIT 1"
        ).fetchone() or (0, 0)
        return max(seq, self._checkpoint_seq, get_meta(self._writer, "first_seq") or 0), time

    def _take_from_journal(self) -> None:
        """Store what a process that ended without a warning had only in its journal."""
        last, _ = self._last()
        try:
            entries = read_journal(self._path, self._id, last)
        except msgspec.MsgspecError as error:
            raise self._unreadable(error) from error
        if entries:
            self._writer.execute("BEGIN IMMEDIATE")
            insert(self._writer, entries)
            self._writer.execute("COMMIT")

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
            return get_meta(self._writer, "checkpoint"), self._entries(rows)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _entries(self, rows: Iterable[Any]) -> Iterator[Entry]:
        try:
            for seq, time, change in rows:
                yield Entry(seq, time, decode_change(change))
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> LogError:
        return LogError(f"the log {self._path} cannot be read: {error}.")

    def start(self, receive: Receive) -> None:
        """Begin to take changes; `receive` is called in the running event loop."""
        self._started = True
        self._front.start(receive, self._filed)

    def append(self, changes: Sequence[Change]) -> None:
        """Give changes the next places; they come back through `receive` when durable.

        That may be before this returns.
        """
        time = self._time = max(self._time, self._clock())
        first = self._seq + 1
        entries = [Entry(seq, time, change) for seq, change in enumerate(changes, first)]
        self._seq += len(entries)
        if entries:
            self._front.append(entries)

    def file(self, filings: Sequence[Filing]) -> None:
        """Keep entries where the state machine says that they belong."""
        self._pending.extend(filings)
        self._front.file(filings)
        if any(filing.redacts for filing in filings):
            self._front.erase()

    def _filed(self, filings: Sequence[Filing]) -> None:
        for _ in filings:  # they are stored in their order
            self._pending.popleft()
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def checkpoint(self, applied: int, snapshot: bytes) -> None:
        """Keep a state, so that `recover` need not begin before the entry after `applied`."""
        self._front.pass_on()
        self._committer.works.put(Work(checkpoint=(applied, snapshot)))

    async def read(self, question: Question) -> list[Kept]:
        """Answer a question about history.

        Raises:
            LogError: the file cannot be read, or not in time.
        """
        searching = isinstance(question, Search)
        await self._front.be_stored()
        await self._be_renamed()
        if searching:
            await self._be_indexed()
        reader, thread = self._readers[searching]
        loop = asyncio.get_running_loop()
        pending = tuple(self._pending)
        try:
            return await loop.run_in_executor(thread, reader.answer, question, pending)
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise self._unreadable(error) from error
        except TimeoutError as error:
            raise LogError(
                "the log could not be read in time.", advice="Ask for less, or more exactly."
            ) from error

    async def _be_renamed(self) -> None:
        """Wait until no lines are on their way to another target."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _RENAME_SECONDS
        while any(filing.renames for filing in self._pending):
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.append(future)
            try:
                await asyncio.wait_for(future, deadline - loop.time())
            except TimeoutError as error:
                raise LogError(
                    "the history of a renamed channel is still on its way.", advice="Ask again."
                ) from error

    async def _be_indexed(self) -> None:
        """Wait until all that was appended can be found by a search."""
        if self._started:
            event, set_event = _event_of_threads()
            self._committer.works.put(Work(indexed=set_event))
            await event.wait()

    async def tidy(self) -> None:
        """Have done now what is otherwise done little by little, after `start`.

        Lines are indexed, what is not to be kept is removed, and what was redacted is removed
        from wherever in the file its words still stand.
        """
        await self._front.be_stored()
        event, set_event = _event_of_threads()
        self._committer.works.put(Work(tidied=set_event))
        await event.wait()

    async def backup(self, copy: Path) -> BackupReport:
        """Copy the log into a file of its own, consistent and verified, while it goes on.

        Raises:
            LogError: the copy cannot be written, or there is some other file under its name.
        """
        await self._front.be_stored()
        return await asyncio.to_thread(copy_log, self._path, copy)

    async def close(self) -> None:
        """Store what was appended, and close."""
        await self._front.close()
        for _, thread in self._readers:
            thread.shutdown()
        self._close()

    def _close(self) -> None:
        for connection in reversed(self._connections):  # the writer last: it tidies up
            connection.close()


def _event_of_threads() -> tuple[asyncio.Event, Callable[[], None]]:
    """Return an event of this loop, and what sets it from any thread."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()

    def set_event() -> None:
        loop.call_soon_threadsafe(event.set)

    return event, set_event
