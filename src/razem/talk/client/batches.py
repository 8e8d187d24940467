"""Batches and labels put on the messages that stand in them (IRCv3 batch, labeled-response)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.talk.irc.message import Message

__all__ = ["HISTORY", "MULTILINE", "SEARCHES", "TARGETS", "UNREAD", "Batch", "Batches", "Labelled"]

HISTORY: Final = "chathistory"
MULTILINE: Final = "draft/multiline"
TARGETS: Final = "draft/chathistory-targets"
SEARCHES: Final = frozenset({"search", "draft/search", "soju.im/search"})
UNREAD: Final = "razem/unread"
# Of these, the messages mean something together; of others, order is all that matters.
_COLLECTED: Final = {HISTORY, MULTILINE, TARGETS, UNREAD} | SEARCHES


class Labelled(NamedTuple):
    """A message, and the label of the command that it answers ("" for none)."""

    message: Message
    label: str


class Batch:
    """A batch whose messages are kept, because they mean something together.

    Attributes:
        start: the message that began it: its tags are those of the whole.
        items: messages, and batches within it.
        collected: its messages are kept.
    """

    def __init__(self, start: Message, label: str, outer: Batch | None) -> None:
        self.start = start
        self.kind = start.param(1)
        self.params = start.params[2:]
        self.label = label
        self.outer = outer
        self.items: list[Message | Batch] = []
        within = outer if outer is not None and outer.collected else None
        self.collected: bool = within is not None or self.kind in _COLLECTED
        # How many messages the outermost of them holds: one number for all within it.
        self._count: list[int] = [0] if within is None else within._count  # noqa: SLF001

    def add(self, item: Message | Batch, most: int) -> None:
        """Keep a message or a batch, if there is room."""
        if self._count[0] < most:
            self._count[0] += 1
            self.items.append(item)

    def messages(self) -> Iterator[Message]:
        """Give the messages that stand in it directly."""
        return (item for item in self.items if not isinstance(item, Batch))


class Batches:
    """The open batches of one connection.

    Args:
        max_open: batches open at once; further ones are taken for no batches.
        max_messages: messages kept of one batch; further ones are dropped.
    """

    def __init__(self, max_open: int, max_messages: int) -> None:
        self._max_open = max_open
        self._max_messages = max_messages
        self._open: dict[str, Batch] = {}

    def receive(self, message: Message) -> Labelled | Batch | None:
        """Take the next message.

        Returns:
            A message with its label at once when order is all that matters to it; a batch whose
            messages belong together when its end has come; None when there is nothing to do yet.
        """
        outer = self._open.get(message.tags.get("batch", ""))
        label = message.tags.get("label", "") or (outer.label if outer is not None else "")
        if message.command == "BATCH":
            return self._on_batch(message, label, outer)
        if outer is not None and outer.collected:
            outer.add(message, self._max_messages)
            return None
        return Labelled(message, label)

    def _on_batch(self, message: Message, label: str, outer: Batch | None) -> Batch | None:
        reference = message.param(0)
        if reference.startswith("+"):
            if len(self._open) < self._max_open:
                self._open[reference[1:]] = Batch(message, label, outer)
            return None
        batch = self._open.pop(reference[1:], None)
        if batch is None or not batch.collected:
            return None
        if batch.outer is not None and batch.outer.collected:
            batch.outer.add(batch, self._max_messages)
            return None
        return batch
