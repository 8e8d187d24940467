"""``razem listen --broker``: many clients that hear each other, and standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from razem import aio
from razem.cli.arguments import listening_tls
from razem.cli.carrying import mode_of
from razem.cli.stopping import Stop
from razem.serve.broker import Broker, SlowReader
from razem.serve.carrying import Descriptors
from razem.serve.framing import Framer, Mode
from razem.sockets.aio.running import run as run_loop

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from razem.serve.access import AccessList
    from razem.sockets.aio.stream import Stream

__all__ = ["run_broker"]


def run_broker(args: argparse.Namespace, access: AccessList) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    return run_loop(_serve(args, access))


async def _serve(args: argparse.Namespace, access: AccessList) -> int:
    output = Descriptors()
    mode = mode_of(args)
    end = b"\n" if mode is Mode.LINES else b""  # of what is handed on; records have none

    async def heard(piece: bytes) -> None:
        shown = piece + b"\n" if mode is Mode.RECORDS else piece
        await asyncio.to_thread(output.write, shown)

    broker = Broker(mode=mode, slow=SlowReader(args.slow), heard=heard)

    async def serve(stream: Stream) -> None:
        if access.permits(stream.remote):
            await broker.handler(stream)
        else:
            print(f"not let in: {stream.remote}", file=sys.stderr, flush=True)

    tls = listening_tls(args, [args.address])
    async with await aio.listen(args.address, tls=tls) as listener:
        with Stop() as stop:
            print(f"listening on {listener.local}", file=sys.stderr, flush=True)
            serving = asyncio.create_task(listener.serve(serve, limit=args.limit))
            reader, stopper = os.pipe()
            loop = asyncio.get_running_loop()

            def publish(piece: bytes) -> None:
                """Tell all, from the thread that reads, which waits where the broker waits."""
                data = piece.removesuffix(b"\n") + end if mode is not Mode.BYTES else piece
                asyncio.run_coroutine_threadsafe(broker.publish(data), loop).result()

            # Of records, each is a line until the broker frames it.
            framer = Framer(Mode.LINES if mode is Mode.RECORDS else mode, crlf=args.crlf)
            source = Thread(target=_read, args=(output, reader, framer, publish), daemon=True)
            source.start()
            code = await stop.wait()
            await listener.close()
            await serving
            os.close(stopper)
            await asyncio.to_thread(source.join, 1.0)
    if broker.dropped or broker.disconnected:
        print(
            f"slow readers: {broker.disconnected} disconnected, {broker.dropped} pieces dropped",
            file=sys.stderr,
        )
    return code


def _read(
    source: Descriptors,
    stop: int,
    framer: Framer,
    publish: Callable[[bytes], None],
) -> None:
    """Hand on what is typed."""
    with suppress(OSError, RuntimeError, asyncio.CancelledError):
        while data := source.read(stop):
            for piece in framer.feed(data):
                publish(piece)
        for piece in framer.end():
            publish(piece)
