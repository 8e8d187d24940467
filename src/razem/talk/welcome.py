"""What a session is told when it becomes a user: 001 to 005, and the message of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.commands.persistence import tell_persistence
from razem.talk.commands.server import send_lusers, send_motd
from razem.talk.irc import numerics as n
from razem.talk.isupport import send_isupport
from razem.talk.modes import CHANNEL_MODES, PREFIXES, USER_MODES
from razem.talk.telling.metadata import welcome_metadata

if TYPE_CHECKING:
    from razem.talk.session import Session

__all__ = ["send_welcome"]


def send_welcome(session: Session) -> None:
    """Send the numerics that end registration."""
    hub = session.hub
    identity, user = hub.identity, session.user
    assert user is not None  # noqa: S101 # it just arrived
    session.reply(n.RPL_WELCOME, f"Welcome to the {identity.network} Network, {user.source}")
    session.reply(n.RPL_YOURHOST, f"Your host is {identity.name}, running {identity.version}")
    session.reply(n.RPL_CREATED, f"This server was started {identity.created}")
    letters = CHANNEL_MODES.replace(",", "") + "".join(PREFIXES)
    session.reply(n.RPL_MYINFO, identity.name, identity.version, USER_MODES, letters)
    send_isupport(session)
    tell_persistence(session)
    send_lusers(session)
    send_motd(session)
    welcome_metadata(session)
