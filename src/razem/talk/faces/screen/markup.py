"""The text of a message -> blocks and spans: links, code, emphasis, and nothing that could do harm.

Every character of others passes through `printable`; what is left is drawn, never obeyed. No I/O.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from razem.talk.faces.printable import printable

__all__ = ["CHANNEL", "CODE", "LINK", "NICK", "Block", "Span", "blocks_of", "plain_text"]

LINK: Final = "link"
CHANNEL: Final = "channel"
CODE: Final = "code"
NICK: Final = "nick"  # our own

_FENCE: Final = re.compile(r"```(?:[\w+-]*\n)?(.*?)```", re.DOTALL)
_PARTS: Final = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|(?P<link>\bhttps?://[^\s<>\"'`]+)"
    r"|(?P<channel>(?<![\w&/])#\w[^\s,\x07.!?:;)\"']*)"
)
# https://modern.ircdocs.horse/formatting; colours are left out: they rarely can be read here.
_FORMATS: Final = re.compile(
    r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?"
    r"|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_STYLES: Final = {
    "\x02": "bold",
    "\x1d": "italic",
    "\x1f": "underline",
    "\x1e": "strike",
    "\x11": CODE,
}


class Span(NamedTuple):
    """A piece of a line.

    Attributes:
        text: safe to be shown.
        styles: bold, italic, underline, strike, and of what it is: link, channel, code, nick.
        target: of a link or channel.
    """

    text: str
    styles: frozenset[str] = frozenset()
    target: str = ""


class Block(NamedTuple):
    """A line of text, or one of a block of code."""

    spans: tuple[Span, ...]
    code: bool = False


_PLAIN: Final = frozenset[str]()


def blocks_of(text: str, own_nick: str = "") -> list[Block]:
    """Return the lines of a text; words that are our nick are marked."""
    if text.isascii() and text.isprintable() and "`" not in text and "/" not in text:
        return [Block(tuple(_inline(text, _PLAIN, own_nick)))]  # most of all
    blocks: list[Block] = []
    start = 0
    for fence in _FENCE.finditer(text):
        if not fence[1].strip():
            continue
        before = text[start : fence.start()].removesuffix("\n")
        if before.strip():
            blocks += _paragraph(before, own_nick)
        code = fence[1].removesuffix("\n").expandtabs(4)
        blocks += [Block((Span(printable(line)),), code=True) for line in code.split("\n")]
        start = fence.end()
    rest = text[start:].removeprefix("\n") if start else text
    if rest.strip() or not blocks:
        blocks += _paragraph(rest, own_nick)
    return blocks


def plain_text(text: str) -> str:
    """Return a text as one safe line without marks, for quotations."""
    return printable(" ".join(_FORMATS.sub("", text).split()))


def _paragraph(text: str, own_nick: str) -> list[Block]:
    active: set[str] = set()
    blocks = []
    for line in text.split("\n"):
        spans: list[Span] = []
        start = 0
        for found in _FORMATS.finditer(line):
            spans += _inline(line[start : found.start()], frozenset(active), own_nick)
            start = found.end()
            if found[0] == "\x0f":
                active.clear()
            elif style := _STYLES.get(found[0]):
                active ^= {style}
        spans += _inline(line[start:], frozenset(active), own_nick)
        blocks.append(Block(tuple(spans)))
    return blocks


def _inline(text: str, styles: frozenset[str], own_nick: str) -> list[Span]:
    spans: list[Span] = []
    start = 0
    for found in _PARTS.finditer(text):
        whole = found[0]
        spans += _words(text[start : found.start()], styles, own_nick)
        if found["code"]:
            spans.append(Span(printable(whole[1:-1]), styles | {CODE}))
        elif found["link"]:
            whole = _without_tail(whole)
            shown = printable(whole)
            # What is not shown as it is cannot be followed: it may lead elsewhere than it seems.
            spans.append(Span(shown, styles | {LINK}, whole if shown == whole else ""))
        else:
            shown = printable(whole)
            spans.append(Span(shown, styles | {CHANNEL}, whole if shown == whole else ""))
        start = found.start() + len(whole)
    return spans + _words(text[start:], styles, own_nick)


def _words(text: str, styles: frozenset[str], own_nick: str) -> list[Span]:
    if not text:
        return []
    shown = printable(text)
    if not own_nick or own_nick.lower() not in shown.lower():
        return [Span(shown, styles)]
    pattern = rf"(?<![\w-])({re.escape(own_nick)})(?![\w-])"
    pieces = re.split(pattern, shown, flags=re.IGNORECASE)
    return [
        Span(piece, styles | {NICK} if index % 2 else styles)
        for index, piece in enumerate(pieces)
        if piece
    ]


def _without_tail(link: str) -> str:
    """Return a link without the sign that ends the sentence, or a bracket that was not opened."""
    end = link.rstrip(".,;:!?")
    while end.endswith(")") and end.count(")") > end.count("("):
        end = end[:-1]
    return end
