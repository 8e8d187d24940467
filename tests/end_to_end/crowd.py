"""A crowd for a hub: people who talk, come back after a loss, and keep count of it all.

Each says numbered lines into all channels in turn, a few at a time. When the connection is lost
they come back, catch up, and say again what was not acknowledged. So what each has seen at the
end can be compared with what the others have, and with what the hub keeps.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

__all__ = ["CHANNELS", "PATIENCE", "Crowd", "Line", "News", "Person", "crowd"]

PATIENCE = 20.0  # seconds; for a busy machine
CHANNELS = ("#one", "#two")


class Line(NamedTuple):
    """What was said in a channel, as everybody shall see it."""

    msgid: str
    text: str


class News:
    """Wakes who waits for something to become of the crowd."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        """Something is otherwise."""
        self._event.set()

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something.

        Raises:
            AssertionError: it did not come to pass.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    self._event.clear()
                    await self._event.wait()
        except TimeoutError:
            raise AssertionError(f"in {PATIENCE:.0f} s there was no {what}") from None


class Person(Protocol):
    """One of the crowd.

    Attributes:
        nick: what each of its lines begins with.
        views: by channel, what it has seen, in the order shown.
        acknowledged: its lines that the hub said it has, once for each time it said so first.
        refused: how often a line of its was refused for want of room.
        welcomes: how often it was let in.
        last_words: what the hub told it before it cut the connection.
    """

    nick: str
    views: dict[str, list[Line]]
    acknowledged: list[str]
    refused: int
    welcomes: int
    last_words: list[str]

    async def run(self) -> None:
        """Be there, and talk, until cancelled."""

    def settled(self) -> bool:
        """Tell whether it is there and all that it said is acknowledged."""

    def finish(self) -> None:
        """Say nothing new."""

    def say(self, channel: str, text: str) -> None:
        """Say this, after all else."""


class Crowd:
    """People at one hub."""

    def __init__(self, people: Sequence[Person], news: News) -> None:
        self.people = people
        self.news = news

    def acknowledged(self) -> int:
        """Return how many lines were acknowledged till now."""
        return sum(len(one.acknowledged) for one in self.people)

    async def talk(self, lines: int, *, everybody: bool = True) -> None:
        """Let them talk until so many more lines are acknowledged, some of `everybody`."""
        aim = self.acknowledged() + lines
        each = [len(one.acknowledged) if everybody else -1 for one in self.people]

        def enough() -> bool:
            counts = zip(self.people, each, strict=True)
            return self.acknowledged() >= aim and all(
                len(one.acknowledged) > before for one, before in counts
            )

        await self.news.until(enough, f"{lines} lines more")

    def more_refused(self, count: int) -> Callable[[], bool]:
        """Return what tells whether so many more lines were refused since now."""
        aim = sum(one.refused for one in self.people) + count
        return lambda: sum(one.refused for one in self.people) >= aim

    async def all_have(self, condition: Callable[[Person], bool], what: str) -> None:
        """Wait until it is so of everybody."""
        await self.news.until(lambda: all(map(condition, self.people)), f"crowd that is {what}")

    async def end(self) -> None:
        """Let all that was said become acknowledged, and be seen by everybody."""
        for one in self.people:
            one.finish()
        await self.all_have(lambda one: one.settled(), "settled")
        for channel in CHANNELS:
            self.people[0].say(channel, _end_of(channel))
        await self.news.until(
            lambda: all(
                one.views[channel] and one.views[channel][-1].text == _end_of(channel)
                for one in self.people
                for channel in CHANNELS
            ),
            "end in every view",
        )

    def check(self, histories: dict[str, list[Line]], *, in_order: bool = True) -> None:
        """Hold the promise: nothing acknowledged is lost, doubled or reordered.

        `histories`: by channel, what the hub keeps. `in_order`: nothing was refused in between,
        so that the lines of each are in the order in which it said them.
        """
        for channel, history in histories.items():
            for one in self.people:
                assert one.views[channel] == history, (channel, one.nick)
            for kind in (0, 1):  # msgids, texts
                values = [line[kind] for line in history]
                assert len(set(values)) == len(values)
        kept = [line.text for channel in CHANNELS for line in histories[channel]]
        for one in self.people:
            assert set(one.acknowledged) <= set(kept)
            # Whatever is left was acknowledged in the end, so nobody said what is not counted.
            own = [text for text in kept if text.startswith(f"{one.nick}-")]
            assert set(own) == {text for text in one.acknowledged if text.startswith(one.nick)}
            if in_order:
                for history in histories.values():
                    numbers = [_number(t) for _, t in history if t.startswith(f"{one.nick}-")]
                    assert numbers == sorted(numbers)


def _end_of(channel: str) -> str:
    return f"the-end-of-{channel}"


def _number(text: str) -> int:
    return int(text.rpartition("-")[2])


@asynccontextmanager
async def crowd(make: Callable[[News], Sequence[Person]]) -> AsyncIterator[Crowd]:
    """Have people there until the block ends, or one of them stumbles."""
    news = News()
    people = make(news)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one.run(), name=one.nick) for one in people]
        yield Crowd(people, news)
        for task in tasks:
            task.cancel()
