"""Listeners for asyncio whose streams are made of something else than their own sockets."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from razem.errors import ClosedError, TimedOutError
from razem.sockets.aio.listener import Listener

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.errors import Error
    from razem.sockets.address import Address
    from razem.sockets.aio.stream import Stream

__all__ = ["MadeListener"]

_WAITING: Final = 1000  # streams that wait to be accepted


class MadeListener(Listener):
    """A listener to which streams are given, ready to use; see `give_out`.

    Args:
        address: by which it is known.
    """

    def __init__(self, address: Address) -> None:
        super().__init__(address, ())
        self._waiting_streams: deque[Stream] = deque()
        self._failed: Error | None = None

    @property
    def full(self) -> bool:
        """Whether too many wait to be accepted."""
        return len(self._waiting_streams) >= _WAITING

    def give_out(self, stream: Stream) -> None:
        """Let the next one who accepts have the stream."""
        self._waiting_streams.append(stream)
        self._arrivals.wake()

    def fail(self, error: Error) -> None:
        """Let everybody who accepts from now on get this error."""
        self._failed = error
        self._arrivals.wake()

    async def _accept(self, deadline: float | None) -> Any:
        while not self._closed:
            if self._waiting_streams:
                return self._waiting_streams.popleft()
            if self._failed is not None:
                self._failed.address = self._failed.address or self.local
                raise self._failed.with_traceback(None)
            if not await self._arrivals.wait(deadline):
                message = f"nobody connected to {self.local} in time."
                raise TimedOutError(message, address=self.local, stage="accept")
        message = f"the listener on {self.local} is closed."
        raise ClosedError(message, address=self.local, stage="accept")

    async def _open(self, accepted: Any) -> Stream:
        stream: Stream = accepted
        return stream

    async def receivable(self) -> None:
        """Wait until somebody connects, without accepting it."""
        while not (self._closed or self._waiting_streams or self._failed):
            await self._arrivals.wait()
        if self._closed:
            raise ClosedError(f"the listener on {self.local} is closed.", address=self.local)

    async def close(self) -> None:
        """Take nobody any more; who waits to be accepted is turned away."""
        if self._closed:
            return
        await super().close()
        while self._waiting_streams:
            await self._waiting_streams.popleft().abort()

    def _described(self) -> Sequence[int]:
        return ()
