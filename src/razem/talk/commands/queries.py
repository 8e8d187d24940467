"""PING, NAMES, WHO, LIST, TOPIC, MODE, MOTD: answers from the state (RFC 2812 3.2, 3.4, 3.6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from razem.talk.commands.base import Refusal
from razem.talk.commands.channels import split_targets
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import fill, fold, is_channel
from razem.talk.isupport import send_isupport
from razem.talk.modes import parse_modes, prefix

if TYPE_CHECKING:
    from razem.talk.irc.message import Message
    from razem.talk.model import Channel, User
    from razem.talk.session import Session

__all__ = [
    "isupport",
    "list_channels",
    "mode",
    "motd",
    "names",
    "ping",
    "send_names",
    "send_topic",
    "topic",
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
    channel = _channel(session, message.params[0])
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
        if channel is None:
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
        if _visible(session, users[member])
    )
    for line in fill(members, room):
        session.reply(n.RPL_NAMREPLY, "=", channel.name, line)
    session.reply(n.RPL_ENDOFNAMES, channel.name, "End of /NAMES list")


def list_channels(session: Session, message: Message) -> None:
    """LIST [channel,…]."""
    state = session.hub.state
    session.reply(n.RPL_LISTSTART, "Channel", "Users  Name")
    wanted = [fold(target) for target in _targets(session, message.param(0))]
    for name in wanted if message.params else list(state.channels):
        channel = state.channels.get(name)
        if channel is not None:
            session.reply(n.RPL_LIST, channel.name, str(len(channel.members)), channel.topic)
    session.reply(n.RPL_LISTEND, "End of /LIST")


def who(session: Session, message: Message) -> None:
    """WHO channel, or WHO mask."""
    mask = message.param(0) or "*"
    state = session.hub.state
    if is_channel(mask):
        channel = state.channel(mask)
        if channel is not None:
            for member, status in channel.members.items():
                if _visible(session, state.users[member]):
                    all_signs = bool(session.capabilities & cap.MULTI_PREFIX)
                signs = prefix(status, whole=all_signs)
                _who_reply(session, channel.name, state.users[member], signs)
    else:
        pattern = _mask_pattern(mask)
        for user in state.users.values():
            if pattern.fullmatch(fold(user.nick)) and _visible(session, user):
                _who_reply(session, "*", user, "")
    session.reply(n.RPL_ENDOFWHO, mask, "End of WHO list")


def _visible(session: Session, user: User) -> bool:
    """Tell whether a user may be found by one who does not ask for it by its channel."""
    me = session.user
    return not user.invisible or (
        me is not None and (me is user or not me.channels.keys().isdisjoint(user.channels))
    )


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


def _mask_pattern(mask: str) -> re.Pattern[str]:
    """Turn a mask with ``*`` and ``?`` into a pattern for folded names."""
    parts = re.split(r"([*?]+)", fold(mask)[:200])
    return re.compile(
        "".join(
            (".*" if "*" in part else "." * len(part)) if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        )
    )


def mode(session: Session, message: Message) -> None:
    """MODE without anything to change: the modes of a channel, or one's own."""
    target = message.params[0]
    if not is_channel(target):
        _user_mode(session, message)
        return
    channel = _channel(session, target)
    if channel is None:
        return
    lists = parse_modes(message.params[1:]).lists if len(message.params) > 1 else ""
    if "b" in lists:
        session.reply(n.RPL_ENDOFBANLIST, channel.name, "End of channel ban list")
        return
    letters, *arguments = channel.modes
    if channel.key and (session.user is None or session.user.id not in channel.members):
        arguments[0] = "*"  # the key is the members' secret
    session.reply(n.RPL_CHANNELMODEIS, channel.name, letters, *arguments)
    session.reply(n.RPL_CREATIONTIME, channel.name, str(channel.created // 1000))


def _user_mode(session: Session, message: Message) -> None:
    if fold(message.params[0]) != fold(session.nick):
        known = session.hub.state.user_by_nick(message.params[0])
        if known is None:
            session.refuse(n.ERR_NOSUCHNICK, (message.params[0],))
        else:
            session.refuse(n.ERR_USERSDONTMATCH)
    else:
        session.reply(n.RPL_UMODEIS, f"+{session.user.modes if session.user else ''}")


def _channel(session: Session, name: str) -> Channel | None:
    channel = session.hub.state.channel(name)
    if channel is None:
        session.refuse(n.ERR_NOSUCHCHANNEL, (name,))
    return channel


def _targets(session: Session, text: str) -> list[str]:
    try:
        return split_targets(session, text)
    except Refusal as refusal:
        session.refuse(refusal.numeric, refusal.params)
        return []
