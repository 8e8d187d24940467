"""Telling of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.chanserv import NICKSERV_SOURCE
from razem.talk.commands.accounts import tell_logged_in, tell_logged_out
from razem.talk.commands.persistence import persistence_line
from razem.talk.commands.services import say
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.render import Line
from razem.talk.telling.channels import join_line, show_channel
from razem.talk.telling.users import tell_left

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk import events as ev
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["account_changed", "account_registered", "moved", "persistence_changed"]


def account_registered(
    _hub: Hub, event: ev.AccountRegistered, entry: do.Entry, session: Session | None
) -> None:
    """Who registered it hears that it is so, and that it is logged in."""
    if session is None:
        return
    name = event.account.name
    if _way(entry) == "nickserv":
        say(session, f"The account {name} is yours: you are logged in to it", NICKSERV_SOURCE)
    else:
        session.from_hub(f"REGISTER SUCCESS {name} :You are registered and logged in as {name}")
    if session.user is None:
        session.account = name
        tell_logged_in(session)


def _way(entry: do.Entry) -> str:
    return getattr(entry.change, "way", "")


def account_changed(
    hub: Hub, event: ev.AccountChanged, entry: do.Entry, session: Session | None
) -> None:
    """The sessions of the user hear of it, and those who share a channel and asked for it."""
    user = event.user
    for one in hub.sessions_of(user):
        one.be(user)
        if user.account:
            tell_logged_in(one, answer=one is session)
        else:
            tell_logged_out(one, answer=one is session)
    if session is not None and session.user is user:
        _confirm(session, entry)
    line = Line(f":{user.source} ACCOUNT {user.account or '*'}", entry.time, user)
    channels = [hub.state.channels[name] for name in user.channels]
    hub.tell_channels(channels, line, None, knowing=cap.ACCOUNT_NOTIFY, also=user, about=user)


def _confirm(session: Session, entry: do.Entry) -> None:
    """Say to who asked to be logged in that it is done, in the words of how it asked."""
    if _way(entry) == "sasl":
        session.reply(n.RPL_SASLSUCCESS, "SASL authentication successful")


def moved(hub: Hub, event: ev.Moved, entry: do.Entry, session: Session | None) -> None:
    """The session becomes one of another user: it is shown how it is called, and where it is.

    Who shared a channel with who it was sees that one leave.
    """
    user = event.user
    if event.left:
        reason = f"Logged in as {user.nick}"
        tell_left(hub, event.who, event.channels, reason, entry=entry, session=session)
    if session is None:
        return
    hub.unsubscribe(session, *(channel.folded for channel in event.channels))
    for channel in event.channels:
        if channel.folded not in user.channels:
            session.send(Line(f":{event.old} PART {channel.name}", entry.time))
    session.send(Line(f":{event.old} NICK :{user.nick}", entry.time))
    session.be(user)
    tell_logged_in(session)
    _confirm(session, entry)
    before = {channel.folded for channel in event.channels}
    for name in user.channels:
        channel = hub.state.channels[name]
        if name in before:
            hub.subscribe(session, name)
        else:
            session.send(join_line(user, channel, entry.time))
            show_channel(hub, session, channel)


def persistence_changed(
    hub: Hub, event: ev.PersistenceChanged, entry: do.Entry, session: Session | None
) -> None:
    """The sessions of the account hear of it that know it; who asked hears how it is."""
    user = hub.state.user_of_account(event.account.name)
    for one in hub.sessions_of(user) if user is not None else ():
        if one is session and _way(entry) == "nickserv":
            stays = event.account.stays(hub.policy.accounts.always_on)
            text = (
                "You stay here without a connection" if stays else "You leave with your connection"
            )
            say(one, text, NICKSERV_SOURCE)
        elif one is session:
            one.send(persistence_line(one))
        elif one.capabilities & cap.PERSISTENCE:
            one.deliver(persistence_line(one))
