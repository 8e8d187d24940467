"""PASS, NICK, USER, QUIT: how a session becomes a user (Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.admission import is_password, needs_invitation, refusal_at_the_door
from razem.talk.changes import Arrive, Rename
from razem.talk.chanserv import is_service
from razem.talk.commands.accounts import check_password, log_in
from razem.talk.commands.base import Refusal
from razem.talk.commands.sasl import abandon
from razem.talk.commands.users import REALNAME_BYTES, USERNAME_BYTES
from razem.talk.invitations import digest_of, token_of
from razem.talk.irc import numerics as n
from razem.talk.irc.names import cut, valid_nick
from razem.talk.lookalikes import looks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.model import Account
    from razem.talk.session import Session

__all__ = [
    "leave",
    "leave_unregistered",
    "nick",
    "password",
    "rename",
    "try_to_arrive",
    "user",
]


def password(session: Session, message: Message) -> Sequence[Change] | None:
    """PASS, before registration: the password of the hub, an invitation, or ACCOUNT:PASSWORD."""
    if session.user is not None:
        session.refuse(n.ERR_ALREADYREGISTERED)
        return None
    given = message.params[0]
    name, colon, secret = given.partition(":")
    account = session.hub.state.account(name) if colon and not token_of(given) else None
    if account is None or is_password(session, given):
        session.password = given
        return None

    def give(account: Account | None, why: str) -> None:
        if account is None:
            session.refuse(n.ERR_PASSWDMISMATCH, (), why)
            session.close(why)
        else:
            log_in(session, account.name, "")

    return check_password(session, name, secret, give)


def rename(session: Session, message: Message) -> Sequence[Change]:
    """NICK of one who is here."""
    if session.user is None:
        return ()
    wanted = _wanted_nick(session, message)
    return (Rename(session.id, wanted, looks_of(wanted)),)


def nick(session: Session, message: Message) -> None:
    """NICK, before registration: the nick is taken when all is there (`Arrive`)."""
    try:
        wanted = _wanted_nick(session, message)
    except Refusal as refusal:
        refusal.tell(session)
        return
    # Who negotiates may yet log in to the account whose nick it is.
    if not session.negotiating and not session.account and _is_held(session, wanted):
        session.refuse(n.ERR_NICKNAMEINUSE, (wanted,))  # told early; `Arrive` decides
        return
    session.nick = wanted
    try_to_arrive(session)


def _is_held(session: Session, nick: str) -> bool:
    """Tell whether somebody has the nick and is not already on the way out."""
    hub = session.hub
    holder = hub.state.user_by_nick(nick)
    if holder is None:
        return False
    return any(one in hub.sessions or at != hub.name for one, at in holder.sessions.items())


def _wanted_nick(session: Session, message: Message) -> str:
    wanted = message.param(0)
    if not wanted:
        raise Refusal(n.ERR_NONICKNAMEGIVEN)
    if not valid_nick(wanted, session.hub.limits.nick):
        raise Refusal(n.ERR_ERRONEUSNICKNAME, (wanted,))
    if is_service(wanted):
        raise Refusal(n.ERR_NICKNAMEINUSE, (wanted,))
    return wanted


def user(session: Session, message: Message) -> None:
    """USER: name and real name; neither may be empty."""
    if session.user is not None or session.username:
        session.refuse(n.ERR_ALREADYREGISTERED)
        return
    if not message.params[0] or not message.params[3]:
        session.refuse(n.ERR_NEEDMOREPARAMS, ("USER",))
        return
    name = "".join(
        character for character in message.params[0] if character.isalnum() or character in "-_."
    )
    # "~": the name is the client's word (there is no ident look-up).
    session.username = "~" + (cut(name, USERNAME_BYTES) or "user")
    session.realname = cut(message.params[3], REALNAME_BYTES)
    try_to_arrive(session)


def try_to_arrive(session: Session) -> None:
    """Ask for the nick when all is there that registration takes."""
    if session.user or not session.nick or not session.username or session.negotiating:
        return
    refusal = refusal_at_the_door(session)
    if refusal:
        session.refuse(n.ERR_PASSWDMISMATCH, (), refusal)
        session.close(refusal)
        return
    abandon(session)
    token = token_of(session.password)
    arrive = Arrive(
        session.id,
        session.hub.name,
        session.nick,
        session.username,
        session.origin.host,
        session.realname,
        session.account,
        invitation=digest_of(token) if token else "",
        needs_invitation=needs_invitation(session),
        away=session.away_at_first,
        origin=session.origin,
        looks=looks_of(session.nick),
    )
    session.propose((arrive,), barrier=True)


def leave(session: Session, message: Message) -> Sequence[Change]:
    """QUIT of one who is here."""
    if session.user is None:
        return ()
    reason = cut(message.param(0), session.hub.limits.reason)
    return (session.hub.quit(session.id, f"Quit: {reason}" if reason else "Quit"),)


def leave_unregistered(session: Session, message: Message) -> None:
    """QUIT of one who is not."""
    session.close(cut(message.param(0), session.hub.limits.reason) or "Quit")
