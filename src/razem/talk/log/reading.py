"""Reading of a SQLite log: the answers to questions, in a thread of its own."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from razem.talk.changes import decode_change
from razem.talk.history import MESSAGE, REDACTED, Filing, Find, Kept, Latest, Page, Search, Unread
from razem.talk.irc.names import fold
from razem.talk.log.pages import blank, choose_latest, count_unread, read_page
from razem.talk.log.word_index import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from razem.talk.history import Conversations, Pivot, Question

__all__ = ["Reader"]

_COLUMNS: Final = "seq, time, change, target, kind, told"
_OPCODES_A_LOOK: Final = 10_000  # of SQLite's machine, between looks at the clock


class Reader:
    """Answers questions over a connection of its own.

    Args:
        connection: that nobody else uses while a question is answered.
        seconds: how long an answer may take.
    """

    def __init__(self, connection: sqlite3.Connection, seconds: float) -> None:
        self._connection: Final = connection
        self._seconds: Final = seconds

    def answer(self, question: Question, pending: Sequence[Filing]) -> list[Kept]:
        """Answer a question; `pending` holds what is filed already, but not in the file yet.

        Raises:
            sqlite3.Error: the file cannot be read.
            TimeoutError: it would take too long.
            msgspec.MsgspecError: a row is damaged.
        """
        end = time.monotonic() + self._seconds
        self._connection.set_progress_handler(lambda: time.monotonic() > end, _OPCODES_A_LOOK)
        try:
            reading = _Reading(self._connection, pending, question.until)
            match question:
                case Page():
                    return reading.page(question)
                case Latest():
                    return reading.latest(question)
                case Search():
                    return reading.search(question)
                case Unread():
                    return reading.unread(question)
                case Find():
                    return reading.find(question)
        except sqlite3.Error as error:
            if time.monotonic() > end:  # interrupted, whatever it says of that
                raise TimeoutError from error
            raise
        finally:
            self._connection.set_progress_handler(None, 0)


class _Reading:
    """One question, over the rows of the file and what is pending."""

    def __init__(
        self, connection: sqlite3.Connection, pending: Sequence[Filing], until: int
    ) -> None:
        self._connection: Final = connection
        self._pending: Final = pending
        self._until: Final = until
        self._filings: Final = self._last_word(pending)
        # Rows of which something else is known by now are left out of all others.
        self._without: Final = json.dumps(list(self._filings))

    def _last_word(self, pending: Sequence[Filing]) -> dict[int, Filing]:
        """Return what holds for each of the places that `pending` speaks of."""
        said: dict[int, Filing] = {}
        for filing in pending:
            gone = filing.seq in said and said[filing.seq].kind == REDACTED
            said[filing.seq] = Filing(filing.seq, filing.target, REDACTED) if gone else filing
            if filing.redacts:
                target = said[filing.redacts].target if filing.redacts in said else None
                target = target or self._target_of(filing.redacts)
                if target is not None:
                    said[filing.redacts] = Filing(filing.redacts, target, REDACTED)
        return said

    def _target_of(self, seq: int) -> str | None:
        row = self._connection.execute("SELECT target FROM entry WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row is not None else None

    def page(self, page: Page) -> list[Kept]:
        targets = self._targets(page.targets, page.conversations)
        return read_page(_Lines(self, list(targets), page.kinds), page)

    def unread(self, question: Unread) -> list[Kept]:
        def lines_of(target: str, since: int) -> list[Kept]:
            low = self.first_place(since + 1) - 1
            return self.lines([target], (MESSAGE,), low, self._until, question.most, ascending=True)

        names = self._targets(question.targets, question.conversations)
        return count_unread(lines_of, names, question)

    def latest(self, question: Latest) -> list[Kept]:
        names = self._targets(question.targets, question.conversations)
        found = []
        for target, name in names.items():
            lines = self.lines([target], (MESSAGE,), 0, self._until, 1, ascending=False)
            found += [msgspec.structs.replace(line, name=name) for line in lines]
        return choose_latest(found, question)

    def search(self, question: Search) -> list[Kept]:
        targets = list(self._targets(question.targets, question.conversations))
        low = 0 if question.after is None else self.first_place(question.after) - 1
        high = self._until
        if question.before is not None:
            high = min(high, self.first_place(question.before + 1) - 1)
        ascending = question.after is not None
        asked = expression(question.text, question.sender, targets)
        if asked is None or not targets:
            return self.lines(targets, (MESSAGE,), low, high, question.limit, ascending=ascending)
        direction = "ASC" if ascending else "DESC"
        rows = self._connection.execute(
            "SELECT seq, time, change, target, kind, told FROM words CROSS JOIN entry"  # noqa: S608 # of two constants
            " ON entry.seq = words.rowid WHERE words MATCH ? AND words.rowid > ?"
            " AND words.rowid <= ? AND kind = ?"
            " AND target IN (SELECT value FROM json_each(?))"
            " AND seq NOT IN (SELECT value FROM json_each(?))"
            f" ORDER BY words.rowid {direction} LIMIT ?",
            (asked, low, high, MESSAGE, json.dumps(targets), self._without, question.limit),
        )
        return sorted(map(_kept, rows), key=lambda line: line.seq)

    def find(self, question: Find) -> list[Kept]:
        if question.seq in self._filings:
            return self._filed([self._filings[question.seq]])
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM entry WHERE seq = ? AND seq <= ? AND target IS NOT NULL",  # noqa: S608 # a constant
            (question.seq, self._until),
        )
        return list(map(_kept, rows))

    # What they are made of

    def lines(  # noqa: PLR0913 # each is a fact by name
        self,
        targets: Iterable[str],
        kinds: Sequence[int],
        low: int,
        high: int,
        limit: int,
        *,
        ascending: bool,
    ) -> list[Kept]:
        """Return the first or last lines after `low` and not after `high`, in ascending order."""
        targets = list(targets)
        statement = (
            f"SELECT {_COLUMNS} FROM entry WHERE target = ? AND seq > ? AND seq <= ?"  # noqa: S608 # of constants
            " AND kind IN (SELECT value FROM json_each(?))"
            " AND seq NOT IN (SELECT value FROM json_each(?)) ORDER BY seq "
            + ("ASC LIMIT ?" if ascending else "DESC LIMIT ?")
        )
        found = self._filed(
            filing
            for filing in self._filings.values()
            if filing.target in targets and filing.kind in kinds and low < filing.seq <= high
        )
        wanted = json.dumps(kinds)
        for target in targets:  # one by one: so the index gives them in order
            rows = self._connection.execute(
                statement, (target, low, high, wanted, self._without, limit)
            )
            found += map(_kept, rows)
        found.sort(key=lambda line: line.seq)
        return found[:limit] if ascending else found[-limit:]

    def _filed(self, filings: Iterable[Filing]) -> list[Kept]:
        """Return the lines of which we know by `pending` where they belong."""
        found = []
        for filing in filings:
            row = self._connection.execute(
                "SELECT seq, time, change FROM entry WHERE seq = ? AND seq <= ?",
                (filing.seq, self._until),
            ).fetchone()
            if row is None or filing.target is None:
                continue
            kept = _kept((*row, filing.target, filing.kind, filing.told))
            if filing.kind == REDACTED:
                kept = msgspec.structs.replace(kept, change=blank(kept.change), told="")
            found.append(kept)
        return found

    def first_place(self, moment: int) -> int:
        """Return the first place whose entry has this time or a later one.

        Times never fall from entry to entry, so that halving finds it without an index.
        """
        (last,) = self._connection.execute("SELECT max(seq) FROM entry").fetchone()
        low, high = 1, (last or 0) + 1
        while low < high:
            middle = (low + high) // 2
            row = self._connection.execute(
                "SELECT seq, time FROM entry WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)
            ).fetchone()
            if row is None or row[1] >= moment:
                high = middle
            else:
                low = row[0] + 1
        return low

    def _targets(
        self, targets: Iterable[str], conversations: Conversations | None
    ) -> dict[str, str]:
        """Return all targets that are asked for, each with what the one who asks calls it."""
        wanted = {target: target for target in targets}
        return wanted | (self._conversations(conversations) if conversations is not None else {})

    def _conversations(self, wanted: Conversations) -> dict[str, str]:
        """Return the conversations that are meant, each with its latest name."""
        rows = self._connection.execute(
            "SELECT target, shown, name FROM party"
            " WHERE identity IN (SELECT value FROM json_each(?)) ORDER BY since",
            (json.dumps(wanted.identities),),
        ).fetchall()
        for filing in self._pending:
            rows += [
                (filing.target, party.name, fold(party.name))
                for party in filing.parties
                if party.identity in wanted.identities
            ]
        return {target: shown for target, shown, name in rows if wanted.name in {None, name}}


class _Lines:
    """The lines of a page (`pages.Lines`)."""

    def __init__(self, reading: _Reading, targets: list[str], kinds: Sequence[int]) -> None:
        self._reading = reading
        self._targets = targets
        self._kinds = kinds

    def first_at(self, pivot: Pivot) -> int:
        return pivot.seq if pivot.seq is not None else self._reading.first_place(pivot.time)

    def last_at(self, pivot: Pivot) -> int:
        if pivot.seq is not None:
            return pivot.seq
        return self._reading.first_place(pivot.time + 1) - 1

    def within(self, low: int, high: int, limit: int, *, ascending: bool) -> list[Kept]:
        return self._reading.lines(
            self._targets, self._kinds, low, high, limit, ascending=ascending
        )


def _kept(row: Any) -> Kept:
    seq, moment, change, target, kind, told = row
    return Kept(seq, moment, decode_change(change), target, kind, told)
