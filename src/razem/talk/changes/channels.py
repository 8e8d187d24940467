"""Changes of channels, and of who is in them."""

from __future__ import annotations

from razem.talk.changes.base import ModeChange, Proposed

__all__ = [
    "DropChannel",
    "Invite",
    "Join",
    "Kick",
    "Knock",
    "Part",
    "PartAll",
    "RegisterChannel",
    "RenameChannel",
    "SetAccess",
    "SetModes",
    "SetTopic",
    "TransferChannel",
]


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
    """MODE of a channel.

    `lists`: letters of lists that are to be shown when this is done. `most`: how many masks the
    lists of a channel may have together (0: any number).
    """

    channel: str
    modes: tuple[ModeChange, ...]
    lists: str = ""
    most: int = 0


class Kick(Proposed, frozen=True):
    """KICK of one user from one channel."""

    channel: str
    nick: str
    reason: str


class Invite(Proposed, frozen=True):
    """INVITE of one user to one channel."""

    nick: str
    channel: str


class Knock(Proposed, frozen=True):
    """KNOCK: a user asks to be invited to a channel."""

    channel: str
    text: str = ""


class RenameChannel(Proposed, frozen=True):
    """RENAME of a channel (IRCv3 channel-rename)."""

    channel: str
    name: str
    reason: str = ""


class RegisterChannel(Proposed, frozen=True):
    """A channel is to belong to the account of the session.

    `most`: how many may belong to one account (0: any number).
    """

    channel: str
    most: int = 0


class DropChannel(Proposed, frozen=True):
    """A channel is to belong to nobody any more; `code` shows that it is meant."""

    channel: str
    code: str = ""


class TransferChannel(Proposed, frozen=True):
    """A channel is to belong to the account of somebody else; `code` shows that it is meant.

    `most`: as in `RegisterChannel`.
    """

    channel: str
    who: str  # a nick that is here, or an account
    code: str = ""
    most: int = 0


class SetAccess(Proposed, frozen=True):
    """An account is to have a status whenever it comes into a channel.

    `letter`: of the status; "": none any more. `most`: how many may have one (0: any number).
    """

    channel: str
    who: str  # a nick that is here, or an account
    letter: str
    most: int = 0
