"""Waiting for several endpoints at once, for asyncio: the twin of `razem.sockets.waiting`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

from razem.errors import ClosedError, Error

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Receivable", "wait"]


class Receivable(Protocol):
    """A stream, datagrams or a listener of `razem.aio`."""

    async def receivable(self) -> None:
        """Wait until something can be received or accepted, without taking it."""


End = TypeVar("End", bound=Receivable)


async def wait(endpoints: Iterable[End], timeout: float | None = None) -> list[End]:
    """Wait until one of the endpoints has something to receive, or to accept; return all such.

    Arguments and errors are those of `razem.wait`; through TLS, too, it is exact.
    """
    waited = list(endpoints)
    tasks = [asyncio.ensure_future(end.receivable()) for end in waited]
    if not tasks:
        return []
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        ready = []
        for end, task in zip(waited, tasks, strict=True):
            if not task.done():
                continue
            error = task.exception()
            if isinstance(error, ClosedError) or (error and not isinstance(error, Error)):
                raise error
            ready.append(end)
        return ready
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
