"""Lasting streams for asyncio: carries between a core and whatever transport there is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from os import urandom
from random import random
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from razem.errors import BrokenError, Error, RefusedError, TimedOutError
from razem.sockets.aio.stream import Stream
from razem.sockets.aio.waiters import Waiters
from razem.sockets.clock import Timeout, deadline_after, earlier, remaining
from razem.sockets.failures import timed_out
from razem.sockets.lasting.core import Aborted, Arrived, Core, Ended, Lost, Silent
from razem.sockets.lasting.frames import Mark
from razem.sockets.lasting.opening import SECRET, Known, Opened, Opening
from razem.sockets.retry import Retry

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.sockets.lasting.core import Event
    from razem.sockets.lasting.settings import Lasting

__all__ = ["LastingStream", "Transport", "open_lasting", "open_on"]

_OPENING_SECONDS: Final = 10.0  # for the peer to answer
_REDIAL_SECONDS: Final = 15.0  # for one attempt to connect again
_PARTING_SECONDS: Final = 1.0  # for the peer to end the transport, when all is said
_AT_ONCE: Final = 1 << 20  # bytes, if so many are there
_STEADY_SECONDS: Final = 5.0  # of a transport that was no accident
_REDIALING: Final = Retry(attempts=None, backoff=0.1, limit=5.0, jitter=0.5)

Dial: TypeAlias = Callable[[float | None], Awaitable[Stream]]

# What goes on after `close`, while something is on its way to the peer; here, lest it be forgotten.
_closing: set[asyncio.Task[None]] = set()


class Transport(NamedTuple):
    """Something to go on over: a stream, and what the opening on it has told.

    Attributes:
        stream: it belongs to the lasting stream from now on.
        peer: how far the peer has come.
        rest: bytes that came behind the opening.
    """

    stream: Stream
    peer: Mark
    rest: bytes


async def open_lasting(
    dial: Dial, settings: Lasting, deadline: float | None, stream: Stream
) -> LastingStream:
    """Begin a lasting stream on a stream that is connected.

    Args:
        dial: connects again, by a deadline.
        settings: how long it lasts.
        deadline: by which the peer must have answered.
        stream: the first transport.

    Raises:
        RemoteProtocolError: the peer speaks something else.
        RefusedError: it takes nobody.
    """
    mark = Mark(granted=settings.buffer)
    opened = await open_on(stream, Opening(urandom(SECRET), mark), deadline)
    core = Core(settings, opened.peer, monotonic())
    lasting = LastingStream(core, settings, stream.local, stream.remote, opened.known, dial)
    lasting.go_on(Transport(stream, opened.peer, opened.rest))
    return lasting


async def open_on(stream: Stream, opening: Opening, deadline: float | None) -> Opened:
    """Carry out an opening on a stream, which is closed if that fails."""
    deadline = earlier(deadline, deadline_after(_OPENING_SECONDS))
    try:
        while True:
            await stream.send(b"".join(opening.to_send()), timeout=remaining(deadline))
            data = await stream.receive(timeout=remaining(deadline))
            if not data:
                raise _no_answer()  # noqa: TRY301  closes the stream as any other failure
            opened = opening.receive(data)
            if opened is not None:
                return opened
    except BaseException as error:
        await stream.abort()
        if isinstance(error, Error):
            error.address = error.address or stream.remote
        raise


class LastingStream(Stream):
    """A stream that goes on over another transport when one is lost.

    Its calls wait while there is no transport. When the peer has not returned within
    `Lasting.patience`, all of them raise `BrokenError`.

    Args:
        core: the stream itself.
        settings: how long it lasts.
        local: the address of this end at the beginning.
        remote: likewise, of the peer.
        known: by what the stream is known to both.
        dial: connects again; None for an end that waits to be connected to.
    """

    lasts = True

    def __init__(  # noqa: PLR0913, PLR0917  made by two functions only
        self,
        core: Core,
        settings: Lasting,
        local: Address | None,
        remote: Address | None,
        known: Known,
        dial: Dial | None = None,
    ) -> None:
        super().__init__(local=local, remote=remote)
        self.known: Final = known
        self.transports = 0
        """How many it has gone over so far."""
        self._core = core
        self._settings = settings
        self._dial = dial
        self._rest: deque[memoryview] = deque()  # what there was no room for yet
        self._wanted = 0
        self._readers = Waiters()
        self._writers = Waiters()
        self._work = asyncio.Event()  # there may be something to send
        self._next: Transport | None = None
        self._arrival = asyncio.Event()  # of the next transport
        self._refusal: Error | None = None
        self._lost_at = monotonic()
        self._life = asyncio.create_task(self._live())

    @property
    def attached(self) -> bool:
        """Whether there is a connection to the peer now."""
        return self._core.attached

    @property
    def detached_for(self) -> float:
        """Seconds since the connection to the peer was lost; 0 while there is one."""
        return 0.0 if self._core.attached else monotonic() - self._lost_at

    @property
    def unread(self) -> int:
        """Bytes that were sent, and that the peer's program has not read as far as we know."""
        return self._core.unread + sum(map(len, self._rest))

    @property
    def mark(self) -> Mark:
        """How far this end has come, for the opening of another transport."""
        return self._core.mark

    def when_over(self, callback: Callable[[LastingStream], None]) -> None:
        """Call back when no transport is needed any more."""
        self._life.add_done_callback(lambda _: callback(self))

    def give_up(self) -> None:
        """Wait for the peer no longer."""
        self._life.cancel()

    def go_on(self, transport: Transport) -> None:
        """Go on over another transport, in the place of the one that there is, if any.

        That one may still work, as when a better way was found.
        """
        if self._next is not None:
            _close_soon(self._next.stream)
        if self._life.done():
            _close_soon(transport.stream)
            return
        self._next = transport
        self._arrival.set()

    # -- the life of it --------------------------------------------------------------------------

    async def _live(self) -> None:
        core = self._core
        delays = _REDIALING.delays(random)
        try:
            while not core.over:
                if self._next is None and not await self._find_next(delays):
                    return
                transport, self._next = self._next, None
                assert transport is not None  # noqa: S101  found above
                self._arrival.clear()
                self.transports += 1
                self._local, self._remote = transport.stream.local, transport.stream.remote
                began = monotonic()
                try:
                    await self._carry(transport)
                finally:
                    self._lost_at = monotonic()
                    core.detach(self._lost_at)
                    await _close(transport.stream, cleanly=core.over)
                if self._lost_at - began > _STEADY_SECONDS:
                    delays = _REDIALING.delays(random)
        finally:
            if self._next is not None:
                _close_soon(self._next.stream)
            if not core.over and self._failure is None:
                self._fail(self._refusal or _lost(self._settings.patience, core.unread))
            elif core.peer_ended or core.peer_gone:
                self._buffer.end()
            self._wake()

    async def _find_next(self, delays: object) -> bool:
        """Wait for the next transport; False if none came within our patience."""
        core = self._core
        dialing = None
        if self._dial is not None:
            dialing = asyncio.create_task(self._redial(self._dial, delays))
        try:
            while self._next is None and not core.over and self._refusal is None:
                if any(isinstance(event, Lost) for event in core.expire(monotonic())):
                    return False
                left = remaining(core.next_deadline())
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._arrival.wait(), left)
        finally:
            if dialing is not None:
                dialing.cancel()
                await asyncio.wait((dialing,))
        return self._next is not None

    async def _redial(self, dial: Dial, delays: object) -> None:
        """Connect again, until it succeeds or the peer says that there is no use."""
        while True:
            deadline = deadline_after(_REDIAL_SECONDS)
            try:
                stream = await dial(deadline)
                opening = Opening(urandom(SECRET), self._core.mark, self.known)
                opened = await open_on(stream, opening, deadline)
            except RefusedError as error:
                if error.errno is None:  # by the peer itself, not by its machine
                    self._refusal = _broken(error, self._core.unread)
                    self._arrival.set()
                    return
            except (Error, OSError):
                pass
            else:
                self.go_on(Transport(stream, opened.peer, opened.rest))
                return
            await asyncio.sleep(next(delays))  # type: ignore[call-overload]

    async def _carry(self, transport: Transport) -> None:
        """Carry until the transport is lost, or replaced, or not needed any more."""
        core = self._core
        stream = transport.stream
        try:
            events = core.attach(transport.peer, monotonic())
            self._handle(events)
            self._handle(core.receive(transport.rest, monotonic()))
        except Error:
            return
        reading = asyncio.create_task(self._read_all(stream))
        writing = asyncio.create_task(self._write_all(stream))
        replaced = asyncio.create_task(self._arrival.wait())
        tasks = (reading, writing, replaced)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if core.over and not replaced.done():
                # What is unread when a socket is closed may make its last words be lost.
                await asyncio.wait((reading,), timeout=_PARTING_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read_all(self, stream: Stream) -> None:
        """Take what arrives on the transport, until it is lost."""
        core = self._core
        with suppress(Error, OSError):
            while True:
                try:
                    wait = remaining(core.next_deadline())
                    data = await stream.receive(_AT_ONCE, timeout=wait)
                except TimedOutError:
                    if any(isinstance(event, Silent) for event in core.expire(monotonic())):
                        return
                    self._work.set()
                    continue
                if not data:
                    return
                events = core.receive(data, monotonic())
                self._handle(events)
                if events or core.owes:
                    self._work.set()

    async def _write_all(self, stream: Stream) -> None:
        """Send what there is to send, until the transport is lost or not needed any more."""
        core = self._core
        with suppress(Error, OSError):
            while True:
                self._work.clear()
                frames = core.to_send(monotonic())
                if frames:
                    await stream.send(b"".join(frames), timeout=None)
                elif core.over:
                    await stream.close_sending(timeout=_PARTING_SECONDS)
                    return
                else:
                    await self._work.wait()

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Arrived):
                if not (self._ended_receiving or self._closed):
                    self._buffer.feed(event.data)
            elif isinstance(event, Ended):
                self._buffer.end()
            elif isinstance(event, Aborted):
                self._fail(_thrown_away())
            self._wake()

    def _fail(self, error: Error) -> None:
        self._failure = error
        self._rest.clear()

    def _wake(self) -> None:
        self._readers.wake()
        self._writers.wake()

    # -- what a transport provides ---------------------------------------------------------------

    async def _fill(self, wanted: int, deadline: float | None) -> None:
        self._wanted = wanted
        self._drained()
        try:
            ready = self._buffer.ended or self._failure is not None or self._closed
            if not ready and not await self._readers.wait(deadline):
                raise timed_out(self._remote, "read")
        finally:
            self._wanted = 0

    def _drained(self) -> None:
        core = self._core
        if self._ended_receiving:
            return
        taken = core.arrived - len(self._buffer)
        if core.took(taken, self._wanted):
            self._work.set()

    async def _write(self, data: bytes, deadline: float | None) -> None:
        if data:
            self._rest.append(memoryview(data))
        while True:
            self._check_writable()
            self._push()
            if self._core.peer_gone:
                self._rest.clear()
                raise _reads_no_more(self._core.unread)
            if not self._rest:
                return
            if not await self._writers.wait(deadline):
                raise timed_out(self._remote, "write")

    def _push(self) -> None:
        """Hand over to the core what it has room for."""
        rest = self._rest
        while rest:
            size = self._core.write(rest[0])
            if size:
                self._work.set()
            if size < len(rest[0]):
                rest[0] = rest[0][size:]
                return
            rest.popleft()

    async def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        self._core.end()
        self._work.set()

    async def _end_reading(self) -> None:
        self._core.deafen()
        self._work.set()
        self._readers.wake()

    async def delivered(self, *, timeout: Timeout = ...) -> None:
        """Wait until the peer's program has read everything that was sent.

        Raises:
            BrokenError: it never will: it has closed, or did not return.
            TimedOutError: it has not yet.
            ClosedError: this side closed the stream.
        """
        deadline = self._deadline(timeout)
        while True:
            if self._closed:
                raise self._closed_error("write")
            if self._core.delivered and not self._rest:
                return
            self._check_writable()
            self._push()
            if self._core.peer_gone:
                raise _reads_no_more(self._core.unread)
            if not await self._writers.wait(deadline):
                raise TimedOutError(
                    f"the peer has not read {self.unread} bytes in time.",
                    address=self._remote,
                    stage="write",
                    advice="Nothing is lost: wait again.",
                )

    async def _release(self) -> None:
        core = self._core
        self._rest.clear()
        core.close()
        self._work.set()
        self._wake()
        deadline = deadline_after(self._settings.linger)
        while not (core.settled or core.stuck or self._life.done()):
            if not await self._settling(deadline):
                break
        if not self._life.done():
            # The rest of it needs nobody to wait: it ends by itself, at the latest after our
            # patience.
            _closing.add(self._life)
            self._life.add_done_callback(_closing.discard)

    async def _settling(self, deadline: float | None) -> bool:
        woken = asyncio.ensure_future(self._writers.wait(deadline))
        try:
            await asyncio.wait((woken, self._life), return_when=asyncio.FIRST_COMPLETED)
            return self._life.done() or woken.result()
        finally:
            woken.cancel()

    async def abort(self) -> None:
        """Throw the stream away at once; the peer gets a `ResetError`, if it can be told."""
        if self._closed and self._life.done():
            return
        self._closed = True
        self._core.abort()
        self._rest.clear()
        self._work.set()
        self._wake()
        if self._core.attached or self._next is not None:  # the peer can be told
            await asyncio.wait((self._life,), timeout=_PARTING_SECONDS)
        self._life.cancel()
        with suppress(asyncio.CancelledError):
            await self._life


