"""How smoothly the page of the hub moves: frames of Chromium while there is much to show.

A real hub, a long history, many members and many channels; what is measured are the times between
frames (a screen shows one each 16.7 ms), of which the 95th in a hundred and the longest tell
whether it stalls. Headless Chromium draws in software, on the cores of this machine. Then how
many bytes the page is, and after how long it can be used.
"""

import argparse
import resource
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from bench.hub import cpu_model
from bench.load import BenchError
from bench.report import aligned
from bench.servers import Razem, running

PATIENCE_MS: Final = 60_000
WIDTHS: Final = ("<44", ">9", ">9", ">9", ">9")
FAST: Final = 17.5  # milliseconds; up to here no frame was left out

# Collects the times between frames from now on.
WATCH: Final = """() => {
  window.frames_ = [];
  let last = performance.now();
  const step = (now) => {
    window.frames_.push(now - last);
    last = now;
    window.watch_ = requestAnimationFrame(step);
  };
  window.watch_ = requestAnimationFrame(step);
}"""
JOIN: Final = """(names) => {
  for (const name of names) window.razem.client.join(name);
  window.razem.link.flush();
}"""
AT_BEGINNING: Final = """() => window.razem.current.timeline.complete
  && document.getElementById("scroller").scrollTop === 0"""
WATCHED: Final = "() => { cancelAnimationFrame(window.watch_); return window.frames_.slice(1); }"


class Frames(NamedTuple):
    """Times between frames while something was done, in milliseconds."""

    what: str
    times: list[float]

    def row(self) -> list[str]:
        """Format it for the table."""
        ordered = sorted(self.times)
        slow = sum(each > FAST for each in ordered) / len(ordered)
        high = ordered[int(len(ordered) * 0.95)]
        numbers = (statistics.median(ordered), high, ordered[-1])
        return [self.what, *(f"{number:.1f}" for number in numbers), f"{slow:.0%}"]


