"""Streams for asyncio: the twin of `razem.sockets.stream`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Self, TypeVar

from razem.errors import (
    ClosedError,
    Error,
    LocalProtocolError,
    TimedOutError,
    TruncatedError,
    UnavailableError,
)
from razem.sockets.aio.descriptors import Detachable
from razem.sockets.buffer import ReceiveBuffer
from razem.sockets.clock import Timeout, deadline_after, remaining
from razem.sockets.file_source import check_range, file_ended, open_source
from razem.sockets.records import HEADER_SIZE, MAX_RECORD, encode_record, take_record
from razem.sockets.stream import MAX_BYTES, untold

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from types import TracebackType

    from razem.sockets.address import Address
    from razem.sockets.file_source import File, FileSource

__all__ = ["Stream"]

Taken = TypeVar("Taken")


class Stream(Detachable, ABC):
    """One end of a connection. Sending and receiving may go on in two tasks at once.

    ``async with`` closes it; ``async for`` gives the pieces as they arrive. Every call that waits
    takes a `timeout` in seconds, None for as long as it takes, by default that of the stream. A
    call that timed out or was cancelled has lost nothing: what arrived is received next, what was
    not sent yet goes out before anything sent later.

    All that waits raises:

    - `ClosedError`: this side closed the stream, before the call or during it;
    - `TimedOutError`: it did not happen in time;
    - `BrokenError`: the connection failed (`ResetError`: the peer threw it away).

    To make a stream of something else, write the methods that are abstract here.

    Attributes:
        lasts: whether it survives a cut network, and can tell what was `delivered`.
        timeout: the default of all calls; None, to wait for ever, unless it is set.
    """

    lasts = False

    def __init__(
        self, *, local: Address | None, remote: Address | None, timeout: float | None = None
    ) -> None:
        self.timeout = timeout
        self._local = local
        self._remote = remote
        self._buffer = ReceiveBuffer()
        self._closed = False
        self._ended_sending = False
        self._ended_receiving = False
        self._failure: Error | None = None

    # -- what a transport provides ---------------------------------------------------------------

    @abstractmethod
    def _fill(self, wanted: int, deadline: float | None) -> Awaitable[object]:
        """Wait until more is in the buffer, or it has ended, or `_failure` is set.

        Args:
            wanted: how many bytes the buffer must be able to hold.
            deadline: by the monotonic clock.
        """

    def _drained(self) -> None:
        """Take note that something was taken from the buffer."""

    @abstractmethod
    async def _write(self, data: bytes, deadline: float | None) -> None:
        """Hand everything over, and wait until the system has taken it."""

    @abstractmethod
    async def _end_writing(self, deadline: float | None) -> None:
        """Tell the peer that nothing more will be sent. Everything has been."""

    async def _end_reading(self) -> None:
        """Receive nothing more, and make all that waits in `_fill` go on."""

    @abstractmethod
    async def _release(self) -> None:
        """Make all that waits here go on, and give everything back to the system."""

    async def _begin(self) -> None:
        """Do what comes before the first byte, as the handshake of TLS."""

    def _local_address(self) -> Address | None:
        """Find the address of this end, where it was not known from the beginning."""
        return None

    def _descriptor(self) -> int:
        """Return the descriptor, -1 once closed."""
        raise UnavailableError("this stream has no file descriptor.")

    # -- what it is ------------------------------------------------------------------------------

    @property
    def local(self) -> Address | None:
        """The address of this end; None where it has no name, as of a UNIX socket's client."""
        if self._local is None and not self._closed:
            self._local = self._local_address()
        return self._local

    @property
    def remote(self) -> Address | None:
        """The address of the other end; None where it has no name."""
        return self._remote

    @property
    def closed(self) -> bool:
        """Whether this side has closed it."""
        return self._closed

    def fileno(self) -> int:
        """Return the descriptor, -1 once closed.

        Raises:
            UnavailableError: this kind of stream has none.
        """
        return self._descriptor()

    def _described(self) -> Sequence[int]:
        return () if self._closed else (self.fileno(),)

    async def receivable(self) -> None:
        """Wait until something can be received, or the end, without taking it.

        Raises:
            ClosedError: this side closed the stream.
            BrokenError: the connection failed.
        """
        await self._take(lambda buffer: buffer.size or buffer.ended or None, 1, None)

    def _buffered(self) -> int:
        return self._buffer.size

    # -- receiving -------------------------------------------------------------------------------

    async def receive(self, max_bytes: int = MAX_BYTES, *, timeout: Timeout = ...) -> bytes:
        """Return the next 1 to `max_bytes` bytes, waiting for the first; ``b""`` only at the end.

        After the peer's end comes, ``b""`` is returned again and again; sending still works.
        """
        # What `_take` does, written out, because this is the call that all others are measured by.
        buffer = self._buffer
        deadline = self._deadline(timeout)
        try:
            while not self._closed:
                data = buffer.receive(max_bytes)
                if data is not None:
                    self._drained()
                    return data
                if self._failure is not None:
                    raise self._failure.with_traceback(None)
                await self._fill(1, deadline)
        except Error as error:
            if self._ended_receiving and not self._closed:  # by another task, during the wait
                return b""
            self._complete(error)
            raise
        raise self._closed_error("read")

    async def receive_exactly(self, count: int, *, timeout: Timeout = ...) -> bytes:
        """Return the next `count` bytes.

        Raises:
            TruncatedError: the end came first; `got` tells after how many, and they stay.
        """
        return await self._take(lambda buffer: buffer.exactly(count), count, timeout)

    async def receive_until(
        self, separator: bytes = b"\n", limit: int = MAX_BYTES, *, timeout: Timeout = ...
    ) -> bytes:
        """Return the next bytes up to the first `separator`, and the separator itself.

        Raises:
            LimitError: there is none within `limit` bytes, its own counted; they stay.
            TruncatedError: the end came first; what there was stays.
        """
        return await self._take(lambda buffer: buffer.until(separator, limit), limit, timeout)

    async def lines(
        self, limit: int = MAX_BYTES, *, timeout: Timeout = ...
    ) -> AsyncIterator[bytes]:
        """Yield the lines until the end, without their ends (LF or CR LF).

        The last one may lack its end. `timeout` is for each line.

        Raises:
            LimitError: a line has more than `limit` bytes, its end counted.
        """

        def next_line(buffer: ReceiveBuffer) -> tuple[bytes, ...] | None:
            if buffer.exhausted:
                return ()
            line = buffer.line(limit)
            return None if line is None else (line,)

        while taken := await self._take(next_line, limit, timeout):
            yield taken[0]

    async def receive_record(self, limit: int = MAX_RECORD, *, timeout: Timeout = ...) -> bytes:
        """Return the payload of the next record (razem.sockets.records).

        Raises:
            LimitError: it has more than `limit` bytes; it stays.
            CorruptError: it was damaged on its way.
            TruncatedError: the end came first; `got` is 0 if it came between two records.
        """
        return await self._take(
            lambda buffer: take_record(buffer, limit), limit + HEADER_SIZE, timeout
        )

    async def records(
        self, limit: int = MAX_RECORD, *, timeout: Timeout = ...
    ) -> AsyncIterator[bytes]:
        """Yield the payloads of the records until the end (razem.sockets.records).

        `timeout` is for each.

        Raises:
            LimitError: one has more than `limit` bytes.
            CorruptError: one was damaged on its way.
            TruncatedError: the end came in the middle of one.
        """
        while True:
            try:
                payload = await self.receive_record(limit, timeout=timeout)
            except TruncatedError as error:
                if error.got:
                    raise
                return  # between two records, where it may be
            yield payload

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self.receive():
            yield piece

    async def _take(
        self, take: Callable[[ReceiveBuffer], Taken | None], wanted: int, timeout: Timeout
    ) -> Taken:
        """Take from the buffer, waiting until there is enough."""
        deadline = self._deadline(timeout)
        try:
            while True:
                if self._closed:
                    raise self._closed_error("read")
                taken = take(self._buffer)
                if taken is not None:
                    self._drained()
                    return taken
                if self._failure is not None:
                    raise self._failure.with_traceback(None)
                try:
                    await self._fill(wanted, deadline)
                except Error:
                    if not self._ended_receiving:  # by another task, during the wait
                        raise
        except Error as error:
            self._complete(error)
            raise

    def _complete(self, error: Error) -> None:
        """Add what it does not tell yet of the two ends."""
        error.address = error.address or self.remote
        if error.local is None:
            with suppress(OSError):  # the socket has gone
                error.local = self.local

    # -- sending ---------------------------------------------------------------------------------

    async def send(self, data: bytes | bytearray | memoryview, *, timeout: Timeout = ...) -> None:
        """Send all of `data`; when it returns, the system has taken everything.

        It waits while the peer does not read. After a time-out or a cancellation the rest is
        kept, and goes out by itself before anything sent later. `close` discards it.

        Raises:
            LocalProtocolError: `close_sending` was called before.
        """
        self._check_writable()
        if self._ended_sending:
            raise LocalProtocolError("nothing can be sent after close_sending().")
        # What is mutable may be changed before the system takes it.
        await self._write(data if isinstance(data, bytes) else bytes(data), self._deadline(timeout))

    async def send_record(
        self, payload: bytes | bytearray | memoryview, *, timeout: Timeout = ...
    ) -> None:
        """Send a record, which the peer receives as a whole (razem.sockets.records).

        Raises:
            LimitError: the payload has 4 GiB or more.
        """
        await self.send(encode_record(payload), timeout=timeout)

    async def send_file(
        self, file: File, offset: int = 0, count: int | None = None, *, timeout: Timeout = ...
    ) -> int:
        """Send a file, or a part of it, and return how many bytes that was.

        The kernel copies it where it can (sendfile(2)), otherwise it goes in pieces, as through
        TLS. After a time-out no more of it goes out, and `TimedOutError.sent` tells how much has:
        go on from there. After a cancellation
        nobody knows, and the stream is good for closing only.

        Args:
            file: a path, or a binary file that is open; its position may change.
            offset: the place of the first byte.
            count: how many bytes; None for all up to its end.
            timeout: seconds for all of it.

        Raises:
            TruncatedError: it ended before `count` bytes; `got` were sent.
            LocalProtocolError: `close_sending` was called before, or a number is negative.
            OSError: the file cannot be read.
        """
        check_range(offset, count)
        deadline = self._deadline(timeout)
        with open_source(file) as source:
            await self.send(b"", timeout=remaining(deadline))
            return await self._send_file(source, offset, count, deadline)

    async def _send_file(
        self, source: FileSource, offset: int, count: int | None, deadline: float | None
    ) -> int:
        """Send from the file, in pieces; return how many bytes."""
        sent = 0
        while count is None or sent < count:
            size = MAX_BYTES if count is None else min(MAX_BYTES, count - sent)
            piece = source.read(offset + sent, size)
            if not piece:
                break
            sent += len(piece)
            try:
                await self.send(piece, timeout=remaining(deadline))
            except TimedOutError as error:
                error.sent = sent  # the stream keeps the rest of this piece
                raise
        if count is not None and sent < count:
            raise file_ended(count, sent)
        return sent

    async def close_sending(self, *, timeout: Timeout = ...) -> None:
        """Tell the peer that nothing more will be sent; receiving goes on. Again is harmless."""
        self._check_writable()
        if self._ended_sending:
            return
        deadline = self._deadline(timeout)
        await self._write(b"", deadline)
        self._ended_sending = True
        await self._end_writing(deadline)

    async def close_receiving(self, *, timeout: Timeout = ...) -> None:  # noqa: ARG002  TLS may wait
        """Receive nothing more; sending goes on. Again is harmless.

        What has arrived and what will is thrown away: whoever receives gets the end, and so does
        whoever waits for something in another task. TCP does not tell the peer of it; that of a
        UNIX socket gets a `BrokenError` when it sends on.
        """
        if self._closed:
            raise self._closed_error("read")
        self._ended_receiving = True
        self._buffer.discard()
        await self._end_reading()

    async def delivered(self, *, timeout: Timeout = ...) -> None:  # noqa: ARG002  of lasting ones
        """Wait until the peer's program has read everything that was sent.

        Raises:
            UnavailableError: that is known of lasting streams only.
        """
        raise untold()

    async def sendable(self) -> None:
        """Wait until there is room to send, and all that was sent before has gone.

        Raises:
            ClosedError: this side closed the stream.
            BrokenError: the connection failed.
        """
        self._check_writable()
        await self._write(b"", None)

    def _check_writable(self) -> None:
        """Raise what makes sending impossible."""
        if self._closed:
            raise self._closed_error("write")
        if self._failure is not None:
            self._complete(self._failure)
            raise self._failure.with_traceback(None)

    # -- the end ---------------------------------------------------------------------------------

    async def close(self) -> None:
        """Close both directions; whoever waits in another task gets `ClosedError`.

        Again is harmless.
        """
        self._closed = True
        await self._release()

    async def abort(self) -> None:
        """Close at once, so that the peer notices a break and no clean end.

        TCP resets the connection, TLS leaves its goodbye out; a UNIX socket knows no such thing,
        and is closed. What was sent and has not arrived may be lost.
        """
        await self.close()

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
        return f"<{state}{type(self).__name__} {self.local} - {self.remote}>"

    def _deadline(self, timeout: Timeout) -> float | None:
        """When a call that starts now must end."""
        seconds = self.timeout if timeout is ... else timeout
        return None if seconds is None else deadline_after(seconds)

    def _closed_error(self, stage: str) -> ClosedError:
        who = self.remote or "the peer"
        message = f"this side has closed the connection to {who}."
        return ClosedError(message, address=self.remote, stage=stage)
