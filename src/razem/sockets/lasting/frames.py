"""What the ends of a lasting stream say to each other: records, the first byte of which is a kind.

Numbers are big-endian. A *place* is the number of bytes of a direction that come before it, from
the beginning of the stream, 8 bytes; a *mark* has three of them, and flags::

    arrived   what this end has of the other's bytes
    read      what its program has taken of them
    granted   up to where it has room for them
    flags     1 byte: 1 the other's end has arrived; 2 that it has gone has arrived

The kinds::

    OPEN       version (1), secret (32), granted (8)       begin
    OPENED     id (16), secret (32), granted (8)           ... begun
    RESUME     version (1), id (16), nonce (16)            go on, on another transport
    CHALLENGE  nonce (16), proof (32)                      ... prove that it is you
    PROOF      proof (32), mark (25)                       ... it is
    RESUMED    mark (25)                                   ... gone on
    REFUSED    reason (1)                                  in the place of an answer
    DATA       place (8), bytes
    END        place (8)                                   nothing more will be sent
    GONE                                                   nor received
    ABORT                                                  thrown away
    MARK       mark (25)
    PING                                                   asks for a MARK
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.errors import RemoteProtocolError
from razem.sockets.buffer import ReceiveBuffer
from razem.sockets.records import encode_record, take_record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PIECE", "Frame", "Kind", "Mark", "Refusal", "Unframer", "frame"]

PIECE: Final = 256 * 1024  # bytes of the data of a frame at the most
_LIMIT: Final = PIECE + 64
_MARK: Final = struct.Struct("!QQQB")


class Kind(IntEnum):
    """Of frame; the lengths of their bodies are in `_LENGTHS`."""

    OPEN = 1
    OPENED = 2
    RESUME = 3
    CHALLENGE = 4
    PROOF = 5
    RESUMED = 6
    REFUSED = 7
    DATA = 8
    END = 9
    GONE = 10
    ABORT = 11
    MARK = 12
    PING = 13


class Refusal(IntEnum):
    """Why somebody is not taken."""

    UNKNOWN = 1  # no such stream, or not proven
    VERSION = 2
    CLOSED = 3  # nothing new is taken any more
    FULL = 4


_LENGTHS: Final = {
    Kind.OPEN: 41,
    Kind.OPENED: 56,
    Kind.RESUME: 33,
    Kind.CHALLENGE: 48,
    Kind.PROOF: 32 + _MARK.size,
    Kind.RESUMED: _MARK.size,
    Kind.REFUSED: 1,
    Kind.END: 8,
    Kind.GONE: 0,
    Kind.ABORT: 0,
    Kind.MARK: _MARK.size,
    Kind.PING: 0,
}
_PLACE: Final = 8  # bytes, with which DATA begins


class Mark(NamedTuple):
    """How far an end has come with what the other sends; see the top of this module."""

    arrived: int = 0
    read: int = 0
    granted: int = 0
    flags: int = 0

    def build(self) -> bytes:
        """Return its bytes."""
        return _MARK.pack(*self)

    @classmethod
    def parse(cls, data: bytes) -> Mark:
        """Read it; the length is right."""
        return cls(*_MARK.unpack(data))


class Frame(NamedTuple):
    """One frame, its length checked."""

    kind: Kind
    body: bytes


def frame(kind: Kind, *parts: bytes | memoryview) -> bytes:
    """Return the bytes of a frame."""
    return encode_record(b"".join((bytes((kind,)), *parts)))


class Unframer:
    """Frames out of what arrives, however it was cut."""

    def __init__(self) -> None:
        self._buffer = ReceiveBuffer()

    def feed(self, data: bytes) -> None:
        """Add what arrived."""
        self._buffer.feed(data)

    def frames(self) -> Iterator[Frame]:
        """Yield those that are whole.

        Raises:
            RemoteProtocolError: it is none, or damaged (`CorruptError`).
            LimitError: one is too large.
        """
        while (payload := take_record(self._buffer, _LIMIT)) is not None:
            yield _parse(payload)

    def rest(self) -> bytes:
        """Take what is left: the beginning of further frames."""
        return self._buffer.exactly(len(self._buffer)) or b""


def _parse(payload: bytes) -> Frame:
    body = payload[1:]
    try:
        kind = Kind(payload[0])
    except (ValueError, IndexError):
        raise RemoteProtocolError(
            f"a frame of no known kind: {payload[:1].hex() or 'empty'}.", stage="read"
        ) from None
    right = len(body) > _PLACE if kind is Kind.DATA else len(body) == _LENGTHS[kind]
    if not right:
        raise RemoteProtocolError(
            f"a frame {kind.name} with a body of {len(body)} bytes.", stage="read"
        )
    return Frame(kind, body)
