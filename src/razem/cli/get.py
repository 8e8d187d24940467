"""``razem get ADDRESS[/PATH] [DEST]``: copy files and trees from a share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.arguments import add_tls, tls_of
from razem.cli.copying import Face, add_copying, add_receiving
from razem.cli.via import add_via, met

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "add_where", "fetch", "run"]

_EXAMPLES: Final = """\
examples:
  razem get 'razem://192.168.0.7:6698/?key=…&cert=…'    everything of a share, by its link
  razem get tcp://localhost:6698/music/album            a folder of it
  razem get 'tcp://localhost:6698/music/*.ogg' ~/music  what a pattern matches
  razem get tcp://localhost:6698/a.txt b.txt            a file, under another name

DEST is a folder, made where it is missing; of a single file it may be its new
name. Called again it copies only what has changed, and of large files only what
differs; what was interrupted goes on. A file has its name only when it is whole,
verified and on the disk.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Copy files and trees from a share, verified; again, only what differs."
    parser.epilog = _EXAMPLES
    add_where(parser)
    parser.add_argument(
        "--compare",
        action="store_true",
        help="compare what is there by its content, not by size and time",
    )
    add_receiving(parser)
    add_copying(parser)
    add_tls(parser)
    add_via(parser)


def add_where(parser: argparse.ArgumentParser) -> None:
    """Declare from where to where."""
    parser.add_argument(
        "address", metavar="ADDRESS[/PATH]", help="the link of a share, or tcp://HOST:PORT/PATH"
    )
    parser.add_argument(
        "dest", metavar="DEST", nargs="?", default=".", help="where to (by default here)"
    )
    parser.add_argument("--key", default="", help="what lets one in, where the address lacks it")


def run(args: argparse.Namespace) -> int:
    """Copy, and tell how it ended."""
    return fetch(args, "getting", always_compare=args.compare)


def fetch(args: argparse.Namespace, verb: str, *, always_compare: bool) -> int:
    """Copy from a share, and tell how it ended."""
    from razem.files.client import get

    face = Face(args, verb)
    with met(args, args.address), face.shown():
        summary = get(
            args.address,
            args.dest,
            key=args.key,
            tls=tls_of(args),
            existing=getattr(args, "existing", "update"),
            dry_run=getattr(args, "dry_run", False),
            always_compare=always_compare,
            progress=face.watcher(),
            rate=args.limit,
        )
    return face.end(summary)
