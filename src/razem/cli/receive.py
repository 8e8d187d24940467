"""``razem receive [CODE]``: receive what somebody sends by a code phrase."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from razem.cli.arguments import add_tls, tls_of
from razem.cli.copying import Face, add_copying, add_receiving, ask_whether
from razem.cli.via import add_via, met

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem receive 7-guitar-ocean           Tab completes the words; asks before it writes
  razem receive 7-guitar-ocean -o ~/in   into another folder
  razem receive --yes -o - 7-guitar-ocean | tar x      a pipe
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Receive what somebody sends by a code phrase (razem send)."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "code",
        metavar="CODE",
        nargs="?",
        help="that `razem send` has printed; else it is asked for",
    )
    parser.add_argument(
        "-o",
        "--output",
        default=".",
        metavar="DEST",
        help="where to (by default here); - for a pipe",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_receiving(parser)
    add_copying(parser)
    add_tls(parser)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Receive, and tell how it ended."""
    from razem.files.passing import receive

    address = _address(args.code or _ask())
    pipe = args.output == "-"
    face = Face(args, "receiving")
    with met(args, address), face.shown():
        summary = receive(
            address,
            sys.stdout.fileno() if pipe else args.output,
            tls=tls_of(args),
            existing=args.existing,
            dry_run=args.dry_run,
            accept=(lambda _: True) if args.yes else ask_whether,
            progress=face.watcher(),
            rate=args.limit,
        )
    return face.end(summary, digest=True)


def _address(text: str) -> str:
    """Take a code for its address."""
    return text if ":" in text else f"code:{text.strip()}"


def _ask() -> str:
    """Ask for the code, with Tab to complete its words."""
    from razem.errors import ConfigError

    if not sys.stdin.isatty():
        raise ConfigError("which code? Nobody can be asked.", advice="Write it after receive.")
    import readline

    from razem.meet.codes import complete

    def completer(text: str, state: int) -> str | None:
        found = list(complete(text))
        return found[state] if state < len(found) else None

    readline.set_completer(completer)
    readline.set_completer_delims(" ")
    readline.parse_and_bind("tab: complete")
    return input("code: ")
