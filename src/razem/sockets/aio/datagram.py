"""Datagrams for asyncio: the twin of `razem.sockets.datagram`."""

from __future__ import annotations

import asyncio
import socket
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self, cast

from razem.errors import ClosedError, TruncatedError, UnavailableError
from razem.sockets.address import Address
from razem.sockets.aio.connecting import connect as connect_any
from razem.sockets.aio.descriptors import Detachable
from razem.sockets.aio.resolve import resolve
from razem.sockets.aio.waiters import Waiters
from razem.sockets.clock import Timeout, deadline_after, remaining
from razem.sockets.connecting import CONNECT_TIMEOUT
from razem.sockets.datagram import MAX_DATAGRAM
from razem.sockets.datagram_failures import datagram_timed_out, no_datagrams, no_half_close
from razem.sockets.options import presetting
from razem.sockets.ports import Ports, bind_ports, connect_ports
from razem.sockets.schemes import find
from razem.sockets.socket_datagram import ASK_AGAIN

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Sequence
    from types import TracebackType

    from razem.sockets.options import OptionValues

__all__ = [
    "Datagrams",
    "SocketDatagrams",
    "bind",
    "bind_datagrams",
    "connect_datagrams",
    "open_connected",
]


async def bind(
    address: Address | str,
    *,
    timeout: float | None = CONNECT_TIMEOUT,
    options: OptionValues | None = None,
) -> Datagrams:
    """Open an end for datagrams at the address; close it, or use it in an ``async with``.

    Arguments and errors are those of `razem.bind`.
    """
    address = Address(address)
    with presetting(address, options):
        datagrams: Datagrams = await find(address, "aio_bind")(address, deadline_after(timeout))
    return datagrams


async def connect_datagrams(
    address: Address | str,
    *,
    timeout: float | None = CONNECT_TIMEOUT,
    options: OptionValues | None = None,
    source: Address | str | None = None,
) -> Datagrams:
    """Do what `razem.aio.connect` does with an address of datagrams, for type checkers.

    Arguments and errors are those of `razem.connect_datagrams`.
    """
    connected: object = await connect_any(address, timeout=timeout, options=options, source=source)
    if isinstance(connected, Datagrams):
        return connected
    await cast("Datagrams", connected).close()
    raise no_datagrams(Address(address))


async def bind_datagrams(address: Address, deadline: float | None) -> SocketDatagrams:
    """Bind any kind that has sockets."""
    endpoints = await resolve(address, listening=True, deadline=deadline)
    return SocketDatagrams(bind_ports(address, endpoints))


async def open_connected(
    address: Address, deadline: float | None, _tls: ssl.SSLContext | None = None
) -> SocketDatagrams:
    """Connect any kind that has sockets."""
    endpoints = await resolve(address, deadline=deadline)
    return SocketDatagrams(connect_ports(address, endpoints))


