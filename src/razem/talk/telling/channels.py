"""Telling of channels: who came in and left, the topic, the modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.commands.queries import send_names, send_topic
from razem.talk.history import Page, Pivot
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.outbox import Gap
from razem.talk.render import Line
from razem.talk.requests import ReadPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk import changes as do
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.model import Channel
    from razem.talk.session import Session

__all__ = [
    "invited",
    "joined",
    "kicked",
    "modes_changed",
    "parted",
    "show_channel",
    "topic_changed",
]


def joined(hub: Hub, event: ev.Joined, entry: do.Entry, session: Session | None) -> None:
    """The members hear of it; the sessions of the user are shown the channel."""
    channel, user = event.channel, event.user
    line = Line(f":{user.source} JOIN {channel.name}", entry.time)
    hub.tell_channels([channel], line, session)
    for one in hub.sessions_of(user):
        if one is session:
            one.send(line)
        else:
            one.deliver(line)
        show_channel(hub, one, channel)
    knows_history = session is None or session.capabilities & cap.CHATHISTORY
    if event.returning is not None and session is not None and not knows_history:
        _show_missed(hub, session, channel, event.returning.seq)


def show_channel(hub: Hub, session: Session, channel: Channel) -> None:
    """Send what one sees on coming into a channel, and let the session hear it from now on."""
    send_topic(session, channel)
    send_names(session, channel)
    hub.subscribe(session, channel.folded)


def _show_missed(hub: Hub, session: Session, channel: Channel, since: int) -> None:
    """Show a client that cannot ask for it what was said while it was cut off.

    What is said meanwhile is held back, so that nothing comes twice or in another order.
    """
    page = Page(channel.folded, "latest", Pivot(since), hub.limits.missed, hub.state.applied)
    outbox, gaps = session.outbox, list[Gap]()
    session.after_answer(lambda: gaps.append(outbox.hold()))
    session.missing.append(since)

    def answer(entries: Sequence[do.Entry] | None, _now: float) -> None:
        lines = hub.history_lines(entries or ())
        session.missing.remove(since)
        data = b"".join(line.encode(session.capabilities) for line in lines)
        if gaps:
            outbox.release(gaps[0], data)
        else:
            outbox.put(data)

    hub.requests.append(ReadPage(page, answer))


def parted(hub: Hub, event: ev.Parted, entry: do.Entry, session: Session | None) -> None:
    """The members hear of it, and who left."""
    reason = f" :{event.reason}" if event.reason else ""
    line = Line(f":{event.user.source} PART {event.channel.name}{reason}", entry.time)
    hub.broadcast(event.channel, line, session)
    for one in hub.sessions_of(event.user):
        hub.unsubscribe(one, event.channel.folded)


def topic_changed(
    hub: Hub, event: ev.TopicChanged, entry: do.Entry, session: Session | None
) -> None:
    """The members hear of it."""
    channel = event.channel
    line = Line(f":{event.source} TOPIC {channel.name} :{channel.topic}", entry.time)
    hub.broadcast(channel, line, session)


def modes_changed(
    hub: Hub, event: ev.ModesChanged, entry: do.Entry, session: Session | None
) -> None:
    """The members hear of it."""
    words = " ".join(event.modes)
    line = Line(f":{event.source} MODE {event.channel.name} {words}", entry.time)
    hub.broadcast(event.channel, line, session)


def kicked(hub: Hub, event: ev.Kicked, entry: do.Entry, session: Session | None) -> None:
    """The members hear of it, and who was put out."""
    channel, user = event.channel, event.user
    line = Line(f":{event.source} KICK {channel.name} {user.nick} :{event.reason}", entry.time)
    hub.broadcast(channel, line, session)
    for one in hub.sessions_of(user):
        hub.unsubscribe(one, channel.folded)


def invited(hub: Hub, event: ev.Invited, entry: do.Entry, session: Session | None) -> None:
    """Who is invited hears of it, and who invited."""
    channel, user = event.channel, event.user
    hub.tell_user(user, Line(f":{event.source} INVITE {user.nick} {channel.name}", entry.time))
    if session is not None:
        session.reply(n.RPL_INVITING, user.nick, channel.name)
        if user.away:
            session.reply(n.RPL_AWAY, user.nick, user.away)
