"""The file of a log: its tables, their versions, and whether it is whole.

entry(seq, time, target, kind, told, change)
target: whose history it is a line of, or NULL; kind and told as in `history.Kept`
party(identity, name, target, shown, since)
who may read a conversation, and the (folded) nick of the other one in it
words(place, sender, text)
an index of the words of messages, by the place of their entry (log/word_index.py)
meta(key, value)
id, checkpoint (a snapshot), checkpoint_seq, indexed, purge
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from typing import TYPE_CHECKING, Any, Final

from razem.talk.log.seam import LogError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from razem.talk.settings import Durability

__all__ = [
    "SYNCHRONOUS",
    "check",
    "connect",
    "get_meta",
    "is_log",
    "opening",
    "prepare",
    "set_meta",
    "tune",
]

_logger: Final = logging.getLogger("razem.log")
_VERSION: Final = 2
_APPLICATION_ID: Final = 0x52415A4D  # "RAZM"
_FIRST: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, target TEXT, change BLOB NOT NULL
);
CREATE INDEX history ON entry (target, seq) WHERE target IS NOT NULL;
CREATE INDEX passing ON entry (seq) WHERE target IS NULL;
"""
# What makes each version from the one before. A migration is never changed: files of every
# version are out there. What a migration cannot say in SQL, it would do in a function.
_MIGRATIONS: Final[dict[int, str]] = {
    1: _FIRST,
    2: """
ALTER TABLE entry ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN told TEXT NOT NULL DEFAULT '';
CREATE TABLE party (
    identity TEXT, name TEXT, target TEXT, shown TEXT NOT NULL, since INTEGER NOT NULL,
    PRIMARY KEY (identity, name, target)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (
    place, sender, text, content = '', columnsize = 0, tokenize = 'ascii'
);
INSERT INTO meta VALUES ('indexed', 0);
""",
}
# SQLite, "PRAGMA synchronous": in WAL mode FULL syncs the log at each commit; NORMAL only at
# checkpoints, which survives a crash of the program but not a power cut; OFF never syncs.
SYNCHRONOUS: Final[dict[str, str]] = {"fsync": "FULL", "commit": "NORMAL", "none": "OFF"}
_CHECK_SECONDS: Final = 5.0
_OPCODES_A_LOOK: Final = 10_000  # of SQLite's machine, between looks at the clock
_RESTORE: Final = (
    "Move the file and those beside it (-wal, -shm) away and put a backup in its place"
    " (`razem hub backup` makes them), or start anew without it."
)


def connect(path: Path, *, reading: bool = False) -> sqlite3.Connection:
    """Open a connection that any thread may use, one at a time; `reading`: it changes nothing.

    A file that is made by it is for this user only, and so are those that SQLite puts beside it.
    """
    if not reading:
        with contextlib.suppress(OSError):  # SQLite tells what is wrong
            path.touch(mode=0o600)
    target = f"{path.absolute().as_uri()}?mode=ro" if reading else path
    return sqlite3.connect(
        target, timeout=5.0, isolation_level=None, check_same_thread=False, uri=reading
    )


def tune(connection: sqlite3.Connection, durability: Durability) -> None:
    """Let a connection write ahead, and sync as `durability` asks for."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS[durability]}")


def prepare(writer: sqlite3.Connection, path: Path, new_id: str, durability: Durability) -> None:
    """Make the tables of a new file, or bring those of an older version up to this one.

    Raises:
        LogError: the file is of another program or of a later version: it is left as it is; or
            it is damaged.
    """
    version = _version(writer, path)
    if version == 0:
        # To give back to the system, little by little, what is free (log/retention.py).
        writer.execute("PRAGMA auto_vacuum = INCREMENTAL")
    tune(writer, durability)
    if not check(writer, path):
        _logger.warning("the log %s is large: only a part of it was looked over", path)
    if version == _VERSION:
        return
    writer.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version + 1, _VERSION + 1):
            for statement in _MIGRATIONS[step].split(";"):
                writer.execute(statement)
        if version == 0:
            writer.execute("INSERT INTO meta VALUES ('id', ?)", (new_id,))
            writer.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        writer.execute(f"PRAGMA user_version = {_VERSION}")
        writer.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            writer.execute("ROLLBACK")
        raise


def is_log(connection: sqlite3.Connection) -> bool:
    """Tell whether the file is a log of some version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return bool(application == _APPLICATION_ID)


def _version(writer: sqlite3.Connection, path: Path) -> int:
    """Return the version of the file's tables; 0: there is nothing in it yet."""
    (version,) = writer.execute("PRAGMA user_version").fetchone()
    (tables,) = writer.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if is_log(writer):
        if 1 <= version <= _VERSION:
            return int(version)
        raise LogError(
            f"the log {path} was written by a later version of Razem: its tables have version"
            f" {version}, this program knows those up to {_VERSION}.",
            advice="Start it with that version, or name another directory with --data.",
        )
    if tables:
        raise LogError(
            f"the file {path} is a SQLite database, but not a log of Razem.",
            advice="Name another directory with --data.",
        )
    return 0


def check(
    connection: sqlite3.Connection,
    path: Path,
    *,
    seconds: float = _CHECK_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Look whether the file is whole, for at most so many seconds; false: not all was looked at.

    Raises:
        LogError: it is damaged: where, and what to do.
    """
    end = clock() + seconds
    connection.set_progress_handler(lambda: clock() > end, _OPCODES_A_LOOK)
    try:
        findings = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return False
        raise
    finally:
        connection.set_progress_handler(None, 0)
    if findings != ["ok"]:
        where = "; ".join(" ".join(str(finding).split()) for finding in findings)
        raise LogError(f"the log {path} is damaged: {where}.", advice=_RESTORE)
    return True


@contextlib.contextmanager
def opening(path: Path) -> Any:
    """Turn what SQLite says while a file is opened into an error that says what to do.

    Raises:
        LogError: instead of an error of SQLite's.
    """
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "malformed" in text or "encrypted or is not a database" in text:
            raise LogError(f"the log {path} is damaged: {text}.", advice=_RESTORE) from error
        if "fts5" in text:
            raise LogError(
                f"the log {path} cannot be opened: this Python's SQLite cannot search ({text}).",
                advice="Use a Python whose SQLite has FTS5, as those of the systems have.",
            ) from error
        raise LogError(
            f"the log {path} cannot be opened: {text}.",
            advice="Is it a file of Razem, on a disk with room, that this user may write?",
        ) from error


def get_meta(connection: sqlite3.Connection, key: str) -> Any:
    """Return what is kept under a key; None: nothing."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def set_meta(connection: sqlite3.Connection, key: str, value: int | str | bytes) -> None:
    """Keep something under a key."""
    connection.execute("REPLACE INTO meta VALUES (?, ?)", (key, value))
