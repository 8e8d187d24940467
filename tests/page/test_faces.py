"""All faces in one channel: two pages, a terminal and irssi, a hub killed and a network cut."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.lasting import RAZEM, Hub, irssi_home, running_hub
from tests.end_to_end.tmux import Tmux, wait_until
from tests.page.conftest import People, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.skipif(not shutil.which("tmux"), reason="needs Debian's tmux"),
    pytest.mark.skipif(not shutil.which("irssi"), reason="needs Debian's irssi"),
    pytest.mark.timeout(240),
]

# What the browser and the page say of a connection that is lost, which here is no fault.
LOST = re.compile("WebSocket connection to .* failed|ERR_CONNECTION_(REFUSED|RESET)")


class Cable:
    """The network between the people and the hub: a relay, which can be cut."""

    def __init__(self, hub: Hub) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._hub = hub
        self._process: subprocess.Popen[bytes] | None = None

    def join(self) -> None:
        there = f"tcp://127.0.0.1:{self._hub.port}"
        here = f"listen:tcp://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [*RAZEM, "relay", here, there], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

        def answers() -> bool:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                return False
            return True

        wait_until(answers, "relay")

    def cut(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with running_hub(tmp_path / "data") as hub:
        yield hub


@pytest.fixture
def cable(hub: Hub) -> Iterator[Cable]:
    cable = Cable(hub)
    cable.join()
    yield cable
    cable.cut()


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path) as tmux:
        yield tmux


@pytest.fixture
def pages(browser: Browser, cable: Cable) -> Iterator[list[Person]]:
    people = People(browser, cable.port)
    yield [people.person("dan"), people.person("eve")]
    errors = [error for person in people.all for error in person.errors if not LOST.search(error)]
    people.close()
    assert errors == []


def words(text: str) -> list[str]:
    """Return what was said, in the order shown: words like ana-7."""
    return re.findall(r"(?<![\w-])(?:ana|cleo|dan|eve)-\d+\b", text)


class Talk:
    """All of them, and how far each has spoken."""

    def __init__(self, terminals: Tmux, pages: list[Person], log: Path) -> None:
        self._terminals = terminals
        self._pages = dict(zip(("dan", "eve"), pages, strict=True))
        self._log = log
        self.said = 0

    def speak(self, lines: int, *, cleo: bool = True) -> None:
        for _ in range(lines):
            self.said += 1
            self._terminals.type("ana", f"ana-{self.said}")
            if cleo:
                self._terminals.type("cleo", f"cleo-{self.said}")
            for nick, page in self._pages.items():
                page.say(f"{nick}-{self.said}")

    def views(self) -> dict[str, list[str]]:
        shown = {nick: words("\n".join(page.texts())) for nick, page in self._pages.items()}
        shown["ana"] = words(self._terminals.visible("ana"))
        shown["cleo"] = words(self._log.read_text())
        return shown

    def all_have(self, *nicks: str) -> None:
        """Wait until everybody sees the last line of these."""
        last = {f"{nick}-{self.said}" for nick in nicks}
        wait_until(lambda: all(last <= set(view) for view in self.views().values()), f"{last}")


def test_all_faces_end_with_the_same_lines(
    hub: Hub, cable: Cable, terminals: Tmux, pages: list[Person], tmp_path: Path
) -> None:
    home = irssi_home(tmp_path, cable.port)
    log = home / "#lobby.log"
    chat = ["chat", f"tcp://127.0.0.1:{cable.port}", "--nick", "ana"]
    terminals.open("ana", [*RAZEM, *chat], columns=120, rows=200)
    wait_until(lambda: "#lobby" in terminals.visible("ana"), "ana in #lobby")
    terminals.open("cleo", ["irssi", f"--home={home}"])
    wait_until(lambda: log.exists() and "cleo" in log.read_text(), "cleo in #lobby")
    terminals.type("cleo", "/window 2")
    talk = Talk(terminals, pages, log)
    for number in range(3):
        talk.speak(6)
        talk.all_have("ana", "dan", "eve", "cleo")
        if number == 2:
            break
        returns = log.read_text().count("has joined #lobby")
        if number == 0:
            assert hub.end(signal.SIGKILL) == -signal.SIGKILL
            talk.speak(4, cleo=False)  # which says that it is not connected; the others queue
            hub.start()
        else:
            cable.cut()
            talk.speak(4, cleo=False)
            cable.join()
        talk.all_have("ana", "dan", "eve")
        wait_until(partial(_rejoined, log, returns), "return of cleo")

    views = talk.views()
    everything = views["dan"]
    assert views["eve"] == everything
    assert views["ana"] == everything
    assert len(set(everything)) == len(everything)
    for nick in ("ana", "dan", "eve"):  # what our own faces said is all there, as it was said
        numbers = [int(word.partition("-")[2]) for word in everything if word.startswith(nick)]
        assert numbers == list(range(1, talk.said + 1))
    # irssi shows its own lines when they are typed, not when the hub has them.
    assert [word for word in views["cleo"] if not word.startswith("cleo")] == [
        word for word in everything if not word.startswith("cleo")
    ]


def _rejoined(log: Path, before: int) -> bool:
    """Tell whether irssi, which logs who joins, has come again."""
    return log.read_text().count("has joined #lobby") > before
