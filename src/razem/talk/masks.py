"""Masks of channel lists: how they are written, and whom they match (Modern IRC, EXTBAN). No I/O.

A mask is ``nick!user@host`` with ``*`` and ``?``, or an extended one, which begins with ``~``:

    ~a:ACCOUNT    who is logged in to an account that matches; also written ~account:
    ~m:MASK       only keeps from speaking, not from joining; also written ~mute: and ~quiet:

``~m:`` stands before any other mask, ``~m:~a:bo`` say.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from razem.talk.irc.masks import complete_mask, mask_pattern
from razem.talk.irc.names import fold

if TYPE_CHECKING:
    from collections.abc import Collection

    from razem.talk.model import User

__all__ = [
    "ACCOUNT_NAMES",
    "EXTENDED",
    "EXTENDED_LETTERS",
    "MUTE",
    "MaskError",
    "matches_any",
    "normalised",
]

EXTENDED: Final = "~"  # what an extended mask begins with (EXTBAN)
EXTENDED_LETTERS: Final = "am"
ACCOUNT_NAMES: Final = ("a", "account")  # IRCv3 account-extban
MUTE: Final = "~m:"
_ACCOUNT: Final = "~a:"
_MUTE_NAMES: Final = ("m", "mute", "quiet")
_MAX_BYTES: Final = 128  # so that a reply that tells of a mask is never cut off


class MaskError(ValueError):
    """A text that is no mask; says why."""


def normalised(text: str) -> str:
    """Return a mask in the form in which it is kept, told and compared (but for case).

    >>> normalised("bo"), normalised("198.51.100.7"), normalised("~b@*.net"), normalised("~mute:bo")
    ('bo!*@*', '*!*@198.51.100.7', '*!~b@*.net', '~m:bo!*@*')

    Raises:
        MaskError: it is too long, has a space in it, or is an extended mask of an unknown kind.
    """
    mask = _whole(text)
    if len(mask.encode()) > _MAX_BYTES:
        raise MaskError(f"Masks have at most {_MAX_BYTES} bytes")
    return mask


def _whole(text: str) -> str:
    if not text or text[0] == ":" or any(c <= " " or c == "\x7f" for c in text):
        raise MaskError("A mask has no spaces, and does not begin with a colon")
    kind, colon, rest = text[1:].partition(":")
    # "~b@host" is a mask of the old kind: nobody without ident has a name without "~".
    if text[0] == EXTENDED and colon and kind.isalpha():
        return _extended(kind.lower(), rest)
    return complete_mask(text)


def _extended(kind: str, rest: str) -> str:
    if kind in ACCOUNT_NAMES:
        if not rest:
            raise MaskError("Name the account: ~a:ACCOUNT")
        return _ACCOUNT + rest
    if kind in _MUTE_NAMES:
        mask = _whole(rest)
        if mask.startswith(MUTE):
            raise MaskError("Once ~m: is enough")
        return MUTE + mask
    raise MaskError(f"There are no masks ~{kind}: there are ~a:ACCOUNT and ~m:MASK")


def matches_any(user: User, masks: Collection[str], *, speaking: bool = False) -> bool:
    """Tell whether one of the masks (normalised and folded) matches a user.

    `speaking`: those count as well that only keep from speaking.
    """
    return bool(masks) and _matches(user.source, user.account, tuple(masks), speaking=speaking)


@lru_cache(4096)  # the same people are asked about at each of their lines
def _matches(source: str, account: str, masks: tuple[str, ...], *, speaking: bool) -> bool:
    source, account = fold(source), fold(account)
    for mask in masks:
        if mask.startswith(MUTE) and not speaking:
            continue
        rest = mask.removeprefix(MUTE)
        if rest.startswith(_ACCOUNT):
            wanted = rest.removeprefix(_ACCOUNT)
            if account and mask_pattern(wanted).fullmatch(account):
                return True
        elif mask_pattern(rest).fullmatch(source):
            return True
    return False
