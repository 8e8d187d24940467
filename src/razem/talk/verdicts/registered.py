"""Verdicts on registered channels: whom they belong to, and who has which status in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import events as ev
from razem.talk.changes.base import ModeChange
from razem.talk.chanserv import CHANSERV_SOURCE
from razem.talk.irc.names import fold
from razem.talk.ranks import at_least, may_set, with_letter
from razem.talk.verdicts.modes import told_modes
from razem.talk.verdicts.shared import access_of, tidy
from razem.talk.visibility import sees_channel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk import changes as do
    from razem.talk.model import Channel, User
    from razem.talk.state import State

__all__ = ["drop", "give_access", "register", "set_access", "transfer"]


def _said(text: str) -> ev.Event:
    return ev.ServiceSaid(text)


def register(state: State, change: do.RegisterChannel, entry: do.Entry) -> list[ev.Event]:
    """A channel belongs to the account of one of its operators from now on."""
    user, channel = state.user_of(change.session), state.channel(change.channel)
    if user is None:
        return []
    if not user.account:
        return [_said("Log in to an account first: a channel belongs to an account")]
    if channel is None or user.id not in channel.members:
        return [_said(f"Join {change.channel} first")]
    if channel.founder:
        return [_said(f"{channel.name} belongs to {channel.founder} already")]
    if not at_least(channel.members[user.id], "o"):
        return [_said(f"Only an operator of {channel.name} can register it")]
    account = fold(user.account)
    if _owns_too_many(state, account, change.most):
        return [_said(f"You have as many channels as you may ({change.most}): give one up first")]
    channel.founder, channel.registered = account, entry.time
    done = _give(channel, [user], "q")
    text = f"{channel.name} is yours now: it stays, and you are its owner whenever you come in"
    return [*told_modes(channel, CHANSERV_SOURCE, done), _said(text)]


def _owns_too_many(state: State, account: str, most: int) -> bool:
    if not most:
        return False
    return sum(channel.founder == account for channel in state.channels.values()) >= most


def _give(channel: Channel, users: Sequence[User], letter: str) -> list[ModeChange]:
    """Give a status to those of the users who are in the channel and have it not."""
    done = []
    for user in users:
        status = channel.members.get(user.id)
        if status is not None and letter not in status:
            channel.members[user.id] = with_letter(status, letter)
            done.append(ModeChange(True, letter, user.nick))  # add
    return done


def _owned(state: State, session: str, name: str) -> tuple[User, Channel] | None:
    """Return who the session is and the channel of that name, if it may give it away."""
    user, channel = state.user_of(session), state.channel(name)
    if user is None or channel is None or not channel.founder:
        return None
    if access_of(channel, user) != "q" and "o" not in user.modes:
        return None
    return user, channel


def _code(channel: Channel) -> str:
    """Return what has to be said so that an order is meant: of this registration alone."""
    return f"{channel.registered % 0xFFFFF:05x}"


def drop(state: State, change: do.DropChannel, _entry: do.Entry) -> list[ev.Event]:
    """A channel belongs to nobody any more."""
    found = _owned(state, change.session, change.channel)
    if found is None:
        return _not_yours(state, change.session, change.channel)
    _, channel = found
    if change.code != _code(channel):
        order = f"UNREGISTER {channel.name} {_code(channel)}"
        return [_said(f"Say {order} if you mean it: {channel.name} will belong to nobody")]
    channel.founder, channel.registered, channel.access = "", 0, {}
    tidy(state, channel)
    return [_said(f"{channel.name} belongs to nobody now")]


def _not_yours(state: State, session: str, name: str) -> list[ev.Event]:
    return [_said(f"{name} is not yours")] if session in state.sessions else []


def transfer(state: State, change: do.TransferChannel, _entry: do.Entry) -> list[ev.Event]:
    """A channel belongs to the account of somebody else from now on."""
    found = _owned(state, change.session, change.channel)
    if found is None:
        return _not_yours(state, change.session, change.channel)
    _, channel = found
    account = _account_named(state, change.who)
    if not account:
        return [_said(f"{change.who} has no account")]
    if account == channel.founder:
        return [_said(f"{channel.name} belongs to {account} already")]
    if _owns_too_many(state, account, change.most):
        return [_said(f"{account} has as many channels as it may ({change.most})")]
    if change.code != _code(channel):
        order = f"TRANSFER {channel.name} {change.who} {_code(channel)}"
        return [_said(f"Say {order} if you mean it: {channel.name} will belong to {account}")]
    channel.founder = account
    channel.access.pop(account, None)
    done = _give(channel, _users_of(state, account), "q")
    return [
        *told_modes(channel, CHANSERV_SOURCE, done),
        _said(f"{channel.name} belongs to {account} now"),
    ]


def _account_named(state: State, who: str) -> str:
    """Return the account of somebody who is here, or else that of this name; "": there is none."""
    user = state.user_by_nick(who)
    if user is not None and user.account:
        return fold(user.account)
    account = state.account(who)
    return fold(account.name) if account is not None else ""


def _users_of(state: State, account: str) -> list[User]:
    user = state.user_of_account(account)
    return [user] if user is not None else []


def set_access(state: State, change: do.SetAccess, _entry: do.Entry) -> list[ev.Event]:
    """An account has a status whenever it comes into a channel, or none any more."""
    user, channel = state.user_of(change.session), state.channel(change.channel)
    if user is None:
        return []
    mine = access_of(channel, user) if channel is not None else ""
    known = channel is not None and channel.founder and (mine or sees_channel(user, channel))
    if channel is None or not known:
        return [_said(f"{change.channel} is not registered")]
    account = fold(change.who) if fold(change.who) in channel.access else ""
    account = account or _account_named(state, change.who)
    if not account:
        return [_said(f"{change.who} has no account")]
    before = channel.access.get(account, "")
    if not all(may_set(mine, letter) for letter in {before, change.letter} if letter) or not mine:
        return [_said(f"You may not change that in the access list of {channel.name}")]
    if account == channel.founder:
        return [_said(f"{account} is the founder of {channel.name}: more there is not")]
    if not change.letter:
        channel.access.pop(account, None)
        return [_said(f"{account} has no status on coming into {channel.name} any more")]
    if not before and change.most and len(channel.access) >= change.most:
        return [_said(f"The access list of {channel.name} is full: take somebody out first")]
    channel.access[account] = change.letter
    done = _give(channel, _users_of(state, account), change.letter)
    text = f"{account} has +{change.letter} whenever it comes into {channel.name}"
    return [*told_modes(channel, CHANSERV_SOURCE, done), _said(text)]


def give_access(state: State, user: User) -> list[ev.Event]:
    """Somebody logged in: they have the status of their account wherever they are."""
    events: list[ev.Event] = []
    for name in user.channels:
        channel = state.channels[name]
        letter = access_of(channel, user)
        done = _give(channel, [user], letter) if letter else []
        events += told_modes(channel, CHANSERV_SOURCE, done)
    return events
