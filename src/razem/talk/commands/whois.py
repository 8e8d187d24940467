"""WHOIS, WHOWAS, USERHOST, ISON: about users (RFC 2812 3.6, 4.8, 4.9, Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.commands.base import Refusal
from razem.talk.commands.channels import split_targets
from razem.talk.commands.shared import asks_this_server, is_operator, reply_list
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.timestamps import format_time
from razem.talk.modes import prefix
from razem.talk.visibility import sees_channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.talk.irc.message import Message
    from razem.talk.model import User
    from razem.talk.session import Session

__all__ = ["address_of", "idle_seconds", "ison", "userhost", "whois", "whowas"]

_MOST_USERHOST: Final = 5  # RFC 2812 4.8


def address_of(user: User) -> str:
    """Return an IP address that a user comes from, in a form that can stand in an IRC line.

    Its host where none is known, as of who comes by a UNIX socket.
    """
    address = next((one.address for one in user.origins.values() if one.address), user.host)
    return f"0{address}" if address.startswith(":") else address


def idle_seconds(session: Session, user: User) -> int | None:
    """Return for how long a user has said nothing; None: it has no session at this hub."""
    spoken = [one.spoke_at for one in session.hub.sessions_of(user)]
    return max(0, int(session.heard_at - max(spoken))) if spoken else None


def whois(session: Session, message: Message) -> None:
    """WHOIS [server] nick[,nick…]."""
    if not message.param(0):
        session.refuse(n.ERR_NONICKNAMEGIVEN)
        return
    if len(message.params) > 1 and not asks_this_server(session, message.params[0]):
        return
    for nick in _targets(session, message.params[min(1, len(message.params) - 1)]):
        user = session.hub.state.user_by_nick(nick)
        if user is None:
            session.refuse(n.ERR_NOSUCHNICK, (nick,))
        else:
            _tell(session, user)
        session.reply(n.RPL_ENDOFWHOIS, nick, "End of /WHOIS list")


def _targets(session: Session, text: str) -> list[str]:
    try:
        return split_targets(session, text)
    except Refusal as refusal:
        refusal.tell(session)
        return []


def _tell(session: Session, user: User) -> None:
    """Send what the session may know of a user."""
    identity, nick = session.hub.identity, user.nick
    open_to_me = is_operator(session) or user is session.user
    session.reply(n.RPL_WHOISUSER, nick, user.username, user.host, "*", user.realname)
    reply_list(session, n.RPL_WHOISCHANNELS, (nick,), _channels(session, user))
    session.reply(n.RPL_WHOISSERVER, nick, identity.name, identity.description)
    if user.is_operator:
        session.reply(n.RPL_WHOISOPERATOR, nick, "is an IRC operator")
    if user.account:
        session.reply(n.RPL_WHOISACCOUNT, nick, user.account, "is logged in as")
    if "B" in user.modes:
        session.reply(n.RPL_WHOISBOT, nick, f"is a bot on {identity.network}")
    if user.origins and all(origin.secure for origin in user.origins.values()):
        session.reply(n.RPL_WHOISSECURE, nick, "is using a secure connection")
    if user.away:
        session.reply(n.RPL_AWAY, nick, user.away)
    if open_to_me:
        _tell_more(session, user)
    idle = idle_seconds(session, user)
    if idle is not None:
        signed_on = str(user.signed_on // 1000)
        session.reply(n.RPL_WHOISIDLE, nick, str(idle), signed_on, "seconds idle, signon time")


def _tell_more(session: Session, user: User) -> None:
    """Send what only the user itself and operators may know."""
    session.reply(n.RPL_WHOISMODES, user.nick, f"is using modes +{user.shown_modes}")
    session.reply(n.RPL_WHOISACTUALLY, user.nick, address_of(user), "is actually using host")
    for certificate in dict.fromkeys(one.certificate for one in user.origins.values()):
        if certificate:
            text = f"has client certificate fingerprint {certificate}"
            session.reply(n.RPL_WHOISCERTFP, user.nick, text)


def _channels(session: Session, user: User) -> Iterator[str]:
    """Yield the channels of a user of which the session may know, with its status there."""
    me, whole = session.user, bool(session.capabilities & cap.MULTI_PREFIX)
    for name in user.channels:
        channel = session.hub.state.channels[name]
        shared = me is not None and (me is user or me.is_operator or name in me.channels)
        if shared or (not user.invisible and sees_channel(session.user, channel)):
            yield prefix(channel.members[user.id], whole=whole) + channel.name


def whowas(session: Session, message: Message) -> None:
    """WHOWAS nick[,nick…] [count [server]]: who was here under that nick, the latest first."""
    if not message.param(0):
        session.refuse(n.ERR_NONICKNAMEGIVEN)
        return
    if not asks_this_server(session, message.param(2)):
        return
    text = message.param(1)
    count = int(text[:9]) if text.isascii() and text.isdigit() else 0  # not positive: all
    asked = message.params[0]
    name = session.hub.identity.name
    found = False
    for gone in session.hub.departed.find(_targets(session, asked), count):
        found = True
        session.reply(n.RPL_WHOWASUSER, gone.nick, gone.username, gone.host, "*", gone.realname)
        if is_operator(session) and gone.address:
            session.reply(n.RPL_WHOISACTUALLY, gone.nick, gone.address, "was using host")
        session.reply(n.RPL_WHOISSERVER, gone.nick, name, format_time(gone.time))
    if not found:
        session.refuse(n.ERR_WASNOSUCHNICK, (asked,))
    session.reply(n.RPL_ENDOFWHOWAS, asked, "End of WHOWAS")


def userhost(session: Session, message: Message) -> None:
    """USERHOST nick{ nick}, five at most."""
    found = []
    for nick in message.params[:_MOST_USERHOST]:
        user = session.hub.state.user_by_nick(nick)
        if user is not None:
            operator = "*" if user.is_operator else ""
            here = "-" if user.away else "+"
            found.append(f"{user.nick}{operator}={here}{user.username}@{user.host}")
    session.reply(n.RPL_USERHOST, " ".join(found))


def ison(session: Session, message: Message) -> None:
    """ISON nick{ nick}: which of them are here."""
    state = session.hub.state
    nicks = dict.fromkeys(nick for param in message.params for nick in param.split())
    here = [user.nick for nick in nicks if (user := state.user_by_nick(nick)) is not None]
    session.reply(n.RPL_ISON, " ".join(here))
