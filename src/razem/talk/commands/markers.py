"""MARKREAD: up to where a user has read (IRCv3 read-marker)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import MarkRead
from razem.talk.commands.base import Failure, Refusal
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.names import is_channel, valid_channel, valid_nick
from razem.talk.irc.timestamps import parse_time
from razem.talk.telling.history import send_marker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["mark_read", "read_marker"]

_COMMAND: Final = "MARKREAD"


def mark_read(session: Session, message: Message) -> Sequence[Change]:
    """MARKREAD target timestamp=…: sets the marker."""
    _target(session, message)
    if len(message.params) < 2:
        return ()
    time = _time(message.params[1])
    return (MarkRead(session.id, _target(session, message), time),)


def _time(selector: str) -> int:
    kind, _, value = selector.partition("=")
    try:
        time = parse_time(value)
    except (ValueError, OverflowError):
        time = -1
    if kind != "timestamp" or time < 0:
        raise Failure(_COMMAND, "INVALID_PARAMS", (selector,), "Invalid timestamp")
    return time


def read_marker(session: Session, message: Message) -> None:
    """MARKREAD target: tells the marker."""
    send_marker(session, _target(session, message))


def _target(session: Session, message: Message) -> str:
    """Return the channel or user that is meant, as it is written now."""
    if not session.capabilities & cap.READ_MARKER:
        raise Refusal(n.ERR_UNKNOWNCOMMAND, (_COMMAND,))
    if not message.param(0):
        raise Failure(_COMMAND, "NEED_MORE_PARAMS", (), "Missing parameters")
    target, limits, state = message.params[0], session.hub.limits, session.hub.state
    if is_channel(target):
        channel = state.channel(target)
        valid = valid_channel(target, limits.channel)
        name = channel.name if channel is not None else target
    else:
        user = state.user_by_nick(target)
        valid = valid_nick(target, limits.nick)
        name = user.nick if user is not None else target
    if not valid:
        raise Failure(_COMMAND, "INVALID_PARAMS", (target,), "Not a channel or user")
    return name
