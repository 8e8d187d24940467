"""The index of words of a SQLite log: what `Search` asks.

A line is indexed after it was committed, when there is time, because it costs several times what
storing the line costs; before a search is answered the rest is caught up. Up to which place lines
are indexed stands in the file, and changes with the index in one transaction: a line that leaves
the history leaves the index in the same transaction.

FTS5 keeps no text here, and to take a line out, it has to be told what went in: so what goes in
is made from the row alone, always in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from razem.talk.changes import Speak, decode_change
from razem.talk.history import MESSAGE
from razem.talk.log.pages import sender
from razem.talk.log.schema import get_meta, set_meta
from razem.talk.log.words import phrases, words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

__all__ = ["Row", "WordIndex", "expression"]

_MAX_PLACES: Final = 30  # of which one asks the index; with more, all of its places
_PAGES_A_MERGE: Final = 200


class Row(NamedTuple):
    """A row of the table of entries, as far as it matters here."""

    seq: int
    target: str | None
    kind: int
    change: bytes


class WordIndex:
    """The index, as the one connection that writes sees it.

    Attributes:
        indexed: the last place up to which lines are in it.
        purge: whether words of lines that are gone may still stand in its pages.
    """

    def __init__(self, writer: sqlite3.Connection) -> None:
        self._writer: Final = writer
        self.indexed = int(get_meta(writer, "indexed"))
        self.purge = bool(get_meta(writer, "purge"))
        self._merging = False

    def add_next(self, last: int, limit: int) -> bool:
        """Index up to `limit` entries more, none after `last`; true when there may be others.

        Within a transaction; when that fails, `forget`.
        """
        rows = self._writer.execute(
            "SELECT seq, target, kind, change FROM entry WHERE seq > ? AND seq <= ?"
            " ORDER BY seq LIMIT ?",
            (self.indexed, last, limit),
        ).fetchall()
        values: list[Any] = []
        for row in map(Row._make, rows):
            values += self._values(row) or ()
        if values:
            self._writer.execute(
                "INSERT INTO words (rowid, place, sender, text) VALUES "  # noqa: S608 # question marks
                + ",".join(["(?,?,?,?)"] * (len(values) // 4)),
                values,
            )
        more = len(rows) == limit
        self.indexed = rows[-1][0] if more else max(self.indexed, last)
        set_meta(self._writer, "indexed", self.indexed)
        return more

    def forget(self) -> None:
        """Take up again what the file says, after a transaction that failed."""
        self.indexed = int(get_meta(self._writer, "indexed"))
        self.purge = bool(get_meta(self._writer, "purge"))

    def add(self, row: Row) -> None:
        """Index a line that came to the history after its place was passed."""
        values = self._values(row) if row.seq <= self.indexed else None
        if values:
            self._writer.execute(
                "INSERT INTO words (rowid, place, sender, text) VALUES (?,?,?,?)", values
            )

    def remove(self, row: Row) -> None:
        """Take a line out, as its row still is."""
        values = self._values(row) if row.seq <= self.indexed else None
        if values:
            self._writer.execute(
                "INSERT INTO words (words, rowid, place, sender, text) VALUES ('delete',?,?,?,?)",
                values,
            )

    def ask_purge(self) -> None:
        """Have the words of lines that were taken out removed from the pages of the file too."""
        self.purge = True
        set_meta(self._writer, "purge", 1)

    def purge_next(self) -> bool:
        """Do some of that; true while there is more.

        FTS5, "The 'merge' Command": a negative number begins to merge all there is into one; "to
        measure the work done", `total_changes` grows by 2 or more while there is something to do.
        """
        pages = _PAGES_A_MERGE if self._merging else -_PAGES_A_MERGE
        before = self._writer.total_changes
        self._writer.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
        self._merging = self._writer.total_changes - before >= 2
        if not self._merging:
            self.purge = False
            set_meta(self._writer, "purge", 0)
        return self._merging

    @staticmethod
    def _values(row: Row) -> tuple[int, str, str, str] | None:
        """Return what is indexed of a row; None: nothing."""
        if row.target is None or row.kind != MESSAGE:
            return None
        change = decode_change(row.change)
        if not isinstance(change, Speak):
            return None
        text = " ".join(words(change.whole))
        return row.seq, _token(row.target), _token(sender(change)), text


def expression(text: str, who: str, targets: Sequence[str]) -> str | None:
    """Return the question to the index (FTS5, "Full-text Query Syntax"); None: it cannot help.

    Words are letters and digits only, so that nothing of it can be taken for an operator.
    """
    parts = [f'text : "{" ".join(phrase)}" *' for phrase in phrases(text)]
    if who:
        parts.append(f"sender : {_token(who)}")
    if parts and len(targets) <= _MAX_PLACES:
        parts.append("place : (" + " OR ".join(map(_token, targets)) + ")")
    return " AND ".join(parts) or None


def _token(name: str) -> str:
    """Return a name as one word."""
    return f"x{name.encode().hex()}"
