"""Spans -> lines that fit a width, in cells of a terminal. No I/O.

Wide characters take two cells, combining marks none: they stay with what they belong to.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

if TYPE_CHECKING:
    from .markup import Span


__all__ = ["cut", "width_of", "wrap"]

_TOKENS: Final = re.compile(r"\s+|\S+")


@lru_cache(maxsize=8192)
def width_of(text: str) -> int:
    """Return how many cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """Return a text of at most `width` cells, with … where something is missing."""
    if width_of(text) <= width:
        return text
    return _head(text, width - 1) + "…" if width > 0 else ""


def wrap(spans: tuple[Span, ...], width: int) -> list[list[Span]]:
    """Return lines of at most `width` cells (1 or more), broken between words where it can be."""
    if len(spans) == 1 and width_of(spans[0].text) <= width:
        return [[spans[0]]]
    lines: list[list[Span]] = [[]]
    used = 0
    for span in spans:
        for token in _TOKENS.findall(span.text):
            need = width_of(token)
            if used + need <= width:
                lines[-1].append(span._replace(text=token))
                used += need
            elif token.isspace():
                lines.append([])  # the space is where the line is broken
                used = 0
            else:
                if used and need <= width:
                    lines.append([])
                    used = 0
                used = _place(lines, span, token, used, width)
    return [_joined(line) for line in lines if line] or [[]]


def _place(lines: list[list[Span]], span: Span, word: str, used: int, width: int) -> int:
    """Put a word into the lines, in pieces where it is longer than one; return what is used."""
    while word:
        piece = word if used + width_of(word) <= width else _head(word, width - used)
        if not piece:
            if used:
                lines.append([])
                used = 0
                continue
            piece = word[0]  # wider than the whole line: there is no better place
        lines[-1].append(span._replace(text=piece))
        used += width_of(piece)
        word = word[len(piece) :]
    return used


def _joined(line: list[Span]) -> list[Span]:
    """Return a line with neighbours of one style put together, without the space at its end."""
    joined: list[Span] = []
    for span in line:
        if joined and joined[-1][1:] == span[1:]:
            joined[-1] = joined[-1]._replace(text=joined[-1].text + span.text)
        else:
            joined.append(span)
    if joined:
        joined[-1] = joined[-1]._replace(text=joined[-1].text.rstrip())
    return joined if joined and joined[-1].text else joined[:-1]


def _head(text: str, width: int) -> str:
    """Return the longest beginning of a text that takes at most `width` cells."""
    used = 0
    for index, character in enumerate(text):
        used += width_of(character)
        if used > width:
            return text[:index]
    return text
