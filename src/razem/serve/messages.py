"""Ends that carry messages, for relays: datagrams, and streams of records."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import ClosedError, Error, TimedOutError, TruncatedError

if TYPE_CHECKING:
    from razem.serve.datagram_stream import Permits
    from razem.sockets.address import Address
    from razem.sockets.aio.datagram import Datagrams
    from razem.sockets.aio.stream import Stream

__all__ = ["DATAGRAMS", "DatagramEnd", "Messages", "RecordEnd", "Senders"]

DATAGRAMS: Final = {"udp", "unix+dgram"}
_WAITING: Final = 1000  # datagrams of one sender that wait to be carried; more are lost, as UDP's


class Messages(ABC):
    """One end.

    Attributes:
        name: of who is there, for people.
        address: the same, if it has one.
        half_closes: whether each direction has an end of its own.
    """

    name: str
    address: Address | None = None
    half_closes: bool = False

    @abstractmethod
    async def receive(self) -> bytes | None:
        """Wait for the next message; None at the end."""

    @abstractmethod
    async def send(self, message: bytes) -> None:
        """Send one."""

    async def end(self) -> None:  # noqa: B027  datagrams have no end
        """Tell the peer that nothing more will be sent."""

    @abstractmethod
    async def close(self) -> None:
        """Give everything back."""


class RecordEnd(Messages):
    """A stream whose records are the messages."""

    half_closes = True

    def __init__(self, stream: Stream) -> None:
        self.name = str(stream.remote or "a UNIX client")
        self.address = stream.remote
        self._stream = stream
        self._records = stream.records()

    async def receive(self) -> bytes | None:
        """Wait for the next record."""
        return await anext(self._records, None)

    async def send(self, message: bytes) -> None:
        """Send a record."""
        await self._stream.send_record(message)

    async def end(self) -> None:
        """Close the sending direction."""
        await self._stream.close_sending()

    async def close(self) -> None:
        """Close the stream."""
        await self._stream.close()


class DatagramEnd(Messages):
    """A connected end of datagrams, or of messages.

    Args:
        datagrams: connected; it belongs to this object from now on.
        idle: seconds without a datagram either way, after which it has ended; None for never.
    """

    def __init__(self, datagrams: Datagrams, *, idle: float | None = None) -> None:
        self.name = str(datagrams.remote or "a UNIX client")
        self.address = datagrams.remote
        ours = datagrams.remote or datagrams.local
        self.half_closes = ours is not None and ours.scheme == "unix+seqpacket"
        self._datagrams = datagrams
        self._idle = idle
        self._last = monotonic()

    async def receive(self) -> bytes | None:
        """Wait for the next datagram."""
        while True:
            left = None if self._idle is None else max(self._last + self._idle - monotonic(), 0.0)
            try:
                data, _ = await self._datagrams.receive(timeout=left)
            except TruncatedError as error:
                if error.needed is None and not error.got:
                    return None
                raise
            except TimedOutError:
                if self._idle is None or monotonic() >= self._last + self._idle:
                    return None
            else:
                self._last = monotonic()
                return data

    async def send(self, message: bytes) -> None:
        """Send a datagram."""
        self._last = monotonic()
        await self._datagrams.send(message)

    async def end(self) -> None:
        """Close the sending direction, if it has one."""
        if self.half_closes:
            await self._datagrams.close_sending()

    async def close(self) -> None:
        """Close it."""
        await self._datagrams.close()


class Senders:
    """Datagrams from anybody, sorted by sender: each is an end of its own, until it falls silent.

    Args:
        datagrams: bound; it belongs to this object from now on.
        idle: seconds of silence, after which a sender is forgotten.
        limit: senders at once; datagrams of others are lost.
        permits: whose datagrams are taken.
    """

    def __init__(
        self,
        datagrams: Datagrams,
        *,
        idle: float,
        limit: int,
        permits: Permits = lambda _: True,
    ) -> None:
        self.local = datagrams.local
        self._datagrams = datagrams
        self._idle = idle
        self._limit = limit
        self._permits = permits
        self._known: dict[Address, _Sender] = {}

    async def accept(self) -> Messages:
        """Wait for somebody new, and carry to the others what is theirs meanwhile.

        Raises:
            ClosedError: it was closed.
        """
        while True:
            try:
                data, address = await self._datagrams.receive()
            except ClosedError:
                raise
            except Error:  # of one datagram
                continue
            if address is None or not self._permits(address):  # nobody to answer
                continue
            known = self._known.get(address)
            if known is not None:
                known.put(data)
            elif len(self._known) < self._limit:
                self._known[address] = sender = _Sender(self, address)
                sender.put(data)
                return sender

    async def send(self, data: bytes, to: Address) -> None:
        """Send a datagram."""
        await self._datagrams.send(data, to)

    def forget(self, address: Address) -> None:
        """Take the next datagram from there for somebody new."""
        self._known.pop(address, None)

    @property
    def idle(self) -> float:
        """Seconds of silence that end a sender."""
        return self._idle

    async def close(self) -> None:
        """Close it."""
        await self._datagrams.close()


class _Sender(Messages):
    """One of many who send to the same address."""

    def __init__(self, senders: Senders, address: Address) -> None:
        self.name = str(address)
        self.address = address
        self._senders = senders
        self._peer = address
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(_WAITING)
        self._last = monotonic()

    def put(self, data: bytes) -> None:
        """Take what came from there."""
        self._last = monotonic()
        if not self._waiting.full():
            self._waiting.put_nowait(data)

    async def receive(self) -> bytes | None:
        while True:
            left = self._last + self._senders.idle - monotonic()
            try:
                return await asyncio.wait_for(self._waiting.get(), max(left, 0.0))
            except TimeoutError:
                if monotonic() >= self._last + self._senders.idle:
                    return None

    async def send(self, message: bytes) -> None:
        self._last = monotonic()
        await self._senders.send(message, self._peer)

    async def close(self) -> None:
        self._senders.forget(self._peer)
