"""What the hub asks of whoever drives it, because it would take I/O: each is answered once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Entry
    from razem.talk.history import Page

__all__ = ["ReadPage", "Request"]


class ReadPage(NamedTuple):
    """A page of history: read it from the log, and call `answer` with it.

    `answer` takes the entries in ascending order (None: they could not be read) and the time.
    """

    page: Page
    answer: Callable[[Sequence[Entry] | None, float], None]


Request = ReadPage