class Datagrams(Detachable, ABC):
    """An end that sends and receives messages, whole: each `receive` gives what one `send` sent.

    The promises and errors are those of `razem.Datagrams`; a call that was cancelled has lost
    nothing either. ``async with`` closes it; ``async for`` gives ``(data, sender)`` as they
    arrive. Sending and receiving may go on in several tasks at once.

    To make datagrams of something else, write the three methods that are abstract here.

    Attributes:
        timeout: the default of all calls; None, to wait for ever, unless it is set.
    """

    def __init__(
        self, *, local: Address | None, remote: Address | None, timeout: float | None = None
    ) -> None:
        self.timeout = timeout
        self._local = local
        self._remote = remote
        self._closed = False

    # -- what a transport provides ---------------------------------------------------------------

    @abstractmethod
    async def _receive(
        self, max_bytes: int, deadline: float | None
    ) -> tuple[bytes, Address | None]:
        """Wait for the next datagram; raise `_closed_error` when woken by `_release`."""

    @abstractmethod
    async def _send(
        self, data: bytes | memoryview, to: Address | None, deadline: float | None
    ) -> None:
        """Send one, waiting until there is room."""

    @abstractmethod
    async def _release(self) -> None:
        """Make all that waits here go on, and give everything back to the system."""

    async def _begin(self) -> None:
        """Do what comes before the first message: nothing. Listeners ask any connection to."""

    # -- what it is ------------------------------------------------------------------------------

    @property
    def local(self) -> Address | None:
        """The address of this end, to be sent to; None where it has no name."""
        return self._local

    @property
    def remote(self) -> Address | None:
        """The only peer of a connected end; None of one that is not, or has no name."""
        return self._remote

    @property
    def closed(self) -> bool:
        """Whether this side has closed it."""
        return self._closed

    def fileno(self) -> int:
        """Return the descriptor, -1 once closed.

        Raises:
            UnavailableError: there is none, or more than one, as at ``localhost``.
        """
        if self._closed:
            return -1
        descriptors = self._described()
        if len(descriptors) > 1:
            raise UnavailableError(
                f"{self.local} has a socket for each version of IP.",
                advice="Bind one of them, as 127.0.0.1 or [::1].",
            )
        return descriptors[0]

    # -- sending and receiving -------------------------------------------------------------------

    async def receive(
        self, max_bytes: int = MAX_DATAGRAM, *, timeout: Timeout = ...
    ) -> tuple[bytes, Address | None]:
        """Wait for the next datagram; return its bytes, which may be none, and its sender.

        Arguments and errors are those of `razem.Datagrams.receive`.
        """
        deadline = self._deadline(timeout)
        if self._closed:
            raise self._closed_error("read")
        return await self._receive(max_bytes, deadline)

    async def send(
        self,
        data: bytes | bytearray | memoryview,
        to: Address | str | None = None,
        *,
        timeout: Timeout = ...,
    ) -> None:
        """Send `data` as one datagram, whole; when it returns, the system has taken it.

        Arguments and errors are those of `razem.Datagrams.send`.
        """
        receiver = None if to is None else Address(to)
        # What is mutable may be changed before the system takes it.
        data = data if isinstance(data, bytes) else bytes(data)
        deadline = self._deadline(timeout)
        if self._closed:
            raise self._closed_error("write")
        await self._send(data, receiver, deadline)

    async def close_sending(self) -> None:
        """Tell the peer that nothing more will be sent; receiving goes on. Again is harmless.

        Raises:
            LocalProtocolError: it is not unix+seqpacket, which alone has connections.
            ClosedError: this side closed it.
        """
        raise no_half_close(self.local.scheme if self.local else "this")

    async def close_receiving(self) -> None:
        """Receive nothing more; sending goes on. Again is harmless.

        The next receive, also one that waits, gets what has arrived and then the peer's end.

        Raises:
            LocalProtocolError: it is not unix+seqpacket, which alone has connections.
            ClosedError: this side closed it.
        """
        raise no_half_close(self.local.scheme if self.local else "this")

    async def __aiter__(self) -> AsyncIterator[tuple[bytes, Address | None]]:
        """Yield what arrives, until it is closed or the peer has ended the connection."""
        while True:
            try:
                item = await self.receive()
            except ClosedError:
                return
            except TruncatedError as error:
                if error.needed is None and not error.got:
                    return
                raise
            yield item

    async def receivable(self) -> None:
        """Wait until a datagram, or a failure, can be received, without taking it.

        Raises:
            ClosedError: this side closed it.
            UnavailableError: this kind cannot be waited for.
        """
        raise UnavailableError("this kind of datagrams cannot be waited for.")

    async def sendable(self) -> None:
        """Wait until there is room to send a datagram.

        Raises:
            ClosedError: this side closed it.
            UnavailableError: this kind cannot be waited for.
        """
        raise UnavailableError("this kind of datagrams cannot be waited for.")

    # -- the end ---------------------------------------------------------------------------------

    async def close(self) -> None:
        """Close it; whoever waits in another task gets `ClosedError`.

        What has arrived and was not received is discarded. Again is harmless.
        """
        if not self._closed:
            self._closed = True
            await self._release()

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
        state = "closed " if self._closed else ""
        peer = f" - {self.remote}" if self.remote else ""
        return f"<{state}{type(self).__name__} {self.local}{peer}>"

    def _deadline(self, timeout: Timeout) -> float | None:
        """When a call that starts now must end."""
        return deadline_after(self.timeout if timeout is ... else timeout)

    def _closed_error(self, stage: str) -> ClosedError:
        message = f"{self.local or 'this end'} is closed."
        return ClosedError(message, address=self.local, stage=stage)


