"""NickServ: accounts for people whose client knows no better way.

It is no user: ``NS ORDER …``, ``NICKSERV ORDER …`` and ``PRIVMSG NickServ :ORDER …`` are one
command of the hub. Orders go through the log like every other change; its answers are NOTICEs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.changes import (
    AddCertificate,
    DropAccount,
    LogOut,
    RemoveCertificate,
    SetAlwaysOn,
    SetPassword,
)
from razem.talk.chanserv import NICKSERV, NICKSERV_SOURCE
from razem.talk.commands.accounts import (
    check_password,
    log_in,
    password_problem,
    register_account,
)
from razem.talk.commands.persistence import SETTINGS
from razem.talk.commands.services import say
from razem.talk.irc.message import Message
from razem.talk.irc.names import fold
from razem.talk.irc.timestamps import format_time
from razem.talk.requests import MakeSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Change, Secret
    from razem.talk.model import Account
    from razem.talk.session import Session

__all__ = ["addressed", "order"]

_FINGERPRINT_DIGITS: Final = 64


def addressed(message: Message) -> Message:
    """Return what a PRIVMSG to NickServ means; any other message as it is."""
    if message.command != "PRIVMSG" or fold(message.param(0)) != fold(NICKSERV):
        return message
    return Message("NICKSERV", (message.param(1),), message.tags, message.source)


class _Order(NamedTuple):
    """Something that NickServ does.

    Attributes:
        syntax: how to ask for it.
        purpose: what it does, in a line.
        least: words that have to follow it.
        carry_out: does it, given what follows; returns changes, if it wants some.
    """

    syntax: str
    purpose: str
    least: int
    carry_out: Callable[[Session, Sequence[str]], Sequence[Change] | None]


def _say(session: Session, *lines: str) -> None:
    for line in lines:
        say(session, line, NICKSERV_SOURCE)


def _register(session: Session, words: Sequence[str]) -> Sequence[Change] | None:
    email = words[1] if len(words) > 1 else "*"
    return register_account(session, "", email, words[0], "nickserv")


def _identify(session: Session, words: Sequence[str]) -> Sequence[Change] | None:
    name, password = words[:2] if len(words) > 1 else (session.nick, words[0])
    if session.account and fold(name) == fold(session.account):
        _say(session, f"You are logged in to {session.account} already")
        return None

    def give(account: Account | None, why: str) -> Sequence[Change] | None:
        if account is None:
            _say(session, why)
            return None
        return log_in(session, account.name, "nickserv", regain=True)

    return check_password(session, name, password, give)


def _log_out(session: Session, _words: Sequence[str]) -> Sequence[Change]:
    return (LogOut(session.id, "nickserv"),)


def _drop(session: Session, words: Sequence[str]) -> Sequence[Change]:
    return (DropAccount(session.id, words[0] if words else "", "nickserv"),)


def _set(session: Session, words: Sequence[str]) -> Sequence[Change] | None:
    what = words[0].upper()
    if what == "PASSWORD" and len(words) > 1:
        return _set_password(session, words[1:])
    setting = SETTINGS.get(words[1].upper()) if len(words) > 1 else None
    if what == "ALWAYS-ON" and setting is not None:
        return (SetAlwaysOn(session.id, setting, "nickserv"),)
    _say(session, f"Say {_ORDERS['SET'].syntax}")
    return None


def _set_password(session: Session, words: Sequence[str]) -> Sequence[Change] | None:
    """Change a password: who asks has to know the old one."""
    if len(words) < 2:
        _say(session, f"Say {_ORDERS['PASSWD'].syntax}")
        return None
    old, new = words[:2]
    if not session.account:
        _say(session, "Log in first")
        return None
    problem = password_problem(session, session.account, new)
    if problem is not None:
        _say(session, problem[1])
        return None

    def made(secret: Secret | None) -> Sequence[Change] | None:
        if secret is None:
            _say(session, "That cannot be a password: use other characters")
            return None
        return (SetPassword(session.id, secret, "nickserv"),)

    def checked(account: Account | None, why: str) -> Sequence[Change] | None:
        if account is None:
            _say(session, why)
        else:
            session.ask(lambda answer: MakeSecret(new, answer), made)
        return None

    return check_password(session, session.account, old, checked)


def _certificates(session: Session, words: Sequence[str]) -> Sequence[Change] | None:
    what = words[0].upper()
    fingerprint = "".join(words[1:]).replace(":", "").lower() or session.origin.certificate
    account = session.hub.state.account(session.account) if session.account else None
    if what == "LIST":
        _say(session, *(account.certificates if account is not None else ()))
        _say(session, "End of your certificates" if account is not None else "Log in first")
        return None
    whole = len(fingerprint) == _FINGERPRINT_DIGITS and set(fingerprint) <= set("0123456789abcdef")
    if what not in {"ADD", "DEL"} or not whole:
        _say(
            session,
            f"Say {_ORDERS['CERT'].syntax}: 64 digits of SHA-256, or those of the"
            " certificate that you show now",
        )
        return None
    if what == "DEL":
        return (RemoveCertificate(session.id, fingerprint, "nickserv"),)
    most = session.hub.policy.accounts.certificates
    return (AddCertificate(session.id, fingerprint, most, "nickserv"),)


def _info(session: Session, words: Sequence[str]) -> None:
    name = words[0] if words else session.account or session.nick
    user = session.hub.state.user_by_nick(name)
    account = session.hub.state.account(user.account if user is not None else name)
    if account is None:
        _say(session, f"There is no account {name}")
        return
    _say(session, f"{account.name} was registered at {format_time(account.created)}")
    if account.email and account.name == session.account:
        _say(session, f"Email: {account.email}")


_ORDERS: Final[dict[str, _Order]] = {
    "REGISTER": _Order(
        "REGISTER PASSWORD [EMAIL]",
        "makes an account of your nick: the nick is yours then",
        1,
        _register,
    ),
    "IDENTIFY": _Order("IDENTIFY [ACCOUNT] PASSWORD", "logs in to an account", 1, _identify),
    "LOGOUT": _Order("LOGOUT", "logs out", 0, _log_out),
    "PASSWD": _Order("PASSWD OLD NEW", "changes your password", 1, _set_password),
    "SET": _Order(
        "SET ALWAYS-ON ON|OFF|DEFAULT, or SET PASSWORD OLD NEW",
        "lets you stay here without a connection, or changes your password",
        1,
        _set,
    ),
    "CERT": _Order(
        "CERT ADD|DEL|LIST [FINGERPRINT]",
        "lets a client log in by its certificate (SASL EXTERNAL)",
        1,
        _certificates,
    ),
    "INFO": _Order("INFO [ACCOUNT]", "tells of an account", 0, _info),
    "DROP": _Order(
        "DROP [CODE]",
        "gives your account up; without the code it tells you the code",
        0,
        _drop,
    ),
}
_ALIASES: Final = {
    "ID": "IDENTIFY",
    "LOGIN": "IDENTIFY",
    "UNREGISTER": "DROP",
    "PASSWORD": "PASSWD",
}


def order(session: Session, message: Message) -> Sequence[Change] | None:
    """NS order …; without one that there is, what there is."""
    words = " ".join(message.params).split()
    name = words[0].upper() if words else "HELP"
    found = _ORDERS.get(_ALIASES.get(name, name))
    if found is not None and len(words) - 1 >= found.least:
        return found.carry_out(session, words[1:])
    if found is not None:
        _say(session, f"Say {found.syntax}: it {found.purpose}")
    elif name == "HELP":
        _say(session, *(f"{each.syntax}: {each.purpose}" for each in _ORDERS.values()))
    else:
        _say(session, f"There is no {words[0]}. Say HELP to learn what there is")
    return None
