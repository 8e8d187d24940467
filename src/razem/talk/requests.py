"""What the hub asks of whoever drives it, because it would take I/O: each is answered once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.history import Kept, Question

__all__ = ["ReadLog", "Request"]


class ReadLog(NamedTuple):
    """A question about history: ask the log, and call `answer` with what it says.

    `answer` takes the lines in ascending order (None: they could not be read) and the time.
    """

    question: Question
    answer: Callable[[Sequence[Kept] | None, float], None]


Request = ReadLog
