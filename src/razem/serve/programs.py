"""A program for each connection."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from razem.sockets.stream import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from razem.sockets.aio.stream import Stream

__all__ = ["program"]


def program(command: str) -> Callable[[Stream], Awaitable[None]]:
    """Return a handler that joins each connection to a program of its own.

    What the peer sends is its input, what it writes is sent, and each end is passed on. The
    connection ends with the program, and the program is told to end (SIGTERM) with the connection.

    Args:
        command: for ``sh -c``; it finds the peer's address in ``RAZEM_PEER``.
    """

    async def handler(stream: Stream) -> None:
        process = await asyncio.create_subprocess_shell(
            command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "RAZEM_PEER": str(stream.remote or "")},
        )
        feeding = asyncio.create_task(_feed(stream, process.stdin))
        try:
            assert process.stdout is not None  # noqa: S101  a pipe, as asked for
            while data := await process.stdout.read(MAX_BYTES):
                await stream.send(data)
            await stream.close_sending()
            await process.wait()
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    return handler


async def _feed(stream: Stream, sink: asyncio.StreamWriter | None) -> None:
    """Hand on what the peer sends, for as long as the program reads."""
    assert sink is not None  # noqa: S101  a pipe, as asked for
    try:
        async for piece in stream:
            sink.write(piece)
            await sink.drain()
    except (BrokenPipeError, ConnectionResetError):  # the program reads no more, or the peer broke
        return
    finally:
        sink.close()
