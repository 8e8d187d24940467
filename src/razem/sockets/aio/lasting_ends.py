"""Connecting to, and listening for, lasting streams; called by `connect` and `listen`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from razem.errors import AddressError
from razem.sockets.aio.lasting_listener import LastingListener
from razem.sockets.aio.lasting_stream import open_lasting
from razem.sockets.aio.stream import Stream
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.connecting import WORTH_RETRYING, retry_delays
from razem.sockets.lasting.settings import Lasting

if TYPE_CHECKING:
    from razem.sockets.aio.datagram import Datagrams
    from razem.sockets.aio.listener import Listener
    from razem.sockets.retry import Retry

__all__ = ["Connect", "connect_lasting", "listen_lasting"]


class Connect(Protocol):
    """Connects, once or again: `connect` with all but its time-out given."""

    async def __call__(self, *, timeout: float | None) -> Stream | Datagrams:
        """Connect."""


async def connect_lasting(
    connect: Connect, *, lasting: bool | Lasting, timeout: float | None, retry: Retry | None
) -> Stream:
    """Connect to a lasting listener. Errors are those of `connect`, and of `open_lasting`."""
    settings = _settings(lasting)
    deadline = deadline_after(timeout)
    delays = retry_delays(retry)

    async def dial(by: float | None) -> Stream:
        return await _as_stream(await connect(timeout=remaining(by)))

    while True:
        try:
            return await open_lasting(dial, settings, deadline, await dial(deadline))
        except WORTH_RETRYING:
            delay = next(delays, None)
            left = remaining(deadline)
            if delay is None or (left is not None and left <= delay):
                raise
            await asyncio.sleep(delay)


async def listen_lasting(listener: Listener, *, lasting: bool | Lasting) -> Listener:
    """Take lasting streams only on what listens already."""
    return LastingListener(listener, _settings(lasting))


def _settings(lasting: bool | Lasting) -> Lasting:  # noqa: FBT001  as the caller wrote it
    return lasting if isinstance(lasting, Lasting) else Lasting()


async def _as_stream(connected: Stream | Datagrams) -> Stream:
    """Check that it is a stream.

    Raises:
        AddressError: it is made of datagrams or messages.
    """
    if isinstance(connected, Stream):
        return connected
    await connected.close()
    raise AddressError(
        "only streams can last, and datagrams have none.",
        advice="Use tcp://, tls:// or unix:.",
    )
