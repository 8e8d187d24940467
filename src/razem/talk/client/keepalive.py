"""The health of the link, and when to try again: lag, dead links, growing waits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .settings import Timing

__all__ = ["Backoff", "Keepalive"]


class Keepalive:
    """Measures the lag by PING, and notices a link that is dead.

    Whatever arrives shows that the link lives; the answer to our own PING also tells the lag.
    """

    def __init__(self, timing: Timing, now: float) -> None:
        self._timing = timing
        self._heard = now
        self._next = now + timing.ping
        self._count = 0
        self._asked: tuple[str, float] | None = None  # the open PING's token, and when it went
        self.lag: float | None = None

    def heard(self, now: float) -> None:
        """Note that something arrived."""
        self._heard = now

    def pong(self, token: str, now: float) -> None:
        """Note the answer to a PING."""
        if self._asked is not None and token == self._asked[0]:
            self.lag = now - self._asked[1]
            self._asked = None

    def is_dead(self, now: float) -> bool:
        """Tell whether a PING has waited too long, with nothing else heard meanwhile."""
        return now >= self._dead_at()

    def ask_at_once(self, now: float) -> str:
        """Return the token of a PING to send before one is due: somebody wants to see the lag."""
        self._next = now
        return self.ping_due(now)

    def ping_due(self, now: float) -> str:
        """Return the token of the PING to send now, or ""."""
        if now < self._next:
            return ""
        self._next = now + self._timing.ping
        if self._asked is not None:
            return ""
        self._count += 1
        self._asked = (f"lag-{self._count}", now)
        return self._asked[0]

    def next_deadline(self) -> float:
        """Return when to look again."""
        return min(self._next, self._dead_at())

    def _dead_at(self) -> float:
        if self._asked is None:
            return math.inf
        return max(self._asked[1], self._heard) + self._timing.dead


class Backoff:
    """How long to wait before the next attempt: doubled each time, half of it by chance."""

    def __init__(self, timing: Timing, jitter: Callable[[], float]) -> None:
        self._timing = timing
        self._jitter = jitter
        self._failures = 0

    def next_wait(self) -> float:
        """Return the seconds to wait, and count the failure."""
        timing = self._timing
        longest = min(timing.first_retry * 2.0 ** min(self._failures, 30), timing.last_retry)
        self._failures += 1
        return longest * (0.5 + 0.5 * self._jitter())

    def settle(self, stood: float) -> None:
        """Begin anew when the link that was lost had stood long enough."""
        if stood >= self._timing.settled:
            self._failures = 0
