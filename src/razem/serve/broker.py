"""A broker: what one client says, all others hear."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import ClosedError
from razem.serve.framing import Mode
from razem.sockets.aio.waiters import Waiters
from razem.sockets.records import encode_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from razem.sockets.aio.stream import Stream

__all__ = ["Broker", "SlowReader"]

_BACKLOG: Final = 1024 * 1024  # bytes


class SlowReader(Enum):
    """What becomes of a client that does not read as fast as the others write."""

    BLOCK = "block"  # all wait for it
    DROP_OLDEST = "drop-oldest"  # of what waits for it
    DROP_NEWEST = "drop-newest"
    DISCONNECT = "disconnect"


class Broker:
    """Hands on what each client says to all others; give `handler` to `Listener.serve`.

    Args:
        mode: lines and records are handed on whole, bytes as they come.
        slow: what becomes of a client that is slow.
        backlog: bytes that may wait for one client, until it counts as slow.
        heard: is called with what every client says.

    Attributes:
        clients: how many there are.
        dropped: pieces that were not handed on to somebody slow.
        disconnected: clients that were too slow.
        met: clients so far.
        last: when somebody came or said something, by the monotonic clock.
    """

    def __init__(
        self,
        *,
        mode: Mode = Mode.BYTES,
        slow: SlowReader = SlowReader.DISCONNECT,
        backlog: int = _BACKLOG,
        heard: Callable[[bytes], Awaitable[None]] | None = None,
    ) -> None:
        self.dropped = 0
        self.disconnected = 0
        self.met = 0
        self.last = monotonic()
        self._mode = mode
        self._slow = slow
        self._backlog = backlog
        self._heard = heard
        self._members: dict[Stream, _Member] = {}
        self._room = Waiters()

    @property
    def clients(self) -> int:
        """How many there are."""
        return len(self._members)

    async def handler(self, stream: Stream) -> None:
        """Serve a client until it ends; the caller closes the stream."""
        member = _Member(stream)
        self._members[stream] = member
        self.met += 1
        self.last = monotonic()
        writing = asyncio.create_task(self._write(member))
        try:
            async for piece in self._pieces(stream):
                await self.publish(piece, sender=stream)
                if self._heard is not None:
                    await self._heard(piece)
        except ClosedError:  # it was too slow
            return
        finally:
            del self._members[stream]
            self._room.wake()
            writing.cancel()
            await asyncio.wait([writing])

    async def publish(self, piece: bytes, *, sender: Stream | None = None) -> None:
        """Hand a piece on to all but its sender; of a record, its payload."""
        self.last = monotonic()
        data = encode_record(piece) if self._mode is Mode.RECORDS else piece
        for member in list(self._members.values()):
            if member.stream is not sender:
                await self._put(member, data)

    async def _put(self, member: _Member, data: bytes) -> None:
        """Queue it, as the policy says."""
        while member.size and member.size + len(data) > self._backlog:
            if self._slow is SlowReader.DROP_OLDEST:
                member.take()
                self.dropped += 1
            elif self._slow is SlowReader.BLOCK:
                await self._room.wait()
                if member.stream not in self._members:
                    return
            else:
                self.dropped += 1
                if self._slow is SlowReader.DISCONNECT:
                    self.disconnected += 1
                    await member.stream.close()
                return
        member.put(data)

    async def _write(self, member: _Member) -> None:
        """Send what is queued."""
        try:
            while True:
                while member.size:
                    await member.stream.send(member.take())
                    self._room.wake()
                await member.filled.wait()
        except OSError:  # its reading end tells
            return
        except ClosedError:
            return

    async def _pieces(self, stream: Stream) -> AsyncIterator[bytes]:
        """What a client says, each to be handed on as a whole."""
        if self._mode is Mode.RECORDS:
            async for record in stream.records():
                yield record
        elif self._mode is Mode.LINES:
            async for line in stream.lines():
                yield line + b"\n"
        else:
            async for piece in stream:
                yield piece


class _Member:
    """A client, and what waits for it."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.filled = Waiters()
        self.size = 0  # bytes
        self._queue: deque[bytes] = deque()

    def put(self, data: bytes) -> None:
        self._queue.append(data)
        self.size += len(data)
        self.filled.wake()

    def take(self) -> bytes:
        data = self._queue.popleft()
        self.size -= len(data)
        return data
