"""Datagrams led through a bad network: the twin of `razem.testing.bad_datagrams`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import ClosedError, Error, TruncatedError
from razem.sockets.aio.datagram import Datagrams
from razem.sockets.aio.waiters import Waiters
from razem.sockets.clock import earlier, remaining
from razem.sockets.datagram_failures import datagram_timed_out, datagram_truncated
from razem.testing.bad_datagrams import Late
from razem.testing.faults import DatagramCourse, Mode

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.testing.aio_link import Link

__all__ = ["BadDatagrams"]

_HELD: Final = 1000  # datagrams on their way to us, over which no more are taken in


class BadDatagrams(Datagrams):
    """An end that loses, doubles and delays what comes, and, where nobody else does, what goes.

    Args:
        inner: it belongs to this object from now on.
        link: to the other end.
        reading: what becomes of what comes.
        writing: what becomes of what is sent; None where the other end sees to that.
    """

    def __init__(
        self, inner: Datagrams, link: Link, reading: DatagramCourse, writing: DatagramCourse | None
    ) -> None:
        super().__init__(local=inner.local, remote=inner.remote, timeout=inner.timeout)
        self._inner = inner
        self._link = link
        self._reading = reading
        self._writing = writing
        self._numbers = count()
        self._coming: list[Late] = []
        self._changed = Waiters()
        self._failures: list[Error] = []
        self._end: TruncatedError | None = None
        self._taking: asyncio.Task[None] | None = None
        self._going: set[asyncio.Task[None]] = set()

    async def before(self, mode: Mode) -> None:  # noqa: ARG002  of any
        """Take in what has come by now, as the link still is."""
        with suppress(Error):
            while True:
                self._take_in(*await self._inner.receive(timeout=0))

    async def after(self, mode: Mode) -> None:
        """Nothing is left to do."""

    async def _receive(
        self, max_bytes: int, deadline: float | None
    ) -> tuple[bytes, Address | None]:
        if self._taking is None:
            self._taking = asyncio.create_task(self._take_all_in())
            await asyncio.sleep(0)
        while True:
            if self._closed:
                raise self._closed_error("read")
            due = self._coming[0].due if self._coming else None
            if due is not None and due <= monotonic():
                late = heappop(self._coming)
                self._changed.wake()
                if len(late.data) > max_bytes:
                    raise datagram_truncated(late.peer, len(late.data), max_bytes)
                return late.data, late.peer
            if self._failures:
                raise self._failures.pop(0)
            if self._end is not None and due is None:
                raise self._end.with_traceback(None)
            in_time = await self._changed.wait(earlier(due, deadline))
            if not in_time and (due is None or (deadline is not None and deadline < due)):
                raise datagram_timed_out(self._remote, "read")

    async def _take_all_in(self) -> None:
        """Send what arrives at the end below on its way to us, for as long as it is open."""
        while True:
            while len(self._coming) >= _HELD:
                await self._changed.wait()
            try:
                self._take_in(*await self._inner.receive(timeout=None))
            except ClosedError:
                return
            except Error as error:
                if isinstance(error, TruncatedError) and error.needed is None and not error.got:
                    self._end = error  # of a connection; what is on its way comes before it
                    self._changed.wake()
                    return
                self._failures.append(error)
                self._changed.wake()

    def _take_in(self, data: bytes, sender: Address | None) -> None:
        if self._link.mode is Mode.OPEN:
            for late in self._reading.copies(len(data)):
                number = next(self._numbers)
                heappush(self._coming, Late(monotonic() + late, number, data, sender))
            self._changed.wake()

    async def _send(
        self, data: bytes | memoryview, to: Address | None, deadline: float | None
    ) -> None:
        if self._link.mode is not Mode.OPEN:
            return
        for late in [0.0] if self._writing is None else self._writing.copies(len(data)):
            if late:
                task = asyncio.create_task(self._send_late(late, bytes(data), to))
                self._going.add(task)
                task.add_done_callback(self._going.discard)
            else:
                await self._inner.send(data, to, timeout=remaining(deadline))

    async def _send_late(self, late: float, data: bytes, to: Address | None) -> None:
        await asyncio.sleep(late)
        with suppress(Error):  # nobody is there who could be told
            await self._inner.send(data, to, timeout=0)

    async def receivable(self) -> None:
        """Wait until a datagram can be received, without taking it."""
        if self._taking is None:
            self._taking = asyncio.create_task(self._take_all_in())
        while not (self._failures or self._end):
            if self._closed:
                raise self._closed_error("read")
            due = self._coming[0].due if self._coming else None
            if due is not None and due <= monotonic():
                return
            await self._changed.wait(due)

    async def sendable(self) -> None:
        """Wait until there is room to send a datagram."""
        await self._inner.sendable()

    async def close_sending(self) -> None:
        """Tell the peer of a connection that nothing more will be sent."""
        await self._inner.close_sending()

    async def close_receiving(self) -> None:
        """Receive nothing more from the peer of a connection."""
        await self._inner.close_receiving()

    async def _release(self) -> None:
        self._coming.clear()
        tasks = [*self._going, *([] if self._taking is None else [self._taking])]
        for task in tasks:
            task.cancel()
        await self._inner.close()
        self._changed.wake()
        await asyncio.gather(*tasks, return_exceptions=True)
