"""Telling of messages to users, of tags, and of what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import changes as do
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.render import spoken, tagged

if TYPE_CHECKING:
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.model import User
    from razem.talk.render import Line
    from razem.talk.session import Session

__all__ = ["failed", "refused", "repeated", "spoken_to", "tags_sent"]


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
    _carry(hub, event.user, line, entry, session)
    if session is not None and event.user.away and not change.notice:
        session.reply(n.RPL_AWAY, event.user.nick, event.user.away)


def _carry(  # noqa: PLR0913 # each is a fact by name
    hub: Hub,
    receiver: User,
    line: Line,
    entry: do.Entry,
    session: Session | None,
    *,
    knowing: int = 0,
) -> None:
    """Deliver a line to a user, and to the sender's sessions that want to see it too."""
    for one in hub.sessions_of(receiver):
        if one is not session and one.capabilities & knowing == knowing:
            one.deliver(line)
    sender = hub.state.user_of(entry.change.session)
    if sender is not None and sender is not receiver:
        for one in hub.sessions_of(sender):
            if one is not session and one.capabilities & cap.ECHO_MESSAGE:
                one.deliver(line)
    if session is None:
        return
    if sender is receiver:  # a line to oneself comes twice where there are echoes, else once
        session.deliver(line)
    if session.capabilities & cap.ECHO_MESSAGE:
        session.send(line)


def tags_sent(hub: Hub, event: ev.Tagged, entry: do.Entry, session: Session | None) -> None:
    """Those who know message-tags hear them."""
    change = entry.change
    assert isinstance(change, do.SendTags)  # noqa: S101 # only those are tagged
    line = tagged(entry, change, hub.log_id)
    if event.channel is not None:
        hub.tell_channels([event.channel], line, session, knowing=cap.MESSAGE_TAGS)
        if session is not None and session.capabilities & cap.ECHO_MESSAGE:
            session.send(line)
    elif event.user is not None:
        _carry(hub, event.user, line, entry, session, knowing=cap.MESSAGE_TAGS)


def repeated(hub: Hub, event: ev.Repeated, entry: do.Entry, session: Session | None) -> None:
    """Who sent a line again gets the echo of the first one."""
    change = entry.change
    if session is None or not session.capabilities & cap.ECHO_MESSAGE:
        return
    assert isinstance(change, do.Speak)  # noqa: S101 # only those are repeated
    session.send(spoken(do.Entry(event.seq, event.time, change), change, hub.log_id))
