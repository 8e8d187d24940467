"""Names that look alike: ``evan`` and the same with a Cyrillic first letter (Unicode TS 39, 4).

Each name has one or two *looks*; names with a look in common are told apart by nobody who reads
them. The looks of a name stand in the change that brings it, so that hubs whose tables are of
different versions of Unicode come to the same verdicts.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["Looks", "looks_of"]

# Of the characters that stand in names (confusables.txt).
_ASCII_PROTOTYPES: Final = str.maketrans(
    {"0": "O", "1": "l", "I": "l", "|": "l", "m": "rn", "`": "'"}
)


def looks_of(name: str) -> tuple[str, ...]:
    r"""Return the looks of a name: as it is written, and in small letters where that differs.

    >>> looks_of("evan") == looks_of("\u0435van")
    True
    >>> looks_of("Ivan")
    ('lvan', 'ivan')
    """
    return tuple(dict.fromkeys((_skeleton(name).lower(), _skeleton(name.lower()).lower())))


class Looks:
    """Names by their looks."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {}

    def add(self, name: str, looks: tuple[str, ...]) -> None:
        """Remember a name."""
        for look in looks:
            self._names.setdefault(look, {})[name] = None

    def discard(self, name: str, looks: tuple[str, ...]) -> None:
        """Forget a name."""
        for look in looks:
            names = self._names.get(look, {})
            names.pop(name, None)
            if not names:
                self._names.pop(look, None)

    def like(self, name: str, looks: tuple[str, ...], own: Container[str] = ()) -> str:
        """Return a name that looks like this one, or "".

        Two names in plain ASCII may look alike: everybody knows that ``l`` and ``1`` are not the
        same. `own`: names that may, too.
        """
        plain = name.isascii()
        for look in looks:
            for other in self._names.get(look, ()):
                if other not in own and not (plain and other.isascii()):
                    return other
        return ""


def _skeleton(name: str) -> str:
    if name.isascii():
        return name.translate(_ASCII_PROTOTYPES)
    # Letters in circles, of full width and in fancy type are those that they stand for.
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name))
    return unicodedata.normalize("NFD", plain.translate(_prototypes()))


@functools.cache
def _prototypes() -> dict[int, str]:
    """Return for each character the characters that stand for all that look like it.

    The package has for each character all others of its kind, so that the one which they all
    name is the prototype; where there are but two, the first by its code.
    """
    text = resources.files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    likes: dict[str, list[dict[str, str]]] = json.loads(text)
    prototypes: dict[int, str] = {}
    for character, others in likes.items():
        if len(character) != 1 or len(others) != 1:
            continue
        other = others[0]["c"].strip("\u200e")  # they stand around what is written from the right
        alone = len(likes.get(other, ())) == 1
        if not alone or len(other) > 1 or other < character:
            prototypes[ord(character)] = other
    return {code: other.translate(prototypes) for code, other in prototypes.items()} | dict(
        _ASCII_PROTOTYPES
    )
