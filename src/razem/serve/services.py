"""The small services, by name.

A service is a coroutine function over a stream of `razem.aio`, so that it runs on every address
that can be listened on: give it to `Listener.serve`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from razem.sockets.aio.stream import Stream

__all__ = ["SERVICES", "Service", "upper"]


class Service(NamedTuple):
    """A service and what is said of it.

    Attributes:
        summary: what it does, as a phrase.
        address: where it listens unless told otherwise.
        handler: serves one connection; the caller closes the stream afterwards.
    """

    summary: str
    address: str
    handler: Callable[[Stream], Awaitable[None]]


async def upper(stream: Stream) -> None:
    """Answer each piece in upper case, until the peer ends.

    Only the letters of ASCII change: a piece may end in the middle of any other.
    """
    async for piece in stream:
        await stream.send(piece.upper())


SERVICES: Final = {
    "upper": Service("answers everything in upper case", "tcp://localhost:9090", upper),
}
