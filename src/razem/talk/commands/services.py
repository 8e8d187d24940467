"""ChanServ: whom a channel belongs to, and who has which status in it.

It is no user: ``CS ORDER …``, ``CHANSERV ORDER …`` and ``PRIVMSG ChanServ :ORDER …`` are commands
of the hub. Orders go through the log like every other change; its answers are NOTICEs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.changes import DropChannel, RegisterChannel, SetAccess, TransferChannel
from razem.talk.chanserv import CHANSERV_SOURCE
from razem.talk.irc.timestamps import format_time
from razem.talk.ranks import LETTERS
from razem.talk.render import Line
from razem.talk.visibility import sees_channel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["answer", "order", "private_answer", "private_order", "say"]


class _Order(NamedTuple):
    """Something that ChanServ does.

    Attributes:
        syntax: how to ask for it.
        purpose: what it does, in a line.
        change: returns the change that it wants, given what follows the order; None: it is a
            question, or cannot be meant.
        answer: returns the lines that answer a question; None: its syntax is the answer.
    """

    syntax: str
    purpose: str
    change: Callable[[Session, Sequence[str]], Change | None]
    answer: Callable[[Session, Sequence[str]], list[str] | None]


def _nothing(_session: Session, _words: Sequence[str]) -> None:
    return None


def _register(session: Session, words: Sequence[str]) -> Change | None:
    return RegisterChannel(session.id, words[0], session.hub.limits.registrations)


def _unregister(session: Session, words: Sequence[str]) -> Change | None:
    return DropChannel(session.id, words[0], words[1] if len(words) > 1 else "")


def _transfer(session: Session, words: Sequence[str]) -> Change | None:
    if len(words) < 2:
        return None
    code = words[2] if len(words) > 2 else ""
    most = session.hub.limits.registrations
    return TransferChannel(session.id, words[0], words[1], code, most)


def _set_access(session: Session, words: Sequence[str]) -> Change | None:
    if len(words) < 3 or len(words[1]) != 2 or words[1][0] not in "+-":
        return None
    sign, letter = words[1][0], words[1][1]
    if letter not in LETTERS[1:]:  # an owner is made by TRANSFER
        return None
    most = session.hub.limits.access
    return SetAccess(session.id, words[0], words[2], letter if sign == "+" else "", most)


def _show_access(session: Session, words: Sequence[str]) -> list[str] | None:
    if len(words) != 1:
        return None
    channel = session.hub.state.channel(words[0])
    if channel is None or not channel.founder or not sees_channel(session.user, channel):
        return [f"{words[0]} is not registered"]
    lines = [f"{account} +{letter}" for account, letter in channel.access.items()]
    return [f"{channel.founder} +q (founder)", *lines, f"End of the access list of {channel.name}"]


def _show_channel(session: Session, words: Sequence[str]) -> list[str] | None:
    channel = session.hub.state.channel(words[0])
    if channel is None or not channel.founder or not sees_channel(session.user, channel):
        return [f"{words[0]} is not registered"]
    return [
        f"{channel.name} belongs to {channel.founder}",
        f"It was registered at {format_time(channel.registered)}",
    ]


_ORDERS: Final[dict[str, _Order]] = {
    "REGISTER": _Order(
        "REGISTER #channel",
        "makes a channel yours in which you are operator: it stays, with its topic, modes and"
        " lists, and you are its owner whenever you come in",
        _register,
        _nothing,
    ),
    "UNREGISTER": _Order(
        "UNREGISTER #channel [CODE]",
        "gives a channel of yours up; without the code it tells you the code",
        _unregister,
        _nothing,
    ),
    "TRANSFER": _Order(
        "TRANSFER #channel NICK [CODE]",
        "gives a channel of yours to somebody else; without the code it tells you the code",
        _transfer,
        _nothing,
    ),
    "AMODE": _Order(
        "AMODE #channel [+a|+o|+h|+v|-a|-o|-h|-v NICK]",
        "gives an account a status that it has whenever it comes in, or takes it; shows who has"
        " one",
        _set_access,
        _show_access,
    ),
    "INFO": _Order("INFO #channel", "tells whom a channel belongs to", _nothing, _show_channel),
}
_ALIASES: Final = {"DROP": "UNREGISTER"}


def _find(words: Sequence[str]) -> _Order | None:
    name = words[0].upper() if words else ""
    return _ORDERS.get(_ALIASES.get(name, name))


def _change(session: Session, words: Sequence[str]) -> Sequence[Change]:
    """Return what an order wants of the log; nothing: it is a question, or no order."""
    found = _find(words)
    change = found.change(session, words[1:]) if found is not None and len(words) > 1 else None
    return () if change is None else (change,)


def _answer(session: Session, words: Sequence[str]) -> None:
    """Answer what is no change: a question, or something that cannot be meant."""
    found = _find(words)
    if found is not None:
        lines = found.answer(session, words[1:]) if len(words) > 1 else None
        lines = lines or [f"Say {found.syntax}: it {found.purpose}"]
    else:
        lines = [f"{each.syntax}: {each.purpose}" for each in _ORDERS.values()]
        if words and words[0].upper() != "HELP":
            lines = [f"There is no {words[0]}. Say HELP to learn what there is"]
    for line in lines:
        say(session, line)


def say(session: Session, text: str, source: str = CHANSERV_SOURCE) -> None:
    """Let a service say something to a session."""
    session.send(Line(f":{source} NOTICE {session.nick} :{text}"))


def order(session: Session, message: Message) -> Sequence[Change]:
    """CS order …, with something to change."""
    return _change(session, _words(message))


def answer(session: Session, message: Message) -> None:
    """CS order …, without."""
    _answer(session, _words(message))


def _words(message: Message) -> list[str]:
    return " ".join(message.params).split()


def private_order(session: Session, message: Message) -> Sequence[Change]:
    """PRIVMSG ChanServ :order …, with something to change."""
    return _change(session, message.param(1).split())


def private_answer(session: Session, message: Message) -> None:
    """PRIVMSG ChanServ :order …, without."""
    _answer(session, message.param(1).split())
