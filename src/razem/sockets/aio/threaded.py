"""A blocking stream as one for asyncio, for descriptors that event loops cannot watch.

Regular files cannot be watched, and a terminal that other programs share must not be made
non-blocking. So each read and each write is made in a thread, one at a time in each direction. A
call that was cancelled or timed out leaves its thread at work, whose outcome is kept.
"""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import TYPE_CHECKING

from razem.errors import Error
from razem.sockets.aio.stream import Stream
from razem.sockets.aio.waiters import Waiters
from razem.sockets.failures import timed_out
from razem.sockets.stream import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.sockets.stream import Stream as BlockingStream

__all__ = ["ThreadedStream"]


class ThreadedStream(Stream):
    """A blocking stream in the shape of one for asyncio.

    Args:
        inner: it belongs to this stream from now on.
    """

    def __init__(self, inner: BlockingStream) -> None:
        super().__init__(local=inner.local, remote=inner.remote)
        self._inner = inner
        self._reading = False
        self._writing = False
        self._changed = Waiters()

    async def _fill(self, wanted: int, deadline: float | None) -> None:  # noqa: ARG002
        if not self._reading:
            self._reading = True
            self._start(self._inner.receive, self._has_read, MAX_BYTES)
        if not await self._changed.wait(deadline):
            raise timed_out(self._remote, "read")

    def _has_read(self, outcome: object) -> None:
        self._reading = False
        if isinstance(outcome, Error):
            self._fail(outcome)
        elif isinstance(outcome, bytes) and outcome:
            self._buffer.feed(outcome)
        else:
            self._buffer.end()
        self._changed.wake()

    async def _write(self, data: bytes, deadline: float | None) -> None:
        await self._written(deadline)
        self._writing = True
        self._start(self._inner.send, self._has_written, data)
        await self._written(deadline)

    async def _written(self, deadline: float | None) -> None:
        """Wait until the last write is done.

        Raises:
            TimedOutError: the deadline passed; it goes on.
            Error: it failed.
        """
        while self._writing:
            if not await self._changed.wait(deadline):
                raise timed_out(self._remote, "write")
        self._check_writable()

    def _has_written(self, outcome: object) -> None:
        self._writing = False
        if isinstance(outcome, Error):
            self._fail(outcome)
        self._changed.wake()

    async def _end_writing(self, deadline: float | None) -> None:
        self._writing = True
        self._start(self._inner.close_sending, self._has_written)
        await self._written(deadline)

    async def _end_reading(self) -> None:
        self._changed.wake()
        await asyncio.to_thread(self._inner.close_receiving)

    async def _release(self) -> None:
        self._changed.wake()
        await asyncio.to_thread(self._inner.close)

    def _fail(self, error: Error) -> None:
        if not self._closed and self._failure is None:
            self._failure = error

    def _start(
        self, function: Callable[..., object], then: Callable[[object], None], *arguments: object
    ) -> None:
        """Call the function in a thread, and then `then` with its outcome in the loop.

        Not in the loop's executor, for whose threads `asyncio.run` waits at its end.
        """
        loop = asyncio.get_running_loop()

        def run() -> None:
            outcome: object
            try:
                outcome = function(*arguments)
            except Error as error:
                outcome = error
            try:
                loop.call_soon_threadsafe(then, outcome)
            except RuntimeError:  # the loop has been closed meanwhile
                return

        Thread(target=run, name="razem-file", daemon=True).start()

    def _descriptor(self) -> int:
        return self._inner.fileno()
