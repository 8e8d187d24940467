"""What several verdicts need: who may, and how somebody leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold
from razem.talk.masks import matches_any
from razem.talk.model import Returning
from razem.talk.ranks import at_least

if TYPE_CHECKING:
    from razem.talk.model import Channel, User
    from razem.talk.state import State

__all__ = [
    "MAX_RETURNING",
    "Why",
    "access_of",
    "banned",
    "detach",
    "leave_channel",
    "member",
    "of_status",
    "remove",
    "tidy",
]

MAX_RETURNING: Final = 1000  # remembered absentees of a channel

Why = Literal["wish", "cut", "restart"]  # of leaving: a lost connection, an ended hub


def member(state: State, session_id: str, name: str) -> tuple[User, Channel] | ev.Refused:
    """Return who the session is and the channel of that name, if it is a member there."""
    channel = state.channels.get(fold(name))
    if channel is None:
        return ev.Refused(n.ERR_NOSUCHCHANNEL, (name,))
    user = state.user_of(session_id)
    if user is None or user.id not in channel.members:
        return ev.Refused(n.ERR_NOTONCHANNEL, (channel.name,))
    return user, channel


def of_status(
    state: State, session_id: str, name: str, letter: str
) -> tuple[User, Channel] | ev.Refused:
    """Return who the session is and the channel of that name, if it has that status or more."""
    found = member(state, session_id, name)
    if not isinstance(found, ev.Refused):
        user, channel = found
        if not at_least(channel.members[user.id], letter):
            return ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,))
    return found


def banned(channel: Channel, user: User, *, speaking: bool) -> bool:
    """Tell whether somebody without status is banned; `speaking`: or only muted."""
    return (
        bool(channel.bans)
        and matches_any(user, channel.bans, speaking=speaking)
        and not matches_any(user, channel.exceptions, speaking=speaking)
    )


def access_of(channel: Channel, user: User) -> str:
    """Return the letter of the status that a user's account has in a channel, or ""."""
    if not channel.founder or not user.account:
        return ""
    account = fold(user.account)
    return "q" if account == channel.founder else channel.access.get(account, "")


def tidy(state: State, channel: Channel) -> bool:
    """Take a channel away if nothing is left of it, and tell whether that is so."""
    if channel.members or channel.stays:
        return False
    del state.channels[channel.folded]
    return True


def leave_channel(state: State, channel: Channel, user: User, seq: int, *, why: Why) -> None:
    """Take a user out of a channel, and the channel away when nothing is left of it."""
    status = channel.members.pop(user.id)
    del user.channels[channel.folded]
    if tidy(state, channel):
        return
    if why != "wish" or not channel.members:
        # Whoever was there when the hub ended may return as what they were; and so may the
        # last to leave, lest a channel with history be closed (+i) to everybody for ever; one
        # that is registered is open to its founder.
        # Not so who lost a connection: another may come under that name meanwhile.
        welcome = why == "restart" or not (channel.members or channel.founder)
        channel.returning[user.remembered_as] = Returning(seq, status, welcome)
        if len(channel.returning) > MAX_RETURNING:
            del channel.returning[next(iter(channel.returning))]


def detach(state: State, user: User, session: str, reason: str) -> ev.Detached:
    """Take a session from a user who has others."""
    del user.sessions[session]
    del state.sessions[session]
    user.origins.pop(session, None)
    user.background.pop(session, None)
    return ev.Detached(user, session, reason)


def remove(state: State, user: User, seq: int, reason: str, *, why: Why) -> ev.Left:
    """Take a user out of everything."""
    channels = tuple(state.channels[name] for name in user.channels)
    for channel in channels:
        leave_channel(state, channel, user, seq, why=why)
    for channel in state.channels.values():
        channel.invited.pop(user.id, None)
        channel.knocks.pop(user.id, None)
    state.markers.pop(f"user:{user.id}", None)  # those of its account stay
    state.remove_user(user)
    return ev.Left(user, channels, reason)
