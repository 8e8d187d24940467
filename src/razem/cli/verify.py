"""``razem verify ADDRESS[/PATH] [DEST]``: compare a tree with its source, and mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.arguments import add_tls
from razem.cli.copying import add_copying
from razem.cli.get import add_where, fetch
from razem.cli.via import add_via

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem verify tcp://localhost:6698/music ~/music       as it was got: razem get …
  razem verify 'razem://192.168.0.7:6698/?key=…&cert=…'

Every file that is there is read and compared by its digests; only pieces that are
wrong or missing are fetched again. Files that only the copy has are left alone.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Compare what was copied with its source, and fetch only what is wrong."
    parser.epilog = _EXAMPLES
    add_where(parser)
    add_copying(parser)
    add_tls(parser)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Compare, mend, and tell."""
    return fetch(args, "verifying", always_compare=True)
