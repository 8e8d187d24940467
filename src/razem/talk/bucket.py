"""A token bucket: how often something may happen. No clock of its own."""

from __future__ import annotations

from typing import Final

__all__ = ["TokenBucket"]


class TokenBucket:
    """Lets `burst` things happen at once and `rate` a second for long.

    Args:
        rate: tokens a second.
        burst: tokens that it holds at the most; it begins full.
        now: seconds.
    """

    __slots__ = ("_burst", "_rate", "_tokens", "_updated")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate: Final = rate
        self._burst: Final = burst
        self._tokens = burst
        self._updated = now

    def take(self, now: float) -> bool:
        """Take a token; false when there is none yet."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._updated) * self._rate)
        self._updated = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def next_at(self) -> float:
        """When there is a token again, as a time; in the past when there is one."""
        return self._updated + (1 - self._tokens) / self._rate
