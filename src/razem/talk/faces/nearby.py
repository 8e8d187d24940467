"""The hubs of the local network, as they announce themselves (mDNS)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Self

from razem.talk.nearby import SERVICE, read_properties

if TYPE_CHECKING:
    from types import TracebackType

    from zeroconf import Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

__all__ = ["Found", "Nearby"]

_PATIENCE = 3000  # milliseconds for the addresses of one hub


class Found(NamedTuple):
    """A hub of this network.

    Attributes:
        address: ``host:port``, as one would type it.
    """

    name: str
    address: str
    fingerprint: str


class Nearby:
    """Looks for hubs while the block lasts.

    Attributes:
        found: by the name of the service.
        problem: why nothing can be found, or "".
    """

    def __init__(self) -> None:
        self.found: dict[str, Found] = {}
        self.problem = ""
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Begin to look."""
        await asyncio.to_thread(__import__, "zeroconf.asyncio")
        from zeroconf.asyncio import (  # noqa: PLC0415 - it takes 0.2 s
            AsyncServiceBrowser,
            AsyncZeroconf,
        )

        try:
            self._zeroconf = AsyncZeroconf()
        except OSError as error:
            self.problem = f"this machine has no network to look at ({error.strerror})"
            return self
        self._browser = AsyncServiceBrowser(
            self._zeroconf.zeroconf, SERVICE, handlers=[self._on_change]
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Stop looking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._browser is not None:
            await self._browser.async_cancel()
        if self._zeroconf is not None:
            await self._zeroconf.async_close()

    def _on_change(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: object
    ) -> None:
        if getattr(state_change, "name", "") == "Removed":
            self.found.pop(name, None)
            return
        task = asyncio.get_running_loop().create_task(self._look_up(zeroconf, service_type, name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_up(self, zeroconf: Zeroconf, service_type: str, name: str) -> None:
        from zeroconf.asyncio import AsyncServiceInfo  # noqa: PLC0415 - as above

        info = AsyncServiceInfo(service_type, name)
        if not await info.async_request(zeroconf, _PATIENCE) or not info.port:
            return
        announced = read_properties(info.properties)
        addresses = info.parsed_addresses()
        host = next((one for one in addresses if ":" not in one), addresses[0] if addresses else "")
        if host:
            host = f"[{host}]" if ":" in host else host
            found = Found(announced.name or host, f"{host}:{info.port}", announced.fingerprint)
            self.found[name] = found
