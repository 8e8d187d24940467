"""Verdicts on what server operators do: who becomes one, who has to leave, who may not come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import events as ev
from razem.talk.bans import Ban, Bans
from razem.talk.changes.base import ModeChange
from razem.talk.changes.orders import ordered
from razem.talk.irc import numerics as n
from razem.talk.verdicts.shared import detach, remove

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import User
    from razem.talk.state import State

__all__ = [
    "add_ban",
    "become_operator",
    "kill",
    "operator_by_account",
    "ordinary_without_account",
    "promote",
    "remove_ban",
    "wallops",
]

_CONSOLE: Final = "console"  # the name of who gives none


def _operator(state: State, session: str, source: str) -> tuple[User | None, str] | ev.Refused:
    """Return who wants something (None: whoever runs the hub), and under which name.

    Refused when it is no operator.
    """
    if ordered(session):
        return None, source or _CONSOLE
    user = state.user_of(session)
    if user is None or not user.is_operator:
        return ev.Refused(n.ERR_NOPRIVILEGES)
    return user, user.source


def become_operator(state: State, change: do.BecomeOperator, _entry: do.Entry) -> list[ev.Event]:
    """A user showed that it is an operator."""
    user = state.user_of(change.session)
    if user is None:
        return []
    return _make_operator(user, change.name)


def promote(state: State, change: do.Promote, _entry: do.Entry) -> list[ev.Event]:
    """An operator makes a user an operator too, or takes that away; and the account of the user."""
    found = _operator(state, change.session, change.source)
    if isinstance(found, ev.Refused):
        return [found]
    user = state.user_by_nick(change.nick) or state.user_of_account(change.nick)
    account = state.account(change.nick if user is None else user.account)
    if user is None and account is None:
        return [_refuse(change, n.ERR_NOSUCHNICK, (change.nick,))]
    if account is not None:
        account.operator = found[1] if change.operator else ""
    if user is None:
        return []
    return _make_operator(user, found[1]) if change.operator else _make_ordinary(user)


def operator_by_account(state: State, user: User) -> list[ev.Event]:
    """Make a user who has just logged in an operator, if its account is one."""
    account = state.account(user.account)
    return _make_operator(user, account.operator) if account and account.operator else []


def ordinary_without_account(state: State, user: User) -> list[ev.Event]:
    """Take from a user who logs out what it was by its account."""
    account = state.account(user.account)
    return _make_ordinary(user) if account and account.operator else []


def _make_ordinary(user: User) -> list[ev.Event]:
    if not user.is_operator:
        return []
    user.modes = user.modes.replace("o", "")
    user.operator = ""
    return [ev.UserModesChanged(user, (ModeChange(False, "o"),))]


def _make_operator(user: User, name: str) -> list[ev.Event]:
    user.operator = name
    if user.is_operator:
        return [ev.Promoted(user)]
    user.modes = "".join(sorted(user.modes + "o"))
    return [ev.Promoted(user), ev.UserModesChanged(user, (ModeChange(True, "o"),))]


def kill(state: State, change: do.Kill, entry: do.Entry) -> list[ev.Event]:
    """A user is sent away, with all of its sessions."""
    found = _operator(state, change.session, change.source)
    if isinstance(found, ev.Refused):
        return [found]
    user = state.user_by_nick(change.nick)
    if user is None:
        return [_refuse(change, n.ERR_NOSUCHNICK, (change.nick,))]
    by = found[0].nick if found[0] is not None else found[1]
    reason = f"Killed ({by} ({change.reason or 'no reason given'}))"
    killed = ev.Killed(user, found[1], change.reason)
    return [killed, _send_away(state, user, entry, reason)]


def _send_away(state: State, user: User, entry: do.Entry, reason: str) -> ev.Left:
    """Let a user leave that is not expected back."""
    left = remove(state, user, entry.seq, reason, why="wish")
    for channel in left.channels:
        channel.returning.pop(user.remembered_as, None)
    return left


def add_ban(state: State, change: do.AddBan, entry: do.Entry) -> list[ev.Event]:
    """Somebody may not come any more; who is here and meant by it leaves."""
    state.bans.expire(entry.time)
    found = _operator(state, change.session, change.source)
    if isinstance(found, ev.Refused):
        return [found]
    operator, source = found
    expires = entry.time + change.milliseconds if change.milliseconds else 0
    ban = Ban(change.kind, change.mask, change.reason, source, entry.time, expires)
    this = Bans([ban])
    if operator is not None and _meant(this, operator, entry.time) is not None:
        return [_no_ban(change, "That would ban yourself")]
    new = state.bans.get(ban.kind, ban.mask) is None
    if new and change.most and len(state.bans) >= change.most:
        return [_no_ban(change, "There are too many bans: remove some of them")]
    state.bans.add(ban)
    events: list[ev.Event] = [ev.BanAdded(ban)]
    for user in list(state.users.values()):
        sessions = _meant(this, user, entry.time)
        if sessions is None:
            continue
        if len(sessions) == len(user.sessions):
            events.append(_send_away(state, user, entry, ban.told))
        else:
            events += [detach(state, user, session, ban.told) for session in sessions]
    return events


def _meant(bans: Bans, user: User, time: int) -> list[str] | None:
    """Return the sessions of a user that a ban means; None: it does not mean this user."""
    if bans.of(user.source, user.account, "", time) is not None:
        return list(user.sessions)
    sessions = [
        session
        for session, origin in user.origins.items()
        if bans.of_address(origin.address, time) is not None
    ]
    return sessions or None


def _no_ban(change: do.AddBan | do.RemoveBan, why: str) -> ev.Event:
    return _refuse(change, n.ERR_UNKNOWNERROR, ("BAN", change.mask), why)


def _refuse(
    change: do.Change, numeric: str, params: tuple[str, ...], text: str = ""
) -> ev.Refused | ev.NotDone:
    """Say why not, in the form that who wanted it understands."""
    if not ordered(change.session):
        return ev.Refused(numeric, params, text)
    return ev.NotDone(f"{text or n.TEXTS[numeric]}: {params[-1]}")


def remove_ban(state: State, change: do.RemoveBan, entry: do.Entry) -> list[ev.Event]:
    """Somebody may come again."""
    state.bans.expire(entry.time)
    found = _operator(state, change.session, change.source)
    if isinstance(found, ev.Refused):
        return [found]
    ban = state.bans.remove(change.kind, change.mask)
    if ban is None:
        return [_no_ban(change, "There is no such ban")]
    return [ev.BanRemoved(ban)]


def wallops(state: State, change: do.Wallops, _entry: do.Entry) -> list[ev.Event]:
    """A line goes to all who listen to such."""
    found = _operator(state, change.session, change.source)
    if isinstance(found, ev.Refused):
        return [found]
    return [ev.WallopsSent(found[1], change.text)]
