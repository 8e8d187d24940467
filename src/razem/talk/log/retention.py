"""What a SQLite log keeps of its history: by age, by number, by the size of the file.

All of it goes in small steps, each a transaction, so that lines that come meanwhile do not wait.
Nothing that a start would need is removed: only what lies before the last checkpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from razem.talk.log.pages import DAY
from razem.talk.log.word_index import Row

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from razem.talk.log.word_index import WordIndex
    from razem.talk.settings import History

__all__ = ["Retention"]

_ROWS_A_STEP: Final = 200
_PAGES_A_STEP: Final = 500


class Retention:
    """Removes what is not to be kept any longer.

    Args:
        writer: the connection that writes.
        index: of the words of what is removed.
        keep: how much.
        clock: returns milliseconds since 1970.
    """

    def __init__(
        self,
        writer: sqlite3.Connection,
        index: WordIndex,
        keep: History,
        clock: Callable[[], int],
    ) -> None:
        self._writer: Final = writer
        self._index: Final = index
        self._keep: Final = keep
        self._clock: Final = clock

    @property
    def any(self) -> bool:
        """Whether there is any bound."""
        keep = self._keep
        return bool(keep.keep_days or keep.keep_messages or keep.keep_megabytes)

    def steps(self, before: int) -> Iterator[None]:
        """Remove what is to be removed up to the place `before`: each step in a transaction.

        Begin a transaction before each `next`, and commit it after.
        """
        if self._keep.keep_days:
            yield from self._by_age(before)
        if self._keep.keep_messages:
            yield from self._by_number(before)
        if self._keep.keep_megabytes:
            yield from self._by_size(before)
        self._writer.execute(
            "DELETE FROM party WHERE NOT EXISTS"
            " (SELECT 1 FROM entry WHERE entry.target = party.target)"
        )
        yield
        while self._number("freelist_count") and self._number("auto_vacuum"):
            self._writer.execute(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})").fetchall()
            yield

    def _by_age(self, before: int) -> Iterator[None]:
        oldest = self._clock() - int(self._keep.keep_days * DAY)
        while True:
            rows = self._first(before)
            old = [row for row, time in rows if time < oldest]
            self._remove(old)
            yield
            if len(old) < _ROWS_A_STEP:
                return

    def _by_number(self, before: int) -> Iterator[None]:
        target = ""
        while target is not None:
            (target,) = self._writer.execute(
                "SELECT min(target) FROM entry WHERE target > ?", (target,)
            ).fetchone()
            # The first one too many, counted from the last.
            row = self._writer.execute(
                "SELECT seq FROM entry WHERE target = ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
                (target, self._keep.keep_messages),
            ).fetchone()
            while row is not None:
                rows = self._writer.execute(
                    "SELECT seq, target, kind, change FROM entry WHERE target = ? AND seq <= ?"
                    " ORDER BY seq LIMIT ?",
                    (target, min(row[0], before), _ROWS_A_STEP),
                ).fetchall()
                self._remove(list(map(Row._make, rows)))
                if len(rows) < _ROWS_A_STEP:
                    break
                yield
            yield

    def _by_size(self, before: int) -> Iterator[None]:
        most = self._keep.keep_megabytes * 1_000_000
        size = self._number("page_size")
        while (self._number("page_count") - self._number("freelist_count")) * size > most:
            rows = [row for row, _ in self._first(before)]
            self._remove(rows)
            yield
            if not rows:
                return

    def _first(self, before: int) -> list[tuple[Row, int]]:
        """Return the first lines of all histories, with their times."""
        rows = self._writer.execute(
            "SELECT seq, target, kind, change, time FROM entry"
            " WHERE target IS NOT NULL AND seq <= ? ORDER BY seq LIMIT ?",
            (before, _ROWS_A_STEP),
        )
        return [(Row._make(row[:4]), row[4]) for row in rows]

    def _remove(self, rows: list[Row]) -> None:
        for row in rows:
            self._index.remove(row)
        self._writer.executemany("DELETE FROM entry WHERE seq = ?", [(row.seq,) for row in rows])

    def _number(self, pragma: str) -> int:
        row: Any = self._writer.execute(f"PRAGMA {pragma}").fetchone()
        return int(row[0])
