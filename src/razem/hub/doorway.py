"""What talks to a newcomer until it is at its door, or shown out."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, cast

from razem.hub.certificates import certificate_of
from razem.hub.greeting import HTTP_ALPN, IRC_ALPN, MEET_ALPN, speech_of

if TYPE_CHECKING:
    from razem.hub.greeting import Speech
    from razem.hub.newcomer import Newcomer

__all__ = ["Doorway", "Farewell", "Keeper", "error_line", "turn_away"]


class Keeper(Protocol):
    """Who looks after newcomers."""

    def admit_inside(self, newcomer: Newcomer) -> None:
        """Give a client whose TLS stands its time to speak."""

    def door(self, newcomer: Newcomer, speech: Speech) -> asyncio.Protocol:
        """Return the protocol for a newcomer, which is none any more."""

    def see_off(self, newcomer: Newcomer) -> None:
        """Give a client that is shown out a moment to read why."""

    def lost(self, newcomer: Newcomer) -> None:
        """Forget a newcomer whose connection is gone."""


class Doorway(asyncio.Protocol):
    """Reads what is said first, within TLS or not, and hands the connection to its door."""

    def __init__(self, keeper: Keeper, newcomer: Newcomer) -> None:
        self._keeper: Final = keeper
        self._newcomer: Final = newcomer
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask TLS what the client speaks."""
        newcomer = self._newcomer
        newcomer.transport = cast("asyncio.Transport", transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is None:
            return
        newcomer.certificate = certificate_of(tls)
        self._keeper.admit_inside(newcomer)
        speech: dict[str | None, Speech] = {IRC_ALPN: "irc", HTTP_ALPN: "http", MEET_ALPN: "meet"}
        chosen = speech.get(tls.selected_alpn_protocol())
        if chosen is not None:
            self._enter(chosen)

    def data_received(self, data: bytes) -> None:
        """Hand the connection on as soon as it can be told to whom."""
        self._data += data
        speech = speech_of(self._data)
        if speech is not None:
            self._enter(speech)

    def _enter(self, speech: Speech) -> asyncio.Protocol:
        protocol = self._keeper.door(self._newcomer, speech)
        transport = self._newcomer.transport
        assert transport is not None  # noqa: S101 # connection_made was called
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if self._data:
            protocol.data_received(self._data)
        return protocol

    def eof_received(self) -> bool | None:
        """Take what there is for IRC; nothing is nothing."""
        return self._enter("irc").eof_received() if self._data else None

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the newcomer."""
        self._keeper.lost(self._newcomer)


class Farewell(asyncio.Protocol):
    """Tells a client of IRC why it cannot come in, and waits until it has gone."""

    def __init__(self, keeper: Keeper, newcomer: Newcomer, reason: str) -> None:
        self._keeper: Final = keeper
        self._newcomer: Final = newcomer
        self._reason: Final = reason

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say it. What the client still sends is read: else its system would forget our words."""
        out = cast("asyncio.Transport", transport)
        self._newcomer.transport = out
        self._keeper.see_off(self._newcomer)
        out.write(error_line(self._reason))
        out.write_eof()

    def eof_received(self) -> None:
        """Close as well."""

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the newcomer."""
        self._keeper.lost(self._newcomer)


def error_line(reason: str) -> bytes:
    """Return the last line that a client of IRC hears."""
    return f"ERROR :Closing link: {reason}\r\n".encode()


def turn_away(sock: socket.socket, reason: str) -> None:
    """Close a socket with a line for its client, as far as that goes at once."""
    with suppress(OSError):
        sock.send(error_line(reason))
        sock.shutdown(socket.SHUT_WR)
        sock.recv(65536)  # unread, it would make a reset of the close, and the line could be lost
    sock.close()
