"""Services at their addresses: streams, datagrams and messages, async functions and plain ones."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from razem.errors import AddressError
from razem.serve.datagrams import Responder, serve_datagrams
from razem.serve.messages import DATAGRAMS
from razem.serve.programs import program
from razem.serve.services import SERVICES
from razem.sockets.address import Address
from razem.sockets.aio.datagram import bind
from razem.sockets.aio.listener import listen
from razem.sockets.listener import listen as blocking_listen

if TYPE_CHECKING:
    from razem.serve.user_code import UserCode
    from razem.sockets.aio.datagram import Datagrams
    from razem.sockets.aio.listener import Listener
    from razem.sockets.listener import Listener as BlockingListener
    from razem.sockets.tls_config import Tls

__all__ = ["Served", "open_service"]

_MESSAGES: Final = "unix+seqpacket"


class Served(ABC):
    """A service at an address; `run` it until `close`.

    Attributes:
        local: the address to connect or send to.
    """

    local: Address

    @abstractmethod
    async def run(self) -> None:
        """Serve until closed."""

    @abstractmethod
    async def close(self) -> None:
        """Stop. Again is harmless."""


async def open_service(  # noqa: PLR0913  each by name
    name: str,
    address: Address | str,
    *,
    responder: Responder,
    code: UserCode | None = None,
    tls: Tls | None = None,
    limit: int = 10_000,
) -> Served:
    """Open the address for a service.

    Args:
        name: one of `SERVICES`, or ``exec:COMMAND``; not looked at where there is `code`.
        address: tcp, tls, udp or any kind of unix.
        responder: what datagrams are answered; it learns the ports of those opened here.
        code: a user's function. Of a stream it gets the stream, of a datagram the bytes and the
            sender, and returns the answer or None.
        tls: for tls addresses.
        limit: connections at once.

    Raises:
        AddressError: the service is not for such addresses.
        Error: the address cannot be opened.
    """
    address = Address(address)
    if address.scheme in DATAGRAMS or address.scheme == _MESSAGES:
        reply = code or _reply(name, address)
        if address.scheme == _MESSAGES:
            return _Messages(await listen(address), reply, responder, limit)
        datagrams = await bind(address)
        if datagrams.local is not None and datagrams.local.port:
            responder.ports.add(datagrams.local.port)
        return _Datagrams(datagrams, address, reply, responder)
    if code is not None and not code.is_async:
        return _Threads(blocking_listen(address, tls=tls), code, limit)
    handler: Any = code
    if code is None:
        command = name.removeprefix("exec:")
        handler = program(command) if command != name else SERVICES[name].handler
    return _Streams(await listen(address, tls=tls), handler, limit)


def _reply(name: str, address: Address) -> Any:
    """The function that answers the datagrams of a service."""
    if name not in SERVICES:
        raise AddressError(
            f"a program cannot be served on {address}: it has datagrams, not streams.",
            address=address,
            advice="Use a tcp://, tls:// or unix: address.",
        )
    function = SERVICES[name].reply
    return lambda data, _sender: function(data)


class _Streams(Served):
    """Connections, by an async function."""

    def __init__(self, listener: Listener, handler: Any, limit: int) -> None:
        self.local = listener.local
        self._listener = listener
        self._handler = handler
        self._limit = limit

    async def run(self) -> None:
        await self._listener.serve(self._handler, limit=self._limit)

    async def close(self) -> None:
        await self._listener.close()


class _Messages(_Streams):
    """Connections of messages."""

    def __init__(self, listener: Listener, reply: Any, responder: Responder, limit: int) -> None:
        async def handler(connection: Any) -> None:
            await serve_datagrams(connection, reply, responder)

        super().__init__(listener, handler, limit)


class _Threads(Served):
    """Connections, by a plain function, which has a thread for each."""

    def __init__(self, listener: BlockingListener, handler: Any, limit: int) -> None:
        self.local = listener.local
        self._listener = listener
        self._handler = handler
        self._limit = min(limit, 1000)  # threads

    async def run(self) -> None:
        await asyncio.to_thread(self._listener.serve, self._handler, limit=self._limit)

    async def close(self) -> None:
        await asyncio.to_thread(self._listener.close)


class _Datagrams(Served):
    """Datagrams."""

    def __init__(
        self, datagrams: Datagrams, address: Address, reply: Any, responder: Responder
    ) -> None:
        self.local = datagrams.local or address
        self._datagrams = datagrams
        self._reply = reply
        self._responder = responder

    async def run(self) -> None:
        await serve_datagrams(self._datagrams, self._reply, self._responder)

    async def close(self) -> None:
        await self._datagrams.close()
