"""``razem hub backup FILE``: copy what a running hub keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub, tell

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub backup chat.backup                    of the hub with the user's own data
  razem hub backup /backup/$(date +%F).backup     one a day, from cron

The hub goes on meanwhile. The copy is verified, and is there under its name only when it is
whole; the identity of the hub stands beside it, as FILE.identity. Keep both where only you can
read them, and the configuration, if there is one. `razem hub restore FILE` puts them back.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = (
        "Copy what a running hub keeps into a file: messages, channels, accounts, bans."
    )
    parser.epilog = _EXAMPLES
    parser.add_argument("file", metavar="FILE", help="to write; an older backup is replaced")
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and tell what was copied."""
    from pathlib import Path

    from razem.hub.control.requests import Backup

    facts = ask_hub(args, Backup(file=str(Path(args.file).absolute())))
    beside = f", and the identity as {facts['identity']}" if facts["identity"] else ""
    tell(
        args,
        facts,
        f"{facts['file']}: {facts['bytes']} bytes, up to entry {facts['entries']}{beside}",
    )
    return Exit.DONE
