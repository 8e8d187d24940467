"""Messages of a connection, where ours meet the log: shown in its order, and acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.irc.message import Message

from .events import Acknowledged, Event, MessageReceived, Refused, ServerNotice
from .outgoing import Outgoing, Status
from .roster import nick_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .batches import Batch
    from .events import Logged
    from .memory import Memory
    from .reading import Reader
    from .registration import Registration
    from .timeline import Timeline

__all__ = ["Messages"]


class Messages:
    """Finds our own messages among those of the server, and resolves them."""

    def __init__(self, memory: Memory, registration: Registration, reader: Reader) -> None:
        self._memory = memory
        self._registration = registration
        self._reader = reader

    def read(self, item: Message | Batch) -> MessageReceived | ServerNotice | None:
        """Return what a PRIVMSG or NOTICE says, of a user or of the server itself."""
        event = self._reader.message(item)
        if event is not None:
            return event
        if isinstance(item, Message):
            text = item.params[-1] if item.params else ""
            return ServerNotice(text=text, sender=nick_of(item.source))
        return None

    def receive(self, event: MessageReceived, label: str) -> list[Event]:
        """Take a message as it happens; return what to show, and what it answers."""
        ours = self._find_ours(event, label)
        timeline = self.timeline(event.conversation)
        if ours is not None and ours.tried and not label and timeline.catching_up:
            # It came to pass on an earlier connection, and what we said before it may be in the
            # pages that are still to come: `acknowledge_held` has its turn after them.
            return [*timeline.receive_live(event)]
        shown: list[Event]
        if ours is not None and ours.tried and timeline.gap and timeline.is_older(event):
            # It was taken on an earlier connection, in the gap before all that is shown here, and
            # is told now because it was sent again: it has no place at the end.
            shown = []
        else:
            shown = [*timeline.receive_live(event)]
        return shown + ([self._acknowledge(ours, event.msgid)] if ours is not None else [])

    def timeline(self, conversation: str) -> Timeline:
        """Return the timeline of a conversation.

        Where private talks are not kept, they share one: it only tells doubles.
        """
        own = self._memory.rich or self._registration.features.is_channel(conversation)
        return self._memory.history.timeline(conversation if own else "")

    def _find_ours(self, event: MessageReceived, label: str) -> Outgoing | None:
        """Return the message of ours that `event` is, if it is one that is not resolved."""
        pending = self._memory.pending
        found = pending.by_label(label) or pending.by_id(event.id)
        if found is not None or not event.own or label or event.id:
            return found
        if self._registration.labels or not self._registration.echoes:
            return None
        return self._find_by_text(event, pending.sent())

    def _find_by_text(
        self, event: MessageReceived, candidates: Iterable[Outgoing]
    ) -> Outgoing | None:
        """Where a server keeps no ids: the same text to the same target is the same message."""
        for ours in candidates:
            same = (ours.text, ours.action) == (event.text, event.action)
            if same and self._memory.is_same(ours.target, event.conversation):
                return ours
        return None

    def _acknowledge(self, ours: Outgoing, msgid: str) -> Event:
        self._memory.pending.resolve(ours, Status.ACKNOWLEDGED, msgid=msgid)
        return Acknowledged(id=ours.id, target=ours.target, text=ours.text, msgid=msgid)

    def acknowledge_unseen(self, ours: Outgoing) -> list[Event]:
        """Acknowledge what the server took without sending it back: show it ourselves."""
        shown = MessageReceived(
            conversation=ours.target,
            sender=self._registration.nick,
            text=ours.text,
            id=ours.id,
            own=True,
            notice=ours.notice,
            action=ours.action,
            reply=ours.reply,
        )
        return [shown, self._acknowledge(ours, "")]

    def refuse(self, ours: Outgoing, reason: str) -> Event:
        """Note that a message of ours will not be delivered."""
        self._memory.pending.resolve(ours, Status.REFUSED, why=reason)
        return Refused(id=ours.id, target=ours.target, text=ours.text, reason=reason)

    def refuse_all(self, target: str, reason: str) -> list[Event]:
        """Refuse what waits for a channel; what is on the wire gets an answer of its own."""
        waiting = self._memory.waiting_for(target)
        return [self.refuse(ours, reason) for ours in waiting if ours.status is Status.WAITING]

    def acknowledge_held(self, shown: Iterable[Logged]) -> list[Event]:
        """Acknowledge what came while we caught up, of what we sent before."""
        pending = self._memory.pending
        return [
            self._acknowledge(ours, line.msgid)
            for line in shown
            if isinstance(line, MessageReceived) and (ours := pending.by_id(line.id)) is not None
        ]

    def find_in_history(self, channel: str, page: Sequence[Logged]) -> list[Event]:
        """Acknowledge what we sent before the connection was lost, and the server has."""
        memory, events = self._memory, []
        exact = memory.history.timeline(channel).told_since_last
        for message in page:
            if not isinstance(message, MessageReceived):
                continue
            ours = memory.pending.by_id(message.id)
            if ours is None and exact and message.own and not message.id:
                tried = (o for o in memory.waiting_for(channel) if o.tried)
                ours = self._find_by_text(message, tried)
            if ours is not None:
                events.append(self._acknowledge(ours, message.msgid))
        return events
