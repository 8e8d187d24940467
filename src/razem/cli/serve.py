"""``razem serve NAME [ADDRESS]``: offer a small service."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.serve.services import SERVICES

if TYPE_CHECKING:
    import argparse

    from razem.serve.services import Service

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem serve upper                      for this machine only
  razem serve upper tcp://:9090          for the whole network
  razem serve upper tcp://localhost:0    on any free port, which it prints
  razem serve upper unix:///tmp/upper    on a UNIX socket
  razem serve echo tcp://:7000 unix:@e   on several addresses at once

Talk to it with `razem connect ADDRESS`, or with nc. Ctrl-C ends it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    width = max(map(len, SERVICES))
    table = "\n".join(f"  {name:<{width}}  {service.summary}" for name, service in SERVICES.items())
    parser.description = f"Offer a small service:\n\n{table}"
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "name", metavar="NAME", choices=list(SERVICES), help="one of the services above"
    )
    parser.add_argument(
        "addresses",
        metavar="ADDRESS",
        nargs="*",
        help="where to listen: tcp://HOST:PORT or unix:///PATH (by default tcp://localhost:9090)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM (exit code 0) or Ctrl-C."""
    from razem.sockets.aio.running import run as run_loop

    service = SERVICES[args.name]
    return run_loop(_serve(args.name, service, args.addresses or [service.address]))


async def _serve(name: str, service: Service, addresses: list[str]) -> int:
    """Listen, say where, and serve until a signal comes."""
    import asyncio
    import signal

    from razem import aio

    ended_by: list[Exit] = []
    stopped = asyncio.Event()

    def stop(code: Exit) -> None:
        ended_by.append(code)
        stopped.set()

    async with AsyncExitStack() as stack:
        listeners = [
            await stack.enter_async_context(await aio.listen(address)) for address in addresses
        ]
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # on Windows: there Ctrl-C cancels this task
            loop.add_signal_handler(signal.SIGTERM, stop, Exit.DONE)
            loop.add_signal_handler(signal.SIGINT, stop, Exit.INTERRUPTED)
        serving = [asyncio.create_task(each.serve(service.handler)) for each in listeners]
        for listener in listeners:
            print(f"{name} on {listener.local}", flush=True)
        await stopped.wait()
        for listener in listeners:
            await listener.close()
        await asyncio.wait(serving)
    return ended_by[0]
