"""Channel modes: which letters there are, and what a MODE command says (Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.changes.base import ModeChange
from razem.talk.irc.names import is_channel
from razem.talk.masks import MUTE, MaskError, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "BOT",
    "CHANNEL_MODES",
    "FLAGS",
    "KEY_BYTES",
    "LISTS",
    "PREFIXES",
    "USER_MODES",
    "ModeProblem",
    "ParsedModes",
    "parse_modes",
    "prefix",
    "status_target",
    "valid_key",
    "written",
]

PREFIXES: Final = {"q": "~", "a": "&", "o": "@", "h": "%", "v": "+"}  # highest first
_SIGNS: Final = "".join(PREFIXES.values())
FLAGS: Final = "CRimnst"
LISTS: Final = "beI"
BOT: Final = "B"  # the mode of bots, and their sign in WHO (IRCv3 bot-mode)
# i: invisible, o: server operator, r: logged in, w: hears WALLOPS, R: only those who are logged
# in may write to it. The server sets o and r; everybody may give up o.
USER_MODES: Final = "BRiorw"
KEY_BYTES: Final = 23  # RFC 2812 2.3.1
# The types of modes, as ISUPPORT tells them: lists; with a parameter; with one when they are set;
# without.
CHANNEL_MODES: Final = f"{LISTS},k,fl,{FLAGS}"
_NEEDS: Final = {"k": "a key", "l": "a number of members", "f": "a channel"}


class ModeProblem(NamedTuple):
    """A part of a MODE command that says nothing: why, and the letter and parameter."""

    kind: str  # "unknown" letter; "missing", "invalid" or "surplus" parameter
    letter: str
    argument: str = ""
    why: str = ""


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


def status_target(target: str) -> tuple[str, str] | None:
    """Read a target like ``@#net``: the letter of the lowest status meant, and the channel.

    None: it is no such target (ISUPPORT STATUSMSG).

    >>> status_target("@#net"), status_target("+@#net"), status_target("#net")
    (('o', '#net'), ('v', '#net'), None)
    """
    name = target.lstrip(_SIGNS)
    signs = target[: len(target) - len(name)]
    if not signs or not is_channel(name):
        return None
    return [letter for letter, sign in PREFIXES.items() if sign in signs][-1], name


def valid_key(key: str) -> bool:
    """Tell whether `key` can be sent as a parameter of JOIN and MODE."""
    return (
        0 < len(key.encode()) <= KEY_BYTES
        and not key.startswith(":")
        and not any(character in " ,\x7f" or character < " " for character in key)
    )


class _Reader:
    """Reads one MODE command."""

    def __init__(self, arguments: Iterable[str], most: int) -> None:
        self.arguments: Final = list(arguments)
        self.room = most
        self.changes: list[ModeChange] = []
        self.problems: list[ModeProblem] = []
        self.lists: dict[str, None] = {}

    def read(self, letter: str, *, add: bool) -> None:
        """Read one letter, and its parameter where it has one."""
        if letter in FLAGS or (letter in "lf" and not add):
            self.changes.append(ModeChange(add, letter))
        elif letter in LISTS and not self.arguments:
            self.lists[letter] = None
        elif letter == "k" and not add:
            if self.arguments:  # RFC 2812 has a parameter here; nobody needs it
                self.arguments.pop(0)
            self.changes.append(ModeChange(add, letter))
        elif letter not in PREFIXES and letter not in _NEEDS and letter not in LISTS:
            self.problems.append(ModeProblem("unknown", letter))
        elif not self.arguments:
            why = f"Mode {letter} needs {_NEEDS.get(letter, 'a nick')}"
            self.problems.append(ModeProblem("missing", letter, why=why))
        else:
            self._read_argument(letter, self.arguments.pop(0), add=add)

    def _read_argument(self, letter: str, argument: str, *, add: bool) -> None:
        if self.room <= 0:
            self.problems.append(ModeProblem("surplus", letter, argument))
            return
        self.room -= 1
        try:
            self.changes.append(ModeChange(add, letter, _ARGUMENTS[letter](argument)))
        except ValueError as error:
            self.problems.append(ModeProblem("invalid", letter, argument, str(error)))


def _limit(argument: str) -> str:
    limit = int(argument) if argument.isascii() and argument.isdigit() else 0
    if not 0 < limit < 1_000_000:
        raise ValueError(f"Not a limit: {argument}")
    return str(limit)


def _key(argument: str) -> str:
    if not valid_key(argument):
        raise ValueError("Not a key")
    return argument


def _forward(argument: str) -> str:
    if not is_channel(argument) or " " in argument or "," in argument:
        raise ValueError(f"Not a channel: {argument}")
    return argument


def _uninvited(argument: str) -> str:
    mask = normalised(argument)
    if mask.startswith(MUTE):
        raise MaskError("Who is muted may come in anyway: there is nothing to except")
    return mask


def _nick(argument: str) -> str:
    if not argument or argument[0] == ":" or " " in argument:
        raise ValueError(f"Not a nick: {argument}")
    return argument


# What is allowed as a parameter, and how it is written.
_ARGUMENTS: Final = {
    **dict.fromkeys(PREFIXES, _nick),
    "b": normalised,
    "e": normalised,
    "I": _uninvited,
    "k": _key,
    "l": _limit,
    "f": _forward,
}


def parse_modes(params: tuple[str, ...], most: int = 100) -> ParsedModes:
    """Read what follows the channel in a MODE command: ``+ov-k ana bo *``.

    `most`: how many changes with a parameter it may have.
    """
    reader = _Reader(params[1:], most)
    add = True
    for letter in params[0]:
        if letter in "+-":
            add = letter == "+"
        else:
            reader.read(letter, add=add)
    return ParsedModes(tuple(reader.changes), "".join(reader.lists), tuple(reader.problems))


def written(modes: Sequence[ModeChange]) -> tuple[str, ...]:
    """Return mode changes as MODE writes them: ``("+o-v", "ana", "bo")``."""
    letters = ""
    sign = ""
    for mode in modes:
        wanted = "+" if mode.add else "-"
        letters += (wanted if wanted != sign else "") + mode.letter
        sign = wanted
    return (letters, *(mode.argument for mode in modes if mode.argument))
