"""What came to pass with metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.events.base import Happened

if TYPE_CHECKING:
    from razem.talk.model import Channel, User

__all__ = ["MetadataChanged"]


class MetadataChanged(Happened, frozen=True):
    """A user or channel has other metadata: the keys that changed, "" for those removed."""

    target: User | Channel
    changed: tuple[tuple[str, str], ...]
