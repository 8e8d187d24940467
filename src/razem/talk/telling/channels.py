"""Telling of channels: who came in and left, the topic, the modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import changes as do
from razem.talk import wording
from razem.talk.commands.modes import show_lists
from razem.talk.commands.queries import send_names, send_topic
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold
from razem.talk.modes import written
from razem.talk.ranks import at_least
from razem.talk.render import Line, message_id
from razem.talk.telling.history import send_marker
from razem.talk.telling.metadata import show_on_joining, tell_of_newcomer
from razem.talk.telling.missed import show_missed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.model import Channel, User
    from razem.talk.session import Session

__all__ = [
    "away_line",
    "invited",
    "join_line",
    "joined",
    "kicked",
    "knocked",
    "lists_wanted",
    "modes_changed",
    "parted",
    "renamed",
    "show_channel",
    "topic_changed",
]


def joined(hub: Hub, event: ev.Joined, entry: do.Entry, session: Session | None) -> None:
    """The members hear of it; the sessions of the user are shown the channel."""
    channel, user = event.channel, event.user
    line = join_line(user, channel, entry.time)
    hub.tell_channels([channel], line, session)
    status = channel.members[user.id]
    if status and len(channel.members) > 1:  # the user itself sees it in the names
        letters = written([do.ModeChange(True, letter, user.nick) for letter in status])
        modes = Line(f":{hub.identity.name} MODE {channel.name} {' '.join(letters)}", entry.time)
        hub.tell_channels([channel], modes, session)
    for one in hub.sessions_of(user):
        if one is session:
            one.send(line)
        else:
            one.deliver(line)
        show_channel(hub, one, channel)
    tell_of_newcomer(hub, user, channel, session)
    if user.away:
        hub.tell_channels([channel], away_line(user, entry), session, knowing=cap.AWAY_NOTIFY)
    knows_history = session is None or session.capabilities & cap.CHATHISTORY
    if event.returning is not None and session is not None and not knows_history:
        show_missed(hub, session, (channel.folded,), event.returning.seq)


def join_line(user: User, channel: Channel, time: int) -> Line:
    """Return the JOIN of a user, with more in it for those who asked for that (extended-join)."""
    body = f":{user.source} JOIN {channel.name}"
    account = user.account or "*"
    extended = cap.EXTENDED_JOIN, f"{body} {account} :{user.realname}"
    return Line(body, time, user, otherwise=extended)


def away_line(user: User, entry: do.Entry) -> Line:
    """Return the AWAY of a user (IRCv3 away-notify)."""
    text = f" :{user.away}" if user.away else ""
    return Line(f":{user.source} AWAY{text}", entry.time, user)


def _by_session(hub: Hub, entry: do.Entry, body: str, msgid: str = "") -> Line:
    """Return a line of the user whose session wanted the entry."""
    return Line(body, entry.time, hub.state.user_of(entry.change.session), msgid=msgid)


def show_channel(hub: Hub, session: Session, channel: Channel) -> None:
    """Send what one sees on coming into a channel, and let the session hear it from now on."""
    send_topic(session, channel)
    if session.capabilities & cap.READ_MARKER:  # "before the RPL_ENDOFNAMES reply"
        send_marker(session, channel.name)
    if not session.capabilities & cap.NO_IMPLICIT_NAMES:
        send_names(session, channel)
    show_on_joining(session, channel)
    hub.subscribe(session, channel.folded)


def parted(hub: Hub, event: ev.Parted, entry: do.Entry, session: Session | None) -> None:
    """The members hear of it, and who left."""
    reason = f" :{event.reason}" if event.reason else ""
    line = Line(f":{event.user.source} PART {event.channel.name}{reason}", entry.time, event.user)
    hub.broadcast(event.channel, line, session)
    for one in hub.sessions_of(event.user):
        hub.unsubscribe(one, event.channel.folded)


def topic_changed(
    hub: Hub, event: ev.TopicChanged, entry: do.Entry, session: Session | None
) -> None:
    """The members hear of it."""
    channel = event.channel
    line = _by_session(hub, entry, wording.topic(event), message_id(hub.log_id, entry.seq))
    hub.broadcast(channel, line, session)


def modes_changed(
    hub: Hub, event: ev.ModesChanged, entry: do.Entry, session: Session | None
) -> None:
    """The members hear of it."""
    channel = event.channel
    by = hub.state.user_of(entry.change.session)
    # Through ChanServ it is not they who changed them, and perhaps they are not in the channel.
    sender = by if by is not None and by.source == event.source else None
    msgid = "" if event.more else message_id(hub.log_id, entry.seq)
    line = Line(wording.modes(event), entry.time, sender, msgid=msgid)
    hub.broadcast(channel, line, session, own=by is not None and by.id in channel.members)


def lists_wanted(
    _hub: Hub, event: ev.ListsWanted, _entry: do.Entry, session: Session | None
) -> None:
    """The session is shown the lists."""
    if session is not None:
        show_lists(session, event.channel, event.letters)


def renamed(hub: Hub, event: ev.ChannelRenamed, entry: do.Entry, session: Session | None) -> None:
    """The members hear of it; for those who do not know RENAME, they leave and come in again."""
    channel, old = event.channel, event.old
    hub.rename_audience(fold(old), channel.folded)
    line = _by_session(hub, entry, f":{event.source} RENAME {old} {channel.name} :{event.reason}")
    for member in channel.members:
        user = hub.state.users[member]
        for one in hub.sessions_of(user):
            send = one.send if one is session else one.deliver
            if one.capabilities & cap.CHANNEL_RENAME:
                send(line)
            elif fold(old) != channel.folded:  # case alone makes no difference
                reason = f" :{event.reason}" if event.reason else ""
                send(Line(f":{user.source} PART {old}{reason}", entry.time, user))
                send(join_line(user, channel, entry.time))
                show_channel(hub, one, channel)


def kicked(hub: Hub, event: ev.Kicked, entry: do.Entry, session: Session | None) -> None:
    """The members hear of it, and who was put out."""
    channel, user = event.channel, event.user
    line = _by_session(hub, entry, wording.kick(event), message_id(hub.log_id, entry.seq))
    hub.broadcast(channel, line, session)
    for one in hub.sessions_of(user):
        hub.unsubscribe(one, channel.folded)


def invited(hub: Hub, event: ev.Invited, entry: do.Entry, session: Session | None) -> None:
    """Who is invited hears of it, who invited, and operators who asked for it (invite-notify)."""
    channel, user = event.channel, event.user
    line = _by_session(hub, entry, f":{event.source} INVITE {user.nick} {channel.name}")
    hub.tell_user(user, line)
    for other in _admitting(hub, channel):
        if other is not session and other.capabilities & cap.INVITE_NOTIFY:
            other.deliver(line)
    if session is not None:
        session.reply(n.RPL_INVITING, user.nick, channel.name)
        if user.away:
            session.reply(n.RPL_AWAY, user.nick, user.away)


def _admitting(hub: Hub, channel: Channel) -> Iterator[Session]:
    """Yield the sessions of those who may let others in."""
    for member, status in channel.members.items():
        if at_least(status, "h"):
            yield from hub.sessions_of(hub.state.users[member])


def knocked(hub: Hub, event: ev.Knocked, entry: do.Entry, session: Session | None) -> None:
    """Those who may let somebody in hear that somebody wants it, and why."""
    channel, change = event.channel, entry.change
    assert isinstance(change, do.Knock)  # noqa: S101 # only those knock
    why = f": {change.text}" if change.text else ""
    text = f"has asked for an invite{why}"
    for one in _admitting(hub, channel):
        one.deliver(one.numeric(n.RPL_KNOCK, channel.name, event.user.source, text))
    if session is not None:
        session.reply(n.RPL_KNOCKDLVR, channel.name, "Your KNOCK has been delivered")
