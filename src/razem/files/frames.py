"""From bytes of a stream to messages, and to the bytes of files that follow some. No I/O.

A driver fills `room()` with what arrives, so that the bytes of a file come to lie in one place
without being copied, and then takes the messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from razem.errors import RemoteProtocolError, TruncatedError
from razem.files.digests import CELL
from razem.files.messages import MAX_MESSAGE, Bundle, Chunk, decode_message
from razem.sockets.buffer import ReceiveBuffer
from razem.sockets.records import take_record

if TYPE_CHECKING:
    from razem.files.messages import Message

__all__ = ["Arrived", "Frames", "Rooms"]

_SCRATCH: Final = 65536  # bytes; of messages, and of what comes with them


class Arrived(NamedTuple):
    """A message, and what came with it.

    Attributes:
        message: any.
        payload: the bytes of the message itself.
        body: the bytes of files; give them back with `Rooms.give_back` when they are used.
    """

    message: Message
    payload: bytes
    body: memoryview


class Rooms:
    """Places for bodies, used again: new memory costs more than the receive into it.

    Args:
        kept: how many at the most lie ready.
    """

    def __init__(self, kept: int = 16) -> None:
        self._kept = kept
        self._free: list[bytearray] = []

    def take(self, size: int) -> memoryview:
        """Return a place of `size` bytes, a cell at the most."""
        room = self._free.pop() if self._free else bytearray(CELL)
        return memoryview(room)[:size]

    def give_back(self, body: memoryview) -> None:
        """Let the place be used again; nobody may look at it any more."""
        room = body.obj
        if isinstance(room, bytearray) and len(room) == CELL and len(self._free) < self._kept:
            self._free.append(room)


class Frames:
    """Splits what arrives into messages and bodies, however it was cut.

    >>> frames = Frames()
    >>> room = frames.room()  # to be filled by a receive
    >>> frames.filled(0)
    >>> frames.take() is None
    True

    Args:
        rooms: where the places for bodies come from.
    """

    def __init__(self, rooms: Rooms | None = None) -> None:
        self.rooms = rooms or Rooms()
        self._scratch = memoryview(bytearray(_SCRATCH))
        self._buffer = ReceiveBuffer()
        self._head: tuple[Message, bytes] | None = None  # whose body is on its way
        self._body = memoryview(b"")
        self._filled = 0

    def room(self) -> memoryview:
        """Return where to put what arrives next; at least one byte."""
        if self._head is not None and self._filled < len(self._body):
            return self._body[self._filled :]
        return self._scratch

    def filled(self, count: int) -> None:
        """Tell that so many bytes were put there."""
        if self._head is not None and self._filled < len(self._body):
            self._filled += count
        elif count:
            self._buffer.feed(bytes(self._scratch[:count]))

    def end(self) -> None:
        """Tell that nothing more will arrive.

        Raises:
            TruncatedError: it ended in the middle of something.
        """
        if self._head is not None or len(self._buffer):
            raise TruncatedError(
                "the connection ended in the middle of a message.",
                got=self._filled or len(self._buffer),
                stage="read",
            )

    def take_payload(self) -> bytes | None:
        """Take the payload of the next record, as of a greeting; None while more must arrive."""
        return take_record(self._buffer, MAX_MESSAGE) if len(self._buffer) else None

    def take(self) -> Arrived | None:
        """Take the next message with its body; None while more must arrive first.

        Raises:
            RemoteProtocolError: what arrived is not of the protocol.
        """
        if self._head is None:
            payload = self.take_payload()
            if payload is None:
                return None
            message = decode_message(payload)
            size = _body_size(message)
            if not size:
                return Arrived(message, payload, memoryview(b""))
            self._head = message, payload
            self._body = self.rooms.take(size)
            self._filled = 0
        missing = len(self._body) - self._filled
        if missing and len(self._buffer):
            data = self._buffer.receive(missing) or b""
            self._body[self._filled : self._filled + len(data)] = data
            self._filled += len(data)
            if self._filled < len(self._body) and len(self._buffer):
                return self.take()
        if self._filled < len(self._body):
            return None
        arrived = Arrived(*self._head, self._body)
        self._head = None
        self._body = memoryview(b"")
        return arrived


def _body_size(message: Message) -> int:
    """How many bytes follow a message.

    Raises:
        RemoteProtocolError: it says something impossible.
    """
    if type(message) is Chunk:
        size = message.size
        possible = size > 0
    elif type(message) is Bundle:
        size = sum([item.size for item in message.items])
        possible = all(item.size >= 0 for item in message.items)
    else:
        return 0
    if not possible or size > CELL:
        raise RemoteProtocolError(f"a chunk of {size} bytes, where 1 to {CELL} are allowed.")
    return size
