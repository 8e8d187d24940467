"""Joining two protocols that do no I/O."""

from __future__ import annotations

from typing import Protocol, TypeVar

from razem.errors import LimitError

__all__ = ["Core", "pump"]

Event = TypeVar("Event")


class Core(Protocol[Event]):
    """A protocol without I/O, as far as `pump` needs to know it."""

    def to_send(self, now: float) -> list[bytes]:
        """Return what is due by `now`, each once."""

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take what arrived; return what happened."""


def pump(
    left: Core[Event],
    right: Core[Event],
    *,
    step: int = 65536,
    now: float = 0.0,
    limit: int = 1 << 24,
) -> list[Event]:
    """Carry bytes both ways until both are quiet; return what happened, in order.

    Args:
        left: sends first.
        right: its peer.
        step: how many bytes arrive at once at the most; try 1, and sizes that fit nothing.
        now: the time, which stands still.
        limit: bytes in all, lest two that always answer go on for ever.

    Raises:
        LimitError: they said more than that.
    """
    events: list[Event] = []
    carried = 0
    quiet = False
    while not quiet:
        quiet = True
        for sender, receiver in ((left, right), (right, left)):
            data = b"".join(sender.to_send(now))
            carried += len(data)
            quiet = quiet and not data
            for start in range(0, len(data), step):
                events += receiver.receive(data[start : start + step], now)
        if carried > limit:
            raise LimitError(f"the two did not fall silent within {limit} bytes.", limit=limit)
    return events
