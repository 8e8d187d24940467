"""The command `razem`: the roof of the house.

One module a command, imported only when that command is called, so that help and complaints
come at once. A command module offers::

    def add_arguments(parser: argparse.ArgumentParser) -> None: ...  # and description, epilog
    def run(args: argparse.Namespace) -> int: ...  # returns the exit code

and imports at its top no more than it needs to declare its arguments. A `razem.Error` that
leaves `run` is printed as one message, and becomes the exit code of its cause (cli/exits.py).
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from razem import __version__
from razem.cli.exits import Exit, exit_code
from razem.errors import Error

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "main"]


class Command(NamedTuple):
    """What `razem --help` tells of a command without importing it."""

    group: str
    summary: str
    module: str


COMMANDS: Final = {
    "hub": Command("Talk", "start a hub: a chat server of your own", "razem.cli.hub"),
    "chat": Command("Talk", "join a hub and talk", "razem.cli.chat"),
    "serve": Command("Serve", "offer a small service, such as upper", "razem.cli.serve"),
    "listen": Command(
        "Serve", "wait for a client on standard input and output", "razem.cli.listen"
    ),
    "connect": Command("Serve", "join standard input and output to a socket", "razem.cli.connect"),
}

_EXAMPLES: Final = """\
examples:
  razem hub                              start a chat server on this machine
  razem chat localhost '#lobby'          talk there
  razem serve upper                      a service on tcp://localhost:9090 ...
  razem connect tcp://localhost:9090     ... and a client of it

`razem COMMAND --help` shows the options and examples of a command.
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser with our exit codes, and a way out instead of a usage dump."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}", file=sys.stderr)
        print(f"Try: {self.prog} --help", file=sys.stderr)
        raise SystemExit(Exit.USAGE)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions and examples, and wraps those that are too long."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from textwrap import fill

        lines = (line if len(line) <= width else fill(line, width) for line in text.splitlines())
        return "\n".join(f"{indent}{line}" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: the words after ``razem``; by default those of this process.
    """
    _keep_standard_descriptors()
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else list(arguments))
        finally:
            if sys.stdout:
                sys.stdout.flush()  # here, where a reader that has gone away is still caught
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Nobody reads our output any more, as in `razem … | head`. Python would complain when it
        # flushes at exit: give it somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return Exit.NO_READER
    except Error as error:
        print(f"razem: {error}", file=sys.stderr)
        return exit_code(error)
    except OSError as error:  # a file named by the user, mostly
        where = f"{error.filename}: " if error.filename else ""
        print(f"razem: {where}{error.strerror or error}", file=sys.stderr)
        return Exit.FAILED


def _keep_standard_descriptors() -> None:
    """Fill the places of standard streams that were closed, lest a socket gets their numbers."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number


def _run(words: list[str]) -> int:
    """Find the command, parse its arguments, run it."""
    if not words:
        print(_parser().format_help(), end="", file=sys.stderr)
        return Exit.USAGE
    name = words[0]
    if name.startswith("-"):
        parser = _parser()
        parser.parse_args(words[:1])  # --help and --version end here, anything else too
        parser.error(f"no command after {name}")
    if name not in COMMANDS:
        _parser().error(f"there is no command {name!r}{_did_you_mean(name)}")
    module = import_module(COMMANDS[name].module)
    parser = _Parser(
        prog=f"razem {name}",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(words[1:])))


def _parser() -> _Parser:
    """The parser of what stands before any command."""
    parser = _Parser(
        prog="razem",
        usage="razem COMMAND [ARGUMENTS]",
        description=f"Everything a socket can do.\n\n{_command_list()}",
        epilog=_EXAMPLES,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"razem {__version__}")
    return parser


def _command_list() -> str:
    """The commands under the headings of their groups."""
    lines: list[str] = []
    for group in dict.fromkeys(command.group for command in COMMANDS.values()):
        lines.append(f"{group}:")
        lines += [
            f"  {name:<10} {command.summary}"
            for name, command in COMMANDS.items()
            if command.group == group
        ]
    return "\n".join(lines)


def _did_you_mean(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
