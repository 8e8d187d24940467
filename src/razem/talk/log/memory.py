"""A log that lasts as long as the process. No I/O."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from razem.talk.changes import Entry, Speak
from razem.talk.history import MESSAGE, REDACTED, Find, Kept, Latest, Page, Search, Unread
from razem.talk.irc.names import fold
from razem.talk.log.pages import DAY, blank, choose_latest, count_unread, read_page, sender
from razem.talk.log.seam import provisional_target
from razem.talk.log.words import contains, phrases, words
from razem.talk.settings import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from razem.talk.changes import Change
    from razem.talk.history import Conversations, Filing, Pivot, Question
    from razem.talk.log.seam import Receive
    from razem.talk.log.words import Phrase

__all__ = ["MemoryLog"]

_KEEP_MESSAGES: Final = 10_000
_MAX_UNFILED: Final = 10_000  # entries that may yet be filed somewhere
_AFTER_ALL: Final = 2**63 - 1  # a place that no line has


class MemoryLog:
    """A log in memory; everything is durable at once.

    Args:
        log_id: of this log.
        clock: returns milliseconds since 1970.
        keep: what is kept of the history; the size in bytes is no bound here, but there is one on
            the messages of a channel or conversation.
    """

    def __init__(
        self, log_id: str, clock: Callable[[], int], *, keep: History | None = None
    ) -> None:
        self._id: Final = log_id
        self._clock: Final = clock
        keep = keep or History()
        self._keep_messages: Final = keep.keep_messages or _KEEP_MESSAGES
        self._keep_time: Final = int(keep.keep_days * DAY) or None  # milliseconds
        self._lines: dict[str, deque[Kept]] = {}
        self._places: dict[int, str] = {}  # targets of what is kept, by place
        self._unfiled: dict[int, Entry] = {}
        self._parties: dict[str, dict[tuple[str, str], str]] = {}  # names as they were written
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
        unfiled = self._unfiled
        for place in list(unfiled)[: max(0, len(unfiled) - _MAX_UNFILED)]:
            del unfiled[place]
        entries = []
        for change in changes:
            self._seq += 1
            entry = Entry(self._seq, self._time, change)
            entries.append(entry)
            target = provisional_target(change)
            if target is not None:
                self._keep(Kept(entry.seq, entry.time, change, target))
            else:
                unfiled[entry.seq] = entry
        self._receive(entries)

    def file(self, filings: Sequence[Filing]) -> None:
        """Keep entries where the state machine says that they belong."""
        for filing in filings:
            if filing.renames is not None:
                self._rename(*filing.renames, filing.seq)
                continue
            entry = self._take(filing.seq)
            if entry is None:
                continue
            if filing.target is None:
                self._unfiled[entry.seq] = Entry(entry.seq, entry.time, entry.change)
                continue
            gone = isinstance(entry, Kept) and entry.kind == REDACTED
            kind, told = (REDACTED, "") if gone else (filing.kind, filing.told)
            self._keep(Kept(entry.seq, entry.time, entry.change, filing.target, kind, told))
            for party in filing.parties:
                known = self._parties.setdefault(party.identity, {})
                known[fold(party.name), filing.target] = party.name
            if filing.redacts:
                self._redact(filing.redacts)

    def _keep(self, line: Kept) -> None:
        """Put a line where it belongs: nearly always at the end."""
        lines = self._lines.setdefault(line.target, deque())
        later = []
        while lines and lines[-1].seq > line.seq:
            later.append(lines.pop())
        lines.append(line)
        lines.extend(reversed(later))
        self._places[line.seq] = line.target
        oldest = self._oldest
        while len(lines) > self._keep_messages or (lines and lines[0].time < oldest):
            del self._places[lines.popleft().seq]

    @property
    def _oldest(self) -> int:
        """The time of the oldest line that is kept."""
        return 0 if self._keep_time is None else self._clock() - self._keep_time

    def _take(self, seq: int) -> Entry | None:
        """Return an entry, and take it out of where it was."""
        target = self._places.pop(seq, None)
        if target is None:
            return self._unfiled.pop(seq, None)
        lines = self._lines[target]
        later = []
        while lines[-1].seq > seq:
            later.append(lines.pop())
        line = lines.pop()
        lines.extend(reversed(later))
        if not lines:
            del self._lines[target]
        return line

    def _rename(self, old: str, new: str, before: int) -> None:
        for line in [line for line in self._lines.get(old, ()) if line.seq < before]:
            self._take(line.seq)
            self._keep(msgspec.structs.replace(line, target=new))

    def _redact(self, seq: int) -> None:
        line = self._take(seq)
        if isinstance(line, Kept):
            change = blank(line.change)
            self._keep(msgspec.structs.replace(line, change=change, kind=REDACTED, told=""))

    def checkpoint(self, applied: int, snapshot: bytes) -> None:
        """Do nothing: there is nothing to recover."""

    async def read(self, question: Question) -> list[Kept]:
        """Answer a question about history."""
        match question:
            case Page():
                return self._page(question)
            case Latest():
                return self._latest(question)
            case Search():
                return self._search(question)
            case Unread():
                return self._unread(question)
            case Find():
                return self._find(question)

    def _page(self, page: Page) -> list[Kept]:
        targets = self._targets(page.targets, page.conversations)
        lines = [line for line in self._lines_of(targets, page.until) if line.kind in page.kinds]
        return read_page(_Lines(lines), page)

    def _names(self, targets: Iterable[str], conversations: Conversations | None) -> dict[str, str]:
        """Return targets, each with what the one who asks calls it."""
        names = {target: target for target in targets}
        if conversations is not None:
            # The last name under which a conversation was led.
            for one in conversations.identities:
                known = self._parties.get(one, {})
                names |= {target: name for (_, target), name in known.items()}
        return names

    def _unread(self, question: Unread) -> list[Kept]:
        def lines_of(target: str, since: int) -> list[Kept]:
            return [
                line
                for line in self._lines_of([target], question.until)
                if line.kind == MESSAGE and line.time > since
            ][: question.most]

        names = self._names(question.targets, question.conversations)
        return count_unread(lines_of, names, question)

    def _latest(self, question: Latest) -> list[Kept]:
        names = self._names(question.targets, question.conversations)
        found = []
        for target, name in names.items():
            lines = [
                line for line in self._lines_of([target], question.until) if line.kind == MESSAGE
            ]
            if lines:
                found.append(msgspec.structs.replace(lines[-1], name=name))
        return choose_latest(found, question)

    def _search(self, question: Search) -> list[Kept]:
        wanted = phrases(question.text)
        targets = self._targets(question.targets, question.conversations)
        found = [
            line
            for line in self._lines_of(targets, question.until)
            if line.kind == MESSAGE
            and (question.after is None or line.time >= question.after)
            and (question.before is None or line.time <= question.before)
            and (not question.sender or sender(line.change) == question.sender)
            and _has(line.change, wanted)
        ]
        if question.after is not None:
            return found[: question.limit]
        return found[-question.limit :]

    def _find(self, question: Find) -> list[Kept]:
        target = self._places.get(question.seq)
        if target is None or question.seq > question.until:
            return []
        return [line for line in self._lines[target] if line.seq == question.seq]

    def _targets(
        self, targets: Iterable[str], conversations: Conversations | None
    ) -> dict[str, None]:
        wanted = dict.fromkeys(targets)
        if conversations is not None:
            for one in conversations.identities:
                for name, target in self._parties.get(one, {}):
                    if conversations.name in {None, name}:
                        wanted[target] = None
        return wanted

    def _lines_of(self, targets: Iterable[str], until: int) -> list[Kept]:
        oldest = self._oldest
        lines = [
            line
            for target in targets
            for line in self._lines.get(target, ())
            if line.seq <= until and line.time >= oldest
        ]
        return sorted(lines, key=lambda line: line.seq)

    async def close(self) -> None:
        """Do nothing: what was appended was handed back at once."""


class _Lines:
    """Lines in a list, in ascending order."""

    def __init__(self, lines: list[Kept]) -> None:
        self._lines = lines

    def first_at(self, pivot: Pivot) -> int:
        """Return the place of the pivot, or of the first line at or after its time."""
        if pivot.seq is not None:
            return pivot.seq
        at = bisect_left(self._lines, pivot.time, key=lambda line: line.time)
        return self._lines[at].seq if at < len(self._lines) else _AFTER_ALL

    def last_at(self, pivot: Pivot) -> int:
        """Return the place of the pivot, or of the last line at or before its time."""
        if pivot.seq is not None:
            return pivot.seq
        at = bisect_right(self._lines, pivot.time, key=lambda line: line.time)
        return self._lines[at - 1].seq if at else 0

    def within(self, low: int, high: int, limit: int, *, ascending: bool) -> list[Kept]:
        """Return the first or last lines after `low` and not after `high`, in ascending order."""
        start = bisect_right(self._lines, low, key=lambda line: line.seq)
        end = bisect_right(self._lines, high, key=lambda line: line.seq)
        inside = self._lines[start:end]
        return inside[:limit] if ascending else inside[-limit:]


def _has(change: Change, wanted: Sequence[Phrase]) -> bool:
    if not isinstance(change, Speak):
        return False
    text = words(change.whole)
    return all(contains(text, phrase) for phrase in wanted)
