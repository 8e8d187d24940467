"""PING, MOTD, VERSION, ADMIN, TIME, INFO, LUSERS, LINKS, USERS (RFC 2812 3.4, 3.7, 4.6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from razem.talk.commands.shared import asks_this_server
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.masks import matches
from razem.talk.isupport import send_isupport
from razem.talk.requests import ReadClock

if TYPE_CHECKING:
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = [
    "admin",
    "info",
    "isupport",
    "links",
    "lusers",
    "motd",
    "ping",
    "send_lusers",
    "send_motd",
    "time",
    "users",
    "version",
]


def ping(session: Session, message: Message) -> None:
    """PING token."""
    if not message.params:
        session.refuse(n.ERR_NOORIGIN)
        return
    session.from_hub(f"PONG {session.hub.identity.name} :{message.params[0]}")


def motd(session: Session, message: Message) -> None:
    """MOTD [server]."""
    if asks_this_server(session, message.param(0)):
        send_motd(session)


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


def isupport(session: Session, _message: Message) -> None:
    """ISUPPORT; before registration for those who negotiated it (IRCv3 extended-isupport)."""
    if session.user is None and not session.capabilities & cap.EXTENDED_ISUPPORT:
        session.refuse(n.ERR_NOTREGISTERED)
    else:
        send_isupport(session, whole=True)


def version(session: Session, message: Message) -> None:
    """VERSION [server]: with what it supports (Modern IRC)."""
    if asks_this_server(session, message.param(0)):
        identity = session.hub.identity
        session.reply(n.RPL_VERSION, identity.version, identity.name, identity.description)
        send_isupport(session)


def admin(session: Session, message: Message) -> None:
    """ADMIN [server]: who runs it."""
    if not asks_this_server(session, message.param(0)):
        return
    identity = session.hub.identity
    if not identity.admin:
        session.refuse(n.ERR_NOADMININFO, (identity.name,))
        return
    session.reply(n.RPL_ADMINME, identity.name, "Administrative info")
    numerics = (n.RPL_ADMINLOC1, n.RPL_ADMINLOC2, n.RPL_ADMINEMAIL)
    for numeric, line in zip(numerics, identity.admin, strict=False):
        session.reply(numeric, line)


def time(session: Session, message: Message) -> None:
    """TIME [server]."""
    if not asks_this_server(session, message.param(0)):
        return

    def give(milliseconds: int) -> None:
        seconds = milliseconds // 1000
        text = f"{datetime.fromtimestamp(seconds, UTC):%a, %d %b %Y %H:%M:%S} UTC"
        session.reply(n.RPL_TIME, session.hub.identity.name, str(seconds), "0", text)

    session.ask(ReadClock, give)


def info(session: Session, message: Message) -> None:
    """INFO [server]."""
    if not asks_this_server(session, message.param(0)):
        return
    identity = session.hub.identity
    lines = [
        f"{identity.name}: {identity.description}",
        f"It runs {identity.version}, and was started {identity.created}",
        "Razem is a chat server that every IRC client speaks to, and a file exchange.",
        "HELP tells what can be said to it.",
    ]
    for line in lines:
        session.reply(n.RPL_INFO, line)
    session.reply(n.RPL_ENDOFINFO, "End of /INFO list")


def lusers(session: Session, message: Message) -> None:
    """LUSERS [mask [server]]: how many are here."""
    if asks_this_server(session, message.param(1)):
        send_lusers(session)


def send_lusers(session: Session) -> None:
    """Send how many users, operators, unregistered connections and channels there are."""
    hub = session.hub
    tally, state = hub.tally, hub.state
    total, here = len(state.users), tally.here
    shown = total - tally.invisible
    session.reply(
        n.RPL_LUSERCLIENT, f"There are {shown} users and {tally.invisible} invisible on 1 servers"
    )
    session.reply(n.RPL_LUSEROP, str(tally.operators), "operator(s) online")
    session.reply(n.RPL_LUSERUNKNOWN, str(len(hub.sessions) - here), "unknown connection(s)")
    session.reply(n.RPL_LUSERCHANNELS, str(len(state.channels)), "channels formed")
    session.reply(n.RPL_LUSERME, f"I have {here} clients and 0 servers")
    for numeric, kind, count, most in (
        (n.RPL_LOCALUSERS, "local", here, tally.most_here),
        (n.RPL_GLOBALUSERS, "global", total, tally.most),
    ):
        text = f"Current {kind} users {count}, max {most}"
        session.reply(numeric, str(count), str(most), text)


def links(session: Session, message: Message) -> None:
    """LINKS [[server] mask]: the servers that there are, which is this one."""
    if len(message.params) > 1 and not asks_this_server(session, message.params[0]):
        return
    mask = message.params[-1] if message.params else "*"
    identity = session.hub.identity
    if matches(mask, identity.name):
        session.reply(n.RPL_LINKS, identity.name, identity.name, f"0 {identity.description}")
    session.reply(n.RPL_ENDOFLINKS, mask, "End of /LINKS list")


def users(session: Session, _message: Message) -> None:
    """USERS: who is logged in on the machine of the server is nobody's business."""
    session.refuse(n.ERR_USERSDISABLED)
