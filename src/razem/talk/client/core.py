"""The chat client without I/O: bytes, intents and the time go in, events and bytes come out.

Theory of operation. The driver connects, and tells how that went by `connected` or `lost`; then
it carries bytes both ways (`receive`, `to_send`), calls `expire` when `next_deadline` comes, and
connects again at `retry_at`. It decides nothing.

    WAITING ──connected──▶ REGISTERING ──welcome──▶ READY ──quit, refused──▶ CLOSED
       ▲                        │                     │
       └────────────── lost ────┴─────────────────────┘
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .asking import Asking, Phase, check_line, check_word
from .catching_up import no_history
from .connection import Connection
from .events import Disconnected, Event
from .keepalive import Backoff
from .memory import Memory
from .settings import Identity, Limits, Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ChatClient", "Phase"]


class ChatClient(Asking):
    """An IRC client that loses nothing and doubles nothing: the core under every face.

    Args:
        identity: who we are.
        channels: those to join, each as its name, or as its name, a space and its key.
        new_id: draws an unguessable id of 22 URL-safe characters.
        jitter: draws a number from 0 to 1.
        screenful: messages to show of a channel that is seen for the first time.
        rich: ask for all that a face shows: private talks with their history, read markers, what
            was missed, who is away, messages of several lines.

    Attributes:
        retry_at: when to connect, in `Phase.WAITING`.
        trouble: why the last connection was lost, or could not be made; "" while there is one.
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
        rich: bool = False,
    ) -> None:
        check_word(identity.nick, "a nick")
        check_line(identity.password + identity.user + identity.realname)
        memory = Memory(identity, limits or Limits(), timing or Timing(), screenful, rich=rich)
        super().__init__(memory, new_id)
        self._backoff = Backoff(self._memory.timing, jitter)
        self.retry_at = -math.inf
        self.failure = ""
        self.trouble = ""
        for channel in channels:
            name, _, key = channel.partition(" ")
            self.join(name, key)

    # ---- the connection

    def connected(self, now: float) -> None:
        """Take note that there is a connection: registration begins."""
        if self.phase is Phase.WAITING:
            self._connection = Connection(self._memory, now)
            self.trouble = ""

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
            events += connection.around.lose()
            self._memory.conversations.lose()
            if connection.ready:
                self._backoff.settle(now - connection.opened)
        self.trouble = self.failure or reason
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
        events = self._connection.expire(now)
        return events + self._end_if_over(now)

    def next_deadline(self) -> float:
        """Return when to call `expire`."""
        return math.inf if self._connection is None else self._connection.next_deadline()

    def _end_if_over(self, now: float) -> list[Event]:
        connection = self._connection
        if connection is None or not (connection.over or connection.refused):
            return []
        return self.lost(connection.over or connection.refused, now)
