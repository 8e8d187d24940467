"""Two joined streams in memory for asyncio: real streams, without a socket."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from razem.sockets.aio.stream import Stream
from razem.sockets.aio.waiters import Waiters
from razem.sockets.failures import os_error, stream_failed, timed_out

if TYPE_CHECKING:
    from typing import Self

__all__ = ["MemoryStream", "memory_pair"]


async def memory_pair(*, capacity: int = 65536) -> tuple[MemoryStream, MemoryStream]:
    """Make two joined streams.

    Args:
        capacity: bytes that may be on their way in each direction; `send` waits beyond that.
    """
    left, right = MemoryStream(capacity), MemoryStream(capacity)
    left.join(right)
    right.join(left)
    return left, right


class MemoryStream(Stream):
    """One of a pair; see `memory_pair`."""

    _peer: Self

    def __init__(self, capacity: int) -> None:
        super().__init__(local=None, remote=None)
        self._capacity = capacity
        self._wanted = 0  # bytes that a call waits for
        self._rest = b""  # what the peer had no room for yet
        self._readers = Waiters()
        self._writers = Waiters()

    def join(self, peer: Self) -> None:
        """Make `peer` the other end of this one."""
        self._peer = peer

    async def _fill(self, wanted: int, deadline: float | None) -> None:
        self._wanted = wanted
        self._drained()
        try:
            if not self._buffer.ended and not await self._readers.wait(deadline):
                raise timed_out(None, "read")
        finally:
            self._wanted = 0

    def _drained(self) -> None:
        self._peer.carry()

    def carry(self) -> None:
        """Move what the peer has room for."""
        peer = self._peer
        room = max(peer._capacity, peer._wanted) - len(peer._buffer)  # noqa: SLF001  a pair
        if self._rest and room > 0 and not peer._closed:  # noqa: SLF001
            peer._buffer.feed(self._rest[:room])  # noqa: SLF001
            self._rest = self._rest[room:]
            peer._readers.wake()  # noqa: SLF001
        self._writers.wake()

    async def _write(self, data: bytes, deadline: float | None) -> None:
        self._rest += data
        self.carry()
        while True:
            self._check_writable()
            if not self._rest:
                return
            if self._peer.closed or self._peer._ended_receiving:  # noqa: SLF001  a pair
                raise stream_failed(os_error(errno.EPIPE), None, "write")
            if not await self._writers.wait(deadline):
                raise timed_out(None, "write")

    async def sendable(self) -> None:
        """Wait until there is room to send, and all that was sent before has gone.

        Raises:
            ClosedError: this side closed the stream.
        """
        peer = self._peer
        while True:
            self._check_writable()
            full = len(peer._buffer) >= self._capacity  # noqa: SLF001  a pair
            if not self._rest and not (full and not peer.closed):
                return
            await self._writers.wait()

    async def _end_reading(self) -> None:
        self._readers.wake()
        self._peer._writers.wake()  # noqa: SLF001  a pair

    async def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        self._end_peer()

    async def _release(self) -> None:
        self._rest = b""
        self._end_peer()
        self._readers.wake()
        self._writers.wake()

    def _end_peer(self) -> None:
        """Tell the peer that nothing more will come."""
        self._peer._buffer.end()  # noqa: SLF001  a pair
        self._peer._readers.wake()  # noqa: SLF001
        self._peer._writers.wake()  # noqa: SLF001
