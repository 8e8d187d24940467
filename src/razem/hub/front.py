"""The front of the hub: the port, those who arrive at it, and the two doors behind it."""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final

from razem.hub.arriving import Arrivals, Rules
from razem.hub.certificates import Certificates
from razem.hub.connection import IrcConnection
from razem.hub.meeting import Meetings
from razem.hub.places import Places
from razem.hub.port import Port, spare_descriptors
from razem.hub.refusals import Refusals
from razem.hub.site import Site

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from razem.hub.config import Config
    from razem.hub.places import Place
    from razem.hub.process import HubProcess
    from razem.hub.web import Web
    from razem.sockets.address import Address
    from razem.talk.origin import Origin

__all__ = ["Front"]

_WEB: Final = "razem.hub.web"


class Front:
    """Lets clients in to a hub.

    Args:
        process: the hub; its configuration says who may come in, and how.
        version: of the program.

    Raises:
        TlsError: the certificate cannot be used.
    """

    def __init__(self, process: HubProcess, version: str) -> None:
        config = process.config
        self._process: Final = process
        self._version: Final = version
        self._made_web: Web | None = None
        self._meetings: Final = Meetings(process)
        self._certificates: Final = Certificates(process.load_identity)
        self._refusals: Final = Refusals(process.now)
        self._arrivals: Final = Arrivals(
            _rules(config),
            Places(config.limits, spare_descriptors()),
            self._certificates,
            self,
            self._refusals,
        )
        self._port: Final = Port(self._arrivals.take)

    @property
    def addresses(self) -> list[Address]:
        """Where it listens, ports as they are."""
        return self._port.addresses

    @property
    def fingerprint(self) -> str:
        """Of the certificate that is shown, as ``sha256:`` and 64 hex digits."""
        return self._certificates.identity.fingerprint

    def open(self, addresses: Sequence[Address]) -> None:
        """Listen.

        Raises:
            Error: an address cannot be listened to.
        """
        for address in addresses:
            self._port.open(address)
        # It takes longer to import than all else: those who come for IRC need not wait for it.
        asyncio.get_running_loop().run_in_executor(None, _import_web)

    def reload(self) -> None:
        """Take over the certificate and the rules as they are now, for the connections to come.

        Raises:
            TlsError: the certificate cannot be used; nothing is changed.
        """
        self._certificates.reload()
        config = self._process.config
        self._arrivals.rules = _rules(config)
        self._arrivals.places.limit(config.limits)
        if self._made_web is not None:
            self._made_web.site = self._site()

    def close(self) -> None:
        """Let nobody in any more."""
        self._port.close()
        self._arrivals.close()
        self._meetings.close()

    async def stop(self) -> None:
        """Close what is left of HTTP, and part who met here, when the sessions are closed."""
        await self._arrivals.stop()
        await self._meetings.stop()
        if self._made_web is not None:
            await self._made_web.stop()

    # The doors

    def irc(self, origin: Origin, place: Place) -> asyncio.Protocol:
        """Take a client of IRC."""
        return IrcConnection(self._process, origin, place)

    def meet(self, origin: Origin, place: Place) -> asyncio.Protocol:
        """Take somebody who wants to meet another by a code."""
        return self._meetings.connection(origin, place)

    def join(self, sock: socket.socket, ticket: bytes | None, place: Place) -> None:
        """Take a connection that is to be joined to another by its ticket, which was read."""
        self._meetings.take(sock, ticket, place)

    def http(self, origin: Origin, place: Place, *, welcome: bool) -> asyncio.Protocol:
        """Take a client of HTTP; one that is not `welcome` is sent to TLS."""
        web = self._made_web
        if web is None:
            make: type[Web] = import_module(_WEB).Web
            web = self._made_web = make(self._process, self._site(), self._refusals)
        return web.connection(origin, place, welcome=welcome)

    def _site(self) -> Site:
        config = self._process.config
        return Site(
            name=config.name,
            description=config.description,
            version=self._version,
            fingerprint=self.fingerprint,
            origins=config.origins,
            metrics=[ipaddress.ip_network(text) for text in config.metrics],
        )


def _import_web() -> None:
    with suppress(OSError, ImportError):  # no more descriptors: the first client tries again
        import_module(_WEB)


def _rules(config: Config) -> Rules:
    return Rules(
        plaintext=config.plaintext,
        proxies=[ipaddress.ip_network(text) for text in config.proxies],
        handshake_seconds=config.limits.handshake_seconds,
        silent_seconds=config.limits.registration_seconds,
    )
