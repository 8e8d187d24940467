"""Pages of history: what is asked of a log. No I/O."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Page", "Pivot"]


class Pivot(msgspec.Struct, frozen=True):
    """The place from which a page is counted; itself not part of it.

    Attributes:
        seq: of an entry; or None, then `time` counts.
        time: milliseconds since 1970.
    """

    seq: int | None = None
    time: int = 0


class Page(msgspec.Struct, frozen=True):
    """A request for lines of one channel, at most `limit`, to be answered in ascending order.

    Attributes:
        target: the folded name of the channel.
        order: "latest": the last ones after the pivot; "before" and "after": those next to it.
        pivot: None (with "latest" only): no such bound.
        limit: how many, 1 or more.
        until: the last `Entry.seq` that may be told: what came after it is not applied yet.
    """

    target: str
    order: Literal["latest", "before", "after"]
    pivot: Pivot | None
    limit: int
    until: int
