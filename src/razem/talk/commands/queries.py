"""PING, NAMES, WHO, LIST, TOPIC, MOTD: answers from the state (RFC 2812 3.2, 3.4, 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.commands.base import Refusal
from razem.talk.commands.channels import split_targets
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import fill, fold, is_channel
from razem.talk.isupport import send_isupport
from razem.talk.masks import mask_pattern
from razem.talk.modes import prefix
from razem.talk.visibility import sees_channel, sees_user

if TYPE_CHECKING:
    from razem.talk.irc.message import Message
    from razem.talk.model import Channel, User
    from razem.talk.session import Session

__all__ = [
    "isupport",
    "list_channels",
    "motd",
    "names",
    "ping",
    "send_names",
    "send_topic",
    "topic",
    "visible_channel",
    "who",
]


def ping(session: Session, message: Message) -> None:
    """PING token."""
    if not message.params:
        session.refuse(n.ERR_NOORIGIN)
        return
    session.from_hub(f"PONG {session.hub.identity.name} :{message.params[0]}")


def motd(session: Session, _message: Message) -> None:
    """MOTD."""
    send_motd(session)


def isupport(session: Session, _message: Message) -> None:
    """ISUPPORT; before registration for those who negotiated it (IRCv3 extended-isupport)."""
    if session.user is None and not session.capabilities & cap.EXTENDED_ISUPPORT:
        session.refuse(n.ERR_NOTREGISTERED)
    else:
        send_isupport(session, whole=True)


def send_motd(session: Session) -> None:
    """Send the message of the day, or that there is none."""
    lines = session.hub.motd
    if not lines:
        session.refuse(n.ERR_NOMOTD)
        return
    session.reply(n.RPL_MOTDSTART, f"- {session.hub.identity.name} Message of the day -")
    for line in lines:
        session.reply(n.RPL_MOTD, f"- {line}")
    session.reply(n.RPL_ENDOFMOTD, "End of /MOTD command")


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


def list_channels(session: Session, message: Message) -> None:
    """LIST [channel,…]."""
    state = session.hub.state
    session.reply(n.RPL_LISTSTART, "Channel", "Users  Name")
    wanted = [fold(target) for target in _targets(session, message.param(0))]
    for name in wanted if message.params else list(state.channels):
        channel = state.channels.get(name)
        if channel is not None and sees_channel(session.user, channel):
            session.reply(n.RPL_LIST, channel.name, str(len(channel.members)), channel.topic)
    session.reply(n.RPL_LISTEND, "End of /LIST")


def who(session: Session, message: Message) -> None:
    """WHO channel, or WHO mask."""
    mask = message.param(0) or "*"
    state = session.hub.state
    if is_channel(mask):
        channel = state.channel(mask)
        if channel is not None and sees_channel(session.user, channel):
            all_signs = bool(session.capabilities & cap.MULTI_PREFIX)
            for member, status in channel.members.items():
                if sees_user(session.user, state.users[member]):
                    signs = prefix(status, whole=all_signs)
                    _who_reply(session, channel.name, state.users[member], signs)
    else:
        pattern = mask_pattern(fold(mask)[:200])
        for user in state.users.values():
            if pattern.fullmatch(fold(user.nick)) and sees_user(session.user, user):
                _who_reply(session, "*", user, "")
    session.reply(n.RPL_ENDOFWHO, mask, "End of WHO list")


def _who_reply(session: Session, channel: str, user: User, sign: str) -> None:
    flags = ("G" if user.away else "H") + sign
    server = session.hub.identity.name
    session.reply(
        n.RPL_WHOREPLY,
        channel,
        user.username,
        user.host,
        server,
        user.nick,
        flags,
        f"0 {user.realname}",
    )


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
