"""MONITOR: hear when somebody comes or goes (IRCv3 monitor)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.commands.shared import reply_list
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold, valid_nick

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["monitor"]


def monitor(session: Session, message: Message) -> None:
    """MONITOR + nicks, - nicks, C(lear), L(ist) or S(tatus)."""
    act = _ACTS.get(message.params[0].upper())
    if act is None:
        text = "MONITOR takes +, -, C, L or S"
        session.refuse(n.ERR_UNKNOWNERROR, ("MONITOR", message.params[0]), text)
    elif message.params[0] in "+-" and not message.param(1):
        session.refuse(n.ERR_NEEDMOREPARAMS, ("MONITOR",))
    else:
        act(session, message.param(1).split(","))


def _add(session: Session, nicks: list[str]) -> None:
    hub, most = session.hub, session.hub.limits.monitor
    added: list[str] = []
    for place, nick in enumerate(nicks):
        if fold(nick) in session.watched or not valid_nick(nick, hub.limits.nick):
            continue
        if len(session.watched) >= most:
            _tell(session, added)
            refused = ",".join(nicks[place:])
            session.refuse(n.ERR_MONLISTFULL, (str(most), refused))
            return
        hub.watching.add(session, nick)
        added.append(nick)
    _tell(session, added)


def _remove(session: Session, nicks: list[str]) -> None:
    for nick in nicks:
        session.hub.watching.discard(session, nick)


def _clear(session: Session, _nicks: list[str]) -> None:
    session.hub.watching.clear(session)


def _list(session: Session, _nicks: list[str]) -> None:
    reply_list(session, n.RPL_MONLIST, (), session.watched.values(), ",")
    session.reply(n.RPL_ENDOFMONLIST, "End of MONITOR list")


def _status(session: Session, _nicks: list[str]) -> None:
    _tell(session, list(session.watched.values()))


def _tell(session: Session, nicks: list[str]) -> None:
    """Send who of them is here, and who is not."""
    found = {nick: session.hub.state.user_by_nick(nick) for nick in nicks}
    here = [user.source for user in found.values() if user is not None]
    reply_list(session, n.RPL_MONONLINE, (), here, ",")
    missing = [nick for nick, user in found.items() if user is None]
    reply_list(session, n.RPL_MONOFFLINE, (), missing, ",")


_ACTS: Final[dict[str, Callable[[Session, list[str]], None]]] = {
    "+": _add,
    "-": _remove,
    "C": _clear,
    "L": _list,
    "S": _status,
}
