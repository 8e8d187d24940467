"""Streams for asyncio over sockets of the system: TCP and UNIX."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from razem.errors import BrokenError, Error
from razem.sockets.aio.arrival import Arrival
from razem.sockets.aio.stream import Stream
from razem.sockets.aio.waiters import Waiters
from razem.sockets.endpoints import address_of
from razem.sockets.failures import stream_failed, timed_out
from razem.sockets.file_source import NOT_BY_SENDFILE, SENDFILE_BYTES, file_ended
from razem.sockets.listening import ListeningSocket
from razem.sockets.records import GATHERED, record_header
from razem.sockets.stream import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from razem.sockets.address import Address
    from razem.sockets.clock import Timeout
    from razem.sockets.file_source import FileSource

__all__ = ["SocketStream", "open_stream"]

_BUFFER_LIMIT: Final = 256 * 1024  # bytes; over it the peer is no longer read from
# What a task may send before the others have their turn, some 5 ms of work. Turns of the loop
# that come oftener leave a quick peer idle, and waking it takes longer than they do.
_YIELD_BYTES: Final = 16 * 1024 * 1024
_CALL_BYTES: Final = 4096  # that a call costs as much as, however little it sends

_GATHERS: Final = hasattr(socket.socket, "sendmsg")
_RESET: Final = struct.pack("@ii", 1, 0)  # socket(7), SO_LINGER: on, for no time


class _Room(threading.local):
    """Where what arrives is put before it becomes bytes of its own: one for all streams.

    The event loop asks for it, fills it and tells so in one go, so that they do not meet there.
    """

    def __init__(self) -> None:
        self.view = memoryview(bytearray(MAX_BYTES))


_ROOM: Final = _Room()


class SocketStream(Stream, asyncio.BufferedProtocol, asyncio.Protocol):
    """A protocol of asyncio that is a stream to its user. Make one with `open_stream`.

    It is a protocol of both kinds: asyncio's loop takes it for a `BufferedProtocol`, which spares
    it much memory for each read; uvloop for a `Protocol`, which costs it one call less.

    It reads ahead up to a limit, and further only for a call that needs more at once; so a peer
    that sends faster than we take is slowed down by TCP.
    """

    _transport: asyncio.Transport

    def __init__(
        self,
        *,
        scheme: str,
        remote: Address | None,
        timeout: float | None,
        sock: socket.socket | None = None,
    ) -> None:
        super().__init__(local=None, remote=remote, timeout=timeout)
        self._socket = sock
        self._scheme = scheme
        self._loop = asyncio.get_running_loop()
        self._arrival = Arrival(self._loop)  # the first task that waits for what comes
        self._readers = Waiters()  # all others
        self._writers = Waiters()
        self._closers = Waiters()
        self._room = _ROOM.view
        self._reading = True
        self._handed_over = False  # to a relay, which reads past the transport
        self._wanted = 0  # bytes that a call waits for
        self._writable = True
        self._at_once = 0  # bytes sent since the last time other tasks had their turn
        self._lost = False
        self._file_goes_out = False  # past the transport

    # -- called by asyncio -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (`asyncio.BaseProtocol`)."""
        self._transport = cast("asyncio.Transport", transport)
        # With no room for more, "written" means that the system has it, as in the blocking twin.
        self._transport.set_write_buffer_limits(high=0)
        if self._remote is None:
            peer = transport.get_extra_info("peername")
            self._remote = address_of(self._scheme, peer) if peer else None

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  it may be smaller
        """Say where to put what arrives (`asyncio.BufferedProtocol`)."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Take what arrived (`asyncio.BufferedProtocol`)."""
        self.data_received(self._room[:nbytes].tobytes())

    def data_received(self, data: bytes) -> None:
        """Take what arrived (`asyncio.Protocol`)."""
        buffer = self._buffer
        buffer.feed(data)
        if buffer.size >= _BUFFER_LIMIT and buffer.size >= self._wanted and self._reading:
            self._reading = False
            self._transport.pause_reading()
        self._readers.wake()
        self._arrival.wake()  # last: the task goes on in it

    def eof_received(self) -> bool:
        """Take note of the peer's end (`asyncio.Protocol`)."""
        self._buffer.end()
        self._wake_readers()
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
        if not self._closed and self._failure is None:
            if isinstance(exc, OSError):
                self._failure = stream_failed(exc, self._remote, "read")
                self._failure.__cause__ = exc
            else:
                self._failure = BrokenError("the event loop has dropped the connection.")
                self._failure.__cause__ = exc
        self._wake()

    # -- the shortest way ------------------------------------------------------------------------

    async def receive(self, max_bytes: int = MAX_BYTES, *, timeout: Timeout = ...) -> bytes:
        """Return the next 1 to `max_bytes` bytes, waiting for the first; ``b""`` only at the end.

        After the peer's end comes, ``b""`` is returned again and again; sending still works.
        """
        if timeout is ...:
            timeout = self.timeout
        buffer = self._buffer
        if (
            timeout is None
            and max_bytes > 0
            and not (buffer.size or buffer.ended or self._closed or self._failure)
        ):
            if self._reading and self._arrival.awaited is None:
                await self._arrival.wait()
            data = buffer.receive(max_bytes) if self._reading else None
            if data and not self._closed:  # which may have come to pass meanwhile
                return data
        return await super().receive(max_bytes, timeout=timeout)

    async def send(self, data: bytes | bytearray | memoryview, *, timeout: Timeout = ...) -> None:
        """Send all of `data`; when it returns, the system has taken everything.

        It waits while the peer does not read. After a time-out or a cancellation the rest is
        kept, and goes out by itself before anything sent later. `close` discards it.

        Raises:
            LocalProtocolError: `close_sending` was called before.
        """
        if (
            type(data) is bytes
            and data  # an empty one only looks whether something is left
            and self._writable  # the transport has nothing left, so that we may go past it
            and not (self._file_goes_out or self._closed or self._failure or self._ended_sending)
            and (sock := self._socket) is not None
        ):
            try:
                sent = sock.send(data)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                raise self._broken(error) from error
            self._at_once += sent + _CALL_BYTES
            if sent == len(data) and self._at_once < _YIELD_BYTES:
                return
            data = data[sent:]
        await super().send(data, timeout=timeout)

    async def send_record(
        self, payload: bytes | bytearray | memoryview, *, timeout: Timeout = ...
    ) -> None:
        """Send a record, which the peer receives as a whole (razem.sockets.records).

        Raises:
            LimitError: the payload has 4 GiB or more.
        """
        if (
            _GATHERS
            and type(payload) is bytes
            and len(payload) >= GATHERED
            and self._writable  # and so on, as in `send`
            and not (self._file_goes_out or self._closed or self._failure or self._ended_sending)
            and (sock := self._socket) is not None
        ):
            header = record_header(payload)
            try:
                sent = sock.sendmsg((header, payload))
            except BlockingIOError:
                sent = 0
            except OSError as error:
                raise self._broken(error) from error
            self._at_once += sent + _CALL_BYTES
            left = b"" if sent == len(header) + len(payload) else (header + payload)[sent:]
            if left or self._at_once >= _YIELD_BYTES:
                await super().send(left, timeout=timeout)
            return
        await super().send_record(payload, timeout=timeout)

    def _broken(self, error: OSError) -> Error:
        """Take note that sending past the transport failed.

        The system tells it once only, so that the transport would see a clean end.
        """
        self._failure = stream_failed(error, self._remote, "write")
        self._transport.abort()
        return self._failure

    def _has_written(self) -> bool:
        """Whether the system has taken everything. A transport that is closing has not."""
        return self._writable and not self._transport.is_closing()

    # -- what a stream needs ---------------------------------------------------------------------

    def _fill(self, wanted: int, deadline: float | None) -> Awaitable[object]:
        if deadline is None and self._reading:
            arrival = self._arrival
            return arrival.wait() if arrival.awaited is None else self._readers.wake_up()
        return self._fill_more(wanted, deadline)

    async def _fill_more(self, wanted: int, deadline: float | None) -> None:
        """Do what is rarer: wait for a limited time, or read on over the limit."""
        self._wanted = wanted
        self._read_on()
        try:
            if not await self._readers.wait(deadline):
                raise timed_out(self._remote, "read")
        finally:
            self._wanted = 0

    def _drained(self) -> None:
        if not self._reading and self._buffer.size < _BUFFER_LIMIT // 2:
            self._read_on()

    def _read_on(self) -> None:
        """Read from the peer again, if we had stopped."""
        if not (self._reading or self._lost or self._handed_over):
            self._reading = True
            self._transport.resume_reading()

    async def _write(self, data: bytes, deadline: float | None) -> None:
        while self._file_goes_out:
            if not await self._writers.wait(deadline):
                raise timed_out(self._remote, "write")
            self._check_writable()
        if data:
            self._transport.write(data)
        # "Closing" without us having closed it means that it broke: the loop tells soon how.
        while not self._has_written():
            if not await self._writers.wait(deadline):
                raise timed_out(self._remote, "write")
            self._check_writable()
        self._at_once += len(data) + _CALL_BYTES
        if self._at_once > _YIELD_BYTES:  # a fast reader must not starve the other tasks
            self._at_once = 0
            await asyncio.sleep(0)

    async def _send_file(
        self, source: FileSource, offset: int, count: int | None, deadline: float | None
    ) -> int:
        descriptor = self._descriptor()
        if source.descriptor is None or not hasattr(os, "sendfile") or descriptor < 0:
            return await super()._send_file(source, offset, count, deadline)
        # A number of its own for the same socket: the loop lets nobody watch that of a transport.
        twin = os.dup(descriptor)
        self._file_goes_out = True
        sent = 0
        try:
            while count is None or sent < count:
                self._check_writable()
                size = SENDFILE_BYTES if count is None else min(SENDFILE_BYTES, count - sent)
                try:
                    taken = os.sendfile(twin, source.descriptor, offset + sent, size)
                except BlockingIOError:
                    if not await self._space(twin, deadline):
                        made = timed_out(self._remote, "write")
                        made.sent = sent
                        raise made from None
                    continue
                if not taken:
                    break
                sent += taken
                await asyncio.sleep(0)
        except OSError as error:
            if isinstance(error, Error):
                raise
            if error.errno not in NOT_BY_SENDFILE:
                raise stream_failed(error, self._remote, "write") from error
            self._file_goes_out = False
            rest = None if count is None else count - sent
            return sent + await super()._send_file(source, offset + sent, rest, deadline)
        finally:
            self._file_goes_out = False
            self._writers.wake()
            os.close(twin)
        if count is not None and sent < count:
            raise file_ended(count, sent)
        return sent

    async def sendable(self) -> None:
        """Wait until there is room to send, and all that was sent before has gone.

        Raises:
            ClosedError: this side closed the stream.
            BrokenError: the connection failed.
        """
        while True:
            self._check_writable()
            if self._file_goes_out or not self._writable:
                await self._writers.wait()
            elif self.poll().send:
                return
            else:
                twin = os.dup(self._descriptor())
                try:
                    await self._space(twin, None)
                finally:
                    os.close(twin)

    async def _space(self, descriptor: int, deadline: float | None) -> bool:
        """Wait until the system takes more, or the stream is closed; False if it took too long."""
        loop = asyncio.get_running_loop()
        loop.add_writer(descriptor, self._writers.wake)
        try:
            return await self._writers.wait(deadline)
        finally:
            loop.remove_writer(descriptor)

    async def abort(self) -> None:
        """Close at once; TCP tells the peer by a reset."""
        self._closed = True
        if not self._lost:
            with suppress(OSError), self._twin() as twin:
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()
        await self._release()

    def _twin(self) -> socket.socket:
        """Another name for the socket, for what the loop's own does not let do; close it."""
        return socket.socket(fileno=os.dup(self._descriptor()))

    # -- for relays ------------------------------------------------------------------------------

    def hand_over(self) -> bool:
        """Leave what arrives to who reads the descriptor; False while there is more in the buffer.

        That must be taken first; nothing is added to it any more.
        """
        self._handed_over = True
        if self._reading and not self._lost:
            self._reading = False
            self._transport.pause_reading()
        return not self._buffer.size

    def take_back(self) -> None:
        """Read again from now on."""
        self._handed_over = False
        self._read_on()

    @property
    def ended(self) -> bool:
        """Whether the peer's end has come."""
        return self._buffer.ended

    def end(self) -> None:
        """Take note that the peer's end has come, which the transport has not seen."""
        self._buffer.end()

    def check_open(self, stage: str) -> None:
        """Raise the error if it was closed, or broke, in that "read" or "write"."""
        if self._closed:
            raise self._closed_error(stage)
        if self._failure is not None:
            raise self._failure.with_traceback(None)

    async def ready(self, descriptor: int, stage: str) -> None:
        """Wait until a descriptor of its socket is ready to "read" or "write", or it is closed."""
        loop = asyncio.get_running_loop()
        if stage == "read":
            loop.add_reader(descriptor, self._readers.wake)
        else:
            loop.add_writer(descriptor, self._writers.wake)
        try:
            await (self._readers if stage == "read" else self._writers).wake_up()
        finally:
            if stage == "read":
                loop.remove_reader(descriptor)
            else:
                loop.remove_writer(descriptor)

    async def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        try:
            self._transport.write_eof()
        except OSError as error:
            raise stream_failed(error, self._remote, "write") from error

    async def _end_reading(self) -> None:
        if not self._lost:
            with suppress(OSError), self._twin() as twin:  # it is an error if the peer has gone
                twin.shutdown(socket.SHUT_RD)
        self._wake_readers()

    async def _release(self) -> None:
        if not self._lost:
            # What a send that did not finish has left is given up, as the blocking twin does.
            if self._writable:
                self._transport.close()
            else:
                self._transport.abort()
            self._wake_readers()
            self._writers.wake()
            while not self._lost:
                await self._closers.wait()
        if isinstance(self._socket, ListeningSocket):
            self._socket.remove_file()  # uvloop closes the descriptor without asking the socket

    def _wake_readers(self) -> None:
        self._readers.wake()
        self._arrival.wake_soon()

    def _wake(self) -> None:
        self._wake_readers()
        self._writers.wake()
        self._closers.wake()

    def _local_address(self) -> Address | None:
        return address_of(self._scheme, self._transport.get_extra_info("sockname"))

    def _is_unsent(self) -> bool:
        return not self._writable

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
        return SocketStream(scheme=scheme, remote=remote, timeout=timeout, sock=sock)

    try:
        _, stream = await loop.connect_accepted_socket(make, sock)
    except BaseException:
        sock.close()
        raise
    return stream
