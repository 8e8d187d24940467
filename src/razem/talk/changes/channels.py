"""Changes of channels, and of who is in them."""

from __future__ import annotations

from razem.talk.changes.base import ModeChange, Proposed

__all__ = ["Invite", "Join", "Kick", "Part", "PartAll", "SetModes", "SetTopic"]


class Join(Proposed, frozen=True):
    """JOIN of one channel.

    `most`: in how many the user may be then, `in_all`: how many there may be (0: any number).
    """

    channel: str
    key: str = ""
    most: int = 0
    in_all: int = 0


class Part(Proposed, frozen=True):
    """PART of one channel."""

    channel: str
    reason: str = ""


class PartAll(Proposed, frozen=True):
    """JOIN 0: PART of every channel that the user is in."""


class SetTopic(Proposed, frozen=True):
    """TOPIC with a text; "" clears it."""

    channel: str
    text: str


class SetModes(Proposed, frozen=True):
    """MODE of a channel."""

    channel: str
    modes: tuple[ModeChange, ...]


class Kick(Proposed, frozen=True):
    """KICK of one user from one channel."""

    channel: str
    nick: str
    reason: str


class Invite(Proposed, frozen=True):
    """INVITE of one user to one channel."""

    nick: str
    channel: str
