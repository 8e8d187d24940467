"""A bad network around any asyncio stream or datagrams: the twin of `razem.testing.bad_network`."""

from __future__ import annotations

import asyncio
import errno
from contextlib import suppress
from typing import overload

from razem.errors import Error
from razem.sockets.aio.datagram import Datagrams
from razem.sockets.aio.stream import Stream
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.failures import os_error, stream_failed, timed_out
from razem.testing.aio_bad_datagrams import BadDatagrams
from razem.testing.aio_link import Link
from razem.testing.bad_network import reset_on_close
from razem.testing.faults import Course, DatagramCourse, Faults, Mode

__all__ = ["BadNetwork"]


class BadNetwork:
    """A network where things go wrong: streams and datagrams that are led through it stay such.

    As `razem.testing.BadNetwork`, for those of `razem.aio`; the same seed does the same to both.

    Args:
        seed: of all that is left to chance.
        faults: what goes wrong, and how often; by default data is cut, and nothing else.
    """

    def __init__(self, seed: int = 0, faults: Faults = Faults()) -> None:  # noqa: B008  a value
        self.seed = seed
        self.faults = faults
        self._links: list[Link] = []  # of streams
        self._datagram_links: list[Link] = []

    @overload
    def wrap(self, end: Stream) -> Stream: ...
    @overload
    def wrap(self, end: Datagrams) -> Datagrams: ...
    def wrap(self, end: Stream | Datagrams) -> Stream | Datagrams:
        """Lead one end through the network. Closing what is returned closes the end."""
        if isinstance(end, Stream):
            return self._join(end)[0]
        return self._join_datagrams(end)[0]

    @overload
    def pair(self, left: Stream, right: Stream) -> tuple[Stream, Stream]: ...
    @overload
    def pair(self, left: Datagrams, right: Datagrams) -> tuple[Datagrams, Datagrams]: ...
    def pair(
        self, left: Stream | Datagrams, right: Stream | Datagrams
    ) -> tuple[Stream | Datagrams, Stream | Datagrams]:
        """Lead both ends of a connection through it, so that what breaks it breaks it for both."""
        joined: list[Stream] | list[Datagrams]
        if isinstance(left, Stream) and isinstance(right, Stream):
            joined = self._join(left, right)
        else:
            assert isinstance(left, Datagrams) and isinstance(right, Datagrams)  # noqa: S101, PT018
            joined = self._join_datagrams(left, right)
        return joined[0], joined[1]

    async def partition(self) -> None:
        """Let nothing pass until `heal`. Of streams nothing is lost: who waits goes on waiting."""
        await self._become(Mode.PARTITIONED, {Mode.OPEN})

    async def heal(self) -> None:
        """Let everything pass again."""
        await self._become(Mode.OPEN, {Mode.PARTITIONED})

    async def vanish(self) -> None:
        """Leave every connection half-open: what is sent is lost, nothing comes, no end either."""
        await self._become(Mode.HALF_OPEN, {Mode.OPEN, Mode.PARTITIONED})

    async def reset(self) -> None:
        """Throw every stream away: each end gets a `ResetError`."""
        await self._become(Mode.RESET, set(Mode))

    def __repr__(self) -> str:
        return f"BadNetwork(seed={self.seed}, faults={self.faults})"

    def _join(self, *streams: Stream) -> list[Stream]:
        """Make a link of the ends."""
        link = Link()
        number = len(self._links) + len(self._datagram_links)
        self._links.append(link)
        ends = [
            _BadStream(
                stream,
                link,
                Course(self.faults, f"{self.seed}/{number}/{end}/read"),
                Course(self.faults, f"{self.seed}/{number}/{end}/write"),
            )
            for end, stream in enumerate(streams)
        ]
        link.ends = ends
        return list(ends)

    def _join_datagrams(self, *ends: Datagrams) -> list[Datagrams]:
        """Make a link of the ends. Of two, each sees to what comes; a single one to what goes."""
        link = Link()
        number = len(self._links) + len(self._datagram_links)
        self._datagram_links.append(link)
        made = []
        for place, end in enumerate(ends):
            seed = f"{self.seed}/{number}/{place}"
            writing = DatagramCourse(self.faults, f"{seed}/write") if len(ends) == 1 else None
            reading = DatagramCourse(self.faults, f"{seed}/read")
            made.append(BadDatagrams(end, link, reading, writing))
        link.ends = made
        return list(made)

    async def _become(self, mode: Mode, before: set[Mode]) -> None:
        datagrams = [] if mode is Mode.RESET else self._datagram_links
        for link in (*self._links, *datagrams):
            if link.mode in before:
                await link.become(mode)


