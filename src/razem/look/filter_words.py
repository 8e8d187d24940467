"""The words of filter expressions, one after another, and where each stands."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from razem.errors import ConfigError

__all__ = ["Word", "refuse", "words_of"]

_WORD: Final = re.compile(
    r"\s*(?:(\(|\)|&&|\|\||!=|==|<=|>=|[&|!=<>])|\\?([0-9A-Za-z_.:/\[\]-]+)|(\S))"
)


class Word(NamedTuple):
    """A word or a sign, and its column, the first being 1."""

    text: str
    column: int


def words_of(expression: str) -> list[Word]:
    """Return the words.

    Raises:
        ConfigError: a character belongs to none.
    """
    found = []
    for match in _WORD.finditer(expression.rstrip()):
        text = match[1] or match[2]
        if text is None:
            raise refuse(f"{match[3]!r} means nothing", Word(match[3], match.start(3) + 1))
        found.append(Word(text, match.start(match.lastindex or 0) + 1))
    return found


def refuse(reason: str, word: Word | None) -> ConfigError:
    """Return the error for an expression that cannot be understood."""
    where = f" at column {word.column}" if word else " at its end"
    return ConfigError(
        f"the filter cannot be understood{where}: {reason}.",
        advice='Write it as for tcpdump, as in "tcp port 443 and host 192.0.2.1".',
    )
