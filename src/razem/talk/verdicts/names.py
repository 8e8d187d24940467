"""Verdicts on names: who may be called what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.lookalikes import looks_of

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import User
    from razem.talk.state import State

__all__ = ["make_guest", "nick_refusal"]


def nick_refusal(
    state: State, nick: str, looks: tuple[str, ...], *, account: str, user: User | None = None
) -> ev.Refused | None:
    """Return why somebody may not have a nick; None: they may.

    Args:
        state: as it is.
        nick: what they want.
        looks: of the nick.
        account: the name of the account that they are logged in to; "": none.
        user: who they are, if they are here.
    """
    holder = state.user_by_nick(nick)
    if holder is not None and holder is not user:
        return ev.Refused(n.ERR_NICKNAMEINUSE, (nick,))
    owner = state.account(nick)
    if owner is not None and owner.name != account:
        text = f"Nickname is registered: log in to the account {owner.name} first"
        return ev.Refused(n.ERR_NICKNAMEINUSE, (nick,), text)
    own = {account, user.nick if user is not None else ""}
    other = state.nick_looks.like(nick, looks, own) or state.account_looks.like(nick, looks, own)
    if other:
        text = f"Nickname looks like {other}, which is somebody else's"
        return ev.Refused(n.ERR_NICKNAMEINUSE, (nick,), text)
    return None


def make_guest(state: State, user: User, entry: do.Entry) -> ev.Renamed:
    """Give a user a nick that is nobody's, because the one it has is another's."""
    number = entry.seq
    while True:
        nick = f"Guest{number}"
        if nick_refusal(state, nick, (), account="") is None:
            break
        number += 1
    old = user.source
    state.rename_user(user, nick, looks_of(nick))
    return ev.Renamed(user, old)
