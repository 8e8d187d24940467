"""Verdicts on accounts: who has one, and who is logged in to which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import events as ev
from razem.talk.chanserv import NICKSERV_SOURCE
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold
from razem.talk.lookalikes import looks_of
from razem.talk.model import Account
from razem.talk.verdicts.names import make_guest, nick_refusal
from razem.talk.verdicts.presence import attach
from razem.talk.verdicts.registered import give_access
from razem.talk.verdicts.server import operator_by_account, ordinary_without_account
from razem.talk.verdicts.shared import detach, remove, tidy

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import User
    from razem.talk.state import State

__all__ = [
    "add_certificate",
    "drop_account",
    "log_in",
    "log_out",
    "register_account",
    "remove_certificate",
    "set_always_on",
    "set_password",
]


def _said(text: str) -> list[ev.Event]:
    return [ev.ServiceSaid(text, NICKSERV_SOURCE)]


def register_account(state: State, change: do.RegisterAccount, entry: do.Entry) -> list[ev.Event]:
    """There is an account more, and who wanted it is logged in to it."""
    user = state.user_of(change.session)
    name = change.name
    if user is not None and user.account:
        text = f"You are logged in to {user.account} already"
        return _not_registered(change, "ALREADY_AUTHENTICATED", name, text)
    if state.account(name) is not None or fold(name) in state.dropped:
        return _not_registered(change, "ACCOUNT_EXISTS", name, f"{name} is registered already")
    if change.most and len(state.accounts) >= change.most:
        text = "There are too many accounts: ask whoever runs this hub"
        return _not_registered(change, "TEMPORARILY_UNAVAILABLE", name, text)
    holder = state.user_by_nick(name)
    if holder is not None and holder is not user:
        text = f"Somebody else is here as {holder.nick}"
        return _not_registered(change, "ACCOUNT_EXISTS", name, text)
    own = {user.nick} if user is not None else set()
    other = state.account_looks.like(name, change.looks)
    other = other or state.nick_looks.like(name, change.looks, own)
    if other:
        text = f"It looks like {other}, which is somebody else's"
        return _not_registered(change, "BAD_ACCOUNT_NAME", name, text)
    account = Account(name, entry.time, change.secret, change.email, change.looks)
    state.add_account(account)
    events: list[ev.Event] = [ev.AccountRegistered(account)]
    if user is not None:
        state.log_in(user, name)
        events.append(ev.AccountChanged(user))
    return events


def _not_registered(change: do.RegisterAccount, code: str, name: str, text: str) -> list[ev.Event]:
    if change.way == "nickserv":
        return _said(text)
    return [ev.Failed("REGISTER", code, (name,), text)]


def log_in(state: State, change: do.LogIn, entry: do.Entry) -> list[ev.Event]:
    """A user is logged in; where its account is here already, its session joins that user."""
    user, account = state.user_of(change.session), state.account(change.account)
    if user is None:
        return []
    if account is None:
        return _not_logged_in(change, f"There is no account {change.account}")
    ban = state.bans.of_account(account.name, entry.time)
    if ban is not None:
        return [ev.Barred(ban)]
    if user.account and user.account != account.name:
        text = f"You are logged in to {user.account}: log out first"
        return _not_logged_in(change, text, n.ERR_SASLALREADY)
    there = state.user_of_account(account.name)
    if there is not None and there is not user:
        return _move(state, user, there, change.session, entry)
    state.log_in(user, account.name)
    events: list[ev.Event] = []
    if change.regain and fold(user.nick) != fold(account.name):
        events += _regain(state, user, account, entry)
    events.append(ev.AccountChanged(user))
    return [*events, *operator_by_account(state, user), *give_access(state, user)]


def _not_logged_in(change: do.LogIn, text: str, numeric: str = n.ERR_SASLFAIL) -> list[ev.Event]:
    return _said(text) if change.way == "nickserv" else [ev.Refused(numeric, (), text)]


def _regain(state: State, user: User, account: Account, entry: do.Entry) -> list[ev.Event]:
    """Let a user have the nick that is its account's name; who has it now is renamed."""
    events: list[ev.Event] = []
    holder = state.user_by_nick(account.name)
    if holder is not None:
        events.append(make_guest(state, holder, entry))
    looks = account.looks or looks_of(account.name)
    if nick_refusal(state, account.name, looks, account=account.name, user=user) is None:
        old = user.source
        state.rename_user(user, account.name, looks)
        events.append(ev.Renamed(user, old))
    return events


