"""A real `razem hub` as a process, and people at its sockets."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Self

from razem.talk.irc.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PATIENCE = 20.0  # seconds; nothing here should take one


class HubProcess:
    """A hub that was started with these arguments and listens.

    Args:
        arguments: as on the command line; where none says where to listen, on loopback.
        inside: what to write before the command, so that it runs elsewhere.
    """

    def __init__(self, *arguments: str, inside: Sequence[str] = ()) -> None:
        where = () if "--listen" in arguments else ("--listen", "tcp://127.0.0.1:0")
        self.process = subprocess.Popen(
            [*inside, sys.executable, "-m", "razem", "hub", *arguments, *where],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        self.addresses = re.findall(r"(?:tcp|tls|unix)://[^\s,]+", first)
        assert self.addresses, (first, self.process.communicate(timeout=PATIENCE))

    @property
    def port(self) -> int:
        return int(self.addresses[0].rpartition(":")[2])

    def connect(self) -> Client:
        return Client(socket.create_connection(("127.0.0.1", self.port), PATIENCE))

    def person(self, nick: str, *channels: str, caps: str = "") -> Client:
        """Return somebody who registered and joined."""
        client = self.connect()
        if caps:
            client.say(f"CAP REQ :{caps}", "CAP END")
        client.say(f"NICK {nick}", f"USER {nick} 0 * :x", *(f"JOIN {name}" for name in channels))
        client.say("PING ready")
        client.until("PONG")
        return client

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; return the exit code and what stood on standard error."""
        self.process.send_signal(number)
        _, complaints = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, complaints

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Client:
    """One end of a connection to a hub, with time-outs everywhere."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(PATIENCE)
        self.socket = connected
        self._lines = connected.makefile("rb")

    def say(self, *lines: str) -> None:
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def line(self) -> Message | None:
        """Return the next line, None at the end of the stream."""
        data = self._lines.readline()
        return Message.parse(data.decode().rstrip("\r\n")) if data.endswith(b"\r\n") else None

    def until(self, command: str) -> list[Message]:
        """Return the lines up to the first with this command, which is the last."""
        lines: list[Message] = []
        while True:
            line = self.line()
            assert line is not None, (command, lines)
            lines.append(line)
            if line.command == command:
                return lines

    def rest(self) -> list[Message]:
        """Return all lines to the end of the stream."""
        try:
            return list(iter(self.line, None))
        except ConnectionResetError:
            return []

    def history(self, channel: str) -> list[str]:
        """Return all texts of a channel that the hub keeps, by pages."""
        texts: list[str] = []
        place = "timestamp=1970-01-01T00:00:00.000Z"
        while True:
            self.say(f"CHATHISTORY AFTER {channel} {place} 1000", "PING page")
            lines = [m for m in self.until("PONG") if m.command == "PRIVMSG" and "batch" in m.tags]
            if not lines:
                return texts
            texts += [m.params[-1] for m in lines]
            place = f"msgid={lines[-1].tags['msgid']}"

    def close(self) -> None:
        self._lines.close()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def refused(*arguments: str) -> tuple[int, str]:
    """Start a hub that is expected not to start; return its exit code and complaint."""
    done = subprocess.run(
        [sys.executable, "-m", "razem", "hub", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def config(path: Path, text: str) -> str:
    """Write a configuration; return its path as an argument."""
    file = path / "hub.toml"
    file.write_text(text)
    return str(file)
