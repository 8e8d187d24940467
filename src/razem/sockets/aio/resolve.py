"""Names into endpoints for asyncio: the twin of `razem.sockets.resolve`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from razem.sockets.aio.waiters import Waiters
from razem.sockets.endpoints import known_endpoints
from razem.sockets.lookup import Lookup

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.sockets.endpoints import Endpoint

__all__ = ["resolve"]


async def resolve(
    address: Address, *, listening: bool = False, deadline: float | None = None
) -> list[Endpoint]:
    """Return every endpoint of the address, in the order to try them.

    Not in the loop's executor, for whose threads `asyncio.run` waits at its end.

    Raises:
        ResolveError: the name is unknown, or the name server silent.
        TimedOutError: the deadline passed.
        AddressError: it can be no socket's address.
    """
    known = known_endpoints(address, listening=listening)
    if known is not None:
        return known
    lookup = Lookup(address, listening=listening)
    if lookup.is_numeric:
        lookup.run()
        return lookup.endpoints()
    loop = asyncio.get_running_loop()
    waiters = Waiters()

    def done() -> None:
        with suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(waiters.wake)

    lookup.start(done)
    await waiters.wait(deadline)
    return lookup.endpoints()
