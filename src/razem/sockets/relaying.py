"""Relays: two streams joined, blocking.

Each direction has a thread. Where both ends are plain sockets the bytes stay in the kernel: they
are spliced (splice(2)) from one into a pipe, and from there into the other.
"""

from __future__ import annotations

import os
from threading import Thread
from typing import TYPE_CHECKING

from razem.errors import ClosedError, Error
from razem.sockets.socket_stream import SocketStream
from razem.sockets.stream import MAX_BYTES
from razem.sockets.traffic import CAN_SPLICE, Traffic, open_pipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.sockets.stream import Stream

__all__ = ["relay"]


def relay(first: Stream, second: Stream, *, traffic: Traffic | None = None) -> Traffic:
    """Carry what comes from each stream to the other, until both have ended; return the counts.

    The end of one direction is passed on (`close_sending`), and the other goes on: an answer that
    comes long after the end of the question is carried, too. The streams are left open. Closing
    one of them from another thread ends it with `ClosedError`.

    After an error nothing can be carried any more, and both are closed: in a way that lets the
    peers notice a break and not take it for the end (`abort`). A peer that only stopped reading
    ends one direction; the error comes when the other has ended, too.

    Args:
        first: any stream; the time-outs of both do not count here.
        second: any other.
        traffic: where to count, for who wants to look at it meanwhile.

    Raises:
        BrokenError: a connection failed.
        TruncatedError: one ended without the goodbye of TLS.
        ClosedError: one was closed on this side.
    """
    traffic = Traffic() if traffic is None else traffic

    def count_forth(size: int) -> None:
        traffic.forth += size

    def count_back(size: int) -> None:
        traffic.back += size

    errors: list[Exception] = []  # in the order of time: what follows the first may be its effect
    forth = _Direction(first, second, count_forth, errors)
    back = _Direction(second, first, count_back, errors)
    thread = Thread(target=back.run, name="razem-relay", daemon=True)
    thread.start()
    try:
        forth.run()
        thread.join()
    except BaseException:  # Ctrl-C
        first.abort()
        second.abort()
        thread.join()
        raise
    if errors:
        raise errors[0]
    return traffic


class _Direction:
    """One way through a relay."""

    def __init__(
        self,
        source: Stream,
        target: Stream,
        count: Callable[[int], None],
        errors: list[Exception],
    ) -> None:
        self._source = source
        self._target = target
        self._count = count
        self._errors = errors

    def run(self) -> None:
        """Carry until the end, and pass that on. What goes wrong is added to the errors."""
        try:
            self._carry()
        except Exception as error:  # noqa: BLE001  of a thread: told by relay()
            self._errors.append(error)
            only_writing = isinstance(error, Error) and error.stage == "write"
            if not only_writing or isinstance(error, ClosedError):
                self._source.abort()
                self._target.abort()

    def _carry(self) -> None:
        source, target = self._source, self._target
        while source._buffer.size:  # noqa: SLF001  what was received ahead
            self._send(source.receive(MAX_BYTES, timeout=None))
        if not (CAN_SPLICE and isinstance(source, SocketStream) and self._splice(source)):
            while data := source.receive(MAX_BYTES, timeout=None):
                self._send(data)
        target.close_sending(timeout=None)

    def _send(self, data: bytes) -> None:
        self._target.send(data, timeout=None)
        self._count(len(data))

    def _splice(self, source: SocketStream) -> bool:
        """Let the kernel carry to the end; return whether it could."""
        target = self._target
        if not isinstance(target, SocketStream):
            return False
        target.send(b"", timeout=None)  # what an earlier send has left
        with open_pipe(blocking=True) as (reader, writer):
            while True:
                size = source.splice_into(writer)
                if size is None:
                    return False
                if not size:
                    return True
                if not target.splice_from(reader, size):
                    self._send(os.read(reader, size))
                    return False
                self._count(size)
