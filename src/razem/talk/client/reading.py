"""Lines of the server -> what they say: messages, times, and text for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from .events import MessageReceived
from .roster import nick_of
from .text import unwrap_action

if TYPE_CHECKING:
    from collections.abc import Container

    from razem.talk.irc.message import Message

    from .features import Features

__all__ = ["ID_TAG", "is_error", "read_message", "read_time", "server_text"]

ID_TAG: Final = "+razem/id"  # the sender's name for a message; a hub takes each once

# Numerics that only repeat what the events tell, or tell programs (Modern IRC, "Numerics"):
# greetings, counts, and what ends or comes with lists.
_QUIET: Final = {
    *("002", "003", "004", "005", "221", "250", "251", "252", "253", "254", "255", "265", "266"),
    *("315", "318", "323", "324", "329", "331", "332", "333", "353", "366", "368", "375", "376"),
    *("396", "422"),
}


def read_message(
    message: Message,
    own_nick: str,
    features: Features,
    own_ids: Container[str],
    *,
    history: bool = False,
) -> MessageReceived | None:
    """Return what a PRIVMSG or NOTICE of a user says; None when it is a server's."""
    sender, target = nick_of(message.source), message.param(0)
    in_channel = features.is_channel(target)
    if not target or (not in_channel and "!" not in message.source):
        return None
    id_ = message.tags.get(ID_TAG, "")
    own = features.fold(sender) == features.fold(own_nick) or (bool(id_) and id_ in own_ids)
    text, action = unwrap_action(message.param(1))
    return MessageReceived(
        conversation=target if in_channel or own else sender,
        sender=sender,
        text=text,
        time=read_time(message.tags.get("time", "")),
        msgid=_word(message.tags.get("msgid", "")),
        id=id_,
        own=own,
        history=history,
        notice=message.command == "NOTICE",
        action=action,
    )


def read_time(text: str) -> datetime | None:
    """Return the time of a server-time tag; None when it is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text.endswith("Z") else None
    except (ValueError, OverflowError):
        return None


def _word(text: str) -> str:
    """Return a message id, which goes into our questions: one word, or nothing."""
    return text if text.isprintable() and " " not in text else ""


def is_error(command: str) -> bool:
    """Tell whether a command is a numeric that says no."""
    return len(command) == 3 and command.isdigit() and command[0] in "45" and command != "422"


def server_text(message: Message) -> str:
    """Return what a numeric or standard reply says to people, "" for nothing of interest."""
    if message.command.isdigit():
        return "" if message.command in _QUIET else " ".join(message.params[1:])
    if message.command in {"NOTE", "WARN"}:  # IRCv3 standard-replies: command, code, context, text
        return message.params[-1] if message.params else ""
    return ""
