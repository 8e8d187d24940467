"""Telling of users: who came, left, is called otherwise, is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.irc import numerics as n
from razem.talk.modes import written
from razem.talk.render import Line
from razem.talk.telling.channels import show_channel
from razem.talk.welcome import send_welcome

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = [
    "arrived",
    "attached",
    "away_changed",
    "detached",
    "left",
    "modes_changed",
    "renamed",
]


def arrived(_hub: Hub, event: ev.Arrived, _entry: do.Entry, session: Session | None) -> None:
    """The session is welcome."""
    if session is not None:
        session.be(event.user)
        send_welcome(session)


def attached(hub: Hub, event: ev.Attached, entry: do.Entry, session: Session | None) -> None:
    """The session is welcome, and is in the channels of its user."""
    if session is None:
        return
    user = event.user
    session.be(user)
    send_welcome(session)
    for name in user.channels:
        channel = hub.state.channels[name]
        session.send(Line(f":{user.source} JOIN {channel.name}", entry.time))
        show_channel(hub, session, channel)


def detached(hub: Hub, event: ev.Detached, _entry: do.Entry, _session: Session | None) -> None:
    """The session is closed; nobody else hears of it."""
    gone = hub.sessions.get(event.session)
    if gone is not None:
        _end(hub, gone, event.reason)


def _end(hub: Hub, gone: Session, reason: str) -> None:
    hub.unsubscribe(gone)
    gone.be(None)
    gone.close(reason)
    hub.lose_session(gone, reason)  # it hears of nothing that comes after


def renamed(hub: Hub, event: ev.Renamed, entry: do.Entry, session: Session | None) -> None:
    """Those who share a channel hear of it, and all sessions of the user."""
    user = event.user
    line = Line(f":{event.old} NICK :{user.nick}", entry.time)
    for one in hub.sessions_of(user):
        one.be(user)
    channels = [hub.state.channels[name] for name in user.channels]
    hub.tell_channels(channels, line, session, also=user)
    if session is not None:
        session.send(line)


def left(hub: Hub, event: ev.Left, entry: do.Entry, session: Session | None) -> None:
    """Those who shared a channel hear of it; what sessions there still are, are closed."""
    user = event.user
    for gone in hub.sessions_of(user):
        hub.unsubscribe(gone, *(channel.folded for channel in event.channels))
        _end(hub, gone, event.reason)
    line = Line(f":{user.source} QUIT :{event.reason}", entry.time)
    hub.tell_channels(event.channels, line, session)


def away_changed(
    _hub: Hub, event: ev.AwayChanged, _entry: do.Entry, session: Session | None
) -> None:
    """The session hears that it is so."""
    if session is None:
        return
    if event.user.away:
        session.reply(n.RPL_NOWAWAY, "You have been marked as being away")
    else:
        session.reply(n.RPL_UNAWAY, "You are no longer marked as being away")


def modes_changed(
    hub: Hub, event: ev.UserModesChanged, _entry: do.Entry, session: Session | None
) -> None:
    """All sessions of the user hear of it."""
    nick = event.user.nick
    line = Line(f":{nick} MODE {nick} :{' '.join(written(event.modes))}")
    hub.tell_user(event.user, line, session)
