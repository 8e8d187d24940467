"""Two joined streams in memory: real streams, without a socket."""

from __future__ import annotations

import errno
from threading import Condition
from typing import TYPE_CHECKING

from razem.sockets.clock import remaining
from razem.sockets.failures import os_error, timed_out
from razem.sockets.stream import Stream

if TYPE_CHECKING:
    from razem.sockets.address import Address

__all__ = ["MemoryStream", "memory_pair"]


def memory_pair(*, capacity: int = 65536) -> tuple[MemoryStream, MemoryStream]:
    """Make two joined streams.

    Args:
        capacity: bytes that may be on their way in each direction; `send` waits beyond that.

    >>> left, right = memory_pair()
    >>> left.send(b"hello")
    >>> right.receive()
    b'hello'
    >>> left.close()
    >>> right.receive()
    b''
    """
    changed = Condition()
    there, back = _Pipe(capacity), _Pipe(capacity)
    return MemoryStream(back, there, changed), MemoryStream(there, back, changed)


class _Pipe:
    """One direction. Guarded by the pair's condition."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.data = bytearray()
        self.ended = False  # its writer will write no more
        self.abandoned = False  # its reader is gone


class MemoryStream(Stream):
    """One of a pair; see `memory_pair`."""

    def __init__(self, incoming: _Pipe, outgoing: _Pipe, changed: Condition) -> None:
        remote: Address | None = None
        super().__init__(local=None, remote=remote)
        self._incoming = incoming
        self._outgoing = outgoing
        self._changed = changed
        self._rest = b""  # what a send that timed out has left

    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        pipe = self._incoming
        with self._changed:
            while not (pipe.data or pipe.ended or pipe.abandoned):
                self._wait(deadline, "read")
            data = bytes(pipe.data[:max_bytes])
            del pipe.data[:max_bytes]
            self._changed.notify_all()
            return data

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        pipe = self._outgoing
        rest = memoryview(self._rest + bytes(data))
        self._rest = b""
        try:
            with self._changed:
                while rest:
                    if pipe.abandoned or pipe.ended:
                        raise os_error(errno.EPIPE)
                    room = pipe.capacity - len(pipe.data)
                    if room <= 0:
                        self._wait(deadline, "write")
                        continue
                    pipe.data += rest[:room]
                    rest = rest[room:]
                    self._changed.notify_all()
        finally:
            self._rest = bytes(rest)

    def _wait(self, deadline: float | None, stage: str) -> None:
        """Wait until something changes."""
        if not self._changed.wait(remaining(deadline)):
            raise timed_out(None, stage)

    def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        with self._changed:
            self._outgoing.ended = True
            self._changed.notify_all()

    def _end_reading(self) -> None:
        with self._changed:
            self._incoming.abandoned = True
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._outgoing.ended = True
            self._incoming.abandoned = True
            self._changed.notify_all()

    def _release(self) -> None:
        with self._changed:
            self._incoming.data.clear()
