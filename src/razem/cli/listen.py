"""``razem listen ADDRESS``: wait for a client, and join standard input and output to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from razem.cli.arguments import seconds
from razem.cli.exits import Exit

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem listen tcp://:9090                 talk by hand to whoever comes
  razem listen tcp://:9090 < file          hand a file to the first who comes
  razem listen unix:///tmp/in > received   take what comes

It waits for one client. Both directions flow at once; the end of the input
(Ctrl-D) is passed on as a half close, and the command waits for the client to
end. At a terminal it leaves as soon as the client has ended.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Wait for a client, and join standard input and output to it."
    parser.epilog = _EXAMPLES
    parser.add_argument("address", metavar="ADDRESS", help="tcp://HOST:PORT or unix:///PATH")
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="wait no longer for a client"
    )


def run(args: argparse.Namespace) -> int:
    """Listen, say where, take one client, and carry bytes both ways until both have ended."""
    import razem
    from razem.cli.carrying import carry

    with razem.listen(args.address) as listener:
        print(f"listening on {listener.local}", file=sys.stderr, flush=True)
        stream = listener.accept(timeout=args.timeout)
    with stream:
        carry(stream)
    return Exit.DONE
