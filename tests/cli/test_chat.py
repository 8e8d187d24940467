"""``razem chat`` as a process, in front of a real hub."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from razem.cli import main
from razem.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RAZEM = [sys.executable, "-m", "razem"]


class Hub:
    """``razem hub`` on a UNIX socket."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix://{folder}/hub"
        self._data = str(folder / "data")
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [*RAZEM, "hub", "--listen", self.address, "--data", self._data]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = Hub(tmp_path)
    hub.start()
    yield hub
    hub.kill()


def chat(*words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RAZEM, "chat", *words],
        input=said,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_lines_in_and_lines_out(hub: Hub) -> None:
    done = chat(hub.address, "#ops", "--nick", "ana", said="one\n/two\n\nthree")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[6:] for line in done.stdout.splitlines()] == [
        "<ana> one",
        "<ana> /two",
        "<ana> three",
    ]


def test_json_and_follow(hub: Hub) -> None:
    command = [*RAZEM, "chat", hub.address, "--nick", "bo", "--follow", "--json"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as follower:
        assert follower.stdout is not None
        events = (json.loads(line) for line in follower.stdout)
        assert next(e for e in events if e["event"] == "caught_up")["channel"] == "#lobby"
        assert chat(hub.address, "--nick", "ana", said="done\n").returncode == 0
        message = next(e for e in events if e["event"] == "message_received")
        assert (message["sender"], message["text"]) == ("ana", "done")
        follower.send_signal(signal.SIGINT)
        assert follower.wait(20) == Exit.INTERRUPTED


def test_a_killed_hub_costs_nothing(hub: Hub) -> None:
    command = [*RAZEM, "chat", hub.address, "#ops", "--nick", "ana"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as ana:
        assert ana.stdin is not None
        assert ana.stdout is not None
        ana.stdin.write("before\n")
        ana.stdin.flush()
        assert ana.stdout.readline().endswith("<ana> before\n")
        hub.kill()
        ana.stdin.write("".join(f"line {number}\n" for number in range(5)))
        ana.stdin.flush()
        hub.start()
        out, err = ana.communicate(timeout=50)
        assert ana.returncode == 0
        assert [line[6:] for line in out.splitlines()] == [
            f"<ana> line {number}" for number in range(5)
        ]
        assert "no connection" in err


def test_what_does_not_arrive_is_told(hub: Hub) -> None:
    chat(hub.address, "#ops", said="here\n")
    command = [*RAZEM, "chat", hub.address, "#ops", "--nick", "ana", "--timeout", "0.1"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as ana:
        assert ana.stdin is not None
        assert ana.stdout is not None
        ana.stdin.write("before\n")
        ana.stdin.flush()
        ana.stdout.readline()
        hub.kill()
        _, err = ana.communicate("lost\x1b[2J\n", timeout=50)
    assert ana.returncode == Exit.FAILED
    assert "not acknowledged: #ops: lost␛[2J" in err


def test_a_refused_line_is_told(hub: Hub) -> None:
    done = chat(hub.address, "#a\x07b", said="hi\n")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["tcp://localhost:1"], Exit.REFUSED, "Start it with `razem hub`"),
        (["tcp://"], Exit.USAGE, "there is no port"),
        ([], Exit.USAGE, "which hub?"),
        (["#net"], Exit.USAGE, "which hub?"),
        (["localhost", "a,b"], Exit.USAGE, "'#a,b' cannot be a channel"),
        (["localhost", "--nick", "a b"], Exit.USAGE, "cannot be a nick"),
        (["localhost", "--timeout", "soon"], Exit.USAGE, "invalid float value"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    words: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["chat", *words]) == code
    assert text in capsys.readouterr().err


def test_hub_and_chat_in_one(tmp_path: Path) -> None:
    where = f"unix://{tmp_path}/own"
    done = chat("--host", where, "net", "--nick", "ana", said="talking to myself\n")
    assert done.returncode == 0
    assert done.stdout.endswith("<ana> talking to myself\n")
    assert f"razem chat {where}" in done.stderr
