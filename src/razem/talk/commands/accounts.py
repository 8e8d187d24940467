"""REGISTER and VERIFY (IRCv3 account-registration), and what every way to log in has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.admission import may_register_at_first
from razem.talk.changes import LogIn, RegisterAccount
from razem.talk.chanserv import NICKSERV_SOURCE, is_service
from razem.talk.commands.services import say
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold, valid_nick
from razem.talk.lookalikes import looks_of
from razem.talk.requests import CheckPassword, MakeSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Change, Secret
    from razem.talk.changes.accounts import Way
    from razem.talk.irc.message import Message
    from razem.talk.model import Account
    from razem.talk.render import Line
    from razem.talk.session import Session

__all__ = [
    "check_password",
    "guess_failed",
    "log_in",
    "password_problem",
    "register",
    "register_account",
    "registration_value",
    "tell_logged_in",
    "tell_logged_out",
    "throttled",
    "verify",
]

PASSWORD_BYTES: Final = 300  # account-registration: so that other commands can carry it, too
_EMAIL_BYTES: Final = 254  # RFC 5321 4.5.3.1, of a path without its brackets


# What is told


def tell_logged_in(session: Session, *, answer: bool = True) -> None:
    """Send RPL_LOGGEDIN; `answer`: as part of the answer to the command under way."""
    account = session.account
    text = f"You are now logged in as {account}"
    _tell(session, session.numeric(n.RPL_LOGGEDIN, _mask(session), account, text), answer=answer)


def tell_logged_out(session: Session, *, answer: bool = True) -> None:
    """Send RPL_LOGGEDOUT."""
    line = session.numeric(n.RPL_LOGGEDOUT, _mask(session), "You are now logged out")
    _tell(session, line, answer=answer)


def _tell(session: Session, line: Line, *, answer: bool) -> None:
    if answer:
        session.send(line)
    else:
        session.deliver(line)


def _mask(session: Session) -> str:
    name, host = session.username or "*", session.origin.host
    return session.source or f"{session.nick or '*'}!{name}@{host}"


# Guesses


def _keys(session: Session, account: str) -> tuple[str, ...]:
    """Return under what a guess counts: the account, and where it comes from."""
    keys = [f"account:{fold(account)}"] if account else []
    if not session.origin.local:
        keys.append(f"address:{session.origin.address or session.origin.host}")
    return tuple(keys)


def throttled(session: Session, account: str) -> str:
    """Return how long a guess has to wait, in words; "": it may be made."""
    seconds = session.hub.guesses.wait(_keys(session, account), session.heard_at)
    if seconds <= 0:
        return ""
    return f"Too many failed log-ins: try again in {int(seconds) + 1} seconds"


def guess_failed(session: Session, account: str) -> None:
    """Remember that a log-in failed; after some, a session is closed."""
    session.hub.guesses.fail(_keys(session, account), session.heard_at)
    session.failed_logins += 1
    if session.failed_logins >= session.hub.policy.accounts.failures:
        session.close("Too many failed log-ins")


def check_password(
    session: Session,
    name: str,
    password: str,
    give: Callable[[Account | None, str], Sequence[Change] | None],
) -> Sequence[Change] | None:
    """Find out whether this is the password of an account; the command is to be a barrier.

    `give` is called with the account, or with None and why not; it may return changes. A failure
    is remembered after that.
    """
    why = throttled(session, name)
    account = session.hub.state.account(name)
    if why:
        return give(None, why)

    def judge(right: bool) -> Sequence[Change] | None:  # noqa: FBT001 # an answer
        if right and account is not None:
            session.hub.guesses.succeed(f"account:{fold(name)}")
            return give(account, "")
        changes = give(None, "Wrong account or password")
        guess_failed(session, name)
        return changes

    if account is None or len(password.encode()) > PASSWORD_BYTES:
        return judge(right=False)
    stored = account.secret.argon2
    session.ask(lambda answer: CheckPassword(stored, password, answer), judge)
    return None


def log_in(
    session: Session, account: str, way: Way, *, regain: bool = False
) -> Sequence[Change] | None:
    """Let a session be logged in to an account, which was proven; return what is to be logged."""
    user = session.user
    if user is not None and user.account != account:
        return (LogIn(session.id, account, regain, way),)
    session.account = account
    tell_logged_in(session)
    if way == "sasl":
        session.reply(n.RPL_SASLSUCCESS, "SASL authentication successful")
    return None


# REGISTER, VERIFY


def registration_value(session: Session) -> str | None:
    """Return the value of draft/account-registration; None: there is no registration."""
    if not session.hub.policy.accounts.registration:
        return None
    keys = ["before-connect"] if may_register_at_first(session) else []
    return ",".join([*keys, "custom-account-name"])


def register(session: Session, message: Message) -> Sequence[Change] | None:
    """REGISTER account|* email|* password."""
    name, email, password = message.params[:3]
    return register_account(session, "" if name == "*" else name, email, password)


def register_account(
    session: Session, name: str, email: str, password: str, way: Way = ""
) -> Sequence[Change] | None:
    """Ask for an account; "" is the nick."""
    asked = name or session.nick or "*"
    problem = (
        _registration_problem(session, asked)
        or _email_problem(email)
        or password_problem(session, asked, password)
    )
    if problem is not None:
        _refuse(session, *problem, asked, way)
        return None
    email = "" if email == "*" else email
    most = session.hub.policy.accounts.most

    def give(secret: Secret | None) -> Sequence[Change] | None:
        if secret is None:
            _refuse(session, *_UNACCEPTABLE, asked, way)
            return None
        looks = looks_of(asked)
        return (RegisterAccount(session.id, asked, secret, email, looks, most, way),)

    session.ask(lambda answer: MakeSecret(password, answer), give)
    return None


def _refuse(  # each is a fact by name
    session: Session, code: str, text: str, account: str, way: Way
) -> None:
    if way == "nickserv":
        say(session, text, NICKSERV_SOURCE)
    else:
        session.fail("REGISTER", code, (account,), text)


_Problem = tuple[str, str]  # the code of a FAIL, and its text
_UNACCEPTABLE: Final = ("UNACCEPTABLE_PASSWORD", "That cannot be a password: use other characters")


def _registration_problem(session: Session, name: str) -> _Problem | None:
    hub = session.hub
    if not hub.policy.accounts.registration:
        return "TEMPORARILY_UNAVAILABLE", "Accounts are not registered here"
    if session.account:
        return "ALREADY_AUTHENTICATED", f"You are logged in to {session.account} already"
    if session.user is None and not may_register_at_first(session):
        return "COMPLETE_CONNECTION_REQUIRED", "Come in first, then register"
    if name == "*":
        return "NEED_NICK", "Choose a nick first"
    if not valid_nick(name, hub.limits.nick) or is_service(name):
        return "BAD_ACCOUNT_NAME", "Not a valid name of an account: choose one that can be a nick"
    keys = () if session.origin.local else (f"address:{session.origin.address}",)
    if hub.registrations.wait(keys, session.heard_at) > 0:
        return "TEMPORARILY_UNAVAILABLE", "Too many accounts from your address: try again later"
    hub.registrations.fail(keys, session.heard_at)
    return None


def _email_problem(email: str) -> _Problem | None:
    before, at, after = email.rpartition("@")
    valid = before and at and after and len(email.encode()) <= _EMAIL_BYTES
    if email == "*" or (valid and email.isprintable() and " " not in email):
        return None
    return "INVALID_EMAIL", "Not a valid email address; * is none"


def password_problem(session: Session, account: str, password: str) -> _Problem | None:
    """Return what is wrong with a new password of an account."""
    least = session.hub.policy.accounts.password
    if len(password.encode()) > PASSWORD_BYTES:
        return "UNACCEPTABLE_PASSWORD", f"A password has at most {PASSWORD_BYTES} bytes"
    if not password.isprintable():
        return _UNACCEPTABLE
    if len(password) < least:
        return "WEAK_PASSWORD", f"A password has at least {least} characters"
    if fold(password) == fold(account):
        return "WEAK_PASSWORD", "The name of the account would be the first guess of everybody"
    return None


def verify(session: Session, message: Message) -> None:
    """VERIFY account code: there is nothing to be verified, because no email is sent."""
    account = message.params[0]
    if session.account:
        text = f"You are logged in to {session.account} already"
        session.fail("VERIFY", "ALREADY_AUTHENTICATED", (session.account,), text)
    else:
        session.fail("VERIFY", "INVALID_CODE", (account,), "Accounts need no verification here")
