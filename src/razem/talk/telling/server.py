"""Telling of what operators do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.durations import format_duration
from razem.talk.irc import numerics as n
from razem.talk.render import Line

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["ban_added", "ban_removed", "barred", "killed", "promoted", "wallops_sent"]


def promoted(hub: Hub, event: ev.Promoted, _entry: do.Entry, session: Session | None) -> None:
    """All sessions of the user hear of it; so does the operator who did it."""
    for one in hub.sessions_of(event.user):
        one.reply(n.RPL_YOUREOPER, "You are now an IRC operator")
    if session is not None and session.user is not event.user:
        session.notice(f"{event.user.nick} is a server operator now")


def killed(hub: Hub, event: ev.Killed, entry: do.Entry, session: Session | None) -> None:
    """The user hears by whom and why."""
    by = event.source if "!" in event.source else hub.identity.name
    reason = f" :{event.reason}" if event.reason else ""
    line = Line(f":{by} KILL {event.user.nick}{reason}", entry.time)
    hub.tell_user(event.user, line, session)


def barred(_hub: Hub, event: ev.Barred, _entry: do.Entry, session: Session | None) -> None:
    """The session hears why, and is closed."""
    if session is not None:
        session.refuse(n.ERR_YOUREBANNEDCREEP, (), event.ban.told)
        session.close(event.ban.told)


def ban_added(hub: Hub, event: ev.BanAdded, _entry: do.Entry, session: Session | None) -> None:
    """The operators hear of it."""
    ban = event.ban
    until = f" for {format_duration((ban.expires - ban.set_at) // 1000)}" if ban.expires else ""
    why = f": {ban.reason}" if ban.reason else ""
    _tell_operators(hub, f"{ban.by} added a ban of {ban.title}{until}{why}", session)


def ban_removed(hub: Hub, event: ev.BanRemoved, entry: do.Entry, session: Session | None) -> None:
    """The operators hear of it."""
    user = hub.state.user_of(entry.change.session)
    by = user.source if user is not None else "console"
    _tell_operators(hub, f"{by} removed the ban of {event.ban.title}", session)


def _tell_operators(hub: Hub, text: str, session: Session | None) -> None:
    """Tell the operators of this hub; to `session`, whose command it was, as an answer."""
    if session is not None:
        session.notice(text)
    for one in hub.sessions.values():
        if one is not session and one.user is not None and one.user.is_operator:
            one.notice(text, answer=False)


def wallops_sent(hub: Hub, event: ev.WallopsSent, entry: do.Entry, session: Session | None) -> None:
    """Those who asked for such lines (mode w) hear it, and who sent it if so."""
    source = event.source if "!" in event.source else hub.identity.name
    line = Line(f":{source} WALLOPS :{event.text}", entry.time)
    for one in hub.sessions.values():
        if one.user is None or "w" not in one.user.modes:
            continue
        if one is session:
            one.send(line)
        else:
            one.deliver(line)
