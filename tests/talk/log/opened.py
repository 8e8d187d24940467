"""Logs of every kind, open while a test asks them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from razem.talk import changes as do
from razem.talk.history import Filing, Page
from razem.talk.log import MemoryLog
from razem.talk.log.sqlite import SQLiteLog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Sequence
    from pathlib import Path

    from razem.talk.changes import Change, Entry
    from razem.talk.history import Kept
    from razem.talk.settings import Durability, History

Kind = TypeVar("Kind", MemoryLog, SQLiteLog)


class Opened(Generic[Kind]):
    """A log that is open for the length of an `async with`; keeps what came back."""

    def __init__(self, log: Kind) -> None:
        self.log: Kind = log
        self.entries: list[Entry] = []
        self.failed: set[int] = set()

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
        await asyncio.sleep(0)  # others have their turn, also where entries come back at once
        while len(self.entries) < start + len(changes):
            await asyncio.sleep(0)
        return self.entries[start:]

    async def page(self, target: str, limit: int = 99, until: int = 10**9) -> list[Kept]:
        return await self.log.read(Page((target,), "latest", None, limit, until))

    async def texts(self, target: str) -> list[str]:
        return [text(entry) for entry in await self.page(target)]

    def retract(self, *places: int) -> None:
        self.log.file([Filing(place, None) for place in places])


class Open(Opened[SQLiteLog]):
    """A log in a file."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], int] = lambda: 1000,
        durability: Durability = "none",
        keep: History | None = None,
    ) -> None:
        super().__init__(SQLiteLog(path, "log0", clock, durability=durability, keep=keep))


class OpenMemory(Opened[MemoryLog]):
    """A log in memory."""

    def __init__(
        self, clock: Callable[[], int] = lambda: 1000, keep: History | None = None
    ) -> None:
        super().__init__(MemoryLog("log0", clock, keep=keep))


def line(text: str, target: str = "#a", user: str = "1", nick: str = "ana") -> do.Speak:
    return do.Speak(user, f"{nick}!~{nick}@x", target, text)


def text(entry: Entry) -> str:
    assert isinstance(entry.change, do.Speak)
    return entry.change.text


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


ARRIVED: tuple[Change, ...] = (
    do.HubStarted("h"),
    do.Arrive("1", "h", "ana", "~a", "x", "Ana"),
    do.Join("1", "#a"),
)
