"""What all logs do alike: which lines make a page or an answer to `Latest`. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from razem.talk.changes import MESSAGE_ID_TAG, SendTags, Speak
from razem.talk.irc.names import fold
from razem.talk.log.words import mentions, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from razem.talk.changes import Change
    from razem.talk.history import Kept, Latest, Page, Pivot, Unread

__all__ = ["DAY", "Lines", "blank", "choose_latest", "count_unread", "read_page", "sender"]


DAY: Final = 86_400_000  # milliseconds


class Lines(Protocol):
    """The lines of which a page is a part."""

    def first_at(self, pivot: Pivot) -> int:
        """Return the place of the pivot, or of the first line at or after its time."""

    def last_at(self, pivot: Pivot) -> int:
        """Return the place of the pivot, or of the last line at or before its time."""

    def within(self, low: int, high: int, limit: int, *, ascending: bool) -> list[Kept]:
        """Return the first or last lines after `low` and not after `high`, in ascending order."""


def read_page(lines: Lines, page: Page) -> list[Kept]:
    """Return a page of lines, in ascending order."""
    pivot, limit, until = page.pivot, page.limit, page.until
    if pivot is None:
        return lines.within(0, until, limit, ascending=False)
    first, last = lines.first_at(pivot), lines.last_at(pivot)
    match page.order:
        case "latest":
            return lines.within(last, until, limit, ascending=False)
        case "before":
            return lines.within(0, min(first - 1, until), limit, ascending=False)
        case "after":
            return lines.within(last, until, limit, ascending=True)
        case "around":
            before = lines.within(0, min(first - 1, until), limit, ascending=False)
            after = lines.within(first - 1, until, limit, ascending=True)
            # Half of it before; more, where there is not so much after.
            size = min(len(before), max(limit // 2, limit - len(after)))
            return before[len(before) - size :] + after[: limit - size]
        case "between":
            assert page.end is not None  # noqa: S101 # it belongs to the order
            end_first, end_last = lines.first_at(page.end), lines.last_at(page.end)
            if last < min(end_first - 1, until):
                return lines.within(last, min(end_first - 1, until), limit, ascending=True)
            return lines.within(end_last, min(first - 1, until), limit, ascending=False)


def choose_latest(found: Iterable[Kept], question: Latest) -> list[Kept]:
    """Return those of the last messages of all targets that were asked for."""
    by_name: dict[str, Kept] = {}
    for line in sorted(found, key=lambda line: line.seq):
        by_name[fold(line.name)] = line
    low, high = sorted((question.first, question.last))
    lines = sorted(
        (line for line in by_name.values() if low < line.time < high), key=lambda line: line.seq
    )
    if question.first <= question.last:
        return lines[: question.limit]
    return lines[-question.limit :]


def count_unread(
    lines_of: Callable[[str, int], list[Kept]], names: Mapping[str, str], question: Unread
) -> list[Kept]:
    """Return the answer to a question for what is unread.

    `lines_of` returns the first messages of a target after a time, `question.most` or fewer;
    `names` has the targets, each with what the one who asks calls it.
    """
    answer = []
    nick = words(question.nick)
    for target, name in names.items():
        since = question.read.get(fold(name), question.otherwise)
        said = [
            (line, line.change)
            for line in lines_of(target, since)
            if isinstance(line.change, Speak)
            and not (question.account and line.change.account == question.account)
        ]
        if said:
            mentioned = sum(mentions(words(change.whole), nick) for _, change in said)
            answer.append(
                msgspec.structs.replace(
                    said[-1][0], name=name, unread=len(said), mentions=mentioned
                )
            )
    return sorted(answer, key=lambda line: line.seq)


def sender(change: Change) -> str:
    """Return the folded nick of who said it; "" when it is nothing that was said."""
    if isinstance(change, Speak | SendTags):
        return fold(change.source.partition("!")[0])
    return ""


def blank(change: Change) -> Change:
    """Return what is left of something that was said when its content is removed.

    The mark stays: by it alone, a line that is sent again is known.
    """
    if isinstance(change, Speak):
        mark = change.tags.get(MESSAGE_ID_TAG)
        tags = {MESSAGE_ID_TAG: mark} if mark else {}
        return msgspec.structs.replace(change, text="", tags=tags, more=())
    if isinstance(change, SendTags):
        return msgspec.structs.replace(change, tags={})
    return change
