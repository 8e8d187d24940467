"""Streams over descriptors that are no sockets: pipes, terminals, files, standard input/output."""

from __future__ import annotations

import os
import select
import selectors
import stat
import sys
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Final

from razem.errors import LocalProtocolError
from razem.sockets.clock import remaining
from razem.sockets.failures import timed_out
from razem.sockets.stream import Stream

if TYPE_CHECKING:
    from razem.sockets.address import Address

__all__ = ["FileStream", "open_standard"]

# pipe(7): when poll(2) says that a pipe can be written to, that many bytes do not block; and the
# descriptor itself must not be made non-blocking, because other processes may share it.
_AT_ONCE: Final = getattr(select, "PIPE_BUF", 512)
_FILE_CHUNK: Final = 65536
_Selector: Final = getattr(selectors, "PollSelector", selectors.SelectSelector)


class FileStream(Stream):
    """A stream that reads one descriptor and writes another, or the same.

    Args:
        reading: to read from, -1 for none; it belongs to the stream from now on.
        writing: likewise, to write to; may be the same.
        address: what they were called.
        standard: they are the standard input and output of this process: when sending ends, the
            output is replaced by the null device, so that its reader sees the end while this
            process keeps the number.
    """

    def __init__(
        self, reading: int, writing: int, *, address: Address, standard: bool = False
    ) -> None:
        super().__init__(local=None, remote=address)
        self._fds = [reading, writing]
        self._standard = standard
        self._rest = b""  # what a send that timed out has left
        self._waking = RLock()
        self._wakers: dict[str, tuple[int, int]] = {}  # by the stage of who waits

    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        self._wait(self._fds[0], "read", deadline)
        return b"" if self._ended_receiving else os.read(self._fds[0], max_bytes)

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        view = memoryview(self._rest + bytes(data))
        self._rest = b""
        try:
            while view:
                self._wait(self._fds[1], "write", deadline)
                step = _FILE_CHUNK if _never_blocks(self._fds[1]) else _AT_ONCE
                view = view[os.write(self._fds[1], view[:step]) :]
        finally:
            self._rest = bytes(view)

    def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        writing = self._fds[1]
        if self._standard:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, writing)
            os.close(null)
        elif writing not in {self._fds[0], -1}:
            self._fds[1] = -1
            os.close(writing)

    def _wait(self, descriptor: int, stage: str, deadline: float | None) -> None:
        """Wait until the descriptor is ready, or the stream is closed.

        Raises:
            TimedOutError: the deadline passed.
            ClosedError: it was closed.
            LocalProtocolError: it is not open for that direction.
        """
        if descriptor < 0 and not self._closed:
            verb = "read" if stage == "read" else "written"
            raise LocalProtocolError(f"{self._remote} cannot be {verb}.", stage=stage)
        with self._waking:
            if self._closed:
                raise self._closed_error(stage)
            if stage not in self._wakers:
                self._wakers[stage] = os.pipe()
            waker = self._wakers[stage][0]
        event = selectors.EVENT_READ if stage == "read" else selectors.EVENT_WRITE
        with _Selector() as selector:
            selector.register(waker, selectors.EVENT_READ)
            selector.register(descriptor, event)
            ready = selector.select(remaining(deadline))
        if self._closed:
            raise self._closed_error(stage)
        if not ready:
            raise timed_out(self._remote, stage)

    def _end_reading(self) -> None:
        self._wake_up("read")

    def _wake(self) -> None:
        self._wake_up("read", "write")

    def _wake_up(self, *stages: str) -> None:
        with self._waking:
            for stage in stages:
                if stage in self._wakers:
                    os.write(self._wakers[stage][1], b"!")

    def _release(self) -> None:
        fds = set() if self._standard else {*self._fds} - {-1}
        with self._waking:
            for waker in self._wakers.values():
                fds |= {*waker}
            self._wakers.clear()
        self._fds = [-1, -1]
        for descriptor in fds:
            os.close(descriptor)

    def _descriptor(self) -> int:
        return max(self._fds)


def open_standard(address: Address, _deadline: float | None = None, _tls: object = None) -> Stream:
    """Make a stream of the standard input and output of this process."""
    with suppress(AttributeError, ValueError, OSError):  # there is none, or it is closed
        sys.stdout.flush()
    return FileStream(0, 1, address=address, standard=True)


def _never_blocks(descriptor: int) -> bool:
    """Whether it is a file on a disk."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode)
