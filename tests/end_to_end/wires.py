"""Lines of IRC for asyncio, over each transport of one hub."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

__all__ = ["KINDS", "Place", "Wire", "connect"]

KINDS = ("tcp", "tls", "unix", "ws", "wss")
_BROKEN = (OSError, asyncio.IncompleteReadError)


class Place(NamedTuple):
    """Where a hub listens: a port of 127.0.0.1 that speaks everything, and a UNIX socket."""

    port: int
    path: Path


class Wire(Protocol):
    """Lines without their ends, both ways."""

    async def read(self) -> str | None:
        """Return the next line; None when the connection is over, however it ended."""

    async def write(self, lines: Sequence[str]) -> None:
        """Send lines; what a broken connection does not take is left to `read` to find out."""


@asynccontextmanager
async def connect(place: Place, kind: str) -> AsyncIterator[Wire]:
    """Connect by one of `KINDS`; certificates that nobody signed are trusted.

    Raises:
        OSError: that did not work.
    """
    if kind in {"ws", "wss"}:
        async with _websocket(place, kind) as wire:
            yield wire
        return
    if kind == "unix":
        reader, writer = await asyncio.open_unix_connection(place.path)
    else:
        secure = trusting() if kind == "tls" else None
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port, ssl=secure)
    try:
        yield _StreamWire(reader, writer)
    finally:
        writer.transport.abort()


def trusting() -> ssl.SSLContext:
    """Make a context that trusts any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _StreamWire:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> str | None:
        try:
            return (await self._reader.readuntil(b"\r\n"))[:-2].decode()
        except _BROKEN:
            return None

    async def write(self, lines: Sequence[str]) -> None:
        try:
            self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
            await self._writer.drain()
        except _BROKEN:
            pass


@asynccontextmanager
async def _websocket(place: Place, kind: str) -> AsyncIterator[Wire]:
    url = f"{kind}://127.0.0.1:{place.port}/ws"
    async with aiohttp.ClientSession() as session:
        try:
            web = await session.ws_connect(url, protocols=("text.ircv3.net",), ssl=trusting())
        except aiohttp.ClientError as error:
            raise ConnectionError(str(error)) from error
        async with web:
            yield _WebSocketWire(web)


class _WebSocketWire:
    def __init__(self, web: aiohttp.ClientWebSocketResponse) -> None:
        self._web = web

    async def read(self) -> str | None:
        message = await self._web.receive()
        return message.data if message.type is aiohttp.WSMsgType.TEXT else None

    async def write(self, lines: Sequence[str]) -> None:
        try:
            for line in lines:
                await self._web.send_str(line)
        except (ConnectionError, aiohttp.ClientError):
            pass
