"""What several questions need: who may see what, which server is meant, lists in several lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.masks import matches
from razem.talk.irc.names import fill

if TYPE_CHECKING:
    from collections.abc import Iterable

    from razem.talk.session import Session

__all__ = [
    "asks_this_server",
    "is_operator",
    "reply_list",
    "require_operator",
]


def is_operator(session: Session) -> bool:
    """Tell whether the session is one of a server operator."""
    return session.user is not None and session.user.is_operator


def require_operator(session: Session) -> bool:
    """Tell the same; who is none is told so."""
    if is_operator(session):
        return True
    session.refuse(n.ERR_NOPRIVILEGES)
    return False


def asks_this_server(session: Session, target: str) -> bool:
    """Tell whether a question to a server is meant for this one: "", its name, or a user's nick.

    If not, the session is told that there is no such server.
    """
    hub = session.hub
    if not target or matches(target, hub.identity.name) or hub.state.user_by_nick(target):
        return True
    session.refuse(n.ERR_NOSUCHSERVER, (target,))
    return False


def reply_list(
    session: Session, numeric: str, params: tuple[str, ...], words: Iterable[str], comma: str = " "
) -> None:
    """Send words as the last parameter of a numeric, in as many lines as it takes."""
    room = MAX_LINE - len(session.numeric(numeric, *params, "").encode(0))
    for line in fill(words, room):
        session.reply(numeric, *params, line.replace(" ", comma))
