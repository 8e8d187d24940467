"""Waiting in asyncio: many tasks for one thing, each with its own deadline."""

from __future__ import annotations

import asyncio

from razem.sockets.clock import remaining

__all__ = ["Waiters"]


class Waiters:
    """Tasks that wait until something changes. Who is woken looks again whether it suits."""

    def __init__(self) -> None:
        self._futures: list[asyncio.Future[bool]] = []

    async def wait(self, deadline: float | None = None) -> bool:
        """Wait to be woken; return False if the deadline came first."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        self._futures.append(future)
        timer = None
        if deadline is not None:
            timer = loop.call_later(remaining(deadline) or 0.0, self._expire, future)
        try:
            return await future
        except asyncio.CancelledError:
            if future in self._futures:
                self._futures.remove(future)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def wake_up(self) -> asyncio.Future[bool]:
        """Return what is done when woken: the shortest way to wait, without a deadline."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._futures:  # who was cancelled meanwhile waits no more
            self._futures = [each for each in self._futures if not each.done()]
        self._futures.append(future)
        return future

    def wake(self) -> None:
        """Wake all."""
        if self._futures:
            futures, self._futures = self._futures, []
            for future in futures:
                if not future.done():
                    future.set_result(True)

    def _expire(self, future: asyncio.Future[bool]) -> None:
        if not future.done():
            self._futures.remove(future)
            future.set_result(False)
