"""A hub that other machines can reach announces itself on the local network (mDNS)."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from razem.sockets.hosts import find_reach
from razem.talk.nearby import SERVICE, Announced, properties

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from zeroconf.asyncio import AsyncServiceInfo

    from razem.hub.process import HubProcess

__all__ = ["announced"]


@asynccontextmanager
async def announced(process: HubProcess) -> AsyncIterator[None]:
    """Announce a hub for as long as the block lasts, if it listens for other machines.

    Where that cannot be done, nobody minds: it is found by its address all the same.
    """
    task = asyncio.create_task(_announce(process)) if _is_wanted(process) else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _is_wanted(process: HubProcess) -> bool:
    reach = find_reach(process.addresses, process.config.name)
    return process.config.announce and reach is not None and reach.remote


async def _announce(process: HubProcess) -> None:
    await asyncio.to_thread(__import__, "zeroconf.asyncio")
    from zeroconf import Error  # noqa: PLC0415 - 0.2 s, which no start should wait for
    from zeroconf.asyncio import AsyncZeroconf  # noqa: PLC0415

    try:
        zeroconf = AsyncZeroconf()
    except OSError:
        return  # there is no network
    try:
        with suppress(OSError, Error):
            await zeroconf.async_register_service(_service(process), allow_name_change=True)
            await asyncio.Event().wait()
    finally:
        with suppress(OSError, Error):
            await asyncio.shield(zeroconf.async_unregister_all_services())
        await asyncio.shield(zeroconf.async_close())


def _service(process: HubProcess) -> AsyncServiceInfo:
    from zeroconf.asyncio import AsyncServiceInfo  # noqa: PLC0415

    from razem.meet.local import own_hosts  # noqa: PLC0415

    reach = find_reach(process.addresses, process.config.name)
    port = reach.port if reach is not None else 0
    host = socket.gethostname().partition(".")[0] or "razem"
    config = process.config
    name = config.network if config.network != "Razem" else f"Razem on {host}"
    fingerprint = process.load_identity().fingerprint
    return AsyncServiceInfo(
        SERVICE,
        f"{host}-{port}.{SERVICE}",
        port=port,
        properties=properties(Announced(name, fingerprint)),
        server=f"{host}.local.",
        parsed_addresses=own_hosts(zones=False),
    )
