"""How the pieces of an input become what is sent: as they are, as lines, or as records; no I/O."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from razem.sockets.buffer import ReceiveBuffer
from razem.sockets.records import encode_record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Framer", "Mode"]

_MAX_LINE: Final = 16 * 1024 * 1024  # bytes


class Mode(Enum):
    """What is sent and received as a whole."""

    BYTES = "bytes"
    LINES = "lines"
    RECORDS = "records"


class Framer:
    r"""Cuts an input into what is sent at once.

    >>> framer = Framer(Mode.LINES, crlf=True)
    >>> list(framer.feed(b"one\ntw")), list(framer.feed(b"o\n")), list(framer.end())
    ([b'one\r\n'], [b'two\r\n'], [])

    Args:
        mode: bytes pass as they come; lines are passed on whole; of records, each is a line.
        crlf: end lines with CR LF, where they end with LF alone.
    """

    def __init__(self, mode: Mode = Mode.BYTES, *, crlf: bool = False) -> None:
        self._mode = mode
        self._crlf = crlf
        self._last = b""
        self._buffer = ReceiveBuffer()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what can be sent now.

        Raises:
            LimitError: a line has more than 16 MiB.
        """
        if self._mode is Mode.BYTES:
            if data:
                yield self._ended(data)
            return
        self._buffer.feed(data)
        while (line := self._line()) is not None:
            yield line

    def end(self) -> Iterator[bytes]:
        """Yield what is left when the input has ended: a line without an end."""
        self._buffer.end()
        rest = self._buffer.line(_MAX_LINE)
        if rest:
            yield encode_record(rest) if self._mode is Mode.RECORDS else rest

    def _line(self) -> bytes | None:
        line = self._buffer.until(b"\n", _MAX_LINE)
        if line is None:
            return None
        if self._mode is Mode.RECORDS:
            return encode_record(line.removesuffix(b"\n").removesuffix(b"\r"))
        return self._ended(line)

    def _ended(self, data: bytes) -> bytes:
        """Give its lines the right ends."""
        if not self._crlf:
            return data
        before = self._last
        self._last = data[-1:]
        # A CR at the end of the last piece belongs to a LF at the start of this one.
        joined = (before + data if before == b"\r" else data).replace(b"\r\n", b"\n")
        joined = joined.replace(b"\n", b"\r\n")
        return joined[1:] if before == b"\r" and joined.startswith(b"\r") else joined
