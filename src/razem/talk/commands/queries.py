"""NAMES, TOPIC: questions about a channel (RFC 2812 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.commands.base import Refusal
from razem.talk.commands.channels import split_targets
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import fill
from razem.talk.modes import prefix
from razem.talk.visibility import sees_channel, sees_user

if TYPE_CHECKING:
    from razem.talk.irc.message import Message
    from razem.talk.model import Channel
    from razem.talk.session import Session

__all__ = ["names", "send_names", "send_topic", "topic", "visible_channel"]


def topic(session: Session, message: Message) -> None:
    """TOPIC channel."""
    channel = visible_channel(session, message.params[0])
    if channel is not None and not send_topic(session, channel):
        session.reply(n.RPL_NOTOPIC, channel.name, "No topic is set")


def send_topic(session: Session, channel: Channel) -> bool:
    """Send the topic and who set it; false when there is none."""
    if not channel.topic:
        return False
    session.reply(n.RPL_TOPIC, channel.name, channel.topic)
    seconds = str(channel.topic_time // 1000)
    session.reply(n.RPL_TOPICWHOTIME, channel.name, channel.topic_source, seconds)
    return True


def names(session: Session, message: Message) -> None:
    """NAMES [channel,…]."""
    targets = _targets(session, message.param(0))
    for target in targets:
        channel = session.hub.state.channel(target)
        if channel is None or not sees_channel(session.user, channel):
            session.reply(n.RPL_ENDOFNAMES, target, "End of /NAMES list")
        else:
            send_names(session, channel)
    if not message.params:
        session.reply(n.RPL_ENDOFNAMES, "*", "End of /NAMES list")


def send_names(session: Session, channel: Channel) -> None:
    """Send the members of a channel, in as many lines as it takes."""
    users, capabilities = session.hub.state.users, session.capabilities
    all_signs = bool(capabilities & cap.MULTI_PREFIX)
    whole = bool(capabilities & cap.USERHOST_IN_NAMES)
    nick = session.user.nick if session.user else "*"
    head = f":{session.hub.identity.name} {n.RPL_NAMREPLY} {nick} = {channel.name} :\r\n"
    room = MAX_LINE - len(head.encode())
    members = (
        prefix(status, whole=all_signs) + (users[member].source if whole else users[member].nick)
        for member, status in channel.members.items()
        if sees_user(session.user, users[member])
    )
    sign = "@" if channel.secret else "="  # RFC 2812 5.1, RPL_NAMREPLY
    for line in fill(members, room):
        session.reply(n.RPL_NAMREPLY, sign, channel.name, line)
    session.reply(n.RPL_ENDOFNAMES, channel.name, "End of /NAMES list")


def visible_channel(session: Session, name: str) -> Channel | None:
    """Return a channel that the session may know of; None when it was told that there is none."""
    channel = session.hub.state.channel(name)
    if channel is None or not sees_channel(session.user, channel):
        session.refuse(n.ERR_NOSUCHCHANNEL, (name,))
        return None
    return channel


def _targets(session: Session, text: str) -> list[str]:
    try:
        return split_targets(session, text)
    except Refusal as refusal:
        session.refuse(refusal.numeric, refusal.params)
        return []
