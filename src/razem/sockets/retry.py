"""When to try again; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Retry"]


class Retry(NamedTuple):
    """How often to try, and how long to wait between.

    >>> list(Retry(attempts=5, backoff=0.5, limit=3, jitter=0).delays(lambda: 0.5))
    [0.5, 1.0, 2.0, 3]

    Attributes:
        attempts: how many in all, the first one counted; None to go on for ever.
        backoff: seconds before the second attempt; each later wait is `factor` times longer ...
        limit: ... up to this many seconds.
        factor: how much longer each wait is than the last.
        jitter: the share of each wait that is left to chance, 0 to 1, so that many clients of a
            server that comes back do not all call in the same instant.
    """

    attempts: int | None = 3
    backoff: float = 0.2
    limit: float = 15.0
    factor: float = 2.0
    jitter: float = 0.2

    def delays(self, random: Callable[[], float]) -> Iterator[float]:
        """Yield the seconds to wait before each attempt after the first.

        Args:
            random: a number from 0 to 1, anew at each call.
        """
        wait = self.backoff
        attempt = 1
        while self.attempts is None or attempt < self.attempts:
            wait = min(wait, self.limit)
            yield wait * (1 - self.jitter * random()) if self.jitter else wait
            wait *= self.factor
            attempt += 1
