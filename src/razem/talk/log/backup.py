"""Copies of a SQLite log: made while it is written, and put back.

A copy is one file. It is there under its name only when it is whole and verified.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.log.journal import SUFFIXES
from razem.talk.log.schema import (
    connect,
    get_meta,
    is_log,
    opening,
    set_meta,
)
from razem.talk.log.seam import LogError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BackupReport", "copy_log", "restore_log"]

# How far the places of a restored log jump ahead: message ids that were given after the backup
# was made, and are lost with it, are never given again.
_JUMP: Final = 1_000_000


class BackupReport(NamedTuple):
    """What was copied.

    Attributes:
        path: of the copy.
        size: in bytes.
        last: the place of the last entry in it; 0: none.
        time: of that entry, milliseconds since 1970.
    """

    path: Path
    size: int
    last: int
    time: int


def copy_log(path: Path, copy: Path) -> BackupReport:
    """Copy the log at `path`, also while a hub writes it: what was committed when this began.

    A copy that was there under that name is replaced.

    Raises:
        LogError: the log cannot be read, the copy cannot be written or is not whole, or there is
            some other file under its name.
    """
    _refuse_to_overwrite(path, copy)
    with opening(path), contextlib.closing(connect(path, reading=True)) as source:
        return _copy(source, path, copy)


def restore_log(backup: Path, path: Path) -> BackupReport:
    """Put a backup in the place of the log at `path`; no hub may be running on it.

    A log that is there is kept beside it, as ``….before-restore``. Message ids of the backup stay
    valid; those that were given after it are not given again.

    Raises:
        LogError: the backup is none, or is damaged; nothing was changed then.
    """
    if not backup.is_file():
        raise LogError(f"there is no backup {backup}.", advice="Check the path.")
    new = path.with_name(path.name + ".restored")
    with opening(backup), contextlib.closing(connect(backup, reading=True)) as source:
        report = _copy(source, backup, new)
    with opening(new), contextlib.closing(connect(new)) as restored:
        set_meta(restored, "first_seq", report.last + _JUMP)
    with _writing(path):
        for suffix in ("", "-wal", "-shm", *SUFFIXES):
            old = path.with_name(path.name + suffix)
            if old.exists():
                old.replace(path.with_name(f"{path.name}.before-restore{suffix}"))
        new.replace(path)
        _sync(path)
    return report._replace(path=path)


def _refuse_to_overwrite(path: Path, copy: Path) -> None:
    if not copy.exists():
        return
    if copy.samefile(path):
        raise LogError(f"{copy} is the log itself.", advice="Name another file.")
    try:
        with contextlib.closing(connect(copy, reading=True)) as there:
            known = is_log(there)
    except sqlite3.Error:
        known = False
    if not known:
        raise LogError(
            f"{copy} is there already, and is no backup of a log.",
            advice="Name another file, or remove it first.",
        )


def _copy(source: sqlite3.Connection, path: Path, copy: Path) -> BackupReport:
    if not is_log(source):
        raise LogError(f"{path} is not a log of Razem.", advice="Check the path.")
    partial = copy.with_name(copy.name + ".partial")
    with _writing(copy):
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)  # what was said is not for every user of the machine
        try:
            with contextlib.closing(connect(partial)) as target:
                target.execute("PRAGMA synchronous = OFF")  # it is synced as a whole, at the end
                # All pages in one step, within one reading transaction: what is committed
                # meanwhile is not in it, and does not make it start anew.
                source.backup(target, pages=-1)
                target.execute("PRAGMA journal_mode = DELETE")  # one file
                last, time = _verify(target, copy)
            size = partial.stat().st_size
            _sync(partial)
            partial.replace(copy)
            _sync(copy.parent)
        finally:
            partial.unlink(missing_ok=True)
    return BackupReport(copy, size, last, time)


def _verify(target: sqlite3.Connection, path: Path) -> tuple[int, int]:
    findings = [row[0] for row in target.execute("PRAGMA integrity_check(3)")]
    if findings != ["ok"]:
        raise _damaged(path, "; ".join(" ".join(str(finding).split()) for finding in findings))
    last, time = target.execute(
        "SELECT seq, time FROM entry ORDER BY seq DESC LIMIT 1"
    ).fetchone() or (0, 0)
    return max(last, get_meta(target, "checkpoint_seq") or 0), time


def _damaged(path: Path, what: str) -> LogError:
    return LogError(
        f"what was copied to {path} is damaged: {what}.",
        advice="So is what it was copied from: keep older backups.",
    )


@contextlib.contextmanager
def _writing(copy: Path) -> Iterator[None]:
    """Say what is wrong when a copy cannot be made.

    Raises:
        LogError: instead of errors of SQLite's and the system's.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if "malformed" in str(error):
            raise _damaged(copy, str(error)) from error
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise LogError(
            f"{copy} cannot be written: {why}.",
            advice="Name a file in a directory that this user may write, on a disk with room.",
        ) from error


def _sync(path: Path) -> None:
    """Have a file, or what a directory lists, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
