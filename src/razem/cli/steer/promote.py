"""``razem hub promote NICK [#CHANNEL]``: make somebody an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub, tell

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub promote ana               ana becomes a server operator; who has an account stays one
  razem hub promote ana '#lobby'      an operator of that channel
  razem hub promote ana --undo        is one no more

A server operator may KILL, and set bans, of the whole hub. [operators.NAME] in the configuration
lets somebody become one by OPER.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Make somebody an operator of a running hub, or of a channel there."
    parser.epilog = _EXAMPLES
    parser.add_argument("nick", metavar="NICK", help="who: a nick, or the name of an account")
    parser.add_argument(
        "channel", metavar="#CHANNEL", nargs="?", default="", help="where (by default everywhere)"
    )
    parser.add_argument("--undo", action="store_true", help="take it away")
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and tell so."""
    from razem.cli.steer.shared import channel_name
    from razem.hub.control.requests import Promote

    channel = channel_name(args.channel)
    facts = ask_hub(args, Promote(nick=args.nick, channel=channel, operator=not args.undo))
    what = f"an operator of {channel}" if channel else "a server operator"
    tell(args, facts, f"{args.nick} is {what}{' no more' if args.undo else ' now'}")
    return Exit.DONE
