"""How a server of ours is told to stop: SIGTERM is a clean stop, Ctrl-C an interruption."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Self

from razem.cli.exits import Exit

__all__ = ["Stop"]


class Stop:
    """Within a ``with``, in a running loop, `wait` returns the exit code of the first signal."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped: asyncio.Future[Exit] = self._loop.create_future()

    def __enter__(self) -> Self:
        with suppress(NotImplementedError):  # on Windows: there Ctrl-C cancels the task
            self._loop.add_signal_handler(signal.SIGTERM, self._stop, Exit.DONE)
            self._loop.add_signal_handler(signal.SIGINT, self._stop, Exit.INTERRUPTED)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(NotImplementedError):
            self._loop.remove_signal_handler(signal.SIGTERM)
            self._loop.remove_signal_handler(signal.SIGINT)

    async def wait(self) -> Exit:
        """Wait for a signal."""
        return await asyncio.shield(self._stopped)

    def _stop(self, code: Exit) -> None:
        if not self._stopped.done():
            self._stopped.set_result(code)
