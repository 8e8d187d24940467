"""``razem hub motd [TEXT|FILE|-]``: the message of the day of a running hub."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub motd                            show it
  razem hub motd 'Down on Friday at noon.'  set it; it stays over restarts
  razem hub motd welcome.txt                from a file that is there
  cowsay moo | razem hub motd -             from standard input
  razem hub motd --clear                    back to that of the configuration
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Show or set the message of the day of a running hub."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "text",
        metavar="TEXT",
        nargs="?",
        help="what to set: the text, a file that is there, or - for standard input",
    )
    parser.add_argument(
        "--clear", action="store_true", help="set nothing: that of the configuration holds"
    )
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Set it if a text is given, and print it as it is."""
    from razem.hub.control.requests import Motd

    text = "" if args.clear else _read(args.text)
    facts = ask_hub(args, Motd(text=text))
    if args.json:
        import json

        print(json.dumps(facts))
    else:
        print("\n".join(facts["motd"]) or "there is none")
    return Exit.DONE


def _read(given: str | None) -> str | None:
    """Return the text that is meant; None: none was given."""
    import os.path
    from pathlib import Path

    if given == "-":
        return sys.stdin.read()
    if given and os.path.isfile(given):  # noqa: PTH113 # false for whatever can be no path
        return Path(given).read_text("utf-8", errors="replace")
    return given
