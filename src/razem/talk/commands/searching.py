"""SEARCH: messages by what is in them (IRCv3 search, a draft; soju.im/search)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.commands.base import Failure, Refusal
from razem.talk.commands.history import place_of, read_number
from razem.talk.history import Conversations, Search
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.message import parse_tags
from razem.talk.irc.names import fold
from razem.talk.irc.timestamps import parse_time
from razem.talk.log.words import phrases
from razem.talk.playback import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.history import Kept
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["search"]

_COMMAND: Final = "SEARCH"
_LIMIT: Final = 100  # messages, where the client names no number


def search(session: Session, message: Message) -> None:
    """SEARCH attributes, written as message tags are: in, from, text, after, before, limit."""
    try:
        _ask(session, message)
    except Refusal as refusal:
        refusal.tell(session)


def _ask(session: Session, message: Message) -> None:
    capabilities = session.capabilities
    if not capabilities & (cap.SEARCH | cap.SOJU_SEARCH):
        raise Refusal(n.ERR_UNKNOWNCOMMAND, (_COMMAND,))
    question = _question(session, parse_tags(message.param(0)))
    batch = "soju.im/search" if capabilities & cap.SOJU_SEARCH else "search"

    def tell(kept: Sequence[Kept] | None) -> None:
        if kept is None:
            session.fail(_COMMAND, "INTERNAL_ERROR", (), "The search could not be run")
        else:
            session.send_batch(batch, lines_of(session.hub, kept))

    session.hub.ask_log(session, question, tell)


def _question(session: Session, attributes: dict[str, str]) -> Search:
    user = session.user
    assert user is not None  # noqa: S101 # who is not registered has no such command
    targets = tuple(user.channels)
    conversations = Conversations(user.identity, before=user.identity_before)
    if attributes.get("in"):
        place = place_of(session, attributes["in"])
        if place is None:
            raise _invalid("in", "You cannot search there")
        targets, of_place = place.targets, place.conversations
        conversations = of_place or Conversations("")
    text = attributes.get("text", "")
    if text and not phrases(text):
        raise _invalid("text", "There is no word in it")
    limit = read_number(attributes["limit"]) if attributes.get("limit") else _LIMIT
    if not limit:
        raise _invalid("limit", "Invalid limit")
    return Search(
        targets,
        conversations,
        text,
        fold(attributes.get("from", "")),
        _time(attributes, "after"),
        _time(attributes, "before"),
        min(limit, session.hub.limits.history),
        session.hub.state.applied,
    )


def _time(attributes: dict[str, str], key: str) -> int | None:
    text = attributes.get(key, "").removeprefix("timestamp=")
    if not text:
        return None
    try:
        return parse_time(text)
    except (ValueError, OverflowError) as error:
        raise _invalid(key, "Invalid timestamp") from error


def _invalid(key: str, text: str) -> Failure:
    return Failure(_COMMAND, "INVALID_PARAMS", (key,), text)
