"""``razem hub reload``: let a running hub read its configuration and certificate again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit
from razem.cli.steer.shared import add_where, ask_hub

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub reload                  after the configuration or the certificate was changed

It does what SIGHUP does, and tells what came of it. No connection is lost; with a mistake in the
configuration, everything stays as it is.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Let a running hub read its configuration and its certificate again."
    parser.epilog = _EXAMPLES
    add_where(parser)


def run(args: argparse.Namespace) -> int:
    """Tell which keys are others now, and which wait for a restart."""
    from razem.hub.control.requests import Reload

    facts = ask_hub(args, Reload())
    if args.json:
        import json

        print(json.dumps(facts))
        return Exit.DONE
    print(f"changed: {', '.join(facts['changed']) or 'nothing'}")
    if facts["waiting"]:
        print(f"at the next start: {', '.join(facts['waiting'])}")
    print(f"certificate: {facts['fingerprint']}")
    return Exit.DONE
