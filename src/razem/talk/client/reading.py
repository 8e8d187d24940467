"""Lines of the server -> what they say: messages, times, and text for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .batches import Batch
from .events import (
    Happened,
    Kicked,
    Logged,
    MessageReceived,
    ModeChanged,
    Reacted,
    Redacted,
    TopicChanged,
)
from .roster import nick_of
from .text import unwrap_action

if TYPE_CHECKING:
    from collections.abc import Container

    from razem.talk.irc.message import Message

    from .registration import Registration

__all__ = [
    "CONCAT_TAG",
    "ID_TAG",
    "REACT_TAG",
    "REPLY_TAG",
    "TYPING_TAG",
    "UNREACT_TAG",
    "Reader",
    "is_error",
    "read_time",
    "server_text",
]

ID_TAG: Final = "+razem/id"  # the sender's name for a message; a hub takes each once
REPLY_TAG: Final = "+draft/reply"
REACT_TAG: Final = "+draft/react"
UNREACT_TAG: Final = "+draft/unreact"
TYPING_TAG: Final = "+typing"
CONCAT_TAG: Final = "draft/multiline-concat"  # this line goes on where the one before ends
_REPLY_TAGS: Final = (REPLY_TAG, "+reply")
_MAX_REACTION: Final = 32  # characters

# Numerics that only repeat what the events tell, or tell programs (Modern IRC, "Numerics"):
# greetings, counts, and what ends or comes with lists.
_QUIET: Final = {
    *(
        "001",
        "002",
        "003",
        "004",
        "005",
        "221",
        "250",
        "251",
        "252",
        "253",
        "254",
        "255",
        "265",
        "266",
    ),
    *("305", "306", "315", "318", "323", "324", "329", "331", "332", "333", "341", "353", "354"),
    *("366", "368", "375", "376", "396", "422", "730", "731", "900", "901", "903"),
}


class Reader:
    """Reads what stands in the server's log, for one connection.

    Args:
        registration: knows our nick, and how the server folds names.
        own_ids: the ids of messages of ours.
    """

    def __init__(self, registration: Registration, own_ids: Container[str]) -> None:
        self._registration = registration
        self._features = registration.features
        self._own_ids = own_ids

    def message(self, item: Message | Batch, *, talk: str = "") -> MessageReceived | None:
        """Return what a PRIVMSG or NOTICE of a user says; None when it is a server's.

        Args:
            item: the message, or a batch that is one of several lines (IRCv3 multiline).
            talk: the private talk in whose history it stands, or "".
        """
        first, tags, text = _joined(item)
        if first is None or first.command not in {"PRIVMSG", "NOTICE"}:
            return None
        features = self._features
        sender, target = nick_of(first.source), features.without_status(first.param(0))
        in_channel = features.is_channel(target)
        if not target or (not in_channel and "!" not in first.source):
            return None
        id_ = tags.get(ID_TAG, "")
        own = self.is_own(sender) or (bool(id_) and id_ in self._own_ids)
        own = own or (bool(talk) and features.fold(target) == features.fold(talk))
        text, action = unwrap_action(text)
        return MessageReceived(
            conversation=talk or (target if in_channel or own else sender),
            sender=sender,
            text=text,
            time=read_time(tags.get("time", "")),
            msgid=_word(tags.get("msgid", "")),
            id=id_,
            own=own,
            history=bool(talk),
            notice=first.command == "NOTICE",
            action=action,
            reply=_reply(tags),
            mention=not own and self._is_called(text),
            bot="bot" in tags,
        )

    def history(self, item: Message | Batch, target: str) -> Logged:
        """Return what a line of the history of `target` says.

        A line that says nothing to us is `Logged` itself: it has its place all the same.
        """
        channel = self._features.is_channel(target)
        message = self.message(item, talk="" if channel else target)
        if message is not None:
            return msgspec.structs.replace(message, history=True, conversation=target)
        first, tags, _ = _joined(item)
        place: dict[str, Any] = {
            "conversation": target,
            "time": read_time(tags.get("time", "")),
            "msgid": _word(tags.get("msgid", "")),
            "history": True,
        }
        if first is None:
            return Logged(**place)
        what = _change_of_channel(first)
        if what is not None:
            return Happened(what=what, **place)
        return self.mark(first, target) or Logged(**place)

    def mark(self, message: Message, target: str = "") -> Reacted | Redacted | None:
        """Return what a TAGMSG or REDACT does to a message; None for nothing that we know.

        `target` is the conversation in whose history it stands, "" for one that happens now.
        """
        tags, by = message.tags, nick_of(message.source)
        own, named = self.is_own(by), self._features.without_status(message.param(0))
        place: dict[str, Any] = {
            "conversation": target or (named if own or self._features.is_channel(named) else by),
            "time": read_time(tags.get("time", "")),
            "msgid": _word(tags.get("msgid", "")),
            "history": bool(target),
        }
        if message.command == "REDACT":
            return Redacted(redacted=message.param(1), by=by, reason=message.param(2), **place)
        reaction = tags.get(REACT_TAG, "") or tags.get(UNREACT_TAG, "")
        to = _reply(tags)
        if message.command != "TAGMSG" or not reaction or not to or len(reaction) > _MAX_REACTION:
            return None
        removed = not tags.get(REACT_TAG)
        return Reacted(by=by, to=to, reaction=reaction, removed=removed, own=own, **place)

    def is_own(self, nick: str) -> bool:
        """Tell whether a nick is ours."""
        return self._features.fold(nick) == self._features.fold(self._registration.nick)

    def _is_called(self, text: str) -> bool:
        """Tell whether our nick stands in a text, as a word."""
        pattern = rf"(?<![\w-]){re.escape(self._registration.nick)}(?![\w-])"
        return re.search(pattern, text, re.IGNORECASE) is not None


def _joined(item: Message | Batch) -> tuple[Message | None, dict[str, str], str]:
    """Return the message that says what kind it is, the tags of the whole, and its text."""
    if not isinstance(item, Batch):
        return item, item.tags, item.param(1)
    first, text = None, ""
    for line in item.messages():
        if first is None:
            first, text = line, line.param(1)
        else:
            text += ("" if CONCAT_TAG in line.tags else "\n") + line.param(1)
    return first, {**(first.tags if first is not None else {}), **item.start.tags}, text


def _reply(tags: dict[str, str]) -> str:
    return _word(next((tags[tag] for tag in _REPLY_TAGS if tags.get(tag)), ""))


def _change_of_channel(message: Message) -> TopicChanged | ModeChanged | Kicked | None:
    channel, by = message.param(0), nick_of(message.source)
    match message.command:
        case "TOPIC":
            return TopicChanged(channel=channel, topic=message.param(1), by=by)
        case "MODE":
            return ModeChanged(target=channel, modes=" ".join(message.params[1:]), by=by)
        case "KICK":
            reason = message.param(2)
            return Kicked(channel=channel, nick=message.param(1), by=by, reason=reason)
    return None


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
