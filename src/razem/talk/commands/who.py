"""WHO, with masks and chosen fields (Modern IRC, IRCv3 WHOX)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.commands.shared import is_operator
from razem.talk.commands.whois import address_of, idle_seconds
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.masks import is_mask, mask_pattern
from razem.talk.irc.names import fold, is_channel
from razem.talk.modes import prefix
from razem.talk.visibility import sees_channel, sees_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from razem.talk.irc.message import Message
    from razem.talk.model import Channel, User
    from razem.talk.session import Session

__all__ = ["who"]

_HIDDEN_ADDRESS: Final = "255.255.255.255"  # WHOX: "refuses to disclose the IP address"


class _Row(NamedTuple):
    """What is told of one user: in which channel, "*" in none, and with which signs there."""

    user: User
    channel: str
    signs: str


class _Question(NamedTuple):
    """What WHO asks for: flags, and of WHOX fields and token; `fields` is None without WHOX."""

    flags: str
    fields: str | None
    token: str


def who(session: Session, message: Message) -> None:
    """WHO [mask [flags][%fields[,token]]]."""
    mask = message.param(0) or "*"
    question = _read_question(message.param(1))
    rows = _of_channel(session, mask) if is_channel(mask) else _of_mask(session, mask, question)
    most = session.hub.limits.who
    for count, row in enumerate(rows):
        if count >= most and not is_channel(mask):
            session.refuse(n.ERR_TOOMANYMATCHES, (mask,))
            break
        if "o" in question.flags and not row.user.is_operator:
            continue
        if question.fields is None:
            _reply(session, row)
        else:
            _reply_fields(session, row, question.fields, question.token)
    session.reply(n.RPL_ENDOFWHO, mask, "End of WHO list")


def _read_question(text: str) -> _Question:
    flags, percent, chosen = text.partition("%")
    if not percent:
        return _Question(flags, None, "0")
    fields, _, token = chosen.partition(",")
    valid = token.isascii() and token.isdigit() and len(token) <= 3
    return _Question(flags, fields, token if valid else "0")


def _of_channel(session: Session, name: str) -> Iterator[_Row]:
    channel = session.hub.state.channel(name)
    if channel is None or not sees_channel(session.user, channel):
        return
    users = session.hub.state.users
    for member in channel.members:
        if sees_user(session.user, users[member]):
            yield _row(session, users[member], channel)


def _of_mask(session: Session, mask: str, question: _Question) -> Iterator[_Row]:
    state = session.hub.state
    if not is_mask(mask) and mask != "0":
        user = state.user_by_nick(mask)
        if user is not None:  # whoever is asked for by its nick is shown, invisible or not
            yield _row(session, user, None)
            return
    fits = mask_pattern("*" if mask == "0" else mask[:_MOST_MASK]).fullmatch
    texts = _texts(session, question.flags)
    for user in state.users.values():
        if sees_user(session.user, user) and any(fits(fold(text)) for text in texts(user)):
            yield _row(session, user, None)


_MOST_MASK: Final = 200


def _texts(session: Session, flags: str) -> Callable[[User], list[str]]:
    """Return a function that says what of a user a mask may fit: all, or what the flags name."""
    server = session.hub.identity.name

    def texts(user: User) -> list[str]:
        found = {
            "n": user.nick,
            "u": user.username,
            "h": user.host,
            "s": server,
            "r": user.realname,
            "a": user.account,
        }
        if is_operator(session):
            found["i"] = address_of(user)
        chosen = [text for letter, text in found.items() if letter in flags]
        return chosen or list(found.values())

    return texts


def _row(session: Session, user: User, channel: Channel | None) -> _Row:
    if channel is None:
        return _Row(user, "*", "")
    whole = bool(session.capabilities & cap.MULTI_PREFIX)
    return _Row(user, channel.name, prefix(channel.members[user.id], whole=whole))


def _flags(row: _Row) -> str:
    """Return Here or Gone, whether operator of the server, bot, and the signs in the channel."""
    user = row.user
    here = "G" if user.away else "H"
    operator = "*" if user.is_operator else ""
    return f"{here}{operator}{row.signs}{'B' if 'B' in user.modes else ''}"


def _reply(session: Session, row: _Row) -> None:
    user = row.user
    session.reply(
        n.RPL_WHOREPLY,
        row.channel,
        user.username,
        user.host,
        session.hub.identity.name,
        user.nick,
        _flags(row),
        f"0 {user.realname}",
    )


def _reply_fields(session: Session, row: _Row, fields: str, token: str) -> None:
    user = row.user
    open_to_me = is_operator(session) or user is session.user
    values = {  # in this order, whatever the order of the letters
        "t": token,
        "c": row.channel,
        "u": user.username,
        "i": address_of(user) if open_to_me else _HIDDEN_ADDRESS,
        "h": user.host,
        "s": session.hub.identity.name,
        "n": user.nick,
        "f": _flags(row),
        "d": "0",
        "l": str(idle_seconds(session, user) or 0),
        "a": user.account or "0",
        "o": "n/a",
        "r": user.realname,
    }
    chosen = [value for letter, value in values.items() if letter in fields]
    if chosen:
        session.reply(n.RPL_WHOSPCRPL, *chosen)
