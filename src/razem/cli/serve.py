"""``razem serve NAME [ADDRESS…]``: offer small services, functions and programs."""

from __future__ import annotations

import re
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from razem.cli.arguments import add_tls, count, listening_tls
from razem.cli.via import add_via, met
from razem.serve.services import SERVICES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from razem.serve.datagrams import Responder
    from razem.serve.running import Served
    from razem.serve.user_code import UserCode

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem serve upper                      for this machine only
  razem serve upper tcp://:9090          for the whole network
  razem serve upper tcp://localhost:0    on any free port, which it prints
  razem serve upper unix:///tmp/upper    on a UNIX socket
  razem serve echo tcp://:7000 udp://:7000 unix:@e    on several addresses at once
  razem serve daytime udp://:1300 --amplify           datagrams, answered in any case
  razem serve echo tcp://:7 time tcp://:37            several services at once
  razem serve app.py:handler tcp://:9090 --reload     a function of your own
  razem serve exec:'sort -n' tcp://:9090              a program for each connection
  razem serve upper tls://:9443          encrypted; prints its fingerprint

Talk to it with `razem connect ADDRESS`, or with nc. Ctrl-C ends it.

A function gets a stream of razem.aio if it is async, else one of razem in a
thread of its own; of datagrams it gets the bytes and the sender, and returns
the answer or None. A datagram is not answered when it comes from the port of
another small service, or when the answer is longer: see --amplify.
"""

_DEFAULT: Final = "tcp://localhost:9090"
_FUNCTION: Final = re.compile(r"(?!\w+://).+\.py:\w+")
_LOOK_INTERVAL: Final = 0.2  # seconds between two looks at whether code has changed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    width = max(map(len, SERVICES))
    table = "\n".join(f"  {name:<{width}}  {service.summary}" for name, service in SERVICES.items())
    parser.description = f"Offer a small service:\n\n{table}"
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "words",
        metavar="NAME [ADDRESS...]",
        nargs="+",
        help="one of the services above, FILE.py:FUNCTION or exec:COMMAND, and where it listens:"
        f" tcp, tls, udp and unix addresses (by default {_DEFAULT}); and so on",
    )
    parser.set_defaults(completions=tuple(SERVICES))  # for razem completion
    parser.add_argument(
        "--reload", action="store_true", help="load a function again when its file changes"
    )
    parser.add_argument(
        "--amplify",
        action="store_true",
        help="answer datagrams also with more than came; do so on networks that you trust only",
    )
    parser.add_argument(
        "--limit",
        type=count,
        default=10_000,
        metavar="CLIENTS",
        help="at once, for each address (by default 10000; 1000 for plain functions)",
    )
    add_tls(parser)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM (exit code 0) or Ctrl-C."""
    from razem.sockets.aio.running import run as run_loop

    with met(args, *args.words):
        return run_loop(_serve(args, _services(args.words)))


def _services(words: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Sort the words: each service with its addresses.

    Raises:
        ConfigError: the first word is no service.
    """
    services: list[tuple[str, list[str]]] = []
    for word in words:
        if word in SERVICES or word.startswith("exec:") or _FUNCTION.fullmatch(word):
            services.append((word, []))
        elif services and ":" in word:
            services[-1][1].append(word)
        else:
            from difflib import get_close_matches

            from razem.errors import ConfigError

            close = get_close_matches(word, SERVICES, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There is {', '.join(SERVICES)}."
            raise ConfigError(f"there is no service {word!r}.", advice=hint)
    return services


async def _serve(args: argparse.Namespace, services: list[tuple[str, list[str]]]) -> int:
    """Listen, say where, and serve until a signal comes."""
    import asyncio

    from razem.cli.stopping import Stop
    from razem.serve.datagrams import Responder
    from razem.serve.running import open_service
    from razem.serve.user_code import UserCode

    responder = Responder(amplify=args.amplify)
    tls = listening_tls(args, [address for _, addresses in services for address in addresses])
    codes: list[UserCode] = []
    served: list[tuple[str, Served]] = []
    async with AsyncExitStack() as stack:
        for name, addresses in services:
            code = UserCode(name) if _FUNCTION.fullmatch(name) else None
            if code is not None:
                codes.append(code)
            for address in addresses or [_DEFAULT]:
                one = await open_service(
                    name, address, responder=responder, code=code, tls=tls, limit=args.limit
                )
                stack.push_async_callback(one.close)
                served.append((name, one))
        with Stop() as stop:
            serving = [asyncio.create_task(one.run()) for _, one in served]
            for name, one in served:
                print(f"{name} on {one.local}", flush=True)
            if args.reload and codes:
                watching = asyncio.create_task(_watch(codes))
                stack.callback(watching.cancel)
            ended = await stop.wait()
            for _, one in served:
                await one.close()
            await asyncio.wait(serving)
    _tell_silence(responder)
    return ended


async def _watch(codes: list[UserCode]) -> None:
    """Load code again when it has changed."""
    import asyncio

    from razem.errors import Error

    while True:
        await asyncio.sleep(_LOOK_INTERVAL)
        for code in codes:
            try:
                if await asyncio.to_thread(code.reload):
                    print("loaded again", file=sys.stderr, flush=True)
            except Error as error:
                print(f"razem serve: {error}", file=sys.stderr, flush=True)


def _tell_silence(responder: Responder) -> None:
    if responder.silent:
        print(
            f"{responder.silent} datagrams were not answered, since the answer is longer than"
            " they are; --amplify allows it",
            file=sys.stderr,
        )
