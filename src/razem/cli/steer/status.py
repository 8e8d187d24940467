"""``razem hub status``: how a running hub is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub status                     of the hub with the user's own data
  razem hub status --data /srv/chat    of the one with the data there
  razem hub status --json              for programs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Tell how a running hub is: where it listens, who may come in, how many."
    parser.epilog = _EXAMPLES
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from razem.hub.control.requests import Status

    facts = ask_hub(args, Status())
    if args.json:
        import json

        print(json.dumps(facts))
        return Exit.DONE
    for name, value in facts.items():
        if value is not None:
            print(f"{name.replace('_', ' ').removesuffix(' seconds'):<12} {_shown(name, value)}")
    return Exit.DONE


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if name.endswith("_seconds"):
        minutes, seconds = divmod(int(value), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        return f"{days} d {hours:02}:{minutes:02}:{seconds:02}"
    return str(value)
