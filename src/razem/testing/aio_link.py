"""What the ends of one connection through a bad network share: the twin of `razem.testing.link`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from razem.sockets.aio.waiters import Waiters
from razem.testing.faults import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["End", "Link"]


class End(Protocol):
    """An end, as far as what joins it to the other must know it."""

    async def before(self, mode: Mode) -> None:
        """Do what must be done before the link becomes that."""

    async def after(self, mode: Mode) -> None:
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
        self.changed = Waiters()
        self.ends: Sequence[End] = ()

    async def become(self, mode: Mode) -> None:
        """Change, and let everybody who waits look again."""
        for end in self.ends:
            await end.before(mode)
        self.mode = mode
        self.changed.wake()
        for end in self.ends:
            await end.after(mode)
