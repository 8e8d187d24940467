"""A hub that is killed and comes again, and irssi as it is set up to find it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RAZEM = [sys.executable, "-m", "razem"]
IRSSI_CONFIG = """
settings = {{
  core = {{ real_name = "Cleo"; user_name = "cleo"; nick = "cleo"; server_reconnect_time = "1s"; }};
  "fe-common/core" = {{ autolog = "yes"; autolog_path = "{logs}/$0.log"; }};
  "irc/core" = {{ cmd_queue_speed = "0msec"; }};
}};
chatnets = {{ Test = {{ type = "IRC"; }}; }};
servers = (
  {{ address = "127.0.0.1"; chatnet = "Test"; port = "{port}"; autoconnect = "yes"; }}
);
channels = ( {{ name = "#lobby"; chatnet = "Test"; autojoin = "yes"; }} );
"""


class Hub:
    """The real process, started again and again on the same port and data."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        address = f"tcp://127.0.0.1:{self.port}"
        command = [*RAZEM, "hub", "--data", str(self._data), "--listen", address]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        match = re.search(r"tcp://127\.0\.0\.1:(\d+)", first)
        assert match, first
        self.port = int(match[1])

    def end(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@contextmanager
def running_hub(data: Path) -> Iterator[Hub]:
    """Run a hub, which is to end well when it is told to, however often it was killed before."""
    hub = Hub(data)
    hub.start()
    yield hub
    assert hub.end(signal.SIGTERM) == 0


def irssi_home(directory: Path, port: int) -> Path:
    """Make the directory of an irssi that is cleo in #lobby and logs what it shows there."""
    home = directory / "irssi"
    home.mkdir()
    (home / "config").write_text(IRSSI_CONFIG.format(logs=home, port=port))
    return home
