"""A log in a file, open while a test asks it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from razem.talk import changes as do
from razem.talk.history import Filing, Page
from razem.talk.log.sqlite import SQLiteLog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Sequence
    from pathlib import Path

    from razem.talk.changes import Change, Entry
    from razem.talk.history import Kept
    from razem.talk.settings import Durability, History


class Open:
    """A log that is open for the length of an `async with`; keeps what came back."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], int] = lambda: 1000,
        durability: Durability = "none",
        keep: History | None = None,
    ) -> None:
        self.log = SQLiteLog(path, "log0", clock, durability=durability, keep=keep)
        self.entries: list[Entry] = []
        self.failed: set[int] = set()
        self._arrived = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self.log.start(self._take)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.log.close()

    def _take(self, entries: Sequence[Entry], failed: Collection[int] = ()) -> None:
        self.entries += entries
        self.failed |= set(failed)

    async def append(self, *changes: Change) -> list[Entry]:
        """Append, and wait for what comes back."""
        start = len(self.entries)
        self.log.append(changes)
        while len(self.entries) < start + len(changes):
            await asyncio.sleep(0)
        return self.entries[start:]

    async def page(self, target: str, limit: int = 99, until: int = 10**9) -> list[Kept]:
        return await self.log.read(Page((target,), "latest", None, limit, until))

    def retract(self, *places: int) -> None:
        self.log.file([Filing(place, None) for place in places])

    async def settled(self) -> None:
        """Wait until the thread that commits has nothing more to do."""
        committer = self.log._committer
        while not committer.works.empty() or committer._patience() is not None:
            await asyncio.sleep(0.001)


def line(text: str, target: str = "#a", user: str = "1") -> do.Speak:
    return do.Speak(user, "ana!~a@x", target, text)


def text(entry: Entry) -> str:
    assert isinstance(entry.change, do.Speak)
    return entry.change.text


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)
