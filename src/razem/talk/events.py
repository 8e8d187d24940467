"""What came to pass when an entry was applied: `State.apply` returns these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from razem.talk.state import Channel, Returning, User

__all__ = [
    "Arrived",
    "AwayChanged",
    "Event",
    "Invited",
    "Joined",
    "Kicked",
    "Left",
    "ModesChanged",
    "Parted",
    "Refused",
    "Renamed",
    "Repeated",
    "Spoken",
    "SpokenTo",
    "Tagged",
    "TopicChanged",
    "VisibilityChanged",
]


class _Event(msgspec.Struct, frozen=True):
    pass


class Refused(_Event, frozen=True):
    """The proposer hears why not: a numeric and its parameters before the text."""

    numeric: str
    params: tuple[str, ...] = ()
    text: str = ""  # "": the usual text of the numeric


class Arrived(_Event, frozen=True):
    """A user is here."""

    user: User


class Renamed(_Event, frozen=True):
    """A user has another nick; `old` is the source as it was."""

    user: User
    old: str


class Joined(_Event, frozen=True):
    """A user is in a channel; `returning` tells since when it had been cut off from it."""

    channel: Channel
    user: User
    returning: Returning | None


class Parted(_Event, frozen=True):
    """A user left a channel."""

    channel: Channel
    user: User
    reason: str


class Left(_Event, frozen=True):
    """A user is gone, from the channels named."""

    user: User
    channels: tuple[Channel, ...]
    reason: str


class Spoken(_Event, frozen=True):
    """A line goes to a channel: the entry says which line."""

    channel: Channel


class SpokenTo(_Event, frozen=True):
    """A line goes to a user."""

    user: User


class Tagged(_Event, frozen=True):
    """Tags without a text go to a channel, or else to a user."""

    channel: Channel | None
    user: User | None


class Repeated(_Event, frozen=True):
    """The line is in the log already: it was sent again by one who did not know."""

    seq: int
    time: int


class TopicChanged(_Event, frozen=True):
    """A channel has another topic."""

    channel: Channel
    source: str


class ModesChanged(_Event, frozen=True):
    """A channel has other modes: those that changed, as MODE writes them."""

    channel: Channel
    source: str
    modes: tuple[str, ...]


class Kicked(_Event, frozen=True):
    """`source` put a user out of a channel."""

    channel: Channel
    source: str
    user: User
    reason: str


class Invited(_Event, frozen=True):
    """`source` asks a user into a channel."""

    channel: Channel
    source: str
    user: User


class AwayChanged(_Event, frozen=True):
    """A user went away or came back."""

    user: User


class VisibilityChanged(_Event, frozen=True):
    """A user set or unset its mode i."""

    user: User


Event = (
    Refused
    | Arrived
    | Renamed
    | Joined
    | Parted
    | Left
    | Spoken
    | SpokenTo
    | Tagged
    | Repeated
    | TopicChanged
    | ModesChanged
    | Kicked
    | Invited
    | AwayChanged
    | VisibilityChanged
)
