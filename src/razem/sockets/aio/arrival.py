"""The shortest way from what arrives to the task that waits for it."""

from __future__ import annotations

import asyncio
from typing import NoReturn

__all__ = ["Arrival"]


class Arrival:
    """What one task at a time waits for, again and again, without the detour of the loop.

    A future that is done tells the loop, which lets the task go on in its next turn. Here the task
    goes on in the callback of the transport: what it sends in answer is on its way before the loop
    looks at anything else. Each time takes an event of its own, so nobody is kept from their turn.

    Attributes:
        awaited: what a task waits for now, or did until it was cancelled.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._create_future = loop.create_future
        self.awaited: asyncio.Future[None] | None = None

    def wait(self) -> asyncio.Future[None]:
        """Return what to await at once. Only one task may, while `awaited` is None."""
        self.awaited = future = self._create_future()
        return future

    def wake(self) -> None:
        """Let the task that waits go on, at once; in a callback of the loop."""
        future = self.awaited
        if future is None:
            return
        # What the task has asked the future for is done here, and no more left to the future.
        callbacks = future._callbacks  # noqa: SLF001  of asyncio's own task, and the only one
        if not callbacks or asyncio.current_task(self._loop) is not None:
            self.wake_soon()  # no loop does so; but two tasks cannot go on inside one another
            return
        self.awaited = None
        callback, context = callbacks[0]
        future.remove_done_callback(callback)
        future.set_result(None)
        try:
            context.run(callback, future)
        except (KeyboardInterrupt, SystemExit) as error:
            # They are for the loop, which might take them for the transport's.
            self._loop.call_soon(_throw, error)

    def wake_soon(self) -> None:
        """Let the task that waits go on in the next turn of the loop."""
        future, self.awaited = self.awaited, None
        if future is not None and not future.done():
            future.set_result(None)


def _throw(error: BaseException) -> NoReturn:
    raise error
