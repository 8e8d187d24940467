"""How long the terminal face takes for a frame: python -m bench.face.

A hub is played in memory: 500 channels, one of 2,000 members, a history of 10,000 lines of all
lengths. Measured are the times until the bytes of a frame are ready, for scrolling through all of
it, for a message that comes, for turning to another channel, and for another width of the window.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from functools import partial
from itertools import count
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, cast

from razem.cli.chat_screen import calm_collector
from razem.sockets.address import Address
from razem.talk.client.calls import Calls
from razem.talk.client.core import ChatClient
from razem.talk.client.settings import Identity, Limits
from razem.talk.faces.screen.app import ChatApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from razem.talk.client.driver import Client
    from razem.talk.client.events import Event

LIMIT = 0.050  # seconds: more is seen as stalling
TALK = "the quick brown fox jumps over a lazy dog https://example.org/x 漢字 `code` 🎉"


class Stage(Calls):
    """A client whose hub is played by this program."""

    def __init__(self, channels: int) -> None:
        ids = count()
        names = [f"#channel-{number:03}" for number in range(channels)]
        self._core = ChatClient(
            Identity("ana"),
            channels=names,
            new_id=lambda: f"id{next(ids)}",
            jitter=lambda: 1.0,
            limits=Limits(channels=channels + 1, seen=20_000, held=20_000),
            rich=True,
        )
        self.address = Address("tcp://localhost:6697")
        self.names = names
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._core.connected(0.0)
        self.hear(":hub CAP * LS :message-tags server-time", ":hub CAP * ACK :message-tags")
        self.hear(":hub CAP * ACK :server-time", ":hub 001 ana :hi", ":hub 422 ana :no MOTD")

    def hear(self, *lines: str) -> None:
        """Let the client hear lines of the hub."""
        self._publish(self._core.receive("".join(f"{line}\r\n" for line in lines).encode(), 0.0))

    async def events(self) -> AsyncIterator[Event]:
        """Give the events as they come."""
        while True:
            yield await self._events.get()

    def _hurry(self) -> None:
        self._core.to_send()

    def _publish(self, events: list[Event]) -> None:
        for event in events:
            self._events.put_nowait(event)

    def _now(self) -> float:
        return 0.0


def history(stage: Stage, lines: int, members: int) -> None:
    """Fill the first channel."""
    luck = random.Random(7)
    names = " ".join(f"member{number}" for number in range(members - 1))
    for name in stage.names:
        stage.hear(f":ana!u@h JOIN {name}")
    first = stage.names[0]
    stage.hear(f":hub 353 ana = {first} :@ana {names}", f":hub 366 ana {first} :end")
    for number in range(lines):
        stage.hear(message(first, number, luck))


def message(channel: str, number: int, luck: random.Random) -> str:
    """Return a message of some length."""
    text = " ".join(luck.choices(TALK.split(), k=luck.choice([3, 8, 8, 20, 60])))
    when = f"2026-11-{10 + number // 1440 % 15:02}T{number // 60 % 24:02}:{number % 60:02}:00.000Z"
    who = f"member{luck.randrange(40)}"
    return f"@time={when};msgid=m{number} :{who}!u@h PRIVMSG {channel} :{number} {text}"


class Clock:
    """Times of one kind of frame."""

    def __init__(self, app: ChatApp) -> None:
        self._app = app
        self.seconds: list[float] = []

    def frame(self, change: Callable[[], object]) -> None:
        """Change something, and draw what is seen."""
        start = perf_counter()
        change()
        update = self._app.screen._compositor.render_update(full=True)  # noqa: SLF001
        assert update is not None
        self.seconds.append(perf_counter() - start)

    def report(self, what: str) -> bool:
        """Print a row; return whether the slowest of a hundred is too slow."""
        ms = sorted(one * 1000 for one in self.seconds)
        high = quantiles(ms, n=100)[98] if len(ms) > 1 else ms[0]
        print(f"{what:34} {len(ms):6} {median(ms):8.1f} {high:8.1f} {ms[-1]:8.1f}")
        return high > LIMIT * 1000


async def settle(app: ChatApp, pilot: Pilot[str], lines: int) -> float:
    """Wait until all is shown and measured; return the seconds."""
    start = perf_counter()
    messages = app.messages
    while len(app.view.lines) < lines or app.book.changed or not messages.is_exact:
        await pilot.pause(0.01)
    return perf_counter() - start


def turn_to(app: ChatApp, name: str) -> None:
    app.turn_to(name)
    app.draw()


async def measure(lines: int, channels: int, members: int) -> int:
    stage = Stage(channels)
    history(stage, lines, members)
    calm_collector()
    app = ChatApp(cast("Client", stage), stage.names[0])
    slow = 0
    async with app.run_test(size=(120, 40)) as pilot:
        seconds = await settle(app, pilot, lines)
        print(f"{lines} lines, {channels} channels, {members} members: shown in {seconds:.2f} s")
        print(f"{'frames, in ms':34} {'number':>6} {'median':>8} {'99 %':>8} {'slowest':>8}")
        messages = app.messages

        clock = Clock(app)
        while messages.scroll_offset.y > 0:
            clock.frame(lambda: messages.action_page(-1))
            if len(clock.seconds) % 50 == 0:
                await pilot.pause()
        slow += clock.report("a page up, through all of it")

        clock = Clock(app)
        for _ in range(300):
            clock.frame(lambda: messages._scroll(messages.scroll_offset.y + 3))  # noqa: SLF001
        slow += clock.report("three lines down, by the wheel")

        messages.action_end()
        await pilot.pause()
        luck, clock = random.Random(8), Clock(app)
        for number in range(lines, lines + 200):
            event = stage._core.receive(  # noqa: SLF001
                f"{message(stage.names[0], number, luck)}\r\n".encode(), 0.0
            )
            app.take(event[0])
            clock.frame(app.draw)
        slow += clock.report("a message comes")

        clock = Clock(app)
        for turn in range(100):
            clock.frame(partial(turn_to, app, stage.names[turn % 2]))
        slow += clock.report("turning to another channel")

        app.turn_to(stage.names[0])
        await pilot.pause(0.2)
        clock = Clock(app)
        for width in (100, 90, 140, 120):
            start = perf_counter()
            await pilot.resize_terminal(width, 40)
            clock.seconds.append(perf_counter() - start)
        clock.report("another width (with Textual's waits)")
        await settle(app, pilot, lines)
        app.exit("")
    return 1 if slow else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.face", description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--channels", type=int, default=500)
    parser.add_argument("--members", type=int, default=2000)
    args = parser.parse_args()
    return asyncio.run(measure(args.lines, args.channels, args.members))


if __name__ == "__main__":
    sys.exit(main())
