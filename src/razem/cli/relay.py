"""``razem relay A B``: carry between any two addresses."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from razem.cli.arguments import (
    add_lasting,
    add_tls,
    count,
    lasting_of,
    listening_tls,
    rate,
    seconds,
    tls_of,
)
from razem.cli.exits import Exit
from razem.cli.via import add_via, met

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from razem.serve.relays import Carried

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem relay listen:tcp://:8080 tcp://localhost:80      a port in the place of another
  razem relay listen:tls://:9443 tcp://localhost:9090    take TLS off
  razem relay listen:unix:///tmp/web tls://example.org:443      put TLS on
  razem relay listen:tcp://:7000 listen:tcp://:7001      join those who come in pairs
  razem relay listen:tcp://:2222 exec:'tr a-z A-Z'       a program for each
  razem relay listen:udp://:5353 udp://localhost:53      datagrams
  razem relay listen:udp://:5353 tcp://localhost:9053    each datagram a record
  razem relay listen:tcp://:8080 lasting:tcp://far:7000       through cut networks; and there:
  razem relay listen:lasting:tcp://:7000 tcp://localhost:80
  razem relay listen:code: tcp://localhost:22     reach a port here by a code phrase; and there:
  razem relay listen:tcp://localhost:2222 code:7-guitar-ocean
  razem relay --tee talk.jsonl --rate 100k listen:tcp://:8080 tcp://localhost:80

Each side is an address that is connected to, or one that is listened on: listen:ADDRESS. If one
listens, each connection to it gets one to the other, until Ctrl-C. A line on standard error tells
of each connection that has ended: bytes from A to B, bytes back, seconds.

Streams of a side that is marked lasting: survive cut networks (with --lasting and no mark, those
of both sides); the other end of them must say so, too.
"""

_TIMEOUT: Final = 30.0
_IDLE: Final = 60.0
_CLIENTS: Final = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Carry between any two addresses, to the end of both directions."
    parser.epilog = _EXAMPLES
    parser.add_argument("first", metavar="A", help="an address, or listen:ADDRESS")
    parser.add_argument("second", metavar="B", help="likewise")
    parser.add_argument("--tee", metavar="FILE", help="write all that passes to FILE, with times")
    parser.add_argument(
        "--rate",
        type=rate,
        metavar="BYTES",
        help="a second at the most, in each direction of each connection: 500k, 2M",
    )
    parser.add_argument(
        "--limit",
        type=count,
        default=_CLIENTS,
        metavar="CLIENTS",
        help=f"at once (by default {_CLIENTS}); others wait",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=_TIMEOUT,
        metavar="SECONDS",
        help=f"for connecting (by default {_TIMEOUT:.0f})",
    )
    parser.add_argument(
        "--idle",
        type=seconds,
        default=_IDLE,
        metavar="SECONDS",
        help=f"of silence, after which who sends datagrams is forgotten (by default {_IDLE:.0f})",
    )
    add_lasting(parser)
    add_tls(parser)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Carry until both ends have ended, or a signal comes."""
    from razem.sockets.aio.running import run as run_loop

    with met(args, args.first, args.second):
        return run_loop(_relay(args))


async def _relay(args: argparse.Namespace) -> int:
    import asyncio

    from razem.cli.stopping import Stop
    from razem.serve.relays import Place, Relay

    places = Place.parse(args.first), Place.parse(args.second)
    if args.lasting and not any(place.lasting for place in places):
        places = places[0]._replace(lasting=True), places[1]._replace(lasting=True)
    with ExitStack() as stack, Stop() as stop:
        relay = Relay(
            *places,
            listening_tls=listening_tls(
                args, [str(each.address) for each in places if each.listens]
            ),
            connecting_tls=tls_of(args),
            timeout=args.timeout,
            rate=args.rate,
            tap=_tee(args.tee, stack) if args.tee else None,
            done=_tell,
            limit=args.limit,
            idle=args.idle,
            lasting=lasting_of(args),
        )
        for address in await relay.open():
            print(f"listening on {address}", file=sys.stderr, flush=True)
        running = asyncio.create_task(relay.run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await relay.close()
            running.cancel()
            await asyncio.wait((running,))
        if stopping.done():
            return stopping.result()
        stopping.cancel()
        running.result()  # or its error
    return Exit.DONE


def _tee(file: str, stack: ExitStack) -> Callable[[bytes, bool], None]:
    """Write what passes; from A to B is "us"."""
    from pathlib import Path

    from razem.serve.recording import Recorder

    recorder = stack.enter_context(Recorder(Path(file)))
    recorder.begin(None)
    return lambda data, forth: recorder.passed(data, ours=forth)


def _tell(carried: Carried) -> None:
    """Print what became of a connection."""
    from razem.cli.status import amount

    if not sys.stderr:
        return
    forth, back = amount(carried.forth), amount(carried.back)
    line = f"{carried.first} - {carried.second}: {forth} forth, {back} back"
    error = f", {carried.error.message}" if carried.error is not None else ""
    print(f"{line}, {carried.seconds:.1f} s{error}", file=sys.stderr, flush=True)
