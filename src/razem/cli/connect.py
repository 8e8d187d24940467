"""``razem connect ADDRESS``: standard input and output joined to a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.arguments import seconds
from razem.cli.exits import Exit

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem connect tcp://localhost:9090       talk to a server by hand
  echo hello | razem connect tcp://:9090   send, and wait for the whole answer
  razem connect unix:///run/app.sock < request > reply
  printf 'HEAD / HTTP/1.0\\r\\n\\r\\n' | razem connect tls://example.org:https

Both directions flow at once. The end of the input (Ctrl-D) is passed on as a
half close, and the command waits for the answer to end. At a terminal it
leaves as soon as the other side has ended.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Join standard input and output to a socket."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        help="tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH or unix:@NAME",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="for connecting (by default 30)",
    )


def run(args: argparse.Namespace) -> int:
    """Connect, and carry bytes both ways until both have ended."""
    import razem
    from razem.cli.carrying import carry

    with razem.connect(args.address, timeout=args.timeout) as stream:
        carry(stream)
    return Exit.DONE
