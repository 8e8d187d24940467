"""Those who send datagrams to one address, each as a stream of its own; blocking."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import ClosedError, Error
from razem.serve.datagram_stream import send_in_datagrams
from razem.sockets.clock import earlier, remaining
from razem.sockets.failures import timed_out
from razem.sockets.handlers import report
from razem.sockets.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.serve.datagram_stream import Permits
    from razem.sockets.address import Address
    from razem.sockets.datagram import Datagrams

__all__ = ["SenderStreams"]

_WAITING: Final = 1000  # datagrams of one sender that wait to be received; more are lost
_STOP_SECONDS: Final = 5.0  # for handlers to end once their streams are closed


class SenderStreams:
    """Sorts datagrams by sender.

    Args:
        datagrams: bound; it belongs to this object from now on.
        idle: seconds of silence, after which a sender has ended.
        linger: the same after what is sent to it has ended.
        permits: whose datagrams are taken.
    """

    def __init__(
        self,
        datagrams: Datagrams,
        *,
        idle: float = 60.0,
        linger: float = 1.0,
        permits: Permits = lambda _: True,
    ) -> None:
        self.datagrams = datagrams
        self.idle = idle
        self.linger = linger
        self._permits = permits
        self._known: dict[Address, _SenderStream] = {}

    def serve(self, handler: Callable[[Stream], object], *, limit: int = 1000) -> None:
        """Call `handler` with each sender's stream, in a thread of its own, until closed.

        The stream is closed when the handler returns; who sends on after that is somebody new. An
        exception of a handler goes to the log "razem".

        Args:
            handler: what to do with a stream.
            limit: senders at once; datagrams of others are lost.
        """
        threads: list[Thread] = []
        try:
            while True:
                try:
                    data, sender = self.datagrams.receive()
                except ClosedError:
                    return
                except Error:  # of one datagram
                    continue
                if sender is None or not self._permits(sender):
                    continue
                stream = self._known.get(sender)
                if stream is None:
                    if len(self._known) >= limit:
                        continue
                    stream = self._known[sender] = _SenderStream(self, sender)
                    thread = Thread(target=self._run, args=(handler, stream), daemon=True)
                    threads = [each for each in threads if each.is_alive()]
                    threads.append(thread)
                    thread.start()
                stream.put(data)
        finally:
            self.close()
            for stream in list(self._known.values()):
                stream.close()
            until = monotonic() + _STOP_SECONDS
            for thread in threads:
                thread.join(remaining(until))

    def _run(self, handler: Callable[[Stream], object], stream: _SenderStream) -> None:
        """Serve one sender."""
        try:
            with stream:
                handler(stream)
        except Exception as error:  # noqa: BLE001  one sender must not end the service
            report(stream.remote, error)

    def forget(self, sender: Address) -> None:
        """Take the next datagram from there for somebody new."""
        with suppress(KeyError):
            del self._known[sender]

    def close(self) -> None:
        """Take no more; streams end. Again is harmless."""
        self.datagrams.close()


class _SenderStream(Stream):
    """One of those who send."""

    def __init__(self, senders: SenderStreams, peer: Address) -> None:
        super().__init__(local=senders.datagrams.local, remote=peer)
        self._senders = senders
        self._peer = peer
        self._changed = Condition()
        self._waiting: deque[bytes] = deque()
        self._ends_at = monotonic() + senders.idle

    def put(self, data: bytes) -> None:
        """Take what came from there."""
        with self._changed:
            if data and len(self._waiting) < _WAITING:
                self._waiting.append(data)
            self._heard()
            self._changed.notify_all()

    def _heard(self) -> None:
        """Begin to wait anew for the next sign of life."""
        silence = self._senders.linger if self._ended_sending else self._senders.idle
        self._ends_at = monotonic() + silence

    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        with self._changed:
            while not self._waiting:
                now = monotonic()
                if self._closed or self._ended_receiving or now >= self._ends_at:
                    return b""
                if deadline is not None and now >= deadline:
                    raise timed_out(self._remote, "read")
                self._changed.wait(remaining(earlier(self._ends_at, deadline)))
            data = self._waiting.popleft()
            if len(data) > max_bytes:
                self._waiting.appendleft(data[max_bytes:])
            return data[:max_bytes]

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        send_in_datagrams(self._senders.datagrams, data, self._peer, deadline)
        with self._changed:
            self._heard()

    def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        with self._changed:
            self._heard()
            self._changed.notify_all()

    def _end_reading(self) -> None:
        self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _release(self) -> None:
        self._senders.forget(self._peer)
