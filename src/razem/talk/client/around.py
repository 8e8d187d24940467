"""What is told around the messages of a connection: reactions, typing, markers, searches. No I/O.

Each handler takes a message of the server and returns what happened. What has a place in the log
(a reaction, a removal) goes through the timeline of its conversation like any message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from razem.errors import LimitError, LocalProtocolError
from razem.talk.irc.message import Message, escape_tag_value

from .conversations import read_missed
from .events import (
    AwayChanged,
    Event,
    Found,
    Invited,
    LoggedIn,
    Missed,
    Reacted,
    Redacted,
)
from .reading import TYPING_TAG, read_time
from .roster import nick_of

if TYPE_CHECKING:
    from datetime import datetime

    from .batches import Batch
    from .memory import Memory
    from .messages import Messages
    from .reading import Reader
    from .registration import Registration

__all__ = ["Around"]

_MAX_SEARCHES: Final = 20
_TYPING_EVERY: Final = 3.0  # seconds; IRCv3 typing: "at most once every 3 seconds"


class Around:
    """Reads and asks what is not a message itself."""

    def __init__(
        self, memory: Memory, registration: Registration, reader: Reader, messages: Messages
    ) -> None:
        self._memory = memory
        self._registration = registration
        self._reader = reader
        self._messages = messages
        self._searches: dict[str, str] = {}  # label to the user's token
        self._typing_told: dict[str, float] = {}  # folded target to when

    # ---- what the server says

    def on_mark(self, message: Message, now: float) -> list[Event]:
        """Take a TAGMSG or a REDACT."""
        events: list[Event] = []
        state, nick = message.tags.get(TYPING_TAG, ""), nick_of(message.source)
        told = self._memory.rich and message.command == "TAGMSG" and bool(state)
        if told and not self._reader.is_own(nick):
            target = message.param(0)
            channel = self._registration.features.is_channel(target)
            events += self._memory.conversations.type(target if channel else nick, nick, state, now)
        mark = self._reader.mark(message)
        if mark is None:
            return events
        return events + self._place(mark)

    def _place(self, mark: Reacted | Redacted) -> list[Event]:
        """Put a mark where it belongs in the timeline, if the history tells such things too."""
        if not self._registration.playback:
            mark = msgspec.structs.replace(mark, msgid="")
        known = self._memory.conversations.get(mark.conversation) is not None
        return [*self._messages.timeline(mark.conversation).receive_live(mark)] if known else [mark]

    def on_marker(self, message: Message) -> list[Event]:
        """Take ``MARKREAD target timestamp=…`` or ``MARKREAD target *`` (IRCv3 read-marker)."""
        until = read_time(message.param(1).removeprefix("timestamp="))
        return self._memory.conversations.mark(message.param(0), until)

    def on_away(self, message: Message) -> list[Event]:
        """Take ``AWAY`` of another (IRCv3 away-notify), or what the server says of our own."""
        match message.command:
            case "305":  # RPL_UNAWAY
                return [AwayChanged(nick=self._registration.nick, text="", own=True)]
            case "306":  # RPL_NOWAWAY
                return [AwayChanged(nick=self._registration.nick, text="away", own=True)]
        nick = nick_of(message.source)
        own = self._reader.is_own(nick)
        return [AwayChanged(nick=nick, text=message.param(0), own=own)]

    def on_invite(self, message: Message) -> list[Event]:
        """Take ``INVITE nick #channel``, or that our own one went out (RPL_INVITING)."""
        if message.command == "341":
            by, nick, channel = self._registration.nick, message.param(1), message.param(2)
        else:
            by, (nick, channel) = nick_of(message.source), (message.param(0), message.param(1))
        return [Invited(channel=channel, nick=nick, by=by, own=self._reader.is_own(nick))]

    def on_account(self, message: Message) -> list[Event]:
        """Take RPL_LOGGEDIN or RPL_LOGGEDOUT."""
        return [LoggedIn(account=message.param(2) if message.command == "900" else "")]

    def on_missed(self, batch: Batch) -> list[Event]:
        """Take the summary of what was missed."""
        found = [read_missed(message, read_time) for message in batch.messages()]
        missed = tuple(one for one in found if one is not None)
        for one in missed:
            conversation = self._memory.conversations.get(one.conversation)
            if conversation is not None:
                conversation.tell_missed(one)
        return [Missed(conversations=missed)] if missed else []

    def on_found(self, batch: Batch) -> list[Event]:
        """Take the answer to a search."""
        token = self._searches.pop(batch.label, None)
        if token is None:
            return []
        read = (self._reader.message(item) for item in batch.items)
        messages = tuple(
            msgspec.structs.replace(message, history=True) for message in read if message
        )
        return [Found(token=token, messages=messages)]

    def refuse_search(self, label: str, reason: str) -> list[Event]:
        """Take the refusal of a search; [] when it was none."""
        token = self._searches.pop(label, None) if label else None
        return [] if token is None else [Found(token=token, messages=(), refused=reason)]

    def lose(self) -> list[Event]:
        """Give up what is open, since the connection is lost."""
        tokens, self._searches = list(self._searches.values()), {}
        reason = "the connection was lost"
        return [Found(token=token, messages=(), refused=reason) for token in tokens]

    # ---- what we ask

    def search(self, words: dict[str, str], token: str, label: str) -> Message:
        """Return a search; `words` are its attributes (IRCv3 search: text, in, from …).

        Raises:
            LocalProtocolError: the server has none.
            LimitError: too many are open.
        """
        if not (self._registration.has("draft/search", "soju.im/search")):
            raise LocalProtocolError("this server has no search.")
        if len(self._searches) >= _MAX_SEARCHES:
            raise LimitError(
                "too many searches are open.", limit=_MAX_SEARCHES, advice="Wait for the answers."
            )
        self._searches[label] = token
        text = ";".join(f"{key}={escape_tag_value(value)}" for key, value in words.items() if value)
        return Message("SEARCH", (text,), {"label": label})

    def typing(self, target: str, state: str, now: float) -> Message | None:
        """Return what tells others that we type (IRCv3 typing); None when they know it."""
        if not self._registration.tags:
            return None
        folded = self._registration.features.fold(target)
        told = self._typing_told.get(folded)
        if state == "active":
            if told is not None and now < told + _TYPING_EVERY:
                return None
            self._typing_told[folded] = now
        elif self._typing_told.pop(folded, None) is None:
            return None
        return Message("TAGMSG", (target,), {TYPING_TAG: state})

    def said(self, target: str) -> None:
        """Note that a message was said: it ends the typing."""
        self._typing_told.pop(self._registration.features.fold(target), None)

    def marker(self, name: str, until: datetime) -> Message | None:
        """Return what tells the server up to where we have read; None when it keeps no markers."""
        if not self._registration.has("draft/read-marker"):
            return None
        text = until.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return Message("MARKREAD", (name, f"timestamp={text}Z"))
