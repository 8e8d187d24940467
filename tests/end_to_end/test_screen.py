"""The terminal face in a terminal: under `kill -9` of the hub, and at hubs found on the network."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.lasting import Hub
from tests.end_to_end.machines import two_machines
from tests.end_to_end.test_hub_killed import spoken
from tests.end_to_end.tmux import Tmux, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(not shutil.which("tmux"), reason="needs Debian's tmux"),
    pytest.mark.timeout(180),
]
RAZEM = [sys.executable, "-m", "razem"]


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path) as tmux:
        yield tmux


def chat(home: Path, *words: str) -> list[str]:
    """Return the command of a chat that keeps what it knows in a folder of its own."""
    return ["env", f"XDG_DATA_HOME={home}", "COLORTERM=truecolor", *RAZEM, "chat", *words]


def shows(terminals: Tmux, name: str, text: str) -> bool:
    """Tell whether a window shows `text` now."""
    return text in terminals.visible(name)


def in_columns(text: str) -> list[str]:
    """Return what was said, in the order shown, of the full screen."""
    return re.findall(r"│ ((?:ana|bo)-\d+)\b", text)


def test_kill_9_loses_doubles_and_reorders_nothing(tmp_path: Path, terminals: Tmux) -> None:
    hub = Hub(tmp_path / "data")
    hub.start()
    where = f"tcp://127.0.0.1:{hub.port}"
    terminals.open("ana", chat(tmp_path / "home", where, "--nick", "ana"), columns=110, rows=60)
    wait_until(partial(shows, terminals, "ana", "● connected"), "ana")
    terminals.open("bo", [*RAZEM, "chat", where, "--plain", "--nick", "bo"])
    wait_until(partial(shows, terminals, "ana", "bo came in"), "bo")
    for number in range(1, 9):
        for nick in ("ana", "bo"):
            terminals.type(nick, f"{nick}-{number}")
    assert hub.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until(partial(shows, terminals, "ana", "○ no connection"), "word of the loss")
    for number in range(9, 13):
        for nick in ("ana", "bo"):
            terminals.type(nick, f"{nick}-{number}")
    wait_until(partial(shows, terminals, "ana", "ana-12  ◌ waits to be sent"), "waiting line")
    hub.start()
    wait_until(partial(shows, terminals, "ana", "● connected"), "connection")
    for nick in ("ana", "bo"):
        terminals.type(nick, f"{nick}-13")
    whole = {f"{nick}-{number}" for nick in ("ana", "bo") for number in range(1, 14)}
    wait_until(lambda: set(in_columns(terminals.visible("ana"))) == whole, "all lines at ana's")
    wait_until(lambda: set(spoken(terminals.screen("bo"))) == whole, "all lines at bo's")
    shown = in_columns(terminals.visible("ana"))
    assert len(shown) == len(whole)  # nothing is doubled
    assert shown == spoken(terminals.screen("bo"))
    assert not shows(terminals, "ana", "◌")
    terminals.press("ana", "C-d")
    assert hub.end(signal.SIGTERM) == 0


def test_a_hub_is_found_and_known_again_by_its_fingerprint(tmp_path: Path, terminals: Tmux) -> None:
    home = tmp_path / "home"
    with two_machines() as (here, there):
        command = [*here.inside, *RAZEM, "hub", "--open", "--listen", "tcp://:6697"]
        for run, identity in enumerate(("first", "other")):
            with subprocess.Popen(
                [*command, "--data", str(tmp_path / identity)], stdout=subprocess.PIPE, text=True
            ) as hub:
                assert hub.stdout is not None
                assert "listens" in hub.stdout.readline()
                try:
                    if run == 0:
                        _first_sight(terminals, there.inside, home, f"{here.number}:6697")
                    else:
                        _another_one(there.inside, home, here.number)
                finally:
                    hub.terminate()


def _first_sight(terminals: Tmux, inside: list[str], home: Path, where: str) -> None:
    terminals.open("guest", [*inside, *chat(home, "--nick", "bo")], columns=120, rows=40)
    wait_until(partial(shows, terminals, "guest", where), f"{where} in the list")
    terminals.press("guest", "Enter")
    wait_until(partial(shows, terminals, "guest", "● connected"), "connection")
    wait_until(partial(shows, terminals, "guest", "This is the first time at tls://"), "note")
    assert shows(terminals, "guest", "fingerprint is sha256:")
    terminals.type("guest", "here I am")
    wait_until(partial(shows, terminals, "guest", "│ here I am"), "line")
    terminals.press("guest", "C-d")
    wait_until((home / "razem" / "chat.json").exists, "file")


def _another_one(inside: list[str], home: Path, number: str) -> None:
    done = subprocess.run(
        [*inside, "script", "-qec", " ".join(chat(home, number, "--nick", "bo")), "/dev/null"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    words = " ".join(done.stdout.split())
    assert f"tls://{number}:6697 is not the hub that it was" in words
    assert "Somebody may be in between: write nothing there." in words
    assert done.returncode == 7
