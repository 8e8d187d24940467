"""``razem hub kick NICK [REASON]``: send a user away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub, tell

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub kick bo                       disconnect bo, with all sessions
  razem hub kick bo 'Come back sober.'    and tell why

Who was sent away may come again: `razem hub ban` keeps them out.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Disconnect a user of a running hub."
    parser.epilog = _EXAMPLES
    parser.add_argument("nick", metavar="NICK", help="who")
    parser.add_argument(
        "reason", metavar="REASON", nargs="*", default=[], help="what they are told"
    )
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and tell so."""
    from razem.hub.control.requests import Kick

    facts = ask_hub(args, Kick(nick=args.nick, reason=" ".join(args.reason)))
    tell(args, facts, f"sent away: {', '.join(facts['gone'])}")
    return Exit.DONE
