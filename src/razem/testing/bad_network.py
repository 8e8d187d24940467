"""A bad network around any blocking stream or datagrams, replayable by its seed."""

from __future__ import annotations

import errno
import os
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, overload

from razem.errors import Error
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.datagram import Datagrams
from razem.sockets.failures import os_error, timed_out
from razem.sockets.stream import Stream
from razem.testing.bad_datagrams import BadDatagrams
from razem.testing.faults import Course, DatagramCourse, Faults, Mode
from razem.testing.link import Link

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BadNetwork", "reset_on_close"]


class BadNetwork:
    r"""A network where things go wrong: streams and datagrams that are led through it stay such.

    What goes wrong of itself is told by `Faults`, and is the same for the same seed; a test that
    fails says its seed, and is run again with it. A test may also break everything at a moment of
    its choice: `partition` and `heal`, `reset`, `vanish`.

    >>> from razem.testing import memory_pair
    >>> network = BadNetwork(seed=7, faults=Faults(piece=4, delay=0.001))
    >>> left, right = network.pair(*memory_pair())
    >>> left.send(b"hello, world")
    >>> right.receive() == b"hello, world"  # in pieces; who wants it whole must say how much
    False
    >>> left.close()

    Args:
        seed: of all that is left to chance.
        faults: what goes wrong, and how often; by default data is cut, and nothing else.
    """

    def __init__(self, seed: int = 0, faults: Faults = Faults()) -> None:  # noqa: B008  a value
        self.seed = seed
        self.faults = faults
        self._links: list[Link] = []  # of streams
        self._datagram_links: list[Link] = []

    @overload
    def wrap(self, end: Stream) -> Stream: ...
    @overload
    def wrap(self, end: Datagrams) -> Datagrams: ...
    def wrap(self, end: Stream | Datagrams) -> Stream | Datagrams:
        """Lead one end through the network. Closing what is returned closes the end."""
        if isinstance(end, Stream):
            return self._join(end)[0]
        return self._join_datagrams(end)[0]

    @overload
    def pair(self, left: Stream, right: Stream) -> tuple[Stream, Stream]: ...
    @overload
    def pair(self, left: Datagrams, right: Datagrams) -> tuple[Datagrams, Datagrams]: ...
    def pair(
        self, left: Stream | Datagrams, right: Stream | Datagrams
    ) -> tuple[Stream | Datagrams, Stream | Datagrams]:
        """Lead both ends of a connection through it, so that what breaks it breaks it for both."""
        joined: list[Stream] | list[Datagrams]
        if isinstance(left, Stream) and isinstance(right, Stream):
            joined = self._join(left, right)
        else:
            assert isinstance(left, Datagrams) and isinstance(right, Datagrams)  # noqa: S101, PT018
            joined = self._join_datagrams(left, right)
        return joined[0], joined[1]

    def partition(self) -> None:
        """Let nothing pass until `heal`. Of streams nothing is lost: who waits goes on waiting."""
        self._become(Mode.PARTITIONED, {Mode.OPEN})

    def heal(self) -> None:
        """Let everything pass again."""
        self._become(Mode.OPEN, {Mode.PARTITIONED})

    def vanish(self) -> None:
        """Leave every connection half-open: what is sent is lost, nothing comes, no end either."""
        self._become(Mode.HALF_OPEN, {Mode.OPEN, Mode.PARTITIONED})

    def reset(self) -> None:
        """Throw every stream away: each end gets a `ResetError`."""
        self._become(Mode.RESET, set(Mode))

    def __repr__(self) -> str:
        return f"BadNetwork(seed={self.seed}, faults={self.faults})"

    def _join(self, *streams: Stream) -> list[Stream]:
        """Make a link of the ends."""
        link = Link()
        number = len(self._links) + len(self._datagram_links)
        self._links.append(link)
        ends = [
            _BadStream(
                stream,
                link,
                Course(self.faults, f"{self.seed}/{number}/{end}/read"),
                Course(self.faults, f"{self.seed}/{number}/{end}/write"),
            )
            for end, stream in enumerate(streams)
        ]
        link.ends = ends
        return list(ends)

    def _join_datagrams(self, *ends: Datagrams) -> list[Datagrams]:
        """Make a link of the ends. Of two, each sees to what comes; a single one to what goes."""
        link = Link()
        number = len(self._links) + len(self._datagram_links)
        self._datagram_links.append(link)
        made = []
        for place, end in enumerate(ends):
            seed = f"{self.seed}/{number}/{place}"
            writing = DatagramCourse(self.faults, f"{seed}/write") if len(ends) == 1 else None
            reading = DatagramCourse(self.faults, f"{seed}/read")
            made.append(BadDatagrams(end, link, reading, writing))
        link.ends = made
        return list(made)

    def _become(self, mode: Mode, before: set[Mode]) -> None:
        datagrams = [] if mode is Mode.RESET else self._datagram_links
        for link in (*self._links, *datagrams):
            if link.mode in before:
                link.become(mode)


