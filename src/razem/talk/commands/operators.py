"""OPER, KILL, WALLOPS, REHASH: becoming a server operator, and what one may do (RFC 2812 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import BecomeOperator, Kill, Wallops
from razem.talk.commands.shared import require_operator
from razem.talk.irc import numerics as n
from razem.talk.irc.names import cut
from razem.talk.requests import CheckPassword, Reload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["kill", "oper", "rehash", "wallops"]

_MOST_FAILURES: Final = 3  # wrong passwords of a session, before it is let go
_WALLOPS_BYTES: Final = 390


def oper(session: Session, message: Message) -> None:
    """OPER name password: the password is checked by the driver, the verdict is in the log."""
    name, given = message.params[:2]
    operators = session.hub.policy.operators
    if not operators:
        session.refuse(n.ERR_NOOPERHOST)
        return
    operator = operators.get(name)
    if operator is None:
        _fail(session)
        return

    def give(right: bool) -> Sequence[Change]:  # noqa: FBT001 # it is the answer
        if right:
            return (BecomeOperator(session.id, name),)
        _fail(session)
        return ()

    session.ask(lambda answer: CheckPassword(operator.password, given, answer), give)


def _fail(session: Session) -> None:
    session.refuse(n.ERR_PASSWDMISMATCH)
    session.oper_failures += 1
    if session.oper_failures >= _MOST_FAILURES:
        session.close("Too many wrong passwords")


def kill(session: Session, message: Message) -> Sequence[Change]:
    """KILL nick [reason]."""
    reason = cut(message.param(1), session.hub.limits.reason)
    return (Kill(session.id, message.params[0], reason),)


def wallops(session: Session, message: Message) -> Sequence[Change]:
    """WALLOPS text."""
    return (Wallops(session.id, cut(message.params[0], _WALLOPS_BYTES)),)


def rehash(session: Session, _message: Message) -> None:
    """REHASH: read the configuration again."""
    if not require_operator(session):
        return

    def give(wrong: str) -> None:
        if wrong:
            session.refuse(n.ERR_UNKNOWNERROR, ("REHASH",), wrong)
        else:
            session.reply(n.RPL_REHASHING, "configuration", "Read again")

    session.ask(Reload, give)
