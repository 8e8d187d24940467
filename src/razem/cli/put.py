"""``razem put PATH… ADDRESS``: copy files and trees into a share that is writable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.arguments import add_tls, tls_of
from razem.cli.copying import Face, add_copying
from razem.cli.via import add_via, met

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem put report.pdf tcp://localhost:6698/inbox
  razem put photos/ notes/ 'razem://192.168.0.7:6698/?key=…&cert=…'

The share must have been started with --writable. Called again, only what has
changed is copied.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Copy files and trees into a share that is writable."
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", metavar="PATH", nargs="+", help="files and folders here")
    parser.add_argument("address", metavar="ADDRESS[/FOLDER]", help="of the share")
    parser.add_argument("--key", default="", help="what lets one in, where the address lacks it")
    add_copying(parser)
    add_tls(parser)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Copy, and tell how it ended."""
    from razem.files.client import put

    face = Face(args, "putting")
    with met(args, args.address), face.shown():
        summary = put(
            args.paths,
            args.address,
            key=args.key,
            tls=tls_of(args),
            progress=face.watcher(),
            rate=args.limit,
        )
    return face.end(summary)
