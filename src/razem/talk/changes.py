"""What the log holds: changes that somebody proposes, and entries that have their place in it.

A change says what somebody wants; whether it comes to pass is decided by `State.apply`, from
the state and the entry alone, so that every hub that reads the log comes to the same verdict.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

__all__ = [
    "MESSAGE_ID_TAG",
    "Arrive",
    "Change",
    "Entry",
    "HubStarted",
    "Invite",
    "Join",
    "Kick",
    "ModeChange",
    "Part",
    "PartAll",
    "Quit",
    "Rename",
    "SendTags",
    "SetAway",
    "SetInvisible",
    "SetModes",
    "SetTopic",
    "Speak",
    "decode_change",
    "encode_change",
]

# A client-only tag by which a client marks a line of its own before it knows its message id.
# The hub takes a second line with the same mark for the first one sent again.
MESSAGE_ID_TAG: Final = "+razem/id"


class _Change(msgspec.Struct, frozen=True, array_like=True, tag=True):
    user: str  # the id of the user who wants it; for HubStarted, of the hub


class HubStarted(_Change, frozen=True):
    """A hub (re)started: whoever was present through it is gone.

    `told` is the place of the last entry of which they were told before.
    """

    told: int = 0


class Arrive(_Change, frozen=True):
    """A session registered and asks for its nick."""

    hub: str
    nick: str
    username: str
    host: str
    realname: str


class Rename(_Change, frozen=True):
    """NICK, after registration."""

    nick: str


class Join(_Change, frozen=True):
    """JOIN of one channel.

    `most`: in how many the user may be then, `in_all`: how many there may be (0: any number).
    """

    channel: str
    key: str = ""
    most: int = 0
    in_all: int = 0


class Part(_Change, frozen=True):
    """PART of one channel."""

    channel: str
    reason: str = ""


class PartAll(_Change, frozen=True):
    """JOIN 0: PART of every channel that the user is in."""


class Quit(_Change, frozen=True):
    """The user leaves.

    `cut`: the connection was lost, it was not the user's wish; `told` is then the place of the
    last entry of which the user was told (0: of all before this one).
    """

    reason: str
    cut: bool = False
    told: int = 0


class Speak(_Change, frozen=True):
    """PRIVMSG or NOTICE to one target."""

    source: str  # nick!user@host as it was when the line came in
    target: str
    text: str
    notice: bool = False
    tags: dict[str, str] = {}  # client-only tags, relayed as they are


class SendTags(_Change, frozen=True):
    """TAGMSG to one target: client-only tags without a text (IRCv3 message-tags)."""

    source: str
    target: str
    tags: dict[str, str]


class SetTopic(_Change, frozen=True):
    """TOPIC with a text; "" clears it."""

    channel: str
    text: str


class ModeChange(NamedTuple):
    """One letter of a MODE command."""

    add: bool
    letter: str
    argument: str = ""


class SetModes(_Change, frozen=True):
    """MODE of a channel."""

    channel: str
    modes: tuple[ModeChange, ...]


class Kick(_Change, frozen=True):
    """KICK of one user from one channel."""

    channel: str
    nick: str
    reason: str


class Invite(_Change, frozen=True):
    """INVITE of one user to one channel."""

    nick: str
    channel: str


class SetAway(_Change, frozen=True):
    """AWAY; "" is back."""

    text: str = ""


class SetInvisible(_Change, frozen=True):
    """MODE of oneself: i, to be left out of WHO for those who share no channel."""

    invisible: bool


Change = (
    HubStarted
    | Arrive
    | Rename
    | Join
    | Part
    | PartAll
    | Quit
    | Speak
    | SendTags
    | SetTopic
    | SetModes
    | Kick
    | Invite
    | SetAway
    | SetInvisible
)


class Entry(msgspec.Struct, frozen=True):
    """One line of the log.

    Attributes:
        seq: its place; grows by one from entry to entry.
        time: milliseconds since 1970, never less than that of the entry before.
        change: what is proposed.
    """

    seq: int
    time: int
    change: Change


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final[msgspec.msgpack.Decoder[Change]] = msgspec.msgpack.Decoder(Change)


def encode_change(change: Change) -> bytes:
    """Return the change as it is stored (msgpack: an array that begins with its name)."""
    return _encoder.encode(change)


def decode_change(data: bytes) -> Change:
    """Undo `encode_change`.

    Raises:
        msgspec.MsgspecError: the bytes are no change.
    """
    return _decoder.decode(data)
