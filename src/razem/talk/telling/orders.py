"""Telling of orders: who gave one hears by `Hub.order`; those who are turned away, here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.irc import numerics as n
from razem.talk.render import Line

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["nothing", "status_given", "turned_away"]


def nothing(_hub: Hub, _event: ev.Event, _entry: do.Entry, _session: Session | None) -> None:
    """Nobody hears of it."""


def status_given(hub: Hub, event: ev.StatusGiven, entry: do.Entry, session: Session | None) -> None:
    """The members hear of it, from the hub itself."""
    sign, channel = "+" if event.operator else "-", event.channel
    line = Line(f":{hub.identity.name} MODE {channel.name} {sign}o {event.user.nick}", entry.time)
    hub.broadcast(channel, line, session)


def turned_away(_hub: Hub, event: ev.TurnedAway, _entry: do.Entry, session: Session | None) -> None:
    """The session hears why, and is closed."""
    if session is not None:
        session.refuse(n.ERR_PASSWDMISMATCH, (), event.why)
        session.close(event.why)
