"""Two joined ends for datagrams in memory for asyncio: real ones, without a socket."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from razem.sockets.aio.datagram import Datagrams
from razem.sockets.aio.waiters import Waiters
from razem.sockets.datagram_failures import datagram_timed_out
from razem.testing.memory_datagrams import LEFT, RIGHT, check_receiver, gone, take

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.testing.memory_datagrams import Queue

__all__ = ["MemoryDatagrams", "memory_datagrams"]


async def memory_datagrams(*, capacity: int = 64) -> tuple[MemoryDatagrams, MemoryDatagrams]:
    """Make two joined ends, each connected to the other.

    Args:
        capacity: datagrams that may be on their way in each direction; `send` waits beyond that.
    """
    changed = Waiters()
    left = MemoryDatagrams(LEFT, RIGHT, capacity, changed)
    right = MemoryDatagrams(RIGHT, LEFT, capacity, changed)
    left.peer, right.peer = right, left
    return left, right


class MemoryDatagrams(Datagrams):
    """One of a pair; see `memory_datagrams`.

    Attributes:
        peer: the other one.
        arrived: what was sent to this one.
    """

    peer: MemoryDatagrams

    def __init__(self, local: Address, remote: Address, capacity: int, changed: Waiters) -> None:
        super().__init__(local=local, remote=remote)
        self.arrived: Queue = deque()
        self._capacity = capacity
        self._changed = changed

    async def _receive(
        self, max_bytes: int, deadline: float | None
    ) -> tuple[bytes, Address | None]:
        while not self.arrived:
            await self._wait("read", deadline)
        data = take(self.arrived, max_bytes, self._remote)
        self._changed.wake()
        return data, self._remote

    async def _send(
        self, data: bytes | memoryview, to: Address | None, deadline: float | None
    ) -> None:
        check_receiver(to, self._remote)
        while True:
            if self.peer.closed:
                raise gone(self._remote)
            if len(self.peer.arrived) < self._capacity:
                break
            await self._wait("write", deadline)
        self.peer.arrived.append(bytes(data))
        self._changed.wake()

    async def _wait(self, stage: str, deadline: float | None) -> None:
        """Wait until something changes."""
        in_time = await self._changed.wait(deadline)
        if self._closed:
            raise self._closed_error(stage)
        if not in_time:
            raise datagram_timed_out(self._remote, stage)

    async def receivable(self) -> None:
        """Wait until a datagram can be received, without taking it."""
        while not self.arrived:
            await self._wait("read", None)

    async def sendable(self) -> None:
        """Wait until there is room to send a datagram."""
        while len(self.peer.arrived) >= self._capacity and not self.peer.closed:
            await self._wait("write", None)

    async def _release(self) -> None:
        self.arrived.clear()
        self._changed.wake()
