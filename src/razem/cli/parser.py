"""The parsers of the command line: one for what stands before a command, one for each command."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from razem import __version__
from razem.cli import exits
from razem.cli.colours import paint, paint_help, wants_colour

if TYPE_CHECKING:
    from types import ModuleType

    from _typeshed import SupportsWrite

__all__ = ["COMMANDS", "SUBCOMMANDS", "Parser", "UsageError", "complain", "load", "main_parser"]


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
    "relay": Command("Serve", "carry between any two addresses", "razem.cli.relay"),
    "share": Command("Files", "serve files, to browsers too", "razem.cli.share"),
    "get": Command("Files", "copy files from a share", "razem.cli.get"),
    "put": Command("Files", "copy files into a share", "razem.cli.put"),
    "send": Command("Files", "send files by a code phrase", "razem.cli.send"),
    "receive": Command("Files", "receive them", "razem.cli.receive"),
    "verify": Command("Files", "compare a copy with its source", "razem.cli.verify"),
    "ports": Command("Look", "what ports are for, and who listens here", "razem.cli.ports"),
    "completion": Command("Shell", "complete commands and options by Tab", "razem.cli.completion"),
}

# What stands after the name of a command to make it another one.
SUBCOMMANDS: Final = {
    "hub": {
        "status": Command("Steer", "how a running hub is", "razem.cli.steer.status"),
        "users": Command("Steer", "who is at it", "razem.cli.steer.users"),
        "invite": Command("Steer", "let people in from elsewhere", "razem.cli.steer.invite"),
        "kick": Command("Steer", "send somebody away", "razem.cli.steer.kick"),
        "ban": Command("Steer", "keep somebody out", "razem.cli.steer.ban"),
        "unban": Command("Steer", "let somebody in again", "razem.cli.steer.unban"),
        "promote": Command("Steer", "make somebody an operator", "razem.cli.steer.promote"),
        "motd": Command("Steer", "the message of the day", "razem.cli.steer.motd"),
        "reload": Command("Steer", "read the configuration again", "razem.cli.steer.reload"),
        "backup": Command("Steer", "copy what it keeps", "razem.cli.steer.backup"),
        "restore": Command("Steer", "put that back (it must not run)", "razem.cli.steer.restore"),
        "password": Command("Steer", "a hash for [operators]", "razem.cli.steer.password"),
    },
}

_EXAMPLES: Final = """\
examples:
  razem hub                              start a chat server on this machine
  razem chat localhost '#lobby'          talk there
  razem serve upper                      a service on tcp://localhost:9090 ...
  razem connect tcp://localhost:9090     ... and a client of it

`razem COMMAND --help` shows the options and examples of a command.
"""


class UsageError(Exception):
    """The command line is wrong.

    Attributes:
        command: that was called, such as "razem serve".
        message: what is wrong.
        advice: where help is.
    """

    def __init__(self, command: str, message: str) -> None:
        super().__init__(message)
        self.command = command
        self.message = message
        self.advice = f"Try: {command} --help"


class Parser(argparse.ArgumentParser):
    """An argument parser with our exit codes, and a way out instead of a usage dump."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog=prog, formatter_class=_Formatter, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Leave: who has called says what is wrong, and where help is.

        Raises:
            UsageError: in any case.
        """
        raise UsageError(self.prog, message)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help, in colours on a terminal."""
        stream = file or sys.stdout
        text = self.format_help()
        stream.write(paint_help(text) if wants_colour(stream) else text)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions and examples, and wraps those that are too long."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from textwrap import fill

        lines = (line if len(line) <= width else fill(line, width) for line in text.splitlines())
        return "\n".join(f"{indent}{line}" for line in lines)


def load(name: str) -> tuple[ModuleType, Parser]:
    """Import a command, and return its module and the parser of its arguments.

    `name` is that of a command, or those of a command and what stands after it: ``hub users``.
    """
    first, _, second = name.partition(" ")
    command = SUBCOMMANDS[first][second] if second else COMMANDS[first]
    module = import_module(command.module)
    parser = Parser(f"razem {name}")
    module.add_arguments(parser)
    if name in SUBCOMMANDS:
        parser.set_defaults(completions=tuple(SUBCOMMANDS[name]))
        parser.epilog = f"{_subcommand_list(name)}\n\n{parser.epilog or ''}"
    with suppress(argparse.ArgumentError):  # unless it has one, which then says more
        parser.add_argument(
            "--json", action="store_true", help="tell an error as JSON, with all that is known"
        )
    parser.epilog = f"{(parser.epilog or '').rstrip()}\n\n{exits.summary()}\n"
    return module, parser


def main_parser() -> Parser:
    """Make the parser of what stands before any command."""
    parser = Parser("razem")
    parser.usage = "razem COMMAND [ARGUMENTS]"
    parser.description = f"Everything a socket can do.\n\n{_command_list()}"
    parser.epilog = _EXAMPLES
    parser.add_argument("--version", action="version", version=f"razem {__version__}")
    return parser


def complain(who: str, message: str) -> None:
    """Print a line on standard error, with who says it in colour on a terminal."""
    if sys.stderr:
        shown = paint(who, "bad") if wants_colour(sys.stderr) else who
        print(f"{shown}{message}", file=sys.stderr)


def _subcommand_list(name: str) -> str:
    """What can stand after the name of a command."""
    lines = [f"commands of a running {name}, as in `razem {name} status`:"]
    lines += [f"  {each:<10} {command.summary}" for each, command in SUBCOMMANDS[name].items()]
    return "\n".join(lines)


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
