"""The commands that the hub knows: one table."""

from __future__ import annotations

from typing import Final

from razem.talk.commands import (
    capabilities,
    channels,
    history,
    markers,
    messages,
    modes,
    queries,
    redaction,
    registration,
    searching,
    services,
    users,
)
from razem.talk.commands.base import Command

__all__ = ["COMMANDS"]

COMMANDS: Final[dict[str, Command]] = {
    # Connection: RFC 2812 3.1 and 3.7, IRCv3 capability negotiation
    "CAP": Command(answer=capabilities.cap, min_params=1, before_welcome=True),
    "PASS": Command(answer=registration.password, min_params=1, before_welcome=True),
    "NICK": Command(registration.rename, registration.nick, before_welcome=True, barrier=True),
    "USER": Command(answer=registration.user, min_params=4, before_welcome=True),
    "PING": Command(answer=queries.ping, before_welcome=True),
    "PONG": Command(before_welcome=True),
    "QUIT": Command(registration.leave, registration.leave_unregistered, before_welcome=True),
    # Channels: RFC 2812 3.2
    "JOIN": Command(channels.join, min_params=1),
    "PART": Command(channels.part, min_params=1),
    "TOPIC": Command(channels.set_topic, queries.topic, min_params=1),
    "NAMES": Command(answer=queries.names),
    "LIST": Command(answer=queries.list_channels),
    "INVITE": Command(channels.invite, channels.invitations),
    "KICK": Command(channels.kick, min_params=2),
    "MODE": Command(modes.set_modes, modes.mode, min_params=1),
    "RENAME": Command(channels.rename, min_params=2),
    "CS": Command(services.order, services.answer),
    "CHANSERV": Command(services.order, services.answer),
    # Messages: RFC 2812 3.3, IRCv3 chathistory
    "PRIVMSG": Command(messages.privmsg, services.private_answer),
    "NOTICE": Command(messages.notice),
    "TAGMSG": Command(messages.tagmsg, min_params=1),
    "RELAYMSG": Command(messages.relaymsg, min_params=3),
    "CHATHISTORY": Command(answer=history.chathistory, barrier=True),
    "SEARCH": Command(answer=searching.search, min_params=1, barrier=True),
    "REDACT": Command(answer=redaction.redact, min_params=2, barrier=True),
    "MARKREAD": Command(markers.mark_read, markers.read_marker),
    # Users and the server: RFC 2812 3.4, 3.6, 4.1
    "AWAY": Command(users.away, users.away_at_first, before_welcome=True),
    "SETNAME": Command(users.setname, min_params=1),
    "CHGHOST": Command(users.chghost, min_params=3),
    "WHO": Command(answer=queries.who),
    "ISUPPORT": Command(answer=queries.isupport, before_welcome=True),
    "MOTD": Command(answer=queries.motd),
}
