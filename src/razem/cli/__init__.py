"""The command `razem`: the roof of the house.

One module a command, imported only when that command is called, so that help and complaints
come at once. A command module offers::

    def add_arguments(parser: argparse.ArgumentParser) -> None: ...  # and description, epilog
    def run(args: argparse.Namespace) -> int: ...  # returns the exit code

and imports at its top no more than it needs to declare its arguments. A `razem.Error` that
leaves `run` is printed as one message, and becomes the exit code of its cause (cli/exits.py);
with `--json` it is printed as a line of JSON.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from razem.cli.exits import Exit, exit_code
from razem.cli.parser import COMMANDS, SUBCOMMANDS, UsageError, complain, load, main_parser
from razem.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["COMMANDS", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: the words after ``razem``; by default those of this process.
    """
    _keep_standard_descriptors()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        try:
            return _run(words)
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
    except UsageError as error:
        _tell_usage(error, as_json="--json" in words)
        return Exit.USAGE
    except Error as error:
        _tell(error.facts(), str(error), exit_code(error), as_json="--json" in words)
        return exit_code(error)
    except OSError as error:  # a file named by the user, mostly
        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{error.strerror or error}"
        kind = type(error).__name__
        _tell(
            {"error": kind, "message": message, "errno": error.errno},
            message,
            Exit.FAILED,
            as_json="--json" in words,
        )
        return Exit.FAILED


def _tell_usage(error: UsageError, *, as_json: bool) -> None:
    """Print what is wrong with the command line."""
    facts = {"error": "UsageError", "message": error.message, "advice": error.advice}
    if as_json:
        _tell(facts, "", Exit.USAGE, as_json=True)
    else:
        complain(f"{error.command}: ", error.message)
        complain("", error.advice)


def _tell(facts: Mapping[str, object], message: str, code: Exit, *, as_json: bool) -> None:
    """Print an error on standard error: a line for people, or one of JSON for programs."""
    if as_json:
        import json

        print(json.dumps({**facts, "exit": code}), file=sys.stderr)
    else:
        complain("razem: ", message)


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
        if sys.stderr:
            main_parser().print_help(sys.stderr)
        return Exit.USAGE
    name = words[0]
    if name.startswith("-"):
        parser = main_parser()
        parser.parse_args(words[:1])  # --help and --version end here, anything else too
        parser.error(f"no command after {name}")
    if name not in COMMANDS:
        main_parser().error(f"there is no command {name!r}{_did_you_mean(name, COMMANDS)}")
    rest = words[1:]
    if name in SUBCOMMANDS and rest and not rest[0].startswith("-"):
        known, second = SUBCOMMANDS[name], rest.pop(0)
        if second not in known:
            near = _did_you_mean(second, known)
            main_parser().error(f"there is no command '{name} {second}'{near}")
        name = f"{name} {second}"
    module, parser = load(name)
    return int(module.run(parser.parse_args(rest)))


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
