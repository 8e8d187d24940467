"""Descriptors sent to another process, for asyncio: the twin of `razem.sockets.passing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.sockets.aio.datagram import Datagrams, SocketDatagrams
from razem.sockets.clock import deadline_after
from razem.sockets.passing import (
    HasFileno,
    check_passing,
    no_passing,
    try_receive,
    try_send,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["receive_descriptors", "send_descriptors"]


async def send_descriptors(
    end: Datagrams,
    descriptors: Sequence[int | HasFileno],
    data: bytes = b"\0",
    *,
    timeout: float | None = None,
) -> None:
    """Send descriptors to the process at the other end, which gets copies of its own.

    Arguments and errors are those of `razem.send_descriptors`, but `end` is connected by
    unix+seqpacket or unix+dgram: a stream of asyncio reads ahead, and would lose them.
    """
    ready = _check(end)
    numbers = check_passing(end, descriptors, data)
    deadline = deadline_after(timeout)
    while True:
        with end.options.sockets() as sockets:
            if try_send(end, sockets[0], data, numbers) is not None:
                return
        await ready.wait_ready("write", deadline)


async def receive_descriptors(
    end: Datagrams,
    max_bytes: int = 65536,
    max_descriptors: int = 16,
    *,
    timeout: float | None = None,
) -> tuple[bytes, list[int]]:
    """Wait for data and the descriptors that were sent with it; they are yours to close.

    Arguments and errors are those of `razem.receive_descriptors`, but `end` is unix+seqpacket or
    unix+dgram: a stream of asyncio reads ahead, and would lose them.
    """
    ready = _check(end)
    check_passing(end, (), b"\0")
    deadline = deadline_after(timeout)
    while True:
        with end.options.sockets() as sockets:
            taken = try_receive(end, sockets[0], max_bytes, max_descriptors)
        if taken is not None:
            return taken
        await ready.wait_ready("read", deadline)


def _check(end: object) -> SocketDatagrams:
    """Check that the end does not read ahead.

    Raises:
        UnavailableError: it does, or it is no socket.
    """
    if not isinstance(end, SocketDatagrams):
        raise no_passing("this endpoint cannot carry descriptors in asyncio.")
    return end
