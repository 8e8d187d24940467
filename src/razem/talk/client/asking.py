"""What a face can ask of a chat client: what there is, and what is to be done. No I/O."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from razem.errors import ClosedError, LimitError, LocalProtocolError
from razem.talk.irc.message import Message

from .outgoing import Outgoing
from .reading import REACT_TAG, REPLY_TAG, UNREACT_TAG
from .timeline import Query
from .transmission import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connection import Connection
    from .conversations import Conversation
    from .events import Event
    from .memory import Memory
    from .roster import Channel

__all__ = ["Asking", "Phase", "check_line", "check_word"]


class Phase(enum.Enum):
    """Where a client is between having no connection and being welcome."""

    WAITING = "waiting"
    REGISTERING = "registering"
    READY = "ready"
    CLOSED = "closed"


class Asking:
    """The half of `ChatClient` that faces use; the other one has to do with its connections."""

    def __init__(self, memory: Memory, new_id: Callable[[], str]) -> None:
        self._memory = memory
        self._new_id = new_id
        self._connection: Connection | None = None
        self._closed = False
        self._quitting = False

    # ---- what a face asks

    @property
    def phase(self) -> Phase:
        """Where we are."""
        if self._closed:
            return Phase.CLOSED
        if self._connection is None:
            return Phase.WAITING
        return Phase.READY if self._connection.ready else Phase.REGISTERING

    @property
    def is_open(self) -> bool:
        """There is a connection to carry bytes for."""
        return self._connection is not None

    @property
    def nick(self) -> str:
        """Our nick: the one we have, or want while there is no connection."""
        connection = self._connection
        return self._memory.identity.nick if connection is None else connection.registration.nick

    @property
    def lag(self) -> float | None:
        """Seconds that the server took to answer last; None when that is not known."""
        return None if self._connection is None else self._connection.keepalive.lag

    @property
    def unacknowledged(self) -> list[Outgoing]:
        """Our messages that are neither acknowledged nor refused, in their order."""
        return list(self._memory.pending)

    def channels(self) -> list[Channel]:
        """Return the channels that we are in."""
        return [] if self._connection is None else list(self._connection.roster)

    @property
    def roster_version(self) -> int:
        """A number that changes when who is in our channels may have changed."""
        return -1 if self._connection is None else self._connection.roster.version

    def channel(self, name: str) -> Channel | None:
        """Return the channel of that name, if we are in it."""
        return None if self._connection is None else self._connection.roster.get(name)

    def conversations(self) -> list[Conversation]:
        """Return the channels that we want to be in and the private talks, oldest first."""
        return list(self._memory.conversations)

    def conversation(self, name: str) -> Conversation | None:
        """Return the channel or talk of that name, if there is one."""
        return self._memory.conversations.get(name)

    def fold(self, name: str) -> str:
        """Return the form under which the server compares names."""
        return self._memory.features.fold(name)

    @property
    def ranks(self) -> str:
        """The signs of the members' ranks, the highest first."""
        return "".join(self._memory.features.prefixes.values())

    @property
    def network(self) -> str:
        """What the server calls itself; "" when that is not known."""
        return self._memory.features.network

    @property
    def account(self) -> str:
        """The account that we are logged in to, or ""."""
        return "" if self._connection is None else self._connection.registration.account

    def is_channel(self, name: str) -> bool:
        """Tell whether a target is a channel for this server."""
        return self._memory.features.is_channel(name)

    # ---- intents

    def send(
        self,
        target: str,
        text: str,
        *,
        action: bool = False,
        notice: bool = False,
        reply: str = "",
    ) -> list[Outgoing]:
        """Say something; return a handle for each of the messages that it takes.

        `reply` is the msgid of the message that this answers.

        Without a connection, or before the channel is joined, they wait. `Acknowledged` or
        `Refused` comes for each, and its handle shows the same. Empty text gives none.

        Raises:
            LocalProtocolError: `target` cannot be one.
            LimitError: too many messages are not acknowledged; nothing of this is sent.
            ClosedError: the client is closed.
        """
        self._check_open()
        check_word(target, "a target")
        if reply:
            check_word(reply, "a msgid")
        connection, features = self._connection, self._memory.features
        multiline = connection.registration.multiline() if connection is not None else None
        texts = texts_of(
            text,
            target,
            nick_bytes=features.nick_length,
            multiline=None if notice else multiline,
            action=action,
        )
        messages = [
            Outgoing(self._new_id(), target, part, action=action, notice=notice, reply=reply)
            for part in texts
        ]
        self._memory.add(messages)
        return messages

    def join(self, channel: str, key: str = "") -> None:
        """Be in a channel, now and after every loss of the connection.

        Raises:
            LocalProtocolError: it is no name of a channel.
            LimitError: we are in too many.
            ClosedError: the client is closed.
        """
        self._check_open()
        check_word(channel, "a channel")
        if key:
            check_word(key, "the key of a channel")
        if not self.is_channel(channel):
            raise LocalProtocolError(f"{channel} is no channel.", advice=f"Try #{channel}.")
        most = self._memory.limits.channels
        if not self._memory.is_wanted(channel) and len(self._memory.wanted) >= most:
            raise LimitError(
                f"a client may be in {most} channels.", limit=most, advice="Leave some."
            )
        self._memory.want(channel, key)
        if self._connection is not None and self._connection.ready:
            self._connection.say("JOIN", *([channel, key] if key else [channel]))

    def part(self, channel: str, reason: str = "") -> None:
        """Leave a channel; what was not sent there yet never will be.

        Raises:
            LocalProtocolError: the name or the reason cannot be sent.
            ClosedError: the client is closed.
        """
        self._check_open()
        check_word(channel, "a channel")
        check_line(reason)
        if self._connection is not None and self._connection.ready:
            self._connection.say("PART", *([channel, reason] if reason else [channel]))
        else:
            self._memory.drop(channel)

    def set_nick(self, nick: str) -> None:
        """Be called otherwise.

        Raises:
            LocalProtocolError: it is no nick.
            ClosedError: the client is closed.
        """
        self._check_open()
        check_word(nick, "a nick")
        if self._connection is not None and self._connection.ready:
            self._connection.ask_nick(nick)
        else:
            self._memory.rename(nick)

    def command(self, command: str, *params: str) -> None:
        """Send another command, such as TOPIC, INVITE or MODE.

        Raises:
            LocalProtocolError: there is no connection, or a parameter cannot be sent.
            ClosedError: the client is closed.
        """
        connection = self._ready_connection(command)
        check_line("".join(params))
        for word in (command, *params[:-1]):
            check_word(word, "a parameter")
        connection.say(command, *params)

    def ask_history(
        self, target: str, token: str, now: float, *, before: str = "", limit: int = 100
    ) -> None:
        """Ask for the messages before a msgid, or for the latest; `HistoryReceived` answers.

        Raises:
            LocalProtocolError: there is no connection, or the server keeps no history.
            LimitError: too many questions are open.
            ClosedError: the client is closed.
        """
        connection = self._ready_connection("history")
        check_word(target, "a target")
        if before:
            check_word(before, "a msgid")
        if not connection.registration.history:
            raise LocalProtocolError("this server keeps no history that one could ask for.")
        limits = self._memory.limits
        most = min(connection.registration.features.history_limit or limits.page, limits.batched)
        selector = f"msgid={before}" if before else "*"
        query = Query("BEFORE" if before else "LATEST", selector, max(1, min(limit, most)))
        connection.catch_up.ask(target, query, token, now)

    def withdraw(self, id_: str) -> bool:
        """Take back a message that waits and was never sent; False: it may be at the server."""
        message = self._memory.pending.by_id(id_)
        return message is not None and self._memory.pending.withdraw(message)

    def open(self, nick: str, now: float) -> list[Event]:
        """Begin a private talk: its history is told, if the server keeps it.

        Raises:
            LocalProtocolError: it is no nick.
            ClosedError: the client is closed.
        """
        self._check_open()
        check_word(nick, "a nick")
        if self._connection is not None and self._connection.ready:
            return self._connection.catch_up.open_talk(nick, now)
        self._memory.conversations.open(nick)
        return []

    def close(self, name: str) -> None:
        """Leave a channel, or forget a private talk until somebody speaks again.

        Raises:
            LocalProtocolError, ClosedError: as `part`.
        """
        if self.is_channel(name):
            self.part(name)
        self._memory.conversations.drop(name)
        self._memory.history.leave(name)

    def react(self, target: str, msgid: str, reaction: str, *, remove: bool = False) -> None:
        """Put a reaction to a message, or take it back; `Reacted` tells it.

        Raises:
            LocalProtocolError: there is no connection, or the server carries none.
            ClosedError: the client is closed.
        """
        connection = self._ready_connection("a reaction")
        check_word(target, "a target")
        check_word(msgid, "a msgid")
        check_line(reaction)
        if not connection.registration.tags:
            raise LocalProtocolError("this server carries no reactions.")
        tags = {UNREACT_TAG if remove else REACT_TAG: reaction, REPLY_TAG: msgid}
        connection.write(_tags(target, tags))

    def redact(self, target: str, msgid: str, reason: str = "") -> None:
        """Remove a message; `Redacted` tells it, or `CommandRefused`.

        Raises:
            LocalProtocolError: there is no connection, or the server removes none.
            ClosedError: the client is closed.
        """
        if not self._ready_connection("REDACT").registration.has("draft/message-redaction"):
            raise LocalProtocolError("this server removes no messages.")
        self.command("REDACT", target, msgid, *([reason] if reason else []))

    def search(self, text: str, token: str, *, where: str = "", sender: str = "") -> None:
        """Look for messages; `Found` answers.

        Only `where` (a channel or nick), and only what `sender` said, where these are given.

        Raises:
            LocalProtocolError: there is no connection, or the server has no search.
            LimitError: too many searches are open.
            ClosedError: the client is closed.
        """
        connection = self._ready_connection("a search")
        check_line(text + where + sender)
        words = {"text": text, "in": where, "from": sender, "limit": "50"}
        connection.write(connection.around.search(words, token, connection.new_label()))

    def mark_read(self, name: str) -> None:
        """Take note, here and on our other devices, that a conversation was read to its end."""
        conversation, connection = self.conversation(name), self._connection
        if conversation is None:
            return
        newest = conversation.newest
        moved = conversation.mark(newest)
        if moved and newest is not None and connection is not None and connection.ready:
            marker = connection.around.marker(conversation.name, newest)
            if marker is not None:
                connection.write(marker)

    def tell_typing(self, target: str, state: str, now: float) -> None:
        """Tell others that we are typing: ``active``, ``paused`` or ``done``; not too often."""
        if self._connection is None or not self._connection.ready or self._quitting:
            return
        check_word(target, "a target")
        message = self._connection.around.typing(target, state, now)
        if message is not None:
            self._connection.write(message)

    def quit(self, reason: str = "") -> None:
        """Say goodbye; the server ends the connection then. Nothing is sent afterwards.

        Raises:
            LocalProtocolError: the reason cannot be sent.
        """
        check_line(reason)
        self._quitting = True
        if self._connection is not None:
            self._connection.say("QUIT", *([reason] if reason else []))
        else:
            self._closed = True

    def _check_open(self) -> None:
        if self._closed or self._quitting:
            raise ClosedError("the client is closed.")

    def _ready_connection(self, what: str) -> Connection:
        self._check_open()
        if self._connection is None or not self._connection.ready:
            raise LocalProtocolError(
                f"{what} needs a connection, and there is none now.",
                advice="Try again when it is back.",
            )
        return self._connection


def check_word(text: str, what: str) -> None:
    """Refuse what cannot be a parameter in the middle of a line."""
    if not text or text[0] == ":" or any(c.isspace() or c in "\0," for c in text):
        raise LocalProtocolError(
            f"{text!r} cannot be {what}.", advice="It is one word, without commas."
        )


def check_line(text: str) -> None:
    """Refuse what cannot be the end of a line."""
    if any(c in "\r\n\0" for c in text):
        raise LocalProtocolError(f"{text!r} cannot be sent.", advice="It is one line of text.")


def _tags(target: str, tags: dict[str, str]) -> Message:
    return Message("TAGMSG", (target,), tags)
