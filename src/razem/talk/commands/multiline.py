"""BATCH of a client: one message in several lines (IRCv3 multiline)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import Speak
from razem.talk.commands.base import Failure, Refusal
from razem.talk.commands.messages import client_tags
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import cut, fold

if TYPE_CHECKING:
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["MULTILINE", "OpenBatch", "take"]

MULTILINE: Final = "draft/multiline"
_CONCAT: Final = "draft/multiline-concat"
_BOTH: Final = cap.BATCH | cap.MULTILINE


class OpenBatch:
    """A batch that a client began and did not end yet.

    Attributes:
        refused: it is known to be wrong: the rest of it is dropped.
    """

    def __init__(self, reference: str, target: str, tags: dict[str, str], label: str) -> None:
        self.reference: Final = reference
        self.target: Final = target
        self.tags: Final = tags
        self.label: Final = label
        self.lines: list[tuple[bool, str]] = []
        self.size = 0
        self.refused = False

    def add(self, concat: bool, text: str) -> None:  # noqa: FBT001 # it is read as a pair
        """Add a line; `concat`: it goes on where the one before ends."""
        if self.lines and not concat:
            self.size += 1  # "each line feed used to join line messages contributes one byte"
        self.size += len(text.encode())
        self.lines.append((concat, text))


def take(session: Session, message: Message, label: str) -> bool:
    """Take a message if it belongs to a batch; false: it is an ordinary one."""
    batch = session.batch
    within = batch is not None and message.tags.get("batch") == batch.reference
    astray = batch is not None and not within and "batch" in message.tags
    if message.command != "BATCH" and not within and not astray:
        return False
    try:
        _check(session)
        if batch is not None and message.command != "BATCH":
            _add(session, batch, message, astray=astray)
        elif message.param(0)[:1] == "+":
            _begin(session, message, label)
        else:
            _end(session, message.param(0))
    except Refusal as refusal:
        if batch is not None:
            batch.refused = True
        session.refuse_in_turn(batch.label if batch is not None else label, refusal)
    return True


def _check(session: Session) -> None:
    if session.user is None:
        raise Refusal(n.ERR_NOTREGISTERED)
    if session.capabilities & _BOTH != _BOTH:
        raise Refusal(n.ERR_UNKNOWNCOMMAND, ("BATCH",))


def _invalid(text: str) -> Failure:
    return Failure("BATCH", "MULTILINE_INVALID", (), text)


def _begin(session: Session, message: Message, label: str) -> None:
    if session.batch is not None:
        raise _invalid("Invalid multiline batch: the one before was not ended")
    reference, kind, target = message.param(0)[1:], message.param(1), message.param(2)
    if kind != MULTILINE:
        raise _invalid(f"Invalid batch: its type is not {MULTILINE}")
    if not reference or not target:
        raise _invalid("Invalid multiline batch: it has no reference or no target")
    session.batch = OpenBatch(reference, target, client_tags(session, message), label)


def _add(session: Session, batch: OpenBatch, message: Message, *, astray: bool) -> None:
    """Add a line to the batch; `astray`: it says that it is of another one."""
    if batch.refused:
        return
    if astray:
        raise _invalid("Invalid multiline batch: a line of another one is in it")
    if message.command != "PRIVMSG" or len(message.params) < 2:
        raise _invalid("Invalid multiline batch: it has something else than PRIVMSG in it")
    target, text = message.params[:2]
    if fold(target) != fold(batch.target):
        about = batch.target, target
        raise Failure("BATCH", "MULTILINE_INVALID_TARGET", about, "Invalid multiline target")
    concat, limits = _CONCAT in message.tags, session.hub.limits
    if concat and (not text or not batch.lines):
        raise _invalid("Invalid multiline batch: nothing to be joined")
    batch.add(concat, text)
    if len(batch.lines) > limits.multiline_lines:
        most = (str(limits.multiline_lines),)
        text = "Multiline batch max-lines exceeded"
        raise Failure("BATCH", "MULTILINE_MAX_LINES", most, text)
    if batch.size > limits.multiline_bytes:
        most = (str(limits.multiline_bytes),)
        text = "Multiline batch max-bytes exceeded"
        raise Failure("BATCH", "MULTILINE_MAX_BYTES", most, text)


def _end(session: Session, reference: str) -> None:
    batch = session.batch
    if batch is None or reference != f"-{batch.reference}":
        raise _invalid("Invalid multiline batch: there is none of that name")
    session.batch = None
    if batch.refused:
        return
    if not any(text for _, text in batch.lines):
        session.refuse_in_turn(batch.label, _invalid("Invalid multiline batch: it is blank"))
        return
    (_, first), *more = _that_fit(session, batch)
    speak = Speak(
        session.id,
        session.source,
        batch.target,
        first,
        tags=batch.tags,
        account=session.account,
        bot=session.bot,
        more=tuple(more),
    )
    session.propose((speak,), batch.label)


def _that_fit(session: Session, batch: OpenBatch) -> list[tuple[bool, str]]:
    """Return the lines, those cut in two that would be too long with their source before them."""
    room = MAX_LINE - len(f":{session.source} PRIVMSG {batch.target} :\r\n".encode())
    lines = []
    for concat, text in batch.lines:
        joined, rest = concat, text
        while len(rest.encode()) > room:
            piece = cut(rest, room)
            lines.append((joined, piece))
            joined, rest = True, rest[len(piece) :]
        lines.append((joined, rest))
    return lines
