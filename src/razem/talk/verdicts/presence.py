"""Verdicts on being here: with sessions or without, and whether others are told of away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import events as ev
from razem.talk.verdicts.shared import detach

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import User
    from razem.talk.origin import Origin
    from razem.talk.state import State

__all__ = ["NOBODY", "attach", "say_away", "stay_without", "stays"]

NOBODY: Final = "*"  # AWAY of a session at which nobody sits (IRCv3 pre-away)
# "Servers MAY substitute a human-readable message for the `*`".
_NOT_THERE: Final = "Not at the keyboard"
_NOT_CONNECTED: Final = "Not connected"


def stays(state: State, user: User, *, default: bool) -> bool:
    """Tell whether a user stays present without a session."""
    account = state.account(user.account) if user.account else None
    return account is not None and account.stays(default)


def attach(  # noqa: PLR0913 # each is a fact by name
    state: State, user: User, session: str, hub: str, origin: Origin | None, *, away: str = ""
) -> list[ev.Event]:
    """Let a user have one more session; tell if it is the first again.

    `away`: what the session said before (IRCv3 pre-away).
    """
    first = not user.sessions
    user.sessions[session] = hub
    state.sessions[session] = user.id
    if origin is not None:
        user.origins[session] = origin
    events = say_away(user, session, away) if away or first else _told_away(user)
    if first:
        events.append(ev.Returned(user, session, user.told, user.gone_at))
        user.told = user.gone_at = 0
    return events


def stay_without(  # noqa: PLR0913 # each is a fact by name
    state: State, user: User, session: str, reason: str, *, told: int, entry: do.Entry
) -> list[ev.Event]:
    """Take a session from a user who stays, with others or without any."""
    events: list[ev.Event] = [detach(state, user, session, reason)]
    if not user.sessions:
        user.told, user.gone_at = told, entry.time
    return [*events, *_told_away(user)]


def say_away(user: User, session: str, text: str) -> list[ev.Event]:
    """A session says that its user is away (or "": back), or that nobody sits at it."""
    if text == NOBODY:
        user.background[session] = None
    else:
        user.background.pop(session, None)
        user.said_away = text
    return _told_away(user)


def _told_away(user: User) -> list[ev.Event]:
    """Work out what others are told, and tell if it is something else than before."""
    before = user.away
    if user.said_away:
        user.away = user.said_away
    elif not user.sessions:
        user.away = _NOT_CONNECTED
    elif user.sessions.keys() <= user.background.keys():
        user.away = _NOT_THERE
    else:
        user.away = ""
    return [ev.AwayChanged(user)] if user.away != before else []
