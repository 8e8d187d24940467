"""KLINE, DLINE and their undoing: bans from the server, by operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.bans import parse_ban_target
from razem.talk.changes import AddBan, RemoveBan
from razem.talk.commands.base import Refusal
from razem.talk.commands.shared import require_operator
from razem.talk.durations import format_duration, parse_duration
from razem.talk.irc import numerics as n
from razem.talk.irc.names import cut
from razem.talk.requests import ReadClock

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from razem.talk.bans import BanKind
    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["add", "list_bans", "remove", "send_bans"]


def add(session: Session, message: Message) -> Sequence[Change]:
    """KLINE|DLINE [duration] target [reason]; without a target it is a question.

    The target is an address, a network, ``account:NAME`` or a mask, of DLINE one of the first two.
    The duration is as in ``2d12h``, or a number of minutes; without one the ban is for ever.
    """
    words = list(message.params)
    if not words or words[0].upper() == "LIST":
        return ()
    seconds = 60 * int(words[0][:9]) if words[0].isdigit() else parse_duration(words[0])
    if seconds is not None:
        del words[0]
    if not words:
        raise Refusal(n.ERR_NEEDMOREPARAMS, (message.command,))
    kind, mask = _target(message.command, words[0])
    limits = session.hub.limits
    reason = cut(" ".join(words[1:]), limits.reason)
    milliseconds = 1000 * (seconds or 0)
    return (AddBan(session.id, kind, mask, reason, milliseconds, most=limits.bans),)


def remove(session: Session, message: Message) -> Sequence[Change]:
    """UNKLINE|UNDLINE target."""
    return (RemoveBan(session.id, *_target(message.command, message.params[0])),)


def _target(command: str, text: str) -> tuple[BanKind, str]:
    try:
        kind, mask = parse_ban_target(text)
    except ValueError as error:
        raise Refusal(n.ERR_UNKNOWNERROR, (command,), str(error)) from error
    if kind != "network" and command.endswith("DLINE"):
        raise Refusal(n.ERR_UNKNOWNERROR, (command,), f"Not an address or network: {text}")
    return kind, mask


def list_bans(session: Session, message: Message) -> None:
    """KLINE, DLINE: the bans that there are."""
    if require_operator(session):
        letter = message.command[0]
        send_bans(session, letter, {"network"} if letter == "D" else {"mask", "account"})


def send_bans(session: Session, letter: str, kinds: Collection[BanKind]) -> None:
    """Answer with the bans of some kinds, as STATS does, under that letter."""

    def give(time: int) -> None:
        for ban in session.hub.state.bans:
            if ban.kind not in kinds or not ban.holds(time):
                continue
            left = f"{format_duration((ban.expires - time) // 1000)} left, " if ban.expires else ""
            reason = f"{ban.reason or 'no reason given'} ({left}set by {ban.by})"
            if ban.kind == "network":
                session.reply(n.RPL_STATSDLINE, "D", ban.title, reason)
            else:
                session.reply(n.RPL_STATSKLINE, "K", ban.title, "*", "*", reason)
        session.reply(n.RPL_ENDOFSTATS, letter, "End of /STATS report")

    session.ask(ReadClock, give)
