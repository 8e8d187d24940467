"""Happy Eyeballs (RFC 8305): which address of a name to try when; no I/O.

A name may have many addresses, and some may lead nowhere: often it is IPv6 that is broken. Each
gets a head start of `delay` over the next; when one fails, the next starts at once; the first
that connects wins. The driver starts what `to_start` gives, tells `failed`, and waits no longer
than until `next_deadline`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

__all__ = ["ATTEMPT_DELAY", "HappyEyeballs", "interleave"]

Target = TypeVar("Target")

ATTEMPT_DELAY: Final = 0.25  # seconds; RFC 8305 section 8, "Connection Attempt Delay"


class HappyEyeballs(Generic[Target]):
    """The order and the times of the attempts at the targets.

    Args:
        targets: in the order of preference; see `interleave`.
        delay: the head start of each over the next, in seconds.
    """

    def __init__(self, targets: Iterable[Target], *, delay: float = ATTEMPT_DELAY) -> None:
        self._waiting = deque(targets)
        self._delay = delay
        self._running = 0
        self._due = float("-inf")

    @property
    def done(self) -> bool:
        """Whether every target was tried and has failed."""
        return not self._waiting and not self._running

    def to_start(self, now: float) -> list[Target]:
        """Return the targets that are due by now, one at the most; each is returned once."""
        if not self._waiting or now < self._due:
            return []
        self._running += 1
        self._due = now + self._delay
        return [self._waiting.popleft()]

    def failed(self) -> None:
        """Tell that an attempt has failed: the next is due now."""
        self._running -= 1
        self._due = float("-inf")

    def next_deadline(self) -> float | None:
        """When to call `to_start` again; None when nothing waits for its turn."""
        return self._due if self._waiting else None


def interleave(targets: Iterable[Target], family: Callable[[Target], Hashable]) -> list[Target]:
    """Let the families take turns, keeping the order within each (RFC 8305 section 4).

    >>> interleave(["v6 a", "v6 b", "v4 a", "v4 b"], lambda target: target[:2])
    ['v6 a', 'v4 a', 'v6 b', 'v4 b']
    """
    queues: dict[Hashable, deque[Target]] = {}
    for target in targets:
        queues.setdefault(family(target), deque()).append(target)
    turns: list[Target] = []
    while queues:
        for key in list(queues):
            turns.append(queues[key].popleft())
            if not queues[key]:
                del queues[key]
    return turns
