"""Telling of orders: who gave one hears by `Hub.order`; those who are turned away, here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.irc import numerics as n

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["nothing", "turned_away"]


def nothing(_hub: Hub, _event: ev.Event, _entry: do.Entry, _session: Session | None) -> None:
    """Nobody hears of it."""


def turned_away(_hub: Hub, event: ev.TurnedAway, _entry: do.Entry, session: Session | None) -> None:
    """The session hears why, and is closed."""
    if session is not None:
        session.refuse(n.ERR_PASSWDMISMATCH, (), event.why)
        session.close(event.why)
