"""``razem hub ban WHOM``: keep somebody out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub, duration, print_table, tell

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub ban 192.0.2.7 --reason 'Enough.'      who comes from that address
  razem hub ban 2001:db8::/32 --expires 2d        from that network, for two days
  razem hub ban account:bo                        who is logged in to that account
  razem hub ban 'bo!*@*'                          who is called that; * and ? are anything
  razem hub ban --list                            who is kept out

Who is here and meant by it is sent away. `razem hub unban WHOM` ends it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Keep somebody out of a running hub."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "whom",
        metavar="WHOM",
        nargs="?",
        help="an address, a network, account:NAME, or a mask: nick!user@host",
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="what they are told")
    parser.add_argument(
        "--expires",
        type=duration,
        default=0.0,
        metavar="TIME",
        help="for how long: 30m, 12h, 2d (by default for ever)",
    )
    parser.add_argument("--list", action="store_true", help="tell who is kept out, instead")
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and tell who had to go."""
    from razem.hub.control.requests import Ban

    if args.list:
        return _list(args)
    if not args.whom:
        from razem.errors import ConfigError

        raise ConfigError("whom?", advice="Name them, as in `razem hub ban 192.0.2.7`, or --list.")
    request = Ban(whom=args.whom, seconds=args.expires, reason=args.reason)
    facts = ask_hub(args, request)
    until = f" until {facts['expires']}" if facts["expires"] else ""
    gone = f"; sent away: {', '.join(facts['gone'])}" if facts["gone"] else ""
    tell(args, facts, f"banned {facts['whom']}{until}{gone}")
    return Exit.DONE


def _list(args: argparse.Namespace) -> int:
    from razem.hub.control.requests import Bans

    bans = ask_hub(args, Bans())["bans"]
    if args.json:
        import json

        for ban in bans:
            print(json.dumps(ban))
    elif not bans:
        print("nobody is kept out")
    else:
        heads = ("WHOM", "SINCE", "EXPIRES", "BY", "REASON")
        print_table(heads, [_row(ban) for ban in bans])
    return Exit.DONE


def _row(ban: dict[str, Any]) -> tuple[str, ...]:
    return ban["whom"], ban["since"], ban["expires"] or "never", ban["by"], ban["reason"]
