"""The shortest way from what arrives to the task that waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

__all__ = ["Arrival"]


class Arrival:
    """What one task at a time awaits, again and again: a future without the detour of the loop.

    A future tells the loop, which lets the task go on in its next turn. This one does so itself,
    in the callback of the transport: what the task sends in answer is on its way before the loop
    looks at anything else. Each time takes an event of its own, so nobody is kept from their turn.

    A task asks a future for no more than is here (`asyncio.Task`, `asyncio.isfuture`). Only one
    task may await it at a time: see `awaited`.
    """

    _asyncio_future_blocking = False

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._callback: Callable[[Any], object] | None = None
        self._context: Context | None = None

    def __await__(self) -> Generator[Any, None, None]:
        self._asyncio_future_blocking = True
        yield self

    @property
    def awaited(self) -> bool:
        """Whether a task waits."""
        return self._callback is not None

    def wake(self) -> None:
        """Let the task that waits go on, at once; in a callback of the loop."""
        callback = self._callback
        if callback is None:
            return
        if self._context is None or asyncio.current_task(self._loop) is not None:
            self.wake_soon()  # no loop does so; but two tasks cannot go on inside one another
            return
        self._callback = None
        try:
            self._context.run(callback, self)
        except (KeyboardInterrupt, SystemExit) as error:
            # They are for the loop, which might take them for the transport's.
            self._loop.call_soon(_throw, error)

    def wake_soon(self) -> None:
        """Let the task that waits go on in the next turn of the loop."""
        callback, self._callback = self._callback, None
        if callback is not None:
            self._loop.call_soon(callback, self, context=self._context)

    # -- called by the task ----------------------------------------------------------------------

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop (`asyncio.Future`)."""
        return self._loop

    def add_done_callback(
        self, callback: Callable[[Any], object], *, context: Context | None = None
    ) -> None:
        """Remember how to let the task go on (`asyncio.Future`)."""
        self._callback = callback
        self._context = context

    def result(self) -> None:
        """Let the task go on (`asyncio.Future`)."""

    def cancel(self, msg: object = None) -> bool:
        """Cancel the task that waits, in the next turn of the loop (`asyncio.Future`)."""
        callback, self._callback = self._callback, None
        if callback is None:
            return False
        self._loop.call_soon(callback, _Cancelled(msg), context=self._context)
        return True


class _Cancelled:
    """What a task is given in the place of the arrival."""

    def __init__(self, msg: object) -> None:
        self._msg = msg

    def result(self) -> NoReturn:
        """Let the task end (`asyncio.Future`)."""
        raise asyncio.CancelledError(*(() if self._msg is None else (self._msg,)))


def _throw(error: BaseException) -> NoReturn:
    raise error
