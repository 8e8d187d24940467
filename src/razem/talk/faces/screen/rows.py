"""Lines of a view -> rows of the screen: days, the unread line, happenings folded into one. No I/O.

A row is what is drawn as one block. Rows are made anew from the first line that changed, so that a
message that comes costs the same however long the history is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from .view import EVENT, MESSAGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from razem.talk.client.outgoing import Outgoing

    from .view import Line, View

__all__ = ["DayRow", "EdgeRow", "EventsRow", "LineRow", "Row", "Rows", "UnreadRow", "WaitingRow"]

_TOGETHER: Final = timedelta(minutes=5)  # of one sender under one name


@dataclass(slots=True, eq=False)
class Row:
    """A block of the screen; `key` changes when it looks otherwise."""

    @property
    def key(self) -> object:
        """What it looks like depends on this and nothing else of it."""
        return 0


@dataclass(slots=True, eq=False)
class DayRow(Row):
    """Another day begins."""

    day: date


@dataclass(slots=True, eq=False)
class UnreadRow(Row):
    """What comes after is unread."""


@dataclass(slots=True, eq=False)
class EdgeRow(Row):
    """The beginning of what is there."""

    view: View

    @property
    def key(self) -> object:
        """Whether there is more, and whether that is on its way."""
        return self.view.complete, self.view.asking, self.view.name


@dataclass(slots=True, eq=False)
class LineRow(Row):
    """A line; with the name of its sender, if `head`; with its time, if `timed`."""

    line: Line
    head: bool
    timed: bool

    @property
    def key(self) -> object:
        """The version of the line."""
        return self.line.version


@dataclass(slots=True, eq=False)
class EventsRow(Row):
    """Happenings, folded into one line until somebody wants them all."""

    lines: list[Line]
    unfolded: bool = False

    @property
    def key(self) -> object:
        """How many they are, and whether they are folded."""
        return len(self.lines), self.unfolded


@dataclass(slots=True, eq=False)
class WaitingRow(Row):
    """A message of ours that the hub does not have yet."""

    message: Outgoing

    @property
    def key(self) -> object:
        """Where it stands."""
        return self.message.status, self.message.tried


class Rows:
    """The rows of a view, kept up to date."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._count = 0  # lines of the view that are in the rows
        self._shifted = -1
        self._unread: Line | None = None
        self.waiting = 0  # messages of ours at the end
        self._last: Line | None = None
        self.rows: list[Row] = []
        self.made_anew = False  # by the last `update`

    def update(self, waiting: Sequence[Outgoing]) -> int:
        """Take over what has changed; return the index of the first row that may be new."""
        view = self._view
        self.made_anew = False
        if self._shifted != view.shifted or self._unread is not view.unread_from:
            self._shifted, self._unread = view.shifted, view.unread_from
            self.made_anew = True
            self.rows, self._count, self.waiting, self._last = [EdgeRow(view)], 0, 0, None
        if self.waiting:
            del self.rows[-self.waiting :]
        start = max(0, len(self.rows) - 1)  # the last row may be a group that grows
        for line in view.lines[self._count :]:
            self._add(line)
        self._count, self.waiting = len(view.lines), len(waiting)
        self.rows += [WaitingRow(message) for message in waiting]
        return start

    def _add(self, line: Line) -> None:
        before, self._last = self._last, line
        new_day = before is None or before.time.date() != line.time.date()
        unread = line is self._unread
        if new_day:
            self.rows.append(DayRow(line.time.date()))
        if unread:
            self.rows.append(UnreadRow())
        if line.kind == EVENT:
            last = self.rows[-1]
            if isinstance(last, EventsRow):
                last.lines.append(line)
            else:
                self.rows.append(EventsRow([line]))
            return
        head = new_day or unread or not _goes_on(before, line)
        timed = head or before is None or _minute(before) != _minute(line)
        self.rows.append(LineRow(line, head, timed))


def _minute(line: Line) -> tuple[int, int]:
    return line.time.hour, line.time.minute


def _goes_on(before: Line | None, line: Line) -> bool:
    """Tell whether a line goes on under the name of the one before."""
    if before is None or (before.kind, line.kind) != (MESSAGE, MESSAGE) or line.reply:
        return False
    same = before.sender == line.sender and not before.why and not line.why
    return same and line.time - before.time < _TOGETHER
