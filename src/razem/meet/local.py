"""Finding the other end on the local network, by mDNS (RFC 6762, RFC 6763).

Both ends announce themselves, and look for the other: so each can try the addresses of the other,
and a firewall at one of them does not matter. What is announced is the number of the code, whether
one offers or seeks, and where one listens; the words are in nothing.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple

import ifaddr
from zeroconf import IPVersion, NonUniqueNameException, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

if TYPE_CHECKING:
    from collections.abc import Callable

    from zeroconf import Zeroconf

__all__ = ["Local", "Sighting", "own_hosts"]

# What it has to say of single interfaces, one cannot do anything about.
logging.getLogger("zeroconf").setLevel(logging.ERROR)

_TYPE: Final = "_razem-code._tcp.local."
_NUMBER: Final = b"number"
_ROLE: Final = b"role"
_ROLES: Final = {True: b"offers", False: b"seeks"}
_ASK_SECONDS: Final = 3.0
_SIGHTINGS: Final = 64  # of the right number and role; more is a flood


class Sighting(NamedTuple):
    """Somebody who may be the other end.

    Attributes:
        hosts: numeric addresses, with a zone if needed.
        port: where it listens.
    """

    hosts: list[str]
    port: int


class Local:
    """Announces one end on the local network, and tells who may be the other.

    Args:
        offers: whether this end offers the code.
        seen: is called with everybody who has the number and the other part.

    Raises:
        OSError: there is no network.
    """

    def __init__(self, *, offers: bool, seen: Callable[[Sighting], None]) -> None:
        self.numbers: set[int] = set()
        """Numbers that others offer."""
        self._offers = offers
        self._seen = seen
        self._number = 0
        self._name = token_hex(8)
        self._found: list[tuple[int, bool, Sighting]] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._zeroconf = AsyncZeroconf(ip_version=_versions())
        self._browser: AsyncServiceBrowser | None = AsyncServiceBrowser(
            self._zeroconf.zeroconf, _TYPE, handlers=[self._changed]
        )

    async def announce(self, number: int, port: int) -> None:
        """Say that this end is here."""
        self._number = number
        for offered, offers, sighting in self._found:
            self._consider(offered, sighting, offers=offers)
        info = AsyncServiceInfo(
            _TYPE,
            f"{self._name}.{_TYPE}",
            port=port,
            parsed_addresses=own_hosts(),
            properties={_NUMBER: str(number).encode(), _ROLE: _ROLES[self._offers]},
            server=f"{self._name}.local.",
        )
        # In the background: nobody has this name, and to wait for the proof of it takes a second.
        task = asyncio.create_task(self._register(info))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _register(self, info: AsyncServiceInfo) -> None:
        with suppress(OSError, NonUniqueNameException):
            await self._zeroconf.async_register_service(info, cooperating_responders=True)

    def _changed(
        self,
        zeroconf: Zeroconf,  # noqa: ARG002  by name, as zeroconf calls it
        service_type: str,  # noqa: ARG002
        name: str,
        state_change: ServiceStateChange,
    ) -> None:
        if state_change is ServiceStateChange.Removed or name.startswith(self._name):
            return
        if len(self._asking) >= _SIGHTINGS:
            return
        task = asyncio.ensure_future(self._ask(name))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, name: str) -> None:
        info = AsyncServiceInfo(_TYPE, name)
        if not await info.async_request(self._zeroconf.zeroconf, _ASK_SECONDS * 1000):
            return
        text = info.properties.get(_NUMBER) or b""
        role = info.properties.get(_ROLE)
        if not (text.isdigit() and len(text) < 10 and info.port and role in _ROLES.values()):
            return
        sighting = Sighting(info.parsed_scoped_addresses(), info.port)
        offers = role == _ROLES[True]
        if offers:
            self.numbers.add(int(text))
        if len(self._found) < _SIGHTINGS:
            self._found.append((int(text), offers, sighting))
        self._consider(int(text), sighting, offers=offers)

    def _consider(self, number: int, sighting: Sighting, *, offers: bool) -> None:
        if self._number and number == self._number and offers is not self._offers:
            self._seen(sighting)

    async def close(self) -> None:
        """Be here no more."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        with suppress(OSError):
            try:
                browser, self._browser = self._browser, None
                if browser is not None:
                    await browser.async_cancel()
                await self._zeroconf.async_close()
            except asyncio.CancelledError:  # without a goodbye, then
                await self._zeroconf.async_close()
                raise


def own_hosts(*, zones: bool = True) -> list[str]:
    """Return the addresses of this machine at which others may reach it.

    Args:
        zones: whether those are among them that count on one link only.
    """
    hosts = []
    for adapter in ifaddr.get_adapters():
        for each in adapter.ips:
            if isinstance(each.ip, str):
                if not each.ip.startswith("127."):
                    hosts.append(each.ip)
            elif each.ip[0] != "::1" and (zones or not each.ip[0].startswith("fe80:")):
                hosts.append(each.ip[0])
    return hosts


def _versions() -> IPVersion:
    """Use IPv6 as well, where this machine has it."""
    has_six = any(":" in host for host in own_hosts())
    return IPVersion.All if has_six else IPVersion.V4Only
