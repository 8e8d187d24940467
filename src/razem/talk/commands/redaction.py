"""REDACT: a message is removed (IRCv3 message-redaction)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import Redact, SendTags, Speak
from razem.talk.commands.base import Failure, Refusal
from razem.talk.commands.history import place_of
from razem.talk.history import MESSAGE, TAGS, Find
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.names import cut, fold, is_channel
from razem.talk.log.pages import sender
from razem.talk.render import parse_message_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.history import Kept
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["redact"]

_COMMAND: Final = "REDACT"


def redact(session: Session, message: Message) -> None:
    """REDACT target msgid [reason]: asks the log what the message is, and then proposes it."""
    try:
        _find(session, message)
    except Refusal as refusal:
        refusal.tell(session)


def _find(session: Session, message: Message) -> None:
    if not session.capabilities & cap.MESSAGE_REDACTION:
        raise Refusal(n.ERR_UNKNOWNCOMMAND, (_COMMAND,))
    target, message_id = message.params[:2]
    if place_of(session, target) is None:
        text = f"You cannot delete messages from {target}"
        raise Failure(_COMMAND, "INVALID_TARGET", (target,), text)
    hub = session.hub
    seq = parse_message_id(hub.log_id, message_id)
    question = Find(-1 if seq is None else seq, hub.state.applied)

    def tell(kept: Sequence[Kept] | None) -> Sequence[Change]:
        if kept is None:
            text = "The message could not be looked up: the log cannot be read now"
            session.fail(_COMMAND, "UNKNOWN_MSGID", (target, message_id), text)
        elif not kept or not _is_there(session, kept[0], target):
            text = "This message does not exist or is too old"
            session.fail(_COMMAND, "UNKNOWN_MSGID", (target, message_id), text)
        else:
            return (_change(session, message, kept[0]),)
        return ()

    hub.ask_log(session, question, tell)


def _is_there(session: Session, kept: Kept, target: str) -> bool:
    """Tell whether a line can be redacted, and is one of the history that was named."""
    place, user = place_of(session, target), session.user
    if kept.kind not in {MESSAGE, TAGS} or place is None or user is None:
        return False
    if kept.target in place.targets:
        return True
    # A conversation with somebody who is not here, or is called otherwise by now.
    change = kept.change
    return bool(
        not is_channel(kept.target)
        and {user.identity, user.identity_before} & set(kept.target.split(" "))
        and isinstance(change, Speak | SendTags)
        and fold(target) in {fold(change.target), sender(change)}
    )


def _change(session: Session, message: Message, kept: Kept) -> Redact:
    said = kept.change
    assert isinstance(said, Speak | SendTags)  # noqa: S101 # by its kind
    limits = session.hub.limits
    return Redact(
        session.id,
        session.source,
        message.params[0],
        cut(message.param(2), limits.reason),
        kept.target,
        kept.seq,
        message.params[1],
        kept.time,
        (said.session, said.account),
        limits.redaction_seconds,
        account=session.account,
        bot=session.bot,
    )
