"""The words of a text, as they are searched for. No I/O.

Every log finds the same: words are taken out here, not by a tokenizer of SQLite's.

Words are letters and digits of any script, without case and accents. Scripts that set no spaces
between words give every character as a word of its own: a phrase of them is what is searched for.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["Phrase", "contains", "mentions", "phrases", "words"]

Phrase = tuple[str, ...]  # words that stand one after the other; the last one may go on

# Thai to Lao, Khmer, kana, the ideographs of Chinese, Japanese and Korean.
_SPACELESS: Final = (
    "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD: Final = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_ASCII_WORD: Final = re.compile(r"[a-z0-9]+")
_FORMATTING: Final = re.compile("\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?")
_TERM: Final = re.compile(r'"([^"]*)"?|(\S+)')


def words(text: str) -> list[str]:
    """Return the words of a text, in their order.

    >>> words("Größe: 3 CAFÉS, 東京")
    ['grosse', '3', 'cafes', '東', '京']
    """
    if "\x03" in text or "\x04" in text:  # colours, which clients show as such
        text = _FORMATTING.sub("", text)
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in apart if not unicodedata.combining(character))
    return _WORD.findall(unicodedata.normalize("NFKC", plain).casefold())


def phrases(query: str) -> list[Phrase]:
    """Return what is searched for: all of these have to be there.

    >>> phrases('fast "hello wor')
    [('fast',), ('hello', 'wor')]
    """
    found = (words(quoted or bare) for quoted, bare in _TERM.findall(query))
    return [tuple(phrase) for phrase in found if phrase]


def contains(text: list[str], phrase: Phrase) -> bool:
    """Tell whether the words of a text have a phrase in them."""
    *whole, last = phrase
    size = len(whole)
    return any(
        text[start : start + size] == whole and text[start + size].startswith(last)
        for start in range(len(text) - size)
    )


def mentions(text: list[str], name: list[str]) -> bool:
    """Tell whether the words of a text have all words of a name in them, one after the other."""
    size = len(name)
    return bool(name) and any(
        text[start : start + size] == name for start in range(len(text) - size + 1)
    )
