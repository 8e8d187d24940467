"""The data directory of a hub: one hub at a time."""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import sqlite3
import sys
from typing import TYPE_CHECKING, Final

from razem.errors import ConfigError
from razem.hub.identity import FILE_NAME as IDENTITY
from razem.talk.log.backup import BackupReport, restore_log

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DataDirectory", "ToldMark", "copy_identity", "restore"]

_TOLD: Final = "hub.told"
_IDENTITY_SUFFIX: Final = ".identity"  # of what stands beside a backup

_TOLD_HEAD: Final = b"razem 1\n"


class ToldMark:
    """How far in the log this hub has told its sessions: kept over a crash of the process.

    Clients that know message ids need no help; those that do not are shown what they missed from
    here on. Not synced: after a power cut it may be older than it should be.

    It moves with every turn of the loop, so it is a place in memory that the system keeps in the
    file, even when the process is killed: to move it takes no call of the system.

    Args:
        path: of a small file, made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b" if path.exists() else "w+b", buffering=0)
        self.place: int | None = _read_place(self._file.read(32))
        self._memory: mmap.mmap | None = None
        self._number: memoryview | None = None

    def move(self, place: int) -> None:
        """Remember another place; nothing when that cannot be written, or no more."""
        self.place = place
        if self._number is not None:
            self._number[0] = place  # eight bytes in one go: no kill leaves half of them
        elif not self._file.closed:
            with contextlib.suppress(OSError):  # the disk is full: an older place serves as well
                self._begin(place)

    def _begin(self, place: int) -> None:
        data = _TOLD_HEAD + place.to_bytes(8, sys.byteorder)
        self._file.seek(0)
        if self._file.write(data) == len(data):
            self._file.truncate()
            self._memory = mmap.mmap(self._file.fileno(), len(data))
            self._number = memoryview(self._memory).cast("Q")[1:]

    def close(self) -> None:
        """Let go of the file."""
        if self._number is not None:
            self._number.release()
            self._number = None
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        self._file.close()


def _read_place(data: bytes) -> int | None:
    """Read what a mark left; an older one wrote its place in digits."""
    if data.startswith(_TOLD_HEAD) and len(data) == len(_TOLD_HEAD) + 8:
        return int.from_bytes(data[-8:], sys.byteorder)
    text = data.strip()
    return int(text) if text.isdigit() else None


class DataDirectory:
    """A directory that is this process's until it is closed.

    Args:
        path: made when it is not there, for this user only.

    Raises:
        ConfigError: it cannot be made or written, or another hub holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.log: Final = path / "hub.sqlite"
        self._pid: Final = path / "hub.pid"
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            why = "it is a file" if path.is_file() else error.strerror
            raise ConfigError(
                f"the data directory {path} cannot be made: {why}.",
                advice="Name another with --data, or keep nothing with --memory.",
            ) from error
        # SQLite's own lock, because it is the same on every system and ends with the process.
        lock: sqlite3.Connection | None = None
        try:
            lock = sqlite3.connect(path / "hub.lock", timeout=0, isolation_level=None)
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if lock is not None:
                lock.close()
            raise self._refusal(error) from error
        self._lock: Final = lock
        self._pid.write_text(f"{os.getpid()}\n")
        self.told: Final = ToldMark(path / _TOLD)

    def _refusal(self, error: sqlite3.Error) -> ConfigError:
        if "locked" not in str(error):
            return ConfigError(
                f"the data directory {self.path} cannot be written: {error}.",
                advice="Name another with --data, or keep nothing with --memory.",
            )
        try:
            holder = f" (process {self._pid.read_text().strip()})"
        except OSError:
            holder = ""
        return ConfigError(
            f"another hub{holder} holds the data directory {self.path}.",
            advice="Stop it first, or name another directory with --data.",
        )

    def close(self) -> None:
        """Let go of the directory."""
        self.told.close()
        self._pid.unlink(missing_ok=True)
        self._lock.close()


def copy_identity(directory: Path, backup: Path) -> Path | None:
    """Put a copy of the identity beside a backup of the log; return it, or None for none.

    Who has it can pretend to be the hub: only this user may read it.

    Raises:
        ConfigError: it cannot be written.
    """
    return _copy(directory / IDENTITY, backup.with_name(backup.name + _IDENTITY_SUFFIX))


def restore(backup: Path, directory: Path) -> tuple[BackupReport, Path | None]:
    """Make a data directory of a backup: of the log, and of the identity if it stands beside.

    What was there is kept beside it, as ``….before-restore``. Returns what was copied, and the
    identity, where there was one.

    Raises:
        ConfigError: a hub holds the directory, or it cannot be written.
        LogError: the backup is none, or is damaged; nothing was changed then.
    """
    data = DataDirectory(directory)
    try:
        report = restore_log(backup, data.log)
    finally:
        data.close()
    # It counts places of the log that was there before.
    (directory / _TOLD).unlink(missing_ok=True)
    saved = backup.with_name(backup.name + _IDENTITY_SUFFIX)
    kept = directory / IDENTITY
    if saved.exists() and kept.exists() and saved.read_bytes() != kept.read_bytes():
        kept.replace(kept.with_name(f"{kept.name}.before-restore"))
    return report, _copy(saved, kept)


def _copy(source: Path, target: Path) -> Path | None:
    if not source.exists():
        return None
    partial = target.with_name(f"{target.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        shutil.copyfile(source, partial)
        partial.replace(target)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {error.strerror}.") from error
    return target
