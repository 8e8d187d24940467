"""Code phrases: a number, and two words that are the secret. No I/O, and no luck of its own."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

from razem.errors import AddressError
from razem.meet.words import WORDS

__all__ = ["LUCK", "MAX_NUMBER", "Code", "complete"]

LUCK: Final = 16  # random bytes for a code
MAX_NUMBER: Final = 999_999_999
_KNOWN: Final = frozenset(WORDS)
_SECRET_WORDS: Final = 2


class Code(NamedTuple):
    """A code phrase. A value.

    >>> code = Code.parse("7-guitar-ocean")
    >>> code.number, str(code)
    (7, '7-guitar-ocean')

    Attributes:
        number: by which the two ends find each other; no secret.
        words: that only they know; one guess at them is as good as one in 145,924.
    """

    number: int
    words: tuple[str, ...]

    @classmethod
    def make(cls, number: int, luck: bytes) -> Self:
        """Make a new one of `LUCK` random bytes."""
        if len(luck) != LUCK:
            raise ValueError(f"a code is made of {LUCK} random bytes")
        rest = int.from_bytes(luck, "big")
        words = []
        for _ in range(_SECRET_WORDS):
            rest, place = divmod(rest, len(WORDS))
            words.append(WORDS[place])
        return cls(number, tuple(words))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one, as an `Address` has it; what was heard wrong is told before it is tried.

        Raises:
            AddressError: a word is none of codes, or there are not two.
        """
        number, *words = text.lower().split("-")
        if not (number.isascii() and number.isdigit()) or int(number) > MAX_NUMBER:
            raise AddressError(
                f"code:{text}: there is no number.",
                address=f"code:{text}",
                advice="A code is a number and two words, as in 7-guitar-ocean.",
            )
        for word in words:
            if word not in _KNOWN:
                raise AddressError(
                    f"code:{text}: {word[:40]!r} is no word of codes.",
                    address=f"code:{text}",
                    advice=_near(word),
                )
        if len(words) != _SECRET_WORDS:
            raise AddressError(
                f"code:{text}: a code has two words, not {len(words)}.",
                address=f"code:{text}",
                advice="It is a number and two words, as in 7-guitar-ocean.",
            )
        return cls(int(number), tuple(words))

    def __str__(self) -> str:
        return "-".join((str(self.number), *self.words))


def complete(text: str) -> list[str]:
    """Return the codes that begin like this, with the word completed that is being written.

    >>> complete("code:7-guit")
    ['code:7-guitar-']
    >>> complete("7-guitar-oce")
    ['7-guitar-ocean']
    """
    scheme = "code:" if text.startswith("code:") else ""
    number, *words = text.removeprefix("code:").lower().split("-")
    if not number.isdigit() or not 1 <= len(words) <= _SECRET_WORDS:
        return []
    if any(word not in _KNOWN for word in words[:-1]):
        return []
    more = "-" if len(words) < _SECRET_WORDS else ""
    before = "-".join((number, *words[:-1]))
    return [f"{scheme}{before}-{word}{more}" for word in WORDS if word.startswith(words[-1])]


def _near(word: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  slow to import, and seldom needed

    near = get_close_matches(word[:40], WORDS, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else "Ask for it again; Tab completes the words."
