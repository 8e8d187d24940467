"""Promise 1 with everything real: the hub, two chats in terminals, irssi, and `kill -9`."""

from __future__ import annotations

import re
import shutil
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.lasting import RAZEM, Hub, irssi_home, running_hub
from tests.end_to_end.tmux import Tmux, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(not shutil.which("tmux"), reason="needs Debian's tmux"),
    pytest.mark.skipif(not shutil.which("irssi"), reason="needs Debian's irssi"),
    pytest.mark.timeout(180),
]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with running_hub(tmp_path / "data") as hub:
        yield hub


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path) as tmux:
        yield tmux


def shows(terminals: Tmux, name: str, text: str) -> bool:
    """Tell whether a window showed `text`."""
    return text in terminals.screen(name)


def spoken(text: str) -> list[str]:
    """Return what was said, in the order shown: words like ana-7."""
    return re.findall(r"<[@+ ]?(?:ana|bo|cleo)> ((?:ana|bo|cleo)-\d+)\b", text)


def test_kill_9_loses_doubles_and_reorders_nothing(
    hub: Hub, terminals: Tmux, tmp_path: Path
) -> None:
    home = irssi_home(tmp_path, hub.port)
    log = home / "#lobby.log"
    for nick in ("ana", "bo"):
        chat = ["chat", f"tcp://127.0.0.1:{hub.port}", "--plain", "--nick", nick]
        terminals.open(nick, [*RAZEM, *chat])
        wait_until(partial(shows, terminals, nick, "in #lobby"), f"{nick} in #lobby")
    terminals.open("cleo", ["irssi", f"--home={home}"])
    wait_until(lambda: log.exists() and "cleo" in log.read_text(), "cleo in #lobby")
    terminals.type("cleo", "/window 2")

    said = 0

    def everybody_speaks(lines: int) -> None:
        nonlocal said
        for _ in range(lines):
            said += 1
            for nick in ("ana", "bo", "cleo"):
                terminals.type(nick, f"{nick}-{said}")

    everybody_speaks(15)
    assert hub.end(signal.SIGKILL) == -signal.SIGKILL
    everybody_speaks(5)  # irssi says that it is not connected; the chats queue
    hub.start()
    wait_until(lambda: spoken(terminals.screen("ana")).count("bo-20") == 1, "bo-20 at ana's")
    wait_until(lambda: log.read_text().count("has joined #lobby") >= 1, "return of cleo")
    wait_until(lambda: "bo-20" in log.read_text() and "ana-20" in log.read_text(), "20 at cleo's")
    everybody_speaks(5)
    for nick in ("ana", "bo"):
        for other in ("ana", "bo", "cleo"):
            last = f"<{other}> {other}-{said}"
            wait_until(partial(shows, terminals, nick, last), f"{last} at {nick}'s")
    wait_until(lambda: f"bo-{said}" in log.read_text(), "the last of bo at cleo's")
    wait_until(lambda: f"ana-{said}" in log.read_text(), "the last of ana at cleo's")

    ana, bo, cleo = (
        spoken(text) for text in (terminals.screen("ana"), terminals.screen("bo"), log.read_text())
    )
    assert ana == bo
    assert len(set(ana)) == len(ana)
    for nick in ("ana", "bo"):  # what the chats said is all there, in the order said
        numbers = [int(word.partition("-")[2]) for word in ana if word.startswith(nick)]
        assert numbers == list(range(1, said + 1))
    # irssi shows its own lines when they are typed, not when the hub has them.
    assert [word for word in cleo if not word.startswith("cleo")] == [
        word for word in ana if not word.startswith("cleo")
    ]
    from_cleo = [int(word.partition("-")[2]) for word in ana if word.startswith("cleo")]
    assert from_cleo == sorted(from_cleo)
    assert set(range(said - 4, said + 1)) < set(from_cleo)
