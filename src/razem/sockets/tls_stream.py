"""Blocking streams through TLS, over any other blocking stream."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock, RLock
from typing import TYPE_CHECKING

from razem.errors import Error, TlsError
from razem.sockets.clock import Timeout, deadline_after, earlier, remaining
from razem.sockets.failures import timed_out
from razem.sockets.stream import MAX_BYTES, Stream

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.sockets.tls import TlsSession

__all__ = ["TlsStream"]


class TlsStream(Stream):
    """What is sent is encrypted, and then sent on `inner`, which belongs to it from now on.

    Half closing is TLS's close_notify; a connection that ends without the peer's is truncated.
    The first call that needs it makes the handshake, unless `handshake` was called.

    Args:
        inner: any other stream.
        session: of TLS, either end.
        timeout: the default of all calls.
        patience: seconds from now in which the peer must have agreed; None for ever.
    """

    def __init__(
        self,
        inner: Stream,
        session: TlsSession,
        *,
        timeout: float | None = None,
        patience: float | None = None,
    ) -> None:
        super().__init__(local=None, remote=inner.remote, timeout=timeout)
        self._inner = inner
        self._session = session
        # OpenSSL's objects are not for two threads at once. It is never held during a wait.
        self._lock = Lock()
        self._agreed = False
        self._agreeing = RLock()
        self._agree_by = deadline_after(patience)
        self._disagreement: TlsError | None = None

    @property
    def peer_fingerprint(self) -> str | None:
        """That of the peer's certificate (razem.sockets.tls_identity); None if it showed none.

        It is known, and proven, once the handshake is done.
        """
        with self._lock:
            return self._session.peer_fingerprint if self._agreed else None

    def handshake(self, deadline: float | None = None) -> None:
        """Agree with the peer on keys, and prove it. Again is harmless.

        Raises:
            TlsError: the peers cannot agree, or it does not prove who it is.
            TimedOutError: the deadline passed.
            ClosedError: this side has closed the stream.
        """
        deadline = earlier(deadline, self._agree_by)
        seconds = remaining(deadline)
        if not self._agreeing.acquire(timeout=-1 if seconds is None else seconds):
            raise timed_out(self.remote, "read")
        try:
            while not self._agreed:
                self._agree(deadline)
        finally:
            self._agreeing.release()

    def _agree(self, deadline: float | None) -> None:
        """Make one step of the handshake."""
        if self._disagreement is not None:
            raise self._disagreement.with_traceback(None)
        try:
            with self._lock:
                agreed = self._session.handshake()
        except TlsError as error:
            self._disagreement = error
            with suppress(Error):  # an alert for the peer
                self._send_output(0.0)
            raise
        self._send_output(remaining(deadline))
        if agreed:
            self._agreed = True
            return
        arrived = self._inner.receive(timeout=remaining(deadline))
        with self._lock:
            self._session.feed(arrived)

    def _send_output(self, timeout: float | None) -> None:
        with self._lock:
            output = self._session.take_output()
        self._inner.send(output, timeout=timeout)

    def _begin(self) -> None:
        self.handshake()

    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        if not self._agreed:
            self.handshake(deadline)
        while True:
            with self._lock:
                data = self._session.read(max_bytes)
            self._answer()
            if data is not None:
                return data
            arrived = self._inner.receive(timeout=remaining(deadline))
            with self._lock:
                self._session.feed(arrived)

    def _answer(self) -> None:
        """Send what TLS itself wants to say, without ever waiting for the peer to read."""
        if self._sending.acquire(blocking=False):  # else who has it sends that too
            try:
                with self._lock:
                    output = self._session.take_output()
                if output:
                    with suppress(Error):  # the rest is kept; what is broken shows in reading
                        self._inner.send(output, timeout=0)
            finally:
                self._sending.release()

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        if not self._agreed:
            self.handshake(deadline)
        data = memoryview(data)
        sent = 0
        try:
            while True:
                chunk = data[sent : sent + MAX_BYTES]
                with self._lock:
                    self._session.write(chunk)
                    sent += len(chunk)
                    output = self._session.take_output()
                self._inner.send(output, timeout=remaining(deadline))
                if sent == len(data):
                    return
        except BaseException:
            with self._lock, suppress(TlsError):  # the rest goes out with what is sent next
                self._session.write(data[sent:])
            raise

    def _end_writing(self, deadline: float | None) -> None:
        with self._lock:
            self._session.close_sending()
            output = self._session.take_output()
        self._inner.send(output, timeout=remaining(deadline))

    def close_receiving(self, *, timeout: Timeout = ...) -> None:
        """Receive nothing more, from any thread; sending goes on. Again is harmless.

        What has arrived and what will is thrown away: whoever receives gets the end. The handshake
        comes first, which needs the peer's answers.
        """
        self.handshake(self._deadline(timeout))
        super().close_receiving()

    def _end_reading(self) -> None:
        self._inner.close_receiving()

    def _wake(self) -> None:
        if self._sending.acquire(blocking=False):
            try:
                if self._agreed and not self._ended_sending and not self._inner.closed:
                    with suppress(Error):  # a peer that does not read gets no goodbye
                        self._end_writing(0.0)
            finally:
                self._sending.release()
        self._inner.close()

    def abort(self) -> None:
        """Close at once and without a goodbye, from any thread."""
        self._closed = True
        self._inner.abort()

    def _release(self) -> None:
        self._inner.close()

    def _local_address(self) -> Address | None:
        return self._inner.local

    def _is_opaque(self) -> bool:
        return True

    def _descriptor(self) -> int:
        return self._inner.fileno()
