"""What the ends of one connection through a bad network share, blocking."""

from __future__ import annotations

from threading import Condition
from typing import TYPE_CHECKING, Protocol

from razem.sockets.clock import remaining
from razem.testing.faults import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["End", "Link"]


class End(Protocol):
    """An end, as far as what joins it to the other must know it."""

    def before(self, mode: Mode) -> None:
        """Do what must be done before the link becomes that."""

    def after(self, mode: Mode) -> None:
        """Do what must be done after it."""


class Link:
    """The way between two ends, or from one end.

    Attributes:
        mode: what becomes of what is sent.
        changed: is told of each change.
        ends: of it.
    """

    def __init__(self) -> None:
        self.mode = Mode.OPEN
        self.changed = Condition()
        self.ends: Sequence[End] = ()

    def become(self, mode: Mode) -> None:
        """Change, and let everybody who waits look again."""
        for end in self.ends:
            end.before(mode)
        with self.changed:
            self.mode = mode
            self.changed.notify_all()
        for end in self.ends:
            end.after(mode)

    def wait(self, until: Callable[[], bool], deadline: float | None) -> bool:
        """Wait for it; False if the deadline came first."""
        with self.changed:
            return self.changed.wait_for(until, remaining(deadline))
