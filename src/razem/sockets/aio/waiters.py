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
        seconds = remaining(deadline)
        timer = None if seconds is None else loop.call_later(seconds, _expire, future)
        try:
            return await future
        finally:
            if timer is not None:
                timer.cancel()
            if future in self._futures:  # it has expired or was cancelled
                self._futures.remove(future)

    def wake(self) -> None:
        """Wake all."""
        if self._futures:
            futures, self._futures = self._futures, []
            for future in futures:
                if not future.done():
                    future.set_result(True)


def _expire(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)