class _BadStream(Stream):
    """One end, led through the network."""

    def __init__(self, inner: Stream, link: Link, reading: Course, writing: Course) -> None:
        super().__init__(local=inner.local, remote=inner.remote, timeout=inner.timeout)
        self._inner = inner
        self._link = link
        self._reading = reading
        self._writing = writing
        self._due: float | None = None  # when the piece that is being waited for arrives
        self._held = b""  # what has come out of the stream and not yet through the network
        self._rest = b""  # what a send that timed out has left

    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        if not self._held:
            self._held = self._receive(deadline)
            if not self._held:
                return b""
        self._delay(deadline)
        self._pass("read", deadline)
        size = self._reading.take(min(max_bytes, len(self._held)))
        data, self._held = self._held[:size], self._held[size:]
        return data

    def _receive(self, deadline: float | None) -> bytes:
        """Receive from the stream, while it lasts."""
        try:
            self._pass("read", deadline)
            data = self._inner.receive(timeout=remaining(deadline))
        except Error:
            if self._link.mode is Mode.OPEN or self._closed:
                raise
            data = b""
        if self._link.mode is not Mode.OPEN:
            self._pass("read", deadline)
        return data

    def _delay(self, deadline: float | None) -> None:
        """Wait until the current piece arrives, and let happen what its course has for it."""
        if self._due is None:
            late, mode = self._reading.arrive()
            self._happen(mode)
            if not late:
                return
            self._due = deadline_after(late)
        ends = [moment for moment in (self._due, deadline) if moment is not None]
        self._link.wait(lambda: self._is_over() or self._link.mode is Mode.RESET, min(ends))
        if self._due in {min(ends), None}:
            self._due = None
        elif not self._is_over() and self._link.mode is not Mode.RESET:
            raise timed_out(self._remote, "read")

    def _is_over(self) -> bool:
        """Whether nobody reads any more."""
        return self._closed or self._ended_receiving

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        view = memoryview(self._rest + data)
        self._rest = b""
        sent = 0
        try:
            while sent < len(view):
                _, mode = self._writing.arrive()
                self._happen(mode)
                if self._link.mode is Mode.HALF_OPEN:
                    sent = len(view)
                    break
                self._pass("write", deadline)
                size = self._writing.take(len(view) - sent)
                sent += size  # also where it times out: the stream keeps what it could not send
                self._inner.send(view[sent - size : sent], timeout=remaining(deadline))
            if not view and self._link.mode is Mode.OPEN:
                self._inner.send(b"", timeout=remaining(deadline))
        except Error:
            if self._link.mode is Mode.RESET:
                raise os_error(errno.ECONNRESET) from None
            raise
        finally:
            self._rest = bytes(view[sent:])

    def _happen(self, mode: Mode) -> None:
        if mode is not Mode.OPEN:
            self._link.become(mode)

    def _pass(self, stage: str, deadline: float | None) -> None:
        """Wait until the link lets something pass."""
        link = self._link
        over = self._is_over if stage == "read" else lambda: self._closed
        while not over() and link.mode is not Mode.OPEN:
            if link.mode is Mode.RESET:
                raise os_error(errno.ECONNRESET)
            mode = link.mode
            if not link.wait(lambda: over() or link.mode is not mode, deadline):  # noqa: B023
                raise timed_out(self._remote, stage)

    def _end_writing(self, deadline: float | None) -> None:
        if self._link.mode is not Mode.HALF_OPEN:
            self._pass("write", deadline)
            self._inner.close_sending(timeout=remaining(deadline))

    def _end_reading(self) -> None:
        self._inner.close_receiving()
        with self._link.changed:
            self._link.changed.notify_all()

    def _wake(self) -> None:
        with self._link.changed:
            self._link.changed.notify_all()
        self._inner.close()

    def _release(self) -> None:
        self._held = self._rest = b""

    def before(self, mode: Mode) -> None:
        """Nothing is to be done before."""

    def after(self, mode: Mode) -> None:
        """End when the connection has."""
        if mode is Mode.RESET:
            self.abort()

    def abort(self) -> None:
        """End the stream below without a goodbye."""
        reset_on_close(self._inner.fileno)
        self._inner.close()


def reset_on_close(fileno: Callable[[], int]) -> None:
    """Let a TCP socket send a reset when it is closed; anything else is left as it is."""
    with suppress(Error, OSError), socket.socket(fileno=os.dup(fileno())) as sock:
        linger = struct.pack("ii", 1, 0)  # on, 0 seconds: close sends a reset (socket(7))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
