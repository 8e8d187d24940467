"""What came to pass with users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.events.base import Happened

if TYPE_CHECKING:
    from razem.talk.changes import ModeChange
    from razem.talk.model import Channel, User

__all__ = [
    "Arrived",
    "Attached",
    "AwayChanged",
    "AwaySaid",
    "Detached",
    "HostChanged",
    "Left",
    "RealnameChanged",
    "Renamed",
    "UserModesChanged",
]


class Arrived(Happened, frozen=True):
    """A user is here, by its first session."""

    user: User


class Attached(Happened, frozen=True):
    """A user who is here has one more session."""

    user: User
    session: str


class Detached(Happened, frozen=True):
    """A session of a user is gone; the user stays."""

    user: User
    session: str
    reason: str


class Renamed(Happened, frozen=True):
    """A user has another nick; `old` is the source as it was."""

    user: User
    old: str


class Left(Happened, frozen=True):
    """A user is gone, from the channels named; its `sessions` are those that it had last."""

    user: User
    channels: tuple[Channel, ...]
    reason: str


class AwayChanged(Happened, frozen=True):
    """A user went away or came back."""

    user: User


class AwaySaid(Happened, frozen=True):
    """Somebody said that they are away, or back; whether others are told, the next event says."""


class UserModesChanged(Happened, frozen=True):
    """A user has other modes: those that changed."""

    user: User
    modes: tuple[ModeChange, ...]


class RealnameChanged(Happened, frozen=True):
    """A user has another real name."""

    user: User


class HostChanged(Happened, frozen=True):
    """A user has another user name or host; `old` is the source as it was."""

    user: User
    old: str
