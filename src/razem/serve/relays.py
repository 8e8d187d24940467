"""Relays between two addresses: connections to connections, datagrams to records."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from razem.errors import ClosedError, Error, ExhaustedError
from razem.serve.messages import DATAGRAMS, DatagramEnd, Messages, RecordEnd, Senders
from razem.sockets.address import Address
from razem.sockets.aio.connecting import connect
from razem.sockets.aio.datagram import Datagrams, bind
from razem.sockets.aio.listener import Listener, listen
from razem.sockets.aio.relaying import relay
from razem.sockets.aio.stream import Stream
from razem.sockets.clock import remaining
from razem.sockets.connecting import CONNECT_TIMEOUT
from razem.sockets.stream import MAX_BYTES
from razem.sockets.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.sockets.lasting.settings import Lasting
    from razem.sockets.tls_config import Tls

__all__ = ["Carried", "Pace", "Place", "Relay"]

_PAUSE: Final = 0.5  # seconds before accepting again when descriptors have run out

End: TypeAlias = Stream | Messages
Tap: TypeAlias = "Callable[[bytes, bool], None]"


class Place(NamedTuple):
    """One side of a relay, from text such as ``tcp://host:80`` or ``listen:tcp://:8080``.

    Attributes:
        address: where.
        listens: whether it is listened on.
        lasting: whether its streams survive cut networks, as of ``listen:lasting:tcp://:8080``.
    """

    address: Address
    listens: bool
    lasting: bool = False

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read it.

        Raises:
            AddressError: it is wrong.
        """
        rest = text.removeprefix("listen:")
        plain = rest.removeprefix("lasting:")
        return cls(Address(plain), rest != text, plain != rest)


class Carried(NamedTuple):
    """What became of one connection.

    Attributes:
        first: who was at the first side.
        second: likewise.
        forth: bytes from the first to the second.
        back: bytes from the second to the first.
        seconds: that it lasted.
        error: what has ended it; None for the end of what there was to carry.
    """

    first: str
    second: str
    forth: int
    back: int
    seconds: float
    error: Error | None


