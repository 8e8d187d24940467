"""Verdicts on channels: coming in, leaving, the topic, putting out and inviting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold
from razem.talk.masks import matches_any
from razem.talk.model import Channel
from razem.talk.ranks import at_least, may_act_on, with_letter
from razem.talk.verdicts.shared import access_of, banned, leave_channel, member, of_status
from razem.talk.visibility import sees_channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.talk import changes as do
    from razem.talk.model import User
    from razem.talk.state import State

__all__ = ["invite", "join", "kick", "knock", "part", "part_all", "set_topic"]

_MAX_FORWARDS: Final = 5  # from one channel to the next
_KNOCK_PAUSE: Final = 300_000  # milliseconds, of one user at one channel


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
    refusal = _may_not_join(channel, user, change.key)
    if not refusal:
        return [_enter(channel, user)]
    for onward in _forwards(state, channel):
        text = f"Forwarding to {onward.name}"
        led = ev.Refused(n.ERR_LINKCHANNEL, (channel.name, onward.name), text)
        if onward.folded in user.channels:
            return [led]
        if not _may_not_join(onward, user, ""):
            return [led, _enter(onward, user)]
    return [ev.Refused(refusal, (channel.name,))]


def _forwards(state: State, channel: Channel) -> Iterator[Channel]:
    """Yield the channels to which one is led who cannot come into the one before."""
    met = {channel.folded}
    for _ in range(_MAX_FORWARDS):
        onward = state.channel(channel.forward) if channel.forward else None
        if onward is None or onward.folded in met:
            return
        met.add(onward.folded)
        yield onward
        channel = onward


def _enter(channel: Channel, user: User) -> ev.Joined:
    returning = channel.returning.pop(user.remembered_as, None)
    status = returning.status if returning and returning.welcome else ""
    if channel.founder:
        status = with_letter(status, access_of(channel, user))
    elif not channel.members and not at_least(status, "o"):
        status = with_letter(status, "o")
    channel.invited.pop(user.id, None)
    channel.knocks.pop(user.id, None)
    channel.members[user.id] = status
    user.channels[channel.folded] = None
    return ev.Joined(channel, user, returning)


def _may_not_join(channel: Channel, user: User, key: str) -> str | None:
    """Return the numeric that says why not, or None."""
    returning = channel.returning.get(user.remembered_as)
    if user.id in channel.invited or at_least(access_of(channel, user), "h"):
        return None
    if banned(channel, user, speaking=False):
        return n.ERR_BANNEDFROMCHAN
    expected = (returning and returning.welcome) or matches_any(user, channel.invite_exceptions)
    if "i" in channel.flags and not expected:
        return n.ERR_INVITEONLYCHAN
    if channel.key and channel.key != key:
        return n.ERR_BADCHANNELKEY
    if "R" in channel.flags and not user.account:
        return n.ERR_NEEDREGGEDNICK
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
    if "t" in channel.flags and not at_least(channel.members[user.id], "h"):
        return [ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,))]
    channel.topic = change.text
    channel.topic_source = user.source
    channel.topic_time = entry.time
    return [ev.TopicChanged(channel, user.source)]


def kick(state: State, change: do.Kick, entry: do.Entry) -> list[ev.Event]:
    """A user is put out of a channel."""
    found = of_status(state, change.session, change.channel, "h")
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    target = state.user_by_nick(change.nick)
    if target is None:
        return [ev.Refused(n.ERR_NOSUCHNICK, (change.nick,))]
    if target.id not in channel.members:
        return [ev.Refused(n.ERR_USERNOTINCHANNEL, (target.nick, channel.name))]
    mine, theirs = channel.members[user.id], channel.members[target.id]
    if target is not user and not may_act_on(mine, theirs):
        text = f"You may not kick {target.nick}, whose status is as high as yours or higher"
        return [ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,), text)]
    leave_channel(state, channel, target, entry.seq, why="wish")
    if target is not user:  # who was put out is not expected back
        channel.returning.pop(target.remembered_as, None)
    return [ev.Kicked(channel, user.source, target, change.reason)]


def invite(state: State, change: do.Invite, _entry: do.Entry) -> list[ev.Event]:
    """A user is asked into a channel; what keeps others out does not, if an operator asks."""
    found = member(state, change.session, change.channel)
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    may_admit = at_least(channel.members[user.id], "h")
    if "i" in channel.flags and not may_admit:
        return [ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,))]
    target = state.user_by_nick(change.nick)
    if target is None:
        return [ev.Refused(n.ERR_NOSUCHNICK, (change.nick,))]
    if target.id in channel.members:
        return [ev.Refused(n.ERR_USERONCHANNEL, (target.nick, channel.name))]
    if may_admit:
        channel.invited[target.id] = None
    return [ev.Invited(channel, user.source, target)]


def knock(state: State, change: do.Knock, entry: do.Entry) -> list[ev.Event]:
    """A user asks to be invited to a channel that is closed."""
    user, channel = state.user_of(change.session), state.channel(change.channel)
    if user is None:
        return []
    if channel is None or not sees_channel(user, channel):
        return [ev.Refused(n.ERR_NOSUCHCHANNEL, (change.channel,))]
    if user.id in channel.members:
        return [ev.Refused(n.ERR_KNOCKONCHAN, (channel.name,))]
    refusal = _may_not_join(channel, user, "")
    if refusal == n.ERR_BANNEDFROMCHAN:
        text = "Cannot knock on channel (+b): you are banned"
        return [ev.Refused(n.ERR_CANNOTSENDTOCHAN, (channel.name,), text)]
    if not refusal:
        return [ev.Refused(n.ERR_CHANOPEN, (channel.name,))]
    if entry.time < channel.knocks.get(user.id, -_KNOCK_PAUSE) + _KNOCK_PAUSE:
        return [ev.Refused(n.ERR_TOOMANYKNOCK, (channel.name,))]
    channel.knocks[user.id] = entry.time
    return [ev.Knocked(channel, user)]
