"""A directory as one zip or tar, written while it is read: nothing lies on the disk meanwhile."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from razem.files.walking import open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["write_tar", "write_zip"]


class _Pipe(io.RawIOBase):
    """A file that can only be written, from the beginning to the end."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Hand on some bytes."""
        self._write(bytes(data))
        return len(data)


def write_tar(tops: Sequence[tuple[str, Path]], write: Callable[[bytes], object]) -> None:
    """Write a tar (POSIX.1-2001, pax) of some files and directories, in pieces.

    Args:
        tops: the names at the top, and what they are.
        write: is handed the pieces.
    """
    with (
        io.BufferedWriter(_Pipe(write), 1 << 18) as pipe,
        tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, path, status in _walk(tops):
            info = tarfile.TarInfo(name)
            info.mtime, info.mode = status.st_mtime, stat.S_IMODE(status.st_mode)
            if stat.S_ISDIR(status.st_mode):
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
                continue
            with suppress(OSError), _open(path) as file:  # it has gone: the rest goes on
                info.size = os.fstat(file.fileno()).st_size
                tar.addfile(info, file)


def write_zip(tops: Sequence[tuple[str, Path]], write: Callable[[bytes], object]) -> None:
    """Write a zip of some files and directories, stored as they are, in pieces; as `write_tar`."""
    with (
        io.BufferedWriter(_Pipe(write), 1 << 18) as pipe,
        zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive,
    ):
        for name, path, status in _walk(tops):
            name = name.encode("utf-8", "replace").decode()  # noqa: PLW2901  zip has no bytes
            if stat.S_ISDIR(status.st_mode):
                archive.mkdir(name)
                continue
            with suppress(OSError), _open(path) as file:
                info = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
                with archive.open(info, "w", force_zip64=True) as inner:
                    while piece := file.read(1 << 18):
                        inner.write(piece)


def _walk(tops: Sequence[tuple[str, Path]]) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield directories and files, each after its directory; links are left out."""
    waiting = list(reversed(tops))
    while waiting:
        name, path = waiting.pop()
        try:
            status = path.lstat()
            inner = sorted(path.iterdir()) if stat.S_ISDIR(status.st_mode) else []
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode):
            yield name, path, status
        waiting += [(f"{name}/{each.name}", each) for each in reversed(inner)]


def _open(path: Path) -> io.BufferedReader:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return open(open_regular(os.fsencode(path.name), folder), "rb")  # noqa: PTH123
    finally:
        os.close(folder)
