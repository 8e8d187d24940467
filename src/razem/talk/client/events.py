"""What happens to a chat client: nouns, as values. Faces and programs are made of these."""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations when it decodes

import msgspec

__all__ = [
    "Acknowledged",
    "AwayChanged",
    "CaughtUp",
    "ChannelRenamed",
    "CommandRefused",
    "Connected",
    "Disconnected",
    "Event",
    "EventsLost",
    "Found",
    "Happened",
    "HistoryReceived",
    "Invited",
    "Joined",
    "Kicked",
    "Logged",
    "LoggedIn",
    "Member",
    "MessageReceived",
    "Missed",
    "MissedIn",
    "ModeChanged",
    "Names",
    "NickChanged",
    "Parted",
    "Quit",
    "Reacted",
    "ReadMarked",
    "Redacted",
    "Refused",
    "ServerNotice",
    "TalkOpened",
    "TopicChanged",
    "TypingChanged",
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


class Logged(Event, frozen=True, kw_only=True):
    """What has a place in the server's log: told in the order of it, without gaps and doubles.

    Attributes:
        conversation: the channel, or the other's nick in a private talk.
        time: when the server took it (UTC); None from a server that does not say.
        msgid: its name in the server's log; "" from a server that gives none.
        history: it was told afterwards: it happened while we were not there.
    """

    conversation: str
    time: datetime | None = None
    msgid: str = ""
    history: bool = False


class MessageReceived(Logged, frozen=True, kw_only=True):
    """A message; our own ones stand among those of others.

    Attributes:
        text: of several lines where the server knows such messages (IRCv3 multiline).
        id: the sender's name for it (the tag ``+razem/id``), or "".
        own: we sent it.
        notice: it was a NOTICE: programs never answer those.
        action: it was a /me.
        reply: the msgid of the message that it answers, or "".
        mention: it is another's and calls us by our nick.
        bot: its sender is a program, and says so.
    """

    sender: str
    text: str
    id: str = ""
    own: bool = False
    notice: bool = False
    action: bool = False
    reply: str = ""
    mention: bool = False
    bot: bool = False


class Reacted(Logged, frozen=True, kw_only=True):
    """Somebody put a reaction to the message `to`, or took it back (IRCv3 react, unreact)."""

    by: str
    to: str
    reaction: str
    removed: bool = False
    own: bool = False


class Redacted(Logged, frozen=True, kw_only=True):
    """The message `redacted` (a msgid) was removed: its text is not to be shown any more."""

    redacted: str
    by: str
    reason: str = ""


class Happened(Logged, frozen=True, kw_only=True):
    """What became of the channel while we were not there: another topic, a mode, a kick."""

    what: TopicChanged | ModeChanged | Kicked


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


class TypingChanged(Event, frozen=True, kw_only=True):
    """Somebody is typing, or not any more (IRCv3 typing)."""

    conversation: str
    nick: str
    active: bool


class ReadMarked(Event, frozen=True, kw_only=True):
    """Up to where we have read a conversation, here or elsewhere; None: that is not known."""

    conversation: str
    until: datetime | None


class TalkOpened(Event, frozen=True, kw_only=True):
    """There is a private talk: with whom."""

    conversation: str


class MissedIn(msgspec.Struct, frozen=True):
    """What was missed in one conversation.

    Attributes:
        count: messages that were not read; `more`: there are more than these.
        mentions: how many of them call us by our nick; in private, all.
        last: when the last of them was said.
    """

    conversation: str
    count: int
    mentions: int
    more: bool = False
    last: datetime | None = None


class Missed(Event, frozen=True, kw_only=True):
    """What was said while we were away, in short (razem/unread)."""

    conversations: tuple[MissedIn, ...]


class Found(Event, frozen=True, kw_only=True):
    """The answer to a search, the oldest first; `refused` says why there is none."""

    token: str
    messages: tuple[MessageReceived, ...]
    refused: str = ""


class AwayChanged(Event, frozen=True, kw_only=True):
    """A member of a channel is away, with that `text`, or back ("")."""

    nick: str
    text: str
    own: bool = False


class Invited(Event, frozen=True, kw_only=True):
    """Somebody asks `nick` into a channel; `own` when that is us."""

    channel: str
    nick: str
    by: str
    own: bool = False


class LoggedIn(Event, frozen=True, kw_only=True):
    """We are logged in to an account; "": not any more."""

    account: str


class ChannelRenamed(Event, frozen=True, kw_only=True):
    """A channel is called otherwise; its members and its history are what they were."""

    old: str
    new: str
    by: str
    reason: str = ""


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
    away: bool = False


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
    """The answer to a question for history; `refused` says why there is none.

    Attributes:
        messages: the messages in it, the oldest first.
        lines: all that is in it: messages, reactions, what happened in the channel.
        complete: there is nothing before these.
    """

    token: str
    target: str
    messages: tuple[MessageReceived, ...]
    lines: tuple[Logged, ...] = ()
    complete: bool = False
    refused: str = ""


class EventsLost(Event, frozen=True, kw_only=True):
    """The reader of the events was too slow: `count` of them, the oldest, were dropped."""

    count: int
