"""Bytes of an IRC stream -> lines, with the limits of IRCv3 message-tags; no I/O."""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_LINE", "MAX_TAGS", "LineSplitter"]

# IRCv3 message-tags, "Size limit": a client may send 4094 bytes of tag data and the "@" and the
# space around it; the rest of the message keeps the 512 bytes of RFC 1459, its CR LF included.
# A server's tags may be as long again, so that a line has 8191 bytes of tags at the most.
MAX_TAGS: Final = 8191
MAX_LINE: Final = 512


class LineSplitter:
    """Cuts a stream of bytes into lines at LF, dropping CR, NUL and empty lines.

    However the bytes were cut, the lines are the same. A line over the limit is swallowed to
    its end and comes back as None in its place. CR and NUL cannot stand inside a message
    (RFC 1459 2.3.1); were they passed on, some clients would take them for the end of a line.

    Args:
        limit: bytes of a line at the most, its line end not counted.
    """

    def __init__(self, limit: int = MAX_TAGS + MAX_LINE) -> None:
        self._limit = limit
        self._rest = b""
        self._swallowing = False

    @property
    def pending(self) -> int:
        """Bytes held of a line whose end has not come yet."""
        return len(self._rest)

    def receive(self, data: bytes) -> list[bytes | None]:
        """Take the next bytes; return the lines that they complete, None for one too long."""
        *pieces, rest = (self._rest + data.translate(None, b"\r\0")).split(b"\n")
        limit = self._limit
        lines: list[bytes | None]
        if self._swallowing or len(max(pieces, key=len, default=b"")) > limit:
            lines = self._without_long(pieces)
        else:
            lines = [*filter(None, pieces)]
        if len(rest) > limit:
            self._swallowing = True
        self._rest = b"" if self._swallowing else rest
        return lines

    def _without_long(self, pieces: list[bytes]) -> list[bytes | None]:
        lines: list[bytes | None] = []
        for piece in pieces:
            if self._swallowing or len(piece) > self._limit:
                self._swallowing = False
                lines.append(None)
            elif piece:
                lines.append(piece)
        return lines
