"""What relays count, and how they make their pipes: shared by both drivers."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CAN_SPLICE", "NOT_BY_SPLICE", "SPLICE_BYTES", "Traffic", "open_pipe"]

CAN_SPLICE: Final = hasattr(os, "splice")  # Linux
SPLICE_BYTES: Final = 1 << 20  # of one call; what a pipe may hold without privileges (pipe(7))

# splice(2) cannot move between such descriptors; nothing has been moved then.
NOT_BY_SPLICE: Final = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


class Traffic:  # noqa: PLW1641  it changes, and is no key
    """Bytes that a relay has carried so far; it can be looked at while they flow.

    Attributes:
        forth: from the first stream to the second.
        back: from the second to the first.
    """

    __slots__ = ("back", "forth")

    def __init__(self, forth: int = 0, back: int = 0) -> None:
        self.forth = forth
        self.back = back

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Traffic):
            return NotImplemented
        return (self.forth, self.back) == (other.forth, other.back)

    def __repr__(self) -> str:
        return f"Traffic(forth={self.forth}, back={self.back})"


@contextmanager
def open_pipe(*, blocking: bool) -> Iterator[tuple[int, int]]:
    """Open a pipe as large as it may be: the end to read from, the end to write to."""
    reader, writer = os.pipe2(os.O_CLOEXEC | (0 if blocking else os.O_NONBLOCK))
    try:
        import fcntl  # noqa: PLC0415  not on Windows, where nothing comes here

        with suppress(OSError):  # the user has many large ones already
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SPLICE_BYTES)
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)
