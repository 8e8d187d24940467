"""Nicknames and channel names: what is valid, and when two are the same (Modern IRC)."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["cut", "fill", "fold", "is_channel", "valid_channel", "valid_hostname", "valid_nick"]

_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_NICK_SPECIALS: Final = frozenset("[]\\`_^{|}-")  # RFC 2812 2.3.1: "special", and "-"
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_HOSTNAME_CHARACTERS: Final = 253
_LETTERS_MARKS_NUMBERS: Final = "LMN"  # Unicode general categories


def fold(name: str) -> str:
    """Return the form under which names are compared: ``CASEMAPPING=ascii``.

    >>> fold("Ana[Å]")
    'ana[Å]'
    """
    return name.lower() if name.isascii() else name.translate(_ASCII_LOWER)


def is_channel(target: str) -> bool:
    """Tell whether a target names a channel rather than a user (``CHANTYPES=#``)."""
    return target[:1] == "#"


def valid_nick(nick: str, max_bytes: int) -> bool:
    r"""Tell whether `nick` may be a nickname: letters of any script, digits, ``[]\`_^{|}-``.

    It begins with neither a digit, "-" nor a combining mark.
    """
    if not nick or len(nick.encode()) > max_bytes:
        return False
    if nick[0].isdigit() or nick[0] == "-" or unicodedata.category(nick[0])[0] == "M":
        return False
    return all(_nick_character(character) for character in nick)


def _nick_character(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _NICK_SPECIALS
    return unicodedata.category(character)[0] in _LETTERS_MARKS_NUMBERS


def valid_channel(name: str, max_bytes: int) -> bool:
    """Tell whether `name` may be a channel: "#", then no space, comma or control character."""
    if len(name) < 2 or name[0] != "#" or len(name.encode()) > max_bytes:
        return False
    return all(
        character not in " ,\x07"
        and unicodedata.category(character) not in {"Cc", "Cf", "Zl", "Zp"}
        for character in name
    )


def valid_hostname(name: str) -> bool:
    """Tell whether `name` is a host name of two labels or more (RFC 1123 2.1, RFC 1034 3.5).

    >>> valid_hostname("irc.example"), valid_hostname("irc"), valid_hostname("-a.example")
    (True, False, False)
    """
    return len(name) <= _HOSTNAME_CHARACTERS and _HOSTNAME.fullmatch(name) is not None


def cut(text: str, max_bytes: int) -> str:
    """Return the longest beginning of `text` of at most `max_bytes` bytes of whole characters."""
    if len(text) * 4 <= max_bytes:
        return text
    data = text.encode()
    if len(data) <= max_bytes:
        return text
    return data[:max_bytes].decode(errors="ignore")


def fill(words: Iterable[str], room: int) -> Iterable[str]:
    """Put words into lines of at most `room` bytes."""
    line: list[str] = []
    size = 0
    for word in words:
        length = len(word.encode()) + 1
        if line and size + length > room:
            yield " ".join(line)
            line, size = [], 0
        line.append(word)
        size += length
    if line:
        yield " ".join(line)
