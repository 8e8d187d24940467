"""CHATHISTORY: what was said before (IRCv3 chathistory)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from razem.talk.commands.base import Failure, Refusal
from razem.talk.history import Conversations, Latest, Page, Pivot, conversation
from razem.talk.irc.names import fold, is_channel, valid_nick
from razem.talk.irc.timestamps import format_time, parse_time
from razem.talk.playback import kinds_for, lines_of
from razem.talk.render import Line, parse_message_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.history import Kept
    from razem.talk.irc.message import Message
    from razem.talk.model import User
    from razem.talk.session import Session

__all__ = ["Place", "chathistory", "current_name", "place_of", "read_number"]

_COMMAND: Final = "CHATHISTORY"
_UNREADABLE: Final = "Messages could not be retrieved"
# The subcommands, with the number of their parameters.
_PARAMS: Final = {
    "LATEST": 3,
    "BEFORE": 3,
    "AFTER": 3,
    "AROUND": 3,
    "BETWEEN": 4,
    "TARGETS": 3,
}
_ORDERS: Final[dict[str, Literal["latest", "before", "after", "around", "between"]]] = {
    "LATEST": "latest",
    "BEFORE": "before",
    "AFTER": "after",
    "AROUND": "around",
    "BETWEEN": "between",
}


class Place(NamedTuple):
    """Whose history is meant.

    Attributes:
        name: of the channel or user, as it is written now.
        targets: of the log.
        conversations: of the log.
    """

    name: str
    targets: tuple[str, ...]
    conversations: Conversations | None


def chathistory(session: Session, message: Message) -> None:
    """CHATHISTORY subcommand …."""
    try:
        subcommand, params = _read(message)
        if subcommand == "TARGETS":
            _ask_targets(session, params)
        else:
            _ask_page(session, subcommand, params)
    except Refusal as refusal:
        refusal.tell(session)


def _read(message: Message) -> tuple[str, Sequence[str]]:
    subcommand, params = message.param(0).upper() or "*", message.params[1:]
    if subcommand not in _PARAMS:
        raise Failure(_COMMAND, "INVALID_PARAMS", (subcommand,), "Unknown subcommand")
    if len(params) < _PARAMS[subcommand]:
        raise Failure(_COMMAND, "INVALID_PARAMS", (subcommand,), "Insufficient parameters")
    if len(params) > _PARAMS[subcommand]:
        raise Failure(_COMMAND, "INVALID_PARAMS", (subcommand,), "Too many parameters")
    return subcommand, params


def _ask_page(session: Session, subcommand: str, params: Sequence[str]) -> None:
    target, *selectors, limit = params
    count = _limit(session, subcommand, limit)
    whole = subcommand == "LATEST" and selectors[0] == "*"
    pivots = [] if whole else [_pivot(session, subcommand, target, one) for one in selectors]
    place = place_of(session, target)
    if place is None:
        raise Failure(_COMMAND, "INVALID_TARGET", (subcommand, target), _UNREADABLE)
    page = Page(
        place.targets,
        _ORDERS[subcommand],
        pivots[0] if pivots else None,
        count,
        session.hub.state.applied,
        pivots[1] if len(pivots) > 1 else None,
        kinds_for(session),
        place.conversations,
    )

    def tell(kept: Sequence[Kept] | None) -> None:
        if kept is None:
            session.fail(_COMMAND, "MESSAGE_ERROR", (subcommand, target), _UNREADABLE)
        else:
            lines = lines_of(session.hub, kept)
            session.send_batch(f"chathistory {place.name}", lines)

    session.hub.ask_log(session, page, tell)


def _ask_targets(session: Session, params: Sequence[str]) -> None:
    *selectors, limit = params
    count = _limit(session, "TARGETS", limit)
    times = []
    for selector in selectors:
        pivot = _pivot(session, "TARGETS", "", selector)
        if pivot.seq is not None:
            text = "Invalid timestamp: a message id is none"
            raise Failure(_COMMAND, "INVALID_PARAMS", ("TARGETS", selector), text)
        times.append(pivot.time)
    user = _user(session)
    applied = session.hub.state.applied
    channels = tuple(user.channels)
    first, last = times
    mine = Conversations(user.identity, before=user.identity_before)
    question = Latest(channels, mine, first, last, count, applied)

    def tell(kept: Sequence[Kept] | None) -> None:
        if kept is None:
            session.fail(_COMMAND, "MESSAGE_ERROR", ("TARGETS", "*"), _UNREADABLE)
            return
        server = session.hub.identity.name
        head = f":{server} CHATHISTORY TARGETS"
        lines = [
            Line(f"{head} {current_name(session, one)} {format_time(one.time)}") for one in kept
        ]
        session.send_batch("draft/chathistory-targets", lines)

    session.hub.ask_log(session, question, tell)


def current_name(session: Session, kept: Kept) -> str:
    """Return what the target of a line is called now: a channel, or the other of the two."""
    state = session.hub.state
    if is_channel(kept.target):
        channel = state.channels.get(kept.target)
        return channel.name if channel is not None else kept.target
    user = _user(session)
    mine = (user.identity, user.identity_before)
    others = [one for one in kept.target.split(" ") if one not in mine]
    other = state.user_of_identity(others[0] if others else user.identity)
    return other.nick if other is not None else kept.name


def place_of(session: Session, target: str) -> Place | None:
    """Return whose history somebody means, or None: there is none that this one may read."""
    user, state = _user(session), session.hub.state
    if is_channel(target):
        channel = state.channel(target)
        if channel is None or channel.folded not in user.channels:
            return None
        return Place(channel.name, (channel.folded,), None)
    if not valid_nick(target, session.hub.limits.nick):
        return None
    me, holder = user.identity, state.user_by_nick(target)
    conversations = Conversations(me, fold(target), user.identity_before)
    if holder is None:
        return Place(target, (), conversations)
    return Place(holder.nick, (conversation(me, holder.identity),), conversations)


def _user(session: Session) -> User:
    user = session.user
    assert user is not None  # noqa: S101 # who is not registered has no such commands
    return user


def _limit(session: Session, subcommand: str, text: str) -> int:
    count = read_number(text)
    if not count:
        raise Failure(_COMMAND, "INVALID_PARAMS", (subcommand, text), "Invalid limit")
    return min(count, session.hub.limits.history)


def read_number(text: str) -> int:
    """Return a number as clients write it; 0 when it is none."""
    return int(text[:9]) if text.isascii() and text.isdigit() else 0


def _pivot(session: Session, subcommand: str, target: str, selector: str) -> Pivot:
    """Read ``msgid=…`` or ``timestamp=…``."""
    kind, _, value = selector.partition("=")
    if kind == "timestamp":
        try:
            return Pivot(time=parse_time(value))
        except (ValueError, OverflowError) as error:
            context = (subcommand, selector)
            raise Failure(_COMMAND, "INVALID_PARAMS", context, "Invalid timestamp") from error
    if kind != "msgid" or not value:
        text = "Invalid selector: msgid=… or timestamp=…"
        raise Failure(_COMMAND, "INVALID_PARAMS", (subcommand, selector), text)
    seq = parse_message_id(session.hub.log_id, value)
    if seq is None:
        text = f"{_UNREADABLE}: no such message in this log"
        raise Failure(_COMMAND, "MESSAGE_ERROR", (subcommand, target, selector), text)
    return Pivot(seq)