class _BadStream(Stream):
    """One end, led through the network."""

    def __init__(self, inner: Stream, link: Link, reading: Course, writing: Course) -> None:
        super().__init__(local=inner.local, remote=inner.remote, timeout=inner.timeout)
        self._inner = inner
        self._link = link
        self._reading = reading
        self._writing = writing
        self._due: float | None = None  # when the piece that is being waited for arrives
        self._held = b""  # what has come out of the stream and not yet through the network
        self._sending = asyncio.Lock()

    async def _fill(self, wanted: int, deadline: float | None) -> None:  # noqa: ARG002
        try:
            if not self._held:
                self._held = await self._receive(deadline)
                if not self._held:
                    self._buffer.end()
                    return
            await self._delay(deadline)
            await self._pass("read", deadline)
        except OSError as error:
            if isinstance(error, Error):
                raise
            self._failure = stream_failed(error, self._remote, "read")
            return
        size = self._reading.take(len(self._held))
        self._buffer.feed(self._held[:size])
        self._held = self._held[size:]

    async def _receive(self, deadline: float | None) -> bytes:
        """Receive from the stream, while it lasts."""
        try:
            await self._pass("read", deadline)
            data = await self._inner.receive(timeout=remaining(deadline))
        except Error:
            if self._link.mode is Mode.OPEN or self._closed:
                raise
            data = b""
        if self._link.mode is not Mode.OPEN:
            self._held = data  # kept, should the wait be cancelled
            await self._pass("read", deadline)
        return data

    async def _delay(self, deadline: float | None) -> None:
        """Wait until the current piece arrives, and let happen what its course has for it."""
        if self._due is None:
            late, mode = self._reading.arrive()
            await self._happen(mode)
            if not late:
                return
            self._due = deadline_after(late)
        over = Mode.RESET
        while self._due is not None and not self._is_over() and self._link.mode is not over:
            ends = [moment for moment in (self._due, deadline) if moment is not None]
            if await self._link.changed.wait(min(ends)):
                continue
            if self._due > min(ends):
                raise timed_out(self._remote, "read")
            self._due = None

    def _is_over(self) -> bool:
        """Whether nobody reads any more."""
        return self._closed or self._ended_receiving

    async def _write(self, data: bytes, deadline: float | None) -> None:
        sent = 0
        async with self._sending:
            try:
                while sent < len(data):
                    _, mode = self._writing.arrive()
                    await self._happen(mode)
                    if self._link.mode is Mode.HALF_OPEN:
                        return
                    await self._pass("write", deadline)
                    size = self._writing.take(len(data) - sent)
                    sent += size  # also where it times out: the stream keeps what it could not send
                    await self._inner.send(data[sent - size : sent], timeout=remaining(deadline))
                if not data and self._link.mode is Mode.OPEN:
                    await self._inner.send(b"", timeout=remaining(deadline))
            except BaseException as error:
                if self._link.mode is Mode.RESET and isinstance(error, OSError | Error):
                    reset = os_error(errno.ECONNRESET)
                    raise stream_failed(reset, self._remote, "write") from error
                with suppress(Error):  # the rest is kept below, and goes out by itself
                    await self._inner.send(data[sent:], timeout=0)
                raise

    async def _happen(self, mode: Mode) -> None:
        if mode is not Mode.OPEN:
            await self._link.become(mode)

    async def _pass(self, stage: str, deadline: float | None) -> None:
        """Wait until the link lets something pass."""
        over = self._is_over if stage == "read" else lambda: self._closed
        while not over() and self._link.mode is not Mode.OPEN:
            if self._link.mode is Mode.RESET:
                raise os_error(errno.ECONNRESET)
            if not await self._link.changed.wait(deadline):
                raise timed_out(self._remote, stage)

    async def _end_writing(self, deadline: float | None) -> None:
        if self._link.mode is not Mode.HALF_OPEN:
            await self._pass("write", deadline)
            await self._inner.close_sending(timeout=remaining(deadline))

    async def _end_reading(self) -> None:
        await self._inner.close_receiving()
        self._link.changed.wake()

    async def _release(self) -> None:
        self._held = b""
        self._link.changed.wake()
        await self._inner.close()

    async def before(self, mode: Mode) -> None:
        """Nothing is to be done before."""

    async def after(self, mode: Mode) -> None:
        """End when the connection has."""
        if mode is Mode.RESET:
            await self.abort()

    async def abort(self) -> None:
        """End the stream below without a goodbye."""
        reset_on_close(self._inner.fileno)
        await self._inner.close()
