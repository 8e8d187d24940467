"""The chat client without I/O: bytes, intents and the time go in, events and bytes come out.

Theory of operation. The driver connects, and tells how that went by `connected` or `lost`; then
it carries bytes both ways (`receive`, `to_send`), calls `expire` when `next_deadline` comes, and
connects again at `retry_at`. It decides nothing.

    WAITING ──connected──▶ REGISTERING ──welcome──▶ READY ──quit, refused──▶ CLOSED
       ▲                        │                     │
       └────────────── lost ────┴─────────────────────┘
"""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING

from razem.errors import ClosedError, LimitError, LocalProtocolError

from .connection import Connection, no_history
from .events import Disconnected, Event
from .keepalive import Backoff
from .memory import Memory
from .outgoing import Outgoing
from .settings import Identity, Limits, Timing
from .text import ACTION, room_for_text, split_text
from .timeline import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .roster import Channel

__all__ = ["ChatClient", "Phase"]


class Phase(enum.Enum):
    """Where a client is between having no connection and being welcome."""

    WAITING = "waiting"
    REGISTERING = "registering"
    READY = "ready"
    CLOSED = "closed"


class ChatClient:
    """An IRC client that loses nothing and doubles nothing: the core under every face.

    Args:
        identity: who we are.
        channels: those to join, each as its name, or as its name, a space and its key.
        new_id: draws an unguessable id of 22 URL-safe characters.
        jitter: draws a number from 0 to 1.
        screenful: messages to show of a channel that is seen for the first time.

    Attributes:
        retry_at: when to connect, in `Phase.WAITING`.
        failure: why the server would not let us in, in `Phase.CLOSED`; or "".

    Raises:
        LocalProtocolError: a name or the password cannot be sent.
    """

    def __init__(  # noqa: PLR0913 - what an environment must give, and what it may set
        self,
        identity: Identity,
        *,
        channels: Iterable[str] = (),
        new_id: Callable[[], str],
        jitter: Callable[[], float],
        screenful: int = 50,
        limits: Limits | None = None,
        timing: Timing | None = None,
    ) -> None:
        _check_word(identity.nick, "a nick")
        _check_line(identity.password + identity.user + identity.realname)
        self._new_id = new_id
        self._memory = Memory(identity, limits or Limits(), timing or Timing(), screenful)
        self._backoff = Backoff(self._memory.timing, jitter)
        self._connection: Connection | None = None
        self._closed = False
        self._quitting = False
        self.retry_at = -math.inf
        self.failure = ""
        for channel in channels:
            name, _, key = channel.partition(" ")
            self.join(name, key)

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

    def channel(self, name: str) -> Channel | None:
        """Return the channel of that name, if we are in it."""
        return None if self._connection is None else self._connection.roster.get(name)

    def is_channel(self, name: str) -> bool:
        """Tell whether a target is a channel for this server."""
        return self._memory.features.is_channel(name)

    # ---- intents

    def send(
        self, target: str, text: str, *, action: bool = False, notice: bool = False
    ) -> list[Outgoing]:
        """Say something; return a handle for each of the messages that it takes.

        Without a connection, or before the channel is joined, they wait. `Acknowledged` or
        `Refused` comes for each, and its handle shows the same. Empty text gives none.

        Raises:
            LocalProtocolError: `target` cannot be one.
            LimitError: too many messages are not acknowledged; nothing of this is sent.
            ClosedError: the client is closed.
        """
        self._check_open()
        _check_word(target, "a target")
        room = room_for_text(target, self._memory.features.nick_length)
        texts = split_text(text, room - (len(ACTION) + 1 if action else 0))
        messages = [
            Outgoing(self._new_id(), target, part, action=action, notice=notice) for part in texts
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
        _check_word(channel, "a channel")
        if key:
            _check_word(key, "the key of a channel")
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
        _check_word(channel, "a channel")
        _check_line(reason)
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
        _check_word(nick, "a nick")
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
        _check_line("".join(params))
        for word in (command, *params[:-1]):
            _check_word(word, "a parameter")
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
        _check_word(target, "a target")
        if before:
            _check_word(before, "a msgid")
        if not connection.registration.history:
            raise LocalProtocolError("this server keeps no history that one could ask for.")
        limits = self._memory.limits
        most = min(connection.registration.features.history_limit or limits.page, limits.batched)
        selector = f"msgid={before}" if before else "*"
        query = Query("BEFORE" if before else "LATEST", selector, max(1, min(limit, most)))
        connection.ask_history(target, query, token, now)

    def quit(self, reason: str = "") -> None:
        """Say goodbye; the server ends the connection then. Nothing is sent afterwards.

        Raises:
            LocalProtocolError: the reason cannot be sent.
        """
        _check_line(reason)
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

    # ---- the connection

    def connected(self, now: float) -> None:
        """Take note that there is a connection: registration begins."""
        if self.phase is Phase.WAITING:
            self._connection = Connection(self._memory, now)

    def lost(self, reason: str, now: float) -> list[Event]:
        """Take note that the connection is gone, or that none could be made."""
        if self._closed:
            return []
        connection, self._connection = self._connection, None
        events: list[Event] = []
        if connection is not None:
            reason = connection.why_lost(reason)
            self.failure = connection.refused
            self._memory.pending.lose()
            asked = self._memory.history.lose()
            events += [no_history(request, "the connection was lost") for request in asked]
            if connection.ready:
                self._backoff.settle(now - connection.opened)
        if self._quitting or self.failure:
            self._closed = True
            return [*events, Disconnected(reason=self.failure or reason, retry_in=None)]
        wait = self._backoff.next_wait()
        self.retry_at = now + wait
        return [*events, Disconnected(reason=reason, retry_in=wait)]

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take bytes of the server, however they were cut."""
        if self._connection is None:
            return []
        events = self._connection.receive(data, now)
        return events + self._end_if_over(now)

    def to_send(self) -> list[bytes]:
        """Return the lines to send now, each once."""
        if self._connection is None:
            return []
        return self._connection.to_send(hold=self._quitting)

    def expire(self, now: float) -> list[Event]:
        """Do what is due by now; calling early is harmless."""
        if self._connection is None:
            return []
        self._connection.expire(now)
        return self._end_if_over(now)

    def next_deadline(self) -> float:
        """Return when to call `expire`."""
        return math.inf if self._connection is None else self._connection.next_deadline()

    def _end_if_over(self, now: float) -> list[Event]:
        connection = self._connection
        if connection is None or not (connection.over or connection.refused):
            return []
        return self.lost(connection.over or connection.refused, now)


def _check_word(text: str, what: str) -> None:
    """Refuse what cannot be a parameter in the middle of a line."""
    if not text or text[0] == ":" or any(c.isspace() or c in "\0," for c in text):
        raise LocalProtocolError(
            f"{text!r} cannot be {what}.", advice="It is one word, without commas."
        )


def _check_line(text: str) -> None:
    if any(c in "\r\n\0" for c in text):
        raise LocalProtocolError(f"{text!r} cannot be sent.", advice="It is one line of text.")