class Crowd:
    """People at the hub, of plain sockets."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._people: list[socket.socket] = []

    def person(self, nick: str, *lines: str) -> socket.socket:
        """Let somebody come in and say some lines."""
        person = socket.create_connection(("127.0.0.1", self._port), 30)
        self._people.append(person)
        said = [f"NICK {nick}", f"USER {nick} 0 * :x", *lines, "PING :done"]
        person.sendall("".join(f"{line}\r\n" for line in said).encode())
        self._until(person, b"PONG")
        return person

    def say(self, person: socket.socket, lines: Sequence[str]) -> None:
        """Say many lines, and wait until the hub has them."""
        for start in range(0, len(lines), 500):
            part = [*lines[start : start + 500], "PING :done"]
            person.sendall("".join(f"{line}\r\n" for line in part).encode())
            self._until(person, b"PONG")

    def _until(self, person: socket.socket, word: bytes) -> None:
        seen = b""
        while word not in seen:
            data = person.recv(65536)
            if not data:
                raise BenchError(f"the hub closed a connection: {seen[-200:]!r}")
            seen = seen[-16:] + data

    def close(self) -> None:
        """Let all of them go."""
        for person in self._people:
            person.close()


def parse_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--lines", type=int, default=10_000, metavar="N", help="of history")
    parser.add_argument("--members", type=int, default=2_000, metavar="N", help="of the channel")
    parser.add_argument("--channels", type=int, default=500, metavar="N", help="that one is in")
    return parser.parse_args(words)


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        raise BenchError("chromium is not installed: `make test` installs it on Debian")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def during(page: Page, what: str, do: Callable[[], object]) -> Frames:
    """Watch the frames while something is done."""
    page.evaluate(WATCH)
    do()
    page.wait_for_timeout(250)
    times: list[float] = page.evaluate(WATCHED)
    return Frames(what, times)


def come_in(page: Page, port: int, nick: str) -> tuple[float, float, float]:
    """Enter; return KB that were loaded, and milliseconds until the page could be used."""
    sizes: list[int] = []

    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator("#enter-form input[name=nick]").wait_for()
    usable = page.evaluate(
        "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    )
    page.locator("#enter-form input[name=nick]").fill(nick)
    begun = time.perf_counter()
    page.keyboard.press("Enter")
    page.locator("html[data-phase=ready]").wait_for()
    return sum(sizes) / 1000, float(usable), (time.perf_counter() - begun) * 1000


def scroll_up(page: Page, lines: int) -> None:
    """Scroll to the beginning of the history, as a wheel does."""
    page.locator("#scroller").hover()
    for step in range(lines):
        page.mouse.wheel(0, -600)
        page.wait_for_timeout(16)
        # Asked rarely: the question takes time of the page.
        if not step % 20 and page.evaluate(AT_BEGINNING):
            return
    raise BenchError("the beginning of the history was not reached")


class Look:
    """One person with a page, and the crowd around it."""

    def __init__(self, page: Page, crowd: Crowd, arguments: argparse.Namespace) -> None:
        self._page = page
        self._crowd = crowd
        self._lines: int = arguments.lines
        self._members: int = arguments.members
        self._channels: int = arguments.channels
        self._writer = crowd.person("writer", "JOIN #lobby")
        self._said = [
            f"PRIVMSG #lobby :line {n}, as long as people write them when they have time, with"
            f" https://example.org/{n} and `code` in it"
            for n in range(arguments.lines)
        ]
        crowd.say(self._writer, self._said)

    def enter(self, port: int) -> None:
        """Come in, and print what it took."""
        size, usable, entered = come_in(self._page, port, "ana")
        print(f"first load {size:.0f} KB, usable after {usable:.0f} ms; in after {entered:.0f} ms")
        self._page.get_by_text(f"line {self._lines - 1},").wait_for()

    def all(self) -> Iterator[Frames]:
        """Measure one after the other."""
        page = self._page
        yield during(page, "at rest", lambda: page.wait_for_timeout(1000))
        what = f"scrolling up through {self._lines:,} lines"
        yield during(page, what, lambda: scroll_up(page, self._lines))
        yield during(page, "jumping to the newest", lambda: page.keyboard.press("Escape"))
        yield during(page, "1,000 messages in some 2 s", lambda: self._talk(50, 100))
        yield during(page, f"{self._members:,} people joining", self._gather)
        yield during(page, f"messages among {self._members:,} members", lambda: self._talk(5, 50))
        yield during(page, f"joining {self._channels} channels", self._join)
        yield during(page, f"messages, with {self._channels} channels", lambda: self._talk(5, 50))
        yield during(page, "going from channel to channel", self._move)

    def _talk(self, lines: int, pause: int) -> None:
        for _ in range(20):
            self._crowd.say(self._writer, self._said[:lines])
            self._page.wait_for_timeout(pause)

    def _gather(self) -> None:
        for number in range(self._members):
            self._crowd.person(f"p{number}", "JOIN #lobby")

    def _join(self) -> None:
        for start in range(0, self._channels, 10):
            self._page.evaluate(JOIN, [f"#c{n}" for n in range(start, start + 10)])
            self._page.wait_for_timeout(20)
        self._page.locator(f"#channels li:nth-child({self._channels})").wait_for()

    def _move(self) -> None:
        for _ in range(20):
            self._page.keyboard.press("Alt+ArrowDown")
            self._page.wait_for_timeout(50)


def main(words: Sequence[str] | None = None) -> int:
    """Measure as the command line says; return the exit status."""
    arguments = parse_arguments(words)
    print(f"machine   {cpu_model()}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = arguments.members + 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
    try:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            hub = stack.enter_context(running(Spacious("razem", ""), directory, cpu=0))
            chromium = stack.enter_context(browser())
            page = chromium.new_page(viewport={"width": 1200, "height": 800})
            page.set_default_timeout(PATIENCE_MS)
            crowd = stack.enter_context(closing(Crowd(hub.port)))
            look = Look(page, crowd, arguments)
            look.enter(hub.port)
            frames = list(look.all())
    except BenchError as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    rows = [["between frames, in ms", "median", "p95", "longest", "late"]]
    print("\n".join(["", *aligned([*rows, *(each.row() for each in frames)], WIDTHS)]))
    return 0


class Spacious(Razem):
    """A hub that lets one be in many channels."""

    def configure(self, directory: Path, port: int, caps: str) -> list[str]:
        command = super().configure(directory, port, caps)
        config = directory / "razem.toml"
        config.write_text(
            config.read_text(encoding="utf-8") + "channels = 1000\n", encoding="utf-8"
        )
        return command


if __name__ == "__main__":
    sys.exit(main())
