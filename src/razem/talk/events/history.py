"""What came to pass with what was said, and was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.events.base import Happened

if TYPE_CHECKING:
    from razem.talk.model import Channel, User

__all__ = ["MarkedRead", "Redacted"]


class Redacted(Happened, frozen=True):
    """A message is removed from the history `target`, as the members or the two users hear."""

    target: str
    seq: int
    channel: Channel | None
    user: User | None


class MarkedRead(Happened, frozen=True):
    """A user has read a channel or what another said, up to a time; `moved`: not so before."""

    user: User
    name: str
    time: int
    moved: bool
