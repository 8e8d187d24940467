"""Frames of clients bear a mask (RFC 6455, 5.1), so that no page can talk a proxy into something.

"The server MUST close the connection upon receiving a frame that is not masked": aiohttp takes it.
"""

from __future__ import annotations

from typing import Final, Protocol

__all__ = ["OnlyMasked"]

_MASKED: Final = 0x80  # in the second byte of a frame
_LENGTH: Final = 0x7F
_LENGTH_BYTES: Final = {126: 2, 127: 8}  # that follow when the length does not fit there
_KEY_BYTES: Final = 4
_REFUSED: Final = b"\xf0\x80"  # a frame with reserved bits: who reads it closes with 1002


class _Reader(Protocol):
    def feed_data(self, data: bytes) -> tuple[bool, bytes]: ...

    def feed_eof(self) -> None: ...


class OnlyMasked:
    """Hands frames on to what takes them apart; instead of one without a mask, one that is refused.

    Bytes may come cut as they like; the head of a frame is held back until it is whole.
    """

    def __init__(self, reader: _Reader) -> None:
        self._reader: Final = reader
        self._head = b""
        self._left = 0  # bytes of the frame under way that are still to come
        self._refused = False

    def feed_eof(self) -> None:
        """There will be no more."""
        self._reader.feed_eof()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take bytes of the client; return what the reader says."""
        if self._refused:
            return False, b""
        data, self._head = self._head + data, b""
        begin = min(self._left, len(data))
        self._left -= begin
        while begin + 1 < len(data):
            if not data[begin + 1] & _MASKED:
                self._refused = True
                return self._reader.feed_data(data[:begin] + _REFUSED)
            length = data[begin + 1] & _LENGTH
            body = begin + 2 + _LENGTH_BYTES.get(length, 0)
            if body > len(data):
                break
            if length in _LENGTH_BYTES:
                length = int.from_bytes(data[begin + 2 : body], "big")
            end = body + _KEY_BYTES + length
            begin = min(end, len(data))
            self._left = end - begin
        self._head = data[begin:]
        return self._reader.feed_data(data[:begin])
