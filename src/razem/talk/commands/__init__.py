"""The commands that the hub knows: one table."""

from __future__ import annotations

from typing import Final

from razem.talk.commands import (
    accounts,
    bans,
    capabilities,
    channels,
    history,
    listing,
    manual,
    markers,
    messages,
    metadata,
    modes,
    monitor,
    nickserv,
    operators,
    persistence,
    queries,
    redaction,
    registration,
    sasl,
    searching,
    server,
    services,
    stats,
    users,
    who,
    whois,
)
from razem.talk.commands.base import Command

__all__ = ["COMMANDS"]

COMMANDS: Final[dict[str, Command]] = {
    # Connection: RFC 2812 3.1 and 3.7, IRCv3 capability negotiation
    "CAP": Command(answer=capabilities.cap, min_params=1, before_welcome=True),
    "PASS": Command(answer=registration.password, min_params=1, before_welcome=True, barrier=True),
    "NICK": Command(registration.rename, registration.nick, before_welcome=True, barrier=True),
    "USER": Command(answer=registration.user, min_params=4, before_welcome=True),
    "PING": Command(answer=server.ping, before_welcome=True),
    "PONG": Command(before_welcome=True),
    "QUIT": Command(registration.leave, registration.leave_unregistered, before_welcome=True),
    # Accounts: IRCv3 sasl and account-registration
    "AUTHENTICATE": Command(
        answer=sasl.authenticate, min_params=1, before_welcome=True, barrier=True
    ),
    "REGISTER": Command(answer=accounts.register, min_params=3, before_welcome=True, barrier=True),
    "VERIFY": Command(answer=accounts.verify, min_params=2, before_welcome=True),
    "PERSISTENCE": Command(answer=persistence.persistence, min_params=1, barrier=True),
    "UNREAD": Command(answer=persistence.unread, barrier=True),
    "METADATA": Command(metadata.set_metadata, metadata.metadata, min_params=2),
    "NS": Command(answer=nickserv.order, barrier=True),
    "NICKSERV": Command(answer=nickserv.order, barrier=True),
    # Channels: RFC 2812 3.2
    "JOIN": Command(channels.join, min_params=1),
    "PART": Command(channels.part, min_params=1),
    "TOPIC": Command(channels.set_topic, queries.topic, min_params=1),
    "NAMES": Command(answer=queries.names),
    "INVITE": Command(channels.invite, channels.invitations),
    "LIST": Command(answer=listing.list_channels, barrier=True),
    "KICK": Command(channels.kick, min_params=2),
    "MODE": Command(modes.set_modes, modes.mode, min_params=1),
    "KNOCK": Command(channels.knock, min_params=1),
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
    "WHO": Command(answer=who.who),
    "WHOIS": Command(answer=whois.whois),
    "WHOWAS": Command(answer=whois.whowas),
    "USERHOST": Command(answer=whois.userhost, min_params=1),
    "ISON": Command(answer=whois.ison, min_params=1),
    "MONITOR": Command(answer=monitor.monitor, min_params=1),
    "ISUPPORT": Command(answer=server.isupport, before_welcome=True),
    "MOTD": Command(answer=server.motd),
    "VERSION": Command(answer=server.version),
    "ADMIN": Command(answer=server.admin),
    "TIME": Command(answer=server.time, barrier=True),
    "INFO": Command(answer=server.info),
    "LUSERS": Command(answer=server.lusers),
    "LINKS": Command(answer=server.links),
    "USERS": Command(answer=server.users),
    "STATS": Command(answer=stats.stats, min_params=1, barrier=True),
    "HELP": Command(answer=manual.help_about),
    "HELPOP": Command(answer=manual.help_about),
    # Server operators: RFC 2812 3.1.4, 3.7.1, 4.2, 4.7; bans as in Charybdis and Ergo
    "OPER": Command(answer=operators.oper, min_params=2, barrier=True),
    "KILL": Command(operators.kill, min_params=1),
    "WALLOPS": Command(operators.wallops, min_params=1),
    "REHASH": Command(answer=operators.rehash, barrier=True),
    "KLINE": Command(bans.add, bans.list_bans, fetches=True),
    "UNKLINE": Command(bans.remove, min_params=1),
    "DLINE": Command(bans.add, bans.list_bans, fetches=True),
    "UNDLINE": Command(bans.remove, min_params=1),
}
