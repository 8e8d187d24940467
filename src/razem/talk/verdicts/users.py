"""Verdicts on who is here: arriving, being called otherwise, leaving, away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold, is_channel
from razem.talk.model import User
from razem.talk.verdicts.names import make_guest, nick_refusal
from razem.talk.verdicts.presence import attach, say_away, stay_without, stays
from razem.talk.verdicts.server import operator_by_account
from razem.talk.verdicts.shared import Why, banned, remove

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.bans import Ban
    from razem.talk.state import State

__all__ = [
    "arrive",
    "forget_absent",
    "hub_started",
    "leave",
    "rename",
    "set_away",
    "set_host",
    "set_realname",
]


def hub_started(state: State, change: do.HubStarted, entry: do.Entry) -> list[ev.Event]:
    """A hub (re)started: its sessions are gone."""
    # Private lines stand in no history: those that nobody was told of before the hub ended
    # are to be delivered when they are sent again.
    state.marks = {
        mark: place
        for mark, place in state.marks.items()
        if is_channel(mark) or place[0] <= change.told
    }
    events: list[ev.Event] = []
    for user in list(state.users.values()):
        gone = [session for session, hub in user.sessions.items() if hub == change.session]
        keep = len(gone) < len(user.sessions) or stays(state, user, default=change.always_on)
        if not keep:
            events.append(remove(state, user, change.told, "hub restarted", why="restart"))
            continue
        for session in gone:
            told = change.told
            events += stay_without(state, user, session, "hub restarted", told=told, entry=entry)
    return events


def arrive(state: State, change: do.Arrive, entry: do.Entry) -> list[ev.Event]:
    """A session becomes a user, or one more session of the user of its account."""
    if change.session in state.sessions:
        return []
    state.bans.expire(entry.time)
    ban = _ban_of(state, change, entry.time)
    if ban is not None:
        return [ev.Barred(ban)]
    there = state.user_of_account(change.account)
    in_the_way = _guest_in_the_way(state, change) if there is None else None
    if there is None:
        looks, account = change.looks, change.account
        refused = nick_refusal(state, change.nick, looks, account=account, user=in_the_way)
        if refused is not None:
            return [refused]
    refusal = _use_invitation(state, change, entry)
    if refusal:
        return [ev.TurnedAway(refusal)]
    if there is not None:  # whatever nick it asks for
        _open_channel(state, change, there)
        attached = ev.Attached(there, change.session)
        at = change.session, change.hub, change.origin
        return [attached, *attach(state, there, *at, away=change.away)]
    events: list[ev.Event] = []
    if in_the_way is not None:
        events.append(make_guest(state, in_the_way, entry))
    user = User(
        id=change.session,
        sessions={change.session: change.hub},
        nick=change.nick,
        username=change.username,
        host=change.host,
        realname=change.realname,
        account=change.account,
        signed_on=entry.time,
        looks=change.looks,
    )
    if change.origin is not None:
        user.origins[change.session] = change.origin
    say_away(user, change.session, change.away)
    state.add_user(user)
    _open_channel(state, change, user)
    return [*events, ev.Arrived(user), *operator_by_account(state, user)]


def _guest_in_the_way(state: State, change: do.Arrive) -> User | None:
    """Return the guest who has the nick that is the name of the account that arrives, if any."""
    holder = state.user_by_nick(change.nick)
    account = state.account(change.nick)
    if holder is None or account is None or account.name != change.account:
        return None
    return holder


def _use_invitation(state: State, change: do.Arrive, entry: do.Entry) -> str:
    """Use the invitation that a session brought; return why it may not come in, or ""."""
    if not change.invitation and not change.needs_invitation:
        return ""
    invitation = state.invitations.get(change.invitation)
    if invitation is None:
        refusal = "There is no such invitation: ask for another"
    else:
        refusal = invitation.admit(change.account or fold(change.nick), entry.time)
    return refusal if change.needs_invitation else ""


def _open_channel(state: State, change: do.Arrive, user: User) -> None:
    """Let a guest into the channel of the invitation, whatever the modes of it."""
    invitation = state.invitations.get(change.invitation)
    channel = state.channel(invitation.channel) if invitation is not None else None
    if channel is not None and user.id not in channel.members:
        channel.invited[user.id] = None


def _ban_of(state: State, change: do.Arrive, time: int) -> Ban | None:
    if not len(state.bans):
        return None
    source = f"{change.nick}!{change.username}@{change.host}"
    address = change.origin.address if change.origin is not None else ""
    return state.bans.of(source, change.account, address, time)


def rename(state: State, change: do.Rename, entry: do.Entry) -> list[ev.Event]:
    """A user is called otherwise."""
    user = state.user_of(change.session)
    if user is None or user.nick == change.nick:
        return []
    account = user.account
    refused = nick_refusal(state, change.nick, change.looks, account=account, user=user)
    if refused is not None:
        return [refused]
    ban = state.bans.of_source(f"{change.nick}!{user.username}@{user.host}", entry.time)
    if ban is not None:
        return [ev.Refused(n.ERR_ERRONEUSNICKNAME, (change.nick,), "That nickname is banned here")]
    for name in user.channels:
        channel = state.channels[name]
        if not channel.members[user.id] and banned(channel, user, speaking=True):
            return [ev.Refused(n.ERR_BANONCHAN, (change.nick, channel.name))]
    old = user.source
    state.rename_user(user, change.nick, change.looks)
    return [ev.Renamed(user, old)]


def leave(state: State, change: do.Quit, entry: do.Entry) -> list[ev.Event]:
    """A session ends, and with the last one its user leaves."""
    user = state.user_of(change.session)
    if user is None:
        return []
    told = change.told or entry.seq
    if len(user.sessions) > 1 or stays(state, user, default=change.always_on):
        at = change.session, change.reason
        return stay_without(state, user, *at, told=told, entry=entry)
    why: Why = "cut" if change.cut else "wish"
    return [remove(state, user, told, change.reason, why=why)]


def forget_absent(state: State, change: do.ForgetAbsent, entry: do.Entry) -> list[ev.Event]:
    """Users leave who have had no session for long."""
    before = entry.time - change.milliseconds
    return [
        remove(state, user, user.told, "Not connected for long", why="wish")
        for user in list(state.users.values())
        if not user.sessions and user.gone_at < before
    ]


def set_away(state: State, change: do.SetAway, _entry: do.Entry) -> list[ev.Event]:
    """A user is away, or back; or nobody sits at one of its sessions."""
    user = state.user_of(change.session)
    if user is None:
        return []
    return [ev.AwaySaid(), *say_away(user, change.session, change.text)]


def set_realname(state: State, change: do.SetRealname, _entry: do.Entry) -> list[ev.Event]:
    """A user has another real name."""
    user = state.user_of(change.session)
    if user is None or user.realname == change.realname:
        return []
    user.realname = change.realname
    return [ev.RealnameChanged(user)]


def set_host(state: State, change: do.SetHost, _entry: do.Entry) -> list[ev.Event]:
    """An operator gives a user another user name and host."""
    by = state.user_of(change.session)
    if by is None:
        return []
    if "o" not in by.modes:
        return [ev.Refused(n.ERR_NOPRIVILEGES)]
    user = state.user_by_nick(change.nick)
    if user is None:
        return [ev.Refused(n.ERR_NOSUCHNICK, (change.nick,))]
    old = user.source
    if (user.username, user.host) == (change.username, change.host):
        return []
    user.username, user.host = change.username, change.host
    return [ev.HostChanged(user, old)]
