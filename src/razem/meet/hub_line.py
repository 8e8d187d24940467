"""A connection to the desk of a hub, and pipes through it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from razem.errors import CodeError, Error, RemoteProtocolError
from razem.meet.messages import ALPN, LIMIT, Message, decode, encode, relay_line
from razem.meet.pipes import Pipe, drop
from razem.sockets.address import Address
from razem.sockets.aio.connecting import connect
from razem.sockets.aio.tls_stream import TlsStream
from razem.sockets.clock import deadline_after
from razem.sockets.tls import TlsSession

if TYPE_CHECKING:
    from razem.meet.settings import Via

__all__ = ["HubLine"]

_SECONDS: Final = 10.0


class HubLine:
    """Asks the desk of a hub; close it.

    Attributes:
        via: which hub.
    """

    def __init__(self, via: Via, stream: TlsStream) -> None:
        self.via = via
        self._stream = stream

    @classmethod
    async def open(cls, via: Via) -> HubLine:
        """Connect.

        Raises:
            Error: the hub cannot be reached, is another one, or is no hub where one can meet.
        """
        address = _plain(via)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # The hub need not be trusted: the two prove each other, whoever is between them.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols([ALPN])
        pins = {via.fingerprint} if via.fingerprint else set()
        session = TlsSession(context, via.address, host=address.host or "localhost", pins=pins)
        plain = await connect(address, timeout=_SECONDS)
        try:
            stream = TlsStream(plain, session)
            await stream.handshake(deadline_after(_SECONDS))
            if session.alpn != ALPN:
                raise RemoteProtocolError(  # noqa: TRY301  closes as any other failure
                    f"{via.address} is no hub where one can meet.",
                    address=via.address,
                    advice="Its owner may have switched it off, or it is older.",
                )
        except BaseException:
            await drop(plain)
            raise
        return cls(via, stream)

    async def say(self, message: Message) -> None:
        """Ask, or tell."""
        await self._stream.send(encode(message), timeout=_SECONDS)

    async def hear(self) -> Message:
        """Wait for the next answer."""
        return decode(await self._stream.receive_record(LIMIT, timeout=None))

    async def come(self, ticket: bytes) -> Pipe:
        """Come with a ticket; return the pipe to who comes with the same."""
        stream = await connect(_plain(self.via), timeout=_SECONDS)
        try:
            await stream.send(relay_line(ticket), timeout=_SECONDS)
        except BaseException:
            await drop(stream)
            raise
        return Pipe(stream, relayed=True, ours=True, where=f"the hub {self.via.address}")

    async def close(self) -> None:
        """Leave the desk."""
        await drop(self._stream)


def _plain(via: Via) -> Address:
    """The port of the hub, without TLS."""
    return Address.of("tcp", host=via.address.host, port=via.address.port)


def refused(reason: str) -> Error:
    """Make the error for what a hub does not do."""
    return CodeError(f"the hub says: {reason}.", advice="Try later, or by another hub.")
