"""Blocking streams over sockets of the system: TCP and UNIX."""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from razem.sockets.clock import Timeout, remaining
from razem.sockets.endpoints import address_of
from razem.sockets.failures import timed_out
from razem.sockets.file_source import NOT_BY_SENDFILE, SENDFILE_BYTES, file_ended
from razem.sockets.records import (
    GATHERED,
    HEADER_SIZE,
    MAX_RECORD,
    checked_payload,
    payload_length,
    record_header,
    whole_record,
)
from razem.sockets.stream import MAX_BYTES, Stream
from razem.sockets.traffic import NOT_BY_SPLICE, SPLICE_BYTES

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.sockets.file_source import FileSource

__all__ = ["SocketStream"]

# On a blocking descriptor it lets one call not block, so that two threads may use the stream with
# different time-outs at once. Windows lacks it: there a send after poll may wait for longer.
_DONT_WAIT: Final = getattr(socket, "MSG_DONTWAIT", 0)

# A receive with it returns all that it was asked for, less only at an end, an error or a signal.
# Where the system lacks it, what comes in parts goes through the buffer.
_ALL: Final = getattr(socket, "MSG_WAITALL", 0)

# socket(7): with it a send ends after some time, 0 for never, which the others here never meet
_SEND_TIMEOUT: Final = socket.SO_SNDTIMEO if sys.platform == "linux" else 0
_TIMEVAL: Final = struct.Struct("@ll")
_RESET: Final = struct.pack("@ii", 1, 0)  # socket(7), SO_LINGER: on, for no time
_NO_LIMIT: Final = _TIMEVAL.pack(0, 0)


_GATHERS: Final = hasattr(socket.socket, "sendmsg")