class Pace:
    """When bytes may pass, so that no more do in a second than are allowed; no clock of its own.

    >>> pace = Pace(1000)
    >>> pace.wait(500, now=10.0), pace.wait(500, now=10.0), pace.wait(0, now=12.0)
    (0.0, 0.5, 0.0)

    Args:
        rate: bytes a second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0  # when what was let pass will have passed

    def wait(self, size: int, now: float) -> float:
        """Return the seconds until so many bytes may pass, which they then do."""
        start = max(self._free, now)
        self._free = start + size / self._rate
        return start - now


class Relay:
    """Carries between two sides, each of which is connected to, or listens.

    If one listens, each connection to it gets one to the other; if both do, those who come are
    joined in pairs. Streams are joined as they are. A side of datagrams (udp, unix+dgram,
    unix+seqpacket) is joined to another as it is, and to a stream by records, of which each is a
    datagram.

    Args:
        first: where.
        second: where.
        listening_tls: for a side that listens on a tls address.
        connecting_tls: for one that is connected to.
        timeout: seconds for connecting.
        rate: bytes a second, in each direction of each connection.
        tap: is called with all that passes, and whether it goes forth.
        done: is called with each connection that has ended.
        limit: connections at once.
        idle: seconds without a datagram, after which its sender is forgotten.
        lasting: for how long the streams of sides last that are marked so.

    Attributes:
        connections: so far.
    """

    def __init__(  # noqa: PLR0913  each by name
        self,
        first: Place,
        second: Place,
        *,
        listening_tls: Tls | None = None,
        connecting_tls: Tls | None = None,
        timeout: float | None = CONNECT_TIMEOUT,
        rate: float | None = None,
        tap: Tap | None = None,
        done: Callable[[Carried], None] = lambda _: None,
        limit: int = 10_000,
        idle: float = 60.0,
        lasting: bool | Lasting = True,
    ) -> None:
        self.connections = 0
        self._places = (first, second)
        self._tls = listening_tls, connecting_tls
        self._timeout = timeout
        self._rate = rate
        self._tap = tap
        self._done = done
        self._limit = limit
        self._idle = idle
        self._lasting = lasting
        self._doors: list[Listener | Senders | None] = [None, None]

    async def open(self) -> list[Address]:
        """Listen where it was said to; return the addresses.

        Raises:
            Error: an address cannot be listened on.
        """
        try:
            for side, place in enumerate(self._places):
                if not place.listens:
                    continue
                if place.address.scheme in DATAGRAMS:
                    self._doors[side] = Senders(
                        await bind(place.address), idle=self._idle, limit=self._limit
                    )
                else:
                    self._doors[side] = await listen(
                        place.address,
                        tls=self._tls[0],
                        lasting=place.lasting and (self._lasting or True),
                    )
        except BaseException:
            await self.close()
            raise
        return [door.local or place.address for door, place in self._opened()]

    async def run(self) -> None:
        """Carry: the one connection, or every one until it is closed.

        Raises:
            Error: of the one connection.
        """
        if not any(self._doors):
            first = await self._connect(0)
            carried = await self._join(first, None)
            if carried.error is not None:
                raise carried.error
            return
        turn = asyncio.Semaphore(self._limit)
        running: set[asyncio.Task[Any]] = set()
        side = 0 if self._doors[0] is not None else 1
        try:
            while True:
                await turn.acquire()
                try:
                    end = await self._accept(side)
                except ExhaustedError:
                    turn.release()
                    await asyncio.sleep(_PAUSE)
                    continue
                ends = (end, None) if side == 0 else (None, end)
                task = asyncio.create_task(self._join(*ends))
                running.add(task)
                task.add_done_callback(running.discard)
                task.add_done_callback(lambda _: turn.release())
        except ClosedError:
            return
        finally:
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running)

    async def close(self) -> None:
        """Stop listening. Again is harmless."""
        for door, _ in self._opened():
            await door.close()

    def _opened(self) -> list[tuple[Listener | Senders, Place]]:
        pairs = zip(self._doors, self._places, strict=True)
        return [(door, place) for door, place in pairs if door is not None]

    async def _accept(self, side: int) -> End:
        door = self._doors[side]
        assert door is not None  # noqa: S101  it listens
        return _as_end(await door.accept(), None)

    async def _connect(self, side: int) -> End:
        """Open the other end: connect, or wait for somebody."""
        if self._doors[side] is not None:
            return await self._accept(side)
        address, _, lasts = self._places[side]
        idle = self._idle if address.scheme in DATAGRAMS else None
        lasting = lasts and (self._lasting or True)
        end = await connect(address, timeout=self._timeout, tls=self._tls[1], lasting=lasting)
        return _as_end(end, idle)

    async def _join(self, first: End | None, second: End | None) -> Carried:
        """Open the end that is missing, carry, and tell."""
        self.connections += 1
        start = monotonic()
        traffic = Traffic()
        names = [
            _name(end, place) for end, place in zip((first, second), self._places, strict=True)
        ]
        ends = [end for end in (first, second) if end is not None]
        failure: Error | None = None
        try:
            if first is None:
                first = await self._connect(0)
                ends.append(first)
            if second is None:
                second = await self._connect(1)
                ends.append(second)
            await self._carry(first, second, traffic)
        except Error as error:
            failure = error
            for end in ends:
                if isinstance(end, Stream):
                    with suppress(Error):
                        await end.abort()
        finally:
            for end in ends:
                with suppress(Error):
                    await end.close()
        seconds = monotonic() - start
        carried = Carried(names[0], names[1], traffic.forth, traffic.back, seconds, failure)
        self._done(carried)
        return carried

    async def _carry(self, first: End, second: End, traffic: Traffic) -> None:
        watched = self._tap is not None or self._rate is not None
        if isinstance(first, Stream) and isinstance(second, Stream):
            if watched:
                first, second = (
                    _Watched(end, self._tap, self._rate, forth=end is first)
                    for end in (first, second)
                )
            await relay(first, second, traffic=traffic)
            return
        ends = [RecordEnd(end) if isinstance(end, Stream) else end for end in (first, second)]
        forth = asyncio.create_task(self._carry_messages(ends[0], ends[1], traffic, forth=True))
        back = asyncio.create_task(self._carry_messages(ends[1], ends[0], traffic, forth=False))
        waiting = {forth: ends[0], back: ends[1]}
        try:
            while waiting:
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                sources = [waiting.pop(task) for task in done]
                # A connection may be half closed, and still hear an answer; datagrams have one end.
                if not all(source.half_closes for source in sources):
                    break
        finally:
            for task in (forth, back):
                task.cancel()
            await asyncio.wait((forth, back))
        for task in (forth, back):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _carry_messages(
        self, source: Messages, target: Messages, traffic: Traffic, *, forth: bool
    ) -> None:
        pace = None if self._rate is None else Pace(self._rate)
        while (message := await source.receive()) is not None:
            if pace is not None:
                await asyncio.sleep(pace.wait(len(message), monotonic()))
            if self._tap is not None:
                self._tap(message, forth)
            await target.send(message)
            if forth:
                traffic.forth += len(message)
            else:
                traffic.back += len(message)
        await target.end()


class _Watched(Stream):
    """A stream whose bytes are shown to somebody, or slowed down, when they are received."""

    def __init__(self, inner: Stream, tap: Tap | None, rate: float | None, *, forth: bool) -> None:
        super().__init__(local=inner.local, remote=inner.remote)
        self._inner = inner
        self._tap = tap
        self._rate = rate
        self._pace = None if rate is None else Pace(rate)
        self._forth = forth

    async def _fill(self, wanted: int, deadline: float | None) -> None:
        # Of slow pieces there are at least ten a second.
        size = max(wanted, MAX_BYTES) if self._rate is None else max(int(self._rate / 10), 1)
        data = await self._inner.receive(size, timeout=remaining(deadline))
        if not data:
            self._buffer.end()
            return
        if self._tap is not None:
            self._tap(data, self._forth)
        if self._pace is not None:
            await asyncio.sleep(self._pace.wait(len(data), monotonic()))
        self._buffer.feed(data)

    async def _write(self, data: bytes, deadline: float | None) -> None:
        await self._inner.send(data, timeout=remaining(deadline))

    async def _end_reading(self) -> None:
        await self._inner.close_receiving()

    async def _end_writing(self, deadline: float | None) -> None:
        await self._inner.close_sending(timeout=remaining(deadline))

    async def abort(self) -> None:
        await self._inner.abort()

    async def _release(self) -> None:
        await self._inner.close()


def _as_end(connection: object, idle: float | None) -> End:
    """Take what was connected or accepted as an end."""
    if isinstance(connection, Datagrams):
        return DatagramEnd(connection, idle=idle)
    assert isinstance(connection, Stream | Messages)  # noqa: S101  there is nothing else
    return connection


def _name(end: End | None, place: Place) -> str:
    """Who is there, for people."""
    if isinstance(end, Messages):
        return end.name
    remote = end.remote if end is not None else None
    return str(remote or place.address)
