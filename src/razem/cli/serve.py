"""``razem serve NAME [ADDRESS]``: offer a small service."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.serve.services import SERVICES

if TYPE_CHECKING:
    import argparse

    from razem.serve.services import Service

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem serve upper                        on tcp://localhost:9090, for this machine only
  razem serve upper tcp://:9090            on every interface, for the whole network
  razem serve upper tcp://localhost:0      on any free port, which it prints
  razem serve upper unix:///tmp/upper      on a UNIX socket; the file goes when it ends

Talk to it with `razem connect ADDRESS`, or with nc. Ctrl-C ends it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    names = "; ".join(f"{name} {service.summary}" for name, service in SERVICES.items())
    parser.description = f"Offer a small service: {names}."
    parser.epilog = _EXAMPLES
    parser.add_argument("name", metavar="NAME", choices=SERVICES, help=", ".join(SERVICES))
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        nargs="?",
        help="where to listen: tcp://HOST:PORT or unix:///PATH (by default the service's own)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM (exit code 0) or Ctrl-C."""
    from razem.sockets.aio.running import run as run_loop

    service = SERVICES[args.name]
    return run_loop(_serve(args.name, service, args.address or service.address))


async def _serve(name: str, service: Service, address: str) -> int:
    """Listen, say where, and serve until a signal comes."""
    import asyncio
    import signal

    from razem import aio

    ended_by: list[Exit] = []
    tasks = set()
    async with await aio.listen(address) as listener:

        def stop(code: Exit) -> None:
            ended_by.append(code)
            tasks.add(asyncio.ensure_future(listener.close()))

        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # on Windows: there Ctrl-C cancels this task
            loop.add_signal_handler(signal.SIGTERM, stop, Exit.DONE)
            loop.add_signal_handler(signal.SIGINT, stop, Exit.INTERRUPTED)
        print(f"{name} on {listener.local}", flush=True)
        await listener.serve(service.handler)
    return ended_by[0] if ended_by else Exit.DONE
