"""Events on their way from a client to whoever reads them, in asyncio."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from .events import Event, EventsLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

__all__ = ["Mailbox"]


class Mailbox:
    """A bounded queue of events with one reader.

    Over `limit`, the oldest are dropped and `EventsLost` says so; before it comes to that,
    `has_room` asks the writer to wait, if there is a reader who will make room.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._events: deque[Event] = deque()
        self._lost = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._readers = 0
        self._closed = False

    def put(self, events: Iterable[Event]) -> None:
        """Append events."""
        self._events.extend(events)
        while len(self._events) > self._limit:
            self._events.popleft()
            self._lost += 1
        if self._readers and len(self._events) > self._limit // 2:
            self._room.clear()
        self._changed.set()

    def close(self) -> None:
        """Let the reader come to an end after what is there."""
        self._closed = True
        self._changed.set()
        self._room.set()

    async def has_room(self) -> None:
        """Wait while a reader has much to read."""
        await self._room.wait()

    def hurry(self) -> None:
        """Let a writer that waits for room go on: somebody waits for what comes next."""
        self._room.set()

    async def events(self) -> AsyncIterator[Event]:
        """Give the events as they come, until the mailbox is closed."""
        self._readers += 1
        try:
            while self._events or not self._closed:
                if not self._events:
                    self._room.set()
                    self._changed.clear()
                    await self._changed.wait()
                    continue
                if self._lost:
                    lost, self._lost = self._lost, 0
                    yield EventsLost(count=lost)
                yield self._events.popleft()
        finally:
            self._readers -= 1
            self._room.set()
