"""Making guesses slow: after some failures, each further try has to wait longer. No clock."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

__all__ = ["Throttle"]

_MOST: Final = 10_000  # keys remembered
_LONGEST: Final = 3600.0  # seconds to wait at the most
_FORGET: Final = 3600.0  # seconds after which a failure counts no more


class Throttle:
    """Counts failures by key: an account, an address.

    Args:
        failures: that are free.
        seconds: to wait after the next one; twice as long after each further one, up to an hour.
    """

    def __init__(self, failures: int, seconds: float) -> None:
        self._free: Final = failures
        self._seconds: Final = seconds
        # How many failures there were, when the next try may be, and when all is forgotten; the
        # key that failed last stands last.
        self._failed: OrderedDict[str, tuple[int, float, float]] = OrderedDict()

    def wait(self, keys: tuple[str, ...], now: float) -> float:
        """Return how many seconds the next try has to wait; 0.0: it may be made."""
        found = [self._failed[key] for key in keys if key in self._failed]
        return max((next_at - now for _, next_at, until in found if until > now), default=0.0)

    def fail(self, keys: tuple[str, ...], now: float) -> None:
        """A try failed."""
        for key in keys:
            count, _, until = self._failed.pop(key, (0, now, now))
            count = count + 1 if until > now else 1
            over = count - self._free
            pause = min(self._seconds * 2.0 ** min(over, 30), _LONGEST) if over >= 0 else 0.0
            self._failed[key] = count, now + pause, now + pause + _FORGET
            if len(self._failed) > _MOST:
                self._failed.popitem(last=False)

    def succeed(self, key: str) -> None:
        """A try was right: what failed before under this key was a slip."""
        self._failed.pop(key, None)
