"""What came to pass by operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.events.base import Happened

if TYPE_CHECKING:
    from razem.talk.bans import Ban
    from razem.talk.model import User

__all__ = ["BanAdded", "BanRemoved", "Barred", "Killed", "Promoted", "WallopsSent"]


class Promoted(Happened, frozen=True):
    """A user is a server operator now."""

    user: User


class Killed(Happened, frozen=True):
    """`source` sends a user away; that it left is told by the event after this one."""

    user: User
    source: str
    reason: str


class Barred(Happened, frozen=True):
    """A session could not become a user: a ban means it."""

    ban: Ban


class BanAdded(Happened, frozen=True):
    """There is a ban more; who was sent away by it is told by the events after this one."""

    ban: Ban


class BanRemoved(Happened, frozen=True):
    """There is a ban less."""

    ban: Ban


class WallopsSent(Happened, frozen=True):
    """`source` says something to all who listen to such."""

    source: str
    text: str
