"""What happens to a chat client: nouns, as values. Faces and programs are made of these."""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations when it decodes

import msgspec

__all__ = [
    "Acknowledged",
    "CaughtUp",
    "CommandRefused",
    "Connected",
    "Disconnected",
    "Event",
    "EventsLost",
    "HistoryReceived",
    "Joined",
    "Kicked",
    "Member",
    "MessageReceived",
    "ModeChanged",
    "Names",
    "NickChanged",
    "Parted",
    "Quit",
    "Refused",
    "ServerNotice",
    "TopicChanged",
]

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=_snake):
    """Anything that happened. As JSON: ``{"event": "message_received", …}``."""


class Connected(Event, frozen=True, kw_only=True):
    """The server has welcomed us. After a loss too: then the channels are joined anew."""

    nick: str
    server: str
    network: str = ""


class Disconnected(Event, frozen=True, kw_only=True):
    """The connection is gone or could not be made.

    Attributes:
        retry_in: seconds until the next attempt; None when there will be none.
    """

    reason: str
    retry_in: float | None


class Joined(Event, frozen=True, kw_only=True):
    """Somebody entered a channel; `own` when it is us."""

    channel: str
    nick: str
    own: bool = False


class Parted(Event, frozen=True, kw_only=True):
    """Somebody left a channel."""

    channel: str
    nick: str
    reason: str = ""
    own: bool = False


class Kicked(Event, frozen=True, kw_only=True):
    """Somebody was thrown out of a channel."""

    channel: str
    nick: str
    by: str
    reason: str = ""
    own: bool = False


class Quit(Event, frozen=True, kw_only=True):
    """Somebody left the network, and with it the `channels` we share."""

    nick: str
    reason: str
    channels: tuple[str, ...]


class MessageReceived(Event, frozen=True, kw_only=True):
    """A message, in the order of the server's log; our own ones stand there too.

    Attributes:
        conversation: the channel, or the other's nick in a private talk.
        time: when the server took it (UTC); None from a server that does not say.
        msgid: its name in the server's log; "" from a server that gives none.
        id: the sender's name for it (the tag ``+razem/id``), or "".
        own: we sent it.
        history: it was told afterwards: it happened while we were not there.
        notice: it was a NOTICE: programs never answer those.
        action: it was a /me.
    """

    conversation: str
    sender: str
    text: str
    time: datetime | None = None
    msgid: str = ""
    id: str = ""
    own: bool = False
    history: bool = False
    notice: bool = False
    action: bool = False


class Acknowledged(Event, frozen=True, kw_only=True):
    """The server has one of our messages for good; its `msgid` is "" where it gives none."""

    id: str
    target: str
    text: str
    msgid: str


class Refused(Event, frozen=True, kw_only=True):
    """One of our messages will not be delivered: `reason`, in the server's words or ours."""

    id: str
    target: str
    text: str
    reason: str


class CommandRefused(Event, frozen=True, kw_only=True):
    """The server says no to something else: `code` is its numeric or FAIL code."""

    code: str
    subject: str
    reason: str


class TopicChanged(Event, frozen=True, kw_only=True):
    """A channel's topic; `by` is "" when it is only told, as on joining."""

    channel: str
    topic: str
    by: str = ""


class NickChanged(Event, frozen=True, kw_only=True):
    """Somebody is called otherwise now."""

    old: str
    new: str
    own: bool = False


class ModeChanged(Event, frozen=True, kw_only=True):
    """The modes of a channel, or our own, were changed: ``+o ana``."""

    target: str
    modes: str
    by: str


class Member(msgspec.Struct, frozen=True):
    """One user in a channel; `prefixes` are those of the member's ranks, as in ``@+``."""

    nick: str
    prefixes: str = ""


class Names(Event, frozen=True, kw_only=True):
    """All members of a channel, in the order of the alphabet."""

    channel: str
    members: tuple[Member, ...]


class ServerNotice(Event, frozen=True, kw_only=True):
    """Text of the server for people: its message of the day, notices, replies."""

    text: str
    sender: str = ""


class CaughtUp(Event, frozen=True, kw_only=True):
    """A channel's view is complete up to now.

    Attributes:
        count: messages of history that were told.
        gap: lines between those shown before and after may be missing, since the server does
            not know what we saw last (its log is another one, or it keeps none).
    """

    channel: str
    count: int
    gap: bool = False


class HistoryReceived(Event, frozen=True, kw_only=True):
    """The answer to a question for history; `refused` says why there is none."""

    token: str
    target: str
    messages: tuple[MessageReceived, ...]
    refused: str = ""


class EventsLost(Event, frozen=True, kw_only=True):
    """The reader of the events was too slow: `count` of them, the oldest, were dropped."""

    count: int
