"""AWAY, SETNAME, CHGHOST: what is told of users."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from razem.talk.changes import SetAway, SetHost, SetRealname
from razem.talk.commands.base import Failure, Refusal
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.names import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["REALNAME_BYTES", "USERNAME_BYTES", "away", "away_at_first", "chghost", "setname"]

USERNAME_BYTES: Final = 18  # without the "~" before it
REALNAME_BYTES: Final = 150
_HOST_BYTES: Final = 63
_WORD: Final = re.compile(r"~?[A-Za-z0-9_.-][A-Za-z0-9_.:/-]*")


def away(session: Session, message: Message) -> Sequence[Change]:
    """AWAY [text]."""
    if session.user is None:
        return ()
    return (SetAway(session.id, cut(message.param(0), session.hub.limits.away)),)


def away_at_first(session: Session, message: Message) -> None:
    """AWAY before registration, for those who negotiated it (IRCv3 pre-away)."""
    if not session.capabilities & cap.PRE_AWAY:
        session.refuse(n.ERR_NOTREGISTERED)
        return
    session.away_at_first = cut(message.param(0), session.hub.limits.away)
    if session.away_at_first:
        session.reply(n.RPL_NOWAWAY, "You have been marked as being away")
    else:
        session.reply(n.RPL_UNAWAY, "You are no longer marked as being away")


def setname(session: Session, message: Message) -> Sequence[Change]:
    """SETNAME realname (IRCv3 setname)."""
    name = message.params[0]
    if not name or len(name.encode()) > REALNAME_BYTES:
        if session.capabilities & cap.SETNAME:
            text = f"A realname has 1 to {REALNAME_BYTES} bytes"
            raise Failure("SETNAME", "INVALID_REALNAME", (), text)
        return ()
    return (SetRealname(session.id, name),)


def chghost(session: Session, message: Message) -> Sequence[Change]:
    """CHGHOST nick user host, by an operator."""
    nick, username, host = message.params[:3]
    for word, most in ((username, USERNAME_BYTES + 1), (host, _HOST_BYTES)):
        if not _WORD.fullmatch(word) or len(word) > most:
            text = f"Not a user name or host: {word}"
            raise Refusal(n.ERR_UNKNOWNERROR, ("CHGHOST",), text)
    return (SetHost(session.id, nick, username, host),)
