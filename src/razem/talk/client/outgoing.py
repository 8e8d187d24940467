"""Our own messages, from `send` until the server has them for good.

Theory of operation. A message has an id for all its life, carried by the tag ``+razem/id``, and
for each connection a label. It waits until its target is ready, is sent, and is resolved by the
echo with its label, by being found in the channel's history, or by a refusal. When the
connection is lost, what was sent and is not resolved becomes waiting again, in its old place:
what is sent anew therefore goes before what is newer.

    waiting ──due──▶ sent ──echo, found──▶ acknowledged
       ▲              │└──numeric, FAIL──▶ refused
       └──── lost ────┘

A server without labels is asked by a PING after each message: its answer comes after all that
it had to say of the message.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from razem.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Outgoing", "Pending", "Status"]


class Status(enum.Enum):
    """Where a message of ours stands."""

    WAITING = "waiting"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


class Outgoing:
    """One message of ours: the handle that `send` returns.

    Attributes:
        id: unguessable, and the same however often it is sent.
        text: of one line, or of several where the server knows such messages; without the
            wrapping of a /me.
        reply: the msgid of the message that it answers, or "".
        label: names it on this connection; "" while it is not sent.
        tried: it was sent on a connection that was lost, so the server may have it.
        msgid: its name in the server's log, once acknowledged (where the server gives one).
        reason: why it was refused.
    """

    __slots__ = (
        "action",
        "barrier",
        "id",
        "label",
        "msgid",
        "notice",
        "reason",
        "reply",
        "status",
        "target",
        "text",
        "tried",
    )

    def __init__(  # noqa: PLR0913 - each is a fact by name
        self,
        id_: str,
        target: str,
        text: str,
        *,
        action: bool = False,
        notice: bool = False,
        reply: str = "",
    ) -> None:
        self.id = id_
        self.target = target
        self.text = text
        self.action = action
        self.notice = notice
        self.reply = reply
        self.status = Status.WAITING
        self.label = ""
        self.barrier = 0  # the number of the PING sent after it, on a server without labels
        self.tried = False
        self.msgid = ""
        self.reason = ""

    def __repr__(self) -> str:
        return f"<Outgoing {self.status.value} {self.target} {self.text[:40]!r}>"

    @property
    def resolved(self) -> bool:
        """It is acknowledged or refused."""
        return self.status in {Status.ACKNOWLEDGED, Status.REFUSED}


class Pending:
    """All messages of ours that are not resolved, in the order in which they were said."""

    def __init__(self, limit: int, in_flight: int) -> None:
        self._limit = limit
        self._window = in_flight
        self._by_id: dict[str, Outgoing] = {}
        self._by_label: dict[str, Outgoing] = {}  # exactly those that are sent

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Outgoing]:
        return iter(self._by_id.values())

    def add(self, messages: list[Outgoing]) -> None:
        """Put messages at the end, all or none.

        Raises:
            LimitError: there are too many; none was added.
        """
        if len(self._by_id) + len(messages) > self._limit:
            raise LimitError(
                f"{len(self._by_id)} messages wait to be acknowledged already, "
                f"and {self._limit} may at the most.",
                limit=self._limit,
                advice="Wait for the connection to come back, or say less at once.",
            )
        for message in messages:
            self._by_id[message.id] = message

    def due(self, is_ready: Callable[[str], bool]) -> list[Outgoing]:
        """Return the messages to send now; mark each with its label by `mark_sent`."""
        room = self._window - len(self._by_label)
        if room <= 0 or len(self._by_label) == len(self._by_id):
            return []
        ready: dict[str, bool] = {}
        due: list[Outgoing] = []
        for message in self._by_id.values():
            if message.status is not Status.WAITING:
                continue
            if message.target not in ready:
                ready[message.target] = is_ready(message.target)
            if ready[message.target]:
                due.append(message)
                if len(due) == room:
                    break
        return due

    def mark_sent(self, message: Outgoing, label: str, barrier: int) -> None:
        """Note that a message is on the wire."""
        message.status, message.label, message.barrier = Status.SENT, label, barrier
        self._by_label[label] = message

    def by_id(self, id_: str) -> Outgoing | None:
        """Return the message of that id, if it is not resolved."""
        return self._by_id.get(id_)

    def by_label(self, label: str) -> Outgoing | None:
        """Return the message sent with that label on this connection, if it is not resolved."""
        return self._by_label.get(label)

    def sent(self) -> list[Outgoing]:
        """Return the messages on the wire, the oldest first."""
        return list(self._by_label.values())

    def resolve(self, message: Outgoing, status: Status, *, msgid: str = "", why: str = "") -> None:
        """Take a message out: it is acknowledged, or refused."""
        message.status, message.msgid, message.reason = status, msgid, why
        self._by_id.pop(message.id, None)
        self._by_label.pop(message.label, None)

    def withdraw(self, message: Outgoing) -> bool:
        """Take out a message that the server cannot have; False: it may have it."""
        if message.status is not Status.WAITING or message.tried:
            return False
        self.resolve(message, Status.REFUSED, why="it was taken back")
        return True

    def retarget(self, is_old: Callable[[str], bool], new: str) -> None:
        """Say to a conversation under its new name what waits for it under the old one."""
        for message in self._by_id.values():
            if is_old(message.target):
                message.target = new

    def lose(self) -> None:
        """Note that the connection is lost: what was on the wire waits to be sent again."""
        for message in self._by_label.values():
            message.status, message.label, message.tried = Status.WAITING, "", True
        self._by_label.clear()
