"""``razem listen --broker``: many clients that hear each other, and standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack, suppress
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from razem import aio
from razem.cli.arguments import is_datagrams, listening_tls
from razem.cli.carrying import mode_of
from razem.cli.exits import Exit
from razem.cli.stopping import Stop
from razem.errors import ConfigError, IdleError, TimedOutError
from razem.serve.broker import Broker, SlowReader
from razem.serve.carrying import Descriptors
from razem.serve.framing import Framer, Mode
from razem.serve.message_stream import MessageListener
from razem.sockets.address import Address
from razem.sockets.aio.running import run as run_loop

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from razem.cli.door import Door
    from razem.sockets.aio.stream import Stream

__all__ = ["run_broker"]


_IDLE: Final = 60.0  # seconds of silence, after which who sends datagrams is forgotten


def run_broker(args: argparse.Namespace, door: Door) -> int:
    """Serve until SIGTERM or Ctrl-C, or until it has been quiet for too long.

    Raises:
        ConfigError: an option is for the conversation with one client.
    """
    for option in ("exec", "replay", "record", "hex"):
        if getattr(args, option):
            raise ConfigError(
                f"--broker does not go with --{option}: that is for one client.",
                advice="See --keep, or razem relay --tee.",
            )
    return run_loop(_serve(args, door))


async def _run_out_of_patience(args: argparse.Namespace, broker: Broker) -> None:
    """Wait until nobody has come, or nothing has passed, for longer than the options allow.

    Raises:
        TimedOutError: nobody has come.
        IdleError: nothing has passed.
    """
    start = monotonic()
    while True:
        ends = []
        if args.timeout is not None and not broker.met:
            message = f"nobody connected to {args.address} in time."
            ends.append((start + args.timeout, TimedOutError(message, stage="accept")))
        if args.idle is not None:
            message = f"nothing passed for {args.idle:g} seconds."
            ends.append((broker.last + args.idle, IdleError(message, stage="read")))
        if not ends:
            await asyncio.Event().wait()
        end, error = min(ends, key=lambda each: each[0])
        if end <= monotonic():
            raise error
        await asyncio.sleep(end - monotonic())


async def _open(args: argparse.Namespace, door: Door) -> aio.Listener | MessageListener:
    """Listen as the options say."""
    address = Address(args.address)
    if is_datagrams(address.scheme):
        return await MessageListener.open(
            address, idle=args.idle or _IDLE, limit=args.limit, permits=door.permits
        )
    return await aio.listen(address, tls=listening_tls(args, [args.address]))


async def _serve(args: argparse.Namespace, door: Door) -> int:
    output = Descriptors()
    mode = mode_of(args)
    end = b"\n" if mode is Mode.LINES else b""  # of what is handed on; records have none

    failed: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()

    async def heard(piece: bytes) -> None:
        shown = piece + b"\n" if mode is Mode.RECORDS else piece
        try:
            await asyncio.to_thread(output.write, shown)
        except OSError as error:  # nobody reads our output any more, or the disk is full
            if not failed.done():
                failed.set_exception(error)

    broker = Broker(mode=mode, slow=SlowReader(args.slow), heard=heard)

    async def serve(stream: Stream) -> None:
        if door.permits(stream.remote):
            await broker.handler(stream)

    async with AsyncExitStack() as stack:
        listener = await _open(args, door)
        stack.push_async_callback(listener.close)
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
            waits: set[asyncio.Future[Any]] = {
                failed,
                asyncio.ensure_future(stop.wait()),
                asyncio.ensure_future(_run_out_of_patience(args, broker)),
            }
            done, left = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for each in left:
                each.cancel()
            await listener.close()
            await serving
            os.close(stopper)
            await asyncio.to_thread(source.join, 1.0)
    if broker.dropped or broker.disconnected:
        print(
            f"slow readers: {broker.disconnected} disconnected, {broker.dropped} pieces dropped",
            file=sys.stderr,
        )
    return done.pop().result() or Exit.DONE


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
