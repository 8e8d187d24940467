"""What the hub asks of a log. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from razem.errors import Error
from razem.talk.changes import Speak
from razem.talk.irc.names import fold, is_channel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from razem.talk.changes import Change, Entry
    from razem.talk.history import Filing, Kept, Question

__all__ = ["Log", "LogError", "Receive", "provisional_target"]


class LogError(Error):
    """A log cannot be used, or not now."""


class Receive(Protocol):
    """Takes entries that are durable, in the order of the log, each once."""

    def __call__(self, entries: Sequence[Entry], failed: Collection[int] = ()) -> None:
        """Take `entries`; `failed`: places of those that could not be stored."""


class Log(Protocol):
    """One total order of changes, kept."""

    @property
    def id(self) -> str:
        """Of this log; part of every message id: letters, digits and "-" only."""

    def recover(self) -> tuple[bytes | None, Iterable[Entry]]:
        """Return the last checkpoint, if there is one, and the entries after it."""

    def start(self, receive: Receive) -> None:
        """Begin to take changes; `receive` is called in the thread that calls `append`."""

    def append(self, changes: Sequence[Change]) -> None:
        """Give changes the next places; they come back through `receive` when durable.

        Each is kept under its `provisional_target` until it is filed otherwise.
        """

    def file(self, filings: Sequence[Filing]) -> None:
        """Keep entries where the state machine says that they belong.

        It holds for every `read` from now on. To say it again is harmless. Entries that were
        appended long ago and never filed, and are before a checkpoint, are gone.
        """

    def checkpoint(self, applied: int, snapshot: bytes) -> None:
        """Keep a state, so that `recover` need not begin before the entry after `applied`."""

    async def read(self, question: Question) -> list[Kept]:
        """Answer a question about history.

        Raises:
            LogError: the log cannot be read, or the answer would take too long.
        """

    async def close(self) -> None:
        """Store what was appended, and close."""


def provisional_target(change: Change) -> str | None:
    """Return where a change is kept before it was applied: lines to a channel, in its history.

    Nearly all of them come to pass: so they need not be filed one by one.
    """
    if isinstance(change, Speak) and is_channel(change.target):
        return fold(change.target)
    return None
