"""Listeners of lasting streams for asyncio, over any other listener."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from os import urandom
from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import (
    BrokenError,
    ClosedError,
    Error,
    ExhaustedError,
    RefusedError,
)
from razem.sockets.aio.lasting_stream import LastingStream, Transport
from razem.sockets.aio.made_listener import MadeListener
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.handlers import report
from razem.sockets.lasting.core import Core
from razem.sockets.lasting.frames import Mark, Refusal
from razem.sockets.lasting.opening import NONCE, SECRET, Known, Opened, Returned, Welcome

if TYPE_CHECKING:
    from razem.sockets.aio.listener import Listener
    from razem.sockets.aio.stream import Stream
    from razem.sockets.lasting.settings import Lasting

__all__ = ["LastingListener"]

_OPENING_SECONDS: Final = 10.0
_OPENING: Final = 256  # connections at once that have not said yet what they want
_DETACHED: Final = 1000  # streams whose peers are away; beyond that the longest away is given up
_PAUSE: Final = 0.5  # seconds before accepting again when descriptors have run out


class LastingListener(MadeListener):
    """Gives out lasting streams, and joins those who return to the streams that are theirs.

    Closing it takes nobody new; but streams that were accepted live on, and their peers may have
    to return: so the address stays taken until the last of them has ended.

    Args:
        inner: where they connect; it belongs to this one from now on.
        settings: how long the streams last.
    """

    def __init__(self, inner: Listener, settings: Lasting) -> None:
        super().__init__(inner.local)
        self._inner = inner
        self._settings = settings
        self._streams: dict[bytes, LastingStream] = {}
        self._greeting: set[asyncio.Task[None]] = set()
        self._taking = asyncio.create_task(self._take_all())
        self._free = asyncio.Event()

    def come(self, transport: Stream) -> None:
        """Let somebody in who has come by another way than connecting."""
        task = asyncio.create_task(self._greet(transport))
        self._greeting.add(task)
        task.add_done_callback(self._greeting.discard)

    async def _take_all(self) -> None:
        """Let everybody say what they want, each at their own pace."""
        turn = asyncio.Semaphore(_OPENING)
        while True:
            await turn.acquire()
            try:
                transport = await self._inner.accept()
            except ClosedError:
                return
            except ExhaustedError as error:
                report(self.local, error)
                turn.release()
                await asyncio.sleep(_PAUSE)
                continue
            task = asyncio.create_task(self._greet(transport))
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)
            task.add_done_callback(lambda _: turn.release())

    async def _greet(self, transport: Stream) -> None:
        """Find out what somebody wants."""
        refusal = Refusal.CLOSED if self._closed else Refusal.FULL if self.full else None
        welcome = Welcome(
            secret=urandom(SECRET),
            id=urandom(NONCE),
            nonce=urandom(NONCE),
            find=self._find,
            refusal=refusal,
            mark=Mark(granted=self._settings.buffer),
        )
        try:
            await self._welcome(transport, welcome, deadline_after(_OPENING_SECONDS))
        except BaseException as error:
            with suppress(Error, OSError):
                if isinstance(error, RefusedError):  # it is told so
                    await transport.send(b"".join(welcome.to_send()), timeout=1.0)
                    await transport.close_sending(timeout=1.0)
                    await transport.receive(timeout=1.0)
            await transport.close()
            if not isinstance(error, Exception):
                raise
            report(transport.remote, error)

    async def _welcome(self, transport: Stream, welcome: Welcome, deadline: float | None) -> None:
        while True:
            data = await transport.receive(timeout=remaining(deadline))
            if not data:
                raise BrokenError("somebody came and went without a word.", stage="accept")
            came = welcome.receive(data)
            if isinstance(came, Returned):
                stream = self._streams.get(came.known.id)
                if stream is None:  # it has ended just now
                    raise BrokenError("the stream has ended.", stage="accept")
                rest = welcome.resume(stream.mark)
                # Said before it goes on, so that nothing overtakes it.
                await transport.send(b"".join(welcome.to_send()), timeout=remaining(deadline))
                stream.go_on(Transport(transport, came.peer, rest))
                return
            await transport.send(b"".join(welcome.to_send()), timeout=remaining(deadline))
            if isinstance(came, Opened):
                self._begin(transport, came)
                return

    def _begin(self, transport: Stream, opened: Opened) -> None:
        core = Core(self._settings, opened.peer, monotonic())
        stream = LastingStream(
            core, self._settings, transport.local, transport.remote, opened.known
        )
        stream.go_on(Transport(transport, opened.peer, opened.rest))
        self._streams[opened.known.id] = stream
        stream.when_over(self._over)
        self._shed()
        self.give_out(stream)

    def _find(self, number: bytes) -> Known | None:
        stream = self._streams.get(number)
        return None if stream is None else stream.known

    def _shed(self) -> None:
        """Give up whoever is away longest, if there are too many."""
        away = [each for each in self._streams.values() if not each.attached]
        if len(away) > _DETACHED:
            longest = max(away, key=lambda each: each.detached_for)
            longest.give_up()

    def _over(self, stream: LastingStream) -> None:
        self._streams.pop(stream.known.id, None)
        if self._closed and not self._streams:
            self._stop_soon()

    async def close(self) -> None:
        """Take nobody new. The address is free when the last stream has ended."""
        if self._closed:
            return
        await super().close()
        if not self._streams:
            await self._stop()

    def _stop_soon(self) -> None:
        self._stopping = asyncio.ensure_future(self._stop())

    async def _stop(self) -> None:
        await self._inner.close()
        for task in (self._taking, *self._greeting):
            task.cancel()
        await asyncio.gather(self._taking, *self._greeting, return_exceptions=True)
        self._free.set()

    async def stopped(self) -> None:
        """Wait until it is closed, and the last of its streams has ended."""
        await self._free.wait()