class SocketDatagrams(Datagrams):
    """Datagrams over sockets of the system.

    It asks the sockets itself and lets the loop watch them only while a task waits, so that no
    datagram is ever between the system and the caller, where a cancellation could lose it.

    Args:
        ports: bound or connected; they belong to this object from now on.
        timeout: the default of all calls.
    """

    def __init__(self, ports: Ports, *, timeout: float | None = None) -> None:
        super().__init__(local=ports.local, remote=ports.remote, timeout=timeout)
        self._ports = ports
        self._readers = Waiters()
        self._writers = Waiters()
        self._waiting = {"read": 0, "write": 0}

    async def _receive(
        self, max_bytes: int, deadline: float | None
    ) -> tuple[bytes, Address | None]:
        while True:
            taken = self._ports.receive(max_bytes)
            if taken is not None:
                return taken
            await self._wait("read", deadline, None)

    async def _send(
        self, data: bytes | memoryview, to: Address | None, deadline: float | None
    ) -> None:
        place = self._ports.place(to)
        if place is None:
            assert to is not None  # noqa: S101  only a name has to be looked up
            place = self._ports.choose(to, await resolve(to, deadline=deadline))
            if self._closed:
                raise self._closed_error("write")
        while not self._ports.send(data, place, to):
            await self._wait("write", deadline, to)

    async def _wait(self, stage: str, deadline: float | None, to: Address | None) -> None:
        """Wait until it is worth trying again.

        Raises:
            TimedOutError: the deadline passed.
            ClosedError: it was closed.
        """
        waiters = self._readers if stage == "read" else self._writers
        if stage == "write" and self._ports.must_poll(to):
            left = remaining(deadline)
            late = left == 0
            pause = ASK_AGAIN if left is None else min(left, ASK_AGAIN)
            await waiters.wait(deadline_after(pause))
        else:
            if not self._waiting[stage]:
                self._watch(stage)
            self._waiting[stage] += 1
            try:
                late = not await waiters.wait(deadline)
            finally:
                self._waiting[stage] -= 1
                if not self._waiting[stage] and not self._closed:
                    self._watch_no_more(stage)
        if self._closed:
            raise self._closed_error(stage)
        if late:
            raise datagram_timed_out(to or self._remote, stage)

    def _watch(self, stage: str) -> None:
        loop = asyncio.get_running_loop()
        for sock in self._ports.sockets:
            if stage == "read":
                loop.add_reader(sock, self._readers.wake)
            else:
                loop.add_writer(sock, self._writers.wake)

    def _watch_no_more(self, stage: str) -> None:
        loop = asyncio.get_running_loop()
        for sock in self._ports.sockets:
            if stage == "read":
                loop.remove_reader(sock)
            else:
                loop.remove_writer(sock)

    async def close_sending(self) -> None:
        """Tell the peer that nothing more will be sent; receiving goes on. Again is harmless.

        Raises:
            LocalProtocolError: it is not unix+seqpacket, which alone has connections.
            ClosedError: this side closed it.
        """
        if self._closed:
            raise self._closed_error("write")
        self._ports.close_half(socket.SHUT_WR)

    async def close_receiving(self) -> None:
        """Receive nothing more; sending goes on. Again is harmless.

        The next receive, also one that waits, gets what has arrived and then the peer's end.

        Raises:
            LocalProtocolError: it is not unix+seqpacket, which alone has connections.
            ClosedError: this side closed it.
        """
        if self._closed:
            raise self._closed_error("read")
        self._ports.close_half(socket.SHUT_RD)

    async def receivable(self) -> None:
        """Wait until a datagram, or a failure, can be received, without taking it.

        Raises:
            ClosedError: this side closed it.
        """
        while not self.poll().receive:
            await self.wait_ready("read", None)

    async def wait_ready(self, stage: str, deadline: float | None) -> None:
        """Wait until it is worth trying to "read" or "write" again.

        Raises:
            TimedOutError: the deadline passed.
            ClosedError: it was closed.
        """
        await self._wait(stage, deadline, None)

    async def sendable(self) -> None:
        """Wait until there is room to send a datagram.

        Raises:
            ClosedError: this side closed it.
        """
        while not self.poll().send:
            await self.wait_ready("write", None)

    def _disown(self) -> None:
        self._ports.disown()

    def _described(self) -> Sequence[int]:
        return () if self._closed else [sock.fileno() for sock in self._ports.sockets]

    async def _release(self) -> None:
        for stage, waiting in self._waiting.items():
            if waiting:
                self._watch_no_more(stage)
        self._ports.close()
        self._readers.wake()
        self._writers.wake()
