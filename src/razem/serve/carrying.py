"""A stream joined to something local: standard input and output, a program, a recording.

Both directions flow at once, and each passes its end on: what the peer sends after the end of our
input is not lost, and neither is what we send after the peer's.
"""

from __future__ import annotations

import os
import select
import subprocess
from abc import ABC, abstractmethod
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import IdleError, TimedOutError
from razem.serve.framing import Framer, Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.serve.recording import Line
    from razem.sockets.address import Address
    from razem.sockets.stream import Stream

__all__ = ["Carrier", "Descriptors", "Program", "Replay", "Side", "Traffic", "Watcher"]

_PIECE: Final = 65536
_TICK: Final = 0.1  # seconds, between two looks at whether a program without output has gone


class Side(ABC):
    """What a stream is joined to. `read` is called in a thread, the others in another."""

    @abstractmethod
    def read(self, stop: int) -> bytes | None:
        """Wait for the next bytes; ``b""`` at the end, None once the descriptor `stop` ends."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Take what the peer sent."""

    def end(self) -> None:  # noqa: B027  not everything can be told
        """Take note that the peer will send no more."""

    def close(self) -> None:  # noqa: B027
        """Give everything back."""

    @property
    def leaves_with_peer(self) -> bool:
        """Whether whoever is here wants to leave when the peer ends, with more to say or not."""
        return False


class Descriptors(Side):
    """Two descriptors, such as 0 and 1; they stay open."""

    def __init__(self, source: int = 0, sink: int = 1) -> None:
        self._source = source
        self._sink = sink

    def read(self, stop: int) -> bytes | None:
        """Read, in a way that can be ended without taking bytes that nobody wants."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        poll.register(stop, select.POLLIN)
        while True:
            if any(ready == stop for ready, _ in poll.poll()):
                return None
            try:
                return os.read(self._source, _PIECE)
            except BlockingIOError:  # others may have made it non-blocking, and taken the bytes
                continue

    def write(self, data: bytes) -> None:
        """Write all of it, to what others may have made non-blocking."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._sink, view) :]
            except BlockingIOError:
                select.select((), (self._sink,), ())

    @property
    def leaves_with_peer(self) -> bool:
        """At a terminal sits somebody who wants the prompt back."""
        return os.isatty(self._source)


class Program(Descriptors):
    """A program of the shell: what the peer sends is its input, what it says is sent.

    Args:
        command: for ``sh -c``; it finds the peer's address in ``RAZEM_PEER``.
        peer: that address.
    """

    def __init__(self, command: str, peer: str = "") -> None:
        self.process = subprocess.Popen(  # noqa: S602  a command line is what was asked for
            command,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "RAZEM_PEER": peer},
        )
        assert self.process.stdin is not None  # noqa: S101  pipes, as asked for above
        assert self.process.stdout is not None  # noqa: S101
        self._input = self.process.stdin
        super().__init__(self.process.stdout.fileno(), self._input.fileno())

    def write(self, data: bytes) -> None:
        """Write to the program, while it reads."""
        try:
            super().write(data)
        except BrokenPipeError:  # it wants no more, and may still have something to say
            return

    def end(self) -> None:
        """End its input."""
        self._input.close()

    def close(self) -> None:
        """End it, if it goes on without anybody to talk to."""
        with self.process as process:
            if process.poll() is None:
                try:
                    process.wait(_TICK)
                except subprocess.TimeoutExpired:
                    process.terminate()

    @property
    def leaves_with_peer(self) -> bool:
        """A program says all that it has to say."""
        return False


