"""Waiting in asyncio: many tasks for one thing, each with its own deadline."""

from __future__ import annotations

import asyncio

from razem.sockets.clock import remaining

__all__ = ["Waiters"]


class Waiters:
    """Tasks that wait until something changes. Who is woken looks again whether it suits."""

    def __init__(self) -> None:
        self._first: asyncio.Future[bool] | None = None  # nearly always the only one
        self._others: list[asyncio.Future[bool]] = []

    def wake_up(self) -> asyncio.Future[bool]:
        """Return what is done when woken: the shortest way to wait, without a deadline."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._first is None:
            self._first = future
        else:  # who was cancelled meanwhile waits no more
            self._others = [each for each in self._others if not each.done()]
            self._others.append(future)
        return future

    async def wait(self, deadline: float | None = None) -> bool:
        """Wait to be woken; return False if the deadline came first."""
        future = self.wake_up()
        timer = None
        if deadline is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(remaining(deadline) or 0.0, _expire, future)
        try:
            return await future
        finally:
            if timer is not None:
                timer.cancel()

    def wake(self) -> None:
        """Wake all."""
        first = self._first
        if first is None:
            return
        self._first = None
        if not first.done():
            first.set_result(True)
        if self._others:
            others, self._others = self._others, []
            for future in others:
                if not future.done():
                    future.set_result(True)


def _expire(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)
