"""Channel modes: which letters there are, and what a MODE command says (Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.changes.base import ModeChange

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "FLAGS",
    "PREFIXES",
    "USER_MODES",
    "ModeProblem",
    "ParsedModes",
    "parse_modes",
    "prefix",
    "valid_key",
    "written",
]

PREFIXES: Final = {"o": "@", "v": "+"}  # highest first
FLAGS: Final = "imnt"
USER_MODES: Final = "i"
_LISTS: Final = "b"  # asked for by clients; there are no entries yet
_KEY_BYTES: Final = 23  # RFC 2812 2.3.1


class ModeProblem(NamedTuple):
    """A part of a MODE command that says nothing: why, and the letter or parameter."""

    kind: str  # "unknown" letter, "missing" or "invalid" parameter
    letter: str
    argument: str = ""


class ParsedModes(NamedTuple):
    """A MODE command, read."""

    changes: tuple[ModeChange, ...]
    lists: str  # letters of lists to be shown
    problems: tuple[ModeProblem, ...]


def prefix(status: str, *, whole: bool = False) -> str:
    """Return the sign of the highest status among the letters in `status`, or "".

    `whole`: the signs of all of them, highest first (IRCv3 multi-prefix).
    """
    signs = [sign for letter, sign in PREFIXES.items() if letter in status] if status else []
    return "".join(signs if whole else signs[:1])


def valid_key(key: str) -> bool:
    """Tell whether `key` can be sent as a parameter of JOIN and MODE."""
    return (
        0 < len(key.encode()) <= _KEY_BYTES
        and not key.startswith(":")
        and not any(character in " ,\x7f" or character < " " for character in key)
    )


def parse_modes(params: tuple[str, ...]) -> ParsedModes:
    """Read what follows the channel in a MODE command: ``+ov-k ana bo *``."""
    letters, arguments = params[0], list(params[1:])
    changes: list[ModeChange] = []
    problems: list[ModeProblem] = []
    lists = ""
    add = True
    for letter in letters:
        if letter in "+-":
            add = letter == "+"
        elif letter in FLAGS or (letter == "l" and not add):
            changes.append(ModeChange(add, letter))
        elif letter in _LISTS and not arguments:
            lists += letter
        elif letter == "k" and not add:
            if arguments:  # RFC 2812 has a parameter here; nobody needs it
                arguments.pop(0)
            changes.append(ModeChange(add, letter))
        elif letter in PREFIXES or letter in "kl":
            if not arguments:
                problems.append(ModeProblem("missing", letter))
                continue
            _with_argument(ModeChange(add, letter, arguments.pop(0)), changes, problems)
        else:
            problems.append(ModeProblem("unknown", letter))
    return ParsedModes(tuple(changes), lists, tuple(problems))


def _with_argument(
    change: ModeChange, changes: list[ModeChange], problems: list[ModeProblem]
) -> None:
    argument = change.argument
    if change.letter == "l":
        limit = int(argument) if argument.isascii() and argument.isdigit() else 0
        valid = 0 < limit < 1_000_000
        if valid:
            argument = str(limit)
    else:
        valid = change.letter != "k" or valid_key(argument)
    if valid:
        changes.append(change._replace(argument=argument))
    else:
        problems.append(ModeProblem("invalid", change.letter, argument))


def written(modes: Sequence[ModeChange]) -> tuple[str, ...]:
    """Return mode changes as MODE writes them: ``("+o-v", "ana", "bo")``."""
    letters = ""
    sign = ""
    for mode in modes:
        wanted = "+" if mode.add else "-"
        letters += (wanted if wanted != sign else "") + mode.letter
        sign = wanted
    return (letters, *(mode.argument for mode in modes if mode.argument))
