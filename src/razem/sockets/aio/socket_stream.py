"""Streams for asyncio over sockets of the system: TCP and UNIX."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from razem.errors import BrokenError
from razem.sockets.aio.stream import Stream
from razem.sockets.aio.waiters import Waiters
from razem.sockets.endpoints import address_of
from razem.sockets.failures import stream_failed, timed_out

if TYPE_CHECKING:
    import socket

    from razem.sockets.address import Address

__all__ = ["SocketStream", "open_stream"]

_BUFFER_LIMIT: Final = 256 * 1024  # bytes; over it the peer is no longer read from
_YIELD_BYTES: Final = 1024 * 1024


class SocketStream(Stream, asyncio.Protocol):
    """A protocol of asyncio that is a stream to its user. Make one with `open_stream`.

    It reads ahead up to a limit, and further only for a call that needs more at once; so a peer
    that sends faster than we take is slowed down by TCP.
    """

    _transport: asyncio.Transport

    def __init__(self, *, scheme: str, remote: Address | None, timeout: float | None) -> None:
        super().__init__(local=None, remote=remote, timeout=timeout)
        self._scheme = scheme
        self._readers = Waiters()
        self._writers = Waiters()
        self._closers = Waiters()
        self._reading = True
        self._wanted = 0  # bytes that a call waits for
        self._writable = True
        self._at_once = 0  # bytes sent since the last time other tasks had their turn
        self._lost = False

    # -- called by asyncio -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (`asyncio.BaseProtocol`)."""
        self._transport = cast("asyncio.Transport", transport)
        # With no room for more, "written" means that the system has it, as in the blocking twin.
        self._transport.set_write_buffer_limits(high=0)
        if self._remote is None:
            peer = transport.get_extra_info("peername")
            self._remote = address_of(self._scheme, peer) if peer else None

    def data_received(self, data: bytes) -> None:
        """Take what arrived (`asyncio.Protocol`)."""
        buffer = self._buffer
        buffer.feed(data)
        if self._reading and len(buffer) >= max(_BUFFER_LIMIT, self._wanted):
            self._reading = False
            self._transport.pause_reading()
        self._readers.wake()

    def eof_received(self) -> bool:
        """Take note of the peer's end (`asyncio.Protocol`)."""
        self._buffer.end()
        self._readers.wake()
        return True  # we may still send

    def pause_writing(self) -> None:
        """Take note that the system takes no more for now (`asyncio.BaseProtocol`)."""
        self._writable = False

    def resume_writing(self) -> None:
        """Take note that it has taken everything (`asyncio.BaseProtocol`)."""
        self._writable = True
        self._writers.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that it is over (`asyncio.BaseProtocol`)."""
        self._lost = True
        if not self._closed:
            if isinstance(exc, OSError):
                self._failure = stream_failed(exc, self._remote, "read")
                self._failure.__cause__ = exc
            else:
                self._failure = BrokenError("the event loop has dropped the connection.")
                self._failure.__cause__ = exc
        self._wake()

    # -- what a stream needs ---------------------------------------------------------------------

    async def _fill(self, wanted: int, deadline: float | None) -> None:
        self._wanted = wanted
        self._read_on()
        try:
            if not await self._readers.wait(deadline):
                raise timed_out(self._remote, "read")
        finally:
            self._wanted = 0

    def _drained(self) -> None:
        if not self._reading and len(self._buffer) < _BUFFER_LIMIT // 2:
            self._read_on()

    def _read_on(self) -> None:
        """Read from the peer again, if we had stopped."""
        if not self._reading and not self._lost:
            self._reading = True
            self._transport.resume_reading()

    async def _write(self, data: bytes, deadline: float | None) -> None:
        if data:
            self._transport.write(data)
        # "Closing" without us having closed it means that it broke: the loop tells soon how.
        while not self._writable or self._transport.is_closing():
            if not await self._writers.wait(deadline):
                raise timed_out(self._remote, "write")
            self._check_writable()
        self._at_once += len(data)
        if self._at_once > _YIELD_BYTES:  # a fast reader must not starve the other tasks
            self._at_once = 0
            await asyncio.sleep(0)

    async def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        try:
            self._transport.write_eof()
        except OSError as error:
            raise stream_failed(error, self._remote, "write") from error

    async def _release(self) -> None:
        if not self._lost:
            # What a send that did not finish has left is given up, as the blocking twin does.
            if self._writable:
                self._transport.close()
            else:
                self._transport.abort()
            self._readers.wake()
            self._writers.wake()
            while not self._lost:
                await self._closers.wait()

    def _wake(self) -> None:
        self._readers.wake()
        self._writers.wake()
        self._closers.wake()

    def _local_address(self) -> Address | None:
        return address_of(self._scheme, self._transport.get_extra_info("sockname"))

    def _descriptor(self) -> int:
        sock = self._transport.get_extra_info("socket")
        return -1 if self._lost or sock is None else int(sock.fileno())


async def open_stream(
    sock: socket.socket,
    *,
    scheme: str,
    remote: Address | None = None,
    timeout: float | None = None,
) -> SocketStream:
    """Make a stream of a connected, non-blocking socket, which belongs to it from now on.

    Args:
        sock: TCP or UNIX.
        scheme: of the addresses of its ends.
        remote: the address that was connected to, if the peer's own name would say less.
        timeout: the default of all calls.
    """
    loop = asyncio.get_running_loop()

    def make() -> SocketStream:
        return SocketStream(scheme=scheme, remote=remote, timeout=timeout)

    try:
        _, stream = await loop.connect_accepted_socket(make, sock)
    except BaseException:
        sock.close()
        raise
    return stream
