"""Masks: ``*`` for any text, ``?`` for one character (RFC 2812 2.5). No I/O."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from razem.talk.irc.names import fold

__all__ = ["MAX_MASK", "complete_mask", "is_mask", "mask_pattern", "matches", "split_source"]

MAX_MASK: Final = 200  # bytes


@lru_cache(maxsize=4096)
def mask_pattern(mask: str) -> re.Pattern[str]:
    """Return a pattern whose `fullmatch` tells whether a folded text fits the mask.

    It takes time in proportion to both, whatever they are: what a ``*`` in the middle takes is
    not given back (an atomic group), because the first place where the rest fits is as good as
    any later one.
    """
    first, *others = (_literal(part) for part in re.split(r"\*+", fold(mask)))
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    between = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{first}{between}.*{last}", re.DOTALL)


def _literal(text: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in text)


def matches(mask: str, text: str) -> bool:
    """Tell whether `text` fits the mask, in whatever case both are written.

    >>> matches("*!*@192.0.2.*", "ana!~a@192.0.2.7"), matches("a?a", "anna")
    (True, False)
    """
    return mask_pattern(mask).fullmatch(fold(text)) is not None


def is_mask(text: str) -> bool:
    """Tell whether there is anything in it that stands for other text."""
    return "*" in text or "?" in text


def complete_mask(mask: str) -> str:
    """Return the mask as ``nick!user@host``, with ``*`` for what it does not name.

    >>> [complete_mask(mask) for mask in ("ana", "*.example", "~a@host", "ana!~a")]
    ['ana!*@*', '*!*@*.example', '*!~a@host', 'ana!~a@*']
    """
    nick, user, host = split_source(mask)
    if not user and not host and ("." in nick or ":" in nick):  # neither stands in a nick
        nick, host = "", nick
    elif "!" not in mask and "@" in mask:
        nick, user = "", nick or user
    return f"{nick or '*'}!{user or '*'}@{host or '*'}"


def split_source(source: str) -> tuple[str, str, str]:
    """Return nick, user and host of ``nick!user@host``; "" for what is not there.

    >>> split_source("ana!~a@host"), split_source("ana@host"), split_source("ana")
    (('ana', '~a', 'host'), ('ana', '', 'host'), ('ana', '', ''))
    """
    rest, _, host = source.partition("@")
    nick, _, user = rest.partition("!")
    return nick, user, host
