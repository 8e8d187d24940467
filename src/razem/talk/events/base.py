"""What an event is, and the one that every verdict may come to."""

from __future__ import annotations

import msgspec

__all__ = ["Failed", "Happened", "Refused"]


class Happened(msgspec.Struct, frozen=True):
    """Something that came of an entry."""


class Refused(Happened, frozen=True):
    """The proposer hears why not: a numeric and its parameters before the text."""

    numeric: str
    params: tuple[str, ...] = ()
    text: str = ""  # "": the usual text of the numeric


class Failed(Happened, frozen=True):
    """The proposer hears why not by a FAIL (IRCv3 standard-replies)."""

    command: str
    code: str
    context: tuple[str, ...]
    text: str
