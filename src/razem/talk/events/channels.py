"""What came to pass in channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.events.base import Happened

if TYPE_CHECKING:
    from razem.talk.model import Channel, Returning, User

__all__ = [
    "ChannelRenamed",
    "Invited",
    "Joined",
    "Kicked",
    "Knocked",
    "ListsWanted",
    "ModesChanged",
    "Parted",
    "TopicChanged",
]


class Joined(Happened, frozen=True):
    """A user is in a channel; `returning` tells since when it had been cut off from it."""

    channel: Channel
    user: User
    returning: Returning | None


class Parted(Happened, frozen=True):
    """A user left a channel."""

    channel: Channel
    user: User
    reason: str


class TopicChanged(Happened, frozen=True):
    """A channel has another topic."""

    channel: Channel
    source: str


class ModesChanged(Happened, frozen=True):
    """A channel has other modes: those that changed, as MODE writes them.

    `more`: it goes on with what an event before it began.
    """

    channel: Channel
    source: str
    modes: tuple[str, ...]
    more: bool = False


class Kicked(Happened, frozen=True):
    """`source` put a user out of a channel."""

    channel: Channel
    source: str
    user: User
    reason: str


class Invited(Happened, frozen=True):
    """`source` asks a user into a channel."""

    channel: Channel
    source: str
    user: User


class Knocked(Happened, frozen=True):
    """A user asks to be invited to a channel."""

    channel: Channel
    user: User


class ListsWanted(Happened, frozen=True):
    """The proposer is to be shown lists of a channel, by their letters."""

    channel: Channel
    letters: str


class ChannelRenamed(Happened, frozen=True):
    """`source` gave a channel another name; `old` is the one that it had."""

    channel: Channel
    source: str
    old: str
    reason: str
