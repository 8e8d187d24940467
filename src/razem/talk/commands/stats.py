"""STATS: what an operator, and sometimes everybody, may know of the hub (RFC 2812 3.4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.commands.bans import send_bans
from razem.talk.commands.shared import asks_this_server, require_operator
from razem.talk.irc import numerics as n
from razem.talk.requests import ReadClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["stats"]


def stats(session: Session, message: Message) -> None:
    """STATS letter [server]."""
    letter = message.params[0][:1]
    if not asks_this_server(session, message.param(1)):
        return
    answer = _ANSWERS.get(letter.lower())
    if answer is None:
        _end(session, letter)
    elif letter.lower() not in _FOR_OPERATORS or require_operator(session):
        answer(session, letter)


def _end(session: Session, letter: str) -> None:
    session.reply(n.RPL_ENDOFSTATS, letter, "End of /STATS report")


def _uptime(session: Session, letter: str) -> None:
    def give(time: int) -> None:
        seconds = max(0, time - session.hub.identity.started) // 1000
        days, rest = divmod(seconds, 86400)
        hours, rest = divmod(rest, 3600)
        text = f"Server Up {days} days {hours}:{rest // 60:02}:{rest % 60:02}"
        session.reply(n.RPL_STATSUPTIME, text)
        _end(session, letter)

    session.ask(ReadClock, give)


def _configured_operators(session: Session, letter: str) -> None:
    for name in session.hub.policy.operators:
        session.reply(n.RPL_STATSOLINE, "O", "*", "*", name)
    _end(session, letter)


def _present_operators(session: Session, letter: str) -> None:
    for user in session.hub.state.users.values():
        if user.is_operator:
            session.reply(n.RPL_STATSDEBUG, letter, f"{user.source} ({user.operator})")
    _end(session, letter)


def _links(session: Session, letter: str) -> None:
    """Of each connection: what waits to be sent is not counted here, but how long it is open."""
    for one in session.hub.sessions.values():
        name = one.source or f"{one.nick or '*'}@{one.origin.host}"
        seconds = str(max(0, int(session.heard_at - one.connected_at)))
        session.reply(n.RPL_STATSLINKINFO, name, str(one.outbox.held), "0", "0", "0", "0", seconds)
    _end(session, letter)


def _networks(session: Session, letter: str) -> None:
    send_bans(session, letter, {"network"})


def _masks(session: Session, letter: str) -> None:
    send_bans(session, letter, {"mask", "account"})


_FOR_OPERATORS: Final = "odkl"
_ANSWERS: Final[dict[str, Callable[[Session, str], None]]] = {
    "d": _networks,
    "k": _masks,
    "l": _links,
    "o": _configured_operators,
    "p": _present_operators,
    "u": _uptime,
}
