"""exec:COMMAND for asyncio: the twin of `razem.sockets.program`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from razem.sockets.aio.socket_stream import SocketStream
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.program import exit_timed_out, reap, start

if TYPE_CHECKING:
    import subprocess

    from razem.sockets.address import Address

__all__ = ["ProgramStream", "connect_program"]

_ASK_AGAIN = 0.02  # seconds between two looks whether a program has ended


async def connect_program(
    address: Address, _deadline: float | None = None, _tls: object = None
) -> ProgramStream:
    """Start the program; its standard input and output are the other end of the stream."""
    sock, process = start(address)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        _, stream = await loop.connect_accepted_socket(
            lambda: ProgramStream(process, address), sock
        )
    except BaseException:
        sock.close()
        reap(process)
        raise
    return stream


class ProgramStream(SocketStream):
    """A stream to a program of this machine, as `razem.sockets.program.ProgramStream`.

    Args:
        process: the program; it belongs to the stream from now on.
        address: how it was called.
    """

    def __init__(self, process: subprocess.Popen[bytes], address: Address) -> None:
        super().__init__(scheme="unix", remote=address, timeout=None)
        self._process = process

    @property
    def exit_status(self) -> int | None:
        """How the program ended: 0 for well, -N for by signal N; None while it runs."""
        return self._process.poll()

    async def wait_exit(self, *, timeout: float | None = None) -> int:
        """Wait until the program has ended, and return its `exit_status`.

        Raises:
            TimedOutError: it still runs.
        """
        deadline = deadline_after(timeout)
        while (status := self._process.poll()) is None:
            if remaining(deadline) == 0:
                raise exit_timed_out(self._remote)
            await asyncio.sleep(_ASK_AGAIN)
        return status

    async def _release(self) -> None:
        await super()._release()
        reap(self._process)
