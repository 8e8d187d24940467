"""Streams for asyncio through TLS, over any other such stream."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from razem.errors import Error, TlsError
from razem.sockets.aio.stream import Stream
from razem.sockets.aio.waiters import Waiters
from razem.sockets.clock import Timeout, deadline_after, earlier, remaining
from razem.sockets.failures import timed_out
from razem.sockets.stream import MAX_BYTES

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
        self._agreed = False
        self._agreeing = False
        self._steps = Waiters()
        self._agree_by = deadline_after(patience)
        self._disagreement: TlsError | None = None

    @property
    def peer_fingerprint(self) -> str | None:
        """That of the peer's certificate (razem.sockets.tls_identity); None if it showed none.

        It is known, and proven, once the handshake is done.
        """
        return self._session.peer_fingerprint if self._agreed else None

    async def handshake(self, deadline: float | None = None) -> None:
        """Agree with the peer on keys, and prove it. Again is harmless.

        Raises:
            TlsError: the peers cannot agree, or it does not prove who it is.
            TimedOutError: the deadline passed.
            ClosedError: this side has closed the stream.
        """
        deadline = earlier(deadline, self._agree_by)
        while not self._agreed:
            if self._agreeing:  # another task is at it
                if not await self._steps.wait(deadline):
                    raise timed_out(self.remote, "read")
                continue
            self._agreeing = True
            try:
                await self._agree(deadline)
            finally:
                self._agreeing = False
                self._steps.wake()

    async def _agree(self, deadline: float | None) -> None:
        """Make one step of the handshake."""
        if self._disagreement is not None:
            raise self._disagreement.with_traceback(None)
        try:
            agreed = self._session.handshake()
        except TlsError as error:
            self._disagreement = error
            with suppress(Error):  # an alert for the peer
                await self._inner.send(self._session.take_output(), timeout=0)
            raise
        await self._inner.send(self._session.take_output(), timeout=remaining(deadline))
        if agreed:
            self._agreed = True
            return
        self._session.feed(await self._inner.receive(timeout=remaining(deadline)))

    async def _begin(self) -> None:
        await self.handshake()

    async def _fill(self, wanted: int, deadline: float | None) -> None:  # noqa: ARG002
        if not self._agreed:
            await self.handshake(deadline)
        while True:
            data = self._session.read(MAX_BYTES)
            output = self._session.take_output()
            if output:  # what TLS itself wants to say; never waiting for the peer to read
                with suppress(Error):
                    await self._inner.send(output, timeout=0)
            if data is not None:
                break
            self._session.feed(await self._inner.receive(timeout=remaining(deadline)))
        if data:
            self._buffer.feed(data)
        else:
            self._buffer.end()

    async def _write(self, data: bytes, deadline: float | None) -> None:
        if not self._agreed:
            await self.handshake(deadline)
        sent = 0
        view = memoryview(data)
        while True:
            chunk = view[sent : sent + MAX_BYTES]
            self._session.write(chunk)
            sent += len(chunk)
            try:
                output = self._session.take_output()
                await self._inner.send(output, timeout=remaining(deadline))
            except BaseException:
                with suppress(TlsError):  # the rest goes out with what is sent next
                    self._session.write(view[sent:])
                raise
            if sent == len(data):
                return

    async def _end_writing(self, deadline: float | None) -> None:
        self._session.close_sending()
        await self._inner.send(self._session.take_output(), timeout=remaining(deadline))

    async def close_receiving(self, *, timeout: Timeout = ...) -> None:
        """Receive nothing more; sending goes on. Again is harmless.

        What has arrived and what will is thrown away: whoever receives gets the end. The handshake
        comes first, which needs the peer's answers.
        """
        if not self._closed:
            await self.handshake(self._deadline(timeout))
        await super().close_receiving()

    async def _end_reading(self) -> None:
        await self._inner.close_receiving()

    async def sendable(self) -> None:
        """Wait until there is room to send, and all that was sent before has gone.

        Raises:
            ClosedError: this side closed the stream.
            BrokenError: the connection failed.
        """
        self._check_writable()
        await self._inner.sendable()

    async def abort(self) -> None:
        """Close at once and without a goodbye."""
        self._closed = True
        await self._inner.abort()

    async def _release(self) -> None:
        if self._agreed and not self._ended_sending and not self._inner.closed:
            with suppress(Error):  # a peer that does not read gets no goodbye
                await self._end_writing(0.0)
        await self._inner.close()

    def _local_address(self) -> Address | None:
        return self._inner.local

    def _is_opaque(self) -> bool:
        return True

    def _descriptor(self) -> int:
        return self._inner.fileno()
