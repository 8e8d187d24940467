"""Terminals for tests: programs in tmux, on a server of their own."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE = 20.0  # seconds; for a busy machine


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that a program does in its own time.

    Raises:
        AssertionError: it did not come to pass.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"in {PATIENCE:.0f} s there was no {what}"
        time.sleep(0.02)


class Tmux:
    """A tmux server with one window a program."""

    def __init__(self, directory: Path) -> None:
        self._socket = str(directory / "tmux.sock")
        self._program = shutil.which("tmux") or "tmux"

    def _run(self, *words: str) -> str:
        command = [self._program, "-S", self._socket, "-f", "/dev/null", *words]
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
        return result.stdout

    def open(self, name: str, command: list[str], *, columns: int = 200, rows: int = 50) -> None:
        """Run a command in a window of that name."""
        size = ("-x", str(columns), "-y", str(rows))
        self._run("new-session", "-d", "-s", name, *size, "--", *command)
        self._run("set-option", "-t", name, "status", "off")

    def type(self, name: str, line: str) -> None:
        """Type a line, and Enter."""
        self._run("send-keys", "-t", name, "-l", line)
        self._run("send-keys", "-t", name, "Enter")

    def press(self, name: str, key: str) -> None:
        """Press a key, by tmux's name for it."""
        self._run("send-keys", "-t", name, key)

    def screen(self, name: str) -> str:
        """Return all that the window showed, with wrapped lines joined."""
        return self._run("capture-pane", "-p", "-J", "-S", "-", "-t", name)

    def visible(self, name: str) -> str:
        """Return what the window shows now."""
        return self._run("capture-pane", "-p", "-t", name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the server and all that runs in it."""
        command = [self._program, "-S", self._socket, "kill-server"]
        subprocess.run(command, capture_output=True, check=False, timeout=20)
