"""Waiting for several endpoints at once, for asyncio: the twin of `razem.sockets.waiting`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

from razem.errors import ClosedError, Error

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Receivable", "Sendable", "wait"]


class Receivable(Protocol):
    """A stream, datagrams or a listener of `razem.aio`."""

    async def receivable(self) -> None:
        """Wait until something can be received or accepted, without taking it."""


class Sendable(Protocol):
    """A stream or datagrams of `razem.aio`."""

    async def sendable(self) -> None:
        """Wait until there is room to send."""


End = TypeVar("End", bound=Receivable)
Sender = TypeVar("Sender", bound=Sendable)


async def wait(
    endpoints: Iterable[End], timeout: float | None = None, *, sending: Iterable[Sender] = ()
) -> list[End | Sender]:
    """Wait until one of the endpoints has something to receive, or to accept; return all such.

    Of `sending`, wait for room to send.

    Arguments and errors are those of `razem.wait`; through TLS, too, it is exact.
    """
    receivers, senders = list(endpoints), list(sending)
    ends: list[End | Sender] = [*receivers, *senders]
    waits = [*(end.receivable() for end in receivers), *(end.sendable() for end in senders)]
    tasks = [asyncio.ensure_future(each) for each in waits]
    if not tasks:
        return []
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        ready: list[End | Sender] = []
        for end, task in zip(ends, tasks, strict=True):
            if not task.done():
                continue
            error = task.exception()
            if isinstance(error, ClosedError) or (error and not isinstance(error, Error)):
                raise error
            if end not in ready:
                ready.append(end)
        return ready
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
