"""Changes of metadata."""

from __future__ import annotations

from razem.talk.changes.base import Proposed

__all__ = ["ClearMetadata", "SetMetadata"]


class SetMetadata(Proposed, frozen=True):
    """METADATA SET of one key; `value` "": it is to be removed.

    `most`: how many keys there may be then.
    """

    target: str
    key: str
    value: str = ""
    most: int = 0


class ClearMetadata(Proposed, frozen=True):
    """METADATA CLEAR: all keys are to be removed."""

    target: str
