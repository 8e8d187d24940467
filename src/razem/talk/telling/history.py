"""Telling of messages that were removed, and of read markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import changes as do
from razem.talk.irc import capabilities as cap
from razem.talk.irc.timestamps import format_time
from razem.talk.render import Line, redacted
from razem.talk.telling.messages import carry

if TYPE_CHECKING:
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["marked_read", "message_redacted", "send_marker"]


def message_redacted(
    hub: Hub, event: ev.Redacted, entry: do.Entry, session: Session | None
) -> None:
    """Those hear it who would hear a message there, if they know what it means."""
    change = entry.change
    assert isinstance(change, do.Redact)  # noqa: S101 # only those redact
    line = redacted(entry, change)
    knowing = cap.MESSAGE_REDACTION
    if event.channel is not None:
        hub.tell_channels([event.channel], line, session, knowing=knowing)
        if session is not None and session.capabilities & cap.ECHO_MESSAGE:
            session.send(line)
        return
    receivers = [] if event.user is None else [event.user]
    carry(hub, receivers, line, entry, session, knowing=knowing)


def marked_read(hub: Hub, event: ev.MarkedRead, _entry: do.Entry, session: Session | None) -> None:
    """All sessions of the user hear of it, and nobody else; who asked hears how it is."""
    for one in hub.sessions_of(event.user):
        if one is session:
            send_marker(one, event.name)
        elif event.moved and one.capabilities & cap.READ_MARKER:
            one.deliver(_marker(one, event.name))


def send_marker(session: Session, name: str) -> None:
    """Tell a session up to where its user has read a channel, or what another said."""
    session.send(_marker(session, name))


def _marker(session: Session, name: str) -> Line:
    hub, user = session.hub, session.user
    time = hub.state.marker(user, name) if user is not None else 0
    marker = f"timestamp={format_time(time)}" if time else "*"
    return Line(f":{hub.identity.name} MARKREAD {name} {marker}")
