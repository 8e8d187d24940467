"""The log: where changes get their place, and where lines are kept (DESIGN 6).

A seam: the hub's state machine does not know which of these it stands on. `MemoryLog` is here,
`SQLiteLog` in a file of its own.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from razem.talk.changes import Change, Entry, Speak
from razem.talk.irc.names import fold, is_channel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from razem.talk.history import Page

__all__ = ["Log", "MemoryLog", "Receive", "history_target"]


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
        """Give changes the next places; they come back through `receive` when durable."""

    def retract(self, places: Collection[int]) -> None:
        """Take entries out of every history: lines that did not come to pass."""

    def checkpoint(self, applied: int, snapshot: bytes) -> None:
        """Keep a state, so that `recover` need not begin before the entry after `applied`."""

    async def page(self, page: Page) -> list[Entry]:
        """Read lines of a channel, in ascending order.

        Raises:
            Error: the log cannot be read.
        """

    async def close(self) -> None:
        """Store what was appended, and close."""


def history_target(change: Change) -> str | None:
    """Return the folded name of the channel whose history a change belongs to, or None."""
    if type(change) is Speak and is_channel(change.target):
        return fold(change.target)
    return None


class MemoryLog:
    """A log that lasts as long as the process; everything is durable at once.

    Args:
        log_id: of this log.
        clock: returns milliseconds since 1970.
        per_channel: lines of a channel that are kept, at the most.
    """

    def __init__(self, log_id: str, clock: Callable[[], int], *, per_channel: int = 10_000) -> None:
        self._id: Final = log_id
        self._clock: Final = clock
        self._per_channel: Final = per_channel
        self._lines: dict[str, deque[Entry]] = {}
        self._receive: Receive | None = None
        self._seq = 0
        self._time = 0

    @property
    def id(self) -> str:
        """Of this log."""
        return self._id

    def recover(self) -> tuple[bytes | None, Iterable[Entry]]:
        """Return nothing: a new log is empty."""
        return None, ()

    def start(self, receive: Receive) -> None:
        """Begin; `receive` is called from within `append`."""
        self._receive = receive

    def append(self, changes: Sequence[Change]) -> None:
        """Give changes the next places, and hand them back."""
        if self._receive is None:
            raise RuntimeError("append() before start()")
        self._time = max(self._time, self._clock())
        entries = []
        for change in changes:
            self._seq += 1
            entry = Entry(self._seq, self._time, change)
            entries.append(entry)
            target = history_target(change)
            if target is not None:
                lines = self._lines.setdefault(target, deque(maxlen=self._per_channel))
                lines.append(entry)
        self._receive(entries)

    def retract(self, places: Collection[int]) -> None:
        """Take entries out of the history."""
        gone = set(places)
        for target, lines in list(self._lines.items()):
            # What is retracted was appended a moment ago: only the last lines can be meant.
            kept = []
            while lines and lines[-1].seq >= min(gone):
                line = lines.pop()
                if line.seq not in gone:
                    kept.append(line)
            lines.extend(reversed(kept))
            if not lines:
                del self._lines[target]

    def checkpoint(self, applied: int, snapshot: bytes) -> None:
        """Do nothing: there is nothing to recover."""

    async def page(self, page: Page) -> list[Entry]:
        """Read lines of a channel, in ascending order."""
        lines = [line for line in self._lines.get(page.target, ()) if line.seq <= page.until]
        pivot = page.pivot
        if pivot is not None and pivot.seq is not None:
            seq = pivot.seq
            before = [line for line in lines if line.seq < seq]
            after = [line for line in lines if line.seq > seq]
        elif pivot is not None:
            before = [line for line in lines if line.time < pivot.time]
            after = [line for line in lines if line.time > pivot.time]
        else:
            before, after = [], lines
        if page.order == "before":
            return before[-page.limit :]
        return after[-page.limit :] if page.order == "latest" else after[: page.limit]

    async def close(self) -> None:
        """Do nothing: what was appended was handed back at once."""
