"""Verdicts on channels: coming in, leaving, the topic, putting out and inviting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold
from razem.talk.model import Channel
from razem.talk.verdicts.shared import leave_channel, member, operator

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import Returning, User
    from razem.talk.state import State

__all__ = ["invite", "join", "kick", "part", "part_all", "set_topic"]


def join(state: State, change: do.Join, entry: do.Entry) -> list[ev.Event]:
    """A user comes into a channel, which is made when it is not there."""
    user = state.user_of(change.session)
    folded = fold(change.channel)
    if user is None or folded in user.channels:
        return []
    if change.most and len(user.channels) >= change.most:
        return [ev.Refused(n.ERR_TOOMANYCHANNELS, (change.channel,))]
    channel = state.channels.get(folded)
    if channel is None and change.in_all and len(state.channels) >= change.in_all:
        text = "There are too many channels: join one of those that there are (LIST)"
        return [ev.Refused(n.ERR_TOOMANYCHANNELS, (change.channel,), text)]
    if channel is None:
        channel = state.channels[folded] = Channel(change.channel, folded, entry.time)
    returning = channel.returning.get(user.source)
    refusal = _may_not_join(channel, user, change.key, returning)
    if refusal:
        return [ev.Refused(refusal, (channel.name,))]
    status = returning.status if returning and returning.welcome else ""
    if not channel.members and "o" not in status:
        status += "o"
    channel.returning.pop(user.source, None)
    channel.invited.pop(user.id, None)
    channel.members[user.id] = status
    user.channels[folded] = None
    return [ev.Joined(channel, user, returning)]


def _may_not_join(
    channel: Channel, user: User, key: str, returning: Returning | None
) -> str | None:
    if user.id in channel.invited:
        return None
    if channel.key and channel.key != key:
        return n.ERR_BADCHANNELKEY
    if "i" in channel.flags and not (returning and returning.welcome):
        return n.ERR_INVITEONLYCHAN
    if channel.limit and len(channel.members) >= channel.limit:
        return n.ERR_CHANNELISFULL
    return None


def part(state: State, change: do.Part, entry: do.Entry) -> list[ev.Event]:
    """A user leaves a channel."""
    found = member(state, change.session, change.channel)
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    leave_channel(state, channel, user, entry.seq, why="wish")
    return [ev.Parted(channel, user, change.reason)]


def part_all(state: State, change: do.PartAll, entry: do.Entry) -> list[ev.Event]:
    """A user leaves every channel."""
    user = state.user_of(change.session)
    if user is None:
        return []
    channels = [state.channels[name] for name in user.channels]
    for channel in channels:
        leave_channel(state, channel, user, entry.seq, why="wish")
    return [ev.Parted(channel, user, "") for channel in channels]


def set_topic(state: State, change: do.SetTopic, entry: do.Entry) -> list[ev.Event]:
    """A channel gets another topic."""
    found = member(state, change.session, change.channel)
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    if "t" in channel.flags and "o" not in channel.members[user.id]:
        return [ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,))]
    channel.topic = change.text
    channel.topic_source = user.source
    channel.topic_time = entry.time
    return [ev.TopicChanged(channel, user.source)]


def kick(state: State, change: do.Kick, entry: do.Entry) -> list[ev.Event]:
    """A user is put out of a channel."""
    found = operator(state, change.session, change.channel)
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    target = state.user_by_nick(change.nick)
    if target is None:
        return [ev.Refused(n.ERR_NOSUCHNICK, (change.nick,))]
    if target.id not in channel.members:
        return [ev.Refused(n.ERR_USERNOTINCHANNEL, (target.nick, channel.name))]
    leave_channel(state, channel, target, entry.seq, why="wish")
    if target is not user:  # who was put out is not expected back
        channel.returning.pop(target.source, None)
    return [ev.Kicked(channel, user.source, target, change.reason)]


def invite(state: State, change: do.Invite, _entry: do.Entry) -> list[ev.Event]:
    """A user is asked into a channel."""
    found = member(state, change.session, change.channel)
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    if "i" in channel.flags and "o" not in channel.members[user.id]:
        return [ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,))]
    target = state.user_by_nick(change.nick)
    if target is None:
        return [ev.Refused(n.ERR_NOSUCHNICK, (change.nick,))]
    if target.id in channel.members:
        return [ev.Refused(n.ERR_USERONCHANNEL, (target.nick, channel.name))]
    channel.invited[target.id] = None
    return [ev.Invited(channel, user.source, target)]
