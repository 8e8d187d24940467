"""JOIN, PART, TOPIC, INVITE, KICK, RENAME: what changes a channel (RFC 2812 3.2)."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from razem.talk.changes import (
    Invite,
    Join,
    Kick,
    Knock,
    Part,
    PartAll,
    RenameChannel,
    SetTopic,
)
from razem.talk.commands.base import Refusal
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import cut, is_channel, valid_channel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = [
    "invitations",
    "invite",
    "join",
    "kick",
    "knock",
    "part",
    "rename",
    "set_topic",
    "split_targets",
]


def split_targets(session: Session, text: str) -> list[str]:
    """Return the targets of a comma-separated list, each once.

    Raises:
        Refusal: there are more than the hub takes in one command.
    """
    targets = list(dict.fromkeys(target for target in text.split(",") if target))
    if len(targets) > session.hub.limits.targets:
        raise Refusal(n.ERR_TOOMANYTARGETS, (targets[session.hub.limits.targets],))
    return targets


def _named(session: Session, message: Message, place: int) -> list[str]:
    """Return the targets in a parameter, one at least.

    Raises:
        Refusal: there are none (nothing but commas), or too many.
    """
    targets = split_targets(session, message.params[place])
    if not targets:
        raise Refusal(n.ERR_NEEDMOREPARAMS, (message.command,))
    return targets


def join(session: Session, message: Message) -> Sequence[Change]:
    """JOIN of a list of channels with their keys; ``JOIN 0`` leaves them all."""
    limits = session.hub.limits
    if message.params[0] == "0":
        return (PartAll(session.id),)
    keys: dict[str, str] = {}
    pairs = zip_longest(message.params[0].split(","), message.param(1).split(","), fillvalue="")
    for name, key in pairs:
        keys.setdefault(name, key)
    names = _named(session, message, 0)
    wrong = [name for name in names if not valid_channel(name, limits.channel)]
    for name in wrong:
        numeric = n.ERR_BADCHANMASK if is_channel(name) else n.ERR_NOSUCHCHANNEL
        session.complain(Refusal(numeric, (name,)))
    return [
        Join(session.id, name, keys[name], limits.channels, limits.channels_in_all)
        for name in names
        if name not in wrong
    ]


def part(session: Session, message: Message) -> Sequence[Change]:
    """PART of a list of channels."""
    reason = cut(message.param(1), session.hub.limits.reason)
    names = _named(session, message, 0)
    return [Part(session.id, name, reason) for name in names]


def set_topic(session: Session, message: Message) -> Sequence[Change]:
    """TOPIC with a text; without one it is a question."""
    if len(message.params) < 2:
        return ()
    channel, text = message.params[:2]
    hub = session.hub
    # Everybody is to receive all of it, in TOPIC and in RPL_TOPIC.
    source = max(len(session.source.encode()), len(hub.identity.name.encode()) + hub.limits.nick)
    room = MAX_LINE - len(f":TOPIC   {channel} :\r\n".encode()) - source
    return (SetTopic(session.id, channel, cut(text, max(0, min(hub.limits.topic, room)))),)


def invite(session: Session, message: Message) -> Sequence[Change]:
    """INVITE nick channel; without parameters it is a question."""
    if not message.params:
        return ()
    if len(message.params) < 2:
        raise Refusal(n.ERR_NEEDMOREPARAMS, ("INVITE",))
    return (Invite(session.id, message.params[0], message.params[1]),)


def invitations(session: Session, _message: Message) -> None:
    """INVITE without parameters: where one is invited to (Modern IRC)."""
    user = session.user
    for channel in session.hub.state.channels.values():
        if user is not None and user.id in channel.invited:
            session.reply(n.RPL_INVITELIST, channel.name)
    session.reply(n.RPL_ENDOFINVITELIST, "End of /INVITE list")


def kick(session: Session, message: Message) -> Sequence[Change]:
    """KICK channel[,channel…] nick[,nick…] [reason]: one channel, or one for each nick."""
    user = session.user
    assert user is not None  # noqa: S101 # the table asks for registration
    reason = cut(message.param(2), session.hub.limits.reason) or user.nick
    channels = message.params[0].split(",")
    if len(set(channels)) == 1:
        nicks = _named(session, message, 1)
        return [Kick(session.id, channels[0], nick, reason) for nick in nicks]
    nicks = message.params[1].split(",")
    if len(channels) != len(nicks):
        raise Refusal(n.ERR_NEEDMOREPARAMS, ("KICK",), "Name one channel, or one for each nick")
    split_targets(session, message.params[1])
    pairs = dict.fromkeys(zip(channels, nicks, strict=True))
    return [Kick(session.id, channel, nick, reason) for channel, nick in pairs if channel and nick]


def knock(session: Session, message: Message) -> Sequence[Change]:
    """KNOCK channel [text]: ask those who may let one in."""
    text = cut(message.param(1), session.hub.limits.reason)
    return (Knock(session.id, message.params[0], text),)


def rename(session: Session, message: Message) -> Sequence[Change]:
    """RENAME channel name [reason] (IRCv3 channel-rename)."""
    channel, name = message.params[:2]
    if not valid_channel(name, session.hub.limits.channel):
        numeric = n.ERR_BADCHANMASK if is_channel(name) else n.ERR_NOSUCHCHANNEL
        raise Refusal(numeric, (name,))
    reason = cut(message.param(2), session.hub.limits.reason)
    return (RenameChannel(session.id, channel, name, reason),)
