"""``razem hub password``: the hash of a password, for the configuration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from razem.cli.exits import Exit

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem hub password                    asks for it twice, and prints its hash
  pass show hub | razem hub password    from standard input: its first line

The hash (argon2id) goes into the configuration, from which nobody can read the password:

  [operators.ana]
  password = "$argon2id$..."

Then /oper ana PASSWORD makes one a server operator. It needs no running hub.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Print the hash of a password of an operator, for the configuration."
    parser.epilog = _EXAMPLES


def run(_args: argparse.Namespace) -> int:
    """Print it."""
    from razem.errors import ConfigError
    from razem.hub.passwords import make_secret

    password = _read()
    secret = make_secret(password) if password else None
    if secret is None:
        raise ConfigError(
            "that cannot be a password: it is empty, or has characters that no client can send."
        )
    print(secret.argon2)
    return Exit.DONE


def _read() -> str:
    """Return what was typed, or the first line of standard input."""
    from getpass import getpass

    from razem.errors import ConfigError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("password: ")
    if getpass("again: ") != password:
        raise ConfigError("these were two different ones: nothing is printed.")
    return password