def _close_soon(stream: Stream) -> None:
    """Close a transport without waiting for it."""
    task = asyncio.ensure_future(_close(stream, cleanly=False))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


async def _close(stream: Stream, *, cleanly: bool) -> None:
    with suppress(Error, OSError):
        await (stream.close() if cleanly else stream.abort())


def _no_answer() -> BrokenError:
    return BrokenError(
        "the peer has ended the connection instead of answering.",
        stage="connect",
        advice="It must speak of lasting streams too: lasting=True, or --lasting.",
    )


def _lost(patience: float, unread: int) -> BrokenError:
    return BrokenError(
        f"the peer did not return within {patience:g} seconds{_unread(unread)}.",
        stage="read",
        advice="Begin again when the network is there; or allow more: Lasting(patience=…).",
    )


def _broken(error: RefusedError, unread: int) -> BrokenError:
    made = BrokenError(f"{error.message[:-1]}{_unread(unread)}.", stage="read", advice=error.advice)
    made.__cause__ = error
    return made


def _thrown_away() -> Error:
    from razem.errors import ResetError  # noqa: PLC0415  seldom needed

    return ResetError(
        "the peer threw the stream away; what it had not sent is lost.",
        stage="read",
        advice="Its program may have failed; begin again.",
    )


def _reads_no_more(unread: int) -> BrokenError:
    return BrokenError(
        f"the peer reads no more: it has closed the stream{_unread(unread)}.",
        stage="write",
        advice="Begin again.",
    )


def _unread(size: int) -> str:
    return f", and has not read {size} bytes of what was sent, as far as is known" if size else ""
