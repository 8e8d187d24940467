"""Where two meet by a code phrase: the desk of the hub, and the joining of connections.

Who comes to the desk speaks TLS and has asked for it by ALPN. Who was given a ticket comes with it
on a plain connection, because what passes there is TLS between the two, of which the hub has no
key; so their sockets are joined by splice(2), and no byte of it comes up here.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from razem.errors import Error
from razem.hub.clock import clock
from razem.hub.logs import log_event
from razem.meet.desk import Bounds, Desk
from razem.meet.messages import (
    LIMIT,
    RELAY,
    RELAY_SIZE,
    Call,
    Message,
    Refused,
    SeekAt,
    Take,
    Watch,
    decode,
    encode,
)
from razem.sockets.aio.relaying import relay
from razem.sockets.aio.socket_stream import SocketStream, open_stream
from razem.sockets.records import RecordDecoder
from razem.talk.admission import may_meet

if TYPE_CHECKING:
    import socket

    from razem.hub.places import Place
    from razem.hub.process import HubProcess
    from razem.talk.origin import Origin

__all__ = ["Meetings", "begins_relay", "ticket_of"]

_UNSENT: Final = 256 * 1024  # bytes, over which who does not read is dropped
_SWEEP_SECONDS: Final = 5.0


def begins_relay(data: bytes) -> bool:
    """Tell whether a client comes with a ticket, from its first bytes."""
    return data.startswith(RELAY)


def ticket_of(data: bytes) -> bytes | None:
    """Read the ticket; None for what is none."""
    line = data[:RELAY_SIZE]
    with suppress(ValueError):
        if len(line) == RELAY_SIZE and line.endswith(b"\n"):
            return bytes.fromhex(line[len(RELAY) : -1].decode("ascii", "replace"))
    return None


class _Came(NamedTuple):
    """A connection that came with a ticket."""

    sock: socket.socket
    place: Place


class Meetings:
    """The desk of a hub, and all whom it has joined.

    Args:
        process: the hub, whose configuration says who may come.
    """

    def __init__(self, process: HubProcess) -> None:
        self._process: Final = process
        self._desk: Final[Desk[DeskConnection]] = Desk(Bounds(), os.urandom)
        self._loop: Final = asyncio.get_running_loop()
        self._joined: set[asyncio.Task[None]] = set()
        self._guests: set[DeskConnection] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    def connection(self, origin: Origin, place: Place) -> asyncio.Protocol:
        """Take somebody who wants to meet."""
        return DeskConnection(self, origin, place)

    def came(self, guest: DeskConnection) -> None:
        """Take note of somebody at the desk."""
        self._guests.add(guest)

    def hear(self, guest: DeskConnection, message: Message) -> None:
        """Do what somebody asks for, if that one may come in."""
        process = self._process
        if not isinstance(message, Take | SeekAt | Watch | Call):
            guest.say(Refused("that is no question to a hub"))
        elif not process.config.meet:
            guest.say(Refused("it joins nobody"))
        elif not may_meet(process.hub, message.pass_, clock(), local=guest.origin.local):
            guest.say(Refused("it takes it an invitation, or the password of the hub"))
        else:
            for reply in self._desk.hear(guest, guest.origin.address, message, process.now()):
                reply.to.say(reply.message)

    def leave(self, guest: DeskConnection) -> None:
        """Take note that somebody has gone."""
        self._guests.discard(guest)
        self._desk.leave(guest)

    def take(self, sock: socket.socket, ticket: bytes | None, place: Place) -> None:
        """Take a connection that came with a ticket, which was read from it."""
        came = _Came(sock, place)
        answer = None
        if ticket is not None:
            answer = self._desk.arrive(ticket, came, self._process.now())
        if answer is None:
            _close(came)
            return
        first, address = answer
        if first is None:
            if self._sweeper is None:
                self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
            return
        task = self._loop.create_task(self._join(cast("_Came", first), came, address))
        self._joined.add(task)
        task.add_done_callback(self._joined.discard)

    async def _join(self, first: _Came, second: _Came, address: str) -> None:
        streams: list[SocketStream] = []
        try:
            streams = [await open_stream(came.sock, scheme="tcp") for came in (first, second)]
            traffic = await relay(*streams)
            log_event("info", "carried for two who met", bytes=traffic.forth + traffic.back)
        except (Error, OSError):
            pass
        finally:
            for stream in streams:
                with suppress(Error, OSError):
                    await stream.close()
            _close(first)
            _close(second)
            self._desk.parted(address)

    def _sweep(self) -> None:
        self._desk.expire(self._process.now())
        for came in self._desk.take_late():
            _close(cast("_Came", came))
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def close(self) -> None:
        """Close the desk."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for guest in list(self._guests):
            guest.close()
        self._desk.expire(float("inf"))
        for came in self._desk.take_late():
            _close(cast("_Came", came))

    async def stop(self) -> None:
        """Part those who are joined."""
        joined = list(self._joined)
        for task in joined:
            task.cancel()
        await asyncio.gather(*joined, return_exceptions=True)


class DeskConnection(asyncio.Protocol):
    """Somebody at the desk."""

    def __init__(self, meetings: Meetings, origin: Origin, place: Place) -> None:
        self.origin: Final = origin
        self._meetings: Final = meetings
        self._place: Final = place
        self._decoder: Final = RecordDecoder(LIMIT)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._meetings.came(self)

    def data_received(self, data: bytes) -> None:
        """Take questions; who says what is none is shown out."""
        self._decoder.feed(data)
        try:
            while (payload := self._decoder.record()) is not None:
                self._meetings.hear(self, decode(payload))
        except Error:
            self._transport.abort()

    def say(self, message: Message) -> None:
        """Tell something."""
        self._transport.write(encode(message))
        if self._transport.get_write_buffer_size() > _UNSENT:
            self._transport.abort()

    def close(self) -> None:
        """Show it out."""
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  for any reason
        """Forget it."""
        self._place.leave()
        self._meetings.leave(self)


def _close(came: Any) -> None:
    """Close the socket, again too, and give the place back once."""
    came.sock.close()
    came.place.leave()
