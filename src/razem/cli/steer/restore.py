"""``razem hub restore FILE``: make the data of a hub from a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, configured, tell

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub restore chat.backup                    into the user's own data
  razem hub restore chat.backup --data /srv/chat   into another directory, or another machine's

The hub must not run. What was there is kept beside it, as ….before-restore. FILE.identity, if it
is there, becomes the identity of the hub, so that links and pinned fingerprints stay good.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Put back what `razem hub backup` copied; the hub must not run."
    parser.epilog = _EXAMPLES
    parser.add_argument("file", metavar="FILE", help="the backup")
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and tell what was put where."""
    from pathlib import Path

    from razem.hub.data import restore

    directory = Path(configured(args).data_directory).absolute()
    report, identity = restore(Path(args.file), directory)
    facts = {
        "data": str(directory),
        "bytes": report.size,
        "entries": report.last,
        "identity": str(identity) if identity is not None else None,
    }
    beside = "with its identity" if identity else "without an identity: a new one will be made"
    tell(args, facts, f"{args.file} is in {directory} now, up to entry {report.last}, {beside}")
    return Exit.DONE
