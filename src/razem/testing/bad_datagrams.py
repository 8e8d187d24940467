"""Datagrams led through a bad network, blocking."""

from __future__ import annotations

from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from razem.errors import Error, TimedOutError, TruncatedError
from razem.sockets.clock import earlier, remaining
from razem.sockets.datagram import Datagrams
from razem.sockets.datagram_failures import datagram_timed_out, datagram_truncated
from razem.testing.faults import DatagramCourse, Mode

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.testing.link import Link

__all__ = ["BadDatagrams", "Late"]


class Late(NamedTuple):
    """A datagram on its way; of two, the one that is due first comes first.

    Attributes:
        due: when it arrives, by the monotonic clock.
        number: keeps those in order that are due at once.
        data: of it.
        peer: who has sent it, or is to get it.
    """

    due: float
    number: int
    data: bytes
    peer: Address | None


class BadDatagrams(Datagrams):
    """An end that loses, doubles and delays what comes, and, where nobody else does, what goes.

    Args:
        inner: it belongs to this object from now on.
        link: to the other end.
        reading: what becomes of what comes.
        writing: what becomes of what is sent; None where the other end sees to that.
    """

    def __init__(
        self, inner: Datagrams, link: Link, reading: DatagramCourse, writing: DatagramCourse | None
    ) -> None:
        super().__init__(local=inner.local, remote=inner.remote, timeout=inner.timeout)
        self._inner = inner
        self._link = link
        self._reading = reading
        self._writing = writing
        self._numbers = count()
        self._coming: list[Late] = []
        self._going: list[Late] = []
        self._going_changed = Condition()
        self._carrier: Thread | None = None  # of what goes, while there is something
        self._end: TruncatedError | None = None

    def before(self, mode: Mode) -> None:  # noqa: ARG002  of any
        """Take in what has come by now, as the link still is."""
        if self._receiving.acquire(blocking=False):  # else who receives takes it in
            try:
                with suppress(Error):
                    while True:
                        self._take_in(0.0)
            finally:
                self._receiving.release()

    def after(self, mode: Mode) -> None:
        """Nothing is left to do."""

    def _receive(self, max_bytes: int, deadline: float | None) -> tuple[bytes, Address | None]:
        while True:
            due = self._coming[0].due if self._coming else None
            if due is not None and due <= monotonic():
                late = heappop(self._coming)
                if len(late.data) > max_bytes:
                    raise datagram_truncated(late.peer, len(late.data), max_bytes)
                return late.data, late.peer
            if self._end is not None and due is None:
                raise self._end.with_traceback(None)
            try:
                self._take_in(remaining(earlier(due, deadline)))
            except TimedOutError:
                if due is None or (deadline is not None and deadline < due):
                    raise

    def _take_in(self, timeout: float | None) -> None:
        """Wait for the next to arrive at the end below, and send it on its way to us."""
        if self._end is not None:
            with self._link.changed:
                self._link.changed.wait_for(lambda: self._closed, timeout)
            raise datagram_timed_out(self._remote, "read")
        try:
            data, sender = self._inner.receive(timeout=timeout)
        except TruncatedError as error:
            if error.needed is not None or error.got:
                raise
            self._end = error  # of a connection; what is on its way comes before it
            return
        if self._link.mode is Mode.OPEN:
            for late in self._reading.copies(len(data)):
                number = next(self._numbers)
                heappush(self._coming, Late(monotonic() + late, number, data, sender))

    def _send(self, data: bytes | memoryview, to: Address | None, deadline: float | None) -> None:
        if self._link.mode is not Mode.OPEN:
            return
        for late in [0.0] if self._writing is None else self._writing.copies(len(data)):
            if late:
                self._send_late(Late(monotonic() + late, next(self._numbers), bytes(data), to))
            else:
                self._inner.send(data, to, timeout=remaining(deadline))

    def _send_late(self, late: Late) -> None:
        with self._going_changed:
            heappush(self._going, late)
            self._going_changed.notify_all()
            if self._carrier is None:
                self._carrier = Thread(target=self._carry, name="razem-late", daemon=True)
                self._carrier.start()

    def _carry(self) -> None:
        """Send what is late when it is due."""
        with self._going_changed:
            while self._going and not self._closed:
                wait = self._going[0].due - monotonic()
                if wait > 0:
                    self._going_changed.wait(wait)
                    continue
                late = heappop(self._going)
                with suppress(Error):  # nobody is there who could be told
                    self._inner.send(late.data, late.peer, timeout=0)
            self._carrier = None

    def close_sending(self) -> None:
        """Tell the peer of a connection that nothing more will be sent."""
        self._inner.close_sending()

    def close_receiving(self) -> None:
        """Receive nothing more from the peer of a connection."""
        self._inner.close_receiving()

    def _wake(self) -> None:
        for changed in (self._link.changed, self._going_changed):
            with changed:
                changed.notify_all()
        self._inner.close()

    def _release(self) -> None:
        self._coming.clear()
        with self._going_changed:
            self._going.clear()
