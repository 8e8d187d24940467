"""Batches and labels put on the messages that stand in them (IRCv3 batch, labeled-response)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from razem.talk.irc.message import Message

__all__ = ["Batch", "Batches", "Labelled"]

HISTORY: Final = "chathistory"


class Labelled(NamedTuple):
    """A message, and the label of the command that it answers ("" for none)."""

    message: Message
    label: str


class Batch:
    """A batch: its messages are kept where they mean something together."""

    def __init__(self, kind: str, params: tuple[str, ...], label: str, outer: Batch | None) -> None:
        self.kind = kind
        self.params = params
        self.label = label
        self.messages: list[Message] = []
        # The batch of history that this one is, or is a part of.
        self.history: Batch | None = self if kind == HISTORY else outer and outer.history


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
            A message with its label at once when order is all that matters to it; a batch of
            history when its end has come; None when there is nothing to do yet.
        """
        outer = self._open.get(message.tags.get("batch", ""))
        label = message.tags.get("label", "") or (outer.label if outer is not None else "")
        if message.command == "BATCH":
            return self._on_batch(message, label, outer)
        if outer is not None and outer.history is not None:
            if len(outer.history.messages) < self._max_messages:
                outer.history.messages.append(message)
            return None
        return Labelled(message, label)

    def _on_batch(self, message: Message, label: str, outer: Batch | None) -> Batch | None:
        reference = message.param(0)
        if reference.startswith("+"):
            if len(self._open) < self._max_open:
                batch = Batch(message.param(1), message.params[2:], label, outer)
                self._open[reference[1:]] = batch
            return None
        batch_or_none = self._open.pop(reference[1:], None)
        if batch_or_none is not None and batch_or_none.kind == HISTORY:
            return batch_or_none
        return None
