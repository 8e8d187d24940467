"""Telling of messages to users, of tags, and of what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import changes as do
from razem.talk.commands.services import say
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.ranks import at_least
from razem.talk.render import spoken, tagged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.model import Channel, User
    from razem.talk.render import Line
    from razem.talk.session import Session

__all__ = [
    "carry",
    "failed",
    "refused",
    "repeated",
    "service_said",
    "spoken_to",
    "spoken_to_status",
    "tags_sent",
]


def refused(_hub: Hub, event: ev.Refused, entry: do.Entry, session: Session | None) -> None:
    """The session hears why not."""
    if session is None:
        return
    if isinstance(entry.change, do.Speak) and entry.change.notice:
        return  # nothing ever answers to a NOTICE (RFC 2812 3.3.2)
    if isinstance(entry.change, do.Arrive):
        session.nick = ""  # it has to ask for another one
    session.refuse(event.numeric, event.params, event.text)


def failed(_hub: Hub, event: ev.Failed, _entry: do.Entry, session: Session | None) -> None:
    """The session hears why not."""
    if session is not None:
        session.fail(event.command, event.code, event.context, event.text)


def spoken_to(hub: Hub, event: ev.SpokenTo, entry: do.Entry, session: Session | None) -> None:
    """All sessions of the receiver hear the line, and those of the sender that know echoes."""
    change = entry.change
    assert isinstance(change, do.Speak)  # noqa: S101 # only those are spoken
    line = spoken(entry, change, hub.log_id)
    carry(hub, [event.user], line, entry, session)
    if session is not None and event.user.away and not change.notice:
        session.reply(n.RPL_AWAY, event.user.nick, event.user.away)


def spoken_to_status(
    hub: Hub, event: ev.SpokenToStatus, entry: do.Entry, session: Session | None
) -> None:
    """Those of the channel hear the line who have the status, and the sender's own sessions."""
    change = entry.change
    assert isinstance(change, do.Speak)  # noqa: S101 # only those are spoken
    line = spoken(entry, change, hub.log_id)
    carry(hub, _of_status(hub, event.channel, event.letter, entry), line, entry, session)


def _of_status(hub: Hub, channel: Channel, letter: str, entry: do.Entry) -> list[User]:
    """Return those of a channel who have the status `letter` or more, but for the sender."""
    sender = hub.state.sessions.get(entry.change.session)
    return [
        hub.state.users[member]
        for member, status in channel.members.items()
        if at_least(status, letter) and member != sender
    ]


def service_said(
    _hub: Hub, event: ev.ServiceSaid, _entry: do.Entry, session: Session | None
) -> None:
    """Who asked hears it."""
    if session is not None:
        say(session, event.text, event.source)


def carry(  # noqa: PLR0913 # each is a fact by name
    hub: Hub,
    receivers: Sequence[User],
    line: Line,
    entry: do.Entry,
    session: Session | None,
    *,
    knowing: int = 0,
) -> None:
    """Deliver a line to users, and to the sender's sessions that want to see it too."""
    sender = hub.state.user_of(entry.change.session)
    to_oneself = sender in receivers
    for receiver in receivers:
        _deliver(hub, receiver, line, session, knowing)
    if sender is not None and not to_oneself:
        _deliver(hub, sender, line, session, cap.ECHO_MESSAGE)
    if session is None:
        return
    if to_oneself:  # a line to oneself comes twice where there are echoes, else once
        session.deliver(line)
    if session.capabilities & cap.ECHO_MESSAGE:
        session.send(line)


def _deliver(hub: Hub, user: User, line: Line, session: Session | None, knowing: int) -> None:
    """Deliver a line to the sessions of a user that have these capabilities, except `session`."""
    for one in hub.sessions_of(user):
        if one is not session and one.capabilities & knowing == knowing:
            one.deliver(line)


def tags_sent(hub: Hub, event: ev.Tagged, entry: do.Entry, session: Session | None) -> None:
    """Those who know message-tags hear them."""
    change = entry.change
    assert isinstance(change, do.SendTags)  # noqa: S101 # only those are tagged
    line = tagged(entry, change, hub.log_id)
    if event.channel is not None and event.letter:
        receivers = _of_status(hub, event.channel, event.letter, entry)
        carry(hub, receivers, line, entry, session, knowing=cap.MESSAGE_TAGS)
    elif event.channel is not None:
        hub.tell_channels([event.channel], line, session, knowing=cap.MESSAGE_TAGS)
        if session is not None and session.capabilities & cap.ECHO_MESSAGE:
            session.send(line)
    elif event.user is not None:
        carry(hub, [event.user], line, entry, session, knowing=cap.MESSAGE_TAGS)


def repeated(hub: Hub, event: ev.Repeated, entry: do.Entry, session: Session | None) -> None:
    """Who sent a line again gets the echo of the first one."""
    change = entry.change
    if session is None or not session.capabilities & cap.ECHO_MESSAGE:
        return
    assert isinstance(change, do.Speak)  # noqa: S101 # only those are repeated
    session.send(spoken(do.Entry(event.seq, event.time, change), change, hub.log_id))