class SocketStream(Stream):
    """A stream over a connected socket of the system: TCP or UNIX.

    Args:
        sock: connected, blocking; it belongs to the stream from now on.
        scheme: of the addresses of its ends.
        remote: the address that was connected to, if the peer's own name would say less.
        timeout: the default of all calls.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        scheme: str = "tcp",
        remote: Address | None = None,
        timeout: float | None = None,
    ) -> None:
        if remote is None:
            # Asked at once: it cannot be any more when the peer has gone.
            with suppress(OSError):
                remote = address_of(scheme, sock.getpeername())
        super().__init__(local=None, remote=remote, timeout=timeout)
        self._socket = sock
        self._scheme = scheme
        self._limit = _NO_LIMIT
        self._rest = b""  # what a send that timed out has left
        self._large_records = False  # whether the last one received was

    def receive(self, max_bytes: int = MAX_BYTES, *, timeout: Timeout = ...) -> bytes:
        """Return the next 1 to `max_bytes` bytes, waiting for the first; ``b""`` only at the end.

        After the peer's end comes, ``b""`` is returned again and again; sending still works.
        """
        if max_bytes > 0 and (self.timeout if timeout is ... else timeout) is None:
            # The commonest case by far, without the detour through the buffer.
            with self._receiving:
                if not (self._buffer.size or self._buffer.ended or self._failure or self._closed):
                    try:
                        data = self._socket.recv(max_bytes)
                    except OSError as error:
                        raise self._read_error(error) from error
                    if data:
                        return data
                    if not self._closed:
                        self._buffer.end()
        return super().receive(max_bytes, timeout=timeout)

    def receive_into(self, room: bytearray | memoryview, *, timeout: Timeout = ...) -> int:
        """Receive the next bytes into `room`, which has one or more; return how many came.

        It waits for the first; 0 means the end, as ``b""`` does of `receive`.
        """
        if (self.timeout if timeout is ... else timeout) is None:
            with self._receiving:  # the system puts them there itself
                if not (self._buffer.size or self._buffer.ended or self._failure or self._closed):
                    try:
                        count = self._socket.recv_into(room)
                    except OSError as error:
                        raise self._read_error(error) from error
                    if count:
                        return count
                    if not self._closed:
                        self._buffer.end()
        return super().receive_into(room, timeout=timeout)

    def send(self, data: bytes | bytearray | memoryview, *, timeout: Timeout = ...) -> None:
        """Send all of `data`; when it returns, the system has taken everything.

        After a time-out the rest is kept, and goes out before anything sent later: ``send(b"")``
        goes on with it. `close` discards it.

        Raises:
            LocalProtocolError: `close_sending` was called before.
        """
        if type(data) is bytes and (self.timeout if timeout is ... else timeout) is None:
            with self._sending:  # again the commonest case
                if not (self._rest or self._ended_sending or self._closed):
                    try:
                        sent = self._socket.send(data)
                    except OSError as error:
                        raise self._write_error(error) from error
                    if sent == len(data):
                        return
                    self._rest = data[sent:]
                    data = b""
        super().send(data, timeout=timeout)

    def receive_record(self, limit: int = MAX_RECORD, *, timeout: Timeout = ...) -> bytes:
        """Return the payload of the next record (razem.sockets.records).

        Raises:
            LimitError: it has more than `limit` bytes; it stays.
            CorruptError: it was damaged on its way.
            TruncatedError: the end came first; `got` is 0 if it came between two records.
        """
        if (self.timeout if timeout is ... else timeout) is None:
            with self._receiving:  # again the commonest case: one record comes, and all of it
                if not (self._buffer.ended or self._failure or self._closed):
                    try:
                        record = self._receive_record(limit)
                    except OSError as error:
                        raise self._read_error(error) from error
                    if record is not None:
                        return record
        return super().receive_record(limit, timeout=timeout)

    def _receive_record(self, limit: int) -> bytes | None:
        """Read a record past the buffer; None where that did not work, and what came is in there.

        A large one after large ones is read in two calls, so that it comes without its header in
        bytes of its own; small ones in one.
        """
        if self._buffer.size:
            self._receive_rest_of_record(limit)
            return None
        data = self._socket.recv(*((HEADER_SIZE, _ALL) if self._large_records else (MAX_BYTES,)))
        if self._large_records and (length := payload_length(data, limit)):
            self._large_records = length >= GATHERED
            try:
                payload = self._socket.recv(length, _ALL)
            except BaseException:
                self._buffer.feed(data)
                raise
            if (record := checked_payload(data, payload)) is not None:
                return record
            data += payload
        elif (record := whole_record(data, limit)) is not None:
            self._large_records = len(record) >= GATHERED
            return record
        self._take_note(data)
        return None

    def _receive_rest_of_record(self, limit: int) -> None:
        """Read no more than the large record has of which the buffer holds the beginning."""
        header = self._buffer.peek(HEADER_SIZE)
        length = payload_length(header, limit) if header else None
        if length is None or length < GATHERED:
            return
        self._large_records = True
        missing = HEADER_SIZE + length - self._buffer.size
        if missing > 0:
            self._take_note(self._socket.recv(missing, _ALL))

    def _take_note(self, data: bytes) -> None:
        """Put what was read in the buffer; nothing means the end."""
        if data:
            self._buffer.feed(data)
        elif not self._closed:
            self._buffer.end()

    def send_record(
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
            and (self.timeout if timeout is ... else timeout) is None
        ):
            header = record_header(payload)
            with self._sending:  # sent from two places, so that nothing is copied
                if not (self._rest or self._ended_sending or self._closed):
                    try:
                        sent = self._socket.sendmsg((header, payload))
                    except OSError as error:
                        raise self._write_error(error) from error
                    if sent < len(header) + len(payload):
                        self._rest = (header + payload)[sent:]
                        super().send(b"", timeout=None)
                    return
        super().send_record(payload, timeout=timeout)

    def _local_address(self) -> Address | None:
        return address_of(self._scheme, self._socket.getsockname())

    def _is_unsent(self) -> bool:
        return bool(self._rest)

    def wait_ready(self, stage: str, deadline: float | None) -> None:
        """Wait until it is worth trying to "read" or "write" again.

        Raises:
            TimedOutError: the deadline passed.
            ClosedError: it was closed.
        """
        self._wait(stage, deadline)
        if self._closed:
            raise self._closed_error(stage)

    def _descriptor(self) -> int:
        return self._socket.fileno()

    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        if deadline is None:
            return self._socket.recv(max_bytes)
        while True:
            if not _DONT_WAIT:
                self._wait("read", deadline)
            try:
                return self._socket.recv(max_bytes, _DONT_WAIT)
            except BlockingIOError:
                self._wait("read", deadline)

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        if self._rest:
            data = self._rest + data
            self._rest = b""
        data = memoryview(data)
        sent = 0
        flags = 0 if deadline is None else _DONT_WAIT
        try:
            while sent < len(data):
                if deadline is not None and not _DONT_WAIT:
                    self._wait("write", deadline)
                try:
                    sent += self._socket.send(data[sent:], flags)
                except BlockingIOError:
                    self._wait("write", deadline)
        finally:
            if sent < len(data):
                self._rest = bytes(data[sent:])

    def _send_file(
        self, source: FileSource, offset: int, count: int | None, deadline: float | None
    ) -> int:
        if source.descriptor is None or not _SEND_TIMEOUT:
            return super()._send_file(source, offset, count, deadline)
        sent = 0
        try:
            while count is None or sent < count:
                size = SENDFILE_BYTES if count is None else min(SENDFILE_BYTES, count - sent)
                self._limit_sending(deadline)
                taken = os.sendfile(self._socket.fileno(), source.descriptor, offset + sent, size)
                if not taken:
                    break
                sent += taken
        except BlockingIOError:
            made = timed_out(self._remote, "write")
            made.sent = sent
            raise made from None
        except OSError as error:
            if self._closed or error.errno not in NOT_BY_SENDFILE:
                raise self._write_error(error) from error
            rest = None if count is None else count - sent
            return sent + super()._send_file(source, offset + sent, rest, deadline)
        finally:
            if deadline is not None and not self._closed:
                self._limit_sending(None)
        if count is not None and sent < count:
            raise file_ended(count, sent)
        return sent

    def _limit_sending(self, deadline: float | None) -> None:
        """Let the system give up a send by itself: sendfile(2) has no flag for that."""
        seconds = remaining(deadline)
        if seconds is None:
            limit = _NO_LIMIT
        else:
            limit = _TIMEVAL.pack(int(seconds), max(int(seconds % 1 * 1e6), 1))
        if limit != self._limit:
            self._socket.setsockopt(socket.SOL_SOCKET, _SEND_TIMEOUT, limit)
            self._limit = limit

    def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        self._socket.shutdown(socket.SHUT_WR)

    def _end_reading(self) -> None:
        with suppress(OSError):  # the peer has reset it
            self._socket.shutdown(socket.SHUT_RD)

    def _wake(self) -> None:
        # Closing would not wake a thread that waits in recv(2), and would let the number of the
        # descriptor be given to another file under its feet. Shutting down does wake it. Where
        # nobody waits it is left out, because it would reach other holders of the socket too.
        free = self._receiving.acquire(blocking=False)
        if free:
            free = self._sending.acquire(blocking=False)
            if free:
                self._sending.release()
            self._receiving.release()
        if not free:
            with suppress(OSError):  # the peer has reset it: they are awake
                self._socket.shutdown(socket.SHUT_RDWR)

    def abort(self) -> None:
        """Close at once, from any thread; TCP tells the peer by a reset."""
        self._closed = True
        with self._closing:
            with suppress(OSError):  # it is closed already
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # Who waits is woken without telling the peer of an end, as `_wake` would.
            for lock, how in ((self._receiving, socket.SHUT_RD), (self._sending, socket.SHUT_WR)):
                if lock.acquire(blocking=False):
                    lock.release()
                else:
                    with suppress(OSError):  # the peer has reset it: they are awake
                        self._socket.shutdown(how)
            with self._sending, self._receiving:
                self._release()

    # -- for relays ------------------------------------------------------------------------------

    def splice_into(self, pipe: int) -> int | None:
        """Move what comes into a pipe, waiting for the first byte; return how many bytes.

        That is 0 at the end, None if the system cannot (splice(2)). Errors are those of `receive`.
        """
        with self._receiving:
            if self._closed:
                raise self._closed_error("read")
            if self._failure is not None:
                raise self._failure.with_traceback(None)
            if self._buffer.ended:
                return 0
            try:
                size = os.splice(self._socket.fileno(), pipe, SPLICE_BYTES)
            except OSError as error:
                if error.errno in NOT_BY_SPLICE and not self._closed:
                    return None
                raise self._read_error(error) from error
            if not size:
                if self._closed:
                    raise self._closed_error("read")
                self._buffer.end()
            return size

    def splice_from(self, pipe: int, size: int) -> bool:
        """Send `size` bytes out of a pipe; False if the system cannot.

        Errors are those of `send`.
        """
        with self._sending:
            if self._closed:
                raise self._closed_error("write")
            try:
                while size:
                    size -= os.splice(pipe, self._socket.fileno(), size)
            except OSError as error:
                if error.errno in NOT_BY_SPLICE and not self._closed:
                    return False
                raise self._write_error(error) from error
            return True

    def _release(self) -> None:
        self._socket.close()

    def _wait(self, stage: str, deadline: float | None) -> None:
        """Wait until the socket is ready to "read" or to "write".

        Raises:
            TimedOutError: the deadline passed.
        """
        seconds = remaining(deadline)
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(self._socket, select.POLLIN if stage == "read" else select.POLLOUT)
            ready = bool(poll.poll(None if seconds is None else seconds * 1000))
        else:  # Windows
            mine = [self._socket]
            reading, writing = (mine, []) if stage == "read" else ([], mine)
            ready = any(select.select(reading, writing, [], seconds))
        if not ready:
            raise timed_out(self._remote, stage)
