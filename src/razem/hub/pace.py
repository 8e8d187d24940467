"""How long the log takes to make changes durable. No I/O."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from razem.hub.metrics import Histogram

__all__ = ["CommitPace"]


class CommitPace:
    """Times changes from their hand-over to the log until they come back.

    They come back in the order in which they were handed over; of those that were handed over
    together, the last one counts.

    Args:
        seconds: where the times are counted.
    """

    def __init__(self, seconds: Histogram) -> None:
        self._seconds: Final = seconds
        self._under_way: deque[tuple[float, int]] = deque()  # begin, how many
        self._back = 0  # of the first of them

    def begin(self, count: int, now: float) -> None:
        """So many changes are handed over."""
        self._under_way.append((now, count))

    def end(self, count: int, now: float) -> None:
        """So many came back."""
        self._back += count
        under_way = self._under_way
        while under_way and self._back >= under_way[0][1]:
            begin, handed = under_way.popleft()
            self._back -= handed
            self._seconds.observe(now - begin)

    def waits(self, now: float) -> float:
        """Return how many seconds the oldest that is under way has waited; 0: none is."""
        return now - self._under_way[0][0] if self._under_way else 0.0
