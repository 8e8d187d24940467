"""``razem hub unban WHOM``: let somebody in again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub, tell

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub unban 192.0.2.7         as it was banned; `razem hub ban --list` shows it
  razem hub unban account:bo
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Let somebody into a running hub again."
    parser.epilog = _EXAMPLES
    parser.add_argument("whom", metavar="WHOM", help="as it was banned")
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and tell so."""
    from razem.hub.control.requests import Unban

    facts = ask_hub(args, Unban(whom=args.whom))
    tell(args, facts, f"{facts['whom']} may come again")
    return Exit.DONE
