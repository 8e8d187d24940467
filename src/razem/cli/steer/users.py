"""``razem hub users``: who is at a running hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub, print_table

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub users                   who is here, from where, in which channels
  razem hub users --json            with all that is known of each, a line of JSON each
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Tell who is at a running hub."
    parser.epilog = _EXAMPLES
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Print a row for each; none when nobody is here."""
    from razem.hub.control.requests import Users

    users = ask_hub(args, Users())["users"]
    if args.json:
        import json

        for user in users:
            print(json.dumps(user))
    elif not users:
        print("nobody is here")
    else:
        heads = ("NICK", "ACCOUNT", "FROM", "BY", "SINCE", "CHANNELS")
        print_table(heads, [_row(user) for user in users])
    return Exit.DONE


def _row(user: dict[str, Any]) -> tuple[str, ...]:
    ways = dict.fromkeys(session["transport"] for session in user["sessions"])
    return (
        user["nick"],
        user["account"] or "-",
        f"{user['user']}@{user['host']}",
        ",".join(ways) or "-",
        user["since"].replace("T", " ").removesuffix("Z"),
        ",".join(user["channels"]),
    )
