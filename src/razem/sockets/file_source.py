"""Files as something to send from: a place and a length, whatever holds them."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, TypeAlias, cast

from razem.errors import LocalProtocolError, TruncatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "NOT_BY_SENDFILE",
    "SENDFILE_BYTES",
    "File",
    "FileSource",
    "check_range",
    "file_ended",
    "open_source",
]

# sendfile(2) cannot send from such a file, or failed at reading it: read(2) then tells why.
NOT_BY_SENDFILE: Final = {
    errno.EINVAL,
    errno.EIO,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.EOVERFLOW,
    errno.ESPIPE,
    errno.EBADF,
}
SENDFILE_BYTES: Final = 1 << 20  # of one call, so that others have their turn


class _Readable(Protocol):
    """The part of a binary file that is used."""

    def seek(self, offset: int, /) -> object: ...

    def read(self, size: int, /) -> bytes: ...


File: TypeAlias = Path | str | BinaryIO | _Readable
"""A path, or a binary file that is open; its position may change."""


class FileSource:
    """A file that is open, and read from any place.

    Attributes:
        descriptor: of the system; None for what only looks like a file.
    """

    def __init__(self, file: BinaryIO | _Readable) -> None:
        self._file = file
        self.descriptor: int | None = None
        with suppress(AttributeError, UnsupportedOperation):  # what only looks like a file
            self.descriptor = cast("BinaryIO", file).fileno()

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from there; ``b""`` at the end.

        Raises:
            OSError: it cannot be read.
        """
        if self.descriptor is not None and hasattr(os, "pread"):
            return os.pread(self.descriptor, size, offset)
        self._file.seek(offset)
        return self._file.read(size)


@contextmanager
def open_source(file: File) -> Iterator[FileSource]:
    """Open a path, and close it afterwards; a file that is open stays so.

    Raises:
        OSError: it cannot be opened.
    """
    if isinstance(file, (Path, str)):
        with Path(file).open("rb") as opened:
            yield FileSource(opened)
    else:
        yield FileSource(file)


def check_range(offset: int, count: int | None) -> None:
    """Refuse places that no file has.

    Raises:
        LocalProtocolError: one of them is negative.
    """
    if offset < 0 or (count is not None and count < 0):
        raise LocalProtocolError(
            f"cannot send {count} bytes from {offset} on: neither can be negative."
        )


def file_ended(needed: int, got: int) -> TruncatedError:
    """Make the error for a file that is shorter than what was asked of it."""
    return TruncatedError(
        f"the file ended after {got} of {needed} bytes that were to be sent.",
        needed=needed,
        got=got,
        stage="write",
        advice="It may have become shorter meanwhile; the peer has what came before.",
    )
