"""Blocking streams: two-way, ordered, reliable bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Final, Self, TypeVar

from razem.errors import (
    ClosedError,
    Error,
    LocalProtocolError,
    TimedOutError,
    TruncatedError,
    UnavailableError,
)
from razem.sockets.buffer import ReceiveBuffer
from razem.sockets.clock import Timeout, deadline_after, remaining
from razem.sockets.descriptors import Detachable
from razem.sockets.failures import stream_failed
from razem.sockets.file_source import check_range, file_ended, open_source
from razem.sockets.records import MAX_RECORD, encode_record, take_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from razem.sockets.address import Address
    from razem.sockets.file_source import File, FileSource

__all__ = ["MAX_BYTES", "Stream", "untold"]

Taken = TypeVar("Taken")

# Of one receive, and of a line or a piece up to a separator. The system is asked for no more at
# once either: for what is much larger it makes new memory each time, which costs far more than the
# receive itself where little comes.
MAX_BYTES: Final = 65536


class Stream(Detachable, ABC):
    """One end of a connection. Sending and receiving may go on in two threads at once.

    ``with`` closes it; iterating gives the pieces as they arrive. Every call that waits takes a
    `timeout` in seconds, None for as long as it takes, by default that of the stream. A call that
    timed out has lost nothing: what arrived is received next, what was not sent yet goes out
    before anything sent later.

    All that waits raises:

    - `ClosedError`: this side closed the stream, before the call or during it;
    - `TimedOutError`: it did not happen in time;
    - `BrokenError`: the connection failed (`ResetError`: the peer threw it away).

    To make a stream of something else, write the five methods that are abstract here.

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
        # One thread at a time in each direction. Reentrant, so that a signal handler may close.
        self._receiving = RLock()
        self._sending = RLock()
        self._closing = RLock()  # so that who closes too does not take us for one that waits

    # -- what a transport provides ---------------------------------------------------------------

    @abstractmethod
    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        """Wait for the next bytes and return them; ``b""`` at the end."""

    @abstractmethod
    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        """Send everything, after what an earlier call that timed out has left."""

    @abstractmethod
    def _end_writing(self, deadline: float | None) -> None:
        """Tell the peer that nothing more will be sent. Everything has been."""

    def _end_reading(self) -> None:
        """Receive nothing more, and make a `_read` in another thread return."""

    @abstractmethod
    def _wake(self) -> None:
        """Make every `_read` and `_write` in other threads return or raise, now and from now on."""

    @abstractmethod
    def _release(self) -> None:
        """Give everything back to the system. No other thread is inside any more."""

    def _begin(self) -> None:
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

    def _buffered(self) -> int:
        return self._buffer.size

    # -- receiving -------------------------------------------------------------------------------

    def receive(self, max_bytes: int = MAX_BYTES, *, timeout: Timeout = ...) -> bytes:
        """Return the next 1 to `max_bytes` bytes, waiting for the first; ``b""`` only at the end.

        After the peer's end comes, ``b""`` is returned again and again; sending still works.
        """
        return self._take(lambda buffer: buffer.receive(max_bytes), max_bytes, timeout)

    def receive_into(self, room: bytearray | memoryview, *, timeout: Timeout = ...) -> int:
        """Receive the next bytes into `room`, which has one or more; return how many came.

        It waits for the first; 0 means the end, as ``b""`` does of `receive`.
        """
        data = self.receive(len(room), timeout=timeout)
        room[: len(data)] = data
        return len(data)

    def receive_exactly(self, count: int, *, timeout: Timeout = ...) -> bytes:
        """Return the next `count` bytes.

        Raises:
            TruncatedError: the end came first; `got` tells after how many, and they stay.
        """
        return self._take(lambda buffer: buffer.exactly(count), MAX_BYTES, timeout)

    def receive_until(
        self, separator: bytes = b"\n", limit: int = MAX_BYTES, *, timeout: Timeout = ...
    ) -> bytes:
        """Return the next bytes up to the first `separator`, and the separator itself.

        Raises:
            LimitError: there is none within `limit` bytes, its own counted; they stay.
            TruncatedError: the end came first; what there was stays.
        """
        return self._take(lambda buffer: buffer.until(separator, limit), MAX_BYTES, timeout)

    def lines(self, limit: int = MAX_BYTES, *, timeout: Timeout = ...) -> Iterator[bytes]:
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

        while taken := self._take(next_line, MAX_BYTES, timeout):
            yield taken[0]

    def receive_record(self, limit: int = MAX_RECORD, *, timeout: Timeout = ...) -> bytes:
        """Return the payload of the next record (razem.sockets.records).

        Raises:
            LimitError: it has more than `limit` bytes; it stays.
            CorruptError: it was damaged on its way.
            TruncatedError: the end came first; `got` is 0 if it came between two records.
        """
        return self._take(lambda buffer: take_record(buffer, limit), MAX_BYTES, timeout)

    def records(self, limit: int = MAX_RECORD, *, timeout: Timeout = ...) -> Iterator[bytes]:
        """Yield the payloads of the records until the end (razem.sockets.records).

        `timeout` is for each.

        Raises:
            LimitError: one has more than `limit` bytes.
            CorruptError: one was damaged on its way.
            TruncatedError: the end came in the middle of one.
        """
        while True:
            try:
                payload = self.receive_record(limit, timeout=timeout)
            except TruncatedError as error:
                if error.got:
                    raise
                return  # between two records, where it may be
            yield payload

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.receive():
            yield piece

    def _take(
        self, take: Callable[[ReceiveBuffer], Taken | None], max_bytes: int, timeout: Timeout
    ) -> Taken:
        """Take from the buffer, reading more until there is enough."""
        deadline = self._deadline(timeout)
        with self._receiving:
            buffer = self._buffer
            try:
                while True:
                    if self._closed:
                        raise self._closed_error("read")
                    if self._ended_receiving:
                        buffer.discard()
                    taken = take(buffer)
                    if taken is not None:
                        return taken
                    if self._failure is not None:
                        raise self._failure.with_traceback(None)
                    if data := self._read_once(max_bytes, deadline):
                        buffer.feed(data)
                    else:
                        buffer.end()
            except Error as error:
                self._complete(error)
                raise

    def _read_once(self, max_bytes: int, deadline: float | None) -> bytes:
        """Read from the transport once; ``b""`` at the end."""
        try:
            data = self._read(max_bytes, deadline)
        except Error as error:
            if self._closed:
                raise self._closed_error("read") from error
            if self._ended_receiving:  # by another thread, during the wait
                return b""
            raise
        except OSError as error:
            raise self._read_error(error) from error
        if not data and self._closed:  # it was our own closing that ended the wait
            raise self._closed_error("read")
        return data

    def _read_error(self, error: OSError) -> Error:
        """Turn the system's error into ours."""
        if self._closed:
            return self._closed_error("read")
        # Kept, because the system tells it once only, and says "the end" from then on.
        self._failure = self._complete(stream_failed(error, self.remote, "read"))
        return self._failure

    def _complete(self, error: Error) -> Error:
        """Add what it does not tell yet of the two ends."""
        error.address = error.address or self.remote
        if error.local is None:
            with suppress(OSError):  # the socket has gone
                error.local = self.local
        return error

    # -- sending ---------------------------------------------------------------------------------

    def send(self, data: bytes | bytearray | memoryview, *, timeout: Timeout = ...) -> None:
        """Send all of `data`; when it returns, the system has taken everything.

        After a time-out the rest is kept, and goes out before anything sent later: ``send(b"")``
        goes on with it. `close` discards it.

        Raises:
            LocalProtocolError: `close_sending` was called before.
        """
        if not isinstance(data, bytes):
            data = memoryview(data).cast("B")
        deadline = self._deadline(timeout)
        with self._sending:
            if self._closed:
                raise self._closed_error("write")
            if self._ended_sending:
                raise LocalProtocolError("nothing can be sent after close_sending().")
            try:
                self._write(data, deadline)
            except Error as error:
                if self._closed:
                    raise self._closed_error("write") from error
                raise
            except OSError as error:
                raise self._write_error(error) from error

    def send_record(
        self, payload: bytes | bytearray | memoryview, *, timeout: Timeout = ...
    ) -> None:
        """Send a record, which the peer receives as a whole (razem.sockets.records).

        Raises:
            LimitError: the payload has 4 GiB or more.
        """
        self.send(encode_record(payload), timeout=timeout)

    def send_file(
        self, file: File, offset: int = 0, count: int | None = None, *, timeout: Timeout = ...
    ) -> int:
        """Send a file, or a part of it, and return how many bytes that was.

        The kernel copies it where it can (sendfile(2)), otherwise it goes in pieces, as through
        TLS. After a time-out no more of it goes out, and `TimedOutError.sent` tells how much has:
        go on from there.

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
        with open_source(file) as source, self._sending:
            self.send(b"", timeout=remaining(deadline))
            return self._send_file(source, offset, count, deadline)

    def _send_file(
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
                self.send(piece, timeout=remaining(deadline))
            except TimedOutError as error:
                error.sent = sent  # the stream keeps the rest of this piece
                raise
        if count is not None and sent < count:
            raise file_ended(count, sent)
        return sent

    def close_sending(self, *, timeout: Timeout = ...) -> None:
        """Tell the peer that nothing more will be sent; receiving goes on. Again is harmless."""
        deadline = self._deadline(timeout)
        with self._sending:
            if self._closed:
                raise self._closed_error("write")
            if self._ended_sending:
                return
            try:
                self._write(b"", deadline)
                self._ended_sending = True
                self._end_writing(deadline)
            except Error as error:
                if self._closed:
                    raise self._closed_error("write") from error
                raise
            except OSError as error:
                raise self._write_error(error) from error

    def close_receiving(self, *, timeout: Timeout = ...) -> None:  # noqa: ARG002  TLS may wait
        """Receive nothing more, from any thread; sending goes on. Again is harmless.

        What has arrived and what will is thrown away: whoever receives gets the end, and so does
        whoever waits for something in another thread. TCP does not tell the peer of it; that of a
        UNIX socket gets a `BrokenError` when it sends on.
        """
        if self._closed:
            raise self._closed_error("read")
        self._ended_receiving = True
        self._end_reading()
        with self._receiving:
            self._buffer.discard()

    def delivered(self, *, timeout: Timeout = ...) -> None:  # noqa: ARG002  of lasting ones
        """Wait until the peer's program has read everything that was sent.

        Raises:
            UnavailableError: that is known of lasting streams only.
        """
        raise untold()

    def _write_error(self, error: OSError) -> Error:
        """Turn the system's error into ours."""
        if self._closed:
            return self._closed_error("write")
        return self._complete(stream_failed(error, self.remote, "write"))

    # -- the end ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Close both directions, from any thread; whoever waits in another gets `ClosedError`.

        Again is harmless.
        """
        self._closed = True
        with self._closing:
            self._wake()
            with self._sending, self._receiving:
                self._release()

    def abort(self) -> None:
        """Close at once, from any thread, so that the peer notices a break and no clean end.

        TCP resets the connection, TLS leaves its goodbye out; a UNIX socket knows no such thing,
        and is closed. What was sent and has not arrived may be lost.
        """
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

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


def untold() -> UnavailableError:
    """Make the error for asking a stream what the peer has read, where nobody tells that."""
    return UnavailableError(
        "what the peer's program has read is known of lasting streams only.",
        advice="Connect and listen with lasting=True.",
    )