class Replay(Side):
    """Says what was said in a recording, each time after as much came as had come then.

    Args:
        lines: of the recording.
        write: where what the peer sends goes.
    """

    def __init__(self, lines: Sequence[Line], write: Callable[[bytes], None]) -> None:
        self._lines = list(lines)
        self._write = write
        self._changed = Condition()
        self._came = 0
        self._ended = False

    def read(self, stop: int) -> bytes | None:
        """Wait until it is our turn."""
        awaited = 0
        for place, line in enumerate(self._lines):
            if not line.ours:
                awaited += len(line.data)
                continue
            with self._changed:
                while self._came < awaited and not self._ended:
                    self._changed.wait(_TICK)
                    if select.select((stop,), (), (), 0)[0]:
                        return None
                self._came -= awaited
            self._lines = self._lines[place + 1 :]
            return line.data
        return b""

    def write(self, data: bytes) -> None:
        """Count, and hand on."""
        self._write(data)
        with self._changed:
            self._came += len(data)
            self._changed.notify_all()

    def end(self) -> None:
        """Wait for nothing any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Watcher:
    """Sees what passes; for those who count, record or show it."""

    def begin(self, stream: Stream) -> None:
        """Take note of a connection."""

    def passed(self, data: bytes, *, ours: bool) -> None:
        """Take note of what was sent or received; ``b""`` for the end."""


class Traffic(Watcher):
    """Counts.

    Attributes:
        sent: bytes.
        received: bytes.
        connections: so far.
        last: when something passed, by the monotonic clock.
        peer: who was connected last, for people.
        address: of the peer, if it has one.
    """

    def __init__(self) -> None:
        self.sent = self.received = self.connections = 0
        self.peer = ""
        self.address: Address | None = None
        self.start = self.last = monotonic()

    def begin(self, stream: Stream) -> None:
        """Count a connection."""
        self.connections += 1
        self.address = stream.remote
        self.peer = str(stream.remote or "a UNIX client")
        self.last = monotonic()

    def passed(self, data: bytes, *, ours: bool) -> None:
        """Count bytes."""
        if ours:
            self.sent += len(data)
        else:
            self.received += len(data)
        self.last = monotonic()


class Carrier:
    """Joins streams to a side, one after another or several at once.

    Args:
        mode: what is taken as a whole.
        crlf: whether lines that are sent end with CR LF.
        idle: seconds without a byte in either direction, after which it gives up.
        watchers: see all that passes.
    """

    def __init__(
        self,
        *,
        mode: Mode = Mode.BYTES,
        crlf: bool = False,
        idle: float | None = None,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        self._mode = mode
        self._crlf = crlf
        self._idle = idle
        self._watchers = tuple(watchers)

    def carry(self, stream: Stream, side: Side, *, one_of_many: bool = False) -> None:
        """Carry both ways until both directions have ended; the caller closes both.

        Args:
            stream: to the peer.
            side: here.
            one_of_many: whether the side's input goes to the next peer when this one ends.

        Raises:
            IdleError: nothing passed for too long.
            Error: the connection broke.
            OSError: the side failed.
        """
        clock = Traffic()
        watchers = (*self._watchers, clock)
        for watcher in watchers:
            watcher.begin(stream)
        stop, stopper = os.pipe()
        failures: list[Exception] = []
        sender = Thread(
            target=self._send,
            args=(stream, side, stop, watchers, failures),
            name="razem-input",
            daemon=True,
        )
        sender.start()
        stopping = True
        try:
            while (data := self._receive(stream, clock)) is not None:
                for watcher in watchers:
                    watcher.passed(data, ours=False)
                side.write(data)
            for watcher in watchers:
                watcher.passed(b"", ours=False)
            side.end()
            # What comes after the other side has ended has nowhere to go, mostly; but a program
            # that still writes may write to its end.
            stopping = one_of_many or side.leaves_with_peer
            while not stopping and sender.is_alive():
                sender.join(self._left(clock))
                self._left(clock)
        finally:
            os.close(stopper)
            if stopping and not side.leaves_with_peer:
                stream.close()
            if not sender.is_alive() or stopping:
                sender.join(1.0)
            if not sender.is_alive():
                os.close(stop)
        if failures and not stopping:
            raise failures[0]

    def _send(
        self,
        stream: Stream,
        side: Side,
        stop: int,
        watchers: Sequence[Watcher],
        failures: list[Exception],
    ) -> None:
        """Send what the side says, to its end."""
        framer = Framer(self._mode, crlf=self._crlf)

        def send(data: bytes) -> None:
            for watcher in watchers:  # before: so that the answer to it comes after it
                watcher.passed(data, ours=True)
            stream.send(data)

        try:
            try:
                while data := side.read(stop):
                    for piece in framer.feed(data):
                        send(piece)
                if data is None:
                    return
                for piece in framer.end():
                    send(piece)
            finally:  # an input that cannot be read has ended too, and the other side must know
                if not stream.closed:
                    stream.close_sending()
            for watcher in watchers:
                watcher.passed(b"", ours=True)
        except Exception as error:  # noqa: BLE001  raised again where it can be reported
            failures.append(error)

    def _receive(self, stream: Stream, clock: Traffic) -> bytes | None:
        """Receive the next; None at the end."""
        while True:
            try:
                return self._next(stream, self._left(clock))
            except IdleError:
                raise
            except TimedOutError:
                if self._idle is None:
                    raise

    def _next(self, stream: Stream, timeout: float | None) -> bytes | None:
        if self._mode is Mode.RECORDS:
            record = next(stream.records(timeout=timeout), None)
            return None if record is None else record + b"\n"
        if self._mode is Mode.LINES:
            line = next(stream.lines(timeout=timeout), None)
            return None if line is None else line + b"\n"
        return stream.receive(timeout=timeout) or None

    def _left(self, clock: Traffic) -> float | None:
        """Return the seconds that it may still be idle.

        Raises:
            IdleError: none.
        """
        if self._idle is None:
            return None
        left = clock.last + self._idle - monotonic()
        if left <= 0:
            raise IdleError(
                f"nothing passed for {self._idle:g} seconds.",
                address=clock.address,
                stage="read",
                advice="Allow more with --idle, or see what the other side is waiting for.",
            )
        return left
