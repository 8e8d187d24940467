"""A message of ours -> the lines that carry it: one, a batch of several, or pieces. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.irc.message import Message

from .batches import MULTILINE
from .reading import CONCAT_TAG, ID_TAG, REPLY_TAG
from .text import ACTION, clean_text, cut_line, room_for_text, split_text, wrap_action

if TYPE_CHECKING:
    from .outgoing import Outgoing
    from .registration import Registration

__all__ = ["lines_of", "texts_of"]


def texts_of(
    text: str, target: str, *, nick_bytes: int, multiline: tuple[int, int] | None, action: bool
) -> list[str]:
    """Return the texts of the messages that say `text`.

    It is one where the server takes messages of several lines and it fits; else one or more for
    each of its lines.

    Our nick has up to `nick_bytes`; `multiline` is how many lines and bytes such a message may
    have, None where there are none.
    """
    room = room_for_text(target, nick_bytes)
    if action:
        return split_text(text, room - len(ACTION) - 1)
    whole = clean_text(text)
    if multiline is not None and whole:
        most_lines, most_bytes = multiline
        pieces = sum(len(cut_line(line, room)) for line in whole.split("\n"))
        if pieces <= most_lines and len(whole.encode()) <= most_bytes:
            return [whole]
    return split_text(text, room)


def lines_of(message: Outgoing, label: str, registration: Registration) -> list[Message]:
    """Return what to send; with a label where the server answers to those."""
    tags = {"label": label} if registration.labels else {}
    if registration.tags:
        tags[ID_TAG] = message.id
        if message.reply:
            tags[REPLY_TAG] = message.reply
    command, target = "NOTICE" if message.notice else "PRIVMSG", message.target
    if message.action:
        return [Message(command, (target, wrap_action(message.text)), tags)]
    room = room_for_text(target, registration.features.nick_length)
    pieces = [cut_line(line, room) for line in message.text.split("\n")]
    if len(pieces) == len(pieces[0]) == 1:
        return [Message(command, (target, message.text), tags)]
    if registration.multiline() is None or message.notice:
        return _pieces(message, command, [p for line in pieces for p in line if p.strip()], tags)
    reference = {"batch": label}
    return [
        Message("BATCH", (f"+{label}", MULTILINE, target), tags),
        *(
            Message(command, (target, piece), {**reference, CONCAT_TAG: ""} if index else reference)
            for line in pieces
            for index, piece in enumerate(line)
        ),
        Message("BATCH", (f"-{label}",)),
    ]


def _pieces(
    message: Outgoing, command: str, pieces: list[str], tags: dict[str, str]
) -> list[Message]:
    """Return several messages, for a server that does not know those of several lines any more.

    The first one bears the marks by which it is acknowledged.
    """
    return [
        Message(
            command,
            (message.target, piece),
            tags if not index else {ID_TAG: f"{message.id}-{index}"} if ID_TAG in tags else {},
        )
        for index, piece in enumerate(pieces)
    ]
