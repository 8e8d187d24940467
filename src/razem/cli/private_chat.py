"""A chat for two by a code: a hub in memory that is reached by nothing but the code."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from razem import aio
from razem.errors import ClosedError, Error
from razem.hub.config import Config
from razem.hub.running import running_hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from razem.sockets.address import Address
    from razem.sockets.aio.listener import Listener
    from razem.sockets.aio.stream import Stream

__all__ = ["PrivateHub", "private_hub"]


class PrivateHub(NamedTuple):
    """Where this user joins it, and where the other one does."""

    here: Address
    code: Address


@asynccontextmanager
async def private_hub(code: str) -> AsyncIterator[PrivateHub]:
    """Run a hub for this user, and for who has the code.

    Nothing is kept of what is said. It listens in a folder that only this user may enter.

    Raises:
        Error: nobody could come by the code.
    """
    async with await aio.listen(code) as listener:
        with tempfile.TemporaryDirectory(prefix="razem-") as folder:
            config = Config(
                listen=f"unix://{folder}/hub",
                memory=True,
                motd=f"A private chat for two. The other joins by:  razem chat {listener.local}",
            )
            async with running_hub(config) as hub:
                letting_in = asyncio.create_task(_let_in(listener, hub.addresses[0]))
                try:
                    yield PrivateHub(hub.addresses[0], listener.local)
                finally:
                    letting_in.cancel()
                    await asyncio.gather(letting_in, return_exceptions=True)


async def _let_in(listener: Listener, hub: Address) -> None:
    """Join each line of the other end to the hub."""
    lines: set[asyncio.Task[None]] = set()
    try:
        while True:
            line = await listener.accept()
            task = asyncio.create_task(_join(line, hub))
            lines.add(task)
            task.add_done_callback(lines.discard)
    except ClosedError:
        return
    except Error as error:
        print(f"-- {error}", file=sys.stderr, flush=True)
        await asyncio.Event().wait()  # those who are in go on
    finally:
        for task in lines:
            task.cancel()
        await asyncio.gather(*lines, return_exceptions=True)


async def _join(line: Stream, hub: Address) -> None:
    with suppress(Error):
        async with line, await aio.connect(hub) as inside:
            await aio.relay(line, inside)
