"""Who is shown out reads why, whatever they were saying themselves."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from tests.hub.process import PATIENCE, Client, HubProcess


def connect(hub: HubProcess, path: Path, kind: str) -> socket.socket:
    if kind == "unix":
        connected = socket.socket(socket.AF_UNIX)
        connected.connect(str(path))
        return connected
    connected = socket.create_connection(("127.0.0.1", hub.port), PATIENCE)
    if kind == "tcp":
        return connected
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connected)


@pytest.mark.parametrize("kind", ["tcp", "tls", "unix"])
def test_who_talks_on_reads_why_it_is_shown_out(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "hub.sock"
    listen = ("--listen", "tcp://127.0.0.1:0", "--listen", f"unix://{path}")
    with HubProcess("--memory", *listen) as hub:
        with Client(connect(hub, path, kind)) as ana:
            ana.say("NICK ana", "USER ana 0 * :x", "PING in")
            ana.until("PONG")
            # More than the buffers between us hold: the hub has to read it.
            ana.say("QUIT :bye", *["PRIVMSG ana :" + "x" * 400] * 20_000)
            (last,) = ana.rest()
            assert (last.command, last.params) == ("ERROR", ("Closing link: Quit: bye",))
        assert hub.end() == (0, "")


def test_who_neither_talks_nor_closes_is_closed_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "hub.sock"
    listen = ("--listen", "tcp://127.0.0.1:0", "--listen", f"unix://{path}")
    with HubProcess("--memory", *listen) as hub, hub.person("ana") as ana:

        def descriptors() -> int:
            return len(list(Path(f"/proc/{hub.process.pid}/fd").iterdir()))

        before = descriptors()
        silent = [Client(connect(hub, path, kind)) for kind in ("tcp", "tls", "unix")]
        for client in silent:
            client.say("QUIT :bye")
            assert client.rest()[-1].params == ("Closing link: bye",)
        while descriptors() > before:
            ana.say("PING again")
            ana.until("PONG")
        for client in silent:
            client.close()
        assert hub.end() == (0, "")
