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

    __slots__ = ("_full_at", "_reserve", "_seconds")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._seconds: Final = 1 / rate  # for one token
        # For all but one; a thousandth more, so that rounding does not keep back a whole one.
        self._reserve: Final = (burst - 0.999) / rate
        self._full_at = now

    def take(self, now: float) -> bool:
        """Take a token; false when there is none yet."""
        if now < self.next_at:
            return False
        self._full_at = max(self._full_at, now) + self._seconds
        return True

    @property
    def next_at(self) -> float:
        """When there is a token again, as a time; in the past when there is one."""
        return self._full_at - self._reserve
