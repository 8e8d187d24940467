"""Filing of entries in a SQLite log: where they are kept, and the removal of what they say.

All of it is done within a transaction of the connection that writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import decode_change, encode_change
from razem.talk.history import REDACTED
from razem.talk.irc.names import fold
from razem.talk.log.pages import blank
from razem.talk.log.word_index import Row

if TYPE_CHECKING:
    import sqlite3

    from razem.talk.history import Filing
    from razem.talk.log.word_index import WordIndex

__all__ = ["Cabinet"]

_LINES_A_TRANSACTION: Final = 1000  # that change their target: others wait meanwhile


class Cabinet:
    """Where the lines of a log are kept."""

    def __init__(self, writer: sqlite3.Connection, index: WordIndex) -> None:
        self._writer: Final = writer
        self._index: Final = index

    def file(self, filing: Filing) -> bool:
        """Keep an entry where it belongs; nothing when it is not there.

        Returns false when there is more to it: it is to be called again in another transaction.
        """
        if filing.renames is not None:
            return self._rename(*filing.renames, filing.seq)
        row = self._row(filing.seq)
        if row is None:
            return True
        gone = row.kind == REDACTED
        kind, told = (REDACTED, "") if gone else (filing.kind, filing.told)
        self._move(row, row._replace(target=filing.target, kind=kind), told)
        for party in filing.parties:
            self._writer.execute(
                "INSERT INTO party VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET shown = excluded.shown WHERE shown <> excluded.shown",
                (party.identity, fold(party.name), filing.target, party.name, filing.seq),
            )
        if filing.redacts:
            self._redact(filing.redacts)
        return True

    def _rename(self, old: str, new: str, before: int) -> bool:
        """Let some of the lines of one target be lines of another."""
        rows = self._writer.execute(
            "SELECT seq, target, kind, change, told FROM entry WHERE target = ? AND seq < ?"
            " ORDER BY seq LIMIT ?",
            (old, before, _LINES_A_TRANSACTION),
        ).fetchall()
        for *row, told in rows:
            line = Row._make(row)
            self._move(line, line._replace(target=new), told)
        return len(rows) < _LINES_A_TRANSACTION

    def _redact(self, seq: int) -> None:
        row = self._row(seq)
        if row is not None and row.target is not None:
            change = encode_change(blank(decode_change(row.change)))
            self._move(row, row._replace(kind=REDACTED, change=change), "")
            self._index.ask_purge()

    def _row(self, seq: int) -> Row | None:
        row = self._writer.execute(
            "SELECT seq, target, kind, change FROM entry WHERE seq = ?", (seq,)
        ).fetchone()
        return Row._make(row) if row is not None else None

    def _move(self, before: Row, after: Row, told: str) -> None:
        self._index.remove(before)
        self._writer.execute(
            "UPDATE entry SET target = ?, kind = ?, change = ?, told = ? WHERE seq = ?",
            (after.target, after.kind, after.change, told, after.seq),
        )
        self._index.add(after)
