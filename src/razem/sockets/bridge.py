"""Blocking ends over asyncio ones that live in a thread: for what works while nobody calls it.

A lasting stream has to acknowledge, and to connect again, whatever its program does meanwhile. So
it lives in an event loop of its own thread, one for all; each call here waits for one there.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeVar

from razem.errors import ClosedError, Error
from razem.sockets.clock import Timeout, remaining
from razem.sockets.listener import Listener
from razem.sockets.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from razem.sockets.address import Address
    from razem.sockets.aio.listener import Listener as AsyncListener
    from razem.sockets.aio.stream import Stream as AsyncStream

__all__ = ["BridgedListener", "BridgedStream", "run"]

Result = TypeVar("Result")

_lock = Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}  # by process: a thread does not survive fork(2)


def run(waiting: Coroutine[object, object, Result]) -> Result:
    """Run it in the thread, and wait for what comes of it. Ctrl-C cancels it."""
    future = asyncio.run_coroutine_threadsafe(waiting, _loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            Thread(target=loop.run_forever, name="razem-bridge", daemon=True).start()
        return loop


class BridgedStream(Stream):
    """A blocking stream over an asyncio one, which belongs to it from now on."""

    def __init__(self, inner: AsyncStream) -> None:
        super().__init__(local=inner.local, remote=inner.remote)
        self.inner = inner
        self.lasts = inner.lasts

    @property
    def remote(self) -> Address | None:
        """The address of the other end, which may change."""
        return self.inner.remote

    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        return run(self.inner.receive(max_bytes, timeout=remaining(deadline)))

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        run(self.inner.send(data, timeout=remaining(deadline)))

    def _end_writing(self, deadline: float | None) -> None:
        run(self.inner.close_sending(timeout=remaining(deadline)))

    def delivered(self, *, timeout: Timeout = ...) -> None:
        """Wait until the peer's program has read everything that was sent.

        Raises:
            BrokenError: it never will: it has closed, or did not return.
            TimedOutError: it has not yet.
            ClosedError: this side closed the stream.
            UnavailableError: it is no lasting stream.
        """
        run(self.inner.delivered(timeout=remaining(self._deadline(timeout))))

    def _end_reading(self) -> None:
        run(self.inner.close_receiving())

    def _wake(self) -> None:
        run(self.inner.close())

    def abort(self) -> None:
        """Throw it away at once, from any thread."""
        self._closed = True
        run(self.inner.abort())

    def _release(self) -> None:
        """Nothing is left to do."""

    def _described(self) -> Sequence[int]:
        return () if self._closed else self.inner._described()  # noqa: SLF001  its twin

    def _descriptor(self) -> int:
        return self.inner.fileno()


class BridgedListener(Listener):
    """A blocking listener over an asyncio one, which belongs to it from now on."""

    def __init__(self, inner: AsyncListener) -> None:
        super().__init__(inner.local, ())
        self.inner = inner

    def accept(self, *, timeout: float | None = None) -> Stream:
        """Wait for the next connection; as `Listener.accept`."""
        if self._closed:
            raise self._closed_error()
        return BridgedStream(run(self.inner.accept(timeout=timeout)))

    def close(self) -> None:
        """Stop listening, from any thread. Again is harmless."""
        first = not self._closed
        super().close()
        if first:
            with suppress(Error, ClosedError):
                run(self.inner.close())

    def _described(self) -> Sequence[int]:
        return ()