def _move(state: State, user: User, there: User, session: str, entry: do.Entry) -> list[ev.Event]:
    """Let a session be one of the user who has its account."""
    old = user.source
    channels = tuple(state.channels[name] for name in user.channels)
    hub, origin = user.sessions[session], user.origins.get(session)
    left = len(user.sessions) == 1
    if left:
        remove(state, user, entry.seq, "", why="wish")
        for channel in channels:
            channel.returning.pop(user.remembered_as, None)
    else:
        detach(state, user, session, "")
    moved = ev.Moved(session, user, old, channels, left, there)
    return [moved, *attach(state, there, session, hub, origin)]


def log_out(state: State, change: do.LogOut, entry: do.Entry) -> list[ev.Event]:
    """A user is logged in no more, and keeps no nick that belongs to the account."""
    user = state.user_of(change.session)
    if user is None:
        return []
    if not user.account:
        return _said("You are not logged in")
    if len(user.sessions) > 1:
        return _said("You are here by several connections: close the others first")
    return _logged_out(state, user, entry)


def _logged_out(state: State, user: User, entry: do.Entry) -> list[ev.Event]:
    ordinary = ordinary_without_account(state, user)
    state.log_in(user, "")
    events: list[ev.Event] = []
    if state.account(user.nick) is not None:
        events.append(make_guest(state, user, entry))
    return [*events, ev.AccountChanged(user), *ordinary]


def _own(state: State, session: str) -> Account | None:
    """Return the account that the user of a session is logged in to."""
    user = state.user_of(session)
    return state.account(user.account) if user is not None and user.account else None


def set_password(state: State, change: do.SetPassword, _entry: do.Entry) -> list[ev.Event]:
    """An account has another password; who is logged in stays so."""
    account = _own(state, change.session)
    if account is None:
        return _said("Log in first")
    account.secret = change.secret
    return _said(f"The password of {account.name} was changed")


def set_always_on(state: State, change: do.SetAlwaysOn, _entry: do.Entry) -> list[ev.Event]:
    """An account stays present without a connection, or does not."""
    account = _own(state, change.session)
    if account is None:
        if change.way == "nickserv":
            return _said("Log in first")
        return [ev.Failed("PERSISTENCE", "ACCOUNT_REQUIRED", (), "An account is required")]
    account.always_on = change.setting
    return [ev.PersistenceChanged(account)]


def drop_account(state: State, change: do.DropAccount, entry: do.Entry) -> list[ev.Event]:
    """An account is no more: nobody is logged in to it, and nobody can have its name again."""
    account = _own(state, change.session)
    if account is None:
        return _said("Log in first")
    code = f"{account.created % 0xFFFFF:05x}"
    if change.code != code:
        text = f"Say DROP {code} if you mean it: nobody will have the account {account.name} again"
        return _said(text)
    state.drop_account(account)
    for channel in list(state.channels.values()):
        channel.access.pop(fold(account.name), None)
        if channel.founder == fold(account.name):
            channel.founder, channel.registered, channel.access = "", 0, {}
            tidy(state, channel)
    user = state.user_of_account(account.name)
    events = _logged_out(state, user, entry) if user is not None else []
    return [*_said(f"The account {account.name} is no more"), *events]


def add_certificate(state: State, change: do.AddCertificate, _entry: do.Entry) -> list[ev.Event]:
    """Whoever shows a certificate may log in to an account (SASL EXTERNAL)."""
    account = _own(state, change.session)
    if account is None:
        return _said("Log in first")
    if change.fingerprint in state.certificates:
        return _said("That certificate logs in to an account already")
    if change.most and len(account.certificates) >= change.most:
        return _said(f"{account.name} has {change.most} certificates already: remove one first")
    account.certificates[change.fingerprint] = None
    state.certificates[change.fingerprint] = fold(account.name)
    return _said(f"{change.fingerprint} logs in to {account.name} from now on")


def remove_certificate(
    state: State, change: do.RemoveCertificate, _entry: do.Entry
) -> list[ev.Event]:
    """Whoever shows a certificate may not log in any more."""
    account = _own(state, change.session)
    if account is None:
        return _said("Log in first")
    if change.fingerprint not in account.certificates:
        return _said(f"{change.fingerprint} does not log in to {account.name}")
    del account.certificates[change.fingerprint]
    del state.certificates[change.fingerprint]
    return _said(f"{change.fingerprint} does not log in to {account.name} any more")
