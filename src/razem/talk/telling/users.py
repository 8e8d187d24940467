"""Telling of users: who came, left, is called otherwise, is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import changes as do
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold
from razem.talk.modes import written
from razem.talk.render import Line
from razem.talk.telling.channels import away_line, join_line, show_channel
from razem.talk.welcome import send_welcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.model import Channel, User
    from razem.talk.session import Session

__all__ = [
    "arrived",
    "attached",
    "away_changed",
    "away_said",
    "detached",
    "host_changed",
    "left",
    "modes_changed",
    "realname_changed",
    "renamed",
    "tell_left",
]


def arrived(hub: Hub, event: ev.Arrived, _entry: do.Entry, session: Session | None) -> None:
    """The session is welcome; who waits for the nick hears of it."""
    hub.tally.arrived(event.user)
    if session is not None:
        _welcome(session, event.user)
    _tell_watchers(hub, n.RPL_MONONLINE, event.user.nick, event.user.source)


def _tell_watchers(hub: Hub, numeric: str, nick: str, what: str) -> None:
    """Tell those who monitor a nick that it is here, or not any more (IRCv3 monitor)."""
    for watcher in hub.watching.watchers_of(nick):
        watcher.deliver(watcher.numeric(numeric, what))


def _welcome(session: Session, user: User) -> None:
    session.be(user)
    send_welcome(session)


def attached(hub: Hub, event: ev.Attached, entry: do.Entry, session: Session | None) -> None:
    """The session is welcome, and is in the channels of its user."""
    if session is None:
        return
    user = event.user
    _welcome(session, user)
    for name in user.channels:
        channel = hub.state.channels[name]
        session.send(join_line(user, channel, entry.time))
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
    line = Line(f":{event.old} NICK :{user.nick}", entry.time, user)
    for one in hub.sessions_of(user):
        one.be(user)
    hub.tell_channels(_channels(hub, user), line, session, also=user)
    if session is not None and session.user is user:
        session.send(line)
    hub.departed.add(user, event.old, entry.time)
    old = event.old.partition("!")[0]
    if fold(old) != fold(user.nick):
        _tell_watchers(hub, n.RPL_MONOFFLINE, old, old)
        _tell_watchers(hub, n.RPL_MONONLINE, user.nick, user.source)


def left(hub: Hub, event: ev.Left, entry: do.Entry, session: Session | None) -> None:
    """Those who shared a channel hear of it; what sessions there still are, are closed."""
    user = event.user
    for gone in hub.sessions_of(user):
        hub.unsubscribe(gone, *(channel.folded for channel in event.channels))
        _end(hub, gone, event.reason)
    tell_left(hub, user, event.channels, event.reason, entry=entry, session=session)


def tell_left(  # noqa: PLR0913 # each is a fact by name
    hub: Hub,
    user: User,
    channels: Sequence[Channel],
    reason: str,
    *,
    entry: do.Entry,
    session: Session | None,
) -> None:
    """Tell those who shared a channel with a user that it is gone, and who watched it."""
    line = Line(f":{user.source} QUIT :{reason}", entry.time, user)
    hub.tell_channels(channels, line, session)
    hub.tally.left(user)
    hub.departed.add(user, user.source, entry.time)
    _tell_watchers(hub, n.RPL_MONOFFLINE, user.nick, user.nick)


def away_said(_hub: Hub, _event: ev.AwaySaid, entry: do.Entry, session: Session | None) -> None:
    """The session hears that it is so."""
    if session is None or not isinstance(entry.change, do.SetAway):
        return
    if entry.change.text:
        session.reply(n.RPL_NOWAWAY, "You have been marked as being away")
    else:
        session.reply(n.RPL_UNAWAY, "You are no longer marked as being away")


def away_changed(hub: Hub, event: ev.AwayChanged, entry: do.Entry, session: Session | None) -> None:
    """Those who share a channel and asked for it hear of it."""
    user = event.user
    line = away_line(user, entry)
    channels = _channels(hub, user)
    hub.tell_channels(channels, line, session, knowing=cap.AWAY_NOTIFY, about=user)


def _channels(hub: Hub, user: User) -> list[Channel]:
    return [hub.state.channels[name] for name in user.channels]


def realname_changed(
    hub: Hub, event: ev.RealnameChanged, entry: do.Entry, session: Session | None
) -> None:
    """Those who share a channel and asked for it hear of it, and all sessions of the user."""
    user = event.user
    line = Line(f":{user.source} SETNAME :{user.realname}", entry.time, user)
    channels = _channels(hub, user)
    hub.tell_channels(channels, line, session, knowing=cap.SETNAME, also=user, about=user)
    if session is not None and session.capabilities & cap.SETNAME:
        session.send(line)


def host_changed(hub: Hub, event: ev.HostChanged, entry: do.Entry, session: Session | None) -> None:
    """Those who share a channel hear of it; who does not know CHGHOST sees a new arrival.

    IRCv3 chghost, "Fallback": QUIT, and then JOIN and MODE for each channel that is shared.
    """
    user, server = event.user, hub.identity.name
    for one in hub.sessions_of(user):
        one.be(user)
    channels = _channels(hub, user)
    line = Line(f":{event.old} CHGHOST {user.username} {user.host}", entry.time, user)
    hub.tell_channels(channels, line, None, knowing=cap.CHGHOST, also=user, about=user)
    own = hub.sessions_of(user)
    gone = Line(f":{event.old} QUIT :Changing host", entry.time, user)
    hub.tell_channels(channels, gone, None, lacking=cap.CHGHOST, but=own)
    for channel in channels:
        join = join_line(user, channel, entry.time)
        hub.tell_channels([channel], join, None, lacking=cap.CHGHOST, but=own)
        status = channel.members[user.id]
        if status:
            words = f"+{status} {' '.join([user.nick] * len(status))}"
            mode = Line(f":{server} MODE {channel.name} {words}", entry.time)
            hub.tell_channels([channel], mode, None, lacking=cap.CHGHOST, but=own)
    if session is not None:
        session.reply(n.RPL_HOSTCHANGED, user.nick, f"{user.username}@{user.host}", "is shown now")


def modes_changed(
    hub: Hub, event: ev.UserModesChanged, _entry: do.Entry, session: Session | None
) -> None:
    """All sessions of the user hear of it."""
    nick = event.user.nick
    hub.tally.modes_changed(event.modes)
    for one in hub.sessions_of(event.user):
        one.be(event.user)  # whether it is a bot may have changed
    line = Line(f":{nick} MODE {nick} :{' '.join(written(event.modes))}")
    hub.tell_user(event.user, line, session)
