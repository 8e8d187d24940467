"""Connections that were not let in: counted, and told in the log without flooding it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from razem.hub.logs import log_event

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Refusals"]

_QUIET_SECONDS: Final = 10.0  # after a line in the log, before the next for the same reason


class Refusals:
    """Counts by reason.

    Args:
        now: a clock, in seconds.

    Attributes:
        counts: by reason, one word each; for the metrics.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.counts: Counter[str] = Counter()
        self._now: Final = now
        self._quiet_until: dict[str, float] = {}
        self._told: dict[str, int] = {}  # what `counts` was when the last line was written

    def note(self, reason: str, address: object, detail: str = "") -> None:
        """Count a refused connection.

        Args:
            reason: one word, such as "plaintext".
            address: from where it came.
            detail: what is known besides.
        """
        self.counts[reason] += 1
        now = self._now()
        if now < self._quiet_until.get(reason, now):
            return
        self._quiet_until[reason] = now + _QUIET_SECONDS
        count = self.counts[reason] - self._told.get(reason, 0)
        self._told[reason] = self.counts[reason]
        facts: dict[str, object] = {"reason": reason, "address": str(address), "count": count}
        if detail:
            facts["detail"] = detail
        log_event("info", "refused", **facts)
