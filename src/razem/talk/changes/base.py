"""What every change has: who wants it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

__all__ = ["ModeChange", "Proposed"]


class Proposed(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Something that somebody wants; stored as an array that begins with the name of its class.

    Nothing in it can refer back to it, so that the collector of garbage need not look at it: there
    are as many of them as lines. A new field goes to the end, and has a default: older logs do not
    have it.
    """

    session: str  # the id of the session that wants it; for `HubStarted`, the hub's name


class ModeChange(NamedTuple):
    """One letter of a MODE command."""

    add: bool
    letter: str
    argument: str = ""
