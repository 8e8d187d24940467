"""Listeners for asyncio: the twin of `razem.sockets.listener`."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any, Final, Self

from razem.errors import ClosedError, ExhaustedError, TimedOutError
from razem.sockets.address import Address
from razem.sockets.aio.descriptors import Detachable
from razem.sockets.aio.resolve import resolve
from razem.sockets.aio.socket_stream import open_stream
from razem.sockets.aio.waiters import Waiters
from razem.sockets.clock import deadline_after
from razem.sockets.failures import cannot_accept, is_passing
from razem.sockets.handlers import report
from razem.sockets.listening import (
    BACKLOG,
    close_listening_sockets,
    disown_listening_sockets,
    listening_address,
    open_endpoints,
)
from razem.sockets.options import presetting
from razem.sockets.schemes import find, lasts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from types import TracebackType

    from razem.sockets.aio.stream import Stream
    from razem.sockets.lasting.settings import Lasting
    from razem.sockets.options import OptionValues
    from razem.sockets.tls_config import Tls

__all__ = ["Listener", "listen", "listen_plain", "listen_tls"]

_EXHAUSTED_PAUSE: Final = 0.5  # seconds before accepting again when descriptors have run out
_STOP_SECONDS: Final = 5.0  # for handlers to end once they are cancelled


async def listen(
    address: Address | str,
    *,
    backlog: int = BACKLOG,
    tls: Tls | None = None,
    options: OptionValues | None = None,
    lasting: bool | Lasting = False,
) -> Listener:
    """Listen on the address; close the listener, or use it in an ``async with``.

    Arguments and errors are those of `razem.listen`.
    """
    address = Address(address)
    open_one = find(address, "aio_listen")
    arguments = (address, backlog, tls) if address.scheme == "tls" else (address, backlog)
    with presetting(address, options):
        listener: Listener = await open_one(*arguments)
    if lasting and not lasts(address):
        from razem.sockets.aio.lasting_ends import listen_lasting  # noqa: PLC0415  seldom used

        return await listen_lasting(listener, lasting=lasting)
    return listener


async def listen_plain(address: Address, backlog: int) -> Listener:
    """Listen without TLS."""
    endpoints = await resolve(address, listening=True)
    return Listener(address, open_endpoints(address, endpoints, backlog=backlog))


async def listen_tls(address: Address, backlog: int, tls: Tls | None) -> Listener:
    """Listen for clients that speak TLS. Each has 30 seconds to agree on it."""
    from razem.sockets.aio.tls_stream import TlsStream  # noqa: PLC0415  ssl is slow to import
    from razem.sockets.tls import TlsSession  # noqa: PLC0415
    from razem.sockets.tls_config import TLS_PATIENCE, server_context  # noqa: PLC0415

    context = server_context(address, tls)
    pins = tls.pins if tls else frozenset()

    def wrap(stream: Stream) -> Stream:
        session = TlsSession(context, stream.remote, server_side=True, pins=pins)
        return TlsStream(stream, session, patience=TLS_PATIENCE)

    endpoints = await resolve(address, listening=True)
    return Listener(address, open_endpoints(address, endpoints, backlog=backlog), wrap=wrap)


class Listener(Detachable):
    """Waits for connections: ``async for`` over it, call `accept`, or let it `serve`.

    Iteration ends when it is closed, by any task. Streams that were accepted live on.

    Args:
        address: as it was asked for.
        sockets: bound, listening and non-blocking; they belong to the listener from now on.
        wrap: makes of each stream that was accepted the one that is given out; it must not wait.
    """

    def __init__(
        self,
        address: Address,
        sockets: Sequence[socket.socket],
        *,
        wrap: Callable[[Stream], Stream] | None = None,
    ) -> None:
        self.local = listening_address(address, sockets)
        """The address to connect to, with the real port."""
        self._sockets = list(sockets)
        self._wrap = wrap
        self._closed = False
        self._waiting = 0  # tasks that wait for a connection
        self._arrivals = Waiters()
        self._changed = Waiters()  # a handler has ended, or the listener is closed

    async def accept(self, *, timeout: float | None = None) -> Stream:
        """Wait for the next connection.

        Raises:
            TimedOutError: nobody came in time.
            ClosedError: the listener is closed, before the call or during it.
            ExhaustedError: no descriptor is left; it can be called again when some are free.
        """
        return await self._open(await self._accept(deadline_after(timeout)))

    async def _accept(self, deadline: float | None) -> Any:
        """Wait for the next connection: its socket, which `_open` makes a stream of."""
        while not self._closed:
            for listening in self._sockets:
                try:
                    sock, _ = listening.accept()
                except OSError as error:
                    if is_passing(error):  # nobody is there, or has gone again
                        continue
                    raise cannot_accept(self.local, error) from error
                sock.setblocking(False)
                return sock
            if not await self._arrival(deadline):
                message = f"nobody connected to {self.local} in time."
                raise TimedOutError(message, address=self.local, stage="accept")
        message = f"the listener on {self.local} is closed."
        raise ClosedError(message, address=self.local, stage="accept")

    async def _arrival(self, deadline: float | None) -> bool:
        """Wait until somebody may be there; False if the deadline came first."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            for listening in self._sockets:
                loop.add_reader(listening, self._arrivals.wake)
        self._waiting += 1
        try:
            return await self._arrivals.wait(deadline)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._closed:
                self._watch_no_more()

    def _watch_no_more(self) -> None:
        loop = asyncio.get_running_loop()
        for listening in self._sockets:
            loop.remove_reader(listening)

    async def _open(self, sock: Any) -> Stream:
        """Make the stream of what was accepted."""
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = await open_stream(sock, scheme=self.local.scheme)
        return stream if self._wrap is None else self._wrap(stream)

    async def __aiter__(self) -> AsyncIterator[Stream]:
        while True:
            try:
                stream = await self.accept()
            except ClosedError:
                return
            yield stream

    async def serve(
        self,
        handler: Callable[[Stream], Awaitable[object]],
        *,
        limit: int = 10_000,
        grace: float = 0.0,
    ) -> None:
        """Call `handler` with each connection, in a task of its own, until closed or cancelled.

        The stream is closed when the handler returns. A connection that breaks ends its handler
        quietly; any other exception goes to the log "razem", and the others are served on.

        Args:
            handler: what to do with a stream.
            limit: how many run at once at the most; further clients wait in the backlog.
            grace: seconds that handlers may go on after the listener was closed. Then they are
                cancelled. It returns when they have ended.
        """
        running: set[asyncio.Task[None]] = set()

        def ended(task: asyncio.Task[None]) -> None:
            running.discard(task)
            self._changed.wake()

        try:
            while True:
                while len(running) >= limit and not self._closed:
                    await self._changed.wait()
                try:
                    sock = await self._accept(None)
                except ExhaustedError as error:
                    report(self.local, error)
                    await self._changed.wait(deadline_after(_EXHAUSTED_PAUSE))
                    continue
                task = asyncio.create_task(self._run(handler, sock))
                running.add(task)
                task.add_done_callback(ended)
        except ClosedError:
            if running and grace > 0:
                await asyncio.wait(running, timeout=grace)
        finally:
            await self.close()
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running, timeout=_STOP_SECONDS)

    async def _run(self, handler: Callable[[Stream], Awaitable[object]], sock: Any) -> None:
        """Serve one connection."""
        remote = None
        try:
            async with await self._open(sock) as stream:
                remote = stream.remote
                if self._wrap is not None:
                    await stream._begin()  # noqa: SLF001  in its handler's time, not in ours
                await handler(stream)
        except Exception as error:  # noqa: BLE001  one client must not end the service
            report(remote, error)

    async def close(self) -> None:
        """Stop listening, and remove the socket file. Again is harmless."""
        if self._closed:
            return
        self._closed = True
        if self._waiting:
            self._watch_no_more()
        close_listening_sockets(self._sockets)
        self._arrivals.wake()
        self._changed.wake()

    async def receivable(self) -> None:
        """Wait until somebody connects, without accepting it.

        Raises:
            ClosedError: the listener was closed.
        """
        while not self.poll().receive:
            await self._arrival(None)

    def _disown(self) -> None:
        disown_listening_sockets(self._sockets)

    def _described(self) -> Sequence[int]:
        return () if self._closed else [sock.fileno() for sock in self._sockets]

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{'closed ' if self._closed else ''}Listener {self.local}>"
