"""Telling of metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.metadata import metadata_of
from razem.talk.model import Channel
from razem.talk.render import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from razem.talk import changes as do
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.model import User
    from razem.talk.session import Session

__all__ = [
    "metadata_changed",
    "name_of",
    "show_on_joining",
    "subscribed_lines",
    "tell_of_newcomer",
    "value_line",
    "welcome_metadata",
]

_MOST_AT_ONCE: Final = 500  # values told on joining a channel: of more, clients ask later
_LATER_SECONDS: Final = "5"


def name_of(target: User | Channel) -> str:
    """Return what a target is called."""
    return target.name if isinstance(target, Channel) else target.nick


def value_line(session: Session, target: User | Channel, key: str, value: str) -> Line:
    """Return the numeric that tells the value of a key, or that it has none."""
    name = name_of(target)
    if value:
        return session.numeric(n.RPL_KEYVALUE, name, key, "*", value)
    return session.numeric(n.RPL_KEYNOTSET, name, key, "Key not set")


def metadata_changed(
    hub: Hub, event: ev.MetadataChanged, entry: do.Entry, session: Session | None
) -> None:
    """Who asked gets the values; who subscribed to the keys and shares a channel, a METADATA."""
    target = event.target
    if session is not None:
        lines = [value_line(session, target, key, value) for key, value in event.changed]
        if len(event.changed) == 1:
            session.send(lines[0])
        else:
            session.send_batch(f"metadata {name_of(target)}", lines)
    by = hub.state.user_of(entry.change.session)
    source = by.source if by is not None else hub.identity.name
    for one in _hearers(hub, target):
        if one is not session:
            _deliver(one, source, target, event.changed)


def _hearers(hub: Hub, target: User | Channel) -> Iterator[Session]:
    """Yield the sessions that are told of the metadata of a target, each once."""
    if isinstance(target, Channel):
        channels = [target]
        users: dict[str, None] = {}
    else:
        channels = [hub.state.channels[name] for name in target.channels]
        users = {target.id: None}
    for channel in channels:
        users.update(dict.fromkeys(channel.members))
    told = set()
    for user in users:
        for one in hub.sessions_of(hub.state.users[user]):
            told.add(one)
            yield one
    if not isinstance(target, Channel):
        for one in hub.watching.watchers_of(target.nick):
            if one not in told and one.capabilities & cap.METADATA_NOTIFY:
                yield one


def _deliver(
    session: Session, source: str, target: User | Channel, changed: Iterable[tuple[str, str]]
) -> None:
    if not session.capabilities & cap.METADATA:
        return
    for key, value in changed:
        if key in session.subscriptions:
            session.deliver(_line(source, target, key, value))


def _line(source: str, target: User | Channel, key: str, value: str) -> Line:
    return Line(f":{source} METADATA {name_of(target)} {key} *" + (f" :{value}" if value else ""))


def subscribed_lines(session: Session, target: User | Channel) -> list[Line]:
    """Return what a session wants to know of a target; of a channel, of its members too."""
    hub, state = session.hub, session.hub.state
    targets: list[User | Channel] = [target]
    if isinstance(target, Channel) and session.subscriptions:
        targets += [state.users[member] for member in target.members]
    return [
        _line(hub.identity.name, each, key, value)
        for each in targets
        for key, value in metadata_of(state, each).items()
        if key in session.subscriptions
    ]


def show_on_joining(session: Session, channel: Channel) -> None:
    """Tell a session that comes into a channel what it wants to know of it and those in it."""
    if not session.capabilities & cap.METADATA or not session.subscriptions:
        return
    lines = subscribed_lines(session, channel)
    if len(lines) > _MOST_AT_ONCE:
        session.reply(n.RPL_METADATASYNCLATER, channel.name, _LATER_SECONDS)
        return
    for line in lines:
        session.send(line)


def tell_of_newcomer(hub: Hub, user: User, channel: Channel, session: Session | None) -> None:
    """Tell those in a channel what they want to know of who came in."""
    values = metadata_of(hub.state, user)
    if not values:
        return
    for member in channel.members:
        if member != user.id:
            for one in hub.sessions_of(hub.state.users[member]):
                if one is not session:
                    _deliver(one, hub.identity.name, user, values.items())


def welcome_metadata(session: Session) -> None:
    """Tell a session its own metadata, as it is kept; to be called when it comes in or asks to."""
    user = session.user
    if user is None or not session.capabilities & cap.METADATA:
        return
    values = metadata_of(session.hub.state, user)
    server = session.hub.identity.name
    lines = [_line(server, user, key, value) for key, value in values.items()]
    session.send_batch(f"metadata {user.nick}", lines, whole=False)
