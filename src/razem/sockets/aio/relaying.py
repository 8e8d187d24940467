"""Relays for asyncio: the twin of `razem.sockets.relaying`."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Self

from razem.errors import ClosedError, Error
from razem.sockets.aio.socket_stream import SocketStream
from razem.sockets.failures import stream_failed
from razem.sockets.stream import MAX_BYTES
from razem.sockets.traffic import (
    CAN_SPLICE,
    NOT_BY_SPLICE,
    SPLICE_BYTES,
    Traffic,
    open_pipe,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.sockets.aio.stream import Stream

__all__ = ["relay"]


async def relay(first: Stream, second: Stream, *, traffic: Traffic | None = None) -> Traffic:
    """Carry what comes from each stream to the other, until both have ended; return the counts.

    Arguments and errors are those of `razem.relay`. After a cancellation some bytes may be lost,
    and the streams are good for closing only.
    """
    traffic = Traffic() if traffic is None else traffic

    def count_forth(size: int) -> None:
        traffic.forth += size

    def count_back(size: int) -> None:
        traffic.back += size

    ways = (
        asyncio.create_task(_carry(first, second, count_forth)),
        asyncio.create_task(_carry(second, first, count_back)),
    )
    stopped_writing: Error | None = None
    try:
        for done in asyncio.as_completed(ways):
            try:
                await done
            except Error as error:
                if error.stage != "write" or isinstance(error, ClosedError):
                    raise
                stopped_writing = stopped_writing or error
    except Exception:
        await first.abort()
        await second.abort()
        raise
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
    if stopped_writing is not None:
        raise stopped_writing
    return traffic


async def _carry(source: Stream, target: Stream, count: Callable[[int], None]) -> None:
    """Carry one way until the end, and pass that on."""
    spliced = False
    if CAN_SPLICE and isinstance(source, SocketStream) and isinstance(target, SocketStream):
        while not source.hand_over():
            await _send(target, await source.receive(timeout=None), count)
        await target.send(b"", timeout=None)  # what an earlier send has left
        spliced = source.ended or await _splice(source, target, count)
        if not spliced:
            source.take_back()
    if not spliced:
        while data := await source.receive(MAX_BYTES, timeout=None):
            await _send(target, data, count)
    await target.close_sending(timeout=None)


async def _send(target: Stream, data: bytes, count: Callable[[int], None]) -> None:
    await target.send(data, timeout=None)
    count(len(data))


async def _splice(source: SocketStream, target: SocketStream, count: Callable[[int], None]) -> bool:
    """Let the kernel carry to the end; return whether it could."""
    with (
        open_pipe(blocking=False) as (reader, writer),
        _Watched(source, "read") as incoming,
        _Watched(target, "write") as outgoing,
    ):
        while True:
            size = await incoming.move(incoming.twin, writer, SPLICE_BYTES)
            if size is None:
                return False
            if not size:
                source.end()
                return True
            left = size
            while left:
                moved = await outgoing.move(reader, outgoing.twin, left)
                if moved is None:
                    await _send(target, os.read(reader, left), count)
                    return False
                left -= moved
                count(moved)


class _Watched:
    """One end of a direction: its socket by another number, which the loop lets us watch.

    Attributes:
        twin: that number.
    """

    def __init__(self, stream: SocketStream, stage: str) -> None:
        stream.check_open(stage)
        self.twin = os.dup(stream.fileno())
        self._stream = stream
        self._stage = stage

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.twin)

    async def move(self, source: int, target: int, size: int) -> int | None:
        """Splice once, waiting for this end; None if the system cannot do it at all."""
        while True:
            self._stream.check_open(self._stage)
            try:
                return os.splice(source, target, size)
            except BlockingIOError:
                await self._stream.ready(self.twin, self._stage)
            except OSError as error:
                if error.errno in NOT_BY_SPLICE:
                    return None
                raise stream_failed(error, self._stream.remote, self._stage) from error
